package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"salvo/pkg/template"
)

// maxDepth is how deep the conditions of an expression may be nested.
const maxDepth = 200

// valueTypes are the types that a path may ask for, as in @number().
var valueTypes = [...]string{"null", "boolean", "number", "string", "integer", "scalar", "array", "object"}

// parser reads an expression: the path here, the conditions in condition.go.
type parser struct {
	src     string
	pos     int
	depth   int
	lineage bool // see Path
}

func (p *parser) fail(at int, format string, args ...any) error {
	return &template.SyntaxError{Offset: at, Msg: fmt.Sprintf(format, args...)}
}

// found shows what is at the current place in a message.
func (p *parser) found() string {
	if p.pos >= len(p.src) {
		return "end"
	}
	r, _ := utf8.DecodeRuneInString(p.src[p.pos:])
	return strconv.QuoteRune(r)
}

func (p *parser) has(prefix string) bool { return strings.HasPrefix(p.src[p.pos:], prefix) }

func (p *parser) skipSpace() {
	for p.pos < len(p.src) && strings.IndexByte(" \t\r\n", p.src[p.pos]) >= 0 {
		p.pos++
	}
}

// path reads a whole expression.
func (p *parser) path() ([]step, error) {
	p.src = strings.TrimRight(p.src, " \t\r\n")
	p.skipSpace()
	if p.pos == len(p.src) {
		return nil, p.fail(0, "empty expression")
	}
	var steps []step
	switch {
	case p.has("$") && (p.pos+1 == len(p.src) || strings.IndexByte(".[^~@", p.src[p.pos+1]) >= 0):
		p.pos++
	case strings.IndexByte(".[^~", p.src[p.pos]) < 0 && p.valueType() == "":
		s, err := p.name()
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	for p.pos < len(p.src) {
		s, err := p.step()
		if err != nil {
			return nil, err
		}
		if s != nil {
			steps = append(steps, s)
		}
	}
	return steps, nil
}

// step reads the next step. A dot with nothing after it is none.
func (p *parser) step() (step, error) {
	switch c := p.src[p.pos]; {
	case p.has(".."):
		for p.has(".") {
			p.pos++
		}
		if p.startsName() {
			// The dots are a step, the name is the next.
			p.pos--
		}
		return descendStep{}, nil
	case c == '.':
		p.pos++
		if !p.startsName() {
			return nil, nil
		}
		return p.name()
	case c == '[':
		return p.brackets()
	case c == '^':
		p.pos++
		p.lineage = true
		return parentStep{}, nil
	case c == '~':
		p.pos++
		p.lineage = true
		return keyStep{}, nil
	}
	if t := p.valueType(); t != "" {
		p.pos += len("@()") + len(t)
		return typeStep(t), nil
	}
	return nil, p.fail(p.pos, "expected . or [, found %s", p.found())
}

// startsName tells whether a name begins here, and not some other step or the end.
func (p *parser) startsName() bool {
	return p.pos < len(p.src) && strings.IndexByte("[^~", p.src[p.pos]) < 0 && p.valueType() == ""
}

// valueType returns the type of the @type() that begins here, "" if none does.
func (p *parser) valueType() string {
	if !p.has("@") {
		return ""
	}
	for _, t := range valueTypes {
		if strings.HasPrefix(p.src[p.pos+1:], t+"()") {
			return t
		}
	}
	return ""
}

// name reads what follows a dot.
func (p *parser) name() (step, error) {
	if p.has("'") || p.has(`"`) {
		text, err := p.quoted()
		return nameStep(text), err
	}
	start := p.pos
	for p.pos < len(p.src) && strings.IndexByte(".[^~", p.src[p.pos]) < 0 && p.valueType() == "" {
		p.pos++
	}
	text := p.src[start:p.pos]
	if !strings.Contains(text, ",") || text[0] == '`' {
		return bare(text), nil
	}
	var union unionStep
	for part := range strings.SplitSeq(text, ",") {
		union = append(union, bare(part))
	}
	return union, nil
}

// brackets reads what is in a pair of brackets.
func (p *parser) brackets() (step, error) {
	start := p.pos
	p.pos++
	var union unionStep
	for {
		p.skipSpace()
		s, err := p.selector(start)
		if err != nil {
			return nil, err
		}
		union = append(union, s)
		p.skipSpace()
		switch {
		case p.has(","):
			p.pos++
		case p.has("]"):
			p.pos++
			if len(union) == 1 {
				return union[0], nil
			}
			return union, nil
		case p.pos == len(p.src):
			return nil, p.fail(start, "bracket without an end")
		default:
			return nil, p.fail(p.pos, "expected , or ], found %s", p.found())
		}
	}
}

// selector reads one of the alternatives in the brackets that begin at start.
func (p *parser) selector(start int) (step, error) {
	switch {
	case p.has("'"), p.has(`"`):
		text, err := p.quoted()
		return nameStep(text), err
	case p.has("?"):
		p.pos++
		condition, err := p.expression(0)
		return filterStep{condition}, err
	case p.has("("):
		name, err := p.expression(0)
		return scriptStep{name}, err
	}
	n := strings.IndexAny(p.src[p.pos:], ",]")
	if n < 0 {
		return nil, p.fail(start, "bracket without an end")
	}
	text := strings.Trim(p.src[p.pos:p.pos+n], " \t\r\n")
	if text == "" {
		return nil, p.fail(p.pos, "empty brackets")
	}
	p.pos += n
	return bare(text), nil
}

// bare makes a step of a text without quotes.
func bare(text string) step {
	if text == "*" {
		return wildStep{}
	}
	if name, ok := strings.CutPrefix(text, "`"); ok {
		return nameStep(name)
	}
	if s, ok := slice(text); ok {
		return s
	}
	return nameStep(text)
}

// slice reads from:to:step, all of which may be missing.
func slice(text string) (sliceStep, bool) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return sliceStep{}, false
	}
	s := sliceStep{to: openEnd, step: 1}
	for i, field := range []*int{&s.from, &s.to, &s.step}[:len(parts)] {
		digits := parts[i]
		if i < 2 {
			digits = strings.TrimPrefix(digits, "-")
		}
		if strings.Trim(digits, "0123456789") != "" {
			return sliceStep{}, false
		}
		if digits == "" {
			continue
		}
		// A number out of range comes with the nearest one in it, which is as far beyond any list.
		n, _ := strconv.ParseInt(parts[i], 10, 32)
		*field = int(n)
	}
	s.step = max(1, s.step)
	return s, true
}

// quoted reads a text in quotes.
func (p *parser) quoted() (string, error) {
	start := p.pos
	quote := p.src[p.pos]
	var b strings.Builder
	for p.pos++; p.pos < len(p.src); p.pos++ {
		c := p.src[p.pos]
		if c == quote {
			p.pos++
			return b.String(), nil
		}
		if c == '\\' && p.pos+1 < len(p.src) {
			p.pos++
			switch c = p.src[p.pos]; c {
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
	return "", p.fail(start, "text without an end")
}
