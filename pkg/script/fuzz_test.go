package script

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
)

// FuzzLoad: whatever the text, there is a script or a fault with a place, never
// a panic; and a script survives being encoded.
func FuzzLoad(f *testing.F) {
	for _, pattern := range []string{badFolder + "/[0-9]*.yml", badFolder + "/[0-9]*.json", "testdata/*.yml", "testdata/*.json"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text, "{}")
		}
	}
	f.Add([]byte("{\"a\": [1, {}], \"scenarios\": [{\"flow\": []}]}"), `{"config": {"phases": [{"pause": 1}]}}`)
	f.Fuzz(func(t *testing.T, text []byte, overrides string) {
		fsys := fstest.MapFS{"s.yml": {Data: text}, "data/all.csv": {Data: []byte("1,2\n")}}
		env := map[string]string{"SECONDS": "1"}
		s, warnings, err := Load(fsys, "s.yml", Options{Overrides: []byte(overrides), Env: env, Environment: "staging"})
		for _, w := range warnings {
			if !w.Warning || w.Message == "" {
				t.Errorf("warning %+v", w)
			}
		}
		var faults Faults
		switch {
		case err == nil:
			roundTrip(t, s, fsys, env)
		case !errors.As(err, &faults) || len(faults) == 0 || s != nil:
			t.Errorf("error %v with script %v", err, s)
		default:
			for _, fault := range faults {
				if fault.Warning || fault.Message == "" || fault.File == "s.yml" && (fault.Line < 1 || fault.Column < 1) {
					t.Errorf("fault %+v", fault)
				}
			}
		}
	})
}

func roundTrip(t *testing.T, s *Script, fsys fstest.MapFS, env map[string]string) {
	data, err := s.EncodeResolved()
	if err != nil {
		t.Fatal(err)
	}
	again, err := DecodeResolved(data, fsys, env, nil)
	if err != nil {
		t.Fatalf("decoding:\n%s\n%v", data, err)
	}
	if got, want := dump(again), dump(s); got != want {
		t.Errorf("decoded:\n%s\nloaded:\n%s", got, want)
	}
}

func FuzzDecodeResolved(f *testing.F) {
	s, _, err := Parse([]byte(plainScript), Options{})
	if err != nil {
		f.Fatal(err)
	}
	data, err := s.EncodeResolved()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(data)
	f.Add([]byte(`{"version": 1, "seed": "1", "document": {"scenarios": [{"flow": []}]}, "positions": {"": [1]}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := DecodeResolved(data, nil, nil, nil)
		if (s == nil) == (err == nil) {
			t.Errorf("script %v with error %v", s, err)
		}
	})
}
