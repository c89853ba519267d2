package enginehttp

import (
	"bytes"
	"cmp"
	"slices"
	"time"

	"github.com/dop251/goja"

	"salvo/pkg/hook"
	"salvo/pkg/script"
)

// seenCookie is a cookie as the module takes and gives it.
type seenCookie struct {
	Key, Value, Domain, Path   string
	Secure, HTTPOnly, HostOnly bool
	Expires                    int64 // Unix time in seconds; 0 with the user
	Created                    int64 // epoch milliseconds
}

func (c *seenCookie) object(vm *goja.Runtime) *goja.Object {
	o := vm.NewObject()
	for _, f := range []struct {
		name  string
		value any
	}{
		{"key", c.Key}, {"value", c.Value}, {"domain", c.Domain}, {"path", c.Path}, {"secure", c.Secure},
		{"httpOnly", c.HTTPOnly}, {"hostOnly", c.HostOnly}, {"expires", c.Expires}, {"created", c.Created},
	} {
		_ = o.Set(f.name, f.value)
	}
	return o
}

func asSeen(c *cookie, now time.Time) *seenCookie {
	return &seenCookie{
		Key: c.name, Value: c.value, Domain: c.domain, Path: c.path, Secure: c.secure, HTTPOnly: c.httpOnly,
		HostOnly: c.hostOnly, Expires: c.expires, Created: now.UnixMilli(),
	}
}

// nativeJar is what the module's jar does in Go.
func (p *protocol) nativeJar(c *hook.Context, s *session) *goja.Object {
	vm := c.VM()
	list := func(cookies []*seenCookie) goja.Value {
		items := make([]any, len(cookies))
		for i := range cookies {
			items[i] = cookies[i].object(vm)
		}
		return vm.NewArray(items...)
	}
	o := vm.NewObject()
	_ = o.Set("all", func() goja.Value { return list(s.everyCookie(nil, nil)) })
	_ = o.Set("of", func(url string) goja.Value {
		to, err := parseURL(url)
		if err != nil {
			return list(nil)
		}
		return list(s.everyCookie(p.origin(to.key), appendURI(nil, []byte(to.tail))))
	})
	_ = o.Set("set", func(cookie, url string) goja.Value {
		to, err := parseURL(url)
		if err != nil {
			return goja.Undefined()
		}
		at := place{origin: p.origin(to.key), uri: appendURI(nil, []byte(to.tail))}
		if kept := s.put(cookie, at, p.options.HTTP.CookieJar); kept != nil {
			return kept.object(vm)
		}
		return goja.Undefined()
	})
	_ = o.Set("replace", func(cookies []goja.Value) {
		var all []cookie
		for _, v := range cookies {
			if o, ok := v.(*goja.Object); ok {
				text := func(name string) string { return o.Get(name).String() }
				all = append(all, cookie{
					name: text("key"), value: text("value"), domain: text("domain"), path: text("path"),
					secure: o.Get("secure").ToBoolean(), httpOnly: o.Get("httpOnly").ToBoolean(), hostOnly: o.Get("hostOnly").ToBoolean(),
					expires: o.Get("expires").ToInteger(),
				})
			}
		}
		s.replaceCookies(all)
	})
	return o
}

// everyCookie lists the cookies of the jar, in the order in which they came; with an origin those that a request for uri would carry.
func (s *session) everyCookie(o *origin, uri []byte) []*seenCookie {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		return nil
	}
	now := time.Now()
	path, _, _ := bytes.Cut(uri, []byte{'?'})
	var all []*seenCookie
	cookies := s.jar.cookies
	if o == nil {
		cookies = slices.Clone(cookies)
		slices.SortFunc(cookies, func(a, b cookie) int { return cmp.Compare(a.born, b.born) })
	}
	for i := range cookies {
		if c := &cookies[i]; o == nil || c.goesTo(o, path, now) {
			all = append(all, asSeen(c, now))
		}
	}
	return all
}

// put keeps a cookie that a hook sets; nil when it is refused.
func (s *session) put(header string, at place, rules script.CookieJar) *seenCookie {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		s.jar = &jar{rules: rules}
	}
	now := time.Now()
	c, ok := parseCookie(header, now, rules.Loose)
	if !ok || !s.jar.set(header, at.origin, at.uri, now) {
		return nil
	}
	for i := range s.jar.cookies {
		if k := &s.jar.cookies[i]; k.name == c.name && k.value == c.value {
			return asSeen(k, now)
		}
	}
	return asSeen(&c, now) // it was over before it began
}

func (s *session) replaceCookies(all []cookie) {
	s.lock()
	defer s.unlock()
	if s.jar == nil {
		s.jar = &jar{}
	}
	s.jar.cookies = s.jar.cookies[:0]
	now := time.Now()
	for _, c := range all {
		s.jar.put(c, now)
	}
}
