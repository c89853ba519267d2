package engine

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// paced is what a pacer did with a list.
type paced struct {
	fired  []int64
	missed []int64
	lags   []time.Duration // of the fired
}

func (p *paced) pacer(ch Chunk) *pacer {
	pc := newPacer(&ch, timerClock{})
	pc.fire = func(a Arrival, due time.Time) {
		p.fired = append(p.fired, a.Index)
		p.lags = append(p.lags, time.Since(due))
	}
	pc.miss = func(a Arrival, _ time.Time) { p.missed = append(p.missed, a.Index) }
	return pc
}

func indices(from, until int64) []int64 {
	var list []int64
	for i := from; i < until; i++ {
		list = append(list, i)
	}
	return list
}

func TestPacer(t *testing.T) {
	tests := []struct {
		name          string
		start         time.Duration // from now
		from          time.Duration // from now; 0 none
		deadline      time.Duration // from now; 0 none
		stop          time.Duration // from now; 0 never
		fired, missed []int64
		all           bool
		took          time.Duration
	}{
		{name: "on time", start: time.Second, fired: indices(0, 20), all: true, took: time.Second + 1900*time.Millisecond},
		{name: "starting now", fired: indices(0, 20), all: true, took: 1900 * time.Millisecond},
		{name: "within the tolerance", start: -100 * time.Millisecond, fired: indices(0, 20), all: true, took: 1800 * time.Millisecond},
		{name: "late start", start: -time.Second, missed: indices(0, 9), fired: indices(9, 20), all: true, took: 900 * time.Millisecond},
		{name: "after the end", start: -time.Minute, missed: indices(0, 20), all: true},
		{name: "a successor", from: 750 * time.Millisecond, missed: indices(0, 8), fired: indices(8, 20), all: true, took: 1900 * time.Millisecond},
		{name: "a successor that is late itself", start: -time.Second, from: -700 * time.Millisecond, missed: indices(0, 9), fired: indices(9, 20), all: true, took: 900 * time.Millisecond},
		{name: "deadline", deadline: time.Second, fired: indices(0, 10), took: 900 * time.Millisecond},
		{name: "deadline in the past", deadline: -time.Second},
		{name: "deadline in the past of a late start", start: -3 * time.Second, deadline: -2 * time.Second, missed: indices(0, 10)},
		{name: "stopped", stop: 950 * time.Millisecond, fired: indices(0, 10), took: 950 * time.Millisecond},
		{name: "stopped before the start", start: time.Hour, stop: time.Second, took: time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				ch := Chunk{Start: now.Add(tt.start), Arrivals: every(20, 10)}
				if tt.from != 0 {
					ch.From = now.Add(tt.from)
				}
				if tt.deadline != 0 {
					ch.Deadline = now.Add(tt.deadline)
				}
				stop := make(chan struct{})
				ch.Stop = stop
				if tt.stop != 0 {
					time.AfterFunc(tt.stop, func() { close(stop) })
				}
				var got paced
				all := got.pacer(ch).run(t.Context(), ch.Arrivals)
				if !slices.Equal(got.fired, tt.fired) || !slices.Equal(got.missed, tt.missed) {
					t.Errorf("fired %v, missed %v, want %v, %v", got.fired, got.missed, tt.fired, tt.missed)
				}
				if all != tt.all {
					t.Errorf("all = %v, want %v", all, tt.all)
				}
				if took := time.Since(now); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if tt.start >= 0 {
					for i, lag := range got.lags {
						if lag != 0 {
							t.Errorf("arrival %d fired %v late", got.fired[i], lag)
						}
					}
				}
			})
		})
	}
}

func TestPacerStoppedBeforeItsFirstLook(t *testing.T) {
	stop := make(chan struct{})
	close(stop)
	for _, start := range []time.Duration{0, -time.Minute} {
		var got paced
		ch := Chunk{Start: time.Now().Add(start), Stop: stop}
		if got.pacer(ch).run(t.Context(), every(10, 1)) || len(got.fired)+len(got.missed) > 0 {
			t.Errorf("start %v: fired %v, missed %v after a stop", start, got.fired, got.missed)
		}
	}
}

func TestPacerEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 950*time.Millisecond)
		defer cancel()
		var got paced
		ch := Chunk{Start: time.Now()}
		if got.pacer(ch).run(ctx, every(20, 10)) {
			t.Error("told that it walked all of the list")
		}
		if len(got.fired) != 10 {
			t.Errorf("fired %v, want 10", got.fired)
		}
	})
}

// frozenClock is a clock whose nth wake-up comes much too late, as on a machine that stood still.
type frozenClock struct {
	timerClock
	wakes  int
	frozen int
	late   time.Duration
}

func (c *frozenClock) start(s *sleeper, d time.Duration) <-chan time.Time {
	if c.wakes++; c.wakes == c.frozen {
		d += c.late
	}
	return c.timerClock.start(s, d)
}

