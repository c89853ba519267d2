package aggregator

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/report"
	"salvo/pkg/splitter"
	"salvo/pkg/store"
)

// testRun is a run of 40 arrivals in 2 chunks, split but not worked on.
type testRun struct {
	*testing.T
	store  *store.Mem
	chunks []job.Chunk
	env    map[string]string // of the aggregator
}

// newRun splits it, with more sections of the script and more of its config.
func newRun(t *testing.T, sections string, config ...string) *testRun {
	t.Helper()
	s := new(store.Mem)
	out, err := splitter.Step{Store: s}.Handle(t.Context(), job.SplitInput{Execution: "r1", Request: json.RawMessage(`{
		"config": {"target": "http://127.0.0.1:1", "phases": [{"duration": 2, "arrivalRate": 20}]` + strings.Join(config, "") + `},
		"scenarios": [{"flow": [{"get": {"url": "/"}}]}],
		"_split": {"maxChunkRequestsPerSecond": 10}` + sections + `}`)})
	if err != nil {
		t.Fatal(err)
	}
	return &testRun{T: t, store: s, chunks: out.Chunks}
}

// schedule gives the chunks their times, as after the section before.
func (r *testRun) schedule() {
	r.Helper()
	out, err := splitter.Step{Store: r.store}.Handle(r.Context(), job.SplitInput{Execution: "r1", Schedule: true})
	if err != nil {
		r.Fatal(err)
	}
	r.chunks = out.Chunks
}

// result is what an attempt measured that created n users, of which all but
// active completed.
func (r *testRun) result(chunk string, attempt int, n, active int64) job.Result {
	r.Helper()
	rec := metrics.NewRecorder(1)
	created, completed, latency := rec.Counter(metrics.VusersCreated), rec.Counter(metrics.VusersCompleted), rec.Histogram(metrics.HTTPResponseTime)
	for i := range n {
		b := rec.Shard(0).Begin(0, time.Unix(1_800_000_000+i, 0))
		b.Add(created, 1)
		if i >= active {
			b.Add(completed, 1)
		}
		b.Observe(latency, 1000)
		b.End()
	}
	data, err := rec.Snapshot().MarshalBinary()
	if err != nil {
		r.Fatal(err)
	}
	return job.Result{
		Chunk: chunk, Attempt: attempt, Active: active, Snapshot: data, At: time.Unix(1_800_000_100, 0).UTC(),
		Counts: job.Counts{Created: n, Completed: n - active},
	}
}

func (r *testRun) put(key string, v any) {
	r.Helper()
	data, err := json.Marshal(v)
	if err == nil {
		err = store.WriteAll(r.Context(), r.store, key, data)
	}
	if err != nil {
		r.Fatal(err)
	}
}

func (r *testRun) finish(chunk int, attempt int) {
	r.Helper()
	c := r.chunks[chunk]
	res := r.result(c.ID, attempt, c.Arrivals, 0)
	res.Final = true
	r.put(job.PartialKey("r1", c.ID, attempt), res) // the last flush; the result replaces it
	r.put(job.ResultKey("r1", c.ID), res)
}

func (r *testRun) aggregate(failure *job.Failure) (job.Verdict, *report.Report) {
	r.Helper()
	v, err := Step{Store: r.store, Env: r.env}.Handle(r.Context(), job.AggregateInput{Run: "r1", Failure: failure})
	if err != nil {
		r.Fatal(err)
	}
	data, err := store.ReadAll(r.Context(), r.store, v.Report)
	if err != nil {
		r.Fatal(err)
	}
	rep, err := report.Decode(data)
	if err != nil {
		r.Fatal(err)
	}
	if page, err := store.ReadAll(r.Context(), r.store, v.ReportHTML); err != nil || !strings.Contains(string(page), "r1") {
		r.Errorf("the page: %d bytes, %v", len(page), err)
	}
	return v, rep
}

const section = `, "before": {"flow": [{"get": {"url": "/"}}]}, "after": {"flow": [{"get": {"url": "/"}}]}`

