package target

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// scratch is what one echo needs; it is reused, because an echo is often the
// whole of what a target does.
type scratch struct {
	out   []byte
	body  []byte
	names []string
}

var scratches = sync.Pool{New: func() any { return &scratch{} }}

// release gives s back, unless a big body has made it grow.
func release(s *scratch) {
	if cap(s.out)+cap(s.body) <= 256<<10 {
		scratches.Put(s)
	}
}

func echo(w http.ResponseWriter, r *http.Request) int {
	s := scratches.Get().(*scratch)
	defer release(s)
	size, err := s.readBody(r.Body)
	if err != nil {
		return refuse(w, http.StatusBadRequest, "the request's body ended early")
	}

	out := append(s.out[:0], `{"method":`...)
	out = appendString(out, r.Method)
	out = append(out, `,"path":`...)
	out = appendString(out, r.URL.Path)
	out = append(out, `,"query":`...)
	out = appendQuery(out, r)
	out = append(out, `,"headers":`...)
	out = s.appendHeaders(out, r)
	out = append(out, `,"bodyBytes":`...)
	out = strconv.AppendInt(out, size, 10)
	out = append(out, `,"body":`...)
	out = appendString(out, string(s.body))
	if strings.Contains(r.Header.Get("Content-Type"), "json") && size == int64(len(s.body)) && json.Valid(s.body) {
		out = append(out, `,"json":`...)
		out = append(out, s.body...)
	}
	s.out = append(out, '}')
	return answerJSON(w, http.StatusOK, s.out)
}

func echoHeaders(w http.ResponseWriter, r *http.Request) int {
	s := scratches.Get().(*scratch)
	defer release(s)
	out := append(s.out[:0], `{"headers":`...)
	out = s.appendHeaders(out, r)
	s.out = append(out, '}')
	return answerJSON(w, http.StatusOK, s.out)
}

// readBody keeps the first maxBody bytes of a body and returns its whole size.
func (s *scratch) readBody(body io.Reader) (int64, error) {
	s.body = s.body[:0]
	if body == nil || body == http.NoBody {
		return 0, nil
	}
	for len(s.body) < maxBody {
		if len(s.body) == cap(s.body) {
			s.body = slices.Grow(s.body, max(512, len(s.body)))
		}
		n, err := body.Read(s.body[len(s.body):min(cap(s.body), maxBody)])
		s.body = s.body[:len(s.body)+n]
		if err == io.EOF {
			return int64(len(s.body)), nil
		}
		if err != nil {
			return 0, err
		}
	}
	more, err := io.Copy(io.Discard, body)
	return int64(len(s.body)) + more, err
}

// appendHeaders writes the request's headers, Host included, in the order of
// their names. Names are in lower case, which is how scripts look for them.
func (s *scratch) appendHeaders(out []byte, r *http.Request) []byte {
	s.names = s.names[:0]
	for name := range r.Header {
		s.names = append(s.names, name)
	}
	slices.Sort(s.names)
	out = append(out, `{"host":`...)
	out = appendString(out, r.Host)
	for _, name := range s.names {
		out = append(out, ',')
		start := len(out)
		out = appendString(out, name)
		for i := start; i < len(out); i++ {
			if c := out[i]; c >= 'A' && c <= 'Z' {
				out[i] = c + 'a' - 'A'
			}
		}
		out = append(out, ':')
		if values := r.Header[name]; len(values) == 1 {
			out = appendString(out, values[0])
		} else {
			out = appendString(out, strings.Join(values, separator(name)))
		}
	}
	return append(out, '}')
}

// separator joins the values of a header that came more than once: HTTP/2 sends
// each cookie by itself.
func separator(name string) string {
	if name == "Cookie" {
		return "; "
	}
	return ", "
}

// appendQuery writes the parameters of the URL; one that came more than once is
// a list.
func appendQuery(out []byte, r *http.Request) []byte {
	if r.URL.RawQuery == "" {
		return append(out, "{}"...)
	}
	query := r.URL.Query()
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	out = append(out, '{')
	for i, name := range names {
		if i > 0 {
			out = append(out, ',')
		}
		out = appendString(out, name)
		out = append(out, ':')
		values := query[name]
		if len(values) == 1 {
			out = appendString(out, values[0])
			continue
		}
		for j, v := range values {
			out = append(out, "[,"[min(j, 1)])
			out = appendString(out, v)
		}
		out = append(out, ']')
	}
	return append(out, '}')
}

// appendString writes s as a JSON string; bytes that are no UTF-8 become U+FFFD.
func appendString(out []byte, s string) []byte {
	const hex = "0123456789abcdef"
	out = append(out, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' && c < utf8.RuneSelf {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			if r, size := utf8.DecodeRuneInString(s[i:]); r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
		}
		out = append(out, s[start:i]...)
		switch {
		case c >= utf8.RuneSelf:
			out = append(out, "\ufffd"...)
		case c == '"' || c == '\\':
			out = append(out, '\\', c)
		case c == '\n':
			out = append(out, '\\', 'n')
		case c == '\r':
			out = append(out, '\\', 'r')
		case c == '\t':
			out = append(out, '\\', 't')
		default:
			out = append(out, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		}
		i++
		start = i
	}
	out = append(out, s[start:]...)
	return append(out, '"')
}
