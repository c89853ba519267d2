package asl

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"sync"
)

// doMap does the work of a Map once. Its payload is the state's input after
// InputPath.
func (v *visit) doMap(payload any) (any, error) {
	if v.state.each.distributed {
		return v.doDistributed(payload)
	}
	return v.doInline(payload)
}

// items is the list that an ItemsPath means.
func (v *visit) items(payload any) ([]any, error) {
	where := "the input"
	if p := v.state.each.items; p != nil {
		where = p.source
		var err error
		if payload, err = v.data(payload).at(p); err != nil {
			return nil, err
		}
	}
	list, ok := payload.([]any)
	if !ok {
		return nil, runtimeFailure("%s is no array to map over", where)
	}
	return list, nil
}

// itemInput is the input of the i-th item's states.
func (v *visit) itemInput(payload any, i int, value any) (any, error) {
	fields := v.state.each.itemFields
	if fields == nil {
		return value, nil
	}
	d := v.data(payload)
	d.context = func() any { return v.contextObject(mapItem(i, value)) }
	return fields.eval(d)
}

// concurrency is how many items may be under way at once.
func (v *visit) concurrency(payload any, most int) (int, error) {
	m := v.state.each
	n := m.concurrency
	if m.concurrencyPath != nil {
		var err error
		if n, err = v.integerAt(payload, m.concurrencyPath, 0, maxItems); err != nil {
			return 0, err
		}
	}
	if n == 0 {
		return most, nil
	}
	return min(n, most), nil
}

// doInline runs the iterations of an inline Map. The first that fails ends the
// others and the Map.
func (v *visit) doInline(payload any) (any, error) {
	items, err := v.items(payload)
	if err != nil {
		return nil, err
	}
	most, err := v.concurrency(payload, maxInline)
	if err != nil {
		return nil, err
	}
	name := v.state.name
	v.event(Event{Type: "MapStateStarted", State: name, Input: json.RawMessage(`{"length":` + strconv.Itoa(len(items)) + `}`)})
	halt, cancel := context.WithCancelCause(v.halt)
	defer cancel(nil)
	it := &iterations{visit: v, halt: halt, cancel: cancel, results: make([]any, len(items)), last: v.previous}

	free := make(chan struct{}, most)
	for i, item := range items {
		input, err := v.itemInput(payload, i, item)
		if err != nil {
			cancel(located(err, name))
			break
		}
		select {
		case free <- struct{}{}:
		case <-halt.Done():
		}
		if halt.Err() != nil {
			break
		}
		it.running.Go(func() {
			it.run(i, input, item)
			<-free
		})
	}
	it.running.Wait()
	v.previous, v.branch.retries = it.last, v.branch.retries+it.retries

	var f *failure
	switch {
	case v.halted():
		return nil, errHalted
	case errors.As(context.Cause(halt), &f):
		v.event(Event{Type: "MapStateFailed", State: name, Error: f.name, Cause: f.cause})
		return nil, f
	}
	if _, err := encodePayload(it.results, "the result of the Map"); err != nil {
		return nil, err
	}
	v.event(Event{Type: "MapStateSucceeded", State: name})
	return it.results, nil
}

// iterations are those of an inline Map.
type iterations struct {
	visit   *visit
	halt    context.Context // its cause is the first failure
	cancel  context.CancelCauseFunc
	running sync.WaitGroup

	mu      sync.Mutex
	results []any
	retries int
	last    int64 // the event that ended the last iteration
}

func (it *iterations) run(i int, input, item any) {
	v := it.visit
	b := &branch{
		exec:      v.exec,
		halt:      it.halt,
		log:       v.log,
		previous:  v.previous,
		iteration: &i,
		execution: v.execution,
		item:      mapItem(i, item),
	}
	name := v.state.name
	b.event(Event{Type: "MapIterationStarted", State: name})
	out, err := b.run(v.state.each.processor, input)
	var f *failure
	switch {
	case err == nil:
		b.event(Event{Type: "MapIterationSucceeded", State: name})
	case errors.As(err, &f):
		b.event(Event{Type: "MapIterationFailed", State: name, Error: f.name, Cause: f.cause})
		it.cancel(f)
	default:
		b.event(Event{Type: "MapIterationAborted", State: name})
	}
	it.mu.Lock()
	defer it.mu.Unlock()
	it.results[i] = out
	it.retries += b.retries
	it.last = max(it.last, b.previous)
}
