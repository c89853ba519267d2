package aggregator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/monitor"
	"salvo/pkg/report"
	"salvo/pkg/splitter"
	"salvo/pkg/store"
)

// heard keeps what is published, or refuses it.
type heard struct {
	messages []monitor.Message
	deaf     bool
}

func (h *heard) Publish(_ context.Context, m monitor.Message) error {
	if h.deaf {
		return errors.New("nobody listens")
	}
	h.messages = append(h.messages, m)
	return nil
}

// monitored is a monitoring run of one scenario of which so many samples failed.
func monitoredRun(t *testing.T, s store.Store, run, rest string, failed int64) {
	t.Helper()
	out, err := splitter.Step{Store: s}.Handle(t.Context(), job.SplitInput{Execution: run, Request: json.RawMessage(`{
		"mode": "monitoring", "name": "health.yml", "script": {"scenarios": [{"name": "home", "flow": [{"get": {"url": "http://127.0.0.1/"}}]}]` + rest + `}}`)})
	if err != nil {
		t.Fatal(err)
	}
	rec := metrics.NewRecorder(1)
	at := time.Now()
	res := job.Result{Chunk: out.Chunks[0].ID, Attempt: 1, Final: true, At: at}
	b := rec.Shard(0).Begin(0, at)
	for i := range int64(5) {
		b.Add(rec.Counter(metrics.VusersCreated), 1)
		if i < failed {
			b.Add(rec.Counter(metrics.VusersFailed), 1)
			b.Add(rec.Counter(metrics.ErrorKey("ECONNREFUSED")), 2)
			res.Failures = append(res.Failures, job.UserFailure{Arrival: i, Errors: []string{"ECONNREFUSED", "ECONNREFUSED"}})
		} else {
			b.Add(rec.Counter(metrics.VusersCompleted), 1)
		}
	}
	b.End()
	res.Counts = job.Counts{Created: 5, Failed: failed, Completed: 5 - failed}
	if res.Snapshot, err = rec.Snapshot().MarshalBinary(); err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(res)
	if err == nil {
		err = store.WriteAll(t.Context(), s, job.ResultKey(run, res.Chunk), data)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestMonitoring(t *testing.T) {
	s := new(store.Mem)
	h := &heard{}
	var emf bytes.Buffer
	step := Step{Store: s, Monitoring: &Monitoring{Service: "shop", Stage: "live", Publisher: h, Metrics: &emf}}
	do := func(run, rest string, failed int64) (job.Verdict, *report.Report) {
		t.Helper()
		monitoredRun(t, s, run, rest, failed)
		v, err := step.Handle(t.Context(), job.AggregateInput{Run: run})
		if err != nil {
			t.Fatal(err)
		}
		data, err := store.ReadAll(t.Context(), s, v.Report)
		if err != nil {
			t.Fatal(err)
		}
		rep, err := report.Decode(data)
		if err != nil {
			t.Fatal(err)
		}
		return v, rep
	}

	// Within its budget, with one bad sample for the objective.
	v, rep := do("r1", `, "slo": {"objective": 90}`, 1)
	if v.Outcome != job.Passed || len(h.messages) != 0 || rep.Monitor == nil || rep.Monitor.ID != "health.yml" {
		t.Errorf("verdict %+v, monitor %+v, said %v", v, rep.Monitor, h.messages)
	}
	if o := rep.Monitor.Objective; o == nil || o.Samples != 5 || o.Bad != 1 || o.Percent != 90 {
		t.Errorf("objective %+v", o)
	}
	if !strings.Contains(emf.String(), `"availability":80`) || !strings.Contains(emf.String(), `"scenario":"home"`) {
		t.Errorf("metrics %s", &emf)
	}

	// It fails: one alert, however often the step is repeated, and none for the next failing run.
	if v, _ = do("r2", "", 5); v.Outcome != job.BudgetExceeded || len(v.Said) != 1 || v.Problem != "" {
		t.Errorf("verdict %+v", v)
	}
	if v, err := step.Handle(t.Context(), job.AggregateInput{Run: "r2"}); err != nil || len(v.Said) != 0 {
		t.Errorf("again: %+v, %v", v, err)
	}
	if v, _ = do("r3", "", 5); len(v.Said) != 0 {
		t.Errorf("the next one: %+v", v)
	}
	if len(h.messages) != 1 || h.messages[0].Subject != "Alert: monitoring failure: scenarios run: 5, total errors: 10, error budget: 4" || h.messages[0].Service != "shop" {
		t.Fatalf("messages %+v", h.messages)
	}

	// It is over: one word of it.
	if v, _ = do("r4", "", 0); len(v.Said) != 1 || h.messages[1].Verdict != monitor.Recovered {
		t.Errorf("verdict %+v, messages %+v", v, h.messages)
	}

	// A run that could not be planned is broken, not failed.
	v, err := step.Handle(t.Context(), job.AggregateInput{
		Run: "r5", Request: json.RawMessage(`{">>": "./health.yml", "mode": "mon"}`),
		Failure: &job.Failure{Error: "BadRequest", Cause: `{"errorMessage":"no such script","errorType":"BadRequest"}`},
	})
	if err != nil || v.Outcome != job.SplitFailed || v.Cause != "no such script" || len(v.Said) != 1 {
		t.Errorf("verdict %+v, %v", v, err)
	}
	if m := h.messages[2]; m.Verdict != monitor.Broken || m.Monitor != "health.yml" || !strings.Contains(m.Body, "no such script") {
		t.Errorf("message %+v", m)
	}
}

// TestUnsaid: what could not be published is in the verdict and the report, and
// changes nothing about them; the next failing run says it.
func TestUnsaid(t *testing.T) {
	s, h := new(store.Mem), &heard{deaf: true}
	step := Step{Store: s, Monitoring: &Monitoring{Publisher: h}}
	for _, run := range []string{"r1", "r2"} {
		monitoredRun(t, s, run, "", 5)
		v, err := step.Handle(t.Context(), job.AggregateInput{Run: run})
		if err != nil || v.Outcome != job.BudgetExceeded {
			t.Fatalf("verdict %+v, %v", v, err)
		}
		data, err := store.ReadAll(t.Context(), s, v.Report)
		if err != nil {
			t.Fatal(err)
		}
		if h.deaf != strings.Contains(v.Problem, "nobody listens") || h.deaf != strings.Contains(string(data), "nobody listens") || (len(v.Said) == 0) != h.deaf {
			t.Errorf("deaf %v: verdict %+v", h.deaf, v)
		}
		h.deaf = false
	}
}

// TestNothingToMonitor: other runs have no monitor.
func TestNothingToMonitor(t *testing.T) {
	h := &heard{}
	r := newRun(t, "")
	for i := range r.chunks {
		r.finish(i, 1)
	}
	step := Step{Store: r.store, Monitoring: &Monitoring{Publisher: h}}
	if v, err := step.Handle(t.Context(), job.AggregateInput{Run: "r1"}); err != nil || v.Outcome != job.Passed || v.Said != nil {
		t.Errorf("verdict %+v, %v", v, err)
	}
	for _, request := range []string{`{"scenarios": []}`, `[]`, `{"script": {"mode": "acceptance"}}`, `{"mode": "acc", ">>": "x"}`} {
		v, err := step.Handle(t.Context(), job.AggregateInput{Run: "r2", Request: json.RawMessage(request), Failure: &job.Failure{Error: "BadRequest", Cause: "no"}})
		if err != nil || v.Said != nil || v.Cause != "no" {
			t.Errorf("%s: %+v, %v", request, v, err)
		}
	}
	if len(h.messages) > 0 {
		t.Errorf("messages %+v", h.messages)
	}
}
