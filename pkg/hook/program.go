package hook

import (
	"errors"
	"regexp"
	"strings"

	"github.com/dop251/goja"
	"github.com/dop251/goja/parser"
)

// SyntaxError tells where a text is not JavaScript.
type SyntaxError struct {
	Offset int    // in bytes from the start of the text
	Msg    string // what is wrong there
}

func (e *SyntaxError) Error() string { return e.Msg }

// Program is compiled JavaScript. It is immutable and may run in many sandboxes at once.
type Program struct{ compiled *goja.Program }

// Compile reads JavaScript: an expression, or statements. Errors are *SyntaxError.
func Compile(source string) (*Program, error) {
	// A comment at the end that names a source map must not make the parser look for that file.
	tree, err := parser.ParseFile(nil, "", source, 0, parser.WithDisableSourceMaps)
	if err != nil {
		return nil, syntaxError(source, err)
	}
	compiled, err := goja.CompileAST(tree, false)
	if err != nil {
		return nil, syntaxError(source, err)
	}
	return &Program{compiled}, nil
}

// Check tells what is wrong with JavaScript, and at which byte.
func Check(source string) (offset int, err error) {
	_, err = Compile(source)
	if syntax := (*SyntaxError)(nil); errors.As(err, &syntax) {
		offset = syntax.Offset
	}
	return offset, err
}

// place is how the compiler ends some of its messages.
var place = regexp.MustCompile(` \(anonymous\):\d+:\d+$|^SyntaxError: | at :\d+:\d+$`)

func syntaxError(source string, err error) *SyntaxError {
	out := &SyntaxError{Msg: err.Error()}
	var list parser.ErrorList
	var late *goja.CompilerSyntaxError
	var reference *goja.CompilerReferenceError
	switch {
	case errors.As(err, &list) && len(list) > 0:
		out.Msg, out.Offset = list[0].Message, offset(source, list[0].Position.Line, list[0].Position.Column)
	case errors.As(err, &late):
		out.Msg, out.Offset = late.Message, late.Offset
	case errors.As(err, &reference):
		out.Msg, out.Offset = reference.Message, reference.Offset
	}
	out.Msg = place.ReplaceAllString(out.Msg, "")
	out.Offset = max(0, min(out.Offset, len(source)))
	return out
}

// offset is the byte at a line and a column, which count from 1; columns are bytes, too.
func offset(source string, line, column int) int {
	start := 0
	for ; line > 1; line-- {
		next := strings.IndexByte(source[start:], '\n')
		if next < 0 {
			break
		}
		start += next + 1
	}
	return start + max(column-1, 0)
}
