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
