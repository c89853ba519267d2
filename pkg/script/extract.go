package script

import (
	"errors"
	"math"
	"strconv"
	"strings"

	"github.com/dlclark/regexp2"
	"github.com/dlclark/regexp2/syntax"

	"salvo/pkg/jsonpath"
	"salvo/pkg/template"
)

// specs reads the captures or matches of a request: one of them, or a list. One
// that has a value is a match wherever it stands.
func (b *builder) specs(n *node, path string, r *Request) {
	if n == nil {
		return
	}
	items, at := []*node{n}, func(int) string { return path }
	if n.kind == kindList {
		items, at = n.items, func(i int) string { return element(path, i) }
	}
	for i, item := range items {
		if item.kind != kindObject || item.bad {
			continue
		}
		if strings.HasSuffix(path, ".match") || item.get("value") != nil {
			b.match(item, at(i), r)
		} else {
			b.capture(item, at(i), r)
		}
	}
}

func (b *builder) capture(n *node, path string, r *Request) {
	c := Capture{Multiple: true}
	ok := b.extract(n, path, "a capture", &c.Extract, &c.Pos)
	if v := n.present("strict"); v != nil {
		c.Strict = &v.yes
	}
	if v := n.present("multiple"); v != nil {
		c.Multiple = v.yes
	}
	c.Transform = b.transform(n.present("transform"), path+".transform")
	as := n.present("as")
	switch {
	case as != nil && as.text != "":
		c.AsText, c.As = as.text, template.ParsePath(as.text)
	case as != nil:
		b.fault(as, path+".as", "expected the name of a variable, found an empty text")
	case !n.get("as").isBad():
		b.sink.fault(n.place, path+".as", "a capture needs `as`, the variable that keeps what was found")
	}
	if ok {
		r.Captures = append(r.Captures, c)
	}
}

func (b *builder) match(n *node, path string, r *Request) {
	m := Match{Strict: true}
	ok := b.extract(n, path, "a match", &m.Extract, &m.Pos)
	if v := n.present("strict"); v != nil {
		m.Strict = v.yes
	}
	if v := n.present("transform"); b.transform(v, path+".transform") != "" {
		b.warn(v, path+".transform", "has no effect: only what a capture keeps is transformed")
	}
	value := n.get("value")
	switch {
	case value == nil:
		b.sink.fault(n.place, path+".value", "a match needs `value`, what the response is expected to have")
		return
	case value.kind == kindUndefined:
		m.Value = b.static(template.Undefined)
	case !value.bad:
		m.Value = b.template(value, path+".value")
	}
	if ok {
		r.Matches = append(r.Matches, m)
	}
}

// extract reads where a capture or match looks. When it names several places,
// the first counts in the order json, xpath, regexp, header, selector.
func (b *builder) extract(n *node, path, what string, e *Extract, pos *Pos) bool {
	var used *node
	for _, key := range []string{"json", "xpath", "regexp", "header", "selector"} {
		v := n.present(key)
		at := join(path, key)
		switch {
		case v == nil:
		case used != nil:
			b.warn(v, at, "has no effect: %s looks at one place, and here `%s` comes first", what, kindKeys[e.Kind])
		case v.text == "":
			b.fault(v, at, "expected what to look for, found an empty text")
			return false
		default:
			used = v
			e.Source, *pos = v.text, v.pos
			switch key {
			case "json":
				e.Kind, e.Expr = FromJSON, b.jsonPath(v, at)
			case "header":
				e.Kind, e.Expr = FromHeader, b.template(v, at)
			case "regexp":
				e.Kind = FromRegexp
				b.regexp(n, v, path, e)
			case "xpath":
				e.Kind, e.Expr = FromXPath, b.xpath(v, at)
			case "selector":
				e.Kind, e.Expr = FromSelector, b.selector(v, at)
			}
		}
	}
	if used == nil && !n.anyBad() {
		b.sink.fault(n.place, path, "%s says where to look: add `json` (a JSON path), `xpath`, `regexp`, `header` or `selector`", what)
	}
	b.element(n, path, e)
	return used != nil
}

