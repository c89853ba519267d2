package engine

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/dop251/goja"

	"salvo/pkg/hook"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// Processor is the script's JavaScript as steps and protocols call it. Nil has no functions.
type Processor struct {
	runtime *hook.Runtime
	warn    func(text string)
	limit   time.Duration

	mu    sync.RWMutex
	known map[string]*hook.Function // nil for a name that there is not
	told  map[string]bool           // errors whose place the log has
}

// NewProcessor makes the functions of a runtime callable. Those that are not done within limit fail.
// Warn takes the names that are not found, each once; nil drops them.
func NewProcessor(r *hook.Runtime, limit time.Duration, warn func(text string)) *Processor {
	return &Processor{runtime: r, limit: limit, warn: warn, known: map[string]*hook.Function{}, told: map[string]bool{}}
}

// Limit is how long a function may take that is called for a request.
func (p *Processor) Limit() time.Duration { return p.limit }

// Function finds a function by its name; nil when there is none, which is told once.
func (p *Processor) Function(name string) *hook.Function {
	if p == nil || name == "" {
		return nil
	}
	p.mu.RLock()
	f, ok := p.known[name]
	p.mu.RUnlock()
	if ok {
		return f
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if f, ok := p.known[name]; ok {
		return f
	}
	f, ok = p.runtime.Function(name)
	if !ok {
		f = nil
		if p.warn != nil {
			p.warn(fmt.Sprintf("custom function %s could not be found", name))
		}
	}
	if len(p.known) < maxFunctions {
		p.known[name] = f
	}
	return f
}

// optional is Function for a name that may mean something else.
func (p *Processor) optional(name string) *hook.Function {
	if p == nil || name == "" {
		return nil
	}
	f, _ := p.runtime.Function(name)
	return f
}

// maxFunctions bounds the names that are kept: a template can make any number of them.
const maxFunctions = 1000

// Hooks are functions that are called one after the other at one place of the script. The zero value
// has none.
type Hooks struct {
	processor *Processor
	list      []named
}

// named is a function, or the template of the name of one.
type named struct {
	function *hook.Function // nil when it is not there, or not known before
	name     *template.Template
}

// Hooks compiles a list of names.
func (p *Processor) Hooks(names []*template.Template) Hooks {
	if p == nil || len(names) == 0 {
		return Hooks{}
	}
	h := Hooks{processor: p}
	for _, name := range names {
		if v, static := name.Static(); !static {
			h.list = append(h.list, named{name: name})
		} else if f := p.Function(template.Text(v)); f != nil {
			h.list = append(h.list, named{function: f})
		}
	}
	return h
}

// Any tells whether there are hooks at all.
func (h *Hooks) Any() bool { return len(h.list) > 0 }

// Each calls do with each of the functions that there are, until one fails.
func (h *Hooks) Each(u *User, do func(f *hook.Function) error) error {
	for i := range h.list {
		f := h.list[i].function
		if f == nil {
			if f = h.processor.Function(template.Text(h.list[i].name.Value(u))); f == nil {
				continue
			}
		}
		if err := do(f); err != nil {
			return u.hookError(err)
		}
	}
	return nil
}

// maxTold is how many errors are logged with their place: a metric counts how often each came.
const maxTold = 20

// tell logs where an error of a hook came from, once for each.
func (p *Processor) tell(e *hook.Error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	trace := e.Trace()
	if p.warn != nil && len(p.told) < maxTold && !p.told[trace] {
		p.told[trace] = true
		p.warn(trace)
	}
}

// hookError makes a step's error of one that a hook ended with, and tells where it came from.
func (u *User) hookError(err error) error {
	var e *hook.Error
	if errors.As(err, &e) {
		u.run.engine.processor.tell(e)
	}
	return HookError(err)
}

// HookError makes a step's error of one that a hook ended with.
func HookError(err error) error {
	var e *hook.Error
	if errors.As(err, &e) {
		return &StepError{Keys: []string{e.Key()}, Err: err}
	}
	return err
}

// Hook is the user in JavaScript, made when it is first asked for.
func (u *User) Hook() *hook.Context {
	u.share()
	g := u.lane.group
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.hook == nil {
		e := u.run.engine
		id := hook.Identity{
			ID:       g.user.uuid(),
			Scenario: g.user.scenario.source,
			Funcs:    e.funcs,
			Seed:     mix(g.user.key ^ hookSalt),
		}
		if p, ok := e.protocol.(Scripted); ok {
			session := g.user.session
			if session == nil {
				session = e.protocol.Open(g.user)
				g.user.session, u.session = session, session
			}
			session.Share()
			id.More = e.hookKeys
			id.Property = func(key string) goja.Value { return p.HookProperty(g.hook, session, key) }
			id.Done = func() { p.HookDone(g.hook) }
		}
		g.hook = e.processor.runtime.NewContext(scripted{g.user}, id)
	}
	return g.hook
}

// Scripted is a Protocol that has something for hooks.
type Scripted interface {
	Protocol
	// HookKeys are the properties that what hooks call context has of the protocol.
	HookKeys() []string
	// HookProperty makes one of them when it is first asked for, in a turn of the context.
	HookProperty(c *hook.Context, s Session, key string) goja.Value
	// HookDone takes over what a function did to them, when it is over, in a turn of the context.
	HookDone(c *hook.Context)
}

// hookSalt gives JavaScript a stream of random numbers of its own: when a hook draws hangs on answers.
const hookSalt = 0x6a61766173637269

// scripted is a user as JavaScript sees it.
type scripted struct{ u *User }

var _ hook.User = scripted{}

func (s scripted) Get(name string) (any, bool) {
	owner := s.u.enter()
	defer s.u.leave()
	v, ok := owner.lookup(name)
	return v, ok && v != forgotten
}

func (s scripted) Set(name string, v any) { s.u.Set(name, v) }

// Delete hides a variable, also one of the script's.
func (s scripted) Delete(name string) {
	owner := s.u.enter()
	defer s.u.leave()
	if _, ok := owner.run.engine.names[name]; ok {
		owner.set(name, forgotten)
		return
	}
	owner.own = slices.DeleteFunc(owner.own, func(v variable) bool { return v.name == name })
}

// forgotten is the value of a variable of the script that a hook has deleted.
var forgotten = template.Undefined

func (s scripted) Names() []string {
	owner := s.u.enter()
	defer s.u.leave()
	names := slices.Clone(owner.run.engine.sortedNames)
	for i := range owner.own {
		name := owner.own[i].name
		if _, ok := owner.run.engine.names[name]; !ok {
			names = append(names, name)
		}
	}
	return names
}

// Emit records what a hook measures. Values of histograms are kept to thousandths.
func (s scripted) Emit(m hook.Metric) {
	e := s.u.run.engine
	if m.Kind == hook.EmitError {
		c := e.errors.counter(m.Name)
		b := s.u.Begin(time.Now())
		b.Add(c, 1)
		b.End()
		s.u.note(m.Name)
		return
	}
	name := e.secrets.Replace(m.Name)
	switch m.Kind {
	case hook.SentRequest:
		m.Kind, name = hook.EmitCounter, metrics.ProcessorRequests
	case hook.GotStatus:
		m.Kind, name = hook.EmitCounter, metrics.ProcessorCodesPrefix+name
	case hook.RequestFailed:
		m.Kind, name = hook.EmitCounter, metrics.ProcessorErrorsPrefix+name
	}
	thousandths := func() int64 { return int64(min(max(m.Value*1000, -math.MaxInt64/2), math.MaxInt64/2)) }
	b := s.u.Begin
	switch m.Kind {
	case hook.EmitCounter:
		c := e.recorder.Counter(name)
		batch := b(time.Now())
		batch.Add(c, int64(m.Value))
		batch.End()
	case hook.EmitHistogram:
		h := e.recorder.Histogram(name)
		batch := b(time.Now())
		batch.Observe(h, thousandths())
		batch.End()
	case hook.EmitRate:
		r := e.recorder.Rate(name)
		batch := b(time.Now())
		batch.Mark(r)
		batch.End()
	}
}

// functionStep calls functions of the processor.
type functionStep struct {
	hooks   Hooks
	missing string // the name of a function step whose function is not there
}

func (e *Engine) compileFunction(name string) (step, error) {
	f := e.processor.Function(name)
	if f == nil {
		return &functionStep{missing: name}, nil
	}
	return &functionStep{hooks: Hooks{e.processor, []named{{function: f}}}}, nil
}

func (s *functionStep) do(ctx context.Context, u *User) error {
	if s.missing != "" {
		// As in Artillery, the user goes on.
		key := fmt.Sprintf("Undefined function %q", s.missing)
		c := u.run.engine.errors.counter(key)
		b := u.Begin(time.Now())
		b.Add(c, 1)
		b.End()
		u.note(key)
		return nil
	}
	err := s.hooks.Each(u, func(f *hook.Function) error {
		c := u.Hook()
		return c.CallStep(ctx, f, s.hooks.processor.limit, StepArguments(c))
	})
	u.due = time.Now()
	return err
}

// Call implements template.Caller: the functions that the user's hooks have added.
func (u *User) Call(name string, args []any) (any, bool, error) {
	if u.lane == nil {
		return template.Undefined, false, nil
	}
	u.lane.mu.Lock()
	c := u.lane.hook
	u.lane.mu.Unlock()
	if c == nil {
		return template.Undefined, false, nil
	}
	return c.CallOwn(name, args)
}

// Compile makes a template with the functions of the user's script, of what a hook has made.
func (u *User) Compile(v any) (*template.Template, error) {
	return template.Compile(v, u.run.engine.funcs)
}

// StepArguments are the arguments of a function that is called for no request.
func StepArguments(c *hook.Context) hook.Values {
	return func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object(), c.Events()} }
}

// scenarioHooks puts the hooks of a scenario around its steps.
func (e *Engine) scenarioHooks(sc *script.Scenario, steps []step) []step {
	if before := e.processor.Hooks(sc.BeforeScenario); before.Any() {
		steps = slices.Insert(steps, 0, step(&functionStep{hooks: before}))
	}
	if after := e.processor.Hooks(sc.AfterScenario); after.Any() {
		steps = append(steps, &functionStep{hooks: after})
	}
	return steps
}

// test asks a function of the processor about the user's variables.
func (u *User) test(f *hook.Function) (bool, error) {
	c := u.Hook()
	ok, err := c.Test(f, func(*goja.Runtime) []goja.Value { return []goja.Value{c.Vars()} })
	return ok, u.hookError(err)
}

// another asks the function of a loop whether there is another round.
func (s *loopStep) another(ctx context.Context, u *User) (bool, error) {
	c := u.Hook()
	again, err := c.Ask(ctx, s.whileTrue, u.run.engine.processor.limit, func(*goja.Runtime) []goja.Value {
		return []goja.Value{c.Object()}
	})
	return again, u.hookError(err)
}
