package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// What JavaScript's JSON.stringify(JSON.parse(text)) gives.
var jsonRows = []struct{ text, want string }{
	{`1`, `1`},
	{`-0`, `0`},
	{`1e400`, `null`},
	{`1.10`, `1.1`},
	{`123456789012345678`, `123456789012345680`},
	{`0.1`, `0.1`},
	{`0.30000000000000004`, `0.30000000000000004`},
	{`4.35`, `4.35`},
	{`123456.789`, `123456.789`},
	{`0.1e1`, `1`},
	{`1E5`, `100000`},
	{`-1.5e+3`, `-1500`},
	{`9007199254740993`, `9007199254740992`},
	{`100000000000000000000000`, `1e+23`},
	{`"\u0041\n\u001f\ud800x\ud83d\ude00\u2028/\/"`, `"A\n\u001f\ud800x😀` + "\u2028" + `//"`},
	{`"\udc00\ud800"`, `"\udc00\ud800"`},
	{`"\b\f\n\r\t\"\\\/\u007f"`, `"\b\f\n\r\t\"\\/` + "\u007f" + `"`},
	{`"é漢😀<>&"`, `"é漢😀<>&"`},
	{"\"\xff\"", "\"\ufffd\""},
	{`{"b":1,"a":2,"b":3}`, `{"b":3,"a":2}`},
	{`{"":1,"\u0061":2}`, `{"":1,"a":2}`},
	{`[1,[2,[3]],{}]`, `[1,[2,[3]],{}]`},
	{`{"a":{"b":[]}}`, `{"a":{"b":[]}}`},
	{" \n[ 1 , true,false , null ] \t", `[1,true,false,null]`},
	{`{ "a" : 1 , "b" : [ ] }`, `{"a":1,"b":[]}`},
}

