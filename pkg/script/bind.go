package script

import (
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"

	"salvo/pkg/template"
)

// binder does the templating of `config` that happens once, when the script is
// loaded. Templates that only a virtual user can fill are left as they are.
type binder struct {
	values map[string]any // by root variable, with the $
	rand   *rand.Rand
	env    map[string]string
	funcs  template.Funcs
	sink   *sink
}

func newBinder(o Options, name string, variables *node, s *sink) *binder {
	env := template.NewObject()
	for _, key := range slices.Sorted(maps.Keys(o.Env)) {
		env.Set(key, o.Env[key])
	}
	b := &binder{
		values: map[string]any{},
		rand:   rand.New(rand.NewPCG(o.Seed, 0)),
		env:    o.Env,
		funcs:  template.Builtin(),
		sink:   s,
	}
	if variables != nil {
		for _, m := range variables.members {
			b.values[m.key] = m.value.value()
		}
	}
	b.values["$env"] = env
	b.values["$processEnvironment"] = env
	b.values["$environment"] = orUndefined(o.Environment)
	b.values["$testId"] = orUndefined(o.TestID)
	b.values["$dirname"] = folder(name)
	b.values["$scenarioFile"] = name
	return b
}

func orUndefined(s string) any {
	if s == "" {
		return template.Undefined
	}
	return s
}

// Lookup and Rand make the binder the scope of what it binds.
func (b *binder) Lookup(name string) (any, bool) {
	v, ok := b.values[name]
	return v, ok
}

func (b *binder) Rand() *rand.Rand { return b.rand }

func (b *binder) names(name string) bool {
	_, ok := b.values[name]
	return ok
}

// script returns a copy of the resolved script with its config bound.
func (b *binder) script(root *node) *node {
	bound := &node{kind: kindObject, place: root.place}
	for _, m := range root.members {
		v := m.value.clone()
		b.lookForUnset(v, m.key)
		if m.key == "config" && v.kind == kindObject {
			config := &node{kind: kindObject, place: v.place}
			for _, c := range v.members {
				if c.key != "environments" {
					c.value = b.node(c.value)
				}
				config.set(c.key, c.place, c.value)
			}
			v = config
		}
		bound.set(m.key, m.place, v)
	}
	return bound
}

func (b *binder) node(n *node) *node {
	switch n.kind {
	case kindText:
		if !strings.Contains(n.text, "{{") {
			return n
		}
		v := template.Bind(n.text, b, b.names, b.funcs)
		if v == any(n.text) {
			return n
		}
		bound := newNode(v, n.place)
		bound.remember(n.text)
		return bound
	case kindList:
		for i, item := range n.items {
			n.items[i] = b.node(item)
		}
	case kindObject:
		bound := &node{kind: kindObject, place: n.place, bad: n.bad}
		for _, m := range n.members {
			key := m.key
			if strings.Contains(key, "{{") {
				key = template.Text(template.Bind(key, b, b.names, b.funcs))
			}
			bound.set(key, m.place, b.node(m.value))
		}
		return bound
	}
	return n
}

// remember notes what a bound value was written as.
func (n *node) remember(source string) {
	n.template = source
	for _, item := range n.items {
		item.remember(source)
	}
	for _, m := range n.members {
		m.value.remember(source)
	}
}

var envReference = regexp.MustCompile(`\$(?:env|processEnvironment)\.([A-Za-z_][A-Za-z0-9_]*)`)

// lookForUnset warns of environment variables that are not set: nothing but the
// word undefined would be sent in their place.
func (b *binder) lookForUnset(n *node, path string) {
	if path == "config.environments" {
		return
	}
	for i, item := range n.items {
		b.lookForUnset(item, element(path, i))
	}
	for _, m := range n.members {
		b.lookForUnset(m.value, join(path, m.key))
	}
	if n.kind != kindText || !strings.Contains(n.text, "{{") {
		return
	}
	for _, m := range envReference.FindAllStringSubmatch(n.text, -1) {
		if _, set := b.env[m[1]]; !set {
			b.sink.warn(n.place, path, "the environment variable %s is not set", m[1])
		}
	}
}
