package enginehttp

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// played is what a script did.
type played struct {
	*metrics.Cell
	outcome engine.Outcome
	took    time.Duration
	said    []string // of expectations
	failed  []engine.Failure
}

// play runs a script's text with a number of users that all arrive at once.
func play(t testing.TB, text string, users int) played {
	t.Helper()
	return playIn(t, context.Background(), text, users)
}

func playIn(t testing.TB, ctx context.Context, text string, users int) played {
	t.Helper()
	sc, _, err := script.Parse([]byte(text), script.Options{})
	if err != nil {
		t.Fatalf("the script: %v\n%s", err, text)
	}
	return playScript(t, ctx, sc, users)
}

func playScript(t testing.TB, ctx context.Context, sc *script.Script, users int) played {
	t.Helper()
	return playWith(t, ctx, sc, users, nil)
}

// playWithNames runs a script with one user, with a way to look names up.
func playWithNames(t testing.TB, text string, lookup func(context.Context, string) ([]netip.Addr, error)) played {
	t.Helper()
	sc, _, err := script.Parse([]byte(text), script.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return playWith(t, context.Background(), sc, 1, func(p *protocol) { p.names.lookup = lookup })
}

func playWith(t testing.TB, ctx context.Context, sc *script.Script, users int, change func(*protocol)) played {
	t.Helper()
	recorder := metrics.NewRecorder(2)
	p, err := New(Options{
		Target:    sc.Config.Target,
		Endpoints: sc.Config.Endpoints,
		Expect:    sc.Config.Expect,
		HTTP:      sc.Config.HTTP,
		TLS:       sc.Config.TLS,
		Apdex:     sc.Config.Apdex,
		Recorder:  recorder,
		Version:   "1.2.3",
	})
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(p.(*protocol))
	}
	var mu sync.Mutex
	var said []string
	var failed []engine.Failure
	var failure func(engine.Failure)
	if sc.Mode.Sampling() {
		failure = func(f engine.Failure) {
			mu.Lock()
			defer mu.Unlock()
			failed = append(failed, f)
		}
	}
	e, err := engine.New(engine.Config{
		Failure: failure,
		Say: func(text string) {
			mu.Lock()
			defer mu.Unlock()
			said = append(said, text)
		},
		Script:    sc,
		Seed:      1,
		Recorder:  recorder,
		Protocols: map[string]engine.Protocol{"http": p},
	})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	outcome, _ := e.Run(ctx, engine.Chunk{Start: began.Add(time.Millisecond), Arrivals: atOnce(users)})
	took := time.Since(began)
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return played{recorder.Snapshot().Total(), outcome, took, said, failed}
}

func atOnce(users int) iter.Seq[engine.Arrival] {
	return func(yield func(engine.Arrival) bool) {
		for i := range users {
			if !yield(engine.Arrival{Index: int64(i)}) {
				return
			}
		}
	}
}

// flow is a script of one scenario, whose steps are given in YAML's flow style.
func flow(target string, steps ...string) string {
	return flowWith(target, "", steps...)
}

// flowWith is flow with members of config, in flow style.
func flowWith(target, config string, steps ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "config: {target: '%s', %s}\nscenarios:\n  - flow:\n", target, config)
	for _, s := range steps {
		fmt.Fprintf(&b, "      - %s\n", s)
	}
	return b.String()
}

// counts picks the counters that begin with one of the prefixes.
func (p played) counts(prefixes ...string) map[string]int64 {
	out := map[string]int64{}
	for name, n := range p.Counters {
		for _, prefix := range prefixes {
			if strings.HasPrefix(name, prefix) {
				out[name] = n
			}
		}
	}
	return out
}

