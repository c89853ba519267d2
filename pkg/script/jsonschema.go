package script

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"salvo/pkg/template"
)

// JSONSchema is the JSON Schema, draft 7, of a script: what editors complete and
// check by. It is made of the table that validation reads. It refuses nothing
// that Load accepts with each of the environments, but for values that have no
// effect where they stand, and leaves to Load what takes more than a look at one
// place: templates, expressions, files.
// `patternErrorMessage`, `deprecationMessage` and `doNotSuggest` are words that
// editors know and others pass over.
func JSONSchema() ([]byte, error) {
	w := schemaWriter{uses: map[*field]int{}, definitions: template.NewObject()}
	w.countObject(schema)
	root := jsonObject(
		"$schema", "http://json-schema.org/draft-07/schema#",
		"title", "Salvo script",
		"description", "A load test in the language of Artillery scripts, as Salvo reads it.",
		"type", "object",
	)
	w.object(root, schema, false)
	// Only a script that is not merged over another one has to be whole.
	root.Set("if", jsonObject("required", texts(">>")))
	root.Set("else", w.wholeObject(schema))
	root.Set("definitions", w.definitions)
	var b bytes.Buffer
	if err := json.Indent(&b, template.AppendJSON(nil, root), "", "  "); err != nil {
		return nil, fmt.Errorf("writing the schema: %w", err)
	}
	b.WriteByte('\n')
	return b.Bytes(), nil
}

// schemaWriter writes shapes as JSON Schema, in two layers: what values may be,
// and what makes a whole of them, which neither environments nor scripts that
// are merged over others have to be. What several shapes have in common becomes
// a definition. Inside config, where templates are filled before anything is
// checked, every value may be a text with a template in it.
type schemaWriter struct {
	uses        map[*field]int // of the objects that have these fields
	definitions *template.Object
}

// count finds the objects that are used more than once.
func (w *schemaWriter) count(s shape) {
	switch {
	case s.item == nil:
	case s.item.isStep():
		w.countObject(s.item.object)
	default:
		w.count(*s.item)
	}
	w.countObject(s.object)
}

func (w *schemaWriter) countObject(o *object) {
	if o == nil {
		return
	}
	if id := identity(o); id != nil {
		if w.uses[id]++; w.uses[id] > 1 {
			return
		}
	}
	for _, f := range o.fields {
		if f.status == supported {
			w.count(f.shape)
		}
	}
	if o.each != nil {
		w.count(*o.each)
	}
}

// identity is the same for objects that have the same fields; nil for one that
// has none.
func identity(o *object) *field {
	if len(o.fields) == 0 {
		return nil
	}
	return &o.fields[0]
}

func (w *schemaWriter) shared(o *object) bool { return w.uses[identity(o)] > 1 }

// isStep holds for the elements of a flow: steps, and lists of such elements.
func (s *shape) isStep() bool { return s.object != nil && s.object.actions() }

// define makes a definition, unless it is there, and refers to it.
func (w *schemaWriter) define(name string, write func(*template.Object)) string {
	if _, known := w.definitions.Get(name); !known {
		definition := template.NewObject()
		w.definitions.Set(name, definition)
		write(definition)
	}
	return "#/definitions/" + name
}

// definitionName is the name that faults use: "a phase" is phase.
func definitionName(prefix string, o *object) string {
	words := strings.Fields(strings.Trim(o.name, "`"))
	name := words[len(words)-1]
	if prefix != "" {
		name = prefix + strings.ToUpper(name[:1]) + name[1:]
	}
	return name
}

var kindTypes = []struct {
	kind kind
	name string
}{
	{kindObject, "object"}, {kindList, "array"}, {kindNumber, "number"}, {kindBool, "boolean"}, {kindText, "string"}, {kindNull, "null"},
}

func types(kinds kind, whole bool) any {
	var names []any
	for _, t := range kindTypes {
		if kinds&t.kind != 0 {
			if t.kind == kindNumber && whole {
				t.name = "integer"
			}
			names = append(names, t.name)
		}
	}
	if len(names) == 1 {
		return names[0]
	}
	return names
}

