package splitter

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/script"
	"salvo/pkg/store"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

func step(s store.Store) Step {
	return Step{Store: s, Bucket: "b", Now: func() time.Time { return now }}
}

// ask makes the splitter's input for a bare script with these phases.
func ask(phases, rest string) job.SplitInput {
	return job.SplitInput{Execution: "r1", Request: json.RawMessage(`{
		"config": {"target": "http://127.0.0.1:1", "phases": ` + phases + `},
		"scenarios": [{"flow": [{"get": {"url": "/"}}]}]` + rest + `}`)}
}

func readChunks(t *testing.T, s store.Store) []job.Chunk {
	t.Helper()
	data, err := store.ReadAll(t.Context(), s, job.ChunksKey("r1"))
	if err != nil {
		t.Fatal(err)
	}
	var chunks []job.Chunk
	if err := json.Unmarshal(data, &chunks); err != nil {
		t.Fatal(err)
	}
	return chunks
}

func TestFanOut(t *testing.T) {
	tests := []struct {
		name   string
		in     job.SplitInput
		fanOut job.FanOut
		chunks int
	}{
		{"nothing to fire", ask(`[{"pause": 5}]`, ``), job.FanOutNone, 0},
		{"one chunk", ask(`[{"duration": 5, "arrivalRate": 2}]`, ``), job.FanOutInline, 1},
		{"as many as an inline Map runs at once", ask(`[{"duration": 5, "arrivalRate": 400}]`, `, "_split": {"maxChunkRequestsPerSecond": 10}`), job.FanOutInline, 40},
		{"one more", ask(`[{"duration": 5, "arrivalRate": 401}]`, `, "_split": {"maxChunkRequestsPerSecond": 10}`), job.FanOutDistributed, 41},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := new(store.Mem)
			out, err := step(s).Handle(t.Context(), test.in)
			if err != nil {
				t.Fatal(err)
			}
			if out.FanOut != test.fanOut || out.ChunkCount != test.chunks || out.Run != "r1" || out.Bucket != "b" {
				t.Errorf("answer %+v", out)
			}
			chunks := readChunks(t, s)
			if len(chunks) != test.chunks {
				t.Errorf("chunks.json holds %d chunks", len(chunks))
			}
			inline := 0
			if test.fanOut == job.FanOutInline {
				inline = test.chunks
			}
			if len(out.Chunks) != inline {
				t.Errorf("the answer holds %d chunks", len(out.Chunks))
			}
			answer, err := json.Marshal(out)
			if err != nil || len(answer) > 200_000 {
				t.Errorf("the answer has %d bytes, %v", len(answer), err)
			}
		})
	}
}

// TestAbsoluteTimes holds the chunks against the plan in the store.
func TestAbsoluteTimes(t *testing.T) {
	const phases = `[{"duration": 40, "arrivalRate": 20}]`
	tests := []struct {
		name, split string
		lead        time.Duration // the step's
		want        time.Duration
	}{
		{"the limit's default", `{"maxChunkDurationInSeconds": 15}`, 0, 15 * time.Second},
		{"the step's", `{"maxChunkDurationInSeconds": 15}`, 300 * time.Millisecond, 300 * time.Millisecond},
		{"the script's", `{"maxChunkDurationInSeconds": 15, "timeBufferInMilliseconds": 2000}`, 300 * time.Millisecond, 2 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := new(store.Mem)
			st := step(s)
			st.Lead = test.lead
			if _, err := st.Handle(t.Context(), ask(phases, `, "_split": `+test.split)); err != nil {
				t.Fatal(err)
			}
			chunks := readChunks(t, s)
			if len(chunks) != 3 {
				t.Fatalf("%d chunks", len(chunks))
			}
			for i, c := range chunks {
				start := c.LoadStart.Sub(now)
				if start < test.want || start > test.want+10*time.Millisecond {
					t.Errorf("the load starts after %v", start)
				}
				if lead := c.LoadStart.Add(c.Start).Sub(c.WakeAt); lead != test.want {
					t.Errorf("chunk %d is woken %v before its window", i, lead)
				}
				if c.Start != time.Duration(i)*15*time.Second {
					t.Errorf("chunk %d starts at %v", i, c.Start)
				}
			}
		})
	}
}

