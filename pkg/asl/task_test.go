package asl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

type budgetExceeded struct{ by int }

func (e *budgetExceeded) Error() string { return fmt.Sprintf("over by %d", e.by) }

type brokenPipe struct{}

func (brokenPipe) Error() string { return "broken <pipe>" }

func TestErrorName(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"nil", nil, ""},
		{"pointer", &budgetExceeded{1}, "budgetExceeded"},
		{"value", brokenPipe{}, "brokenPipe"},
		{"errors.New", errors.New("x"), "errorString"},
		{"Errorf", fmt.Errorf("x"), "fmtError"},
		{"wrapped", fmt.Errorf("x: %w", brokenPipe{}), "wrapError"},
		{"wrapped twice", fmt.Errorf("%w %w", brokenPipe{}, brokenPipe{}), "wrapErrors"},
		{"joined", errors.Join(brokenPipe{}), "joinError"},
		{"named", NamedError{Name: "Runtime.ExitError"}, "Runtime.ExitError"},
		{"pointer to named", &NamedError{Name: "Runtime.ExitError"}, "Runtime.ExitError"},
		{"named and wrapped", fmt.Errorf("%w", NamedError{Name: "Runtime.ExitError"}), "wrapError"},
		{"named without a name", NamedError{}, "NamedError"},
		{"deadline", context.DeadlineExceeded, "deadlineExceededError"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "Errorf" {
				test.want = ErrorName(fmt.Errorf("y")) // its type differs between Go versions
			}
			if got := ErrorName(test.err); got != test.want {
				t.Fatalf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTaskEncodesAsLambdaDoes(t *testing.T) {
	type in struct{ A int }
	type out struct {
		B string
		C time.Duration
	}
	f := Task(func(_ context.Context, i in) (out, error) {
		if i.A < 0 {
			return out{}, brokenPipe{}
		}
		return out{fmt.Sprintf("<%d>", i.A), time.Second}, nil
	})
	got, err := f(t.Context(), json.RawMessage(`{"A": 3, "other": true}`))
	if err != nil || string(got) != `{"B":"<3>","C":1000000000}` {
		t.Fatalf("got %s, %v", got, err)
	}
	if _, err := f(t.Context(), json.RawMessage(`{"A": -1}`)); ErrorName(err) != "brokenPipe" {
		t.Fatalf("got %v", err)
	}
	if _, err := f(t.Context(), json.RawMessage(`{"A": "x"}`)); ErrorName(err) != "UnmarshalTypeError" {
		t.Fatalf("got %v", err)
	}
}

func TestTaskFailures(t *testing.T) {
	task := machine(`{"Type": "Task", "Resource": "arn:task", "End": true}`)
	fail := func(err error) Environment {
		return tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, err })
	}
	t.Run("a type", func(t *testing.T) {
		wantFailed(t, run(t, task, "", fail(&budgetExceeded{3})), "budgetExceeded", `{"errorMessage":"over by 3","errorType":"budgetExceeded"}`)
		wantFailed(t, run(t, task, "", fail(brokenPipe{})), "brokenPipe", `{"errorMessage":"broken <pipe>","errorType":"brokenPipe"}`)
	})
	t.Run("named", func(t *testing.T) {
		wantFailed(t, run(t, task, "", fail(&NamedError{"Runtime.ExitError", "exit status 2"})), "Runtime.ExitError", "exit status 2")
	})
	t.Run("a long message", func(t *testing.T) {
		r := run(t, task, "", fail(errors.New(strings.Repeat("é", 100_000))))
		var cause lambdaCause
		if err := json.Unmarshal([]byte(r.Cause), &cause); err != nil || len(r.Cause) > maxCause {
			t.Fatalf("%d bytes, %v", len(r.Cause), err)
		}
	})
	t.Run("a panic", func(t *testing.T) {
		r := run(t, task, "", tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) {
			var list []int
			return nil, fmt.Errorf("%d", list[len(list)])
		}))
		wantFailed(t, r, ErrorPanic, "index out of range")
		wantFailed(t, r, ErrorPanic, "TestTaskFailures")
	})
	t.Run("an error that panics", func(t *testing.T) {
		wantFailed(t, run(t, task, "", fail((*budgetExceeded)(nil))), ErrorPanic, "nil pointer")
	})
	t.Run("a goroutine that was left", func(t *testing.T) {
		r := run(t, task, "", tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) {
			runtime.Goexit()
			return nil, nil
		}))
		wantFailed(t, r, ErrorPanic, "ended its goroutine")
	})
	t.Run("no JSON", func(t *testing.T) {
		r := run(t, task, "", tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) { return json.RawMessage("{"), nil }))
		wantFailed(t, r, ErrorRuntime, "the result of the task is not JSON")
	})
	t.Run("no answer is null", func(t *testing.T) {
		r := run(t, task, "", tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, nil }))
		wantSucceeded(t, r, "null")
	})
}

