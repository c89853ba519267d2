package hook

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/dop251/goja"

	"salvo/pkg/template"
)

// testUser is a user with variables and nothing else.
type testUser struct {
	mu      sync.Mutex
	names   []string
	vars    map[string]any
	metrics []Metric
}

func newTestUser(vars ...any) *testUser {
	u := &testUser{vars: map[string]any{}}
	for i := 0; i < len(vars); i += 2 {
		u.Set(vars[i].(string), vars[i+1])
	}
	return u
}

func (u *testUser) Get(name string) (any, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	v, ok := u.vars[name]
	return v, ok
}

func (u *testUser) Set(name string, v any) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if _, ok := u.vars[name]; !ok {
		u.names = append(u.names, name)
	}
	u.vars[name] = v
}

func (u *testUser) Delete(name string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.vars, name)
	u.names = slices.DeleteFunc(u.names, func(n string) bool { return n == name })
}

func (u *testUser) Names() []string { return slices.Clone(u.names) }

func (u *testUser) Emit(m Metric) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.metrics = append(u.metrics, m)
}

// value is a variable as templates see it, as JSON.
func (u *testUser) value(name string) string {
	v, ok := u.Get(name)
	if !ok {
		return "none"
	}
	if ref, isRef := v.(*Ref); isRef {
		v = ref.Value()
	}
	if v == template.Undefined {
		return "undefined"
	}
	return string(template.AppendJSON(nil, v))
}

// logged keeps what a runtime logs.
type logged struct {
	mu    sync.Mutex
	lines []string
}

func (l *logged) add(level slog.Level, text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, fmt.Sprintf("%s %s", level, text))
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Join(l.lines, "\n")
}

// module makes a runtime of a CommonJS module.
func module(t testing.TB, code string) (*Runtime, *logged) {
	t.Helper()
	log := &logged{}
	r, err := New(t.Context(), Options{Code: commonJS(code), Log: log.add})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r, log
}

func commonJS(code string) []byte {
	return []byte("const module = {exports: {}}; let exports = module.exports;" + code + "\n;publish(module.exports)")
}

func function(t testing.TB, r *Runtime, name string) *Function {
	t.Helper()
	f, ok := r.Function(name)
	if !ok {
		t.Fatalf("no function %s", name)
	}
	return f
}

// step are the arguments of a function step.
func step(c *Context) Values {
	return func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object(), c.Events()} }
}

