package asl

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"time"
)

// branch is one way through states: that of the execution, of an iteration of
// an inline Map, or of a child of a distributed one. One goroutine walks it.
type branch struct {
	exec      *Execution
	halt      context.Context
	log       *history // nil for children, which keep no events
	previous  int64    // the number of the branch's last event
	iteration *int
	execution map[string]any // $$.Execution
	item      any            // $$.Map.Item; nil outside
	retries   int            // in all states so far
	last      string         // the last state entered
}

func (b *branch) event(e Event) {
	if b.log == nil {
		return
	}
	e.PreviousID = b.previous
	if e.Iteration == nil {
		e.Iteration = b.iteration
	}
	b.previous = b.log.add(e)
}

// halted tells whether the branch is to end. The execution's context counts by
// itself, because a task may see that it is done a moment before halt is.
func (b *branch) halted() bool { return b.halt.Err() != nil || b.exec.ctx.Err() != nil }

// sleep waits for d, or until the branch is to end.
func (b *branch) sleep(d time.Duration) error {
	if b.halted() {
		return errHalted
	}
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-b.halt.Done():
		return errHalted
	}
}

// run walks from the first state of p to one that ends it.
func (b *branch) run(p *processor, input any) (any, error) {
	name := p.startAt
	for {
		if b.halted() {
			return nil, errHalted
		}
		v := &visit{branch: b, state: p.states[name], raw: input, entered: time.Now()}
		out, next, err := v.run()
		if err != nil {
			return nil, located(err, name)
		}
		if next == "" {
			return out, nil
		}
		name, input = next, out
	}
}

// located says in which state an error was found.
func located(err error, state string) error {
	var f *failure
	if errors.As(err, &f) {
		return f.in(state)
	}
	return err
}

// visit is one stay in a state, with all of its retries.
type visit struct {
	*branch
	state   *state
	raw     any // the state's input before InputPath
	entered time.Time
	tries   int // that failed
}

func (v *visit) run() (out any, next string, err error) {
	v.last = v.state.name
	in, err := encodePayload(v.raw, "the input")
	if err != nil {
		return nil, "", err
	}
	v.event(Event{Type: v.state.kind + "StateEntered", State: v.state.name, Input: in})
	switch v.state.kind {
	case "Task":
		out, next, err = v.attempts(v.doTask)
	case "Map":
		out, next, err = v.attempts(v.doMap)
	case "Choice":
		out, next, err = v.doChoice()
	case "Fail":
		return nil, "", v.doFail()
	default:
		next = v.state.next
		out, err = v.through(v.doPlain)
	}
	if err != nil {
		if err == errHalted && v.state.kind != "Choice" {
			v.event(Event{Type: v.state.kind + "StateAborted", State: v.state.name})
		}
		return nil, "", err
	}
	data, err := encodePayload(out, "the output")
	if err != nil {
		return nil, "", err
	}
	v.event(Event{Type: v.state.kind + "StateExited", State: v.state.name, Output: data})
	return out, next, nil
}

// data is what the state's paths read when its input is input.
func (v *visit) data(input any) data {
	return data{input: input, random: v.exec.random, context: func() any { return v.contextObject(v.item) }}
}

// contextObject is what $$ means, with item as $$.Map.Item.
func (v *visit) contextObject(item any) any {
	object := map[string]any{
		"Execution": v.execution,
		"State": map[string]any{
			"Name":        v.state.name,
			"EnteredTime": stamp(v.entered),
			"RetryCount":  json.Number(strconv.Itoa(v.tries)),
		},
		"StateMachine": map[string]any{
			"Id":   arn("stateMachine", machineName),
			"Name": machineName,
		},
	}
	if item != nil {
		object["Map"] = map[string]any{"Item": item}
	}
	return object
}

func (v *visit) filter(f filter, value any) (any, error) {
	switch {
	case f.null:
		return map[string]any{}, nil
	case f.path == nil:
		return value, nil
	}
	return v.data(value).at(f.path)
}

