package enginehttp

import (
	"context"
	"crypto/tls"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// maxDials is how many connections are set up at once.
const maxDials = 256

// leastAttempt is how long an address is given at least, while others are left.
const leastAttempt = 2 * time.Second

// origin is a scheme, a host and a port, with what is known of it once for all users.
type origin struct {
	owner     *protocol
	secure    bool
	host      string // small letters, no brackets
	port      uint16
	authority string     // as the Host header has it
	addr      netip.Addr // valid when host is an address
	tls       *tls.Config
	via       *proxy // nil: it is connected to directly
	pool      *pool  // nil when each user has its own connections
}

type originKey struct {
	secure bool
	host   string
	port   uint16
}

// origin returns the one origin for a key.
func (p *protocol) origin(k originKey) *origin {
	p.mu.RLock()
	o := p.origins[k]
	p.mu.RUnlock()
	if o != nil {
		return o
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if o := p.origins[k]; o != nil {
		return o
	}
	o = &origin{owner: p, secure: k.secure, host: strings.Clone(k.host), port: k.port}
	k.host = o.host
	o.authority = o.host
	if addr, err := netip.ParseAddr(o.host); err == nil {
		o.addr = addr
		if addr.Is6() {
			o.authority = "[" + o.host + "]"
		}
	}
	if k.port != defaultPort(k.secure) {
		o.authority += ":" + strconv.Itoa(int(k.port))
	}
	o.via = p.proxies.of(o)
	if k.secure {
		o.tls = p.trust.config(o)
	}
	if n := p.options.HTTP.Pool; n > 0 {
		o.pool = &pool{limit: n}
	}
	p.origins[k] = o
	return o
}

// scheme is what URLs of the origin begin with.
func (o *origin) scheme() string {
	if o.secure {
		return "https://"
	}
	return "http://"
}

func defaultPort(secure bool) uint16 {
	if secure {
		return 443
	}
	return 80
}

// stopwatch returns the time, or no time when nobody wants to know how long things take.
func (p *protocol) stopwatch() time.Time {
	if p.meter.extended == nil {
		return time.Time{}
	}
	return time.Now()
}

// lap is how long ago a stopwatch was started.
func lap(began time.Time) time.Duration {
	if began.IsZero() {
		return 0
	}
	return time.Since(began)
}

// connect sets up c's TCP connection to one of the addresses of the origin, or of its proxy.
func (o *origin) connect(ctx context.Context, c *conn, until time.Time) error {
	began := o.owner.stopwatch()
	host, port, addr := o.host, o.port, o.addr
	if o.via != nil {
		host, port, addr = o.via.host, o.via.port, o.via.addr
	}
	if addr.IsValid() {
		err := dialSocket(ctx, c, netip.AddrPortFrom(addr, port), until)
		c.took.tcp = lap(began)
		return err
	}
	addrs, err := o.owner.names.addresses(ctx, host, until)
	if err != nil {
		return err
	}
	c.took.dns = lap(began)
	for i, addr := range addrs {
		limit := until
		if left := len(addrs) - i; left > 1 {
			// An address that does not answer must not use up the time of the others.
			share := max(time.Until(until)/time.Duration(left), leastAttempt)
			if t := time.Now().Add(share); t.Before(until) {
				limit = t
			}
		}
		err = dialSocket(ctx, c, netip.AddrPortFrom(addr, port), limit)
		if err == nil {
			c.took.tcp = lap(began) - c.took.dns
			return nil
		}
		if ctx.Err() != nil || !time.Now().Before(until) {
			break
		}
	}
	return err
}

// acquire returns a connection to the origin that is the caller's until release: a kept one, or a
// new one when there is none.
func (s *session) acquire(ctx context.Context, w *watch, o *origin, until time.Time) (*conn, error) {
	if p := s.pool(o); p != nil {
		c, err := p.get(ctx, until)
		if err != nil {
			return nil, err
		}
		if c != nil {
			c.run.Store(w)
			return c, nil
		}
		return s.dial(ctx, w, o, until)
	}
	if c := s.take(o); c != nil {
		c.run.Store(w)
		return c, nil
	}
	return s.dial(ctx, w, o, until)
}

// dial makes a new connection, in the place of a pool that the caller holds.
func (s *session) dial(ctx context.Context, w *watch, o *origin, until time.Time) (*conn, error) {
	p := o.owner
	c := newConn(o)
	c.run.Store(w)
	err := p.admit(ctx, until)
	if err == nil {
		err = c.dial(ctx, until)
		<-p.dials
	}
	if err != nil {
		if p := s.pool(o); p != nil {
			p.drop()
		}
		return nil, err
	}
	return c, nil
}

// admit waits until a connection may be set up; who is admitted takes one out of p.dials.
func (p *protocol) admit(ctx context.Context, until time.Time) error {
	select {
	case p.dials <- struct{}{}:
		return nil
	default:
	}
	timeout := time.NewTimer(time.Until(until))
	defer timeout.Stop()
	select {
	case p.dials <- struct{}{}:
		return nil
	case <-timeout.C:
		return os.ErrDeadlineExceeded
	case <-ctx.Done():
		return errCut
	}
}

// release hands back a connection that can take another request.
func (s *session) release(c *conn) {
	if p := s.pool(c.origin); p != nil {
		p.put(c)
		return
	}
	s.lock()
	s.conns = append(s.conns, c)
	s.unlock()
}

// discard closes a connection that cannot.
func (s *session) discard(c *conn) {
	c.close()
	if p := s.pool(c.origin); p != nil {
		p.drop()
	}
}

// replace closes a kept connection that turned out to be of no use, and makes a new one in its
// place.
func (s *session) replace(ctx context.Context, w *watch, c *conn, until time.Time) (*conn, error) {
	o := c.origin
	c.broken = true
	c.close()
	return s.dial(ctx, w, o, until)
}
