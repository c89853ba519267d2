// Package jsonpath finds the parts of a JSON document that a JSONPath expression names. It owns the
// dialect, which is a permissive one: it takes what the scripts of the field contain, the path without
// its $ included. What becomes of the results, captures and matches, is pkg/engine's business; what
// values look like is pkg/template's.
package jsonpath

import "salvo/pkg/template"

// Path is a compiled expression. It is immutable and may be used by many goroutines at once.
//
// The dialect, where names stand for keys, indices of lists, and the length of a list or a text:
//
//	$                     the document; may be left out: data.id is $.data.id
//	.name ['name']        a member; an unquoted name may hold anything but . [ ^ ~
//	[3] .3                an element, counted from 0; nothing is counted from the end
//	* [*]                 all members or elements
//	..                    the value and all lists and objects in it, at any depth
//	[1:5:2]               a slice: from, to (exclusive), step; negative from and to count from the end
//	[a,'b',0,1:2]         all of these, in this order
//	[?(@.x > 1 && @.y)]   the members or elements for which a condition holds
//	[(@.length-1)]        the member or element whose name is computed
//	^                     the parent
//	~                     the key or index
//	@number()             the value if it is of that type; also null, boolean, string, integer,
//	                      scalar, array, object
//	`name                 a member whose name would mean something else
//
// Conditions are JavaScript over @ (the element), @property (its key or index), @parent (the parent of
// the list or object that it is in), @parentProperty, @path, @root or $: literals, members, the usual
// operators, regular expressions, the commonest methods of texts and lists. What is missing is
// undefined, at any depth, and never an error.
type Path struct {
	source  string
	steps   []step
	names   []string // the names of all steps, when all are plain names; for Extract
	plain   bool     // whether they are
	lineage bool     // whether a step asks where a value was found
}

// Compile compiles an expression. The error is a *template.SyntaxError.
func Compile(expr string) (*Path, error) {
	p := parser{src: expr}
	steps, err := p.path()
	if err != nil {
		return nil, err
	}
	path := &Path{source: expr, steps: steps, lineage: p.lineage, plain: true}
	for _, s := range steps {
		name, ok := s.(nameStep)
		path.names = append(path.names, string(name))
		path.plain = path.plain && ok
	}
	return path, nil
}

// Definite tells that the expression names one value at most, whatever the document is.
func (p *Path) Definite() bool {
	for _, s := range p.steps {
		switch s.(type) {
		case wildStep, descendStep, sliceStep, unionStep, filterStep:
			return false
		}
	}
	return true
}

// String returns the expression as it was written.
func (p *Path) String() string { return p.source }

// Find returns the values that the expression names in a document, in the order of the document, or
// none. They are parts of the document, not copies.
func (p *Path) Find(doc any) []any {
	f := finder{root: doc}
	var at *place
	if p.lineage {
		at = &place{value: doc}
	}
	f.walk(p.steps, doc, at)
	return f.found
}

// Extract finds the first value that the expression names in a JSON text, and how many it names. It
// gives what template.ParseJSON and Find would, the error included, but for plain paths, such as
// $.data.items[0].id, it reads over the rest of the document without keeping it. Without a result the
// value is template.Undefined.
func (p *Path) Extract(body []byte) (first any, count int, err error) {
	if p.plain {
		return p.extractPlain(body)
	}
	doc, err := template.ParseJSON(body)
	if err != nil {
		return template.Undefined, 0, err
	}
	found := p.Find(doc)
	if len(found) == 0 {
		return template.Undefined, 0, nil
	}
	return found[0], len(found), nil
}
