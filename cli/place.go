package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"time"

	"salvo/pkg/aggregator"
	"salvo/pkg/asl"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/store"
)

// place is where runs are: this machine, or a stack on AWS. All commands do the
// same in both.
type place interface {
	String() string // completes "no run is going on ..."
	store() store.Store
	aggregator() aggregator.Step

	// start begins a run and calls tell, if it is not nil, with the events of its
	// state machine.
	start(ctx context.Context, run string, req job.Request, tell func(asl.Event)) error
	// wait returns when a run has ended.
	wait(ctx context.Context, run string) (runState, error)
	// halt ends the state machine of a run; its workers look for the stop key.
	halt(ctx context.Context, run string) error

	state(ctx context.Context, run string) (runState, error)
	// states are the newest runs first, at most so many.
	states(ctx context.Context, most int) ([]runState, error)

	// lost is how many chunks the state machine has given up, as far as the place
	// knows before the run is judged.
	lost() int64
	// bill says what costs depend on; nil where a run costs nothing.
	bill() *plan.CostOptions
	// keep brings the reports of a run into the folder of this machine.
	keep(ctx context.Context, run string) error
}

// runState is how far a run is.
type runState struct {
	run        string
	running    bool
	outcome    string // of a run that has ended: job.Passed, or the error of its execution
	cause      string
	aborted    bool // the execution was stopped; it did not come to an end by itself
	start, end time.Time
}

// errNoRun tells that there is no run of that name.
var errNoRun = errors.New("there is no such run")

// keptHere is where the file of a key lies on this machine.
func keptHere(key string) string { return filepath.Join(workHere, filepath.FromSlash(key)) }

// stopRun stops a run for good: its workers find the key, and no further ones are
// called.
func stopRun(ctx context.Context, p place, run, why string) error {
	if err := store.WriteAll(ctx, p.store(), job.StopKey(run), []byte(why+"\n")); err != nil {
		return err
	}
	return p.halt(ctx, run)
}

// How long the workers of a stopped run may take to be silent, and how often that
// is looked at. A worker that was lost is never heard of again.
const (
	silentWithin = 6 * time.Second
	silentPoll   = 500 * time.Millisecond
)

// awaitSilence waits until every worker that began has left its result.
func awaitSilence(ctx context.Context, p place, run string) error {
	for begun := time.Now(); ; {
		leases, err := p.store().List(ctx, job.LeasesPrefix(run))
		if err != nil {
			return err
		}
		results, err := p.store().List(ctx, job.ResultsPrefix(run))
		if err != nil {
			return err
		}
		if len(chunksOf(leases)) <= len(results) || time.Since(begun) > silentWithin {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(silentPoll):
		}
	}
}

// chunksOf are the chunks that the keys of leases are about.
func chunksOf(leases []string) map[string]bool {
	chunks := map[string]bool{}
	for _, key := range leases {
		chunks[path.Base(path.Dir(key))] = true
	}
	return chunks
}

// noReport tells why a run has none: it came to nothing that could be reported.
type noReport struct{ why string }

// Error implements error.
func (n *noReport) Error() string { return n.why }

// reportOf returns the report of a run that has ended. One that was stopped, or
// whose aggregator could not do it, has none yet: it is made here, of what there is.
func reportOf(ctx context.Context, p place, st runState) ([]byte, error) {
	data, err := store.ReadAll(ctx, p.store(), job.ReportKey(st.run))
	if err == nil || !errors.Is(err, fs.ErrNotExist) {
		return data, err
	}
	planned, err := store.Exists(ctx, p.store(), job.PlanKey(st.run))
	if err != nil {
		return nil, err
	}
	if !planned && st.aborted {
		return nil, &exitError{code: exitInterrupted, err: &noReport{"the run was stopped before there was anything to report"}}
	}
	if !planned {
		return nil, &noReport{fmt.Sprintf("%s: %s", st.outcome, st.cause)}
	}
	if st.aborted {
		// Whoever stopped it may have told its workers nothing.
		if err := store.WriteAll(ctx, p.store(), job.StopKey(st.run), []byte("its execution was stopped\n")); err != nil {
			return nil, err
		}
		if err := awaitSilence(ctx, p, st.run); err != nil {
			return nil, err
		}
	}
	if _, err := p.aggregator().Handle(ctx, job.AggregateInput{Run: st.run}); err != nil {
		return nil, fmt.Errorf("%s: %s; and no report can be made of what there is: %w", st.outcome, st.cause, err)
	}
	return store.ReadAll(ctx, p.store(), job.ReportKey(st.run))
}
