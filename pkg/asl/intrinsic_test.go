package asl

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

const facts = `{"name": "Ada", "n": 3, "list": [1, 2, 3, 2], "object": {"a": 1, "b": {"c": 2}},
	"other": {"b": {"d": 3}}, "text": "{\"x\": [1, 2]}", "template": "{} and {}", "yes": true, "none": null}`

func testData(t testing.TB) data {
	input, err := decode([]byte(facts))
	if err != nil {
		t.Fatal(err)
	}
	return data{
		input:   input,
		context: func() any { return map[string]any{"Execution": map[string]any{"Name": "run-1"}} },
		random:  newRandom(rand.New(rand.NewPCG(1, 2))),
	}
}

func TestIntrinsic(t *testing.T) {
	tests := []struct{ name, call, want string }{
		{"format", "States.Format('Hello {}, {}.', $.name, $.n)", `"Hello Ada, 3."`},
		{"format without places", "States.Format('x')", `"x"`},
		{"format of nothing", "States.Format('')", `""`},
		{"format with a template from the input", "States.Format($.template, 'a', 1.50)", `"a and 1.50"`},
		{"format of an object", "States.Format('{}', $.object)", `"{\"a\":1,\"b\":{\"c\":2}}"`},
		{"format of null and a boolean", "States.Format('{}{}', null, true)", `"nulltrue"`},
		{"format with braces", `States.Format('\{\}{}\\ \'', 1)`, `"{}1\\ '"`},
		{"format with one brace", `States.Format('{ {} }', 1)`, `"{ 1 }"`},
		{"format with the context", "States.Format('{}', $$.Execution.Name)", `"run-1"`},
		{"string to JSON", "States.StringToJson($.text)", `{"x": [1, 2]}`},
		{"JSON to string", "States.JsonToString($.object)", `"{\"a\":1,\"b\":{\"c\":2}}"`},
		{"array", "States.Array($.n, 'a', false, null, 1e3)", `[3, "a", false, null, 1e3]`},
		{"array of nothing", "States.Array( )", `[]`},
		{"partition", "States.ArrayPartition($.list, 3)", `[[1, 2, 3], [2]]`},
		{"partition of nothing", "States.ArrayPartition(States.Array(), 3)", `[]`},
		{"contains", "States.ArrayContains($.list, 2)", `true`},
		{"contains by value", "States.ArrayContains($.list, 2.0)", `true`},
		{"contains no text", "States.ArrayContains($.list, '2')", `false`},
		{"contains an object", "States.ArrayContains(States.Array($.object), $.object)", `true`},
		{"range", "States.ArrayRange(1, 9, 4)", `[1, 5, 9]`},
		{"range down", "States.ArrayRange(3, 0, -2)", `[3, 1]`},
		{"range of nothing", "States.ArrayRange(3, 0, 2)", `[]`},
		{"item", "States.ArrayGetItem($.list, 2)", `3`},
		{"length", "States.ArrayLength($.list)", `4`},
		{"unique", "States.ArrayUnique($.list)", `[1, 2, 3]`},
		{"add", "States.MathAdd($.n, -5)", `-2`},
		{"add rounds", "States.MathAdd(1.5, 0.2)", `2`},
		{"random of one", "States.MathRandom(7, 8)", `7`},
		{"split", "States.StringSplit('1,2;3', ',;')", `["1", "2", "3"]`},
		{"split leaves out what is empty", "States.StringSplit(',a,,b', ',')", `["a", "b"]`},
		{"merge is shallow", "States.JsonMerge($.object, $.other, false)", `{"a": 1, "b": {"d": 3}}`},
		{"MD5", "States.Hash('abc', 'MD5')", `"900150983cd24fb0d6963f7d28e17f72"`},
		{"SHA-1", "States.Hash('abc', 'SHA-1')", `"a9993e364706816aba3e25717850c26c9cd0d89d"`},
		{"SHA-256", "States.Hash('abc', 'SHA-256')", `"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"`},
		{"encode", "States.Base64Encode('Data to encode')", `"RGF0YSB0byBlbmNvZGU="`},
		{"decode", "States.Base64Decode('RGF0YSB0byBlbmNvZGU=')", `"Data to encode"`},
		{"nested", "States.ArrayGetItem(States.StringSplit(States.Format('{}/{}', $.name, $.n), '/'), 1)", `"3"`},
		{"spaces", "States.MathAdd( 1 ,  2 )", `3`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := parseExpression(test.call)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.eval(testData(t))
			if err != nil {
				t.Fatal(err)
			}
			data, err := encode(got)
			if err != nil || !sameJSON(t, string(data), test.want) {
				t.Fatalf("got %s, want %s", data, test.want)
			}
		})
	}
}

