package engine

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"salvo/pkg/hook"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// maxMissedRanges bounds Outcome.MissedRanges: what comes after them is in the last one, whose
// Count then is less than its list would have.
const maxMissedRanges = 100

// run is one walk through a chunk.
type run struct {
	engine *Engine
	clock  clock
	ctx    context.Context // ends the users
	cut    context.CancelCauseFunc
	users  sync.WaitGroup

	active, completed, failed, interrupted atomic.Int64
	next                                   atomic.Int64

	// The pacer's goroutine alone uses these.
	outcome     Outcome
	missedAtEnd bool // the last arrival dealt with was missed
}

// currentRun is the run that Progress tells of.
type currentRun struct {
	busy atomic.Bool
	run  atomic.Pointer[run]
}

// Why users are interrupted, beside the caller's context.
var (
	errGraceOver    = errors.New("the time for ending after a stop was over")
	errDeadlineOver = errors.New("the deadline was reached")
)

// Run fires the chunk's arrivals and returns when the last user has ended. All users have ended
// when it returns, also after Stop, Deadline or the end of ctx, which ends arrivals and users at
// once. The Outcome is complete in each case; the error is ctx's cause, or tells that the Engine
// is running another chunk.
func (e *Engine) Run(ctx context.Context, ch Chunk) (Outcome, error) {
	if !e.current.busy.CompareAndSwap(false, true) {
		return Outcome{}, errors.New("engine: already running a chunk")
	}
	defer e.current.busy.Store(false)

	c := newClock()
	defer c.close()
	r := &run{engine: e, clock: c}
	r.ctx, r.cut = context.WithCancelCause(ctx)
	defer r.cut(nil)
	e.current.run.Store(r)

	p := newPacer(&ch, c)
	p.fire, p.miss = r.fire, r.miss
	r.outcome.Stopped = !p.run(ctx, ch.Arrivals)
	r.settle(&ch)

	r.outcome.Completed = r.completed.Load()
	r.outcome.Failed = r.failed.Load()
	r.outcome.Interrupted = r.interrupted.Load()
	r.outcome.Next = r.next.Load()
	if ctx.Err() != nil {
		return r.outcome, context.Cause(ctx)
	}
	return r.outcome, nil
}

// Progress tells where the current run stands, or the last one when none is running. It may be
// called at any time.
func (e *Engine) Progress() Progress {
	r := e.current.run.Load()
	if r == nil {
		return Progress{}
	}
	return Progress{Next: r.next.Load(), Active: r.active.Load()}
}

// settle waits for the users after the arrivals, and interrupts them when their time is over.
func (r *run) settle(ch *Chunk) {
	ended := make(chan struct{})
	go func() {
		r.users.Wait()
		close(ended)
	}()
	stop := ch.Stop
	var grace, deadline <-chan time.Time
	if !ch.Deadline.IsZero() {
		t := time.NewTimer(time.Until(ch.Deadline))
		defer t.Stop()
		deadline = t.C
	}
	for {
		select {
		case <-ended:
			return
		case <-stop:
			stop = nil
			t := time.NewTimer(ch.Grace)
			defer t.Stop()
			grace = t.C
		case <-grace:
			grace = nil
			r.cut(errGraceOver)
		case <-deadline:
			deadline = nil
			r.cut(errDeadlineOver)
		}
	}
}

// miss counts an arrival whose time has passed, in the second in which it was due.
func (r *run) miss(a Arrival, due time.Time) {
	r.count(r.engine.counts.missed, a, due)
	r.outcome.Missed++
	ranges := r.outcome.MissedRanges
	if n := len(ranges); n > 0 && (r.missedAtEnd || n == maxMissedRanges) {
		last := &ranges[n-1]
		last.Last, last.To = a.Index, a.At
		last.Count++
	} else {
		r.outcome.MissedRanges = append(ranges, IndexRange{First: a.Index, Last: a.Index, Count: 1, From: a.At, To: a.At})
	}
	r.dealtWith(a, true)
}

// fire starts the user of an arrival, unless the cap is reached.
func (r *run) fire(a Arrival, due time.Time) {
	if a.MaxVusers != 0 && r.active.Load() >= int64(a.MaxVusers) {
		r.count(r.engine.counts.skipped, a, time.Now())
		r.outcome.Skipped++
	} else {
		r.active.Add(1)
		r.users.Add(1)
		r.outcome.Created++
		// A goroutine a user, not a pool of them: see BenchmarkUserGoroutine.
		go r.user(a, due, r.outcome.Created)
	}
	r.dealtWith(a, false)
}

func (r *run) dealtWith(a Arrival, missed bool) {
	r.missedAtEnd = missed
	r.outcome.Planned++
	r.next.Store(a.Index + 1)
}

