package template

import (
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

func (d *Decoder) text() (any, error) {
	raw, escaped, high, err := d.quoted()
	switch {
	case err != nil:
		return nil, err
	case escaped || high && !utf8.Valid(raw):
		return string(appendUnescaped(nil, raw)), nil
	case len(d.data) <= smallDocument:
		return d.shared(d.pos-1-len(raw), len(raw)), nil
	case len(raw) > longestSeen || !d.repeats():
		return string(raw), nil
	}
	known := &d.seen.texts[slot(raw)]
	if s, ok := (*known).(string); !ok || s != string(raw) {
		*known = string(raw)
	}
	return *known, nil
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x80 * everyByte
)

// quoted reads a text and returns what stands between its quotes: whether there are escapes in it,
// which are then known to be well formed, and whether there may be bytes above 0x7f.
func (d *Decoder) quoted() (raw []byte, escaped, high bool, err error) {
	i := d.pos + 1
	var seen uint64
	for {
		// Eight bytes at a time: the lowest set bit of stop marks the first quote, backslash or
		// control character. Bits above it may be set wrongly, by a borrow.
		for i+8 <= len(d.data) {
			w := binary.LittleEndian.Uint64(d.data[i:])
			quote, slash := w^'"'*everyByte, w^'\\'*everyByte
			stop := ((w-0x20*everyByte)&^w | (quote-everyByte)&^quote | (slash-everyByte)&^slash) & highBits
			seen |= w
			if stop != 0 {
				i += bits.TrailingZeros64(stop) / 8
				break
			}
			i += 8
		}
		for i < len(d.data) && d.data[i] >= 0x20 && d.data[i] != '"' && d.data[i] != '\\' {
			seen |= uint64(d.data[i])
			i++
		}
		switch {
		case i >= len(d.data):
			return nil, false, false, &SyntaxError{Offset: len(d.data), Msg: "JSON text without an end"}
		case d.data[i] == '"':
			raw = d.data[d.pos+1 : i]
			d.pos = i + 1
			return raw, escaped, seen&highBits != 0, nil
		case d.data[i] != '\\':
			return nil, false, false, &SyntaxError{Offset: i, Msg: "control character in a JSON text"}
		}
		n := escapeLength(d.data[i:])
		if n == 0 {
			return nil, false, false, &SyntaxError{Offset: i, Msg: "unknown escape in a JSON text"}
		}
		escaped = true
		i += n
	}
}

// escapeLength returns the length of the escape that b starts with, 0 when it is none of JSON's.
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if _, ok := hexUnit(b); ok {
			return 6
		}
	}
	return 0
}

// hexUnit reads the \uXXXX at the start of b.
func hexUnit(b []byte) (rune, bool) {
	if len(b) < 6 || b[0] != '\\' || b[1] != 'u' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case isDigit(c):
			c -= '0'
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			c = c | 0x20 - 'a' + 10
		default:
			return 0, false
		}
		r = r<<4 | rune(c)
	}
	return r, true
}

// appendUnescaped appends a text whose escapes are known to be well formed.
func appendUnescaped(dst, raw []byte) []byte {
	for i := 0; i < len(raw); {
		c := raw[i]
		switch {
		case c >= utf8.RuneSelf:
			r, size := utf8.DecodeRune(raw[i:])
			dst = utf8.AppendRune(dst, r)
			i += size
			continue
		case c != '\\':
			dst = append(dst, c)
			i++
			continue
		}
		switch c = raw[i+1]; c {
		case 'b':
			c = '\b'
		case 'f':
			c = '\f'
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case 't':
			c = '\t'
		case 'u':
			r, _ := hexUnit(raw[i:])
			i += 6
			if !utf16.IsSurrogate(r) {
				dst = utf8.AppendRune(dst, r)
				continue
			}
			other, _ := hexUnit(raw[i:])
			if pair := utf16.DecodeRune(r, other); pair != utf8.RuneError {
				dst = utf8.AppendRune(dst, pair)
				i += 6
			} else {
				dst = appendSurrogate(dst, r)
			}
			continue
		}
		dst = append(dst, c)
		i += 2
	}
	return dst
}

// digits reads over a number and returns it as it is written.
func (d *Decoder) digits() ([]byte, error) {
	start, i := d.pos, d.pos
	if i < len(d.data) && d.data[i] == '-' {
		i++
	}
	run := func() bool {
		from := i
		for i < len(d.data) && isDigit(d.data[i]) {
			i++
		}
		return i > from
	}
	if i < len(d.data) && d.data[i] == '0' {
		i++
	} else if !run() {
		d.pos = i
		return nil, d.unexpected("instead of a value")
	}
	if i < len(d.data) && d.data[i] == '.' {
		i++
		if !run() {
			d.pos = i
			return nil, d.unexpected("instead of a digit")
		}
	}
	if i < len(d.data) && d.data[i]|0x20 == 'e' {
		i++
		if i < len(d.data) && (d.data[i] == '+' || d.data[i] == '-') {
			i++
		}
		if !run() {
			d.pos = i
			return nil, d.unexpected("instead of a digit")
		}
	}
	d.pos = i
	return d.data[start:i], nil
}

func (d *Decoder) number() (float64, error) {
	raw, err := d.digits()
	if err != nil {
		return 0, err
	}
	if f, ok := shortNumber(raw); ok {
		return f, nil
	}
	// The one error left is a number out of range, and that comes with the infinity it stands for.
	f, _ := strconv.ParseFloat(string(raw), 64)
	return f, nil
}

var powersOfTen = [...]float64{1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// shortNumber reads numbers of up to 15 digits without an exponent: both the digits and the power of
// ten are then exact, so one division rounds as it should.
func shortNumber(raw []byte) (float64, bool) {
	negative := raw[0] == '-'
	if negative {
		raw = raw[1:]
	}
	if len(raw) > 16 {
		return 0, false
	}
	var n int64
	digits, point := 0, -1
	for i, c := range raw {
		switch {
		case isDigit(c):
			n = n*10 + int64(c-'0')
			digits++
		case c == '.':
			point = i
		default:
			return 0, false
		}
	}
	if digits > 15 {
		return 0, false
	}
	f := float64(n)
	if point >= 0 {
		f /= powersOfTen[len(raw)-point-1]
	}
	if negative {
		f = -f
	}
	return f, true
}

// smallNumbers holds the commonest numbers as values, so that they need no memory of their own.
var smallNumbers = func() (boxed [256]any) {
	for i := range boxed {
		boxed[i] = float64(i)
	}
	return boxed
}()

func boxNumber(f float64) any {
	if f > 0 && f < float64(len(smallNumbers)) {
		if i := int(f); float64(i) == f {
			return smallNumbers[i]
		}
	}
	return f
}
