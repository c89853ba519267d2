package asl

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// everything starts the machine that has one of everything.
func everything(t *testing.T, task TaskFunc, seed uint64) (*Execution, *bucket) {
	t.Helper()
	text, err := os.ReadFile("testdata/machines/everything.json")
	if err != nil {
		t.Fatal(err)
	}
	env, b := withBucket(tasks(task), map[string]string{"b/items.json": `["good", "bad", "good", "unread"]`})
	env.Rand = rand.New(rand.NewPCG(seed, 0))
	return start(t, string(text), `{"by": "a test"}`, env), b
}

func TestHistory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		failures := flaky("Throttled", "Throttled")
		e, _ := everything(t, func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
			if out, err := failures(ctx, in); err != nil {
				return out, err
			}
			return slow(time.Second)(ctx, in)
		}, 1)
		if r := e.Wait(); r.Status != Succeeded {
			t.Fatalf("got %+v", r)
		}
		var log bytes.Buffer
		enc := json.NewEncoder(&log)
		for _, event := range e.History() {
			if err := enc.Encode(event); err != nil {
				t.Fatal(err)
			}
		}
		const golden = "testdata/history.jsonl"
		if *update {
			if err := os.WriteFile(golden, log.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if log.String() != string(want) {
			t.Fatalf("the history differs from %s (-update writes it):\n%s", golden, log.String())
		}
	})
}

func TestHistoryIsLinked(t *testing.T) {
	e := start(t, mapped("", `{"Type": "Task", "Resource": "arn:task", "End": true}`), `[1, 2, 3, 4, 5, 6, 7, 8]`, tasks(echo))
	e.Wait()
	events := e.History()
	for i, event := range events {
		if event.ID != int64(i)+1 || event.PreviousID >= event.ID || event.PreviousID == 0 && i > 0 {
			t.Errorf("event %d after %d: %+v", i, event.PreviousID, event)
		}
		if i == 0 {
			continue
		}
		previous := events[event.PreviousID-1]
		if event.Iteration != nil && previous.Iteration != nil && *event.Iteration != *previous.Iteration {
			t.Errorf("%+v follows %+v", event, previous)
		}
	}
}

func TestOnEventTellsAllInOrder(t *testing.T) {
	var told []Event
	env := tasks(echo)
	var e *Execution
	begin := make(chan struct{})
	env.OnEvent = func(event Event) {
		<-begin
		told = append(told, event)
		if got := len(e.History()); got != len(told) {
			t.Errorf("%d events in the history, %d told", got, len(told))
		}
	}
	e = start(t, mapped("", `{"Type": "Task", "Resource": "arn:task", "End": true}`), `[1, 2, 3, 4, 5, 6, 7, 8]`, env)
	close(begin)
	e.Wait()
	if got, want := types(told), types(e.History()); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("told %q\nhistory %q", got, want)
	}
}

