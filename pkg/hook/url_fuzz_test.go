package hook

import (
	"testing"

	"github.com/dop251/goja"
)

// FuzzURLs reads any text as a URL, as a query of each kind, and as bytes: none throws what it should
// not, and what was written is read again as the same.
func FuzzURLs(f *testing.F) {
	for _, seed := range []string{"http://u:p@h:1/p?q=1#f", "//h", "a=1&b=%zz&=%F0%9F", "file:///c|/x", "\\\\h\\p", "http://[::1]/", "mailto:a@b", "x:y z?%41", "http://ü.de:99999"} {
		f.Add(seed)
	}
	r, _ := module(f, `
		const url = require("url"), qs = require("querystring"), assert = require("assert")
		exports.check = async (context) => {
			const text = context.vars.text
			if (URL.canParse(text)) {
				const {href} = new URL(text)
				assert.strictEqual(new URL(href).href, href)
			}
			const params = new URLSearchParams(text)
			assert.deepStrictEqual([...new URLSearchParams(params.toString())], [...params])
			const query = qs.parse(text)
			assert.deepStrictEqual(qs.parse(qs.stringify(query)), query)
			try {
				url.format(url.parse(text, true))
			} catch (e) {
				if (e.code !== "ERR_INVALID_URL" && !(e instanceof URIError)) throw e
			}
		}`)
	check := function(f, r, "check")
	f.Fuzz(func(t *testing.T, text string) {
		u := newTestUser("text", text)
		c := r.NewContext(u, Identity{})
		step := func(*goja.Runtime) []goja.Value { return []goja.Value{c.Object()} }
		if err := c.Call(t.Context(), check, 0, step, nil); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	})
}
