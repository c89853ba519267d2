package hook

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dop251/goja"

	"salvo/pkg/template"
)

// Function is a function of the processor.
type Function struct {
	name   string
	call   goja.Callable
	params int  // that it declares before the first with a default
	async  bool // declared as an async function
}

// Name is the function's name in the processor.
func (f *Function) Name() string { return f.name }

// Values are the arguments of a call, made in its turn.
type Values func(vm *goja.Runtime) []goja.Value

// Call calls a function for the context's user, and returns when it says that it is done:
//
//   - One that takes a callback, next, after its other arguments calls it, with an error if there is
//     one. What it gives next as second argument is the result.
//   - One that is async, or gives back a promise and takes no callback, is done when the promise is
//     settled. If it takes a callback, too, what comes first counts: Artillery 1 waits for the one,
//     Artillery 2 for the other, and this way the same function serves both.
//
// Before is made into the arguments that come before next. After is called in the turn in which the
// call is over, or in one of its own, when there was no error: it reads what the function did to its
// arguments, when the context's Done has been called. Either may be nil.
//
// Errors are an *Error that names the function, or ctx's cause. One that is not done within limit is
// an *Error, too; what it does later has no effect on the call.
func (c *Context) Call(ctx context.Context, f *Function, limit time.Duration, before, after Values) error {
	_, err := c.callback(ctx, f, limit, false, before, after, 1)
	return err
}

// CallStep is Call for a function that may take as long as it likes, as one does that holds a
// connection open: limit counts only from when nothing is left that could go on for the user, no timer
// that is to run and no answer that is waited for.
func (c *Context) CallStep(ctx context.Context, f *Function, limit time.Duration, before Values) error {
	_, err := c.callback(ctx, f, limit, true, before, nil, 1)
	return err
}

// Ask is Call for a function whose callback takes an answer instead of an error, such as that of
// whileTrue. It tells whether the answer, or what the promise was fulfilled with, counts as true.
func (c *Context) Ask(ctx context.Context, f *Function, limit time.Duration, before Values) (bool, error) {
	return c.callback(ctx, f, limit, false, before, nil, 0)
}

// Test calls a function that answers at once, such as that of ifTrue, and tells whether the answer
// counts as true.
func (c *Context) Test(f *Function, before Values) (bool, error) {
	answer := false
	o := c.origin(f)
	err := c.runtime.turn(o, func() error {
		v, err := f.call(goja.Undefined(), before(c.runtime.vm)...)
		if err == nil {
			answer = v.ToBoolean()
		}
		return err
	})
	return answer, err
}

// completion is a call that is under way.
type completion struct {
	context  *Context // nil for the module's loading
	patient  bool     // the limit does not count while something goes on for the context
	position int      // of the result among the arguments of next; -1 without a callback
	over     bool
	truth    bool // of the result
	err      error
	done     chan struct{} // closed when it is over; nil while nobody waits
}

// callback calls f. The result is the argument of next at a position; one before it is an error.
func (c *Context) callback(ctx context.Context, f *Function, limit time.Duration, patient bool, before, after Values, position int) (bool, error) {
	r := c.runtime
	o := c.origin(f)
	done := &completion{context: c, position: position, patient: patient}
	over, truth := false, false
	err := r.turn(o, func() error {
		if e := c.failed.Load(); e != nil {
			return e
		}
		args := make([]goja.Value, 0, 5)
		if before != nil {
			args = append(args, before(r.vm)...)
		}
		takesNext := f.params > len(args)
		if takesNext || !f.async {
			args = append(args, r.vm.ToValue(func(call goja.FunctionCall) goja.Value {
				r.next(done, call.Arguments, o)
				return goja.Undefined()
			}))
		}
		v, err := f.call(goja.Undefined(), args...)
		if err != nil {
			return err
		}
		if f.async || !takesNext || isThenable(v) {
			r.follow(v, done)
		}
		if over = done.over; !over {
			return nil
		}
		truth = done.truth
		if done.err == nil {
			return c.done(after)
		}
		return done.err
	})
	if err == nil {
		err = c.Failed() // a promise that the function has left behind may be rejected already
	}
	if err != nil || over {
		return truth && err == nil, err
	}
	truth, err = r.await(done, ctx.Done(), limit, f.name)
	if errors.Is(err, errCut) {
		return false, context.Cause(ctx)
	}
	if err == nil && (after != nil || c.id.Done != nil) {
		err = r.turn(o, func() error { return c.done(after) })
	}
	return truth, err
}

