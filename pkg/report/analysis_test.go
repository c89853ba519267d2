package report

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"salvo/pkg/metrics"
)

// sampled is the input of a run over two scenarios of which the first failed.
func sampled(mode string, budget float64) Input {
	at := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	load := func(scenario, path string, errors ...string) *metrics.Snapshot {
		m := newMeasured()
		m.record(0, at, func(c *metrics.Cell) {
			c.Counters[metrics.VusersCreated]++
			c.Counters[metrics.VusersCreatedByName(scenario)]++
			c.Counters[metrics.HTTPRequests]++
			c.Counters[metrics.HTTPResponses]++
			c.Counters[metrics.HTTPCodesPrefix+"200"]++
			for _, e := range errors {
				c.Counters[metrics.ErrorKey(e)]++
			}
			if len(errors) > 0 {
				c.Counters[metrics.VusersFailed]++
				return
			}
			c.Counters[metrics.VusersCompleted]++
			observe(c, metrics.VusersSessionLength, 250*time.Millisecond)
			c.Counters[metrics.ExpectFailed]++
			c.Counters[metrics.ExpectFailed+".statusCode"]++
		})
		return &m.snapshot
	}
	first := load("headers", "/headers", "Failed match: expected=2 got=undefined expression=$.b", "Failed match: expected=3 got=undefined expression=$.c")
	second := load("1", "/")
	all := &metrics.Snapshot{}
	all.Merge(first)
	all.Merge(second)
	return Input{
		Run: Run{
			ID: "r1", Script: "script.yml", Version: "1.0", Seed: 7, Started: at.Add(-time.Second), Start: at, Ended: at.Add(2 * time.Second),
			PlannedDuration: 1.2, Planned: 2, Created: 2, Windows: 1, Chunks: 2, MaxWorkers: 2, Outcome: "BudgetExceeded", OutcomeCause: "over <budget>",
		},
		Load: all,
		Sampling: &Sampling{Mode: mode, Budget: budget, Scenarios: []SampledScenario{
			{Name: "headers", Load: first, FailuresLeft: 3, Failures: []Failure{{
				Scenario: "headers", At: at, Step: "scenarios[0].flow[0]", File: "script.yml", Line: 6, Column: 9,
				Errors: []string{"Failed match: expected=2 got=undefined expression=$.b", "Failed match: expected=3 got=undefined expression=$.c"},
				Method: "GET", URL: "http://127.0.0.1/headers?a=1,2", Request: "GET /headers?a=1,2 HTTP/1.1\nHost: 127.0.0.1\n\n", Response: "HTTP/1.1 200 OK\n\n{\"a\": \"\x00]]>\"}",
			}}},
			{Name: "1", Load: second, Failures: []Failure{{
				Scenario: "1", Arrival: 1, At: at, Step: "scenarios[1].flow[0]", File: "script.yml", Line: 12, Column: 9,
				Unmet: []Unmet{{"statusCode", "201", "200"}}, Method: "GET", URL: "http://127.0.0.1/",
			}}},
		}},
	}
}

func TestAnalysis(t *testing.T) {
	tests := []struct {
		name   string
		change func(in *Input)
		errors int64
		says   string
	}{
		{"over the budget", func(in *Input) {}, 3, "acceptance failure: scenarios run: 2, total errors: 3, error budget: 0"},
		{"as many as the budget allows", func(in *Input) { in.Sampling.Budget = 3 }, 3, ""},
		{"one more, in monitoring", func(in *Input) { in.Sampling.Budget, in.Sampling.Mode = 2.5, "monitoring" }, 3, "monitoring failure: scenarios run: 2, total errors: 3, error budget: 2.5"},
		{"a failed expectation is an error already", func(in *Input) { in.Sampling.FailedUsers = true }, 2, "acceptance failure: scenarios run: 2, total errors: 2, error budget: 0"},
		{"a worker left nothing", func(in *Input) { in.Sampling.Scenarios[0].Load = nil }, 1, "acceptance failure: scenarios run: 1, total errors: 1, error budget: 0"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			in := sampled("acceptance", 0)
			test.change(&in)
			r := New(in)
			if r.Errors != test.errors || r.ErrorMessage != test.says || len(r.Reports) != 2 || len(r.Failures) != 2 || r.FailuresLeft != 3 {
				t.Errorf("analysis %+v", r.Analysis)
			}
		})
	}
	if r := New(Input{}); r.Analysis != nil || bytes.Contains(writeJSON(t, r), []byte(`"errorMessage"`)) {
		t.Errorf("a performance run has an analysis: %+v", r.Analysis)
	}
}

// TestSampledGolden: what is written of a sampling run.
func TestSampledGolden(t *testing.T) {
	r := New(sampled("acceptance", 0))
	doc := writeJSON(t, r)
	golden(t, "sampled.json", doc)
	golden(t, "sampled.txt", []byte(writeText(t, r, TextOptions{})))
	golden(t, "sampled.html", writeHTML(t, r))
	golden(t, "sampled.github.txt", written(t, r.WriteGitHub))
	junit := written(t, r.WriteJUnit)
	golden(t, "sampled.junit.xml", junit)
	again, err := Decode(doc)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(written(t, again.WriteJUnit), junit) || writeText(t, again, TextOptions{}) != writeText(t, r, TextOptions{}) {
		t.Error("what was decoded writes something else")
	}
	r = New(sampled("acceptance", 5))
	r.Run.Outcome, r.Run.OutcomeCause = "Passed", ""
	golden(t, "sampled.passed.github.txt", written(t, r.WriteGitHub))
}

func written(t *testing.T, write func(io.Writer) error) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestJUnit(t *testing.T) {
	tests := []struct {
		name                    string
		report                  func() *Report
		tests, failures, errors int
	}{
		{"failed scenarios", func() *Report { return New(sampled("acceptance", 0)) }, 2, 2, 0},
		{"a run without a verdict", func() *Report {
			in := sampled("acceptance", 10)
			in.Run.Outcome = "RunIncomplete"
			in.Sampling.Scenarios[0].Load, in.Sampling.Scenarios[0].Failures = nil, nil
			return New(in)
		}, 2, 1, 1},
		{"a performance run", func() *Report {
			in := sampled("", 0)
			in.Sampling = nil
			return New(in)
		}, 1, 1, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := written(t, test.report().WriteJUnit)
			var all junitSuites
			if err := xml.Unmarshal(text, &all); err != nil {
				t.Fatalf("%v\n%s", err, text)
			}
			got := fmt.Sprint(all.Tests, all.Failures, all.Errors, len(all.Suites[0].Cases))
			if want := fmt.Sprint(test.tests, test.failures, test.errors, test.tests); got != want {
				t.Errorf("tests, failures, errors, cases: %s, want %s\n%s", got, want, text)
			}
			if strings.Contains(string(text), "\x00") {
				t.Error("a character that XML cannot hold")
			}
		})
	}
}