// through takes the input through InputPath and Parameters to work, and its
// result through ResultSelector, ResultPath and OutputPath to the next state.
func (v *visit) through(work func(payload any) (any, error)) (any, error) {
	payload, err := v.filter(v.state.input, v.raw)
	if err != nil {
		return nil, err
	}
	if v.state.parameters != nil {
		if payload, err = v.state.parameters.eval(v.data(payload)); err != nil {
			return nil, err
		}
	}
	result, err := work(payload)
	if err != nil {
		return nil, err
	}
	if v.state.selector != nil {
		if result, err = v.state.selector.eval(v.data(result)); err != nil {
			return nil, err
		}
	}
	return v.output(result)
}

// output puts a result where it belongs in the input.
func (v *visit) output(result any) (any, error) {
	input := v.raw
	if v.state.kind == "Wait" || v.state.kind == "Succeed" {
		input = result // these hand on what InputPath left
	}
	out, err := v.state.resultPath.apply(input, result)
	if err != nil {
		return nil, err
	}
	return v.filter(v.state.output, out)
}

// doPlain does the work of the states that cannot be retried.
func (v *visit) doPlain(payload any) (any, error) {
	switch {
	case v.state.wait != nil:
		d, err := v.waitTime(payload)
		if err != nil {
			return nil, err
		}
		return payload, v.sleep(d)
	case v.state.result != nil:
		return *v.state.result, nil
	}
	return payload, nil
}

// waitTime is how long a Wait lasts from now on.
func (v *visit) waitTime(payload any) (time.Duration, error) {
	w := v.state.wait
	switch {
	case w.seconds != nil:
		return *w.seconds, nil
	case w.until != nil:
		return time.Until(*w.until), nil
	case w.secondsPath != nil:
		n, err := v.integerAt(payload, w.secondsPath, 0, maxSeconds)
		return seconds(n), err
	}
	value, err := v.data(payload).at(w.timestampPath)
	if err != nil {
		return 0, err
	}
	t, ok := timestamp(value)
	if !ok {
		return 0, runtimeFailure("%s is no time such as 2006-01-02T15:04:05Z", w.timestampPath.source)
	}
	return time.Until(t), nil
}

// integerAt is the whole number that a path means.
func (v *visit) integerAt(input any, p *path, least, most int) (int, error) {
	value, err := v.data(input).at(p)
	if err != nil {
		return 0, err
	}
	number, _ := value.(json.Number)
	n, err := strconv.Atoi(number.String())
	if err != nil || n < least || n > most {
		return 0, runtimeFailure("%s is no whole number from %d to %d", p.source, least, most)
	}
	return n, nil
}

func (v *visit) doChoice() (out any, next string, err error) {
	input, err := v.filter(v.state.input, v.raw)
	if err != nil {
		return nil, "", err
	}
	next = v.state.choice.fallback
	for _, r := range v.state.choice.rules {
		ok, err := r.holds(v.data(input))
		if err != nil {
			return nil, "", err
		}
		if ok {
			next = r.next
			break
		}
	}
	if next == "" {
		return nil, "", found(ErrorNoChoiceMatched, "no choice matches the input, and there is no Default")
	}
	out, err = v.filter(v.state.output, input)
	return out, next, err
}

func (v *visit) doFail() error {
	f := v.state.fail
	name, err := v.text(f.name, f.namePath, "ErrorPath")
	if err != nil {
		return err
	}
	cause, err := v.text(f.cause, f.causePath, "CausePath")
	if err != nil {
		return err
	}
	return &failure{name: name, cause: cause}
}

// text is a constant, or the text that an expression means.
func (v *visit) text(constant string, e *expression, field string) (string, error) {
	if e == nil {
		return constant, nil
	}
	value, err := e.eval(v.data(v.raw))
	if err != nil {
		return "", err
	}
	s, ok := value.(string)
	if !ok {
		return "", runtimeFailure("what %s means is no text", field)
	}
	return s, nil
}

// mapItem is $$.Map.Item of the i-th item.
func mapItem(i int, value any) any {
	return map[string]any{"Index": json.Number(strconv.Itoa(i)), "Value": value}
}
