package asl

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
)

// data is what paths, templates and intrinsic functions read.
type data struct {
	input   any
	context func() any // builds the context object; most states never ask
	random  *random
}

// at is the value a path means.
func (d data) at(p *path) (any, error) {
	root := d.input
	if p.context {
		root = d.context()
	}
	v, ok := p.find(root)
	if !ok {
		return nil, runtimeFailure("the path %s is not in the input", p.source)
	}
	return v, nil
}

// random makes a source of random numbers safe for the goroutines of an
// execution.
type random struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newRandom(r *rand.Rand) *random {
	if r == nil {
		r = rand.New(rand.NewPCG(rand.Uint64(), rand.Uint64()))
	}
	return &random{r: r}
}

func (r *random) float() float64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.Float64()
}

func (r *random) below(n int64) int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.r.Int64N(n)
}

// uuid is a random UUID (version 4).
func (r *random) uuid() string {
	r.mu.Lock()
	high, low := r.r.Uint64(), r.r.Uint64()
	r.mu.Unlock()
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 1<<63
	return fmt.Sprintf("%08x-%04x-%04x-%04x-%012x",
		high>>32, high>>16&0xffff, high&0xffff, low>>48, low&0xffff_ffff_ffff)
}

// template is a payload template: JSON in which the fields whose names end in
// ".$" are filled in from a path or an intrinsic function.
type template struct {
	constant any             // when nothing of it is to be filled in
	fields   []templateField // of an object
	items    []*template     // of a list
	value    *expression     // of a field that ended in ".$"
	fixed    bool            // constant is what the template means
}

type templateField struct {
	name  string
	value *template
}

// expression is what a field ending in ".$" says: a path or a call.
type expression struct {
	path *path
	call *call
}

// parseExpression reads a path or an intrinsic function.
func parseExpression(s string) (*expression, error) {
	if strings.HasPrefix(s, "$") {
		p, err := parsePath(s)
		return &expression{path: p}, err
	}
	c, err := parseCall(s)
	return &expression{call: c}, err
}

// paths calls yield with each path in the expression.
func (e *expression) paths(yield func(*path)) {
	switch {
	case e.path != nil:
		yield(e.path)
	case e.call != nil:
		e.call.paths(yield)
	}
}

func (e *expression) eval(d data) (any, error) {
	if e.path != nil {
		return d.at(e.path)
	}
	return e.call.eval(d)
}

func (t *template) eval(d data) (any, error) {
	switch {
	case t.fixed:
		return t.constant, nil
	case t.value != nil:
		return t.value.eval(d)
	case t.items != nil:
		list := make([]any, len(t.items))
		for i, item := range t.items {
			v, err := item.eval(d)
			if err != nil {
				return nil, err
			}
			list[i] = v
		}
		return list, nil
	}
	object := make(map[string]any, len(t.fields))
	for _, f := range t.fields {
		v, err := f.value.eval(d)
		if err != nil {
			return nil, err
		}
		object[f.name] = v
	}
	return object, nil
}
