package asl

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
)

// object reads the fields of an object of a definition, and remembers which
// have been read: the others are unknown there.
type object struct {
	l      *loader
	at     string
	fields []member
	read   map[string]bool
}

// object begins to read n. What is no object is a fault, and reads as one
// without fields.
func (l *loader) object(n *node) *object {
	o := &object{l: l, at: n.at, fields: n.fields, read: map[string]bool{}}
	if n.kind != objectNode {
		l.fault(n.at, "must be an object")
	}
	return o
}

// get is the field, or nil when it is absent.
func (o *object) get(name string) *node {
	o.read[name] = true
	for _, f := range o.fields {
		if f.name == name {
			return f.value
		}
	}
	return nil
}

func (o *object) has(name string) bool {
	return slices.ContainsFunc(o.fields, func(f member) bool { return f.name == name })
}

func (o *object) fault(name, format string, args ...any) {
	o.l.fault(join(o.at, name), format, args...)
}

// done reports the fields that nobody has read.
func (o *object) done() {
	for _, f := range o.fields {
		if o.read[f.name] {
			continue
		}
		if why, ok := refused(f.name); ok {
			o.fault(f.name, "%s", why)
		} else {
			o.fault(f.name, "unknown field")
		}
	}
}

// exclusive reports when more than one of the fields is there.
func (o *object) exclusive(names ...string) {
	first := ""
	for _, name := range names {
		switch {
		case !o.has(name):
		case first == "":
			first = name
		default:
			o.fault(name, "cannot stand beside %s", first)
		}
	}
}

// text reads a string; absent and faulty ones are "".
func (o *object) text(name string) string {
	n := o.get(name)
	if n == nil {
		return ""
	}
	s, ok := n.value.(string)
	if !ok || n.kind != scalar {
		o.fault(name, "must be a text")
	}
	return s
}

// needText reads a string that must be there and not empty.
func (o *object) needText(name string) string {
	s := o.text(name)
	if n := o.get(name); n == nil {
		o.fault(name, "is missing")
	} else if n.value == "" {
		o.fault(name, "must not be empty")
	}
	return s
}

// oneOf reads a string that must be one of a few; an absent one is the first.
func (o *object) oneOf(name string, values ...string) string {
	if o.get(name) == nil {
		return values[0]
	}
	s := o.text(name)
	if s != "" && !slices.Contains(values, s) {
		o.fault(name, "%q is not supported; it may be %s", s, enumerate(values))
		return values[0]
	}
	return s
}

func enumerate(values []string) string {
	s := ""
	for i, v := range values {
		switch {
		case i == 0:
		case i == len(values)-1:
			s += " or "
		default:
			s += ", "
		}
		s += v
	}
	return s
}

func (o *object) truth(name string) bool {
	n := o.get(name)
	if n == nil {
		return false
	}
	v, ok := n.value.(bool)
	if !ok {
		o.fault(name, "must be true or false")
	}
	return v
}

// integer reads a whole number between bounds; an absent or faulty one is
// absent.
func (o *object) integer(name string, least, most, absent int) int {
	n := o.get(name)
	if n == nil {
		return absent
	}
	v, _ := n.value.(json.Number)
	i, err := strconv.Atoi(v.String())
	if err != nil || i < least || i > most {
		o.fault(name, "must be a whole number from %d to %d", least, most)
		return absent
	}
	return i
}

// decimal reads a number between bounds.
func (o *object) decimal(name string, least, most, absent float64) float64 {
	n := o.get(name)
	if n == nil {
		return absent
	}
	v, _ := n.value.(json.Number)
	f, err := v.Float64()
	if err != nil || f < least || f > most {
		if math.IsInf(most, 1) {
			o.fault(name, "must be a number of at least %v", least)
		} else {
			o.fault(name, "must be a number from %v to %v", least, most)
		}
		return absent
	}
	return f
}

// path reads a JSONPath; an absent or faulty one is nil.
func (o *object) path(name string) *path {
	n := o.get(name)
	if n == nil {
		return nil
	}
	s, ok := n.value.(string)
	if !ok {
		o.fault(name, "must be a path such as $.field")
		return nil
	}
	return o.l.path(n.at, s)
}

// reference reads a path to a single value.
func (o *object) reference(name string) *path {
	p := o.path(name)
	if p != nil && !p.reference() {
		o.fault(name, "%s must be a reference path: one that means a single value", p.source)
		return nil
	}
	return p
}

// filter reads an InputPath or an OutputPath.
func (o *object) filter(name string) filter {
	if o.get(name).isNull() {
		return filter{null: true}
	}
	return filter{path: o.path(name)}
}

// resultPath reads a ResultPath: a reference path into the input, or null.
func (o *object) resultPath(name string) resultPath {
	if o.get(name).isNull() {
		return resultPath{null: true}
	}
	p := o.reference(name)
	switch {
	case p == nil:
	case p.context:
		o.fault(name, "the context object cannot be written to")
		p = nil
	case len(p.steps) == 0:
		p = nil // $: the result replaces the input
	}
	return resultPath{path: p}
}

// expression reads a path or an intrinsic function; an absent or faulty one is
// nil.
func (o *object) expression(name string) *expression {
	n := o.get(name)
	if n == nil {
		return nil
	}
	s, ok := n.value.(string)
	if !ok {
		o.fault(name, "must be a path or an intrinsic function")
		return nil
	}
	return o.l.expression(n.at, s)
}

// template reads a payload template; an absent one is nil.
func (o *object) template(name string) *template {
	n := o.get(name)
	if n == nil {
		return nil
	}
	if n.kind != objectNode {
		o.fault(name, "must be an object")
		return nil
	}
	return o.l.template(n)
}

// objects reads a list of objects that has at least one; an absent one is nil.
func (o *object) objects(name string) []*object {
	n := o.get(name)
	if n == nil {
		return nil
	}
	if n.kind != listNode || len(n.items) == 0 {
		o.fault(name, "must be a list with at least one element")
		return nil
	}
	all := make([]*object, len(n.items))
	for i, item := range n.items {
		all[i] = o.l.object(item)
	}
	return all
}

// refused says of fields of the language that are not supported here what to
// do without them.
func refused(name string) (why string, ok bool) {
	switch name {
	case "Arguments", "Assign", "Condition", "Items", "Output":
		return "is a field of JSONata or of variables, which are not supported: use JSONPath", true
	case "Branches":
		return "is a field of Parallel, which is not supported", true
	case "Iterator":
		return "is the old name of ItemProcessor, and is not supported", true
	case "Credentials", "HeartbeatSeconds", "HeartbeatSecondsPath", "ItemBatcher", "WriterConfig":
		return fmt.Sprintf("%s is not supported", name), true
	case "InputPath", "OutputPath", "Parameters", "ResultPath", "ResultSelector",
		"Next", "End", "Retry", "Catch", "TimeoutSeconds", "TimeoutSecondsPath", "Result":
		return "a state of this type has no such field", true
	}
	return "", false
}
