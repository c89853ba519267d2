package script

import "strings"

// CodeChecker reads JavaScript. Its error says what is wrong with the source at
// a byte offset. The package that has the JavaScript engine gives one to Load,
// so that those who only plan a load do without it.
type CodeChecker func(source string) (offset int, err error)

// transform reads the JavaScript of a capture.
func (b *builder) transform(n *node, path string) string {
	switch {
	case n == nil:
		return ""
	case n.text == "":
		b.fault(n, path, "expected a JavaScript expression, found an empty text")
		return ""
	case strings.Contains(n.text, "{{"):
		b.warn(n, path, "templates are not filled in here: JavaScript names the captures of this response as they are, without {{ }}")
	}
	if check := b.loader.opts.CheckCode; check != nil {
		if offset, err := check(n.text); err != nil {
			b.sink.fault(n.inside(offset), path, "the JavaScript %s does not compile: %v", quote(n.text), err)
		}
	}
	return n.text
}
