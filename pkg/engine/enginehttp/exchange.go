package enginehttp

import (
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"syscall"
	"time"

	"salvo/pkg/engine"
)

const (
	// maxRedirects is how many redirects are followed.
	maxRedirects = 10
	// maxContent bounds a body that is kept for captures, as received and as decoded.
	maxContent = 64 << 20
	// keptSpace is how large a buffer may be to be kept for the next exchange.
	keptSpace = 64 << 10
)

// exchange is one request step of one user while it is done: a chain of requests and answers. It
// is used again and again for others.
type exchange struct {
	action  *action
	user    *engine.User
	session *session
	ctx     context.Context
	watch   *watch
	asked   asked
	named   bool      // counted is known, where endpoints vary
	counted *endpoint // nil for nothing

	// The request.
	at          place
	method      string
	drops       drop
	bodied      bool   // there is a body, which may be empty
	wrongLength bool   // the script's Content-Length may not be the body's
	payload     []byte // the body
	boundary    [boundaryLen]byte
	trace       [traceLen]byte
	out         []byte // all of it, as sent

	// The answer.
	head       headParser
	chunks     chunkParser
	form       framing
	left       uint64 // bytes of a sized body still to come
	trailer    headParser
	bytes      int64  // of the body, on the wire
	want       bool   // the body is kept
	shows      bool   // head and the beginning of the body are kept, to be shown
	content    []byte // the kept body
	coding     coding
	codings    int   // Content-Encoding headers
	cookies    int   // Set-Cookie headers
	headed     bool  // the head was there and is counted
	took       int64 // until then, in microseconds
	timing     int64 // what the server says it took, in microseconds
	timed      bool  // it says so
	location   string
	redirected bool // there is a location
	headers    []byte
	h2         http.Header
	response   engine.Response

	// For hooks.
	prepared time.Duration // that they took before the request
	broken   error         // why there was no answer
	first    string        // the URL before redirects

	// Space that is used again.
	body, scratch, tail, uriSpace, decoded []byte
}

// framing is how the end of a body is found.
type framing uint8

const (
	bodyEmpty framing = iota
	bodySized
	bodyChunked
	bodyToEnd // of the connection
)

var exchanges = sync.Pool{New: func() any {
	x := &exchange{}
	x.response.Header = x.header
	x.response.Headers = x.eachHeader
	return x
}}

// Do sends the request for u, follows redirects, and applies captures and matches to the last answer.
func (a *action) Do(ctx context.Context, u *engine.User, s engine.Session) error {
	scripted := a.scripted()
	if a.fault != nil && !scripted {
		return stepError(a.fault)
	}
	x := exchanges.Get().(*exchange)
	x.action, x.user, x.session, x.ctx = a, u, s.(*session), ctx
	x.watch = a.protocol.conns.watch(ctx)
	var err error
	if scripted {
		err = x.withHooks()
	} else if err = x.chain(); err == nil {
		err = x.evaluate(nil)
	}
	if err != nil && ctx.Err() == nil && u.Explains() {
		err = u.Explained(err, x.explanation())
	}
	x.release()
	return err
}

// release makes x ready for another use.
func (x *exchange) release() {
	x.action, x.user, x.session, x.ctx, x.watch = nil, nil, nil, nil, nil
	x.named, x.counted, x.asked.origin, x.asked.name = false, nil, nil, ""
	x.shows, x.headed, x.out = false, false, x.out[:0]
	x.prepared, x.broken = 0, nil
	x.at, x.payload, x.h2, x.location = place{}, nil, nil, ""
	x.response.Body = nil
	for _, space := range []*[]byte{&x.out, &x.body, &x.scratch, &x.tail, &x.uriSpace, &x.content, &x.headers, &x.decoded, &x.asked.uri} {
		if cap(*space) > keptSpace {
			*space = nil
		}
	}
	exchanges.Put(x)
}

