package script

import (
	"testing"

	"pgregory.net/rapid"

	"salvo/pkg/template"
)

// anyValue draws a value that a JSON text can have.
func anyValue(t *rapid.T, depth int) any {
	switch rapid.IntRange(0, 5).Draw(t, "kind") - max(0, depth-2)*6 {
	case 5:
		o := template.NewObject()
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			o.Set(rapid.StringMatching(`[abc]`).Draw(t, "key"), anyValue(t, depth+1))
		}
		return o
	case 4:
		list := []any{}
		for range rapid.IntRange(0, 3).Draw(t, "elements") {
			list = append(list, anyValue(t, depth+1))
		}
		return list
	case 3:
		return nil
	case 2:
		return rapid.Bool().Draw(t, "truth")
	case 1:
		return rapid.StringMatching(`[xyz]{0,2}`).Draw(t, "text")
	default:
		return float64(rapid.IntRange(0, 9).Draw(t, "number"))
	}
}

func anyObject(t *rapid.T) any {
	o := template.NewObject()
	for range rapid.IntRange(0, 3).Draw(t, "members") {
		o.Set(rapid.StringMatching(`[abc]`).Draw(t, "key"), anyValue(t, 1))
	}
	return o
}

// TestMergeLaws: merging changes neither of its arguments, which share parts
// with the result; a thing merged over itself is itself; and what was merged
// over a base is there afterwards.
func TestMergeLaws(t *testing.T) {
	for name, merge := range map[string]func(a, b *node) *node{"environment": mergeDeep, "overrides": mergeOverrides} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				at := place{file: "f"}
				a, b := newNode(anyObject(t), at), newNode(anyObject(t), at)
				beforeA, beforeB := show(a.value()), show(b.value())
				merged := merge(a, b)
				result := show(merged.value())
				if show(a.value()) != beforeA || show(b.value()) != beforeB {
					t.Fatalf("%s over %s changed its arguments", beforeB, beforeA)
				}
				if got := show(merge(a, a).value()); got != beforeA {
					t.Fatalf("%s over itself is %s", beforeA, got)
				}
				if got := show(merge(merged, b).value()); got != result {
					t.Fatalf("%s over %s is %s, and once more %s", beforeB, beforeA, result, got)
				}
				if got := show(merge(newNode(template.NewObject(), at), b).value()); got != beforeB {
					t.Fatalf("%s over nothing is %s", beforeB, got)
				}
			})
		})
	}
}

// TestMerge has rows that were compared with lodash, but for a list and an
// object in one place, where the later one replaces the other here.
func TestMerge(t *testing.T) {
	tests := []struct{ base, over, deep, overrides string }{
		{`{"a":1}`, `{"a":null}`, `{"a":null}`, `{"a":null}`},
		{`{"a":[1,2,3]}`, `{"a":[9]}`, `{"a":[9,2,3]}`, `{"a":[9]}`},
		{`{"a":[{"x":1,"y":2}]}`, `{"a":[{"x":3},{"z":1}]}`, `{"a":[{"x":3,"y":2},{"z":1}]}`, `{"a":[{"x":3},{"z":1}]}`},
		{`{"a":{"b":1}}`, `{"a":5}`, `{"a":5}`, `{"a":5}`},
		{`{"a":"x"}`, `{"a":[1]}`, `{"a":[1]}`, `{"a":[1]}`},
		{`{"a":null}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
		{`{"a":{"b":{"c":1}}}`, `{"a":{"b":{"d":2}}}`, `{"a":{"b":{"c":1,"d":2}}}`, `{"a":{"b":{"c":1,"d":2}}}`},
		{`{"a":[[1,2],[3]]}`, `{"a":[[9]]}`, `{"a":[[9,2],[3]]}`, `{"a":[[9]]}`},
		{`{"a":[1]}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`, `{"a":{"b":1}}`},
	}
	for _, test := range tests {
		t.Run(test.base+" "+test.over, func(t *testing.T) {
			var s sink
			base, over := readJSON([]byte(test.base), "a", &s), readJSON([]byte(test.over), "b", &s)
			if got := show(mergeDeep(base, over).value()); got != test.deep {
				t.Errorf("environment: got %s, want %s", got, test.deep)
			}
			if got := show(mergeOverrides(base, over).value()); got != test.overrides {
				t.Errorf("overrides: got %s, want %s", got, test.overrides)
			}
		})
	}
}
