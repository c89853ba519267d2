package script

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"salvo/pkg/template"
)

// compileSchema compiles the schema with a validator that is not ours.
func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// document reads a script as an editor does: the text alone, nothing merged. It
// answers false for a text that is none.
func document(t testing.TB, text []byte) (any, bool) {
	t.Helper()
	var s sink
	n := read(text, "script", &s)
	if n == nil || s.err() != nil {
		return nil, false
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(template.AppendJSON(nil, n.value())))
	if err != nil {
		t.Fatal(err)
	}
	return doc, true
}

func TestJSONSchema(t *testing.T) {
	data, err := JSONSchema()
	if err != nil {
		t.Fatal(err)
	}
	const golden = "testdata/schema.golden"
	if *update {
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	for i, line := range strings.Split(string(want), "\n") {
		if i >= len(lines) || lines[i] != line {
			t.Errorf("%s differs from line %d on; write it anew with -update", golden, i+1)
			break
		}
	}
	compileSchema(t)
	for _, o := range allObjects() {
		for _, f := range o.fields {
			if f.status != silent && !bytes.Contains(data, []byte(`"title": "`+f.name+`"`)) {
				t.Errorf("%s of %s is not in the schema", f.name, o.name)
			}
		}
	}
}

func allObjects() []*object {
	var all []*object
	objects(schema, map[*object]bool{}, func(o *object) { all = append(all, o) })
	return all
}

// TestJSONSchemaAccepts: scripts that load are valid.
func TestJSONSchemaAccepts(t *testing.T) {
	compiled := compileSchema(t)
	valid := func(name string, text []byte) {
		doc, ok := document(t, text)
		if !ok {
			t.Errorf("%s cannot be read", name)
		} else if err := compiled.Validate(doc); err != nil {
			t.Errorf("%s: %#v", name, err)
		}
	}
	sample, err := Sample("https://test.example.com/a?b", 0.5, 1, 3)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"the default": DefaultScript, "a sample": sample, "plain": plainScript, "with names": namedScenarios} {
		valid(name, []byte(text))
	}
	files := 0
	for _, pattern := range []string{"../../examples/*.yml", "testdata/*.yml", "testdata/*.json"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files++
			valid(name, text)
		}
	}
	archives, err := filepath.Glob("../../test/script/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range archives {
		archive, err := txtar.ParseFile(name)
		if err != nil {
			t.Fatal(err)
		}
		fsys := fstest.MapFS{}
		for _, f := range archive.Files {
			fsys[f.Name] = &fstest.MapFile{Data: f.Data}
		}
		for _, f := range archive.Files {
			if ext := filepath.Ext(f.Name); ext != ".yml" && ext != ".json" {
				continue
			}
			if _, _, err := Load(fsys, f.Name, Options{Target: "http://127.0.0.1"}); err == nil {
				files++
				valid(name+": "+f.Name, f.Data)
			}
		}
	}
	if files < 20 {
		t.Errorf("only %d scripts were found", files)
	}
}

// beyondSchema are the broken scripts whose faults a look at one place does not
// show.
var beyondSchema = map[string]string{
	"18-merge-field-missing":         "the file that it is merged over is not there",
	"23-keys-in-wrong-place":         "unknown keys, and a target that is missing though a url needs it",
	"27-no-target":                   "a url needs it",
	"28-target-only-in-environments": "a url needs it",
	"30-target-from-unset-variable":  "the variable is not set",
	"41-templates":                   "templates that do not compile",
	"42-expressions":                 "expressions that do not compile",
	"45-weights-all-zero":            "each weight is fine by itself",
	"47-payload-ragged":              "faults in payload files",
}

