package template

// Bind replaces, once and for all, the templates whose values are known while a script is loaded:
// variables whose root satisfies names, and calls of functions in fns whose arguments are literals or
// such variables. All other templates stay as they are written, to be compiled later. A text that is
// one template and nothing else becomes its value, with its type; keys of objects are texts like any
// other. Lists and objects are copied, v is not changed.
func Bind(v any, s Scope, names func(name string) bool, fns Funcs) any {
	b := binder{scope: s, names: names, fns: fns}
	return b.bind(v)
}

type binder struct {
	scope Scope
	names func(name string) bool
	fns   Funcs
}

func (b *binder) bind(v any) any {
	switch v := v.(type) {
	case string:
		return b.text(v)
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = b.bind(e)
		}
		return list
	case *Object:
		o := NewObject()
		for i := range v.Len() {
			key, e := v.At(i)
			o.Set(Text(b.text(key)), b.bind(e))
		}
		return o
	}
	return v
}

func (b *binder) text(s string) any {
	var out []byte
	end := 0
	for {
		t, ok := nextToken(s, end)
		if !ok {
			break
		}
		out = append(out, s[end:t.start]...)
		end = t.end
		n := b.known(t)
		switch {
		case n == nil:
			out = append(out, s[t.start:t.end]...)
		case t.whole(s):
			return n.value(b.scope)
		default:
			out = AppendText(out, n.value(b.scope))
		}
	}
	if end == 0 {
		return s
	}
	return string(append(out, s[end:]...))
}

// known compiles a token, if its value is known.
func (b *binder) known(t token) node {
	switch {
	case t.err != nil:
		return nil
	case t.call == nil:
		p := ParsePath(t.name)
		if !b.binds(p) {
			return nil
		}
		return &variableNode{p}
	}
	for _, a := range t.call.args {
		if a.variable != nil && !b.binds(*a.variable) {
			return nil
		}
	}
	c, err := compileCall(t.call, b.fns)
	if err != nil {
		return nil
	}
	return &callNode{*c}
}

func (b *binder) binds(p Path) bool { return b.names(p.Root()) || b.names(p.String()) }
