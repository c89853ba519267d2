package enginehttp

import (
	"strings"
)

// header finds a header of the last answer as Node gives it to scripts: of most that come more than
// once the values are joined, of some the first counts.
func (x *exchange) header(name string) (string, bool) {
	if x.h2 != nil {
		values := x.h2.Values(name)
		if len(values) == 0 {
			return "", false
		}
		if firstCounts(strings.ToLower(name)) {
			return values[0], true
		}
		return strings.Join(values, ", "), true
	}
	found := false
	text := ""
	for i := range x.head.fields {
		f := &x.head.fields[i]
		if !strings.EqualFold(string(x.headers[f.name:f.nameEnd]), name) {
			continue
		}
		value := latin1(x.headers[f.value:f.valueEnd])
		if !found {
			text, found = value, true
			if firstCounts(strings.ToLower(name)) {
				break
			}
			continue
		}
		text += ", " + value
	}
	return text, found
}

// firstCounts tells of which headers, in small letters, further ones are ignored.
func firstCounts(name string) bool {
	switch name {
	case "age", "authorization", "content-length", "content-type", "etag", "expires", "from", "host",
		"if-modified-since", "if-unmodified-since", "last-modified", "location", "max-forwards",
		"proxy-authorization", "referer", "retry-after", "server", "user-agent":
		return true
	}
	return false
}

// latin1 makes text of the bytes of a header.
func latin1(b []byte) string {
	for _, c := range b {
		if c >= 0x80 {
			runes := make([]rune, len(b))
			for i, c := range b {
				runes[i] = rune(c)
			}
			return string(runes)
		}
	}
	return string(b)
}
