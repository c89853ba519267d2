package hook

import (
	"slices"

	"github.com/dop251/goja"
)

// Lazy is an object for hooks whose properties are made when they are first asked for: most hooks look
// at few of them. It is for turns.
type Lazy struct {
	object *goja.Object
	keys   []string // of the properties that there are
	shared bool     // keys belongs to others, too
	make   func(key string) goja.Value
	taken  func(key string, v goja.Value) bool // whether a value that is set is kept elsewhere; may be nil
	made   []madeProperty
}

type madeProperty struct {
	key   string
	value goja.Value
}

// NewLazy makes an object with the properties keys, in their order. Value makes one that is asked for.
// It may make others, too, which are then there, but are not listed; nil is no property. Keys is not
// changed.
func (c *Context) NewLazy(keys []string, value func(key string) goja.Value) *Lazy {
	l := &Lazy{keys: keys, shared: true, make: value}
	l.object = c.runtime.vm.NewDynamicObject((*lazyObject)(l))
	return l
}

// Object is the object itself.
func (l *Lazy) Object() *goja.Object { return l.object }

// Made returns a property that was made or set before. What was not cannot have been changed.
func (l *Lazy) Made(key string) (v goja.Value, ok bool) {
	if p := l.find(key); p != nil {
		return p.value, true
	}
	return nil, false
}

func (l *Lazy) find(key string) *madeProperty {
	for i := range l.made {
		if l.made[i].key == key {
			return &l.made[i]
		}
	}
	return nil
}

// List says anew which properties there are.
func (l *Lazy) List(keys []string) { l.keys, l.shared = keys, false }

// lazyObject is a Lazy as the interpreter sees it.
type lazyObject Lazy

func (o *lazyObject) Get(key string) goja.Value {
	l := (*Lazy)(o)
	if p := l.find(key); p != nil {
		return p.value
	}
	v := l.make(key)
	if v != nil {
		l.made = append(l.made, madeProperty{key, v})
	}
	return v
}

func (o *lazyObject) Set(key string, v goja.Value) bool {
	l := (*Lazy)(o)
	if l.taken != nil && l.taken(key, v) {
		return true
	}
	if p := l.find(key); p != nil {
		p.value = v
	} else {
		l.made = append(l.made, madeProperty{key, v})
	}
	if !slices.Contains(l.keys, key) {
		l.own()
		l.keys = append(l.keys, key)
	}
	return true
}

// own makes the list of keys the object's own, before it is changed.
func (l *Lazy) own() {
	if l.shared {
		l.keys, l.shared = slices.Clone(l.keys), false
	}
}

func (o *lazyObject) Has(key string) bool {
	return slices.Contains(o.keys, key)
}

func (o *lazyObject) Delete(key string) bool {
	l := (*Lazy)(o)
	l.own()
	l.keys = slices.DeleteFunc(l.keys, func(k string) bool { return k == key })
	if p := l.find(key); p != nil {
		p.value = goja.Undefined()
	} else {
		l.made = append(l.made, madeProperty{key, goja.Undefined()})
	}
	return true
}

func (o *lazyObject) Keys() []string { return o.keys }
