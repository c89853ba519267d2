package template

import (
	"math"
	"testing"
)

func TestTruthy(t *testing.T) {
	rows := []struct {
		name string
		v    any
		want bool
	}{
		{"null", nil, false},
		{"undefined", Undefined, false},
		{"false", false, false},
		{"true", true, true},
		{"0", 0.0, false},
		{"-0", math.Copysign(0, -1), false},
		{"NaN", math.NaN(), false},
		{"number", 0.1, true},
		{"empty text", "", false},
		{"text", "0", true},
		{"empty list", []any{}, true},
		{"empty object", NewObject(), true},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			if got := Truthy(row.v); got != row.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestEquality(t *testing.T) {
	list, object := []any{1.0}, NewObject()
	rows := []struct {
		name          string
		a, b          any
		strict, loose bool
	}{
		{"numbers", 1.0, 1.0, true, true},
		{"number and text", 1.0, "1", false, true},
		{"number and padded text", 1.0, " 1 ", false, true},
		{"zero and empty text", 0.0, "", false, true},
		{"zero and false", 0.0, false, false, true},
		{"text and true", "1", true, false, true},
		{"texts", "a", "a", true, true},
		{"texts that are equal numbers", "1", "1.0", false, false},
		{"null and undefined", nil, Undefined, false, true},
		{"undefined", Undefined, Undefined, true, true},
		{"null", nil, nil, true, true},
		{"null and zero", nil, 0.0, false, false},
		{"undefined and false", Undefined, false, false, false},
		{"NaN", math.NaN(), math.NaN(), false, false},
		{"-0", 0.0, math.Copysign(0, -1), true, true},
		{"one list", list, list, true, true},
		{"two lists", list, []any{1.0}, false, false},
		{"list and its text", list, "1", false, true},
		{"list and number", list, 1.0, false, true},
		{"one object", object, object, true, true},
		{"two objects", object, NewObject(), false, false},
		{"object and its text", object, "[object Object]", false, true},
		{"list and object", list, object, false, false},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			for _, pair := range [][2]any{{row.a, row.b}, {row.b, row.a}} {
				if got := StrictEqual(pair[0], pair[1]); got != row.strict {
					t.Errorf("=== is %v", got)
				}
				if got := LooseEqual(pair[0], pair[1]); got != row.loose {
					t.Errorf("== is %v", got)
				}
			}
		})
	}
}

// What JavaScript's Number makes of a text; NaN, and the empty text, are no numbers here.
func TestToNumber(t *testing.T) {
	rows := []struct{ text, want string }{
		{"1", "1"}, {" 1 ", "1"}, {"+1", "1"}, {"-1", "-1"}, {"1.", "1"}, {".5", "0.5"}, {"5.0", "5"},
		{"00012", "12"}, {"1e5", "100000"}, {"1E5", "100000"}, {"1e+5", "100000"}, {"1e-400", "0"},
		{"0x1F", "31"}, {"0X1f", "31"}, {"0b101", "5"}, {"0o17", "15"}, {"0x1fffffffffffffffffffff", "3.8685626227668134e+25"},
		{"Infinity", "Infinity"}, {"-Infinity", "-Infinity"}, {"+Infinity", "Infinity"},
		{"1e1000", "Infinity"}, {"-1e1000", "-Infinity"},
		{"123456789012345678901234567890", "1.2345678901234568e+29"}, {"\u00a01\ufeff", "1"},
		{"", ""}, {"  ", ""}, {".", ""}, {"1e", ""}, {"0x", ""}, {"-0x1", ""}, {"0x1g", ""}, {"0b2", ""}, {"1_000", ""},
		{"infinity", ""}, {"Inf", ""}, {"NaN", ""}, {"nan", ""}, {"1,5", ""}, {"١", ""}, {"1 2", ""},
		{"0x1p-2", ""}, {"abc", ""}, {"--1", ""}, {"+-1", ""}, {"12px", ""},
	}
	for _, row := range rows {
		t.Run(row.text, func(t *testing.T) {
			f, ok := ToNumber(row.text)
			got := ""
			if ok {
				got = string(AppendNumber(nil, f))
			}
			if got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	rows := []struct {
		v    any
		want string
	}{
		{"a\"b", `a"b`}, {1.5, "1.5"}, {math.NaN(), "NaN"}, {math.Inf(1), "Infinity"}, {true, "true"}, {nil, "null"},
		{Undefined, "undefined"}, {[]any{"x", Undefined}, `["x",null]`}, {NewObject(), "{}"},
	}
	for _, row := range rows {
		t.Run(row.want, func(t *testing.T) {
			if got := Text(row.v); got != row.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestMember(t *testing.T) {
	v := parse(t, `{"o":{"a":1,"0":2},"l":["x","y"],"s":"a😀b","n":5}`).(*Object)
	rows := []struct{ of, key, want string }{
		{"o", "a", "1"}, {"o", "0", "2"}, {"o", "length", "undefined"},
		{"l", "1", `"y"`}, {"l", "2", "undefined"}, {"l", "-1", "undefined"}, {"l", "01", "undefined"},
		{"l", "length", "2"}, {"l", "", "undefined"}, {"l", "99999999999999999999", "undefined"},
		{"s", "0", `"a"`}, {"s", "1", `"\ud83d"`}, {"s", "2", `"\ude00"`}, {"s", "3", `"b"`}, {"s", "4", "undefined"},
		{"s", "length", "4"}, {"n", "length", "undefined"},
	}
	for _, row := range rows {
		t.Run(row.of+"."+row.key, func(t *testing.T) {
			of, _ := v.Get(row.of)
			got, ok := Member(of, row.key)
			if show(got) != row.want || ok != (row.want != "undefined") {
				t.Errorf("got %s, %v, want %s", show(got), ok, row.want)
			}
		})
	}
}
