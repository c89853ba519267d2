//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
)

// The peers here send one request again and again; they have no flows.

func seconds(l load) string { return fmt.Sprint(l.seconds, "s") }

var (
	heyOK      = regexp.MustCompile(`\[200\]\s+(\d+) responses`)
	heyErrors  = regexp.MustCompile(`(?m)^\s+\[(\d+)\]\s+[A-Z]\w+ "`)
	heyPercent = regexp.MustCompile(`(\d+)%+ in ([\d.]+) secs`)
)

// runHey: its rate is per user, and a user waits for its answer, so that is no
// open model.
func runHey(b *bench, l load) (outcome, error) {
	if l.flow != flowGET || l.http2 {
		return outcome{}, errCannot
	}
	args := []string{b.tool("hey"), "-z", seconds(l), "-c", fmt.Sprint(l.users), "-disable-compression"}
	if l.rate > 0 {
		args = append(args, "-q", strconv.FormatFloat(float64(l.rate)/float64(l.users), 'f', -1, 64))
	}
	if l.fresh {
		args = append(args, "-disable-keepalive")
	}
	u, out, err := b.measure(command{args: append(args, l.url+"/")})
	if err != nil {
		return outcome{}, err
	}
	o := outcome{usage: u}
	if m := heyOK.FindSubmatch(out); m != nil {
		o.requests, _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	for _, m := range heyErrors.FindAllSubmatch(out, -1) {
		n, _ := strconv.ParseInt(string(m[1]), 10, 64)
		o.failed += n
	}
	for _, m := range heyPercent.FindAllSubmatch(out, -1) {
		ms, _ := strconv.ParseFloat(string(m[2]), 64)
		switch string(m[1]) {
		case "50":
			o.p50 = ms * 1000
		case "95":
			o.p95 = ms * 1000
		case "99":
			o.p99 = ms * 1000
		}
	}
	o.fired = o.requests + o.failed
	return o, nil
}

func runVegeta(b *bench, l load) (outcome, error) {
	if l.flow != flowGET {
		return outcome{}, errCannot
	}
	results := filepath.Join(b.dir, "vegeta.bin")
	defer os.Remove(results)
	args := []string{
		b.tool("vegeta"), "attack", "-duration", seconds(l), "-output", results, "-insecure",
		"-connections", fmt.Sprint(l.users), fmt.Sprintf("-keepalive=%t", !l.fresh), fmt.Sprintf("-http2=%t", l.http2),
	}
	if l.rate > 0 {
		args = append(args, "-rate", fmt.Sprint(l.rate, "/1s"))
	} else {
		args = append(args, "-rate", "0", "-max-workers", fmt.Sprint(l.users), "-workers", fmt.Sprint(l.users))
	}
	u, _, err := b.measure(command{args: args, input: "GET " + l.url + "/\n"})
	if err != nil {
		return outcome{}, err
	}
	_, out, err := b.measure(command{args: []string{b.tool("vegeta"), "report", "-type", "json", results}})
	if err != nil {
		return outcome{}, err
	}
	var r struct {
		Latencies struct {
			P50 float64 `json:"50th"`
			P95 float64 `json:"95th"`
			P99 float64 `json:"99th"`
		}
		Requests int64
		Codes    map[string]int64 `json:"status_codes"`
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return outcome{}, err
	}
	ok := r.Codes["200"]
	return outcome{
		usage: u, requests: ok, failed: r.Requests - ok, fired: r.Requests,
		p50: r.Latencies.P50 / 1e6, p95: r.Latencies.P95 / 1e6, p99: r.Latencies.P99 / 1e6,
	}, nil
}

// runFortio: a user waits for its answer, and with a rate makes up for what it
// could not send meanwhile.
func runFortio(b *bench, l load) (outcome, error) {
	if l.flow != flowGET || l.http2 {
		return outcome{}, errCannot
	}
	u, out, err := b.measure(command{args: []string{
		b.tool("fortio"), "load", "-quiet", "-loglevel", "Error", "-c", fmt.Sprint(l.users), "-qps", fmt.Sprint(l.rate), "-t", seconds(l),
		"-p", "50,95,99", "-r", "0.0001", "-allow-initial-errors", "-k", fmt.Sprintf("-keepalive=%t", !l.fresh), "-json", "-", l.url + "/",
	}})
	if err != nil {
		return outcome{}, err
	}
	var r struct {
		RetCodes          map[string]int64
		DurationHistogram struct {
			Count       int64
			Percentiles []struct{ Percentile, Value float64 }
		}
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return outcome{}, err
	}
	o := outcome{usage: u, requests: r.RetCodes["200"], fired: r.DurationHistogram.Count}
	o.failed = o.fired - o.requests
	for _, p := range r.DurationHistogram.Percentiles {
		switch p.Percentile {
		case 50:
			o.p50 = p.Value * 1000
		case 95:
			o.p95 = p.Value * 1000
		case 99:
			o.p99 = p.Value * 1000
		}
	}
	return o, nil
}
