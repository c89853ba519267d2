package script

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"salvo/pkg/template"
)

const oneScenario = `, "scenarios": [{"name": "Buy it - all", "flow": [{"get": {"url": "http://127.0.0.1/"}}]}]}`

// TestEnsure: in either place, plugin listed or not, the checks are the same.
func TestEnsure(t *testing.T) {
	const checks = `{
		"maxErrorRate": "1.5", "p99": 1e3, "p50": 20, "min": "5",
		"thresholds": [{"http.response_time.p95": 200}, {" my metric, 1 - 2 ": "3"}],
		"conditions": [{"expression": " vusers.failed == 0 "}, {"expression": "http.codes.200 > 5", "strict": false}]
	}`
	want := []string{
		`0 "http.response_time.p95 < 200" http.response_time.p95 200 true`,
		`0 "my metric, 1 - 2 < 3" my metric, 1 - 2 3 true`,
		`2 "vusers.failed == 0"  0 true`,
		`2 "http.codes.200 > 5"  0 false`,
		`0 "p99 < 1000" http.response_time.p99 1000 true`,
		`0 "p50 < 20" http.response_time.p50 20 true`,
		`0 "min < 5" http.response_time.min 5 true`,
		`1 "maxErrorRate < 1.5"  1.5 true`,
	}
	for _, test := range []struct{ name, config string }{
		{"config.ensure", `"ensure": ` + checks},
		{"the plugin listed", `"ensure": ` + checks + `, "plugins": {"ensure": {}}`},
		{"the plugin listed as null", `"ensure": ` + checks + `, "plugins": {"ensure": null}`},
		{"in the plugin's place", `"plugins": {"ensure": ` + checks + `}`},
		{"in an environment", `"environments": {"e": {"ensure": ` + checks + `}}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := Options{Strict: true}
			if strings.Contains(test.config, "environments") {
				o.Environment = "e"
			}
			s := mustParse(t, `{"config": {`+test.config+`}`+oneScenario, o)
			var got []string
			for _, c := range s.Config.Ensure {
				got = append(got, strings.TrimSpace(strings.Join([]string{
					show(float64(c.Kind)), show(c.Text), c.Metric, show(c.Limit), show(c.Strict),
				}, " ")))
				if c.Pos.Line == 0 {
					t.Errorf("%s has no place", c.Text)
				}
			}
			if strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
	s := mustParse(t, `{"config": {"ensure": {"max": "{{ $env.MAX }}", "conditions": [{"expression": "a < {{ $env.MAX }}"}]}}`+oneScenario,
		Options{Env: map[string]string{"MAX": "70"}})
	if c := s.Config.Ensure; len(c) != 2 || c[0].Expression != "a < 70" || c[0].Text != "a < {{ $env.MAX }}" || c[1].Limit != 70 {
		t.Errorf("limits from the environment: %+v", c)
	}
	for _, none := range []string{``, `"ensure": null`, `"ensure": {}`, `"plugins": {"ensure": {}}`} {
		if s := mustParse(t, `{"config": {`+none+`}`+oneScenario, Options{Strict: true}); s.Config.Ensure != nil {
			t.Errorf("%s: %+v", none, s.Config.Ensure)
		}
	}
	both := faultsOf(`{"config": {"ensure": {"max": 1}, "plugins": {"ensure": {"max": 2}}}`+oneScenario, Options{})
	if len(both) != 1 || !strings.Contains(both[0], "config.plugins.ensure: has no effect beside `config.ensure`") {
		t.Errorf("in both places: %q", both)
	}
}

// TestMetricNames: which metrics an expression is about, given what was recorded.
func TestMetricNames(t *testing.T) {
	recorded := map[string]bool{
		"vusers.created": true, "vusers.created_by_name.Buy it - all": true, "http.codes.200": true, "http.requests": true,
		"a": true, "a-b": true, "a-b-c": true, "my metric": true, "errors.Failed x: y=(1)": true, "not a name": true, "café": true, "caf": true,
		"plugins.metrics-by-endpoint./x y.codes.200": true, "plugins.metrics-by-endpoint./x y.codes.200 or more": true,
	}
	const by = "plugins.metrics-by-endpoint."
	for _, test := range []struct{ source, names, doubtful string }{
		{`vusers.created > 5`, `vusers.created`, ``},
		{`vusers.created_by_name.Buy it - all == vusers.created`, `vusers.created_by_name.Buy it - all|vusers.created`, ``},
		{`http.codes.2 + http.codes.200`, `http.codes.2|http.codes.200`, ``},
		{`http.codes.200/http.requests*100 > 99`, `http.codes.200|http.requests`, ``},
		{`http.codes.500/http.requests`, `http.codes.500|http.requests`, ``},
		{`(vusers.created-vusers.completed)/vusers.created`, `vusers.created|vusers.completed`, ``},
		{`a-b-c > a-b and a-b > a`, `a-b-c|a-b|a`, ``},
		{`a-b - c`, `a-b|c`, ``},
		{`a-c`, `a|c`, `a-c`},
		{`a/c`, `a|c`, `a/c`},
		{`a -c`, `a|c`, ``},
		{`a-b-d`, `a-b|d`, `a-b-d`},
		{`'a-d' + "b c" + 'it\'s' + "\\"`, `a-d|b c|it's|\`, ``},
		{`my metric<3`, `my metric`, ``},
		{`my other metric.p95<3 and a`, `my other metric.p95|a`, `my other metric.p95`},
		{`step 1a.max - step`, `step 1a.max|step`, `step 1a.max`},
		{`errors.Failed x: y=(1) == 0`, `errors.Failed x: y=(1)`, ``},
		{`errors.ECONNREFUSED == 0 or 'errors.never seen' == 0`, `errors.ECONNREFUSED|errors.never seen`, ``},
		{`not a`, `a`, ``},
		{`true and null in (a, false)`, `a`, ``},
		{`café > caf`, `café|caf`, ``},
		{`max(a, a-b) < round (a)`, `a|a-b`, ``},
		{`random() < 2`, ``, ``},

		{by + `./x?q=a-b&c.codes.200 == 0`, by + `./x?q=a-b&c.codes.200`, ``},
		{by + `/x (a name).codes.404+` + by + `/y.codes.404 < 3`, by + `/x (a name).codes.404|` + by + `/y.codes.404`, ``},
		{by + `response_time./x/{{ id }}.p99 < 5`, by + `response_time./x/{{ id }}.p99`, ``},
		{by + `response_time./x.p9.p999<5`, by + `response_time./x.p9.p999`, ``},
		{by + `server-timing./x.mean < 5`, by + `server-timing./x.mean`, ``},
		{by + `/x.errors.ECONNRESET == 0`, by + `/x.errors.ECONNRESET`, ``},
		{by + `/x y.codes.200 or more`, by + `/x y.codes.200 or more`, ``},
		{by + `/x y.codes.200 or less`, by + `/x y.codes.200|less`, ``},
		{`(` + by + `/z.codes.200 or more)`, by + `/z.codes.200|more`, ``},
	} {
		e, names, doubts, err := compileCheck(test.source, func(name string) bool { return recorded[name] })
		if err != nil || e == nil {
			t.Errorf("%s: %v", test.source, err)
			continue
		}
		if got := strings.Join(names, "|"); got != test.names {
			t.Errorf("%s: names %s, want %s", test.source, got, test.names)
		}
		if len(doubts) > 1 || len(doubts) == 0 != (test.doubtful == "") || len(doubts) == 1 && !strings.HasPrefix(doubts[0], quote(test.doubtful)+" is ") {
			t.Errorf("%s: doubts %q, want %s", test.source, doubts, test.doubtful)
		}
	}
	for _, source := range []string{`a equals 0`, `a == 0 AND b == 0`, `errors.a: b > 0`, `step 1 > 0`, `'a`, `nope(a)`, `a nope(b)`, ``, `'a' b`, `(a) b`} {
		if _, names, _, err := compileCheck(source, func(string) bool { return false }); err == nil {
			t.Errorf("%s: compiled, with the names %q", source, names)
		}
	}
}

func TestMisnamed(t *testing.T) {
	for _, test := range []struct{ name, want string }{
		{"http.response_time.p95", ""}, {"http.response_time.2xx.count", ""}, {"vusers.session_length.max", ""}, {"http.codes.200", ""},
		{"anything else", ""}, {"http.totals", ""}, {"http.response_times.p95", ""},
		{endpointPrefix + "/a.codes.200", ""}, {endpointPrefix + "/a.errors.any thing", ""}, {endpointPrefix + "response_time./a.b.min", ""},
		{"http.response_time", "http.response_time is a histogram"},
		{"http.response_time.2xx", "http.response_time.2xx is a histogram"},
		{"vusers.session_length.p96", "did you mean vusers.session_length.p90?"},
		{"http.response_time.2xx.avg", `http.response_time.2xx has no "avg": write http.response_time.2xx.p95, or another one of min`},
		{endpointPrefix + "response_time./a.b", "is a histogram"},
		{endpointPrefix + "/a", "is no metric of an endpoint"},
	} {
		got := misnamed(test.name)
		if test.want == "" && got != "" || !strings.Contains(got, test.want) {
			t.Errorf("%s: got %q, want %q", test.name, got, test.want)
		}
	}
}

// TestCheckCompile: what the script names is known also when it was not recorded.
func TestCheckCompile(t *testing.T) {
	s := mustParse(t, `{"config": {"ensure": {"conditions": [
		{"expression": "vusers.created_by_name.Buy it - all == 0 and errors.Failed capture or match == 0"}]}}`+oneScenario, Options{Strict: true})
	e, names, err := s.Config.Ensure[0].Compile(func(string) bool { return false })
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(names, "|"); got != "vusers.created_by_name.Buy it - all|errors.Failed capture or match" {
		t.Errorf("names %s", got)
	}
	if !e.True(mapScope{names[0]: 0.0, names[1]: 0.0}) || e.True(mapScope{names[0]: 0.0, names[1]: 1.0}) {
		t.Error("it is not the expression that was written")
	}
}

type mapScope map[string]any

func (s mapScope) Lookup(name string) (any, bool) {
	v, ok := s[name]
	if !ok {
		v = template.Undefined
	}
	return v, ok
}
func (mapScope) Rand() *rand.Rand { return emptyScope{}.Rand() }

// TestApdex reads the key as it will be read once responses are counted for it.
func TestApdex(t *testing.T) {
	for _, test := range []struct {
		name, config string
		want         Apdex
		fault        string
	}{
		{"absent", `{}`, Apdex{}, ""},
		{"by default", `{"apdex": {}}`, Apdex{true, 500 * time.Millisecond}, ""},
		{"the plugin by default", `{"plugins": {"apdex": {}}}`, Apdex{true, 500 * time.Millisecond}, ""},
		{"the plugin's", `{"plugins": {"apdex": {"threshold": 100}}}`, Apdex{true, 100 * time.Millisecond}, ""},
		{"both", `{"apdex": {"threshold": "50.5"}, "plugins": {"apdex": {"threshold": 100}}}`, Apdex{true, 50500 * time.Microsecond}, ""},
		{"zero", `{"apdex": {"threshold": 0}}`, Apdex{}, "1:25: config.apdex.threshold: expected a number of milliseconds above 0, such as 500, found 0"},
		{"endless", `{"apdex": {"threshold": 1e300}}`, Apdex{}, "expected a number of milliseconds above 0"},
		{"no number", `{"apdex": {"threshold": "soon"}}`, Apdex{}, `such as 500, found the text "soon"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			var s sink
			config := readJSON([]byte(test.config), "s", &s)
			c := checker{sink: &s}
			for _, n := range []*node{config.get("apdex"), config.at("plugins", "apdex")} {
				if n != nil {
					c.value(n, anObject(apdexObject()), "config.apdex")
				}
			}
			got := (&builder{sink: &s}).apdex(config)
			switch err := s.err(); {
			case test.fault != "":
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want %s", err, test.fault)
				}
			case err != nil || got != test.want:
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// FuzzCheck: no expression makes the search for names panic or stand still.
func FuzzCheck(f *testing.F) {
	for _, source := range []string{
		`plugins.metrics-by-endpoint./a b.codes.200 == 5`, `'a\'b' + "c"`, `a-b/c`, "plugins.metrics-by-endpoint.", `x of y in (1, 2)`, "é.p95 < 1",
	} {
		f.Add(source)
	}
	f.Fuzz(func(t *testing.T, source string) {
		if strings.Contains(source, "~=") { // regular expressions may take for ever
			t.Skip()
		}
		e, names, _, err := compileCheck(source, func(name string) bool { return len(name)%3 == 0 })
		if err != nil {
			return
		}
		e.Value(mapScope{})
		for _, name := range names {
			misnamed(name)
		}
	})
}
