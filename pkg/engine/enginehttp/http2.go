package enginehttp

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// startHTTP2 begins to speak HTTP/2 on a connection whose server chose it.
func (c *conn) startHTTP2(ctx context.Context) error {
	o := c.origin
	// From here on the transport reads on its own, so deadlines are those of its contexts.
	c.armed = time.Time{}
	if err := c.sock.SetDeadline(time.Time{}); err != nil {
		return err
	}
	if err := c.watched(); err != nil {
		return err
	}
	ctx = context.WithValue(context.WithoutCancel(ctx), tlsConnKey{}, c.tls)
	h2, err := o.owner.h2.NewClientConn(ctx, "https", net.JoinHostPort(o.host, strconv.Itoa(int(o.port))))
	if err != nil {
		return err
	}
	c.h2 = h2
	return nil
}

// requestHTTP2 is what request does on a connection that speaks HTTP/2.
func (x *exchange) requestHTTP2(c *conn, due, until time.Time) error {
	if c.used && (c.h2.Err() != nil || c.h2.Available() == 0) {
		var err error
		if c, err = x.session.replace(x.ctx, x.watch, c, until); err != nil {
			return err
		}
		if c.h2 == nil {
			// A server that changed its mind: leave it to the next request.
			c.broken = true
			x.session.discard(c)
			return fail(codeReset, "the server no longer speaks HTTP/2")
		}
	}
	err := x.roundTripHTTP2(c, due, until)
	c.used = true
	if err == nil && c.h2.Err() == nil && !x.wrongLength {
		x.session.release(c)
		return nil
	}
	c.broken = true
	x.session.discard(c)
	return err
}

func (x *exchange) roundTripHTTP2(c *conn, due, until time.Time) error {
	ctx, cancel := context.WithCancelCause(x.ctx)
	defer cancel(nil)
	patience := time.AfterFunc(time.Until(until), func() { cancel(os.ErrDeadlineExceeded) })
	defer patience.Stop()

	resp, err := c.h2.RoundTrip(x.requestOf().WithContext(ctx))
	if err != nil {
		return errorHTTP2(ctx, err)
	}
	defer resp.Body.Close()
	now := time.Now()
	patience.Reset(x.action.timeout)
	x.begin(resp.StatusCode)
	for name, kind := range map[string]header{
		"Location": headerLocation, "Set-Cookie": headerSetCookie,
		"Content-Encoding": headerContentEncoding, "Server-Timing": headerServerTiming,
	} {
		for _, value := range resp.Header[name] {
			x.note(kind, []byte(value), now)
		}
	}
	x.ready()
	x.h2 = resp.Header
	x.record(c, now, due, false)

	b, _ := plainBuffers.Get().(*[]byte)
	if b == nil {
		fresh := make([]byte, plainBuffer)
		b = &fresh
	}
	defer plainBuffers.Put(b)
	for {
		n, err := resp.Body.Read(*b)
		if n > 0 {
			patience.Reset(x.action.timeout)
			if err := x.take((*b)[:n]); err != nil {
				return err
			}
		}
		if err == io.EOF {
			x.recordWhole(due)
			return nil
		}
		if err != nil {
			return errorHTTP2(ctx, err)
		}
	}
}

// requestOf makes a request for the transport of the one that was rendered.
func (x *exchange) requestOf() *http.Request {
	head, _, _ := bytes.Cut(x.out, []byte("\r\n\r\n"))
	lines := strings.Split(string(head), "\r\n")
	o := x.at.origin
	req := &http.Request{
		Method: x.method,
		// The opaque form keeps every byte of the path as it was rendered.
		URL:    &url.URL{Scheme: "https", Host: o.authority, Opaque: "//" + o.authority + string(x.at.uri)},
		Host:   o.authority,
		Header: http.Header{},
	}
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ": ")
		switch key := http.CanonicalHeaderKey(name); key {
		case "Host":
			req.Host = value
		case "Connection", "Content-Length", "Transfer-Encoding", "Keep-Alive", "Proxy-Connection", "Upgrade":
		default:
			req.Header[key] = append(req.Header[key], value)
		}
	}
	if x.bodied && x.drops&dropBody == 0 {
		// The transport may read on after the answer, when the original is used for another.
		payload := bytes.Clone(x.payload)
		req.ContentLength = int64(len(payload))
		req.Body = io.NopCloser(bytes.NewReader(payload))
	}
	return req
}

// errorHTTP2 finds out what a failure of the transport means.
func errorHTTP2(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if knownCode(err) != "" {
		return err
	}
	return failed(codeHTTP2, err)
}
