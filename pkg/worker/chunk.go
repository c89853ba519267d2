package worker

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/store"
)

var errLeaseLost = errors.New("another worker took over this chunk, or the store was out of reach for too long")

var errTimeOver = errors.New("the worker's time was over before its arrivals were")

// chunk fires the arrivals of c that no worker before has dealt with.
func (s Step) chunk(ctx context.Context, run string, c job.Chunk) (job.WorkOutput, error) {
	// A call whose answer was lost is made again; its work is done.
	done, err := store.Exists(ctx, s.Store, job.ResultKey(run, c.ID))
	if err != nil {
		return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
	}
	if done {
		var r job.Result
		err := s.readJSON(ctx, job.ResultKey(run, c.ID), &r)
		return output(run, r), err
	}

	from, err := s.read(ctx, run, c.LoadStart)
	if err != nil {
		return job.WorkOutput{}, err
	}
	if from.script.Simulation {
		r, err := simulated()
		if err != nil {
			return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
		}
		r.Chunk = c.ID
		s.trace(from.script, "the chunk is simulated: nothing is sent", "chunk", c.ID, "arrivals", c.Arrivals)
		return output(run, r), s.writeJSON(ctx, job.ResultKey(run, c.ID), r)
	}
	l, err := s.load(ctx, from)
	if err != nil {
		return job.WorkOutput{}, err
	}
	defer l.close()
	held, err := acquire(ctx, s.Store, run, c.ID)
	if err != nil {
		return job.WorkOutput{}, &job.StoreFailed{Message: fmt.Sprintf("taking the lease on chunk %s: %v", c.ID, err)}
	}
	dealt, err := s.dealtWith(ctx, run, c.ID)
	if err != nil {
		return job.WorkOutput{}, err
	}

	last := context.WithoutCancel(ctx) // the result must be written even when ctx has ended

	start := c.LoadStart
	if now := time.Now(); l.script.Mode.Sampling() && held.n == 1 && now.After(start) {
		// Samples are no load that has its time: late ones tell as much.
		start = now
	}
	chunk := engine.Chunk{
		Start:    start,
		Arrivals: arrivals(l.plan, c, dealt),
		Grace:    stopGrace,
	}
	if deadline, ok := ctx.Deadline(); ok {
		chunk.Deadline = deadline.Add(-lastWords)
	}
	if held.n > 1 {
		chunk.From = time.Now()
	}
	load, cancelLoad := context.WithCancelCause(ctx)
	defer cancelLoad(nil)
	watch := s.watch(load, cancelLoad, run, c.ID, held, l)
	chunk.Stop = watch.stop
	s.trace(l.script, "the chunk begins", "chunk", c.ID, "attempt", held.n, "arrivals", c.Arrivals, "dealtWith", dealt,
		"early", time.Until(c.LoadStart.Add(c.Start)).Round(time.Millisecond).String())
	outcome, runErr := l.engine.Run(load, chunk)
	stopped := watch.end()

	r, err := l.result()
	if err != nil {
		return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
	}
	r.Chunk, r.Attempt, r.Next, r.Stopped = c.ID, held.n, outcome.Next, stopped
	r.MissedRanges = missed(outcome.MissedRanges, held.n)
	s.trace(l.script, "the chunk has ended", "chunk", c.ID, "created", r.Created, "completed", r.Completed, "failed", r.Failed,
		"interrupted", r.Interrupted, "skipped", r.Skipped, "missed", r.Missed, "stopped", stopped)
	cause := context.Cause(load)
	if cause == nil && outcome.Stopped && !stopped {
		cause = errTimeOver
	}
	if cause != nil || runErr != nil {
		// Not the end that was planned: keep what there is, for a successor to
		// go on from.
		if err := s.writeJSON(last, job.PartialKey(run, c.ID, held.n), r); err != nil {
			return job.WorkOutput{}, err
		}
		if errors.Is(cause, errLeaseLost) {
			return job.WorkOutput{}, &job.LeaseLost{Message: cause.Error()}
		}
		if err := held.release(last); err != nil {
			return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
		}
		return job.WorkOutput{}, &job.Interrupted{Message: fmt.Sprintf("chunk %s was cut short: %v", c.ID, errors.Join(cause, runErr))}
	}
	r.Final = true
	if err := s.writeJSON(last, job.ResultKey(run, c.ID), r); err != nil {
		return job.WorkOutput{}, err
	}
	if err := held.release(last); err != nil {
		s.Log.Warn("the lease could not be given back", "chunk", c.ID, "error", err)
	}
	return output(run, r), nil
}

