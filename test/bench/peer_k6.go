//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const k6Script = `
import http from 'k6/http';
import { check, sleep } from 'k6';
const l = JSON.parse(open('./k6.json'));
export const options = {
  scenarios: { s: l.scenario }, noConnectionReuse: l.fresh, discardResponseBodies: l.flow !== 'login' && l.flow !== 'after',
  insecureSkipTLSVerify: true, summaryTrendStats: ['med', 'p(95)', 'p(99)'],
};
function login() {
  const body = JSON.stringify({ user: 'u' + Math.floor(Math.random() * 10000), password: 'secret' });
  const r = http.post(l.url + '/login', body, { headers: { 'Content-Type': 'application/json' } });
  const a = http.get(l.url + '/account', { headers: { Authorization: 'Bearer ' + r.json('token') } });
  check(a, { user: (a) => a.json('user') === 'u1' });
}
let seen = 0;
async function waits() {
  await Promise.resolve();
  seen++;
  http.get(l.url + '/');
}
export default function () {
  switch (l.flow) {
    case 'login': login(); return;
    case 'before': http.get(l.url + '/', { headers: { 'X-Seen': 'n' + seen++ } }); return;
    case 'after': if (JSON.parse(http.get(l.url + '/').body).ok) seen++; return;
    case 'async': return waits();
  }
  http.get(l.url + '/');
  if (l.flow === 'think') sleep(l.think);
}
export function handleSummary(data) { return { stdout: JSON.stringify(data.metrics) }; }
`

func runK6(b *bench, l load) (outcome, error) {
	if strings.HasPrefix(l.url, "https") != l.http2 { // over TLS it speaks HTTP/2 whenever it can
		return outcome{}, errCannot
	}
	scenario := object{"executor": "constant-vus", "vus": l.users, "duration": fmt.Sprint(l.seconds, "s")}
	if l.rate > 0 {
		// As many users as are under way when the server answers in time, and half as many more.
		users := max(l.users, int(float64(l.rate)*l.delay.Seconds()*1.5))
		scenario = object{
			"executor": "constant-arrival-rate", "rate": l.rate, "duration": fmt.Sprint(l.seconds, "s"),
			"preAllocatedVUs": users, "maxVUs": users * 4,
		}
	}
	if l.flow == flowThink {
		scenario = object{"executor": "per-vu-iterations", "vus": l.users, "iterations": 1, "maxDuration": "120s"}
	}
	if _, err := b.writeJSON("k6.json", object{"scenario": scenario, "fresh": l.fresh, "flow": l.flow, "url": l.url, "think": l.think}); err != nil {
		return outcome{}, err
	}
	path := filepath.Join(b.dir, "k6.js")
	if err := os.WriteFile(path, []byte(k6Script), 0o600); err != nil {
		return outcome{}, err
	}
	u, out, err := b.measure(command{
		args: []string{b.tool("k6"), "run", "--quiet", "--no-usage-report", "--log-output=none", path},
	})
	if err != nil {
		return outcome{}, err
	}
	var m map[string]struct{ Values map[string]float64 }
	if err := json.Unmarshal(out, &m); err != nil {
		return outcome{}, fmt.Errorf("%w in %s", err, tail(out))
	}
	t := m["http_req_duration"].Values
	o := outcome{
		usage: u, requests: int64(m["http_reqs"].Values["count"]), failed: int64(m["http_req_failed"].Values["passes"] + m["checks"].Values["fails"]),
		fired: int64(m["iterations"].Values["count"]), missed: int64(m["dropped_iterations"].Values["count"]),
		p50: t["med"], p95: t["p(95)"], p99: t["p(99)"],
	}
	o.requests -= o.failed
	o.said = fmt.Sprintf("dropped_iterations %d", o.missed)
	return o, nil
}
