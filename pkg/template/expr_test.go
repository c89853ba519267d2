package template

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
)

const exprVars = `{"s":"str","n":5,"b":false,"t":true,"z":0,"nul":null,"o":{"a":{"b":1},"list":[1,2,{"x":"y"}]},
	"o.p":"flat","list":["p","q"],"e":"","num":"7","neg":-2.5,"$loopCount":3,"pattern":"^s","bad":"(","not_a":1,"android":2,"true.x":9}`

// The rows that filtrex 2 has too give what it gives.
func TestExpr(t *testing.T) {
	rows := []struct{ src, want string }{
		{`n == 5`, `1`}, {`n == "5"`, `1`}, {`n == 6`, `0`}, {`n != 5`, `0`}, {`s == "str"`, `1`}, {`s != "x"`, `1`},
		{`n > 5`, `0`}, {`n >= 5`, `1`}, {`n <= 4`, `0`}, {`n < 6`, `1`}, {`3 > 2 > 1`, `0`}, {`1 < 2 == 1`, `1`},
		{`s < "t"`, `1`}, {`"b" > "a"`, `1`}, {`"10" < "9"`, `1`}, {`10 < "9"`, `0`}, {`miss < 1`, `0`}, {`miss >= 1`, `0`},
		{`e == 0`, `1`}, {`z == e`, `1`}, {`t == 1`, `1`}, {`nul == miss`, `1`}, {`nul == 0`, `0`}, {`list == "p,q"`, `1`},

		{`not b`, `1`}, {`not n == 5`, `0`}, {`not (n == 5)`, `0`}, {`not not n`, `1`}, {`not(n)`, `0`},
		{`n*2 == 10 and s == "str"`, `1`}, {`n == 5 or miss`, `1`}, {`miss or z`, `0`}, {`s and n`, `5`}, {`n and s`, `NaN`},
		{`s and s`, `NaN`}, {`s or z`, `NaN`}, {`num and num`, `7`}, {`n == 5 and z == 0 or miss`, `1`},

		{`n in (4,5)`, `1`}, {`n in (4,6)`, `0`}, {`n in 5`, `1`}, {`"5" in (5, 6)`, `0`}, {`n not in (1,2)`, `1`},
		{`(n, 1) in (1,5,7)`, `1`}, {`(n, 2) in (1,5,7)`, `0`}, {`s in list`, `0`}, {`"q" in list`, `1`}, {`0/0 in (0/0)`, `1`},

		{`1 + 2 * 3`, `7`}, {`(1 + 2) * 3`, `9`}, {`2^3^2`, `64`}, {`-2 ^ 2`, `4`}, {`2 ^ -1`, `0.5`}, {`2 * -3`, `-6`},
		{`n*n^2`, `125`}, {`n % 3`, `2`}, {`-n % 3`, `-2`}, {`10 / 4`, `2.5`}, {`1 / 0`, `Infinity`}, {`0 / 0`, `NaN`},
		{`n - "2"`, `3`}, {`n - 1 - 1`, `3`}, {`- - 3`, `3`}, {`--3`, `3`}, {`-z`, `0`}, {`1.5 * 2`, `3`},
		{`n + 1`, `6`}, {`s + 1`, `"str1"`}, {`"a" + "b"`, `"ab"`}, {`nul + 1`, `1`}, {`miss + 1`, `NaN`}, {`t + 1`, `2`},
		{`list + ""`, `"p,q"`}, {`o + ""`, `"[object Object]"`}, {`2 + 3 == 5`, `1`},

		{`abs(neg)`, `2.5`}, {`ceil(neg)`, `-2`}, {`floor(neg)`, `-3`}, {`round(neg)`, `-2`}, {`round(2.5)`, `3`},
		{`round(0.49999999999999994)`, `0`}, {`sqrt(16)`, `4`}, {`log(1)`, `0`}, {`max(1,2,3)`, `3`}, {`min(3,1,2)`, `1`},
		{`max()`, `-Infinity`}, {`min()`, `Infinity`}, {`max(1, miss, 1/0)`, `NaN`}, {`min(1, miss)`, `NaN`}, {`abs()`, `NaN`},
		{`abs("-3")`, `3`}, {`abs (neg)`, `2.5`}, {`random() < 1 and random() >= 0`, `1`},

		{`n > 1 ? "yes" : "no"`, `"yes"`}, {`n < 1 ? "yes" : n == 5 ? "five" : "other"`, `"five"`}, {`1 ? 0 : 2 ? 3 : 4`, `4`},
		{`1 ? 0 ? 1 : 2 : 3`, `2`}, {`z ? 1 : e ? 2 : 3`, `3`},

		{`b of o`, `undefined`}, {`list of o`, `[1,2,{"x":"y"}]`}, {`a of o`, `{"b":1}`}, {`b of a of o`, `1`}, {`a.b of o`, `1`},
		{`length of list`, `2`}, {`length of list + 1`, `3`}, {`n of nul`, `undefined`},

		{`s ~= "^st"`, `1`}, {`s ~= "x|r$"`, `1`}, {`s ~= "^t"`, `0`}, {`n ~= "^5$"`, `1`}, {`s ~= miss`, `1`}, {`s ~= pattern`, `1`},
		{`s ~= bad`, `0`}, {`s ~= "^" + "st"`, `1`}, {`s ~= '^\\w+$'`, `1`}, {`s ~= n > 3 ? "yes" : "no"`, `"no"`},

		{`n`, `5`}, {`s`, `"str"`}, {`miss`, `undefined`}, {`z`, `0`}, {`b`, `false`}, {`t`, `true`}, {`nul`, `null`}, {`5`, `5`},
		{`("a")`, `"a"`}, {`(1,2,3)`, `[1,2,3]`}, {`"a\\\\b"`, `"a\\\\b"`}, {`"a\"b"`, `"a\"b"`}, {`$loopCount > 2`, `1`},
		{`not_a`, `1`}, {`android`, `2`}, {"\t n\n==\u00a05 ", `1`}, {`a..b`, `undefined`},

		// What filtrex does not have.
		{`n === 5`, `1`}, {`n === "5"`, `0`}, {`n !== "5"`, `1`}, {`n !== 5`, `0`}, {`s === 'str'`, `1`}, {`nul === miss`, `0`},
		{`n == 5 && s == 'str'`, `1`}, {`n && s`, `"str"`}, {`z && s`, `0`}, {`z || s`, `"str"`}, {`n || s`, `5`},
		{`z || e && n`, `""`}, {`n == 5 && !b || miss`, `1`}, {`!n`, `0`}, {`!b`, `1`}, {`!!s`, `1`}, {`! b`, `1`}, {`!n == 5`, `0`},
		{`b == false`, `1`}, {`b === false`, `1`}, {`t === true`, `1`}, {`nul === null`, `1`}, {`miss == null`, `1`},
		{`true`, `true`}, {`false`, `false`}, {`null`, `null`}, {`miss === undefined`, `1`},
		{`s == 'str'`, `1`}, {`'it\'s'`, `"it's"`}, {`'say "hi"'`, `"say \"hi\""`}, {`"it's"`, `"it's"`}, {`'a\\b'`, `"a\\b"`},
		{`o.a.b == 1`, `1`}, {`o.a.c`, `undefined`}, {`o.p`, `"flat"`}, {`o.list.length > 2`, `1`}, {`o.list.2.x == 'y'`, `1`},
		{`s.length`, `3`}, {`miss.a.b`, `undefined`}, {`true.x`, `9`}, {`o.a.b in (1, 2)`, `1`},
	}
	for _, row := range rows {
		t.Run(row.src, func(t *testing.T) {
			e, err := CompileExpr(row.src)
			if err != nil {
				t.Fatal(err)
			}
			v := e.Value(scopeOf(t, exprVars))
			if got := show(v); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if e.True(scopeOf(t, exprVars)) != Truthy(v) {
				t.Error("True and Value differ")
			}
		})
	}
}