// dealtWith counts the arrivals of a chunk that its earlier workers have dealt
// with as far as they wrote it down. Arrivals are dealt with in the order of
// the list, so the count is also the place to go on from.
func (s Step) dealtWith(ctx context.Context, run, chunk string) (int64, error) {
	keys, err := s.Store.List(ctx, job.PartialPrefix(run)+chunk+"/")
	if err != nil {
		return 0, &job.StoreFailed{Message: err.Error()}
	}
	var dealt int64
	for _, key := range keys {
		var r job.Result
		if err := s.readJSON(ctx, key, &r); err != nil {
			return 0, err
		}
		dealt += r.Created + r.Skipped + r.Missed
	}
	return dealt, nil
}

// arrivals lists the chunk's own, less the first few that are dealt with.
func arrivals(p *plan.Plan, c job.Chunk, dealt int64) iter.Seq[engine.Arrival] {
	own := p.List(plan.Chunk{
		ID: c.ID, Window: c.Window, Worker: c.Worker, Workers: c.Workers,
		Start: c.Start, End: c.End, First: c.First, Until: c.Until, Arrivals: c.Arrivals,
	})
	return func(yield func(engine.Arrival) bool) {
		n := int64(0)
		for a := range own {
			if n++; n > dealt && !yield(engine.Arrival(a)) {
				return
			}
		}
	}
}

// The reasons of missed arrivals, as the report gives them.
const (
	reasonLate      = "the worker was late"
	reasonSuccessor = "the worker before was lost; some may have been fired without a record"
)

func missed(ranges []engine.IndexRange, attempt int) []job.MissedRange {
	var out []job.MissedRange
	for i, r := range ranges {
		late, reason := true, reasonLate
		if attempt > 1 && i == 0 {
			late, reason = false, reasonSuccessor
		}
		out = append(out, job.MissedRange{
			First: r.First, Last: r.Last, Count: r.Count,
			From: r.From.Milliseconds(), To: r.To.Milliseconds(), Reason: reason, Late: late,
		})
	}
	return out
}

func output(run string, r job.Result) job.WorkOutput {
	return job.WorkOutput{
		Run: run, Chunk: r.Chunk, Key: job.ResultKey(run, r.Chunk),
		Attempt: r.Attempt, Counts: r.Counts, Stopped: r.Stopped,
	}
}

// watcher keeps a chunk's lease, flushes partial results and looks for the stop
// key while the engine runs.
type watcher struct {
	stop    chan struct{} // closed when the run was stopped
	quit    chan struct{}
	both    sync.WaitGroup
	stopped bool
}

func (s Step) watch(ctx context.Context, cancel context.CancelCauseFunc, run, chunk string, held *lease, l *loaded) *watcher {
	w := &watcher{stop: make(chan struct{}), quit: make(chan struct{})}
	// The lease has a goroutine of its own: nothing that is slow may keep it from
	// being beaten.
	w.both.Go(func() {
		beat := time.NewTicker(leaseBeat)
		defer beat.Stop()
		for {
			select {
			case <-w.quit:
				return
			case <-ctx.Done():
				return
			case <-beat.C:
				if !held.beat(ctx) {
					cancel(errLeaseLost)
					return
				}
			}
		}
	})
	w.both.Go(func() {
		flush, poll := time.NewTicker(s.FlushEvery), time.NewTicker(stopPoll)
		defer flush.Stop()
		defer poll.Stop()
		w.look(ctx, s, run)
		for {
			select {
			case <-w.quit:
				return
			case <-ctx.Done():
				return
			case <-flush.C:
				if err := s.flush(ctx, run, chunk, held.n, l); err != nil {
					s.Log.Warn("a partial result could not be written; the next one holds it too", "chunk", chunk, "error", err)
				}
			case <-poll.C:
				w.look(ctx, s, run)
			}
		}
	})
	return w
}

// look closes stop when somebody has stopped the run.
func (w *watcher) look(ctx context.Context, s Step, run string) {
	if w.stopped {
		return
	}
	there, err := store.Exists(ctx, s.Store, job.StopKey(run))
	if err != nil && ctx.Err() == nil {
		s.Log.Warn("looking whether the run was stopped", "error", err)
	}
	if there {
		w.stopped = true
		close(w.stop)
	}
}

// end ends the watch and tells whether the run was stopped.
func (w *watcher) end() bool {
	close(w.quit)
	w.both.Wait()
	return w.stopped
}

// flush writes what was measured so far under this attempt's own key.
func (s Step) flush(ctx context.Context, run, chunk string, attempt int, l *loaded) error {
	progress := l.engine.Progress()
	r, err := l.result()
	if err != nil {
		return err
	}
	r.Chunk, r.Attempt, r.Next, r.Active = chunk, attempt, progress.Next, progress.Active
	return s.writeJSON(ctx, job.PartialKey(run, chunk, attempt), r)
}
