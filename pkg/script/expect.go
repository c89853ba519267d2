package script

import (
	"errors"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/dlclark/regexp2/syntax"
	"github.com/jmespath/go-jmespath"

	"salvo/pkg/template"
)

// Expect says what becomes of expectations: the options of `plugins.expect`.
type Expect struct {
	Format    ExpectFormat
	FailUsers bool // a request with a failed expectation ends its user
	OnlyNames bool // the error of such a user has the request's name, if it has one, not its URL
	Hidden    bool // the text for the console leaves the counters out
}

// ExpectFormat tells how results are printed.
type ExpectFormat string

// The formats of results.
const (
	ExpectPretty      ExpectFormat = "pretty" // "" is as good
	ExpectPrettyError ExpectFormat = "prettyError"
	ExpectJSON        ExpectFormat = "json"
	ExpectSilent      ExpectFormat = "silent"
)

// ExpectKind tells what an Expectation looks at.
type ExpectKind int

// The kinds of expectations.
const (
	ExpectStatusCode     ExpectKind = iota // one value: a status, or a list of them
	ExpectNotStatusCode                    // likewise
	ExpectContentType                      // one value: json, or a whole header
	ExpectHasHeader                        // one value: the name of a header
	ExpectHeaderEquals                     // two values: the name of a header, and the header
	ExpectHasProperty                      // one value: a path in a JSON body
	ExpectNotHasProperty                   // likewise
	ExpectEquals                           // any number of values
	ExpectMatchesRegexp                    // one value: an expression for the body; see Regexp
	ExpectJMESPath                         // one value: an expression for a JSON body; see JMESPath
	ExpectCDNHit                           // see Hit
)

// Expectation is one thing that a response is expected to be.
type Expectation struct {
	Kind   ExpectKind
	Name   string // its key, under which it is counted
	Values []*template.Template

	Regexp      *regexp2.Regexp    // nil when there is a template in it
	JMESPath    *jmespath.JMESPath // likewise
	Description string             // of a JMESPath, "" when there is none
	Hit         bool               // a response from a cache is expected, not one past it
	Pos         Pos
}

// expectKinds are the expectations by their keys.
var expectKinds = map[string]ExpectKind{
	"statusCode": ExpectStatusCode, "notStatusCode": ExpectNotStatusCode, "contentType": ExpectContentType,
	"hasHeader": ExpectHasHeader, "headerEquals": ExpectHeaderEquals, "hasProperty": ExpectHasProperty,
	"notHasProperty": ExpectNotHasProperty, "equals": ExpectEquals, "matchesRegexp": ExpectMatchesRegexp,
	"jmespath": ExpectJMESPath, "jpath": ExpectJMESPath, "cdnHit": ExpectCDNHit,
}

func expectObject() *object {
	one := numeric.with(form{whole: true, bounded: true, least: 100, most: 999, pattern: statusPattern, says: statusForm, template: true})
	statuses := shape{kinds: one.kinds | kindList, item: &one}.with(form{
		whole: true, bounded: true, least: 100, most: 999, pattern: statusPattern, says: statusForm, template: true, filled: true,
	})
	property := scalar.with(form{filled: true})
	value := shape{kinds: kindScalar | kindNull}
	return &object{name: "an expectation", closed: true, needs: [][]string{slices.Sorted(maps.Keys(expectKinds))}, fields: []field{
		key("statusCode", statuses, "the status, or a list of those that are fine"),
		key("notStatusCode", statuses, "the status that it must not be, or a list of them"),
		key("contentType", filledText, "json for a JSON body, or the whole header"),
		key("hasHeader", filledText, "the name of a header that has to be there"),
		key("headerEquals", listOf(scalar), "the name of a header, and what it has to be"),
		key("hasProperty", property, "a path that has to be in the JSON body"),
		key("notHasProperty", property, "a path that must not be in the JSON body"),
		key("equals", filledList(listOf(value)), "values that have to be the same, most with templates"),
		key("matchesRegexp", filledText, "a JavaScript regular expression for the body"),
		key("jmespath", filledText, "a JMESPath expression that has to be true of the JSON body"),
		key("jpath", filledText, "another word for jmespath"),
		key("description", scalar, "what `jmespath` checks, in words"),
		key("cdnHit", boolean, "true for a response from a CDN's cache, false for one past it"),
	}}
}