// TestExprVerdicts are the expressions whose outcome is known of the dialects, and what has become of
// it: single quotes make texts, true is a literal, a dot is a path, and what does not compile is an
// error instead of a yes.
func TestExprVerdicts(t *testing.T) {
	rows := []struct {
		src     string
		compile bool
		want    bool
	}{
		{`n == 5`, true, true},
		{`s == "str"`, true, true},
		{`not b`, true, true},
		{`n in (4,5)`, true, true},
		{`s ~= "^st"`, true, true},
		{`n*2 == 10 and s == "str"`, true, true},
		{`n > 5`, true, false},
		{`miss`, true, false},
		{`z`, true, false},
		{`b`, true, false},
		{`bogus (((`, false, false},       // was a yes
		{`true`, true, true},              // was the variable true
		{`s == 'str'`, true, true},        // was the variable str
		{`o.a.b == 1`, true, true},        // was the variable o.a.b
		{`name === 'Hassy'`, true, false}, // was a yes, being no expression
	}
	for _, row := range rows {
		t.Run(row.src, func(t *testing.T) {
			e, err := CompileExpr(row.src)
			if (err == nil) != row.compile {
				t.Fatalf("error %v", err)
			}
			if err == nil && e.True(scopeOf(t, `{"s":"str","n":5,"b":false,"z":0,"o":{"a":{"b":1}}}`)) != row.want {
				t.Errorf("got %v", !row.want)
			}
		})
	}
}