// jsonPath compiles the template that a JSON path is, and has the path itself
// checked when it is the same for all users.
func (b *builder) jsonPath(n *node, path string) *template.Template {
	t := b.template(n, path)
	if n.bad {
		return t
	}
	if v, static := t.Static(); static {
		if _, err := jsonpath.Compile(template.Text(v)); err != nil {
			b.fault(n, path, "%s is not a JSON path: %v", quote(n.text), err)
		}
	}
	return t
}

var kindKeys = map[ExtractKind]string{
	FromJSON: "json", FromHeader: "header", FromRegexp: "regexp", FromSelector: "selector", FromXPath: "xpath",
}

// regexp compiles a JavaScript regular expression once for the run.
func (b *builder) regexp(n, source *node, path string, e *Extract) {
	at := path + ".regexp"
	if t := b.template(source, at); source.bad {
		return
	} else if _, static := t.Static(); !static {
		b.fault(source, at, "a regular expression is compiled once, so a template in it is not supported by this version of Salvo; found %s", source.found())
		return
	}
	var options regexp2.RegexOptions = regexp2.ECMAScript
	if flags := n.present("flags"); flags != nil {
		more, ok := regexpFlags(flags.text)
		if !ok {
			b.fault(flags, path+".flags", "expected flags of JavaScript regular expressions, each of d, g, i, m, s, u, y at most once, found %s", flags.found())
		}
		options |= more
	}
	re, err := regexp2.Compile(fromJavaScript(source.text), options)
	if err != nil {
		var serr *syntax.Error
		message := err.Error()
		if errors.As(err, &serr) {
			message = strings.TrimPrefix(message, "error parsing regexp: ")
			message, _, _ = strings.Cut(message, " in `")
		}
		b.fault(source, at, "%s is not a regular expression: %s", quote(source.text), message)
		return
	}
	e.Regexp = re
	if group := n.present("group"); group != nil {
		e.Group = b.group(group, path+".group", re)
	}
}

// regexpFlags are the options that stand for JavaScript's flags. Those that
// concern how often and where a search begins change nothing for one match.
func regexpFlags(flags string) (options regexp2.RegexOptions, ok bool) {
	for i, f := range flags {
		if strings.ContainsRune(flags[:i], f) {
			return 0, false
		}
		switch f {
		case 'i':
			options |= regexp2.IgnoreCase
		case 'm':
			options |= regexp2.Multiline
		case 's':
			options |= regexp2.Singleline
		case 'u':
			options |= regexp2.Unicode
		case 'd', 'g', 'y':
		default:
			return 0, false
		}
	}
	return options, true
}

// fromJavaScript writes the two classes that only JavaScript has, [] for nothing
// and [^] for anything, in a way that every engine reads alike.
func fromJavaScript(source string) string {
	var b strings.Builder
	inClass := false
	for i := 0; i < len(source); i++ {
		rest := source[i:]
		switch {
		case source[i] == '\\' && i+1 < len(source):
			b.WriteString(source[i : i+2])
			i++
			continue
		case inClass:
			inClass = source[i] != ']'
		case strings.HasPrefix(rest, "[^]"):
			b.WriteString(`[\s\S]`)
			i += 2
			continue
		case strings.HasPrefix(rest, "[]"):
			b.WriteString(`(?!)`)
			i++
			continue
		case source[i] == '[':
			inClass = true
		}
		b.WriteByte(source[i])
	}
	return b.String()
}

// group is a group's number, or its name.
func (b *builder) group(n *node, path string, re *regexp2.Regexp) any {
	if r, ok := ratOf(n.value()); ok {
		f, _ := r.Float64()
		if !r.IsInt() || f < 0 || f > math.MaxInt32 {
			b.fault(n, path, "expected the number or the name of a group, found %s", n.found())
			return nil
		}
		number := int(f)
		if last := len(re.GetGroupNumbers()) - 1; number > last {
			b.warn(n, path, "the regular expression has no group %d, only %s; the whole match is taken", number, groupCount(last))
		}
		return number
	}
	if re.GroupNumberFromName(n.text) < 0 {
		b.warn(n, path, "the regular expression has no group named %s; the whole match is taken", quote(n.text))
	}
	return n.text
}

func groupCount(n int) string {
	if n == 1 {
		return "1 group"
	}
	return strconv.Itoa(n) + " groups"
}
