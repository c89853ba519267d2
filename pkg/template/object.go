package template

// indexedAbove is the number of members above which an Object keeps an index of its keys: up to it,
// comparing keys one by one is as quick as hashing one.
const indexedAbove = 16

// Object is a map from strings to values that keeps the order in which its keys were first set. It
// follows the own properties of a JavaScript object, save that keys that look like integers keep
// their place too. The zero Object is empty and ready; reading a nil one is allowed. An Object may be
// read by many goroutines at once, but not while it is changed.
type Object struct {
	members []member
	index   map[string]int // place in members of each key; nil up to indexedAbove members
}

type member struct {
	key   string
	value any
}

// NewObject returns an empty object.
func NewObject() *Object { return &Object{} }

// Get returns the value of a key and whether the object has that key.
func (o *Object) Get(key string) (any, bool) {
	if i := o.find(key); i >= 0 {
		return o.members[i].value, true
	}
	return nil, false
}

// Set gives a key its value. A new key goes to the end, a known one keeps its place.
func (o *Object) Set(key string, v any) {
	if i := o.find(key); i >= 0 {
		o.members[i].value = v
		return
	}
	o.members = append(o.members, member{key, v})
	switch n := len(o.members); {
	case o.index != nil:
		o.index[key] = n - 1
	case n > indexedAbove:
		o.reindex()
	}
}

// Delete takes a key and its value away. Deleting an absent key does nothing.
func (o *Object) Delete(key string) {
	i := o.find(key)
	if i < 0 {
		return
	}
	copy(o.members[i:], o.members[i+1:])
	o.members[len(o.members)-1] = member{}
	o.members = o.members[:len(o.members)-1]
	o.reindex()
}

// Len returns the number of keys.
func (o *Object) Len() int {
	if o == nil {
		return 0
	}
	return len(o.members)
}

// At returns the key and the value at place i, counted from 0 in the order of the keys. It panics when
// i is not below Len.
func (o *Object) At(i int) (string, any) {
	m := &o.members[i]
	return m.key, m.value
}

// MarshalJSON writes the object as AppendJSON does.
func (o *Object) MarshalJSON() ([]byte, error) {
	if o == nil {
		return []byte("null"), nil
	}
	return AppendJSON(nil, o), nil
}

// UnmarshalJSON replaces the object's members by those of a JSON object.
func (o *Object) UnmarshalJSON(data []byte) error {
	v, err := ParseJSON(data)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		return nil
	case *Object:
		*o = *v
		return nil
	}
	return &SyntaxError{Msg: "not a JSON object"}
}

func (o *Object) find(key string) int {
	if o == nil {
		return -1
	}
	if o.index != nil {
		if i, ok := o.index[key]; ok {
			return i
		}
		return -1
	}
	for i := range o.members {
		if o.members[i].key == key {
			return i
		}
	}
	return -1
}

func (o *Object) reindex() {
	if len(o.members) <= indexedAbove {
		o.index = nil
		return
	}
	o.index = make(map[string]int, 2*len(o.members))
	for i := range o.members {
		o.index[o.members[i].key] = i
	}
}
