package enginehttp

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"salvo/pkg/script"
)

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certificate makes a certificate for hosts. A nil parent means that it signs itself.
func certificate(t testing.TB, parent *authority, isCA bool, from, to time.Time, hosts ...string) *authority {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber:          big.NewInt(time.Now().UnixNano()),
		Subject:               pkix.Name{CommonName: fmt.Sprintf("test %d", time.Now().UnixNano())},
		NotBefore:             from,
		NotAfter:              to,
		IsCA:                  isCA,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageDigitalSignature,
	}
	if isCA {
		c.KeyUsage |= x509.KeyUsageCertSign
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			c.IPAddresses = append(c.IPAddresses, ip)
		} else {
			c.DNSNames = append(c.DNSNames, h)
		}
	}
	signer, signKey := c, key
	if parent != nil {
		signer, signKey = parent.cert, parent.key
	}
	der, err := x509.CreateCertificate(rand.Reader, c, signer, &key.PublicKey, signKey)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &authority{made, key}
}

func (a *authority) chain(more ...*authority) tls.Certificate {
	c := tls.Certificate{Certificate: [][]byte{a.cert.Raw}, PrivateKey: a.key}
	for _, m := range more {
		c.Certificate = append(c.Certificate, m.cert.Raw)
	}
	return c
}

func TestCertificates(t *testing.T) {
	now := time.Now()
	yesterday, tomorrow := now.Add(-24*time.Hour), now.Add(24*time.Hour)
	root := certificate(t, nil, true, yesterday, tomorrow)
	middle := certificate(t, root, true, yesterday, tomorrow)
	leaf := func(parent *authority, hosts ...string) *authority {
		return certificate(t, parent, false, yesterday, tomorrow, hosts...)
	}
	const ip = "127.0.0.1"
	good := leaf(root, ip)
	below := leaf(middle, ip)
	for _, test := range []struct {
		name    string
		certs   tls.Certificate
		trusted bool // of root
		code    string
	}{
		{"trusted", good.chain(), true, ""},
		{"trusted, over another", below.chain(middle), true, ""},
		{"self-signed", leaf(nil, ip).chain(), false, codeSelfSigned},
		{"self-signed and of another name", leaf(nil, "x.example").chain(), false, codeSelfSigned},
		{"self-signed and expired", certificate(t, nil, false, yesterday, now.Add(-time.Hour), ip).chain(), false, codeSelfSigned},
		{"unknown root in the chain", good.chain(root), false, codeSelfInChain},
		{"unknown root, alone", good.chain(), false, codeUnverified},
		{"unknown root, over another", below.chain(middle), false, codeNoIssuer},
		{"expired", certificate(t, root, false, yesterday, now.Add(-time.Hour), ip).chain(), true, codeExpired},
		{"not yet valid", certificate(t, root, false, now.Add(time.Hour), tomorrow, ip).chain(), true, codeNotYetValid},
		{"of another name", leaf(root, "x.example").chain(), true, codeBadName},
		{"expired and of another name", certificate(t, root, false, yesterday, now.Add(-time.Hour), "x.example").chain(), true, codeExpired},
	} {
		t.Run(test.name, func(t *testing.T) {
			trust := newTrust(script.TLS{RejectUnauthorized: true}, false)
			trust.roots = x509.NewCertPool()
			if test.trusted {
				trust.roots.AddCert(root.cert)
			}
			var certs []*x509.Certificate
			for _, der := range test.certs.Certificate {
				c, err := x509.ParseCertificate(der)
				if err != nil {
					t.Fatal(err)
				}
				certs = append(certs, c)
			}
			for range 2 {
				code := ""
				if err := trust.verify(ip, certs, now); err != nil {
					code = codeOf(err)
				}
				if code != test.code {
					t.Errorf("%q, want %q", code, test.code)
				}
			}
			if test.code == "" {
				if err := trust.verify(ip, certs, tomorrow.Add(time.Second)); err == nil || codeOf(err) != codeExpired {
					t.Errorf("once good, now expired: %v", err)
				}
				if err := trust.verify("127.0.0.2", certs, now); err == nil || codeOf(err) != codeBadName {
					t.Errorf("good for another name: %v", err)
				}
			}
		})
	}
}

func startTLS(t testing.TB, j *journal, h2 bool) {
	j.EnableHTTP2 = h2
	j.Config.ErrorLog = discardLog
	j.StartTLS()
	t.Cleanup(j.Close)
}

