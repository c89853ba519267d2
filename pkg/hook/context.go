package hook

import (
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync/atomic"

	"github.com/dop251/goja"

	"salvo/pkg/template"
)

// User is a virtual user as its JavaScript sees it. Its methods are called in the context's turns,
// which may be those of another goroutine than the user's.
type User interface {
	// Get finds a variable by its whole name. It may be a *Ref.
	Get(name string) (v any, ok bool)
	// Set keeps a variable. The value is one of package template, or a *Ref.
	Set(name string, v any)
	// Delete forgets a variable that Set has kept.
	Delete(name string)
	// Names are the names of all variables.
	Names() []string
	// Emit takes what a hook gives to events.emit.
	Emit(Metric)
}

// MetricKind tells what becomes of a Metric.
type MetricKind int

// The kinds of metrics: what hooks emit, and what is counted of the requests that they send themselves.
const (
	EmitCounter   MetricKind = iota // adds Value to the counter Name
	EmitHistogram                   // a value of the histogram Name
	EmitRate                        // an event of the rate Name
	EmitError                       // an error that is counted under Name
	SentRequest                     // a request that the processor sends, of HTTP or for a WebSocket
	GotStatus                       // the answer to one; Name is its status
	RequestFailed                   // a request without an answer; Name is the error's code
)

// Metric is what a hook measures.
type Metric struct {
	Kind  MetricKind
	Name  string
	Value float64 // in whatever unit the hook means
}

// Identity is what of a context is the same for all of its hooks.
type Identity struct {
	ID       string         // context._uid
	Scenario any            // context.scenario: a value of package template
	Funcs    template.Funcs // context.funcs
	Seed     uint64         // where Math.random starts

	// More are all properties of the object that hooks call context, as MoreKeys makes the list; nil
	// are those without a protocol's. Property makes one of the protocol's, in a turn; nil for none.
	More     []string
	Property func(key string) goja.Value
	// Done is called in a turn when a function of the context is over without an error: it takes over what
	// the function did to those. Nil does nothing.
	Done func()
}

// MoreKeys are the properties of what hooks call context with those of a protocol.
func MoreKeys(protocol ...string) []string { return append(slices.Clone(contextKeys), protocol...) }

// Context is one virtual user in the runtime. Its methods may be called by any goroutine, but those
// that say that they are for turns.
type Context struct {
	runtime *Runtime
	user    User
	id      Identity
	random  *rand.Rand
	object  *Lazy // what hooks call context; made when it is first asked for
	vars    *goja.Object
	failed  atomic.Pointer[Error] // that nobody caught
	ended   bool
	live    int // timers that are to run and answers that are waited for
}

// NewContext makes the context of a virtual user.
func (r *Runtime) NewContext(u User, id Identity) *Context {
	return &Context{runtime: r, user: u, id: id, random: rand.New(rand.NewPCG(id.Seed, 1))}
}

// End tells that the user has ended: an error of what its hooks have left behind goes to the log.
func (c *Context) End() {
	c.runtime.mu.Lock()
	defer c.runtime.mu.Unlock()
	c.ended = true
}

// Failed is an error that nobody has caught, of something that a hook has begun and not waited for.
func (c *Context) Failed() error {
	if e := c.failed.Load(); e != nil {
		return e
	}
	return nil
}

// fail takes an error that nobody caught: it ends a call that waits, or else the next one. It is false
// when the user has ended. It is called in a turn.
func (c *Context) fail(err *Error) bool {
	if c.ended {
		return false
	}
	c.failed.CompareAndSwap(nil, err)
	for done := range c.runtime.pending {
		if done.context == c {
			c.runtime.settle(done, nil, err)
		}
	}
	return true
}

// hold and release count what goes on for an origin's user. They are called in a turn.
func (o *origin) hold() { o.count(1) }

func (o *origin) release() { o.count(-1) }

func (o *origin) count(n int) {
	if o != nil && o.context != nil {
		o.context.live += n
	}
}

func (c *Context) origin(f *Function) *origin { return &origin{context: c, hook: f.name} }

