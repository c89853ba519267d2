package script

import (
	"slices"
	"strings"
)

const notSupported = "`%s` is not supported by this version of Salvo: %s"

// checker holds a script against the schema. What it finds wrong it marks bad,
// so that nobody reads it or complains of it again.
type checker struct {
	sink *sink

	// asWarnings is set inside environments that were not chosen: nothing of
	// them takes part in the run, and they may be partial.
	asWarnings bool
	chosen     string // environment
}

func (c *checker) fault(at place, path, format string, args ...any) {
	if c.asWarnings {
		c.sink.warn(at, path, format, args...)
	} else {
		c.sink.fault(at, path, format, args...)
	}
}

func (c *checker) value(n *node, s shape, path string) {
	if n.bad || c.asWarnings && n.kind == kindText && strings.Contains(n.text, "{{") {
		return // the template of an environment that was not chosen may become anything
	}
	if n.kind&s.kinds == 0 {
		n.bad = true
		if s.object != nil && s.object.actions() {
			c.fault(n.place, path, "expected a step, such as `- get:` with `url:` below it, found %s%s", n.found(), missingStepColon(n, s.object))
			return
		}
		c.fault(n.place, path, "expected %s, found %s%s", s.kinds.noun(), n.found(), hint(n, s))
		return
	}
	switch n.kind {
	case kindObject:
		if s.object != nil {
			c.object(n, s.object, path)
		}
	case kindList:
		for i, item := range n.items {
			if s.item != nil {
				c.value(item, *s.item, element(path, i))
			}
		}
	}
}

func missingStepColon(n *node, step *object) string {
	word, _, _ := strings.Cut(n.text, " ")
	if f := step.field(word); f != nil && f.action {
		return "; a colon is missing after `" + word + "`"
	}
	return ""
}

// hint says how a value of the wrong kind probably came about.
func hint(n *node, s shape) string {
	switch {
	case n.template != "":
		return ""
	case s.kinds == kindList && n.kind == kindObject:
		return "; begin each element of the list with `- `"
	case s.kinds&kindObject != 0 && s.kinds&kindList == 0 && n.kind == kindList:
		return "; leave out the `- ` in front of the keys"
	case s.kinds == kindBool && n.kind == kindText:
		switch strings.ToLower(n.text) {
		case "yes", "no", "on", "off", "true", "false":
			return "; write true or false, without quotes: yes, no, on and off are texts"
		}
	case n.kind == kindNull && s.kinds == kindScalar:
		return `; leave the key out, or write "" for an empty text`
	case s.kinds&kindObject != 0 && s.object != nil && n.kind&kindScalar != 0:
		return "; write its keys on lines of their own below, each as `key: value`"
	}
	return ""
}

func (c *checker) object(n *node, o *object, path string) {
	if o.each != nil {
		for _, m := range n.members {
			if f := o.field(m.key); f != nil {
				c.field(m, f, path)
			} else {
				c.member(m, *o.each, path)
			}
		}
		return
	}
	if o.field("flow") != nil && c.otherEngine(n, path) {
		return
	}
	if o.actions() && !c.step(n, o, path) {
		return
	}
	for _, m := range n.members {
		f := o.field(m.key)
		switch {
		case f == nil && o.closed:
			c.fault(m.place, join(path, m.key), "unknown key `%s`%s", m.key, suggest(m.key, o, path))
		case f == nil:
			if !m.value.bad {
				c.sink.warn(m.place, join(path, m.key), "unknown key `%s`, which has no effect%s", m.key, suggest(m.key, o, path))
			}
		case f.status == refused:
			c.fault(m.place, join(path, m.key), notSupported, m.key, f.advice)
			m.value.bad = true
		case f.status == moot:
			c.sink.warn(m.place, join(path, m.key), "`%s` has no effect: %s", m.key, f.advice)
		case f.status == silent && !hasRefused(n, o):
			c.sink.warn(m.place, join(path, m.key), "`%s` has no effect here", m.key)
		case f.status == supported && m.key == "environments":
			c.environments(m.value, f.shape, join(path, m.key))
		case f.status == supported:
			c.field(m, f, path)
		}
	}
	if c.asWarnings {
		return
	}
	for _, f := range o.fields {
		if v := n.get(f.name); f.required && (v == nil || v.kind == kindUndefined) {
			c.fault(n.place, join(path, f.name), "%s needs `%s`: %s", o.name, f.name, f.doc)
		}
	}
}

func hasRefused(n *node, o *object) bool {
	return slices.ContainsFunc(n.members, func(m member) bool {
		f := o.field(m.key)
		return f != nil && f.status == refused
	})
}