// expect compares counters of http, errors and users' ends with "name n" texts.
func (p played) expect(t *testing.T, want ...string) {
	t.Helper()
	got := p.counts("http.", "errors.", "vusers.completed", "vusers.failed")
	var have []string
	for name, n := range got {
		if name == metrics.VusersFailed && n == 0 {
			continue
		}
		have = append(have, fmt.Sprintf("%s %d", name, n))
	}
	slices.Sort(have)
	slices.Sort(want)
	if !slices.Equal(have, want) {
		t.Errorf("counters\n\t%s\nwant\n\t%s", strings.Join(have, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// seen is one request as a server got it.
type seen struct {
	method, uri, host, body string
	header                  http.Header
	conn                    int // which connection, from 0
}

// journal is a server that keeps what it got.
type journal struct {
	*httptest.Server
	mu       sync.Mutex
	requests []seen
	conns    map[net.Conn]int
}

type connKey struct{}

// newJournal starts a server. The handler may be nil: everything is answered with {"a":1}.
func newJournal(t testing.TB, handler http.HandlerFunc) *journal {
	j := unstartedJournal(handler)
	j.Start()
	t.Cleanup(j.Close)
	return j
}

func unstartedJournal(handler http.HandlerFunc) *journal {
	j := &journal{conns: map[net.Conn]int{}}
	if handler == nil {
		handler = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"a":1}`)
		}
	}
	j.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		c, _ := r.Context().Value(connKey{}).(net.Conn)
		j.mu.Lock()
		j.requests = append(j.requests, seen{r.Method, r.RequestURI, r.Host, string(body), r.Header.Clone(), j.conns[c]})
		j.mu.Unlock()
		handler(w, r)
	}))
	j.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		j.mu.Lock()
		j.conns[c] = len(j.conns)
		j.mu.Unlock()
		return context.WithValue(ctx, connKey{}, c)
	}
	return j
}

// lines are the requests as "METHOD uri body".
func (j *journal) lines() []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []string
	for _, r := range j.requests {
		out = append(out, strings.TrimRight(r.method+" "+r.uri+" "+r.body, " "))
	}
	return out
}

func (j *journal) expect(t *testing.T, want ...string) {
	t.Helper()
	if got := j.lines(); !slices.Equal(got, want) {
		t.Errorf("the server saw\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
}

// headers are the values of a header, one for each request, "-" where it is absent.
func (j *journal) headers(name string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out []string
	for _, r := range j.requests {
		if v, ok := r.header[http.CanonicalHeaderKey(name)]; ok {
			out = append(out, strings.Join(v, "|"))
		} else {
			out = append(out, "-")
		}
	}
	return out
}

func (j *journal) connections() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.conns)
}

// rawServer is a TCP server for answers that no HTTP server would give.
type rawServer struct {
	url   string
	mu    sync.Mutex
	heads []string // of the requests, in order
	conns int
}

// newRawServer serves each connection with serve, which is given the connection's number from 0.
// The connection is closed when serve returns.
func newRawServer(t testing.TB, serve func(c *rawConn, n int)) *rawServer {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{url: "http://" + l.Addr().String()}
	ended := make(chan struct{})
	var open sync.Map
	go func() {
		defer close(ended)
		var serving sync.WaitGroup
		defer serving.Wait()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			n := s.conns
			s.conns++
			s.mu.Unlock()
			open.Store(c, nil)
			serving.Add(1)
			go func() {
				defer serving.Done()
				defer open.Delete(c)
				defer c.Close()
				serve(&rawConn{TCPConn: c.(*net.TCPConn), r: bufio.NewReader(c), server: s}, n)
			}()
		}
	}()
	t.Cleanup(func() {
		l.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		<-ended
	})
	return s
}

func (s *rawServer) connections() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conns
}

type rawConn struct {
	*net.TCPConn
	r      *bufio.Reader
	server *rawServer
	err    error // why there was no further request
}

// request reads one request with its body, "" at the end of the connection.
func (c *rawConn) request() string {
	req, err := http.ReadRequest(c.r)
	if err != nil {
		c.err = err
		return ""
	}
	io.Copy(io.Discard, req.Body)
	line := req.Method + " " + req.RequestURI
	c.server.mu.Lock()
	c.server.heads = append(c.server.heads, line)
	c.server.mu.Unlock()
	return line
}

func (c *rawConn) send(text string) { io.WriteString(c, text) }

// reset closes the connection so that the other side gets an RST.
func (c *rawConn) reset() {
	c.SetLinger(0)
	c.Close()
}

// keys returns the sorted keys of a map.
func keys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// discardLog keeps servers from telling what the tests do to them.
var discardLog = log.New(io.Discard, "", 0)
