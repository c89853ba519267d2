package asl

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func TestRetryDelays(t *testing.T) {
	tests := []struct {
		name, fields string
		failures     int
		delays       []time.Duration
		fails        bool
	}{
		{"defaults: 1 s, doubled, 3 times", ``, 3, []time.Duration{1, 2, 4}, false},
		{"one failure too many", ``, 4, []time.Duration{1, 2, 4}, true},
		{"never", `, "MaxAttempts": 0`, 1, nil, true},
		{"once", `, "MaxAttempts": 1`, 2, []time.Duration{1}, true},
		{"interval", `, "IntervalSeconds": 3`, 2, []time.Duration{3, 6}, false},
		{"constant", `, "BackoffRate": 1.0, "MaxAttempts": 4`, 4, []time.Duration{1, 1, 1, 1}, false},
		{"longest delay", `, "MaxDelaySeconds": 3, "MaxAttempts": 5`, 5, []time.Duration{1, 2, 3, 3, 3}, false},
		{"a delay beyond all bounds", `, "BackoffRate": 1e300, "MaxAttempts": 3`, 3, []time.Duration{1, maxRetrySeconds, maxRetrySeconds}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var calls []time.Time
				failures := make([]string, test.failures)
				for i := range failures {
					failures[i] = "Throttled"
				}
				f := flaky(failures...)
				e := start(t, machine(`{"Type": "Task", "Resource": "arn:task", "Retry": [{"ErrorEquals": ["Throttled"]`+test.fields+`}], "End": true}`), "",
					tasks(func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
						calls = append(calls, time.Now())
						return f(ctx, in)
					}))
				r := e.Wait()
				if test.fails {
					wantFailed(t, r, "Throttled", "as told")
				} else {
					wantSucceeded(t, r, "{}")
				}
				var got, want []time.Duration
				for i := 1; i < len(calls); i++ {
					got = append(got, calls[i].Sub(calls[i-1]))
				}
				for _, d := range test.delays {
					want = append(want, d*time.Second)
				}
				if fmt.Sprint(got) != fmt.Sprint(want) {
					t.Fatalf("delays %v, want %v", got, want)
				}
				if n := count(e.History(), "TaskScheduled"); n != len(calls) {
					t.Fatalf("%d TaskScheduled for %d calls", n, len(calls))
				}
			})
		})
	}
}

func TestRetryJitter(t *testing.T) {
	r := &retrier{interval: 8 * time.Second, backoff: 2, jitter: true, maxDelay: 20 * time.Second}
	tests := []struct {
		n    int
		draw float64
		want time.Duration
	}{
		{0, 0, 0}, {0, 0.5, 4 * time.Second}, {1, 0.5, 8 * time.Second}, {2, 0.5, 10 * time.Second}, {9, 0.25, 5 * time.Second},
	}
	for _, test := range tests {
		if got := r.delay(test.n, test.draw); got != test.want {
			t.Errorf("retry %d with %v: %v, want %v", test.n, test.draw, got, test.want)
		}
	}
	// And the machine draws for each retry.
	synctest.Test(t, func(t *testing.T) {
		seen := map[time.Duration]bool{}
		var last time.Time
		calls := 0
		run(t, machine(`{"Type": "Task", "Resource": "arn:task", "Retry": [{"ErrorEquals": ["X"], "IntervalSeconds": 10,
			"BackoffRate": 1, "MaxAttempts": 20, "JitterStrategy": "FULL"}], "End": true}`), "",
			tasks(func(context.Context, json.RawMessage) (json.RawMessage, error) {
				if calls++; calls > 1 {
					d := time.Since(last)
					if d < 0 || d >= 10*time.Second {
						t.Errorf("a delay of %v", d)
					}
					seen[d] = true
				}
				last = time.Now()
				return nil, NamedError{Name: "X"}
			}))
		if calls != 21 || len(seen) < 15 {
			t.Errorf("%d calls, delays %v", calls, seen)
		}
	})
}

