package script

import (
	"fmt"
	"math"
	"strings"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"

	"salvo/pkg/template"
)

// selector compiles the template that a CSS selector is, and has the selector
// itself checked when it is the same for all users.
func (b *builder) selector(n *node, path string) *template.Template {
	t := b.template(n, path)
	if n.bad {
		return t
	}
	if v, static := t.Static(); static {
		if _, err := cascadia.ParseGroup(template.Text(v)); err != nil {
			b.fault(n, path, "%s is not a CSS selector: %s", quote(n.text), cause(err))
		}
	}
	return t
}

// xpath is selector for XPath expressions.
func (b *builder) xpath(n *node, path string) *template.Template {
	t := b.template(n, path)
	if n.bad {
		return t
	}
	if v, static := t.Static(); static {
		if err := tryXPath(template.Text(v)); err != nil {
			b.fault(n, path, "%s is not an XPath expression: %s", quote(n.text), cause(err))
		}
	}
	return t
}

// tryXPath evaluates an expression on a small document: some of what is wrong
// with one, such as an argument of the wrong type, shows only then.
func tryXPath(expression string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	compiled, err := xpath.Compile(expression)
	if err != nil {
		return err
	}
	document, err := xmlquery.Parse(strings.NewReader("<a/>"))
	if err != nil {
		return err
	}
	if nodes, ok := compiled.Evaluate(xmlquery.CreateXPathNavigator(document)).(*xpath.NodeIterator); ok {
		nodes.MoveNext()
	}
	return nil
}

// cause is a library's error without the library's name.
func cause(err error) string {
	return quoteless(strings.TrimPrefix(err.Error(), "xpath: "))
}

// element reads which of the elements that a selector finds is wanted, and what of it.
func (b *builder) element(n *node, path string, e *Extract) {
	if attr := n.present("attr"); attr != nil {
		if e.Attr = attr.text; e.Attr == "" {
			b.fault(attr, path+".attr", "expected the name of an attribute, found an empty text; leave it out for the element's text")
		}
	}
	if index := n.present("index"); index != nil {
		e.Index = b.index(index, path+".index")
	}
	for _, key := range []string{"attr", "index"} {
		if v := n.present(key); v != nil && n.get("selector") == nil {
			b.warn(v, join(path, key), "has no effect without `selector`")
		}
	}
}

func (b *builder) index(n *node, path string) int {
	switch n.text {
	case "random":
		return RandomElement
	case "last":
		return LastElement
	}
	r, ok := ratOf(n.value())
	f := -1.0
	if ok && r.IsInt() {
		f, _ = r.Float64()
	}
	if f < 0 || f > math.MaxInt32 {
		b.fault(n, path, "expected the number of an element, from 0, or random or last, found %s", n.found())
		return 0
	}
	return int(f)
}
