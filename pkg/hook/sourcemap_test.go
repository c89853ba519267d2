package hook

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestColumnsFromOne(t *testing.T) {
	for name, test := range map[string]struct{ mappings, want string }{
		"nothing":                       {"", ""},
		"one segment":                   {"AAAA", "CAAC"},
		"lines without segments":        {";;AAAA;;EACE", ";;CAAC;;GACE"},
		"further segments":              {"AAAA,IAAI;AACA,gBAAgB", "CAAC,IAAI;CACA,gBAAgB"},
		"a first one without a source":  {"A,IAAI,EACF", "C,IAAK,EACF"},
		"numbers of several digits":     {"gzBAgBh4BA", "izBAgB/3BA"},
		"a column of a source that was": {"AAAD", "CAAA"},
	} {
		t.Run(name, func(t *testing.T) {
			text, err := json.Marshal(map[string]any{"version": 3, "mappings": test.mappings})
			if err != nil {
				t.Fatal(err)
			}
			out, err := columnsFromOne(text)
			var m struct {
				Version  int
				Mappings string
			}
			if err != nil || json.Unmarshal(out, &m) != nil || m.Version != 3 || m.Mappings != test.want {
				t.Errorf("%q, %v, want %q", m.Mappings, err, test.want)
			}
		})
	}
	if _, err := columnsFromOne([]byte(`{"mappings": 1}`)); err == nil {
		t.Error("mappings that are no text are taken")
	}
}

func FuzzColumnsFromOne(f *testing.F) {
	f.Add("AAAA;;EACE,A;g,gg,/")
	f.Fuzz(func(t *testing.T, mappings string) {
		text, err := json.Marshal(map[string]string{"mappings": mappings})
		if err != nil {
			t.Fatal(err)
		}
		out, err := columnsFromOne(text)
		var m struct{ Mappings string }
		if err != nil || json.Unmarshal(out, &m) != nil {
			t.Fatalf("%q, %v", out, err)
		}
		if strings.Count(m.Mappings, ";") != strings.Count(mappings, ";") || strings.Count(m.Mappings, ",") != strings.Count(mappings, ",") {
			t.Errorf("%q of %q", m.Mappings, mappings)
		}
	})
}
