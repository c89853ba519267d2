package enginehttp

import (
	"bytes"
	"net/netip"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"

	"salvo/pkg/script"
)

// maxCookies bounds the cookies of one user; the oldest go first.
const maxCookies = 300

// jar holds the cookies that one user was given (RFC 6265). It is made when the first one comes.
type jar struct {
	cookies []cookie // longer paths first, else in the order in which they came
	latest  uint32
	rules   script.CookieJar
}

// cookie is one cookie of a jar. Its strings are parts of one.
type cookie struct {
	name, value  string
	domain, path string
	expires      int64 // Unix time in seconds; 0 with the user
	born         uint32
	hostOnly     bool
	secure       bool
	httpOnly     bool // for hooks to see
}

// set keeps the cookie of a Set-Cookie header that an answer of o to a request for uri carried. It
// is false when the cookie was refused; one whose name promises what it does not keep is dropped.
func (j *jar) set(header string, o *origin, uri []byte, now time.Time) bool {
	c, ok := parseCookie(header, now, j.rules.Loose)
	if !ok {
		return false
	}
	if j.rules.NoSpecialDomains && !j.rules.PublicSuffixes && isSpecial(c.domain) {
		return false
	}
	if c.domain == "" || c.domain == o.host {
		// A domain that is the host itself widens it to subdomains, but for those that are no
		// domains or belong to everybody.
		c.hostOnly = c.domain == "" || o.addr.IsValid() || j.tooWide(c.domain)
		c.domain = o.host
	} else if o.addr.IsValid() || !subdomain(o.host, c.domain) || j.tooWide(c.domain) {
		return false
	}
	if c.path == "" {
		c.path = defaultPath(uri)
	}
	if j.rules.Prefixes != script.PrefixDisabled && (strings.HasPrefix(c.name, "__Secure-") && !c.secure ||
		strings.HasPrefix(c.name, "__Host-") && !(c.secure && c.hostOnly && c.path == "/")) {
		return j.rules.Prefixes == script.PrefixSilent
	}
	j.put(c, now)
	return true
}

func (j *jar) put(c cookie, now time.Time) {
	dead := c.expires != 0 && c.expires <= now.Unix()
	for i := range j.cookies {
		k := &j.cookies[i]
		if k.name == c.name && k.domain == c.domain && k.path == c.path {
			if dead {
				j.cookies = append(j.cookies[:i], j.cookies[i+1:]...)
				return
			}
			c.born = k.born
			*k = c
			return
		}
	}
	if dead {
		return
	}
	if len(j.cookies) == maxCookies {
		oldest := 0
		for i := range j.cookies {
			if j.cookies[i].born < j.cookies[oldest].born {
				oldest = i
			}
		}
		j.cookies = append(j.cookies[:oldest], j.cookies[oldest+1:]...)
	}
	j.latest++
	c.born = j.latest
	at := len(j.cookies)
	for at > 0 && len(j.cookies[at-1].path) < len(c.path) {
		at--
	}
	j.cookies = append(j.cookies, cookie{})
	copy(j.cookies[at+1:], j.cookies[at:])
	j.cookies[at] = c
}

// appendTo appends the cookies for a request, each after a "; " unless dst is at start, and without
// those that taken names.
func (j *jar) appendTo(dst []byte, start int, o *origin, uri []byte, now time.Time, taken func(name string) bool) []byte {
	path, _, _ := bytes.Cut(uri, []byte{'?'})
	for i := range j.cookies {
		c := &j.cookies[i]
		if !c.goesTo(o, path, now) || taken(c.name) {
			continue
		}
		if len(dst) > start {
			dst = append(dst, "; "...)
		}
		if c.name != "" {
			dst = append(dst, c.name...)
			dst = append(dst, '=')
		}
		dst = append(dst, c.value...)
	}
	return dst
}

// goesTo tells whether the cookie is sent with a request to a path of an origin.
func (c *cookie) goesTo(o *origin, path []byte, now time.Time) bool {
	if c.secure && !o.secure || c.expires != 0 && c.expires <= now.Unix() {
		return false
	}
	if c.domain != o.host && (c.hostOnly || o.addr.IsValid() || !subdomain(o.host, c.domain)) {
		return false
	}
	return pathMatches(path, c.path)
}

// parseCookie reads a Set-Cookie header; a loose one may do without a name.
func parseCookie(header string, now time.Time, loose bool) (c cookie, ok bool) {
	pair, attributes, _ := strings.Cut(header, ";")
	if loose {
		pair = strings.TrimPrefix(pair, "=")
	}
	name, value, found := strings.Cut(pair, "=")
	if loose && (!found || name == "") {
		name, value = "", pair
	}
	c.name, c.value = trimSpace(name), trimSpace(value)
	if !loose && (!found || c.name == "") || hasControl(c.name) || hasControl(c.value) {
		return c, false
	}
	aged := false
	for attributes != "" {
		var attribute string
		attribute, attributes, _ = strings.Cut(attributes, ";")
		key, value, _ := strings.Cut(attribute, "=")
		value = trimSpace(value)
		switch strings.ToLower(trimSpace(key)) {
		case "expires":
			if t, ok := parseCookieDate(value); ok && !aged {
				// 0 means never, so the epoch is moved aside.
				if c.expires = t.Unix(); c.expires <= 0 {
					c.expires = 1
				}
			}
		case "max-age":
			if age, ok := parseAge(value); ok {
				aged = true
				if age <= 0 {
					c.expires = 1
				} else {
					c.expires = now.Unix() + age
				}
			}
		case "domain":
			if d := strings.ToLower(strings.TrimPrefix(value, ".")); d != "" {
				c.domain = d
			}
		case "path":
			c.path = ""
			if strings.HasPrefix(value, "/") {
				c.path = value
			}
		case "secure":
			c.secure = true
		case "httponly":
			c.httpOnly = true
		}
	}
	return c, true
}

