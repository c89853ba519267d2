package asl

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// maxDepth is how deep a definition may be nested.
const maxDepth = 200

// node is a JSON value of a definition, with its fields in the order of the
// text.
type node struct {
	at     string
	fields []member // of an object
	items  []*node  // of a list
	value  any      // of a scalar: string, json.Number, bool or nil
	kind   nodeKind
}

type nodeKind int

const (
	scalar nodeKind = iota
	objectNode
	listNode
)

type member struct {
	name  string
	value *node
}

// plain is the node as decode would have given it.
func (n *node) plain() any {
	switch n.kind {
	case objectNode:
		object := make(map[string]any, len(n.fields))
		for _, f := range n.fields {
			object[f.name] = f.value.plain()
		}
		return object
	case listNode:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plain()
		}
		return list
	}
	return n.value
}

// isNull tells whether the node is there and is null.
func (n *node) isNull() bool { return n != nil && n.kind == scalar && n.value == nil }

// nodeParser reads a definition. It fills in the placeholders, and finds the
// fields that are there twice, which encoding/json would not tell.
type nodeParser struct {
	dec           *json.Decoder
	substitutions map[string]string
	faults        Faults
}

func parseNodes(text []byte, substitutions map[string]string) (*node, Faults, error) {
	p := nodeParser{dec: json.NewDecoder(bytes.NewReader(text)), substitutions: substitutions}
	p.dec.UseNumber()
	root, err := p.parse("", 0)
	if err == nil {
		if _, more := p.dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the JSON value")
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("the definition is not JSON: %w", position(text, p.dec.InputOffset(), err))
	}
	return root, p.faults, nil
}

// position adds the line of a syntax error.
func position(text []byte, offset int64, err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	before := text[:min(max(offset, 0), int64(len(text)))]
	return fmt.Errorf("line %d: %w", bytes.Count(before, []byte("\n"))+1, err)
}

func (p *nodeParser) parse(at string, depth int) (*node, error) {
	if depth > maxDepth {
		return nil, fmt.Errorf("it is nested deeper than %d", maxDepth)
	}
	token, err := p.dec.Token()
	if err != nil {
		return nil, err
	}
	n := &node{at: at}
	switch token := token.(type) {
	case json.Delim:
		if token == '[' {
			n.kind = listNode
			return n, p.list(n, depth)
		}
		n.kind = objectNode
		return n, p.object(n, depth)
	case string:
		n.value = p.substitute(at, token)
	default:
		n.value = token
	}
	return n, nil
}

func (p *nodeParser) list(n *node, depth int) error {
	for p.dec.More() {
		item, err := p.parse(index(n.at, len(n.items)), depth+1)
		if err != nil {
			return err
		}
		n.items = append(n.items, item)
	}
	_, err := p.dec.Token()
	return err
}

func (p *nodeParser) object(n *node, depth int) error {
	seen := map[string]bool{}
	for p.dec.More() {
		token, err := p.dec.Token()
		if err != nil {
			return err
		}
		name, ok := token.(string)
		if !ok {
			return fmt.Errorf("a field name is expected, not %v", token)
		}
		name = p.substitute(n.at, name)
		at := join(n.at, name)
		if seen[name] {
			p.faults = append(p.faults, Fault{at, "the name is there twice"})
		}
		value, err := p.parse(at, depth+1)
		if err != nil {
			return err
		}
		if !seen[name] {
			n.fields = append(n.fields, member{name, value})
		}
		seen[name] = true
	}
	_, err := p.dec.Token()
	return err
}

// substitute replaces each ${Name}.
func (p *nodeParser) substitute(at, s string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(s, "${")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		name, after, ok := strings.Cut(rest, "}")
		if !ok {
			p.faults = append(p.faults, Fault{at, "a ${ is not closed"})
			b.WriteString(rest)
			return b.String()
		}
		value, known := p.substitutions[name]
		if !known {
			p.faults = append(p.faults, Fault{at, fmt.Sprintf("nothing is given for ${%s}", name)})
			value = "${" + name + "}" // so that the field is not called empty as well
		}
		b.WriteString(value)
		s = after
	}
}
