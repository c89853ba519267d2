package template

import (
	"strconv"
	"unicode/utf8"
)

// maxDepth is how deep the lists and objects of a JSON text, and the parentheses of an expression, may
// be nested.
const maxDepth = 1000

// SyntaxError is a fault in a text: where it is, counted in bytes from 0, and what it is.
type SyntaxError struct {
	Offset int
	Msg    string
}

func (e *SyntaxError) Error() string { return e.Msg + " at offset " + strconv.Itoa(e.Offset) }

// ParseJSON reads a JSON text as JavaScript does: objects keep the order of their keys, of a key that
// comes twice the last value stays, all numbers are float64. Bytes that are not UTF-8 become U+FFFD.
// The error is a *SyntaxError, also when the text is nested deeper than 1,000 levels.
func ParseJSON(data []byte) (any, error) {
	d := Decoder{data: data}
	v, err := d.Value()
	if err != nil {
		return nil, err
	}
	if err := d.End(); err != nil {
		return nil, err
	}
	return v, nil
}

// Decoder reads a JSON text from front to back, a value at a time, and so lets its user skip what it
// does not need. All its errors are *SyntaxError, and after one the Decoder is of no more use.
type Decoder struct {
	data    []byte
	pos     int
	depth   int
	members []member // of the objects being read, the innermost last
	list    []any    // likewise of lists
	scratch []byte   // the last key with escapes
	keyAt   int      // where the last key stands in data, -1 when it is in scratch
	whole   string   // all of data, once a text of a small document was read
	texts   int      // texts made of a large document, up to when it has seen
	seen    *seen
}

// Up to this size, in bytes, all texts of a document share one copy of it, which is little to keep for
// the sake of one of them. In a larger one each text has its own memory.
const smallDocument = 512

// seen is what a document lately contained, by a hash: large documents are mostly lists of objects that
// look alike, so the same texts need not be made again.
type seen struct {
	keys  [slots]string
	texts [slots]any // texts, as values
}

const (
	slots = 64
	// seenAfter is how many texts are made before it is worthwhile to look out for them.
	seenAfter = 32
	// longestSeen is the length up to which a text that is no key may well come again.
	longestSeen = 24
)

// NewDecoder returns a decoder at the start of a JSON text.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

// repeats tells whether to look a text up in seen.
func (d *Decoder) repeats() bool {
	if d.seen == nil {
		if d.texts++; d.texts <= seenAfter {
			return false
		}
		d.seen = new(seen)
	}
	return true
}

func slot(raw []byte) uint {
	n := len(raw)
	if n == 0 {
		return 0
	}
	return (uint(n)*7 + uint(raw[0])*31 + uint(raw[n-1])*17 + uint(raw[n/2])) % slots
}

// Peek returns the first byte of the next value and 0 at the end of the text. It tells what the value
// is to be: '{', '[', '"', 't', 'f', 'n', and '-' or a digit for a number.
func (d *Decoder) Peek() byte {
	for d.pos < len(d.data) {
		switch c := d.data[d.pos]; c {
		case ' ', '\t', '\n', '\r':
			d.pos++
		default:
			return c
		}
	}
	return 0
}

// End checks that nothing but white space is left.
func (d *Decoder) End() error {
	if d.Peek() != 0 || d.pos < len(d.data) {
		return d.unexpected("after the value")
	}
	return nil
}

// Value reads the next value.
func (d *Decoder) Value() (any, error) {
	switch c := d.Peek(); c {
	case '{':
		return d.object()
	case '[':
		return d.array()
	case '"':
		return d.text()
	case 't':
		return true, d.literal("true")
	case 'f':
		return false, d.literal("false")
	case 'n':
		return nil, d.literal("null")
	default:
		f, err := d.number()
		if err != nil {
			return nil, err
		}
		return boxNumber(f), nil
	}
}

// Skip reads over the next value, as strictly as Value does.
func (d *Decoder) Skip() error {
	switch c := d.Peek(); c {
	case '{':
		for first := true; ; first = false {
			_, ok, err := d.Member(first)
			if err != nil || !ok {
				return err
			}
			if err := d.Skip(); err != nil {
				return err
			}
		}
	case '[':
		for first := true; ; first = false {
			ok, err := d.Element(first)
			if err != nil || !ok {
				return err
			}
			if err := d.Skip(); err != nil {
				return err
			}
		}
	case '"':
		_, _, _, err := d.quoted()
		return err
	case 't':
		return d.literal("true")
	case 'f':
		return d.literal("false")
	case 'n':
		return d.literal("null")
	default:
		_, err := d.digits()
		return err
	}
}

