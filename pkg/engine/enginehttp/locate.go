package enginehttp

import (
	"bytes"
	"fmt"
	"strings"

	"salvo/pkg/engine"
	"salvo/pkg/template"
)

// urlSource is a URL, or the beginning of one, as the script has it.
type urlSource struct {
	value  *template.Template
	source string // as written
	text   string // when it is the same for all
	fixed  bool
}

func newURLSource(t *template.Template) urlSource {
	s := urlSource{value: t, source: template.Text(t.Source())}
	s.text, s.fixed = templateText(t)
	return s
}

// compileTarget prepares the script's target.
func compileTarget(target string, funcs template.Funcs) (*urlSource, error) {
	if funcs == nil {
		funcs = template.Builtin()
	}
	t, err := template.Compile(target, funcs)
	if err != nil {
		return nil, fmt.Errorf("enginehttp: target %q: %w", target, err)
	}
	s := newURLSource(t)
	return &s, nil
}

// place is where a request goes.
type place struct {
	origin   *origin
	uri      []byte // path and query, as sent
	userinfo bool
	user     string
	pass     string
}

// locate works out where the request of x goes. All errors mean that nothing is sent.
func (a *action) locate(x *exchange) error {
	if p := a.fixedPlace.Load(); p != nil {
		x.at = place{p.origin, append(x.uriSpace[:0], p.uri...), p.userinfo, p.user, p.pass}
		x.uriSpace = x.at.uri
		return nil
	}
	if err := a.work(x); err != nil {
		return err
	}
	if a.url.fixed && a.base.fixed && a.fixedQuery() {
		p := x.at
		p.uri = bytes.Clone(p.uri)
		a.fixedPlace.Store(&p)
	}
	return nil
}

// fixedQuery tells that qs is the same for all.
func (a *action) fixedQuery() bool {
	for i := range a.request.QS {
		if _, fixed := a.request.QS[i].Value.Static(); !fixed {
			return false
		}
	}
	return true
}

func (a *action) work(x *exchange) error {
	text := append(x.scratch[:0], a.url.text...)
	if !a.url.fixed {
		text = a.url.value.AppendText(text, x.user)
	}
	x.scratch = text
	behind := len(text) > 0 && text[0] == '/'
	if behind && a.base.fixed {
		base, err := a.baseAddress()
		if err != nil {
			return err
		}
		x.at = place{origin: base.origin, userinfo: base.userinfo, user: base.user, pass: base.pass}
		x.tail = append(append(x.tail[:0], base.uri...), text...)
	} else {
		s := string(text)
		if behind {
			s = string(a.base.value.AppendText(nil, x.user)) + s
		}
		to, err := a.absolute(s)
		if err != nil {
			return err
		}
		x.at = place{a.protocol.origin(to.key), nil, to.userinfo, to.user, to.pass}
		x.tail = append(x.tail[:0], to.tail...)
	}
	x.uriSpace = appendURI(x.uriSpace[:0], bytes.TrimRightFunc(x.tail, isBlankOrControl))
	if len(a.request.QS) > 0 {
		x.tail = append(x.tail[:0], x.uriSpace...)
		x.uriSpace = x.appendQuery(x.uriSpace[:0], x.tail, a.request.QS)
	}
	x.at.uri = x.uriSpace
	return nil
}

func isBlankOrControl(r rune) bool { return r <= ' ' }

// baseAddress is the target taken apart, for URLs that are put behind it.
func (a *action) baseAddress() (*place, error) {
	if p := a.basePlace.Load(); p != nil {
		return p, nil
	}
	text := strings.TrimLeft(a.base.text, " \t\r\n")
	// What comes behind begins with a slash, which is where the host ends at the latest.
	to, err := a.absolute(text + "/")
	if err != nil {
		to, err = a.absolute(text + a.url.source)
		if err == nil {
			err = errURL(text)
		}
		return nil, err
	}
	p := &place{a.protocol.origin(to.key), []byte(strings.TrimSuffix(to.tail, "/")), to.userinfo, to.user, to.pass}
	a.basePlace.Store(p)
	return p, nil
}

// absolute takes a whole URL apart.
func (a *action) absolute(text string) (address, error) {
	if !strings.HasPrefix(text, "http") {
		return address{}, &engine.StepError{Keys: []string{"Invalid URL - " + text}}
	}
	return parseURL(text)
}
