package enginehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"syscall"
	"time"
)

// What to do next on the socket, in conn.onReady.
type step uint8

const (
	stepLook    step = iota // has the server closed, or sent something?
	stepWrite               // write out
	stepRead                // read into the buffer
	stepBlocked             // the socket takes no more of out
)

// errStale tells that a kept connection was found closed, or with bytes nobody asked for, before
// anything was sent on it.
var errStale = fail(codeReset, "the kept connection was closed by the server")

// errCut tells that the run's context ended what the connection was waiting for.
var errCut = fail(codeReset, "interrupted")

// largeWrite is from which size on a request is written beside reading, so that a server which
// answers before it has read all can be heard.
const largeWrite = 64 << 10

// stream is a socket, or TLS over one.
type stream interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
	SetReadDeadline(time.Time) error
	SetWriteDeadline(time.Time) error
}

// conn is one connection to an origin. It is used by one goroutine at a time; other goroutines only
// interrupt it.
type conn struct {
	origin *origin
	links  links

	sock     stream                // the TCP connection; nil until it is dialled
	raw      syscall.RawConn       // of sock
	tls      *tls.Conn             // over sock; nil in plain HTTP
	h2       *http.ClientConn      // over tls; nil in HTTP/1.1
	streamed bool                  // read and written as a stream, not by onReady
	run      atomic.Pointer[watch] // whose end interrupts it

	// Of plain connections, where onReady moves the bytes.
	ready   func(fd uintptr) bool // onReady, bound once
	step    step
	peek    [1]byte
	out     []byte // what is still to be written
	ioErr   error  // what onReady ended with
	written bool   // something of the request may have been sent

	buf    []byte  // borrowed while there are bytes; those not yet dealt with are buf[r:w]
	lent   *[]byte // what to give back for buf
	r, w   int
	armed  time.Time // the read deadline that the socket has
	upload *upload

	took   setUpTimes
	used   bool // a request was answered on it before
	ended  bool // the server has closed its side
	broken bool // not to be used again

	idleSince time.Time
	keepFor   time.Duration // how long the server keeps it idle; 0 unknown
}

// setUpTimes are what setting a connection up took. They are measured only when they are wanted.
type setUpTimes struct {
	dns, tcp, tls time.Duration
}

// upload is a large request being written while the answer is being read.
type upload struct {
	done chan struct{}
	err  error // valid after done
}

func newConn(o *origin) *conn {
	c := &conn{origin: o, streamed: o.secure || !rawIO}
	c.ready = c.onReady
	return c
}

// setSocket gives c its TCP connection.
func (c *conn) setSocket(s stream, raw syscall.RawConn) {
	c.sock, c.raw = s, raw
	c.armed = time.Time{}
	c.origin.owner.conns.add(c)
}

// dropSocket closes a TCP connection that did not come to use.
func (c *conn) dropSocket() {
	c.origin.owner.conns.remove(c)
	c.sock.Close()
	c.sock, c.raw = nil, nil
}

// watched tells whether the run that c works for has been ended.
func (c *conn) watched() error {
	if w := c.run.Load(); w != nil && w.ended.Load() {
		return errCut
	}
	return nil
}

// arm sees to it that waiting ends at until, or soon after. Setting a deadline costs more than all
// else in a small exchange, so an earlier one is left in place: who is woken by it looks at the
// time, and arms anew.
func (c *conn) arm(until time.Time) error {
	if c.armed.IsZero() || until.Before(c.armed) {
		if err := c.sock.SetDeadline(until); err != nil {
			return err
		}
		c.armed = until
		// The end of the run may have been overwritten just now.
		return c.watched()
	}
	return nil
}

// rearm answers an expired deadline: nil when waiting is to go on.
func (c *conn) rearm(until time.Time) error {
	if err := c.watched(); err != nil {
		return err
	}
	c.armed = time.Time{}
	if !time.Now().Before(until) {
		return os.ErrDeadlineExceeded
	}
	return nil
}

// send writes a request and reads the first bytes of the answer, in one go where it can. The answer
// is in buf[r:w]; without an error there is at least a byte. After errStale nothing was sent.
func (c *conn) send(out []byte, until time.Time) error {
	c.written = false
	// The run may have ended before it was known that c works for it.
	if err := c.watched(); err != nil {
		return err
	}
	if c.used && c.keepFor > 0 && time.Since(c.idleSince) >= c.keepFor {
		return errStale
	}
	if c.streamed {
		return c.sendStream(out, until)
	}
	c.out, c.step = out, stepWrite
	if c.used {
		c.step = stepLook
	}
	err := c.drive(until)
	if err == nil && c.step == stepBlocked {
		if err = c.startUpload(c.sock, c.out, until); err == nil {
			err = c.fill(until)
		}
	}
	c.out = nil
	return err
}

