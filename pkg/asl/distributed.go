package asl

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// doDistributed runs a child execution for each item, and reads the items as
// they are needed. Children that fail are tolerated up to the Map's threshold.
func (v *visit) doDistributed(payload any) (any, error) {
	c, err := v.children(payload)
	if err != nil {
		return nil, err
	}
	name := v.state.name
	v.event(Event{Type: "MapStateStarted", State: name})
	v.event(Event{Type: "MapRunStarted", State: name, MapRun: c.run.ARN})
	err = c.all(payload)
	result := any(nil)
	var f *failure
	// Files are written of a map run that failed as well, but not of one that
	// was stopped.
	if !v.halted() && (err == nil || errors.As(err, &f) && f.name == ErrorToleratedFailures) {
		if written, failed := c.results.finish(v.exec.ctx, c.run.ARN); failed != nil {
			err = failed
		} else {
			result = written
		}
	}
	if err == nil && c.results.writer == nil {
		_, err = encodePayload(result, "the result of the Map")
	}
	if v.halted() {
		err = errHalted
	}
	switch {
	case err == nil:
		c.run.end(Succeeded)
		v.event(Event{Type: "MapRunSucceeded", State: name})
		v.event(Event{Type: "MapStateSucceeded", State: name})
		return result, nil
	case errors.As(located(err, name), &f):
		c.run.end(Failed)
		v.event(Event{Type: "MapRunFailed", State: name, Error: f.name, Cause: f.cause})
		v.event(Event{Type: "MapStateFailed", State: name, Error: f.name, Cause: f.cause})
		return nil, f
	}
	c.run.end(Aborted)
	v.event(Event{Type: "MapRunAborted", State: name})
	return nil, err
}

// children are the child executions of a map run.
type children struct {
	visit   *visit
	run     *mapRun
	results *results
	most    int // at once
	limit   int // items to read; 0 means all

	tolerated int
	percent   float64

	halt    context.Context // its cause is why the map run failed
	cancel  context.CancelCauseFunc
	running sync.WaitGroup

	mu     sync.Mutex
	failed int
	total  int // -1 until all items have been read
}

// children prepares a map run: everything that its fields say by path.
func (v *visit) children(payload any) (*children, error) {
	m := v.state.each
	c := &children{visit: v, limit: m.maxItems, tolerated: m.tolerated, percent: m.toleratedPercent, total: -1}
	var err error
	if c.most, err = v.concurrency(payload, maxConcurrency); err != nil {
		return nil, err
	}
	if m.maxItemsPath != nil {
		if c.limit, err = v.integerAt(payload, m.maxItemsPath, 1, maxItems); err != nil {
			return nil, err
		}
	}
	if m.toleratedPath != nil {
		if c.tolerated, err = v.integerAt(payload, m.toleratedPath, 0, maxItems); err != nil {
			return nil, err
		}
	}
	if m.percentPath != nil {
		n, err := v.integerAt(payload, m.percentPath, 0, 100)
		if err != nil {
			return nil, err
		}
		c.percent = float64(n)
	}
	id := v.exec.random.uuid()
	if c.results, err = v.newResults(payload, id); err != nil {
		return nil, err
	}
	c.run = v.exec.newMapRun(v.state.name, m.label, id)
	return c, nil
}

// all runs the children of all items.
func (c *children) all(payload any) error {
	items, err := c.visit.openItems(payload, c.limit)
	if err != nil {
		return err
	}
	defer items.close()
	c.halt, c.cancel = context.WithCancelCause(c.visit.halt)
	defer c.cancel(nil)
	c.start(payload, items)
	c.running.Wait()
	if c.visit.halted() {
		return errHalted
	}
	return context.Cause(c.halt)
}

// start starts a child for each item, as soon as there is room for it.
func (c *children) start(payload any, items itemSource) {
	free := make(chan struct{}, c.most)
	for i := 0; ; i++ {
		item, ok, err := items.next()
		if err != nil {
			c.cancel(found(ErrorItemReader, "reading item %d: %v", i, err))
			return
		}
		if !ok {
			c.mu.Lock()
			c.total = i
			c.mu.Unlock()
			c.judge()
			return
		}
		input, err := c.visit.itemInput(payload, i, item)
		if err != nil {
			c.cancel(err)
			return
		}
		select {
		case free <- struct{}{}:
		case <-c.halt.Done():
		}
		if c.halt.Err() != nil {
			return
		}
		c.running.Go(func() {
			c.child(i, input)
			<-free
		})
	}
}

