package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"salvo/pkg/aggregator"
	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/plan"
	"salvo/pkg/script"
	"salvo/pkg/stack"
	"salvo/pkg/store"
)

// elsewhere is a place of which a test says what it costs and what it has lost.
type elsewhere struct {
	place
	failed int64
	costs  *plan.CostOptions
}

func (e elsewhere) String() string          { return "elsewhere" }
func (e elsewhere) lost() int64             { return e.failed }
func (e elsewhere) bill() *plan.CostOptions { return e.costs }

func minute(t *testing.T, rate float64) *plan.Plan {
	t.Helper()
	sc, _, err := script.Parse([]byte(`{"config": {"target": "http://a", "phases": [{"duration": 60, "arrivalRate": `+number(rate)+`}]},
		"scenarios": [{"flow": [{"get": {"url": "/"}}]}], "_split": {"maxChunkDurationInSeconds": 30, "maxChunkRequestsPerSecond": 10}}`), script.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.For(sc, 1)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProgress(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 40, 0, time.UTC)
	start := now.Add(-40 * time.Second)
	chunk := func(phase aggregator.Phase, wake, last time.Time) aggregator.ChunkState {
		return aggregator.ChunkState{Chunk: job.Chunk{WakeAt: wake, LoadStart: start}, Phase: phase, LastAt: last}
	}
	c := &aggregator.Collected{
		Load: &metrics.Snapshot{}, Counts: job.Counts{Created: 700, Missed: 7}, Active: 3, LoadStart: start,
		Chunks: []aggregator.ChunkState{
			chunk(aggregator.Done, start, start.Add(30*time.Second)),
			chunk(aggregator.Done, start, start.Add(30*time.Second)),
			chunk(aggregator.Running, start.Add(20*time.Second), now),
			chunk(aggregator.Waiting, start.Add(time.Hour), time.Time{}),
		},
	}
	tests := []struct {
		name        string
		at          elsewhere
		line, block string // what they must have, chunks and behind
	}{
		{"of this machine", elsewhere{}, ", chunks 2 of 4 done", "  chunks    1 waiting, 1 running, 2 of 4 done"},
		{
			"on AWS", elsewhere{costs: &plan.CostOptions{Memory: 1024}}, ", chunks 2 of 4 done, about $0.0028",
			"  chunks    1 waiting, 1 running, 2 of 4 done\n  cost      about $0.0028 until now",
		},
		{"with a chunk lost", elsewhere{failed: 1}, ", chunks 2 of 4 done, 1 failed", "  chunks    1 waiting, 0 running, 2 of 4 done, 1 failed"},
		{"with two", elsewhere{failed: 2}, ", chunks 2 of 4 done, 2 failed", "  chunks    0 waiting, 0 running, 2 of 4 done, 2 failed"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := progress{at: test.at, plan: minute(t, 20)}
			f := p.figures(c, now)
			if line := p.line(f); !strings.HasPrefix(line, "40s of 1m00s: 707 arrivals, 3 active, ") || !strings.HasSuffix(line, test.line) {
				t.Errorf("line %q", line)
			}
			if block := strings.Join(p.block(f), "\n"); !strings.HasSuffix(block, test.block) || !strings.Contains(block, "  arrivals  707 of 1,200, 3 active users") {
				t.Errorf("block\n%s", block)
			}
		})
	}
}

