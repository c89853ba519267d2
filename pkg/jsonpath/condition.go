package jsonpath

import (
	"math"
	"strings"

	"github.com/dlclark/regexp2"

	"salvo/pkg/template"
)

// element is what a condition is asked about.
type element struct {
	root  any
	value any
	key   string
	index int    // in a list; -1 in anything else
	in    *place // of the list or object that the element is in; nil when places are not kept
}

// evaluator is a compiled part of a condition. Its value is one of pkg/template's or a
// *regexp2.Regexp.
type evaluator func(e *element) any

// conditionOperators are the operators between two operands with how strongly they bind, the longer
// before those that they start with.
var conditionOperators = [...]struct {
	text  string
	level int
	join  func(a, b evaluator) evaluator
}{
	{"||", 2, or},
	{"&&", 3, and},
	{"===", 7, strict(func(a, b any) any { return template.StrictEqual(a, b) })},
	{"!==", 7, strict(func(a, b any) any { return !template.StrictEqual(a, b) })},
	{"==", 7, strict(func(a, b any) any { return template.LooseEqual(a, b) })},
	{"!=", 7, strict(func(a, b any) any { return !template.LooseEqual(a, b) })},
	{"<=", 8, order(func(sign int) bool { return sign <= 0 })},
	{">=", 8, order(func(sign int) bool { return sign >= 0 })},
	{"<", 8, order(func(sign int) bool { return sign < 0 })},
	{">", 8, order(func(sign int) bool { return sign > 0 })},
	{"|", 4, numeric(func(x, y float64) float64 { return float64(toInt32(x) | toInt32(y)) })},
	{"^", 5, numeric(func(x, y float64) float64 { return float64(toInt32(x) ^ toInt32(y)) })},
	{"&", 6, numeric(func(x, y float64) float64 { return float64(toInt32(x) & toInt32(y)) })},
	{"+", 10, strict(template.Add)},
	{"-", 10, numeric(func(x, y float64) float64 { return x - y })},
	{"*", 11, numeric(func(x, y float64) float64 { return x * y })},
	{"/", 11, numeric(func(x, y float64) float64 { return x / y })},
	{"%", 11, numeric(math.Mod)},
}

const (
	choiceLevel = 1
	signLevel   = 12
)

func or(a, b evaluator) evaluator {
	return func(e *element) any {
		if v := a(e); template.Truthy(v) {
			return v
		}
		return b(e)
	}
}

func and(a, b evaluator) evaluator {
	return func(e *element) any {
		if v := a(e); !template.Truthy(v) {
			return v
		}
		return b(e)
	}
}

// strict makes an operator of a function that looks at both operands.
func strict(f func(a, b any) any) func(a, b evaluator) evaluator {
	return func(a, b evaluator) evaluator {
		return func(e *element) any {
			x := a(e)
			return f(x, b(e))
		}
	}
}

func order(holds func(sign int) bool) func(a, b evaluator) evaluator {
	return strict(func(a, b any) any {
		sign, ok := template.Compare(a, b)
		return ok && holds(sign)
	})
}

func numeric(f func(x, y float64) float64) func(a, b evaluator) evaluator {
	return strict(func(a, b any) any { return f(template.Number(a), template.Number(b)) })
}

func toInt32(f float64) int32 {
	if f-f != 0 {
		return 0
	}
	return int32(uint32(int64(math.Mod(f, 1<<32))))
}

// expression reads operands as long as the operators between them bind more strongly than above.
func (p *parser) expression(above int) (evaluator, error) {
	if p.depth == maxDepth {
		return nil, p.fail(p.pos, "condition nested too deep")
	}
	p.depth++
	defer func() { p.depth-- }()
	left, err := p.operand()
	if err != nil {
		return nil, err
	}
	for {
		p.skipSpace()
		if p.has("?") && above < choiceLevel {
			if left, err = p.choice(left); err != nil {
				return nil, err
			}
			continue
		}
		op := -1
		for i := range conditionOperators {
			if p.has(conditionOperators[i].text) {
				op = i
				break
			}
		}
		if op < 0 || conditionOperators[op].level <= above {
			if op < 0 && p.has("=") {
				return nil, p.fail(p.pos, "unexpected '=', equality is ==")
			}
			return left, nil
		}
		p.pos += len(conditionOperators[op].text)
		right, err := p.expression(conditionOperators[op].level)
		if err != nil {
			return nil, err
		}
		left = conditionOperators[op].join(left, right)
	}
}

// choice reads the rest of condition ? yes : no.
func (p *parser) choice(condition evaluator) (evaluator, error) {
	p.pos++
	yes, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	p.skipSpace()
	if !p.has(":") {
		return nil, p.fail(p.pos, "expected :, found %s", p.found())
	}
	p.pos++
	no, err := p.expression(0)
	if err != nil {
		return nil, err
	}
	return func(e *element) any {
		if template.Truthy(condition(e)) {
			return yes(e)
		}
		return no(e)
	}, nil
}

// operand reads a value with the signs before and the members after it.
func (p *parser) operand() (evaluator, error) {
	p.skipSpace()
	for _, sign := range [...]struct {
		text  string
		apply func(v any) any
	}{
		{"!", func(v any) any { return !template.Truthy(v) }},
		{"-", func(v any) any { return -template.Number(v) }},
		{"+", func(v any) any { return template.Number(v) }},
		{"typeof ", typeOf},
	} {
		if !p.has(sign.text) {
			continue
		}
		p.pos += len(sign.text)
		v, err := p.expression(signLevel)
		if err != nil {
			return nil, err
		}
		return func(e *element) any { return sign.apply(v(e)) }, nil
	}
	v, err := p.primary()
	if err != nil {
		return nil, err
	}
	return p.members(v)
}

