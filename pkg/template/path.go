package template

import "strings"

// maxGap is how far beyond its end a list may be written to. A list with a greater index is made an
// object, instead of taking memory for all that lies between.
const maxGap = 10_000

// Path is a place in the variables: the name of one, and how to go on from there into lists and
// objects. It reads a.b, a[0], a['k'] and a[k], and all mixtures of them, as lodash does.
type Path struct {
	text string
	keys []string
}

// ParsePath reads a path. Every text is one: what has neither a dot nor a pair of brackets in it is
// the name of a variable, whatever characters it is made of.
func ParsePath(s string) Path {
	if !strings.ContainsAny(s, ".[") || !isDeep(s) {
		return Path{text: s, keys: []string{s}}
	}
	return Path{text: s, keys: splitPath(s)}
}

// Root returns the name of the variable that the path begins at.
func (p Path) Root() string {
	if len(p.keys) == 0 {
		return p.text
	}
	return p.keys[0]
}

// String returns the path as it was written.
func (p Path) String() string { return p.text }

// Get returns what is at the path, and Undefined if nothing is. A variable whose name is the whole
// text of the path, dots included, goes first.
func (p Path) Get(s Scope) any {
	if v, ok := s.Lookup(p.text); ok {
		return v
	}
	if len(p.keys) == 0 || len(p.keys) == 1 && p.keys[0] == p.text {
		return Undefined
	}
	v, ok := s.Lookup(p.keys[0])
	if !ok {
		return Undefined
	}
	for _, key := range p.keys[1:] {
		if v, ok = Member(v, key); !ok {
			return Undefined
		}
	}
	return v
}

// Set returns the new value of the root variable after v has been put at the path; old is its value
// until now, Undefined or nil when there is none. Lists and objects that are missing on the way are
// made; what is neither gives way to one. The old value is not changed: what it shares with the new
// one is only what lies off the path, so other users who read it are safe.
func (p Path) Set(old any, v any) any {
	if len(p.keys) < 2 {
		return v
	}
	return setAt(old, p.keys[1:], v)
}

func setAt(old any, keys []string, v any) any {
	if len(keys) == 0 {
		return v
	}
	key := keys[0]
	index, isIndex := listIndex(key)
	switch old := old.(type) {
	case *Object:
		return setMember(old, keys, v)
	case []any:
		if isIndex && index <= len(old)+maxGap {
			return setElement(old, index, keys, v)
		}
		// A list has no room for such a key, an object has.
		o := NewObject()
		for i, e := range old {
			o.Set(string(AppendNumber(nil, float64(i))), e)
		}
		return setMember(o, keys, v)
	}
	if isIndex && index <= maxGap {
		return setElement(nil, index, keys, v)
	}
	return setMember(nil, keys, v)
}

func setMember(old *Object, keys []string, v any) any {
	o := NewObject()
	for i := range old.Len() {
		o.Set(old.At(i))
	}
	below, _ := old.Get(keys[0])
	o.Set(keys[0], setAt(below, keys[1:], v))
	return o
}

func setElement(old []any, index int, keys []string, v any) any {
	list := make([]any, max(len(old), index+1))
	for i := copy(list, old); i < len(list); i++ {
		list[i] = Undefined
	}
	list[index] = setAt(list[index], keys[1:], v)
	return list
}

// isDeep tells a path from a name that merely has a bracket in it: there must be a dot, or a pair of
// brackets with no other bracket between them.
func isDeep(s string) bool {
	if strings.Contains(s, ".") {
		return true
	}
	for i := 0; ; {
		open := strings.IndexByte(s[i:], '[')
		if open < 0 {
			return false
		}
		i += open + 1
		if _, _, ok := quotedKey(s[i:]); ok {
			return true
		}
		if end := strings.IndexAny(s[i:], "[]"); end >= 0 && s[i+end] == ']' {
			return true
		}
	}
}

func splitPath(s string) []string {
	var keys []string
	if s[0] == '.' {
		keys = append(keys, "")
	}
	for i := 0; i < len(s); {
		switch s[i] {
		case '[':
			if key, n, ok := quotedKey(s[i+1:]); ok {
				keys = append(keys, key)
				i += 1 + n
				continue
			}
			// An empty pair of brackets before a separator is an empty key, as two dots are.
			if strings.HasPrefix(s[i:], "[]") && separates(s[i+2:]) {
				keys = append(keys, "")
			}
			i++
		case '.':
			if separates(s[i+1:]) {
				keys = append(keys, "")
			}
			i++
		case ']':
			i++
		default:
			n := strings.IndexAny(s[i:], ".[]")
			if n < 0 {
				n = len(s) - i
			}
			keys = append(keys, s[i:i+n])
			i += n
		}
	}
	return keys
}

func separates(rest string) bool {
	return rest == "" || rest[0] == '.' || strings.HasPrefix(rest, "[]")
}

// quotedKey reads 'key'] or "key"] at the start of s and says how many bytes it takes.
func quotedKey(s string) (key string, n int, ok bool) {
	if s == "" || s[0] != '\'' && s[0] != '"' {
		return "", 0, false
	}
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case c == s[0]:
			if i+1 < len(s) && s[i+1] == ']' {
				return b.String(), i + 2, true
			}
			return "", 0, false
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0, false
}
