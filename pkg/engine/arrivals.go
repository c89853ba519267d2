package engine

import (
	"context"
	"iter"
	"time"
)

const (
	// startTolerance is how late a worker may be at its start without skipping arrivals.
	startTolerance = 100 * time.Millisecond

	// missAfter is how late an arrival may be fired while the worker runs. What is later was held
	// up by a machine that froze or is saturated, and would come as a burst of old load.
	missAfter = time.Second

	// wallCheck is the longest sleep between two looks at the wall clock, which can move on its
	// own: by a correction, or while a machine is suspended and its timers stand still.
	wallCheck = time.Second
)

// pacer walks a list of arrivals in the order of time and fires each when it is due. It waits for
// nothing but time.
type pacer struct {
	start    time.Time // of the load; wall time only
	from     time.Time // nothing due before it is fired; may be zero
	deadline time.Time // nothing due at or after it is dealt with; may be zero
	stop     <-chan struct{}
	clock    clock
	sleeper  sleeper

	fire func(a Arrival, due time.Time) // must not block
	miss func(a Arrival, due time.Time)
}

// newPacer returns the pacer of a chunk. Without the monotonic readings of the chunk's times all
// comparisons are of wall time, which is what the workers of one load share.
func newPacer(ch *Chunk, c clock) *pacer {
	return &pacer{
		start:    ch.Start.Round(0),
		from:     ch.From.Round(0),
		deadline: ch.Deadline.Round(0),
		stop:     ch.Stop,
		clock:    c,
	}
}

// run deals with the arrivals until the list or the run ends, and tells whether it was the list.
func (p *pacer) run(ctx context.Context, arrivals iter.Seq[Arrival]) (all bool) {
	first := time.Now().Add(-startTolerance)
	if p.from.After(first) {
		first = p.from
	}
	for a := range arrivals {
		due := p.start.Add(a.At)
		if !p.deadline.IsZero() && !due.Before(p.deadline) {
			return false
		}
		if due.Before(first) {
			if p.ended(ctx) {
				return false
			}
			p.miss(a, due)
			continue
		}
		if !p.wait(ctx, due) {
			return false
		}
		now := time.Now()
		switch {
		case !p.deadline.IsZero() && !now.Before(p.deadline):
			return false
		case now.Sub(due) > missAfter:
			p.miss(a, due)
		default:
			p.fire(a, due)
		}
	}
	return true
}

// wait returns true when due has come, false when the run ends before.
func (p *pacer) wait(ctx context.Context, due time.Time) bool {
	for {
		if p.ended(ctx) {
			return false
		}
		d := time.Until(due)
		if d <= 0 {
			return true
		}
		ring := p.clock.start(&p.sleeper, min(d, wallCheck))
		select {
		case <-ring:
			continue
		case <-p.stop:
		case <-ctx.Done():
		}
		p.clock.cancel(&p.sleeper)
		return false
	}
}

func (p *pacer) ended(ctx context.Context) bool {
	select {
	case <-p.stop:
		return true
	case <-ctx.Done():
		return true
	default:
		return false
	}
}