func typeOf(v any) any {
	switch v.(type) {
	case bool:
		return "boolean"
	case float64:
		return "number"
	case string:
		return "string"
	case nil, []any, *template.Object, *regexp2.Regexp:
		return "object"
	}
	return "undefined"
}

func literal(v any) evaluator { return func(*element) any { return v } }

// primary reads a value without signs and members.
func (p *parser) primary() (evaluator, error) {
	start := p.pos
	if p.pos == len(p.src) {
		return nil, p.fail(p.pos, "expected a value, found end")
	}
	switch c := p.src[p.pos]; {
	case c == '@' || c == '$':
		return p.subject()
	case c == '\'' || c == '"':
		text, err := p.quoted()
		return literal(text), err
	case c == '/':
		re, err := p.regexp()
		return literal(re), err
	case c == '(':
		p.pos++
		v, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		return v, p.close(start, ")")
	case c == '[':
		p.pos++
		list, err := p.list(start, "]")
		return func(e *element) any { return values(list, e) }, err
	case isWord(c) || c == '.':
		for p.pos < len(p.src) && (isWord(p.src[p.pos]) || p.src[p.pos] == '.') {
			p.pos++
		}
		word := p.src[start:p.pos]
		if v, ok := named(word); ok {
			return literal(v), nil
		}
		if f, ok := template.ToNumber(word); ok {
			return literal(f), nil
		}
		return nil, p.fail(start, "unknown name %s; an element's member is @.%[1]s, a text has quotes", word)
	}
	return nil, p.fail(p.pos, "expected a value, found %s", p.found())
}

func named(word string) (v any, ok bool) {
	switch word {
	case "true", "false":
		return word == "true", true
	case "null":
		return nil, true
	case "undefined":
		return template.Undefined, true
	}
	return nil, false
}

func isWord(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '_' || c == '$'
}

// close reads what ends something that began at start.
func (p *parser) close(start int, end string) error {
	p.skipSpace()
	if !p.has(end) {
		return p.fail(p.pos, "expected %s for the one at %d, found %s", end, start, p.found())
	}
	p.pos += len(end)
	return nil
}

// list reads values between commas up to an end.
func (p *parser) list(start int, end string) ([]evaluator, error) {
	var list []evaluator
	p.skipSpace()
	if p.has(end) {
		p.pos += len(end)
		return nil, nil
	}
	for {
		v, err := p.expression(0)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
		p.skipSpace()
		if !p.has(",") {
			return list, p.close(start, end)
		}
		p.pos++
	}
}

func values(list []evaluator, e *element) []any {
	values := make([]any, len(list))
	for i, v := range list {
		values[i] = v(e)
	}
	return values
}

// subject reads @, $ and the words that begin with @.
func (p *parser) subject() (evaluator, error) {
	start := p.pos
	root := p.has("$")
	for p.pos++; p.pos < len(p.src) && isWord(p.src[p.pos]); p.pos++ {
	}
	word := p.src[start+1 : p.pos]
	switch {
	case word == "" && root, word == "root" && !root:
		return func(e *element) any { return e.root }, nil
	case root:
	case word == "":
		return func(e *element) any { return e.value }, nil
	case word == "property":
		return func(e *element) any {
			if e.index >= 0 {
				return float64(e.index)
			}
			return e.key
		}, nil
	case word == "parent":
		p.lineage = true
		return func(e *element) any {
			if e.in == nil || e.in.up == nil {
				return nil
			}
			return e.in.up.value
		}, nil
	case word == "parentProperty":
		p.lineage = true
		return func(e *element) any { return e.in.property() }, nil
	case word == "path":
		p.lineage = true
		return func(e *element) any { return string(appendPlace(nil, below(e.in, nil, e.key, e.index))) }, nil
	}
	return nil, p.fail(start, "unknown name %s", p.src[start:p.pos])
}

// appendPlace appends a place as $['a'][0].
func appendPlace(dst []byte, p *place) []byte {
	if p == nil || p.up == nil {
		return append(dst, '$')
	}
	dst = appendPlace(dst, p.up)
	if p.index >= 0 {
		dst = append(dst, '[')
		dst = template.AppendNumber(dst, float64(p.index))
		return append(dst, ']')
	}
	dst = append(dst, "['"...)
	dst = append(dst, p.key...)
	return append(dst, "']"...)
}

// regexp reads /pattern/flags.
func (p *parser) regexp() (*regexp2.Regexp, error) {
	start := p.pos
	class := false
	for p.pos++; p.pos < len(p.src) && (class || p.src[p.pos] != '/'); p.pos++ {
		switch p.src[p.pos] {
		case '\\':
			p.pos++
		case '[':
			class = true
		case ']':
			class = false
		}
	}
	if p.pos >= len(p.src) {
		return nil, p.fail(start, "regular expression without an end")
	}
	pattern := p.src[start+1 : p.pos]
	var options regexp2.RegexOptions = regexp2.ECMAScript
	for p.pos++; p.pos < len(p.src) && isWord(p.src[p.pos]); p.pos++ {
		switch p.src[p.pos] {
		case 'i':
			options |= regexp2.IgnoreCase
		case 'm':
			options |= regexp2.Multiline
		case 'g', 'u', 'y', 'd':
			// They change where a search goes on, not whether it finds something.
		default:
			return nil, p.fail(p.pos, "flag %s of a regular expression is not supported", p.found())
		}
	}
	re, err := regexp2.Compile(pattern, options)
	if err != nil {
		return nil, p.fail(start, "%s", strings.TrimPrefix(err.Error(), "error "))
	}
	return re, nil
}
