package engine

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"
)

func newAlarmClock(t testing.TB) *alarmClock {
	c, ok := newClock().(*alarmClock)
	if !ok {
		t.Fatal("newClock gave no alarmClock")
	}
	return c
}

func TestAlarmClockNeverWakesEarly(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	var all sync.WaitGroup
	for i := range 50 {
		all.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(i)))
			var s sleeper
			for range 20 {
				d := time.Duration(random.IntN(4000)) * time.Microsecond
				start := time.Now()
				<-c.start(&s, d)
				if took := time.Since(start); took < d {
					t.Errorf("woke after %v of %v", took, d)
				}
			}
		})
	}
	all.Wait()
	if len(c.queue) != 0 {
		t.Errorf("%d sleepers left in the queue", len(c.queue))
	}
}

func TestAlarmClockWakesInOrder(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	sleepers := make([]sleeper, 100)
	waits := rand.New(rand.NewPCG(1, 2)).Perm(len(sleepers))
	rings := make([]<-chan time.Time, len(sleepers))
	for i, w := range waits {
		rings[i] = c.start(&sleepers[i], 50*time.Millisecond+time.Duration(w)*time.Millisecond)
	}
	checkQueue(t, c)
	// A third is taken back from the middle of the queue.
	for i := 0; i < len(sleepers); i += 3 {
		c.cancel(&sleepers[i])
		checkQueue(t, c)
	}
	for i := range sleepers {
		if i%3 != 0 {
			<-rings[i]
		}
	}
	for i := 0; i < len(sleepers); i += 3 {
		select {
		case <-rings[i]:
			t.Errorf("sleeper %d was woken though it was taken back", i)
		default:
		}
	}
}

func checkQueue(t *testing.T, c *alarmClock) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	for i, s := range c.queue {
		if s.place != i+1 {
			t.Errorf("sleeper %d thinks it is at %d", i, s.place-1)
		}
		if i > 0 && c.queue[(i-1)/2].at > s.at {
			t.Errorf("sleeper %d is due before its parent", i)
		}
	}
}

func TestAnInterruptedUserLeavesTheQueue(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	r := newRig(t, flow("think: 3600"), nil)
	ctx, cancel := context.WithCancel(t.Context())
	run := &run{engine: r.Engine, clock: c, ctx: ctx}
	run.users.Go(func() { _ = testSleeper(r.Engine, run).sleep(ctx, time.Hour) })
	for queued := 0; queued == 0; time.Sleep(time.Millisecond) {
		c.mu.Lock()
		queued = len(c.queue)
		c.mu.Unlock()
	}
	cancel()
	run.users.Wait()
	if len(c.queue) != 0 {
		t.Error("it is still in the queue")
	}
}

// testSleeper is a user of a run that has only a clock.
func testSleeper(e *Engine, r *run) *User {
	u := testUser(e, 0)
	u.run = r
	return u
}

func TestAlarmClockCancelAfterTheWakeUp(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	var s sleeper
	c.start(&s, 0)
	time.Sleep(20 * time.Millisecond)
	c.cancel(&s) // the wake-up was sent and never received
	ring := c.start(&s, time.Hour)
	select {
	case <-ring:
		t.Error("woken by the wake-up before")
	case <-time.After(20 * time.Millisecond):
	}
	c.cancel(&s)
	<-c.start(&s, time.Microsecond)
}

func TestAlarmClockAnEarlierSleeper(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	var late, early sleeper
	c.start(&late, time.Hour)
	<-c.start(&early, time.Millisecond) // hangs if the descriptor still waits for the hour
}

func TestAlarmClockHelpsItsDescriptor(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	var s sleeper
	ring := c.start(&s, time.Millisecond)
	c.mu.Lock()
	time.Sleep(10 * time.Millisecond) // as if the runtime did not look at the descriptor
	c.mu.Unlock()
	<-ring

	c.mu.Lock()
	if c.help == 0 {
		t.Fatal("no help was called for")
	}
	c.help = time.Hour // however slow this machine is
	c.mu.Unlock()
	ring = c.start(&s, time.Millisecond)
	if err := unix.TimerfdSettime(c.fd, 0, &unix.ItimerSpec{}, nil); err != nil {
		t.Fatal(err)
	}
	<-ring
}

func TestAlarmClockClosesWithSleepers(t *testing.T) {
	c := newAlarmClock(t)
	var s sleeper
	c.start(&s, time.Hour)
	c.close()
	c.cancel(&s)
}

func TestNewClockInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newClock()
		defer c.close()
		if _, ok := c.(timerClock); !ok {
			t.Errorf("%T where only timers move the time", c)
		}
	})
}

// TestRunInRealTime runs a chunk by the clock of real runs.
func TestRunInRealTime(t *testing.T) {
	r := newRig(t, flow("think: 0.02", "get: {url: /}"), nil)
	start := time.Now().Add(30 * time.Millisecond)
	o := r.runChunk(t, Chunk{Start: start, Arrivals: every(200, 2000)})
	if o.Planned != 200 || o.Completed != o.Created || o.Stopped {
		t.Errorf("outcome %+v", o)
	}
	if took := time.Since(start); took < 119*time.Millisecond && o.Missed == 0 {
		t.Errorf("200 arrivals at 2,000/s and a think of 20 ms took %v", took)
	}
	for _, late := range r.protocol.dues {
		if late < 0 {
			t.Errorf("a request came %v too early", -late)
		}
	}
}

// BenchmarkClock measures how late a pacer is and what part of one processor it takes: with the clock
// of real runs, with the runtime's timers, and with a thread of its own that sleeps in the kernel.
func BenchmarkClock(b *testing.B) {
	clocks := []struct {
		name string
		make func() clock
	}{
		{"alarm", newClock},
		{"timer", func() clock { return timerClock{} }},
		{"nanosleep", func() clock { return nanosleepClock{} }},
	}
	for _, rate := range []float64{100, 500, 2000, 5000} {
		for _, c := range clocks {
			b.Run(fmt.Sprintf("%v/%s", rate, c.name), func(b *testing.B) {
				clock := c.make()
				defer clock.close()
				var lags []time.Duration
				began, used := time.Now(), processorTime()
				for range b.N {
					ch := Chunk{Start: time.Now()}
					p := newPacer(&ch, clock)
					p.miss = func(Arrival, time.Time) {}
					p.fire = func(_ Arrival, due time.Time) { lags = append(lags, time.Since(due)) }
					p.run(context.Background(), every(int(rate), rate))
				}
				used = processorTime() - used
				slices.Sort(lags)
				b.ReportMetric(float64(lags[len(lags)/2].Microseconds()), "p50-µs")
				b.ReportMetric(float64(lags[len(lags)*99/100].Microseconds()), "p99-µs")
				b.ReportMetric(100*used.Seconds()/time.Since(began).Seconds(), "cpu-%")
			})
		}
	}
}

// nanosleepClock holds a thread, and until the runtime takes it away a processor, while it waits.
type nanosleepClock struct{ timerClock }

func (nanosleepClock) start(s *sleeper, d time.Duration) <-chan time.Time {
	if s.ring == nil {
		s.ring = make(chan time.Time, 1)
	}
	spec := syscall.NsecToTimespec(int64(d))
	_ = syscall.Nanosleep(&spec, nil)
	s.ring <- time.Time{}
	return s.ring
}

func processorTime() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func TestAlarmClockBreathing(t *testing.T) {
	c := newAlarmClock(t)
	defer c.close()
	sleepers := make([]sleeper, 5*breathers)
	rings := make([]<-chan time.Time, len(sleepers))
	var asleep sleeper
	c.start(&asleep, time.Hour)
	for i := range sleepers {
		rings[i] = c.breathe(&sleepers[i])
	}
	for i := 0; i < len(sleepers); i += 3 {
		c.cancel(&sleepers[i])
	}
	for i := range sleepers {
		if i%3 != 0 {
			<-rings[i] // hangs if it is forgotten
		}
	}
	for i := 0; i < len(sleepers); i += 3 {
		if len(rings[i]) > 0 {
			t.Errorf("sleeper %d was woken though it was taken back", i)
		}
		<-c.breathe(&sleepers[i])
	}
	c.cancel(&asleep)
	if len(c.breathing)+len(c.queue) != 0 {
		t.Errorf("%d breathe and %d sleep when all were woken", len(c.breathing), len(c.queue))
	}
}

func TestRunsShareAnAlarmClock(t *testing.T) {
	first, second := newAlarmClock(t), newAlarmClock(t)
	if first != second {
		t.Error("each run has a clock of its own")
	}
	first.close()
	var s sleeper
	<-second.start(&s, time.Microsecond) // hangs if the first has ended it for both
	second.close()
	third := newAlarmClock(t)
	defer third.close()
	if third == first {
		t.Error("a clock that was ended is used again")
	}
	<-third.start(&sleeper{}, time.Microsecond)
}
