package enginehttp

import (
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const done = "vusers.completed 1"

// closedPort is a local port on which nobody listens.
func closedPort(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// What one request counts: the tables of requests and counting.
func TestCounting(t *testing.T) {
	text := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			io.WriteString(w, body)
		}
	}
	toB := func(status int) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/a" {
				w.Header().Set("Location", "/b")
				w.WriteHeader(status)
				io.WriteString(w, "xx")
				return
			}
			io.WriteString(w, "done")
		}
	}
	counts := func(req, resp, bytes int, others ...string) []string {
		out := []string{
			fmt.Sprintf("http.requests %d", req),
			fmt.Sprintf("http.responses %d", resp),
			fmt.Sprintf("http.downloaded_bytes %d", bytes),
		}
		return append(out, others...)
	}
	for _, test := range []struct {
		name    string
		steps   []string
		handler http.HandlerFunc
		want    []string
		seen    []string
	}{
		{"a plain answer", []string{`get: {url: /}`}, nil,
			counts(1, 1, 7, "http.codes.200 1", done), []string{"GET /"}},
		{"chunks", []string{`get: {url: /}`}, func(w http.ResponseWriter, r *http.Request) {
			io.WriteString(w, "hello ")
			w.(http.Flusher).Flush()
			io.WriteString(w, "world")
		}, counts(1, 1, 11, "http.codes.200 1", done), nil},
		{"no content", []string{`get: {url: /}`}, text(204, ""), counts(1, 1, 0, "http.codes.204 1", done), nil},
		{"a server error is an answer", []string{`get: {url: /}`}, text(500, "x"), counts(1, 1, 1, "http.codes.500 1", done), nil},
		{"a redirect", []string{`get: {url: /a}`}, toB(302),
			counts(2, 2, 6, "http.codes.302 1", "http.codes.200 1", done), []string{"GET /a", "GET /b"}},
		{"a redirect not followed", []string{`get: {url: /a, followRedirect: false}`}, toB(302),
			counts(1, 1, 2, "http.codes.302 1", done), []string{"GET /a"}},
		{"POST, 301", []string{`post: {url: /a, json: {x: 1}}`}, toB(301),
			counts(2, 2, 6, "http.codes.301 1", "http.codes.200 1", done), []string{`POST /a {"x":1}`, "GET /b"}},
		{"POST, 302", []string{`post: {url: /a, json: {x: 1}}`}, toB(302),
			counts(2, 2, 6, "http.codes.302 1", "http.codes.200 1", done), []string{`POST /a {"x":1}`, "GET /b"}},
		{"PUT, 302", []string{`put: {url: /a, json: {x: 1}}`}, toB(302),
			counts(2, 2, 6, "http.codes.302 1", "http.codes.200 1", done), []string{`PUT /a {"x":1}`, `PUT /b {"x":1}`}},
		{"POST, 303", []string{`post: {url: /a, json: {x: 1}}`}, toB(303),
			counts(2, 2, 6, "http.codes.303 1", "http.codes.200 1", done), []string{`POST /a {"x":1}`, "GET /b"}},
		{"DELETE, 303", []string{`delete: {url: /a, json: {x: 1}}`}, toB(303),
			counts(2, 2, 6, "http.codes.303 1", "http.codes.200 1", done), []string{`DELETE /a {"x":1}`, "GET /b"}},
		{"POST, 307", []string{`post: {url: /a, json: {x: 1}}`}, toB(307),
			counts(2, 2, 6, "http.codes.307 1", "http.codes.200 1", done), []string{`POST /a {"x":1}`, `POST /b {"x":1}`}},
		{"POST, 308", []string{`post: {url: /a, json: {x: 1}}`}, toB(308),
			counts(2, 2, 6, "http.codes.308 1", "http.codes.200 1", done), []string{`POST /a {"x":1}`, `POST /b {"x":1}`}},
		{"300 is not followed", []string{`get: {url: /a}`}, toB(300),
			counts(1, 1, 2, "http.codes.300 1", done), []string{"GET /a"}},
		{"redirects without end", []string{`get: {url: /a}`}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "/a")
			w.WriteHeader(302)
		}, counts(11, 11, 0, "http.codes.302 11", "errors.ERR_TOO_MANY_REDIRECTS 1", "vusers.failed 1"), nil},
		{"a redirect to another protocol", []string{`get: {url: /}`}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "ftp://x/")
			w.WriteHeader(302)
		}, counts(1, 1, 0, "http.codes.302 1", "errors.ERR_UNSUPPORTED_PROTOCOL 1", "vusers.failed 1"), nil},
		{"a redirect to nowhere", []string{`get: {url: /}`}, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Location", "http://a b/")
			w.WriteHeader(302)
		}, counts(1, 1, 0, "http.codes.302 1", "errors.ERR_INVALID_URL 1", "vusers.failed 1"), nil},
		{"not an HTTP URL", []string{`get: {url: "{{ $randomString('0') }}ftp://x/"}`}, nil,
			[]string{"errors.Invalid URL - ftp://x/ 1", "vusers.failed 1"}, nil},
		{"a template that makes no URL", []string{`get: {url: '{{ nothing }}'}`}, nil,
			[]string{"errors.Invalid URL - undefined 1", "vusers.failed 1"}, nil},
		{"a URL without a host", []string{`get: {url: 'http://'}`}, nil,
			[]string{"errors.ERR_INVALID_URL 1", "vusers.failed 1"}, nil},
		{"another protocol that begins with http", []string{`get: {url: 'httpx://a/'}`}, nil,
			[]string{"errors.ERR_UNSUPPORTED_PROTOCOL 1", "vusers.failed 1"}, nil},
		{"methods", []string{`head: {url: /}`, `options: {url: /}`, `put: {url: /, body: hi}`, `patch: {url: /, json: [1, 2]}`, `delete: {url: /}`}, nil,
			counts(5, 5, 28, "http.codes.200 5", done), []string{"HEAD /", "OPTIONS /", "PUT / hi", "PATCH / [1,2]", "DELETE /"}},
		{"one connection", []string{`get: {url: /1}`, `get: {url: /2}`, `get: {url: /3}`}, nil,
			counts(3, 3, 21, "http.codes.200 3", done), []string{"GET /1", "GET /2", "GET /3"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, test.handler)
			p := play(t, flow(s.URL, test.steps...), 1)
			p.expect(t, test.want...)
			if test.seen != nil {
				s.expect(t, test.seen...)
			}
			if n := s.connections(); n > 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

func TestMetricsOfOneRequest(t *testing.T) {
	s := newJournal(t, nil)
	p := play(t, flow(s.URL, `get: {url: '/?q=1'}`), 1)
	want := []string{"http.response_time", "http.response_time.2xx", "plugins.metrics-by-endpoint.response_time./",
		"salvo.schedule_lag", "vusers.session_length"}
	if got := keys(p.Histograms); !slices.Equal(got, want) {
		t.Errorf("histograms %q, want %q", got, want)
	}
	if n := p.Rates["http.request_rate"]; n != 1 {
		t.Errorf("rate %d, want 1", n)
	}
	if n := p.Counters["plugins.metrics-by-endpoint./.codes.200"]; n != 1 {
		t.Errorf("code of the endpoint %d, want 1", n)
	}
	header := s.requests[0].header
	if got := keys(header); !slices.Equal(got, []string{"Accept-Encoding", "Connection", "User-Agent"}) {
		t.Errorf("headers %q", got)
	}
	if got := header.Get("User-Agent") + "; " + header.Get("Accept-Encoding") + "; " + header.Get("Connection"); got !=
		"Salvo/1.2.3; gzip, deflate, br; keep-alive" {
		t.Errorf("headers %q", got)
	}
	if want := strings.TrimPrefix(s.URL, "http://"); s.requests[0].host != want {
		t.Errorf("host %q, want %q", s.requests[0].host, want)
	}
}

func TestEndpoints(t *testing.T) {
	s := newJournal(t, nil)
	closed := closedPort(t)
	_, port, _ := net.SplitHostPort(closed)
	p := play(t, flowWith(s.URL+"/base", "variables: {n: 5}",
		`get: {url: '/u/{{ n }}?a=b'}`, `get: {url: /n, name: nm}`, `get: {url: /n, name: 'n{{ n }}'}`,
		`get: {url: '/a%20b'}`,
		`get: {url: 'http://`+closed+`/x y'}`), 1)
	want := map[string]int64{
		"plugins.metrics-by-endpoint./base/u/{{ n }}.codes.200":             1,
		"plugins.metrics-by-endpoint./base/n (nm).codes.200":                1,
		"plugins.metrics-by-endpoint./base/n (n{{ n }}).codes.200":          1,
		"plugins.metrics-by-endpoint./base/a b.codes.200":                   1,
		"plugins.metrics-by-endpoint.:" + port + "/x y.errors.ECONNREFUSED": 1,
	}
	if got := p.counts("plugins."); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}

func TestRefusedConnection(t *testing.T) {
	s := newJournal(t, nil)
	p := play(t, flow(s.URL, `get: {url: /1}`, `get: {url: 'http://`+closedPort(t)+`/'}`, `get: {url: /3}`), 1)
	p.expect(t, "http.requests 2", "http.responses 1", "http.downloaded_bytes 7", "http.codes.200 1",
		"errors.ECONNREFUSED 1", "vusers.failed 1")
	if n := p.Rates["http.request_rate"]; n != 2 {
		t.Errorf("rate %d, want 2", n)
	}
	s.expect(t, "GET /1")
}

func TestTimeouts(t *testing.T) {
	quiet := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		io.Copy(io.Discard, c.r)
	})
	slow := newRawServer(t, func(c *rawConn, _ int) {
		for c.request() != "" {
			c.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n")
			for range 3 {
				time.Sleep(200 * time.Millisecond)
				c.send("x")
			}
		}
	})
	stalled := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		c.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx")
		io.Copy(io.Discard, c.r)
	})
	const sent = "http.requests 1"
	for name, test := range map[string]struct {
		script string
		least  time.Duration
		want   []string
	}{
		"no answer": {flowWith(quiet.url, "http: {timeout: 0.3}", `get: {url: /}`), 300 * time.Millisecond,
			[]string{sent, "errors.ETIMEDOUT 1", "vusers.failed 1"}},
		"as a text": {flowWith(quiet.url, "http: {timeout: '0.3'}", `get: {url: /}`), 300 * time.Millisecond,
			[]string{sent, "errors.ETIMEDOUT 1", "vusers.failed 1"}},
		"a body in small steps": {flowWith(slow.url, "http: {timeout: 0.4}", `get: {url: /}`, `get: {url: /}`), 1200 * time.Millisecond,
			[]string{"http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 6", done}},
		"a body that stalls": {flowWith(stalled.url, "http: {timeout: 0.3}", `get: {url: /}`), 300 * time.Millisecond,
			[]string{sent, "http.responses 1", "http.codes.200 1", "errors.ETIMEDOUT 1", "vusers.failed 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := play(t, test.script, 1)
			p.expect(t, test.want...)
			if p.took < test.least {
				t.Errorf("took %v, want at least %v", p.took, test.least)
			}
		})
	}
}

