package hook

import (
	"math"
	"time"

	"github.com/dop251/goja"
)

// timer is a function that is to be called later.
type timer struct {
	id     int64
	call   goja.Callable
	args   []goja.Value
	every  time.Duration // 0 for once
	origin *origin
	timer  *time.Timer
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
	t := &timer{id: r.lastID, call: call, origin: r.now}
	if len(args) > 2 {
		t.args = append(t.args, args[2:]...)
	}
	if repeat {
		t.every = wait
	}
	r.timers[t.id] = t
	t.origin.hold()
	t.timer = time.AfterFunc(wait, func() { r.runTimer(t) })
	return t.id
}

func argument(args []goja.Value, i int) goja.Value {
	if i < len(args) {
		return args[i]
	}
	return goja.Undefined()
}

// runTimer is the turn of a timer.
func (r *Runtime) runTimer(t *timer) {
	r.later(t.origin, func() error {
		if r.timers[t.id] != t {
			return nil // stopped meanwhile
		}
		if t.every == 0 {
			delete(r.timers, t.id)
			t.origin.release()
		}
		_, err := t.call(goja.Undefined(), t.args...)
		if t.every > 0 && r.timers[t.id] == t {
			t.timer.Reset(t.every)
		}
		return err
	})
}

// stopTimer forgets a timer; one that is not there is fine.
func (r *Runtime) stopTimer(id int64) {
	if t := r.timers[id]; t != nil {
		t.timer.Stop()
		delete(r.timers, id)
		t.origin.release()
	}
}
