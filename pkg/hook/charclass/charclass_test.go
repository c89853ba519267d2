package charclass

import "testing"

func TestExpand(t *testing.T) {
	tests := []struct {
		name, pattern, flags, want string
		ok                         bool
	}{
		{"a property", `^\p{ASCII}$`, "u", `^[\u{0}-\u{7f}]$`, true},
		{"not of it", `\P{ASCII}`, "iu", `[^\u{0}-\u{7f}]`, true},
		{"in a class", `[^\p{ASCII}x]`, "u", `[^\u{0}-\u{7f}x]`, true},
		{"not of it, in a class", `[\P{ASCII}]`, "u", `[\u{80}-\u{10ffff}]`, true},
		{"one character", `\p{gc=Zl}`, "u", `[\u{2028}]`, true},
		{"escaped", `\\p{ASCII}`, "u", `\\p{ASCII}`, false},
		{"without the flag", `\p{ASCII}`, "g", `\p{ASCII}`, false},
		{"unknown", `\p{Nonesuch}`, "u", `\p{Nonesuch}`, false},
		{"unfinished", `\p{ASCII`, "u", `\p{ASCII`, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, ok := Expand(test.pattern, test.flags)
			if got != test.want || ok != test.ok {
				t.Errorf("%s, %v, want %s, %v", got, ok, test.want, test.ok)
			}
		})
	}
}

func FuzzExpand(f *testing.F) {
	f.Add(`[\p{L}\]\P{Script=Greek}]\p{Emoji}`)
	f.Add(`\p{`)
	f.Fuzz(func(t *testing.T, pattern string) {
		if expanded, ok := Expand(pattern, "u"); !ok && expanded != pattern {
			t.Errorf("%q became %q", pattern, expanded)
		}
	})
}
