package engine

import (
	"bytes"
	"fmt"
	"strings"
	"time"

	"github.com/andybalholm/cascadia"
	"github.com/dlclark/regexp2"

	"salvo/pkg/hook"
	"salvo/pkg/jsonpath"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// Response is what captures and matches look at: of a chain of redirects the last one.
type Response struct {
	// Status is the status code.
	Status int
	// Header finds a header without regard to case.
	Header func(name string) (string, bool)
	// Headers calls its argument for each header, by its name in small letters. It is there for
	// responses that Expectations.Shows tells of.
	Headers func(yield func(name, value string))
	// Body is the decoded body. Captured values do not hold on to it.
	Body []byte
}

// Extraction is the captures and matches of one request, compiled. It is shared by all users; nil
// is an Extraction that finds nothing and never fails.
type Extraction struct {
	captures []capture
	matches  []match
	// parse tells that some JSONPath needs the whole document, so that it is better parsed once
	// for all than scanned by each. Documents of HTML and XML are always parsed once.
	parse bool
}

// probe is where a capture or a match looks.
type probe struct {
	kind   script.ExtractKind
	path   *jsonpath.Path     // FromJSON with a fixed expression
	header string             // FromHeader with a fixed name
	expr   *template.Template // the expression, when it is not fixed
	regexp *regexp2.Regexp    // FromRegexp
	group  any
	css    cascadia.Matcher // FromSelector with a fixed expression
	attr   string
	index  int
	xpath  *xpathExpr // FromXPath with a fixed expression
	list   bool       // several JSONPath or XPath hits are wanted as a list, not one of them at random
}

type capture struct {
	probe
	as     template.Path
	text   string // as, as written
	strict *bool  // nil: as the script's configuration says

	transform *hook.Program // nil keeps the value as it is found
}

type match struct {
	probe
	value  *template.Template
	source string
	strict bool
}

// NewExtraction compiles a request's captures and matches. An error is a fixed expression that does
// not compile. The result is nil when there are neither.
func NewExtraction(captures []script.Capture, matches []script.Match) (*Extraction, error) {
	if len(captures)+len(matches) == 0 {
		return nil, nil
	}
	x := &Extraction{}
	for i := range captures {
		c := &captures[i]
		p, err := x.newProbe(&c.Extract)
		if err != nil {
			return nil, fmt.Errorf("capture %q: %w", c.AsText, err)
		}
		p.list = !c.Multiple
		transform, err := compileTransform(c.Transform)
		if err != nil {
			return nil, fmt.Errorf("capture %q: %w", c.AsText, err)
		}
		x.captures = append(x.captures, capture{probe: p, as: c.As, text: c.AsText, strict: c.Strict, transform: transform})
	}
	for i := range matches {
		m := &matches[i]
		p, err := x.newProbe(&m.Extract)
		if err != nil {
			return nil, fmt.Errorf("match %q: %w", m.Source, err)
		}
		x.matches = append(x.matches, match{probe: p, value: m.Value, source: m.Source, strict: m.Strict})
	}
	return x, nil
}

func (x *Extraction) newProbe(e *script.Extract) (probe, error) {
	p := probe{kind: e.Kind, regexp: e.Regexp, group: e.Group, attr: e.Attr, index: e.Index}
	if e.Kind == script.FromRegexp {
		return p, nil
	}
	v, fixed := e.Expr.Static()
	if !fixed {
		p.expr = e.Expr
		x.parse = x.parse || e.Kind == script.FromJSON
		return p, nil
	}
	text := template.Text(v)
	var err error
	switch e.Kind {
	case script.FromHeader:
		p.header = text
	case script.FromSelector:
		p.css, err = cascadia.ParseGroup(text)
	case script.FromXPath:
		p.xpath, err = newXPathExpr(text)
	default:
		x.parse = x.parse || !singleNode(text)
		p.path, err = jsonpath.Compile(text)
	}
	return p, err
}

// singleNode tells that a JSONPath plainly names one node by keys and places, so that it can be
// taken from the text without building the document.
func singleNode(path string) bool {
	if path == "" || path == "$" || strings.Contains(path, "..") {
		return false
	}
	for _, c := range path {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9',
			c == '_', c == '.', c == '$', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// Apply evaluates all captures and matches on r, for a request of u. When a strict one fails,
// nothing is kept, and the error, a *StepError, has one key for each that failed. Otherwise the
// captured values are the user's variables, and the matches are counted.
func (x *Extraction) Apply(u *User, r *Response) error {
	if x == nil {
		return nil
	}
	e := u.run.engine
	look := reading{response: r, parse: x.parse}
	var failed []string
	var few [4]any
	values := few[:0]
	var transforms transforming
	for i := range x.captures {
		c := &x.captures[i]
		v, ok := look.value(u, &c.probe)
		if !ok {
			v = template.Undefined
		}
		values = append(values, v)
		if c.transform != nil {
			var err error
			if v, err = transforms.value(u, x.captures, values, i); err != nil {
				failed = append(failed, "Failed transform: expression="+c.text+": "+err.Error())
			}
			values[i] = v
		}
		strict := e.strictCapture
		if c.strict != nil {
			strict = *c.strict
		}
		if strict && (v == template.Undefined || v == "") {
			failed = append(failed, "Failed capture: expression="+c.text)
		}
	}
	matched := int64(0)
	for i := range x.matches {
		m := &x.matches[i]
		got, ok := look.value(u, &m.probe)
		expected := m.value.Value(u)
		if !m.strict || ok && template.StrictEqual(got, expected) {
			matched++
			continue
		}
		failed = append(failed, "Failed match: expected="+printed(expected)+" got="+printed(got)+" expression="+m.source)
	}
	if len(failed) > 0 {
		return &StepError{Keys: failed}
	}
	for i, v := range values {
		u.SetPath(x.captures[i].as, v)
	}
	if matched > 0 {
		b := u.Begin(time.Now())
		b.Add(e.counts.matches, matched)
		b.End()
	}
	return nil
}

// reading is one response while its captures and matches are evaluated: each form of the body is
// made at most once.
type reading struct {
	response *Response
	parse    bool // parse the body for JSONPaths
	parsed   bool
	document any
	broken   bool // the body is not JSON
	runes    []rune
	html     htmlReading
	xml      xmlReading
}

// value is what a probe finds: undefined or an empty text when it finds nothing, as in the place that it looks
// at. ok is false when the place is not readable as what it has to be.
func (l *reading) value(u *User, p *probe) (v any, ok bool) {
	switch p.kind {
	case script.FromHeader:
		name := p.header
		if p.expr != nil {
			name = string(p.expr.AppendText(nil, u))
		}
		text, _ := l.response.Header(name)
		return text, true
	case script.FromRegexp:
		return l.regexp(p), true
	case script.FromSelector:
		return l.selector(u, p)
	case script.FromXPath:
		return l.xpath(u, p)
	default:
		return l.json(u, p)
	}
}

func (l *reading) json(u *User, p *probe) (v any, ok bool) {
	if !l.parse && !l.parsed {
		first, n, err := p.path.Extract(l.response.Body)
		switch {
		case err != nil:
			return "", false
		case n == 1 && !p.list, n == 1 && p.path.Definite():
			return first, true
		case n == 0 && isScalar(l.response.Body):
			return "", true
		case n == 0:
			return template.Undefined, true
		}
	}
	if !l.parsed {
		var err error
		l.document, err = template.ParseJSON(l.response.Body)
		l.parsed, l.broken = true, err != nil
	}
	if l.broken {
		return "", false
	}
	switch l.document.(type) {
	case *template.Object, []any:
	default:
		return "", true
	}
	path := p.path
	if path == nil {
		var err error
		if path, err = jsonpath.Compile(string(p.expr.AppendText(nil, u))); err != nil {
			return "", true
		}
	}
	found := path.Find(l.document)
	if len(found) == 1 && path.Definite() {
		return found[0], true
	}
	return p.choose(u, found), true
}

// choose takes one of the values that were found, or all of them when they are wanted as a list.
func (p *probe) choose(u *User, found []any) any {
	switch {
	case len(found) == 0:
		return template.Undefined
	case p.list:
		return found
	case len(found) == 1:
		return found[0]
	default:
		return found[u.random.IntN(len(found))]
	}
}

// isScalar tells that a valid JSON text is neither an object nor a list.
func isScalar(body []byte) bool {
	body = bytes.TrimLeft(body, " \t\r\n")
	return len(body) > 0 && body[0] != '{' && body[0] != '['
}

// regexp is the group that is asked for, or the whole match where there is no such group or it is
// empty, or an empty text without a match.
func (l *reading) regexp(p *probe) string {
	if l.runes == nil {
		l.runes = []rune(string(l.response.Body))
	}
	m, err := p.regexp.FindRunesMatch(l.runes)
	if err != nil || m == nil {
		return ""
	}
	var g *regexp2.Group
	switch group := p.group.(type) {
	case int:
		g = m.GroupByNumber(group)
	case string:
		g = m.GroupByName(group)
	}
	if g != nil && g.Length > 0 {
		return g.String()
	}
	return m.String()
}

// printed is a value in a text as JavaScript prints it, which is not as templates insert it: lists
// are joined, objects are not shown.
func printed(v any) string {
	switch v := v.(type) {
	case *template.Object:
		return "[object Object]"
	case []any:
		parts := make([]string, len(v))
		for i, member := range v {
			if member != nil && member != template.Undefined {
				parts[i] = printed(member)
			}
		}
		return strings.Join(parts, ",")
	default:
		return template.Text(v)
	}
}
