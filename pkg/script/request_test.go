package script

import (
	"strings"
	"testing"
)

func oneRequest(t *testing.T, body string) *Request {
	t.Helper()
	s, warnings, err := Parse([]byte("scenarios:\n  - flow:\n      - post: {url: \"http://127.0.0.1/\", "+body+"}\n"), Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return s.Scenarios[0].Flow[0].Request
}

// requestFaults returns what is said of a request with the given attributes.
func requestFaults(body string) string {
	lines := faultsOf("scenarios:\n  - flow:\n      - post: {url: \"http://127.0.0.1/\", "+body+"}\n", Options{})
	return strings.Join(lines, "\n")
}

func TestRequestValues(t *testing.T) {
	if r := oneRequest(t, "json: null"); r.JSON == nil || source(r.JSON) != "null" {
		t.Error("`json: null` sends null")
	}
	if r := oneRequest(t, "json: false"); r.JSON == nil || source(r.JSON) != "false" {
		t.Error("`json: false` sends false")
	}
	if r := oneRequest(t, "form: {}"); r.Form == nil || len(r.Form) != 0 {
		t.Error("an empty form is a form")
	}
	if r := oneRequest(t, "body: ''"); r.Body == nil {
		t.Error("an empty body is a body")
	}
	if r := oneRequest(t, "probability: 0"); r.Probability == nil || *r.Probability != 0 {
		t.Error("a probability of 0 is one")
	}
	if r := oneRequest(t, "gzip: false"); r.Gzip || !r.FollowRedirect || r.Probability != nil || r.JSON != nil || r.Form != nil {
		t.Errorf("%+v", r)
	}
	if r := oneRequest(t, "auth: {user: ada}"); source(r.Auth.Pass) != `""` {
		t.Errorf("%+v", r.Auth)
	}
	if r := oneRequest(t, "ifTrue: true"); r.IfTrue == nil || !r.IfTrue.True(emptyScope{}) {
		t.Error("`ifTrue: true` is true")
	}
}

func TestRequestDoubts(t *testing.T) {
	tests := []struct{ body, want string }{
		{`json: 1, body: x`, "script:3:57: warning: scenarios[0].flow[0].post.body: has no effect beside `json`, which is sent"},
		{`uri: "http://a/x"`, "script:3:21: warning: scenarios[0].flow[0].post.url: has no effect beside `uri`"},
		{`probability: 150`, "script:3:55: warning: scenarios[0].flow[0].post.probability: expected percent, a number from 0 to 100, found 150, which is read as the nearer of the two"},
		{`probability: "{{ p }}"`, "script:3:55: scenarios[0].flow[0].post.probability: expected percent, a number from 0 to 100, found the text \"{{ p }}\"; templates are not filled here"},
		{`capture: {json: $.a, header: b, as: c}`, "script:3:71: warning: scenarios[0].flow[0].post.capture.header: has no effect: a capture looks at one place, and here `json` comes first"},
		{`capture: {regexp: a, group: 1.5, as: c}`, "script:3:70: scenarios[0].flow[0].post.capture.group: expected the number or the name of a group, found 1.5"},
		{`capture: {regexp: a, group: x, as: c}`, "script:3:70: warning: scenarios[0].flow[0].post.capture.group: the regular expression has no group named \"x\"; the whole match is taken"},
		{`capture: {json: $.a, as: ""}`, "script:3:67: scenarios[0].flow[0].post.capture.as: expected the name of a variable, found an empty text"},
		{`capture: {json: "", as: a}`, "script:3:58: scenarios[0].flow[0].post.capture.json: expected what to look for, found an empty text"},
		{`capture: $.a`, "script:3:51: scenarios[0].flow[0].post.capture: expected an object or a list, found the text \"$.a\"; write its keys on lines of their own below, each as `key: value`"},
		{`capture: {json: $.a, attr: b, as: c}`, "script:3:69: warning: scenarios[0].flow[0].post.capture.attr: has no effect without `selector`"},
		{`capture: {json: $.a, index: -1, as: c}`, "script:3:70: scenarios[0].flow[0].post.capture.index: expected the number of an element, from 0, or random or last, found -1"},
		{`capture: {selector: a, index: 1.5, as: c}`, "script:3:72: scenarios[0].flow[0].post.capture.index: expected the number of an element, from 0, or random or last, found 1.5"},
		{`capture: {selector: a, index: first, as: c}`, "script:3:72: scenarios[0].flow[0].post.capture.index: expected the number of an element, from 0, or random or last, found the text \"first\""},
		{`capture: {selector: a, attr: "", as: c}`, "script:3:71: scenarios[0].flow[0].post.capture.attr: expected the name of an attribute, found an empty text; leave it out for the element's text"},
		{`capture: {selector: a, xpath: b, as: c}`, "script:3:62: warning: scenarios[0].flow[0].post.capture.selector: has no effect: a capture looks at one place, and here `xpath` comes first"},
		{`capture: {selector: "a[{{ x", as: c}`, "script:3:62: scenarios[0].flow[0].post.capture.selector: \"a[{{ x\" is not a CSS selector: expected identifier, found { instead"},
		{`capture: {selector: "a[id='{{ x }}']", as: c}`, ""},
		{`match: {xpath: "//a[@id='{{ x }}']", value: 1}`, ""},
		{`match: {json: $.a, value: 1, as: c}`, ""},
		{`qs: {a: {b: 1}}`, "script:3:50: scenarios[0].flow[0].post.qs.a: expected a list, a text, a number or nothing, found an object"},
		{`auth: {pass: x}`, "script:3:48: scenarios[0].flow[0].post.auth.user: `auth` needs `user`: the user's name"},
		{`timeout: 1 fortnight`, "script:3:51: scenarios[0].flow[0].post.timeout: " + durationForm + "; found the text \"1 fortnight\""},
	}
	for _, test := range tests {
		t.Run(test.body, func(t *testing.T) {
			if got := requestFaults(test.body); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
		})
	}
}

func TestRegexp(t *testing.T) {
	tests := []struct {
		name, spec, body string
		want             string // the whole match, "" for none
	}{
		{"plain", `regexp: 'a(\d+)'`, "xa12", "a12"},
		{"any character", `regexp: 'a[^]c'`, "a\nc", "a\nc"},
		{"no character", `regexp: 'a[]c'`, "a[]c", ""},
		{"escaped bracket", `regexp: 'a\[]'`, "a[]", "a[]"},
		{"bracket in a class", `regexp: '[[^]+'`, "[^[", "[^["},
		{"digits are ASCII", `regexp: '\d'`, "٣", ""},
		{"case", `regexp: ABC, flags: i`, "xabc", "abc"},
		{"dot without s", `regexp: a.c`, "a\nc", ""},
		{"dot with s", `regexp: a.c, flags: s`, "a\nc", "a\nc"},
		{"lines", `regexp: '^b$', flags: gm`, "a\nb\nc", "b"},
		{"the end is the end", `regexp: 'a$'`, "a\n", ""},
		{"lookbehind", `regexp: '(?<=a)b'`, "ab", "b"},
		{"slash", `regexp: 'a\/b'`, "a/b", "a/b"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			re := oneRequest(t, "capture: {"+test.spec+", as: x}").Captures[0].Regexp
			m, err := re.FindStringMatch(test.body)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if m != nil {
				got = m.String()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestLoopForms(t *testing.T) {
	tests := []struct{ loop, want string }{
		{"count: 3", "count 3 over none \"\" endless false"},
		{"count: 0", "count 0 over none \"\" endless false"},
		{`count: "2-5"`, `count "2-5" over none "" endless false`},
		{`count: "{{ n }}"`, `count "{{ n }}" over none "" endless false`},
		{"over: [1, 2]", `count none over [1,2] "" endless false`},
		{"over: []", `count none over [] "" endless false`},
		{"over: a.b", `count none over none "a.b" endless false`},
		{"loopValue: i", `count none over none "" endless true`},
	}
	for _, test := range tests {
		t.Run(test.loop, func(t *testing.T) {
			s := mustParse(t, "scenarios:\n  - flow:\n      - {loop: [{think: 1}], "+test.loop+"}\n", Options{})
			l := s.Scenarios[0].Flow[0].Loop
			got := "count " + source(l.Count) + " over " + source(l.Over) + " " + quote(l.OverName) + " endless " + show(l.Endless)
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
	got := faultsOf("scenarios:\n  - flow:\n      - {loop: [{think: 1}], count: abc, think: 2, nmae: x}\n", Options{})
	want := "script:3:37: warning: scenarios[0].flow[0].count: expected a number of rounds, such as 3, or a range, such as \"2-5\" for 2, 3 and 4; with the text \"abc\" the loop does nothing\n" +
		"script:3:42: warning: scenarios[0].flow[0].think: `think` has no effect beside `loop`; make it a step of its own, with a `- ` in front"
	if lines := strings.Join(got, "\n"); !strings.HasPrefix(lines, want) || len(got) != 3 || !strings.Contains(got[2], "unknown key `nmae`") {
		t.Errorf("got:\n%s", lines)
	}
}

func TestWeights(t *testing.T) {
	flow := `"flow": [{"think": 1}]`
	s := mustParse(t, `{"scenarios": [{`+flow+`}, {"weight": "1.9", `+flow+`}, {"weight": 0, `+flow+`}, {"weight": "{{ w }}", `+flow+`}]}`, Options{})
	for i, want := range []string{"1", "1.9", "0", `"{{ w }}"`} {
		if got := source(s.Scenarios[i].Weight); got != want {
			t.Errorf("scenario %d: got %s, want %s", i, got, want)
		}
	}
	mustParse(t, `{"scenarios": [{"weight": 0, `+flow+`}, {"weight": "{{ w }}", `+flow+`}]}`, Options{})
}

func TestPhaseForms(t *testing.T) {
	tests := []struct{ phase, want string }{
		{"{duration: 2, arrivalRate: 5}", "2 5 5"},
		{"{duration: '2', arrivalRate: '0.5'}", "2 1/2 1/2"},
		{"{duration: 1.5, arrivalRate: 0.1}", "3/2 1/10 1/10"},
		{"{duration: 2m, arrivalRate: 1, rampTo: 10}", "120 1 10"},
		{"{duration: 3, rampTo: 4}", "3 0 4"},
		{"{duration: 3, arrivalRate: 4, rampTo: 0}", "3 4 0"},
		{"{duration: 3, arrivalRate: 0}", "3 0 0"},
		{"{duration: 2, arrivalCount: 7}", "2 7/2 7/2"},
		{"{duration: 2, arrivalCount: 0}", "2 0 0"},
		{"{duration: 0.3, arrivalCount: 1}", "3/10 10/3 10/3"},
		{"{pause: 0.243}", "243/1000 0 0"},
		{"{pause: 0}", "0 0 0"},
		{"{pause: 500ms}", "1/2 0 0"},
		{"{duration: 1, arrivalRate: 1, mode: poisson}", "1 1 1 poisson"},
		{"{duration: 1, arrivalRate: 1, mode: UNIFORM}", "1 1 1"},
		{"{duration: 1, arrivalRate: 1, maxVusers: '3'}", "1 1 1 at most 3"},
	}
	for _, test := range tests {
		t.Run(test.phase, func(t *testing.T) {
			s, warnings, err := Parse([]byte("config: {phases: ["+test.phase+"]}\nscenarios: [{flow: [{think: 1}]}]\n"), Options{})
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			p := s.Config.Phases[0]
			got := p.Duration.RatString() + " " + p.From.RatString() + " " + p.To.RatString()
			if p.Poisson {
				got += " poisson"
			}
			if p.MaxVusers > 0 {
				got += " at most 3"
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestPhaseDoubts(t *testing.T) {
	got := faultsOf("config: {phases: [{pause: 1, arrivalRate: 5}, {duration: 1, arrivalCount: 3, rampTo: 5}, {duration: 1, arrivalRate: 1, rampTo: 2, mode: poisson}]}\nscenarios: [{flow: [{think: 1}]}]\n", Options{})
	want := []string{
		"script:1:30: warning: config.phases[0].arrivalRate: `arrivalRate` has no effect in a phase with `pause`",
		"script:1:78: warning: config.phases[1].rampTo: `rampTo` has no effect in a phase with `arrivalCount`",
		"script:1:137: warning: config.phases[2].mode: poisson has an effect only on a constant arrivalRate; the arrivals of this phase are evenly spaced",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got:\n%s", strings.Join(got, "\n"))
	}
}
