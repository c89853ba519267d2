package hook

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/dop251/goja"
)

// webSocket is a WebSocket of a processor. What it sends waits in a line, so that it goes out in the order
// in which JavaScript said it, and JavaScript waits for nothing.
type webSocket struct {
	runtime *Runtime
	origin  *origin
	tell    goja.Callable // takes what happens: its name and what belongs to it
	cancel  context.CancelFunc

	mu   sync.Mutex
	line []outgoing
	more chan struct{} // holds one when the line has grown

	closing atomic.Bool
	closed  chan *SocketClosed // takes what Close returns
}

type outgoingKind int

const (
	sendMessage outgoingKind = iota
	sendPing
	sendClose
)

// outgoing is something that waits to be sent.
type outgoing struct {
	kind   outgoingKind
	binary bool
	data   []byte
	code   int
	reason string
	done   goja.Callable // nil when nobody asks
}

// abnormal is the code of a WebSocket that ended without having been closed.
const abnormal = 1006

// webSocketNatives gives the module of WebSockets what it has in Go.
func webSocketNatives(r *Runtime, internal *goja.Object) error {
	for name, f := range map[string]func(a givenArgs) (any, error){
		"open": func(a givenArgs) (any, error) { return r.openSocket(a), nil },
		"send": func(a givenArgs) (any, error) {
			done, _ := goja.AssertFunction(argument(a.list, 3))
			held[*webSocket](a, 0).push(outgoing{kind: sendMessage, data: a.kept(1), binary: a.truth(2), done: done})
			return nil, nil
		},
		"ping": func(a givenArgs) (any, error) {
			held[*webSocket](a, 0).push(outgoing{kind: sendPing, data: a.kept(1)})
			return nil, nil
		},
		"close": func(a givenArgs) (any, error) {
			held[*webSocket](a, 0).push(outgoing{kind: sendClose, code: a.int(1), reason: a.text(2)})
			return nil, nil
		},
		"terminate": func(a givenArgs) (any, error) {
			held[*webSocket](a, 0).cancel()
			return nil, nil
		},
	} {
		if err := r.define(internal, name, f); err != nil {
			return err
		}
	}
	return nil
}

// openSocket opens what the first argument says, and tells the second, a function, what happens.
func (r *Runtime) openSocket(a givenArgs) *webSocket {
	o := argument(a.list, 0).ToObject(r.vm)
	tell, _ := goja.AssertFunction(argument(a.list, 1))
	ctx, cancel := context.WithCancel(r.network)
	w := &webSocket{runtime: r, origin: r.now, tell: tell, cancel: cancel, more: make(chan struct{}, 1), closed: make(chan *SocketClosed, 1)}
	request := &SocketRequest{
		URL:        o.Get("url").String(),
		Headers:    r.headersOf(o.Get("headers")),
		Compress:   o.Get("compress").ToBoolean(),
		Redirects:  int(o.Get("redirects").ToInteger()),
		MaxMessage: o.Get("maxPayload").ToInteger(),
		TLS:        r.tlsOf(o.Get("tls")),
		Ping:       func(data []byte) { go w.happens("ping", data) }, // the reader may not wait for a turn
	}
	protocols := o.Get("protocols").ToObject(r.vm)
	for i := range protocols.Get("length").ToInteger() {
		request.Protocols = append(request.Protocols, protocols.Get(strconv.FormatInt(i, 10)).String())
	}
	r.count(SentRequest, "")
	w.origin.hold()
	go w.run(ctx, request)
	return w
}

// happens tells JavaScript in a turn of its own.
func (w *webSocket) happens(name string, more ...any) {
	w.runtime.later(w.origin, func() error { return w.say(name, more...) })
}

// say tells JavaScript, in a turn.
func (w *webSocket) say(name string, more ...any) error {
	args := []goja.Value{w.runtime.vm.ToValue(name)}
	for _, v := range more {
		args = append(args, w.runtime.value(v))
	}
	_, err := w.tell(goja.Undefined(), args...)
	return err
}

// run is the life of the WebSocket: it is opened, and read until it ends.
func (w *webSocket) run(ctx context.Context, request *SocketRequest) {
	r := w.runtime
	defer w.cancel()
	if r.options.Client == nil {
		w.failed(ctx, errNoClient)
		return
	}
	conn, response, err := r.options.Client.Dial(ctx, request)
	if err != nil {
		if response == nil {
			w.failed(ctx, err)
			return
		}
		w.refused(response)
		return
	}
	defer conn.Terminate()
	w.happensWith(func() error {
		r.count(GotStatus, strconv.Itoa(response.Status))
		return w.say("open", r.headOf(response), conn.Protocol())
	})
	var writing sync.WaitGroup
	defer writing.Wait()
	stop, end := context.WithCancel(ctx)
	defer end()
	writing.Go(func() { w.write(stop, conn) })
	for {
		binary, data, err := conn.Read(ctx)
		if err == nil {
			w.happens("message", data, binary)
			continue
		}
		var closed *SocketClosed
		if !errors.As(err, &closed) && w.closing.Load() {
			closed = <-w.closed // the answer to Close may come there as well as here
		}
		if closed == nil {
			closed = &SocketClosed{Code: abnormal}
		}
		w.ends(func() error { return w.say("closed", closed.Code, closed.Reason) })
		return
	}
}

func (w *webSocket) happensWith(f func() error) { w.runtime.later(w.origin, f) }

// ends is the last that happens.
func (w *webSocket) ends(f func() error) {
	w.happensWith(func() error {
		w.origin.release()
		return f()
	})
}

func (w *webSocket) failed(ctx context.Context, err error) {
	w.ends(func() error {
		if ctx.Err() != nil {
			return w.say("closed", abnormal, "")
		}
		w.runtime.countFailure(err)
		return w.say("error", w.runtime.errorValue(err))
	})
}

func (w *webSocket) refused(response *Response) {
	w.ends(func() error {
		w.runtime.count(GotStatus, strconv.Itoa(response.Status))
		return w.say("refused", w.runtime.headOf(response), response.beginning())
	})
}

// push puts something at the end of the line.
func (w *webSocket) push(out outgoing) {
	w.mu.Lock()
	w.line = append(w.line, out)
	w.mu.Unlock()
	select {
	case w.more <- struct{}{}:
	default:
	}
}

// write sends what waits in line, until the WebSocket ends.
func (w *webSocket) write(ctx context.Context, conn Socket) {
	for {
		w.mu.Lock()
		line := w.line
		w.line = nil
		w.mu.Unlock()
		for _, out := range line {
			w.send(ctx, conn, out)
		}
		if len(line) > 0 {
			continue
		}
		select {
		case <-w.more:
		case <-ctx.Done():
			return
		}
	}
}

func (w *webSocket) send(ctx context.Context, conn Socket, out outgoing) {
	switch out.kind {
	case sendPing:
		// The answer comes when it comes: others are sent meanwhile.
		go func() {
			if conn.Ping(ctx) == nil {
				w.happens("pong", out.data)
			}
		}()
	case sendClose:
		w.closing.Store(true)
		closed := conn.Close(out.code, out.reason)
		select {
		case w.closed <- closed:
		default: // JavaScript closes but once
		}
	case sendMessage:
		err := conn.Write(ctx, out.binary, out.data)
		w.happensWith(func() error {
			if sent := w.say("sent", len(out.data)); sent != nil || out.done == nil {
				return sent
			}
			if err != nil {
				_, err = out.done(goja.Undefined(), w.runtime.errorValue(err))
			} else {
				_, err = out.done(goja.Undefined(), goja.Null())
			}
			return err
		})
	}
}