func TestCallingConventions(t *testing.T) {
	const limit = 10 * time.Second
	tests := []struct {
		name, code string
		err        string        // key of the error
		vars       string        // the variable v after it
		took       time.Duration // of fake time
	}{
		{name: "callback at once", code: `(context, events, next) => { context.vars.v = 1; next() }`, vars: "1"},
		{name: "callback later", code: `(context, events, next) => { setTimeout(() => { context.vars.v = 1; next() }, 50) }`, vars: "1", took: 50 * time.Millisecond},
		{name: "callback twice", code: `(context, events, next) => { context.vars.v = 1; next(); next(new Error("late")) }`, vars: "1"},
		{name: "callback with an error", code: `(context, events, next) => next(new Error("boom"))`, err: "boom"},
		{name: "callback with a code", code: `(context, events, next) => next(Object.assign(new Error("boom"), {code: "ECODE"}))`, err: "ECODE"},
		{name: "callback with a text", code: `(context, events, next) => next("just text")`, err: "just text"},
		{name: "callback with an object", code: `(context, events, next) => next({message: "m"})`, err: "m"},
		{name: "callback with null", code: `(context, events, next) => next(null)`},
		{name: "callback with undefined and more", code: `(context, events, next) => next(undefined, 5)`},
		{name: "thrown", code: `(context, events, next) => { throw new Error("thrown") }`, err: "thrown"},
		{name: "thrown text", code: `(context, events, next) => { throw "thrown" }`, err: "thrown"},
		{name: "thrown null", code: `(context, events, next) => { throw null }`, err: "null"},
		{name: "async", code: `async (context) => { context.vars.v = 1 }`, vars: "1"},
		{name: "async with waiting", code: `async (context) => { await new Promise(go => setTimeout(go, 20)); context.vars.v = 1 }`, vars: "1", took: 20 * time.Millisecond},
		{name: "async that throws", code: `async () => { throw new Error("athrown") }`, err: "athrown"},
		{name: "async that throws later", code: `async () => { await new Promise(go => setTimeout(go, 20)); throw new TypeError("later") }`, err: "later", took: 20 * time.Millisecond},
		{name: "async that calls next", code: `async (context, events, next) => { context.vars.v = 1; next() }`, vars: "1"},
		{name: "async that calls next if there is one", code: `async (context, events, next) => { context.vars.v = 1; next?.() }`, vars: "1"},
		{name: "async that calls next with an error", code: `async (context, events, next) => next(new Error("boom"))`, err: "boom"},
		{name: "async that goes on after next", code: `async (context, events, next) => { next(); await new Promise(go => setTimeout(go, 1000)); context.vars.v = 1 }`},
		{name: "async without next", code: `async (context, events, next) => { if (context) return; next() }`},
		{name: "returns a promise and takes no callback", code: `(context) => new Promise(go => setTimeout(() => { context.vars.v = 1; go() }, 20))`, vars: "1", took: 20 * time.Millisecond},
		{name: "returns a promise that is rejected and takes a callback", code: `(context, events, next) => Promise.reject(new Error("rejected"))`, err: "rejected"},
		{name: "thenable", code: `(context) => ({then(go) { context.vars.v = 1; go() }})`, vars: "1"},
		{name: "class method", code: `new (class { async f(context) { context.vars.v = 1 } })().f`, vars: "1"},
		{name: "async method", code: `({async f(context, events, next) { context.vars.v = 1 }}).f`, vars: "1"},
		{name: "a fault of the interpreter", code: `() => (function () { return (() => arguments[0])() })(1)`, err: "the JavaScript interpreter failed"},
		{name: "never", code: `(context, events, next) => {}`, err: "f was not done within 10s: it called no next and settled no promise", took: limit},
		{name: "never, by promise", code: `() => new Promise(() => {})`, err: "f was not done within 10s: it called no next and settled no promise", took: limit},
		{name: "thrown in a timer while it waits", code: `(context, events, next) => { setTimeout(() => { throw new Error("in a timer") }, 10) }`, err: "in a timer", took: 10 * time.Millisecond},
		{name: "rejected and not awaited", code: `(context, events, next) => { Promise.reject(new Error("nobody")); setTimeout(next, 10) }`, err: "nobody"},
		{name: "rejected and not awaited, and done", code: `(context, events, next) => { Promise.reject(new Error("nobody")); next() }`, err: "nobody"},
		{name: "rejected and not awaited while it waits", code: `(context, events, next) => { setTimeout(() => { Promise.reject(new Error("nobody")) }, 10) }`, err: "nobody", took: 10 * time.Millisecond},
		{name: "rejected and caught", code: `(context, events, next) => { const p = Promise.reject(new Error("caught")); p.catch(() => { context.vars.v = 1; next() }) }`, vars: "1"},
		{name: "interval", code: `(context, events, next) => { let n = 0; const t = setInterval(() => { if (++n === 3) { clearInterval(t); context.vars.v = n; next() } }, 10) }`, vars: "3", took: 30 * time.Millisecond},
		{name: "cleared timer", code: `(context, events, next) => { clearTimeout(setTimeout(() => next(new Error("no")), 5)); setTimeout(next, 10) }`, took: 10 * time.Millisecond},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, err := New(t.Context(), Options{Code: commonJS("exports.f = " + test.code)})
				if err != nil {
					t.Fatal(err)
				}
				defer r.Close()
				u := newTestUser()
				c := r.NewContext(u, Identity{})
				began := time.Now()
				err = c.Call(t.Context(), function(t, r, "f"), limit, step(c), nil)
				if took := time.Since(began); took != test.took {
					t.Errorf("took %v, want %v", took, test.took)
				}
				key := ""
				var e *Error
				if errors.As(err, &e) {
					key = e.Key()
					if e.Hook != "f" {
						t.Errorf("the error is of %q", e.Hook)
					}
				} else if err != nil {
					t.Errorf("the error is a %T: %v", err, err)
				}
				if key != test.err && !(strings.HasPrefix(test.err, "the JavaScript") && strings.HasPrefix(key, test.err)) {
					t.Errorf("error %q, want %q", key, test.err)
				}
				if got := u.value("v"); got != cmpOr(test.vars, "none") {
					t.Errorf("v = %s, want %s", got, test.vars)
				}
				c.End()
			})
		})
	}
}