const statusPattern = `^\s*[1-9][0-9][0-9]\s*$`

var statusText = regexp.MustCompile(statusPattern)

const statusForm = "expected a status, such as 200, or a list of them"

func expectOptions() *object {
	yes := shape{kinds: kindBool | kindText}.with(form{pattern: `^(?:true|false)$`, says: "expected true or false"})
	formats := text.with(form{words: formatWords()})
	return &object{name: "`expect`", fields: []field{
		key("formatter", formats, "how results are printed: pretty, json, prettyError (pretty, but only what failed) or silent"),
		key("outputFormat", formats, "another word for formatter"),
		key("expectDefault200", yes, "requests without `expect` are expected to be answered with 200"),
		key("reportFailuresAsErrors", yes, "a failed expectation ends the user"),
		key("useOnlyRequestNames", yes, "those errors have the request's name, if it has one, not its URL"),
		key("suppressOutput", yes, "leave the counters out of the text that a run ends with"),
	}}
}

func formatWords() []string {
	return []string{string(ExpectPretty), string(ExpectJSON), string(ExpectPrettyError), string(ExpectSilent)}
}

// expectations reads the options of `config.plugins.expect`.
func (b *builder) expectations(config *node) Expect {
	e := Expect{Format: ExpectPretty}
	const path = "config.plugins.expect"
	n := config.present("plugins").presentIn("expect")
	for _, name := range []string{"outputFormat", "formatter"} {
		v := n.presentIn(name)
		if v == nil {
			continue
		}
		if !slices.Contains(formatWords(), v.text) {
			advice := ""
			if near := nearest(v.text, formatWords()); near != "" {
				advice = "; did you mean " + near + "?"
			}
			b.fault(v, join(path, name), "expected one of %s, found %s%s", strings.Join(formatWords(), ", "), v.found(), advice)
		}
		e.Format = ExpectFormat(v.text)
	}
	option := func(name string) bool {
		v := n.presentIn(name)
		if v == nil {
			return false
		}
		if v.kind == kindText && v.text != "true" && v.text != "false" {
			b.fault(v, join(path, name), "expected true or false, found %s", v.found())
		}
		return v.yes || v.text == "true"
	}
	b.expect200 = option("expectDefault200")
	e.FailUsers = option("reportFailuresAsErrors")
	e.OnlyNames = option("useOnlyRequestNames")
	e.Hidden = option("suppressOutput")
	return e
}

// expect reads the expectations of a request. Those of `before` and `after` are
// checked, and without effect as in Artillery.
func (b *builder) expect(request *node, path string) []Expectation {
	section, _, _ := strings.Cut(path, ".")
	outside := section == "before" || section == "after"
	n := request.present("expect")
	path += ".expect"
	var all []Expectation
	switch {
	case n == nil:
	case n.kind == kindObject:
		all = b.expectObject(n, path)
	default:
		for i, item := range n.items {
			if item.kind == kindObject && !item.bad {
				all = append(all, b.expectOne(item, element(path, i))...)
			}
		}
	}
	switch {
	case outside && n != nil:
		b.warn(n, path, "has no effect in `%s`, whose requests are no virtual user's", section)
		return nil
	case len(all) == 0 && b.expect200 && !outside && !request.get("expect").isBad():
		return []Expectation{{Kind: ExpectStatusCode, Name: "statusCode", Values: []*template.Template{b.static(200.0)}, Pos: request.pos}}
	}
	return all
}

// expectOne is expectObject for an element of a list, which is one expectation.
func (b *builder) expectOne(n *node, path string) []Expectation {
	all := b.expectObject(n, path)
	var first string
	for _, m := range n.members {
		if _, ok := expectKinds[m.key]; !ok {
			continue
		}
		if first != "" {
			b.sink.fault(m.place, join(path, m.key), "an expectation in a list is one thing, but this one has `%s` and `%s`; put `- ` in front of each", first, m.key)
			return nil
		}
		first = m.key
	}
	return all
}