func TestBeforeGetsItsTimesLater(t *testing.T) {
	s := new(store.Mem)
	st := step(s)
	in := ask(`[{"duration": 5, "arrivalRate": 2}]`, `, "before": {"flow": [{"get": {"url": "/"}}]}, "after": {"flow": [{"get": {"url": "/"}}]}`)
	out, err := st.Handle(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if !out.Before || !out.After || len(out.Chunks) != 0 {
		t.Fatalf("answer %+v", out)
	}
	if there, _ := store.Exists(t.Context(), s, job.ChunksKey("r1")); there {
		t.Fatal("the chunks have times before the section ran")
	}
	st.Now = func() time.Time { return now.Add(time.Minute) }
	out, err = st.Handle(t.Context(), job.SplitInput{Execution: "r1", Schedule: true})
	if err != nil {
		t.Fatal(err)
	}
	if out.Before || !out.After || len(out.Chunks) != 1 || !out.Chunks[0].LoadStart.After(now.Add(time.Minute)) {
		t.Fatalf("answer %+v", out)
	}
}

func TestRequestsThatCannotRun(t *testing.T) {
	envelope := func(text string) job.SplitInput {
		return job.SplitInput{Execution: "r1", Request: json.RawMessage(text)}
	}
	tests := []struct {
		name string
		in   job.SplitInput
		want string
	}{
		{"no object", envelope(`[1]`), "JSON object"},
		{"an unknown key beside the script", envelope(`{"script": {}, "scrpt": 1}`), `unknown field "scrpt"`},
		{"a bundle without the script's name in it", envelope(`{"bundle": "bundles/x.zip"}`), "`bundle` with `file`"},
		{"a bundle that is not there", envelope(`{"bundle": "bundles/x.zip", "file": "s.yml"}`), "upload it again"},
		{"a config without a bundle that it could be in", envelope(`{"script": {}, "config": "c.yml"}`), "a file of its `bundle`"},
		{"a scenario that is not there", envelope(`{"script": {"scenarios": [{"name": "a", "flow": []}]}, "scenario": "b"}`), `there is only "a"`},
		{"a seed that is no number", envelope(`{"script": {}, "seed": "abc"}`), `seed "abc"`},
		{"a faulty script", envelope(`{"scenarios": []}`), "scenarios"},
		{"too long", ask(`[{"duration": 100000, "arrivalRate": 1}]`, ``), "maxScriptDurationInSeconds"},
		{"too fast", ask(`[{"duration": 1, "arrivalRate": 6000}]`, ``), "maxScriptRequestsPerSecond"},
		{"too many workers", ask(`[{"duration": 1, "arrivalRate": 3000}]`, `, "_split": {"maxChunkRequestsPerSecond": 1}`), "maxConcurrency"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := new(store.Mem)
			_, err := step(s).Handle(t.Context(), test.in)
			bad, ok := err.(*job.BadRequest) // bare: the state machine goes by the type
			if !ok || !strings.Contains(bad.Message, test.want) {
				t.Fatalf("error %T %v, want a BadRequest with %q", err, err, test.want)
			}
			if keys, _ := s.List(t.Context(), ""); len(keys) != 0 {
				t.Errorf("it left %v", keys)
			}
		})
	}
}

