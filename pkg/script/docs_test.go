package script

import (
	"os"
	"strings"
	"testing"
)

// TestRefusedKeysAreDocumented holds docs/compatibility.md to the table of keys:
// what is refused is listed there, with every name.
func TestRefusedKeysAreDocumented(t *testing.T) {
	data, err := os.ReadFile("../../docs/compatibility.md")
	if err != nil {
		t.Fatal(err)
	}
	_, listed, found := strings.Cut(string(data), "## Not supported yet")
	if !found {
		t.Fatal("docs/compatibility.md has no section \"Not supported yet\"")
	}
	listed, _, _ = strings.Cut(listed, "\n## ")
	names := map[string]bool{}
	visited := map[*object]bool{}
	seen := map[*shape]bool{} // a flow is a list whose elements may be such lists
	var walk func(o *object)
	walkShape := func(s *shape) {
		for ; s != nil && !seen[s]; s = s.item {
			seen[s] = true
			walk(s.object)
		}
	}
	walk = func(o *object) {
		if o == nil || visited[o] {
			return
		}
		visited[o] = true
		for i := range o.fields {
			f := &o.fields[i]
			if f.status == refused {
				names[f.name] = true
			}
			walkShape(&f.shape)
		}
		walkShape(o.each)
	}
	walk(newSchema())
	for name := range names {
		if !strings.Contains(plain(listed), plain("`"+name+"`")) {
			t.Errorf("`%s` is refused and not listed", name)
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d keys were found to be refused", len(names))
	}
}

// plain makes the two spellings of csv-parse's options the same.
func plain(s string) string { return strings.ToLower(strings.ReplaceAll(s, "_", "")) }
