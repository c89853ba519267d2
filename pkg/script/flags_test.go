package script

import (
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

// faultsIn is faultsOf for a script in a folder.
func faultsIn(fsys fstest.MapFS, o Options) []string {
	_, warnings, err := Load(fsys, "a/load.yml", o)
	var lines []string
	if err != nil {
		lines = strings.Split(err.Error(), "\n")
	}
	for _, w := range warnings {
		lines = append(lines, w.Error())
	}
	return lines
}

func TestConfigFile(t *testing.T) {
	fsys := fstest.MapFS{
		"a/load.yml": {Data: []byte(plainScript)},
		"conf/c.yml": {Data: []byte(`config:
  target: "http://127.0.0.1:1"
  phases:
    - arrivalRate: 9
  variables: {b: [7], c: true}
  payload: {path: users.csv, fields: [u]}
  environments:
    staging: {variables: {d: 1}}
`)},
		"a/users.csv":   {Data: []byte("7\n")},
		"conf/bad.json": {Data: []byte("{\"config\":\n {\"timeout\": \"soon\", \"colour\": 1}}")},
		"conf/list.yml": {Data: []byte("- config\n")},
		"conf/none.yml": {Data: []byte("# nothing\n")},
		"conf/more.yml": {Data: []byte("\">>\": c.yml\nconfig: {target: \"http://127.0.0.1:2\"}\n")},
		"conf/c.js":     {Data: []byte("module.exports = {}")},
	}
	load := func(o Options) *Script {
		t.Helper()
		s, _, err := Load(fsys, "a/load.yml", o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := load(Options{Config: "conf/c.yml"})
	p := s.Config.Phases
	if s.Config.Target != "http://127.0.0.1:1" || len(p) != 2 || p[0].Name != "base" || p[0].From.RatString() != "9" || p[1].Duration.RatString() != "3" {
		t.Error(dump(s))
	}
	if got := show(s.Config.Variables); got != `{"a":1,"b":[7,2],"c":true}` {
		t.Errorf("variables %s", got)
	}
	if s.Config.Payload[0].Path != "a/users.csv" {
		t.Errorf("paths are relative to the script: %s", s.Config.Payload[0].Path)
	}
	s = load(Options{Config: "conf/c.yml", Environment: "staging", Overrides: []byte(`{"config": {"target": "http://127.0.0.1:3"}}`)})
	if got := show(s.Config.Variables); got != `{"a":1,"b":[9,2],"c":null,"d":1}` || s.Config.Target != "http://127.0.0.1:3" {
		t.Errorf("the environment and the overrides lie over the config file: %s, %s", got, s.Config.Target)
	}
	files, err := Files(fsys, "a/load.yml", Options{Config: "conf/c.yml"})
	if want := []string{"a/load.yml", "a/users.csv", "conf/c.yml"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("files %v, %v", files, err)
	}

	for _, test := range []struct {
		name, file string
		want       []string
	}{
		{"faults have the file's name and lines", "conf/bad.json", []string{
			`../bad.json:2:14: config.timeout: expected seconds, such as 10 or 0.5, or a number with a unit, such as 500ms, 10s, 2m or 1h; found the text "soon"`,
			"../bad.json:2:22: warning: config.colour: unknown key `colour`, which has no effect; known here: ",
		}},
		{"not an object", "conf/list.yml", []string{"../bad.json:1:1: a script is an object with the keys `config` and `scenarios`; found a list"}},
		{"nothing in it", "conf/none.yml", []string{"../bad.json:1:1: the file is empty; it needs at least `config`"}},
		{"a merge field", "conf/more.yml", []string{"../bad.json:1:7: warning: >>: only a script is merged over another file; this has no effect"}},
		{"not there", "conf/no.yml", []string{`--config: the file "../bad.json" does not exist`}},
		{"a program", "conf/c.js", []string{`--config: the file "../bad.json" is a program: a script is a YAML or JSON file, so write what the program exports into one`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := faultsIn(fsys, Options{Config: test.file, ConfigName: "../bad.json"})
			if !slices.EqualFunc(got, test.want, strings.HasPrefix) {
				t.Errorf("got:\n%s", strings.Join(got, "\n"))
			}
		})
	}
	if got := faultsOf(plainScript, Options{Config: "conf/c.yml"}); len(got) != 1 || !strings.HasPrefix(got[0], `--config: the file "conf/c.yml" cannot be found: this script was given as a text`) {
		t.Errorf("of a script in no folder: %q", got)
	}
}

func TestInsecure(t *testing.T) {
	script := func(tls string) string {
		return `{"config": {` + tls + `}, "scenarios": [{"flow": [{"think": 1}]}]}`
	}
	warning := "warning: config.tls.rejectUnauthorized: the script wants certificates verified, but --insecure turns that off"
	for _, test := range []struct {
		name, tls string
		options   Options
		want      []string
	}{
		{"without a section", ``, Options{}, nil},
		{"an empty section", `"tls": null`, Options{}, nil},
		{"false", `"tls": {"rejectUnauthorized": false}`, Options{}, nil},
		{"true", `"tls": {"rejectUnauthorized": true}`, Options{}, []string{"script:1:43: " + warning}},
		{"true by the overrides", ``, Options{Overrides: []byte(`{"config": {"tls": {"rejectUnauthorized": true}}}`)}, []string{"--overrides:1:43: " + warning}},
		{"a template", `"tls": "{{ x }}"`, Options{Variables: []byte(`{"x": {"rejectUnauthorized": true}}`)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Insecure = true
			s := mustParse(t, script(test.tls), test.options)
			if s.Config.TLS.RejectUnauthorized {
				t.Error("certificates are verified")
			}
			if got := faultsOf(script(test.tls), test.options); !slices.Equal(got, test.want) {
				t.Errorf("got %q", got)
			}
		})
	}
	if !mustParse(t, script(``), Options{}).Config.TLS.RejectUnauthorized {
		t.Error("certificates are not verified without the option")
	}
	if got := faultsOf(script(`"tls": 5`), Options{Insecure: true}); len(got) != 1 || !strings.Contains(got[0], "config.tls: expected an object") {
		t.Errorf("got %q", got)
	}
}

func TestSolo(t *testing.T) {
	for _, text := range []string{plainScript, "scenarios: [{flow: [{think: 1}]}]"} {
		s := mustParse(t, text, Options{Solo: true, Overrides: []byte(`{"config": {"phases": [{"duration": 9, "arrivalRate": 3}]}}`)})
		p := s.Config.Phases
		if len(p) != 1 || p[0].Duration.RatString() != "1" || p[0].From.RatString() != "1" || p[0].To.RatString() != "1" || string(p[0].Source) != defaultPhase {
			t.Error(dump(s))
		}
	}
}

const namedScenarios = `scenarios:
  - name: browse
    weight: 0
    flow: [{log: 0}]
  - name: browse all
    flow: [{log: 1}]
  - name: Buy (1)
    weight: 7
    flow: [{log: 2}]
  - flow: [{log: 3}]
  - name: twice
    flow: [{log: 4}]
  - name: twice
    flow: [{log: 5}]
`

func TestScenarioName(t *testing.T) {
	there := `there are "browse", "browse all", "Buy (1)", "twice", "twice" and one without a name`
	for _, test := range []struct{ name, wanted, path, want string }{
		{"by its name, though another's begins so", "browse", "scenarios[0]", ""},
		{"by a part of its name", "all", "scenarios[1]", ""},
		{"by an expression", `^b.*\bal+$`, "scenarios[1]", ""},
		{"a name that looks like an expression", "Buy (1)", "scenarios[2]", ""},
		{"none", "sell", "", `--scenario-name: no scenario has the name "sell", or a name that matches it; ` + there},
		{"another letter case", "BROWSE", "", `--scenario-name: no scenario has the name "BROWSE", or a name that matches it; ` + there},
		{"not an expression", "(", "", `--scenario-name: no scenario has the name "(", and it is not a regular expression either; ` + there},
		{"several that match", "brow", "", `--scenario-name: "brow" stands for 2 scenarios, where one is wanted: "browse" (line 2), "browse all" (line 5); give the whole name of one`},
		{"several of the name", "twice", "", `--scenario-name: "twice" stands for 2 scenarios, where one is wanted: "twice" (line 11), "twice" (line 13); give each scenario a name of its own`},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Scenario: test.wanted}
			got := strings.Join(faultsOf(namedScenarios, o), "\n")
			if got != test.want {
				t.Fatalf("got:\n%s\nwant:\n%s", got, test.want)
			}
			if test.want != "" {
				return
			}
			s := mustParse(t, namedScenarios, o)
			data, err := s.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			again, err := DecodeResolved(data, nil, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []*Script{s, again} {
				weight, _ := s.Scenarios[0].Weight.Static()
				if len(s.Scenarios) != 1 || s.Scenarios[0].Path != test.path || weight != any(1.0) {
					t.Error(dump(s))
				}
			}
		})
	}
	for _, test := range []struct{ text, want string }{
		{"scenarios: [{flow: [{think: 1}]}]", "none of the script's scenarios has a name"},
		{"scenarios: [{name: a, flow: [{think: 1}]}]", `there is only "a"`},
		{"scenarios: [{name: a, flow: []}, {flow: []}, {flow: []}]", `there are "a" and 2 without a name`},
	} {
		if got := faultsOf(test.text, Options{Scenario: "x"}); len(got) == 0 || !strings.HasSuffix(got[0], test.want) {
			t.Errorf("%s: got %q", test.text, got)
		}
	}
	// All weights are 0, but the choice is made; and what cannot be read may be what is wanted.
	mustParse(t, "scenarios: [{name: a, weight: 0, flow: [{think: 1}]}]", Options{Scenario: "a"})
	if got := faultsOf("scenarios: [{name: a, engine: x, flow: []}]", Options{Scenario: "a"}); len(got) != 1 || strings.Contains(got[0], "--scenario-name") {
		t.Errorf("got %q", got)
	}
}

func TestPrograms(t *testing.T) {
	fsys := fstest.MapFS{
		"load.js":  {Data: []byte("module.exports = {}")},
		"LOAD.TS":  {Data: []byte("export default {}")},
		"load.yml": {Data: []byte(`">>": load.js`)},
	}
	for file, want := range map[string]string{
		"load.js":  "load.js: this file is a program: a script is a YAML or JSON file, so write what the program exports into one",
		"LOAD.TS":  "LOAD.TS: this file is a program: a script is a YAML or JSON file, so write what the program exports into one",
		"load.yml": `load.yml:1:7: >>: the file "load.js" is a program: a script is a YAML or JSON file, so write what the program exports into one`,
	} {
		if _, _, err := Load(fsys, file, Options{}); err == nil || err.Error() != want {
			t.Errorf("%s: got %v", file, err)
		}
	}
}

// TestNoSecretsShown: what reports show of a phase is not what it took from the
// environment, and faults do not show it either.
func TestNoSecretsShown(t *testing.T) {
	text := `config:
  phases:
    - name: "with {{ $env.TOKEN }} on {{ $environment }}"
      duration: "{{ $env.SECONDS }}"
      arrivalRate: "{{ rate }}"
scenarios: [{flow: [{think: 1}]}]
`
	s := mustParse(t, text, Options{
		Environment: "local", Env: map[string]string{"TOKEN": "s3cret", "SECONDS": "90"}, Variables: []byte(`{"rate": 2}`),
	})
	p := s.Config.Phases[0]
	if p.Name != "with *** on local" || p.Duration.RatString() != "90" {
		t.Errorf("got %+v", p)
	}
	want := `{"name":"with {{ $env.TOKEN }} on {{ $environment }}","duration":"{{ $env.SECONDS }}","arrivalRate":2}`
	if string(p.Source) != want {
		t.Errorf("source %s", p.Source)
	}
	got := faultsIn(fstest.MapFS{"a/load.yml": {Data: []byte(`config:
  timeout: "{{ $env.TOKEN }}"
  payload: {path: "{{ $env.TOKEN }}.csv", fields: [a]}
scenarios: [{flow: [{think: 1}]}]
`)}}, Options{Env: map[string]string{"TOKEN": "s3cret"}})
	if all := strings.Join(got, "\n"); len(got) != 2 || strings.Contains(all, "s3cret") || !strings.Contains(all, "a/***.csv") {
		t.Errorf("faults:\n%s", all)
	}
}