func (c *conn) stream() stream {
	if c.tls != nil {
		return c.tls
	}
	return c.sock
}

// sendStream is send over a stream.
func (c *conn) sendStream(out []byte, until time.Time) error {
	if c.used {
		gone := false
		err := c.raw.Control(func(fd uintptr) {
			// Bytes that have come in may be a session ticket: they are no reason.
			gone = peerEnded(fd)
		})
		if err != nil || gone {
			return errStale
		}
	}
	c.armed = time.Time{}
	if err := c.arm(until); err != nil {
		return err
	}
	c.written = true
	if len(out) >= largeWrite {
		if err := c.startUpload(c.stream(), out, until); err != nil {
			return err
		}
		return c.fill(until)
	}
	if _, err := c.stream().Write(out); err != nil {
		return err
	}
	return c.fill(until)
}

// startUpload writes what is left of a request in a goroutine of its own.
func (c *conn) startUpload(to stream, rest []byte, until time.Time) error {
	c.armed = time.Time{}
	if err := c.arm(until); err != nil {
		return err
	}
	u := &upload{done: make(chan struct{})}
	c.upload = u
	go func() {
		defer close(u.done)
		_, u.err = to.Write(rest)
	}()
	return nil
}

// endUpload waits for the upload, and breaks it off if the answer was there before its end.
func (c *conn) endUpload() {
	u := c.upload
	if u == nil {
		return
	}
	c.upload = nil
	select {
	case <-u.done:
	default:
		c.broken = true
		c.sock.SetDeadline(time.Unix(1, 0))
		<-u.done
	}
	if u.err != nil {
		c.broken = true
	}
}

// fill reads more of the answer into the buffer, behind what is there. It waits until something
// comes: an error is io.EOF, a timeout or what the socket says.
func (c *conn) fill(until time.Time) error {
	if !c.streamed {
		c.step = stepRead
		return c.drive(until)
	}
	for {
		if err := c.arm(until); err != nil {
			return err
		}
		n, err := c.stream().Read(c.room())
		c.w += n
		switch {
		case n > 0:
			return nil
		case errors.Is(err, os.ErrDeadlineExceeded):
			if err := c.rearm(until); err != nil {
				return err
			}
		case err == io.EOF:
			c.ended = true
			return io.EOF
		case err != nil:
			return err
		}
	}
}

// drive moves bytes on a plain connection from c.step on.
func (c *conn) drive(until time.Time) error {
	for {
		if err := c.arm(until); err != nil {
			return err
		}
		c.ioErr = nil
		err := c.raw.Read(c.ready)
		if err == nil {
			return c.ioErr
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			return err
		}
		if err := c.rearm(until); err != nil {
			return err
		}
	}
}

// settle ends an exchange: it tells whether the connection can take another request.
func (c *conn) settle(now time.Time, keepSecs int) bool {
	c.endUpload()
	if c.r != c.w {
		// More came than was asked for: whose answer it is nobody can tell.
		c.broken = true
	}
	c.giveBack()
	if c.broken || c.ended {
		return false
	}
	c.used = true
	c.idleSince = now
	c.keepFor = 0
	if keepSecs >= 0 {
		c.keepFor = time.Duration(keepSecs-1) * time.Second
		return keepSecs > 1
	}
	return true
}

// close ends the connection; see the package comment for how.
func (c *conn) close() {
	c.endUpload()
	c.giveBack()
	if c.sock == nil {
		return
	}
	c.origin.owner.conns.remove(c)
	if c.h2 != nil {
		c.h2.Close()
	} else if c.tls != nil && !c.broken && !c.ended {
		// Quick: the socket's buffer is empty, since the last exchange was finished.
		c.tls.CloseWrite()
	}
	if !c.ended || c.tls != nil {
		c.raw.Control(abort)
	}
	c.sock.Close()
	c.sock = nil
}

// interrupt ends all waiting on the connection. It is called by any goroutine.
func (c *conn) interrupt() {
	c.sock.SetDeadline(time.Unix(1, 0))
}

// dial connects c, and sets up TLS and HTTP/2 where the origin wants them.
func (c *conn) dial(ctx context.Context, until time.Time) error {
	o := c.origin
	if err := o.connect(ctx, c, until); err != nil {
		return err
	}
	if !o.secure {
		return nil
	}
	began := o.owner.stopwatch()
	if o.via != nil {
		if err := c.tunnel(until); err != nil {
			c.broken = true
			c.close()
			return err
		}
		c.took.tcp += lap(began)
		began = o.owner.stopwatch()
	}
	if err := c.handshake(until); err != nil {
		c.broken = true
		c.close()
		return err
	}
	c.took.tls = lap(began)
	if c.tls.ConnectionState().NegotiatedProtocol == "h2" {
		if err := c.startHTTP2(ctx); err != nil {
			c.broken = true
			c.close()
			return err
		}
	}
	return nil
}
