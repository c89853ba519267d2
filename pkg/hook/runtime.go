package hook

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// ScriptRoot is where processors find the files that travel with their script. It stands for the
// folder of the bundle: process.cwd() is the script's own folder in it.
const ScriptRoot = "/salvo/script"

// Options are what a Runtime is made of. Code must be set.
type Options struct {
	// Code is the processor with all that it imports, as package bundle makes it: the body of an
	// async function with the parameters require and publish, which it calls with the processor's
	// namespace. Map is its source map; without one, errors name places in Code.
	Code, Map []byte
	// Files are the files that travel with the script, and Cwd is the script's folder among them.
	Files fs.FS
	Cwd   string
	// Dir is a folder of the file system that the processor may write to; "" for none.
	Dir string
	// Env is process.env.
	Env map[string]string
	// Log takes what the processor prints, and errors that no user can be told of. It is called
	// from any goroutine. Nil drops all.
	Log func(level slog.Level, text string)
	// Client sends the requests of the processor. Nil: there is no network.
	Client Client
	// Seed is where the module draws from while it is loaded, and what belongs to no user later.
	Seed uint64
}

// Runtime is the JavaScript of one worker: the processor's module, its event loop, and the modules of
// Node.js. All its methods may be called by any goroutine; one at a time runs JavaScript.
type Runtime struct {
	options Options
	vm      *goja.Runtime // under mu
	watch   watchdog
	began   time.Time // when it was made

	mu       sync.Mutex
	closed   bool
	now      *origin // whose turn it is; nil while none is taken
	root     *origin // of what belongs to no user
	modules  map[string]*goja.Object
	requires goja.Value                // the function require
	exports  *goja.Object              // the processor's functions
	rejected map[*goja.Promise]*origin // in this turn, and nobody has caught them
	timers   map[int64]*timer          // those that will run
	queue    timerQueue                // the same
	lastID   int64                     // of a timer
	events   *goja.Object              // what hooks call events
	classes  map[string]*goja.Object   // prototypes of objects made by Go, by name
	files    *overlay
	open     map[int]*descriptor      // files that are open, by their numbers
	quit     chan struct{}            // closed by Close
	pending  map[*completion]struct{} // calls that somebody waits for
	partial  [2]strings.Builder       // what was written to stdout and stderr since the last line

	rootRandom *rand.Rand      // of what belongs to no user
	network    context.Context // of all requests; ends with the runtime
	hangUp     context.CancelFunc
}

// origin is where a piece of JavaScript came from: the context that it works for and the hook that
// began it. What it starts has the same.
type origin struct {
	context *Context   // nil for what belongs to no user
	hook    string     // name of the function; "" for the module itself
	stores  goja.Value // what AsyncLocalStorage keeps; nil for nothing
}

// ErrClosed tells that the worker has ended.
var ErrClosed = errors.New("the processor has ended with its worker")

// New loads a processor: it runs the module, and waits until all promises that it awaits are settled,
// ctx ends or loadLimit is over. Errors are those of the module, as *Error, with places in the user's
// own files, or ctx's cause.
func New(ctx context.Context, o Options) (*Runtime, error) {
	r := &Runtime{
		options:  o,
		began:    time.Now(),
		vm:       goja.New(),
		modules:  map[string]*goja.Object{},
		rejected: map[*goja.Promise]*origin{},
		timers:   map[int64]*timer{},
		classes:  map[string]*goja.Object{},
		open:     map[int]*descriptor{},
		quit:     make(chan struct{}),
		pending:  map[*completion]struct{}{},
	}
	r.rootRandom = rand.New(rand.NewPCG(o.Seed, 0))
	r.root = &origin{}
	r.files = &overlay{lower: o.Files, dir: o.Dir, cwd: r.workingDir()}
	r.network, r.hangUp = context.WithCancel(context.Background())
	r.watch.vm, r.watch.limit = r.vm, TurnLimit
	r.vm.SetMaxCallStackSize(maxCalls)
	r.vm.SetRandSource(func() float64 { return r.random().Float64() })
	r.vm.SetAsyncContextTracker(tracker{r})
	r.vm.SetPromiseRejectionTracker(r.onRejection)
	main, err := compileProcessor(o.Code, o.Map)
	if err != nil {
		return nil, err
	}
	r.watch.loading(true)
	if err := r.load(ctx, main); err != nil {
		r.Close()
		return nil, err
	}
	r.watch.loading(false)
	return r, nil
}

// loadLimit is how long a module may take to load, and mainName what its code is called where its map
// does not say better.
const (
	loadLimit = 30 * time.Second
	mainName  = "processor"
)

// compiled keeps the latest processor: the workers of one machine have the same.
var compiled struct {
	sync.Mutex
	code    string
	program *goja.Program
}

// compileProcessor makes an async function of the code. What it is wrapped in has no line of its own,
// so that the lines of its map stay right.
func compileProcessor(code, sourceMap []byte) (*goja.Program, error) {
	compiled.Lock()
	defer compiled.Unlock()
	if compiled.program != nil && compiled.code == string(code) {
		return compiled.program, nil
	}
	text := "(async (require, publish) => {" + string(code) + "\n})"
	option := parser.WithDisableSourceMaps
	if len(sourceMap) > 0 {
		var err error
		if sourceMap, err = columnsFromOne(sourceMap); err != nil {
			return nil, &Error{Message: err.Error()}
		}
		text += "\n//# sourceMappingURL=" + mainName + ".map"
		option = parser.WithSourceMapLoader(func(string) ([]byte, error) { return sourceMap, nil })
	}
	tree, err := parser.ParseFile(nil, mainName, text, 0, option)
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	program, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, &Error{Message: err.Error()}
	}
	compiled.code, compiled.program = string(code), program
	return program, nil
}