func TestStop(t *testing.T) {
	const definition = `{"StartAt": "M", "States": {"M": {"Type": "Map", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Never"}], "ItemProcessor": {
		"StartAt": "Which?", "States": {
			"Which?": {"Type": "Choice", "Choices": [{"Variable": "$", "StringEquals": "waits", "Next": "Waits"}, {"Variable": "$", "StringEquals": "retries", "Next": "Retries"}], "Default": "Works"},
			"Waits": {"Type": "Wait", "Seconds": 3600, "Next": "Never inside"},
			"Retries": {"Type": "Task", "Resource": "arn:fails", "Retry": [{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 3600}], "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Never inside"}], "Next": "Never inside"},
			"Works": {"Type": "Task", "Resource": "arn:task", "TimeoutSeconds": 900, "Next": "Never inside"},
			"Never inside": {"Type": "Task", "Resource": "arn:never", "End": true}}}, "Next": "Never"},
		"Never": {"Type": "Task", "Resource": "arn:never", "End": true}}}`
	distributed := strings.Replace(definition, `"ItemProcessor": {`, `"ToleratedFailurePercentage": 100, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},`, 1)
	tests := []struct {
		name, definition string
		end              func(e *Execution, cancel context.CancelFunc)
		want             Result
		took             time.Duration
		finished         bool
	}{
		{"stopped", definition, func(e *Execution, _ context.CancelFunc) { e.Stop("Killed", "by hand"); e.Stop("Again", "too late") },
			Result{Status: Aborted, Error: "Killed", Cause: "by hand"}, 30 * time.Second, true},
		{"stopped, distributed", distributed, func(e *Execution, _ context.CancelFunc) { e.Stop("Killed", "by hand") },
			Result{Status: Aborted, Error: "Killed", Cause: "by hand"}, 30 * time.Second, true},
		{"cancelled", definition, func(_ *Execution, cancel context.CancelFunc) { cancel() },
			Result{Status: Aborted, Cause: "context canceled"}, 10 * time.Second, false},
		{"cancelled, distributed", distributed, func(_ *Execution, cancel context.CancelFunc) { cancel() },
			Result{Status: Aborted, Cause: "context canceled"}, 10 * time.Second, false},
		{"stopped, then cancelled", definition, func(e *Execution, cancel context.CancelFunc) { e.Stop("Killed", "by hand"); cancel() },
			Result{Status: Aborted, Error: "Killed", Cause: "by hand"}, 10 * time.Second, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				finished := false
				env := tasks(func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
					_, err := slow(30*time.Second)(ctx, nil)
					finished = err == nil
					return nil, err
				})
				env.Tasks["arn:fails"] = func(context.Context, json.RawMessage) (json.RawMessage, error) { return nil, brokenPipe{} }
				env.Tasks["arn:never"] = func(context.Context, json.RawMessage) (json.RawMessage, error) {
					t.Error("a task was called after the end")
					return nil, nil
				}
				begun := time.Now()
				e, err := load(t, test.definition).Start(ctx, "run-1", json.RawMessage(`["waits", "retries", "works"]`), env)
				if err != nil {
					t.Fatal(err)
				}
				time.Sleep(10 * time.Second)
				test.end(e, cancel)
				r := e.Wait()
				wantTook(t, begun, test.took)
				if fmt.Sprint(r) != fmt.Sprint(test.want) {
					t.Errorf("got %+v", r)
				}
				if finished != test.finished {
					t.Errorf("the running task finished: %v", finished)
				}
				events := e.History()
				if last := events[len(events)-1]; last.Type != "ExecutionAborted" || last.Error != test.want.Error || last.Time.Sub(begun) != 10*time.Second {
					t.Errorf("the last event is %+v", last)
				}
				for _, run := range e.MapRuns() {
					if run.Status != Aborted || len(run.Items) != 3 || run.Items[0].Status != Aborted || run.Items[0].State != "Waits" {
						t.Errorf("map run %+v", run)
					}
				}
			})
		})
	}
}

func TestStopAfterTheEnd(t *testing.T) {
	e := start(t, machine(`{"Type": "Succeed"}`), `1`, Environment{})
	e.Wait()
	e.Stop("Killed", "too late")
	wantSucceeded(t, e.Wait(), `1`)
}

func TestStopEndsALoop(t *testing.T) {
	e := start(t, `{"StartAt": "A", "States": {
		"A": {"Type": "Choice", "Choices": [{"Variable": "$.stop", "IsPresent": true, "Next": "End"}], "Default": "A"}, "End": {"Type": "Succeed"}}}`, `{}`, Environment{})
	e.Stop("Killed", "")
	if r := e.Wait(); r.Status != Aborted {
		t.Fatalf("got %+v", r)
	}
}

func TestStopFromAnEvent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ready := make(chan *Execution, 1)
		var once sync.Once
		env := Environment{OnEvent: func(event Event) {
			if event.Type == "WaitStateEntered" {
				once.Do(func() { (<-ready).Stop("Killed", "from within") })
			}
		}}
		e := start(t, machine(`{"Type": "Wait", "Seconds": 60, "End": true}`), ``, env)
		ready <- e
		if r := e.Wait(); r.Error != "Killed" {
			t.Fatalf("got %+v", r)
		}
	})
}

func TestMachineTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		e := start(t, `{"StartAt": "S", "TimeoutSeconds": 60, "States": {
			"S": {"Type": "Wait", "Seconds": 3600, "Next": "T"}, "T": {"Type": "Task", "Resource": "arn:task", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}], "End": true}}}`, ``, tasks(echo))
		r := e.Wait()
		wantTook(t, begun, time.Minute)
		if r.Status != TimedOut || r.Error != ErrorTimeout {
			t.Fatalf("got %+v", r)
		}
		if n := count(e.History(), "ExecutionTimedOut"); n != 1 {
			t.Fatalf("%q", types(e.History()))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		r := run(t, `{"StartAt": "S", "TimeoutSeconds": 60, "States": {"S": {"Type": "Wait", "Seconds": 59, "End": true}}}`, ``, Environment{})
		wantSucceeded(t, r, `{}`)
	})
}

func TestStartFaults(t *testing.T) {
	m := load(t, `{"StartAt": "S", "States": {
		"S": {"Type": "Task", "Resource": "arn:a", "Next": "M"},
		"M": {"Type": "Map", `+reader+writer+` "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "I", "States": {"I": {"Type": "Task", "Resource": "arn:b", "End": true}}}, "End": true}}}`)
	_, err := m.Start(t.Context(), "run-1", nil, tasks(echo))
	var faults Faults
	if !errors.As(err, &faults) {
		t.Fatalf("got %v", err)
	}
	const want = `States.S.Resource: there is no task "arn:a"
States.M.ItemReader: nothing is given to read items with
States.M.ResultWriter: nothing is given to write results with
States.M.ItemProcessor.States.I.Resource: there is no task "arn:b"`
	if err.Error() != want {
		t.Errorf("got\n%v", err)
	}
	m = load(t, machine(`{"Type": "Succeed"}`))
	for _, test := range []struct{ name, input, want string }{
		{"", `{}`, "an execution's name"},
		{strings.Repeat("x", 81), `{}`, "an execution's name"},
		{"run-1", `{`, "not JSON"},
		{"run-1", `{} 1`, "not JSON"},
	} {
		if _, err := m.Start(t.Context(), test.name, json.RawMessage(test.input), Environment{}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q with %s: %v", test.name, test.input, err)
		}
	}
}

func TestExecutionsOfOneMachineAtOnce(t *testing.T) {
	m := load(t, mapped("", `{"Type": "Task", "Resource": "arn:task", "Parameters": {"n.$": "$", "run.$": "$$.Execution.Name"}, "OutputPath": "$.run", "End": true}`))
	var all []*Execution
	for i := range 20 {
		e, err := m.Start(t.Context(), fmt.Sprintf("run-%d", i), json.RawMessage(`[1, 2, 3]`), tasks(echo))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	for i, e := range all {
		wantSucceeded(t, e.Wait(), fmt.Sprintf(`["run-%d", "run-%d", "run-%d"]`, i, i, i))
	}
}

func ExampleMachine_Start() {
	machine, err := Load([]byte(`{
		"StartAt": "Greet",
		"States": {"Greet": {"Type": "Task", "Resource": "${GreeterArn}", "Parameters": {"Name.$": "$.who"}, "End": true}}
	}`), map[string]string{"GreeterArn": "greeter"})
	if err != nil {
		fmt.Println(err)
		return
	}
	type request struct{ Name string }
	greet := func(_ context.Context, r request) (string, error) { return "Hello " + r.Name, nil }
	execution, err := machine.Start(context.Background(), "example", []byte(`{"who": "you"}`),
		Environment{Tasks: map[string]TaskFunc{"greeter": Task(greet)}})
	if err != nil {
		fmt.Println(err)
		return
	}
	result := execution.Wait()
	fmt.Println(result.Status, string(result.Output))
	// Output: SUCCEEDED "Hello you"
}
