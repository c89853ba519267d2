//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

func salvoVersion(b *bench) (string, error) {
	out, err := exec.Command(b.salvo, "version").Output()
	line, _, _ := strings.Cut(string(out), "\n")
	return line, err
}

type object = map[string]any

// steps is the flow as an Artillery script has it.
func steps(l load) []object {
	switch l.flow {
	case flowLogin:
		return []object{
			{"post": object{
				"url":     "/login",
				"json":    object{"user": "u{{ $randomNumber(1, 9999) }}", "password": "{{ password }}"},
				"capture": object{"json": "$.token", "as": "token"},
			}},
			{"get": object{
				"url":     "/account",
				"headers": object{"authorization": "Bearer {{ token }}"},
				"capture": []object{{"json": "$.user", "as": "user"}},
				"match":   object{"json": "$.user", "value": "u1"},
			}},
		}
	case flowThink:
		return []object{{"get": object{"url": "/"}}, {"think": l.think}}
	case flowBefore, flowAsync:
		return []object{{"get": object{"url": "/", "beforeRequest": string(l.flow)}}}
	case flowAfter:
		return []object{{"get": object{"url": "/", "afterResponse": string(l.flow)}}}
	default:
		return []object{{"get": object{"url": "/"}}}
	}
}

// processor has the hooks of the flows with JavaScript.
const processor = `
let seen = 0;
module.exports = {
  before: (req, context, events, next) => { req.headers['X-Seen'] = 'n' + seen++; next(); },
  after: (req, res, context, events, next) => { if (JSON.parse(res.body).ok) seen++; next(); },
  async: async (req, context) => { await Promise.resolve(); seen++; },
};
`

// script is the load as an Artillery script; micros is about how many microseconds
// a request takes, to choose how many there are to be.
func script(l load, micros int) (sc object, users int) {
	phase := object{"duration": l.seconds, "arrivalRate": l.rate}
	flow := steps(l)
	users = l.rate * l.seconds
	n := l.seconds * 1_000_000 / micros / int(l.flow.requests())
	switch {
	case l.flow == flowThink:
		users = l.users
		phase = object{"duration": l.think, "arrivalCount": users}
	case l.flood:
		users = n
		phase = object{"duration": max(l.seconds*4/5, 1), "arrivalCount": users}
	case l.rate == 0:
		users = l.users
		phase = object{"duration": 1, "arrivalCount": users}
		flow = []object{{"loop": flow, "count": n / users}}
	}
	http := object{}
	if !l.fresh && l.flow != flowThink {
		http["pool"] = l.users
	}
	if l.http2 {
		http["http2"] = true
	}
	config := object{
		"target": l.url, "phases": []object{phase}, "http": http,
		"variables": object{"password": "secret"},
	}
	if strings.HasPrefix(l.url, "https") {
		config["tls"] = object{"rejectUnauthorized": false}
	}
	return object{"config": config, "scenarios": []object{{"flow": flow}}}, users
}

// artilleryReport is what is read of a report; salvo's has the same keys and run.
type artilleryReport struct {
	Run struct {
		Created, Missed int64
		Saturated       bool
		OutcomeCause    string
	}
	Aggregate struct {
		Counters  map[string]int64
		Summaries map[string]struct{ P50, P95, P99 float64 }
	}
}

// readReport takes an outcome from a report. Of a pass of the login only the last
// answer tells that all went right, so failed users count as failed.
func readReport(text []byte, u usage) (outcome, *artilleryReport, error) {
	r := &artilleryReport{}
	if err := json.Unmarshal(text, r); err != nil {
		return outcome{}, nil, err
	}
	c, t := r.Aggregate.Counters, r.Aggregate.Summaries["http.response_time"]
	return outcome{
		usage: u, requests: c["http.codes.200"], failed: c["vusers.failed"], fired: c["vusers.created"],
		p50: t.P50, p95: t.P95, p99: t.P99,
	}, r, nil
}

// salvoMicros is about what a request takes, salvoFreshMicros with a connection.
const salvoMicros, salvoFreshMicros = 13, 65

func runSalvo(b *bench, l load) (outcome, error) {
	micros := salvoMicros
	if l.fresh {
		micros = salvoFreshMicros
	}
	switch {
	case l.flow == flowBefore || l.flow == flowAfter || l.flow == flowAsync:
		micros *= 2
	case strings.HasPrefix(l.url, "https"):
		micros *= 3
	}
	sc, users := script(l, micros)
	const most = 5000 // arrivals per second of a worker
	seconds := sc["config"].(object)["phases"].([]object)[0]["duration"].(int)
	chunks := (users/seconds + most - 1) / most
	if pool, ok := sc["config"].(object)["http"].(object)["pool"].(int); ok {
		// The pool is a worker's: together they have about as many connections as one.
		sc["config"].(object)["http"].(object)["pool"] = max((pool+chunks-1)/chunks, 2)
	}
	sc["_split"] = object{"maxChunkRequestsPerSecond": most, "maxScriptRequestsPerSecond": 1_000_000}
	switch l.flow {
	case flowBefore, flowAfter, flowAsync:
		sc["config"].(object)["processor"] = "./processor.js"
		if err := os.WriteFile(filepath.Join(b.dir, "processor.js"), []byte(processor), 0o600); err != nil {
			return outcome{}, err
		}
	}
	path, err := b.writeJSON("salvo.json", sc)
	if err != nil {
		return outcome{}, err
	}
	defer os.RemoveAll(filepath.Join(b.dir, ".salvo"))
	u, out, err := b.measure(command{args: []string{b.salvo, "run", "--jsonOnly", path}, failOK: true})
	if err != nil {
		return outcome{}, err
	}
	o, r, err := readReport(out, u)
	if err != nil {
		return outcome{}, err
	}
	o.missed = r.Run.Missed
	o.lag = r.Aggregate.Summaries["salvo.schedule_lag"].P99
	if r.Run.Saturated {
		o.said = "saturated: its p99 lag is " + number(o.lag, 0) + " ms; "
	}
	o.said += r.Run.OutcomeCause
	if o.said == "" {
		o.said = "nothing"
	}
	if o.requests == 0 {
		return outcome{}, fmt.Errorf("salvo: no request answered: %v", r.Aggregate.Counters)
	}
	return o, nil
}
