package hook

import (
	"math/big"
	"reflect"
	"time"

	"github.com/dop251/goja"
)

// kindsOfExports are the built-in objects that goja tells apart only by what they export to.
var kindsOfExports = map[reflect.Type]string{
	reflect.TypeFor[[][2]any]():         "Map",
	reflect.TypeFor[[]any]():            "Set", // an array is of class Array
	reflect.TypeFor[*goja.Promise]():    "Promise",
	reflect.TypeFor[goja.ArrayBuffer](): "ArrayBuffer",
	reflect.TypeFor[*big.Int]():         "BigInt",
	reflect.TypeFor[time.Time]():        "Date",
}

// kindsNatives gives the module of types what JavaScript cannot see of an object.
func kindsNatives(_ *Runtime, internal *goja.Object) error {
	return setAll(internal, map[string]any{
		"classOf": func(o *goja.Object) string {
			if _, isFunction := goja.AssertFunction(o); isFunction {
				return "Function"
			}
			class := o.ClassName()
			if class == "Object" {
				if kind, ok := kindsOfExports[o.ExportType()]; ok {
					return kind
				}
			}
			return class
		},
		"isProxy": func(o *goja.Object) bool { return o.ExportType() == reflect.TypeFor[goja.Proxy]() },
	})
}

// inspectNatives gives util.inspect what is inside of promises and proxies.
func inspectNatives(r *Runtime, internal *goja.Object) error {
	proxy := func(o *goja.Object) (goja.Proxy, bool) {
		if o.ExportType() != reflect.TypeFor[goja.Proxy]() {
			return goja.Proxy{}, false
		}
		p, ok := o.Export().(goja.Proxy)
		return p, ok
	}
	return setAll(internal, map[string]any{
		"promise": func(o *goja.Object) []any {
			p := o.Export().(*goja.Promise)
			switch p.State() {
			case goja.PromiseStateFulfilled:
				return []any{"fulfilled", p.Result()}
			case goja.PromiseStateRejected:
				return []any{"rejected", p.Result()}
			}
			return []any{"pending"}
		},
		"proxyTarget": func(o *goja.Object) goja.Value {
			p, ok := proxy(o)
			for ok {
				o = p.Target()
				if o == nil {
					return goja.Null()
				}
				if p, ok = proxy(o); !ok {
					return o
				}
			}
			return goja.Undefined()
		},
		"proxyParts": func(o *goja.Object) []any {
			p, _ := proxy(o)
			return []any{p.Target(), p.Handler()}
		},
	})
}

// setAll sets properties of an object.
func setAll(o *goja.Object, properties map[string]any) error {
	for name, v := range properties {
		if err := o.Set(name, v); err != nil {
			return err
		}
	}
	return nil
}
