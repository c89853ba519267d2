package enginehttp

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"salvo/pkg/hook"
	"salvo/pkg/pemkey"
	"salvo/pkg/script"
)

// ClientOptions are what a Client is made of.
type ClientOptions struct {
	// TLS says what to think of servers' certificates where a request does not say otherwise.
	TLS script.TLS
	// Env is the environment, for HTTP_PROXY, HTTPS_PROXY and NO_PROXY.
	Env map[string]string
}

// Client sends what processors ask for. It is net/http's, with the same certificates, proxies and error
// codes as the script's own requests: processors need all of HTTP/1.1 more than speed. Its connections
// are its own, shared by all users of the worker.
type Client struct {
	options ClientOptions
	proxies *proxies

	mu sync.Mutex
	// By what requests have of their own: those that refuse certificates that cannot be verified, and
	// the others.
	strict, lax map[hook.TLS]*http.Transport
}

var _ hook.Client = (*Client)(nil)

// NewClient makes the client of a worker's processor. Close it when no JavaScript runs any more.
func NewClient(o ClientOptions) (*Client, error) {
	p, err := newProxies(o.Env)
	if err != nil {
		return nil, err
	}
	return &Client{
		options: o, proxies: p,
		strict: map[hook.TLS]*http.Transport{}, lax: map[hook.TLS]*http.Transport{},
	}, nil
}

// Close closes the connections that wait for another request.
func (c *Client) Close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, each := range []map[hook.TLS]*http.Transport{c.strict, c.lax} {
		for t := range maps.Values(each) {
			t.CloseIdleConnections()
		}
	}
}

// Do sends a request.
func (c *Client) Do(ctx context.Context, r *hook.Request) (*hook.Response, error) {
	at, err := exactURL(r.URL)
	if err != nil {
		return nil, err
	}
	transport, err := c.transport(r.TLS)
	if err != nil {
		return nil, err
	}
	request := (&http.Request{
		Method: r.Method, URL: at, Host: at.Host, Close: r.Close,
		Header: http.Header{"User-Agent": nil}, // none of net/http's own
	}).WithContext(ctx)
	for _, h := range r.Headers {
		name := http.CanonicalHeaderKey(h.Name)
		switch name {
		case "Host":
			request.Host = h.Value
		default:
			request.Header[name] = append(request.Header[name], h.Value)
		}
	}
	if via, _ := c.plainProxy(request); via != nil && at.Opaque != "" {
		at.Opaque = "//" + at.Host + at.Opaque
	}
	if r.Body != nil {
		request.Body = io.NopCloser(bytes.NewReader(r.Body))
		request.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(r.Body)), nil }
		request.ContentLength = int64(len(r.Body))
		if r.Chunked {
			request.ContentLength = -1
		} else if len(r.Body) == 0 {
			request.Body = http.NoBody
		}
	}
	answer, err := transport.RoundTrip(request)
	if err != nil {
		return nil, networkError(ctx, err)
	}
	return &hook.Response{
		Status:  answer.StatusCode,
		Reason:  strings.TrimPrefix(answer.Status, strconv.Itoa(answer.StatusCode)+" "),
		Version: fmt.Sprintf("%d.%d", answer.ProtoMajor, answer.ProtoMinor),
		Headers: headersOf(answer),
		Body:    &body{answer.Body, ctx},
	}, nil
}

// exactURL reads a URL and keeps every byte of its path as it is, in the opaque form.
func exactURL(text string) (*url.URL, error) {
	scheme, rest, _ := strings.Cut(text, "://")
	authority, path := rest, "/"
	if i := strings.IndexAny(rest, "/?"); i >= 0 {
		authority, path = rest[:i], rest[i:]
	}
	at, err := url.Parse(scheme + "://" + authority)
	if err != nil || at.Host == "" {
		return nil, &hook.NetworkError{Code: codeInvalidURL, Message: "Invalid URL"}
	}
	if strings.HasPrefix(path, "//") {
		// It would be taken for a host.
		return url.Parse(text)
	}
	at.Opaque = path
	return at, nil
}

// headersOf lists the headers of an answer: net/http has them by name and keeps no order among names.
func headersOf(answer *http.Response) []hook.Header {
	var list []hook.Header
	for _, name := range slices.Sorted(maps.Keys(answer.Header)) {
		for _, value := range answer.Header[name] {
			list = append(list, hook.Header{Name: name, Value: value})
		}
	}
	// What net/http takes out.
	if answer.TransferEncoding != nil {
		list = append(list, hook.Header{Name: "Transfer-Encoding", Value: strings.Join(answer.TransferEncoding, ", ")})
	}
	return list
}

// body gives the errors of a body their codes.
type body struct {
	io.ReadCloser
	ctx context.Context
}

func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = networkError(b.ctx, err)
		var known *hook.NetworkError
		if errors.As(err, &known) && known.Code == codeReset {
			known.Message = "aborted" // as Node.js has it for a response that ends too early
		}
	}
	return n, err
}

