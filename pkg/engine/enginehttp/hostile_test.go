package enginehttp

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

const okHead = "HTTP/1.1 200 OK\r\n"

// Servers that do not behave, and what a user of them ends with.
func TestHostileServers(t *testing.T) {
	answer := func(text string) func(c *rawConn, _ int) {
		return func(c *rawConn, _ int) {
			c.request()
			c.send(text)
		}
	}
	const failed = "vusers.failed 1"
	sent := func(key string) []string { return []string{"http.requests 1", "errors." + key + " 1", failed} }
	counted := func(key string) []string {
		return append(sent(key), "http.responses 1", "http.codes.200 1")
	}
	whole := func(status, bytes int) []string {
		return []string{"http.requests 1", "http.responses 1", fmt.Sprintf("http.codes.%d 1", status),
			fmt.Sprintf("http.downloaded_bytes %d", bytes), done}
	}
	const chunked = okHead + "Transfer-Encoding: chunked\r\n\r\n"
	for _, test := range []struct {
		name  string
		serve func(c *rawConn, n int)
		want  []string
	}{
		{"closes at once", func(*rawConn, int) {}, sent("ECONNRESET")},
		{"closes after the request", func(c *rawConn, _ int) { c.request() }, sent("ECONNRESET")},
		{"resets after the request", func(c *rawConn, _ int) { c.request(); c.reset() }, sent("ECONNRESET")},
		{"resets in the head", func(c *rawConn, _ int) { c.request(); c.send(okHead); c.reset() }, sent("ECONNRESET")},
		{"closes in the head", answer(okHead + "Content-Le"), sent("ECONNRESET")},
		{"closes in the body", answer(okHead + "Content-Length: 100\r\n\r\nabc"), counted("ECONNRESET")},
		{"resets in the body", func(c *rawConn, _ int) {
			c.request()
			c.send(okHead + "Content-Length: 100\r\n\r\nabc")
			time.Sleep(50 * time.Millisecond)
			c.reset()
		}, counted("ECONNRESET")},
		{"closes in the chunks", answer(chunked + "5\r\nab"), counted("ECONNRESET")},
		{"closes before the last chunk", answer(chunked + "2\r\nab\r\n"), counted("ECONNRESET")},
		{"no HTTP", answer("220 smtp.example ESMTP\r\n"), sent("HPE_INVALID_CONSTANT")},
		{"TLS", answer("\x15\x03\x01\x00\x02\x02\x46"), sent("HPE_INVALID_CONSTANT")},
		{"a bad chunk", answer(chunked + "zz\r\nab"), counted("HPE_INVALID_CHUNK_SIZE")},
		{"a bad chunk later", func(c *rawConn, _ int) {
			c.request()
			c.send(chunked + "2\r\nab\r\n")
			time.Sleep(20 * time.Millisecond)
			c.send("zz\r\nab")
		}, counted("HPE_INVALID_CHUNK_SIZE")},
		{"two lengths", answer(okHead + "Content-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), sent("HPE_UNEXPECTED_CONTENT_LENGTH")},
		{"length and chunks", answer(okHead + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"), sent("HPE_INVALID_TRANSFER_ENCODING")},
		{"a negative length", answer(okHead + "Content-Length: -2\r\n\r\nabc"), sent("HPE_INVALID_CONTENT_LENGTH")},
		{"a folded header", answer(okHead + "A: b\r\n c\r\n\r\n"), sent("HPE_INVALID_HEADER_TOKEN")},
		{"bare line feeds", answer("HTTP/1.1 200 OK\n\n"), sent("HPE_CR_EXPECTED")},
		{"headers without end", func(c *rawConn, _ int) {
			c.request()
			c.send(okHead)
			for range 100 {
				if _, err := io.WriteString(c, "A: "+strings.Repeat("b", 1000)+"\r\n"); err != nil {
					return
				}
			}
		}, sent("HPE_HEADER_OVERFLOW")},
		{"switches protocols", answer("HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"), sent("ECONNRESET")},
		{"early hints", answer("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early\r\nLink: x\r\n\r\n" + okHead + "Content-Length: 2\r\n\r\nab"), whole(200, 2)},
		{"early hints, one by one", func(c *rawConn, _ int) {
			c.request()
			for _, b := range []byte("HTTP/1.1 100 Continue\r\n\r\n" + okHead + "Content-Length: 2\r\n\r\nab") {
				c.Write([]byte{b})
				time.Sleep(time.Millisecond / 2)
			}
		}, whole(200, 2)},
		{"a body to the end", answer(okHead + "\r\nabcd"), whole(200, 4)},
		{"a body to the end of 1.0", answer("HTTP/1.0 404 Not\r\n\r\nabcd"), whole(404, 4)},
		{"trailers", answer(chunked + "2;a=\"b\"\r\nab\r\n1\r\nc\r\n0;x\r\nA: b\r\n\r\n"), whole(200, 3)},
		{"more than was asked", answer(okHead + "Content-Length: 2\r\n\r\nabHTTP/1.1 200 OK\r\n\r\n"), whole(200, 2)},
		{"a status of its own", answer("HTTP/1.1 999 \r\nContent-Length: 0\r\n\r\n"), whole(999, 0)},
		{"answers before the request", func(c *rawConn, _ int) {
			c.send(okHead + "Content-Length: 2\r\n\r\nab")
			c.request()
			c.request()
		}, whole(200, 2)},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newRawServer(t, test.serve)
			p := play(t, flow(s.url, `get: {url: /}`), 1)
			p.expect(t, test.want...)
			for name := range p.counts("plugins.") {
				if key, ok := strings.CutPrefix(name, "plugins.metrics-by-endpoint./.errors."); ok && p.Counters["errors."+key] != 1 {
					t.Errorf("the endpoint has the error %q", key)
				}
			}
		})
	}
}

// Which connections are used again, and what happens when the server has closed one.
func TestReuse(t *testing.T) {
	const ok = okHead + "Content-Length: 2\r\n\r\nab"
	gets := []string{`get: {url: /1}`, `think: 0.05`, `get: {url: /2}`}
	posts := []string{`post: {url: /1}`, `think: 0.05`, `post: {url: /2}`}
	// forever answers all requests of a connection.
	forever := func(text string) func(c *rawConn, _ int) {
		return func(c *rawConn, _ int) {
			for c.request() != "" {
				c.send(text)
			}
		}
	}
	fine := []string{"http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 4", done}
	// onFirst does something else on the first connection, once a request was answered there.
	onFirst := func(do func(c *rawConn)) func(c *rawConn, n int) {
		return func(c *rawConn, n int) {
			for c.request() != "" {
				c.send(ok)
				if n == 0 {
					do(c)
					return
				}
			}
		}
	}
	reset := func(c *rawConn) { c.reset() }
	for _, test := range []struct {
		name  string
		steps []string
		serve func(c *rawConn, n int)
		conns int
		want  []string
		seen  []string
	}{
		{"kept", gets, forever(ok), 1, fine, nil},
		{"the server says close", gets, forever(okHead + "Connection: close\r\nContent-Length: 2\r\n\r\nab"), 2, fine, nil},
		{"the script says close", []string{`get: {url: /1, headers: {Connection: close}}`, `get: {url: /2}`}, forever(ok), 2, fine, nil},
		{"the server speaks 1.0", gets, forever("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nab"), 2, fine, nil},
		{"1.0 with keep-alive", gets, forever("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab"), 1, fine, nil},
		{"kept for a second", gets, forever(okHead + "Keep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nab"), 2, fine, nil},
		{"kept for a minute", gets, forever(okHead + "Keep-Alive: timeout=60\r\nContent-Length: 2\r\n\r\nab"), 1, fine, nil},
		{"garbage behind the answer", gets, forever(ok + "x"), 2, fine, nil},
		{"garbage later", posts, onFirst(func(c *rawConn) {
			time.Sleep(10 * time.Millisecond)
			c.send("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
			c.request()
		}), 2, fine, nil},
		{"closed while idle", gets, onFirst(func(*rawConn) {}), 2, fine, []string{"GET /1", "GET /2"}},
		{"closed while idle, POST", posts, onFirst(func(*rawConn) {}), 2, fine, []string{"POST /1", "POST /2"}},
		{"reset while idle, POST", posts, onFirst(reset), 2, fine, []string{"POST /1", "POST /2"}},
		{"closed on the next request", gets, onFirst(func(c *rawConn) { c.request() }), 2, fine, []string{"GET /1", "GET /2", "GET /2"}},
		{"reset on the next request", gets, onFirst(func(c *rawConn) { c.request(); c.reset() }), 2, fine, []string{"GET /1", "GET /2", "GET /2"}},
		{"closed on the next request, POST", posts, onFirst(func(c *rawConn) { c.request() }), 1,
			[]string{"http.requests 2", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 2", "errors.ECONNRESET 1", "vusers.failed 1"},
			[]string{"POST /1", "POST /2"}},
		{"closed in the next answer", gets, onFirst(func(c *rawConn) { c.request(); c.send("HTTP/1.1 2") }), 1,
			[]string{"http.requests 2", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 2", "errors.ECONNRESET 1", "vusers.failed 1"}, nil},
		{"closed on every second request", gets, func(c *rawConn, n int) {
			c.request()
			if n == 0 {
				c.send(ok)
				c.request()
			}
		}, 2, []string{"http.requests 2", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 2", "errors.ECONNRESET 1", "vusers.failed 1"}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newRawServer(t, test.serve)
			p := play(t, flow(s.url, test.steps...), 1)
			p.expect(t, test.want...)
			if n := s.connections(); n != test.conns {
				t.Errorf("%d connections, want %d", n, test.conns)
			}
			if test.seen != nil && !slices.Equal(s.heads, test.seen) {
				t.Errorf("the server saw %q, want %q", s.heads, test.seen)
			}
		})
	}
}

// A server that answers while it is still being sent to, and never reads the rest.
func TestEarlyAnswer(t *testing.T) {
	s := newRawServer(t, func(c *rawConn, n int) {
		if n == 0 {
			io.ReadFull(c.r, make([]byte, 1000))
			c.send("HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno")
			time.Sleep(300 * time.Millisecond)
			return
		}
		c.request()
		c.send(okHead + "Content-Length: 0\r\n\r\n")
	})
	p := play(t, flowWith(s.url, "http: {timeout: 5}, variables: {big: '"+strings.Repeat("x", 1<<20)+"'}",
		`post: {url: /, body: '{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}'}`,
		`get: {url: /}`), 1)
	p.expect(t, "http.requests 2", "http.responses 2", "http.codes.413 1", "http.codes.200 1", "http.downloaded_bytes 2", done)
	if n := s.connections(); n != 2 {
		t.Errorf("%d connections, want 2", n)
	}
}

func TestLargeUploadAndDownload(t *testing.T) {
	s := newJournal(t, nil)
	big := strings.Repeat("0123456789abcdef", 1<<16) // 1 MiB
	p := play(t, flowWith(s.URL, "variables: {big: '"+big+"'}",
		`post: {url: /, body: '{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}{{ big }}'}`, `get: {url: /}`), 1)
	p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 14", done)
	if got := s.requests[0].body; got != strings.Repeat(big, 8) {
		t.Errorf("%d bytes arrived, or others", len(got))
	}
	if n := s.connections(); n != 1 {
		t.Errorf("%d connections", n)
	}

	raw := newRawServer(t, func(c *rawConn, _ int) {
		for c.request() != "" {
			fmt.Fprintf(c, okHead+"Content-Length: %d\r\n\r\n", 20<<20)
			for range 20 {
				c.send(big)
			}
		}
	})
	p = play(t, flow(raw.url, `get: {url: /}`, `get: {url: /, capture: {regexp: 'f0', as: x}}`), 1)
	p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", fmt.Sprintf("http.downloaded_bytes %d", 40<<20), done)
}

// The end of the run's context ends every kind of waiting.
func TestInterrupt(t *testing.T) {
	quiet := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		io.Copy(io.Discard, c.r)
	})
	stalled := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		c.send(okHead + "Content-Length: 3\r\n\r\nx")
		io.Copy(io.Discard, c.r)
	})
	full := newRawServer(t, func(c *rawConn, _ int) {
		time.Sleep(time.Second)
	})
	for name, test := range map[string]string{
		"before the answer":     flow(quiet.url, `get: {url: /}`),
		"in the body":           flow(stalled.url, `get: {url: /}`),
		"in line for the pool":  flowWith(quiet.url, "http: {pool: 1}", `get: {url: /}`),
		"while nobody reads":    flowWith(full.url, "variables: {x: '"+strings.Repeat("x", 9<<20)+"'}", `post: {url: /, body: '{{ x }}'}`),
		"before the connection": flow("http://"+deafPort(t), `get: {url: /}`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
			defer cancel()
			p := playIn(t, ctx, test, 3)
			if p.took > time.Second {
				t.Errorf("took %v", p.took)
			}
			if n := p.counts("errors."); len(n) > 0 {
				t.Errorf("errors %v", n)
			}
		})
	}
}

func TestConnectTimeout(t *testing.T) {
	p := play(t, flowWith("http://"+deafPort(t), "http: {timeout: 0.3}", `get: {url: /}`), 2)
	p.expect(t, "http.requests 2", "errors.ETIMEDOUT 2", "vusers.failed 2")
	if p.took < 300*time.Millisecond || p.took > 5*time.Second {
		t.Errorf("took %v", p.took)
	}
}

// deafPort is a local address whose queue is full: connecting to it goes on for ever.
func deafPort(t testing.TB) string {
	if runtime.GOOS != "linux" {
		t.Skip("how a full queue behaves is Linux's")
	}
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { syscall.Close(fd) })
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	sa, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	addr := fmt.Sprintf("127.0.0.1:%d", sa.(*syscall.SockaddrInet4).Port)
	for range 10 {
		c, err := net.DialTimeout("tcp", addr, 100*time.Millisecond)
		if err != nil {
			return addr
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Skip("the queue takes everything")
	return ""
}

// Connections end in order for the server, and leave no port waiting here.
func TestClosing(t *testing.T) {
	var ends []error
	s := newRawServer(t, func(c *rawConn, _ int) {
		for {
			if c.request() == "" {
				c.server.mu.Lock()
				ends = append(ends, c.err)
				c.server.mu.Unlock()
				return
			}
			c.send(okHead + "Content-Length: 0\r\n\r\n")
		}
	})
	play(t, flow(s.url, `get: {url: /}`, `get: {url: /}`), 50)
	if runtime.GOOS != "linux" {
		t.Skip("the table of sockets is Linux's")
	}
	deadline := time.Now().Add(5 * time.Second)
	for {
		s.mu.Lock()
		n := len(ends)
		s.mu.Unlock()
		if n == 50 || time.Now().After(deadline) {
			break
		}
		time.Sleep(time.Millisecond)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(ends) != 50 {
		t.Errorf("%d connections ended", len(ends))
	}
	for _, err := range ends {
		if err != io.EOF {
			t.Errorf("the server read %v at the end, want EOF", err)
		}
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Skip(err)
	}
	var port int
	fmt.Sscanf(s.url, "http://127.0.0.1:%d", &port)
	waiting := 0
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line)
		if len(f) > 3 && strings.HasSuffix(f[2], fmt.Sprintf(":%04X", port)) && f[3] == "06" {
			waiting++
		}
	}
	// A server on the same machine can be quick enough to answer the end before the abort.
	if waiting > 25 {
		t.Errorf("%d ports are waiting", waiting)
	}
}