func (r *run) count(c metrics.Counter, a Arrival, at time.Time) {
	b := r.engine.recorder.Shard(0).Begin(a.Phase, at)
	b.Add(c, 1)
	b.End()
}

// user is the life of one virtual user. The ordinal spreads users over the recorder's shards; the
// index would not, when a worker's indices are all the same modulo the number of shards.
func (r *run) user(a Arrival, due time.Time, ordinal int64) {
	defer r.users.Done()
	defer r.active.Add(-1)
	e := r.engine
	u := &User{run: r, phase: a.Phase, shard: e.recorder.Shard(ordinal)}
	u.seed(e.seed, a.Index)
	born := time.Now()
	lag := max(born.Sub(due), 0)
	u.due = born.Add(-lag)
	chosen, err := e.choose(u, a)
	u.scenario = &e.scenarios[chosen]

	b := u.Begin(born)
	b.Add(e.counts.created, 1)
	if err == nil {
		b.Add(u.scenario.created, 1)
	}
	b.Observe(e.counts.lag, lag.Microseconds())
	b.End()

	if err == nil {
		err = u.live(r.ctx)
	}
	switch {
	case err == nil:
		r.completed.Add(1)
		u.completed(born)
	case r.ctx.Err() != nil:
		r.interrupted.Add(1)
		u.interrupted()
	default:
		r.failed.Add(1)
		u.failed(err)
	}
	u.close()
}

// RunOnce runs a before or after section: its flow, once, as a user that arrives now with index 0.
// What it measures is recorded like a user's, in phase 0, so the caller gives the Engine a Recorder
// of its own when it is to be kept apart. It returns the variables that the flow has set; the error
// is the one that ended the flow.
func (e *Engine) RunOnce(ctx context.Context, sc *script.Scenario) (*template.Object, error) {
	compiled, ok := e.sections[sc]
	if !ok {
		var err error
		if compiled, err = e.compile(sc, sectionName(sc)); err != nil {
			return nil, err
		}
	}
	r := &run{engine: e, clock: timerClock{}, ctx: ctx}
	u := &User{run: r, scenario: compiled, shard: e.recorder.Shard(0)}
	u.seed(e.seed^hashPath(sc.Path), 0)
	born := time.Now()
	u.due = born
	b := u.Begin(born)
	b.Add(e.counts.created, 1)
	b.Add(compiled.created, 1)
	b.End()

	err := u.live(ctx)
	switch {
	case err == nil:
		u.completed(born)
	case ctx.Err() != nil:
		u.interrupted()
		err = fmt.Errorf("interrupted: %w", context.Cause(ctx))
	default:
		u.failed(err)
	}
	u.close()

	vars := template.NewObject()
	for _, v := range u.own {
		if ref, isRef := v.value.(*hook.Ref); isRef {
			v.value = ref.Value()
		}
		vars.Set(v.name, v.value)
	}
	if err != nil {
		if masked := e.secrets.Replace(err.Error()); masked != err.Error() {
			err = errors.New(masked) // what it wraps has the secret in it, too
		}
	}
	return vars, err
}

// hashPath makes a number of a path in the script: before and after have random values that are
// not those of user 0, and so has each parallel step.
func hashPath(path string) uint64 {
	hash := uint64(1)
	for i := range len(path) {
		hash = mix(hash + uint64(path[i]))
	}
	return hash
}

// live takes the user through its scenario.
func (u *User) live(ctx context.Context) error {
	if err := runSteps(ctx, u, u.scenario.steps); err != nil {
		return err
	}
	if u.lane != nil && u.lane.hook != nil {
		return u.hookError(u.lane.hook.Failed())
	}
	return nil
}

func (u *User) completed(born time.Time) {
	now := time.Now()
	c := &u.run.engine.counts
	b := u.Begin(now)
	b.Add(c.completed, 1)
	b.Add(c.failed, 0) // so that reports show it
	b.Observe(c.sessionLength, now.Sub(born).Microseconds())
	b.End()
}

func (u *User) interrupted() {
	b := u.Begin(time.Now())
	b.Add(u.run.engine.counts.interrupted, 1)
	b.End()
}

func (u *User) failed(err error) {
	keys := errorKeys(err)
	handles := make([]metrics.Counter, len(keys))
	for i, key := range keys {
		handles[i] = u.run.engine.errors.counter(key)
	}
	b := u.Begin(time.Now())
	b.Add(u.run.engine.counts.failed, 1)
	for _, h := range handles {
		b.Add(h, 1)
	}
	b.End()
	if u.run.engine.failure != nil {
		u.tell(err)
	}
}

// close ends what the user holds. An error of closing is of no interest to a load: what the user
// had to measure is measured.
func (u *User) close() {
	if u.lane != nil && u.lane.hook != nil {
		u.lane.hook.End()
	}
	if u.session != nil {
		_ = u.session.Close()
	}
}