func TestOutcomes(t *testing.T) {
	tests := []struct {
		name, sections string
		do             func(r *testRun)
		failure        *job.Failure
		outcome, cause string
		created        int64
	}{
		{
			name: "all chunks are there", created: 40, outcome: job.Passed,
			do: func(r *testRun) { r.finish(0, 1); r.finish(1, 1) },
		},
		{
			name: "a chunk is lost", created: 20, outcome: job.RunIncomplete, cause: "20 of 40 planned arrivals",
			do: func(r *testRun) { r.finish(0, 1) },
		},
		{
			name: "a lost chunk left a part", created: 27, outcome: job.RunIncomplete, cause: "13 of 40 planned arrivals",
			do: func(r *testRun) {
				r.finish(0, 1)
				r.put(job.PartialKey("r1", r.chunks[1].ID, 1), r.result(r.chunks[1].ID, 1, 7, 2))
			},
		},
		{
			name: "a successor missed some", created: 35, outcome: job.RunIncomplete, cause: "5 of 40 planned arrivals",
			do: func(r *testRun) {
				r.finish(0, 1)
				c := r.chunks[1].ID
				r.put(job.PartialKey("r1", c, 1), r.result(c, 1, 7, 0))
				res := r.result(c, 2, 8, 0)
				res.Final, res.Missed = true, 5
				res.MissedRanges = []job.MissedRange{{First: 15, Last: 23, Count: 5, From: 700, To: 1100, Reason: "lost"}}
				r.put(job.PartialKey("r1", c, 2), res)
				r.put(job.ResultKey("r1", c), res)
			},
		},
		{
			name: "it was stopped", created: 7, outcome: job.RunStopped,
			do: func(r *testRun) {
				res := r.result(r.chunks[0].ID, 1, 7, 0)
				res.Final, res.Stopped = true, true
				r.put(job.ResultKey("r1", r.chunks[0].ID), res)
				r.put(job.StopKey("r1"), "stop")
			},
		},
		{
			name: "before failed", sections: section, outcome: job.BeforeFailed, cause: "ECONNREFUSED",
			do: func(r *testRun) {
				res := r.result("", 1, 1, 1)
				res.Section, res.Error, res.Final = job.SectionBefore, "ECONNREFUSED", true
				r.put(job.SectionKey("r1", job.SectionBefore), res)
			},
			failure: &job.Failure{Error: "SectionFailed", Cause: "section before: ECONNREFUSED"},
		},
		{
			name: "before could not be run", sections: section, outcome: job.BeforeFailed, cause: "Lambda.Unknown: out of memory",
			do:      func(*testRun) {},
			failure: &job.Failure{Error: "Lambda.Unknown", Cause: "out of memory"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := newRun(t, test.sections)
			test.do(r)
			v, rep := r.aggregate(test.failure)
			if v.Outcome != test.outcome || !strings.Contains(v.Cause, test.cause) {
				t.Errorf("outcome %s: %s", v.Outcome, v.Cause)
			}
			run := rep.Run
			if v.Created != test.created || run.Created != test.created || rep.Aggregate.Counters[metrics.VusersCreated] != test.created {
				t.Errorf("created: verdict %d, run %d, counter %d; want %d", v.Created, run.Created, rep.Aggregate.Counters[metrics.VusersCreated], test.created)
			}
			if run.Planned != 40 || run.Created+run.Missed+run.Skipped+run.Unaccounted != 40 {
				t.Errorf("of %d planned: %d created, %d missed, %d unaccounted", run.Planned, run.Created, run.Missed, run.Unaccounted)
			}
		})
	}
}

// TestChecks: the checks of `ensure` decide about a run that did all that was
// asked for; any other outcome goes first, and the checks are shown beside it.
func TestExpectations(t *testing.T) {
	const (
		hold = `, "ensure": {"maxErrorRate": 0}`
		fail = `, "ensure": {"p95": 1}`
	)
	for _, test := range []struct {
		name, config   string
		failed         int64
		do             func(r *testRun)
		outcome, cause string
	}{
		{"met", hold, 0, func(*testRun) {}, job.Passed, ""},
		{"not met", hold, 3, func(*testRun) {}, job.ExpectationsFailed, "3 of 10 expectations failed: statusCode 3"},
		{"not met, and a check fails", fail, 3, func(*testRun) {}, job.ThresholdExceeded, "1 of 1 check failed"},
		{"not met, and the run was stopped", hold, 3, func(r *testRun) { r.put(job.StopKey("r1"), "stop") }, job.RunStopped, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRun(t, "", test.config)
			r.finish(0, 1)
			c := r.chunks[1]
			res := r.result(c.ID, 1, c.Arrivals, 0)
			var s metrics.Snapshot
			if err := s.UnmarshalBinary(res.Snapshot); err != nil {
				t.Fatal(err)
			}
			counters := s.Phases[0].Counters
			counters[metrics.ExpectOK], counters[metrics.ExpectOK+".statusCode"] = 10-test.failed, 10-test.failed
			if test.failed > 0 {
				counters[metrics.ExpectFailed], counters[metrics.ExpectFailed+".statusCode"] = test.failed, test.failed
			}
			data, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			res.Snapshot, res.Final = data, true
			r.put(job.ResultKey("r1", c.ID), res)
			test.do(r)
			v, rep := r.aggregate(nil)
			if v.Outcome != test.outcome || !strings.Contains(v.Cause, test.cause) {
				t.Errorf("%s: %q, want %s: %q", v.Outcome, v.Cause, test.outcome, test.cause)
			}
			if len(rep.Expectations) != 1 || rep.Expectations[0].Failed != test.failed {
				t.Errorf("expectations %+v", rep.Expectations)
			}
		})
	}
}