// child runs the states of one item.
func (c *children) child(i int, input any) {
	v := c.visit
	started := time.Now()
	record := ItemRecord{Index: i, Name: fmt.Sprintf("%s-%d", c.run.id, i), Status: Running, Start: started.UTC()}
	c.run.set(record)
	id := arn("execution", machineName+"/"+c.run.label+":"+record.Name)
	b := &branch{
		exec: v.exec,
		halt: c.halt,
		execution: map[string]any{
			"Id": id, "Name": record.Name, "Input": input, "StartTime": stamp(started),
			"RedriveCount": json.Number("0"), "RoleArn": v.execution["RoleArn"],
		},
	}
	out, err := b.run(v.state.each.processor, input)
	record.Stop = time.Now().UTC()
	record.State, record.Retries = b.last, b.retries
	var f *failure
	switch {
	case err == nil:
		record.Status = Succeeded
	case errors.As(err, &f):
		record.Status, record.Error, record.Cause = Failed, f.name, f.cause
	default:
		record.Status = Aborted
	}
	c.run.set(record)
	if record.Status == Aborted {
		return
	}
	if err := c.results.add(v.exec.ctx, id, record, input, out); err != nil {
		c.cancel(err)
	}
	if record.Status == Failed {
		c.mu.Lock()
		c.failed++
		c.mu.Unlock()
		c.judge()
	}
}

// judge ends the map run when more children have failed than it tolerates. A
// percentage is of all items, so it waits until those are known.
func (c *children) judge() {
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.visit.state.each
	byCount := m.toleratedPath != nil || c.tolerated > 0
	byPercent := m.percentPath != nil || c.percent > 0
	tooMany := c.failed > c.tolerated && (byCount || !byPercent)
	if byPercent && c.total > 0 {
		tooMany = tooMany || float64(c.failed)*100 > c.percent*float64(c.total)
	}
	if tooMany {
		c.cancel(found(ErrorToleratedFailures, "%d items failed, which is more than the Map tolerates", c.failed))
	}
}

// MapRun is what a distributed Map has done.
type MapRun struct {
	ARN    string       `json:"mapRunArn"`
	State  string       `json:"state"`
	Status Status       `json:"status"`
	Start  time.Time    `json:"startDate"`
	Stop   time.Time    `json:"stopDate,omitzero"`
	Items  []ItemRecord `json:"items"` // those that were begun, in order
}

// ItemRecord is what became of an item of a distributed Map.
type ItemRecord struct {
	Index   int       `json:"index"`
	Name    string    `json:"name"` // of the child execution
	Status  Status    `json:"status"`
	Start   time.Time `json:"startDate"`
	Stop    time.Time `json:"stopDate,omitzero"`
	State   string    `json:"state,omitempty"`   // the last it entered
	Retries int       `json:"retries,omitempty"` // in all of its states
	Error   string    `json:"error,omitempty"`
	Cause   string    `json:"cause,omitempty"`
}

type mapRun struct {
	MapRun // guarded by mu, but for ARN and State
	id     string
	label  string
	mu     sync.Mutex
}

// newMapRun begins a map run of a state.
func (e *Execution) newMapRun(state, label, id string) *mapRun {
	e.mu.Lock()
	defer e.mu.Unlock()
	if label == "" {
		label = "map" + strconv.Itoa(len(e.mapRuns))
	}
	r := &mapRun{id: id, label: label, MapRun: MapRun{
		ARN:    arn("mapRun", machineName+"/"+label+":"+id),
		State:  state,
		Status: Running,
		Start:  time.Now().UTC(),
	}}
	e.mapRuns = append(e.mapRuns, r)
	return r
}

// set keeps the record of an item. Items begin in order, so a new one is always
// the next.
func (r *mapRun) set(record ItemRecord) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.Items) <= record.Index {
		r.Items = append(r.Items, ItemRecord{})
	}
	r.Items[record.Index] = record
}

func (r *mapRun) end(s Status) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.Status, r.Stop = s, time.Now().UTC()
}

func (r *mapRun) snapshot() MapRun {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.MapRun
	s.Items = append([]ItemRecord{}, r.Items...)
	return s
}
