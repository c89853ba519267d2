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
	keys    [64]string
}

// NewDecoder returns a decoder at the start of a JSON text.
func NewDecoder(data []byte) *Decoder { return &Decoder{data: data} }

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
		s, err := d.text()
		if err != nil {
			return nil, err
		}
		return s, nil
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
	if escaped || high && !utf8.Valid(key) {
		d.scratch = appendUnescaped(d.scratch[:0], key)
		key = d.scratch
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
	start := len(d.members)
	var seen uint64          // a bit for each slot of keys that this object has used
	var index map[string]int // once the object is large
	for first := true; ; first = false {
		raw, ok, err := d.Member(first)
		if err != nil {
			return nil, err
		}
		if !ok {
			break
		}
		key, slot := d.key(raw)
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
		switch bit := uint64(1) << slot; {
		case index != nil:
			if i, ok := index[key]; ok {
				at = i
			} else {
				index[key] = n
			}
		case seen&bit != 0:
			for i := range n {
				if d.members[start+i].key == key {
					at = i
				}
			}
		default:
			seen |= bit
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

// key makes a text of a key, the same one again when the key came before: documents are mostly lists
// of objects that look alike.
func (d *Decoder) key(raw []byte) (key string, slot uint) {
	if n := len(raw); n > 0 {
		slot = (uint(n)*7 + uint(raw[0])*31 + uint(raw[n-1])*17 + uint(raw[n/2])) % uint(len(d.keys))
	}
	if d.keys[slot] != string(raw) {
		d.keys[slot] = string(raw)
	}
	return d.keys[slot], slot
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