func (c *checker) field(m member, f *field, path string) {
	containers := f.shape.kinds&^(kindList|kindObject) == 0
	switch {
	case m.value.kind == kindNull && containers && !f.required && !f.action:
		return // a key whose lines have all been taken away
	case m.value.kind == kindUndefined:
		return
	}
	c.member(m, f.shape, path)
}

func (c *checker) member(m member, s shape, path string) {
	if m.value.kind == kindUndefined {
		return
	}
	c.value(m.value, s, join(path, m.key))
}

// otherEngine refuses a scenario of an engine that is not there, and with it
// all that it says.
func (c *checker) otherEngine(n *node, path string) bool {
	engine := n.get("engine")
	if engine == nil || engine.kind != kindText || engine.text == "http" {
		return false
	}
	c.fault(engine.place, join(path, "engine"), "the engine %s is not supported by this version of Salvo: only http is; leave this scenario out", quote(engine.text))
	n.bad = true
	return true
}

// environments checks those that were not chosen; the chosen one is part of the
// config by now.
func (c *checker) environments(n *node, s shape, path string) {
	if n.kind == kindNull {
		return
	}
	if n.kind != kindObject {
		c.value(n, s, path)
		return
	}
	outer := *c
	c.asWarnings = true
	for _, m := range n.members {
		if m.key != c.chosen && m.value.kind != kindNull {
			c.member(m, *s.object.each, path)
		}
	}
	*c = outer
}

// step holds a step to having exactly one action. It answers false when there
// is no use in looking at the rest.
func (c *checker) step(n *node, o *object, path string) bool {
	var actions []member
	for _, m := range n.members {
		if f := o.field(m.key); f != nil && f.action {
			actions = append(actions, m)
		}
	}
	loop := n.get("loop") != nil
	switch {
	case len(actions) == 0:
		c.noAction(n, o, path)
		return false
	case len(actions) > 1 && loop:
		for _, m := range actions {
			if m.key != "loop" {
				c.sink.warn(m.place, join(path, m.key), "`%s` has no effect beside `loop`; make it a step of its own, with a `- ` in front", m.key)
				m.value.bad = true
			}
		}
		return true
	case len(actions) > 1:
		n.bad = true
		c.fault(actions[1].place, join(path, actions[1].key), "a step does one thing, but this one has `%s` and `%s`; make two steps of it, with a `- ` in front of each", actions[0].key, actions[1].key)
		return false
	case loop:
		c.parts(n, o, "loop", path)
		return true
	}
	action := o.field(actions[0].key)
	if action.status == refused {
		return true
	}
	ok := true
	c.parts(n, o, action.name, path)
	request := action.shape.object
	if v := actions[0].value; request != nil && v.kind == kindText {
		n.bad = true
		c.fault(v.place, join(path, action.name), "the url stands on a line of its own below `%s:`, as `url: %s`; found %s", action.name, quote(v.text), v.found())
		return false
	}
	for _, m := range n.members {
		known := o.field(m.key)
		switch {
		case m.key == action.name || known != nil && known.status != supported:
		case known != nil:
		case request != nil && request.field(m.key) != nil:
			c.fault(m.place, join(path, m.key), "`%s` stands beside `%s`, but belongs inside it; indent it deeper than `%s`", m.key, action.name, action.name)
			m.value.bad = true
			ok = actions[0].value.kind != kindNull
		}
	}
	if !ok {
		n.bad = true
	}
	return ok
}

// parts refuses the keys of a step that go with another action than its own.
func (c *checker) parts(n *node, o *object, action, path string) {
	for _, m := range n.members {
		f := o.field(m.key)
		if f == nil || f.action || f.status != supported || f.owner() == action {
			continue
		}
		c.fault(m.place, join(path, m.key), "`%s` belongs to a `%s`; `%s` cannot have it", m.key, f.owner(), action)
		m.value.bad = true
	}
}

func (c *checker) noAction(n *node, o *object, path string) {
	n.bad = true
	if len(n.members) == 0 {
		c.fault(n.place, path, "a step is empty; it needs one of %s", strings.Join(actionNames(o), ", "))
		return
	}
	first := n.members[0]
	known := actionNames(o)
	if near := nearest(first.key, known); near != "" {
		c.fault(first.place, join(path, first.key), "there is no step `%s`; did you mean `%s`?", first.key, near)
		return
	}
	if slices.ContainsFunc(n.members, func(m member) bool { return m.key == "url" || m.key == "uri" }) {
		c.fault(first.place, path, "a request needs its method: put `get:` or another one of %s in front, and indent these lines below it", strings.Join(methods, ", "))
		return
	}
	c.fault(first.place, join(path, first.key), "there is no step `%s`; a step is one of %s", first.key, strings.Join(known, ", "))
}

func actionNames(o *object) []string {
	var names []string
	for _, f := range o.fields {
		if f.action && f.status == supported {
			names = append(names, f.name)
		}
	}
	return names
}
