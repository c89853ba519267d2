package enginehttp

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"

	"salvo/pkg/metrics"
)

// newProxyServer starts a proxy, which sends every request on to the given address whatever it
// names. Its journal has "METHOD uri" of each request.
func newProxyServer(t *testing.T, to string) *journal {
	return newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != "CONNECT" {
			out := r.Clone(context.Background())
			out.RequestURI, out.URL.Host = "", to
			resp, err := http.DefaultTransport.RoundTrip(out)
			if err != nil {
				w.WriteHeader(502)
				return
			}
			defer resp.Body.Close()
			w.Header().Set("Via", "1.1 test")
			w.WriteHeader(resp.StatusCode)
			io.Copy(w, resp.Body)
			return
		}
		switch {
		case strings.HasPrefix(r.Host, "denied."):
			w.WriteHeader(407)
			return
		case strings.HasPrefix(r.Host, "closed."):
			panic(http.ErrAbortHandler)
		case strings.HasPrefix(r.Host, "silent."):
			<-r.Context().Done()
			return
		}
		up, err := net.Dial("tcp", to)
		if err != nil {
			t.Error(err)
			return
		}
		down, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		io.WriteString(down, "HTTP/1.1 200 Connection established\r\nX-Proxy: yes\r\n\r\n")
		var both sync.WaitGroup
		both.Go(func() { io.Copy(up, down); up.Close() })
		both.Go(func() { io.Copy(down, up); down.Close() })
		both.Wait()
	})
}

func TestProxies(t *testing.T) {
	plain := newJournal(t, nil)
	secure := unstartedJournal(nil)
	startTLS(t, secure, true)
	address := func(url string) string { return url[strings.Index(url, "//")+2:] }
	one := []string{"http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done}
	failed := func(key string) []string {
		return []string{"http.requests 1", "vusers.failed 1", "errors." + key + " 1"}
	}
	const auth = "Basic dXNlcjpwOnNz" // user:p:ss
	for _, test := range []struct {
		name, target string
		to           *journal
		env          []string // PROXY stands for the proxy's address
		proxied      []string
		auth         string
		want         []string
	}{
		{"plain", "http://far.example/base", plain, []string{"HTTP_PROXY=http://PROXY"}, []string{"GET http://far.example/base/p|q?x=1"}, "-", one},
		{"another port", "http://far.example:81", plain, []string{"HTTP_PROXY=PROXY"}, []string{"GET http://far.example:81/p|q?x=1"}, "-", one},
		{"TLS through HTTP_PROXY", "https://far.example", secure, []string{"HTTP_PROXY=http://PROXY/"}, []string{"CONNECT far.example:443"}, "-", one},
		{"TLS through HTTPS_PROXY", "https://far.example:8443", secure, []string{"HTTP_PROXY=http://127.0.0.1:1", "HTTPS_PROXY=http://PROXY"}, []string{"CONNECT far.example:8443"}, "-", one},
		{"TLS to an address", "https://[::1]", secure, []string{"HTTP_PROXY=http://PROXY"}, []string{"CONNECT [::1]:443"}, "-", one},
		{"HTTPS_PROXY alone", plain.URL, plain, []string{"HTTPS_PROXY=http://PROXY"}, nil, "", one},
		{"a user and a password", "http://far.example", plain, []string{"HTTP_PROXY=http://user:p%3Ass@PROXY"}, []string{"GET http://far.example/p|q?x=1"}, auth, one},
		{"the same for TLS", "https://far.example", secure, []string{"HTTPS_PROXY=http://user:p%3Ass@PROXY"}, []string{"CONNECT far.example:443"}, auth, one},
		{"loopback", plain.URL, plain, []string{"HTTP_PROXY=http://PROXY"}, []string{"GET " + plain.URL + "/p|q?x=1"}, "-", one},
		{"an exception", plain.URL, plain, []string{"HTTP_PROXY=http://PROXY", "NO_PROXY=x.example,127.0.0.0/8"}, nil, "", one},
		{"nothing is proxied", secure.URL, secure, []string{"HTTP_PROXY=http://PROXY", "NO_PROXY=*"}, nil, "", one},
		{"no proxy there", "http://far.example", plain, []string{"HTTP_PROXY=http://127.0.0.1:1"}, nil, "", failed(codeRefused)},
		{"refused by the proxy", "https://denied.example", secure, []string{"HTTP_PROXY=http://PROXY"}, []string{"CONNECT denied.example:443"}, "-", failed("Bad response: 407")},
		{"cut off by the proxy", "https://closed.example", secure, []string{"HTTP_PROXY=http://PROXY"}, []string{"CONNECT closed.example:443"}, "-", failed(codeReset)},
		{"kept waiting by the proxy", "https://silent.example", secure, []string{"HTTP_PROXY=http://PROXY"}, []string{"CONNECT silent.example:443"}, "-", failed(codeTimeout)},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := newProxyServer(t, address(test.to.URL))
			env := map[string]string{}
			for _, v := range test.env {
				name, value, _ := strings.Cut(v, "=")
				env[name] = strings.ReplaceAll(value, "PROXY", address(server.URL))
			}
			set := func(p *protocol) {
				var err error
				if p.proxies, err = newProxies(env); err != nil {
					t.Fatal(err)
				}
			}
			const config = "http: {timeout: 0.5, http2: true, extendedMetrics: true}, tls: {rejectUnauthorized: false}"
			p := playWith(t, context.Background(), mustParse(t, flowWith(test.target, config, `get: {url: '/p|q?x=1'}`)), 1, set)
			p.expect(t, slices.Clone(test.want)...)
			server.expect(t, test.proxied...)
			if got := server.headers("Proxy-Authorization"); len(got) > 0 && got[0] != test.auth {
				t.Errorf("authorization %q", got)
			}
			if got := test.to.headers("Proxy-Authorization"); slices.Contains(got, auth) && strings.HasPrefix(test.target, "https") {
				t.Error("the server saw the proxy's password")
			}
			if test.want[1] == one[1] && p.Histograms[metrics.HTTPTCP].Count() != 1 {
				t.Error("the connection was not measured")
			}
		})
	}
	t.Run("kept alive", func(t *testing.T) {
		for _, to := range []*journal{plain, secure} {
			server := newProxyServer(t, address(to.URL))
			scheme, _, _ := strings.Cut(to.URL, "//")
			p := playWith(t, context.Background(), mustParse(t, flowWith(scheme+"//far.example", "tls: {rejectUnauthorized: false}", `get: {url: /}`, `get: {url: /b}`)), 2, func(p *protocol) {
				p.proxies, _ = newProxies(map[string]string{"HTTP_PROXY": server.URL})
			})
			p.expect(t, "http.requests 4", "http.responses 4", "http.codes.200 4", "http.downloaded_bytes 28", "vusers.completed 2")
			if n := server.connections(); n != 2 {
				t.Errorf("%d connections to the proxy, want one for each user", n)
			}
		}
	})
}

