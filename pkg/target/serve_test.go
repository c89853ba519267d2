package target

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// lockedBuffer takes a server's log while a test reads it.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// start serves s and returns its address and a function that ends it and
// returns what Serve did.
func start(t *testing.T, s *Server, o ServeOptions) (addr string, end func() error) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, ln, s, o) }()
	return ln.Addr().String(), func() error { cancel(); return <-done }
}

func TestServe(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := New(Options{})
	addr, end := start(t, s, ServeOptions{})
	transport := &http.Transport{}
	c := &http.Client{Transport: transport}
	for range 3 {
		res, err := c.Get("http://" + addr + "/")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, res.Body)
		res.Body.Close()
	}
	if got := s.Stats(); got.Total != 3 || got.Connections != 1 {
		t.Errorf("%d requests on %d connections, want 3 on 1", got.Total, got.Connections)
	}
	transport.CloseIdleConnections()
	if err := end(); err != nil {
		t.Error(err)
	}
}

func TestServeLetsRequestsFinish(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := New(Options{})
	addr, end := start(t, s, ServeOptions{Grace: time.Minute})
	transport := &http.Transport{}
	answered := make(chan error, 1)
	go func() {
		res, err := (&http.Client{Transport: transport}).Get("http://" + addr + "/delay/200")
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	for s.Stats().Active == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err != nil {
		t.Errorf("the request that was running: %v", err)
	}
	transport.CloseIdleConnections()
}

func TestServeCutsRequestsAfterGrace(t *testing.T) {
	defer goleak.VerifyNone(t)
	s := New(Options{})
	addr, end := start(t, s, ServeOptions{Grace: 20 * time.Millisecond})
	transport := &http.Transport{}
	answered := make(chan error, 1)
	go func() {
		res, err := (&http.Client{Transport: transport}).Get("http://" + addr + "/delay/60000")
		if err == nil {
			res.Body.Close()
		}
		answered <- err
	}()
	for s.Stats().Active == 0 {
		time.Sleep(time.Millisecond)
	}
	if err := end(); err != nil {
		t.Error(err)
	}
	if err := <-answered; err == nil {
		t.Error("the request was answered, want it cut")
	}
	transport.CloseIdleConnections()
}

func TestServeTLS(t *testing.T) {
	defer goleak.VerifyNone(t)
	for _, tt := range []struct {
		name  string
		h2    bool
		proto string
	}{
		{"HTTP/1.1", false, "HTTP/1.1"},
		{"HTTP/2", true, "HTTP/2.0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := New(Options{})
			log := &lockedBuffer{}
			addr, end := start(t, s, ServeOptions{TLS: true, ErrorLog: log})
			config := &tls.Config{InsecureSkipVerify: true}
			transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: tt.h2}
			res, err := (&http.Client{Transport: transport}).Get("https://" + addr + "/")
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.Proto != tt.proto {
				t.Errorf("%s, want %s", res.Proto, tt.proto)
			}
			transport.CloseIdleConnections()

			strict := &http.Transport{}
			_, err = (&http.Client{Transport: strict}).Get("https://" + addr + "/")
			var unknown x509.UnknownAuthorityError
			if !errors.As(err, &unknown) {
				t.Errorf("a client that checks certificates: %v, want an unknown authority", err)
			}
			if err := end(); err != nil {
				t.Error(err)
			}
			if !strings.Contains(log.String(), "TLS handshake error") {
				t.Errorf("log %q does not tell of the handshake", log.String())
			}
		})
	}
}

func TestServeTellsWhyItEnded(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	if err := Serve(t.Context(), ln, New(Options{}), ServeOptions{}); !errors.Is(err, net.ErrClosed) {
		t.Errorf("%v, want that the listener is closed", err)
	}
}

func TestSelfSigned(t *testing.T) {
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		hosts []string
		good  []string
		bad   string
	}{
		{"default", nil, []string{"localhost", "127.0.0.1", "::1"}, "example.com"},
		{"given", []string{"shop.test", "10.0.0.1"}, []string{"shop.test", "10.0.0.1"}, "localhost"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := SelfSigned(tt.hosts, now)
			if err != nil {
				t.Fatal(err)
			}
			for _, host := range tt.good {
				if err := c.Leaf.VerifyHostname(host); err != nil {
					t.Error(err)
				}
			}
			if c.Leaf.VerifyHostname(tt.bad) == nil {
				t.Errorf("it is valid for %s too", tt.bad)
			}
			if now.Before(c.Leaf.NotBefore) || now.After(c.Leaf.NotAfter) {
				t.Errorf("valid from %v to %v", c.Leaf.NotBefore, c.Leaf.NotAfter)
			}
		})
	}
}
