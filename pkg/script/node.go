package script

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"salvo/pkg/template"
)

// kind is what a value of a script is. Kinds are bits, so that the schema can
// name several at once.
type kind uint8

const (
	kindNull kind = 1 << iota
	kindBool
	kindNumber
	kindText
	kindList
	kindObject
	kindUndefined // what a template of `config` gives when there is no such thing

	kindScalar = kindBool | kindNumber | kindText
	kindAny    = kindNull | kindScalar | kindList | kindObject
)

// node is a value of a script with its place.
type node struct {
	kind    kind
	text    string
	num     float64
	yes     bool
	items   []*node
	members []member
	index   map[string]int // of members by key

	place
	quoted   bool   // text in quotes: its first character is one column on
	block    bool   // text after | or >: its characters are on other lines
	template string // the text as written, when it was a template that config-level templating replaced
	bad      bool   // the schema has refused it: there is no use in reading it
}

type member struct {
	key   string
	place // of the key
	value *node
}

func (n *node) get(key string) *node {
	if n == nil {
		return nil
	}
	if i, ok := n.index[key]; ok {
		return n.members[i].value
	}
	return nil
}

// at follows keys down and returns nil where one is missing.
func (n *node) at(keys ...string) *node {
	for _, key := range keys {
		n = n.get(key)
	}
	return n
}

// present returns the member's value unless it is null or undefined, or was refused.
func (n *node) present(key string) *node {
	v := n.get(key)
	if v == nil || v.bad || v.kind&(kindNull|kindUndefined) != 0 {
		return nil
	}
	return v
}

func (n *node) set(key string, at place, v *node) {
	if i, ok := n.index[key]; ok {
		n.members[i].value = v
		return
	}
	if n.index == nil {
		n.index = map[string]int{}
	}
	n.index[key] = len(n.members)
	n.members = append(n.members, member{key, at, v})
}

func (n *node) remove(key string) {
	i, ok := n.index[key]
	if !ok {
		return
	}
	n.members = append(n.members[:i:i], n.members[i+1:]...)
	delete(n.index, key)
	for j := i; j < len(n.members); j++ {
		n.index[n.members[j].key] = j
	}
}

func (n *node) keys() []string {
	keys := make([]string, len(n.members))
	for i, m := range n.members {
		keys[i] = m.key
	}
	return keys
}

// clone copies the containers, so that a value which an alias repeats can be
// merged into at one place alone.
func (n *node) clone() *node {
	c := *n
	c.items = make([]*node, len(n.items))
	for i, item := range n.items {
		c.items[i] = item.clone()
	}
	c.members, c.index = nil, nil
	for _, m := range n.members {
		c.set(m.key, m.place, m.value.clone())
	}
	return &c
}

// value is the node as package template knows values.
func (n *node) value() any {
	switch n.kind {
	case kindBool:
		return n.yes
	case kindNumber:
		return n.num
	case kindText:
		return n.text
	case kindList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.value()
		}
		return list
	case kindObject:
		o := template.NewObject()
		for _, m := range n.members {
			if m.value.kind != kindUndefined {
				o.Set(m.key, m.value.value())
			}
		}
		return o
	case kindUndefined:
		return template.Undefined
	default:
		return nil
	}
}

// newNode makes a node of a template value; all of it is at one place.
func newNode(v any, at place) *node {
	n := &node{place: at}
	switch v := v.(type) {
	case nil:
		n.kind = kindNull
	case bool:
		n.kind, n.yes = kindBool, v
	case float64:
		n.kind, n.num = kindNumber, v
	case string:
		n.kind, n.text = kindText, v
	case []any:
		n.kind = kindList
		for _, item := range v {
			n.items = append(n.items, newNode(item, at))
		}
	case *template.Object:
		n.kind = kindObject
		for i := range v.Len() {
			key, item := v.At(i)
			n.set(key, at, newNode(item, at))
		}
	default:
		n.kind = kindUndefined
	}
	return n
}

// scalarText is a scalar as JavaScript prints it.
func (n *node) scalarText() string { return template.Text(n.value()) }

// found says what n is, for faults. A value that came from a template is told as
// the template: it may hold a secret of the environment.
func (n *node) found() string {
	if n.template != "" {
		if n.kind == kindUndefined {
			return quote(n.template) + ", which stands for nothing here"
		}
		return quote(n.template) + ", which stands for " + n.kind.noun() + " here"
	}
	switch n.kind {
	case kindBool, kindNumber:
		return n.scalarText()
	case kindText:
		if n.text == "" {
			return "an empty text"
		}
		return "the text " + quote(n.text)
	default:
		return n.kind.noun()
	}
}

// noun names one kind, or several as "a or b".
func (k kind) noun() string {
	var names []string
	if k == kindNumber|kindText {
		return "a number" // the text is one in quotes, or has a unit
	}
	if k&kindText != 0 {
		k &^= kindBool // whatever is shown as a text may also be true or false
	}
	for _, one := range []struct {
		kind kind
		name string
	}{
		{kindObject, "an object"}, {kindList, "a list"}, {kindText, "a text"}, {kindNumber, "a number"},
		{kindBool, "true or false"}, {kindNull, "nothing"}, {kindUndefined, "nothing"},
	} {
		if k&one.kind != 0 {
			names = append(names, one.name)
		}
	}
	return orList(names)
}

// orList joins "a, b or c".
func orList(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

const longestQuote = 60

// quote shows a piece of the user's text, shortened when it is long.
func quote(s string) string {
	if utf8.RuneCountInString(s) > longestQuote {
		s = string([]rune(s)[:longestQuote]) + "…"
	}
	return strconv.QuoteToGraphic(s)
}

// join is the path of a member: "config.http", `headers["x y"]`.
func join(path, key string) string {
	if !plainKey(key) {
		return path + "[" + quote(key) + "]"
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

func plainKey(key string) bool {
	return key != "" && !strings.ContainsFunc(key, func(r rune) bool {
		return r <= ' ' || r == '.' || r == '[' || r == ']' || r == '"' || r == utf8.RuneError
	})
}

func element(path string, i int) string { return path + "[" + strconv.Itoa(i) + "]" }
