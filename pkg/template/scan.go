package template

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// token is one template in a text: s[start:end] is it with its braces.
type token struct {
	start, end int
	name       string    // path of the variable, when call is nil
	call       *callText // the call, when it is one
	err        error     // why what looks like a call cannot be read; then call is nil
}

type callText struct {
	name string // with its $
	args []argument
}

// argument is what stands between two commas of a call.
type argument struct {
	literal  any
	variable *Path // nil for a literal
}

// whole tells whether the token is all there is of s.
func (t token) whole(s string) bool { return t.start == 0 && t.end == len(s) }

// nextToken finds the first template at or after from. A template is two or three braces, then either
// a call of a function, or a path made of the characters that isNameByte allows and white space, then
// as many braces again. All else is text: there is no way to quote a template.
func nextToken(s string, from int) (token, bool) {
	for i := from; ; i++ {
		n := strings.Index(s[i:], "{{")
		if n < 0 {
			return token{}, false
		}
		i += n
		if t, ok := tokenAt(s, i); ok {
			return t, true
		}
	}
}

func tokenAt(s string, start int) (token, bool) {
	body := start + 2
	triple := body < len(s) && s[body] == '{'
	if triple {
		body++
	}
	t := token{start: start}
	end, name, ok := callStart(s, body)
	switch {
	case ok && strings.Contains(s[end:], "}}"):
		t.call, end, t.err = readCall(s, name, end)
		if t.err != nil {
			t.end = closing(s, end)
			return t, true
		}
		end = skipSpace(s, end)
		if !strings.HasPrefix(s[end:], "}}") {
			t.err = malformed(s, name, end, "the end of the template")
			t.end = closing(s, end)
			return t, true
		}
	default:
		end = skipName(s, body)
		if end == body || !strings.HasPrefix(s[end:], "}}") {
			return token{}, false
		}
		t.name = strings.TrimFunc(s[body:end], isSpace)
	}
	t.end = end + 2
	if triple {
		if t.end < len(s) && s[t.end] == '}' {
			t.end++
		} else {
			t.start++
		}
	}
	return t, true
}

// closing is the place after the next braces; those of a malformed call may stand in a text before it.
func closing(s string, from int) int {
	n := strings.Index(s[from:], "}}")
	if n < 0 {
		return len(s)
	}
	return from + n + 2
}

// callStart reads "$name (" and returns the place after the parenthesis.
func callStart(s string, i int) (next int, name string, ok bool) {
	i = skipSpace(s, i)
	if i >= len(s) || s[i] != '$' {
		return 0, "", false
	}
	from := i
	for i++; i < len(s) && isWordByte(s[i]); i++ {
	}
	if name = s[from:i]; len(name) == 1 {
		return 0, "", false
	}
	i = skipSpace(s, i)
	if i >= len(s) || s[i] != '(' {
		return 0, "", false
	}
	return i + 1, name, true
}

// readCall reads the arguments of a call up to its closing parenthesis and returns the place after it.
func readCall(s, name string, i int) (*callText, int, error) {
	c := &callText{name: name}
	for {
		i = skipSpace(s, i)
		if i < len(s) && s[i] == ')' {
			return c, i + 1, nil
		}
		arg, next, ok := readArgument(s, i)
		if !ok {
			return nil, i, malformed(s, name, i, "a number, a quoted text or a name")
		}
		c.args = append(c.args, arg)
		i = skipSpace(s, next)
		switch {
		case i < len(s) && s[i] == ',':
			i++
		case i >= len(s) || s[i] != ')':
			return nil, i, malformed(s, name, i, ", or )")
		}
	}
}

func malformed(s, name string, at int, want string) error {
	return &SyntaxError{Offset: at, Msg: fmt.Sprintf("malformed call of %s: expected %s, found %s", name, want, found(s[at:]))}
}

// found shows the start of a text in a message.
func found(rest string) string {
	const most = 20
	if rest == "" {
		return "the end"
	}
	if len(rest) > most {
		cut := most
		for cut > most-utf8.UTFMax && !utf8.RuneStart(rest[cut]) {
			cut--
		}
		rest = rest[:cut] + "..."
	}
	return fmt.Sprintf("%q", rest)
}

func readArgument(s string, i int) (arg argument, next int, ok bool) {
	if i >= len(s) {
		return argument{}, i, false
	}
	switch c := s[i]; {
	case c == '\'' || c == '"':
		text, next, ok := readQuoted(s, i)
		return argument{literal: text}, next, ok
	case isDigit(c) || c == '-' || c == '+' || c == '.':
		next = i + 1
		for next < len(s) && (isWordByte(s[next]) || s[next] == '.' || isExponentSign(s, next)) {
			next++
		}
		f, ok := ToNumber(s[i:next])
		return argument{literal: f}, next, ok
	case isWordByte(c) || c == '$':
		next = i
		for next < len(s) && (isWordByte(s[next]) || s[next] == '$' || s[next] == '.') {
			next++
		}
		switch name := s[i:next]; name {
		case "true", "false":
			return argument{literal: name == "true"}, next, true
		case "null":
			return argument{}, next, true
		case "undefined":
			return argument{literal: Undefined}, next, true
		default:
			p := ParsePath(name)
			return argument{variable: &p}, next, true
		}
	}
	return argument{}, i, false
}

func isExponentSign(s string, i int) bool {
	return (s[i] == '-' || s[i] == '+') && s[i-1]|0x20 == 'e'
}

// readQuoted reads a text in single or double quotes with JavaScript's simple escapes.
func readQuoted(s string, i int) (text string, next int, ok bool) {
	quote := s[i]
	var b strings.Builder
	for i++; i < len(s); i++ {
		c := s[i]
		if c == quote {
			return b.String(), i + 1, true
		}
		if c == '\\' && i+1 < len(s) {
			i++
			switch c = s[i]; c {
			case 'n':
				c = '\n'
			case 'r':
				c = '\r'
			case 't':
				c = '\t'
			}
		}
		b.WriteByte(c)
	}
	return "", i, false
}

func isWordByte(c byte) bool {
	return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_'
}

// isNameByte holds for what may stand in a template besides white space.
func isNameByte(c byte) bool {
	switch c {
	case '$', '.', '[', ']', '\'', '"', '-':
		return true
	}
	return isWordByte(c)
}

func skipName(s string, i int) int {
	for i < len(s) {
		if isNameByte(s[i]) {
			i++
			continue
		}
		next := skipSpace(s, i)
		if next == i {
			break
		}
		i = next
	}
	return i
}

func skipSpace(s string, i int) int {
	for i < len(s) {
		if s[i] < utf8.RuneSelf {
			if !isSpace(rune(s[i])) {
				break
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if !isSpace(r) {
			break
		}
		i += size
	}
	return i
}