func TestNoProxy(t *testing.T) {
	for _, test := range []struct {
		except, host string
		port         uint16
		want         bool // proxied
	}{
		{"", "a.example", 80, true},
		{"a.example", "a.example", 80, false},
		{"A.Example", "a.example", 80, false},
		{"example", "a.example", 80, false},
		{"ample", "a.example", 80, true},
		{".a.example", "a.example", 80, true},
		{".a.example", "b.a.example", 80, false},
		{"*.a.example", "b.a.example", 80, false},
		{"a.example:81", "a.example", 80, true},
		{"a.example:80", "a.example", 80, false},
		{"x, a.example y", "a.example", 80, false},
		{"*", "a.example", 80, false},
		{"127.0.0.1", "127.0.0.1", 80, false},
		{"127.0.0.1:81", "127.0.0.1", 80, true},
		{"10.0.0.0/8", "10.1.2.3", 80, false},
		{"10.0.0.0/8", "11.1.2.3", 80, true},
		{"10.0.0.0/8", "a.example", 80, true},
		{"::1", "::1", 80, false},
		{"[::1]:80", "::1", 80, false},
		{"[::1]:81", "::1", 80, true},
		{",", "a.example", 80, true},
		{".", "a.example", 80, true},
	} {
		p, err := newProxies(map[string]string{"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": test.except})
		if err != nil {
			t.Fatal(err)
		}
		o := &origin{host: test.host, port: test.port}
		o.addr, _ = netip.ParseAddr(test.host)
		if got := p.of(o) != nil; got != test.want {
			t.Errorf("NO_PROXY=%q, %s:%d: proxied %v", test.except, test.host, test.port, got)
		}
	}
	for _, bad := range []string{"http://", "https://user:secret@proxy", "socks5://user:secret@proxy", "http://user:secret@proxy:x"} {
		_, err := New(Options{Env: map[string]string{"HTTPS_PROXY": bad}, Recorder: metrics.NewRecorder(1)})
		if err == nil || !strings.Contains(err.Error(), "HTTPS_PROXY") || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
