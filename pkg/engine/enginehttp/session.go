package enginehttp

import "sync"

// session is what one virtual user holds: its connections and its cookies.
type session struct {
	conns   []*conn // idle; few, so searched in order
	jar     *jar    // nil until a cookie comes
	cookied bool    // an answer with cookies has come
}

var sessions sync.Pool // of *session

func openSession() *session {
	if s, ok := sessions.Get().(*session); ok {
		return s
	}
	return &session{}
}

// take removes the idle connection to an origin from the session and returns it, nil when there is
// none.
func (s *session) take(o *origin) *conn {
	for i, c := range s.conns {
		if c.origin == o {
			last := len(s.conns) - 1
			s.conns[i] = s.conns[last]
			s.conns[last] = nil
			s.conns = s.conns[:last]
			return c
		}
	}
	return nil
}

// Close closes the user's connections.
func (s *session) Close() error {
	for i, c := range s.conns {
		c.close()
		s.conns[i] = nil
	}
	s.conns = s.conns[:0]
	s.jar, s.cookied = nil, false
	sessions.Put(s)
	return nil
}
