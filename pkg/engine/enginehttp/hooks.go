package enginehttp

import (
	"context"
	_ "embed"
	"strings"
	"time"

	"github.com/dop251/goja"

	"salvo/pkg/engine"
	"salvo/pkg/hook"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

//go:embed hooks.js
var hooksSource string

// hooksName is what errors call the module.
const hooksName = "salvo:http"

// library is the module of what hooks see of HTTP. It is in the binary: an error is a mistake of ours.
func library(c *hook.Context) *goja.Object {
	o, err := c.Library(hooksName, hooksSource)
	if err != nil {
		panic(err)
	}
	return o
}

// call calls a function of the module.
func call(c *hook.Context, name string, args ...goja.Value) goja.Value {
	f, _ := goja.AssertFunction(library(c).Get(name))
	v, err := f(goja.Undefined(), args...)
	if err != nil {
		panic(err)
	}
	return v
}

// HookKeys implements engine.Scripted.
func (p *protocol) HookKeys() []string {
	return []string{"_enableCookieJar", "_defaultStrictCapture", jarKey}
}

const jarKey = "_jar"

// HookProperty implements engine.Scripted: hooks have the user's cookie jar.
func (p *protocol) HookProperty(c *hook.Context, s engine.Session, key string) goja.Value {
	switch key {
	case "_enableCookieJar":
		return c.VM().ToValue(true)
	case "_defaultStrictCapture":
		return c.VM().ToValue(p.options.HTTP.StrictCapture)
	case jarKey:
		return call(c, "jar", p.nativeJar(c, s.(*session)))
	}
	return nil
}

// HookDone implements engine.Scripted: what was done to the jar's index goes to the jar.
func (p *protocol) HookDone(c *hook.Context) {
	v, _ := c.Made(jarKey)
	jar, ok := v.(*goja.Object)
	if !ok {
		return
	}
	if flush, ok := goja.AssertFunction(jar.Get("flush")); ok {
		if _, err := flush(jar); err != nil {
			panic(err)
		}
	}
}

// scripted tells whether there are hooks.
func (a *action) scripted() bool { return a.before.Any() || a.after.Any() || a.onError.Any() }

// hooked is a request as its hooks see it, while it is done.
type hooked struct {
	context *hook.Context
	req     *hook.Lazy // nil until it is asked for
}

// withHooks does the request with the hooks around it. What hooks take before it is sent is not part
// of its response time.
func (x *exchange) withHooks() error {
	h := &hooked{context: x.user.Hook()}
	began := time.Now()
	if err := x.hooksBefore(h); err != nil {
		return err
	}
	x.prepared = time.Since(began)
	if x.action.fault != nil {
		return stepError(x.action.fault)
	}
	if err := x.chain(); err != nil {
		if x.broken != nil {
			x.hooksOnError(h, x.broken)
		}
		return err
	}
	return x.evaluate(h)
}

// request makes what hooks call req: the step as it is written, with its method, its whole URL and
// headers of its own. It is for turns.
func (h *hooked) request(a *action) *goja.Object {
	if h.req == nil {
		h.req = h.context.NewLazy(a.writtenKeys, func(key string) goja.Value {
			v, ok := a.written.Get(key)
			if !ok {
				return nil
			}
			return h.context.Value(v)
		})
	}
	return h.req.Object()
}

// compileWritten keeps the step's source with what Artillery adds to it, for hooks to see.
func (a *action) compileWritten() {
	o := template.NewObject()
	if s := a.request.Source; s != nil {
		for i := range s.Len() {
			o.Set(s.At(i))
		}
	}
	url := ""
	if a.request.URL != nil {
		url = template.Text(a.request.URL.Source())
	}
	if strings.HasPrefix(url, "/") {
		url = a.base.source + url
	}
	o.Set("url", url)
	o.Set("method", a.method)
	if headers, ok := o.Get("headers"); !ok || headers == template.Undefined || headers == nil {
		o.Set("headers", template.NewObject())
	}
	o.Set("timeout", a.timeout.Seconds())
	a.written = o
	for i := range o.Len() {
		key, _ := o.At(i)
		a.writtenKeys = append(a.writtenKeys, key)
	}
}

// hooksBefore calls the hooks of a request before it is sent, and makes it the request that they leave.
func (x *exchange) hooksBefore(h *hooked) error {
	original := x.action
	if !original.before.Any() {
		return nil
	}
	var changed *script.Request
	var failed error
	call := func(f *hook.Function) error {
		args := func(*goja.Runtime) []goja.Value {
			return []goja.Value{h.request(original), h.context.Object(), h.context.Events()}
		}
		after := func(*goja.Runtime) []goja.Value {
			changed, failed = x.readRequest(h)
			return nil
		}
		return h.context.Call(x.ctx, f, original.protocol.options.Processor.Limit(), args, after)
	}
	if err := original.before.Each(x.user, call); err != nil {
		return err
	}
	if failed != nil {
		return engine.HookError(failed)
	}
	if changed != nil {
		x.action = original.with(changed)
	}
	return nil
}

// hooksAfter calls the hooks of a request after its answer.
func (x *exchange) hooksAfter(h *hooked) error {
	if !x.action.after.Any() {
		return nil
	}
	var req, res *goja.Object
	call := func(f *hook.Function) error {
		args := func(vm *goja.Runtime) []goja.Value {
			if res == nil {
				seen := x.keep()
				req = h.sent(x.action, seen)
				res = h.response(seen, req)
			}
			return []goja.Value{req, res, h.context.Object(), h.context.Events()}
		}
		return h.context.Call(x.ctx, f, x.action.protocol.options.Processor.Limit(), args, nil)
	}
	return x.action.after.Each(x.user, call)
}

// hooksOnError calls the hooks of a scenario for a request that got no answer.
func (x *exchange) hooksOnError(h *hooked, cause error) {
	call := func(f *hook.Function) error {
		args := func(vm *goja.Runtime) []goja.Value {
			e, err := vm.New(vm.Get("Error"), vm.ToValue(cause.Error()))
			if err != nil {
				panic(err)
			}
			_ = e.Set("code", codeOf(cause))
			return []goja.Value{e, h.request(x.action), h.context.Object(), h.context.Events()}
		}
		return h.context.Call(context.WithoutCancel(x.ctx), f, x.action.protocol.options.Processor.Limit(), args, nil)
	}
	_ = x.action.onError.Each(x.user, call) // its own error is of no consequence, as in Artillery
}
