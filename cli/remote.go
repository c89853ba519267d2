package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"salvo/pkg/aggregator"
	"salvo/pkg/asl"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/stack"
	"salvo/pkg/store"
	"salvo/pkg/store/s3store"
	"salvo/statemachine"
)

// A run on AWS is asked every remotePoll whether it has ended. While AWS cannot be
// reached, or throttles, for no longer than patience, it is asked again.
const (
	remotePoll = time.Second
	patience   = time.Minute
)

// remote is the place of runs on a stack.
type remote struct {
	stack   *stack.Stack
	env     map[string]string // what scripts see there as $env
	tell    func(asl.Event)
	history *stack.History // of the run that this process has started
	mapped  bool           // the run has a distributed Map
	given   atomic.Int64   // chunks that the state machine has given up
}

func (r *remote) String() string { return "on the stack " + r.stack.Name }

func (r *remote) store() store.Store { return s3store.New(r.stack.Config, r.stack.Bucket) }

func (r *remote) aggregator() aggregator.Step {
	return aggregator.Step{Store: r.store(), Version: version, Env: r.env}
}

// explained says what an error of AWS means, if the place is there.
func explained(ctx context.Context, at place, err error) error {
	if r, ok := at.(*remote); ok {
		return r.stack.Explain(ctx, err)
	}
	return err
}

// start implements place.
func (r *remote) start(ctx context.Context, run string, req job.Request, tell func(asl.Event)) error {
	r.tell, r.history = tell, r.stack.History(run)
	return r.stack.Start(ctx, run, req)
}

// wait implements place. An error says how to go on: the run is not harmed by it.
func (r *remote) wait(ctx context.Context, run string) (runState, error) {
	for reached := time.Now(); ; {
		st, err := r.state(ctx, run)
		if err == nil {
			err = r.follow(ctx, run)
		}
		switch kind := stack.KindOf(err); {
		case err == nil && !st.running:
			return st, nil
		case err == nil:
			reached = time.Now()
		case kind != stack.Unreachable && kind != stack.Throttled || time.Since(reached) > patience:
			return runState{}, fmt.Errorf("%w; the run goes on: look at it with salvo status %s, stop it with salvo kill %s", err, run, run)
		}
		select {
		case <-ctx.Done():
			return runState{}, context.Cause(ctx)
		case <-time.After(remotePoll):
		}
	}
}

// follow tells the events that have come and counts the chunks that are lost.
func (r *remote) follow(ctx context.Context, run string) error {
	if r.history == nil {
		r.history = r.stack.History(run)
	}
	events, err := r.history.Next(ctx)
	for _, e := range events {
		if e.Type == "PassStateEntered" && e.State == statemachine.StateChunkLost {
			r.given.Add(1)
		}
		r.mapped = r.mapped || e.Type == "MapRunStarted"
		if r.tell != nil {
			r.tell(asl.Event{
				Time: e.Time, Type: e.Type, State: e.State, Error: e.Error, Cause: e.Cause,
				Input: json.RawMessage(e.Input), Output: json.RawMessage(e.Output),
			})
		}
	}
	if err != nil || !r.mapped {
		return err
	}
	m, err := r.stack.MapRun(ctx, run)
	if err == nil {
		r.given.Store(m.Failed)
	}
	return err
}

// halt implements place.
func (r *remote) halt(ctx context.Context, run string) error {
	return r.stack.Stop(ctx, run, job.RunStopped, "the run was stopped")
}

// state implements place.
func (r *remote) state(ctx context.Context, run string) (runState, error) {
	e, err := r.stack.Describe(ctx, run)
	if err != nil {
		return runState{run: run}, err
	}
	return stateOf(e), nil
}

func stateOf(e stack.Execution) runState {
	st := runState{run: e.Run, running: e.Running(), outcome: e.Error, cause: e.Cause, aborted: e.Status == stack.Aborted, start: e.Start, end: e.End}
	switch {
	case e.Status == stack.Succeeded:
		st.outcome = job.Passed
	case st.outcome == "" && e.Status == stack.Aborted:
		st.outcome = job.RunStopped
	case st.outcome == "" && !st.running:
		st.outcome = string(e.Status)
	}
	return st
}

// states implements place.
func (r *remote) states(ctx context.Context, most int) ([]runState, error) {
	// Those that run come first: they may be older than many that have ended.
	running, err := r.stack.Executions(ctx, most, true)
	if err != nil {
		return nil, err
	}
	newest, err := r.stack.Executions(ctx, most, false)
	if err != nil {
		return nil, err
	}
	var all []runState
	for _, e := range slices.Concat(running, newest) {
		if slices.ContainsFunc(all, func(st runState) bool { return st.run == e.Run }) {
			continue
		}
		if e.Status == stack.Failed {
			if e, err = r.stack.Describe(ctx, e.Run); err != nil { // only this tells why
				return nil, err
			}
		}
		all = append(all, stateOf(e))
	}
	slices.SortStableFunc(all, func(a, b runState) int { return b.start.Compare(a.start) })
	return all[:min(len(all), most)], nil
}

func (r *remote) lost() int64 { return r.given.Load() }

func (r *remote) bill() *plan.CostOptions { return &plan.CostOptions{Memory: r.stack.WorkerMemory} }

// keep implements place: the page is to be opened here.
func (r *remote) keep(ctx context.Context, run string) error {
	for _, key := range []string{job.ReportKey(run), job.ReportHTMLKey(run)} {
		data, err := store.ReadAll(ctx, r.store(), key)
		if err == nil {
			err = store.WriteAll(ctx, store.Dir(workHere), key, data)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// checkRoom holds a plan against how many workers the stack and Lambda run at once.
func (r *remote) checkRoom(ctx context.Context, p *plan.Plan, note func(string)) error {
	if err := p.CheckConcurrency(r.stack.MaxConcurrency); err != nil {
		return fmt.Errorf("the stack %s: %w", r.stack.Name, err)
	}
	c, err := r.stack.Concurrency(ctx)
	if err != nil {
		if kind := stack.KindOf(err); kind == stack.NoCredentials || kind == stack.Expired {
			return err
		}
		note(fmt.Sprintf("whether Lambda's concurrency is enough could not be looked up: %v", err))
		return nil
	}
	return checkLambda(p, c, r.stack.Account, r.stack.Region)
}

// checkLambda tells that Lambda has too little room for a plan, and what would do.
func checkLambda(p *plan.Plan, c stack.Concurrency, account, region string) error {
	var limit *plan.LimitError
	if !errors.As(p.CheckConcurrency(c.Workers), &limit) {
		return nil
	}
	room := fmt.Sprintf("what other functions have not reserved of the %d of account %s, region %s", c.Account, account, region)
	raise := "have the account's concurrency raised (Service Quotas: AWS Lambda, Concurrent executions)"
	if c.Reserved {
		room, raise = "what is reserved for them", "raise `worker.reservedConcurrency` in salvo.yml and deploy"
	}
	return fmt.Errorf("the load needs %d workers at once, two windows overlapping, but Lambda runs %d of them (%s); %s",
		p.MaxWorkers(), c.Workers, room, strings.Join(append(limit.Ways, raise), ", or "))
}