// Member moves to the next member of an object and returns its key, or false when the object ends.
// The first call for an object reads its opening brace. The caller reads the value before it calls
// again, and does not keep the key.
func (d *Decoder) Member(first bool) (key []byte, ok bool, err error) {
	switch c := d.Peek(); {
	case first && c != '{':
		return nil, false, d.unexpected("instead of {")
	case first:
		if err := d.enter(); err != nil {
			return nil, false, err
		}
		if d.Peek() == '}' {
			d.leave()
			return nil, false, nil
		}
	case c == '}':
		d.leave()
		return nil, false, nil
	case c == ',':
		d.pos++
	default:
		return nil, false, d.unexpected("instead of , or }")
	}
	if d.Peek() != '"' {
		return nil, false, d.unexpected("instead of a key")
	}
	key, escaped, high, err := d.quoted()
	if err != nil {
		return nil, false, err
	}
	d.keyAt = d.pos - 1 - len(key)
	if escaped || high && !utf8.Valid(key) {
		d.scratch = appendUnescaped(d.scratch[:0], key)
		key, d.keyAt = d.scratch, -1
	}
	if d.Peek() != ':' {
		return nil, false, d.unexpected("instead of :")
	}
	d.pos++
	return key, true, nil
}

// Element moves to the next element of a list, or returns false when the list ends. The first call
// for a list reads its opening bracket. The caller reads the element before it calls again.
func (d *Decoder) Element(first bool) (ok bool, err error) {
	switch c := d.Peek(); {
	case first && c != '[':
		return false, d.unexpected("instead of [")
	case first:
		if err := d.enter(); err != nil {
			return false, err
		}
		if d.Peek() == ']' {
			d.leave()
			return false, nil
		}
	case c == ']':
		d.leave()
		return false, nil
	case c == ',':
		d.pos++
	default:
		return false, d.unexpected("instead of , or ]")
	}
	return true, nil
}

func (d *Decoder) enter() error {
	if d.depth == maxDepth {
		return &SyntaxError{Offset: d.pos, Msg: "JSON nested too deep"}
	}
	d.depth++
	d.pos++
	return nil
}

func (d *Decoder) leave() {
	d.depth--
	d.pos++
}

func (d *Decoder) object() (any, error) {
	if d.members == nil {
		d.members = make([]member, 0, 16)
	}
	start := len(d.members)
	var used uint64          // a bit for each slot that a key of this object has
	var index map[string]int // once the object is large
	for first := true; ; first = false {
		raw, ok, err := d.Member(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		bit := uint64(1) << slot(raw)
		key := d.key(raw)
		v, err := d.Value()
		if err != nil {
			return nil, err
		}
		n := len(d.members) - start
		if index == nil && n == indexedAbove {
			index = make(map[string]int, 4*n)
			for i, m := range d.members[start:] {
				index[m.key] = i
			}
		}
		at := -1
		switch {
		case index != nil:
			if i, ok := index[key]; ok {
				at = i
			} else {
				index[key] = n
			}
		case used&bit != 0:
			for i := range n {
				if d.members[start+i].key == key {
					at = i
				}
			}
		default:
			used |= bit
		}
		if at >= 0 {
			d.members[start+at].value = v
			continue
		}
		d.members = append(d.members, member{key, v})
	}
	o := &Object{}
	if n := len(d.members) - start; n > 0 {
		o.members = make([]member, n)
		copy(o.members, d.members[start:])
		d.members = d.members[:start]
		if n > indexedAbove {
			o.index = index
		}
	}
	return o, nil
}

func (d *Decoder) array() (any, error) {
	if d.list == nil {
		d.list = make([]any, 0, 8)
	}
	start := len(d.list)
	for first := true; ; first = false {
		ok, err := d.Element(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		v, err := d.Value()
		if err != nil {
			return nil, err
		}
		d.list = append(d.list, v)
	}
	list := make([]any, len(d.list)-start)
	copy(list, d.list[start:])
	d.list = d.list[:start]
	return list, nil
}

func (d *Decoder) key(raw []byte) string {
	if small := len(d.data) <= smallDocument; small && d.keyAt >= 0 {
		return d.shared(d.keyAt, len(raw))
	} else if small || !d.repeats() {
		return string(raw)
	}
	known := &d.seen.keys[slot(raw)]
	if *known != string(raw) {
		*known = string(raw)
	}
	return *known
}

// shared returns a part of the copy of a small document.
func (d *Decoder) shared(at, length int) string {
	if d.whole == "" {
		d.whole = string(d.data)
	}
	return d.whole[at : at+length]
}

func (d *Decoder) literal(word string) error {
	if len(d.data)-d.pos < len(word) || string(d.data[d.pos:d.pos+len(word)]) != word {
		return d.unexpected("instead of " + word)
	}
	d.pos += len(word)
	return nil
}

func (d *Decoder) unexpected(where string) error {
	if d.pos >= len(d.data) {
		return &SyntaxError{Offset: len(d.data), Msg: "JSON ends " + where}
	}
	c := d.data[d.pos]
	if c < 0x20 || c >= 0x7f {
		return &SyntaxError{Offset: d.pos, Msg: "unexpected byte 0x" + string([]byte{hexDigits[c>>4], hexDigits[c&15]}) + " " + where}
	}
	return &SyntaxError{Offset: d.pos, Msg: "unexpected " + string(rune(c)) + " " + where}
}
