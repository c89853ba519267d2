package hook

import (
	"testing"

	"github.com/dop251/goja"
)

// TestRandomBytesAreTheUsers: crypto draws from the user's numbers, so that a seed gives the same again.
func TestRandomBytesAreTheUsers(t *testing.T) {
	r, _ := module(t, `const crypto = require("crypto"); exports.f = async (context) => {
		context.vars.v = [
			crypto.randomUUID(), crypto.randomBytes(11).toString("hex"), crypto.randomInt(1e9), globalThis.crypto.randomUUID(),
			Array.from(crypto.getRandomValues(new Uint32Array(3))), crypto.generateKeySync("aes", {length: 128}).export().toString("hex"),
		].join(" ")
	}`)
	draw := func(seed uint64) string {
		u := newTestUser()
		c := r.NewContext(u, Identity{Seed: seed})
		if err := c.Call(t.Context(), function(t, r, "f"), 0, func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object()} }, nil); err != nil {
			t.Fatal(err)
		}
		return u.value("v")
	}
	if a, b, other := draw(1), draw(1), draw(2); a != b || a == other {
		t.Errorf("with the seeds 1, 1 and 2:\n%s\n%s\n%s", a, b, other)
	}
}

func BenchmarkHmac(b *testing.B) {
	r, _ := module(b, `const crypto = require("crypto"); exports.f = (context) => {
		context.vars.v = crypto.createHmac("sha256", "secret").update("GET\n/path\n12345").digest("hex")
	}`)
	u := newTestUser()
	c := r.NewContext(u, Identity{})
	f := function(b, r, "f")
	for b.Loop() {
		if _, err := c.Test(f, func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object()} }); err != nil {
			b.Fatal(err)
		}
	}
}
