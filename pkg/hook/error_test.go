package hook

import "testing"

func TestPlaces(t *testing.T) {
	for name, test := range map[string]struct{ stack, want string }{
		"nothing":                {"", ""},
		"a place":                {"    at p.ts:10:10(3)\n", "\tat p.ts:10:10"},
		"a place with a name":    {"\tat deep (lib/p.ts:10:10(3))\n\tat fails (p.ts:12:7(5))\n", "\tat deep (lib/p.ts:10:10)\n\tat fails (p.ts:12:7)"},
		"modules of the runtime": {"\tat node:internal/errors:8:12(4)\n\tat stop (p.js:1:2(3))", "\tat stop (p.js:1:2)"},
		"Go":                     {"\tat f (native)\n\tat p.js:1:2(3)", "\tat p.js:1:2"},
		"the bundler's":          {"\tat require:vm (require:vm:1:25(2))\n\tat __require2 (processor:16:52(4))\n\tat cp (p.js:1:2(3))", "\tat cp (p.js:1:2)"},
		"no number":              {"\tat f (p.js:1:2)", "\tat f (p.js:1:2)"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := places(test.stack); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
