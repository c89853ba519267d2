package enginehttp

import (
	"bytes"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

// address is a URL taken apart as browsers and Node do (WHATWG URL).
type address struct {
	key        originKey
	user, pass string
	userinfo   bool
	tail       string // from the path on, as written
}

// errURL tells that a text is no URL.
func errURL(text string) error { return fail(codeInvalidURL, "invalid URL "+strconv.Quote(text)) }

// parseURL takes an absolute http or https URL apart.
func parseURL(text string) (address, error) {
	var a address
	rest := cleanURL(text)
	scheme, rest, ok := cutScheme(rest)
	if !ok {
		return a, errURL(text)
	}
	switch scheme {
	case "http":
	case "https":
		a.key.secure = true
	default:
		return a, fail(codeBadScheme, "unsupported protocol "+strconv.Quote(scheme))
	}
	rest = strings.TrimLeft(rest, `/\`)
	end := strings.IndexAny(rest, `/\?#`)
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	a.tail = rest[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		a.userinfo = true
		user, pass, _ := strings.Cut(authority[:i], ":")
		a.user, a.pass = unescape(user), unescape(pass)
		authority = authority[i+1:]
	}
	host, port, err := splitPort(authority, defaultPort(a.key.secure))
	if err != nil {
		return a, errURL(text)
	}
	a.key.port = port
	if a.key.host, ok = cleanHost(host); !ok {
		return a, errURL(text)
	}
	return a, nil
}

// cleanURL removes what a URL parser does not see: blanks around, tabs and line ends within.
func cleanURL(s string) string {
	s = strings.TrimFunc(s, func(r rune) bool { return r <= ' ' })
	if strings.ContainsAny(s, "\t\r\n") {
		s = strings.Map(func(r rune) rune {
			if r == '\t' || r == '\r' || r == '\n' {
				return -1
			}
			return r
		}, s)
	}
	return s
}

// cutScheme splits "scheme:" off, in small letters.
func cutScheme(s string) (scheme, rest string, ok bool) {
	for i := range len(s) {
		c := s[i] | 0x20
		switch {
		case s[i] == ':' && i > 0:
			return strings.ToLower(s[:i]), s[i+1:], true
		case c >= 'a' && c <= 'z':
		case i > 0 && (s[i] >= '0' && s[i] <= '9' || s[i] == '+' || s[i] == '-' || s[i] == '.'):
		default:
			return "", s, false
		}
	}
	return "", s, false
}

func splitPort(authority string, standard uint16) (host string, port uint16, err error) {
	i := strings.LastIndexByte(authority, ':')
	if i < 0 || strings.HasSuffix(authority, "]") {
		return authority, standard, nil
	}
	host, digits := authority[:i], authority[i+1:]
	if digits == "" {
		return host, standard, nil
	}
	for _, c := range digits {
		if c < '0' || c > '9' {
			return "", 0, strconv.ErrSyntax
		}
	}
	n, err := strconv.ParseUint(digits, 10, 16)
	return host, uint16(n), err
}

// cleanHost returns a host in small letters of ASCII, an IPv6 address without its brackets.
func cleanHost(host string) (string, bool) {
	if strings.HasPrefix(host, "[") {
		if !strings.HasSuffix(host, "]") || !strings.Contains(host, ":") {
			return "", false
		}
		host = strings.ToLower(host[1 : len(host)-1])
		return host, strings.Trim(host, "0123456789abcdef:.") == ""
	}
	host = unescape(host)
	for i := range len(host) {
		if host[i] >= 0x80 {
			ascii, err := hostNames.ToASCII(host)
			if err != nil {
				return "", false
			}
			host = ascii
			break
		}
	}
	for i := range len(host) {
		if c := host[i]; c <= ' ' || c >= 0x7f || strings.IndexByte(`#/:<>?@[\]^|%`, c) >= 0 {
			return "", false
		}
	}
	return strings.ToLower(host), host != ""
}

var hostNames = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

// resolve takes the value of a Location header apart, which may be relative to the URL of an origin
// and a request target.
func resolve(o *origin, uri []byte, location string) (address, error) {
	location = cleanURL(location)
	if _, _, ok := cutScheme(location); ok {
		return parseURL(location)
	}
	if len(location) >= 2 && isSlash(location[0]) && isSlash(location[1]) {
		if o.secure {
			return parseURL("https:" + location)
		}
		return parseURL("http:" + location)
	}
	a := address{key: originKey{o.secure, o.host, o.port}}
	path, _, _ := bytes.Cut(uri, []byte("?"))
	switch {
	case location == "" || location[0] == '#':
		a.tail = string(uri)
	case location[0] == '?':
		a.tail = string(path) + location
	case isSlash(location[0]):
		a.tail = location
	default:
		a.tail = string(path[:bytes.LastIndexByte(path, '/')+1]) + location
	}
	return a, nil
}

func isSlash(c byte) bool { return c == '/' || c == '\\' }

// Which bytes stand for themselves in a path and in a query; all others are percent-encoded.
var pathByte, queryByte = func() (path, query [256]bool) {
	for c := byte(0x21); c < 0x7f; c++ {
		path[c] = strings.IndexByte("\"#<>?`{}", c) < 0
		query[c] = strings.IndexByte(`"#<>'`, c) < 0
	}
	return path, query
}()

// appendURI appends the path and the query that tail, the end of a URL, asks a server for: encoded,
// without dot segments and fragment.
func appendURI(dst, tail []byte) []byte {
	end, plain := 0, len(tail) > 0 && tail[0] == '/'
	for end < len(tail) && tail[end] != '?' && tail[end] != '#' {
		c := tail[end]
		if !pathByte[c] || c == '\\' || c == '.' && end > 0 && tail[end-1] == '/' || c == '%' && end > 0 && tail[end-1] == '/' {
			plain = false
		}
		end++
	}
	if plain {
		dst = append(dst, tail[:end]...)
	} else {
		dst = appendPath(dst, tail[:end])
	}
	if end == len(tail) || tail[end] == '#' {
		return dst
	}
	query := tail[end+1:]
	if i := bytes.IndexByte(query, '#'); i >= 0 {
		query = query[:i]
	}
	if len(query) == 0 {
		return dst
	}
	return appendEscaped(append(dst, '?'), query, &queryByte)
}

// appendPath is appendURI for a path with something special in it.
func appendPath(dst, path []byte) []byte {
	root := len(dst)
	if len(path) > 0 && isSlash(path[0]) {
		path = path[1:]
	}
	for {
		end := 0
		for end < len(path) && !isSlash(path[end]) {
			end++
		}
		last := end == len(path)
		switch dots(path[:end]) {
		case 1:
			if last {
				dst = append(dst, '/')
			}
		case 2:
			if i := bytes.LastIndexByte(dst[root:], '/'); i >= 0 {
				dst = dst[:root+i]
			}
			if last {
				dst = append(dst, '/')
			}
		default:
			dst = append(dst, '/')
			dst = appendEscaped(dst, path[:end], &pathByte)
		}
		if last {
			return dst
		}
		path = path[end+1:]
	}
}

// dots is 1 for a segment that means "here", 2 for one that means "up", else 0.
func dots(segment []byte) int {
	n := 0
	for len(segment) > 0 {
		switch {
		case segment[0] == '.':
			segment = segment[1:]
		case len(segment) >= 3 && segment[0] == '%' && segment[1] == '2' && segment[2]|0x20 == 'e':
			segment = segment[3:]
		default:
			return 0
		}
		if n++; n > 2 {
			return 0
		}
	}
	return n
}

func appendEscaped(dst, b []byte, legal *[256]bool) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range b {
		switch {
		case legal[c]:
			dst = append(dst, c)
		case c == '\t' || c == '\n' || c == '\r':
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// unescape decodes the percent-encoding of a part of a URL; what is malformed stays.
func unescape(s string) string {
	if strings.IndexByte(s, '%') < 0 {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			high, ok1 := hexDigit(s[i+1])
			low, ok2 := hexDigit(s[i+2])
			if ok1 && ok2 {
				out = append(out, high<<4|low)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}
