package script

import (
	"bytes"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"salvo/pkg/template"
)

// emptyScope is a user without variables.
type emptyScope struct{}

func (emptyScope) Lookup(string) (any, bool) { return nil, false }
func (emptyScope) Rand() *rand.Rand          { return rand.New(rand.NewPCG(1, 2)) }

// goodCases are the scripts of testdata with the options they are loaded with.
var goodCases = []struct {
	name, file string
	options    Options
}{
	{"everything", "everything.yml", Options{
		Environment: "staging",
		Overrides:   []byte(`{"config": {"phases": [{"duration": "{{ $env.SECONDS }}", "arrivalRate": 7}], "http": {"pool": 3}}}`),
		Variables:   []byte(`{"word": "salvo", "many": ["a", "b"]}`),
		Env:         map[string]string{"SECONDS": "90", "TOKEN": "s3cret", "HOME": "/home/ada"},
		TestID:      "t1",
		Seed:        7,
	}},
	{"json", "script.json", Options{Seed: 1}},
	{"merged", "merged.yml", Options{Name: "scripts/merged.yml"}},
	{"as in serverless-artillery", "aliases.yml", Options{Target: "http://127.0.0.1:9"}},
}

// TestGoodScripts holds what each script is read as.
func TestGoodScripts(t *testing.T) {
	for _, test := range goodCases {
		t.Run(test.name, func(t *testing.T) {
			s, warnings, err := Load(os.DirFS("testdata"), test.file, test.options)
			if err != nil {
				t.Fatal(err)
			}
			got := dump(s)
			if len(warnings) > 0 {
				got += "warnings\n" + warnings.Error() + "\n"
			}
			checkGolden(t, strings.TrimSuffix(test.file, filepath.Ext(test.file))+".txt", got)
		})
	}
}

func checkGolden(t *testing.T, name, got string) {
	t.Helper()
	golden := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; got:\n%s", golden, got)
	}
}

// TestResolvedRoundTrip: what a worker decodes is the script that was planned.
func TestResolvedRoundTrip(t *testing.T) {
	for _, test := range goodCases {
		t.Run(test.name, func(t *testing.T) {
			fsys := os.DirFS("testdata")
			s, _, err := Load(fsys, test.file, test.options)
			if err != nil {
				t.Fatal(err)
			}
			data, err := s.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			again, err := DecodeResolved(data, fsys, test.options.Env, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := dump(again), dump(s); got != want {
				t.Errorf("decoded:\n%s\nloaded:\n%s", got, want)
			}
			twice, err := again.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(twice, data) {
				t.Errorf("encoded again:\n%s\nfirst:\n%s", twice, data)
			}
		})
	}
}

func TestResolvedKeepsNoSecrets(t *testing.T) {
	test := goodCases[0]
	s, _, err := Load(os.DirFS("testdata"), test.file, test.options)
	if err != nil {
		t.Fatal(err)
	}
	if got := show(s.Config.Variables); !strings.Contains(got, "s3cret") {
		t.Fatalf("the variables do not have the token from the environment: %s", got)
	}
	data, err := s.EncodeResolved()
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"s3cret", "/home/ada", `"90"`} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("the resolved script has %s of the environment in it", secret)
		}
	}
	if !bytes.Contains(data, []byte("{{ $env.TOKEN }}")) {
		t.Errorf("the resolved script does not ask for the token:\n%s", data)
	}
}

func TestResolvedFaultsKeepTheirPlaces(t *testing.T) {
	text := `config:
  target: "http://127.0.0.1:8089"
  timeout: "{{ $env.TIMEOUT }}"
  payload:
    path: users.csv
    fields: [id]
scenarios:
  - flow: [{get: {url: /}}]
`
	fsys := fstest.MapFS{
		"a/load.yml":  {Data: []byte(text)},
		"a/users.csv": {Data: []byte("1\n2\n")},
	}
	s, _, err := Load(fsys, "a/load.yml", Options{Env: map[string]string{"TIMEOUT": "5"}})
	if err != nil {
		t.Fatal(err)
	}
	data, err := s.EncodeResolved()
	if err != nil {
		t.Fatal(err)
	}
	_, err = DecodeResolved(data, fstest.MapFS{}, map[string]string{"TIMEOUT": "soon"}, nil)
	want := `a/load.yml:3:12: config.timeout: expected seconds, such as 10 or 0.5, or a number with a unit, such as 500ms, 10s, 2m or 1h; found "{{ $env.TIMEOUT }}", which stands for a text here
a/load.yml:5:11: config.payload.path: the file "users.csv" does not exist: it was looked for at a/users.csv, as paths are relative to the script's folder`
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	again, err := DecodeResolved(data, nil, map[string]string{"TIMEOUT": "5"}, nil)
	if err != nil || len(again.Config.Payload) != 1 || again.Config.Payload[0].Rows != nil {
		t.Errorf("without files: %+v, %v", again, err)
	}
}

