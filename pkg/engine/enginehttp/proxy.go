package enginehttp

import (
	"fmt"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// proxy is a server that requests go through.
type proxy struct {
	host string
	port uint16
	addr netip.Addr // valid when host is an address
	auth []byte     // the whole Proxy-Authorization line; nil when there is none
}

// proxies say which requests go through which proxy, as Artillery 2 reads the environment: all go
// through HTTP_PROXY, those to TLS servers through HTTPS_PROXY if it is set. Loopback addresses are
// no exception. What NO_PROXY names is, which Artillery does not look at.
type proxies struct {
	plain, secure *proxy
	all           bool // nothing is proxied
	except        []exception
}

// exception is one entry of NO_PROXY.
type exception struct {
	network netip.Prefix // valid for addresses
	host    string       // and hosts below it
	below   bool         // only hosts below it
	port    uint16       // 0: any
}

func newProxies(env map[string]string) (*proxies, error) {
	p := &proxies{}
	var err error
	if p.plain, err = newProxy(env, "HTTP_PROXY"); err != nil {
		return nil, err
	}
	if p.secure, err = newProxy(env, "HTTPS_PROXY"); err != nil {
		return nil, err
	}
	if p.secure == nil {
		p.secure = p.plain
	}
	for _, entry := range strings.FieldsFunc(env["NO_PROXY"], func(r rune) bool { return r == ',' || r <= ' ' }) {
		if entry == "*" {
			p.all = true
			continue
		}
		p.except = append(p.except, newException(strings.ToLower(entry)))
	}
	return p, nil
}

// newProxy reads a variable. What is in it is not shown in errors: there may be a password.
func newProxy(env map[string]string, name string) (*proxy, error) {
	text := strings.TrimSpace(env[name])
	if text == "" {
		return nil, nil
	}
	if !strings.Contains(text, "://") {
		text = "http://" + text
	}
	a, err := parseURL(text)
	switch {
	case err != nil:
		return nil, fmt.Errorf("enginehttp: the environment variable %s is no URL; a proxy is http://host:port", name)
	case a.key.secure:
		return nil, fmt.Errorf("enginehttp: the environment variable %s names a proxy that is to be spoken to over TLS, which is not supported: a proxy is http://host:port", name)
	}
	p := &proxy{host: a.key.host, port: a.key.port}
	if addr, err := netip.ParseAddr(p.host); err == nil {
		p.addr = addr
	}
	if a.userinfo {
		p.auth = append([]byte("Proxy-"), appendBasic(nil, []byte(a.user), []byte(a.pass))...)
	}
	return p, nil
}

func newException(entry string) exception {
	var e exception
	if network, err := netip.ParsePrefix(entry); err == nil {
		e.network = network.Masked()
		return e
	}
	host := entry
	if i := strings.LastIndexByte(entry, ':'); i >= 0 && (strings.Count(entry, ":") == 1 || strings.HasSuffix(entry[:i], "]")) {
		if port, err := strconv.ParseUint(entry[i+1:], 10, 16); err == nil {
			host, e.port = entry[:i], uint16(port)
		}
	}
	host = strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
	if addr, err := netip.ParseAddr(host); err == nil {
		e.network = netip.PrefixFrom(addr, addr.BitLen())
		return e
	}
	host = strings.TrimPrefix(host, "*")
	e.host = strings.TrimPrefix(host, ".")
	e.below = e.host != host
	return e
}

func (e *exception) holds(o *origin) bool {
	switch {
	case e.port != 0 && e.port != o.port:
		return false
	case e.network.IsValid():
		return o.addr.IsValid() && e.network.Contains(o.addr.Unmap())
	case e.host == "":
		return false
	}
	return o.host == e.host && !e.below || strings.HasSuffix(o.host, "."+e.host)
}

// of returns the proxy for an origin, nil when there is none.
func (p *proxies) of(o *origin) *proxy {
	via := p.plain
	if o.secure {
		via = p.secure
	}
	if via == nil || p.all {
		return nil
	}
	for i := range p.except {
		if p.except[i].holds(o) {
			return nil
		}
	}
	return via
}

// tunnel asks the proxy that c is connected to for a connection to c's origin.
func (c *conn) tunnel(until time.Time) error {
	err := c.askTunnel(until)
	if err != nil {
		if cut := c.watched(); cut != nil {
			return cut
		}
	}
	return err
}

func (c *conn) askTunnel(until time.Time) error {
	c.armed = time.Time{}
	if err := c.arm(until); err != nil {
		return err
	}
	o := c.origin
	host := o.host
	if o.addr.Is6() {
		host = "[" + host + "]"
	}
	target := host + ":" + strconv.Itoa(int(o.port))
	out := []byte("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\nConnection: keep-alive\r\n")
	out = append(append(out, o.via.auth...), "\r\n"...)
	if _, err := c.sock.Write(out); err != nil {
		return err
	}
	var head headParser
	head.reset()
	var answer []byte
	space := make([]byte, 1024)
	for {
		n, err := c.sock.Read(space)
		answer = append(answer, space[:n]...)
		done, fault := head.parse(answer)
		switch {
		case fault != nil:
			return fault
		case done && head.status == http.StatusOK && len(answer) > head.pos:
			return fail(codeReset, "the proxy sent bytes that nobody asked for")
		case done && head.status == http.StatusOK:
			return nil
		case done:
			// In the words of what Artillery makes its connections with.
			return &coded{code: "Bad response: " + strconv.Itoa(head.status)}
		case err != nil:
			return err
		}
	}
}
