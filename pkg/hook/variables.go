package hook

import (
	"github.com/dop251/goja"

	"salvo/pkg/template"
)

// Ref is a JavaScript object that a user's variable holds: it keeps its identity, and what it is
// besides its properties, from one hook to the next.
type Ref struct {
	runtime *Runtime
	object  *goja.Object
}

// Value is what the object is now, as package template knows values; undefined for what has no such
// form. It takes a turn, so it is not for turns.
func (f *Ref) Value() any {
	f.runtime.mu.Lock()
	defer f.runtime.mu.Unlock()
	if f.runtime.closed {
		return template.Undefined
	}
	f.runtime.watch.begin()
	defer f.runtime.watch.end()
	return f.value()
}

// value is Value in a turn.
func (f *Ref) value() any {
	v, err := out(f.runtime.vm, f.object)
	if err != nil {
		return template.Undefined
	}
	return v
}

// variables is context.vars: the user's own variables, converted when they are asked for.
type variables struct{ c *Context }

// Get implements goja.DynamicObject. An object becomes the user's own when it is first asked for, so
// that what a hook changes in it stays, and is seen by no other user.
func (v *variables) Get(key string) goja.Value {
	found, ok := v.c.user.Get(key)
	if !ok {
		return nil
	}
	switch found := found.(type) {
	case *Ref:
		return found.object
	case []any, *template.Object:
		made := in(v.c.runtime.vm, found)
		v.c.user.Set(key, &Ref{v.c.runtime, made.(*goja.Object)})
		return made
	}
	return valueOf(v.c.runtime.vm, found)
}

// Set implements goja.DynamicObject.
func (v *variables) Set(key string, val goja.Value) bool {
	if o, ok := val.(*goja.Object); ok {
		v.c.user.Set(key, &Ref{v.c.runtime, o})
	} else {
		v.c.user.Set(key, primitive(val))
	}
	return true
}

// Has implements goja.DynamicObject.
func (v *variables) Has(key string) bool {
	_, ok := v.c.user.Get(key)
	return ok
}

// Delete implements goja.DynamicObject.
func (v *variables) Delete(key string) bool {
	v.c.user.Delete(key)
	return true
}

// Keys implements goja.DynamicObject.
func (v *variables) Keys() []string { return v.c.user.Names() }