func cmpOr(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

func TestAnswers(t *testing.T) {
	r, _ := module(t, `
		exports.callback = (context, next) => next(context.vars.n < 3)
		exports.async = async (context) => context.vars.n < 3
		exports.promise = (context) => Promise.resolve(context.vars.n < 3)
		exports.test = (vars) => vars.n < 3`)
	for _, n := range []float64{2, 3} {
		c := r.NewContext(newTestUser("n", n), Identity{})
		object := func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object()} }
		for _, name := range []string{"callback", "async", "promise"} {
			got, err := c.Ask(t.Context(), function(t, r, name), time.Second, object)
			if err != nil || got != (n < 3) {
				t.Errorf("%s with %v: %v, %v", name, n, got, err)
			}
		}
		got, err := c.Test(function(t, r, "test"), func(*goja.Runtime) []goja.Value { return []goja.Value{c.Vars()} })
		if err != nil || got != (n < 3) {
			t.Errorf("test with %v: %v, %v", n, got, err)
		}
	}
}

func TestVariables(t *testing.T) {
	tests := []struct {
		name, code string // of an async step
		want       map[string]string
	}{
		{"kinds", `v.a = 1.5; v.b = "x"; v.c = true; v.d = null; v.e = undefined; v.f = {x: [1]}`,
			map[string]string{"a": "1.5", "b": `"x"`, "c": "true", "d": "null", "e": "undefined", "f": `{"x":[1]}`}},
		{"what is there", `v.a = v.n + 1; v.b = v.list.length; v.c = v.missing === undefined; v.d = "n" in v; v.e = "missing" in v`,
			map[string]string{"a": "6", "b": "2", "c": "true", "d": "true", "e": "false"}},
		{"changing an object", `v.o.a.b = 2; v.list.push(3)`, map[string]string{"o": `{"a":{"b":2}}`, "list": "[1,2,3]"}},
		{"identity", `v.same = v.o === v.o; v.f = () => 1; v.called = v.f()`, map[string]string{"same": "true", "f": "undefined", "called": "1"}},
		{"delete", `delete v.n; v.a = "n" in v`, map[string]string{"n": "none", "a": "false"}},
		{"all of them", `v.keys = Object.keys(v).join(); v.json = JSON.stringify({...v})`,
			map[string]string{"keys": `"n,list,o"`, "json": `"{\"n\":5,\"list\":[1,2],\"o\":{\"a\":{\"b\":1}},\"keys\":\"n,list,o\"}"`}},
		{"as a whole", `context.vars = {n: 6, x: 7}; v.same = v === context.vars`, map[string]string{"n": "6", "x": "7", "same": "true", "list": "[1,2]"}},
		{"a date and a class", `v.d = new Date(0); v.e = new (class A { constructor() { this.x = 1 } })()`,
			map[string]string{"d": `"1970-01-01T00:00:00.000Z"`, "e": `{"x":1}`}},
		{"an object that holds itself", `v.o.self = v.o`, map[string]string{"o": "undefined"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, _ := module(t, "exports.f = async (context) => { const v = context.vars; "+test.code+" }")
			u := newTestUser("n", 5.0, "list", []any{1.0, 2.0}, "o", parse(t, `{"a":{"b":1}}`))
			c := r.NewContext(u, Identity{})
			if err := c.Call(t.Context(), function(t, r, "f"), 0, step(c), nil); err != nil {
				t.Fatal(err)
			}
			for name, want := range test.want {
				if got := u.value(name); got != want {
					t.Errorf("%s = %s, want %s", name, got, want)
				}
			}
		})
	}
}