func TestChoose(t *testing.T) {
	running := func(run string) runState { return runState{run: run, running: true} }
	ended := runState{run: "old"}
	tests := []struct {
		name   string
		states []runState
		old    bool
		want   string // the run, or a part of the error
	}{
		{"one is running", []runState{ended, running("a")}, false, "a"},
		{"two are running", []runState{running("a"), running("b")}, true, "2 runs are going on elsewhere; name one: a, b"},
		{"none is running", []runState{ended}, false, "no run is going on elsewhere"},
		{"an old one will do", []runState{ended, {run: "older"}}, true, "old"},
		{"there is none", nil, true, "no run is going on elsewhere"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			st, err := choose(elsewhere{}, test.states, test.old)
			got := st.run
			if err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}

func TestCheckLambda(t *testing.T) {
	p := minute(t, 40) // 4 workers in each of two windows
	tests := []struct {
		name string
		room stack.Concurrency
		want string
	}{
		{"room enough", stack.Concurrency{Account: 1000, Workers: 8}, ""},
		{
			"a new account", stack.Concurrency{Account: 10, Workers: 6},
			"the load needs 8 workers at once, two windows overlapping, but Lambda runs 6 of them (what other functions have not reserved of the 10 of account 1, region eu-west-1); " +
				"set `_split.maxChunkRequestsPerSecond` to 14, or set `_split.maxChunkDurationInSeconds` to 60, or have the account's concurrency raised (Service Quotas: AWS Lambda, Concurrent executions)",
		},
		{
			"too little is reserved", stack.Concurrency{Account: 1000, Workers: 2, Reserved: true},
			"the load needs 8 workers at once, two windows overlapping, but Lambda runs 2 of them (what is reserved for them); " +
				"set `_split.maxChunkRequestsPerSecond` to 40, or raise `worker.reservedConcurrency` in salvo.yml and deploy",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := checkLambda(p, test.room, "1", "eu-west-1"); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestStateOf(t *testing.T) {
	for name, test := range map[string]struct {
		execution stack.Execution
		want      runState
	}{
		"it runs":               {stack.Execution{Status: stack.Running}, runState{running: true}},
		"it passed":             {stack.Execution{Status: stack.Succeeded}, runState{outcome: job.Passed}},
		"it failed":             {stack.Execution{Status: stack.Failed, Error: job.BudgetExceeded, Cause: "c"}, runState{outcome: job.BudgetExceeded, cause: "c"}},
		"it timed out":          {stack.Execution{Status: stack.TimedOut}, runState{outcome: "TIMED_OUT"}},
		"it was stopped":        {stack.Execution{Status: stack.Aborted}, runState{outcome: job.RunStopped, aborted: true}},
		"somebody said why not": {stack.Execution{Status: stack.Aborted, Error: "Oops"}, runState{outcome: "Oops", aborted: true}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := stateOf(test.execution); got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}

// stored is a place with a store and nothing else.
type stored struct {
	elsewhere
	kept *store.Mem
}

func (s stored) store() store.Store          { return s.kept }
func (s stored) aggregator() aggregator.Step { return aggregator.Step{Store: s.kept} }

func TestReportOf(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		st   runState
		want string // in the error, or in the report
		code int    // of the error; 0 for any
	}{
		{"it is there", []string{job.ReportKey("r")}, runState{run: "r", outcome: job.Passed}, "text of runs/r/report.json", 0},
		{"it could not be split", nil, runState{run: "r", outcome: "SplitFailed", cause: "no such script"}, "SplitFailed: no such script", 0},
		{"stopped before it began", nil, runState{run: "r", aborted: true}, "the run was stopped before there was anything to report", exitInterrupted},
		{"nothing that can be judged", []string{job.PlanKey("r")}, runState{run: "r", outcome: "AggregateFailed", cause: "out of memory"}, "AggregateFailed: out of memory; and no report can be made of what there is: ", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			at := stored{kept: new(store.Mem)}
			for _, key := range test.keys {
				if err := store.WriteAll(t.Context(), at.kept, key, []byte("text of "+key)); err != nil {
					t.Fatal(err)
				}
			}
			data, err := reportOf(context.Background(), at, test.st)
			got := string(data)
			if err != nil {
				got = err.Error()
			}
			if !strings.HasPrefix(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
			var exit *exitError
			if errors.As(err, &exit); test.code != 0 && (exit == nil || exit.code != test.code) {
				t.Errorf("exit code of %v, want %d", err, test.code)
			}
		})
	}
}

// TestAwaitSilence waits for the workers that have begun and left no result.
func TestAwaitSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 6 s")
	}
	t.Parallel()
	at := stored{kept: new(store.Mem)}
	put := func(key string) {
		if err := store.WriteAll(t.Context(), at.kept, key, []byte("{}")); err != nil {
			t.Error(err)
		}
	}
	put(job.LeaseKey("r", "a", 1))
	put(job.LeaseKey("r", "b", 1))
	put(job.LeaseKey("r", "b", 2))
	put(job.ResultKey("r", "a"))
	begun := time.Now()
	if err := awaitSilence(t.Context(), at, "r"); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took < silentWithin {
		t.Errorf("it gave a worker up after %v", took)
	}
	put(job.ResultKey("r", "b"))
	if err := awaitSilence(t.Context(), at, "r"); err != nil {
		t.Fatal(err)
	}
}
