package splitter

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"salvo/pkg/job"
	"salvo/pkg/script"
	"salvo/pkg/store"
)

// deployment is a step that two scripts were deployed with, and how often a
// bundle was fetched.
func deployment(t *testing.T) (Step, *int) {
	t.Helper()
	files := fstest.MapFS{
		"tests/base.yml": {Data: []byte(`{config: {target: "http://127.0.0.1:1", variables: {base: 1}}}`)},
		"tests/health.yml": {Data: []byte(`
">>": base.yml
config:
  payload: {path: ids.csv, fields: [id]}
  phases: [{duration: 10, arrivalRate: 2}]
scenarios:
  - flow: [{get: {url: "/{{ id }}"}}]
`)},
		"tests/ids.csv": {Data: []byte("a\nb\n")},
	}
	var bundle bytes.Buffer
	if err := script.WriteBundle(&bundle, files, ".", slices.Collect(maps.Keys(files))); err != nil {
		t.Fatal(err)
	}
	fetched := 0
	s := step(new(store.Mem))
	s.Scripts = map[string]job.DeployedScript{
		"health.yml":     {Bucket: "assets", Key: "k.zip", File: "tests/health.yml", SHA256: "abc"},
		"more/other.yml": {Bucket: "assets", Key: "l.zip", File: "other.yml", SHA256: "def"},
	}
	s.Deployed = func(_ context.Context, d job.DeployedScript) (io.ReadCloser, error) {
		fetched++
		if d.Bucket != "assets" || d.Key != "k.zip" {
			t.Errorf("asked for %+v", d)
		}
		return io.NopCloser(bytes.NewReader(bundle.Bytes())), nil
	}
	return s, &fetched
}

func TestDeployedScript(t *testing.T) {
	s, fetched := deployment(t)
	request := json.RawMessage(`{">>": "./health.yml", "config": {"phases": [{"arrivalRate": 3}], "variables": {"more": 2}}, "_split": {"maxChunkDurationInSeconds": 15}}`)
	for _, execution := range []string{"r1", "r2"} {
		out, err := s.Handle(t.Context(), job.SplitInput{Execution: execution, Request: request})
		if err != nil {
			t.Fatal(err)
		}
		if out.ChunkCount != 1 || out.Chunks[0].Arrivals != 30 {
			t.Errorf("answer %+v", out)
		}
	}
	if *fetched != 2 {
		t.Errorf("the bundle was fetched %d times", *fetched)
	}
	var req job.Request
	data, err := store.ReadAll(t.Context(), s.Store, job.RequestKey("r1"))
	if err == nil {
		err = json.Unmarshal(data, &req)
	}
	if err != nil {
		t.Fatal(err)
	}
	if req.Bundle != job.BundleKey("abc") || req.File != "tests/health.yml" || req.Name != "health.yml" {
		t.Errorf("the workers' request: %+v", req)
	}
	if there, err := store.Exists(t.Context(), s.Store, req.Bundle); err != nil || !there {
		t.Errorf("the workers' bundle is there: %v, %v", there, err)
	}
	resolved, err := store.ReadAll(t.Context(), s.Store, job.ScriptKey("r1"))
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{`"base": 1`, `"more": 2`, `"the request"`} {
		if !strings.Contains(string(resolved), part) {
			t.Errorf("no %s in %s", part, resolved)
		}
	}
	if _, err := s.Handle(t.Context(), job.SplitInput{Execution: "r1", Schedule: true}); err != nil {
		t.Errorf("giving it times again: %v", err)
	}
}

func TestDeployedScriptFaults(t *testing.T) {
	s, _ := deployment(t)
	none := step(new(store.Mem))
	tests := []struct {
		name, request string
		step          Step
		says          string
	}{
		{"a script that was not deployed", `{">>": "../secret.yml"}`, s, `">>": there is no script "../secret.yml"; this deployment has health.yml, more/other.yml. Name it in salvo.yml`},
		{"none were deployed", `{">>": "health.yml"}`, none, `there is no script "health.yml"; this deployment has none`},
		{"no name", `{">>": 5}`, s, `>>: expected the path of a script, relative to this file, found 5`},
		{"a fault in the request", `{">>": "health.yml", "scenarioss": 5, "config": {"phases": [{"arrivalRate": "many"}]}}`, s, "the request:1:"},
		{"another processor", `{">>": "health.yml", "config": {"processor": "x.js"}}`, s, "the request:1:"},
		{"a file that did not travel", `{">>": "health.yml", "config": {"payload": {"path": "other.csv"}}}`, s, "other.csv"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := test.step.Handle(t.Context(), job.SplitInput{Execution: "r1", Request: json.RawMessage(test.request)})
			if _, ok := err.(*job.BadRequest); !ok || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %T %v", err, err)
			}
		})
	}
}

func TestExecutionNames(t *testing.T) {
	for name, good := range map[string]bool{"r1": true, "a b+c": true, "..": false, ".": false, "a/b": false, "": false} {
		in := ask(`[{"duration": 1, "arrivalRate": 1}]`, ``)
		in.Execution = name
		_, err := step(new(store.Mem)).Handle(t.Context(), in)
		if _, refused := err.(*job.BadRequest); refused == good {
			t.Errorf("%q: %v", name, err)
		}
	}
}

// TestSimulation: every chunk is gone through at once, however late its window.
func TestSimulation(t *testing.T) {
	out, err := step(new(store.Mem)).Handle(t.Context(), ask(`[{"duration": 60, "arrivalRate": 1}]`, `, "_simulation": true, "_split": {"maxChunkDurationInSeconds": 30}`))
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Chunks) != 2 {
		t.Fatalf("chunks %+v", out.Chunks)
	}
	for _, c := range out.Chunks {
		if !c.WakeAt.Equal(now) || c.Arrivals != 30 {
			t.Errorf("chunk %+v", c)
		}
	}
}

func TestTrace(t *testing.T) {
	for _, traced := range []bool{false, true} {
		var log bytes.Buffer
		s := step(new(store.Mem))
		s.Log = slog.New(slog.NewTextHandler(&log, nil))
		rest := ``
		if traced {
			rest = `, "_trace": true`
		}
		if _, err := s.Handle(t.Context(), ask(`[{"duration": 5, "arrivalRate": 2}]`, rest)); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(log.String(), "arrivals=10") != traced {
			t.Errorf("_trace %v: log %q", traced, &log)
		}
	}
}
