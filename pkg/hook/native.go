package hook

import (
	"errors"
	"math/rand/v2"

	"github.com/dop251/goja"
)

// givenArgs are the arguments that a module in JavaScript, which has checked them, gives to a function in Go.
type givenArgs struct {
	vm   *goja.Runtime
	list []goja.Value
}

func (a givenArgs) has(i int) bool {
	v := argument(a.list, i)
	return !goja.IsUndefined(v) && !goja.IsNull(v)
}

func (a givenArgs) text(i int) string { return argument(a.list, i).String() }
func (a givenArgs) int(i int) int     { return int(argument(a.list, i).ToInteger()) }
func (a givenArgs) truth(i int) bool  { return argument(a.list, i).ToBoolean() }

// bytes are those of an ArrayBuffer or a view of one, not copied, or a string's in UTF-8.
func (a givenArgs) bytes(i int) []byte {
	v := argument(a.list, i)
	if goja.IsString(v) {
		return []byte(v.String())
	}
	b, ok := bytesOf(v)
	if !ok && a.has(i) {
		panic(a.vm.NewTypeError("these are no bytes"))
	}
	return b
}

// kept are bytes that stay as they are when the turn is over.
func (a givenArgs) kept(i int) []byte { return append([]byte(nil), a.bytes(i)...) }

// held is the Go value that an argument holds.
func held[T any](a givenArgs, i int) T {
	v, ok := argument(a.list, i).Export().(T)
	if !ok {
		panic(a.vm.NewTypeError("Illegal invocation"))
	}
	return v
}

// coded is an error that JavaScript is to see as one of Node.js: of a constructor and with a code.
type coded interface {
	error
	JavaScript() (constructor, code, message string)
}

// property is one more property of an Error object.
type property struct {
	name  string
	value any
}

// errorValue makes the Error object of an error in Go.
func (r *Runtime) errorValue(err error) *goja.Object {
	kind, code, message := "Error", "", err.Error()
	var known coded
	if errors.As(err, &known) {
		kind, code, message = known.JavaScript()
	}
	o, fault := r.vm.New(r.vm.Get(kind), r.vm.ToValue(message))
	if fault != nil {
		panic(fault)
	}
	var more interface{ properties() []property }
	if errors.As(err, &more) {
		for _, p := range more.properties() {
			_ = o.Set(p.name, p.value) // of a new object
		}
	}
	if code != "" {
		_ = o.Set("code", code)
	}
	return o
}

// value makes a JavaScript value of what a function in Go returns: bytes become an ArrayBuffer, which has
// them from then on.
func (r *Runtime) value(v any) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Undefined()
	case goja.Value:
		return v
	case []byte:
		return r.vm.ToValue(r.vm.NewArrayBuffer(v))
	}
	return r.vm.ToValue(v)
}

// define gives a module a function in Go. What it returns as an error is thrown.
func (r *Runtime) define(internal *goja.Object, name string, f func(a givenArgs) (any, error)) error {
	return internal.Set(name, func(call goja.FunctionCall) goja.Value {
		v, err := f(givenArgs{r.vm, call.Arguments})
		if err != nil {
			panic(r.errorValue(err))
		}
		return r.value(v)
	})
}

// defineSlow gives a module a function in Go that may take time. It reads its arguments and returns the
// work, which must not touch the runtime. When the last argument is a function, the work is done outside
// of the turn, and its result given to the function: an error, or null and a value.
func (r *Runtime) defineSlow(internal *goja.Object, name string, f func(a givenArgs) func() (any, error)) error {
	return internal.Set(name, func(call goja.FunctionCall) goja.Value {
		work := f(givenArgs{r.vm, call.Arguments})
		done, isCallback := goja.AssertFunction(argument(call.Arguments, len(call.Arguments)-1))
		if !isCallback {
			v, err := work()
			if err != nil {
				panic(r.errorValue(err))
			}
			return r.value(v)
		}
		r.background(func() func() error {
			v, err := work()
			return func() error {
				if err != nil {
					_, err = done(goja.Undefined(), r.errorValue(err))
				} else {
					_, err = done(goja.Undefined(), goja.Null(), r.value(v))
				}
				return err
			}
		})
		return goja.Undefined()
	})
}

// background does work in a goroutine of its own, and what it returns in a turn of the origin that is
// there now. It is called in a turn.
func (r *Runtime) background(work func() (then func() error)) {
	o := r.now
	o.hold()
	go func() {
		then := work()
		r.later(o, func() error {
			o.release()
			return then()
		})
	}()
}

// later takes a turn for an origin that nobody waits for: its error is one that nobody has caught.
func (r *Runtime) later(o *origin, f func() error) {
	err := r.turn(o, func() error {
		var err error
		if thrown := r.try(func() { err = f() }); thrown != nil {
			return thrown
		}
		return err
	})
	if e, ok := err.(*Error); ok {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.uncaught(o, e)
	}
}

// random is where random numbers come from now: the user whose turn it is, or the module.
func (r *Runtime) random() *rand.Rand {
	if r.now != nil && r.now.context != nil {
		return r.now.context.random
	}
	return r.rootRandom
}
