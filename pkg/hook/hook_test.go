package hook

import (
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"salvo/pkg/template"
)

func parse(t testing.TB, text string) any {
	t.Helper()
	v, err := template.ParseJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func sandbox(seed uint64) *Sandbox { return NewSandbox(rand.New(rand.NewPCG(seed, 0))) }

func run(t testing.TB, s *Sandbox, source string) any {
	t.Helper()
	p, err := Compile(source)
	if err != nil {
		t.Fatalf("compiling %s: %v", source, err)
	}
	v, err := s.Run(p)
	if err != nil {
		t.Fatalf("running %s: %v", source, err)
	}
	return v
}

func TestValues(t *testing.T) {
	tests := []struct {
		name, source string
		want         string // as JSON in an object, where undefined is left out
	}{
		{"number", `n + 1`, `2.5`},
		{"integer", `7`, `7`},
		{"text", `s + "é😀"`, `"aé😀"`},
		{"boolean", `!yes`, `false`},
		{"null", `nothing`, `null`},
		{"undefined", `missing`, ``},
		{"list", `list.map(x => x * 2)`, `[2,4]`},
		{"list with holes", `[1,,3]`, `[1,null,3]`},
		{"object in its order", `({z: 1, a: [o], "__proto__x": 2})`, `{"z":1,"a":[{"b":2,"a":1}],"__proto__x":2}`},
		{"members of an object", `Object.keys(o).join()`, `"b,a"`},
		{"a member named __proto__", `Object.keys(odd).join() + odd.__proto__`, `"__proto__1"`},
		{"date", `new Date(Date.UTC(2020, 0, 2))`, `"2020-01-02T00:00:00.000Z"`},
		{"toJSON", `({toJSON() { return [1] }})`, `[1]`},
		{"function", `(function () {})`, ``},
		{"symbol", `Symbol("x")`, ``},
		{"big integer", `12345678901234567890n`, `"12345678901234567890"`},
		{"boxed values", `[new Number(1), new String("x"), new Boolean(false)]`, `[1,"x",false]`},
		{"map", `new Map([[1, 2]])`, `{}`},
		{"statements", `var twice = n * 2; if (twice) { twice + 1 }`, `4`},
		{"assignment to a name of its own", `y = n + 2`, `3.5`},
		{"regular expression", `"order-17".match(/(\d+)/)[1]`, `"17"`},
		{"regular expression with look-around", `"a1b2".replace(/(?<=[a-z])\d/g, "#")`, `"a#b#"`},
		{"half a surrogate pair", `half + "\udc00" === "\ud800\udc00"`, `true`},
		{"no console, modules or timers", `[typeof console, typeof require, typeof process, typeof setTimeout]`, `["undefined","undefined","undefined","undefined"]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := sandbox(1)
			for name, v := range map[string]any{
				"n": 1.5, "s": "a", "yes": true, "nothing": nil, "missing": template.Undefined,
				"list": []any{1.0, 2.0}, "o": parse(t, `{"b":2,"a":1}`), "odd": parse(t, `{"__proto__":1}`),
				"half": "\xed\xa0\x80",
			} {
				s.Set(name, v)
			}
			want := `{}`
			if test.want != "" {
				want = `{"v":` + test.want + `}`
			}
			o := template.NewObject()
			o.Set("v", run(t, s, test.source))
			if got := string(template.AppendJSON(nil, o)); got != want {
				t.Errorf("%s = %s, want %s", test.source, got, want)
			}
		})
	}
}

func TestTextsKeepTheirUnits(t *testing.T) {
	for _, text := range []string{"", "abc", "é", "😀", "\xed\xa0\x80", "a\xed\xb0\x80\xef\xbf\xbd"} {
		s := sandbox(1)
		s.Set("x", text)
		if got := run(t, s, "x"); got != text {
			t.Errorf("%q came out as %q", text, got)
		}
	}
}

func TestErrors(t *testing.T) {
	tests := []struct{ name, source, want string }{
		{"thrown", `throw new Error("no")`, "no"},
		{"reference", `absent + 1`, "absent is not defined"},
		{"of nothing", `undefined.x`, "undefined"},
		{"nested calls", `(function f() { return f() })()`, "nested"},
		{"getter", `({get a() { throw "bad" }})`, "bad"},
		{"toJSON", `({toJSON() { throw "bad" }})`, "bad"},
		{"holds itself", `var a = []; a.push(a); a`, "holds itself"},
		{"too many", `new Array(4294967295)`, "too large"},
		{"calls without an end in toJSON", `({toJSON() { return (function f() { return f() })() }})`, "nested"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := Compile(test.source)
			if err != nil {
				t.Fatal(err)
			}
			v, err := sandbox(1).Run(p)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("= %v, %v; want an error with %q", v, err, test.want)
			}
			if errors.Is(err, ErrTooLong) {
				t.Error("the error says that it took too long")
			}
		})
	}
}

// TestEndless takes as long as Limit for each.
func TestEndless(t *testing.T) {
	for name, source := range map[string]string{
		"loop":               `for (;;) {}`,
		"loop with a catch":  `for (;;) { try { for (;;) {} } catch (e) {} finally { continue } }`,
		"getter":             `({get a() { for (;;) {} }})`,
		"toJSON":             `({toJSON() { for (;;) {} }})`,
		"regular expression": `for (;;) /^(?=(a+)+$)\1b/.test("a".repeat(60) + "!")`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, err := Compile(source)
			if err != nil {
				t.Fatal(err)
			}
			if v, err := sandbox(1).Run(p); !errors.Is(err, ErrTooLong) {
				t.Errorf("= %v, %v; want ErrTooLong", v, err)
			}
		})
	}
}

func TestSyntaxErrors(t *testing.T) {
	tests := []struct {
		source string
		offset int
	}{
		{"x +", 3},
		{"x + )", 4},
		{"1 +\n  é )", 9},
		{"let a; let a", 11},
		{"'abc", 0},
		{"/(/", 0},
		{"break", 0},
	}
	for _, test := range tests {
		_, err := Compile(test.source)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("%q: %v", test.source, err)
			continue
		}
		if syntax.Offset != test.offset || strings.Contains(syntax.Msg, "anonymous") {
			t.Errorf("%q: %q at %d, want %d", test.source, syntax.Msg, syntax.Offset, test.offset)
		}
	}
}

func TestSandboxesShareNothing(t *testing.T) {
	run(t, sandbox(1), `leak = 1; Array.prototype.leak = 2; Math.max = null; Object.freeze(Object.prototype)`)
	if got := run(t, sandbox(1), `[typeof leak, [].leak, Math.max(1, 2)].join()`); got != "undefined,,2" {
		t.Errorf("another sandbox sees %v", got)
	}
	s := sandbox(1)
	run(t, s, `var kept = 5`)
	if got := run(t, s, `kept`); got != 5.0 {
		t.Errorf("the same sandbox sees %v", got)
	}
}

func TestRandomIsTheUsers(t *testing.T) {
	draw := func(seed uint64) any { return run(t, sandbox(seed), `Math.random() + ":" + Math.random()`) }
	if draw(1) != draw(1) || draw(1) == draw(2) {
		t.Errorf("seeds 1, 1, 2 give %v, %v, %v", draw(1), draw(1), draw(2))
	}
}

func TestProgramsRunInParallel(t *testing.T) {
	p, err := Compile(`var o = {n: id, list: [1, 2].map(x => x + id)}; /(?=1)1/.test("1") ? o.list[1] : 0`)
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for id := range 8 {
		wg.Go(func() {
			for range 50 {
				s := sandbox(uint64(id))
				s.Set("id", float64(id))
				if v, err := s.Run(p); err != nil || v != float64(id+2) {
					t.Errorf("user %d: %v, %v", id, v, err)
				}
			}
		})
	}
	wg.Wait()
}

// FuzzValues sends values in and takes them out again.
func FuzzValues(f *testing.F) {
	for _, seed := range []string{
		`null`, `-0`, `1e308`, `"\ud83d\ude00 \ud800"`, `[1,[2,{"a":null}]]`, `{"b":1,"a":{"length":3},"__proto__":{"x":1}}`,
		`{"toJSON":1,"constructor":"x","2":1,"1":2}`, `[]`, `"\u0000"`,
	} {
		f.Add([]byte(seed))
	}
	p, err := Compile("x")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := template.ParseJSON(data)
		if err != nil || len(data) > 1<<12 || oddKeys(v) {
			return
		}
		s := sandbox(1)
		s.Set("x", v)
		got, err := s.Run(p)
		if err != nil {
			t.Fatal(err)
		}
		if want := template.AppendJSON(nil, v); string(template.AppendJSON(nil, got)) != string(want) {
			t.Errorf("%s came out as %s", want, template.AppendJSON(nil, got))
		}
	})
}

// oddKeys tells of keys that JavaScript keeps at another place, or that hold half a surrogate pair.
func oddKeys(v any) bool {
	switch v := v.(type) {
	case []any:
		for _, item := range v {
			if oddKeys(item) {
				return true
			}
		}
	case *template.Object:
		for i := range v.Len() {
			key, member := v.At(i)
			digits := strings.Trim(key, "0123456789") == ""
			if digits || strings.Contains(key, "\xed") || oddKeys(member) {
				return true
			}
		}
	}
	return false
}

func BenchmarkRun(b *testing.B) {
	for name, source := range map[string]string{
		"sum":    `x + 1`,
		"random": `Math.floor(Math.random() * 10) + "abc".toUpperCase()`,
	} {
		b.Run(name, func(b *testing.B) {
			p, err := Compile(source)
			if err != nil {
				b.Fatal(err)
			}
			r := rand.New(rand.NewPCG(1, 2))
			b.ReportAllocs()
			for b.Loop() {
				s := NewSandbox(r)
				s.Set("x", 1.0)
				if _, err := s.Run(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
