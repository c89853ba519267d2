package engine

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/andybalholm/cascadia"
	"github.com/antchfx/xmlquery"
	"github.com/antchfx/xpath"
	"golang.org/x/net/html"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

// htmlReading is a body parsed as HTML. Almost anything is HTML.
type htmlReading struct {
	document *html.Node
	err      error
}

// selector is the text or an attribute of one of the elements that a selector finds, undefined when
// there is none.
func (l *reading) selector(u *User, p *probe) (v any, ok bool) {
	matcher := p.css
	if matcher == nil {
		var err error
		if matcher, err = cascadia.ParseGroup(string(p.expr.AppendText(nil, u))); err != nil {
			return "", true
		}
	}
	if l.html.document == nil && l.html.err == nil {
		// Nobody runs the page's scripts, so that what it says to those who do not counts.
		l.html.document, l.html.err = html.ParseWithOptions(bytes.NewReader(l.response.Body), html.ParseOptionEnableScripting(false))
	}
	if l.html.err != nil {
		return "", false
	}
	element := elementAt(u, p.index, matcher, l.html.document)
	switch {
	case element == nil:
		return template.Undefined, true
	case p.attr != "":
		return attribute(element, p.attr), true
	default:
		return string(appendContent(nil, element)), true
	}
}

// elementAt is the element at a place among those that a selector finds, nil when there is none.
func elementAt(u *User, index int, matcher cascadia.Matcher, document *html.Node) *html.Node {
	if index == 0 {
		return cascadia.Query(document, matcher)
	}
	found := cascadia.QueryAll(document, matcher)
	switch {
	case len(found) == 0:
		return nil
	case index == script.LastElement:
		index = len(found) - 1
	case index == script.RandomElement && len(found) > 1:
		index = u.random.IntN(len(found))
	case index == script.RandomElement:
		index = 0
	case index >= len(found):
		return nil
	}
	return found[index]
}

// attribute is the value of an element's attribute, whose name is asked for in any case.
func attribute(element *html.Node, name string) any {
	for i := range element.Attr {
		a := &element.Attr[i]
		key := a.Key
		if a.Namespace != "" {
			key = a.Namespace + ":" + key
		}
		if strings.EqualFold(key, name) {
			return a.Val
		}
	}
	return template.Undefined
}

// appendContent appends all the text inside a node. The parser bounds how deep nodes lie.
func appendContent(dst []byte, n *html.Node) []byte {
	if n.Type == html.TextNode {
		return append(dst, n.Data...)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		dst = appendContent(dst, child)
	}
	return dst
}

// xpathExpr is a compiled XPath expression. One that is being evaluated has a state, so that each
// user who looks for something takes one of its own.
type xpathExpr struct {
	free sync.Pool // of *xpath.Expr
}

func newXPathExpr(text string) (*xpathExpr, error) {
	first, err := xpath.Compile(text)
	if err != nil {
		return nil, err
	}
	x := &xpathExpr{}
	x.free.New = func() any { return xpath.MustCompile(text) }
	x.free.Put(first)
	return x, nil
}

// xmlReading is a body parsed as XML.
type xmlReading struct {
	document *xmlquery.Node
	err      error
}

// xpath is what an expression makes of the body: a number, a text, true or false, or the text of
// one of the nodes that it finds; undefined when it finds none.
func (l *reading) xpath(u *User, p *probe) (v any, ok bool) {
	x := p.xpath
	if x == nil {
		var err error
		if x, err = newXPathExpr(string(p.expr.AppendText(nil, u))); err != nil {
			return "", true
		}
	}
	if l.xml.document == nil && l.xml.err == nil {
		l.xml.document, l.xml.err = parseXML(l.response.Body)
	}
	if l.xml.err != nil {
		return "", false
	}
	found, err := x.evaluate(l.xml.document)
	if err != nil {
		return "", true
	}
	if nodes, isList := found.([]any); isList {
		return p.choose(u, nodes), true
	}
	return found, true
}