// load runs the module.
func (r *Runtime) load(ctx context.Context, main *goja.Program) error {
	done := &completion{position: -1}
	err := r.turn(r.root, func() error {
		r.requires = r.vm.ToValue(r.require)
		if err := r.setUp(); err != nil {
			return err
		}
		v, err := r.vm.RunProgram(main)
		if err != nil {
			return err
		}
		run, _ := goja.AssertFunction(v)
		promise, err := run(goja.Undefined(), r.requires, r.vm.ToValue(r.publish))
		if err != nil {
			return err
		}
		r.follow(promise, done)
		return nil
	})
	if err == nil {
		if _, err = r.await(done, ctx.Done(), loadLimit, "loading the processor"); errors.Is(err, errCut) {
			err = context.Cause(ctx)
		}
	}
	if err == nil && r.exports == nil {
		err = &Error{Message: "the processor was not loaded"}
	}
	return err
}

// publish takes the namespace of the processor: the properties of its default export, and over them
// its named ones.
func (r *Runtime) publish(namespace *goja.Object) {
	r.exports = r.vm.NewObject()
	copyAll := func(from *goja.Object) {
		for _, key := range from.Keys() {
			if key != "default" {
				_ = r.exports.Set(key, from.Get(key))
			}
		}
	}
	if main, ok := namespace.Get("default").(*goja.Object); ok {
		copyAll(main)
	}
	copyAll(namespace)
}

// turn runs f while nobody else runs JavaScript, for an origin. An error of f, also one that
// JavaScript has thrown, comes back as an *Error that holds on to nothing of the runtime.
func (r *Runtime) turn(o *origin, f func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return ErrClosed
	}
	r.now = o
	r.watch.begin()
	err := guarded(f)
	if err != nil {
		err = r.wrap(err, o)
	}
	r.settleRejections()
	r.watch.end()
	r.now = nil
	return err
}

// guarded runs f. A fault of the interpreter is an error of the hook that came upon it: no hook can
// bring the worker down.
func guarded(f func() error) (err error) {
	defer func() {
		if fault := recover(); fault != nil {
			err = &Error{Message: fmt.Sprintf("the JavaScript interpreter failed: %v", fault)}
		}
	}()
	return f()
}

// tracker keeps the origin of what goes on after a promise.
type tracker struct{ r *Runtime }

func (t tracker) Grab() any { return t.r.now }

func (t tracker) Resumed(o any) {
	if o, ok := o.(*origin); ok && o != nil {
		t.r.now = o
	}
}

func (t tracker) Exited() {}

// onRejection keeps the promises that are rejected while nobody waits for them.
func (r *Runtime) onRejection(p *goja.Promise, operation goja.PromiseRejectionOperation) {
	if operation == goja.PromiseRejectionHandle {
		delete(r.rejected, p)
		return
	}
	r.rejected[p] = r.now
}

// settleRejections ends those whose promises nobody has caught by the end of the turn, as Node.js does.
func (r *Runtime) settleRejections() {
	for p, o := range r.rejected {
		r.uncaught(o, r.thrown(p.Result(), nil, o))
	}
	clear(r.rejected)
}

// uncaught tells of an error that nobody has caught: it is the user's, or the log's when the user has
// ended or there never was one.
func (r *Runtime) uncaught(o *origin, err *Error) {
	if o != nil && o.context != nil && o.context.fail(err) {
		return
	}
	r.log(slog.LevelError, fmt.Sprintf("an error that nobody caught: %s", err.Trace()))
}

func (r *Runtime) log(level slog.Level, text string) {
	if r.options.Log != nil {
		r.options.Log(level, text)
	}
}

// Close ends the runtime: timers that wait never run, and calls that wait return ErrClosed.
func (r *Runtime) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return
	}
	r.closed = true
	close(r.quit)
	r.hangUp()
	r.flush()
	r.closeFiles()
	for _, t := range r.timers {
		t.timer.Stop()
	}
	clear(r.timers)
	r.queue = nil
	for c := range r.pending {
		r.settle(c, nil, ErrClosed)
	}
	r.watch.stop()
}

var asyncFunction = regexp.MustCompile(`^async\b`)

// Function finds a function of the processor by its name. It is looked up once for a run.
func (r *Runtime) Function(name string) (*Function, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	v := r.exports.Get(name)
	call, ok := goja.AssertFunction(v)
	if !ok {
		return nil, false
	}
	o := v.(*goja.Object)
	f := &Function{name: name, call: call, params: int(o.Get("length").ToInteger())}
	// The text of a function tells more than its constructor, which for a method is Function.
	f.async = asyncFunction.MatchString(o.String())
	return f, true
}

// Names are the names of the processor's functions.
func (r *Runtime) Names() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var names []string
	for _, key := range r.exports.Keys() {
		if _, ok := goja.AssertFunction(r.exports.Get(key)); ok {
			names = append(names, key)
		}
	}
	return names
}