func TestPacerAfterAFreeze(t *testing.T) {
	tests := []struct {
		name   string
		late   time.Duration
		missed []int64
	}{
		{"as late as is allowed", missAfter, nil},
		{"a little later", missAfter + time.Millisecond, indices(5, 6)},
		{"much later", 2490 * time.Millisecond, indices(5, 20)}, // at 2.99 s, 5..19 were due by 1.99 s
		{"past the end", time.Hour, indices(5, 40)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got paced
				ch := Chunk{Start: time.Now()}
				p := got.pacer(ch)
				p.clock = &frozenClock{frozen: 5, late: tt.late} // the wake-up for arrival 5, at 0.5 s
				if !p.run(t.Context(), every(40, 10)) {
					t.Error("did not walk all of the list")
				}
				if !slices.Equal(got.missed, tt.missed) {
					t.Errorf("missed %v, want %v", got.missed, tt.missed)
				}
				if n := len(got.fired) + len(got.missed); n != 40 {
					t.Errorf("%d arrivals dealt with, want 40", n)
				}
				for i, lag := range got.lags {
					if lag > missAfter {
						t.Errorf("arrival %d fired %v late", got.fired[i], lag)
					}
				}
			})
		})
	}
}

func TestPacerFreezesPastItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got paced
		ch := Chunk{Start: time.Now(), Deadline: time.Now().Add(900 * time.Millisecond)}
		p := got.pacer(ch)
		p.clock = &frozenClock{frozen: 5, late: 500 * time.Millisecond}
		if p.run(t.Context(), every(40, 10)) {
			t.Error("told that it walked all of the list")
		}
		if len(got.fired) != 5 || len(got.missed) != 0 {
			t.Errorf("fired %v, missed %v, want those before the freeze and none", got.fired, got.missed)
		}
	})
}

func TestPacerLooksAtTheWallClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got paced
		ch := Chunk{Start: time.Now().Add(10 * time.Second)}
		p := got.pacer(ch)
		c := &frozenClock{}
		p.clock = c
		p.run(t.Context(), every(1, 1))
		if c.wakes != 10 {
			t.Errorf("%d wake-ups in 10 s, want one a second", c.wakes)
		}
	})
}

func TestPacerTakesNoMoreThanItDealsWith(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		taken := 0
		list := func(yield func(Arrival) bool) {
			for a := range every(1000, 10) {
				taken++
				if !yield(a) {
					return
				}
			}
		}
		var got paced
		ch := Chunk{Start: time.Now(), Deadline: time.Now().Add(time.Second)}
		got.pacer(ch).run(t.Context(), list)
		if taken != len(got.fired)+1 {
			t.Errorf("took %d arrivals from the list for %d fired", taken, len(got.fired))
		}
	})
}

// breathingClock counts how often the pacer lets others run.
type breathingClock struct {
	timerClock
	breaths int
}

func (c *breathingClock) breathe(s *sleeper) <-chan time.Time {
	c.breaths++
	return c.timerClock.breathe(s)
}

func TestPacerLetsUsersRunWhenItIsBehind(t *testing.T) {
	tests := []struct {
		name          string
		rate          int
		start         time.Duration // from now
		busy          time.Duration // that firing takes
		fired, missed int
		breaths       int // at least
	}{
		{name: "on time", rate: 1000, fired: 1000},
		{name: "90 ms behind", rate: 1000, start: -90 * time.Millisecond, fired: 1000, breaths: 90 / lateBurst / 2},
		// What is missed takes no breath: a list of hours would take hours.
		{name: "a minute behind", rate: 1000, start: -time.Minute, missed: 1000},
		// Two take 2 ms, and then it breathes for half a millisecond: 800 a second, for the 2.5 s of the
		// list and the second after.
		{name: "more than it can do", rate: 2000, busy: time.Millisecond, fired: 2800, missed: 2200, breaths: 1300},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var got paced
				ch := Chunk{Start: time.Now().Add(tt.start)}
				p := got.pacer(ch)
				c := &breathingClock{}
				p.clock = c
				fire := p.fire
				p.fire = func(a Arrival, due time.Time) {
					fire(a, due)
					time.Sleep(tt.busy)
				}
				n := tt.fired + tt.missed
				if !p.run(t.Context(), every(n, float64(tt.rate))) {
					t.Error("did not walk all of the list")
				}
				if len(got.fired)+len(got.missed) != n {
					t.Errorf("fired %d, missed %d, of %d", len(got.fired), len(got.missed), n)
				}
				if diff := len(got.fired) - tt.fired; diff < -n/10 || diff > n/10 {
					t.Errorf("fired %d, want about %d", len(got.fired), tt.fired)
				}
				if c.breaths < tt.breaths || tt.breaths == 0 && c.breaths > 0 {
					t.Errorf("let others run %d times, want at least %d", c.breaths, tt.breaths)
				}
			})
		})
	}
}
