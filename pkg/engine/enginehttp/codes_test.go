package enginehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestCodes(t *testing.T) {
	dial := func(errno syscall.Errno) error {
		return &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", errno)}
	}
	for _, test := range []struct {
		err  error
		code string
	}{
		{dial(syscall.ECONNREFUSED), "ECONNREFUSED"},
		{dial(syscall.ECONNRESET), "ECONNRESET"},
		{dial(syscall.ETIMEDOUT), "ETIMEDOUT"},
		{dial(syscall.EHOSTUNREACH), "EHOSTUNREACH"},
		{dial(syscall.ENETUNREACH), "ENETUNREACH"},
		{dial(syscall.EADDRNOTAVAIL), "EADDRNOTAVAIL"},
		{os.NewSyscallError("socket", syscall.EMFILE), "EMFILE"},
		{os.NewSyscallError("write", syscall.EPIPE), "EPIPE"},
		{&net.DNSError{Err: "no such host", Name: "h", IsNotFound: true}, "ENOTFOUND"},
		{&net.DNSError{Err: "server misbehaving", Name: "h", IsTemporary: true}, "EAI_AGAIN"},
		{&net.DNSError{Err: "i/o timeout", Name: "h", IsTimeout: true}, "EAI_AGAIN"},
		{os.ErrDeadlineExceeded, "ETIMEDOUT"},
		{context.DeadlineExceeded, "ETIMEDOUT"},
		{io.EOF, "ECONNRESET"},
		{io.ErrUnexpectedEOF, "ECONNRESET"},
		{os.ErrClosed, "ECONNRESET"},
		{tls.RecordHeaderError{Msg: "no TLS"}, "ERR_SSL_WRONG_VERSION_NUMBER"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: handshake failure")}, "EPROTO"},
		{fail("HPE_STRICT", "text"), "HPE_STRICT"},
		{failed("CODE", io.EOF), "CODE"},
		{fmt.Errorf("at 127.0.0.1:1234: %w", errors.New("something else")), "something else"},
	} {
		if got := codeOf(test.err); got != test.code {
			t.Errorf("%v: %q, want %q", test.err, got, test.code)
		}
		wrapped := fmt.Errorf("wrapped: %w", test.err)
		if got := codeOf(wrapped); got != test.code {
			t.Errorf("%v: %q, want %q", wrapped, got, test.code)
		}
		if e := stepError(test.err); len(e.Keys) != 1 || e.Keys[0] != test.code || !errors.Is(e, test.err) {
			t.Errorf("step error %+v", e)
		}
	}
}

func TestEndpointPath(t *testing.T) {
	for _, test := range []struct{ target, url, want string }{
		{"http://h", "/a/{{ n }}?q=1#f", "/a/{{ n }}"},
		{"http://h/base", "/a", "/base/a"},
		{"http://h:8080", "http://h:8080/a", "/a"},
		{"http://h:8080", "http://h:9/x y", ":9/x y"},
		{"http://h", "http://other/a%20b", "other/a b"},
		{"http://h", "https://other:8443", "other:8443/"},
		{"http://h", "http://h?q=1", "/"},
		{"http://h", "{{ url }}/a?q=1", "{{ url }}/a"},
		{"http://h", "http://{{ host }}/a", "{{ host }}/a"},
		{"http://h", "http://h:{{ port }}/a", "{{ port }}/a"},
		{"http://h:80", "https://u:p@other:9{{ port }}/a", "other:9{{ port }}/a"},
		{"http://{{ host }}", "/a", "{{ host }}/a"},
		{"", "http://h/a", "h/a"},
		{"", "/a", "/a"},
		{"http://h", "/%zz", "/%zz"},
	} {
		if got := endpointPath(test.target, test.url, false); got != test.want {
			t.Errorf("%q and %q: %q, want %q", test.target, test.url, got, test.want)
		}
	}
}

func TestEndpointPathWithQuery(t *testing.T) {
	for url, want := range map[string]string{
		"/a%20b/{{ n }}?q=%C3%A4&r={{ r }}#f": "/a b/{{ n }}?q=ä&r={{ r }}",
		"/a#f?q=1":                            "/a",
		"http://other?q=1":                    "other/?q=1",
		"{{ url }}?q=1":                       "{{ url }}?q=1",
	} {
		if got := endpointPath("http://h", url, true); got != want {
			t.Errorf("%q: %q, want %q", url, got, want)
		}
	}
}

func TestServerTiming(t *testing.T) {
	for text, want := range map[string]int64{
		"total;dur=12.5":            12500,
		"db;dur=3, total;dur=40":    40000,
		"total;desc=x":              -1000,
		"total;dur=x":               -1000,
		"total;dur=9999999999999":   -1000,
		"total;dur=1, total;dur=50": 1000,
	} {
		if got := serverTotal(text); got != want {
			t.Errorf("%q: %d, want %d", text, got, want)
		}
	}
	s := newRawServer(t, func(c *rawConn, _ int) {
		c.request()
		c.send(okHead + "Server-Timing: total;dur=7\r\nContent-Length: 0\r\n\r\n")
	})
	p := play(t, flow(s.url, `get: {url: /x}`), 1)
	if h := p.Histograms["plugins.metrics-by-endpoint.server-timing./x"]; h == nil || h.Max() != 7000 {
		t.Errorf("histogram %v of %q", h, keys(p.Histograms))
	}
}

// Templates in the target, and targets that are no good.
func TestTargets(t *testing.T) {
	s := newJournal(t, nil)
	for _, test := range []struct {
		name, script string
		want         []string
		seen         string
	}{
		{"a template", flowWith(`{{ base }}/b`, "variables: {base: '"+s.URL+"'}", `get: {url: '/a?x=y'}`), []string{done}, "GET /b/a?x=y"},
		{"with a slash at its end", flow(s.URL+"/b/", `get: {url: /a}`), []string{done}, "GET /b//a"},
		{"with a query", flow(s.URL+"/?z=", `get: {url: '/a#f'}`), []string{done}, "GET /?z=/a"},
		{"with blanks in the path", flowWith(s.URL, "variables: {p: ' x '}", `get: {url: '/a b{{ p }}'}`), []string{done}, "GET /a%20b%20x"},
		{"that a variable leaves empty", flowWith(`{{ base }}`, "variables: {base: ''}", `get: {url: /a}`), []string{"errors.Invalid URL - /a 1", "vusers.failed 1"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := len(s.lines())
			p := play(t, test.script, 2)
			if test.seen != "" {
				if p.outcome.Completed != 2 {
					t.Errorf("errors %v", p.counts("errors."))
				}
				for _, line := range s.lines()[before:] {
					if line != test.seen {
						t.Errorf("seen %q, want %q", line, test.seen)
					}
				}
				return
			}
			if n := p.Counters["errors.Invalid URL - /a"]; n != 2 {
				t.Errorf("errors %v", p.counts("errors."))
			}
		})
	}
}
