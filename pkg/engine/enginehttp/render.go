package enginehttp

import (
	"bytes"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"salvo/pkg/template"
)

// renderBody makes the body that this user sends.
func (x *exchange) renderBody() error {
	a := x.action
	x.body = x.body[:0]
	x.bodied = a.body != bodyNone
	switch a.body {
	case bodyFixed:
		x.payload = a.fixedBody
		return nil
	case bodyJSON:
		x.body = a.request.JSON.AppendJSON(x.body, x.user)
		x.bodied = len(x.body) > 0
	case bodyForm:
		x.body = x.appendFormBody(x.body, a.request.Form)
	case bodyMultipart:
		return x.renderMultipart()
	case bodyText:
		if isWhole(a.request.Body) {
			v := a.request.Body.Value(x.user)
			if !isText(v) {
				return errBodyKind
			}
			x.bodied = v != template.Undefined
			x.body = template.AppendText(x.body, v)
			break
		}
		x.body = a.request.Body.AppendText(x.body, x.user)
	}
	x.payload = x.body
	return nil
}

// render makes the bytes of the request, for this hop of a chain of redirects. All errors mean that
// nothing is sent.
func (x *exchange) render(now time.Time) error {
	a := x.action
	out := append(x.out[:0], x.method...)
	out = append(out, ' ')
	proxied := x.at.origin.via != nil && !x.at.origin.secure
	if proxied {
		out = append(out, "http://"...)
		out = append(out, x.at.origin.authority...)
	}
	out = append(out, x.at.uri...)
	out = append(out, " HTTP/1.1\r\n"...)
	if proxied {
		out = append(out, x.at.origin.via.auth...)
	}
	if !a.hostGiven || x.drops&dropAbroad != 0 {
		out = append(out, "Host: "...)
		out = append(out, x.at.origin.authority...)
		out = append(out, "\r\n"...)
	}
	var err error
	for i := range a.parts {
		p := &a.parts[i]
		switch {
		case p.drop&x.drops != 0:
		case p.value == nil:
			out = append(out, p.lines...)
		default:
			if out, err = x.appendHeader(out, p); err != nil {
				return err
			}
		}
	}
	if a.protocol.options.HTTP.Tracing != nil {
		out = append(out, "traceparent: "...)
		out = append(out, x.trace[:]...)
		out = append(out, "\r\n"...)
	}
	if a.body == bodyMultipart && !a.typeGiven && x.drops&dropBody == 0 {
		out = append(out, "Content-Type: multipart/form-data; boundary="...)
		out = append(out, x.boundary[:]...)
		out = append(out, "\r\n"...)
	}
	out = x.appendAuth(out)
	if out, err = x.appendCookies(out, now); err != nil {
		return err
	}
	x.out = x.appendBody(out)
	return nil
}

func (x *exchange) appendHeader(out []byte, p *part) ([]byte, error) {
	if p.whole {
		v := p.value.Value(x.user)
		if v == template.Undefined {
			return out, nil
		}
		x.scratch = template.AppendText(x.scratch[:0], v)
	} else {
		x.scratch = p.value.AppendText(x.scratch[:0], x.user)
	}
	out, err := appendHeaderValue(append(out, p.name...), x.scratch)
	return append(out, "\r\n"...), err
}

func (x *exchange) appendAuth(out []byte) []byte {
	a := x.action
	abroad := x.drops&dropAbroad != 0
	switch auth := a.request.Auth; {
	case a.authGiven && !abroad:
	case a.basic != nil && !abroad:
		out = append(out, a.basic...)
	case auth != nil && !abroad:
		var user, pass []byte
		if auth.User != nil {
			user = auth.User.AppendText(nil, x.user)
		}
		if auth.Pass != nil {
			pass = auth.Pass.AppendText(nil, x.user)
		}
		out = appendBasic(out, user, pass)
	case x.at.userinfo:
		out = appendBasic(out, []byte(x.at.user), []byte(x.at.pass))
	}
	return out
}