// TestRequestOptions: what the request asks for is in the script that workers
// read, and what the environment holds is not.
func TestRequestOptions(t *testing.T) {
	files := fstest.MapFS{
		"tests/load.yml": {Data: []byte(`config:
  tls: {rejectUnauthorized: true}
  phases: [{duration: 60, arrivalRate: 9}]
scenarios:
  - name: first
    flow: [{get: {url: /a}}]
  - name: second
    weight: 0
    flow: [{get: {url: "/{{ $env.PAGE }}"}}]
`)},
		"conf.yml": {Data: []byte(`config: {target: "http://{{ $env.HOST }}:1", variables: {a: 1}}`)},
	}
	var bundle bytes.Buffer
	if err := script.WriteBundle(&bundle, files, ".", slices.Collect(maps.Keys(files))); err != nil {
		t.Fatal(err)
	}
	s := new(store.Mem)
	if err := s.Put(t.Context(), "bundles/b.zip", bytes.NewReader(bundle.Bytes())); err != nil {
		t.Fatal(err)
	}
	st := step(s)
	st.Env = map[string]string{"HOST": "test.example.com", "PAGE": "hidden"}
	out, err := st.Handle(t.Context(), job.SplitInput{Execution: "r1", Request: json.RawMessage(`{
		"bundle": "bundles/b.zip", "file": "tests/load.yml", "config": "conf.yml", "configName": "../conf.yml",
		"insecure": true, "solo": true, "scenario": "second"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if out.ChunkCount != 1 || out.Chunks[0].Arrivals != 1 {
		t.Errorf("answer %+v", out)
	}
	resolved, err := store.ReadAll(t.Context(), s, job.ScriptKey("r1"))
	if err != nil {
		t.Fatal(err)
	}
	sc, err := script.DecodeResolved(resolved, files, st.Env, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sc.Config.Target != "http://test.example.com:1" || sc.Config.TLS.RejectUnauthorized || len(sc.Scenarios) != 1 || sc.Scenarios[0].Name != "second" {
		t.Errorf("target %s, tls %+v, scenarios %+v", sc.Config.Target, sc.Config.TLS, sc.Scenarios)
	}
	keys, err := s.List(t.Context(), "runs/")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range keys {
		data, err := store.ReadAll(t.Context(), s, key)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte("hidden")) || bytes.Contains(data, []byte("test.example.com")) {
			t.Errorf("%s holds a value of the environment", key)
		}
	}
}

func TestSeed(t *testing.T) {
	seedOf := func(in job.SplitInput) uint64 {
		s := new(store.Mem)
		if _, err := step(s).Handle(t.Context(), in); err != nil {
			t.Fatal(err)
		}
		data, err := store.ReadAll(t.Context(), s, job.PlanKey("r1"))
		if err != nil {
			t.Fatal(err)
		}
		var p plan.Plan
		if err := json.Unmarshal(data, &p); err != nil {
			t.Fatal(err)
		}
		return p.Seed
	}
	const script = `{"config": {"target": "http://127.0.0.1:1"}, "scenarios": [{"flow": [{"get": {"url": "/"}}]}]}`
	if got := seedOf(job.SplitInput{Execution: "r1", Request: json.RawMessage(`{"seed": "18446744073709551615", "script": ` + script + `}`)}); got != 1<<64-1 {
		t.Errorf("seed %d", got)
	}
	drawn := job.SplitInput{Execution: "r1", Request: json.RawMessage(script)}
	if first, second := seedOf(drawn), seedOf(drawn); first == second {
		t.Error("two runs drew the same seed")
	}
}

// fullStore takes some bytes and fails.
type fullStore struct{ store.Store }

func (f fullStore) Put(_ context.Context, key string, r io.Reader) error {
	if key == job.ChunksKey("r1") {
		io.CopyN(io.Discard, r, 100)
		return errors.New("disk full")
	}
	return f.Store.Put(context.Background(), key, r)
}

func TestStoreFails(t *testing.T) {
	_, err := step(fullStore{new(store.Mem)}).Handle(t.Context(), ask(`[{"duration": 5, "arrivalRate": 4000}]`, `, "_split": {"maxChunkRequestsPerSecond": 10}`))
	if e, ok := err.(*job.StoreFailed); !ok || !strings.Contains(e.Message, "disk full") {
		t.Fatalf("error %T %v", err, err)
	}
}
