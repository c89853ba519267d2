package script

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"salvo/pkg/template"
)

// What a bundle holds of the processor: one text with all that it imports, and its source map. The
// names are paths in the bundle.
const (
	ProcessorCode = ".salvo/processor.js"
	ProcessorMap  = ".salvo/processor.js.map"
)

// Processor is the JavaScript module whose functions the script's hooks name.
type Processor struct {
	File     string   // the module: a slash path in the script's file system; "" when there is none
	Root     string   // the script itself, likewise: paths in JavaScript are relative to its folder
	External []string // packages that are not bundled with it
	Pos      Pos
}

// processor reads what config says of the processor. Whether the module can be read is for those to
// say who bundle it.
func (b *builder) processor(config *node) Processor {
	var p Processor
	n := config.present("processor")
	if n == nil {
		return p
	}
	if n.text == "" {
		b.fault(n, "config.processor", "expected the path of a JavaScript or TypeScript module, found an empty text")
		return p
	}
	file, err := b.loader.lookup(n.text)
	if err != nil && !b.loader.rowless {
		b.fault(n, "config.processor", "the file %s %s", quote(n.text), whyNot(err))
	}
	p.File, p.Root, p.Pos = file, b.loader.name, n.pos
	if external := config.present("bundling").presentIn("external"); external != nil {
		for _, item := range external.items {
			p.External = append(p.External, item.text)
		}
	}
	return p
}

// includeFiles takes along the files that the script says its processor reads.
func (b *builder) includeFiles(n *node) {
	if n == nil || b.loader.fsys == nil || b.loader.rowless {
		return
	}
	items := n.items
	if n.kind != kindList {
		items = []*node{n}
	}
	for i, item := range items {
		at := element("config.includeFiles", i)
		root, err := b.loader.lookup(item.text)
		if err == nil {
			err = fs.WalkDir(b.loader.fsys, root, func(name string, d fs.DirEntry, err error) error {
				if err == nil && d.Type().IsRegular() {
					b.loader.files = append(b.loader.files, name)
				}
				return err
			})
		}
		if err != nil {
			b.warn(item, at, "the file %s %s, so the processor will not find it: it was looked for at %s, as paths are relative to the script's folder",
				quote(item.text), whyNot(err), b.loader.inFolder(path.Clean(item.text)))
		}
	}
}

// hooks reads the names of functions under a key: one, or a list. They may be templates.
func (b *builder) hooks(n *node, key, at string) []*template.Template {
	v := n.present(key)
	if v == nil {
		return nil
	}
	if v.kind != kindList {
		b.functionName(v, join(at, key))
		return []*template.Template{b.template(v, join(at, key))}
	}
	var all []*template.Template
	for i, item := range v.items {
		if !item.bad {
			b.functionName(item, element(join(at, key), i))
			all = append(all, b.template(item, element(join(at, key), i)))
		}
	}
	return all
}

// functionName reads the name of a function of the processor.
func (b *builder) functionName(n *node, path string) string {
	if n.text == "" {
		b.fault(n, path, "expected the name of a function of the processor, found an empty text")
	}
	b.hooked = append(b.hooked, n)
	return n.text
}

// unhooked warns, once for the script, of hooks without a processor that could have them.
func (b *builder) unhooked(p Processor) {
	if p.File == "" && len(b.hooked) > 0 {
		b.warn(b.hooked[0], "", "there is no config.processor, so the function %s is not found and nothing is called", b.hooked[0].found())
	}
}

// identifier is what the name of a function looks like that ifTrue may mean.
var identifier = regexp.MustCompile(`^[A-Za-z_$][A-Za-z0-9_$]*$`)

// namedFunction is the function that an ifTrue may name, "" for an expression.
func namedFunction(text string) string {
	if text = strings.TrimSpace(text); identifier.MatchString(text) {
		return text
	}
	return ""
}
