package asl

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// maxCallDepth is how deep intrinsic functions may be nested.
const maxCallDepth = 10

// call is an intrinsic function with its arguments, such as
// States.Format('{}/{}', $.a, $.b).
type call struct {
	name string
	run  func(d data, args []argument) (any, error)
	args []operand
}

// operand is an argument as it is written: exactly one of a call, a path and a
// literal.
type operand struct {
	call    *call
	path    *path
	literal any
	raw     string // of a string literal: with its escapes, for States.Format
}

// argument is an argument's value. A literal string keeps its escapes in raw:
// in a format, \{ is a brace and { begins a place to fill.
type argument struct {
	value any
	raw   string
}

// parseCall reads a whole intrinsic function.
func parseCall(s string) (*call, error) {
	p := callParser{src: s, rest: s}
	c, err := p.call(1)
	if err == nil && p.rest != "" {
		err = fmt.Errorf("unexpected %q", p.rest)
	}
	if err != nil {
		return nil, fmt.Errorf("bad intrinsic function %q: %w", s, err)
	}
	return c, nil
}

type callParser struct{ src, rest string }

func (p *callParser) space() { p.rest = strings.TrimLeft(p.rest, " ") }

func (p *callParser) call(depth int) (*call, error) {
	open := strings.IndexByte(p.rest, '(')
	if open < 0 {
		return nil, fmt.Errorf("a path or a function such as States.Format(...) is expected")
	}
	name := strings.TrimSpace(p.rest[:open])
	f, ok := intrinsic(name)
	if !ok {
		return nil, fmt.Errorf("there is no function %q", name)
	}
	if depth > maxCallDepth {
		return nil, fmt.Errorf("functions may be nested %d deep", maxCallDepth)
	}
	p.rest = p.rest[open+1:]
	args, err := p.operands(depth)
	if err != nil {
		return nil, err
	}
	if len(args) < f.least || f.most >= 0 && len(args) > f.most {
		return nil, fmt.Errorf("%s takes %s, not %d", name, f.arity(), len(args))
	}
	return &call{name: name, run: f.run, args: args}, nil
}

// operands reads up to and with the closing parenthesis.
func (p *callParser) operands(depth int) ([]operand, error) {
	var args []operand
	p.space()
	if rest, ok := strings.CutPrefix(p.rest, ")"); ok {
		p.rest = rest
		return args, nil
	}
	for {
		p.space()
		arg, err := p.operand(depth)
		if err != nil {
			return nil, err
		}
		args = append(args, arg)
		p.space()
		switch {
		case strings.HasPrefix(p.rest, ","):
			p.rest = p.rest[1:]
		case strings.HasPrefix(p.rest, ")"):
			p.rest = p.rest[1:]
			return args, nil
		default:
			return nil, fmt.Errorf(", or ) is missing before %q", p.rest)
		}
	}
}

func (p *callParser) operand(depth int) (operand, error) {
	switch {
	case strings.HasPrefix(p.rest, "$"):
		path, rest, err := scanPath(p.rest)
		p.rest = rest
		return operand{path: path}, err
	case strings.HasPrefix(p.rest, "'"):
		return p.text()
	case strings.HasPrefix(p.rest, "States."):
		c, err := p.call(depth + 1)
		return operand{call: c}, err
	}
	end := strings.IndexAny(p.rest, ",) ")
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	v, err := decode([]byte(word))
	if _, isText := v.(string); err != nil || isText {
		return operand{}, fmt.Errorf("bad argument %q: a path, a 'text', a number, true, false, null or a function is expected", word)
	}
	p.rest = p.rest[end:]
	return operand{literal: v}, nil
}

// text reads a string in apostrophes.
func (p *callParser) text() (operand, error) {
	var value strings.Builder
	for i := 1; i < len(p.rest); i++ {
		switch ch := p.rest[i]; {
		case ch == '\'':
			arg := operand{literal: value.String(), raw: p.rest[1:i]}
			p.rest = p.rest[i+1:]
			return arg, nil
		case ch == '\\':
			i++
			if i == len(p.rest) || !strings.ContainsRune(`'{}\`, rune(p.rest[i])) {
				return operand{}, fmt.Errorf(`only ', {, } and \ can follow a \`)
			}
			value.WriteByte(p.rest[i])
		default:
			value.WriteByte(ch)
		}
	}
	return operand{}, fmt.Errorf("unclosed '")
}

func (c *call) paths(yield func(*path)) {
	for _, arg := range c.args {
		switch {
		case arg.path != nil:
			yield(arg.path)
		case arg.call != nil:
			arg.call.paths(yield)
		}
	}
}

func (c *call) eval(d data) (any, error) {
	args := make([]argument, len(c.args))
	for i, arg := range c.args {
		var err error
		switch {
		case arg.path != nil:
			args[i].value, err = d.at(arg.path)
		case arg.call != nil:
			args[i].value, err = arg.call.eval(d)
		default:
			args[i] = argument{arg.literal, arg.raw}
		}
		if err != nil {
			return nil, err
		}
	}
	v, err := c.run(d, args)
	if err != nil {
		return nil, found(ErrorIntrinsic, "%s: %v", c.name, err)
	}
	return v, nil
}

// format fills the places {} of a template with the arguments, in order.
func format(_ data, args []argument) (any, error) {
	text, ok := args[0].value.(string)
	if !ok {
		return nil, fmt.Errorf("the template is no text")
	}
	// Only what is written in the definition has escapes.
	escapes := args[0].raw != ""
	if escapes {
		text = args[0].raw
	}
	var b strings.Builder
	next := 1
	for i := 0; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\' && i+1 < len(text):
			i++
			b.WriteByte(text[i])
		case strings.HasPrefix(text[i:], "{}"):
			if next == len(args) {
				return nil, fmt.Errorf("there are more {} than arguments")
			}
			s, err := inText(args[next].value)
			if err != nil {
				return nil, err
			}
			b.WriteString(s)
			next++
			i++
		default:
			b.WriteByte(text[i])
		}
	}
	if next < len(args) {
		return nil, fmt.Errorf("there are %d {} for %d arguments", next-1, len(args)-1)
	}
	return b.String(), nil
}

// inText is a value as it stands in a text: a string as it is, the rest as JSON.
func inText(v any) (string, error) {
	if s, ok := v.(string); ok {
		return s, nil
	}
	data, err := encode(v)
	return string(data), err
}

// equal tells whether two values are the same JSON. Numbers are compared by
// value: 1.0 equals 1.
func equal(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for k, v := range a {
			if w, ok := b[k]; !ok || !equal(v, w) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case json.Number:
		b, ok := b.(json.Number)
		return ok && compareNumbers(a, b) == 0
	}
	switch b.(type) {
	case map[string]any, []any, json.Number:
		return false
	}
	return a == b
}
