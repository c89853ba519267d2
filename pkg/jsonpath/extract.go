package jsonpath

import (
	"strconv"

	"salvo/pkg/template"
)

func (p *Path) extractPlain(body []byte) (any, int, error) {
	d := template.NewDecoder(body)
	v, ok, err := extract(d, p.names)
	if err == nil {
		err = d.End()
	}
	if err != nil || !ok {
		return template.Undefined, 0, err
	}
	return v, 1, nil
}

// extract reads the next value to its end and returns what it has under the names.
func extract(d *template.Decoder, names []string) (v any, ok bool, err error) {
	if len(names) == 0 {
		v, err = d.Value()
		return v, err == nil, err
	}
	switch d.Peek() {
	case '{':
		return extractMember(d, names)
	case '[':
		return extractElement(d, names)
	}
	if v, err = d.Value(); err != nil {
		return nil, false, err
	}
	v, ok = descend(v, names)
	return v, ok, nil
}

func extractMember(d *template.Decoder, names []string) (v any, ok bool, err error) {
	for first := true; ; first = false {
		key, more, err := d.Member(first)
		if err != nil || !more {
			return v, ok, err
		}
		if string(key) != names[0] {
			if err := d.Skip(); err != nil {
				return nil, false, err
			}
			continue
		}
		// Not the end: of a key that comes twice the last value counts.
		if v, ok, err = extract(d, names[1:]); err != nil {
			return nil, false, err
		}
	}
}

func extractElement(d *template.Decoder, names []string) (v any, ok bool, err error) {
	index, err := strconv.Atoi(names[0])
	if err != nil || strconv.Itoa(index) != names[0] {
		index = -1
	}
	n := 0
	for ; ; n++ {
		more, err := d.Element(n == 0)
		if err != nil {
			return nil, false, err
		}
		if !more {
			break
		}
		if n != index {
			if err := d.Skip(); err != nil {
				return nil, false, err
			}
			continue
		}
		if v, ok, err = extract(d, names[1:]); err != nil {
			return nil, false, err
		}
	}
	if names[0] == "length" {
		v, ok = descend(float64(n), names[1:])
	}
	return v, ok, nil
}

func descend(v any, names []string) (any, bool) {
	for _, name := range names {
		var ok bool
		if v, ok = template.Member(v, name); !ok {
			return nil, false
		}
	}
	return v, true
}
