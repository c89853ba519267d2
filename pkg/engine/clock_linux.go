package engine

import (
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A wake-up that comes spareAfter late tells that the runtime has not looked at the descriptor. Then
// a timer is set beside it for the time of spareFor. It is not always set: on an idle machine it
// would double the wake-ups, to no use.
const (
	spareAfter = time.Millisecond
	spareFor   = time.Second
)

// wakeGap is the least time between two wake-ups of an alarmClock. It bounds what waking costs at
// 4,000 wake-ups a second, however many sleepers there are, for at most that much lateness.
const wakeGap = 250 * time.Microsecond

// alarmClock wakes sleepers by a timerfd, within a small part of a millisecond. Its goroutine waits
// for the descriptor in the runtime's poller, so it holds neither a thread nor a processor while it
// waits, which a thread in clock_nanosleep would. While its processors have nothing but work, the
// runtime looks at descriptors every 10 ms only, but at its timers all the time: then a timer helps.
//
// BenchmarkClock on an idle virtual machine with two processors: arrivals are 0.05 ms late in the
// median and less than 0.4 ms in 99 of 100, for 4 % of a processor at 500 arrivals a second and 16 %
// at 2,000. With timers it is 0.6 ms and 1.1 ms for 3 to 4 %.
type alarmClock struct {
	epoch time.Time
	file  *os.File
	fd    int
	spare *time.Timer
	quit  chan struct{}
	ended sync.WaitGroup

	mu    sync.Mutex
	queue []*sleeper    // a heap by at
	armed time.Duration // what the descriptor is set to; 0 when it is not
	last  time.Duration // the last wake-up
	help  time.Duration // until when the spare timer is set, too
}

// newClock returns the clock for a run: an alarmClock, or a timerClock where that cannot be had or
// where time is not the system's, as in a testing/synctest bubble.
func newClock() clock {
	before := time.Now()
	fd, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return timerClock{}
	}
	file := os.NewFile(uintptr(fd), "timerfd")
	if time.Since(before) == 0 {
		// Not even a system call makes this time pass: only timers move it.
		file.Close()
		return timerClock{}
	}
	c := &alarmClock{epoch: before, file: file, fd: fd, spare: time.NewTimer(time.Hour), quit: make(chan struct{})}
	c.ended.Go(c.readDescriptor)
	c.ended.Go(c.waitForSpare)
	return c
}

func (c *alarmClock) start(s *sleeper, d time.Duration) <-chan time.Time {
	if s.ring == nil {
		s.ring = make(chan time.Time, 1)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.at = time.Since(c.epoch) + d
	c.queue = append(c.queue, s)
	s.place = len(c.queue)
	c.up(s.place - 1)
	c.arm()
	return s.ring
}

func (c *alarmClock) cancel(s *sleeper) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if s.place > 0 {
		c.remove(s.place - 1)
		return
	}
	select {
	case <-s.ring:
	default:
	}
}

func (c *alarmClock) close() {
	c.mu.Lock()
	c.fd = -1
	c.mu.Unlock()
	c.file.Close()
	close(c.quit)
	c.ended.Wait()
	c.spare.Stop()
}

// arm sets the descriptor to the first of the queue, if it is not already. c.mu is held.
func (c *alarmClock) arm() {
	if len(c.queue) == 0 || c.fd < 0 {
		return
	}
	at := max(c.queue[0].at, c.last+wakeGap)
	if c.armed != 0 && c.armed <= at {
		return
	}
	c.armed = at
	now := time.Since(c.epoch)
	wait := max(at-now, 1)
	spec := unix.ItimerSpec{Value: unix.NsecToTimespec(int64(wait))}
	// It can fail only for a descriptor or a time that is none.
	_ = unix.TimerfdSettime(c.fd, 0, &spec, nil)
	if now < c.help {
		c.spare.Reset(wait)
	}
}

// readDescriptor ends when the descriptor is closed.
func (c *alarmClock) readDescriptor() {
	var expirations [8]byte
	for {
		if _, err := c.file.Read(expirations[:]); err != nil {
			return
		}
		c.ring()
	}
}

func (c *alarmClock) waitForSpare() {
	for {
		select {
		case <-c.spare.C:
			c.ring()
		case <-c.quit:
			return
		}
	}
}

// ring wakes all whose time has come.
func (c *alarmClock) ring() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Since(c.epoch)
	c.armed, c.last = 0, now
	if len(c.queue) > 0 && now-c.queue[0].at > spareAfter {
		c.help = now + spareFor
	}
	for len(c.queue) > 0 && c.queue[0].at <= now {
		s := c.queue[0]
		c.remove(0)
		s.ring <- time.Time{} // never blocks: one wake-up for one start
	}
	c.arm()
}

func (c *alarmClock) remove(i int) {
	last := len(c.queue) - 1
	c.queue[i].place = 0
	if i != last {
		c.queue[i] = c.queue[last]
		c.queue[i].place = i + 1
	}
	c.queue[last] = nil
	c.queue = c.queue[:last]
	if i < last {
		c.up(i)
		c.down(i)
	}
}

func (c *alarmClock) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if c.queue[parent].at <= c.queue[i].at {
			return
		}
		c.swap(i, parent)
		i = parent
	}
}

func (c *alarmClock) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(c.queue) {
			return
		}
		if child+1 < len(c.queue) && c.queue[child+1].at < c.queue[child].at {
			child++
		}
		if c.queue[i].at <= c.queue[child].at {
			return
		}
		c.swap(i, child)
		i = child
	}
}

func (c *alarmClock) swap(i, j int) {
	c.queue[i], c.queue[j] = c.queue[j], c.queue[i]
	c.queue[i].place, c.queue[j].place = i+1, j+1
}
