package jsonpath

import (
	"math"

	"salvo/pkg/template"
)

// step is one part of a path: it goes from a value to others and on along the rest from there.
type step interface {
	apply(f *finder, rest []step, v any, at *place)
}

// finder is one search of a document.
type finder struct {
	root  any
	found []any
}

// place is where a value was found. It is kept only for paths that ask for it.
type place struct {
	value any
	up    *place // nil for the document
	key   string
	index int // in a list; -1 in anything else
}

// property returns the key or index of a place, null for the document.
func (p *place) property() any {
	switch {
	case p == nil || p.up == nil:
		return nil
	case p.index >= 0:
		return float64(p.index)
	}
	return p.key
}

// walk takes a value along the steps. at is its place, nil when places are not kept.
func (f *finder) walk(steps []step, v any, at *place) {
	if len(steps) == 0 {
		f.found = append(f.found, v)
		return
	}
	steps[0].apply(f, steps[1:], v, at)
}

// below returns the place of what is in a value that is at a place.
func below(at *place, v any, key string, index int) *place {
	if at == nil {
		return nil
	}
	return &place{value: v, up: at, key: key, index: index}
}

// children calls do for all members or elements of a value.
func children(v any, do func(child any, key string, index int)) {
	switch v := v.(type) {
	case []any:
		for i, e := range v {
			do(e, "", i)
		}
	case *template.Object:
		for i := range v.Len() {
			key, e := v.At(i)
			do(e, key, -1)
		}
	}
}

// nameStep is a member, an element or a length.
type nameStep string

func (s nameStep) apply(f *finder, rest []step, v any, at *place) {
	child, ok := template.Member(v, string(s))
	if !ok {
		return
	}
	if at != nil {
		index := -1
		if _, isList := v.([]any); isList && s != "length" {
			index = int(template.Number(string(s)))
		}
		at = below(at, child, string(s), index)
	}
	f.walk(rest, child, at)
}

// wildStep is all members or elements.
type wildStep struct{}

func (wildStep) apply(f *finder, rest []step, v any, at *place) {
	children(v, func(child any, key string, index int) {
		f.walk(rest, child, below(at, child, key, index))
	})
}

// descendStep is the value and all lists, objects and nulls in it: null is an object to JavaScript.
type descendStep struct{}

func (s descendStep) apply(f *finder, rest []step, v any, at *place) {
	f.walk(rest, v, at)
	children(v, func(child any, key string, index int) {
		switch child.(type) {
		case nil, []any, *template.Object:
			s.apply(f, rest, child, below(at, child, key, index))
		}
	})
}

// sliceStep is every step-th element from one to before another; negative ones count from the end.
type sliceStep struct{ from, to, step int }

// openEnd is the end of a slice that has none.
const openEnd = math.MaxInt

func (s sliceStep) apply(f *finder, rest []step, v any, at *place) {
	list, ok := v.([]any)
	if !ok {
		return
	}
	clamp := func(i int) int {
		if i < 0 {
			return max(0, i+len(list))
		}
		return min(i, len(list))
	}
	for i, to := clamp(s.from), clamp(s.to); i < to; i += s.step {
		f.walk(rest, list[i], below(at, list[i], "", i))
	}
}

// unionStep is all that several steps find.
type unionStep []step

func (s unionStep) apply(f *finder, rest []step, v any, at *place) {
	for _, alternative := range s {
		alternative.apply(f, rest, v, at)
	}
}

// filterStep is the members or elements for which a condition holds.
type filterStep struct{ condition evaluator }

func (s filterStep) apply(f *finder, rest []step, v any, at *place) {
	e := element{root: f.root, in: at}
	children(v, func(child any, key string, index int) {
		e.value, e.key, e.index = child, key, index
		if template.Truthy(s.condition(&e)) {
			f.walk(rest, child, below(at, child, key, index))
		}
	})
}

// scriptStep is the member or element whose name is computed from the value.
type scriptStep struct{ name evaluator }

func (s scriptStep) apply(f *finder, rest []step, v any, at *place) {
	e := element{root: f.root, value: v, index: -1}
	if at != nil && at.up != nil {
		e.in, e.key, e.index = at.up, at.key, at.index
	}
	nameStep(template.Text(s.name(&e))).apply(f, rest, v, at)
}

// parentStep is what the value is in.
type parentStep struct{}

func (parentStep) apply(f *finder, rest []step, _ any, at *place) {
	if at.up != nil {
		f.walk(rest, at.up.value, at.up)
	}
}

// keyStep is the key or index of the value. Nothing can follow it.
type keyStep struct{}

func (keyStep) apply(f *finder, _ []step, _ any, at *place) {
	f.found = append(f.found, at.property())
}

// typeStep is the value itself, if it is of a type. Nothing can follow it.
type typeStep string

func (s typeStep) apply(f *finder, _ []step, v any, _ *place) {
	if s.matches(v) {
		f.found = append(f.found, v)
	}
}

func (s typeStep) matches(v any) bool {
	number, isNumber := v.(float64)
	switch s {
	case "null":
		return v == nil
	case "boolean":
		_, ok := v.(bool)
		return ok
	case "string":
		_, ok := v.(string)
		return ok
	case "number":
		return isNumber
	case "integer":
		return isNumber && number == math.Trunc(number)
	case "array":
		_, ok := v.([]any)
		return ok
	case "object":
		switch v.(type) {
		case []any, *template.Object:
			return true
		}
		return false
	case "scalar":
		switch v.(type) {
		case []any, *template.Object:
			return false
		}
		return true
	}
	return false
}
