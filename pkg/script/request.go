package script

import (
	"errors"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"

	"salvo/pkg/template"
)

func (b *builder) request(n *node, method, path string) *Request {
	r := &Request{Method: strings.ToUpper(method), FollowRedirect: true, Gzip: true}
	r.Source, _ = n.value().(*template.Object)
	r.URL = b.url(n, path)
	if v := n.present("name"); v != nil {
		r.Name = b.template(v, path+".name")
	}
	if v := n.present("headers"); v != nil {
		r.Headers = b.headers(v, path+".headers")
	}
	if v := n.present("cookie"); v != nil {
		r.Cookies = b.cookies(v, path+".cookie")
	}
	b.body(n, path, r)
	if v := n.present("qs"); v != nil {
		r.QS = b.pairs(v, path+".qs")
	}
	if v := n.present("auth"); v != nil {
		r.Auth = b.auth(v, path+".auth")
	}
	if v := n.present("gzip"); v != nil {
		r.Gzip = v.yes
	}
	if v := n.present("followRedirect"); v != nil {
		r.FollowRedirect = v.yes
	}
	if v := n.present("followAllRedirects"); v != nil && !v.yes && r.FollowRedirect {
		b.warn(v, path+".followAllRedirects", "has no effect: redirects are followed for all methods, unless `followRedirect` is false")
	}
	if v := n.present("timeout"); v != nil {
		r.Timeout = b.timeout(v, path+".timeout")
	}
	if v := n.present("probability"); v != nil {
		r.Probability = b.probability(v, path+".probability")
	}
	if v := n.present("ifTrue"); v != nil {
		r.IfTrue = b.expression(v, path+".ifTrue")
		r.IfFunction = namedFunction(v.text)
	}
	r.BeforeRequest = slices.Concat(b.ofRequests.before, b.hooks(n, "beforeRequest", path))
	r.AfterResponse = slices.Concat(b.ofRequests.after, b.hooks(n, "afterResponse", path))
	r.OnError = b.ofRequests.failed
	b.specs(n.present("capture"), path+".capture", r)
	b.specs(n.present("match"), path+".match", r)
	r.Expectations = b.expect(n, path)
	return r
}

// url reads `url` or `uri` and notes that a relative one needs a target.
func (b *builder) url(n *node, path string) *template.Template {
	key := "uri"
	v := n.present(key)
	if v == nil {
		key, v = "url", n.present("url")
	} else if other := n.present("url"); other != nil {
		b.warn(other, path+".url", "has no effect beside `uri`")
	}
	at := join(path, key)
	switch {
	case v == nil:
		if !n.get("url").isBad() && !n.get("uri").isBad() {
			b.sink.fault(n.place, at, "a request needs `url`, such as url: \"/path\"")
		}
		return nil
	case v.text == "":
		b.fault(v, at, "a request needs a url, such as \"/path\"; found an empty text")
		return nil
	case strings.HasPrefix(v.text, "/"):
		b.relative = append(b.relative, relativeURL{v.place, v.text})
	case strings.HasPrefix(v.text, "http"), strings.HasPrefix(v.text, "{{"):
	case strings.HasPrefix(strings.TrimSpace(v.text), "/"), strings.HasPrefix(strings.TrimSpace(v.text), "http"):
		b.fault(v, at, "a url begins with / or with http:// or https://, found %s; take the blanks in front away", v.found())
	default:
		b.fault(v, at, "a url begins with / or with http:// or https://, found %s", v.found())
	}
	return b.template(v, at)
}

// body reads what a request sends: at most one of json, body, form and formData.
func (b *builder) body(n *node, path string, r *Request) {
	if v := n.get("json"); v != nil && !v.bad && v.kind != kindUndefined {
		r.JSON = b.template(v, path+".json")
	}
	if v := n.present("body"); v != nil {
		r.Body = b.template(v, path+".body")
		if r.JSON != nil {
			b.warn(v, path+".body", "has no effect beside `json`, which is sent")
		}
	}
	if v := n.present("form"); v != nil {
		r.Form = b.pairs(v, path+".form")
		b.oneBody(v, path, "form", r)
		if r.Form == nil {
			r.Form = []Pair{}
		}
	}
	if v := n.present("formData"); v != nil {
		b.oneBody(v, path, "formData", r)
		r.FormData = b.formData(v, path+".formData")
		for _, h := range r.Headers {
			text, fixed := h.Value.Static()
			if s := strings.ToLower(template.Text(text)); fixed && strings.EqualFold(h.Name, "content-type") && strings.HasPrefix(s, "multipart/form-data") && !strings.Contains(s, "boundary") {
				b.warn(v, path+".formData", "the header %s hides where the parts begin; leave it out, and the right one is sent", h.Name)
			}
		}
	}
}

// oneBody faults a form beside another body.
func (b *builder) oneBody(v *node, path, name string, r *Request) {
	for _, other := range []struct {
		name  string
		there bool
	}{{"json", r.JSON != nil}, {"body", r.Body != nil}, {"form", r.Form != nil && name != "form"}} {
		if other.there {
			b.fault(v, join(path, name), "a request sends one body, but this one has `%s` and `%s`; keep one of them", name, other.name)
			return
		}
	}
}

func (b *builder) auth(n *node, path string) *Auth {
	a := &Auth{User: b.static(""), Pass: b.static("")}
	if v := n.present("user"); v != nil {
		a.User = b.template(v, path+".user")
	}
	if v := n.present("pass"); v != nil {
		a.Pass = b.template(v, path+".pass")
	}
	return a
}