// contextKeys are the properties of what hooks call context, before those of the protocol.
var contextKeys = []string{"vars", "funcs", "scenario", "_uid", "_successCount"}

// Object is what hooks call context. It is for turns.
func (c *Context) Object() *goja.Object { return c.lazy().Object() }

// Made returns a property of what hooks call context, if it was asked for before. It is for turns.
func (c *Context) Made(key string) (goja.Value, bool) { return c.lazy().Made(key) }

func (c *Context) lazy() *Lazy {
	if c.object == nil {
		keys := contextKeys
		if c.id.More != nil {
			keys = c.id.More
		}
		c.object = c.NewLazy(keys, c.property)
		c.object.taken = c.replace
		c.vars = c.runtime.vm.NewDynamicObject(&variables{c})
	}
	return c.object
}

// replace sets the variables as a whole: those that are named take their new values.
func (c *Context) replace(key string, v goja.Value) bool {
	from, isObject := v.(*goja.Object)
	if key != "vars" || !isObject {
		return key == "vars"
	}
	for _, name := range from.Keys() {
		_ = c.vars.Set(name, from.Get(name))
	}
	return true
}

// property makes a property of the object.
func (c *Context) property(key string) goja.Value {
	vm := c.runtime.vm
	switch key {
	case "vars":
		return c.vars
	case "funcs":
		return c.functions()
	case "scenario":
		return in(vm, c.id.Scenario)
	case "_uid":
		return vm.ToValue(c.id.ID)
	case "_successCount":
		return vm.ToValue(0)
	}
	if c.id.Property != nil {
		return c.id.Property(key)
	}
	return nil
}

// Turn runs f in a turn of the context, and returns what it throws.
func (c *Context) Turn(f func()) error {
	return c.runtime.turn(&origin{context: c}, func() error { return c.runtime.try(f) })
}

// VM is the JavaScript of the worker. It is for turns.
func (c *Context) VM() *goja.Runtime { return c.runtime.vm }

// Library returns what a module of a protocol exports: CommonJS that is run once for each worker. It is
// for turns.
func (c *Context) Library(name, source string) (*goja.Object, error) {
	r := c.runtime
	if m := r.modules[name]; m != nil {
		return m, nil
	}
	program, err := library(name, source)
	if err != nil {
		return nil, err
	}
	v, err := r.vm.RunProgram(program)
	if err != nil {
		return nil, err
	}
	run, _ := goja.AssertFunction(v)
	exports := r.vm.NewObject()
	if _, err := run(goja.Undefined(), exports); err != nil {
		return nil, err
	}
	r.modules[name] = exports
	return exports, nil
}

// Value makes a JavaScript value of one of package template. It is for turns.
func (c *Context) Value(v any) goja.Value { return valueOf(c.runtime.vm, v) }

// Read makes a value of package template of a JavaScript one, as JSON.stringify would. It is for turns.
func (c *Context) Read(v goja.Value) (any, error) { return out(c.runtime.vm, v) }

// Events is what hooks call events, the same for all: what is emitted belongs to the user whose turn
// it is. It is for turns.
func (c *Context) Events() *goja.Object { return c.runtime.events }

// Vars is the object of the context's variables. It is for turns.
func (c *Context) Vars() *goja.Object {
	c.lazy()
	return c.vars
}

// functions are those that templates call, for hooks to call.
func (c *Context) functions() *goja.Object {
	vm := c.runtime.vm
	o := vm.NewObject()
	for name, f := range c.id.Funcs {
		_ = o.Set(name, func(call goja.FunctionCall) goja.Value {
			args := make([]any, len(call.Arguments))
			for i, arg := range call.Arguments {
				args[i] = c.read(arg)
			}
			v, err := f(scope{c}, args)
			if err != nil {
				panic(vm.NewTypeError(err.Error()))
			}
			return valueOf(vm, v)
		})
	}
	_ = o.Set("$template", func(call goja.FunctionCall) goja.Value {
		t, err := template.Compile(c.read(call.Argument(0)), c.id.Funcs)
		if err != nil {
			panic(vm.NewTypeError(err.Error()))
		}
		return valueOf(vm, t.Value(scope{c}))
	})
	return o
}

