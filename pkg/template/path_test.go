package template

import "testing"

const pathVars = `{"s":"str","n":5,"nul":null,"o":{"a":{"b":1},"list":[1,2,{"x":"y"}]},"dash-key":"dk",
	"o.p":"flat","list":["p","q"],"a b":3,"x[":1}`

// What lodash's get and set make of a path.
func TestPathGet(t *testing.T) {
	rows := []struct{ path, want string }{
		{`s`, `"str"`}, {`o.a.b`, `1`}, {`o["a"].b`, `1`}, {`o['a']['b']`, `1`}, {`o.list[2].x`, `"y"`},
		{`o.list.2.x`, `"y"`}, {`o.list.length`, `3`}, {`s.length`, `3`}, {`s[1]`, `"t"`}, {`o.p`, `"flat"`},
		{`o.q`, `undefined`}, {`dash-key`, `"dk"`}, {`o.list[-1]`, `undefined`}, {`o.list[9]`, `undefined`},
		{`a b`, `3`}, {`x[`, `1`}, {`miss.a`, `undefined`}, {`nul.a`, `undefined`}, {`nul`, `null`}, {`o..a`, `undefined`},
		{`.o`, `undefined`}, {`o.`, `undefined`}, {`o[list][1]`, `2`}, {`list[0]`, `"p"`}, {`list[00]`, `undefined`},
		{`list["0"]`, `"p"`}, {``, `undefined`}, {`n.a`, `undefined`}, {`[o].a.b`, `1`}, {`[s]`, `"str"`},
		{`o[a.b]`, `1`}, {`o.a["b"]`, `1`}, {`o[ a ]`, `undefined`}, {`list[]`, `undefined`}, {`o["a"]b`, `1`},
		{`o["a\"b"]`, `undefined`},
	}
	s := scopeOf(t, pathVars)
	for _, row := range rows {
		t.Run(row.path, func(t *testing.T) {
			if got := show(ParsePath(row.path).Get(s)); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
		})
	}
}

func TestPathSet(t *testing.T) {
	rows := []struct{ name, path, old, root, want string }{
		{"name", `x`, `1`, `x`, `"V"`},
		{"new object", `x.a`, `null`, `x`, `{"a":"V"}`},
		{"new objects", `x.a.b`, `null`, `x`, `{"a":{"b":"V"}}`},
		{"new list", `o.p[0]`, `null`, `o`, `{"p":["V"]}`},
		{"gap in a list", `x[2].y`, `null`, `x`, `[null,null,{"y":"V"}]`},
		{"unquoted key", `pet[id].y`, `null`, `pet`, `{"id":{"y":"V"}}`},
		{"quoted key", `x["k.l"]`, `null`, `x`, `{"k.l":"V"}`},
		{"known object", `o.a.c`, `{"a":{"b":1},"z":2}`, `o`, `{"a":{"b":1,"c":"V"},"z":2}`},
		{"known member keeps its place", `o.a`, `{"a":1,"z":2}`, `o`, `{"a":"V","z":2}`},
		{"known list", `l[1]`, `[1,2,3]`, `l`, `[1,"V",3]`},
		{"longer list", `l[4]`, `[1,2]`, `l`, `[1,2,null,null,"V"]`},
		{"text gives way", `s.x`, `"text"`, `s`, `{"x":"V"}`},
		{"index of an object", `o[0]`, `{"a":1}`, `o`, `{"a":1,"0":"V"}`},
		{"key of a list", `l.k`, `[1,2]`, `l`, `{"0":1,"1":2,"k":"V"}`},
		{"far index", `l[99999999]`, `null`, `l`, `{"99999999":"V"}`},
		{"brackets only", `[x]`, `1`, `x`, `"V"`},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			p := ParsePath(row.path)
			if p.Root() != row.root {
				t.Errorf("root %q, want %q", p.Root(), row.root)
			}
			old := parse(t, row.old)
			if got := show(p.Set(old, "V")); got != row.want {
				t.Errorf("got %s, want %s", got, row.want)
			}
			if got := show(old); got != show(parse(t, row.old)) {
				t.Errorf("the old value became %s", got)
			}
		})
	}
}
