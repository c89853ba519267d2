package template

import (
	"math"
	"strings"
)

// Number converts a value to a number as JavaScript's Number does: null, false and the empty text are
// 0, true is 1, undefined and what cannot be read as a number is NaN.
func Number(v any) float64 {
	switch v := primitive(v).(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		if strings.TrimFunc(v, isSpace) == "" {
			return 0
		}
		if f, ok := ToNumber(v); ok {
			return f
		}
	}
	return math.NaN()
}

// LooseEqual is JavaScript's ==: as StrictEqual, but null equals undefined, and values of different
// types are compared as numbers.
func LooseEqual(a, b any) bool {
	if nothing(a) || nothing(b) {
		return nothing(a) && nothing(b)
	}
	if compound(a) && compound(b) {
		return StrictEqual(a, b)
	}
	a, b = primitive(a), primitive(b)
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			return s == t
		}
	}
	return Number(a) == Number(b)
}

// Compare is behind JavaScript's <, <=, > and >=: two texts are compared as texts, all else as
// numbers. It returns a negative number, 0 or a positive one, and false when there is no order,
// because one of them is not a number.
func Compare(a, b any) (order int, ok bool) {
	a, b = primitive(a), primitive(b)
	if s, ok := a.(string); ok {
		if t, ok := b.(string); ok {
			return strings.Compare(s, t), true
		}
	}
	switch x, y := Number(a), Number(b); {
	case x < y:
		return -1, true
	case x > y:
		return 1, true
	case x == y:
		return 0, true
	}
	return 0, false
}

// Add is JavaScript's +: it joins texts if one of the two is a text, a list or an object, and adds
// numbers otherwise.
func Add(a, b any) any {
	a, b = primitive(a), primitive(b)
	_, left := a.(string)
	_, right := b.(string)
	if left || right {
		return Text(a) + Text(b)
	}
	return Number(a) + Number(b)
}

// Power is JavaScript's ** and Math.pow, which differ from other languages' for exponents that are
// not finite.
func Power(x, y float64) float64 {
	if y != y || (x == 1 || x == -1) && math.IsInf(y, 0) {
		return math.NaN()
	}
	return math.Pow(x, y)
}

func nothing(v any) bool { return v == nil || v == Undefined }

func compound(v any) bool {
	switch v.(type) {
	case nil, undefined, bool, float64, string:
		return false
	}
	return true
}

// primitive turns lists and objects into the text that JavaScript's operators see in their place.
func primitive(v any) any {
	switch v := v.(type) {
	case []any:
		var b strings.Builder
		for i, e := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			if !nothing(e) {
				b.WriteString(Text(primitive(e)))
			}
		}
		return b.String()
	case nil, undefined, bool, float64, string:
		return v
	}
	return "[object Object]"
}
