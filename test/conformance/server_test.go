package conformance

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/andybalholm/brotli"
	"go.yaml.in/yaml/v4"
)

// reply is what the server does with one request.
type reply struct {
	Status   int           // 200 unless set
	Headers  headers       // sent as written, in this order
	Body     string        // with a content-length
	JSON     string        // a body with its content-type
	Chunks   []string      // a body in chunks, sent apart
	Encoding string        // gzip, deflate or br: how the body is packed
	Delay    int           // ms before the headers
	Pause    int           // ms between the headers and the body, and between chunks
	Length   *int          // a content-length that is not the body's; the connection then ends
	Close    bool          // the connection ends after the response
	Silent   bool          // nothing is ever answered
	Hangup   bool          // the connection is closed without an answer
	Reset    bool          // the connection is reset without an answer
	Raw      string        // these bytes, and then the end of the connection
	Socket   *socketScript // the upgrade to a WebSocket is accepted
}

// headers keeps the order of a mapping; a list is a header of several lines.
type headers [][2]string

func (h *headers) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("line %d: headers are a mapping", n.Line)
	}
	for i := 0; i < len(n.Content); i += 2 {
		values := []*yaml.Node{n.Content[i+1]}
		if n.Content[i+1].Kind == yaml.SequenceNode {
			values = n.Content[i+1].Content
		}
		for _, v := range values {
			*h = append(*h, [2]string{n.Content[i].Value, v.Value})
		}
	}
	return nil
}

// replies are what one route answers, one request after the other; the last
// stays.
type replies []reply

func (r *replies) UnmarshalYAML(n *yaml.Node) error {
	if n.Kind == yaml.SequenceNode {
		return n.Decode((*[]reply)(r))
	}
	*r = make(replies, 1)
	return n.Decode(&(*r)[0])
}

// server answers as a case says and keeps what it was asked. It is made of
// sockets, because a test of what goes over the wire must see names of headers
// as they were written, and must be able to answer what is not HTTP.
type server struct {
	listener net.Listener
	routes   map[string]replies

	mu     sync.Mutex
	open   map[net.Conn]bool
	conns  int
	asked  map[string]int // by route, how often
	seen   []request
	closed bool
	wg     sync.WaitGroup
}

// request is one that the server was sent.
type request struct {
	conn    int // which connection, from 1
	at      time.Time
	line    string // method and target
	headers [][2]string
	body    []byte
}

func (r *request) header(name string) string {
	for _, h := range r.headers {
		if strings.EqualFold(h[0], name) {
			return h[1]
		}
	}
	return ""
}

func serve(c *testCase) (*server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &server{listener: l, routes: c.Server, open: map[net.Conn]bool{}, asked: map[string]int{}}
	s.wg.Go(func() { s.accept(c.TLS) })
	return s, nil
}

func (s *server) addr() string { return s.listener.Addr().String() }

// stop closes everything and returns what was received.
func (s *server) stop() []request {
	s.mu.Lock()
	s.closed = true
	for c := range s.open {
		c.Close()
	}
	s.mu.Unlock()
	s.listener.Close()
	s.wg.Wait()
	return s.seen
}

func (s *server) accept(secure string) {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		if s.closed {
			s.mu.Unlock()
			c.Close()
			return
		}
		s.open[c] = true
		s.conns++
		id := s.conns
		s.mu.Unlock()
		s.wg.Go(func() {
			defer func() {
				s.mu.Lock()
				delete(s.open, c)
				s.mu.Unlock()
				c.Close()
			}()
			var who string
			conn := c
			if secure != "" {
				t := tls.Server(c, serverTLS(secure))
				if t.Handshake() != nil {
					return
				}
				if certs := t.ConnectionState().PeerCertificates; len(certs) > 0 {
					who = certs[0].Subject.CommonName
				}
				conn = t
			}
			s.converse(conn, id, who)
		})
	}
}

// converse answers the requests of one connection. An error ends it, and needs
// no word: either end of a broken connection is what some cases are about.
func (s *server) converse(c net.Conn, id int, who string) {
	in := bufio.NewReader(c)
	if first, err := in.Peek(1); err == nil && first[0] == 0x16 {
		// A TLS client at a server that speaks none.
		io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
		return
	}
	for {
		r, err := readRequest(in)
		if err != nil {
			return
		}
		r.conn, r.at = id, time.Now()
		if who != "" {
			r.headers = append(r.headers, [2]string{"(client certificate)", who})
		}
		s.mu.Lock()
		at := len(s.seen)
		s.seen = append(s.seen, *r)
		a := s.choose(r)
		s.mu.Unlock()
		if a.Socket != nil {
			a.Socket.converse(c, in, r, func(message string) {
				s.mu.Lock()
				defer s.mu.Unlock()
				s.seen[at].body = append(s.seen[at].body, message+"\n"...)
			})
			return
		}
		if !a.send(c, r) {
			return
		}
	}
}

// choose finds the reply: routes are "METHOD /path?query", "METHOD /path",
// "/path?query", "/path" and "*". The caller holds the lock.
func (s *server) choose(r *request) reply {
	method, target, _ := strings.Cut(r.line, " ")
	path, _, _ := strings.Cut(target, "?")
	for _, route := range []string{r.line, method + " " + path, target, path, "*"} {
		all, ok := s.routes[route]
		if !ok {
			continue
		}
		n := s.asked[route]
		s.asked[route]++
		return all[min(n, len(all)-1)]
	}
	return reply{JSON: `{"ok":true}`}
}