// shape writes what a value may be, beside what to has already. A key of null
// stands for one whose lines have all been taken away, where orNull is set.
func (w *schemaWriter) shape(to *template.Object, s shape, inConfig, orNull bool) {
	if s.isStep() {
		to.Set("$ref", w.stepOrList(s.object))
		return
	}
	f := s.form
	if f == nil {
		f = &form{}
	}
	kinds := s.kinds
	if f.kinds != 0 {
		kinds = f.kinds
	}
	onlyTemplates := inConfig && kinds&kindText == 0
	switch {
	case kinds == kindAny:
		return
	case len(f.words) > 0 && kinds == kindText:
		w.words(to, f, inConfig)
		return
	}
	allowed := kinds
	if orNull && kinds&^(kindList|kindObject) == 0 {
		allowed |= kindNull
	}
	if onlyTemplates {
		allowed |= kindText
	}
	to.Set("type", types(allowed, f.whole))
	switch {
	case onlyTemplates:
		to.Set("pattern", anyTemplate)
		to.Set("patternErrorMessage", "expected "+kinds.noun())
	case f.pattern != "":
		pattern := f.pattern
		if inConfig || f.template {
			pattern += "|" + anyTemplate
		}
		to.Set("pattern", pattern)
		to.Set("patternErrorMessage", f.says)
	case f.filled && kinds&kindText != 0:
		to.Set("minLength", 1.0)
	}
	if f.bounded {
		least := "minimum"
		if f.above {
			least = "exclusiveMinimum"
		}
		to.Set(least, f.least)
	}
	if f.most > 0 {
		to.Set("maximum", f.most)
	}
	if f.filled && kinds&kindList != 0 {
		to.Set("minItems", 1.0)
	}
	if s.object != nil {
		w.objectOrReference(to, s.object, inConfig)
	}
	if s.item != nil {
		items := template.NewObject()
		w.shape(items, *s.item, inConfig, false)
		to.Set("items", items)
	}
}

// words writes a text that is one out of a few.
func (w *schemaWriter) words(to *template.Object, f *form, inConfig bool) {
	var more []string
	if f.fold {
		for _, word := range f.words {
			more = append(more, "^"+inAnyCase(word)+"$")
		}
	}
	if inConfig {
		more = append(more, anyTemplate)
	}
	to.Set("type", "string")
	switch {
	case f.others:
		to.Set("anyOf", []any{jsonObject("enum", texts(f.words...)), template.NewObject()})
	case len(more) > 0:
		to.Set("anyOf", []any{jsonObject("enum", texts(f.words...)), jsonObject("pattern", strings.Join(more, "|"))})
	default:
		to.Set("enum", texts(f.words...))
	}
}

// objectOrReference writes an object, or refers to its definition. The other
// words beside a bare $ref would not count.
func (w *schemaWriter) objectOrReference(to *template.Object, o *object, inConfig bool) {
	inConfig = inConfig || identity(o) != nil && identity(o) == identity(schema.field("config").shape.object)
	if !w.shared(o) {
		w.object(to, o, inConfig)
		return
	}
	name := definitionName("", o)
	to.Set("allOf", []any{jsonObject("$ref", w.define(name, func(definition *template.Object) {
		definition.Set("title", name)
		w.object(definition, o, inConfig)
	}))})
}

// object writes the keys of an object.
func (w *schemaWriter) object(to *template.Object, o *object, inConfig bool) {
	if len(o.fields) > 0 {
		properties := template.NewObject()
		for i := range o.fields {
			if f := &o.fields[i]; f.status != silent {
				properties.Set(f.name, w.field(f, inConfig))
			}
		}
		to.Set("properties", properties)
	}
	switch {
	case o.names != "" && inConfig:
		to.Set("propertyNames", jsonObject("pattern", o.names+"|"+anyTemplate))
	case o.names != "":
		to.Set("propertyNames", jsonObject("pattern", o.names))
	case o.only != nil:
		names := slices.Clone(o.only)
		for _, f := range o.fields {
			names = append(names, f.name)
		}
		to.Set("propertyNames", jsonObject("enum", texts(names...)))
	}
	if o.lone {
		to.Set("minProperties", 1.0)
		to.Set("maxProperties", 1.0)
	}
	switch {
	case o.each != nil:
		each := template.NewObject()
		w.shape(each, *o.each, inConfig, o.name == environments)
		if each.Len() > 0 {
			to.Set("additionalProperties", each)
		}
	case o.closed:
		to.Set("additionalProperties", false)
	}
}

const environments = "`environments`"

func (w *schemaWriter) field(f *field, inConfig bool) *template.Object {
	to := jsonObject("title", f.name)
	switch f.status {
	case refused:
		message := "not supported by this version of Salvo: " + f.advice
		to.Set("description", message)
		to.Set("deprecationMessage", message)
		to.Set("doNotSuggest", true)
		to.Set("not", template.NewObject())
	case moot:
		message := "it has no effect: " + f.advice
		to.Set("description", message)
		to.Set("deprecationMessage", message)
		to.Set("doNotSuggest", true)
	case idle:
		to.Set("description", f.doc+"; it has no effect")
		to.Set("doNotSuggest", true)
	default:
		to.Set("description", f.doc)
		w.shape(to, f.shape, inConfig, !f.required && !f.action)
		if f.shape.kinds == kindAny && f.shape.form == nil {
			to.Set("type", types(kindAny, false)) // so that editors know that a value follows
		}
	}
	return to
}

