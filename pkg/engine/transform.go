package engine

import (
	"errors"
	"fmt"

	"salvo/pkg/hook"
	"salvo/pkg/template"
)

// compileTransform compiles the JavaScript of a capture. There may be none.
func compileTransform(source string) (*hook.Program, error) {
	if source == "" {
		return nil, nil
	}
	p, err := hook.Compile(source)
	if err != nil {
		return nil, fmt.Errorf("transform: %w", err)
	}
	return p, nil
}

// transforming is one response while its captures are transformed. Its programs share a sandbox, in
// which the captures made so far are global variables: each under its name, or, for one that goes to
// a place inside a variable, as a member of that variable.
type transforming struct {
	sandbox *hook.Sandbox
	known   int        // captures that the sandbox has
	globals []variable // what it has of them
}

// value runs the transform of capture i, whose value is the last of values, and returns what is to be
// kept. A program that throws, or gives null, leaves the value as it is. The error, a text for the
// report, tells of one that had to be stopped.
func (t *transforming) value(u *User, captures []capture, values []any, i int) (any, error) {
	if t.sandbox == nil {
		t.sandbox = hook.NewSandbox(u.Rand())
	}
	for ; t.known < i; t.known++ {
		t.set(&captures[t.known].as, values[t.known])
	}
	found := values[i]
	t.set(&captures[i].as, found) // and again, as it is kept, when another one follows
	v, err := t.sandbox.Run(captures[i].transform)
	switch {
	case errors.Is(err, hook.ErrTooLong):
		t.sandbox = nil
		t.known, t.globals = 0, nil
		return found, err
	case err != nil, v == nil:
		return found, nil
	}
	return v, nil
}

func (t *transforming) set(as *template.Path, v any) {
	root := as.Root()
	for i := range t.globals {
		if g := &t.globals[i]; g.name == root {
			g.value = as.Set(g.value, v)
			t.sandbox.Set(root, g.value)
			return
		}
	}
	v = as.Set(template.Undefined, v)
	t.globals = append(t.globals, variable{root, v})
	t.sandbox.Set(root, v)
}