// parseAge reads a Max-Age.
func parseAge(s string) (seconds int64, ok bool) {
	digits := strings.TrimPrefix(s, "-")
	if digits == "" || strings.Trim(digits, "0123456789") != "" {
		return 0, false
	}
	if len(digits) < len(s) {
		return -1, true
	}
	for _, c := range digits {
		if seconds = seconds*10 + int64(c-'0'); seconds > 1e11 {
			return 1e11, true
		}
	}
	return seconds, true
}

// parseCookieDate reads a date in any of the forms that servers send (RFC 6265, 5.1.1).
func parseCookieDate(s string) (time.Time, bool) {
	hour, minute, second := -1, 0, 0
	day, month, year := -1, time.Month(0), -1
	for _, token := range strings.FieldsFunc(s, isDateDelimiter) {
		if hour < 0 {
			if h, m, s, ok := clockTime(token); ok {
				hour, minute, second = h, m, s
				continue
			}
		}
		if day < 0 {
			if n, ok := leadingNumber(token, 1, 2); ok {
				day = n
				continue
			}
		}
		if month == 0 && len(token) >= 3 {
			if i := strings.Index("janfebmaraprmayjunjulaugsepoctnovdec", strings.ToLower(token[:3])); i >= 0 && i%3 == 0 {
				month = time.Month(i/3 + 1)
				continue
			}
		}
		if year < 0 {
			if n, ok := leadingNumber(token, 2, 4); ok {
				year = n
			}
		}
	}
	switch {
	case year >= 70 && year <= 99:
		year += 1900
	case year >= 0 && year <= 69:
		year += 2000
	}
	if hour < 0 || day < 1 || day > 31 || month == 0 || year < 1601 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	t := time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	return t, t.Day() == day
}

func isDateDelimiter(r rune) bool {
	switch {
	case r == '\t', r >= 0x20 && r <= 0x2f, r >= 0x3b && r <= 0x40, r >= 0x5b && r <= 0x60, r >= 0x7b && r <= 0x7e:
		return true
	}
	return false
}

// clockTime reads h:m:s, each of one or two digits, and lets anything but a digit follow.
func clockTime(s string) (h, m, sec int, ok bool) {
	parts := strings.SplitN(s, ":", 3)
	if len(parts) != 3 {
		return 0, 0, 0, false
	}
	h, okH := wholeNumber(parts[0])
	m, okM := wholeNumber(parts[1])
	sec, okS := leadingNumber(parts[2], 1, 2)
	return h, m, sec, okH && okM && okS
}

func wholeNumber(s string) (int, bool) {
	n, ok := leadingNumber(s, 1, 2)
	return n, ok && len(s) <= 2 && strings.Trim(s, "0123456789") == ""
}

// leadingNumber reads the digits at the start of s, of which there must be least to most.
func leadingNumber(s string, least, most int) (n int, ok bool) {
	i := 0
	for i < len(s) && s[i] >= '0' && s[i] <= '9' {
		if i == most {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
		i++
	}
	return n, i >= least
}

// subdomain tells whether host is a proper subdomain of domain.
func subdomain(host, domain string) bool {
	return len(host) > len(domain) && strings.HasSuffix(host, domain) && host[len(host)-len(domain)-1] == '.'
}

// tooWide tells whether a cookie is not to be for a domain.
func (j *jar) tooWide(domain string) bool { return !j.rules.PublicSuffixes && isSuffix(domain) }

// isSpecial tells whether a domain is one of those that are for special uses (RFC 6761), or below it.
func isSpecial(domain string) bool {
	switch domain[strings.LastIndexByte(domain, '.')+1:] {
	case "local", "localhost", "example", "invalid", "test":
		return true
	}
	return false
}

// isSuffix tells whether everybody can have a name below domain.
func isSuffix(domain string) bool {
	if _, err := netip.ParseAddr(domain); err == nil {
		return true
	}
	suffix, _ := publicsuffix.PublicSuffix(domain)
	return suffix == domain
}

// defaultPath is the path of a cookie that names none.
func defaultPath(uri []byte) string {
	last := 0
	for i, c := range uri {
		if c == '?' {
			break
		}
		if c == '/' {
			last = i
		}
	}
	if last == 0 {
		return "/"
	}
	return string(uri[:last])
}

func pathMatches(path []byte, prefix string) bool {
	if len(path) < len(prefix) || string(path[:len(prefix)]) != prefix {
		return false
	}
	return len(path) == len(prefix) || prefix[len(prefix)-1] == '/' || path[len(prefix)] == '/'
}

func trimSpace(s string) string { return strings.Trim(s, " \t") }

func hasControl(s string) bool {
	for i := range len(s) {
		if s[i] < 0x20 || s[i] == 0x7f {
			return true
		}
	}
	return false
}
