package asl

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// outcome is how a task function ended; the zero value, that it has not.
type outcome struct {
	ended  bool
	result json.RawMessage
	failed *failure
}

// doTask calls the state's task once. The function has a goroutine of its own,
// and the state does not wait for it longer than it has to: as with a function
// on Lambda, one that outlives its timeout, or a Map that failed meanwhile, is
// left to finish.
func (v *visit) doTask(payload any) (any, error) {
	in, err := encodePayload(payload, "the input of the task")
	if err != nil {
		return nil, err
	}
	timeout, err := v.timeout(payload)
	if err != nil {
		return nil, err
	}
	if v.halted() {
		return nil, errHalted
	}
	t, name := v.state.task, v.state.name
	v.event(Event{Type: "TaskScheduled", State: name, Resource: t.resource, Input: in})
	v.event(Event{Type: "TaskStarted", State: name, Resource: t.resource})
	ctx, cancel := v.exec.ctx, context.CancelFunc(func() {})
	if timeout > 0 {
		ctx, cancel = context.WithTimeout(ctx, timeout)
	}
	ended := make(chan outcome, 1)
	v.exec.running.Go(func() {
		defer cancel()
		invoke(ctx, v.exec.env.Tasks[t.resource], in, ended)
	})
	var out outcome
	select {
	case out = <-ended:
	case <-v.halt.Done():
	case <-ctx.Done():
		// The task may have been in time all the same.
		select {
		case out = <-ended:
		default:
		}
	}
	if v.halted() {
		return nil, errHalted
	}
	return v.taskEnded(ctx, out, timeout)
}

// timeout is how long the task may take; 0 means forever.
func (v *visit) timeout(payload any) (time.Duration, error) {
	t := v.state.task
	if t.timeoutPath == nil {
		return t.timeout, nil
	}
	// The path is one into the state's input, not into what Parameters made.
	input, err := v.filter(v.state.input, v.raw)
	if err != nil {
		return 0, err
	}
	n, err := v.integerAt(input, t.timeoutPath, 1, maxSeconds)
	return seconds(n), err
}

// taskEnded makes the state's result, or its failure, of what the task did.
func (v *visit) taskEnded(ctx context.Context, out outcome, timeout time.Duration) (any, error) {
	name := v.state.name
	failed := out.failed
	// What a task says once its time is over is about that time.
	if errors.Is(ctx.Err(), context.DeadlineExceeded) && (!out.ended || failed != nil) {
		failed = found(ErrorTimeout, "the task took longer than its %v", timeout).in(name)
		v.event(Event{Type: "TaskTimedOut", State: name, Error: failed.name, Cause: failed.cause})
		return nil, failed
	}
	if failed != nil {
		v.event(Event{Type: "TaskFailed", State: name, Error: failed.name, Cause: failed.cause})
		return nil, failed
	}
	result, err := decode(out.result)
	if err != nil {
		return nil, runtimeFailure("the result of the task is not JSON: %v", err)
	}
	data, err := encodePayload(result, "the result of the task")
	if err != nil {
		return nil, err
	}
	v.event(Event{Type: "TaskSucceeded", State: name, Output: data})
	return result, nil
}

// invoke calls a task function and sends how it ended, even if it panicked or left
// its goroutine.
func invoke(ctx context.Context, f TaskFunc, in json.RawMessage, ended chan<- outcome) {
	out := outcome{ended: true}
	returned := false
	defer func() {
		if value := recover(); value != nil {
			out.failed = panicFailure(value)
		} else if !returned {
			out.failed = lambdaCause{Message: "the task ended its goroutine", Type: ErrorPanic}.failure()
		}
		ended <- out
	}()
	result, err := f(ctx, in)
	switch {
	case err != nil:
		out.failed = taskFailure(err)
	case result == nil:
		out.result = json.RawMessage("null")
	default:
		out.result = result
	}
	returned = true
}
