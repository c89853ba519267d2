package asl

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// rule is a choice rule: an And, an Or, a Not or a comparison.
type rule struct {
	next string // of the rules that stand in Choices themselves

	and, or []*rule
	not     *rule

	variable *path
	operator operator
	constant any   // what the variable is compared with,
	path     *path // or where that is
}

// operator is a comparison operator without the "Path" at its end.
type operator struct {
	name string
	kind comparison
	want func(order int) bool // of the operators that order
}

type comparison int

const (
	isPresent comparison = iota // IsPresent and the others that ask what a value is
	isNull
	isString
	isNumeric
	isBoolean
	isTimestamp
	compareString // StringEquals ... TimestampGreaterThanEquals: two values of a type
	compareNumeric
	compareBoolean
	compareTimestamp
	matchString // StringMatches
)

// parseOperator finds the operator that a field of a rule names. With a path,
// the field's name ended in "Path".
func parseOperator(field string) (op operator, withPath, ok bool) {
	questions := map[string]comparison{
		"IsPresent": isPresent, "IsNull": isNull, "IsString": isString,
		"IsNumeric": isNumeric, "IsBoolean": isBoolean, "IsTimestamp": isTimestamp,
		"StringMatches": matchString,
	}
	if kind, ok := questions[field]; ok {
		return operator{name: field, kind: kind}, false, true
	}
	name, withPath := strings.CutSuffix(field, "Path")
	orders := map[string]func(int) bool{
		"Equals":            func(o int) bool { return o == 0 },
		"LessThan":          func(o int) bool { return o < 0 },
		"GreaterThan":       func(o int) bool { return o > 0 },
		"LessThanEquals":    func(o int) bool { return o <= 0 },
		"GreaterThanEquals": func(o int) bool { return o >= 0 },
	}
	types := map[string]comparison{
		"String": compareString, "Numeric": compareNumeric,
		"Boolean": compareBoolean, "Timestamp": compareTimestamp,
	}
	for prefix, kind := range types {
		suffix, ok := strings.CutPrefix(name, prefix)
		want, known := orders[suffix]
		if ok && known && (kind != compareBoolean || suffix == "Equals") {
			return operator{name, kind, want}, withPath, true
		}
	}
	return operator{}, false, false
}

// checkConstant tells what is wrong with a value that a rule compares with.
func (o operator) checkConstant(v any) error {
	_, isBool := v.(bool)
	_, isText := v.(string)
	switch o.kind {
	case compareString, matchString:
		if !isText {
			return fmt.Errorf("%s takes a text", o.name)
		}
	case compareNumeric:
		if _, ok := v.(json.Number); !ok {
			return fmt.Errorf("%s takes a number", o.name)
		}
	case compareTimestamp:
		if _, ok := timestamp(v); !ok {
			return fmt.Errorf("%s takes a time such as 2006-01-02T15:04:05Z", o.name)
		}
	default:
		if !isBool {
			return fmt.Errorf("%s takes true or false", o.name)
		}
	}
	return nil
}

// holds tells whether the rule is true of the data.
func (r *rule) holds(d data) (bool, error) {
	switch {
	case r.and != nil:
		for _, part := range r.and {
			if ok, err := part.holds(d); err != nil || !ok {
				return false, err
			}
		}
		return true, nil
	case r.or != nil:
		for _, part := range r.or {
			if ok, err := part.holds(d); err != nil || ok {
				return ok, err
			}
		}
		return false, nil
	case r.not != nil:
		ok, err := r.not.holds(d)
		return !ok && err == nil, err
	}
	if r.operator.kind == isPresent {
		root := d.input
		if r.variable.context {
			root = d.context()
		}
		_, present := r.variable.find(root)
		return present == r.constant, nil
	}
	value, err := d.at(r.variable)
	if err != nil {
		return false, err
	}
	if r.operator.kind < compareString {
		return r.operator.is(value) == r.constant, nil
	}
	other := r.constant
	if r.path != nil {
		if other, err = d.at(r.path); err != nil {
			return false, err
		}
	}
	return r.operator.compare(value, other), nil
}

// is answers what a value is.
func (o operator) is(v any) bool {
	ok := false
	switch o.kind {
	case isNull:
		ok = v == nil
	case isString:
		_, ok = v.(string)
	case isNumeric:
		_, ok = v.(json.Number)
	case isBoolean:
		_, ok = v.(bool)
	case isTimestamp:
		_, ok = timestamp(v)
	}
	return ok
}

// compare is false when one of the two is not of the operator's type.
func (o operator) compare(a, b any) bool {
	switch o.kind {
	case compareString, matchString:
		a, okA := a.(string)
		b, okB := b.(string)
		if o.kind == matchString {
			return okA && okB && matchWildcards(a, b)
		}
		return okA && okB && o.want(strings.Compare(a, b))
	case compareNumeric:
		a, okA := a.(json.Number)
		b, okB := b.(json.Number)
		return okA && okB && o.want(compareNumbers(a, b))
	case compareBoolean:
		a, okA := a.(bool)
		b, okB := b.(bool)
		return okA && okB && a == b
	}
	x, okA := timestamp(a)
	y, okB := timestamp(b)
	return okA && okB && o.want(x.Compare(y))
}

// timestamp reads a time as the language writes it: RFC 3339 with an upper-case
// T and Z.
func timestamp(v any) (time.Time, bool) {
	s, ok := v.(string)
	if !ok {
		return time.Time{}, false
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	return t, err == nil
}

// matchWildcards tells whether s is what pattern says: * stands for any text,
// \* for a star and \\ for a backslash.
func matchWildcards(s, pattern string) bool {
	type element struct {
		ch   byte
		star bool
	}
	var elements []element
	for i := 0; i < len(pattern); i++ {
		switch {
		case pattern[i] == '*':
			elements = append(elements, element{star: true})
		case pattern[i] == '\\' && i+1 < len(pattern):
			i++
			elements = append(elements, element{ch: pattern[i]})
		default:
			elements = append(elements, element{ch: pattern[i]})
		}
	}
	// The last star seen takes one character more whenever the rest fails.
	at, star, from := 0, -1, 0
	for i := 0; i < len(s); {
		switch {
		case at < len(elements) && elements[at].star:
			star, from = at, i
			at++
		case at < len(elements) && elements[at].ch == s[i]:
			at++
			i++
		case star >= 0:
			from++
			at, i = star+1, from
		default:
			return false
		}
	}
	for at < len(elements) && elements[at].star {
		at++
	}
	return at == len(elements)
}
