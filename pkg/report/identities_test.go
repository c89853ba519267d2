package report

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/metrics"
)

// Whatever is measured, the document's accounts agree with one another.
func TestIdentitiesProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMeasured()
		phases := rapid.IntRange(1, 3).Draw(t, "phases")
		var input []Phase
		for i := range phases {
			input = append(input, Phase{Index: i, Start: time.Duration(i) * time.Minute, End: time.Duration(i+1) * time.Minute})
		}
		users := rapid.IntRange(0, 30).Draw(t, "users")
		interrupted := int64(0)
		for range users {
			phase := rapid.IntRange(0, phases-1).Draw(t, "phase")
			due := loadStart.Add(time.Duration(rapid.IntRange(0, 200_000).Draw(t, "due")) * time.Millisecond)
			var requests []request
			for range rapid.IntRange(0, 4).Draw(t, "requests") {
				r := request{
					endpoint: rapid.SampledFrom([]string{"/", "/a.codes.x", "/b (named)", "h:1/.errors.", ""}).Draw(t, "endpoint"),
					status:   rapid.SampledFrom([]int{101, 200, 204, 301, 404, 500, 599}).Draw(t, "status"),
					took:     time.Duration(rapid.Int64Range(0, 60e9).Draw(t, "took")),
				}
				if rapid.IntRange(0, 9).Draw(t, "dice") == 0 {
					r.error = rapid.SampledFrom([]string{"ETIMEDOUT", "a .codes.200", "a.codes.x"}).Draw(t, "error")
				}
				if metrics.HTTPResponseTimeClass(r.status) == "" {
					r.status = 200
				}
				requests = append(requests, r)
			}
			end := m.user(phase, due, 0, "s", requests...)
			if rapid.IntRange(0, 9).Draw(t, "cut") == 0 { // one more, which never ends
				m.record(phase, end, func(c *metrics.Cell) {
					c.Counters[metrics.VusersCreated]++
					c.Counters[metrics.VusersInterrupted]++
				})
				interrupted++
			}
		}
		in := Input{Run: Run{Start: loadStart, Created: int64(users) + interrupted}, Phases: input, Load: &m.snapshot,
			StatsInterval: rapid.SampledFrom([]int{0, 1, 7, 10, 60}).Draw(t, "interval")}
		r := New(in)
		a := &r.Aggregate

		equal := func(what string, got, want int64) {
			if got != want {
				t.Fatalf("%s: %d, want %d", what, got, want)
			}
		}
		equal("created", a.ScenariosCreated, a.ScenariosCompleted+r.Failed()+a.Counters[metrics.VusersInterrupted])
		equal("codes", sum(a.Codes), a.RequestsCompleted)
		var bins int64
		for _, n := range r.Distribution.Count {
			bins += n
		}
		equal("distribution", bins, a.RequestsCompleted)

		counters := map[string]int64{}
		var summaries int64
		for _, w := range r.Intermediate {
			for name, n := range w.Counters {
				counters[name] += n
			}
			summaries += w.Summaries[metrics.HTTPResponseTime].Count
		}
		if fmt.Sprint(counters) != fmt.Sprint(a.Counters) {
			t.Fatalf("the windows' counters add up to %v, want %v", counters, a.Counters)
		}
		equal("the windows' response times", summaries, a.Summaries[metrics.HTTPResponseTime].Count)
		if n := len(r.Intermediate); n > 0 {
			equal("users at the end", *r.Intermediate[n-1].Concurrency, 0)
			equal("requests at the end", *r.Intermediate[n-1].PendingRequests, 0)
		}

		s := &r.Series
		for what, column := range map[string]struct {
			values []int64
			want   int64
		}{
			"created": {s.Arrivals, a.ScenariosCreated}, "requests": {s.Requests, a.RPS.Count},
			"responses": {s.Responses, a.RequestsCompleted}, "errors": {s.Errors, sum(a.Errors)},
			"4xx": {s.Codes4xx, class(a.Codes, '4')}, "5xx": {s.Codes5xx, class(a.Codes, '5')},
		} {
			var n int64
			for _, v := range column.values {
				n += v
			}
			equal("series of "+what, n, column.want)
		}
		var created, requests, failed int64
		for _, p := range r.Phases {
			created += p.Created
			requests += p.Requests
			equal("phase", p.Created, p.Completed+p.Failed+p.Interrupted)
		}
		equal("created by phase", created, a.ScenariosCreated)
		equal("requests by phase", requests, a.RPS.Count)
		requests = 0
		for _, e := range r.Endpoints {
			requests += e.Requests
			failed += e.Failed
			equal("endpoint", e.Responses+e.Failed, e.Requests)
			if e.ResponseTime != nil {
				equal("endpoint "+e.Name, e.Responses, e.ResponseTime.Count)
			}
		}
		equal("requests by endpoint", requests, a.RPS.Count)
		equal("failed by endpoint", failed, sum(a.Errors))
	})
}

func FuzzDecode(f *testing.F) {
	// Small documents, so that the fuzzer spends its time on many.
	m := newMeasured()
	m.user(0, loadStart, time.Millisecond, "0", request{"/", 200, 3 * time.Millisecond, ""}, request{"/", 0, time.Millisecond, "ETIMEDOUT"})
	small := lost()
	small.Load, small.Before, small.Phases, small.Run.PlannedDuration = &m.snapshot, &m.snapshot, small.Phases[2:], 1
	for _, in := range []Input{empty(), small} {
		var out bytes.Buffer
		if err := New(in).WriteJSON(&out); err != nil {
			f.Fatal(err)
		}
		f.Add(out.Bytes())
	}
	f.Add([]byte(`{"run":{"format":1},"aggregate":{}}`))
	f.Add([]byte(`{"run":{"format":1,"start":"9999-12-31T23:59:59Z","lost":[{}],"missedRanges":[{"from":"0001-01-02T00:00:00Z"}]},"aggregate":{"latency":{"min":1e300}},"phases":[{"end":1e12,"from":-1e300}],"series":{"start":-99999999999,"step":1,"planned":[-5],"arrivals":[9e18],"active":[0],"requests":[1],"responses":[1],"errors":[1],"codes4xx":[0],"codes5xx":[0],"p50":[null],"p95":[-1],"p99":[1e308],"max":[0]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := Decode(data)
		if err != nil {
			return
		}
		page := writeHTML(t, r)
		for _, word := range []string{"NaN", "Inf"} {
			if i := bytes.Index(page, []byte(word)); i >= 0 && !bytes.Contains(data, []byte(word)) {
				t.Errorf("%s in the page: %s", word, page[max(0, i-80):i+20])
			}
		}
		writeText(t, r, TextOptions{Width: 60})
		document := writeJSON(t, r)
		again, err := Decode(document)
		if err != nil {
			t.Fatalf("what was decoded cannot be decoded again: %v", err)
		}
		if !bytes.Equal(writeJSON(t, again), document) {
			t.Error("the document changes when it is decoded and written again")
		}
	})
}
