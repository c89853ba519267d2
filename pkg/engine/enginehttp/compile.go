package enginehttp

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// action is one compiled request: all that is the same for every user is worked out.
type action struct {
	protocol *protocol
	request  *script.Request
	fault    error // what every user of it fails with, before anything is sent
	method   string
	timeout  time.Duration
	inert    bool // the method is idempotent: sending it twice is as good as once

	url        urlSource
	base       *urlSource            // what the URL is put behind when it begins with a slash
	basePlace  atomic.Pointer[place] // of a fixed base, when it was needed; its uri is not encoded yet
	fixedPlace atomic.Pointer[place] // when all requests go there

	parts      []part             // header lines, in order
	hostGiven  bool               // Host is one of parts
	authGiven  bool               // Authorization is one of parts
	typeGiven  bool               // Content-Type is one of parts
	basic      []byte             // of a fixed auth, the whole line
	cookie     *template.Template // of a Cookie header; nil when there is none
	cookies    []script.Pair      // default cookies and those of the step
	body       bodyKind
	fixedBody  []byte
	chunked    bool               // the script asks for Transfer-Encoding: chunked
	closes     bool               // the script asks for Connection: close
	length     *template.Template // of a Content-Length that the script gives; nil when it does not
	extraction *engine.Extraction
	wantBody   bool // the extraction looks at the body
	wantHead   bool // the extraction looks at headers
	endpoints  *endpoints
	expect     *engine.Expectations // nil when there are none
	keepAsked  bool                 // somebody asks for the URL and the name after redirects
	nameText   string               // of a name that is the same for all
	nameFixed  bool

	before, after, onError engine.Hooks
	written                *template.Object // what hooks see of the request; nil without hooks
	writtenKeys            []string
}

type bodyKind uint8

const (
	bodyNone bodyKind = iota
	bodyFixed
	bodyJSON
	bodyText
	bodyForm
	bodyMultipart
)

// part is a piece of the request's head: lines that are the same for all users, or one line with a
// value.
type part struct {
	lines []byte
	name  string             // with ": "
	value *template.Template // nil for fixed lines
	whole bool               // an undefined value leaves the line out
	drop  drop
}

// drop tells on which redirects a part is left out.
type drop uint8

const (
	dropAbroad drop = 1 << iota // to another origin
	dropBody                    // that turn into a GET without a body
)

// Compile prepares a request step. An error tells of a capture that cannot be compiled; what makes
// every request of the step fail is left to its users, as their error.
func (p *protocol) Compile(s *script.Step) (engine.Action, error) {
	r := s.Request
	if r == nil {
		return nil, errors.New("enginehttp: not a request")
	}
	x, err := engine.NewExtraction(r.Captures, r.Matches)
	if err != nil {
		return nil, err
	}
	a := &action{protocol: p, extraction: x, base: p.target}
	a.compileRequest(r)
	a.wants()
	a.compileExpectations()
	a.compileEndpoints()
	hooks := p.options.Processor
	a.before, a.after, a.onError = hooks.Hooks(r.BeforeRequest), hooks.Hooks(r.AfterResponse), hooks.Hooks(r.OnError)
	if a.after.Any() {
		a.wantBody, a.wantHead = true, true
	}
	if a.scripted() {
		a.compileWritten()
	}
	return a, nil
}

// compileRequest prepares what is sent.
func (a *action) compileRequest(r *script.Request) {
	a.request, a.method, a.timeout = r, r.Method, r.Timeout
	if a.timeout <= 0 {
		a.timeout = a.protocol.options.HTTP.Timeout
	}
	switch a.method {
	case "GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE":
		a.inert = true
	}
	a.fault = a.compileURL()
	if err := a.compileBody(); a.fault == nil {
		a.fault = err
	}
	if err := a.compileHeaders(); a.fault == nil {
		a.fault = err
	}
	a.compileCookies()
}