// chain does the request and what it is redirected to.
func (x *exchange) chain() error {
	a := x.action
	if err := a.locate(x); err != nil {
		return asStepError(err)
	}
	x.keepAsked()
	x.method, x.drops = a.method, 0
	if err := x.renderBody(); err != nil {
		return stepError(err)
	}
	x.drawTrace()
	if a.after.Any() {
		x.first = x.at.origin.scheme() + x.at.origin.authority + string(x.at.uri)
	}
	due := x.user.Due().Add(x.prepared)
	for hop := 0; ; hop++ {
		start := time.Now()
		if hop > 0 {
			due = start
		}
		if err := x.render(start); err != nil {
			return stepError(err)
		}
		if err := x.request(start, due); err != nil {
			return x.failed(err)
		}
		if !x.redirected {
			return nil
		}
		if hop == maxRedirects {
			return x.failed(fail(codeRedirects, "redirected 10 times"))
		}
		if err := x.follow(); err != nil {
			return x.failed(err)
		}
	}
}

// asStepError leaves an error alone that is one already.
func asStepError(err error) error {
	if e, ok := err.(*engine.StepError); ok {
		return e
	}
	return stepError(err)
}

// failed ends a chain that had begun, and counts it for its endpoint.
func (x *exchange) failed(err error) error {
	if x.ctx.Err() != nil {
		// The run is over: this is no error of the server's.
		return context.Cause(x.ctx)
	}
	x.broken = err
	if !x.headed {
		x.action.protocol.meter.failed(x.user)
	}
	x.endpoint().failed(x.user, codeOf(err))
	if e := x.action.expect; e != nil {
		e.Failed(x.user, codeOf(err))
	}
	return stepError(err)
}

// request sends what was rendered, and reads the answer to its end.
func (x *exchange) request(start, due time.Time) error {
	a := x.action
	x.headed = false
	a.protocol.meter.sent(x.user, start)
	until := start.Add(a.timeout)
	c, err := x.session.acquire(x.ctx, x.watch, x.at.origin, until)
	if err != nil {
		return err
	}
	if c.h2 != nil {
		return x.requestHTTP2(c, due, until)
	}
	err = c.send(x.out, until)
	if x.again(c, err) {
		if c, err = x.session.replace(x.ctx, x.watch, c, until); err != nil {
			return err
		}
		if c.h2 != nil {
			return x.requestHTTP2(c, due, until)
		}
		err = c.send(x.out, until)
	}
	if err == nil {
		err = x.readHead(c, until)
	}
	now := time.Now()
	if err == nil {
		err = x.readBody(c, now, due)
	}
	if err != nil {
		c.broken = true
		x.session.discard(c)
		if err == io.EOF {
			err = fail(codeReset, "the server closed the connection")
		}
		return err
	}
	keep := x.form != bodyToEnd && x.head.keepsAlive() && !x.wrongLength && !a.closes
	if c.settle(now, x.head.keepSecs) && keep {
		x.session.release(c)
	} else {
		x.session.discard(c)
	}
	return nil
}

// again tells whether a request that failed so is to be sent once more, on a fresh connection: only
// when the connection was kept from before, nothing has been answered, and a server that did get the
// request does no harm by getting it twice.
func (x *exchange) again(c *conn, err error) bool {
	switch {
	case err == nil || !c.used:
		return false
	case err == errStale:
		return true
	case err != io.EOF && !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE):
		return false
	}
	return x.action.inert || !c.written
}

// readHead reads the head of the answer, past interim ones.
func (x *exchange) readHead(c *conn, until time.Time) error {
	x.head.reset()
	for {
		done, err := x.head.parse(c.buf[c.r:c.w])
		switch {
		case err != nil:
			return err
		case !done:
			if err := c.fill(until); err != nil {
				return err
			}
		case x.head.status >= 200 || x.head.status < 100:
			return nil
		case x.head.status == http.StatusSwitchingProtocols:
			return fail(codeReset, "the server switched protocols")
		default:
			c.r += x.head.pos
			x.head.reset()
		}
	}
}

