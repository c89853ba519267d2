package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth bounds how deep values may be nested.
const maxDepth = 1000

// looksLikeJSON tells whether someone meant text as JSON: an object whose first
// key is in double quotes, or an empty one.
func looksLikeJSON(text []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte("{"))
	if !ok {
		return false
	}
	rest = bytes.TrimSpace(rest)
	return bytes.HasPrefix(rest, []byte(`"`)) || bytes.HasPrefix(rest, []byte("}"))
}

// yamlAlone tells whether a text that looks like JSON is only YAML: it may have
// comments in it, or a comma too many.
func yamlAlone(text []byte) bool {
	if json.Valid(text) {
		return false
	}
	_, err := parseYAML(text)
	return err == nil
}

// readJSON turns a JSON text into nodes. A nil node means that the sink has a
// fault: where the text stops being JSON, and why.
func readJSON(text []byte, file string, s *sink) *node {
	r := jsonReader{text: text, file: file, sink: s, line: 1}
	n, err := r.value("", 0)
	if err == nil {
		if r.skip(); r.at < len(r.text) {
			err = r.errorf("the JSON value has ended, but more follows: found %s", r.next())
		}
	}
	if err != nil {
		s.fault(err.place, "", "this is not JSON: %s", err.message)
		return nil
	}
	return n
}

type jsonReader struct {
	text  []byte
	file  string
	sink  *sink
	at    int // offset of the next byte
	line  int // that it is in
	start int // offset at which that line begins
}

type jsonError struct {
	place
	message string
}

func (r *jsonReader) place() place {
	return place{r.file, Pos{r.line, utf8.RuneCount(r.text[r.start:r.at]) + 1}}
}

func (r *jsonReader) errorf(format string, args ...any) *jsonError {
	return &jsonError{r.place(), fmt.Sprintf(format, args...)}
}

// next describes what comes next, for errors.
func (r *jsonReader) next() string {
	if r.at >= len(r.text) {
		return "the end of the text"
	}
	c, _ := utf8.DecodeRune(r.text[r.at:])
	return strconv.QuoteRuneToGraphic(c)
}

func (r *jsonReader) skip() {
	for ; r.at < len(r.text); r.at++ {
		switch r.text[r.at] {
		case ' ', '\t', '\r':
		case '\n':
			r.line, r.start = r.line+1, r.at+1
		default:
			return
		}
	}
}

func (r *jsonReader) value(path string, depth int) (*node, *jsonError) {
	r.skip()
	if depth > maxDepth {
		return nil, r.errorf("more than %d values inside each other", maxDepth)
	}
	n := &node{place: r.place()}
	if r.at >= len(r.text) {
		return nil, r.errorf("expected a value, found the end of the text")
	}
	switch c := r.text[r.at]; {
	case c == '{':
		return n, r.object(n, path, depth)
	case c == '[':
		return n, r.list(n, path, depth)
	case c == '"':
		text, err := r.string()
		n.kind, n.text, n.quoted = kindText, text, true
		return n, err
	case c == '-' || '0' <= c && c <= '9':
		return n, r.number(n)
	}
	for _, word := range []string{"null", "true", "false"} {
		if bytes.HasPrefix(r.text[r.at:], []byte(word)) {
			r.at += len(word)
			n.kind = kindBool
			n.yes = word == "true"
			if word == "null" {
				n.kind = kindNull
			}
			return n, nil
		}
	}
	switch r.text[r.at] {
	case '\'':
		return nil, r.errorf("a text stands in double quotes, found a single quote")
	case ',', ']', '}':
		return nil, r.errorf("expected a value, found %s: a comma too many?", r.next())
	}
	return nil, r.errorf("expected a value, found %s: a text stands in double quotes", r.next())
}

func (r *jsonReader) object(n *node, path string, depth int) *jsonError {
	n.kind = kindObject
	r.at++
	for {
		r.skip()
		if r.at < len(r.text) && r.text[r.at] == '}' && len(n.members) == 0 {
			r.at++
			return nil
		}
		if r.at >= len(r.text) || r.text[r.at] != '"' {
			return r.errorf("expected a key in double quotes, found %s", r.next())
		}
		at := r.place()
		key, err := r.string()
		if err != nil {
			return err
		}
		if r.skip(); r.at >= len(r.text) || r.text[r.at] != ':' {
			return r.errorf("expected `:` after the key %s, found %s", quote(key), r.next())
		}
		r.at++
		v, err := r.value(join(path, key), depth+1)
		if err != nil {
			return err
		}
		if i, twice := n.index[key]; twice {
			first := n.members[i].pos.Line
			r.sink.fault(at, join(path, key), "the key `%s` is here a second time: it stands in line %d already; keep one of them", key, first)
		} else {
			n.set(key, at, v)
		}
		end, err := r.separator('}', "a member of an object")
		if err != nil || end {
			return err
		}
	}
}

func (r *jsonReader) list(n *node, path string, depth int) *jsonError {
	n.kind = kindList
	r.at++
	if r.skip(); r.at < len(r.text) && r.text[r.at] == ']' {
		r.at++
		return nil
	}
	for {
		v, err := r.value(element(path, len(n.items)), depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, v)
		end, err := r.separator(']', "an element of a list")
		if err != nil || end {
			return err
		}
	}
}

// separator reads the comma or the closing bracket after a value.
func (r *jsonReader) separator(closing byte, after string) (end bool, err *jsonError) {
	r.skip()
	if r.at < len(r.text) {
		switch r.text[r.at] {
		case closing:
			r.at++
			return true, nil
		case ',':
			r.at++
			return false, nil
		}
	}
	return false, r.errorf("expected `,` or `%c` after %s, found %s", closing, after, r.next())
}

func (r *jsonReader) string() (string, *jsonError) {
	end := r.at + 1
	for ; end < len(r.text) && r.text[end] != '"'; end++ {
		if r.text[end] == '\n' {
			break
		}
		if r.text[end] == '\\' {
			end++
		}
	}
	if end >= len(r.text) || r.text[end] != '"' {
		return "", r.errorf("a double quote opens here and is not closed on the line")
	}
	var text string
	if err := json.Unmarshal(r.text[r.at:end+1], &text); err != nil {
		if strings.Contains(err.Error(), "escape") {
			return "", r.errorf("this text has a backslash escape that JSON does not have; write \\\\ for a backslash")
		}
		return "", r.errorf("this text has a control character in it; write it as an escape, such as \\t")
	}
	r.at = end + 1
	return text, nil
}

func (r *jsonReader) number(n *node) *jsonError {
	end := r.at
	for end < len(r.text) && strings.IndexByte("+-.eE0123456789", r.text[end]) >= 0 {
		end++
	}
	text := string(r.text[r.at:end])
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !json.Valid([]byte(text)) {
		return r.errorf("%s is not a number that JSON has", quote(text))
	}
	n.kind, n.num = kindNumber, f
	r.at = end
	return nil
}
