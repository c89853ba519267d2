package bundle

import (
	"bytes"
	"errors"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/dop251/goja"
	"github.com/dop251/goja/ast"
	"github.com/dop251/goja/file"
	"github.com/dop251/goja/parser"
	"github.com/dop251/goja/unistring"

	"salvo/pkg/hook/charclass"
)

// wrapHead and wrapTail make a function of the code, as those do who run it.
const wrapHead, wrapTail = "(async (require, publish) => {", "\n})"

// edit puts a text in the place of the bytes from start to end.
type edit struct {
	start, end int
	text       string
}

// finish makes what esbuild wrote fit for goja, and the source map true to the user's files.
func (b *bundler) finish(built *Result) error {
	m, err := readSourceMap(built.Map)
	if err != nil {
		return err
	}
	for i, line := range m.lines {
		for j := range line {
			s := &m.lines[i][j]
			if s.length == 1 {
				continue
			}
			if c, ok := b.changed[b.source(m.Sources[s.fields[1]])]; ok && s.fields[2] == c.line {
				s.fields[3] = max(0, s.fields[3]-c.cols)
			}
		}
	}
	for i, source := range m.Sources {
		if c, ok := b.changed[b.source(source)]; ok {
			m.SourcesContent[i] = &c.original
		}
		if ofPackage(source) {
			m.SourcesContent[i] = nil
		}
	}
	tree, err := parse(built.Code)
	if err != nil {
		return b.unfit(err, m)
	}
	built.Code = apply(built.Code, edits(tree, built.Code), m)
	if tree, err = parse(built.Code); err == nil {
		_, err = goja.CompileAST(tree, false)
	}
	if err != nil {
		return b.unfit(err, m)
	}
	built.Map, err = m.write()
	return err
}

func parse(code []byte) (*ast.Program, error) {
	return parser.ParseFile(nil, "", wrapHead+string(code)+wrapTail, 0, parser.WithDisableSourceMaps)
}

// place is how the compiler ends some of its messages.
var place = regexp.MustCompile(` \(anonymous\):\d+:\d+$|^SyntaxError: (?:SyntaxError: )?| at :\d+:\d+$`)

// unfit says that goja does not take the code, and where in the user's files.
func (b *bundler) unfit(err error, m *sourceMap) error {
	var list parser.ErrorList
	var late *goja.CompilerSyntaxError
	line, column := 0, 0
	text := err.Error()
	switch {
	case errors.As(err, &list) && len(list) > 0:
		line, column, text = list[0].Position.Line, list[0].Position.Column, list[0].Message
	case errors.As(err, &late) && late.File != nil:
		position := late.File.Position(late.Offset)
		line, column, text = position.Line, position.Column, late.Message
	}
	if line == 1 {
		column -= len(wrapHead)
	}
	f := Fault{File: b.processor, Message: "Salvo's JavaScript engine cannot read this: " + lowerFirst(place.ReplaceAllString(text, ""))}
	if source, sourceLine, sourceColumn, ok := m.find(line-1, column-1); ok {
		f.File, f.Line, f.Column = b.slash(b.source(source)), sourceLine+1, sourceColumn+1
	}
	return Faults{f}
}

// apply makes the edits, none of which has a new line, and moves the source map with them.
func apply(code []byte, edits []edit, m *sourceMap) []byte {
	slices.SortStableFunc(edits, func(x, y edit) int { return x.start - y.start })
	var out bytes.Buffer
	done, line, lineStart := 0, 0, 0
	for _, e := range edits {
		passed := code[done:e.start]
		out.Write(passed)
		if last := bytes.LastIndexByte(passed, '\n'); last >= 0 {
			line += bytes.Count(passed, []byte("\n"))
			lineStart = out.Len() - len(passed) + last + 1
		}
		m.move(line, len(utf16.Encode([]rune(string(out.Bytes()[lineStart:])))), len(e.text)-(e.end-e.start))
		out.WriteString(e.text)
		done = e.end
	}
	out.Write(code[done:])
	return out.Bytes()
}

// edits are what goja needs beyond the features that esbuild can lower:
//   - A function must mention arguments itself before an arrow function in it does: else goja reads
//     another variable, or panics (scope.lookupName does not move the new binding to the stash).
//   - A regular expression must not have \p{...}, which goja takes for the letter p.
//   - A method of an object that is async must be a property with an async function: goja makes
//     its constructor Function, by which nobody could tell that it is async.
//   - Functions keep the names that they have in the source by calls of __name, which make closures
//     several times as expensive. Where the name is the same without, the call goes.
func edits(tree *ast.Program, code []byte) []edit {
	e := &editor{code: code}
	e.walk(reflect.ValueOf(tree.Body))
	return e.edits
}

// frame is a function that has arguments of its own.
type frame struct {
	arrows int  // that are open below it
	used   bool // by one of them
}