func TestChecks(t *testing.T) {
	const (
		hold = `, "ensure": {"p95": 1.1, "thresholds": [{"vusers.created": 41}], "conditions": [{"expression": "1 > 2", "strict": false}]}`
		fail = `, "plugins": {"ensure": {"p95": 1, "maxErrorRate": 0, "conditions": [{"expression": "http.codes.500 == 0"}]}}`
	)
	both := func(r *testRun) { r.finish(0, 1); r.finish(1, 1) }
	for _, test := range []struct {
		name, config, sections string
		do                     func(r *testRun)
		env                    map[string]string
		outcome, cause         string
		checks                 int
	}{
		{name: "all hold but an optional one", config: hold, do: both, outcome: job.Passed, checks: 3},
		{name: "one fails", config: fail, do: both, outcome: job.ThresholdExceeded, cause: "1 of 3 checks failed: p95 < 1 (got 1)", checks: 3},
		{
			name: "one fails of a run that lost a chunk", config: fail, outcome: job.RunIncomplete, cause: "20 of 40 planned arrivals", checks: 3,
			do: func(r *testRun) { r.finish(0, 1) },
		},
		{
			name: "one fails of a run that was stopped", config: fail, outcome: job.RunStopped, cause: "stopped", checks: 3,
			do: func(r *testRun) { both(r); r.put(job.StopKey("r1"), "stop") },
		},
		{
			name: "one fails beside the section after", config: fail, sections: section, outcome: job.AfterFailed, cause: "ECONNREFUSED", checks: 3,
			do: func(r *testRun) {
				r.schedule()
				both(r)
				res := r.result("", 1, 1, 1)
				res.Section, res.Error, res.Final = job.SectionAfter, "ECONNREFUSED", true
				r.put(job.SectionKey("r1", job.SectionAfter), res)
			},
		},
		{
			name: "no load was fired", config: fail, sections: section, outcome: job.BeforeFailed, cause: "ECONNREFUSED", checks: 0,
			do: func(r *testRun) {
				res := r.result("", 1, 1, 1)
				res.Section, res.Error, res.Final = job.SectionBefore, "ECONNREFUSED", true
				r.put(job.SectionKey("r1", job.SectionBefore), res)
			},
		},
		{name: "left out", config: fail, do: both, env: map[string]string{job.EnvDisableEnsure: "1"}, outcome: job.Passed, checks: 0},
		{name: "an empty variable", config: fail, do: both, env: map[string]string{job.EnvDisableEnsure: ""}, outcome: job.ThresholdExceeded, cause: "p95", checks: 3},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := newRun(t, test.sections, test.config)
			r.env = test.env
			test.do(r)
			v, rep := r.aggregate(nil)
			if v.Outcome != test.outcome || !strings.Contains(v.Cause, test.cause) || rep.Run.Outcome != v.Outcome || rep.Run.OutcomeCause != v.Cause {
				t.Errorf("outcome %s: %s; in the report %s: %s", v.Outcome, v.Cause, rep.Run.Outcome, rep.Run.OutcomeCause)
			}
			if len(rep.Checks) != test.checks {
				t.Errorf("%d checks: %+v", len(rep.Checks), rep.Checks)
			}
			if said := strings.Contains(strings.Join(rep.Run.Warnings, "\n"), job.EnvDisableEnsure); said != (test.env[job.EnvDisableEnsure] != "") {
				t.Errorf("warnings %q", rep.Run.Warnings)
			}
		})
	}
}

func TestLostChunksAreNamed(t *testing.T) {
	r := newRun(t, "")
	r.put(job.PartialKey("r1", r.chunks[0].ID, 1), r.result(r.chunks[0].ID, 1, 7, 2))
	_, rep := r.aggregate(nil)
	if len(rep.Run.Lost) != 2 {
		t.Fatalf("lost: %+v", rep.Run.Lost)
	}
	a, b := rep.Run.Lost[0], rep.Run.Lost[1]
	if a.Chunk != r.chunks[0].ID || a.Planned != 20 || a.Accounted != 7 || a.MeasuredUntil.IsZero() {
		t.Errorf("the chunk with a part: %+v", a)
	}
	if b.Chunk != r.chunks[1].ID || b.Accounted != 0 || !b.MeasuredUntil.IsZero() || a.Reason == b.Reason {
		t.Errorf("the chunk without: %+v", b)
	}
}