func (b *builder) expectObject(n *node, path string) []Expectation {
	var all []Expectation
	description := ""
	if v := n.present("description"); v != nil {
		description = v.scalarText()
	}
	described := false
	for _, m := range n.members {
		kind, ok := expectKinds[m.key]
		if !ok || m.value.bad || m.value.kind == kindUndefined {
			continue
		}
		e := Expectation{Kind: kind, Name: m.key, Pos: m.value.pos}
		if kind == ExpectJMESPath {
			e.Description, described = description, true
		}
		b.expected(m.value, join(path, m.key), &e)
		all = append(all, e)
	}
	others := func(m member) bool { return m.key != "description" }
	if len(all) == 0 && !slices.ContainsFunc(n.members, others) {
		b.sink.fault(n.place, path, "an expectation says what is expected: add `statusCode`, `contentType`, `hasProperty` or another one")
	}
	if v := n.present("description"); v != nil && !described && len(all) > 0 {
		b.warn(v, path+".description", "has no effect: it describes a `jmespath`")
	}
	return all
}

// expected reads the value of an expectation.
func (b *builder) expected(n *node, path string, e *Expectation) {
	switch e.Kind {
	case ExpectCDNHit:
		e.Hit = n.yes
		return
	case ExpectHeaderEquals:
		if len(n.items) != 2 {
			b.fault(n, path, "expected the name of a header and its value, a list of two such as [x-powered-by, Express]; this one is a list of %d", len(n.items))
			return
		}
	case ExpectEquals:
		if len(n.items) == 0 {
			b.fault(n, path, "expected values that have to be the same, such as [\"{{ id }}\", 5]")
			return
		}
	case ExpectStatusCode, ExpectNotStatusCode:
		b.statuses(n, path)
	default:
		if n.kind == kindText && n.text == "" {
			b.fault(n, path, "expected what to look for, found an empty text")
			return
		}
	}
	if n.kind != kindList || e.Kind == ExpectStatusCode || e.Kind == ExpectNotStatusCode {
		e.Values = append(e.Values, b.template(n, path))
	} else {
		for i, item := range n.items {
			if !item.bad {
				e.Values = append(e.Values, b.template(item, element(path, i)))
			}
		}
	}
	if n.bad {
		return
	}
	switch e.Kind {
	case ExpectMatchesRegexp:
		b.expectedRegexp(n, path, e)
	case ExpectJMESPath:
		b.expectedJMESPath(n, path, e)
	}
}

// statuses checks one status or a list of them, as far as they are written out.
func (b *builder) statuses(n *node, path string) {
	if n.kind == kindList {
		if len(n.items) == 0 {
			b.fault(n, path, "%s, found %s", statusForm, n.found())
		}
		for i, item := range n.items {
			b.statuses(item, element(path, i))
		}
		return
	}
	if n.bad || n.kind == kindText && strings.Contains(n.text, "{{") {
		return
	}
	if !statusText.MatchString(n.scalarText()) {
		b.fault(n, path, "%s, found %s", statusForm, n.found())
	}
}

func (b *builder) expectedRegexp(n *node, path string, e *Expectation) {
	if _, fixed := e.Values[0].Static(); !fixed {
		return
	}
	re, err := CompileRegexp(n.text)
	if err != nil {
		b.fault(n, path, "%s is not a regular expression: %s", quote(n.text), err)
		return
	}
	e.Regexp = re
}

// CompileRegexp compiles a regular expression of JavaScript. Its errors say what
// is wrong in few words.
func CompileRegexp(source string) (*regexp2.Regexp, error) {
	re, err := regexp2.Compile(fromJavaScript(source), regexp2.ECMAScript)
	var serr *syntax.Error
	if errors.As(err, &serr) {
		message, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "error parsing regexp: "), " in `")
		return nil, errors.New(message)
	}
	return re, err
}

func (b *builder) expectedJMESPath(n *node, path string, e *Expectation) {
	if _, fixed := e.Values[0].Static(); !fixed {
		return
	}
	expr, err := jmespath.Compile(n.text)
	if err == nil {
		e.JMESPath = expr
		return
	}
	n.bad = true
	at := n.place
	if serr := (jmespath.SyntaxError{}); errors.As(err, &serr) {
		at = n.inside(serr.Offset)
	}
	b.sink.fault(at, path, "%s is not a JMESPath expression: %s", quote(n.text), strings.TrimPrefix(err.Error(), "SyntaxError: "))
}