// readBody takes what counts from the head, records the answer, and reads the body.
func (x *exchange) readBody(c *conn, now, due time.Time) error {
	head := c.buf[c.r : c.r+x.head.pos]
	x.takeHead(head, now)
	c.r += x.head.pos
	x.frame()

	done, err := x.consume(c)
	x.record(c, now, due, done)
	if done || err != nil {
		return err
	}
	for !done {
		err := c.fill(time.Now().Add(x.action.timeout))
		if err == io.EOF && x.form == bodyToEnd {
			break
		}
		if err != nil {
			return err
		}
		if done, err = x.consume(c); err != nil {
			return err
		}
	}
	x.recordWhole(due)
	return nil
}

// takeHead keeps of the head what is needed when its bytes are gone.
func (x *exchange) takeHead(head []byte, now time.Time) {
	x.begin(x.head.status)
	for i := range x.head.fields {
		if f := &x.head.fields[i]; f.kind >= headerLocation {
			x.note(f.kind, head[f.value:f.valueEnd], now)
		}
	}
	x.ready()
	if x.action.wantHead || x.shows {
		x.headers = append(x.headers[:0], head...)
	}
}

// begin prepares for an answer of a status.
func (x *exchange) begin(status int) {
	x.response.Status = status
	x.h2 = nil
	x.location, x.redirected = "", false
	x.coding, x.codings = codingNone, 0
	x.timing, x.timed = 0, false
	x.cookies = 0
	x.bytes = 0
	x.content = x.content[:0]
}

// note takes a header that means something.
func (x *exchange) note(kind header, value []byte, now time.Time) {
	switch kind {
	case headerLocation:
		if !x.redirected && x.action.request.FollowRedirect && isRedirect(x.response.Status) {
			x.location, x.redirected = string(value), true
		}
	case headerSetCookie:
		x.setCookie(string(value), now)
	case headerContentEncoding:
		x.coding = codingOf(value)
		x.codings++
	case headerServerTiming:
		if !x.timed {
			x.timing, x.timed = serverTotal(string(value)), true
		}
	}
}

// ready is called when all headers were noted.
func (x *exchange) ready() {
	if x.codings > 1 {
		// One on the other: left as they are.
		x.coding = codingNone
	}
	if x.cookies > 0 {
		x.session.lock()
		x.session.cookied = true
		x.session.unlock()
	}
	x.want = x.action.wantBody && !x.redirected
	if x.user.Explains() {
		x.shows = !x.redirected
		x.want = x.want || x.shows
	} else if e := x.action.expect; e != nil {
		x.shows = !x.redirected && e.Shows(x.response.Status)
		x.want = x.want || x.shows
	}
}

// setCookie gives a cookie to the user's jar. Those that it refuses are counted as Artillery does:
// only of the first answer with cookies, and not where the script has default ones.
func (x *exchange) setCookie(header string, now time.Time) {
	x.cookies++
	p := x.action.protocol
	if x.session.keep(header, x.at, now) || len(p.options.HTTP.Cookies) > 0 {
		return
	}
	b := x.user.Begin(now)
	b.Add(p.meter.badCookies, 1)
	b.End()
}

func isRedirect(status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return true
	}
	return false
}

// frame finds out how the body ends.
func (x *exchange) frame() {
	h := &x.head
	switch {
	case x.method == http.MethodHead || h.status == http.StatusNoContent || h.status == http.StatusNotModified:
		x.form = bodyEmpty
	case h.chunked:
		x.form = bodyChunked
		x.chunks = chunkParser{}
	case h.encoded || !h.sized:
		x.form = bodyToEnd
	default:
		x.form, x.left = bodySized, h.length
	}
}

