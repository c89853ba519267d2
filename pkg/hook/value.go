package hook

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"

	"salvo/pkg/template"
)

// in makes a JavaScript value of one of package template.
func in(vm *goja.Runtime, v any) goja.Value {
	switch v := v.(type) {
	case nil:
		return goja.Null()
	case string:
		if utf8.ValidString(v) {
			return vm.ToValue(v)
		}
		return goja.StringFromUTF16(template.UTF16(v))
	case []any:
		items := make([]any, len(v))
		for i, item := range v {
			items[i] = in(vm, item)
		}
		return vm.NewArray(items...)
	case *template.Object:
		o := vm.NewObject()
		for i := range v.Len() {
			key, member := v.At(i)
			// Assigning would call the setter of __proto__. Defining a property of a new object cannot fail.
			_ = o.DefineDataProperty(key, in(vm, member), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
		}
		return o
	case bool, float64:
		return vm.ToValue(v)
	}
	return goja.Undefined()
}

// The largest values that come out of a sandbox. Values that hold themselves are deeper.
const (
	maxDepth  = 1000
	maxValues = 1 << 20
)

var errTooLarge = errors.New("the value holds itself, or is too large")

// out makes a value of package template of a JavaScript one. What JSON has no form for becomes what
// JSON.stringify makes of it: a Date its text, a function undefined. A BigInt is the text of its digits.
func out(vm *goja.Runtime, v goja.Value) (made any, err error) {
	o, isObject := v.(*goja.Object)
	if !isObject {
		return primitive(v), nil
	}
	defer func() { // getters and toJSON are programs, too
		switch x := recover().(type) {
		case nil:
		case *goja.InterruptedError:
			made, err = nil, cause(x)
		case *goja.StackOverflowError:
			made, err = nil, cause(x)
		default:
			panic(x)
		}
	}()
	r := reader{left: maxValues}
	if thrown := vm.Try(func() { made = r.object(o, 0) }); thrown != nil {
		return nil, cause(thrown)
	}
	return made, r.err
}

func primitive(v goja.Value) any {
	switch {
	case v == nil, goja.IsUndefined(v):
		return template.Undefined
	case goja.IsNull(v):
		return nil
	case goja.IsNumber(v):
		return v.ToFloat()
	case goja.IsString(v):
		return text(v.(goja.String))
	case goja.IsBigInt(v):
		return v.String()
	}
	if b, ok := v.Export().(bool); ok {
		return b
	}
	return template.Undefined // a symbol
}

// text reads a string. The replacement character may be itself, or stand for half a surrogate pair.
func text(v goja.String) string {
	s := v.String()
	if !strings.ContainsRune(s, utf8.RuneError) {
		return s
	}
	units := make([]uint16, v.Length())
	for i := range units {
		units[i] = v.CharAt(i)
	}
	return template.FromUTF16(units)
}

// reader reads an object with all that it holds.
type reader struct {
	left int // values
	err  error
}

func (r *reader) value(v goja.Value, depth int) any {
	if r.left--; r.left < 0 || depth > maxDepth {
		r.err = errTooLarge
	}
	if r.err != nil {
		return nil
	}
	if o, ok := v.(*goja.Object); ok {
		return r.object(o, depth)
	}
	return primitive(v)
}

func (r *reader) object(o *goja.Object, depth int) any {
	if toJSON, ok := goja.AssertFunction(o.Get("toJSON")); ok {
		v, err := toJSON(o, goja.Undefined())
		if err != nil {
			r.err = cause(err)
			return nil
		}
		if again, same := v.(*goja.Object); same && again == o {
			return r.members(o, depth)
		}
		return r.value(v, depth+1)
	}
	if _, ok := goja.AssertFunction(o); ok {
		return template.Undefined
	}
	switch o.ClassName() {
	case "Array":
		return r.list(o, depth)
	case "Number":
		return o.ToFloat()
	case "String":
		return r.value(o.ToString(), depth)
	case "Boolean":
		b, _ := o.Export().(bool)
		return b
	}
	return r.members(o, depth)
}

func (r *reader) list(o *goja.Object, depth int) any {
	length := o.Get("length").ToInteger()
	if length > int64(r.left) {
		r.err = errTooLarge
		return nil
	}
	list := make([]any, length)
	index := make([]byte, 0, 8)
	for i := range list {
		index = template.AppendNumber(index[:0], float64(i))
		list[i] = r.value(o.Get(string(index)), depth+1)
	}
	return list
}

func (r *reader) members(o *goja.Object, depth int) any {
	out := template.NewObject()
	for _, key := range o.Keys() {
		out.Set(key, r.value(o.Get(key), depth+1))
	}
	return out
}
