package engine

import "time"

// clock wakes sleepers: the pacer before each arrival, users at the end of a think. It is what tests
// replace; the rest of the engine reads time through package time alone.
type clock interface {
	// start arranges one send on the returned channel after d. The sleeper has no other wake-up
	// pending.
	start(s *sleeper, d time.Duration) <-chan time.Time
	// breathe arranges one send on the returned channel when all else that could run has had its
	// turn, or soon after. It is how a pacer that is behind gives the users the processors. The
	// sleeper has no other wake-up pending.
	breathe(s *sleeper) <-chan time.Time
	// cancel takes back a wake-up that was not received. The sleeper can be started again.
	cancel(s *sleeper)
	// close tells that a run needs the clock no more. Its pending wake-ups may or may not be sent.
	close()
}

// sleeper is the state of one goroutine's wake-ups, kept to be used again. The zero value is ready.
// It belongs to one clock for good.
type sleeper struct {
	timer *time.Timer    // of timerClock
	ring  chan time.Time // of alarmClock, from here on
	at    time.Duration  // since the clock's start
	place int            // in the clock's queue, from 1; 0 when not in it, -1 when breathing
}

// timerBreath is how long breathing takes by timers, which cannot tell whether all else had its turn.
const timerBreath = 500 * time.Microsecond

// timerClock is the runtime's timers. On Linux they wake up to a millisecond late: the runtime waits
// in epoll, which counts in milliseconds.
type timerClock struct{}

func (timerClock) start(s *sleeper, d time.Duration) <-chan time.Time {
	if s.timer == nil {
		s.timer = time.NewTimer(d)
	} else {
		s.timer.Reset(d)
	}
	return s.timer.C
}

func (c timerClock) breathe(s *sleeper) <-chan time.Time {
	return c.start(s, timerBreath)
}

func (timerClock) cancel(s *sleeper) {
	s.timer.Stop()
}

func (timerClock) close() {}
