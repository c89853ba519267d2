package fake

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

const (
	digits  = "0123456789"
	lower   = "abcdefghijklmnopqrstuvwxyz"
	upper   = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	letters = lower + upper
	symbols = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
	base32  = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford's
	nano    = letters + digits + "_-"
)

var stringMakers = map[string]maker{
	"stringFromCharacters": func(_ Data, o options) (drawer, error) {
		characters := textsOf(o.direct)
		if len(characters) == 0 {
			return nil, errors.New("it needs characters: a text, or a list of texts")
		}
		return func(r source) any { return r.pick(characters) }, nil
	},
	"stringAlpha":        characters(letters, lower, upper),
	"stringAlphanumeric": characters(digits+letters, digits+lower, digits+upper),
	"stringBinary":       prefixed("01", "0b"),
	"stringOctal":        prefixed("01234567", "0o"),
	"stringHexadecimal": func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 1, 1)
		prefix, set := o.text("prefix", "0x"), "0123456789abcdefABCDEF"
		switch o.text("casing", "mixed") {
		case "upper":
			set = "0123456789ABCDEF"
		case "lower":
			set = "0123456789abcdef"
		}
		return func(r source) any { return string(r.append([]byte(prefix), set, length.draw(r))) }, err
	},
	"stringNumeric": func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 1, 1)
		all, zeros := without(digits, o.texts("exclude")), o.bool("allowLeadingZeros", true)
		first := all
		if !zeros {
			first = without(all, []string{"0"})
		}
		if err == nil && (all == "" || first == "") {
			err = errors.New("expected to exclude not all digits")
		}
		return func(r source) any {
			n := length.draw(r)
			if n == 0 {
				return ""
			}
			return string(r.append(r.append(nil, first, 1), all, n-1))
		}, err
	},
	"stringSample": func(_ Data, o options) (drawer, error) {
		length, err := o.rest(10, 10)
		return func(r source) any {
			b := make([]byte, length.draw(r))
			for i := range b {
				b[i] = byte(r.between(33, 125))
			}
			return string(b)
		}, err
	},
	"stringSymbol": lengthOf(symbols, 1),
	"stringNanoid": lengthOf(nano, 21),
	"stringUuid": func(d Data, o options) (drawer, error) {
		at, err := d.time(o, "refDate")
		switch o.number("version", 4) {
		case 4:
			return func(r source) any { return r.uuid() }, err
		case 7:
			return func(r source) any { return uuid(uint64(at.UnixMilli())<<16|7<<12|r.Uint64()&0xfff, r.Uint64()) }, err
		}
		return nil, errors.New("expected version to be 4 or 7")
	},
	"stringUlid": func(d Data, o options) (drawer, error) {
		at, err := d.time(o, "refDate")
		return func(r source) any { return r.ulid(at) }, err
	},
}

// append appends n characters out of a set of single bytes.
func (r source) append(dst []byte, set string, n int) []byte {
	for range n {
		dst = append(dst, set[r.IntN(len(set))])
	}
	return dst
}

func (r source) chars(set string, n int) string { return string(r.append(make([]byte, 0, n), set, n)) }

// without is a set of characters less those of some texts.
func without(set string, excluded []string) string {
	return strings.Map(func(c rune) rune {
		if slices.Contains(excluded, string(c)) {
			return -1
		}
		return c
	}, set)
}

func characters(mixed, low, up string) maker {
	return func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 1, 1)
		set := mixed
		switch o.text("casing", "mixed") {
		case "lower":
			set = low
		case "upper":
			set = up
		}
		if set = without(set, o.texts("exclude")); set == "" && err == nil {
			err = errors.New("expected to exclude not all characters")
		}
		return func(r source) any { return r.chars(set, length.draw(r)) }, err
	}
}

func prefixed(set, prefix string) maker {
	return func(_ Data, o options) (drawer, error) {
		length, err := o.span("length", 1, 1)
		prefix := o.text("prefix", prefix)
		return func(r source) any { return string(r.append([]byte(prefix), set, length.draw(r))) }, err
	}
}

func lengthOf(set string, n int) maker {
	return func(_ Data, o options) (drawer, error) {
		length, err := o.rest(n, n)
		return func(r source) any { return r.chars(set, length.draw(r)) }, err
	}
}

// hexadecimal draws small hexadecimal digits.
func (r source) hexadecimal(n int) string { return r.chars("0123456789abcdef", n) }

func (r source) uuid() string { return uuid(r.Uint64()&^0xf000|0x4000, r.Uint64()) }

func uuid(high, low uint64) string {
	low = low&^(3<<62) | 2<<62
	var b [36]byte
	for at, half := 0, high; at < len(b); {
		switch at {
		case 8, 13, 18, 23:
			b[at] = '-'
			at++
			if at == 19 {
				half = low
			}
		default:
			b[at] = "0123456789abcdef"[half>>60]
			half <<= 4
			at++
		}
	}
	return string(b[:])
}

func (r source) ulid(at time.Time) string {
	var b [26]byte
	ms := at.UnixMilli()
	for i := 9; i >= 0; i-- {
		b[i] = base32[ms&31]
		ms >>= 5
	}
	for i := 10; i < len(b); i++ {
		b[i] = base32[r.IntN(32)]
	}
	return string(b[:])
}

// fill replaces each # by a digit, each ! by one that is not 0 or 1, and each ? by a capital letter.
func (r source) fill(pattern string) string {
	b := []byte(pattern)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = digits[r.IntN(10)]
		case '!':
			b[i] = digits[2+r.IntN(8)]
		case '?':
			b[i] = upper[r.IntN(26)]
		}
	}
	return string(b)
}

// digitRange is one of several digits in the form of a card's number.
var digitRange = regexp.MustCompile(`\[[0-9]-[0-9]\]`)

// fillLuhn does it with #, ! and ranges such as [7-9], and puts the check digit of Luhn in the place of L.
func (r source) fillLuhn(pattern string) string {
	if strings.Contains(pattern, "[") {
		pattern = digitRange.ReplaceAllStringFunc(pattern, func(s string) string {
			return decimal(r.between(int(min(s[1], s[3])-'0'), int(max(s[1], s[3])-'0')))
		})
	}
	b := []byte(pattern)
	for i, c := range b {
		switch c {
		case '#':
			b[i] = digits[r.IntN(10)]
		case '!':
			b[i] = digits[2+r.IntN(8)]
		}
	}
	sum, double := 0, true
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] < '0' || b[i] > '9' {
			continue
		}
		d := int(b[i] - '0')
		if double {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	if i := strings.LastIndexByte(string(b), 'L'); i >= 0 {
		b[i] = digits[(10-sum%10)%10]
	}
	return string(b)
}
