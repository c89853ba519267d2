package script

// status is what Salvo does with a key that it knows.
type status uint8

const (
	supported status = iota
	idle             // accepted, because leaving it out would change nothing
	moot             // accepted with a warning; advice says why it has no effect
	refused          // a fault by name; advice says what to do instead
	silent           // belongs to a key that is refused itself, so one fault is enough
)

// shape is what a value may be.
type shape struct {
	kinds  kind
	object *object // for an object; nil: its members are the user's own
	item   *shape  // for the elements of a list; nil: anything
	form   *form   // for editors; nil: whatever is of the kinds
}

// field is one key of an object.
type field struct {
	name     string
	doc      string // what the key is for, in one line
	shape    shape
	status   status
	advice   string // what to do about a refused key, or why a moot one has no effect
	required bool
	action   bool   // one of the keys of which a step has exactly one
	belongs  string // of the other keys of a step: the action they go with, when it is not loop
}

// object is one of the objects a script is made of.
type object struct {
	name   string // as faults call it: "a phase"
	fields []field
	each   *shape // the value under any key but those of fields, for objects whose keys are the user's own names
	closed bool   // an unknown key is a fault: what is left out for it would be missed

	// What follows is for editors: the builder tells it in words of its own.
	names string     // a pattern for the keys; "" for any
	only  []string   // with each: the keys that there are beside those of fields; nil for any
	needs [][]string // keys of which at least one has to be there
	lone  bool       // exactly one key
}

func (o *object) field(name string) *field {
	for i := range o.fields {
		if o.fields[i].name == name {
			return &o.fields[i]
		}
	}
	return nil
}

// actions are the keys that make a step.
func (o *object) actions() bool {
	for _, f := range o.fields {
		if f.action {
			return true
		}
	}
	return false
}

func key(name string, s shape, doc string) field {
	return field{name: name, shape: s, doc: doc}
}

func (f field) must() field { f.required = true; return f }
func (f field) act() field  { f.action = true; return f }

// of makes a key of a step one that goes with an action.
func (f field) of(action string) field { f.belongs = action; return f }

// owner is the action that a key of a step goes with.
func (f field) owner() string {
	if f.belongs == "" {
		return "loop"
	}
	return f.belongs
}

func refuse(name, advice string) field {
	return field{name: name, status: refused, advice: advice, shape: shape{kinds: kindAny}}
}

func ignore(name, doc string) field {
	return field{name: name, status: idle, doc: doc, shape: shape{kinds: kindAny}}
}

func pass(name, why string) field {
	return field{name: name, status: moot, advice: why, shape: shape{kinds: kindAny}}
}

func partOfRefused(names ...string) []field {
	var fields []field
	for _, name := range names {
		fields = append(fields, field{name: name, status: silent, shape: shape{kinds: kindAny}})
	}
	return fields
}

func fields(groups ...any) []field {
	var all []field
	for _, g := range groups {
		switch g := g.(type) {
		case field:
			all = append(all, g)
		case []field:
			all = append(all, g...)
		}
	}
	return all
}

func anObject(o *object) shape { return shape{kinds: kindObject, object: o} }

func listOf(s shape) shape { return shape{kinds: kindList, item: &s} }

// oneOrList is the shape of a value that may stand alone or in a list.
func oneOrList(s shape) shape { return shape{kinds: s.kinds | kindList, object: s.object, item: &s} }

// tokens is the shape of headers and cookies.
func tokens(name string, each shape) shape {
	s := mapOf(name, each)
	s.object.names = tokenPattern
	return s
}

func mapOf(name string, each shape) shape { return anObject(&object{name: name, each: &each}) }

var (
	text     = shape{kinds: kindText}
	scalar   = shape{kinds: kindScalar}
	boolean  = shape{kinds: kindBool}
	numeric  = shape{kinds: kindNumber | kindText} // a text is a number in quotes, a unit or a template
	integer  = shape{kinds: kindNumber}
	anything = shape{kinds: kindAny}
)

// schema is everything that is known of scripts. Validation, "did you mean" and
// the list of what is refused all read it.
var schema = newSchema()

// schemaStep is the part of the schema that describes a step.
var schemaStep = schema.field("scenarios").shape.item.object.field("flow").shape.item.object