func TestEncodeHandMade(t *testing.T) {
	if _, err := (&Script{}).EncodeResolved(); err == nil {
		t.Error("a script that was not loaded was encoded")
	}
}

func TestDecodeRefusesGarbage(t *testing.T) {
	for _, data := range []string{
		``, `null`, `[]`, `{}`, `{"version": 2}`, `{"version": 1, "seed": "x"}`, `{"version": 1, "seed": "1"}`,
		`{"version": 1, "seed": "1", "document": [], "positions": {}}`,
		`{"version": 1, "seed": "1", "document": {}, "positions": []}`,
		`{"version": 1, "seed": "1", "document": {}, "positions": {}, "variables": 1}`,
		`{"version": 1, "seed": "1", "document": {}, "positions": {}}`,
	} {
		if _, err := DecodeResolved([]byte(data), nil, nil, nil); err == nil {
			t.Errorf("%s was decoded", data)
		}
	}
}

func TestLoadWithoutFile(t *testing.T) {
	_, _, err := Load(fstest.MapFS{}, "load.yml", Options{})
	var faults Faults
	if !errors.Is(err, fs.ErrNotExist) || errors.As(err, &faults) {
		t.Errorf("got %v", err)
	}
}

func TestParseHasNoFolder(t *testing.T) {
	_, _, err := Parse([]byte(`{">>": "base.yml"}`), Options{})
	if err == nil || !strings.Contains(err.Error(), "given as a text") {
		t.Errorf("a merge file: got %v", err)
	}
	_, _, err = Parse([]byte(`{"config": {"target": "http://127.0.0.1", "payload": {"path": "a.csv", "fields": ["a"]}}, "scenarios": [{"flow": []}]}`), Options{Name: "the request"})
	if err == nil || !strings.Contains(err.Error(), "given as a text") || !strings.HasPrefix(err.Error(), "the request:1:") {
		t.Errorf("a payload: got %v", err)
	}
}

func TestDefaultScript(t *testing.T) {
	s, warnings, err := Parse([]byte(DefaultScript), Options{Strict: true})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	p := s.Config.Phases[0]
	if s.Config.Target != "http://127.0.0.1:8089" || p.Duration.RatString() != "5" || p.From.RatString() != "1" || p.To.RatString() != "1" {
		t.Error(dump(s))
	}
	r := s.Scenarios[0].Flow[0].Request
	if r == nil || r.Method != "GET" || source(r.URL) != `"/"` {
		t.Error(dump(s))
	}
}

func TestDefaults(t *testing.T) {
	s, warnings, err := Parse([]byte(`{"scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1/"}}]}]}`), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	checkGolden(t, "defaults.txt", dump(s))
	if w, static := s.Scenarios[0].Weight.Static(); !static || w != any(1.0) {
		t.Errorf("weight %v", w)
	}
	if s.Limits != (Limits{86400, 5000, 120, 500, 15000}) || s.Limits != DefaultLimits() {
		t.Errorf("limits %+v", s.Limits)
	}
}

// TestSharedByUsers: a script is read by many at once; its variables are values
// of package template.
func TestVariablesAreTemplateValues(t *testing.T) {
	s, _, err := Parse([]byte(`{"config": {"variables": {"b": [1, {"c": null}], "a": "{{ x }}"}}, "scenarios": [{"flow": []}]}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	if key, _ := s.Config.Variables.At(0); key != "b" {
		t.Errorf("the first variable is %s", key)
	}
	list, _ := s.Config.Variables.Get("b")
	if _, ok := list.([]any)[1].(*template.Object); !ok {
		t.Errorf("b is %T", list)
	}
}