// TestJSONSchemaRefuses: broken scripts are not valid.
func TestJSONSchemaRefuses(t *testing.T) {
	compiled := compileSchema(t)
	names, err := filepath.Glob(filepath.Join(badFolder, "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, name := range names {
		base := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		if strings.HasSuffix(name, ".txt") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		doc, ok := document(t, text)
		if !ok {
			continue // an editor cannot read it either
		}
		err = compiled.Validate(doc)
		switch reason, beyond := beyondSchema[base]; {
		case err == nil && !beyond:
			t.Errorf("%s is valid", name)
		case err != nil && beyond:
			t.Errorf("%s is not valid, though it should be (%s): %v", name, reason, err)
		case err != nil:
			refused++
		}
	}
	if refused < 20 {
		t.Errorf("only %d scripts were refused", refused)
	}
}

// places say how a key of each object gets into a script that is otherwise fine.
var places = map[string]string{
	"the script":            `{%s}`,
	"`config`":              `{"config": {%s}, "scenarios": [{"flow": []}]}`,
	"`http`":                `{"config": {"http": {%s}}, "scenarios": [{"flow": []}]}`,
	"`defaults`":            `{"config": {"http": {"defaults": {%s}}}, "scenarios": [{"flow": []}]}`,
	"`think`":               `{"config": {"http": {"defaults": {"think": {%s}}}}, "scenarios": [{"flow": []}]}`,
	"`alerts`":              `{"alerts": {%s}, "scenarios": [{"flow": []}]}`,
	"`slo`":                 `{"slo": {%s}, "scenarios": [{"flow": []}]}`,
	"`sampling`":            `{"sampling": {%s}, "scenarios": [{"flow": []}]}`,
	"`tls`":                 `{"config": {"tls": {%s}}, "scenarios": [{"flow": []}]}`,
	"`apdex`":               `{"config": {"apdex": {%s}}, "scenarios": [{"flow": []}]}`,
	"`distributedTracing`":  `{"config": {"http": {"distributedTracing": {%s}}}, "scenarios": [{"flow": []}]}`,
	"`expect`":              `{"config": {"plugins": {"expect": {%s}}}, "scenarios": [{"flow": []}]}`,
	"an expectation":        `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "expect": {%s}}}]}]}`,
	"`metrics-by-endpoint`": `{"config": {"plugins": {"metrics-by-endpoint": {%s}}}, "scenarios": [{"flow": []}]}`,
	"`plugins`":             `{"config": {"plugins": {%s}}, "scenarios": [{"flow": []}]}`,
	"`ensure`":              `{"config": {"ensure": {%s}}, "scenarios": [{"flow": []}]}`,
	"a condition":           `{"config": {"ensure": {"conditions": [{%s}]}}, "scenarios": [{"flow": []}]}`,
	"a threshold":           `{"config": {"ensure": {"thresholds": [{%s}]}}, "scenarios": [{"flow": []}]}`,
	"`_split`":              `{"_split": {%s}, "scenarios": [{"flow": []}]}`,
	"a phase":               `{"config": {"phases": [{%s}]}, "scenarios": [{"flow": []}]}`,
	"a payload":             `{"config": {"payload": {%s}}, "scenarios": [{"flow": []}]}`,
	"`options`":             `{"config": {"payload": {"path": "x.csv", "fields": ["a"], "options": {%s}}}, "scenarios": [{"flow": []}]}`,
	"`variables`":           `{"config": {"variables": {%s}}, "scenarios": [{"flow": []}]}`,
	"`environments`":        `{"config": {"environments": {%s}}, "scenarios": [{"flow": []}]}`,
	"`fake-data`":           `{"config": {"plugins": {"fake-data": {%s}}}, "scenarios": [{"flow": []}]}`,
	"a scenario":            `{"scenarios": [{%s}]}`,
	"`before`":              `{"before": {%s}, "scenarios": [{"flow": []}]}`,
	"`after`":               `{"after": {%s}, "scenarios": [{"flow": []}]}`,
	"a step":                `{"scenarios": [{"flow": [{%s}]}]}`,
	"a request":             `{"scenarios": [{"flow": [{"get": {%s}}]}]}`,
	"`headers`":             `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "headers": {%s}}}]}]}`,
	"`cookie`":              `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "cookie": {%s}}}]}]}`,
	"`form`":                `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "form": {%s}}}]}]}`,
	"`formData`":            `{"scenarios": [{"flow": [{"post": {"url": "http://a/", "formData": {%s}}}]}]}`,
	"a part":                `{"scenarios": [{"flow": [{"post": {"url": "http://a/", "formData": {"f": {%s}}}}]}]}`,
	"`qs`":                  `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "qs": {%s}}}]}]}`,
	"`auth`":                `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "auth": {%s}}}]}]}`,
	"a capture":             `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "capture": {%s}}}]}]}`,
	"a match":               `{"scenarios": [{"flow": [{"get": {"url": "http://a/", "match": {%s}}}]}]}`,
	"`cookieJarOptions`":    `{"config": {"http": {"cookieJarOptions": {%s}}}, "scenarios": [{"flow": []}]}`,
	"`bundling`":            `{"config": {"bundling": {%s}}, "scenarios": [{"flow": []}]}`,
}

// companions are what a key needs beside it, and what it has an effect with.
func companions(o *object, key string) []string {
	switch o.name {
	case "the script":
		return []string{`"scenarios": [{"flow": []}]`}
	case "a phase":
		return []string{`"duration": 5`, `"arrivalRate": 1`}
	case "a payload":
		return []string{`"path": "x.csv"`, `"fields": ["a"]`}
	case "a scenario", "`before`", "`after`":
		return []string{`"flow": []`}
	case "a step":
		switch f := o.field(key); {
		case f.action:
			return nil
		case f.owner() == "loop":
			return []string{`"loop": [{"think": 1}]`}
		default:
			return []string{fmt.Sprintf("%q: 1", f.owner())}
		}
	case "a request":
		if key != "uri" {
			return []string{`"url": "http://a/"`}
		}
	case "a part":
		if key == "contentType" {
			return []string{`"value": 1`}
		}
	case "`auth`":
		return []string{`"user": "x"`}
	case "an expectation":
		if key == "description" {
			return []string{`"jmespath": "x"`}
		}
	case "a condition":
		return []string{`"expression": "vusers.failed == 0"`}
	case "a capture", "a match":
		kept := `"as": "x"`
		if o.name == "a match" {
			kept = `"value": 1`
		}
		switch key {
		case "json", "xpath", "regexp", "header", "selector":
			return []string{kept}
		case "flags", "group":
			return []string{kept, `"regexp": "(x)"`}
		case "attr", "index":
			return []string{kept, `"selector": "a"`}
		default:
			return []string{kept, `"json": "$"`}
		}
	}
	return nil
}

// candidates are values that a key may or may not have.
var candidates = []string{
	`null`, `true`, `false`, `0`, `1`, `-1`, `1.5`, `15`, `3e9`,
	`""`, `" "`, `"x"`, `"http"`, `"HTTP://a/"`, `"/x"`, `"perf"`, `"Poisson"`, `"sequence"`, `"gi"`, `"\\t"`, `"a\nb"`,
	`"0"`, `"1"`, `"-1"`, `"1.5"`, `" 2 "`, `"0.0"`, `"1e2"`, `"5s"`, `"0 ms"`, `"1.5 Minutes"`, `"-5s"`, `"{ x }"`, `"{{ x }}"`, `"/{{ x }}"`,
	`[]`, `[null]`, `["x"]`, `[1]`, `[{"x": 1}]`, `[[]]`, `[[{"think": 1}]]`, `[{"think": 1}, {"get": {"url": "/x"}}]`, `[{"think": 1, "count": 3}]`,
	`{}`, `{"x": 1}`, `{"x y": 1}`, `{"x": null}`, `{"x": ["y"]}`, `{"x": {"y": 1}}`,
	`{"user": 1}`, `{"flow": []}`, `{"url": "http://a/"}`, `{"uri": "/x", "timeout": 0}`, `{"json": "$", "as": "x"}`, `[{"json": "$", "value": 0}, {"header": "x"}]`,
	`[{"pause": 1}]`, `[{"arrivalRate": 1}]`, `[{"duration": 1, "rampTo": 2}]`, `{"target": "x"}`, `{"path": "x.csv", "fields": ["a"]}`,
	`{"metrics-by-endpoint": {}}`, `{"fake-data": {"numberInt": {"max": 7}}}`, `{"numberInt": 7}`, `{"expect": {}}`, `{"ensure": {"p95": 200}}`, `{"maxErrorRate": 1}`, `{"rejectUnauthorized": false}`,
}

// stricter are keys with values that validation refuses and the schema does not,
// each with what it takes to see the fault; * is every key of the object.
var stricter = map[string]string{
	"`slo`.objective":                        "it is less than 100",
	"`slo`.window":                           "it is from 1 to 90 days",
	"`alerts`.of":                            "it needs `after`",
	"the script.>>":                          "the file has to be there",
	"a payload.path":                         "the file has to be there",
	"a part.fromFile":                        "the file has to be there",
	"a request.formData":                     "a part needs a value or a file",
	"`formData`.*":                           "a part needs a value or a file",
	"`config`.processor":                     "a path is relative",
	"a scenario.weight":                      "another scenario may have a weight above 0",
	"a request.ifTrue":                       "an expression has to compile",
	"a condition.expression":                 "an expression has to compile",
	"`metrics-by-endpoint`.metricsNamespace": "it must not be one of those that the report reads",
	"`fake-data`.*":                          "options are held against what the function has",
	"`tls`.*":                                "what they name or hold has to be certificates and keys",
	"an expectation.jmespath":                "a JMESPath expression has to compile",
	"an expectation.jpath":                   "a JMESPath expression has to compile",
	"an expectation.matchesRegexp":           "a regular expression has to compile",
	"an expectation.headerEquals":            "it has two elements",
	"an expectation.equals":                  "null is no list",
	"a capture.json":                         "a JSON path has to compile",
	"a capture.xpath":                        "an XPath expression has to compile",
	"a capture.selector":                     "a selector has to compile",
	"a capture.group":                        "a text may be the name of a group",
	"a capture.index":                        "a text may be a word, too",
}

// TestJSONSchemaAgrees puts many values under every key. What the schema
// refuses, validation refuses, with some environment chosen or without; and the
// other way round but for what stricter lists and for templates.
func TestJSONSchemaAgrees(t *testing.T) {
	compiled := compileSchema(t)
	fsys := fstest.MapFS{
		"x.csv": {Data: []byte("é\n")},
		"x":     {Data: []byte("config: {target: \"http://127.0.0.1\"}\nscenarios: [{flow: []}]\n")},
	}
	tried, refusals := 0, 0
	for _, o := range allObjects() {
		if places[o.name] == "" {
			t.Errorf("no place for the keys of %s", o.name)
			continue
		}
		for _, key := range keysToTry(o) {
			_, mayBeStricter := stricter[strings.Replace(o.name, "a match", "a capture", 1)+"."+key]
			if !mayBeStricter {
				_, mayBeStricter = stricter[o.name+".*"]
			}
			for _, value := range candidates {
				text := withKey(o, key, value)
				doc, ok := document(t, []byte(text))
				if !ok {
					t.Fatalf("%s cannot be read", text)
				}
				fsys["s.yml"] = &fstest.MapFile{Data: []byte(text)}
				invalid := compiled.Validate(doc)
				faults := loadFaults(t, fsys, doc, !strings.Contains(text, `"target"`))
				tried++
				if invalid != nil {
					refusals++
				}
				unread := o.name == "a match" && key == "as"
				if invalid != nil && faults == nil && !unread {
					t.Errorf("%s: the schema refuses it, validation does not: %v", text, invalid)
					break // what is wrong with the key shows once
				}
				if invalid == nil && faults != nil && !strings.Contains(text, "{{") && !mayBeStricter {
					t.Errorf("%s: validation refuses it, the schema does not: %v\n(give the key a form, or write into stricter why it can have none)", text, faults)
					break
				}
			}
		}
	}
	if tried < 5000 || refusals < 3000 {
		t.Errorf("only %d values were tried, of which %d were refused", tried, refusals)
	}
}

func keysToTry(o *object) []string {
	var keys []string
	if o.each != nil {
		keys = []string{"x", "x y"}
	}
	for _, f := range o.fields {
		if f.status != silent {
			keys = append(keys, f.name)
		}
	}
	return keys
}

// withKey is a script with one key of an object, and what that needs.
func withKey(o *object, key, value string) string {
	members := []string{fmt.Sprintf("%q: %s", key, value)}
	for _, c := range companions(o, key) {
		if !strings.HasPrefix(c, fmt.Sprintf("%q:", key)) {
			members = append(members, c)
		}
	}
	return fmt.Sprintf(places[o.name], strings.Join(members, ", "))
}

// loadFaults returns the faults of s.yml. Those of environments show when they
// are chosen.
func loadFaults(t *testing.T, fsys fstest.MapFS, doc any, target bool) error {
	t.Helper()
	var o Options
	if target {
		o.Target = "http://127.0.0.1"
	}
	names := []string{""}
	config, _ := doc.(map[string]any)["config"].(map[string]any)
	environments, _ := config["environments"].(map[string]any)
	for name := range environments {
		names = append(names, name)
	}
	for _, o.Environment = range names {
		_, _, err := Load(fsys, "s.yml", o)
		if faults := Faults(nil); err != nil && !errors.As(err, &faults) {
			t.Fatal(err)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