func readRequest(in *bufio.Reader) (*request, error) {
	line := func() (string, error) {
		s, err := in.ReadString('\n')
		return strings.TrimRight(s, "\r\n"), err
	}
	first, err := line()
	if err != nil {
		return nil, err
	}
	r := &request{line: strings.TrimSuffix(first, " HTTP/1.1")}
	for {
		h, err := line()
		if err != nil {
			return nil, err
		}
		if h == "" {
			break
		}
		name, value, _ := strings.Cut(h, ":")
		r.headers = append(r.headers, [2]string{name, strings.TrimSpace(value)})
	}
	if strings.EqualFold(r.header("transfer-encoding"), "chunked") {
		if r.body, err = io.ReadAll(httputil.NewChunkedReader(in)); err != nil {
			return nil, err
		}
		_, err = line() // after the last chunk; nobody here sends trailers
		return r, err
	}
	if length := r.header("content-length"); length != "" {
		n, err := strconv.Atoi(length)
		if err != nil || n < 0 || n > 1<<20 {
			return nil, fmt.Errorf("content-length %q", length)
		}
		r.body = make([]byte, n)
		if _, err := io.ReadFull(in, r.body); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// send answers, and says whether the connection goes on.
func (a reply) send(c net.Conn, r *request) bool {
	time.Sleep(time.Duration(a.Delay) * time.Millisecond)
	switch {
	case a.Silent:
		// The client goes, or the server is stopped.
		io.Copy(io.Discard, c)
		return false
	case a.Hangup:
		return false
	case a.Reset:
		under := c
		if t, ok := c.(*tls.Conn); ok {
			under = t.NetConn()
		}
		under.(*net.TCPConn).SetLinger(0)
		return false
	case a.Raw != "":
		io.WriteString(c, a.Raw)
		return false
	}
	body, hs := []byte(a.Body), a.Headers
	if a.JSON != "" {
		body, hs = []byte(a.JSON), append(headers{{"Content-Type", "application/json"}}, hs...)
	}
	if a.Encoding != "" {
		var err error
		if body, err = pack(a.Encoding, body); err != nil {
			return false
		}
		hs = append(headers{{"Content-Encoding", a.Encoding}}, hs...)
	}
	status := a.Status
	if status == 0 {
		status = 200
	}
	bare := strings.HasPrefix(r.line, "HEAD ") || status == 204 || status == 304
	var head bytes.Buffer
	fmt.Fprintf(&head, "HTTP/1.1 %d %s\r\n", status, http.StatusText(status))
	for _, h := range hs {
		fmt.Fprintf(&head, "%s: %s\r\n", h[0], h[1])
	}
	switch {
	case a.Chunks != nil:
		head.WriteString("Transfer-Encoding: chunked\r\n")
	case a.Length != nil:
		fmt.Fprintf(&head, "Content-Length: %d\r\n", *a.Length)
	case status != 204 && status != 304:
		fmt.Fprintf(&head, "Content-Length: %d\r\n", len(body))
	}
	closing := a.Close || strings.EqualFold(r.header("connection"), "close")
	if closing {
		head.WriteString("Connection: close\r\n")
	}
	head.WriteString("\r\n")
	if a.Pause == 0 && a.Chunks == nil && !bare {
		head.Write(body)
	}
	if _, err := c.Write(head.Bytes()); err != nil {
		return false
	}
	pause := func() { time.Sleep(time.Duration(a.Pause) * time.Millisecond) }
	switch {
	case bare:
	case a.Chunks != nil:
		for _, chunk := range a.Chunks {
			pause()
			if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(chunk), chunk); err != nil {
				return false
			}
		}
		if _, err := io.WriteString(c, "0\r\n\r\n"); err != nil {
			return false
		}
	case a.Pause != 0:
		pause()
		if _, err := c.Write(body); err != nil {
			return false
		}
	}
	return !closing && a.Length == nil
}

func pack(encoding string, body []byte) ([]byte, error) {
	var buf bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip":
		w = gzip.NewWriter(&buf)
	case "deflate":
		w, _ = flate.NewWriter(&buf, flate.DefaultCompression)
	case "br":
		w = brotli.NewWriter(&buf)
	default:
		return nil, fmt.Errorf("encoding %q", encoding)
	}
	if _, err := w.Write(body); err != nil {
		return nil, err
	}
	err := w.Close()
	return buf.Bytes(), err
}

// identity is a certificate that signs itself, made anew in each run of the
// tests.
type identity struct {
	pair      tls.Certificate
	cert, key string // PEM
}

func newIdentity(name string, ips ...net.IP) (*identity, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: name},
		DNSNames:     []string{name},
		IPAddresses:  ips,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		IsCA:         true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return &identity{
		pair: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key},
		cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		key:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})),
	}, nil
}

// identities are those of the servers and of a client, by the words that a
// case's `tls` uses.
var identities = sync.OnceValue(func() map[string]*identity {
	all := map[string]*identity{}
	for word, ips := range map[string][]net.IP{
		"server": {net.IPv4(127, 0, 0, 1)}, // named as it is addressed
		"other":  nil,                      // named otherwise
		"client": nil,
	} {
		id, err := newIdentity(word+".example", ips...)
		if err != nil {
			panic(err)
		}
		all[word] = id
	}
	return all
})

// serverTLS configures a server by the word of a case: "server" or "other" for
// whose certificate it shows, "client" to ask for one.
func serverTLS(word string) *tls.Config {
	c := &tls.Config{NextProtos: []string{"http/1.1"}}
	switch word {
	case "client":
		c.ClientAuth = tls.RequireAnyClientCert
		word = "server"
	}
	c.Certificates = []tls.Certificate{identities()[word].pair}
	return c
}
