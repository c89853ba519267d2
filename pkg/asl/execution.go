package asl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

// Execution is a run of a Machine.
type Execution struct {
	env     Environment
	name    string
	random  *random
	ctx     context.Context // of the tasks
	halt    context.Context // done when no further state is to be entered
	stop    context.CancelCauseFunc
	history history

	running sync.WaitGroup // every goroutine of the execution
	result  Result         // once running is down

	mu      sync.Mutex
	mapRuns []*mapRun
}

// stopped is the reason to halt that Stop gave.
type stopped struct{ name, cause string }

func (s *stopped) Error() string { return s.name + ": " + s.cause }

var (
	// errHalted ends a state that has been left because the execution, or the
	// Map it is in, is to end. It never reaches a Retry or a Catch.
	errHalted = errors.New("halted")

	// errMachineTimeout is the reason to halt when the machine's own
	// TimeoutSeconds are over.
	errMachineTimeout = errors.New("the execution took longer than its TimeoutSeconds")
)

// arn names something of this package as Step Functions names its own.
func arn(kind, name string) string {
	return "arn:aws:states:local:000000000000:" + kind + ":" + name
}

const machineName = "local"

// Start begins an execution. The input is JSON; an empty one is {}. The error
// is Faults when a task or a function that the definition needs is not in env.
//
// When ctx is cancelled, the context of the tasks is too, and the execution
// ends as ABORTED.
func (m *Machine) Start(ctx context.Context, name string, input json.RawMessage, env Environment) (*Execution, error) {
	if len(input) == 0 {
		input = json.RawMessage("{}")
	}
	if name == "" || len([]rune(name)) > maxNameLength {
		return nil, fmt.Errorf("an execution's name has 1 to %d characters, and %q has not", maxNameLength, name)
	}
	value, err := decode(input)
	if err != nil {
		return nil, fmt.Errorf("the input is not JSON: %w", err)
	}
	input, err = encodePayload(value, "the input")
	if err != nil {
		return nil, err
	}
	if faults := m.missing(env); len(faults) > 0 {
		return nil, faults
	}
	e := &Execution{env: env, name: name, random: newRandom(env.Rand), ctx: ctx}
	e.history.tell = env.OnEvent
	e.halt, e.stop = context.WithCancelCause(ctx)
	release := func() {}
	if m.timeout > 0 {
		e.halt, release = context.WithTimeoutCause(e.halt, m.timeout, errMachineTimeout)
	}
	e.running.Go(func() {
		// The tasks that are still running when the execution has ended do not
		// need the halt, so it need not outlive the states.
		defer e.stop(nil)
		defer release()
		e.run(m, input, value)
	})
	return e, nil
}

// missing finds what the definition needs and env has not.
func (m *Machine) missing(env Environment) Faults {
	var faults Faults
	m.top.all(func(s *state) {
		if s.task != nil && env.Tasks[s.task.resource] == nil {
			faults = append(faults, Fault{join(s.at, "Resource"), fmt.Sprintf("there is no task %q", s.task.resource)})
		}
		if s.each != nil && s.each.reader != nil && env.ReadItems == nil {
			faults = append(faults, Fault{join(s.at, "ItemReader"), "nothing is given to read items with"})
		}
		if s.each != nil && s.each.writer != nil && env.WriteResult == nil {
			faults = append(faults, Fault{join(s.at, "ResultWriter"), "nothing is given to write results with"})
		}
	})
	return faults
}

func (e *Execution) run(m *Machine, input json.RawMessage, value any) {
	started := time.Now()
	b := &branch{
		exec: e,
		halt: e.halt,
		log:  &e.history,
		execution: map[string]any{
			"Id":           arn("execution", machineName+":"+e.name),
			"Name":         e.name,
			"Input":        value,
			"StartTime":    stamp(started),
			"RedriveCount": json.Number("0"),
			"RoleArn":      "arn:aws:iam::000000000000:role/" + machineName,
		},
	}
	b.event(Event{Type: "ExecutionStarted", Input: input})
	out, err := b.run(m.top, value)
	if err == nil {
		var data []byte
		if data, err = encodePayload(out, "the output"); err == nil {
			e.result = Result{Status: Succeeded, Output: data}
			b.event(Event{Type: "ExecutionSucceeded", Output: data})
			return
		}
	}
	e.result = e.ended(err)
	types := map[Status]string{Failed: "ExecutionFailed", TimedOut: "ExecutionTimedOut", Aborted: "ExecutionAborted"}
	b.event(Event{Type: types[e.result.Status], Error: e.result.Error, Cause: e.result.Cause})
}

// ended is the result of an execution that did not succeed.
func (e *Execution) ended(err error) Result {
	var f *failure
	if errors.As(err, &f) {
		return Result{Status: Failed, Error: f.name, Cause: f.cause}
	}
	if !errors.Is(err, errHalted) {
		return Result{Status: Failed, Error: ErrorRuntime, Cause: err.Error()}
	}
	<-e.halt.Done() // at once: a state has seen it, or its parent
	cause := context.Cause(e.halt)
	var s *stopped
	switch {
	case errors.As(cause, &s):
		return Result{Status: Aborted, Error: s.name, Cause: s.cause}
	case errors.Is(cause, errMachineTimeout):
		return Result{Status: TimedOut, Error: ErrorTimeout, Cause: cause.Error()}
	}
	return Result{Status: Aborted, Cause: cause.Error()}
}

// Stop ends the execution as StopExecution does: waits end, no further task is
// called, and the status is ABORTED. Tasks that are running are left to finish;
// their results go nowhere. Only the first Stop counts, and none does after the
// end.
func (e *Execution) Stop(err, cause string) { e.stop(&stopped{err, cause}) }

// Wait returns when the execution has ended and all of its goroutines have,
// those of tasks that were left to finish included.
func (e *Execution) Wait() Result {
	e.running.Wait()
	return e.result
}

// History is the events so far. The children of a distributed Map are not in
// it: MapRuns has a short record of each.
func (e *Execution) History() []Event { return e.history.list() }

// MapRuns is what the distributed Maps have done so far, in the order in which
// they began.
func (e *Execution) MapRuns() []MapRun {
	e.mu.Lock()
	runs := slices.Clone(e.mapRuns)
	e.mu.Unlock()
	list := make([]MapRun, len(runs))
	for i, r := range runs {
		list[i] = r.snapshot()
	}
	return list
}

// stamp writes a time as the context object has it.
func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