func TestTLS(t *testing.T) {
	s := unstartedJournal(nil)
	startTLS(t, s, false)
	insecure := "tls: {rejectUnauthorized: false}"
	counted := []string{"http.requests 1", "vusers.failed 1"}
	t.Run("refused", func(t *testing.T) {
		play(t, flow(s.URL, `get: {url: /}`), 1).expect(t, append(counted, "errors.DEPTH_ZERO_SELF_SIGNED_CERT 1")...)
	})
	t.Run("accepted", func(t *testing.T) {
		p := play(t, flowWith(s.URL, insecure, `get: {url: /}`, `post: {url: /b, body: text, capture: {json: $.a, as: a}}`), 2)
		p.expect(t, "http.requests 4", "http.responses 4", "http.codes.200 4", "http.downloaded_bytes 28", "vusers.completed 2")
		if n := s.connections(); n != 3 {
			t.Errorf("%d connections, want 1 that was refused and 2", n)
		}
	})
	t.Run("a pool", func(t *testing.T) {
		p := play(t, flowWith(s.URL, insecure+", http: {pool: 2}", `get: {url: /}`, `get: {url: /}`), 10)
		p.expect(t, "http.requests 20", "http.responses 20", "http.codes.200 20", "http.downloaded_bytes 140", "vusers.completed 10")
	})
	t.Run("a large upload", func(t *testing.T) {
		big := strings.Repeat("0123456789abcdef", 1<<17)
		p := play(t, flowWith(s.URL, insecure+", variables: {big: '"+big+"'}", `post: {url: /, body: '{{ big }}'}`, `get: {url: /}`), 1)
		p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 14", done)
	})
	t.Run("a plain server", func(t *testing.T) {
		plain := newJournal(t, nil)
		play(t, flow(strings.Replace(plain.URL, "http:", "https:", 1), `get: {url: /}`), 1).
			expect(t, append(counted, "errors.ERR_SSL_WRONG_VERSION_NUMBER 1")...)
	})
	t.Run("a server that closes", func(t *testing.T) {
		raw := newRawServer(t, func(*rawConn, int) {})
		play(t, flow(strings.Replace(raw.url, "http:", "https:", 1), `get: {url: /}`), 1).
			expect(t, append(counted, "errors.ECONNRESET 1")...)
	})
	t.Run("a server that says nothing", func(t *testing.T) {
		raw := newRawServer(t, func(c *rawConn, _ int) { io.Copy(io.Discard, c.r) })
		play(t, flowWith(strings.Replace(raw.url, "http:", "https:", 1), "http: {timeout: 0.2}", `get: {url: /}`), 1).
			expect(t, append(counted, "errors.ETIMEDOUT 1")...)
	})
	t.Run("no protocol in common", func(t *testing.T) {
		old := unstartedJournal(nil)
		old.TLS = &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10}
		startTLS(t, old, false)
		play(t, flow(old.URL, `get: {url: /}`), 1).expect(t, append(counted, "errors.EPROTO 1")...)
	})
}

// The same over the wire.
func TestCertificatesOverTheWire(t *testing.T) {
	now := time.Now()
	root := certificate(t, nil, true, now.Add(-time.Hour), now.Add(time.Hour))
	for name, test := range map[string]struct {
		hosts []string
		want  []string
	}{
		"its name":     {[]string{"127.0.0.1"}, []string{"http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done}},
		"another name": {[]string{"other.example"}, []string{"http.requests 1", "errors.ERR_TLS_CERT_ALTNAME_INVALID 1", "vusers.failed 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := unstartedJournal(nil)
			s.TLS = &tls.Config{Certificates: []tls.Certificate{certificate(t, root, false, now.Add(-time.Hour), now.Add(time.Hour), test.hosts...).chain()}}
			startTLS(t, s, false)
			p := playWith(t, context.Background(), mustParse(t, flow(s.URL, `get: {url: /}`)), 1, func(p *protocol) {
				p.trust.roots = x509.NewCertPool()
				p.trust.roots.AddCert(root.cert)
			})
			p.expect(t, test.want...)
		})
	}
}

// Kept connections over TLS that the server has closed.
func TestReuseTLS(t *testing.T) {
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			s := unstartedJournal(nil)
			s.TLS = &tls.Config{MaxVersion: version}
			s.Config.IdleTimeout = 50 * time.Millisecond
			startTLS(t, s, false)
			p := play(t, flowWith(s.URL, "tls: {rejectUnauthorized: false}", `post: {url: /}`, `think: 0.3`, `post: {url: /}`), 1)
			p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 14", done)
			if n := s.connections(); n != 2 {
				t.Errorf("%d connections, want 2", n)
			}
		})
	}
}