// slow works for d, or until its context is done.
func slow(d time.Duration) TaskFunc {
	return func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
		select {
		case <-time.After(d):
			return in, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func TestTaskTimeout(t *testing.T) {
	// deaf works for ten seconds, whatever its context says.
	deaf := func(context.Context, json.RawMessage) (json.RawMessage, error) {
		time.Sleep(10 * time.Second)
		return json.RawMessage(`"late"`), nil
	}
	wrapping := func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, fmt.Errorf("stopping: %w", ctx.Err())
	}
	other := func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
		<-ctx.Done()
		return nil, brokenPipe{}
	}
	tests := []struct {
		name, fields, input string
		task                TaskFunc
		took                time.Duration // until Wait returns
		error               string        // "" when it succeeds
	}{
		{"in time", `"TimeoutSeconds": 5`, `{}`, slow(4 * time.Second), 4 * time.Second, ""},
		{"over", `"TimeoutSeconds": 5`, `{}`, slow(6 * time.Second), 5 * time.Second, ErrorTimeout},
		{"over, by path", `"Parameters": {}, "TimeoutSecondsPath": "$.t"`, `{"t": 2}`, slow(6 * time.Second), 2 * time.Second, ErrorTimeout},
		{"by a bad path", `"TimeoutSecondsPath": "$.t"`, `{"t": 0}`, slow(6 * time.Second), 0, ErrorRuntime},
		{"over, and left to finish", `"TimeoutSeconds": 5`, `{}`, deaf, 10 * time.Second, ErrorTimeout},
		{"over, and says so", `"TimeoutSeconds": 5`, `{}`, wrapping, 5 * time.Second, ErrorTimeout},
		{"over, and says something else", `"TimeoutSeconds": 5`, `{}`, other, 5 * time.Second, ErrorTimeout},
		{"none", `"Comment": "patient"`, `{}`, slow(time.Hour), time.Hour, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				e := start(t, machine(`{"Type": "Task", "Resource": "arn:task", `+test.fields+`, "End": true}`), test.input, tasks(test.task))
				r := e.Wait()
				wantTook(t, begun, test.took)
				if test.error == "" {
					wantSucceeded(t, r, test.input)
					return
				}
				wantFailed(t, r, test.error, `state "S"`)
				if n := count(e.History(), "TaskTimedOut"); (n == 1) != (test.error == ErrorTimeout) {
					t.Fatalf("%d TaskTimedOut in %q", n, types(e.History()))
				}
			})
		})
	}
}

func TestTaskTimeoutEndsTheStateInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := start(t, machine(`{"Type": "Task", "Resource": "arn:task", "TimeoutSeconds": 5, "End": true}`), "",
			tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) {
				time.Sleep(time.Minute)
				return nil, nil
			}))
		e.Wait()
		for _, event := range e.History() {
			if event.Type == "ExecutionFailed" && event.Time.Second() != 5 {
				t.Fatalf("failed at %v", event.Time)
			}
		}
	})
}

// A function's own deadline is no timeout of the state.
func TestTaskOwnDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, machine(`{"Type": "Task", "Resource": "arn:task", "TimeoutSeconds": 60, "End": true}`), "",
			tasks(func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
				ctx, cancel := context.WithTimeout(ctx, time.Second)
				defer cancel()
				<-ctx.Done()
				return nil, ctx.Err()
			}))
		wantFailed(t, r, "deadlineExceededError", "deadline exceeded")
	})
}