func TestVariablesKeepTheirIdentity(t *testing.T) {
	r, _ := module(t, `
		class Socket { constructor() { this.sent = 0 } send() { return ++this.sent } }
		exports.open = async (context) => { context.vars.socket = new Socket() }
		exports.send = async (context) => { context.vars.sent = context.vars.socket.send() }`)
	u := newTestUser()
	c := r.NewContext(u, Identity{})
	for _, name := range []string{"open", "send", "send"} {
		if err := c.Call(t.Context(), function(t, r, name), 0, step(c), nil); err != nil {
			t.Fatal(err)
		}
	}
	if u.value("sent") != "2" || u.value("socket") != `{"sent":2}` {
		t.Errorf("sent = %s, socket = %s", u.value("sent"), u.value("socket"))
	}
}

func TestUsersShareTheModule(t *testing.T) {
	r, _ := module(t, `let count = 0; exports.f = async (context) => { context.vars.n = ++count }`)
	f := function(t, r, "f")
	const users = 50
	var wg sync.WaitGroup
	seen := make([]string, users)
	for i := range users {
		wg.Go(func() {
			u := newTestUser()
			c := r.NewContext(u, Identity{})
			if err := c.Call(t.Context(), f, 0, step(c), nil); err != nil {
				t.Error(err)
			}
			seen[i] = u.value("n")
		})
	}
	wg.Wait()
	slices.Sort(seen)
	if n := len(slices.Compact(seen)); n != users {
		t.Errorf("%d users counted to %d different numbers", users, n)
	}
}

func TestWhatHooksLeaveBehindBelongsToTheirUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &logged{}
		r, err := New(t.Context(), Options{Log: log.add, Code: commonJS(`
			exports.leave = async (context, events) => {
				setTimeout(async () => { await null; events.emit("counter", "late", 2); throw new Error("left " + context._uid) }, 100)
			}
			exports.next = async () => {}`)})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		users := []*testUser{newTestUser(), newTestUser(), newTestUser()}
		var contexts []*Context
		for i, u := range users {
			c := r.NewContext(u, Identity{ID: fmt.Sprint("user", i)})
			contexts = append(contexts, c)
			if err := c.Call(t.Context(), function(t, r, "leave"), 0, step(c), nil); err != nil {
				t.Fatal(err)
			}
		}
		contexts[2].End()
		time.Sleep(200 * time.Millisecond)
		synctest.Wait()
		for i, u := range users {
			if len(u.metrics) != 1 || u.metrics[0] != (Metric{EmitCounter, "late", 2}) {
				t.Errorf("user %d has %v", i, u.metrics)
			}
			err := contexts[i].Call(t.Context(), function(t, r, "next"), 0, step(contexts[i]), nil)
			var e *Error
			if i == 2 {
				if err != nil {
					t.Errorf("a user that has ended fails: %v", err)
				}
			} else if !errors.As(err, &e) || e.Message != fmt.Sprint("left user", i) || e.Hook != "leave" {
				t.Errorf("user %d: %v", i, err)
			}
		}
		if got := log.String(); !strings.Contains(got, "left user2") || strings.Contains(got, "left user0") {
			t.Errorf("logged %s", got)
		}
	})
}