// with is the action for a request that hooks have made of a's. What is not sent stays as it is.
func (a *action) with(changed *script.Request) *action {
	b := &action{
		protocol: a.protocol, extraction: a.extraction, expect: a.expect, base: a.base, endpoints: a.endpoints,
		wantBody: a.wantBody, wantHead: a.wantHead, keepAsked: a.keepAsked, nameText: a.nameText, nameFixed: a.nameFixed,
		before: a.before, after: a.after, onError: a.onError, written: a.written, writtenKeys: a.writtenKeys,
	}
	b.compileRequest(changed)
	return b
}

func (a *action) wants() {
	look := func(k script.ExtractKind) {
		if k == script.FromHeader {
			a.wantHead = true
		} else {
			a.wantBody = true
		}
	}
	for i := range a.request.Captures {
		look(a.request.Captures[i].Kind)
	}
	for i := range a.request.Matches {
		look(a.request.Matches[i].Kind)
	}
}

var errNoURL = &coded{code: "an URL must be specified"}

func (a *action) compileURL() error {
	if a.request.URL == nil {
		return errNoURL
	}
	a.url = newURLSource(a.request.URL)
	if a.url.fixed && a.url.text == "" {
		return errNoURL
	}
	return nil
}

// compileBody decides what the body is, and whether it is the same for all.
func (a *action) compileBody() error {
	r := a.request
	switch {
	case r.JSON != nil && r.Form != nil, r.JSON == nil && r.Body != nil && r.Form != nil,
		r.FormData != nil && (r.JSON != nil || r.Body != nil || r.Form != nil):
		return fail(codeRequest, "a request has one body: json, body, form or formData")
	case r.JSON != nil:
		a.body = bodyJSON
		if v, fixed := r.JSON.Static(); fixed {
			a.body, a.fixedBody = bodyFixed, template.AppendJSON(nil, v)
		}
	case r.Form != nil:
		a.body = bodyForm
		fixed := true
		for i := range r.Form {
			_, ok := r.Form[i].Value.Static()
			fixed = fixed && ok
		}
		if fixed {
			x := &exchange{}
			a.body, a.fixedBody = bodyFixed, x.appendFormBody(nil, r.Form)
		}
	case r.FormData != nil:
		a.body = bodyMultipart
	case r.Body != nil:
		a.body = bodyText
		v, fixed := r.Body.Static()
		if fixed {
			if !isText(v) {
				return errBodyKind
			}
			a.body, a.fixedBody = bodyFixed, template.AppendText(nil, v)
		}
	}
	return nil
}

var errBodyKind = fail(codeRequest, "a body must be a text")

// isText tells whether a value can be sent as a text body.
func isText(v any) bool {
	switch v.(type) {
	case *template.Object, []any:
		return false
	}
	return true
}

// compileHeaders lays out the header lines: those of the script, then what it leaves open.
func (a *action) compileHeaders() error {
	r := a.request
	headers := mergePairs(a.protocol.options.HTTP.Headers, r.Headers, strings.EqualFold)
	given := map[string]bool{}
	for i := range headers {
		h := &headers[i]
		if !isToken(h.Name) {
			return fail(codeBadToken, fmt.Sprintf("header name %q", h.Name))
		}
		name := strings.ToLower(h.Name)
		given[name] = true
		var d drop
		switch name {
		case "traceparent":
			if a.protocol.options.HTTP.Tracing != nil {
				continue
			}
		case "cookie":
			a.cookie = h.Value
			continue
		case "host":
			d = dropAbroad
			a.hostGiven = true
		case "authorization":
			if r.Auth != nil {
				continue
			}
			d = dropAbroad
			a.authGiven = true
		case "connection":
			text, _ := templateText(h.Value)
			a.closes = strings.Contains(strings.ToLower(text), "close")
		case "content-length":
			d = dropBody
			a.length = h.Value
		case "transfer-encoding":
			d = dropBody
			v, _ := h.Value.Static()
			a.chunked = strings.Contains(strings.ToLower(template.Text(v)), "chunked")
			// Without a body there is nothing to encode.
			if a.body == bodyNone {
				a.chunked = false
				continue
			}
		case "content-type", "content-encoding", "content-language", "content-location":
			d = dropBody
			a.typeGiven = a.typeGiven || name == "content-type"
		}
		if err := a.addHeader(h, d); err != nil {
			return err
		}
	}
	line := func(name, value string, d drop) {
		if !given[strings.ToLower(name)] {
			a.addLines([]byte(name+": "+value+"\r\n"), d)
		}
	}
	line("User-Agent", "Salvo/"+headerSafe(a.protocol.options.Version), 0)
	if r.Gzip {
		line("Accept-Encoding", "gzip, deflate, br", 0)
	}
	line("Connection", "keep-alive", 0)
	if r.JSON != nil {
		line("Content-Type", "application/json", dropBody)
	} else if r.Form != nil {
		line("Content-Type", "application/x-www-form-urlencoded", dropBody)
	}
	return a.compileAuth()
}

