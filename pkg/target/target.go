// Package target is a small HTTP server to try scripts on: it answers in ways
// that are worth testing against, and counts what it received.
//
//	any    /                  echoes method, path, query, headers and body as JSON
//	any    /headers           echoes the headers as JSON
//	any    /status/<code>     answers with that status, 200 to 599
//	any    /delay/<ms>        answers after that many milliseconds, at most 60000
//	any    /bytes/<n>         answers with that many bytes, at most 100000000
//	any    /redirect/<n>      redirects n times, at most 100, then answers 200
//	POST   /login             {user, password} as JSON or as a form: sets the cookie
//	                          "session" and answers {"token", "user"}; 401 when the
//	                          password is "wrong"
//	GET    /account           needs that cookie or "Authorization: Bearer <token>", else 401
//	POST   /logout            ends the session
//	GET    /_stats            what was received since the start or the last reset
//	POST   /_stats/reset      forgets it; so does DELETE /_stats
//
// Other paths are answered with 404 and the list of the routes.
//
// A query parameter "index", on any path, is remembered: the statistics tell how
// many different values came and how many came more than once. So a script whose
// URL carries the number of the arrival shows that none was fired twice.
//
// The server shares its machine with a load generator, so echo, bytes and status
// cost little, and nothing grows without a bound. It knows nothing of Salvo.
package target

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Bounds of what a client can ask for.
const (
	maxDelay     = 60_000 // milliseconds
	maxBytes     = 100_000_000
	maxRedirects = 100
	maxBody      = 1 << 20 // of a request: what exceeds it is read and counted, but not echoed
)

// Options say how a Server works. The zero value is a good choice.
type Options struct {
	// Indices is the bound of the "index" values that are told apart, from 0;
	// 0 means 10 million. Each takes two bits.
	Indices int64

	// Paths is the bound of the pairs of method and path that are counted one by
	// one; 0 means 10,000. What comes after is counted together.
	Paths int

	// Now tells the time; nil means time.Now.
	Now func() time.Time
}

// Server is the handler. Use New.
type Server struct {
	now      func() time.Time
	stats    stats
	sessions sessions
}

// New returns a Server that has counted nothing yet.
func New(o Options) *Server {
	if o.Indices <= 0 {
		o.Indices = 10_000_000
	}
	if o.Paths <= 0 {
		o.Paths = 10_000
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Server{now: o.Now}
	s.stats.init(o.Indices, o.Paths)
	s.sessions.init()
	return s
}

// ServeHTTP answers one request and counts it.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if rest, ok := strings.CutPrefix(r.URL.Path, "/_stats"); ok && (rest == "" || rest[0] == '/') {
		s.serveStats(w, r, rest)
		return
	}
	s.stats.begin(r, s.now())
	status := s.answer(w, r)
	s.stats.end(status)
}

// answer writes the response and returns its status.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) int {
	path := r.URL.Path
	switch path {
	case "/":
		return echo(w, r)
	case "/headers":
		return echoHeaders(w, r)
	case "/login":
		return s.login(w, r)
	case "/account":
		return s.account(w, r)
	case "/logout":
		return s.logout(w, r)
	}
	if len(path) > 1 {
		if i := strings.IndexByte(path[1:], '/'); i > 0 {
			name, arg := path[1:i+1], path[i+2:]
			switch name {
			case "status":
				return answerStatus(w, arg)
			case "delay":
				return s.delay(w, r, arg)
			case "bytes":
				return answerBytes(w, r, arg)
			case "redirect":
				return redirect(w, arg)
			}
		}
	}
	return notFound(w)
}

// number reads a decimal path argument between 0 and most.
func number(arg string, most int) (int, bool) {
	n, err := strconv.Atoi(arg)
	return n, err == nil && n >= 0 && n <= most && arg[0] != '+'
}

// plain is the header value shared by all JSON answers; it is never written to.
var plain = []string{"application/json"}

