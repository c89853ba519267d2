package script

import (
	"strings"
	"testing"
)

// objects visits every object of the schema once.
func objects(o *object, seen map[*object]bool, visit func(*object)) {
	if o == nil || seen[o] {
		return
	}
	seen[o] = true
	visit(o)
	var follow func(s *shape)
	follow = func(s *shape) {
		if s == nil {
			return
		}
		objects(s.object, seen, visit)
		if s.item != nil && s.item.object != s.object {
			follow(s.item)
		}
	}
	for i := range o.fields {
		follow(&o.fields[i].shape)
	}
	follow(o.each)
}

func TestSchemaIsWhole(t *testing.T) {
	count := 0
	objects(schema, map[*object]bool{}, func(o *object) {
		if o.name == "" {
			t.Error("an object without a name")
		}
		names := map[string]bool{}
		for _, f := range o.fields {
			count++
			switch {
			case names[f.name]:
				t.Errorf("%s: two fields %s", o.name, f.name)
			case f.status == refused && f.advice == "":
				t.Errorf("%s.%s is refused without advice", o.name, f.name)
			case (f.status == supported || f.status == idle) && f.doc == "":
				t.Errorf("%s.%s has no description", o.name, f.name)
			case f.shape.kinds == 0:
				t.Errorf("%s.%s can have no value", o.name, f.name)
			}
			names[f.name] = true
		}
	})
	if count < 150 {
		t.Errorf("only %d keys were found", count)
	}
}

// TestEachRefusedKey: every key that is known and not supported is one fault by
// its name.
func TestEachRefusedKey(t *testing.T) {
	const rest = `, "scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1/"}}]}]}`
	request := func(key string) string {
		return `{"scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1/", "` + key + `": "x"}}]}]}`
	}
	spec := func(key string) string {
		return `{"scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1/", "capture": {"as": "a", "` + key + `": "x"}}}]}]}`
	}
	scripts := map[string]func(key string) string{
		"the script": func(key string) string { return `{"` + key + `": 1` + rest },
		"`config`":   func(key string) string { return `{"config": {"` + key + `": 1}` + rest },
		"`http`":     func(key string) string { return `{"config": {"http": {"` + key + `": 1}}` + rest },
		"`defaults`": func(key string) string { return `{"config": {"http": {"defaults": {"` + key + `": 1}}}` + rest },
		"`tls`":      func(key string) string { return `{"config": {"tls": {"` + key + `": 1}}` + rest },
		"a phase":    func(key string) string { return `{"config": {"phases": [{"pause": 1, "` + key + `": 1}]}` + rest },
		"`options`": func(key string) string {
			return `{"config": {"payload": {"path": "x", "options": {"` + key + `": 1}}}` + rest
		},
		"a scenario": func(key string) string { return `{"scenarios": [{"flow": [{"think": 1}], "` + key + `": 1}]}` },
		"`before`":   func(key string) string { return `{"before": {"flow": [{"think": 1}], "` + key + `": 1}` + rest },
		"`after`":    func(key string) string { return `{"after": {"flow": [{"think": 1}], "` + key + `": 1}` + rest },
		"a step":     func(key string) string { return `{"scenarios": [{"flow": [{"` + key + `": 1}]}]}` },
		"a request":  request,
		"a capture":  spec,
		"a match": func(key string) string {
			return strings.Replace(spec(key), `"capture": {`, `"match": {"value": 1, `, 1)
		},
	}
	refusals := 0
	objects(schema, map[*object]bool{}, func(o *object) {
		for _, f := range o.fields {
			if f.status != refused {
				continue
			}
			refusals++
			make, ok := scripts[o.name]
			if !ok {
				t.Errorf("%s refuses %s, but no script here shows it", o.name, f.name)
				continue
			}
			text := make(f.name)
			if o.name == "a step" && !f.action {
				text = `{"scenarios": [{"flow": [{"loop": [{"think": 1}], "` + f.name + `": 1}]}]}`
			}
			var about []string
			for _, line := range faultsOf(text, Options{}) {
				if !strings.Contains(line, "config.payload") || strings.Contains(line, ".options.") {
					about = append(about, line)
				}
			}
			if len(about) != 1 || !strings.Contains(about[0], "`"+f.name+"` is not supported by this version of Salvo: "+f.advice) {
				t.Errorf("%s: got %q", text, about)
			}
		}
	})
	if refusals < 25 {
		t.Errorf("only %d refused keys were found", refusals)
	}
}

// TestWarnedKeys: keys that somebody else sets, or that nobody reads. A script
// with one of them runs.
func TestWarnedKeys(t *testing.T) {
	passed := 0
	objects(schema, map[*object]bool{}, func(o *object) {
		for i := range o.fields {
			f := &o.fields[i]
			if f.status != moot {
				continue
			}
			passed++
			text := withKey(o, f.name, `"x"`)
			_, warnings, err := Parse([]byte(text), Options{Target: "http://127.0.0.1"})
			if err != nil || len(warnings) == 0 || warnings[0].Message != "`"+f.name+"` has no effect: "+f.advice {
				t.Errorf("%s: %v, %v", text, warnings, err)
			}
		}
	})
	if passed < 14 {
		t.Errorf("only %d such keys were found", passed)
	}
}

// TestWhatChangesNothing: keys of other dialects that need not be refused.
func TestWhatChangesNothing(t *testing.T) {
	for _, text := range []string{
		`{"mode": "performance"`, `{"mode": "PERF"`, `{"_trace": true`, `{"config": {"engine": "http"}`,
		`{"config": {"plugins": {}}`, `{"config": {"plugins": {"metrics-by-endpoint": {}}}`, `{"config": {"plugins": {"metrics-by-endpoint": null}}`,
		`{"config": null`, `{"config": {"phases": null, "variables": null, "payload": null, "http": null}`,
		`{"before": null`, `{"_split": null`,
	} {
		text += `, "scenarios": [{"engine": "http", "flow": [{"get": {"url": "http://127.0.0.1/", "allowGetBody": true, "headers": null}}]}]}`
		if got := faultsOf(text, Options{Strict: true}); len(got) > 0 {
			t.Errorf("%s: got %q", text, got)
		}
	}
}

func TestNearest(t *testing.T) {
	candidates := actionNames(schemaStep)
	for _, test := range []struct{ key, want string }{
		{"gett", "get"}, {"GET", "get"}, {"thnk", "think"}, {"optoins", "options"}, {"psot", "post"},
		{"fetch", ""}, {"x", ""}, {"", ""}, {"websocket", ""}, {"thinking", "think"},
	} {
		if got := nearest(test.key, candidates); got != test.want {
			t.Errorf("%q: got %q, want %q", test.key, got, test.want)
		}
	}
	if got := nearest("max_vusers", []string{"maxVusers"}); got != "maxVusers" {
		t.Errorf("max_vusers: got %q", got)
	}
}
