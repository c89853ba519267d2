package hook

import (
	"strings"

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
		"encode": func(call goja.FunctionCall) goja.Value { return r.vm.ToValue(encodeForm(call.Argument(0).String())) },
		"decode": func(call goja.FunctionCall) goja.Value { return r.vm.ToValue(decodeForm(call.Argument(0).String())) },
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

// encodeForm writes a name or value of application/x-www-form-urlencoded, as the URL Standard has it.
func encodeForm(text string) string {
	const digits = "0123456789ABCDEF"
	var out []byte
	for i := range len(text) {
		c := text[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("*-._", c) >= 0:
			out = append(out, c)
		case c == ' ':
			out = append(out, '+')
		default:
			out = append(out, '%', digits[c>>4], digits[c&15])
		}
	}
	return string(out)
}

// decodeForm reads what encodeForm writes. A percent sign without two digits stands for itself.
func decodeForm(text string) string {
	if !strings.ContainsAny(text, "+%") {
		return text
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '+' {
			c = ' '
		} else if c == '%' && i+2 < len(text) {
			if high, low := hexDigit(uint16(text[i+1])), hexDigit(uint16(text[i+2])); high < 16 && low < 16 {
				c = high<<4 | low
				i += 2
			}
		}
		out = append(out, c)
	}
	return validUTF8(out)
}