func TestExprErrors(t *testing.T) {
	rows := []struct {
		src    string
		offset int
		msg    string
	}{
		{``, 0, "unexpected end"},
		{`  `, 2, "unexpected end"},
		{`n = 5`, 2, "unexpected '=', equality is =="},
		{`n == `, 5, "unexpected end"},
		{`n == == 5`, 5, "unexpected =="},
		{`n n`, 2, "unexpected n"},
		{`n "x"`, 2, `unexpected text "x"`},
		{`(n`, 2, "expected ), found end"},
		{`n)`, 1, "unexpected )"},
		{`bogus (((`, 0, "unknown function bogus"},
		{`()`, 1, "unexpected )"},
		{`max(1,)`, 6, "unexpected )"},
		{`max(1 2)`, 6, "expected ), found 2"},
		{`n ? 1`, 5, "expected :, found end"},
		{`n not 5`, 6, "expected in, found 5"},
		{`n and`, 5, "unexpected end"},
		{`and n`, 0, "unexpected and"},
		{`n AND s`, 2, "unexpected AND"},
		{`n <> 5`, 3, "unexpected >"},
		{`"abc`, 0, "text without an end"},
		{`s ~= "\d"`, 6, `a backslash in a text is written \\`},
		{`.5`, 0, "unexpected '.'"},
		{`1.`, 1, "unexpected '.' in a number"},
		{`1.2.3`, 3, "unexpected '.' in a number"},
		{`5a`, 1, "unexpected 'a' in a number"},
		{`é`, 0, "unexpected 'é'"},
		{`n & s`, 2, "unexpected '&'"},
		{`list[0]`, 4, "unexpected '['"},
		{`s ~= "("`, 5, "error parsing regexp: missing closing ) in `(`"},
		{`nope(n)`, 0, "unknown function nope"},
		{strings.Repeat("(", 5000), 1000, "expression nested too deep"},
		{strings.Repeat("!", 5000), 1000, "expression nested too deep"},
		{strings.Repeat("a of ", 5000), 5000, "expression nested too deep"},
	}
	for _, row := range rows {
		t.Run(fmt.Sprintf("%.20s", row.src), func(t *testing.T) {
			_, err := CompileExpr(row.src)
			var syntax *SyntaxError
			if !errors.As(err, &syntax) {
				t.Fatalf("error %v", err)
			}
			if syntax.Offset != row.offset || syntax.Msg != row.msg {
				t.Errorf("got  %d %s\nwant %d %s", syntax.Offset, syntax.Msg, row.offset, row.msg)
			}
		})
	}
}

// TestExprNames: names of the caller's own, which may have anything in them.
func TestExprNames(t *testing.T) {
	names := []string{"a-b /c", "true", "o.a", "max"}
	name := func(rest string) (string, int) {
		if strings.HasPrefix(rest, "<<") {
			end := strings.Index(rest, ">>") + 2
			return rest[2 : end-2], end
		}
		for _, n := range names {
			if strings.HasPrefix(rest, n) {
				return n, len(n)
			}
		}
		return "", 0
	}
	scope := scopeOf(t, `{"a-b /c":7,"true":3,"o":{"a":1},"n":2,"or":5,"max":9}`)
	for _, row := range []struct{ src, want string }{
		{`a-b /c == 7`, `1`}, {`n*a-b /c`, `14`}, {`-a-b /c-1`, `-8`}, {`true`, `3`}, {`o.a`, `undefined`}, {`n`, `2`},
		{`<<or>> or n`, `5`}, {`n + <<or>>`, `7`}, {`<<max>> + max`, `18`}, {`max(n, a-b /c)`, `7`}, {`<<none>>`, `undefined`},
	} {
		e, err := CompileExprNames(row.src, name)
		if err != nil {
			t.Errorf("%s: %v", row.src, err)
		} else if got := show(e.Value(scope)); got != row.want {
			t.Errorf("%s: got %s, want %s", row.src, got, row.want)
		}
	}
	if _, err := CompileExprNames(`a-b /c a-b /c`, name); err == nil || err.Error() == "" {
		t.Error("two names side by side were compiled")
	}
}

func TestPower(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	rows := []struct{ x, y, want float64 }{
		{2, 10, 1024}, {2, -1, 0.5}, {nan, 0, 1}, {1, inf, nan}, {-1, inf, nan}, {1, nan, nan}, {2, inf, inf}, {0.5, inf, 0}, {-8, 1.0 / 3, nan},
	}
	for _, row := range rows {
		if got := Power(row.x, row.y); got != row.want && !(got != got && row.want != row.want) {
			t.Errorf("%v to the %v is %v, want %v", row.x, row.y, got, row.want)
		}
	}
}

func FuzzExpr(f *testing.F) {
	for _, src := range []string{
		`n*2 == 10 and s == "str"`, `n not in (1, 2) ? 'a' : b of o`, `s ~= "^st"`, `-max(1, o.a.b) ^ 2 % 3`, `!(n === 5) && (true || null)`, `"\"`,
	} {
		f.Add(src)
	}
	f.Fuzz(func(t *testing.T, src string) {
		// Regular expressions are another package's business, and may take for ever.
		if strings.Contains(src, "~=") {
			t.Skip()
		}
		e, err := CompileExpr(src)
		if err != nil {
			var syntax *SyntaxError
			if !errors.As(err, &syntax) || syntax.Offset < 0 || syntax.Offset > len(src) {
				t.Fatalf("error %#v", err)
			}
			return
		}
		v := e.Value(scopeOf(t, exprVars))
		if e.True(scopeOf(t, exprVars)) != Truthy(v) {
			t.Fatalf("%s is %s", src, show(v))
		}
	})
}
