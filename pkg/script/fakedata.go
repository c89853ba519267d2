package script

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"salvo/pkg/template"
)

// FakeData makes one of the functions of the plugin fake-data, known by its name
// without the $. Options are undefined, or what the script says for the
// function; its error tells what is wrong with them beyond their form. The
// package that has the data gives one to Load and DecodeResolved, so that those
// who render nothing do without.
type FakeData func(name string, options any) (template.Func, error)

// fakeFunction is a line of fakeTable, and fakeShapes what its letters stand for.
type fakeFunction struct {
	name    string
	options shape // nothing and {} are as good as none
}

var fakeRange = anObject(&object{name: "a range", closed: true, fields: []field{
	key("min", integer, "the least").must(), key("max", integer, "the most").must(),
}})

var fakeShapes = map[string]shape{
	"n": integer,
	"b": boolean,
	"s": text,
	"r": {kinds: kindNumber | kindObject, object: fakeRange.object},
	"t": {kinds: kindNumber | kindText},
	"l": {kinds: kindText | kindList, item: &text},
	"p": listOf(integer),
	"o": {kinds: kindObject},
}

// fakeFunctions reads the table.
func fakeFunctions() []fakeFunction {
	var all []fakeFunction
	for line := range strings.Lines(strings.TrimSpace(fakeTable)) {
		words := strings.Fields(line)
		f := fakeFunction{name: words[0]}
		var options shape
		keys := &object{name: "`" + f.name + "`", closed: true}
		for _, word := range words[1:] {
			name, letter, isKey := strings.Cut(word, "=")
			switch {
			case !isKey:
				options = fakeShapes[name]
			case letter[0] == '{':
				keys.fields = append(keys.fields, key(name, oneOf(false, strings.Split(strings.Trim(letter, "{}"), ",")...), fakeDocs[name]))
			default:
				keys.fields = append(keys.fields, key(name, fakeShapes[letter], fakeDocs[name]))
			}
		}
		if len(keys.fields) > 0 || options.kinds == 0 {
			options.kinds |= kindObject
			options.object = keys
		}
		options.kinds |= kindNull
		f.options = options
		all = append(all, f)
	}
	return all
}

// FakeNames are the names of the functions of the plugin fake-data, without the $,
// and the older names of some of them.
func FakeNames() (names []string, aliases map[string]string) {
	for _, f := range fakeFunctions() {
		names = append(names, f.name)
	}
	aliases = map[string]string{}
	for line := range strings.Lines(strings.TrimSpace(fakeAliases)) {
		words := strings.Fields(line)
		aliases[words[0]] = words[1]
	}
	return names, aliases
}

// fakeDataKeys is what the published schema says of `fake-data`: the functions. A
// place for each option would make it twice as long.
func fakeDataKeys() *object {
	o := &object{name: "`fake-data`", each: &anything}
	for _, f := range fakeDataObject().fields {
		o.only = append(o.only, f.name)
	}
	return o
}

// fakeDataObject is what `fake-data` may hold.
func fakeDataObject() *object {
	o := &object{name: "`fake-data`", closed: true}
	for _, f := range fakeFunctions() {
		o.fields = append(o.fields, key(f.name, f.options, "options of $"+f.name))
	}
	return o
}

// fakeData adds the functions of the plugin to those that templates may call.
func (b *builder) fakeData(config *node) {
	plugins := config.present("plugins")
	options, path := plugins.presentIn("fake-data"), "config.plugins.fake-data"
	if n := config.present("fake-data"); n != nil {
		options, path = n, "config.fake-data"
	}
	if options != nil {
		c := checker{sink: b.sink}
		c.value(options, anObject(fakeDataObject()), path)
	}
	names, aliases := FakeNames()
	if plugins == nil || plugins.get("fake-data") == nil {
		if options != nil {
			b.warn(options, path, "has no effect without the plugin; add `fake-data` to config.plugins")
		}
		return
	}
	b.unusable, b.oldNames = map[string]error{}, map[string]string{}
	for _, name := range names {
		fn, err := b.fakeFunction(name, options.presentIn(name), path)
		if err != nil {
			b.unusable["$"+name] = err
			continue
		}
		b.funcs["$"+name] = fn
	}
	for alias, name := range aliases {
		b.funcs["$"+alias] = b.funcs["$"+name]
		b.oldNames["$"+alias] = "$" + name
	}
}

// fakeFunction makes one function. Wrong options are a fault; an error tells that it cannot do without.
func (b *builder) fakeFunction(name string, options *node, path string) (template.Func, error) {
	nothing := func(template.Scope, []any) (any, error) { return template.Undefined, nil }
	if b.loader.opts.FakeData == nil {
		return nothing, nil
	}
	if options == nil {
		return b.loader.opts.FakeData(name, template.Undefined)
	}
	fn, err := b.loader.opts.FakeData(name, options.value())
	if err != nil {
		b.fault(options, join(path, name), "%v", err)
		return nothing, nil
	}
	return fn, nil
}

// noFunction says that there is no function of a name, which has a $.
func (b *builder) noFunction(name string) string {
	message := "there is no function " + name
	known := slices.Sorted(maps.Keys(b.funcs))
	if b.funcs["$"+fakeExample] == nil {
		if names, aliases := FakeNames(); slices.Contains(names, name[1:]) || aliases[name[1:]] != "" {
			return message + " without the plugin that has it; add `fake-data: {}` to config.plugins"
		}
	}
	if err := b.unusable[name]; err != nil {
		return "the function " + name + " cannot be called without options in config.plugins.fake-data: " + err.Error()
	}
	if near := nearest(name, known); near != "" {
		return message + "; did you mean " + near + "?"
	}
	if b.funcs["$"+fakeExample] != nil {
		return message + "; those of fake-data are called by faker's module and function, such as $" + fakeExample
	}
	return message + "; known are " + strings.Join(known, ", ")
}

const fakeExample = "internetEmail"

var calledName = regexp.MustCompile(`\$rand[A-Z]\w*`)

// warnOfOldNames tells, once for each, of functions that are called by an older name.
func (b *builder) warnOfOldNames(n *node, path string) {
	if n.kind == kindText && strings.Contains(n.text, "$rand") {
		for _, old := range calledName.FindAllString(n.text, -1) {
			if name := b.oldNames[old]; name != "" {
				b.warn(n, path, "%s is deprecated; use %s, which has the same values", old, name)
				delete(b.oldNames, old)
			}
		}
	}
	for i, item := range n.items {
		b.warnOfOldNames(item, element(path, i))
	}
	for _, m := range n.members {
		b.warnOfOldNames(m.value, join(path, m.key))
	}
}
