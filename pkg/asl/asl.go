// Package asl runs state machines written in the Amazon States Language on one
// machine: it parses and checks a definition, runs it with Go functions as its
// tasks, and keeps the log of events that Step Functions would keep.
//
// It owns the part of the language that this project's definition needs, with
// JSONPath as the query language: Task, Pass, Wait, Choice, Map (inline and
// distributed), Succeed and Fail, with Retry, Catch, timeouts, payload
// templates, the context object and the intrinsic functions. Everything else
// is refused by name when a definition is loaded. What a task does, where the
// items of a distributed Map come from and where its results go is left to the
// caller. The package knows nothing of load testing.
//
// Where the specification leaves a choice, it does as Step Functions does: the
// state payload ends at 262,144 bytes, an inline Map runs 40 iterations at
// once and a distributed one 10,000, a path that is not in its input is
// States.Runtime, and no Catch sees that error.
package asl

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
)

// TaskFunc does the work of a Task state: it takes the state's payload and
// answers with its result, both JSON.
type TaskFunc func(ctx context.Context, in json.RawMessage) (json.RawMessage, error)

// Task makes a TaskFunc of a function that lambda.Start would take. It decodes
// and encodes as aws-lambda-go does, so that payloads and error names are the
// same here and there.
func Task[In, Out any](f func(context.Context, In) (Out, error)) TaskFunc {
	return func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
		var value In
		// A decoder and not Unmarshal: both name their errors alike, and
		// aws-lambda-go uses this one.
		if err := json.NewDecoder(bytes.NewReader(in)).Decode(&value); err != nil {
			return nil, err
		}
		out, err := f(ctx, value)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}
}

// Environment is what an execution works on.
type Environment struct {
	// Tasks holds what a Task state calls, by its Resource.
	Tasks map[string]TaskFunc

	// ReadItems opens what the ItemReader of a distributed Map names: a JSON
	// array, which is read as a stream and closed. Parameters are the reader's,
	// filled in: for arn:aws:states:::s3:getObject {"Bucket", "Key"}.
	ReadItems func(ctx context.Context, resource string, parameters json.RawMessage) (io.ReadCloser, error)

	// WriteResult keeps a file of a ResultWriter. Parameters are the writer's,
	// filled in: for arn:aws:states:::s3:putObject {"Bucket", "Prefix"}. The
	// name is relative to that prefix: the map run's UUID, a slash, and
	// SUCCEEDED_n.json, FAILED_n.json or manifest.json. It may be called
	// concurrently.
	WriteResult func(ctx context.Context, resource string, parameters json.RawMessage, name string, data []byte) error

	// OnEvent is told each event of the history as it happens, one at a time
	// and in order. The execution waits for it. It may call History and Stop.
	OnEvent func(Event)

	// Rand is drawn from for jitter, States.MathRandom and States.UUID. The
	// execution uses it from one goroutine at a time. Nil means a random seed.
	Rand *rand.Rand
}

// Status is how an execution, a map run or an item of it ended, by the names of
// Step Functions.
type Status string

// The statuses. Only a map run or an item that has not ended is Running.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Result is the end of an execution.
type Result struct {
	Status Status          `json:"status"`
	Output json.RawMessage `json:"output,omitempty"` // only of one that succeeded
	Error  string          `json:"error,omitempty"`
	Cause  string          `json:"cause,omitempty"`
}
