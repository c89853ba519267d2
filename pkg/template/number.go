package template

import (
	"math"
	"strconv"
	"strings"
	"unicode"
)

// maxSafeInteger is the greatest integer up to which every integer is a float64 of its own.
const maxSafeInteger = 1<<53 - 1

// AppendNumber appends a number as JavaScript prints it: the fewest digits that read back as the same
// number, an exponent below 1e-6 and from 1e21 on, NaN, Infinity, and 0 for the negative zero.
func AppendNumber(dst []byte, f float64) []byte {
	switch {
	case f != f:
		return append(dst, "NaN"...)
	case f > math.MaxFloat64:
		return append(dst, "Infinity"...)
	case f < -math.MaxFloat64:
		return append(dst, "-Infinity"...)
	}
	abs := math.Abs(f)
	if abs <= maxSafeInteger && f == math.Trunc(f) {
		return strconv.AppendInt(dst, int64(f), 10)
	}
	if 1e-6 <= abs && abs < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	// Go writes at least two digits of exponent, JavaScript as few as there are.
	if n := len(dst); dst[n-2] == '0' && (dst[n-3] == '-' || dst[n-3] == '+') {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// ToNumber reads a text as JavaScript's Number does: a decimal number with or without fraction and
// exponent, 0x, 0o and 0b integers, Infinity; white space around it is ignored. Anything else is no
// number, and neither is a text with nothing in it (which Number reads as 0).
func ToNumber(s string) (float64, bool) {
	s = strings.TrimFunc(s, isSpace)
	if s == "" {
		return 0, false
	}
	if len(s) > 2 && s[0] == '0' {
		if base, ok := radix(s[1]); ok {
			return toInteger(s[2:], base)
		}
	}
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return 0, false
	}
	if digits == "Infinity" {
		if s[0] == '-' {
			return math.Inf(-1), true
		}
		return math.Inf(1), true
	}
	if !isDecimal(digits) {
		return 0, false
	}
	// The one error left is a number out of range, and that comes with the infinity it stands for.
	f, _ := strconv.ParseFloat(s, 64)
	return f, true
}

// isDecimal tells whether s is digits with at most one point among or around them, and perhaps an
// exponent.
func isDecimal(s string) bool {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	n := i
	if i < len(s) && s[i] == '.' {
		i++
		for i < len(s) && isDigit(s[i]) {
			i++
			n++
		}
	}
	if n == 0 {
		return false
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		i++
		if i < len(s) && (s[i] == '+' || s[i] == '-') {
			i++
		}
		if i == len(s) {
			return false
		}
		for i < len(s) && isDigit(s[i]) {
			i++
		}
	}
	return i == len(s)
}

func radix(c byte) (base int, ok bool) {
	switch c | 0x20 {
	case 'x':
		return 16, true
	case 'o':
		return 8, true
	case 'b':
		return 2, true
	}
	return 0, false
}

func toInteger(digits string, base int) (float64, bool) {
	if n, err := strconv.ParseUint(digits, base, 53); err == nil {
		return float64(n), true
	}
	f := 0.0
	for i := range len(digits) {
		d, err := strconv.ParseUint(digits[i:i+1], base, 8)
		if err != nil {
			return 0, false
		}
		f = f*float64(base) + float64(d)
	}
	return f, true
}

// isSpace is JavaScript's white space.
func isSpace(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', ' ', 0xfeff, 0x2028, 0x2029:
		return true
	}
	return r > 0x7f && unicode.Is(unicode.Zs, r)
}