// appendCookies appends the Cookie line, if there is a cookie: what a Cookie header of the script
// says, the script's cookies, and those of the jar that have other names.
func (x *exchange) appendCookies(out []byte, now time.Time) ([]byte, error) {
	a := x.action
	own := x.drops&dropAbroad == 0 && (a.cookie != nil || len(a.cookies) > 0)
	if !own && x.session.empty() {
		return out, nil
	}
	line := x.scratch[:0]
	if own {
		if a.cookie != nil {
			line = a.cookie.AppendText(line, x.user)
		}
		for i := range a.cookies {
			if len(line) > 0 {
				line = append(line, "; "...)
			}
			line = append(line, a.cookies[i].Name...)
			line = append(line, '=')
			start := len(line)
			line = cutCookie(a.cookies[i].Value.AppendText(line, x.user), start)
		}
	}
	x.scratch = line
	before := len(out)
	out = append(out, "Cookie: "...)
	start := len(out)
	out, err := appendHeaderValue(out, line)
	if err != nil {
		return out, err
	}
	// What the server sent goes back byte by byte.
	out = x.session.appendCookies(out, start, x.at, now, func(name string) bool { return hasCookie(line, name) })
	if len(out) == start {
		return out[:before], nil
	}
	return append(out, "\r\n"...), nil
}

// cutCookie leaves of a cookie's value, which is what line has from start on, what a cookie can hold:
// what is before the first semicolon, without blanks around it.
func cutCookie(line []byte, start int) []byte {
	value := line[start:]
	if i := bytes.IndexByte(value, ';'); i >= 0 {
		value = value[:i]
	}
	return append(line[:start], bytes.TrimSpace(value)...)
}

// hasCookie tells whether the value of a Cookie header names a cookie.
func hasCookie(line []byte, name string) bool {
	rest := string(line)
	for rest != "" {
		var pair string
		pair, rest, _ = strings.Cut(rest, ";")
		if key, _, _ := strings.Cut(pair, "="); strings.TrimSpace(key) == name {
			return true
		}
	}
	return false
}

// appendBody ends the head and appends the body.
func (x *exchange) appendBody(out []byte) []byte {
	a := x.action
	dropped := x.drops&dropBody != 0
	payload := x.payload
	if !x.bodied || dropped {
		payload = nil
	}
	// With a length that is not the body's the server waits for more, or takes a part of it for the
	// next request.
	x.wrongLength = false
	switch {
	case a.length != nil && !dropped:
		x.scratch = a.length.AppendText(x.scratch[:0], x.user)
		n, err := strconv.Atoi(string(x.scratch))
		x.wrongLength = err != nil || n != len(payload)
	case !x.bodied || dropped:
		if expectsBody(x.method) {
			out = append(out, "Content-Length: 0\r\n"...)
		}
	case a.chunked:
		out = append(out, "\r\n"...)
		if len(payload) > 0 {
			out = strconv.AppendInt(out, int64(len(payload)), 16)
			out = append(out, "\r\n"...)
			out = append(out, payload...)
			out = append(out, "\r\n"...)
		}
		return append(out, "0\r\n\r\n"...)
	default:
		out = append(out, "Content-Length: "...)
		out = strconv.AppendInt(out, int64(len(payload)), 10)
		out = append(out, "\r\n"...)
	}
	out = append(out, "\r\n"...)
	return append(out, payload...)
}

// expectsBody tells whether a request of a method without a body says so.
func expectsBody(method string) bool {
	switch method {
	case "GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT":
		return false
	}
	return true
}

// appendHeaderValue appends a text as the value of a header: of characters up to U+00FF, a byte
// each, as Node sends them.
func appendHeaderValue(dst, text []byte) ([]byte, error) {
	for i := 0; i < len(text); {
		c := text[i]
		if c < 0x80 {
			if c < 0x20 && c != '\t' || c == 0x7f {
				return dst, fail(codeBadChar, "a header cannot hold this value")
			}
			dst = append(dst, c)
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			dst = append(dst, c)
		case r <= 0xff:
			dst = append(dst, byte(r))
		default:
			return dst, fail(codeBadChar, "a header cannot hold this value")
		}
		i += n
	}
	return dst, nil
}
