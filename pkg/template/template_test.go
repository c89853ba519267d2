package template

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"
)

// The variables of the dialects' worked example.
const exampleVars = `{"s":"str","n":5,"b":false,"z":0,"nul":null,"o":{"a":{"b":1}},"dash-key":"dk"}`

func TestTemplateExample(t *testing.T) {
	body := parse(t, `{"s":"{{ s }}","n":"{{n}}","b":"{{ b }}","z":"{{ z }}","nul":"{{ nul }}","o":"{{ o }}",
		"ob":"{{ o.a.b }}","miss":"{{ miss }}","in1":"a{{ n }}b","in2":"a{{ miss }}b","in3":"a{{ o }}b",
		"in4":"a{{ nul }}b","sp":" {{ n }}","dk":"{{ dash-key }}","br":"{{ o['a'].b }}","triple":"{{{ n }}}",
		"two":"{{ n }}{{ s }}"}`)
	want := `{"s":"str","n":5,"b":false,"z":0,"nul":null,"o":{"a":{"b":1}},"ob":1,"in1":"a5b","in2":"aundefinedb",` +
		`"in3":"a{\"a\":{\"b\":1}}b","in4":"anullb","sp":" 5","dk":"dk","br":1,"triple":5,"two":"5str"}`
	tpl, err := Compile(body, Builtin())
	if err != nil {
		t.Fatal(err)
	}
	s := scopeOf(t, exampleVars)
	if got := string(tpl.AppendJSON(nil, s)); got != want {
		t.Errorf("AppendJSON\n got %s\nwant %s", got, want)
	}
	if got := show(tpl.Value(s)); got != want {
		t.Errorf("Value\n got %s\nwant %s", got, want)
	}
}