func (b *builder) probability(n *node, path string) *float64 {
	hint := ""
	if n.kind == kindText && strings.Contains(n.text, "{{") {
		hint = "; templates are not filled here"
	}
	r, ok := ratOf(n.value())
	if !ok {
		b.fault(n, path, "expected percent, a number from 0 to 100, found %s%s", n.found(), hint)
		return nil
	}
	if r.Sign() < 0 || r.Cmp(big.NewRat(100, 1)) > 0 {
		b.warn(n, path, "expected percent, a number from 0 to 100, found %s, which is read as the nearer of the two", n.found())
	}
	f, _ := r.Float64()
	f = min(max(f, 0), 100)
	return &f
}

func (b *builder) expression(n *node, path string) *template.Expr {
	source := n.scalarText()
	e, err := template.CompileExpr(source)
	if err == nil {
		return e
	}
	n.bad = true
	if serr := (*template.SyntaxError)(nil); errors.As(err, &serr) {
		b.sink.fault(n.inside(serr.Offset), path, "the expression %s does not compile: %s", quote(source), serr.Msg)
	} else {
		b.sink.fault(n.place, path, "the expression %s does not compile: %v", quote(source), err)
	}
	return nil
}

// inside is the place of the byte offset within a text, if the text is written
// on one line as it is. Escapes in front of the place are not counted, so it can
// be a little to the left.
func (n *node) inside(offset int) place {
	at := n.place
	if at.pos.Line == 0 || n.block || n.template != "" || strings.ContainsAny(n.text, "\r\n") || offset < 0 || offset > len(n.text) {
		return at
	}
	at.pos.Column += utf8.RuneCountInString(n.text[:offset])
	if n.quoted {
		at.pos.Column++
	}
	return at
}

func (b *builder) headers(n *node, path string) []Pair {
	for _, m := range n.members {
		at := join(path, m.key)
		switch {
		case m.value.bad:
		case !isToken(m.key):
			m.value.bad = true
			hint := "letters, digits and dashes"
			if strings.Contains(m.key, "{{") {
				hint += "; a template cannot be part of it"
			}
			b.sink.fault(m.place, at, "%s cannot be the name of a header: a name has %s", quote(m.key), hint)
		case m.value.kind == kindText && strings.ContainsAny(strings.TrimSpace(m.value.text), "\r\n"):
			b.fault(m.value, at, "the value of a header is a single line; this text has a line break in it")
		}
	}
	return b.pairs(n, path)
}

func (b *builder) cookies(n *node, path string) []Pair {
	for _, m := range n.members {
		if !m.value.bad && !isToken(m.key) {
			m.value.bad = true
			b.sink.fault(m.place, join(path, m.key), "%s cannot be the name of a cookie: a name has letters, digits, dashes and underscores", quote(m.key))
		}
	}
	return b.pairs(n, path)
}

// isToken tells whether s is a token of HTTP.
func isToken(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}

// pairs compiles the members of an object. Null becomes an empty text.
func (b *builder) pairs(n *node, path string) []Pair {
	var pairs []Pair
	for _, m := range n.members {
		switch {
		case m.value.bad || m.value.kind == kindUndefined:
		case m.value.kind == kindNull:
			pairs = append(pairs, Pair{m.key, b.static("")})
		default:
			pairs = append(pairs, Pair{m.key, b.template(m.value, join(path, m.key))})
		}
	}
	return pairs
}

// template compiles a value. A fault is told at the very text that has it.
func (b *builder) template(n *node, path string) *template.Template {
	t, err := template.Compile(n.value(), b.funcs)
	for unknown := (*template.UnknownFunctionError)(nil); b.scripted && errors.As(err, &unknown) && b.unusable[unknown.Name] == nil; {
		// The processor may add it to context.funcs, which shows only when it runs.
		b.funcs[unknown.Name] = template.Own(unknown.Name)
		t, err = template.Compile(n.value(), b.funcs)
	}
	if err != nil {
		b.blame(n, path)
	}
	if len(b.oldNames) > 0 {
		b.warnOfOldNames(n, path)
	}
	return t
}

// blame tells the faults of a text, or of all the texts in a container.
func (b *builder) blame(n *node, path string) {
	if n.kind == kindText {
		if _, err := template.Compile(n.text, b.funcs); err != nil {
			n.bad = true
			b.templateFault(err, n, path)
		}
		return
	}
	for i, item := range n.items {
		b.blame(item, element(path, i))
	}
	for _, m := range n.members {
		at := join(path, m.key)
		if _, err := template.Compile(m.key, b.funcs); err != nil {
			b.templateFault(err, &node{kind: kindText, text: m.key, place: m.place}, at)
		}
		b.blame(m.value, at)
	}
}

// templateFault says what is wrong with a text that is no template.
func (b *builder) templateFault(err error, n *node, path string) {
	var unknown *template.UnknownFunctionError
	var malformed *template.SyntaxError
	switch {
	case errors.As(err, &unknown):
		b.sink.fault(n.inside(unknown.Offset), path, "%s", b.noFunction(unknown.Name))
	case errors.As(err, &malformed):
		b.sink.fault(n.inside(malformed.Offset), path, "%s; a call looks like {{ $randomNumber(1, 10) }}", malformed.Msg)
	default:
		b.sink.fault(n.place, path, "%v", err)
	}
}
