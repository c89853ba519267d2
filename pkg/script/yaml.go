package script

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"salvo/pkg/template"
)

// maxNodes bounds what a script may grow to when its aliases are written out.
const maxNodes = 1_000_000

// read turns the text of a script, YAML or JSON, into nodes. A nil node means
// that the sink has a fault which leaves nothing to read.
func read(text []byte, file string, s *sink) *node {
	return readFile(text, file, "the script is empty; it needs at least `config` with a `target` and `scenarios` with a `flow`", s)
}

// readFile is read with what to say of a file that has nothing in it.
func readFile(text []byte, file, empty string, s *sink) *node {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		line, column := invalidUTF8(text)
		s.fault(place{file, Pos{line, column}}, "", "this is not UTF-8 text; save the file with the encoding UTF-8")
		return nil
	}
	top := place{file, Pos{1, 1}}
	if len(bytes.TrimSpace(text)) == 0 {
		s.fault(top, "", "%s", empty)
		return nil
	}
	var n *node
	if looksLikeJSON(text) && !yamlAlone(text) {
		n = readJSON(text, file, s)
	} else {
		n = readYAML(text, file, s)
	}
	if n == nil {
		return nil
	}
	switch n.kind {
	case kindObject:
		return n
	case kindNull:
		s.fault(top, "", "%s", empty)
	default:
		s.fault(n.place, "", "a script is an object with the keys `config` and `scenarios`; found %s", n.found())
	}
	return nil
}

func invalidUTF8(text []byte) (line, column int) {
	line, column = 1, 1
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		if r == utf8.RuneError && size <= 1 {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
		text = text[size:]
	}
	return line, column
}

func readYAML(text []byte, file string, s *sink) *node {
	doc, err := parseYAML(text)
	if err != nil {
		pos, message := explainYAML(text, err)
		s.fault(place{file, pos}, "", "%s", message)
		return nil
	}
	r := yamlReader{file: file, sink: s, open: map[*yaml.Node]bool{}}
	before := len(s.faults)
	n := r.node(doc, "")
	if r.count > maxNodes {
		s.faults = s.faults[:before]
		s.fault(place{file, Pos{1, 1}}, "", "the aliases of this script expand to more than %d values", maxNodes)
		return nil
	}
	return n
}

var errSecondDocument = errors.New("second document")

