package script

import (
	"strings"
	"testing"
)

// TestYAMLScalars: what js-yaml 3.15 makes of a plain scalar, as JSON.
func TestYAMLScalars(t *testing.T) {
	tests := []struct{ text, want string }{
		{"yes", `"yes"`}, {"No", `"No"`}, {"on", `"on"`}, {"off", `"off"`}, {"tRUE", `"tRUE"`},
		{"true", "true"}, {"TRUE", "true"}, {"False", "false"},
		{"", "null"}, {"~", "null"}, {"Null", "null"}, {"nULL", `"nULL"`},
		{"12", "12"}, {"-12", "-12"}, {"+12", "12"}, {"1_000", "1000"}, {"1_", `"1_"`}, {"_1", `"_1"`},
		{"007", "7"}, {"0777", "511"}, {"08", `"08"`}, {"089", `"089"`}, {"0o17", `"0o17"`},
		{"0b101", "5"}, {"0b2", `"0b2"`}, {"0B1", `"0B1"`}, {"0x1F", "31"}, {"-0x1f", "-31"}, {"0X1F", `"0X1F"`}, {"0x", `"0x"`},
		{"12:30", "750"}, {"12:30:45", "45045"}, {"-1:30", "-90"}, {"0:30", `"0:30"`}, {"08:30", `"08:30"`}, {"1:60", `"1:60"`}, {"12:30.5", "750.5"},
		{"1.5", "1.5"}, {"1.", "1"}, {".5", "0.5"}, {"+.5", `"+.5"`}, {"1e3", "1000"}, {"1.5e-3", "0.0015"}, {"01.5", `"01.5"`}, {"1.5_", `"1.5_"`},
		{".", `"."`}, {"-", `[null]`}, {"5s", `"5s"`}, {"9007199254740993", "9007199254740992"},
		{"2020-01-02", `"2020-01-02T00:00:00.000Z"`}, {"2020-13-45", `"2021-02-14T00:00:00.000Z"`}, {"2020-1-2", `"2020-1-2"`},
		{"2020-01-02T03:04:05Z", `"2020-01-02T03:04:05.000Z"`}, {"2020-01-02 03:04:05 -5", `"2020-01-02T08:04:05.000Z"`},
		{"2020-01-02t03:04:05.123456+02:00", `"2020-01-02T01:04:05.123Z"`}, {"2020-01-02T03:04", `"2020-01-02T03:04"`},
		{"!!str 12", `"12"`}, {`!!int "12"`, "12"}, {"!!float 1", "1"}, {"!!bool true", "true"}, {"'12'", `"12"`}, {`"\u00e9"`, `"é"`},
		{"|\n  a\n  b", `"a\nb\n"`}, {">-\n  a\n  b", `"a b"`},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			if strings.HasPrefix(test.text, "-") && test.text == "-" {
				test.text = "\n  -"
			}
			var s sink
			n := readYAML([]byte("v: "+test.text+"\n"), "f", &s)
			if n == nil || len(s.faults) > 0 {
				t.Fatal(s.faults)
			}
			if got := show(n.get("v").value()); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestYAMLScalarsRefused(t *testing.T) {
	for _, text := range []string{".inf", "-.INF", ".NaN", "1e400", "!!int x", "!!bool 1", "!!binary aGk=", "!x y", "!!set {a}", "!!omap [a]"} {
		var s sink
		if n := readYAML([]byte("v: "+text+"\n"), "f", &s); n == nil || len(s.faults) != 1 || s.faults[0].Line != 1 || s.faults[0].Column != 4 {
			t.Errorf("%s: faults %v", text, s.faults)
		}
	}
}

func TestYAMLKeys(t *testing.T) {
	var s sink
	n := readYAML([]byte("1: a\ntrue: b\n1.50: c\n~: d\n'x y': e\n? f\n: g\n"), "f", &s)
	if got := show(n.value()); got != `{"1":"a","true":"b","1.5":"c","null":"d","x y":"e","f":"g"}` || len(s.faults) > 0 {
		t.Errorf("got %s, faults %v", got, s.faults)
	}
}

func TestYAMLMergeKeys(t *testing.T) {
	text := `
base: &base {a: 1, b: 2}
more: &more {b: 3, c: 4}
before: {b: 9, <<: *base}
after: {<<: *base, b: 9}
several: {<<: [*base, *more]}
quoted: {"<<": 1}
`
	var s sink
	n := readYAML([]byte(text), "f", &s)
	if len(s.faults) > 0 {
		t.Fatal(s.faults)
	}
	for key, want := range map[string]string{
		"before": `{"b":9,"a":1}`, "after": `{"a":1,"b":9}`, "several": `{"a":1,"b":2,"c":4}`, "quoted": `{"<<":1}`,
	} {
		if got := show(n.get(key).value()); got != want {
			t.Errorf("%s: got %s, want %s", key, got, want)
		}
	}
	s = sink{}
	readYAML([]byte("a: {<<: 5}\n"), "f", &s)
	if len(s.faults) != 1 || s.faults[0].Message != "`<<` takes an alias of an object, such as `<<: *name`; found 5" {
		t.Errorf("got %v", s.faults)
	}
}

func TestAliasesHaveAnEnd(t *testing.T) {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		n := string(rune('0' + i))
		p := string(rune('0' + i - 1))
		b.WriteString("a" + n + ": &a" + n + " [*a" + p + strings.Repeat(", *a"+p, 9) + "]\n")
	}
	_, _, err := Parse([]byte(b.String()), Options{})
	if err == nil || err.Error() != "script:1:1: the aliases of this script expand to more than 1000000 values" {
		t.Errorf("got %v", err)
	}
}

func TestNesting(t *testing.T) {
	deep := 3 * maxDepth
	for name, text := range map[string]string{
		"JSON": `{"a":` + strings.Repeat("[", deep) + strings.Repeat("]", deep) + "}",
		"YAML": `a: ` + strings.Repeat("[", deep) + strings.Repeat("]", deep),
	} {
		_, _, err := Parse([]byte(text), Options{})
		if err == nil || !strings.Contains(err.Error(), "more than 1000 values inside each other") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// TestYAMLFaults holds the place and the sentence for more of what YAML refuses
// than the broken scripts show.
func TestYAMLFaults(t *testing.T) {
	const indentation = "this line is indented by 1 space, which fits none of the lines above; expected 0 or 2"
	tests := []struct {
		name, text   string
		line, column int
		want         string
	}{
		{"tab behind a key", "config:\n  target: a\n\tphases: x\n", 3, 1, "a tab stands here where YAML wants spaces; indent with spaces only"},
		{"percent", "a:\n  b: %x\n", 2, 6, "a value cannot begin with `%`; put the value in quotes"},
		{"backtick", "a: `x`\n", 1, 4, "a value cannot begin with ```; put the value in quotes"},
		{"list beside keys", "a:\n  b: c\n  - d\n", 3, 3, "a list element stands among the `key: value` lines of an object; check the indentation of this line and of the ones above"},
		{"key beside list", "a:\n  - b\n  c: 3\n", 3, 4, "the lines above are a list, so this line must begin with `- ` at the same indentation, or be indented less"},
		{"list on the key's line", "a: - b\n", 1, 4, "a list cannot begin on the line of its key; put the first `- ` on a line of its own"},
		{"open list", "a: [1, 2\nb: 3\n", 1, 4, "a list that `[` opens is not closed by `]`, or a comma is missing in it"},
		{"word without colon", "a: b\n  \nfoo\nc: d\n", 3, 1, "this line is neither `key: value` nor a list element that begins with `- `"},
		{"bracket nobody opened", "a: b\n}\n", 2, 1, "this closing bracket was never opened"},
		{"text after a quote", `a: "x"y` + "\n", 1, 7, "text follows the quote that ends the value; put all of the value into one pair of quotes"},
		{"apostrophe", "a: it's: fine\n", 1, 8, "a second `: ` in one value; put the value in quotes"},
		{"two commas", "a: [1,,2]\n", 1, 7, "a value is missing here: a comma or a bracket too many"},
		{"control character", "a: \x01b\n", 1, 4, "this control character cannot stand in a script"},
		{"lonely star", "a: *\n", 1, 4, "a value cannot begin with `*`; put the value in quotes"},
		{"greater than", "a: > x\n", 1, 6, "after `|` or `>` the text begins on the next line; put the value in quotes if it begins with that character"},
		{"half an escape", `a: "\u12"` + "\n", 1, 6, `\x, \u and \U in double quotes need hexadecimal digits; use single quotes for a backslash`},
		{"dedented block", "a: |\n  x\n y\n", 3, 2, indentation},
		{"step too far left", "a:\n  - get:\n      url: /\n    - think: 1\n", 4, 5, "a list element stands among the `key: value` lines of an object; check the indentation of this line and of the ones above"},
		{"far too left", "a:\n      - b:\n          c: d\n         e: f\n", 4, 10, "this line is indented by 9 spaces, which fits none of the lines above; expected 0, 6, 8 or 10"},
		{"a long text", strings.Repeat("k: [1]\n", 3) + "k: [2\n" + strings.Repeat("# x\n", 2000), 4, 4, "a list that `[` opens is not closed by `]`, or a comma is missing in it"},
		{"ends too early", "a: [\n", 1, 4, "a value is missing here: a comma or a bracket too many"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var s sink
			readYAML([]byte(test.text), "f", &s)
			if len(s.faults) != 1 {
				t.Fatal(s.faults)
			}
			f := s.faults[0]
			if f.Line != test.line || f.Column != test.column || f.Message != test.want {
				t.Errorf("got %v, want %d:%d: %s", f, test.line, test.column, test.want)
			}
		})
	}
}

func TestJSONFaults(t *testing.T) {
	tests := []struct{ text, want string }{
		{`{"a": 1 "b": 2}`, "f:1:9: this is not JSON: expected `,` or `}` after a member of an object, found '\"'"},
		{"{\n\t\"a\": [1 2]}", "f:2:10: this is not JSON: expected `,` or `]` after an element of a list, found '2'"},
		{`{"a" 1}`, "f:1:6: this is not JSON: expected `:` after the key \"a\", found '1'"},
		{`{"a": }`, "f:1:7: this is not JSON: expected a value, found '}': a comma too many?"},
		{`{"a": 'x'}`, "f:1:7: this is not JSON: a text stands in double quotes, found a single quote"},
		{`{"a": 01}`, "f:1:7: this is not JSON: \"01\" is not a number that JSON has"},
		{`{"a": 1e999}`, "f:1:7: this is not JSON: \"1e999\" is not a number that JSON has"},
		{`{"é": "\d"}`, `f:1:7: this is not JSON: this text has a backslash escape that JSON does not have; write \\ for a backslash`},
		{"{\"a\": \"x\ty\"}", `f:1:7: this is not JSON: this text has a control character in it; write it as an escape, such as \t`},
		{"{\"a\": \"x\n\"}", "f:1:7: this is not JSON: a double quote opens here and is not closed on the line"},
		{`{"a": 1}}`, "f:1:9: this is not JSON: the JSON value has ended, but more follows: found '}'"},
		{`{"a": [1, 2`, "f:1:12: this is not JSON: expected `,` or `]` after an element of a list, found the end of the text"},
		{`{"a": 1, "a": 2}`, "f:1:10: a: the key `a` is here a second time: it stands in line 1 already; keep one of them"},
		{``, "f:1:1: this is not JSON: expected a value, found the end of the text"},
	}
	for _, test := range tests {
		t.Run(test.text, func(t *testing.T) {
			var s sink
			readJSON([]byte(test.text), "f", &s)
			if got := s.faults.Error(); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

// TestJSONInYAML: a JSON file may have comments and commas too many in it, as
// the YAML reader of Artillery lets it.
func TestJSONInYAML(t *testing.T) {
	s := mustParse(t, "{\n\t\"scenarios\": [{\"flow\": [], }], # one\n}\n", Options{})
	if len(s.Scenarios) != 1 {
		t.Error(dump(s))
	}
}
