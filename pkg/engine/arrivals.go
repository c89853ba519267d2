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

	// burst is how many arrivals that are due are fired at a go after a wake-up in time; lateBurst
	// after a late one, or after breathing.
	burst     = 16
	lateBurst = 2
	lateWake  = time.Millisecond

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
	may      int       // arrivals that may be fired before the next sleep
	past     time.Time // what was due before it is missed

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
		may:      burst,
	}
}

// run deals with the arrivals until the list or the run ends, and tells whether it was the list.
func (p *pacer) run(ctx context.Context, arrivals iter.Seq[Arrival]) (all bool) {
	p.past = time.Now().Add(-startTolerance)
	if p.from.After(p.past) {
		p.past = p.from
	}
	for a := range arrivals {
		due := p.start.Add(a.At)
		if !p.deadline.IsZero() && !due.Before(p.deadline) {
			return false
		}
		if due.Before(p.past) {
			if p.ended(ctx) {
				return false
			}
			p.miss(a, due)
			continue
		}
		if !p.deal(ctx, a, due) {
			return false
		}
	}
	return true
}

// deal waits until an arrival is due and it is the pacer's turn, and fires it, or misses it when that
// comes too late. It returns false when the run ends before.
//
// A worker that cannot keep up takes its users through before it starts others. Without that it would
// spend more and more of its time on starting users, and do less the more it is asked for. So of many
// arrivals that are due only a few are fired at a go, then the pacer lets all else have its turn. What
// it cannot fire within missAfter is missed.
func (p *pacer) deal(ctx context.Context, a Arrival, due time.Time) bool {
	for !p.ended(ctx) {
		now := time.Now()
		late := now.Sub(due)
		switch {
		case !p.deadline.IsZero() && !now.Before(p.deadline):
			return false
		case late > missAfter:
			// So are all that were due before a second ago.
			p.past = now.Add(-missAfter)
			p.miss(a, due)
			return true
		case late >= 0 && p.may > 0:
			p.may--
			p.fire(a, due)
			return true
		case !p.sleep(ctx, now, min(-late, wallCheck)):
			return false
		}
	}
	return false
}

// sleep waits for d from now on, or for the pacer's next turn if d has passed. It returns false when
// the run ends before.
func (p *pacer) sleep(ctx context.Context, now time.Time, d time.Duration) bool {
	var ring <-chan time.Time
	if d > 0 {
		ring = p.clock.start(&p.sleeper, d)
	} else {
		ring = p.clock.breathe(&p.sleeper)
	}
	select {
	case <-ring:
		p.may = burst
		if d <= 0 || time.Since(now)-d > lateWake {
			p.may = lateBurst
		}
		return true
	case <-p.stop:
	case <-ctx.Done():
	}
	p.clock.cancel(&p.sleeper)
	return false
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
