package hook

import (
	"bytes"
	"reflect"
	"slices"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// bytesOf are the bytes of a Uint8Array, another typed array, a DataView or an ArrayBuffer: they are
// not copied. It is false for anything else.
func bytesOf(v goja.Value) ([]byte, bool) {
	o, ok := v.(*goja.Object)
	if !ok {
		return nil, false
	}
	switch o.ExportType() {
	case reflect.TypeFor[[]byte]():
		if o.Get("byteLength").ToInteger() == 0 {
			return []byte{}, true // the interpreter would point behind the end of the buffer
		}
		b, ok := o.Export().([]byte)
		return b, ok
	case reflect.TypeFor[goja.ArrayBuffer]():
		b, ok := o.Export().(goja.ArrayBuffer)
		return b.Bytes(), ok
	}
	if buffer, ok := o.Get("buffer").(*goja.Object); ok && buffer.ExportType() == reflect.TypeFor[goja.ArrayBuffer]() {
		whole := buffer.Export().(goja.ArrayBuffer).Bytes()
		at, length := o.Get("byteOffset").ToInteger(), o.Get("byteLength").ToInteger()
		if at >= 0 && length >= 0 && at+length <= int64(len(whole)) {
			return whole[at : at+length : at+length], true
		}
	}
	return nil, false
}

// mustBytes is bytesOf for what JavaScript has checked.
func (r *Runtime) mustBytes(v goja.Value) []byte {
	b, ok := bytesOf(v)
	if !ok {
		panic(r.vm.NewTypeError("these are no bytes"))
	}
	return b
}

// encodingNatives give the modules of buffers and text their way between texts and bytes.
func encodingNatives(r *Runtime, internal *goja.Object) error {
	vm := r.vm
	return setAll(internal, map[string]any{
		// toBytes(text, encoding) makes an ArrayBuffer.
		"toBytes": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(vm.NewArrayBuffer(textBytes(call.Argument(0).ToString().(goja.String), call.Argument(1).String())))
		},
		// toText(bytes, encoding, from, to) makes a text of a part.
		"toText": func(call goja.FunctionCall) goja.Value {
			b := r.mustBytes(call.Argument(0))
			from, to := call.Argument(2).ToInteger(), call.Argument(3).ToInteger()
			return bytesText(vm, b[from:to], call.Argument(1).String())
		},
		// byteLength(text) is that of utf8.
		"byteLength": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(len(call.Argument(0).ToString().String()))
		},
		// wellFormed(text) has replacement characters where the text has halves of surrogate pairs.
		"wellFormed": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(call.Argument(0).ToString().String())
		},
		// unfinished(bytes) is how many bytes at the end begin a character of utf8.
		"unfinished": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(unfinished(r.mustBytes(call.Argument(0))))
		},
		// isUTF8(bytes) tells whether they are valid.
		"isUTF8": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(utf8.Valid(r.mustBytes(call.Argument(0))))
		},
		"compare": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(bytes.Compare(r.mustBytes(call.Argument(0)), r.mustBytes(call.Argument(1))))
		},
		// copy(to, from) copies what has room, and may overlap.
		"copy": func(call goja.FunctionCall) goja.Value {
			return vm.ToValue(copy(r.mustBytes(call.Argument(0)), r.mustBytes(call.Argument(1))))
		},
		// fill(bytes, pattern) repeats a pattern that is not empty.
		"fill": func(call goja.FunctionCall) goja.Value {
			b, pattern := r.mustBytes(call.Argument(0)), r.mustBytes(call.Argument(1))
			for n := copy(b, pattern); n < len(b) && n > 0; n *= 2 {
				copy(b[n:], b[:n])
			}
			return goja.Undefined()
		},
		// indexOf(bytes, part, step) and lastIndexOf find the place of a part at a multiple of step.
		"indexOf":     func(call goja.FunctionCall) goja.Value { return vm.ToValue(r.index(call, false)) },
		"lastIndexOf": func(call goja.FunctionCall) goja.Value { return vm.ToValue(r.index(call, true)) },
		// swap(bytes, size) turns the order of each group of bytes.
		"swap": func(call goja.FunctionCall) goja.Value {
			b, size := r.mustBytes(call.Argument(0)), int(call.Argument(1).ToInteger())
			for group := range slices.Chunk(b, size) {
				for i, j := 0, len(group)-1; i < j; i, j = i+1, j-1 {
					group[i], group[j] = group[j], group[i]
				}
			}
			return goja.Undefined()
		},
	})
}

// index finds where the bytes of argument 1 begin in those of argument 0.
func (r *Runtime) index(call goja.FunctionCall, last bool) int {
	b, part := r.mustBytes(call.Argument(0)), r.mustBytes(call.Argument(1))
	step := int(call.Argument(2).ToInteger())
	if last {
		for end := len(b); ; {
			at := bytes.LastIndex(b[:end], part)
			if at < 0 || at%step == 0 {
				return at
			}
			end = at + len(part) - 1
		}
	}
	for from := 0; ; {
		at := bytes.Index(b[from:], part)
		if at < 0 || (from+at)%step == 0 {
			if at >= 0 {
				at += from
			}
			return at
		}
		from += at + 1
	}
}

func equalNatives(r *Runtime, internal *goja.Object) error {
	return internal.Set("sameBytes", func(call goja.FunctionCall) goja.Value {
		return r.vm.ToValue(bytes.Equal(r.mustBytes(call.Argument(0)), r.mustBytes(call.Argument(1))))
	})
}
