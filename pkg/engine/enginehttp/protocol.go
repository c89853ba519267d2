package enginehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"sync"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// defaultTimeout is the timeout of a script that gives none.
const defaultTimeout = 10 * time.Second

// Options are what a protocol is made of. Recorder must be set.
type Options struct {
	// Target is put before URLs that begin with a slash. It may hold templates.
	Target string
	// Funcs are the functions that Target may call; nil: those that every script has.
	Funcs template.Funcs
	// HTTP is the script's configuration: timeout, pool, default headers and cookies.
	HTTP script.HTTP
	// TLS says what to think of servers' certificates. The zero value accepts them all.
	TLS script.TLS
	// Apdex asks for responses to be counted by how soon they came.
	Apdex script.Apdex
	// Processor is the script's JavaScript, as the engine calls it; nil when it has none.
	Processor *engine.Processor
	// Endpoints says how endpoints are called.
	Endpoints script.Endpoints
	// Expect says what becomes of expectations.
	Expect script.Expect
	// Recorder takes what is measured: the one that the engine's users record into.
	Recorder *metrics.Recorder
	// Env is the environment, for HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
	Env map[string]string
	// Version is Salvo's own, for the User-Agent.
	Version string
}

// protocol is the HTTP protocol of one run: what all its users share.
type protocol struct {
	options Options
	target  *urlSource
	trust   *trust
	proxies *proxies
	names   *resolver
	conns   registry
	dials   chan struct{} // one for each connection being set up
	h2      *http.Transport
	meter   *meter

	mu      sync.RWMutex
	origins map[originKey]*origin
}

// New makes the HTTP protocol for one run. Close it when no user runs any more.
func New(o Options) (engine.Protocol, error) {
	if o.Recorder == nil {
		return nil, errors.New("enginehttp: no recorder")
	}
	if o.HTTP.Timeout <= 0 {
		o.HTTP.Timeout = defaultTimeout
	}
	target, err := compileTarget(o.Target, o.Funcs)
	if err != nil {
		return nil, err
	}
	proxies, err := newProxies(o.Env)
	if err != nil {
		return nil, err
	}
	return &protocol{
		options: o,
		target:  target,
		trust:   newTrust(o.TLS, o.HTTP.HTTP2),
		proxies: proxies,
		names:   newResolver(),
		dials:   make(chan struct{}, maxDials),
		meter:   newMeter(o.Recorder, o.HTTP.ExtendedMetrics, o.Apdex),
		origins: map[originKey]*origin{},
		h2:      newHTTP2(),
	}, nil
}

// Open makes what one user holds: at first nothing.
func (p *protocol) Open(*engine.User) engine.Session {
	return openSession()
}

// Close closes what is shared by all users: the connections of the pool.
func (p *protocol) Close() error {
	p.names.close()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, o := range p.origins {
		if o.pool != nil {
			o.pool.close()
		}
	}
	p.conns.close()
	return nil
}

// tlsConnKey is under which a context hands a connection to the HTTP/2 transport.
type tlsConnKey struct{}

// newHTTP2 makes the transport that speaks HTTP/2 on connections that were made here.
func newHTTP2() *http.Transport {
	t := &http.Transport{
		DisableCompression: true,
		Protocols:          new(http.Protocols),
		DialTLSContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			c, ok := ctx.Value(tlsConnKey{}).(*tls.Conn)
			if !ok {
				return nil, errors.New("enginehttp: no connection to speak HTTP/2 on")
			}
			return c, nil
		},
	}
	t.Protocols.SetHTTP2(true)
	return t
}
