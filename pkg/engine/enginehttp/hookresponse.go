package enginehttp

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/dop251/goja"
)

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
