package monitor

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"salvo/pkg/hist"
	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/report"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; go test -update writes it. It is now:\n%s", name, got)
	}
}

// noon is when the tests begin.
var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// sampled is the report of a monitoring run over two scenarios of five samples
// each; bad says how many of the first are bad. Those have two failed matches each.
func sampled(id string, at time.Time, bad int) *report.Report {
	const size = 5
	in := report.Input{
		Run: report.Run{
			ID: id, Script: "script.yml", Version: "1.0", Started: at, Start: at.Add(time.Second), Ended: at.Add(8 * time.Second),
			Planned: 2 * size, Created: 2 * size, Windows: 1, Chunks: 2, MaxWorkers: 2, Outcome: job.Passed,
		},
		Load:     &metrics.Snapshot{},
		Sampling: &report.Sampling{Mode: "monitoring", Budget: 4},
	}
	first, second := "Failed match: expected=1 got=2 expression=$.a", "Failed match: expected=<b> got=undefined expression=$.b"
	for k, name := range []string{"headers", "1"} {
		c := &metrics.Cell{Counters: map[string]int64{}, Rates: map[string]int64{}, Histograms: map[string]*hist.Histogram{}}
		s := report.SampledScenario{Name: name}
		c.First, c.Last = in.Run.Start.UnixMilli(), in.Run.Start.Add(5*time.Second).UnixMilli()
		times, lengths := &hist.Histogram{}, &hist.Histogram{}
		for i := range size {
			c.Counters[metrics.VusersCreated]++
			c.Counters[metrics.VusersCreatedByName(name)]++
			c.Counters[metrics.HTTPRequests]++
			c.Counters[metrics.HTTPResponses]++
			c.Counters[metrics.HTTPCode(200)]++
			times.Record(int64(10_000 * (i + 1)))
			if k == 1 || i >= bad {
				c.Counters[metrics.VusersCompleted]++
				c.Counters[metrics.Matches] += 2
				lengths.Record(int64(20_000 * (i + 1)))
				continue
			}
			c.Counters[metrics.VusersFailed]++
			c.Counters[metrics.ErrorKey(first)]++
			c.Counters[metrics.ErrorKey(second)]++
			s.Failures = append(s.Failures, report.Failure{Scenario: name, Arrival: int64(2*i + k), Errors: []string{first, second}})
		}
		c.Histograms[metrics.HTTPResponseTime] = times
		c.Histograms[metrics.VusersSessionLength] = lengths
		s.Load = &metrics.Snapshot{Phases: map[int]*metrics.Cell{0: c}, Seconds: map[int64]*metrics.Cell{}}
		in.Load.Merge(s.Load)
		in.Sampling.Scenarios = append(in.Sampling.Scenarios, s)
	}
	r := report.New(in)
	if r.ErrorMessage != "" {
		r.Run.Outcome, r.Run.OutcomeCause = job.BudgetExceeded, r.ErrorMessage
	}
	return r
}

// said is a Publisher that keeps what it gets, and fails as often as it is told to.
type said struct {
	mu       sync.Mutex
	messages []Message
	fail     int
}

var errDown = errors.New("the topic is down")

func (s *said) Publish(ctx context.Context, m Message) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.fail > 0 {
		s.fail--
		return errDown
	}
	s.messages = append(s.messages, m)
	return ctx.Err()
}

// take returns the verdicts of what was said since the last time.
func (s *said) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []string
	for _, m := range s.messages {
		text := string(m.Verdict)
		if m.After != "" {
			text += " from " + string(m.After)
		}
		out = append(out, text)
	}
	s.messages = nil
	return out
}

// plain is a run without a report: passed, failed or broken, of five samples.
func plain(id string, at time.Time, v Verdict) Run {
	switch v {
	case Passed:
		return Run{ID: id, Time: at, Verdict: v, Good: 5}
	case Failed:
		return Run{ID: id, Time: at, Verdict: v, Bad: 5, Message: "monitoring failure: scenarios run: 5, total errors: 5, error budget: 4"}
	}
	return Unplanned(id, at, "script.yml:3:5: no")
}

func minutes(n float64) *float64 { return &n }

func at(minute int) time.Time { return noon.Add(time.Duration(minute) * time.Minute) }

func name(i int) string { return fmt.Sprint("run-", i) }