func TestMetrics(t *testing.T) {
	r, log := module(t, `exports.f = async (context, events) => {
		events.emit("counter", "c", 2); events.emit("counter", "one"); events.emit("counter", "less", -3)
		events.emit("histogram", "h", 1.5); events.emit("summary", "s", 2)
		events.emit("rate", "r"); events.emit("customStat", {stat: "cs", value: 3})
		events.emit("error", "text"); events.emit("error", new Error("message")); events.emit("error", {code: "CODE"})
		events.emit("started"); events.emit("counter"); events.emit("counter", "nan", "x")
	}
	setTimeout(() => { throw new Error("of nobody") }, 1)`)
	u := newTestUser()
	c := r.NewContext(u, Identity{})
	if err := c.Call(t.Context(), function(t, r, "f"), 0, step(c), nil); err != nil {
		t.Fatal(err)
	}
	want := []Metric{
		{EmitCounter, "c", 2}, {EmitCounter, "one", 1}, {EmitCounter, "less", -3},
		{EmitHistogram, "h", 1.5}, {EmitHistogram, "s", 2}, {EmitRate, "r", 1}, {EmitHistogram, "cs", 3},
		{EmitError, "text", 1}, {EmitError, "message", 1}, {EmitError, "CODE", 1},
	}
	if !slices.Equal(u.metrics, want) {
		t.Errorf("emitted %v\nwant    %v", u.metrics, want)
	}
	for !strings.Contains(log.String(), "of nobody") {
		time.Sleep(time.Millisecond) // hangs if the module's own error is told to nobody
	}
}

func TestFunctionsOfTheContext(t *testing.T) {
	r, _ := module(t, `exports.f = async ({funcs, vars, scenario, _uid}) => {
		vars.a = funcs.$randomNumber(3, 3)
		vars.b = funcs.$randomString(4).length
		vars.c = funcs.$template({x: "{{ n }}", "k{{ n }}": ["a{{ o.a }}"]})
		vars.o.a = 2
		vars.d = funcs.$template("{{ o.a }}")
		vars.e = scenario.name + _uid
		vars.r = Math.random()
	}`)
	draw := func(seed uint64) *testUser {
		u := newTestUser("n", 5.0, "o", parse(t, `{"a":1}`))
		c := r.NewContext(u, Identity{ID: "id", Scenario: parse(t, `{"name":"s"}`), Funcs: template.Builtin(), Seed: seed})
		if err := c.Call(t.Context(), function(t, r, "f"), 0, step(c), nil); err != nil {
			t.Fatal(err)
		}
		return u
	}
	u := draw(1)
	for name, want := range map[string]string{"a": "3", "b": "4", "c": `{"x":5,"k5":["a1"]}`, "d": "2", "e": `"sid"`} {
		if got := u.value(name); got != want {
			t.Errorf("%s = %s, want %s", name, got, want)
		}
	}
	if a, b, c := u.value("r"), draw(1).value("r"), draw(2).value("r"); a != b || a == c {
		t.Errorf("Math.random with seeds 1, 1, 2: %s, %s, %s", a, b, c)
	}
}

func TestModules(t *testing.T) {
	tests := []struct {
		name, code string
		names      string // of the functions
		err        string
	}{
		{name: "named and default", code: `publish({default: {a() {}, b() {}}, b() {}, c: async () => {}, n: 1})`, names: "a,b,c"},
		{name: "top-level await", code: `const x = await new Promise(go => setTimeout(go, 5, "x")); publish({[x]() {}})`, names: "x"},
		{name: "throws", code: `throw new Error("at load")`, err: "at load"},
		{name: "rejects", code: `await Promise.reject(new Error("at load"))`, err: "at load"},
		{name: "syntax", code: `}{`, err: "Unexpected token"},
		{name: "no such module", code: `require("nonesuch")`, err: "Cannot find module 'nonesuch'"},
		{name: "module of our own", code: `require("internal/boot")`, err: "Cannot find module"},
		{name: "endless", code: `for (;;) {}`, err: errLoadTooLong.Error()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.name == "endless" && testing.Short() {
				t.Skip("takes 15 s")
			}
			t.Parallel()
			r, err := New(t.Context(), Options{Code: []byte(test.code)})
			if err != nil {
				if test.err == "" || !strings.Contains(err.Error(), test.err) {
					t.Errorf("error %q, want %q", err, test.err)
				}
				return
			}
			defer r.Close()
			if names := strings.Join(r.Names(), ","); names != test.names || test.err != "" {
				t.Errorf("functions %q, want %q, %q", names, test.names, test.err)
			}
		})
	}
}