// CallOwn calls a function that hooks have added to context.funcs. It is false when there is none.
func (c *Context) CallOwn(name string, args []any) (v any, ok bool, err error) {
	v = template.Undefined
	err = c.runtime.turn(&origin{context: c, hook: name}, func() error {
		v, ok, err = c.own(name, args)
		return err
	})
	return v, ok, err
}

// own is CallOwn in a turn.
func (c *Context) own(name string, args []any) (any, bool, error) {
	funcs, isObject := c.Object().Get("funcs").(*goja.Object)
	if !isObject {
		return template.Undefined, false, nil
	}
	call, ok := goja.AssertFunction(funcs.Get(name))
	if !ok {
		return template.Undefined, false, nil
	}
	values := make([]goja.Value, len(args))
	for i, arg := range args {
		values[i] = valueOf(c.runtime.vm, arg)
	}
	v, err := call(funcs, values...)
	if err != nil {
		return template.Undefined, true, err
	}
	made, err := out(c.runtime.vm, v)
	return made, true, err
}

// read makes a value of package template of a JavaScript one; what cannot be one throws.
func (c *Context) read(v goja.Value) any {
	made, err := out(c.runtime.vm, v)
	if reason := limit(err); reason != nil {
		c.runtime.vm.Interrupt(reason) // or the hook could catch it
	}
	if err != nil {
		panic(c.runtime.vm.NewTypeError(err.Error()))
	}
	return made
}

// scope is the user as templates see it that a hook renders, in the hook's own turn.
type scope struct{ c *Context }

func (s scope) Lookup(name string) (any, bool) {
	v, ok := s.c.user.Get(name)
	if ref, isRef := v.(*Ref); isRef {
		return ref.value(), ok
	}
	return v, ok
}

func (s scope) Rand() *rand.Rand { return s.c.random }

// Call implements template.Caller.
func (s scope) Call(name string, args []any) (any, bool, error) { return s.c.own(name, args) }

// setUpEvents makes the object that hooks call events.
func (r *Runtime) setUpEvents() error {
	r.events = r.vm.NewObject()
	return r.events.Set("emit", func(call goja.FunctionCall) goja.Value {
		if r.now == nil || r.now.context == nil {
			r.log(slog.LevelWarn, "events.emit was called for no virtual user: it is not counted")
			return r.vm.ToValue(false)
		}
		m, ok := metric(r.vm, call)
		if ok {
			r.now.context.user.Emit(m)
		}
		return r.vm.ToValue(ok)
	})
}

// metric reads the arguments of events.emit. It is false for what is of no meaning here.
func metric(vm *goja.Runtime, call goja.FunctionCall) (Metric, bool) {
	name, value := call.Argument(1), call.Argument(2)
	m := Metric{Value: 1}
	switch call.Argument(0).String() {
	case "counter":
		m.Kind = EmitCounter
	case "histogram", "summary":
		m.Kind = EmitHistogram
	case "rate":
		m.Kind = EmitRate
		value = goja.Undefined()
	case "error":
		m.Kind = EmitError
		value = goja.Undefined()
		if o, ok := name.(*goja.Object); ok {
			// An Error counts under what it would count under when it was thrown.
			for _, key := range []string{"code", "message"} {
				if v := o.Get(key); v != nil && v.ToBoolean() {
					name = v
					break
				}
			}
		}
	case "customStat":
		m.Kind = EmitHistogram
		o, ok := name.(*goja.Object)
		if !ok {
			return m, false
		}
		name, value = o.Get("stat"), o.Get("value")
	default:
		return m, false
	}
	if name == nil || goja.IsUndefined(name) {
		return m, false
	}
	m.Name = name.String()
	if value != nil && !goja.IsUndefined(value) {
		m.Value = value.ToFloat()
	}
	return m, m.Value == m.Value
}
