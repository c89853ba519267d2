package asl

import (
	"strings"
	"testing"
)

const shop = `{"store": {"book": [{"title": "A", "price": 8}, {"title": "B"}, {"title": "C", "price": 22}],
	"my-key": 1, "a b": 2, "it's": 3, "é": 4, "null": null}, "title": "top"}`

func TestPathFind(t *testing.T) {
	tests := []struct{ name, path, want string }{
		{"root", "$", shop},
		{"field", "$.title", `"top"`},
		{"deep field", "$.store.book[1].title", `"B"`},
		{"null is there", "$.store.null", `null`},
		{"absent", "$.store.none", ``},
		{"field of a text", "$.title.length", ``},
		{"field of a list", "$.store.book.title", ``},
		{"hyphen", "$.store.my-key", `1`},
		{"letters beyond ASCII", "$.store.é", `4`},
		{"quoted", "$.store['a b']", `2`},
		{"double quotes", `$["store"]["a b"]`, `2`},
		{"escaped quote", `$.store['it\'s']`, `3`},
		{"index", "$.store.book[0].price", `8`},
		{"from the end", "$.store.book[-1].title", `"C"`},
		{"beyond the end", "$.store.book[3]", ``},
		{"before the start", "$.store.book[-4]", ``},
		{"wildcard of a list", "$.store.book[*].title", `["A", "B", "C"]`},
		{"wildcard leaves out what is absent", "$.store.book[*].price", `[8, 22]`},
		{"wildcard of an object", "$.store.book[0].*", `[8, "A"]`},
		{"several indices", "$.store.book[2,0].title", `["C", "A"]`},
		{"several names", "$.store['a b', 'my-key']", `[2, 1]`},
		{"slice", "$.store.book[0:2].title", `["A", "B"]`},
		{"slice from the end", "$.store.book[-2:].title", `["B", "C"]`},
		{"slice with a step", "$.store.book[::2].title", `["A", "C"]`},
		{"slice of nothing", "$.store.book[5:9]", `[]`},
		{"at any depth", "$..title", `["top", "A", "B", "C"]`},
		{"at any depth, index", "$..[0].title", `["A"]`},
		{"nothing at any depth", "$..none", `[]`},
	}
	root, err := decode([]byte(shop))
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := parsePath(test.path)
			if err != nil {
				t.Fatal(err)
			}
			got, ok := p.find(root)
			if ok != (test.want != "") {
				t.Fatalf("found: %v (%v)", ok, got)
			}
			if !ok {
				return
			}
			data, err := encode(got)
			if err != nil || !sameJSON(t, string(data), test.want) {
				t.Fatalf("got %s, want %s (%v)", data, test.want, err)
			}
		})
	}
}

func TestPathFaults(t *testing.T) {
	tests := []struct{ name, path, want string }{
		{"empty", "", "must begin with $"},
		{"no root", "a.b", "must begin with $"},
		{"no name", "$.", "field name is missing"},
		{"space", "$.a b", `unexpected " b"`},
		{"no bracket", "$.a[0", "] is missing"},
		{"no index", "$.a[]", "bad index"},
		{"no number", "$.a[x]", "bad index"},
		{"open quote", "$['a", "unclosed quote"},
		{"quote and no bracket", "$['a'", "] is missing"},
		{"names without a comma", "$['a' 'b']", "] is missing"},
		{"comma at the end", "$['a',]", "quoted field name is missing"},
		{"step of zero", "$[::0]", "bad slice"},
		{"too many colons", "$[1:2:3:4]", "bad slice"},
		{"filter", "$.a[?(@.b == 1)]", "filters are not supported"},
		{"computed index", "$.a[(@.length-1)]", "computed indices"},
		{"function", "$.a.length()", "the function length()"},
		{"index too large", "$[99999999999999999999]", "bad index"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := parsePath(test.path)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestPathPut(t *testing.T) {
	tests := []struct{ name, path, in, want, fault string }{
		{"new field", "$.b", `{"a": 1}`, `{"a": 1, "b": "new"}`, ""},
		{"replaces a field", "$.a", `{"a": 1}`, `{"a": "new"}`, ""},
		{"makes objects on the way", "$.b.c.d", `{"a": 1}`, `{"a": 1, "b": {"c": {"d": "new"}}}`, ""},
		{"keeps what is beside it", "$.a.c", `{"a": {"b": 1}}`, `{"a": {"b": 1, "c": "new"}}`, ""},
		{"element", "$.a[1]", `{"a": [1, 2]}`, `{"a": [1, "new"]}`, ""},
		{"field of an element", "$.a[0].b", `{"a": [{}]}`, `{"a": [{"b": "new"}]}`, ""},
		{"element that is not there", "$.a[2]", `{"a": [1, 2]}`, ``, "no element [2]"},
		{"element of nothing", "$.a[0]", `{}`, ``, "no element [0]"},
		{"field of a number", "$.a.b", `{"a": 1}`, ``, "is no object"},
		{"field of a list", "$.b", `[1]`, ``, "is no object"},
		{"field of null", "$.a.b", `{"a": null}`, ``, "is no object"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p, err := parsePath(test.path)
			if err != nil {
				t.Fatal(err)
			}
			in, err := decode([]byte(test.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.put(in, "new")
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) || !strings.HasPrefix(err.Error(), ErrorResultPath) {
					t.Fatalf("got %v, %v", got, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			data, _ := encode(got)
			if !sameJSON(t, string(data), test.want) {
				t.Fatalf("got %s, want %s", data, test.want)
			}
			if data, _ := encode(in); !sameJSON(t, string(data), test.in) {
				t.Fatalf("the input became %s", data)
			}
		})
	}
}

func TestPathReference(t *testing.T) {
	tests := []struct {
		path                string
		definite, reference bool
	}{
		{"$", true, true},
		{"$.a['b c'][0]", true, true},
		{"$$.State.Name", true, true},
		{"$.a[-1]", true, false},
		{"$.a[0,1]", false, false},
		{"$['a','b']", false, false},
		{"$.a[*]", false, false},
		{"$.a[0:1]", false, false},
		{"$..a", false, false},
	}
	for _, test := range tests {
		p, err := parsePath(test.path)
		if err != nil {
			t.Fatal(err)
		}
		if p.definite() != test.definite || p.reference() != test.reference {
			t.Errorf("%s: definite %v, reference %v", test.path, p.definite(), p.reference())
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"$", "$$.Execution.Id", "$.store.book[0].title", "$..[-1:]", "$['it\\'s',\"b\"][1,2]", "$.*..x[::3]", "$.é[*]"} {
		f.Add(s)
	}
	root, err := decode([]byte(shop))
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := parsePath(s)
		if err != nil {
			return
		}
		if p.source != s {
			t.Fatalf("%q was read as %q", s, p.source)
		}
		if strings.Count(s, "..") > 6 {
			return // each goes through all that the ones before have found
		}
		got, ok := p.find(root)
		if !p.definite() {
			if _, isList := got.([]any); !ok || !isList {
				t.Fatalf("%q found %v", s, got)
			}
		}
		if !p.reference() || p.context {
			return
		}
		changed, err := p.put(root, "new")
		if err != nil {
			return
		}
		if back, ok := p.find(changed); !ok || back != "new" {
			t.Fatalf("%q was set, and is %v", s, back)
		}
	})
}
