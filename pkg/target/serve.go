package target

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"time"
)

// ServeOptions say how Serve talks to clients.
type ServeOptions struct {
	// TLS serves HTTPS, with HTTP/2 for clients that want it, under a certificate
	// that SelfSigned makes for Hosts.
	TLS   bool
	Hosts []string // names and addresses; nil means localhost, 127.0.0.1 and ::1

	// Grace is how long running requests get at the end; 0 means 5 s.
	Grace time.Duration

	// ErrorLog takes what clients did wrong, such as broken handshakes; nil
	// drops it.
	ErrorLog io.Writer
}

// idle is long, because a virtual user may think for minutes before it uses its
// connection again, and must not find it closed.
const idle = 15 * time.Minute

// Serve answers requests on ln until ctx is done, then lets running requests
// finish within Grace. It closes ln. It returns nil when ctx ended it, else why
// it could not go on.
func Serve(ctx context.Context, ln net.Listener, s *Server, o ServeOptions) error {
	if o.Grace == 0 {
		o.Grace = 5 * time.Second
	}
	if o.ErrorLog == nil {
		o.ErrorLog = io.Discard
	}
	srv := &http.Server{
		Handler:           s,
		ReadHeaderTimeout: time.Minute,
		IdleTimeout:       idle,
		ErrorLog:          log.New(o.ErrorLog, "", 0),
		ConnState: func(_ net.Conn, state http.ConnState) {
			if state == http.StateNew {
				s.stats.current.Load().connections.Add(1)
			}
		},
	}
	if o.TLS {
		certificate, err := SelfSigned(o.Hosts, s.now())
		if err != nil {
			ln.Close()
			return err
		}
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{certificate}}
	}

	ended := make(chan error, 1)
	go func() {
		if o.TLS {
			ended <- srv.ServeTLS(ln, "", "")
		} else {
			ended <- srv.Serve(ln)
		}
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serving on %s: %w", ln.Addr(), err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.Grace)
	defer cancel()
	if err := srv.Shutdown(grace); err != nil {
		srv.Close() // who is still waiting now has waited enough
	}
	if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving on %s: %w", ln.Addr(), err)
	}
	return nil
}

// SelfSigned makes a certificate for hosts (nil means localhost, 127.0.0.1 and
// ::1) that is valid from an hour before now for 30 days.
func SelfSigned(hosts []string, now time.Time) (tls.Certificate, error) {
	if hosts == nil {
		hosts = []string{"localhost", "127.0.0.1", "::1"}
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(now.UnixNano()),
		Subject:               pkix.Name{CommonName: "salvo target"},
		NotBefore:             now.Add(-time.Hour),
		NotAfter:              now.Add(30 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature,
		ExtKeyUsage:           []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true,
	}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("making a certificate: %w", err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, nil
}
