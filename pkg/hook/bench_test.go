package hook

import (
	"testing"

	"github.com/dop251/goja"
)

// BenchmarkCall is what a hook costs that does next to nothing, with a user of its own or for one that
// has had hooks before.
func BenchmarkCall(b *testing.B) {
	r, _ := module(b, `
		exports.callback = (context, events, next) => { context.vars.n = 1; next() }
		exports.async = async (context) => { context.vars.n = 1 }`)
	for _, name := range []string{"callback", "async"} {
		f := function(b, r, name)
		b.Run(name, func(b *testing.B) {
			u := newTestUser()
			c := r.NewContext(u, Identity{})
			args := []goja.Value{}
			step := func(*goja.Runtime) []goja.Value { return append(args[:0], c.Object(), c.Events()) }
			b.ReportAllocs()
			for b.Loop() {
				if err := c.Call(b.Context(), f, 0, step, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+" of a new user", func(b *testing.B) {
			u := newTestUser()
			b.ReportAllocs()
			for b.Loop() {
				c := r.NewContext(u, Identity{})
				if err := c.Call(b.Context(), f, 0, step(c), nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkNew is what a worker's runtime costs to make, with nothing and with the modules of Node.js
// that many use.
func BenchmarkNew(b *testing.B) {
	for _, test := range []struct{ name, code string }{
		{"nothing", `exports.f = () => {}`},
		{"many modules", `console.log("x"); for (const name of ["fs", "path", "util", "url", "stream", "crypto", "http"]) require(name)`},
	} {
		b.Run(test.name, func(b *testing.B) {
			for b.Loop() {
				r, err := New(b.Context(), Options{Code: commonJS(test.code)})
				if err != nil {
					b.Fatal(err)
				}
				r.Close()
			}
		})
	}
}

// BenchmarkModules is what common calls of modules of Node.js cost.
func BenchmarkModules(b *testing.B) {
	for _, test := range []struct{ name, code string }{
		{"base64", `Buffer.from("user:password").toString("base64")`},
		{"query", `new URLSearchParams({a: 1, b: "x y"}).toString()`},
		{"url", `new URL("https://example.com/a/b?c=d").pathname`},
		{"format", `util.format("%s %d %j", "a", 1, {b: 2})`},
		{"inspect", `util.inspect({a: 1, b: [1, 2, {c: "x"}]})`},
		{"split", `"a,b,c".split(/,/).length`},
		{"emit", `emitter.emit("e", 1)`},
	} {
		b.Run(test.name, func(b *testing.B) {
			r, _ := module(b, `const util = require("util"), emitter = new (require("events"))(); emitter.on("e", () => {});
				exports.f = (times) => { for (let i = 0; i < times; i++) { `+test.code+` } }`)
			f := function(b, r, "f")
			c := r.NewContext(newTestUser(), Identity{})
			b.ResetTimer()
			for left := b.N; left > 0; left -= 1000 {
				times := min(left, 1000)
				if _, err := c.Test(f, func(vm *goja.Runtime) []goja.Value { return []goja.Value{vm.ToValue(times)} }); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