func TestHTTP2(t *testing.T) {
	var protocols []string
	handler := func(w http.ResponseWriter, r *http.Request) {
		protocols = append(protocols, r.Proto)
		switch r.URL.Path {
		case "/redirect":
			w.Header().Set("Location", "/b?x=%20y")
			w.Header().Set("Set-Cookie", "k=v")
			w.WriteHeader(302)
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/slow":
			w.WriteHeader(200)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		case "/quiet":
			<-r.Context().Done()
		default:
			w.Header().Add("X-Id", "a")
			w.Header().Add("X-Id", "b")
			io.WriteString(w, `{"a":1}`)
		}
	}
	const config = "tls: {rejectUnauthorized: false}, http: {http2: true, timeout: 0.5}"
	t.Run("spoken", func(t *testing.T) {
		protocols = nil
		s := unstartedJournal(handler)
		startTLS(t, s, true)
		p := play(t, flowWith(s.URL, config, `get: {url: /redirect}`,
			`post: {url: '/p|q', json: {a: 1}, headers: {X-My: '{{ $randomNumber(5, 5) }}'}, capture: [{json: $.a, as: a}, {header: x-id, as: h}]}`,
			`post: {url: /, body: '{{ a }}{{ h }}'}`), 1)
		p.expect(t, "http.requests 4", "http.responses 4", "http.codes.200 3", "http.codes.302 1", "http.downloaded_bytes 21", done)
		s.expect(t, "GET /redirect", "GET /b?x=%20y", `POST /p|q {"a":1}`, "POST / 1a, b")
		if got := strings.Join(protocols, " "); got != "HTTP/2.0 HTTP/2.0 HTTP/2.0 HTTP/2.0" {
			t.Errorf("protocols %q", got)
		}
		if got := s.headers("Cookie"); !slices.Equal(got, []string{"-", "k=v", "k=v", "k=v"}) {
			t.Errorf("cookies %q", got)
		}
		if got := s.headers("X-My"); got[2] != "5" {
			t.Errorf("headers %q", got)
		}
		if n := s.connections(); n != 1 {
			t.Errorf("%d connections", n)
		}
	})
	t.Run("a redirect to a server that does not", func(t *testing.T) {
		plain := newJournal(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Id", "plain") })
		s := unstartedJournal(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Id", "two")
			w.Header().Set("Location", plain.URL+"/x")
			w.WriteHeader(307)
		})
		startTLS(t, s, true)
		p := play(t, flowWith(s.URL, config, `post: {url: /, body: text, match: {header: x-id, value: plain}}`), 1)
		p.expect(t, "http.requests 2", "http.responses 2", "http.codes.307 1", "http.codes.200 1", "http.downloaded_bytes 0", done)
		plain.expect(t, "POST /x text")
	})
	for offered, want := range map[string]string{"[h2]": "HTTP/2.0", "http/1.1": "HTTP/1.1", "[h2, http/1.1]": "HTTP/2.0"} {
		t.Run("offered "+offered, func(t *testing.T) {
			protocols = nil
			s := unstartedJournal(handler)
			startTLS(t, s, true)
			play(t, flowWith(s.URL, "tls: {rejectUnauthorized: false, alpnProtocols: "+offered+"}", `get: {url: /}`), 1)
			if got := strings.Join(protocols, " "); got != want {
				t.Errorf("protocols %q, want %s", got, want)
			}
		})
	}
	t.Run("not spoken", func(t *testing.T) {
		protocols = nil
		s := unstartedJournal(handler)
		startTLS(t, s, false)
		p := play(t, flowWith(s.URL, config, `get: {url: /}`), 1)
		p.expect(t, "http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done)
		if got := strings.Join(protocols, " "); got != "HTTP/1.1" {
			t.Errorf("protocols %q", got)
		}
	})
	for path, want := range map[string][]string{
		"/abort": {"http.requests 1", "errors.ERR_HTTP2_STREAM_ERROR 1", "vusers.failed 1"},
		"/quiet": {"http.requests 1", "errors.ETIMEDOUT 1", "vusers.failed 1"},
		"/slow":  {"http.requests 1", "http.responses 1", "http.codes.200 1", "errors.ETIMEDOUT 1", "vusers.failed 1"},
	} {
		t.Run(path, func(t *testing.T) {
			s := unstartedJournal(handler)
			startTLS(t, s, true)
			play(t, flowWith(s.URL, config, `get: {url: `+path+`}`), 1).expect(t, want...)
		})
	}
	t.Run("closed while idle", func(t *testing.T) {
		s := unstartedJournal(handler)
		s.Config.IdleTimeout = 50 * time.Millisecond
		startTLS(t, s, true)
		p := play(t, flowWith(s.URL, config, `post: {url: /}`, `think: 0.3`, `post: {url: /}`), 1)
		p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 14", done)
	})
	t.Run("a pool", func(t *testing.T) {
		s := unstartedJournal(nil)
		startTLS(t, s, true)
		p := play(t, flowWith(s.URL, "tls: {rejectUnauthorized: false}, http: {http2: true, pool: 2}", `get: {url: /}`, `get: {url: /}`), 10)
		p.expect(t, "http.requests 20", "http.responses 20", "http.codes.200 20", "http.downloaded_bytes 140", "vusers.completed 10")
		if n := s.connections(); n > 2 {
			t.Errorf("%d connections", n)
		}
	})
}