func TestJSON(t *testing.T) {
	for _, row := range jsonRows {
		t.Run(row.text, func(t *testing.T) {
			if got := string(AppendJSON(nil, parse(t, row.text))); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestJSONKeepsLargeObjects(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"twice":1`)
	for i := range 100 {
		fmt.Fprintf(&b, `,"key%d":%d`, i, i)
	}
	b.WriteString(`,"key50":"last","twice":"last"}`)
	o := parse(t, b.String()).(*Object)
	if o.Len() != 101 {
		t.Fatalf("%d members", o.Len())
	}
	if key, v := o.At(0); key != "twice" || v != "last" {
		t.Errorf("first member %s: %v", key, v)
	}
	if key, v := o.At(51); key != "key50" || v != "last" {
		t.Errorf("member 51 %s: %v", key, v)
	}
	o.Set("key7", "new")
	if v, _ := o.Get("key7"); v != "new" {
		t.Errorf("key7 is %v", v)
	}
}

func TestJSONErrors(t *testing.T) {
	rows := []struct {
		text, want string
	}{
		{``, "JSON ends instead of a value at offset 0"},
		{`  `, "JSON ends instead of a value at offset 2"},
		{`[1,]`, "unexpected ] instead of a value at offset 3"},
		{`{"a":1,}`, "unexpected } instead of a key at offset 7"},
		{`{"a" 1}`, "unexpected 1 instead of : at offset 5"},
		{`{a:1}`, "unexpected a instead of a key at offset 1"},
		{`{"a":1 "b":2}`, `unexpected " instead of , or } at offset 7`},
		{`[1 2]`, "unexpected 2 instead of , or ] at offset 3"},
		{`01`, "unexpected 1 after the value at offset 1"},
		{`1.`, "JSON ends instead of a digit at offset 2"},
		{`1e+`, "JSON ends instead of a digit at offset 3"},
		{`.5`, "unexpected . instead of a value at offset 0"},
		{`+1`, "unexpected + instead of a value at offset 0"},
		{`nul`, "unexpected n instead of null at offset 0"},
		{`truex`, "unexpected x after the value at offset 4"},
		{"\"a\tb\"", "control character in a JSON text at offset 2"},
		{`"\x"`, "unknown escape in a JSON text at offset 1"},
		{`"\u12g4"`, "unknown escape in a JSON text at offset 1"},
		{`"abc`, "JSON text without an end at offset 4"},
		{"\x00", "unexpected byte 0x00 instead of a value at offset 0"},
		{"1\x00", "unexpected byte 0x00 after the value at offset 1"},
		{"\u00a01", "unexpected byte 0xc2 instead of a value at offset 0"},
		{strings.Repeat("[", 2000), "JSON nested too deep at offset 1000"},
		{strings.Repeat(`{"a":`, 2000), "JSON nested too deep at offset 5000"},
	}
	for _, row := range rows {
		t.Run(fmt.Sprintf("%.20q", row.text), func(t *testing.T) {
			v, err := ParseJSON([]byte(row.text))
			if err == nil {
				t.Fatalf("no error but %s", show(v))
			}
			if err.Error() != row.want {
				t.Errorf("got %q, want %q", err, row.want)
			}
		})
	}
}

// The depth is that of values within each other, not their number.
func TestJSONDepthIsGivenBack(t *testing.T) {
	parse(t, "["+strings.Repeat("[[]],{\"a\":{}},", 3000)+"[]]")
	parse(t, strings.Repeat("[", maxDepth)+strings.Repeat("]", maxDepth))
}

func TestAppendJSON(t *testing.T) {
	o := NewObject()
	o.Set("gone", Undefined)
	o.Set("a", []any{Undefined, nil, math.NaN(), math.Inf(-1), math.Copysign(0, -1), true})
	o.Set("gone too", Undefined)
	o.Set("b", NewObject())
	rows := []struct {
		name string
		v    any
		want string
	}{
		{"undefined within", o, `{"a":[null,null,null,null,0,true],"b":{}}`},
		{"undefined", Undefined, ``},
		{"nil object", (*Object)(nil), `{}`},
		{"surrogates that meet", "\xed\xa0\xbd\xed\xb8\x80", `"😀"`},
		{"bytes that are no text", "a\xffb\xc3", "\"a\ufffdb\ufffd\""},
		{"a foreign value", struct{}{}, `{}`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := string(AppendJSON(nil, row.v)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// What JavaScript prints for a number.
func TestAppendNumber(t *testing.T) {
	rows := []struct {
		f    float64
		want string
	}{
		{0, "0"}, {math.Copysign(0, -1), "0"}, {1, "1"}, {-1, "-1"}, {1.5, "1.5"}, {-0.1, "-0.1"},
		{0.000001, "0.000001"}, {0.00000123, "0.00000123"}, {1e-7, "1e-7"}, {1.5e-7, "1.5e-7"}, {-1e-10, "-1e-10"},
		{1e20, "100000000000000000000"}, {123456789012345680000, "123456789012345680000"}, {1e21, "1e+21"},
		{1.25e21, "1.25e+21"}, {1e100, "1e+100"}, {5e-324, "5e-324"}, {math.MaxFloat64, "1.7976931348623157e+308"},
		{9007199254740991, "9007199254740991"}, {9007199254740992, "9007199254740992"}, {1 << 60, "1152921504606847000"},
		{0.30000000000000004, "0.30000000000000004"}, {100.0 / 3, "33.333333333333336"}, {1e15 + 0.5, "1000000000000000.5"},
		{math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {math.Inf(-1), "-Infinity"},
	}
	for _, row := range rows {
		t.Run(row.want, func(t *testing.T) {
			if got := string(AppendNumber(nil, row.f)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

// values draws any value that JSON can carry, -0 aside.
func values(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f + 0 }),
		rapid.Map(rapid.IntRange(-300, 300), func(n int) any { return float64(n) }),
		rapid.Map(rapid.String(), func(s string) any { return s }),
		rapid.Just[any]("\xed\xa0\x80 half a pair"),
	)
	if depth == 0 {
		return scalar
	}
	below := values(depth - 1)
	return rapid.OneOf(scalar,
		rapid.Map(rapid.SliceOfN(below, 0, 6), func(list []any) any { return list }),
		rapid.Map(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) member {
			return member{rapid.String().Draw(t, "key"), below.Draw(t, "value")}
		}), 0, 40), func(members []member) any {
			o := NewObject()
			for _, m := range members {
				o.Set(m.key, m.value)
			}
			return o
		}),
	)
}

func TestJSONRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := values(3).Draw(t, "value")
		text := AppendJSON(nil, v)
		back, err := ParseJSON(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if !same(v, back) {
			t.Fatalf("%s came back as %s", text, AppendJSON(nil, back))
		}
	})
}

// same compares two values all the way down, the order of keys included.
func same(a, b any) bool {
	switch a := a.(type) {
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !same(a[i], b[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			k, v := a.At(i)
			l, w := b.At(i)
			if at, _ := b.Get(k); k != l || !same(v, w) || !same(v, at) {
				return false
			}
		}
		return true
	}
	return a == b
}

// FuzzParseJSON holds the parser against encoding/json: both must accept the same texts and read the
// same from them. They differ in halves of surrogate pairs, which only one keeps, and in numbers too
// great, which one refuses.
func FuzzParseJSON(f *testing.F) {
	for _, row := range jsonRows {
		f.Add([]byte(row.text))
	}
	f.Add([]byte(`{"a":[1,2.5,-3e2,"x\"\\y"],"b":{"c":null}} `))
	f.Add([]byte(`[1,]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := ParseJSON(data)
		skipper := NewDecoder(data)
		skipErr := skipper.Skip()
		if skipErr == nil {
			skipErr = skipper.End()
		}
		if fmt.Sprint(err) != fmt.Sprint(skipErr) {
			t.Fatalf("reading says %v, skipping says %v", err, skipErr)
		}
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(data) {
				t.Fatalf("error %#v", err)
			}
		}
		if valid := json.Valid(data); valid != (err == nil) && !strings.Contains(fmt.Sprint(err), "too deep") {
			t.Fatalf("valid is %v, error is %v", valid, err)
		}
		if err != nil {
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err == nil && !likeGo(v, want) {
			t.Fatalf("got %s, encoding/json got %v", AppendJSON(nil, v), want)
		}
		text := AppendJSON(nil, v)
		again, err := ParseJSON(text)
		if err != nil || !bytes.Equal(AppendJSON(nil, again), text) {
			t.Fatalf("%s does not come back: %v", text, err)
		}
		if !json.Valid(text) || !utf8.Valid(text) {
			t.Fatalf("not JSON: %s", text)
		}
	})
}

func likeGo(v, want any) bool {
	switch want := want.(type) {
	case []any:
		v, ok := v.([]any)
		if !ok || len(v) != len(want) {
			return false
		}
		for i := range v {
			if !likeGo(v[i], want[i]) {
				return false
			}
		}
		return true
	case map[string]any:
		o, ok := v.(*Object)
		if !ok {
			return false
		}
		seen := map[string]bool{}
		for i := range o.Len() {
			key, member := o.At(i)
			key = withoutHalves(key)
			if seen[key] {
				// Two keys that differ in halves of pairs only are one to encoding/json.
				return true
			}
			seen[key] = true
			other, ok := want[key]
			if !ok || !likeGo(member, other) && len(want) == o.Len() {
				return false
			}
		}
		return len(want) == o.Len()
	case string:
		s, ok := v.(string)
		return ok && withoutHalves(s) == want
	}
	return v == want
}

func withoutHalves(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		_, size := utf8.DecodeRuneInString(s)
		if _, ok := leadingSurrogate(s); ok {
			b.WriteRune(utf8.RuneError)
			s = s[3:]
			continue
		}
		b.WriteString(s[:size])
		s = s[size:]
	}
	return b.String()
}
