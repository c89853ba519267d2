package hook

import (
	"container/heap"
	"math"
	"time"

	"github.com/dop251/goja"
)

// timer is a function that is to be called later.
type timer struct {
	id     int64
	call   goja.Callable
	args   []goja.Value
	due    time.Time
	every  time.Duration // 0 for once
	origin *origin
	timer  *time.Timer
	place  int // in the queue; -1 while it is not in it
}

// timerQueue are timers in the order in which they are due, those of the same time as they were started.
// It is a heap.
type timerQueue []*timer

func (q timerQueue) Len() int { return len(q) }

func (q timerQueue) Less(i, j int) bool {
	if !q[i].due.Equal(q[j].due) {
		return q[i].due.Before(q[j].due)
	}
	return q[i].id < q[j].id
}

func (q timerQueue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].place, q[j].place = i, j
}

// Push implements heap.Interface.
func (q *timerQueue) Push(t any) {
	t.(*timer).place = len(*q)
	*q = append(*q, t.(*timer))
}

// Pop implements heap.Interface.
func (q *timerQueue) Pop() any {
	last := len(*q) - 1
	t := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	t.place = -1
	return t
}

// longestTimer is the longest time that a timer of Node.js takes; a longer one is over at once.
const longestTimer = math.MaxInt32 * time.Millisecond

// startTimer arranges a call of args[0] after args[1] milliseconds, with the arguments behind them,
// and returns the timer's number. It is what setTimeout and its like are made of.
func (r *Runtime) startTimer(repeat bool, args []goja.Value) int64 {
	call, ok := goja.AssertFunction(argument(args, 0))
	if !ok {
		panic(r.vm.NewTypeError(`The "callback" argument must be of type function.`))
	}
	ms := argument(args, 1).ToFloat()
	wait := time.Millisecond
	if ms >= 1 && ms <= float64(longestTimer/time.Millisecond) {
		wait = time.Duration(ms * float64(time.Millisecond))
	}
	r.lastID++
	t := &timer{id: r.lastID, call: call, due: time.Now().Add(wait), origin: r.now}
	if len(args) > 2 {
		t.args = append(t.args, args[2:]...)
	}
	if repeat {
		t.every = wait
	}
	r.timers[t.id] = t
	heap.Push(&r.queue, t)
	t.origin.hold()
	t.timer = time.AfterFunc(wait, r.runTimer)
	return t.id
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}

// runTimer is a turn of the timer that is due first. It is called once for each timer when that is due:
// who gets the lock first is a matter of chance, whose turn it is then is not.
func (r *Runtime) runTimer() {
	at := r.root
	err := r.turn(at, func() error {
		if len(r.queue) == 0 || r.queue[0].due.After(time.Now()) {
			return nil // it was stopped meanwhile
		}
		t := heap.Pop(&r.queue).(*timer)
		at = t.origin
		r.now = at
		if t.every == 0 {
			delete(r.timers, t.id)
			at.release()
		}
		_, err := t.call(goja.Undefined(), t.args...)
		if t.every > 0 && r.timers[t.id] == t {
			t.due = time.Now().Add(t.every)
			heap.Push(&r.queue, t)
			// Another one, not the same again: what is to come of that may be the turn of another timer.
			t.timer = time.AfterFunc(t.every, r.runTimer)
		}
		if err != nil {
			return r.wrap(err, at)
		}
		return nil
	})
	if e, ok := err.(*Error); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.uncaught(at, e)
	}
}

// stopTimer forgets a timer; one that is not there is fine.
func (r *Runtime) stopTimer(id int64) {
	if t := r.timers[id]; t != nil {
		t.timer.Stop()
		delete(r.timers, id)
		if t.place >= 0 {
			heap.Remove(&r.queue, t.place)
		}
		t.origin.release()
	}
}
