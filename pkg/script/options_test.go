package script

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const plainScript = `config:
  target: "http://127.0.0.1:8089"
  phases:
    - duration: 10
      arrivalRate: 5
      name: base
    - pause: 3
  variables: {a: 1, b: [1, 2]}
  environments:
    staging:
      target: "https://staging.example.com"
      phases:
        - arrivalRate: 50
        - pause: 4
        - duration: 1
          arrivalCount: 7
      variables: {b: [9], c: null}
    empty:
scenarios:
  - flow: [{get: {url: /}}]
`

func mustParse(t *testing.T, text string, o Options) *Script {
	t.Helper()
	s, _, err := Parse([]byte(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// faultsOf returns warnings and faults of a script, line by line.
func faultsOf(text string, o Options) []string {
	_, warnings, err := Parse([]byte(text), o)
	var lines []string
	if err != nil {
		lines = strings.Split(err.Error(), "\n")
	}
	for _, w := range warnings {
		lines = append(lines, w.Error())
	}
	return lines
}

func TestEnvironment(t *testing.T) {
	s := mustParse(t, plainScript, Options{Environment: "staging"})
	c := s.Config
	if c.Target != "https://staging.example.com" || c.Environment != "staging" {
		t.Errorf("target %s, environment %s", c.Target, c.Environment)
	}
	if got := show(c.Variables); got != `{"a":1,"b":[9,2],"c":null}` {
		t.Errorf("variables %s", got)
	}
	if len(c.Phases) != 3 {
		t.Fatalf("%d phases", len(c.Phases))
	}
	p := c.Phases[0]
	if p.Name != "base" || p.Duration.RatString() != "10" || p.From.RatString() != "50" {
		t.Errorf("a phase of the environment lies over the one of config, key by key: got %+v", p)
	}
	if got := c.Phases[1].Duration.RatString(); got != "4" {
		t.Errorf("the pause lasts %s", got)
	}
	if got := mustParse(t, plainScript, Options{Environment: "empty"}).Config.Target; got != "http://127.0.0.1:8089" {
		t.Errorf("with an empty environment the target is %s", got)
	}
}

func TestUnknownEnvironment(t *testing.T) {
	want := `--environment: warning: the environment "stagng" is not defined in the script; did you mean staging? Known are staging, empty`
	if got := faultsOf(plainScript, Options{Environment: "stagng"}); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q", got)
	}
	want = strings.Replace(want, "warning: ", "", 1)
	if got := faultsOf(plainScript, Options{Environment: "stagng", Strict: true}); !slices.Equal(got, []string{want}) {
		t.Errorf("strict: got %q", got)
	}
	none := `{"scenarios": [{"flow": [{"think": 1}]}]}`
	want = `--environment: warning: the environment "x" is not defined in the script; config.environments has none`
	if got := faultsOf(none, Options{Environment: "x"}); !slices.Equal(got, []string{want}) {
		t.Errorf("got %q", got)
	}
	if got := mustParse(t, plainScript, Options{Environment: "other"}).Config.Environment; got != "other" {
		t.Errorf("$environment is what was asked for, got %q", got)
	}
}

func TestOverrides(t *testing.T) {
	s := mustParse(t, plainScript, Options{
		Environment: "staging",
		Target:      "http://127.0.0.1:1",
		Overrides:   []byte(`{"config": {"phases": [{"pause": 1}], "variables": {"b": [3]}}}`),
		Variables:   []byte(`{"a": {"x": 1}}`),
	})
	if len(s.Config.Phases) != 1 {
		t.Errorf("a list replaces the list: %d phases", len(s.Config.Phases))
	}
	if got := show(s.Config.Variables); got != `{"a":{"x":1},"b":[3],"c":null}` {
		t.Errorf("variables %s", got)
	}
	if s.Config.Target != "http://127.0.0.1:1" {
		t.Errorf("target %s", s.Config.Target)
	}
	s = mustParse(t, plainScript, Options{Target: "http://127.0.0.1:1", Overrides: []byte(`{"config": {"target": "http://127.0.0.1:2"}}`)})
	if s.Config.Target != "http://127.0.0.1:2" {
		t.Errorf("overrides come after the target: %s", s.Config.Target)
	}
}

func TestOptionFaults(t *testing.T) {
	tests := []struct {
		name    string
		options Options
		want    string
	}{
		{"overrides that are no JSON", Options{Overrides: []byte("{\"config\":\n  {'target': 1}}")},
			`--overrides:2:4: this is not JSON: expected a key in double quotes, found '\''`},
		{"overrides that are no object", Options{Overrides: []byte(`[1]`)},
			`--overrides:1:1: expected a JSON object, such as {"name": "value"}, found a list`},
		{"variables that are no JSON", Options{Variables: []byte(`{"a": b}`)},
			`--variables:1:7: this is not JSON: expected a value, found 'b': a text stands in double quotes`},
		{"variables that are no object", Options{Variables: []byte(`"a"`)},
			`--variables:1:1: expected a JSON object, such as {"name": "value"}, found the text "a"`},
		{"a value from the overrides", Options{Overrides: []byte("{\"config\": {\n\"phases\": [{\"duration\": \"x\", \"arrivalRate\": 1}]}}")},
			`--overrides:2:25: config.phases[0].duration: expected seconds, such as 10 or 0.5, or a number with a unit, such as 500ms, 10s, 2m or 1h; found the text "x"`},
		{"a key from the overrides", Options{Overrides: []byte(`{"config": {"ws": {}}}`)},
			"--overrides:1:13: config.ws: `ws` is not supported by this version of Salvo: WebSocket is not known to this version; leave it out together with scenarios of that engine"},
		{"a function in the variables", Options{Variables: []byte(`{"a": "{{ $nope() }}"}`)},
			`--variables:1:8: config.variables.a: there is no function $nope; known are $randomNumber, $randomString`},
		{"a target", Options{Target: "example.com"},
			`--target: config.target: a target begins with http:// or https://, found the text "example.com"`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := faultsOf(plainScript, test.options); !slices.Equal(got, []string{test.want}) {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), test.want)
			}
		})
	}
}

