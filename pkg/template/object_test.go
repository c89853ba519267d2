package template

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func TestObjectKeepsOrder(t *testing.T) {
	o := NewObject()
	for _, key := range []string{"b", "10", "a", "1"} {
		o.Set(key, key+"!")
	}
	o.Set("b", "again")
	o.Delete("a")
	o.Delete("missing")
	o.Set("a", "back")
	if got, want := show(o), `{"b":"again","10":"10!","1":"1!","a":"back"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if _, ok := o.Get("missing"); ok {
		t.Error("a missing key was found")
	}
}

func TestNilObjectReads(t *testing.T) {
	var o *Object
	if v, ok := o.Get("a"); v != nil || ok {
		t.Errorf("Get = %v, %v", v, ok)
	}
	if o.Len() != 0 {
		t.Errorf("Len = %d", o.Len())
	}
	if got := show(o); got != "{}" {
		t.Errorf("as JSON %s", got)
	}
}

// TestObjectModel holds an Object against a list of keys and a map, also beyond the size at which it
// gets an index.
func TestObjectModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := NewObject()
		var keys []string
		values := map[string]any{}
		steps := rapid.IntRange(0, 120).Draw(t, "steps")
		for i := range steps {
			key := fmt.Sprint("k", rapid.IntRange(0, 40).Draw(t, "key"))
			if rapid.IntRange(0, 3).Draw(t, "delete") == 0 {
				o.Delete(key)
				delete(values, key)
				keys = slices.DeleteFunc(keys, func(k string) bool { return k == key })
				continue
			}
			o.Set(key, float64(i))
			if _, ok := values[key]; !ok {
				keys = append(keys, key)
			}
			values[key] = float64(i)
		}
		if o.Len() != len(keys) {
			t.Fatalf("Len = %d, want %d", o.Len(), len(keys))
		}
		for i, key := range keys {
			if k, v := o.At(i); k != key || v != values[key] {
				t.Fatalf("At(%d) = %s, %v, want %s, %v", i, k, v, key, values[key])
			}
		}
		for i := range 41 {
			key := fmt.Sprint("k", i)
			v, ok := o.Get(key)
			if want, has := values[key]; ok != has || ok && v != want {
				t.Fatalf("Get(%s) = %v, %v, want %v, %v", key, v, ok, want, has)
			}
		}
	})
}

func TestObjectInEncodingJSON(t *testing.T) {
	var got struct{ O, None *Object }
	if err := json.Unmarshal([]byte(`{"O":{"b":[1,{"z":null,"a":1.50}],"a":"x"},"None":null}`), &got); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"O":{"b":[1,{"z":null,"a":1.5}],"a":"x"},"None":null}`; string(text) != want {
		t.Errorf("got %s, want %s", text, want)
	}
	if err := json.Unmarshal([]byte(`[1]`), new(Object)); err == nil {
		t.Error("a list was taken for an object")
	}
}