// TestTemplate renders a text as a value; want is that value as JSON, undefined where there is none.
func TestTemplate(t *testing.T) {
	const vars = `{"s":"str","n":5,"b":false,"z":0,"nul":null,"o":{"a":{"b":1}},"dash-key":"dk","o.p":"flat",
		"list":["p","q",{"id":7}],"a b":3,"i":1,"name":"s","quote":"\"\\\n","nest":"<{{ n }}>","outer":"({{ nest }})",
		"self":"{{ self }}!","ping":"{{ pong }}","pong":"{{ ping }}","call":"{{ $randomNumber(3,3) }}",
		"obj":{"k":"{{ n }}"},"":"empty"}`
	rows := []struct{ name, text, want string }{
		{"text", `{{ s }}`, `"str"`},
		{"number", `{{n}}`, `5`},
		{"false", `{{ b }}`, `false`},
		{"zero", `{{ z }}`, `0`},
		{"null", `{{ nul }}`, `null`},
		{"object", `{{ o }}`, `{"a":{"b":1}}`},
		{"path", `{{ o.a.b }}`, `1`},
		{"missing", `{{ miss }}`, `undefined`},
		{"missing in a path", `{{ o.x.y }}`, `undefined`},
		{"number within", `a{{ n }}b`, `"a5b"`},
		{"missing within", `a{{ miss }}b`, `"aundefinedb"`},
		{"object within", `a{{ o }}b`, `"a{\"a\":{\"b\":1}}b"`},
		{"null within", `a{{ nul }}b`, `"anullb"`},
		{"false within", `a{{ b }}b`, `"afalseb"`},
		{"blank before", ` {{ n }}`, `" 5"`},
		{"blank after", `{{ n }} `, `"5 "`},
		{"dash", `{{ dash-key }}`, `"dk"`},
		{"brackets", `{{ o['a'].b }}`, `1`},
		{"double quotes in brackets", `{{ o["a"]["b"] }}`, `1`},
		{"index", `{{ list[1] }}`, `"q"`},
		{"index and name", `{{ list[2].id }}`, `7`},
		{"length", `{{ list.length }}`, `3`},
		{"name with a dot", `{{ o.p }}`, `"flat"`},
		{"name with a blank", `{{ a b }}`, `3`},
		{"line breaks inside", "{{\t\nn\n}}", `5`},
		{"three braces", `{{{ n }}}`, `5`},
		{"three braces within", `a{{{ n }}}b`, `"a5b"`},
		{"two templates", `{{ n }}{{ s }}`, `"5str"`},
		{"the same twice", `{{ n }}:{{ n }}`, `"5:5"`},
		{"brace of the text after", `{"a":{{ n }}}`, `"{\"a\":5}"`},
		{"brace of the text before", `{{{ n }}`, `"{5"`},
		{"braces of the text around", `{"a":{"b":{{{ n }}}}}`, `"{\"a\":{\"b\":5}}"`},
		{"backslash is no escape", `\{{ n }}`, `"\\5"`},
		{"quotes in a variable", `a{{ quote }}`, `"a\"\\\n"`},
		{"nothing inside", `a{{ }}`, `"aempty"`},
		{"no characters inside", `{{}}`, `"{{}}"`},
		{"not closed", `{{ n`, `"{{ n"`},
		{"not opened", `n }}`, `"n }}"`},
		{"expression", `{{ n + 1 }}`, `"{{ n + 1 }}"`},
		{"filter", `{{ n | x }}`, `"{{ n | x }}"`},
		{"foreign letter", `{{ é }}`, `"{{ é }}"`},
		{"no template", `plain`, `"plain"`},
		{"empty", ``, `""`},
		{"template in a variable, whole", `{{ nest }}`, `"<{{ n }}>"`},
		{"template in a variable, within", `a{{ nest }}`, `"a<5>"`},
		{"templates in variables in variables", `a{{ outer }}`, `"a(<5>)"`},
		{"template in an object, within", `a{{ obj }}`, `"a{\"k\":\"5\"}"`},
		{"call in a variable stays", `a{{ call }}`, `"a{{ $randomNumber(3,3) }}"`},
		{"variable that holds itself", `a{{ self }}`, `"a{{ self }}` + strings.Repeat("!", 17) + `"`},
		{"variables that hold each other", `a{{ ping }}`, `"a{{ pong }}"`},
		{"template in a template", `a{{ list[{{ i }}] }}`, `"aq"`},
		{"template in a whole template", `{{ list[{{ i }}] }}`, `"q"`},
		{"name in a variable", `{{ {{ name }} }}`, `"str"`},
		{"call in a template keeps the type", `{{ list[{{ $randomNumber(2,2) }}].id }}`, `7`},
		{"braces of another language", `{{#if x}}{{ n }}{{/if}}`, `"{{#if x}}5{{/if}}"`},

		{"call is a number", `{{ $randomNumber(3,3) }}`, `3`},
		{"call within", `a-{{ $randomNumber(4, 4) }}-{{ n }}`, `"a-4-5"`},
		{"call with three braces", `{{{ $randomNumber(3,3) }}}`, `3`},
		{"call before a brace", `{"a":{{ $randomNumber(3,3) }}}`, `"{\"a\":3}"`},
		{"call with blanks", `{{ $randomNumber ( 3 , 3 ) }}`, `3`},
		{"call with a comma at the end", `{{ $randomNumber(3,3,) }}`, `3`},
		{"call with quoted numbers", `{{ $randomNumber('3',"3") }}`, `3`},
		{"call with one argument", `{{ $randomNumber(0) }}`, `0`},
		{"call with negative numbers", `{{ $randomNumber(-3,-3) }}`, `-3`},
		{"call with a variable", `{{ $randomNumber(n, n) }}`, `5`},
		{"call with a path", `{{ $randomNumber(o.a.b, 1) }}`, `1`},
		{"call with a missing variable", `{{ $randomNumber(miss, 0) }}`, `0`},
		{"call with other literals", `{{ $args(true, false, null, undefined, 1e2, .5, -1e-2, 0x10) }}`, `[true,false,null,null,100,0.5,-0.01,16]`},
		{"call with texts", `{{ $args('a,)}}', "b\"c", 'd\'\n') }}`, `["a,)}}","b\"c","d'\n"]`},
		{"call of a function of one's own", `{{ $args() }}`, `[]`},
		{"its result within", `a{{ $args(1) }}`, `"a[1]"`},
		{"its result is a template", `a{{ $args('{{ n }}') }}`, `"a[\"5\"]"`},
		{"failing function", `{{ $fail() }}`, `undefined`},
		{"failing function within", `a{{ $fail() }}`, `"aundefined"`},
		{"function that gives a template", `{{ $template() }}`, `"5"`},
		{"function without parentheses", `{{ $args }}`, `undefined`},
		{"call that is not closed", `{{ $args(1 `, `"{{ $args(1 "`},
		{"random text longer than allowed", `{{ $randomString(1e12) }}`, `undefined`},
		{"random text longer than allowed, within", `a{{ $randomString(1e12) }}`, `"aundefined"`},
		{"random text of no length", `{{ $randomString(-1) }}`, `""`},
	}
	fns := Builtin()
	fns["$args"] = func(_ Scope, args []any) (any, error) { return append([]any{}, args...), nil }
	fns["$fail"] = func(Scope, []any) (any, error) { return "unused", errors.New("no") }
	fns["$template"] = func(Scope, []any) (any, error) { return "{{ n }}", nil }
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tpl, err := Compile(row.text, fns)
			if err != nil {
				t.Fatal(err)
			}
			if got := show(tpl.Value(scopeOf(t, vars))); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if tpl.Source() != row.text {
				t.Errorf("source %v", tpl.Source())
			}
			checkForms(t, tpl, func() Scope { return scopeOf(t, vars) })
		})
	}
}