// parseYAML returns the text's only document.
func parseYAML(text []byte) (doc *yaml.Node, err error) {
	defer func() {
		// The parser panics on some texts that are not YAML.
		if p := recover(); p != nil {
			doc, err = nil, fmt.Errorf("yaml: %v", p)
		}
	}()
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	if err := dec.Decode(&first); errors.Is(err, io.EOF) {
		return &yaml.Node{Kind: yaml.ScalarNode, Line: 1, Column: 1}, nil
	} else if err != nil {
		return nil, err
	}
	if err := dec.Decode(&second); err == nil {
		return &second, errSecondDocument
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	if len(first.Content) != 1 {
		return &yaml.Node{Kind: yaml.ScalarNode, Line: 1, Column: 1}, nil
	}
	return first.Content[0], nil
}

type yamlReader struct {
	file  string
	sink  *sink
	open  map[*yaml.Node]bool // the nodes being read, to notice an anchor inside itself
	depth int
	count int
}

func (r *yamlReader) place(y *yaml.Node) place {
	return place{r.file, Pos{y.Line, y.Column}}
}

func (r *yamlReader) node(y *yaml.Node, path string) *node {
	if r.count++; r.count > maxNodes {
		return &node{kind: kindNull}
	}
	if y.Kind == yaml.AliasNode {
		if r.open[y.Alias] {
			r.sink.fault(r.place(y), path, "`*%s` stands inside the value that it names, so it would never end", y.Value)
			return &node{kind: kindNull, place: r.place(y), bad: true}
		}
		return r.node(y.Alias, path)
	}
	n := &node{place: r.place(y)}
	if r.depth > maxDepth {
		r.sink.fault(n.place, path, "more than %d values inside each other", maxDepth)
		return &node{kind: kindNull, place: n.place, bad: true}
	}
	r.open[y] = true
	r.depth++
	defer func() { delete(r.open, y); r.depth-- }()
	switch y.Kind {
	case yaml.MappingNode:
		n.kind = kindObject
		if unquotedTemplate(y) {
			n.bad = true
			r.sink.fault(n.place, path, "a template that begins a value needs quotes around the value: \"{{ %s }}\"", templateName(y))
		} else if r.tag(y, path, "!!map") {
			r.mapping(n, y, path)
		}
	case yaml.SequenceNode:
		n.kind = kindList
		if r.tag(y, path, "!!seq") {
			for i, item := range y.Content {
				n.items = append(n.items, r.node(item, element(path, i)))
			}
		}
	default:
		r.scalar(n, y, path)
	}
	return n
}

// unquotedTemplate tells whether an object is what YAML reads in {{ name }}.
func unquotedTemplate(y *yaml.Node) bool {
	return y.Style&yaml.FlowStyle != 0 && len(y.Content) == 2 &&
		y.Content[0].Kind == yaml.MappingNode && y.Content[0].Style&yaml.FlowStyle != 0
}

// templateName is the name in an unquoted template, or "name" if it is not one.
func templateName(y *yaml.Node) string {
	if inner := y.Content[0].Content; len(inner) == 2 && inner[0].Kind == yaml.ScalarNode && inner[1].Value == "" {
		return inner[0].Value
	}
	return "name"
}

// tag tells whether a container has no explicit tag, or the one given.
func (r *yamlReader) tag(y *yaml.Node, path, want string) bool {
	if y.Style&yaml.TaggedStyle == 0 || y.Tag == want {
		return true
	}
	r.sink.fault(r.place(y), path, "the YAML tag %s is not known here; leave it out", y.Tag)
	return false
}

func (r *yamlReader) mapping(n *node, y *yaml.Node, path string) {
	first := map[string]int{} // the line on which a key is written out
	for i := 0; i+1 < len(y.Content); i += 2 {
		k, v := y.Content[i], y.Content[i+1]
		if k.Kind == yaml.ScalarNode && k.Tag == "!!merge" {
			r.merge(n, v, path)
			continue
		}
		key, ok := r.key(k, path)
		if !ok {
			continue
		}
		if line, twice := first[key]; twice {
			r.sink.fault(r.place(k), join(path, key), "the key `%s` is here a second time: it stands in line %d already; keep one of them", key, line)
			continue
		}
		first[key] = k.Line
		n.set(key, r.place(k), r.node(v, join(path, key)))
		n.members[n.index[key]].place = r.place(k)
	}
}

// merge adds the members that the `<<` of a mapping names, where the mapping
// has none of that key.
func (r *yamlReader) merge(n *node, y *yaml.Node, path string) {
	from := r.node(y, path)
	sources := []*node{from}
	if from.kind == kindList {
		sources = from.items
	}
	for _, source := range sources {
		if source.bad {
			continue
		}
		if source.kind != kindObject {
			r.sink.fault(r.place(y), path, "`<<` takes an alias of an object, such as `<<: *name`; found %s", source.found())
			continue
		}
		for _, m := range source.members {
			if n.get(m.key) == nil {
				n.set(m.key, m.place, m.value)
			}
		}
	}
}

// key is a mapping's key as JavaScript would name the property.
func (r *yamlReader) key(y *yaml.Node, path string) (string, bool) {
	if y.Kind == yaml.AliasNode {
		y = y.Alias
	}
	if y.Kind != yaml.ScalarNode {
		r.sink.fault(r.place(y), path, "a key must be a word or a text, not a list or an object")
		return "", false
	}
	k := &node{place: r.place(y)}
	r.scalar(k, y, path)
	return template.Text(k.value()), !k.bad
}

func (r *yamlReader) scalar(n *node, y *yaml.Node, path string) {
	n.kind, n.text = kindText, y.Value
	const quotes = yaml.SingleQuotedStyle | yaml.DoubleQuotedStyle
	n.quoted = y.Style&quotes != 0
	n.block = y.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0
	var ok bool
	switch {
	case y.Style&yaml.TaggedStyle != 0:
		ok = resolveTagged(n, y.Tag)
	case !n.quoted && !n.block:
		ok = resolvePlain(n)
	default:
		ok = true
	}
	if !ok {
		n.bad = true
		switch {
		case y.Style&yaml.TaggedStyle != 0 && knownTag(y.Tag):
			r.sink.fault(n.place, path, "the YAML tag %s does not go with %s; leave the tag out", y.Tag, quote(y.Value))
		case y.Style&yaml.TaggedStyle != 0:
			r.sink.fault(n.place, path, "the YAML tag %s is not known here; leave it out", y.Tag)
		default:
			r.sink.fault(n.place, path, "%s is not a number that can be used here; put it in quotes if it is meant as text", y.Value)
		}
	}
}
