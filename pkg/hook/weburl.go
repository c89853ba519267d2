package hook

import (
	"github.com/dop251/goja"
	"github.com/nlnwa/whatwg-url/url"
	"golang.org/x/net/idna"
)

// urlNatives give the module of URLs the parser of the URL Standard. A URL in JavaScript is the object
// of its parts as the parser gives them; to change a part, its text is parsed and changed anew.
func urlNatives(r *Runtime, internal *goja.Object) error {
	parser := url.NewParser()
	parts := func(u *url.Url) goja.Value {
		host, pathname := u.Host(), u.Pathname()
		return r.vm.ToValue([]string{
			u.Href(false), u.Protocol(), u.Username(), u.Password(), host, u.Hostname(), u.Port(), pathname, u.Search(), u.Hash(),
		})
	}
	return setAll(internal, map[string]any{
		// parse(text, base) gives the parts, or null for what is no URL.
		"parse": func(call goja.FunctionCall) goja.Value {
			text := call.Argument(0).String()
			var u *url.Url
			var err error
			if base := call.Argument(1); goja.IsUndefined(base) {
				u, err = parser.Parse(text)
			} else {
				u, err = parser.ParseRef(base.String(), text)
			}
			if err != nil {
				return goja.Null()
			}
			return parts(u)
		},
		// set(href, part, value) gives the parts of a URL with one that is different.
		"set": func(call goja.FunctionCall) goja.Value {
			u, err := parser.Parse(call.Argument(0).String())
			if err != nil {
				return goja.Null()
			}
			setURLPart(u, call.Argument(1).String(), call.Argument(2).String())
			return parts(u)
		},
		"toASCII": func(domain string) string {
			return convertDomain(domain, idna.New(idna.MapForLookup(), idna.Transitional(false)).ToASCII)
		},
		"toUnicode": func(domain string) string {
			return convertDomain(domain, idna.New(idna.MapForLookup(), idna.Transitional(false)).ToUnicode)
		},
	})
}

func setURLPart(u *url.Url, part, value string) {
	switch part {
	case "protocol":
		u.SetProtocol(value)
	case "username":
		u.SetUsername(value)
	case "password":
		u.SetPassword(value)
	case "host":
		u.SetHost(value)
	case "hostname":
		u.SetHostname(value)
	case "port":
		u.SetPort(value)
	case "pathname":
		u.SetPathname(value)
	case "search":
		u.SetSearch(value)
	case "hash":
		u.SetHash(value)
	}
}

// convertDomain gives "" for what is no domain, as Node.js does.
func convertDomain(domain string, convert func(string) (string, error)) string {
	made, err := convert(domain)
	if err != nil {
		return ""
	}
	return made
}
