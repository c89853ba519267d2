package enginehttp

import (
	"sync"
	"time"
)

// session is what one virtual user holds: its connections and its cookies.
type session struct {
	conns   []*conn // idle; few, so searched in order
	mu      sync.Mutex
	shared  bool              // by several goroutines: mu is to be held
	jar     *jar              // nil until a cookie comes
	cookied bool              // an answer with cookies has come
	pools   map[*origin]*pool // with maxSockets, where the connections are; nil without
}

var sessions sync.Pool // of *session

func openSession() *session {
	if s, ok := sessions.Get().(*session); ok {
		return s
	}
	return &session{}
}

// Share makes the session one that several goroutines use.
func (s *session) Share() { s.shared = true }

// lock takes the session for the caller alone.
func (s *session) lock() {
	if s.shared {
		s.mu.Lock()
	}
}

func (s *session) unlock() {
	if s.shared {
		s.mu.Unlock()
	}
}

// pool is what connections to an origin are taken from and handed back to: that of all users, or
// with maxSockets the user's own. It is nil when the user has as many as it needs.
func (s *session) pool(o *origin) *pool {
	limit := o.owner.options.HTTP.MaxSockets
	if o.pool != nil || limit == 0 {
		return o.pool
	}
	s.lock()
	defer s.unlock()
	p := s.pools[o]
	if p == nil {
		if s.pools == nil {
			s.pools = map[*origin]*pool{}
		}
		p = &pool{limit: limit}
		s.pools[o] = p
	}
	return p
}

// take removes the idle connection to an origin from the session and returns it, nil when there is
// none.
func (s *session) take(o *origin) *conn {
	s.lock()
	defer s.unlock()
	// The latest used first: it is the one most likely to be open.
	for i := len(s.conns) - 1; i >= 0; i-- {
		if c := s.conns[i]; c.origin == o {
			last := len(s.conns) - 1
			s.conns[i] = s.conns[last]
			s.conns[last] = nil
			s.conns = s.conns[:last]
			return c
		}
	}
	return nil
}

// keep gives a cookie of an answer to the jar. It is false for one that the jar refused, of the
// first answer with cookies.
func (s *session) keep(header string, from place, now time.Time) bool {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		s.jar = &jar{rules: from.origin.owner.options.HTTP.CookieJar}
	}
	return s.jar.set(header, from.origin, from.uri, now) || s.cookied
}

// empty tells that no cookie is kept.
func (s *session) empty() bool {
	s.lock()
	defer s.unlock()
	return s.jar == nil || len(s.jar.cookies) == 0
}

// appendCookies appends the kept cookies for a request to a place, but for those that taken names,
// to the line of cookies that begins at start.
func (s *session) appendCookies(dst []byte, start int, to place, now time.Time, taken func(name string) bool) []byte {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		return dst
	}
	return s.jar.appendTo(dst, start, to.origin, to.uri, now, taken)
}

// Close closes the user's connections.
func (s *session) Close() error {
	for i, c := range s.conns {
		c.close()
		s.conns[i] = nil
	}
	s.conns = s.conns[:0]
	for _, p := range s.pools {
		p.close()
	}
	s.pools = nil
	s.jar, s.cookied, s.shared = nil, false, false
	sessions.Put(s)
	return nil
}
