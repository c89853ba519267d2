package enginehttp

import (
	"errors"
	"slices"
	"strings"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

// readRequest returns the request that hooks have made of the one that is written, nil when they left
// it as it is.
func (x *exchange) readRequest(h *hooked) (*script.Request, error) {
	if h.req == nil {
		return nil, nil
	}
	c := change{exchange: x, now: h, made: *x.action.request}
	c.read()
	if c.err != nil || !c.any {
		return nil, c.err
	}
	return &c.made, nil
}

// change compares the object of a request with what it was.
type change struct {
	exchange *exchange
	now      *hooked
	made     script.Request
	any      bool
	err      error
}

// value returns a member of the object, and whether it is another one than before.
func (c *change) value(name string) (v any, changed bool) {
	was, ok := c.exchange.action.written.Get(name)
	if !ok {
		was = template.Undefined
	}
	js, ok := c.now.req.Made(name)
	if !ok {
		return was, false
	}
	v, err := c.now.context.Read(js)
	if err != nil {
		c.err = errors.Join(c.err, err)
		return was, false
	}
	changed = !same(v, was)
	c.any = c.any || changed
	return v, changed
}

// same tells whether two values are the same in all that they hold.
func same(a, b any) bool {
	switch a := a.(type) {
	case *template.Object:
		b, ok := b.(*template.Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			ka, va := a.At(i)
			kb, vb := b.At(i)
			if ka != kb || !same(va, vb) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, same)
	case float64:
		f, ok := b.(float64)
		return ok && (a == f || a != a && f != f)
	}
	switch b.(type) {
	case *template.Object, []any:
		return false
	}
	return a == b
}

func (c *change) template(v any) *template.Template {
	t, err := c.exchange.user.Compile(v)
	if err != nil {
		c.err = errors.Join(c.err, err)
	}
	return t
}

// optional is a template of a value that may be taken away.
func (c *change) optional(v any) *template.Template {
	if v == template.Undefined {
		return nil
	}
	return c.template(v)
}

// pairs are the members of an object, nil for anything else.
func (c *change) pairs(v any) []script.Pair {
	o, ok := v.(*template.Object)
	if !ok {
		return nil
	}
	list := make([]script.Pair, 0, o.Len())
	for i := range o.Len() {
		name, value := o.At(i)
		if value != template.Undefined {
			list = append(list, script.Pair{Name: name, Value: c.template(value)})
		}
	}
	return list
}

func (c *change) read() {
	r := &c.made
	url, moved := c.value("url")
	if uri, there := c.value("uri"); there && uri != template.Undefined {
		url, moved = uri, true
	}
	if moved {
		r.URL = c.template(template.Text(url))
	}
	if v, changed := c.value("method"); changed {
		r.Method = strings.ToUpper(template.Text(v))
	}
	if v, changed := c.value("name"); changed {
		r.Name = c.optional(v)
	}
	if v, changed := c.value("headers"); changed {
		r.Headers = c.pairs(v)
	}
	if v, changed := c.value("cookie"); changed {
		r.Cookies = c.pairs(v)
	}
	c.readBody(r)
	if v, changed := c.value("qs"); changed {
		r.QS = c.pairs(v)
	}
	if v, changed := c.value("searchParams"); changed {
		r.QS = append(slices.Clone(r.QS), c.pairs(v)...)
	}
	c.readAuth(r)
	if v, changed := c.value("followRedirect"); changed {
		r.FollowRedirect = v == template.Undefined || template.Truthy(v)
	}
	if v, changed := c.value("gzip"); changed {
		r.Gzip = v == template.Undefined || template.Truthy(v)
	}
	if v, changed := c.value("timeout"); changed {
		if d, err := script.ParseDuration(v); err == nil && d > 0 {
			r.Timeout = d
		}
	}
}

// readBody takes what hooks have made of the body. JSON goes before a text, as in a step.
func (c *change) readBody(r *script.Request) {
	if v, changed := c.value("json"); changed {
		r.JSON = c.optional(v)
	}
	if v, changed := c.value("body"); changed {
		switch v.(type) {
		case *template.Object, []any:
			r.JSON = c.template(v)
		default:
			r.Body = c.optional(v)
		}
	}
	if v, changed := c.value("form"); changed {
		if r.Form = c.pairs(v); r.Form != nil {
			r.JSON, r.Body = nil, nil
		}
	}
	if v, changed := c.value("formData"); changed {
		r.FormData = nil
		for _, pair := range c.pairs(v) {
			r.FormData = append(r.FormData, script.FormPart{Name: pair.Name, Value: pair.Value})
		}
	}
}

func (c *change) readAuth(r *script.Request) {
	if v, changed := c.value("auth"); changed {
		r.Auth = nil
		if o, ok := v.(*template.Object); ok {
			user, _ := o.Get("user")
			pass, _ := o.Get("pass")
			r.Auth = &script.Auth{User: c.template(template.Text(user)), Pass: c.template(template.Text(pass))}
		}
	}
	user, one := c.value("username")
	pass, other := c.value("password")
	if one || other {
		r.Auth = &script.Auth{User: c.template(template.Text(user)), Pass: c.template(template.Text(pass))}
	}
}
