package template

import (
	"math"
	"slices"
	"unicode/utf8"
)

type undefined struct{}

func (undefined) String() string { return "undefined" }

// Undefined is the one undefined value: what a missing variable is. Compare with ==.
var Undefined any = undefined{}

// Truthy tells whether a value counts as true in a condition: everything but null, undefined, false,
// 0, NaN and the empty text.
func Truthy(v any) bool {
	switch v := v.(type) {
	case nil, undefined:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && v == v
	case string:
		return v != ""
	}
	return true
}

// StrictEqual is JavaScript's ===: same type and same value. Lists and objects are equal only to
// themselves, NaN to nothing.
func StrictEqual(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		return ok && sameList(a, b)
	case nil, undefined, bool, float64, string, *Object:
		return a == b
	}
	return false
}

// sameList is the identity of lists, as far as Go can tell: the same elements in the same memory.
func sameList(a, b []any) bool {
	return len(a) == len(b) && (len(a) == 0 || &a[0] == &b[0])
}

// AppendText appends a value as it looks in the middle of a text: a text as it is, a number as
// JavaScript prints it, lists, objects and null as JSON, undefined as "undefined".
func AppendText(dst []byte, v any) []byte {
	switch v := v.(type) {
	case string:
		return append(dst, v...)
	case undefined:
		return append(dst, "undefined"...)
	case float64:
		return AppendNumber(dst, v)
	}
	return AppendJSON(dst, v)
}

// Text returns a value as AppendText writes it.
func Text(v any) string {
	if s, ok := v.(string); ok {
		return s
	}
	return string(AppendText(nil, v))
}

// Member returns what v has under a key, as JavaScript's own properties have it: an object's value, a
// list's element or a text's character when the key is an index, and the length of a list or a text. It
// is Undefined and false for what is not there.
func Member(v any, key string) (any, bool) {
	switch v := v.(type) {
	case *Object:
		if member, ok := v.Get(key); ok {
			return member, true
		}
	case []any:
		if i, ok := listIndex(key); ok && i < len(v) {
			return v[i], true
		}
		if key == "length" {
			return float64(len(v)), true
		}
	case string:
		if key == "length" {
			return float64(utf16Length(v)), true
		}
		if i, ok := listIndex(key); ok {
			return utf16At(v, i)
		}
	}
	return Undefined, false
}

// listIndex reads a key that is an index in its one canonical spelling.
func listIndex(key string) (int, bool) {
	if key == "" || len(key) > 9 || key[0] == '0' && key != "0" {
		return 0, false
	}
	n := 0
	for i := range len(key) {
		if !isDigit(key[i]) {
			return 0, false
		}
		n = n*10 + int(key[i]-'0')
	}
	return n, true
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// utf16Length counts a text the way JavaScript does, in units of 16 bits.
func utf16Length(s string) int {
	n := 0
	for i := 0; i < len(s); {
		_, size, units := decodeUnit(s[i:])
		i += size
		n += units
	}
	return n
}

func utf16At(s string, at int) (any, bool) {
	n := 0
	for i := 0; i < len(s); {
		r, size, units := decodeUnit(s[i:])
		switch {
		case n == at && units == 1:
			return s[i : i+size], true
		case n == at:
			return string(appendSurrogate(nil, 0xd800+(r-0x10000)>>10)), true
		case n+1 == at && units == 2:
			return string(appendSurrogate(nil, 0xdc00+(r-0x10000)&0x3ff)), true
		}
		i += size
		n += units
	}
	return Undefined, false
}

// decodeUnit reads the first character of s, half a surrogate pair included, and says how many bytes
// and how many 16-bit units it takes.
func decodeUnit(s string) (r rune, size, units int) {
	if half, ok := leadingSurrogate(s); ok {
		return half, 3, 1
	}
	r, size = utf8.DecodeRuneInString(s)
	if r > math.MaxUint16 {
		return r, size, 2
	}
	return r, size, 1
}

// Half a surrogate pair is no character, but JavaScript's texts may hold one. Here it is kept as the
// three bytes that UTF-8 would give it, which no valid text contains.

func leadingSurrogate(s string) (rune, bool) {
	if len(s) >= 3 && s[0] == 0xed && s[1]&0xe0 == 0xa0 && s[2]&0xc0 == 0x80 {
		return 0xd000 | rune(s[1]&0x3f)<<6 | rune(s[2]&0x3f), true
	}
	return 0, false
}

func appendSurrogate(dst []byte, r rune) []byte {
	return append(dst, 0xed, 0x80|byte(r>>6)&0x3f, 0x80|byte(r)&0x3f)
}

// deepCopy copies lists and objects all the way down; all other values are immutable.
func deepCopy(v any) any {
	switch v := v.(type) {
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = deepCopy(e)
		}
		return list
	case *Object:
		if v == nil {
			return v
		}
		o := &Object{members: slices.Clone(v.members)}
		for i := range o.members {
			o.members[i].value = deepCopy(o.members[i].value)
		}
		o.reindex()
		return o
	}
	return v
}