// transport finds or makes what sends requests that agree about TLS.
func (c *Client) transport(t hook.TLS) (*http.Transport, error) {
	reject := c.options.TLS.RejectUnauthorized
	if t.Reject != nil {
		reject = *t.Reject
	}
	t.Reject = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.lax
	if reject {
		known = c.strict
	}
	if found := known[t]; found != nil {
		return found, nil
	}
	o := c.options.TLS
	o.RejectUnauthorized, o.Protocols = reject, nil
	if t.ServerName != "" {
		o.ServerName = t.ServerName
	}
	if t.CA != "" {
		pool, err := certificates(t.CA)
		if err != nil {
			return nil, err
		}
		o.Authorities = pool
	}
	if t.Cert != "" {
		pair, err := keyPair(t)
		if err != nil {
			return nil, err
		}
		o.Certificate = pair
	}
	trust := newTrust(o, false)
	made := &http.Transport{
		DisableCompression: true,
		IdleConnTimeout:    5 * time.Second, // Node.js's agent keeps them as long
		MaxIdleConns:       1024, MaxIdleConnsPerHost: 256,
		Proxy: c.plainProxy,
		DialTLSContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			return c.dialTLS(ctx, trust, network, addr)
		},
	}
	known[t] = made
	return made, nil
}

// plainProxy is the proxy of a request without TLS; those with have it in dialTLS. A processor that knows
// proxies itself, as axios does, speaks to them: there is none on the way to a proxy.
func (c *Client) plainProxy(r *http.Request) (*url.URL, error) {
	if r.URL.Scheme != "http" {
		return nil, nil
	}
	port := uint16(80)
	if n, err := strconv.ParseUint(r.URL.Port(), 10, 16); err == nil {
		port = uint16(n)
	}
	via := c.via(false, r.URL.Hostname(), port)
	if via == nil {
		return nil, nil
	}
	at := &url.URL{Scheme: "http", Host: net.JoinHostPort(via.host, strconv.Itoa(int(via.port)))}
	if via.auth != nil {
		r.Header.Set("Proxy-Authorization", authOf(via))
	}
	return at, nil
}

// authOf is the value of a proxy's line.
func authOf(via *proxy) string {
	_, value, _ := strings.Cut(strings.TrimSpace(string(via.auth)), ": ")
	return value
}

func (c *Client) via(secure bool, host string, port uint16) *proxy {
	o := &origin{secure: secure, host: strings.ToLower(host), port: port}
	if addr, err := netip.ParseAddr(o.host); err == nil {
		o.addr = addr
	}
	via := c.proxies.of(o)
	for _, p := range []*proxy{c.proxies.plain, c.proxies.secure} {
		if p != nil && p.host == o.host && p.port == o.port {
			return nil
		}
	}
	return via
}

func (c *Client) dialTLS(ctx context.Context, trust *trust, network, addr string) (net.Conn, error) {
	host, portText, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return nil, err
	}
	via := c.via(true, host, uint16(port))
	to := addr
	if via != nil {
		to = net.JoinHostPort(via.host, strconv.Itoa(int(via.port)))
	}
	var dialer net.Dialer
	sock, err := dialer.DialContext(ctx, network, to)
	if err != nil {
		return nil, err
	}
	cut := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(time.Unix(1, 0)) })
	defer cut()
	if via != nil {
		if err := tunnelThrough(sock, via, addr); err != nil {
			_ = sock.Close()
			return nil, err
		}
	}
	secured := tls.Client(sock, trust.config(&origin{secure: true, host: strings.ToLower(host), port: uint16(port)}))
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = sock.Close()
		if knownCode(err) == "" {
			err = failed(codeProtocol, err)
		}
		return nil, err
	}
	return secured, nil
}

// tunnelThrough asks a proxy for a connection to an address.
func tunnelThrough(sock net.Conn, via *proxy, addr string) error {
	text := "CONNECT " + addr + " HTTP/1.1\r\nHost: " + addr + "\r\n" + string(via.auth) + "\r\n"
	if _, err := io.WriteString(sock, text); err != nil {
		return err
	}
	answer, err := http.ReadResponse(bufio.NewReader(sock), &http.Request{Method: http.MethodConnect})
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fail(codeReset, "the proxy answered "+answer.Status)
	}
	return nil
}

func certificates(text string) ([]*x509.Certificate, error) {
	list, err := pemkey.Certificates([]byte(text))
	if err != nil {
		return nil, &hook.NetworkError{Code: "ERR_OSSL_PEM_NO_START_LINE", Message: "the option ca " + err.Error()}
	}
	return list, nil
}

// keyPair reads the certificate and the key that a request brings.
func keyPair(t hook.TLS) (*tls.Certificate, error) {
	chain, err := pemkey.Certificates([]byte(t.Cert))
	if err != nil {
		return nil, &hook.NetworkError{Code: "ERR_OSSL_PEM_NO_START_LINE", Message: "the option cert " + err.Error()}
	}
	var passphrase *string
	if t.Passphrase != "" {
		passphrase = &t.Passphrase
	}
	key, err := pemkey.Parse([]byte(t.Key), passphrase)
	if err != nil {
		return nil, &hook.NetworkError{Code: "ERR_OSSL_PEM_NO_START_LINE", Message: "the option key " + err.Error()}
	}
	pair := &tls.Certificate{PrivateKey: key, Leaf: chain[0]}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}
