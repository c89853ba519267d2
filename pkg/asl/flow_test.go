package asl

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestDataFlow(t *testing.T) {
	const in = `{"a": {"b": 1}, "list": [1, 2], "keep": 9007199254740993}`
	tests := []struct{ name, state, want string }{
		{"pass", `{"Type": "Pass", "End": true}`, in},
		{"pass with a result", `{"Type": "Pass", "Result": {"x": null}, "End": true}`, `{"x": null}`},
		{"pass with a null result", `{"Type": "Pass", "Result": null, "ResultPath": "$.a.b", "End": true}`, `{"a": {"b": null}, "list": [1, 2], "keep": 9007199254740993}`},
		{"input path", `{"Type": "Pass", "InputPath": "$.a", "End": true}`, `{"b": 1}`},
		{"null input path", `{"Type": "Pass", "InputPath": null, "End": true}`, `{}`},
		{"output path", `{"Type": "Pass", "OutputPath": "$.a.b", "End": true}`, `1`},
		{"null output path", `{"Type": "Pass", "OutputPath": null, "End": true}`, `{}`},
		{"null result path", `{"Type": "Task", "Resource": "arn:task", "Parameters": {"x": 1}, "ResultPath": null, "End": true}`, in},
		{"result path", `{"Type": "Task", "Resource": "arn:task", "Parameters": {"x": 1}, "ResultPath": "$.a.out", "End": true}`,
			`{"a": {"b": 1, "out": {"x": 1}}, "list": [1, 2], "keep": 9007199254740993}`},
		{"result path into the whole input", `{"Type": "Task", "Resource": "arn:task", "InputPath": "$.a", "ResultPath": "$.out", "OutputPath": "$.out", "End": true}`, `{"b": 1}`},
		{"parameters", `{"Type": "Task", "Resource": "arn:task", "Parameters": {"n.$": "$.a.b", "deep": [{"l.$": "$.list[*]", "c": 1}], "s.$": "States.Format('{}', $.a.b)"}, "End": true}`,
			`{"n": 1, "deep": [{"l": [1, 2], "c": 1}], "s": "1"}`},
		{"parameters after the input path", `{"Type": "Pass", "InputPath": "$.a", "Parameters": {"n.$": "$.b", "all.$": "$"}, "End": true}`, `{"n": 1, "all": {"b": 1}}`},
		{"context", `{"Type": "Pass", "Parameters": {"id.$": "$$.Execution.Id", "name.$": "$$.Execution.Name", "in.$": "$$.Execution.Input.a.b", "at.$": "$$.Execution.StartTime",
			"state.$": "$$.State.Name", "entered.$": "$$.State.EnteredTime", "tries.$": "$$.State.RetryCount", "machine.$": "$$.StateMachine"}, "End": true}`,
			`{"id": "arn:aws:states:local:000000000000:execution:local:run-1", "name": "run-1", "in": 1, "at": "2000-01-01T00:00:00.000Z",
			"state": "S", "entered": "2000-01-01T00:00:00.000Z", "tries": 0, "machine": {"Id": "arn:aws:states:local:000000000000:stateMachine:local", "Name": "local"}}`},
		{"context as the input", `{"Type": "Pass", "InputPath": "$$.Execution.Input.a", "End": true}`, `{"b": 1}`},
		{"result selector", `{"Type": "Task", "Resource": "arn:task", "ResultSelector": {"l.$": "States.ArrayLength($.list)"}, "ResultPath": "$.a", "OutputPath": "$.a", "End": true}`, `{"l": 2}`},
		{"wait keeps what the input path left", `{"Type": "Wait", "Seconds": 0, "InputPath": "$.a", "OutputPath": "$.b", "End": true}`, `1`},
		{"succeed", `{"Type": "Succeed", "InputPath": "$.a", "OutputPath": "$.b"}`, `1`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				wantSucceeded(t, run(t, machine(test.state), in, tasks(echo)), test.want)
			})
		})
	}
}

func TestDataFlowFailures(t *testing.T) {
	tests := []struct{ name, state, error, cause string }{
		{"input path", `{"Type": "Pass", "InputPath": "$.x", "End": true}`, ErrorRuntime, `state "S": the path $.x is not in the input`},
		{"output path", `{"Type": "Pass", "OutputPath": "$.x", "End": true}`, ErrorRuntime, "$.x"},
		{"parameters", `{"Type": "Pass", "Parameters": {"a": {"b.$": "$.x"}}, "End": true}`, ErrorRuntime, "$.x"},
		{"result path", `{"Type": "Pass", "Result": 1, "ResultPath": "$.text.x", "End": true}`, ErrorResultPath, `state "S": $.text.x cannot be set`},
		{"intrinsic", `{"Type": "Pass", "Parameters": {"b.$": "States.MathAdd($.text, 1)"}, "End": true}`, ErrorIntrinsic, "no number"},
		{"path within an intrinsic", `{"Type": "Pass", "Parameters": {"b.$": "States.MathAdd($.x, 1)"}, "End": true}`, ErrorRuntime, "$.x"},
		{"fail", `{"Type": "Fail", "Error": "Mine", "Cause": "because"}`, "Mine", "because"},
		{"fail without a word", `{"Type": "Fail"}`, "", ""},
		{"fail by path", `{"Type": "Fail", "ErrorPath": "$.text", "CausePath": "States.Format('{} and {}', $.text, $$.State.Name)"}`, "hello", "hello and S"},
		{"fail by a path to nothing", `{"Type": "Fail", "ErrorPath": "$.x"}`, ErrorRuntime, "$.x"},
		{"fail with a number", `{"Type": "Fail", "CausePath": "$.n"}`, ErrorRuntime, "what CausePath means is no text"},
		{"wait for a text", `{"Type": "Wait", "SecondsPath": "$.text", "End": true}`, ErrorRuntime, "$.text is no whole number"},
		{"wait for half a second", `{"Type": "Wait", "SecondsPath": "$.half", "End": true}`, ErrorRuntime, "$.half is no whole number"},
		{"wait until a text", `{"Type": "Wait", "TimestampPath": "$.text", "End": true}`, ErrorRuntime, "$.text is no time"},
		{"map over a text", `{"Type": "Map", "ItemsPath": "$.text", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true}`, ErrorRuntime, "$.text is no array"},
		{"map over nothing", `{"Type": "Map", "ItemsPath": "$.x", "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true}`, ErrorRuntime, "$.x is not in"},
		{"item selector", `{"Type": "Map", "ItemsPath": "$.list", "ItemSelector": {"a.$": "$.x"}, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true}`, ErrorRuntime, "$.x is not in"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := run(t, machine(test.state), `{"text": "hello", "n": 1, "half": 0.5, "list": [1]}`, tasks(echo))
			if r.Status != Failed || r.Error != test.error || !strings.Contains(r.Cause, test.cause) {
				t.Fatalf("got %+v", r)
			}
		})
	}
}

