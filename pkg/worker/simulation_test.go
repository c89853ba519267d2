package worker

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/splitter"
)

// TestSimulation: nothing is sent, and the results are there all the same.
func TestSimulation(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 20}]`, oneGet, `, "_simulation": true, "before": {"flow": [{"get": {"url": "/before"}}]}`)
	out, err := r.step.Handle(t.Context(), job.WorkInput{Run: "r1", Section: job.SectionBefore})
	if err != nil || out.Counts != (job.Counts{}) {
		t.Errorf("section: %+v, %v", out, err)
	}
	split, err := splitter.Step{Store: r.store}.Handle(t.Context(), job.SplitInput{Execution: "r1", Schedule: true})
	if err != nil {
		t.Fatal(err)
	}
	r.chunks = split.Chunks
	out, err = r.work(t.Context(), 0)
	if err != nil || out.Counts != (job.Counts{}) || out.Key != job.ResultKey("r1", r.chunks[0].ID) {
		t.Errorf("chunk: %+v, %v", out, err)
	}
	for _, key := range []string{job.SectionKey("r1", job.SectionBefore), out.Key} {
		if res, there := r.read(key); !there || !res.Final || res.Error != "" {
			t.Errorf("%s: %+v", key, res)
		}
	}
	if n := r.count(); n != 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestTrace(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 10}]`, oneGet, `, "_trace": true`)
	var log bytes.Buffer
	r.step.Log = slog.New(slog.NewTextHandler(&log, nil))
	if _, err := r.work(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"the chunk begins", "arrivals=10", "the chunk has ended", "created=10"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("no %q in %s", part, &log)
		}
	}
}

// TestLateSamples: a sampling run has no schedule that could be missed.
func TestLateSamples(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 1}]`, oneGet, `, "mode": "acceptance", "sampling": {"size": 2}`)
	r.chunks[0].LoadStart = r.chunks[0].LoadStart.Add(-time.Minute)
	out, err := r.work(t.Context(), 0)
	if err != nil || out.Completed != 2 || out.Missed != 0 {
		t.Errorf("answer %+v, %v", out, err)
	}
}
