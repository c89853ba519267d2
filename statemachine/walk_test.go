package statemachine

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/asl"
)

var update = flag.Bool("update", false, "write the golden files")

// world is what the state machine works on in a walk: three tasks that do as
// they are told, and a bucket.
type world struct {
	fanOut        string
	chunks        int
	before, after bool
	outcome       string
	lost          string // what chunks.json is instead of a list

	// Errors of the tasks, one for each call until there are no more. The key
	// is "split", "schedule", "before", "after", "aggregate" or a chunk's ID.
	errors map[string][]string

	mu    sync.Mutex
	files map[string]string
}

func (w *world) fails(who string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	rest := w.errors[who]
	if len(rest) == 0 {
		return nil
	}
	w.errors[who] = rest[1:]
	return asl.NamedError{Name: rest[0], Cause: fmt.Sprintf("%s of %s", rest[0], who)}
}

func (w *world) split(_ context.Context, in map[string]any) (map[string]any, error) {
	who := "split"
	if in["schedule"] == true {
		who = "schedule"
	}
	if err := w.fails(who); err != nil {
		return nil, err
	}
	chunks := []any{}
	for i := range w.chunks {
		chunks = append(chunks, map[string]any{
			"id":     fmt.Sprintf("w%04d-k000", i),
			"wakeAt": time.Now().Add(time.Duration(i) * time.Minute).Add(500 * time.Millisecond),
		})
	}
	list, err := json.Marshal(chunks)
	if err != nil {
		return nil, err
	}
	run := in["execution"].(string)
	w.mu.Lock()
	w.files["bucket/runs/"+run+"/chunks.json"] = string(list)
	if w.lost != "" {
		w.files["bucket/runs/"+run+"/chunks.json"] = w.lost
	}
	w.mu.Unlock()
	if w.fanOut != "inline" {
		chunks = []any{}
	}
	return map[string]any{
		"run": run, "bucket": "bucket", "chunksKey": "runs/" + run + "/chunks.json", "resultsPrefix": "runs/" + run + "/map",
		"chunkCount": w.chunks, "fanOut": w.fanOut, "chunks": chunks, "before": w.before, "after": w.after, "failure": nil,
	}, nil
}

