package hook

import (
	"context"
	"errors"
	"io"
	"strconv"
	"sync"

	"github.com/dop251/goja"
)

// exchange is a request of a processor that is under way. Its methods are for turns.
type exchange struct {
	cancel context.CancelFunc
	body   io.ReadCloser // nil before the head has come
}

// readSize is how much of a body is read at once, in bytes.
const readSize = 64 << 10

var errNoClient = &NetworkError{Code: "ENETUNREACH", Message: "processors have no network here"}

// httpNatives gives the modules of HTTP what they have in Go.
func httpNatives(r *Runtime, internal *goja.Object) error {
	for name, f := range map[string]func(a givenArgs) (any, error){
		"request": func(a givenArgs) (any, error) { return r.startRequest(a), nil },
		"read": func(a givenArgs) (any, error) {
			x := held[*exchange](a, 0)
			done, _ := goja.AssertFunction(argument(a.list, 1))
			r.readBody(x, done)
			return nil, nil
		},
		"abort": func(a givenArgs) (any, error) {
			held[*exchange](a, 0).cancel()
			return nil, nil
		},
	} {
		if err := r.define(internal, name, f); err != nil {
			return err
		}
	}
	return nil
}

// startRequest sends what the first argument says, and gives the second, a function, an error or the head
// of the response.
func (r *Runtime) startRequest(a givenArgs) *exchange {
	o := argument(a.list, 0).ToObject(r.vm)
	done, _ := goja.AssertFunction(argument(a.list, 1))
	request := &Request{
		Method:  o.Get("method").String(),
		URL:     o.Get("url").String(),
		Headers: r.headersOf(o.Get("headers")),
		Chunked: o.Get("chunked").ToBoolean(),
		Close:   o.Get("close").ToBoolean(),
		TLS:     r.tlsOf(o.Get("tls")),
	}
	if body := o.Get("body"); !goja.IsUndefined(body) {
		request.Body = givenArgs{r.vm, []goja.Value{body}}.kept(0)
	}
	ctx, cancel := context.WithCancel(r.network)
	x := &exchange{cancel: cancel}
	r.count(SentRequest, "")
	r.background(func() func() error {
		response, err := r.do(ctx, request)
		return func() error {
			if err != nil {
				cancel()
				r.countFailure(err)
				_, err = done(goja.Undefined(), r.errorValue(err))
				return err
			}
			x.body = response.Body
			r.count(GotStatus, strconv.Itoa(response.Status))
			_, err = done(goja.Undefined(), goja.Null(), r.headOf(response))
			return err
		}
	})
	return x
}

func (r *Runtime) do(ctx context.Context, request *Request) (*Response, error) {
	if r.options.Client == nil {
		return nil, errNoClient
	}
	return r.options.Client.Do(ctx, request)
}

// headOf makes an object of the head of a response.
func (r *Runtime) headOf(response *Response) *goja.Object {
	o := r.vm.NewObject()
	set := func(name string, v any) { _ = o.Set(name, v) }
	set("status", response.Status)
	set("reason", response.Reason)
	set("version", response.Version)
	set("headers", r.flat(response.Headers))
	return o
}

// flat is a list of names and values in turn.
func (r *Runtime) flat(headers []Header) goja.Value {
	items := make([]any, 0, 2*len(headers))
	for _, h := range headers {
		items = append(items, h.Name, h.Value)
	}
	return r.vm.NewArray(items...)
}

// headersOf reads a list of names and values in turn.
func (r *Runtime) headersOf(v goja.Value) []Header {
	o := v.ToObject(r.vm)
	n := int(o.Get("length").ToInteger())
	headers := make([]Header, 0, n/2)
	for i := 0; i+1 < n; i += 2 {
		headers = append(headers, Header{o.Get(strconv.Itoa(i)).String(), o.Get(strconv.Itoa(i + 1)).String()})
	}
	return headers
}

func (r *Runtime) tlsOf(v goja.Value) TLS {
	o, ok := v.(*goja.Object)
	if !ok {
		return TLS{}
	}
	text := func(name string) string {
		if v := o.Get(name); v != nil && !goja.IsUndefined(v) {
			return v.String()
		}
		return ""
	}
	t := TLS{ServerName: text("servername"), CA: text("ca"), Cert: text("cert"), Key: text("key"), Passphrase: text("passphrase")}
	if v := o.Get("reject"); v != nil && !goja.IsUndefined(v) {
		reject := v.ToBoolean()
		t.Reject = &reject
	}
	return t
}

// buffers are what bodies are read into.
var buffers = sync.Pool{New: func() any { b := make([]byte, readSize); return &b }}

// readBody reads what comes next of a body, and gives done an error, or null and bytes, or null and
// nothing at its end.
func (r *Runtime) readBody(x *exchange, done goja.Callable) {
	body := x.body
	r.background(func() func() error {
		space := buffers.Get().(*[]byte)
		defer buffers.Put(space)
		n, err := 0, error(nil)
		for n == 0 && err == nil {
			n, err = body.Read(*space)
		}
		data := append([]byte(nil), (*space)[:n]...)
		if n > 0 {
			err = nil // it comes again
		}
		if err != nil {
			_ = body.Close()
		}
		return func() error {
			switch {
			case errors.Is(err, io.EOF):
				x.cancel()
				_, err = done(goja.Undefined(), goja.Null())
			case err != nil:
				x.cancel()
				_, err = done(goja.Undefined(), r.errorValue(err))
			default:
				_, err = done(goja.Undefined(), goja.Null(), r.value(data))
			}
			return err
		}
	})
}

// count tells the user whose turn it is of what was sent for it. What belongs to no user is not counted.
func (r *Runtime) count(kind MetricKind, name string) {
	if r.now != nil && r.now.context != nil {
		r.now.context.user.Emit(Metric{Kind: kind, Name: name, Value: 1})
	}
}

func (r *Runtime) countFailure(err error) {
	if errors.Is(err, context.Canceled) {
		return // the processor's own wish
	}
	code := err.Error()
	var known coded
	if errors.As(err, &known) {
		_, code, _ = known.JavaScript()
	}
	r.count(RequestFailed, code)
}