// answerJSON sends a document that is complete already.
func answerJSON(w http.ResponseWriter, status int, body []byte) int {
	h := w.Header()
	h["Content-Type"] = plain
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body) // a client that has gone needs no answer
	return status
}

// refuse answers an error with its reason.
func refuse(w http.ResponseWriter, status int, reason string) int {
	body := append([]byte(`{"error":`), ""...)
	body = appendString(body, reason)
	return answerJSON(w, status, append(body, '}'))
}

func refuseMethod(w http.ResponseWriter, allowed string) int {
	w.Header().Set("Allow", allowed)
	return refuse(w, http.StatusMethodNotAllowed, "this route takes "+allowed)
}

func answerStatus(w http.ResponseWriter, arg string) int {
	code, ok := number(arg, 599)
	if !ok || code < 200 {
		return refuse(w, http.StatusBadRequest, "want /status/<code> with a code from 200 to 599")
	}
	if code == http.StatusNoContent || code == http.StatusNotModified {
		w.WriteHeader(code) // neither may have a body
		return code
	}
	var buf [24]byte
	body := append(buf[:0], `{"status":`...)
	body = strconv.AppendInt(body, int64(code), 10)
	return answerJSON(w, code, append(body, '}'))
}

func (s *Server) delay(w http.ResponseWriter, r *http.Request, arg string) int {
	ms, ok := number(arg, maxDelay)
	if !ok {
		return refuse(w, http.StatusBadRequest, "want /delay/<ms> with a whole number from 0 to "+strconv.Itoa(maxDelay))
	}
	if ms > 0 {
		timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return statusGone
		}
	}
	var buf [24]byte
	body := append(buf[:0], `{"delay":`...)
	body = strconv.AppendInt(body, int64(ms), 10)
	return answerJSON(w, http.StatusOK, append(body, '}'))
}

// statusGone counts requests whose client left before the answer, in the manner
// of web servers' logs. It is never sent.
const statusGone = 499

var block = func() (b [64 << 10]byte) {
	for i := range b {
		b[i] = 'a' + byte(i%26)
	}
	return b
}()

func answerBytes(w http.ResponseWriter, r *http.Request, arg string) int {
	n, ok := number(arg, maxBytes)
	if !ok {
		return refuse(w, http.StatusBadRequest, "want /bytes/<n> with a whole number from 0 to "+strconv.Itoa(maxBytes))
	}
	h := w.Header()
	h["Content-Type"] = octets
	h.Set("Content-Length", strconv.Itoa(n))
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return http.StatusOK
	}
	for n > 0 {
		m, err := w.Write(block[:min(n, len(block))])
		if err != nil {
			return statusGone
		}
		n -= m
	}
	return http.StatusOK
}

var octets = []string{"application/octet-stream"}

func redirect(w http.ResponseWriter, arg string) int {
	n, ok := number(arg, maxRedirects)
	if !ok {
		return refuse(w, http.StatusBadRequest, "want /redirect/<n> with a whole number from 0 to "+strconv.Itoa(maxRedirects))
	}
	if n == 0 {
		return answerJSON(w, http.StatusOK, []byte(`{"redirect":0}`))
	}
	w.Header().Set("Location", "/redirect/"+strconv.Itoa(n-1))
	body := strconv.AppendInt([]byte(`{"redirect":`), int64(n), 10)
	return answerJSON(w, http.StatusFound, append(body, '}'))
}

// routes are what the answer to an unknown path lists.
var routes = []string{
	"/", "/headers", "/status/<code>", "/delay/<ms>", "/bytes/<n>", "/redirect/<n>",
	"POST /login", "GET /account", "POST /logout", "GET /_stats", "POST /_stats/reset", "DELETE /_stats",
}

func notFound(w http.ResponseWriter) int {
	body := []byte(`{"error":"no such route","routes":[`)
	for i, route := range routes {
		if i > 0 {
			body = append(body, ',')
		}
		body = appendString(body, route)
	}
	return answerJSON(w, http.StatusNotFound, append(body, "]}"...))
}
