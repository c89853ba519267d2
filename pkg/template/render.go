package template

import (
	"bytes"
	"strings"
)

// constant is a value without templates in it, ready in both forms.
type constant struct {
	v          any
	text, json []byte
}

func newConstant(v any) *constant {
	return &constant{v: v, text: AppendText(nil, v), json: AppendJSON(nil, v)}
}

func (n *constant) value(Scope) any                       { return deepCopy(n.v) }
func (n *constant) appendText(dst []byte, _ Scope) []byte { return append(dst, n.text...) }
func (n *constant) appendJSON(dst []byte, _ Scope) ([]byte, bool) {
	return append(dst, n.json...), n.v != Undefined
}

// variableNode is a text that is nothing but a variable: it has the variable's value and type, and
// templates within that value stay as they are.
type variableNode struct{ path Path }

func (n *variableNode) value(s Scope) any {
	v := n.path.Get(s)
	if f, ok := v.(float64); ok && f != f {
		return ""
	}
	return v
}

func (n *variableNode) appendText(dst []byte, s Scope) []byte {
	return AppendText(dst, n.value(s))
}

func (n *variableNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	v := n.value(s)
	return AppendJSON(dst, v), v != Undefined
}

// callNode is a text that is nothing but a call: it has the type of the function's value.
type callNode struct{ call }

func (n *callNode) value(s Scope) any {
	v := n.call.value(s)
	if text, ok := v.(string); ok && strings.Contains(text, "{{") {
		return string(appendInserted(nil, text, s, false))
	}
	return v
}

func (n *callNode) appendText(dst []byte, s Scope) []byte {
	if n.kind != otherCall {
		return n.append(dst, s, false)
	}
	return AppendText(dst, n.value(s))
}

func (n *callNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	switch n.kind {
	case numberCall:
		return n.append(dst, s, true), true
	case stringCall:
		quoted, err := appendRandomString(append(dst, '"'), s.Rand(), n.arguments(s))
		if err != nil {
			return dst, false
		}
		return append(quoted, '"'), true
	}
	v := n.value(s)
	return AppendJSON(dst, v), v != Undefined
}

// call is a call of a function with its arguments.
type call struct {
	fn       Func
	kind     callKind
	args     []argument
	literals []any // values of args; the variables among them are left nil
	variable bool  // whether there are variables among them
}

// callKind tells the functions whose result can be written without first making a value of it.
type callKind int

const (
	otherCall callKind = iota
	numberCall
	stringCall
)

func (c *call) arguments(s Scope) []any {
	if !c.variable {
		return c.literals
	}
	args := make([]any, len(c.args))
	for i, a := range c.args {
		args[i] = a.literal
		if a.variable != nil {
			args[i] = a.variable.Get(s)
		}
	}
	return args
}

func (c *call) value(s Scope) any {
	v, err := c.fn(s, c.arguments(s))
	if err != nil {
		return Undefined
	}
	return v
}

// append appends the result as it looks in the middle of a text.
func (c *call) append(dst []byte, s Scope, escape bool) []byte {
	switch c.kind {
	case numberCall:
		return AppendNumber(dst, randomNumber(s.Rand(), c.arguments(s)))
	case stringCall:
		// Letters and digits look the same escaped.
		if b, err := appendRandomString(dst, s.Rand(), c.arguments(s)); err == nil {
			return b
		}
		return AppendText(dst, Undefined)
	}
	return appendInserted(dst, c.value(s), s, escape)
}

// textNode is a text with templates in it.
type textNode struct{ parts []part }

// part is one of three: text, a variable, a call.
type part struct {
	text     string // as it is written
	escaped  string // text as it stands in a JSON text
	variable *Path
	call     *call
}

func (n *textNode) append(dst []byte, s Scope, escape bool) []byte {
	for i := range n.parts {
		switch p := &n.parts[i]; {
		case p.variable != nil:
			dst = appendInserted(dst, p.variable.Get(s), s, escape)
		case p.call != nil:
			dst = p.call.append(dst, s, escape)
		case escape:
			dst = append(dst, p.escaped...)
		default:
			dst = append(dst, p.text...)
		}
	}
	return dst
}

func (n *textNode) value(s Scope) any { return string(n.append(nil, s, false)) }

func (n *textNode) appendText(dst []byte, s Scope) []byte { return n.append(dst, s, false) }

func (n *textNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	dst = append(dst, '"')
	dst = n.append(dst, s, true)
	return append(dst, '"'), true
}

// nestedNode is a text with braces left over between its templates, which may turn out to be a
// template around others: {{ users[{{ i }}].name }}. What it says is known only when it is rendered:
// calls go first, then variables from the innermost outwards.
type nestedNode struct{ parts []part }