func TestResponseTimeEndsAtTheHeaders(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		time.Sleep(100 * time.Millisecond)
		io.WriteString(w, "a")
		w.(http.Flusher).Flush()
		time.Sleep(300 * time.Millisecond)
		io.WriteString(w, "b")
	})
	p := play(t, flow(s.URL, `get: {url: /}`), 1)
	h := p.Histograms["http.response_time"]
	if h.Min() < 100_000 || h.Max() >= 400_000 {
		t.Errorf("response time %d to %d µs, want from 100,000 and below 400,000", h.Min(), h.Max())
	}
	if h := p.Histograms["vusers.session_length"]; h.Min() < 400_000 {
		t.Errorf("session of %d µs", h.Min())
	}
}

func TestConnectionsOfUsers(t *testing.T) {
	for _, test := range []struct {
		config string
		least  int
		most   int
	}{
		{"", 3, 3},
		{"http: {pool: 1}", 1, 1},
		{"http: {pool: 2}", 1, 2},
	} {
		t.Run(test.config, func(t *testing.T) {
			s := newJournal(t, nil)
			p := play(t, flowWith(s.URL, test.config, `get: {url: /1}`, `get: {url: /2}`), 3)
			p.expect(t, "http.requests 6", "http.responses 6", "http.codes.200 6", "http.downloaded_bytes 42", "vusers.completed 3")
			if n := s.connections(); n < test.least || n > test.most {
				t.Errorf("%d connections, want %d to %d", n, test.least, test.most)
			}
		})
	}
}

func TestDownloadedBytesOfCompressed(t *testing.T) {
	size := 0
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		var b strings.Builder
		z := gzip.NewWriter(&b)
		io.WriteString(z, `{"a":"some text"}`)
		z.Close()
		size = b.Len()
		w.Header().Set("Content-Encoding", "gzip")
		io.WriteString(w, b.String())
	})
	p := play(t, flow(s.URL, `get: {url: /, capture: {json: $.a, as: a}, match: {json: $.a, value: some text}}`,
		`get: {url: /, gzip: false}`), 1)
	if got := p.Counters["http.downloaded_bytes"]; got != int64(2*size) {
		t.Errorf("%d bytes, want %d", got, 2*size)
	}
	if got := s.headers("Accept-Encoding"); !slices.Equal(got, []string{"gzip, deflate, br", "-"}) {
		t.Errorf("Accept-Encoding %q", got)
	}
	if p.outcome.Completed != 1 {
		t.Errorf("errors %v", p.counts("errors."))
	}
}
