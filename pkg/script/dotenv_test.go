package script

import (
	"maps"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseDotenv(t *testing.T) {
	tests := []struct {
		name, text string
		want       map[string]string
		warnings   string
	}{
		{"nothing", "", nil, ""},
		{"lines", "A=1\nB=two words\nC=", map[string]string{"A": "1", "B": "two words", "C": ""}, ""},
		{"other line ends", "A=1\r\nB=2\rC=3", map[string]string{"A": "1", "B": "2", "C": "3"}, ""},
		{"a byte order mark", "\ufeffA=1", map[string]string{"A": "1"}, ""},
		{"blanks", "  A =  1  \n\tB= x\t\n\n", map[string]string{"A": "1", "B": "x"}, ""},
		{"export and colons", "export A=1\nexport\tB=2\nC: 3", map[string]string{"A": "1", "B": "2", "C": "3"}, ""},
		{"names", "a.b-c_1=x\nexport=y", map[string]string{"a.b-c_1": "x", "export": "y"}, ""},
		{"comments", "# A=1\nB=2 # two\nC=x#y\n  # end", map[string]string{"B": "2", "C": "x"}, ""},
		{"quotes", "A='a # b'\nB=\"c\" # d\nC=`e'f\"g`", map[string]string{"A": "a # b", "B": "c", "C": `e'f"g`}, ""},
		{"blanks in quotes", "A='  a '\nB=''", map[string]string{"A": "  a ", "B": ""}, ""},
		{"escapes", `A="a\nb\rc\td"` + "\n" + `B='a\nb'` + "\n" + `C="say \"hi\""`, map[string]string{"A": "a\nb\rc\\td", "B": `a\nb`, "C": `say \"hi\"`}, ""},
		{"several lines", "A=\"1\n2\n3\"\nB=x", map[string]string{"A": "1\n2\n3", "B": "x"}, ""},
		{"an equals sign in the value", "A=b=c==", map[string]string{"A": "b=c=="}, ""},
		{"text after the quotes", `A="a" b` + "\n" + `B="a" "b"`, map[string]string{"A": `"a" b`, "B": `a" "b`}, ""},
		{"the last one counts", "A=1\nA=2", map[string]string{"A": "2"}, ""},
		{"a quote inside", "A=it's", map[string]string{"A": "it's"}, ""},
		{"no variables are filled in", "A=1\nB=${A}", map[string]string{"A": "1", "B": "${A}"}, ""},
		{"lines that are none", "A=1\nwhat is this\n=5\nB=2", map[string]string{"A": "1", "B": "2"},
			"x.env:2:1: warning: expected a line such as KEY=VALUE; this one is left unread\nx.env:3:1: warning: expected a line such as KEY=VALUE; this one is left unread"},
		{"a quote that stays open", "A=\"1\n2\nB=3", map[string]string{"A": `"1`, "B": "3"},
			"x.env:1:1: warning: the value of A begins with a quote that is never closed, so it ends with the line\nx.env:2:1: warning: expected a line such as KEY=VALUE; this one is left unread"},
		{"lines are counted in quotes", "A='\n\n'\n?", map[string]string{"A": "\n\n"}, "x.env:4:1: warning: expected a line such as KEY=VALUE; this one is left unread"},
		{"a zero byte", "A=a\x00b\nB=1", map[string]string{"B": "1"}, "x.env:1:1: warning: the value of A has a character in it that no environment variable can have; it is left out"},
		{"not UTF-8", "A=1\nB=\xff", nil, "x.env:2:3: warning: this is not UTF-8 text; the file is left unread"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, warnings := ParseDotenv([]byte(test.text), "x.env")
			if !maps.Equal(got, test.want) || warnings.Error() != test.warnings {
				t.Errorf("got %q\n%v", got, warnings)
			}
		})
	}
}

// TestDotenvKeepsQuoted: what stands in quotes is the value, whatever it is.
func TestDotenvKeepsQuoted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		var text strings.Builder
		for i := range rapid.IntRange(0, 5).Draw(t, "variables") {
			name := "K" + string(rune('A'+i))
			value := rapid.StringMatching("[a-z #=\"'\n:$-]{0,8}").Draw(t, "value")
			quote := rapid.SampledFrom([]string{`"`, `'`, "`"}).Draw(t, "quote")
			value = strings.ReplaceAll(value, quote, "")
			want[name] = value
			text.WriteString(name + "=" + quote + value + quote + "\n")
		}
		got, warnings := ParseDotenv([]byte(text.String()), "x.env")
		if !maps.Equal(got, want) || len(warnings) > 0 {
			t.Fatalf("%q: got %q, %v", text.String(), got, warnings)
		}
	})
}

func FuzzParseDotenv(f *testing.F) {
	for _, text := range []string{"A=1\nB='2\n3' # c\nexport C: \"\\n\"", "A=\"\\\"", "=\n`", "\xff", "A='\\'"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		vars, warnings := ParseDotenv(text, "x.env")
		for name, value := range vars {
			if name == "" || strings.ContainsAny(name, "=\x00\n ") || strings.ContainsRune(value, 0) {
				t.Errorf("%q=%q", name, value)
			}
		}
		for _, w := range warnings {
			if !w.Warning || w.Line < 1 || w.Column < 1 {
				t.Errorf("warning %+v", w)
			}
		}
	})
}