// consume deals with the bytes of the body that are in the buffer.
func (x *exchange) consume(c *conn) (done bool, err error) {
	switch x.form {
	case bodyEmpty:
		return true, nil
	case bodySized:
		n := c.w - c.r
		if uint64(n) > x.left {
			n = int(x.left)
		}
		err = x.take(c.buf[c.r : c.r+n])
		c.r += n
		x.left -= uint64(n)
		return x.left == 0, err
	case bodyToEnd:
		err = x.take(c.buf[c.r:c.w])
		c.r = c.w
		return false, err
	}
	for c.r < c.w && x.chunks.state != chunkTrailers {
		n, data, err := x.chunks.feed(c.buf[c.r:c.w])
		c.r += n
		if err == nil {
			err = x.take(data)
		}
		if err != nil {
			return false, err
		}
		if x.chunks.state == chunkTrailers {
			x.trailer.resetTrailer()
		}
	}
	if x.chunks.state != chunkTrailers {
		return false, nil
	}
	done, err = x.trailer.parse(c.buf[c.r:c.w])
	if done {
		c.r += x.trailer.pos
	}
	return done, err
}

// take counts bytes of the body, and keeps them if they are wanted.
func (x *exchange) take(data []byte) error {
	x.bytes += int64(len(data))
	if x.want {
		if x.shows && !x.action.wantBody {
			data = data[:min(len(data), shownContent-len(x.content))]
		}
		if len(x.content)+len(data) > maxContent {
			return fail(codeTooLarge, "the body is too large for captures")
		}
		x.content = append(x.content, data...)
	}
	return nil
}

// record records an answer whose head is there, and if the body is too, that. An endpoint counts
// whole answers only, so that each request counts once there.
func (x *exchange) record(c *conn, now, due time.Time, whole bool) {
	m := x.action.protocol.meter
	h := m.status(x.response.Status)
	x.headed, x.took = true, max(now.Sub(due), 0).Microseconds()
	var a answered
	if whole {
		a = x.answered()
	}
	b := x.user.Begin(now)
	m.answer(&b, h, x.took)
	m.setUp(&b, c)
	if whole {
		a.record(&b, x)
		m.whole(&b, x.bytes, x.took, !x.redirected)
	}
	b.End()
}

// recordWhole records a body that came after its head.
func (x *exchange) recordWhole(due time.Time) {
	a := x.answered()
	now := time.Now()
	b := x.user.Begin(now)
	a.record(&b, x)
	x.action.protocol.meter.whole(&b, x.bytes, max(now.Sub(due), 0).Microseconds(), !x.redirected)
	b.End()
}

// follow turns x into the request that the answer redirects to.
func (x *exchange) follow() error {
	to, err := resolve(x.at.origin, x.at.uri, x.location)
	if err != nil {
		return err
	}
	from := x.at.origin
	x.at = place{x.action.protocol.origin(to.key), nil, to.userinfo, to.user, to.pass}
	x.uriSpace = appendURI(x.uriSpace[:0], []byte(to.tail))
	x.at.uri = x.uriSpace
	if x.at.origin != from {
		x.drops |= dropAbroad
	}
	switch status := x.response.Status; {
	case status == http.StatusSeeOther && x.method != http.MethodGet && x.method != http.MethodHead,
		(status == http.StatusMovedPermanently || status == http.StatusFound) && x.method == http.MethodPost:
		x.method = http.MethodGet
		x.drops |= dropBody
	}
	return nil
}

// evaluate looks at the last answer: captures and matches, then hooks, then expectations.
func (x *exchange) evaluate(h *hooked) error {
	if err := x.open(); err != nil {
		return err
	}
	failed := x.action.extraction.Apply(x.user, &x.response)
	if h != nil {
		if err := x.hooksAfter(h); err != nil {
			return err
		}
	}
	if x.action.expect != nil {
		return x.expect(failed)
	}
	return failed
}

// open makes the last answer readable.
func (x *exchange) open() error {
	if x.action.wantBody {
		if x.action.request.Gzip && x.coding != codingNone && len(x.content) > 0 {
			decoded, err := decode(x.decoded[:0], x.coding, x.content)
			if err != nil {
				return x.failed(err)
			}
			x.decoded, x.response.Body = decoded, decoded
		} else {
			x.response.Body = x.content
		}
	}
	return nil
}
