package script

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestSecrets(t *testing.T) {
	env := map[string]string{
		"TOKEN": "s3cret", "LONG": "s3cret-and-more", "SHORT": "abc", "FOUR": "abcd", "EMPTY": "", "SAME": "s3cret",
		"QUOTED": `a"b"c`, "LINE": "first\nsecond\n", "my-key": "dashed", "my": "undashed", "NOBODY": "unnamed", "WIDE": "äöü",
	}
	flow := func(step string) string { return "scenarios: [{flow: [" + step + "]}]\n" }
	tests := []struct {
		name, script string
		options      Options
		want         []string
	}{
		{"none", flow(`{think: 1}`), Options{}, nil},
		{"in config", `config: {variables: {a: "{{ $env.TOKEN }}"}}` + "\n" + flow(`{think: 1}`), Options{}, []string{"s3cret"}},
		{"in a flow", flow(`{log: "Bearer {{$processEnvironment.TOKEN}}!"}`), Options{}, []string{"s3cret"}},
		{"the longest first, each once", flow(`{log: "{{ $env.FOUR }} {{ $env.TOKEN }} {{ $env.LONG }} {{ $env.SAME }}"}`), Options{},
			[]string{"s3cret-and-more", "s3cret", "abcd"}},
		{"short ones are none", flow(`{log: "{{ $env.SHORT }} {{ $env.EMPTY }} {{ $env.UNSET }} {{ $env.WIDE }}"}`), Options{}, nil},
		{"in brackets", flow(`{log: "{{ $env['TOKEN'] }} {{ $env[FOUR] }}"}`), Options{}, []string{"s3cret", "abcd"}},
		{"with blanks", flow(`{log: "{{ $env . TOKEN }}"}`), Options{}, []string{"s3cret"}},
		{"with a dash", flow(`{log: "{{ $env.my-key }}"}`), Options{}, []string{"undashed", "dashed"}},
		{"in an expression", flow(`{get: {url: "http://127.0.0.1", ifTrue: "$env.TOKEN == 'x'"}}`), Options{}, []string{"s3cret"}},
		{"in a key", flow(`{get: {url: "http://127.0.0.1", json: {"{{ $env.TOKEN }}": 1}}}`), Options{}, []string{"s3cret"}},
		{"in an environment that was not chosen", `config: {environments: {x: {variables: {a: "{{ $env.TOKEN }}"}}}}` + "\n" + flow(`{think: 1}`), Options{}, []string{"s3cret"}},
		{"in the overrides", flow(`{think: 1}`), Options{Overrides: []byte(`{"config": {"variables": {"a": "{{ $env.TOKEN }}"}}}`)}, []string{"s3cret"}},
		{"in the variables", flow(`{think: 1}`), Options{Variables: []byte(`{"a": "{{ $env.TOKEN }}"}`)}, []string{"s3cret"}},
		{"in the target", flow(`{think: 1}`), Options{Target: "http://{{ $env.TOKEN }}/"}, []string{"s3cret"}},
		{"in a payload file", "config: {payload: {path: rows.csv, fields: [a, b]}}\n" + flow(`{think: 1}`), Options{}, []string{"s3cret"}},
		{"as JSON writes it", flow(`{log: "{{ $env.QUOTED }}"}`), Options{}, []string{`a\"b\"c`, `a"b"c`}},
		{"without the blanks around", flow(`{log: "{{ $env.LINE }}"}`), Options{}, []string{`first\nsecond\n`, "first\nsecond\n", "first\nsecond"}},
		{"another variable", flow(`{log: "{{ $environment }} {{ $env_TOKEN }} {{ env.TOKEN }}"}`), Options{Environment: "x"}, nil},
		{"all of them", flow(`{log: "{{ $env }}"}`), Options{},
			[]string{`first\nsecond\n`, "s3cret-and-more", "first\nsecond\n", "first\nsecond", "undashed", `a\"b\"c`, "unnamed", "dashed", "s3cret", `a"b"c`, "abcd"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			fsys := fstest.MapFS{
				"s.yml":    {Data: []byte(test.script)},
				"rows.csv": {Data: []byte("1,Bearer {{ $env.TOKEN }}\n2,{{ user }}\n")},
			}
			test.options.Env = env
			s, _, err := Load(fsys, "s.yml", test.options)
			if err != nil {
				t.Fatal(err)
			}
			if got := s.Secrets(); !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			data, err := s.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			again, err := DecodeResolved(data, fsys, env, nil)
			if err != nil {
				t.Fatal(err)
			}
			if got := again.Secrets(); !slices.Equal(got, test.want) {
				t.Errorf("decoded: got %q, want %q", got, test.want)
			}
		})
	}
	if got := (&Script{}).Secrets(); got != nil {
		t.Errorf("of a script that was not loaded: %q", got)
	}
}