func TestStrict(t *testing.T) {
	text := `{"confi": 1, "scenarios": [{"flow": [{"think": 1}]}]}`
	_, warnings, err := Parse([]byte(text), Options{})
	if err != nil || len(warnings) != 1 || !warnings[0].Warning || warnings[0].Line != 1 || warnings[0].Column != 2 {
		t.Errorf("got %+v, %v", warnings, err)
	}
	_, warnings, err = Parse([]byte(text), Options{Strict: true})
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 1 || faults[0].Warning || len(warnings) != 0 {
		t.Errorf("strict: got %+v, %v", warnings, err)
	}
}

func TestConfigTemplates(t *testing.T) {
	text := `{
  "config": {
    "target": "http://{{ $env.HOST }}:{{ port }}",
    "phases": [{"duration": "{{ $env.SECONDS }}", "arrivalRate": "{{ rate }}", "name": "{{ $environment }} {{ $testId }} {{ $dirname }} {{ $scenarioFile }}"}],
    "http": {"timeout": "{{ $processEnvironment.NOT_SET }}"},
    "variables": {"user": "{{ name }}", "whole": "{{ object }}", "one": "{{ $randomNumber(5, 5) }}", "none": "{{ $env.NOT_SET }}", "{{ name }}": 1}
  },
  "scenarios": [{"weight": "{{ w }}", "flow": [{"get": {"url": "/{{ $env.HOST }}"}}]}]
}`
	o := Options{
		Name: "tests/load.json", Environment: "local", TestID: "t9",
		Env:       map[string]string{"HOST": "127.0.0.1", "SECONDS": "2.5"},
		Variables: []byte(`{"port": 8089, "rate": 3, "object": {"a": [1]}}`),
	}
	s := mustParse(t, text, o)
	if s.Config.Target != "http://127.0.0.1:8089" {
		t.Errorf("target %s", s.Config.Target)
	}
	p := s.Config.Phases[0]
	if p.Duration.RatString() != "5/2" || p.From.RatString() != "3" || p.Name != "local t9 tests tests/load.json" {
		t.Errorf("phase %+v", p)
	}
	want := `{"user":"{{ name }}","whole":{"a":[1]},"one":5,"{{ name }}":1,"port":8089,"rate":3,"object":{"a":[1]}}`
	if got := show(s.Config.Variables); got != want {
		t.Errorf("variables %s, want %s", got, want)
	}
	if got := source(s.Scenarios[0].Flow[0].Request.URL); got != `"/{{ $env.HOST }}"` {
		t.Errorf("templates outside of config are filled for each user, got %s", got)
	}
}