func (w *world) work(ctx context.Context, in map[string]any) (map[string]any, error) {
	who, ok := in["section"].(string)
	if !ok {
		who = in["chunk"].(map[string]any)["id"].(string)
	}
	err := w.fails(who)
	if asl.ErrorName(err) == throttled {
		return nil, err // before it began
	}
	select {
	case <-time.After(10 * time.Second):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return map[string]any{"run": in["run"], "key": "runs/" + who}, err
}

func (w *world) aggregate(_ context.Context, in map[string]any) (map[string]any, error) {
	if in["request"] != nil {
		return map[string]any{"run": in["run"], "outcome": ErrorSplitFailed}, w.fails("tell")
	}
	return map[string]any{"run": in["run"], "outcome": w.outcome, "report": "report.json"}, w.fails("aggregate")
}

func (w *world) read(_ context.Context, _ string, parameters json.RawMessage) (io.ReadCloser, error) {
	var p struct{ Bucket, Key string }
	if err := json.Unmarshal(parameters, &p); err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	file, ok := w.files[p.Bucket+"/"+p.Key]
	if !ok {
		return nil, errors.New("NoSuchKey")
	}
	return io.NopCloser(strings.NewReader(file)), nil
}

func (w *world) write(_ context.Context, _ string, parameters json.RawMessage, name string, data []byte) error {
	var p struct{ Bucket, Prefix string }
	if err := json.Unmarshal(parameters, &p); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.files[p.Bucket+"/"+p.Prefix+"/"+filepath.Base(name)] = string(bytes.Clone(data))
	return nil
}

// walk runs the state machine in the world and tells the way it went.
func (w *world) walk(t *testing.T) (asl.Result, string) {
	t.Helper()
	w.files = map[string]string{}
	machine, err := asl.Load(Definition, arns())
	if err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	execution, err := machine.Start(t.Context(), "run-1", json.RawMessage(`{"script": {"scenarios": []}}`), asl.Environment{
		Tasks: map[string]asl.TaskFunc{
			arns()[SplitterArn]:   asl.Task(w.split),
			arns()[WorkerArn]:     asl.Task(w.work),
			arns()[AggregatorArn]: asl.Task(w.aggregate),
		},
		ReadItems:   w.read,
		WriteResult: w.write,
		Rand:        rand.New(rand.NewPCG(1, 2)),
	})
	if err != nil {
		t.Fatal(err)
	}
	result := execution.Wait()
	var b strings.Builder
	tell(&b, execution, begun)
	fmt.Fprintf(&b, "%s\n", strings.TrimSpace(string(result.Status)+" "+result.Error))
	if result.Cause != "" {
		fmt.Fprintf(&b, "%s\n", result.Cause)
	}
	for _, name := range slices.Sorted(maps.Keys(w.files)) {
		if strings.Contains(name, "/map/") {
			fmt.Fprintf(&b, "file %s\n", name)
		}
	}
	return result, b.String()
}

// tell writes the states that were entered, the calls and their errors: a line
// each, and the iterations of a Map one after the other.
func tell(b *strings.Builder, e *asl.Execution, begun time.Time) {
	events := e.History()
	iterations := map[int][]asl.Event{}
	for _, event := range events {
		if event.Iteration != nil {
			iterations[*event.Iteration] = append(iterations[*event.Iteration], event)
		}
	}
	since := func(at time.Time) time.Duration { return at.Sub(begun).Round(time.Millisecond) }
	line := func(indent string, event asl.Event) {
		at := since(event.Time)
		switch {
		case strings.HasSuffix(event.Type, "StateEntered"):
			fmt.Fprintf(b, "%-10v %s%s\n", at, indent, event.State)
		case event.Type == "TaskScheduled":
			name := event.Resource[strings.LastIndexByte(event.Resource, ':')+1:]
			fmt.Fprintf(b, "%-10v %s  call %s %s\n", at, indent, name, event.Input)
		case event.Error != "" && !strings.HasPrefix(event.Type, "Execution"):
			fmt.Fprintf(b, "%-10v %s  %s %s\n", at, indent, event.Type, event.Error)
		}
	}
	for _, event := range events {
		if event.Iteration != nil {
			continue
		}
		line("", event)
		switch event.Type {
		case "MapStateStarted":
			for i := range len(iterations) {
				for _, inner := range iterations[i] {
					line(fmt.Sprintf("  %d: ", i), inner)
				}
			}
		case "MapRunStarted":
			for _, item := range e.MapRuns()[0].Items {
				fmt.Fprintf(b, "%-10v   %d: %s %s in %s, retries: %d\n", since(item.Stop), item.Index, item.Status, item.Error, item.State, item.Retries)
			}
		}
	}
}

const throttled = "Lambda.TooManyRequestsException"

func TestWalks(t *testing.T) {
	tests := []struct {
		name  string
		world *world
		want  string // the error, "" when the run passed
	}{
		{"inline", &world{fanOut: "inline", chunks: 2, outcome: "Passed"}, ""},
		{"distributed", &world{fanOut: "distributed", chunks: 3, outcome: "Passed"}, ""},
		{"no chunks", &world{fanOut: "none", outcome: "Passed"}, ""},
		{"before and after", &world{fanOut: "inline", chunks: 1, before: true, after: true, outcome: "Passed"}, ""},
		{"before throttled", &world{fanOut: "inline", chunks: 1, before: true, outcome: "Passed", errors: map[string][]string{"before": {throttled, throttled}}}, ""},
		{"before fails", &world{fanOut: "inline", chunks: 1, before: true, after: true, outcome: "BeforeFailed",
			errors: map[string][]string{"before": {"SectionFailed"}}}, "BeforeFailed"},
		{"before crashes", &world{fanOut: "inline", chunks: 1, before: true, outcome: "BeforeFailed",
			errors: map[string][]string{"before": {"Runtime.ExitError"}}}, "BeforeFailed"},
		{"schedule fails", &world{fanOut: "inline", chunks: 1, before: true, outcome: "RunIncomplete",
			errors: map[string][]string{"schedule": {"StoreFailed"}}}, "RunIncomplete"},
		{"after fails", &world{fanOut: "inline", chunks: 1, after: true, outcome: "AfterFailed",
			errors: map[string][]string{"after": {"SectionFailed"}}}, "AfterFailed"},
		{"worker throttled", &world{fanOut: "inline", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {throttled, throttled, throttled}}}, ""},
		{"worker crashes", &world{fanOut: "inline", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {"Runtime.ExitError"}}}, ""},
		{"worker throttled, distributed", &world{fanOut: "distributed", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {throttled, throttled, throttled}}}, ""},
		{"worker crashes, distributed", &world{fanOut: "distributed", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {"Sandbox.Timedout"}}}, ""},
		{"worker out of memory", &world{fanOut: "inline", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {"Runtime.OutOfMemory"}}}, ""},
		{"worker out of memory, distributed", &world{fanOut: "distributed", chunks: 1, outcome: "Passed",
			errors: map[string][]string{"w0000-k000": {"Runtime.OutOfMemory"}}}, ""},
		{"chunk lost", &world{fanOut: "inline", chunks: 3, outcome: "RunIncomplete",
			errors: map[string][]string{"w0001-k000": {"BadRequest"}}}, "RunIncomplete"},
		{"all chunks lost", &world{fanOut: "inline", chunks: 2, outcome: "RunIncomplete",
			errors: map[string][]string{"w0000-k000": {"BadRequest"}, "w0001-k000": {"BadRequest"}}}, "RunIncomplete"},
		{"all chunks lost, distributed", &world{fanOut: "distributed", chunks: 2, after: true, outcome: "RunIncomplete",
			errors: map[string][]string{"w0000-k000": {"BadRequest"}, "w0001-k000": {"BadRequest"}}}, "RunIncomplete"},
		{"chunks unreadable", &world{fanOut: "distributed", chunks: 2, after: true, lost: `{`, outcome: "RunIncomplete"}, "RunIncomplete"},
		{"split fails", &world{errors: map[string][]string{"split": {"BadRequest"}}}, "SplitFailed"},
		{"split fails, and telling of it", &world{errors: map[string][]string{"split": {"BadRequest"}, "tell": {"StoreFailed", "Panic"}}}, "SplitFailed"},
		{"split throttled", &world{fanOut: "none", outcome: "Passed", errors: map[string][]string{"split": {throttled, "Lambda.ServiceException"}}}, ""},
		{"aggregate fails", &world{fanOut: "none", errors: map[string][]string{"aggregate": {"BadRequest"}}}, "AggregateFailed"},
		{"aggregate crashes", &world{fanOut: "none", outcome: "Passed", errors: map[string][]string{"aggregate": {"Runtime.ExitError", "StoreFailed"}}}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result, got := test.world.walk(t)
				if result.Error != test.want || (result.Status == asl.Succeeded) != (test.want == "") {
					t.Errorf("%s with the error %q, want %q", result.Status, result.Error, test.want)
				}
				golden := filepath.Join("testdata", "walks", strings.ReplaceAll(strings.ReplaceAll(test.name, ",", ""), " ", "-")+".golden")
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("the way differs from %s (-update writes it):\n%s", golden, got)
				}
			})
		})
	}
}