func (n *nestedNode) value(s Scope) any {
	var b []byte
	for i := range n.parts {
		if p := &n.parts[i]; p.call != nil {
			b = p.call.append(b, s, false)
		} else {
			b = append(b, p.text...)
		}
	}
	text := string(b)
	if t, ok := nextToken(text, 0); ok && t.call == nil && t.err == nil && t.whole(text) {
		n := variableNode{ParsePath(t.name)}
		return n.value(s)
	}
	e := expansion{scope: s, left: maxExpansions}
	for range maxExpansionDepth {
		outer := string(e.appendText(nil, text, 0))
		if outer == text {
			break
		}
		text = outer
	}
	return text
}

func (n *nestedNode) appendText(dst []byte, s Scope) []byte { return AppendText(dst, n.value(s)) }

func (n *nestedNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	v := n.value(s)
	return AppendJSON(dst, v), v != Undefined
}

type listNode struct{ elements []node }

func (n *listNode) value(s Scope) any {
	list := make([]any, len(n.elements))
	for i, e := range n.elements {
		list[i] = e.value(s)
	}
	return list
}

func (n *listNode) appendText(dst []byte, s Scope) []byte {
	dst, _ = n.appendJSON(dst, s)
	return dst
}

func (n *listNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	dst = append(dst, '[')
	for i, e := range n.elements {
		if i > 0 {
			dst = append(dst, ',')
		}
		var ok bool
		if dst, ok = e.appendJSON(dst, s); !ok {
			dst = append(dst, "null"...)
		}
	}
	return append(dst, ']'), true
}

type objectNode struct {
	members []memberNode
	renamed bool // whether there are templates among the keys
}

type memberNode struct {
	key    node
	prefix []byte // "key": as JSON, when the key is no template
	value  node
}

func (n *objectNode) value(s Scope) any {
	o := &Object{members: make([]member, 0, len(n.members))}
	for i := range n.members {
		m := &n.members[i]
		key := string(m.key.appendText(nil, s))
		o.Set(key, m.value.value(s))
	}
	return o
}

func (n *objectNode) appendText(dst []byte, s Scope) []byte {
	dst, _ = n.appendJSON(dst, s)
	return dst
}

func (n *objectNode) appendJSON(dst []byte, s Scope) ([]byte, bool) {
	if n.renamed {
		// Two keys may turn out to be the same, so all must be known first.
		return AppendJSON(dst, n.value(s)), true
	}
	dst = append(dst, '{')
	first := true
	for i := range n.members {
		m := &n.members[i]
		mark := len(dst)
		if !first {
			dst = append(dst, ',')
		}
		dst = append(dst, m.prefix...)
		var ok bool
		if dst, ok = m.value.appendJSON(dst, s); !ok {
			dst = dst[:mark]
			continue
		}
		first = false
	}
	return append(dst, '}'), true
}

// Values of variables may hold templates, whose values may hold templates again. Both limits only
// matter to a variable that, in the end, holds itself: what lies beyond stays as it is written.
const (
	maxExpansionDepth = 16
	maxExpansions     = 1000
)

// expansion is one value being put into a text with all the values within it.
type expansion struct {
	scope  Scope
	escape bool
	left   int // expansions
}

// appendInserted appends a value as it looks in the middle of a text. If escape, the text is one of
// JSON.
func appendInserted(dst []byte, v any, s Scope, escape bool) []byte {
	switch v := v.(type) {
	case string:
		if !strings.Contains(v, "{{") {
			return appendPlain(dst, v, escape)
		}
		e := expansion{scope: s, escape: escape, left: maxExpansions}
		return e.appendText(dst, v, 0)
	case []any, *Object:
		mark := len(dst)
		dst = AppendJSON(dst, v)
		if !escape && !bytes.Contains(dst[mark:], []byte("{{")) {
			return dst
		}
		return appendInserted(dst[:mark], string(dst[mark:]), s, escape)
	}
	return AppendText(dst, v)
}

func appendPlain(dst []byte, s string, escape bool) []byte {
	if escape {
		return appendEscaped(dst, s)
	}
	return append(dst, s...)
}

// appendText appends a text with its variables replaced. Calls in it stay: only the script calls
// functions, not what comes to it from elsewhere.
func (e *expansion) appendText(dst []byte, s string, depth int) []byte {
	end := 0
	for {
		t, ok := nextToken(s, end)
		if !ok {
			return appendPlain(dst, s[end:], e.escape)
		}
		if t.call != nil || t.err != nil || depth == maxExpansionDepth || e.left == 0 {
			dst = appendPlain(dst, s[end:t.end], e.escape)
			end = t.end
			continue
		}
		dst = appendPlain(dst, s[end:t.start], e.escape)
		end = t.end
		e.left--
		path := ParsePath(t.name)
		dst = e.appendText(dst, Text(path.Get(e.scope)), depth+1)
	}
}