// headerSafe makes a text of ours safe to stand in a header.
func headerSafe(s string) string {
	if s == "" {
		return "dev"
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r >= 0x7f {
			return '-'
		}
		return r
	}, s)
}

func (a *action) addHeader(h *script.Pair, d drop) error {
	v, fixed := h.Value.Static()
	if !fixed {
		a.parts = append(a.parts, part{name: h.Name + ": ", value: h.Value, whole: isWhole(h.Value), drop: d})
		return nil
	}
	if v == template.Undefined {
		return nil
	}
	line := append([]byte(h.Name), ": "...)
	line, err := appendHeaderValue(line, template.AppendText(nil, v))
	if err != nil {
		return err
	}
	a.addLines(append(line, "\r\n"...), d)
	return nil
}

// addLines adds fixed lines, to those before them if they share their fate.
func (a *action) addLines(lines []byte, d drop) {
	if n := len(a.parts); n > 0 && a.parts[n-1].value == nil && a.parts[n-1].drop == d {
		a.parts[n-1].lines = append(a.parts[n-1].lines, lines...)
		return
	}
	a.parts = append(a.parts, part{lines: lines, drop: d})
}

func (a *action) compileAuth() error {
	auth := a.request.Auth
	if auth == nil {
		return nil
	}
	user, fixed1 := templateText(auth.User)
	pass, fixed2 := templateText(auth.Pass)
	if fixed1 && fixed2 {
		a.basic = appendBasic(nil, []byte(user), []byte(pass))
	}
	return nil
}

// templateText is the text of a template that is the same for all; nil is the empty text.
func templateText(t *template.Template) (string, bool) {
	if t == nil {
		return "", true
	}
	v, fixed := t.Static()
	if !fixed {
		return "", false
	}
	return template.Text(v), true
}

// appendBasic appends an Authorization line of HTTP basic authentication.
func appendBasic(dst, user, pass []byte) []byte {
	dst = append(dst, "Authorization: Basic "...)
	pair := make([]byte, 0, 64)
	pair = append(append(append(pair, user...), ':'), pass...)
	dst = base64.StdEncoding.AppendEncode(dst, pair)
	return append(dst, "\r\n"...)
}

func (a *action) compileCookies() {
	same := func(x, y string) bool { return x == y }
	a.cookies = mergePairs(a.protocol.options.HTTP.Cookies, a.request.Cookies, same)
}

// mergePairs returns first with those of second in their places where the names are the same, and
// the others behind. Of several with one name within a list the last counts.
func mergePairs(first, second []script.Pair, same func(a, b string) bool) []script.Pair {
	var out []script.Pair
	add := func(p script.Pair) {
		for i := range out {
			if same(out[i].Name, p.Name) {
				out[i] = p
				return
			}
		}
		out = append(out, p)
	}
	for _, p := range first {
		add(p)
	}
	for _, p := range second {
		add(p)
	}
	return out
}

func isToken(s string) bool {
	for i := range len(s) {
		if !tokenByte[s[i]] {
			return false
		}
	}
	return s != ""
}

// isWhole tells whether a template is one variable or call and nothing else, so that it can be
// undefined.
func isWhole(t *template.Template) bool {
	s, ok := t.Source().(string)
	return ok && strings.HasPrefix(s, "{{") && strings.HasSuffix(s, "}}") && strings.Count(s, "{{") == 1
}