func TestRetryAndCatch(t *testing.T) {
	tests := []struct {
		name, handlers string
		failures       []string
		want           string // the output, or the error's name when it is no JSON
	}{
		{"each retrier counts its own", `"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 2}, {"ErrorEquals": ["B"], "MaxAttempts": 1}]`, []string{"A", "B", "A"}, `{}`},
		{"a retrier that is used up ends it", `"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}, {"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}]`, []string{"A", "A"}, `A`},
		{"an error that nobody names", `"Retry": [{"ErrorEquals": ["A"]}]`, []string{"B"}, `B`},
		{"all errors", `"Retry": [{"ErrorEquals": ["States.ALL"]}]`, []string{"A", "B"}, `{}`},
		{"all errors of tasks", `"Retry": [{"ErrorEquals": ["States.TaskFailed"]}]`, []string{"A", "B"}, `{}`},
		{"several names", `"Retry": [{"ErrorEquals": ["A", "B"], "MaxAttempts": 2}]`, []string{"B", "A"}, `{}`},
		{"catch", `"Catch": [{"ErrorEquals": ["A"], "Next": "C"}]`, []string{"A"}, `{"Error": "A", "Cause": "as told"}`},
		{"catch into the input", `"Catch": [{"ErrorEquals": ["A"], "ResultPath": "$.failure", "Next": "C"}]`, []string{"A"}, `{"in": 1, "failure": {"Error": "A", "Cause": "as told"}}`},
		{"catch and drop the error", `"Catch": [{"ErrorEquals": ["A"], "ResultPath": null, "Next": "C"}]`, []string{"A"}, `{"in": 1}`},
		{"catch after the retries", `"Retry": [{"ErrorEquals": ["A"], "MaxAttempts": 1}], "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.failure.last", "Next": "C"}]`, []string{"A", "A"},
			`{"in": 1, "failure": {"last": {"Error": "A", "Cause": "as told"}}}`},
		{"the first that matches", `"Catch": [{"ErrorEquals": ["B"], "Next": "D"}, {"ErrorEquals": ["A"], "ResultPath": null, "Next": "C"}, {"ErrorEquals": ["States.ALL"], "Next": "D"}]`, []string{"A"}, `{"in": 1}`},
		{"no catcher", `"Catch": [{"ErrorEquals": ["B"], "Next": "D"}, {"ErrorEquals": ["C"], "Next": "C"}]`, []string{"A"}, `A`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				definition := `{"StartAt": "Begin", "States": {
					"Begin": {"Type": "Choice", "Choices": [{"Variable": "$.in", "IsString": true, "Next": "C"}, {"Variable": "$.in", "IsNull": true, "Next": "D"}], "Default": "S"},
					"S": {"Type": "Task", "Resource": "arn:task", ` + test.handlers + `, "End": true},
					"C": {"Type": "Succeed"}, "D": {"Type": "Fail", "Error": "wrong"}}}`
				r := run(t, definition, `{"in": 1}`, tasks(flaky(test.failures...)))
				if test.want[0] == '{' {
					wantSucceeded(t, r, test.want)
				} else {
					wantFailed(t, r, test.want, "as told")
				}
			})
		})
	}
}

func TestTimeoutIsNoTaskFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		definition := func(name string) string {
			return `{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:task", "TimeoutSeconds": 1,
				"Catch": [{"ErrorEquals": ["` + name + `"], "Next": "C"}], "End": true}, "C": {"Type": "Pass", "OutputPath": "$.Error", "End": true}}}`
		}
		wantFailed(t, run(t, definition("States.TaskFailed"), "", tasks(slow(time.Hour))), ErrorTimeout, "longer than its 1s")
		wantSucceeded(t, run(t, definition("States.Timeout"), "", tasks(slow(time.Hour))), `"States.Timeout"`)
		wantSucceeded(t, run(t, definition("States.ALL"), "", tasks(slow(time.Hour))), `"States.Timeout"`)
	})
}

func TestRuntimeErrorsAreNotCaught(t *testing.T) {
	for _, name := range []string{"States.ALL", "States.Runtime"} {
		calls := 0
		r := run(t, `{"StartAt": "S", "States": {"S": {"Type": "Task", "Resource": "arn:task", "ResultSelector": {"a.$": "$.none"},
			"Retry": [{"ErrorEquals": ["`+name+`"]}], "Catch": [{"ErrorEquals": ["`+name+`"], "Next": "C"}], "End": true}, "C": {"Type": "Succeed"}}}`, "{}",
			tasks(func(_ context.Context, in json.RawMessage) (json.RawMessage, error) { calls++; return in, nil }))
		wantFailed(t, r, ErrorRuntime, `state "S": the path $.none`)
		if calls != 1 {
			t.Fatalf("%s: %d calls", name, calls)
		}
	}
}

func TestRetryCountInTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var inputs []string
		f := flaky("A", "B")
		run(t, machine(`{"Type": "Task", "Resource": "arn:task", "Parameters": {"n.$": "$$.State.RetryCount", "t.$": "$$.State.EnteredTime"},
			"Retry": [{"ErrorEquals": ["States.ALL"]}], "End": true}`), "",
			tasks(func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
				inputs = append(inputs, string(in))
				return f(ctx, in)
			}))
		want := `[{"n":0,"t":"2000-01-01T00:00:00.000Z"} {"n":1,"t":"2000-01-01T00:00:00.000Z"} {"n":2,"t":"2000-01-01T00:00:00.000Z"}]`
		if fmt.Sprint(inputs) != want {
			t.Fatalf("got %v", inputs)
		}
	})
}