func TestOutcomes(t *testing.T) {
	tests := []struct{ outcome, want string }{
		{"Passed", ""},
		{"BudgetExceeded", "BudgetExceeded"},
		{"ThresholdExceeded", "ThresholdExceeded"},
		{"ExpectationsFailed", "ExpectationsFailed"},
		{"RunIncomplete", "RunIncomplete"},
		{"RunStopped", "RunStopped"},
		{"BeforeFailed", "BeforeFailed"},
		{"AfterFailed", "AfterFailed"},
		{"Other", "UnknownOutcome"},
		{"", "UnknownOutcome"},
	}
	for _, test := range tests {
		t.Run(test.outcome, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				result, _ := (&world{fanOut: "none", outcome: test.outcome}).walk(t)
				if result.Error != test.want || (result.Status == asl.Succeeded) != (test.want == "") {
					t.Fatalf("%s with the error %q: %s", result.Status, result.Error, result.Cause)
				}
				if test.want == "" && !strings.Contains(string(result.Output), `"report":"report.json"`) {
					t.Fatalf("output %s", result.Output)
				}
			})
		})
	}
}

// A worker that goes on being throttled is tried for about a minute, then its
// chunk is lost.
func TestWorkerThrottledForGood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		always := make([]string, 100)
		for i := range always {
			always[i] = throttled
		}
		w := &world{fanOut: "inline", chunks: 1, outcome: "RunIncomplete", errors: map[string][]string{"w0000-k000": always}}
		result, _ := w.walk(t)
		if tries := len(always) - len(w.errors["w0000-k000"]); result.Error != "RunIncomplete" || tries != 13 {
			t.Fatalf("%s after %d tries", result.Error, tries)
		}
	})
}