// evaluate returns the texts of the nodes that are found, or the value of an expression that is not
// about nodes.
func (x *xpathExpr) evaluate(document *xmlquery.Node) (found any, err error) {
	e := x.free.Get().(*xpath.Expr)
	defer func() {
		// The library panics when an argument is not of the type that a function wants.
		if r := recover(); r != nil {
			found, err = nil, fmt.Errorf("%v", r)
			return
		}
		x.free.Put(e)
	}()
	value := e.Evaluate(xmlquery.CreateXPathNavigator(document))
	nodes, isNodes := value.(*xpath.NodeIterator)
	if !isNodes {
		return value, nil
	}
	texts := []any{}
	for nodes.MoveNext() {
		texts = append(texts, nodes.Current().Value())
	}
	return texts, nil
}

// maxXMLDepth is how deep the elements of an XML document may lie in each other.
const maxXMLDepth = 1000

var errXMLDepth = errors.New("the elements lie too deep in each other")

func parseXML(body []byte) (document *xmlquery.Node, err error) {
	if tooDeep(body) {
		return nil, errXMLDepth
	}
	defer func() {
		if r := recover(); r != nil {
			document, err = nil, fmt.Errorf("%v", r)
		}
	}()
	if document, err = xmlquery.Parse(bytes.NewReader(body)); err != nil {
		return nil, err
	}
	joinText(document)
	return document, nil
}

// joinText makes one node of texts that stand beside each other: to XPath a CDATA section is a text
// like any other.
func joinText(n *xmlquery.Node) {
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		if child.Type == xmlquery.CharDataNode {
			child.Type = xmlquery.TextNode
		}
		if before := child.PrevSibling; before != nil && before.Type == xmlquery.TextNode && child.Type == xmlquery.TextNode {
			child.Data = before.Data + child.Data
			xmlquery.RemoveFromTree(before)
		}
		joinText(child)
	}
}

// tooDeep tells that a document has more elements in each other than maxXMLDepth. What is not XML
// may be told either way.
func tooDeep(body []byte) bool {
	depth := 0
	for {
		start := bytes.IndexByte(body, '<')
		if start < 0 {
			return false
		}
		body = body[start+1:]
		switch {
		case bytes.HasPrefix(body, []byte("!--")):
			body = after(body[3:], "-->")
		case bytes.HasPrefix(body, []byte("![CDATA[")):
			body = after(body, "]]>")
		case bytes.HasPrefix(body, []byte("?")):
			body = after(body, "?>")
		case bytes.HasPrefix(body, []byte("!")):
			body = afterDirective(body)
		case bytes.HasPrefix(body, []byte("/")):
			depth = max(depth-1, 0)
		default:
			var empty bool
			if body, empty = afterTag(body); !empty {
				depth++
			}
			if depth > maxXMLDepth {
				return true
			}
		}
	}
}

// after is what follows the first end.
func after(body []byte, end string) []byte {
	_, rest, _ := bytes.Cut(body, []byte(end))
	return rest
}

// afterDirective is what follows the directive that body begins within. Others may lie in it.
func afterDirective(body []byte) []byte {
	quote := byte(0)
	depth := 0
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '<' && bytes.HasPrefix(body[i:], []byte("<!--")):
			end := bytes.Index(body[i+4:], []byte("-->"))
			if end < 0 {
				return nil
			}
			i += 4 + end + 2
		case c == '<':
			depth++
		case c == '>' && depth == 0:
			return body[i+1:]
		case c == '>':
			depth--
		}
	}
	return nil
}

// afterTag is what follows the tag that body begins within, and whether the tag is an element
// without content. In quotes a > is a character like any other.
func afterTag(body []byte) (rest []byte, empty bool) {
	quote := byte(0)
	for i, c := range body {
		switch {
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '>':
			return body[i+1:], i > 0 && body[i-1] == '/'
		}
	}
	return nil, false
}