type editor struct {
	code   []byte
	edits  []edit
	frames []frame
}

// replace takes places that goja's parser gives.
func (e *editor) replace(start, end file.Idx, text string) {
	base := len(wrapHead) + 1
	e.edits = append(e.edits, edit{int(start) - base, int(end) - base, text})
}

func (e *editor) walk(v reflect.Value) {
	switch v.Kind() {
	case reflect.Interface:
		e.walk(v.Elem())
	case reflect.Slice:
		for i := range v.Len() {
			e.walk(v.Index(i))
		}
	case reflect.Pointer:
		if !v.IsNil() {
			e.node(v)
		}
	case reflect.Struct:
		e.fields(v)
	}
}

func (e *editor) fields(v reflect.Value) {
	for i := range v.NumField() {
		// The declarations of a function are in its body as well.
		if f := v.Type().Field(i); f.Name != "DeclarationList" && f.Name != "File" {
			e.walk(v.Field(i))
		}
	}
}

func (e *editor) node(v reflect.Value) {
	top := len(e.frames) - 1
	switch n := v.Interface().(type) {
	case *ast.FunctionLiteral:
		e.frames = append(e.frames, frame{})
		e.fields(v.Elem())
		last := e.frames[len(e.frames)-1]
		e.frames = e.frames[:len(e.frames)-1]
		if last.used {
			at := afterDirectives(n.Body)
			e.replace(at, at, ";arguments;")
		}
		return
	case *ast.ArrowFunctionLiteral:
		if top >= 0 {
			e.frames[top].arrows++
			defer func() { e.frames[top].arrows-- }()
		}
	case *ast.Identifier:
		if top >= 0 && n.Name == "arguments" && e.frames[top].arrows > 0 {
			e.frames[top].used = true
		}
	case *ast.RegExpLiteral:
		if pattern, ok := charclass.Expand(n.Pattern, n.Flags); ok {
			e.replace(n.Idx, n.Idx+file.Idx(len(n.Literal)), "/"+pattern+"/"+n.Flags)
		}
	case *ast.PropertyKeyed:
		e.asyncMethod(n)
		if key, ok := n.Key.(*ast.StringLiteral); ok && !n.Computed {
			e.unname(n.Value, key.Value)
		}
	case *ast.Binding:
		if target, ok := n.Target.(*ast.Identifier); ok {
			e.unname(n.Initializer, target.Name)
		}
	case *ast.ExpressionStatement:
		e.unname(n.Expression, "")
	}
	e.fields(v.Elem())
}

func afterDirectives(body *ast.BlockStatement) file.Idx {
	at := body.LeftBrace + 1
	for _, s := range body.List {
		statement, ok := s.(*ast.ExpressionStatement)
		if !ok {
			break
		}
		text, ok := statement.Expression.(*ast.StringLiteral)
		if !ok {
			break
		}
		at = text.Idx1()
	}
	return at
}

// asyncMethod turns async a() {} into a: async function() {}, where super does not forbid it.
func (e *editor) asyncMethod(p *ast.PropertyKeyed) {
	f, ok := p.Value.(*ast.FunctionLiteral)
	if !ok || !f.Async || p.Kind != ast.PropertyKindMethod || p.Computed || strings.Contains(f.Source, "super") {
		return
	}
	e.replace(f.Function, f.Function+file.Idx(len("async")), "")
	e.replace(f.ParameterList.Opening, f.ParameterList.Opening, ": async function")
}

// unname removes a call of __name around a function that has the name by itself or from what it is
// assigned to, and one that is a statement about a function that has been declared.
func (e *editor) unname(expression ast.Expression, assigned unistring.String) {
	call, ok := expression.(*ast.CallExpression)
	if !ok || len(call.ArgumentList) != 2 {
		return
	}
	callee, _ := call.Callee.(*ast.Identifier)
	name, _ := call.ArgumentList[1].(*ast.StringLiteral)
	if callee == nil || callee.Name != "__name" || name == nil {
		return
	}
	same := false
	switch f := call.ArgumentList[0].(type) {
	case *ast.Identifier:
		if f.Name == name.Value && assigned == "" {
			e.replace(callee.Idx, call.RightParenthesis+1, "")
		}
		return
	case *ast.ArrowFunctionLiteral:
		same = assigned == name.Value
	case *ast.FunctionLiteral:
		same = f.Name != nil && f.Name.Name == name.Value || f.Name == nil && assigned == name.Value
	}
	if before := name.Idx - file.Idx(len(wrapHead)+1); same && bytes.HasSuffix(e.code[:before], []byte(", ")) {
		e.replace(callee.Idx, call.LeftParenthesis+1, "")
		e.replace(name.Idx-2, call.RightParenthesis+1, "")
	}
}
