package template

import (
	"fmt"
	"strconv"
	"strings"
)

// UnknownFunctionError tells that a template calls a function that does not exist.
type UnknownFunctionError struct {
	Name   string // with its $
	Offset int    // of the template, in bytes from the start of the text that it stands in
}

func (e *UnknownFunctionError) Error() string { return "unknown function " + e.Name }

// Template is a compiled text, or a compiled list or object whose texts are templates. It is
// immutable and may be used by many goroutines at once.
type Template struct {
	source any
	root   node
}

// node is a part of a template that yields one value.
type node interface {
	value(s Scope) any
	// appendText appends what AppendText makes of the value.
	appendText(dst []byte, s Scope) []byte
	// appendJSON appends what AppendJSON makes of the value. It appends nothing and returns false
	// when the value is undefined.
	appendJSON(dst []byte, s Scope) ([]byte, bool)
}

// Compile makes a template of a value: of a text, or of a list or object in which all texts, keys
// included, may be templates; any other value stands for itself. The value must not be changed
// afterwards. Errors are *UnknownFunctionError for a call of what is not in fns, and *SyntaxError for
// a call that cannot be read; those from within a list or object name the place in it.
func Compile(v any, fns Funcs) (*Template, error) {
	root, err := compile(v, fns, "")
	if err != nil {
		return nil, err
	}
	return &Template{source: v, root: root}, nil
}

// Source returns what the template was compiled from.
func (t *Template) Source() any { return t.source }

// Static returns the template's value, if that is the same for everyone. It is the very value that
// was compiled, so it must not be changed.
func (t *Template) Static() (v any, ok bool) {
	c, ok := t.root.(*constant)
	if !ok {
		return nil, false
	}
	return c.v, true
}

// Value renders the template. A text that is one template and nothing else has the value of its
// variable or function, with its type; any other text is a text. Lists and objects are made anew, but
// what variables hold is put into them as it is. The scope may be nil if the template is static.
func (t *Template) Value(s Scope) any { return t.root.value(s) }

// AppendText appends what AppendText makes of Value, without making the value.
func (t *Template) AppendText(dst []byte, s Scope) []byte { return t.root.appendText(dst, s) }

// AppendJSON appends what AppendJSON makes of Value, without making the value.
func (t *Template) AppendJSON(dst []byte, s Scope) []byte {
	dst, _ = t.root.appendJSON(dst, s)
	return dst
}

// compile compiles a value that is found at a place in what Compile was given, "" being all of it.
func compile(v any, fns Funcs, place string) (node, error) {
	switch v := v.(type) {
	case string:
		n, err := compileText(v, fns)
		if err != nil && place != "" {
			return nil, fmt.Errorf("%s: %w", place, err)
		}
		return n, err
	case []any:
		return compileList(v, fns, place)
	case *Object:
		return compileObject(v, fns, place)
	}
	return newConstant(v), nil
}

func compileList(list []any, fns Funcs, place string) (node, error) {
	n := &listNode{elements: make([]node, len(list))}
	static := true
	for i, e := range list {
		var err error
		if n.elements[i], err = compile(e, fns, place+"["+strconv.Itoa(i)+"]"); err != nil {
			return nil, err
		}
		static = static && isConstant(n.elements[i])
	}
	if static {
		return newConstant(list), nil
	}
	return n, nil
}

func compileObject(o *Object, fns Funcs, place string) (node, error) {
	n := &objectNode{members: make([]memberNode, o.Len())}
	static := true
	for i := range n.members {
		key, v := o.At(i)
		below := key
		if place != "" {
			below = place + "." + key
		}
		keyNode, err := compile(key, fns, below)
		if err != nil {
			return nil, err
		}
		value, err := compile(v, fns, below)
		if err != nil {
			return nil, err
		}
		n.members[i] = memberNode{key: keyNode, value: value}
		if isConstant(keyNode) {
			n.members[i].prefix = append(appendQuoted(nil, key), ':')
		} else {
			n.renamed = true
		}
		static = static && !n.renamed && isConstant(value)
	}
	if static {
		return newConstant(o), nil
	}
	return n, nil
}

func compileText(s string, fns Funcs) (node, error) {
	n := &textNode{}
	nested := false
	literal := func(text string) {
		if text != "" {
			n.parts = append(n.parts, part{text: text, escaped: string(appendEscaped(nil, text))})
			nested = nested || strings.Contains(text, "{{")
		}
	}
	end := 0
	for {
		t, ok := nextToken(s, end)
		if !ok {
			break
		}
		p, err := compileToken(t, fns)
		if err != nil {
			return nil, err
		}
		switch {
		case !t.whole(s):
		case p.call != nil:
			return &callNode{*p.call}, nil
		default:
			return &variableNode{*p.variable}, nil
		}
		literal(s[end:t.start])
		p.text = s[t.start:t.end]
		n.parts = append(n.parts, p)
		end = t.end
	}
	if len(n.parts) == 0 {
		return newConstant(s), nil
	}
	literal(s[end:])
	if nested {
		return &nestedNode{n.parts}, nil
	}
	return n, nil
}

func compileToken(t token, fns Funcs) (part, error) {
	if t.err != nil {
		return part{}, t.err
	}
	if t.call == nil {
		p := ParsePath(t.name)
		return part{variable: &p}, nil
	}
	c, err := compileCall(t.call, fns)
	if err != nil {
		err.Offset = t.start
		return part{}, err
	}
	return part{call: c}, nil
}

func compileCall(text *callText, fns Funcs) (*call, *UnknownFunctionError) {
	fn := fns[text.name]
	if fn == nil {
		return nil, &UnknownFunctionError{Name: text.name}
	}
	c := &call{fn: fn, args: text.args}
	switch {
	case text.name == randomNumberName && isFunc(fn, callRandomNumber):
		c.kind = numberCall
	case text.name == randomStringName && isFunc(fn, callRandomString):
		c.kind = stringCall
	}
	c.literals = make([]any, len(text.args))
	for i, a := range text.args {
		c.literals[i] = a.literal
		c.variable = c.variable || a.variable != nil
	}
	return c, nil
}

func isConstant(n node) bool {
	_, ok := n.(*constant)
	return ok
}