// done takes over what a function did, which is over without an error. It is called in a turn.
func (c *Context) done(after Values) error {
	return c.runtime.try(func() {
		if c.id.Done != nil {
			c.id.Done()
		}
		if after != nil {
			after(c.runtime.vm)
		}
	})
}

// try runs f, which is Go that uses the runtime, and returns what it throws.
func (r *Runtime) try(f func()) error {
	if thrown := r.vm.Try(f); thrown != nil {
		return thrown
	}
	return nil
}

// next is what a function calls when it is done. A second call has no effect.
func (r *Runtime) next(done *completion, args []goja.Value, o *origin) {
	if done.position > 0 && len(args) > 0 && args[0].ToBoolean() {
		r.settle(done, nil, r.thrown(args[0], nil, o))
		return
	}
	var v goja.Value
	if done.position < len(args) {
		v = args[done.position]
	}
	r.settle(done, v, nil)
}

// settle ends a call, once. It is called in a turn.
func (r *Runtime) settle(done *completion, v goja.Value, err error) {
	if done.over {
		return
	}
	done.over, done.err = true, err
	done.truth = v != nil && v.ToBoolean()
	if done.done != nil {
		close(done.done)
	}
	delete(r.pending, done)
}

func isThenable(v goja.Value) bool {
	o, ok := v.(*goja.Object)
	if !ok {
		return false
	}
	if _, ok := o.Export().(*goja.Promise); ok {
		return true
	}
	_, ok = goja.AssertFunction(o.Get("then"))
	return ok
}

// follow ends a call with a promise, or with anything else that has a method then; what has none does
// not end it.
func (r *Runtime) follow(v goja.Value, done *completion) {
	o, ok := v.(*goja.Object)
	if !ok {
		return
	}
	at := r.now
	if p, ok := o.Export().(*goja.Promise); ok {
		switch p.State() {
		case goja.PromiseStateFulfilled:
			r.settle(done, p.Result(), nil)
			return
		case goja.PromiseStateRejected:
			delete(r.rejected, p)
			r.settle(done, nil, r.thrown(p.Result(), nil, at))
			return
		}
	}
	then, ok := goja.AssertFunction(o.Get("then"))
	if !ok {
		return
	}
	fulfilled := func(v goja.Value) { r.settle(done, v, nil) }
	rejected := func(v goja.Value) { r.settle(done, nil, r.thrown(v, nil, at)) }
	if _, err := then(o, r.vm.ToValue(fulfilled), r.vm.ToValue(rejected)); err != nil {
		r.settle(done, nil, r.wrap(err, at))
	}
}

// errCut tells that the one who waited was told to wait no longer.
var errCut = errors.New("interrupted")

// await waits outside of any turn until a call is over. A limit of 0 is none.
func (r *Runtime) await(done *completion, cut <-chan struct{}, limit time.Duration, name string) (bool, error) {
	r.mu.Lock()
	switch {
	case r.closed && !done.over:
		r.mu.Unlock()
		return false, ErrClosed
	case done.over:
		r.mu.Unlock()
		return done.truth, done.err
	}
	done.done = make(chan struct{})
	r.pending[done] = struct{}{}
	r.mu.Unlock()

	var late <-chan time.Time
	if limit > 0 {
		t := time.NewTicker(limit)
		defer t.Stop()
		late = t.C
	}
	for {
		var err error
		select {
		case <-done.done:
			return done.truth, done.err
		case <-late:
			err = &Error{Message: fmt.Sprintf("%s was not done within %v: it called no next and settled no promise", name, limit), Hook: name}
		case <-cut:
			err = errCut
		}
		if over := r.giveUp(done, err); over {
			return done.truth, done.err
		}
	}
}

// giveUp ends a call whose time is over, unless it is patient and something goes on for its context.
func (r *Runtime) giveUp(done *completion, err error) (over bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !done.over && err != errCut && done.patient && done.context.live > 0 {
		return false
	}
	r.settle(done, nil, err)
	return true
}

// valueOf makes an argument of a value of package template.
func valueOf(vm *goja.Runtime, v any) goja.Value {
	if v == template.Undefined {
		return goja.Undefined()
	}
	return in(vm, v)
}