func TestSeedDrawsConfig(t *testing.T) {
	text := `{"config": {"variables": {"a": "{{ $randomNumber(1, 1000000000) }}"}}, "scenarios": [{"flow": []}]}`
	draw := func(seed uint64) string { return show(mustParse(t, text, Options{Seed: seed}).Config.Variables) }
	first, again, other := draw(1), draw(1), draw(2)
	if first != again || first == other {
		t.Errorf("drawn with seed 1: %s, %s; with seed 2: %s", first, again, other)
	}
}

func TestMergeFile(t *testing.T) {
	fsys := fstest.MapFS{
		"a/event.json":  {Data: []byte(`{">>": "../b/script.yml", "config": {"phases": [{"duration": 3}]}}`)},
		"b/script.yml":  {Data: []byte("\">>\": other.yml\n_split: {maxChunkDurationInSeconds: 20}\nconfig:\n  target: \"http://127.0.0.1\"\n  phases: [{duration: 1, arrivalRate: 2}]\n  payload: {path: users.csv, fields: [u]}\nscenarios:\n  - flow: [{get: {url: /}}]\n")},
		"a/users.csv":   {Data: []byte("7\n")},
		"a/broken.yml":  {Data: []byte(`{">>": "worse.yml"}`)},
		"a/worse.yml":   {Data: []byte("config:\n  target: http://a: b\n")},
		"a/outside.yml": {Data: []byte(`{">>": "../../x.yml"}`)},
		"a/nothing.yml": {Data: []byte(`{">>": ""}`)},
	}
	s, warnings, err := Load(fsys, "a/event.json", Options{})
	if err != nil {
		t.Fatal(err)
	}
	p := s.Config.Phases[0]
	if p.Duration.RatString() != "3" || p.From.RatString() != "2" || s.Limits.MaxChunkDuration != 20 {
		t.Error(dump(s))
	}
	if s.Config.Payload[0].Path != "a/users.csv" {
		t.Errorf("paths are relative to the script that was named: %s", s.Config.Payload[0].Path)
	}
	if len(warnings) != 1 || warnings[0].File != "b/script.yml" {
		t.Errorf("warnings %v", warnings)
	}
	files, err := Files(fsys, "a/event.json", Options{})
	if want := []string{"a/event.json", "a/users.csv", "b/script.yml"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("files %v, %v", files, err)
	}
	for file, want := range map[string]string{
		"a/broken.yml":  "a/worse.yml:2:19: a second `: ` in one value; put the value in quotes",
		"a/outside.yml": `a/outside.yml:1:8: >>: the file "../../x.yml" lies outside the folder that the script was loaded from; the files of a script travel with it, so put this one beside the script`,
		"a/nothing.yml": `a/nothing.yml:1:8: >>: expected the path of a script, relative to this file, found an empty text`,
	} {
		if _, _, err := Load(fsys, file, Options{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

func TestJSONPathsAreChecked(t *testing.T) {
	text := `{"scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1", "capture": [{"json": "$.a[", "as": "a"}, {"json": "$.{{ x }}[", "as": "b"}]}}]}]}`
	got := faultsOf(text, Options{})
	if len(got) != 1 || !strings.HasPrefix(got[0], `script:1:83: scenarios[0].flow[0].get.capture[0].json: "$.a[" is not a JSON path: `) {
		t.Errorf("got %q", got)
	}
}
