package enginehttp

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"salvo/pkg/script"
)

// trust decides about certificates, in the order and in the words of Node: first the chain, then
// the dates, then the name.
type trust struct {
	options script.TLS
	http2   bool
	roots   *x509.CertPool // nil: the system's

	mu       sync.Mutex
	verified map[string][]verdict // by server name
}

// verdict is a chain of certificates that was found to be good. Every user makes its own handshake,
// but what thousands of them are shown is the same: checking signatures once is enough.
type verdict struct {
	chain []*x509.Certificate
	until time.Time
}

// maxVerdicts bounds the verdicts for one name: servers behind one name may differ.
const maxVerdicts = 16

func newTrust(o script.TLS, http2 bool) *trust {
	t := &trust{options: o, http2: http2, verified: map[string][]verdict{}}
	if len(o.Authorities) > 0 {
		t.roots = x509.NewCertPool()
		for _, c := range o.Authorities {
			t.roots.AddCert(c)
		}
	}
	return t
}

// config makes the TLS configuration for an origin.
func (t *trust) config(o *origin) *tls.Config {
	name := o.host
	if t.options.ServerName != "" {
		name = t.options.ServerName
	}
	c := &tls.Config{
		ServerName:   name,
		MinVersion:   t.options.MinVersion,
		MaxVersion:   t.options.MaxVersion,
		CipherSuites: t.options.CipherSuites,
		NextProtos:   []string{"http/1.1"},
		// Certificates are checked in VerifyConnection, which knows Node's codes.
		InsecureSkipVerify: true,
		// As OpenSSL 3.0 has them: without the post-quantum exchange, which is larger and slower.
		CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
	}
	switch {
	case t.options.Protocols != nil:
		c.NextProtos = t.options.Protocols
	case t.http2:
		c.NextProtos = []string{"h2", "http/1.1"}
	}
	if own := t.options.Certificate; own != nil {
		// As Node does, whichever authorities the server asks for.
		c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return own, nil }
	}
	if t.options.RejectUnauthorized {
		c.VerifyConnection = func(s tls.ConnectionState) error {
			return t.verify(name, s.PeerCertificates, time.Now())
		}
	}
	return c
}

// verify checks the certificates that a server showed for a name.
func (t *trust) verify(name string, certs []*x509.Certificate, now time.Time) error {
	if len(certs) == 0 {
		return fail(codeUnverified, "the server showed no certificate")
	}
	if t.known(name, certs, now) {
		return nil
	}
	until, err := t.check(name, certs, now)
	if err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	list := t.verified[name]
	if len(list) == maxVerdicts {
		list = list[1:]
	}
	t.verified[name] = append(list[:len(list):len(list)], verdict{certs, until})
	return nil
}

func (t *trust) known(name string, certs []*x509.Certificate, now time.Time) bool {
	t.mu.Lock()
	list := t.verified[name]
	t.mu.Unlock()
	for i := range list {
		if sameChain(list[i].chain, certs) {
			return now.Before(list[i].until)
		}
	}
	return false
}

func sameChain(a, b []*x509.Certificate) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] && !bytes.Equal(a[i].Raw, b[i].Raw) {
			return false
		}
	}
	return true
}

// check returns until when a good chain is good.
func (t *trust) check(name string, certs []*x509.Certificate, now time.Time) (time.Time, error) {
	leaf := certs[0]
	between := x509.NewCertPool()
	for _, c := range certs[1:] {
		between.AddCert(c)
	}
	// Dates come later, so the chain is looked at on a day on which the leaf was good.
	at := now
	if at.After(leaf.NotAfter) {
		at = leaf.NotAfter
	} else if at.Before(leaf.NotBefore) {
		at = leaf.NotBefore
	}
	chains, err := leaf.Verify(x509.VerifyOptions{Roots: t.roots, Intermediates: between, CurrentTime: at})
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &invalid):
		return time.Time{}, failed(invalidCode(invalid.Reason), err)
	case err != nil:
		return time.Time{}, failed(unknownCode(certs), err)
	}
	until := leaf.NotAfter
	best := time.Time{}
	for _, chain := range chains {
		end := chain[0].NotAfter
		for _, c := range chain {
			if c.NotAfter.Before(end) {
				end = c.NotAfter
			}
		}
		if end.After(best) {
			best = end
		}
	}
	if best.Before(until) {
		until = best
	}
	if now.After(until) {
		return time.Time{}, fail(codeExpired, "the certificate expired on "+until.UTC().Format(time.DateOnly))
	}
	if now.Before(leaf.NotBefore) {
		return time.Time{}, fail(codeNotYetValid, "the certificate is good from "+leaf.NotBefore.UTC().Format(time.DateOnly))
	}
	if err := leaf.VerifyHostname(name); err != nil {
		return time.Time{}, failed(codeBadName, err)
	}
	return until, nil
}

// unknownCode says what is wrong with a chain that leads to no root that is trusted.
func unknownCode(certs []*x509.Certificate) string {
	selfSigned := func(c *x509.Certificate) bool {
		return bytes.Equal(c.RawSubject, c.RawIssuer)
	}
	switch last := certs[len(certs)-1]; {
	case selfSigned(certs[0]):
		return codeSelfSigned
	case selfSigned(last):
		return codeSelfInChain
	case len(certs) == 1:
		return codeUnverified
	default:
		return codeNoIssuer
	}
}

func invalidCode(r x509.InvalidReason) string {
	switch r {
	case x509.Expired:
		return codeExpired
	case x509.IncompatibleUsage:
		return codeBadPurpose
	default:
		return codeUnverified
	}
}

// handshake sets up TLS over c's TCP connection.
func (c *conn) handshake(until time.Time) error {
	c.armed = time.Time{}
	if err := c.arm(until); err != nil {
		return err
	}
	c.tls = tls.Client(tlsSocket{c.sock}, c.origin.tls)
	err := c.tls.HandshakeContext(context.Background())
	if err != nil {
		if cut := c.watched(); cut != nil {
			return cut
		}
		if knownCode(err) == "" {
			return failed(codeProtocol, err)
		}
		return err
	}
	return nil
}

// tlsSocket makes a net.Conn of a socket. TLS never asks for the addresses.
type tlsSocket struct{ stream }

func (tlsSocket) LocalAddr() net.Addr  { return noAddr }
func (tlsSocket) RemoteAddr() net.Addr { return noAddr }

var noAddr = net.TCPAddrFromAddrPort(netip.AddrPort{})
