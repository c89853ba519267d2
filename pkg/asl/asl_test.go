package asl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// machine is a machine of one state, "S", which ends it.
func machine(state string) string {
	return `{"StartAt": "S", "States": {"S": ` + state + `}}`
}

func load(t *testing.T, definition string) *Machine {
	t.Helper()
	m, err := Load([]byte(definition), nil)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return m
}

func start(t *testing.T, definition, input string, env Environment) *Execution {
	t.Helper()
	e, err := load(t, definition).Start(t.Context(), "run-1", json.RawMessage(input), env)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	return e
}

// run runs a definition to its end.
func run(t *testing.T, definition, input string, env Environment) Result {
	t.Helper()
	return start(t, definition, input, env).Wait()
}

// tasks is an environment with one task, "arn:task".
func tasks(f TaskFunc) Environment {
	return Environment{Tasks: map[string]TaskFunc{"arn:task": f}, Rand: rand.New(rand.NewPCG(1, 2))}
}

// echo answers with its input.
func echo(_ context.Context, in json.RawMessage) (json.RawMessage, error) { return in, nil }

// flaky fails with the named errors, one each time, and then answers with {}.
func flaky(names ...string) TaskFunc {
	var mu sync.Mutex
	return func(context.Context, json.RawMessage) (json.RawMessage, error) {
		mu.Lock()
		defer mu.Unlock()
		if len(names) == 0 {
			return json.RawMessage("{}"), nil
		}
		name := names[0]
		names = names[1:]
		return nil, NamedError{Name: name, Cause: "as told"}
	}
}

func wantSucceeded(t *testing.T, r Result, output string) {
	t.Helper()
	if r.Status != Succeeded || !sameJSON(t, string(r.Output), output) {
		t.Fatalf("got %s, %s: %s, output %s\nwant %s", r.Status, r.Error, r.Cause, r.Output, output)
	}
}

func wantFailed(t *testing.T, r Result, name, cause string) {
	t.Helper()
	if r.Status != Failed || r.Error != name || !strings.Contains(r.Cause, cause) {
		t.Fatalf("got %s, %q: %q, output %s\nwant FAILED, %q: %q", r.Status, r.Error, r.Cause, r.Output, name, cause)
	}
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	x, err := decode([]byte(a))
	if err != nil {
		t.Fatalf("%v in %s", err, a)
	}
	y, err := decode([]byte(b))
	if err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return equal(x, y)
}

// types are the types of the events, with the state's name when it has one.
func types(events []Event) []string {
	var list []string
	for _, e := range events {
		s := e.Type
		if e.State != "" {
			s += " " + e.State
		}
		list = append(list, s)
	}
	return list
}

func count(events []Event, kind string) int {
	n := 0
	for _, e := range events {
		if e.Type == kind {
			n++
		}
	}
	return n
}

// bucket is a store of a test: it gives items and takes results.
type bucket struct {
	mu    sync.Mutex
	files map[string]string
}

func (b *bucket) read(_ context.Context, resource string, parameters json.RawMessage) (io.ReadCloser, error) {
	var p struct{ Bucket, Key string }
	if err := json.Unmarshal(parameters, &p); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	file, ok := b.files[p.Bucket+"/"+p.Key]
	if !ok {
		return nil, errors.New("NoSuchKey")
	}
	return io.NopCloser(strings.NewReader(file)), nil
}

func (b *bucket) write(_ context.Context, resource string, parameters json.RawMessage, name string, data []byte) error {
	var p struct{ Bucket, Prefix string }
	if err := json.Unmarshal(parameters, &p); err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.files == nil {
		b.files = map[string]string{}
	}
	b.files[p.Bucket+"/"+p.Prefix+"/"+name] = string(bytes.Clone(data))
	return nil
}

func (b *bucket) names() []string { return slices.Sorted(maps.Keys(b.files)) }

func wantTook(t *testing.T, begun time.Time, want time.Duration) {
	t.Helper()
	if took := time.Since(begun); took != want {
		t.Fatalf("took %v, want %v", took, want)
	}
}