func TestWait(t *testing.T) {
	tests := []struct {
		name, fields, input string
		want                time.Duration
	}{
		{"seconds", `"Seconds": 90`, `{}`, 90 * time.Second},
		{"no seconds", `"Seconds": 0`, `{}`, 0},
		{"seconds from the input", `"SecondsPath": "$.n"`, `{"n": 5}`, 5 * time.Second},
		{"until a time", `"Timestamp": "2000-01-02T00:00:00Z"`, `{}`, 24 * time.Hour},
		{"until a time in the input, to the millisecond", `"TimestampPath": "$.t"`, `{"t": "2000-01-01T00:00:01.234Z"}`, 1234 * time.Millisecond},
		{"until a time elsewhere", `"TimestampPath": "$.t"`, `{"t": "2000-01-01T02:00:00+01:00"}`, time.Hour},
		{"until a time that has passed", `"TimestampPath": "$.t"`, `{"t": "1999-12-31T23:00:00Z"}`, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				wantSucceeded(t, run(t, machine(`{"Type": "Wait", `+test.fields+`, "End": true}`), test.input, Environment{}), test.input)
				wantTook(t, begun, test.want)
			})
		})
	}
}

func TestPayloadLimit(t *testing.T) {
	large := `"` + strings.Repeat("x", maxPayload-1) + `"` // one byte too many
	fits := large[1:]
	fits = `"` + fits[1:]
	answer := func(s string) TaskFunc {
		return func(context.Context, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(s), nil }
	}
	const task = `{"Type": "Task", "Resource": "arn:task", "End": true`

	t.Run("input of the execution", func(t *testing.T) {
		_, err := load(t, machine(task+`}`)).Start(t.Context(), "run-1", json.RawMessage(large), tasks(echo))
		if err == nil || !strings.Contains(err.Error(), ErrorDataLimit) {
			t.Fatalf("got %v", err)
		}
		wantSucceeded(t, run(t, machine(task+`}`), fits, tasks(echo)), fits)
	})
	t.Run("result of a task", func(t *testing.T) {
		wantFailed(t, run(t, machine(task+`}`), `{}`, tasks(answer(large))), ErrorDataLimit, `state "S": the result of the task has 262145 bytes; the limit is 262144`)
		wantFailed(t, run(t, machine(task+`, "ResultPath": null}`), `{}`, tasks(answer(large))), ErrorDataLimit, "262145")
		wantSucceeded(t, run(t, machine(task+`}`), `{}`, tasks(answer(fits))), fits)
	})
	t.Run("input and result together", func(t *testing.T) {
		wantFailed(t, run(t, machine(task+`, "ResultPath": "$.r"}`), `{}`, tasks(answer(fits))), ErrorDataLimit, "the output")
	})
	t.Run("parameters", func(t *testing.T) {
		wantFailed(t, run(t, machine(task+`, "Parameters": {"a.$": "$"}}`), fits, tasks(echo)), ErrorDataLimit, "the input of the task")
	})
	t.Run("no wildcard catches it", func(t *testing.T) {
		catch := func(name string) string {
			return `{"StartAt": "S", "States": {"S": ` + task + `, "Catch": [{"ErrorEquals": ["` + name + `"], "Next": "C"}]}, "C": {"Type": "Pass", "OutputPath": "$.Error", "End": true}}}`
		}
		wantFailed(t, run(t, catch("States.ALL"), `{}`, tasks(answer(large))), ErrorDataLimit, "")
		wantFailed(t, run(t, catch("States.TaskFailed"), `{}`, tasks(answer(large))), ErrorDataLimit, "")
		wantSucceeded(t, run(t, catch("States.DataLimitExceeded"), `{}`, tasks(answer(large))), `"States.DataLimitExceeded"`)
	})
	t.Run("bytes of HTML are not escaped", func(t *testing.T) {
		html := `"` + strings.Repeat("<", maxPayload-2) + `"`
		wantSucceeded(t, run(t, machine(task+`}`), html, tasks(echo)), html)
	})
}
