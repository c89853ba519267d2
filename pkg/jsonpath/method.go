package jsonpath

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"salvo/pkg/template"
)

// members reads what follows a value: .name, .method(...), [name], and from the first wildcard or
// condition on the steps of a path.
func (p *parser) members(v evaluator) (evaluator, error) {
	for {
		p.skipSpace()
		switch {
		case p.startsNodes():
			return p.nodes(v)
		case p.has("."):
			p.pos++
			start := p.pos
			for p.pos < len(p.src) && (isWord(p.src[p.pos]) || p.src[p.pos] >= utf8.RuneSelf) {
				p.pos++
			}
			name := p.src[start:p.pos]
			if name == "" {
				return nil, p.fail(p.pos, "expected a name, found %s", p.found())
			}
			if !p.has("(") {
				v = memberOf(v, literal(name))
				continue
			}
			var err error
			if v, err = p.call(v, name, start); err != nil {
				return nil, err
			}
		case p.has("["):
			start := p.pos
			p.pos++
			name, err := p.expression(0)
			if err != nil {
				return nil, err
			}
			if err := p.close(start, "]"); err != nil {
				return nil, err
			}
			v = memberOf(v, name)
		default:
			return v, nil
		}
	}
}

func memberOf(v, name evaluator) evaluator {
	return func(e *element) any {
		member, _ := template.Member(v(e), template.Text(name(e)))
		return member
	}
}

// startsNodes tells whether a wildcard, a condition or two dots begin here.
func (p *parser) startsNodes() bool {
	if p.has("..") || p.has(".*") {
		return true
	}
	rest, ok := strings.CutPrefix(p.src[p.pos:], "[")
	rest = strings.TrimLeft(rest, " \t\r\n")
	return ok && (strings.HasPrefix(rest, "?") || strings.HasPrefix(rest, "*"))
}

// nodes reads the rest of a path within a condition. Its value is the list of all that it finds, or
// undefined when it finds nothing.
func (p *parser) nodes(v evaluator) (evaluator, error) {
	var steps []step
	for p.has(".") || p.has("[") {
		var s step
		var err error
		switch {
		case p.has("..") && !strings.HasPrefix(p.src[p.pos+2:], "["):
			s = descendStep{}
			p.pos++
		case p.has(".."):
			s = descendStep{}
			p.pos += 2
		case p.has("["):
			s, err = p.brackets()
		case p.has(".*"):
			p.pos += 2
			s = wildStep{}
		default:
			p.pos++
			start := p.pos
			for p.pos < len(p.src) && (isWord(p.src[p.pos]) || p.src[p.pos] >= utf8.RuneSelf) {
				p.pos++
			}
			if start == p.pos {
				return nil, p.fail(p.pos, "expected a name, found %s", p.found())
			}
			s = nameStep(p.src[start:p.pos])
		}
		if err != nil {
			return nil, err
		}
		steps = append(steps, s)
	}
	return func(e *element) any {
		doc := v(e)
		f := finder{root: e.root}
		var at *place
		if e.in != nil {
			at = below(e.in, doc, e.key, e.index)
		}
		f.walk(steps, doc, at)
		if len(f.found) == 0 {
			return template.Undefined
		}
		return f.found
	}, nil
}

// call reads the arguments of a method that is called name.
func (p *parser) call(v evaluator, name string, at int) (evaluator, error) {
	start := p.pos
	p.pos++
	args, err := p.list(start, ")")
	if err != nil {
		return nil, err
	}
	method := methods[name]
	if method == nil {
		return nil, p.fail(at, "unknown method %s", name)
	}
	return func(e *element) any {
		receiver := v(e)
		list := values(args, e)
		arg := template.Undefined
		if len(list) > 0 {
			arg = list[0]
		}
		return method(receiver, arg)
	}, nil
}

// methods are the methods that conditions may call, with their first argument. What a value has not
// gives undefined.
var methods = map[string]func(receiver, arg any) any{
	"match": func(v, pattern any) any {
		re, ok := asRegexp(pattern)
		if !ok {
			return nil
		}
		return match(re, v)
	},
	"test": func(re, v any) any {
		pattern, ok := re.(*regexp2.Regexp)
		return ok && match(pattern, v) != nil
	},
	"includes": func(v, part any) any {
		if list, ok := v.([]any); ok {
			return slices.ContainsFunc(list, func(e any) bool { return template.StrictEqual(e, part) })
		}
		return text(v, func(s string) any { return strings.Contains(s, template.Text(part)) })
	},
	"indexOf": func(v, part any) any {
		if list, ok := v.([]any); ok {
			return float64(slices.IndexFunc(list, func(e any) bool { return template.StrictEqual(e, part) }))
		}
		return text(v, func(s string) any {
			at := strings.Index(s, template.Text(part))
			if at < 0 {
				return -1.0
			}
			length, _ := template.Member(s[:at], "length")
			return length
		})
	},
	"startsWith": func(v, part any) any {
		return text(v, func(s string) any { return strings.HasPrefix(s, template.Text(part)) })
	},
	"endsWith": func(v, part any) any {
		return text(v, func(s string) any { return strings.HasSuffix(s, template.Text(part)) })
	},
	"toLowerCase": func(v, _ any) any { return text(v, func(s string) any { return strings.ToLower(s) }) },
	"toUpperCase": func(v, _ any) any { return text(v, func(s string) any { return strings.ToUpper(s) }) },
	"trim":        func(v, _ any) any { return text(v, func(s string) any { return strings.TrimSpace(s) }) },
	"toString": func(v, _ any) any {
		if v == nil || v == template.Undefined {
			return template.Undefined
		}
		return template.Add(v, "")
	},
	"hasOwnProperty": func(v, key any) any {
		_, ok := template.Member(v, template.Text(key))
		return ok
	},
}

// text calls a method of texts. Anything else does not have it.
func text(v any, do func(s string) any) any {
	s, ok := v.(string)
	if !ok {
		return template.Undefined
	}
	return do(s)
}

func asRegexp(v any) (*regexp2.Regexp, bool) {
	if re, ok := v.(*regexp2.Regexp); ok {
		return re, true
	}
	re, err := regexp2.Compile(template.Text(v), regexp2.ECMAScript)
	return re, err == nil
}

// match returns the list of what a regular expression finds in a text, null when that is nothing.
func match(re *regexp2.Regexp, v any) any {
	s, ok := v.(string)
	if f, isNumber := v.(float64); isNumber {
		s, ok = string(template.AppendNumber(nil, f)), true
	}
	if !ok {
		return nil
	}
	m, err := re.FindStringMatch(s)
	if err != nil || m == nil {
		return nil
	}
	list := make([]any, m.GroupCount())
	for i, g := range m.Groups() {
		list[i] = template.Undefined
		if len(g.Captures) > 0 {
			list[i] = g.String()
		}
	}
	return list
}
