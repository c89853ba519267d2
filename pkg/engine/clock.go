package engine

import "time"

// clock wakes sleepers: the pacer before each arrival, users at the end of a think. It is what tests
// replace; the rest of the engine reads time through package time alone.
type clock interface {
	// start arranges one send on the returned channel after d. The sleeper has no other wake-up
	// pending.
	start(s *sleeper, d time.Duration) <-chan time.Time
	// cancel takes back a wake-up that was not received. The sleeper can be started again.
	cancel(s *sleeper)
	// close ends the clock. Pending wake-ups may or may not be sent.
	close()
}

// sleeper is the state of one goroutine's wake-ups, kept to be used again. The zero value is ready.
// It belongs to one clock for good.
type sleeper struct {
	timer *time.Timer    // of timerClock
	ring  chan time.Time // of alarmClock, from here on
	at    time.Duration  // since the clock's start
	place int            // in the clock's queue, from 1; 0 when not in it
}

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

func (timerClock) cancel(s *sleeper) {
	s.timer.Stop()
}

func (timerClock) close() {}