func TestRunaways(t *testing.T) {
	for name, test := range map[string]struct{ code, err string }{
		"loop":                   {`for (;;) {}`, errTurnTooLong.Error()},
		"loop with a catch":      {`for (;;) { try { for (;;) {} } catch {} }`, errTurnTooLong.Error()},
		"promises without end":   {`for (;;) await null`, errTurnTooLong.Error()},
		"interpreter's fault":    {`(function () { return (() => arguments[0])() })(1)`, "the JavaScript interpreter failed"},
		"calls without end":      {`(function f() { f() })()`, "too many nested calls"},
		"memory without end":     {`const all = []; for (;;) all.push(new Float64Array(1 << 20))`, errTurnTooLarge.Error()},
		"a text without end":     {`let s = "x"; for (;;) s += s + "y"`, "f "},
		"loop in a then":         {`await Promise.resolve().then(() => { for (;;) {} })`, errTurnTooLong.Error()},
		"an error without end":   {`throw {get message() { for (;;) {} }}`, errTurnTooLong.Error()},
		"a rejection likewise":   {`await new Promise((_, no) => no({get message() { for (;;) {} }}))`, errTurnTooLong.Error()},
		"one that nobody caught": {`Promise.reject({get message() { for (;;) {} }}); await new Promise(r => setTimeout(r, 10))`, errTurnTooLong.Error()},
		"a getter without end":   {`context.vars.v = {get x() { for (;;) {} }}; context.vars.w = context.funcs.$template(context.vars.v)`, errTurnTooLong.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := module(t, "exports.f = async (context) => {"+test.code+"}; exports.fine = async (context) => { context.vars.v = 1 }")
			if test.err == errTurnTooLong.Error() {
				r.watch.limit = 200 * time.Millisecond
			}
			c := r.NewContext(newTestUser(), Identity{Funcs: template.Builtin()})
			err := c.Call(t.Context(), function(t, r, "f"), 0, step(c), nil)
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v, want %q", err, test.err)
			}
			u := newTestUser()
			other := r.NewContext(u, Identity{})
			if err := other.Call(t.Context(), function(t, r, "fine"), 0, step(other), nil); err != nil || u.value("v") != "1" {
				t.Errorf("the next user: %v, v = %s", err, u.value("v"))
			}
		})
	}
}

func TestCloseEndsWhatWaits(t *testing.T) {
	r, _ := module(t, `exports.f = (context, events, next) => { setTimeout(next, 3600000) }`)
	c := r.NewContext(newTestUser(), Identity{})
	errs := make(chan error)
	go func() { errs <- c.Call(context.Background(), function(t, r, "f"), 0, step(c), nil) }()
	time.Sleep(10 * time.Millisecond)
	r.Close()
	r.Close()
	if err := <-errs; !errors.Is(err, ErrClosed) {
		t.Errorf("the call that waited: %v", err)
	}
	if err := c.Call(context.Background(), &Function{}, 0, step(c), nil); !errors.Is(err, ErrClosed) {
		t.Errorf("a call after it: %v", err)
	}
}

func TestCallEndsWithItsContext(t *testing.T) {
	r, _ := module(t, `exports.f = (context, events, next) => {}`)
	c := r.NewContext(newTestUser(), Identity{})
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("stopped")
	time.AfterFunc(5*time.Millisecond, func() { cancel(why) })
	if err := c.Call(ctx, function(t, r, "f"), 0, step(c), nil); !errors.Is(err, why) {
		t.Errorf("%v", err)
	}
}

// TestTurnsAtOnce holds that runtimes of one process are not blamed for what the others take.
func TestTurnsAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("takes half a GiB of memory")
	}
	var wg sync.WaitGroup
	for range 3 {
		r, _ := module(t, `exports.f = async () => {
			const all = [];
			for (const began = Date.now(); Date.now() < began + 300 || all.length < 18;) if (all.length < 18) all.push(new Float64Array(1 << 20));
		}`)
		c := r.NewContext(newTestUser(), Identity{})
		wg.Go(func() {
			if err := c.Call(t.Context(), function(t, r, "f"), 0, step(c), nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}