// checkForms holds the three ways to render a template against each other.
func checkForms(t interface{ Fatalf(string, ...any) }, tpl *Template, scope func() Scope) {
	v := tpl.Value(scope())
	if got, want := string(tpl.AppendText([]byte("x"), scope())), "x"+string(AppendText(nil, v)); got != want {
		t.Fatalf("AppendText\n got %s\nwant %s", got, want)
	}
	if got, want := string(tpl.AppendJSON([]byte("x"), scope())), "x"+string(AppendJSON(nil, v)); got != want {
		t.Fatalf("AppendJSON\n got %s\nwant %s", got, want)
	}
}

func TestTemplateStructures(t *testing.T) {
	rows := []struct{ name, value, want string }{
		{"key", `{"k_{{ s }}":1,"{{ s }}":{"x":"{{ n }}"}}`, `{"k_str":1,"str":{"x":5}}`},
		{"key with dots stays one key", `{"a.b":"{{ n }}"}`, `{"a.b":5}`},
		{"keys that become the same", `{"{{ s }}":1,"str":2}`, `{"str":2}`},
		{"key is missing", `{"{{ miss }}":1}`, `{"undefined":1}`},
		{"undefined member", `{"a":"{{ miss }}","b":1,"c":"{{ miss }}"}`, `{"b":1}`},
		{"undefined member beside a key", `{"a":"{{ miss }}","{{ s }}":1}`, `{"str":1}`},
		{"undefined element", `["{{ miss }}","{{ n }}"]`, `[null,5]`},
		{"deep", `[{"a":[{"b":"{{ o }}"}]},"{{ n }}"]`, `[{"a":[{"b":{"a":{"b":1}}}]},5]`},
		{"other values", `{"a":1.50,"b":true,"c":null,"d":"{{ s }}"}`, `{"a":1.5,"b":true,"c":null,"d":"str"}`},
		{"quotes", `{"\"{{ s }}\"":"\"{{ n }}\"\n","q\"":"{{ n }}"}`, `{"\"str\"":"\"5\"\n","q\"":5}`},
		{"no templates", `{"a":[1,{"b":"x"}]}`, `{"a":[1,{"b":"x"}]}`},
		{"empty", `[{},[]]`, `[{},[]]`},
		{"calls", `{"a":"{{ $randomNumber(2,2) }}","b":"{{ $randomString(0) }}"}`, `{"a":2,"b":""}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tpl, err := Compile(parse(t, row.value), Builtin())
			if err != nil {
				t.Fatal(err)
			}
			if got := string(tpl.AppendJSON(nil, scopeOf(t, exampleVars))); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			checkForms(t, tpl, func() Scope { return scopeOf(t, exampleVars) })
		})
	}
}

func TestTemplateValueIsFresh(t *testing.T) {
	for _, text := range []string{`{"a":{"b":[1]}}`, `{"a":{"b":["{{ n }}"]}}`} {
		tpl, err := Compile(parse(t, text), nil)
		if err != nil {
			t.Fatal(err)
		}
		s := scopeOf(t, `{"n":1}`)
		first := tpl.Value(s).(*Object)
		a, _ := first.Get("a")
		a.(*Object).Set("b", "changed")
		first.Set("new", true)
		if got := show(tpl.Value(s)); got != `{"a":{"b":[1]}}` {
			t.Errorf("the next value is %s", got)
		}
	}
}

func TestTemplateStatic(t *testing.T) {
	rows := []struct {
		value  string
		static bool
	}{
		{`"plain"`, true}, {`"{{ n + 1 }}"`, true}, {`5`, true}, {`null`, true}, {`{"a":["{{"]}`, true},
		{`"{{ n }}"`, false}, {`"a{{ n }}"`, false}, {`{"a":["{{ n }}"]}`, false}, {`{"{{ n }}":1}`, false},
		{`"{{ $randomNumber() }}"`, false},
	}
	for _, row := range rows {
		t.Run(row.value, func(t *testing.T) {
			tpl, err := Compile(parse(t, row.value), Builtin())
			if err != nil {
				t.Fatal(err)
			}
			v, ok := tpl.Static()
			if ok != row.static {
				t.Fatalf("static is %v", ok)
			}
			if !ok {
				return
			}
			if show(v) != row.value || show(tpl.Value(nil)) != row.value || string(tpl.AppendJSON(nil, nil)) != row.value {
				t.Errorf("value is %s", show(v))
			}
		})
	}
}

// TestSharedByGoroutines is for the race detector: what is compiled is not changed by rendering.
func TestSharedByGoroutines(t *testing.T) {
	tpl := compileJSON(t, bodyTemplate)
	e, err := CompileExpr(`city ~= "rich$" && id in (1, 123456)`)
	if err != nil {
		t.Fatal(err)
	}
	want := string(tpl.AppendJSON(nil, scopeOf(t, benchVars)))
	var wg sync.WaitGroup
	for range 4 {
		s := scopeOf(t, benchVars)
		wg.Go(func() {
			if got := string(tpl.AppendJSON(nil, s)); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
			for range 50 {
				tpl.Value(s)
				if !e.True(s) {
					t.Error("the expression is false")
				}
			}
		})
	}
	wg.Wait()
}

func TestCompileErrors(t *testing.T) {
	rows := []struct{ name, value, want string }{
		{"unknown function", `"a {{ $nope(1) }}"`, `unknown function $nope`},
		{"unknown function deep down", `{"a":[1,{"b.c":"{{ $nope() }}"}]}`, `a[1].b.c: unknown function $nope`},
		{"unknown function in a key", `{"{{ $nope() }}":1}`, `{{ $nope() }}: unknown function $nope`},
		{"no comma", `"{{ $f(1 2) }}"`, `malformed call of $f: expected , or ), found "2) }}" at offset 8`},
		{"calculation", `"{{ $f(1+2) }}"`, `malformed call of $f: expected , or ), found "+2) }}" at offset 7`},
		{"calculation with a call", `"{{ $f(1) + 2 }}"`, `malformed call of $f: expected the end of the template, found "+ 2 }}" at offset 9`},
		{"no argument before a comma", `"{{ $f(,1) }}"`, `malformed call of $f: expected a number, a quoted text or a name, found ",1) }}" at offset 6`},
		{"not closed", `"{{ $f(1 }}"`, `malformed call of $f: expected , or ), found "}}" at offset 8`},
		{"text not closed", `"{{ $f('a) }} and a lot of text"`, `malformed call of $f: expected a number, a quoted text or a name, found "'a) }} and a lot of ..." at offset 6`},
		{"object", `"{{ $f({}) }}"`, `malformed call of $f: expected a number, a quoted text or a name, found "{}) }}" at offset 6`},
		{"foreign letters", `"{{ $f(ééééééééééééééé) }}"`, `malformed call of $f: expected a number, a quoted text or a name, found "éééééééééé..." at offset 6`},
		{"template in a call", `"{{ $f({{ n }}) }}"`, `malformed call of $f: expected a number, a quoted text or a name, found "{{ n }}) }}" at offset 6`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			_, err := Compile(parse(t, row.value), Funcs{"$f": func(Scope, []any) (any, error) { return nil, nil }})
			if err == nil {
				t.Fatal("no error")
			}
			if err.Error() != row.want {
				t.Errorf("got  %s\nwant %s", err, row.want)
			}
			var unknown *UnknownFunctionError
			var syntax *SyntaxError
			if !errors.As(err, &unknown) && !errors.As(err, &syntax) {
				t.Errorf("error is a %T", err)
			}
		})
	}
	var unknown *UnknownFunctionError
	if _, err := Compile("12345{{ $nope() }}", nil); !errors.As(err, &unknown) || unknown.Name != "$nope" || unknown.Offset != 5 {
		t.Errorf("error %#v", err)
	}
}

func TestRandomNumber(t *testing.T) {
	rows := []struct {
		args     []any
		min, max float64
		values   int // how many different values there are to be; 0 for fractions
	}{
		{nil, 0, 1, 2},
		{[]any{1.0, 4.0}, 1, 4, 4},
		{[]any{4.0, 1.0}, 1, 4, 4},
		{[]any{3.0}, 0, 3, 4},
		{[]any{-2.0}, -2, 0, 3},
		{[]any{Undefined, 2.0}, 0, 2, 3},
		{[]any{-1.0, 1.0}, -1, 1, 3},
		{[]any{"1", "2"}, 1, 2, 2},
		{[]any{"x", 1.0}, 0, 1, 2},
		{[]any{nil, 1.0}, 0, 1, 2},
		{[]any{1.5, 2.0}, 1.5, 2, 0},
	}
	for _, row := range rows {
		t.Run(show(row.args), func(t *testing.T) {
			s := scopeOf(t, `{}`)
			seen := map[float64]bool{}
			for range 400 {
				v, err := Builtin()["$randomNumber"](s, row.args)
				f, ok := v.(float64)
				if err != nil || !ok || f < row.min || f > row.max {
					t.Fatalf("got %v, %v", v, err)
				}
				seen[f] = true
			}
			if row.values > 0 && len(seen) != row.values || row.values == 0 && len(seen) < 100 {
				t.Errorf("%d different values", len(seen))
			}
		})
	}
	for _, args := range [][]any{{-1e300, 1e300}, {-1.7e308, "1e999"}, {0.0, 9007199254740991.0}, {0.0, 1e300}} {
		for range 100 {
			if f := randomNumber(scopeOf(t, `{}`).Rand(), args); f-f != 0 || f < finite(args[0]) || f > finite(args[1]) {
				t.Fatalf("%v gave %v", args, f)
			}
		}
	}
}

func TestRandomString(t *testing.T) {
	s := scopeOf(t, `{}`)
	seen := map[rune]bool{}
	for _, row := range []struct {
		args   []any
		length int
	}{{nil, 10}, {[]any{3.0}, 3}, {[]any{"3"}, 3}, {[]any{2.9}, 2}, {[]any{0.0}, 0}, {[]any{-5.0}, 0}, {[]any{"x"}, 10}, {[]any{Undefined}, 10}, {[]any{5000.0}, 5000}} {
		v, err := Builtin()["$randomString"](s, row.args)
		text, ok := v.(string)
		if err != nil || !ok || len(text) != row.length {
			t.Fatalf("%v gave %v, %v", row.args, v, err)
		}
		for _, r := range text {
			seen[r] = true
			if !strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", r) {
				t.Fatalf("%q in %s", r, text)
			}
		}
	}
	if len(seen) != 62 {
		t.Errorf("%d different characters", len(seen))
	}
}

// What a user draws depends on its generator alone.
func TestRandomIsTheUsersOwn(t *testing.T) {
	tpl, err := Compile("{{ $randomString(20) }}{{ $randomNumber(0, 1000000) }}", Builtin())
	if err != nil {
		t.Fatal(err)
	}
	one, two := scopeOf(t, `{}`), scopeOf(t, `{}`)
	first := tpl.Value(one)
	if again := tpl.Value(one); again == first {
		t.Errorf("the same user drew %v twice", first)
	}
	if other := tpl.Value(two); other != first {
		t.Errorf("drew %v and %v", first, other)
	}
}

func TestBind(t *testing.T) {
	const vars = `{"$env":{"HOST":"h","PORT":"80","T":"{{ x }}"},"$environment":"prod","a.b":1,"x":"wrong"}`
	rows := []struct{ name, value, want string }{
		{"known", `"http://{{ $env.HOST }}:{{ $env.PORT }}/"`, `"http://h:80/"`},
		{"known, whole", `"{{ $environment }}"`, `"prod"`},
		{"known object, whole", `"{{ $env }}"`, `{"HOST":"h","PORT":"80","T":"{{ x }}"}`},
		{"known, three braces", `"{{{ $env.HOST }}}"`, `"h"`},
		{"name with a dot", `"{{ a.b }}"`, `1`},
		{"not set", `["{{ $env.MISSING }}"]`, `[null]`},
		{"not set, within", `"a{{ $env.MISSING }}"`, `"aundefined"`},
		{"unknown", `"{{ x }} {{ name }}-{{ $env.HOST }}"`, `"{{ x }} {{ name }}-h"`},
		{"unknown, spelt oddly", `"{{x}}{{{ x }}}"`, `"{{x}}{{{ x }}}"`},
		{"template in a value", `"a{{ $env.T }}"`, `"a{{ x }}"`},
		{"known in an unknown one", `"{{ list[{{ $env.PORT }}] }}"`, `"{{ list[80] }}"`},
		{"call", `"{{ $randomNumber(3,3) }}"`, `3`},
		{"call within", `"a{{ $randomNumber(3,3) }}"`, `"a3"`},
		{"call of a known variable", `"{{ $randomNumber($env.PORT, 80) }}"`, `80`},
		{"call of an unknown variable", `"{{ $randomNumber(x, 80) }}"`, `"{{ $randomNumber(x, 80) }}"`},
		{"call of an unknown function", `"a{{ $nope(1) }}"`, `"a{{ $nope(1) }}"`},
		{"malformed call", `"a{{ $randomNumber(1 2) }}"`, `"a{{ $randomNumber(1 2) }}"`},
		{"structure", `{"{{ $environment }}":[{"a":"{{ $env.HOST }}","b":1,"c":null}],"{{ x }}":true}`, `{"prod":[{"a":"h","b":1,"c":null}],"{{ x }}":true}`},
		{"no template", `["plain",1,false]`, `["plain",1,false]`},
	}
	names := func(name string) bool { return name == "$env" || name == "$environment" || name == "a.b" }
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			v := parse(t, row.value)
			if got := show(Bind(v, scopeOf(t, vars), names, Builtin())); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := show(v); got != show(parse(t, row.value)) {
				t.Errorf("the value was changed to %s", got)
			}
		})
	}
}

// TestFormsAgree draws lists and objects full of templates and renders them in all three ways.
func TestFormsAgree(t *testing.T) {
	const vars = `{"s":"a\"b\n","n":5,"miss ":1,"o":{"q":"\"","t":"{{ n }}"},"l":[1,"\\"],"nest":"<{{ s }}>","nul":null,"half":"\ud800"}`
	text := rapid.Map(rapid.SliceOfN(rapid.SampledFrom([]string{
		"{{ s }}", "{{ n }}", "{{ miss }}", "{{ o }}", "{{ l[1] }}", "{{ nest }}", "{{ nul }}", "{{ half }}", "{{ {{ s }} }}",
		"{{ $randomNumber(1,1000) }}", "{{ $randomString(5) }}", "{{", "}}", "\"", "\\", "plain", "é", "\n", " ",
	}), 0, 5), func(parts []string) string { return strings.Join(parts, "") })
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		leaf := rapid.OneOf(rapid.Map(text, func(s string) any { return s }), rapid.SampledFrom([]any{1.5, nil, true, Undefined}))
		if depth == 0 {
			return leaf
		}
		below := value(depth - 1)
		return rapid.OneOf(leaf,
			rapid.Map(rapid.SliceOfN(below, 0, 4), func(list []any) any { return list }),
			rapid.Custom(func(t *rapid.T) any {
				o := NewObject()
				for range rapid.IntRange(0, 4).Draw(t, "members") {
					o.Set(text.Draw(t, "key"), below.Draw(t, "value"))
				}
				return o
			}))
	}
	rapid.Check(t, func(rt *rapid.T) {
		tpl, err := Compile(value(3).Draw(rt, "value"), Builtin())
		if err != nil {
			rt.Fatal(err)
		}
		checkForms(rt, tpl, func() Scope { return scopeOf(t, vars) })
	})
}

func FuzzTemplate(f *testing.F) {
	for _, text := range []string{
		"{{ s }}", "a{{ o.l[0] }}b", "{{{ n }}}", "{{ $randomNumber(1,'2', x) }}", "{{ {{ s }} }}", "{{ $f(", "{{ $nope() }}",
		"{{ o['l'][\"0\"] }}", "{{ nest }}{{ self }}", "{{{{ s }}}}", "{{ $randomString(1e3) }}",
	} {
		f.Add(text)
	}
	const vars = `{"s":"n","n":5,"o":{"l":["\"{{ n }}"]},"nest":"<{{ s }}>","self":"{{ self }}{{ self }}"}`
	f.Fuzz(func(t *testing.T, text string) {
		// A long random text says nothing that a short one does not, and ten of them take a while.
		if strings.Contains(text, "$randomString") && len(text) > 40 {
			t.Skip()
		}
		tpl, err := Compile(text, Builtin())
		bound := Bind(text, scopeOf(t, vars), func(name string) bool { return name == "n" }, Builtin())
		if err != nil {
			var syntax *SyntaxError
			if errors.As(err, &syntax) && (syntax.Offset < 0 || syntax.Offset > len(text)) {
				t.Fatalf("offset %d", syntax.Offset)
			}
			return
		}
		if v, ok := tpl.Static(); ok && (v != text || bound != text) {
			t.Fatalf("a static text became %v, and bound %v", v, bound)
		}
		checkForms(t, tpl, func() Scope { return scopeOf(t, vars) })
	})
}