// stepOrList writes an element of a flow.
func (w *schemaWriter) stepOrList(o *object) string {
	step := definitionName("", o)
	either := step + "OrList"
	return w.define(either, func(to *template.Object) {
		to.Set("anyOf", []any{
			jsonObject("$ref", w.define(step, func(to *template.Object) {
				to.Set("title", step)
				to.Set("type", "object")
				w.object(to, o, false)
			})),
			jsonObject("type", "array", "items", jsonObject("$ref", "#/definitions/"+either)),
		})
	})
}

// whole writes what makes a whole of a shape; nil when nothing does.
func (w *schemaWriter) whole(s shape) *template.Object {
	to := template.NewObject()
	if o := s.object; o != nil && o.name != environments {
		switch {
		case o.actions():
			return jsonObject("$ref", w.wholeStep(o))
		case !w.shared(o):
			to = w.wholeObject(o)
		default:
			if inner := w.wholeObject(o); inner.Len() > 0 {
				to.Set("allOf", []any{jsonObject("$ref", w.define(definitionName("whole", o), func(definition *template.Object) {
					for i := range inner.Len() {
						definition.Set(inner.At(i))
					}
				}))})
			}
		}
	}
	if s.item != nil {
		if items := w.whole(*s.item); items != nil {
			to.Set("items", items)
		}
	}
	if to.Len() == 0 {
		return nil
	}
	return to
}

func (w *schemaWriter) wholeObject(o *object) *template.Object {
	to := template.NewObject()
	var must []string
	properties := template.NewObject()
	for _, f := range o.fields {
		if f.required {
			must = append(must, f.name)
		}
		if f.status == supported {
			if inner := w.whole(f.shape); inner != nil {
				properties.Set(f.name, inner)
			}
		}
	}
	if len(must) > 0 {
		to.Set("required", texts(must...))
	}
	var needs []any
	for _, group := range o.needs {
		var keys []any
		for _, key := range group {
			keys = append(keys, jsonObject("required", texts(key)))
		}
		needs = append(needs, jsonObject("anyOf", keys))
	}
	if len(needs) > 0 {
		to.Set("allOf", needs)
	}
	if properties.Len() > 0 {
		to.Set("properties", properties)
	}
	return to
}

// wholeStep writes what makes a step, or a list of steps: of its actions a step
// has exactly one, and what else it may have goes by which one that is.
func (w *schemaWriter) wholeStep(o *object) string {
	name := definitionName("whole", o)
	return w.define(name, func(to *template.Object) {
		var kinds []any
		for i := range o.fields {
			if f := &o.fields[i]; f.action && f.status == supported {
				kinds = append(kinds, w.stepKind(o, f))
			}
		}
		step := w.wholeObject(o)
		step.Set("oneOf", kinds)
		to.Set("if", jsonObject("type", "object"))
		to.Set("then", step)
		to.Set("else", jsonObject("items", jsonObject("$ref", "#/definitions/"+name)))
	})
}

// stepKind is what makes a step one of its action.
func (w *schemaWriter) stepKind(o *object, action *field) *template.Object {
	kind := jsonObject("title", action.name, "description", action.doc, "required", texts(action.name))
	apart := template.NewObject()
	if action.name != "loop" {
		apart.Set("loop", false) // beside a loop other actions have no effect
	}
	for _, f := range o.fields {
		if !f.action && f.status == supported && f.owner() != action.name {
			apart.Set(f.name, false)
		}
	}
	kind.Set("properties", apart)
	if request := action.shape.object; request != nil {
		kind.Set("allOf", []any{jsonObject("$ref", w.define("besideRequest", func(to *template.Object) {
			inside := template.NewObject()
			for _, f := range request.fields {
				if o.field(f.name) == nil {
					inside.Set(f.name, false)
				}
			}
			to.Set("description", "what belongs inside a request cannot stand beside it")
			to.Set("properties", inside)
		}))})
	}
	return kind
}

// jsonObject makes an object of keys and values in turn.
func jsonObject(pairs ...any) *template.Object {
	o := template.NewObject()
	for i := 0; i+1 < len(pairs); i += 2 {
		o.Set(fmt.Sprint(pairs[i]), pairs[i+1])
	}
	return o
}

func texts(words ...string) []any {
	list := make([]any, len(words))
	for i, word := range words {
		list[i] = word
	}
	return list
}