// TestUsersOfALostWorker: those that ran when it died were interrupted by that,
// once a successor has finished the chunk.
func TestUsersOfALostWorker(t *testing.T) {
	r := newRun(t, "")
	r.finish(0, 1)
	c := r.chunks[1].ID
	r.put(job.PartialKey("r1", c, 1), r.result(c, 1, 7, 3))
	res := r.result(c, 2, 13, 0)
	res.Final = true
	r.put(job.ResultKey("r1", c), res)
	v, _ := r.aggregate(nil)
	if v.Created != 40 || v.Completed != 37 || v.Interrupted != 3 {
		t.Errorf("counts %+v", v.Counts)
	}
}

// TestCollectorReadsFinalResultsOnce follows a run as the command does.
func TestCollectorReadsFinalResultsOnce(t *testing.T) {
	r := newRun(t, "")
	c := &Collector{Store: r.store, Run: "r1"}
	collect := func(created, active int64, phases ...Phase) {
		t.Helper()
		got, err := c.Collect(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got.Counts.Created != created || got.Active != active || got.Load.Total().Counters[metrics.VusersCreated] != created {
			t.Errorf("created %d, active %d; want %d, %d", got.Counts.Created, got.Active, created, active)
		}
		for i, p := range phases {
			if got.Chunks[i].Phase != p {
				t.Errorf("chunk %d is in phase %d, want %d", i, got.Chunks[i].Phase, p)
			}
		}
	}
	collect(0, 0, Waiting, Waiting)
	r.put(job.PartialKey("r1", r.chunks[0].ID, 1), r.result(r.chunks[0].ID, 1, 5, 2))
	collect(5, 2, Running, Waiting)
	r.finish(0, 1)
	collect(20, 0, Done, Waiting)
	// What is written over a final result is not read again.
	r.put(job.ResultKey("r1", r.chunks[0].ID), "changed")
	collect(20, 0, Done, Waiting)
	r.finish(1, 1)
	collect(40, 0, Done, Done)
}

// TestDamagedResult: it is named, and the rest is reported.
func TestDamagedResult(t *testing.T) {
	for name, damaged := range map[string]any{
		"no result at all":  "x",
		"a broken snapshot": job.Result{Attempt: 1, Final: true, Snapshot: []byte("x")},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRun(t, "")
			r.finish(0, 1)
			r.put(job.ResultKey("r1", r.chunks[1].ID), damaged)
			v, rep := r.aggregate(nil)
			if v.Outcome != job.RunIncomplete || v.Created != 20 {
				t.Errorf("verdict %+v", v)
			}
			if len(rep.Run.Lost) != 1 || !strings.Contains(rep.Run.Lost[0].Reason, job.ResultKey("r1", r.chunks[1].ID)) {
				t.Errorf("lost: %+v", rep.Run.Lost)
			}
		})
	}
}

func TestStoreFails(t *testing.T) {
	_, err := Step{Store: new(store.Mem)}.Handle(t.Context(), job.AggregateInput{Run: "none"})
	if _, ok := err.(*job.StoreFailed); !ok {
		t.Fatalf("error %T %v, want a bare StoreFailed", err, err)
	}
}

// TestSimulation: nothing was fired, and that is no fault of the run; a chunk
// that was not gone through is.
func TestSimulation(t *testing.T) {
	for lost, outcome := range map[bool]string{false: job.Passed, true: job.RunIncomplete} {
		r := newRun(t, `, "_simulation": true, "ensure": {"p99": 1}`)
		for i, c := range r.chunks {
			if i > 0 && lost {
				break
			}
			res := r.result(c.ID, 1, 0, 0)
			res.Final = true
			r.put(job.ResultKey("r1", c.ID), res)
		}
		v, rep := r.aggregate(nil)
		if v.Outcome != outcome || !rep.Run.Simulation || rep.Run.Planned != 40 || rep.Run.Created != 0 || len(rep.Checks) != 0 {
			t.Errorf("lost %v: verdict %+v, run %+v, checks %+v", lost, v, rep.Run, rep.Checks)
		}
		var text strings.Builder
		if err := rep.WriteText(&text, report.TextOptions{Width: 400}); err != nil {
			t.Fatal(err)
		}
		if want := "This is a simulation: nothing was sent. The run would have been 40 arrivals in 2 s, of 2 chunks in 1 window, up to 2 workers at once."; !strings.Contains(text.String(), want) {
			t.Errorf("the text: %s", &text)
		}
	}
}
