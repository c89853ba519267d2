package enginehttp

import (
	"bytes"
	"cmp"
	"context"
	_ "embed"
	"errors"
	"net/http"
	"slices"
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

// seenCookie is a cookie as the module takes and gives it.
type seenCookie struct {
	Key, Value, Domain, Path   string
	Secure, HTTPOnly, HostOnly bool
	Expires                    int64 // Unix time in seconds; 0 with the user
	Created                    int64 // epoch milliseconds
}

func (c *seenCookie) object(vm *goja.Runtime) *goja.Object {
	o := vm.NewObject()
	for _, f := range []struct {
		name  string
		value any
	}{
		{"key", c.Key}, {"value", c.Value}, {"domain", c.Domain}, {"path", c.Path}, {"secure", c.Secure},
		{"httpOnly", c.HTTPOnly}, {"hostOnly", c.HostOnly}, {"expires", c.Expires}, {"created", c.Created},
	} {
		_ = o.Set(f.name, f.value)
	}
	return o
}

func asSeen(c *cookie, now time.Time) *seenCookie {
	return &seenCookie{
		Key: c.name, Value: c.value, Domain: c.domain, Path: c.path, Secure: c.secure, HTTPOnly: c.httpOnly,
		HostOnly: c.hostOnly, Expires: c.expires, Created: now.UnixMilli(),
	}
}

// nativeJar is what the module's jar does in Go.
func (p *protocol) nativeJar(c *hook.Context, s *session) *goja.Object {
	vm := c.VM()
	list := func(cookies []*seenCookie) goja.Value {
		items := make([]any, len(cookies))
		for i := range cookies {
			items[i] = cookies[i].object(vm)
		}
		return vm.NewArray(items...)
	}
	o := vm.NewObject()
	_ = o.Set("all", func() goja.Value { return list(s.everyCookie(nil, nil)) })
	_ = o.Set("of", func(url string) goja.Value {
		to, err := parseURL(url)
		if err != nil {
			return list(nil)
		}
		return list(s.everyCookie(p.origin(to.key), appendURI(nil, []byte(to.tail))))
	})
	_ = o.Set("set", func(cookie, url string) goja.Value {
		to, err := parseURL(url)
		if err != nil {
			return goja.Undefined()
		}
		at := place{origin: p.origin(to.key), uri: appendURI(nil, []byte(to.tail))}
		if kept := s.put(cookie, at, p.options.HTTP.CookieJar); kept != nil {
			return kept.object(vm)
		}
		return goja.Undefined()
	})
	_ = o.Set("replace", func(cookies []goja.Value) {
		var all []cookie
		for _, v := range cookies {
			if o, ok := v.(*goja.Object); ok {
				text := func(name string) string { return o.Get(name).String() }
				all = append(all, cookie{
					name: text("key"), value: text("value"), domain: text("domain"), path: text("path"),
					secure: o.Get("secure").ToBoolean(), httpOnly: o.Get("httpOnly").ToBoolean(), hostOnly: o.Get("hostOnly").ToBoolean(),
					expires: o.Get("expires").ToInteger(),
				})
			}
		}
		s.replaceCookies(all)
	})
	return o
}

// everyCookie lists the cookies of the jar, in the order in which they came; with an origin those that a request for uri would carry.
func (s *session) everyCookie(o *origin, uri []byte) []*seenCookie {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		return nil
	}
	now := time.Now()
	path, _, _ := bytes.Cut(uri, []byte{'?'})
	var all []*seenCookie
	cookies := s.jar.cookies
	if o == nil {
		cookies = slices.Clone(cookies)
		slices.SortFunc(cookies, func(a, b cookie) int { return cmp.Compare(a.born, b.born) })
	}
	for i := range cookies {
		if c := &cookies[i]; o == nil || c.goesTo(o, path, now) {
			all = append(all, asSeen(c, now))
		}
	}
	return all
}

// put keeps a cookie that a hook sets; nil when it is refused.
func (s *session) put(header string, at place, rules script.CookieJar) *seenCookie {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		s.jar = &jar{rules: rules}
	}
	now := time.Now()
	c, ok := parseCookie(header, now, rules.Loose)
	if !ok || !s.jar.set(header, at.origin, at.uri, now) {
		return nil
	}
	for i := range s.jar.cookies {
		if k := &s.jar.cookies[i]; k.name == c.name && k.value == c.value {
			return asSeen(k, now)
		}
	}
	return asSeen(&c, now) // it was over before it began
}