func TestIntrinsicFailures(t *testing.T) {
	tests := []struct{ name, call, want string }{
		{"more places than arguments", "States.Format($.template, 1)", "more {} than arguments"},
		{"more arguments than places", "States.Format('{}', 1, 2)", "1 {} for 2 arguments"},
		{"template is no text", "States.Format($.n)", "no text"},
		{"no JSON", "States.StringToJson('{')", "unexpected"},
		{"no array", "States.ArrayLength($.n)", "no array"},
		{"part of zero", "States.ArrayPartition($.list, 0)", "less than 1"},
		{"step of zero", "States.ArrayRange(1, 2, 0)", "step is 0"},
		{"long range", "States.ArrayRange(1, 1001, 1)", "more than 1000 elements"},
		{"index beyond", "States.ArrayGetItem($.list, 4)", "no element 4"},
		{"negative index", "States.ArrayGetItem($.list, -1)", "no element -1"},
		{"add a text", "States.MathAdd('1', 2)", "no number"},
		{"add too much", "States.MathAdd(3000000000, 2)", "32-bit"},
		{"random of nothing", "States.MathRandom(2, 2)", "no number"},
		{"deep merge", "States.JsonMerge($.object, $.other, true)", "no deep merge"},
		{"merge of lists", "States.JsonMerge($.list, $.other, false)", "objects"},
		{"hash of an unknown kind", "States.Hash('a', 'SHA-3')", "SHA-3"},
		{"no base64", "States.Base64Decode('%')", "illegal base64"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e, err := parseExpression(test.call)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.eval(testData(t))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), ErrorIntrinsic) {
				t.Fatalf("got %v, %v", got, err)
			}
		})
	}
}

func TestIntrinsicFaults(t *testing.T) {
	tests := []struct{ name, call, want string }{
		{"no call", "hello", "is expected"},
		{"unknown", "States.Foo()", `no function "States.Foo"`},
		{"too few arguments", "States.MathAdd(1)", "2 arguments, not 1"},
		{"too many arguments", "States.UUID(1)", "0 arguments, not 1"},
		{"none where one is needed", "States.Format()", "at least 1"},
		{"not closed", "States.MathAdd(1, 2", ", or ) is missing"},
		{"more behind it", "States.MathAdd(1, 2) ", `unexpected " "`},
		{"no comma", "States.MathAdd(1 2)", ", or ) is missing"},
		{"bad path", "States.MathAdd($., 2)", "field name is missing"},
		{"double quotes", `States.Format("a")`, "bad argument"},
		{"bare word", "States.Format(a)", "bad argument"},
		{"open text", "States.Format('a)", "unclosed '"},
		{"unknown escape", `States.Format('\n')`, "can follow"},
		{"too deep", strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11), "nested 10 deep"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parseExpression(test.call)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestIntrinsicRandom(t *testing.T) {
	d := testData(t)
	eval := func(s string) any {
		e, err := parseExpression(s)
		if err != nil {
			t.Fatal(err)
		}
		v, err := e.eval(d)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	seen := map[any]bool{}
	for range 200 {
		seen[eval("States.MathRandom(1, 4)")] = true
	}
	if len(seen) != 3 || !seen[number(1)] || !seen[number(2)] || !seen[number(3)] {
		t.Errorf("drawn from 1 to 3: %v", seen)
	}
	if a, b := eval("States.MathRandom(1, 1000000, 7)"), eval("States.MathRandom(1, 1000000, 7)"); a != b {
		t.Errorf("the same seed gave %v and %v", a, b)
	}
	form := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	a, b := eval("States.UUID()").(string), eval("States.UUID()").(string)
	if !form.MatchString(a) || a == b {
		t.Errorf("UUIDs %s and %s", a, b)
	}
}

func FuzzIntrinsic(f *testing.F) {
	for _, s := range []string{
		"States.Format('{} \\'{}', $.name, States.Array(1, 'a', null))",
		"States.JsonMerge($.object, $.other, false)", "States.ArrayRange(1, 9, 2)",
		"States.ArrayPartition($.list, 2)", "States.StringSplit($.name, 'd')", "States.Hash($.name, 'MD5')",
		"States.ArrayContains($.list, 1e400)", "$$.Execution.Name",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := parseExpression(s)
		if err != nil || strings.Count(s, "..") > 6 {
			return
		}
		v, err := e.eval(testData(t))
		if err != nil {
			return
		}
		if _, err := encode(v); err != nil {
			t.Fatalf("%q gave what is no JSON: %v", s, err)
		}
	})
}