func (s *session) replaceCookies(all []cookie) {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		s.jar = &jar{}
	}
	s.jar.cookies = s.jar.cookies[:0]
	now := time.Now()
	for _, c := range all {
		s.jar.put(c, now)
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

// readRequest returns the request that hooks have made of the one that is written, nil when they left
// it as it is.
func (x *exchange) readRequest(h *hooked) (*script.Request, error) {
	if h.req == nil {
		return nil, nil
	}
	c := change{exchange: x, now: h, made: *x.action.request}
	c.read()
	if c.err != nil || !c.any {
		return nil, c.err
	}
	return &c.made, nil
}

// change compares the object of a request with what it was.
type change struct {
	exchange *exchange
	now      *hooked
	made     script.Request
	any      bool
	err      error
}

// value returns a member of the object, and whether it is another one than before.
func (c *change) value(name string) (v any, changed bool) {
	was, ok := c.exchange.action.written.Get(name)
	if !ok {
		was = template.Undefined
	}
	js, ok := c.now.req.Made(name)
	if !ok {
		return was, false
	}
	v, err := c.now.context.Read(js)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return was, false
	}
	changed = !same(v, was)
	c.any = c.any || changed
	return v, changed
}

// same tells whether two values are the same in all that they hold.
func same(a, b any) bool {
	switch a := a.(type) {
	case *template.Object:
		b, ok := b.(*template.Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			ka, va := a.At(i)
			kb, vb := b.At(i)
			if ka != kb || !same(va, vb) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case float64:
		f, ok := b.(float64)
		return ok && (a == f || a != a && f != f)
	}
	switch b.(type) {
	case *template.Object, []any:
		return false
	}
	return a == b
}

func (c *change) template(v any) *template.Template {
	t, err := c.exchange.user.Compile(v)
	if err != nil {
		c.err = errors.Join(c.err, err)
	}
	return t
}

// optional is a template of a value that may be taken away.
func (c *change) optional(v any) *template.Template {
	if v == template.Undefined {
		return nil
	}
	return c.template(v)
}

// pairs are the members of an object, nil for anything else.
func (c *change) pairs(v any) []script.Pair {
	o, ok := v.(*template.Object)
	if !ok {
		return nil
	}
	list := make([]script.Pair, 0, o.Len())
	for i := range o.Len() {
		name, value := o.At(i)
		if value != template.Undefined {
			list = append(list, script.Pair{Name: name, Value: c.template(value)})
		}
	}
	return list
}

func (c *change) read() {
	r := &c.made
	url, moved := c.value("url")
	if uri, there := c.value("uri"); there && uri != template.Undefined {
		url, moved = uri, true
	}
	if moved {
		r.URL = c.template(template.Text(url))
	}
	if v, changed := c.value("method"); changed {
		r.Method = strings.ToUpper(template.Text(v))
	}
	if v, changed := c.value("name"); changed {
		r.Name = c.optional(v)
	}
	if v, changed := c.value("headers"); changed {
		r.Headers = c.pairs(v)
	}
	if v, changed := c.value("cookie"); changed {
		r.Cookies = c.pairs(v)
	}
	c.readBody(r)
	if v, changed := c.value("qs"); changed {
		r.QS = c.pairs(v)
	}
	if v, changed := c.value("searchParams"); changed {
		r.QS = append(slices.Clone(r.QS), c.pairs(v)...)
	}
	c.readAuth(r)
	if v, changed := c.value("followRedirect"); changed {
		r.FollowRedirect = v == template.Undefined || template.Truthy(v)
	}
	if v, changed := c.value("gzip"); changed {
		r.Gzip = v == template.Undefined || template.Truthy(v)
	}
	if v, changed := c.value("timeout"); changed {
		if d, err := script.ParseDuration(v); err == nil && d > 0 {
			r.Timeout = d
		}
	}
}

// readBody takes what hooks have made of the body. JSON goes before a text, as in a step.
func (c *change) readBody(r *script.Request) {
	if v, changed := c.value("json"); changed {
		r.JSON = c.optional(v)
	}
	if v, changed := c.value("body"); changed {
		switch v.(type) {
		case *template.Object, []any:
			r.JSON = c.template(v)
		default:
			r.Body = c.optional(v)
		}
	}
	if v, changed := c.value("form"); changed {
		if r.Form = c.pairs(v); r.Form != nil {
			r.JSON, r.Body = nil, nil
		}
	}
	if v, changed := c.value("formData"); changed {
		r.FormData = nil
		for _, pair := range c.pairs(v) {
			r.FormData = append(r.FormData, script.FormPart{Name: pair.Name, Value: pair.Value})
		}
	}
}

func (c *change) readAuth(r *script.Request) {
	if v, changed := c.value("auth"); changed {
		r.Auth = nil
		if o, ok := v.(*template.Object); ok {
			user, _ := o.Get("user")
			pass, _ := o.Get("pass")
			r.Auth = &script.Auth{User: c.template(template.Text(user)), Pass: c.template(template.Text(pass))}
		}
	}
	user, one := c.value("username")
	pass, other := c.value("password")
	if one || other {
		r.Auth = &script.Auth{User: c.template(template.Text(user)), Pass: c.template(template.Text(pass))}
	}
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

// kept is what hooks may look at of an exchange, also when it is over.
type kept struct {
	origin   *origin
	uri      string
	first    string // the URL before redirects
	method   string
	head     string // of the request, as sent
	status   int
	headers  string // of the answer, as they came
	h2       http.Header
	body     string
	took     int64 // microseconds
	sentJSON bool
}

func (x *exchange) keep() *kept {
	head, _, _ := bytes.Cut(x.out, []byte("\r\n\r\n"))
	k := &kept{
		origin: x.at.origin, uri: string(x.at.uri), first: x.first, method: x.method, head: string(head),
		status: x.response.Status, took: x.took,
		body:     strings.ToValidUTF8(string(x.response.Body), "\ufffd"),
		sentJSON: x.action.body == bodyJSON || x.action.request.JSON != nil,
	}
	if x.h2 != nil {
		k.h2 = x.h2.Clone()
	} else {
		k.headers = string(x.headers)
	}
	return k
}

// url is that of the last request of a chain.
func (k *kept) url() string { return k.origin.scheme() + k.origin.authority + k.uri }

// sentHeaders are the headers of the last request, by their names in small letters.
func (k *kept) sentHeaders(vm *goja.Runtime) *goja.Object {
	o := vm.NewObject()
	for name, value := range headerLines(k.head) {
		_ = o.Set(strings.ToLower(name), value)
	}
	return o
}

// received are the headers of the answer.
func (k *kept) received() http.Header {
	if k.h2 != nil {
		return k.h2
	}
	headers := http.Header{}
	for name, value := range headerLines(k.headers) {
		headers.Add(name, value)
	}
	return headers
}

// sent is req in its last form: as it was sent, with what hooks before have made of the rest.
func (h *hooked) sent(a *action, k *kept) *goja.Object {
	vm := h.context.VM()
	before := h.req
	h.req = h.context.NewLazy(a.writtenKeys, func(key string) goja.Value {
		switch key {
		case "url":
			return vm.ToValue(k.first)
		case "method":
			return vm.ToValue(k.method)
		case "headers":
			return k.sentHeaders(vm)
		}
		if before != nil {
			return before.Object().Get(key)
		}
		if v, ok := a.written.Get(key); ok {
			return h.context.Value(v)
		}
		return nil
	})
	if before != nil {
		h.req.List(before.Object().Keys())
	}
	return h.req.Object()
}

var responseKeys = []string{"statusCode", "statusMessage", "httpVersion", "headers", "body", "url", "timings", "request"}

// response is what hooks call res, in the shapes of Artillery 1 and 2 at once.
func (h *hooked) response(k *kept, req *goja.Object) *goja.Object {
	c := h.context
	vm := c.VM()
	return c.NewLazy(responseKeys, func(key string) goja.Value {
		switch key {
		case "statusCode":
			return vm.ToValue(k.status)
		case "statusMessage":
			return vm.ToValue(http.StatusText(k.status))
		case "httpVersion":
			return vm.ToValue("1.1")
		case "url":
			return vm.ToValue(k.url())
		case "headers":
			return headerObject(vm, k.received())
		case "body":
			if !k.sentJSON {
				return vm.ToValue(k.body)
			}
			return call(c, "body", vm.ToValue(k.body))
		case "rawBody":
			return vm.ToValue(k.body)
		case "timings":
			return call(c, "timings", vm.ToValue(float64(k.took)/1000))
		case "request":
			return call(c, "request", vm.ToValue(k.url()), vm.ToValue(k.method), k.sentHeaders(vm))
		case "req":
			return req
		case "toJSON":
			return library(c).Get("toJSON")
		}
		return nil
	}).Object()
}

// headerObject has headers as Node.js gives them: names in small letters, one text each but for
// set-cookie.
func headerObject(vm *goja.Runtime, headers http.Header) *goja.Object {
	o := vm.NewObject()
	for name, values := range headers {
		name = strings.ToLower(name)
		if name == "set-cookie" {
			_ = o.Set(name, values)
			continue
		}
		_ = o.Set(name, strings.Join(values, ", "))
	}
	return o
}

// headerLines are the names and values of a head's lines.
func headerLines(head string) func(yield func(name, value string) bool) {
	return func(yield func(name, value string) bool) {
		for i, line := range strings.Split(head, "\n") {
			name, value, ok := strings.Cut(strings.TrimRight(line, "\r"), ":")
			if i > 0 && ok && !yield(http.CanonicalHeaderKey(name), strings.TrimSpace(value)) {
				return
			}
		}
	}
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
