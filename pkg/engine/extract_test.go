package engine

import (
	"strings"
	"testing"
	"testing/synctest"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

func TestExtraction(t *testing.T) {
	const (
		a1     = `{"a":1}`
		failA1 = "Failed match: expected=1 got=1 expression=$.a"
	)
	tests := []struct {
		name    string
		config  string
		spec    string // members of the first request
		next    string // the second request's URL, or "<url> json <json>"; default /2
		body    string
		headers map[string]string
		seen    string // the second request; "" when it must not be sent
		errors  []string
		matches int64
	}{
		{name: "match", spec: `match: {json: $.a, value: 1}`, body: a1, seen: "/2", matches: 1},
		{name: "match of another type", spec: `match: {json: $.a, value: '1'}`, body: a1, errors: []string{failA1}},
		{name: "two failing matches", spec: `match: [{json: $.a, value: 2}, {json: $.b, value: 3}]`, body: a1,
			errors: []string{"Failed match: expected=2 got=1 expression=$.a", "Failed match: expected=3 got=undefined expression=$.b"}},
		{name: "the same failing match twice", spec: `match: [{json: $.a, value: 2}, {json: $.a, value: 2}]`, body: a1,
			errors: []string{"Failed match: expected=2 got=1 expression=$.a", "Failed match: expected=2 got=1 expression=$.a"}},
		{name: "failing match that is not strict", spec: `match: {json: $.a, value: 2, strict: false}`, body: a1, seen: "/2", matches: 1},
		{name: "match on no JSON", spec: `match: {json: $.a, value: 1}`, body: "not json", errors: []string{"Failed match: expected=1 got= expression=$.a"}},
		{name: "match on no JSON, not strict", spec: `match: {json: $.a, value: 1, strict: false}`, body: "not json", seen: "/2", matches: 1},
		{name: "match of nothing on no JSON", spec: `match: {json: $.a, value: ''}`, body: "not json", errors: []string{"Failed match: expected= got= expression=$.a"}},
		{name: "match 0", spec: `match: {json: $.a, value: 0}`, body: `{"a":0}`, seen: "/2", matches: 1},
		{name: "match 0 fails", spec: `match: {json: $.a, value: 0}`, body: `{"a":5}`, errors: []string{"Failed match: expected=0 got=5 expression=$.a"}},
		{name: "match false", spec: `match: {json: $.a, value: false}`, body: `{"a":false}`, seen: "/2", matches: 1},
		{name: "match empty text", spec: `match: {json: $.a, value: ''}`, body: `{"a":""}`, seen: "/2", matches: 1},
		{name: "match null", spec: `match: {json: $.a, value: null}`, body: `{"a":null}`, seen: "/2", matches: 1},
		{name: "match regexp group", spec: `match: {regexp: 'he(l+)o', group: 1, value: ll}`, body: "hello", seen: "/2", matches: 1},
		{name: "match header", spec: `match: {header: x-y, value: z}`, headers: map[string]string{"x-y": "z"}, seen: "/2", matches: 1},
		{name: "match template", config: "variables: {v: 1}", spec: `match: {json: $.a, value: '{{ v }}'}`, body: a1, seen: "/2", matches: 1},
		{name: "two good matches", spec: `match: [{json: $.a, value: 1}, {regexp: a, value: a}]`, body: a1, seen: "/2", matches: 2},
		{name: "good and failing matches", spec: `match: [{json: $.a, value: 1}, {json: $.a, value: 2}, {json: $.a, value: 3, strict: false}]`, body: a1,
			errors: []string{"Failed match: expected=2 got=1 expression=$.a"}},
		{name: "match of an object", spec: `match: {json: $.a, value: {x: 1}}`, body: `{"a":{"x":1}}`,
			errors: []string{"Failed match: expected=[object Object] got=[object Object] expression=$.a"}},
		{name: "match of a list", spec: `match: {json: $.a, value: 7}`, body: `{"a":[1,[2,null],"x"]}`,
			errors: []string{"Failed match: expected=7 got=1,2,,x expression=$.a"}},
		{name: "match of numbers as JavaScript prints them", spec: `match: {json: $.a, value: 0.5}`, body: `{"a":1e21}`,
			errors: []string{"Failed match: expected=0.5 got=1e+21 expression=$.a"}},

		{name: "capture of nothing", spec: `capture: {json: $.zz, as: x}`, body: a1, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of nothing, not strict", spec: `capture: {json: $.zz, as: x, strict: false}`, next: "/{{ x }}", body: a1, seen: "/undefined"},
		{name: "capture of nothing, not strict by default", config: "http: {defaults: {strictCapture: false}}", spec: `capture: {json: $.zz, as: x}`, next: "/{{ x }}", body: a1, seen: "/undefined"},
		{name: "strict against the default", config: "http: {defaults: {strictCapture: false}}", spec: `capture: {json: $.zz, as: x, strict: true}`, body: a1, errors: []string{"Failed capture: expression=x"}},
		{name: "the default of captures is not that of matches", config: "http: {defaults: {strictCapture: false}}", spec: `match: {json: $.a, value: '1'}`, body: a1, errors: []string{failA1}},
		{name: "capture of null", spec: `capture: {json: $.a, as: x}`, next: "/{{ x }}", body: `{"a":null}`, seen: "/null"},
		{name: "capture of false", spec: `capture: {json: $.a, as: x}`, next: "/{{ x }}", body: `{"a":false}`, seen: "/false"},
		{name: "capture of 0", spec: `capture: {json: $.a, as: x}`, next: "/{{ x }}", body: `{"a":0}`, seen: "/0"},
		{name: "capture of an empty text", spec: `capture: {json: $.a, as: x}`, body: `{"a":""}`, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of no JSON", spec: `capture: {json: $.a, as: x}`, body: `not json`, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of no JSON, not strict", spec: `capture: {json: $.a, as: x, strict: false}`, next: "/{{ x }}", body: `not json`, seen: "/undefined"},
		{name: "capture of an empty body", spec: `capture: {json: $.a, as: x}`, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of a scalar document", spec: `capture: {json: $.a, as: x, strict: false}`, next: "/-{{ x }}", body: `5`, seen: "/-"},
		{name: "capture of a whole scalar document", spec: `capture: {json: $, as: x}`, body: `5`, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of a whole document", spec: `capture: {json: $, as: x}`, next: "/{{ x.a }}", body: a1, seen: "/1"},
		{name: "two captures, one fails", spec: `capture: [{json: $.a, as: x}, {json: $.zz, as: y}]`, body: a1, errors: []string{"Failed capture: expression=y"}},
		{name: "two captures fail, and a match", spec: `capture: [{json: $.y, as: x}, {json: $.zz, as: 'y[0]'}]`, body: a1, errors: []string{"Failed capture: expression=x", "Failed capture: expression=y[0]"}},
		{name: "a capture and a match fail", spec: `{capture: {json: $.y, as: x}, match: {json: $.a, value: 2}}`, body: a1,
			errors: []string{"Failed capture: expression=x", "Failed match: expected=2 got=1 expression=$.a"}},
		{name: "a capture fails beside a good match", spec: `{capture: {json: $.y, as: x}, match: {json: $.a, value: 1}}`, body: a1, errors: []string{"Failed capture: expression=x"}},
		{name: "one of several", spec: `capture: {json: '$.l[*]', as: x}`, next: "/{{ x }}", body: `{"l":[7,7,7]}`, seen: "/7"},
		{name: "all of several", spec: `capture: {json: '$.l[*]', as: x, multiple: false}`, next: "/ json {x: '{{ x }}'}", body: `{"l":[1,2]}`, seen: `/ {"x":[1,2]}`},
		{name: "all of one", spec: `capture: {json: '$.l[*]', as: x, multiple: false}`, next: "/ json {x: '{{ x }}'}", body: `{"l":[1]}`, seen: `/ {"x":[1]}`},
		{name: "all of one element", spec: `capture: {json: '$.l[0]', as: x, multiple: false}`, next: "/ json {x: '{{ x }}'}", body: `{"l":[1]}`, seen: `/ {"x":1}`},
		{name: "all of one found at any depth", spec: `capture: {json: '$..a', as: x, multiple: false}`, next: "/ json {x: '{{ x }}'}", body: a1, seen: `/ {"x":[1]}`},
		{name: "all of one in a computed place", spec: `capture: [{json: '$.l', as: l}, {json: '$.l[(@.length-1)]', as: x, multiple: false}]`, next: "/ json {x: '{{ x }}'}", body: `{"l":[1,2]}`, seen: `/ {"x":2}`},
		{name: "all of none", spec: `capture: {json: '$.l[*]', as: x, multiple: false}`, body: `{"l":[]}`, errors: []string{"Failed capture: expression=x"}},
		{name: "capture of a list", spec: `capture: {json: $.l, as: x}`, next: "/ json {x: '{{ x }}', y: 'v={{ x }}', z: '{{ x[1] }}'}", body: `{"l":[1,2]}`, seen: `/ {"x":[1,2],"y":"v=[1,2]","z":2}`},
		{name: "without $.", spec: `capture: {json: a, as: x}`, next: "/{{ x }}", body: a1, seen: "/1"},
		{name: "header in any case", spec: `capture: {header: X-Y, as: x}`, next: "/{{ x }}", headers: map[string]string{"x-y": "z"}, seen: "/z"},
		{name: "header missing", spec: `capture: {header: X-Y, as: x}`, errors: []string{"Failed capture: expression=x"}},
		{name: "header missing, not strict", spec: `capture: {header: X-Y, as: x, strict: false}`, next: "/-{{ x }}", seen: "/-"},
		{name: "regexp group", spec: `capture: {regexp: 'id=(\d+)', group: 1, as: x}`, next: "/{{ x }}", body: "id=42", seen: "/42"},
		{name: "regexp without case", spec: `capture: {regexp: 'ID=(\d+)', flags: i, as: x}`, next: "/{{ x }}", body: "id=42", seen: "/id=42"},
		{name: "regexp named group", spec: `capture: {regexp: 'id=(?<n>\d+)', group: n, as: x}`, next: "/{{ x }}", body: "id=42", seen: "/42"},
		{name: "regexp group that is not there", spec: `capture: {regexp: 'id=(\d+)', group: 7, as: x}`, next: "/{{ x }}", body: "id=42", seen: "/id=42"},
		{name: "regexp group that is empty", spec: `capture: {regexp: 'id=(\d*)', group: 1, as: x}`, next: "/{{ x }}", body: "id=", seen: "/id="},
		{name: "regexp on text beyond ASCII", spec: `capture: {regexp: 'ü(.)', group: 1, as: x}`, next: "/{{ x }}", body: "grün €, süß", seen: "/n"},
		{name: "regexp without a match", spec: `capture: {regexp: 'id=(\d+)', as: x}`, body: "nothing", errors: []string{"Failed capture: expression=x"}},
		{name: "regexp on JSON beside a JSONPath", spec: `capture: [{json: $.a, as: x}, {regexp: '"a":(.)', group: 1, as: y}]`, next: "/{{ x }}{{ y }}", body: a1, seen: "/11"},
		{name: "capture to a path", spec: `capture: {json: $.a, as: 'o.p[0]'}`, next: "/ json {o: '{{ o }}'}", body: `{"a":9}`, seen: `/ {"o":{"p":[9]}}`},
		{name: "captures to two paths of one variable", spec: `capture: [{json: $.a, as: o.p}, {json: $.b, as: o.q}]`, next: "/ json {o: '{{ o }}'}", body: `{"a":1,"b":2}`, seen: `/ {"o":{"p":1,"q":2}}`},
		{name: "capture into a configured variable", config: "variables: {o: {k: 1}}", spec: `capture: {json: $.a, as: o.p}`, next: "/ json {o: '{{ o }}'}", body: `{"a":9}`, seen: `/ {"o":{"k":1,"p":9}}`},
		{name: "two captures of one name", spec: `capture: [{json: $.a, as: x}, {json: $.b, as: x}]`, next: "/{{ x }}", body: `{"a":1,"b":2}`, seen: "/2"},
		{name: "templated JSONPath", config: "variables: {k: a}", spec: `capture: {json: '$.{{ k }}', as: x}`, next: "/{{ x }}", body: a1, seen: "/1"},
		{name: "templated header", config: "variables: {k: y}", spec: `capture: {header: 'X-{{ k }}', as: x}`, next: "/{{ x }}", headers: map[string]string{"x-y": "z"}, seen: "/z"},
		{name: "a match sees the variables from before the captures", config: "variables: {x: 1}", spec: `{capture: {json: $.b, as: x}, match: {json: $.a, value: '{{ x }}'}}`, next: "/{{ x }}", body: `{"a":1,"b":2}`, seen: "/2", matches: 1},

		{name: "transform", spec: `capture: {json: $.a, as: x, transform: x + 1}`, next: "/ json {x: '{{ x }}'}", body: a1, seen: `/ {"x":2}`},
		{name: "transform with an earlier capture", spec: `capture: [{json: $.a, as: x, transform: x * 10}, {json: $.b, as: y}, {json: $.b, as: z, transform: x + y + z}]`,
			next: "/{{ x }} json {y: '{{ y }}', z: '{{ z }}'}", body: `{"a":1,"b":2}`, seen: `/10 {"y":2,"z":14}`},
		{name: "transform with names of its own", spec: `capture: [{json: $.a, as: x, transform: 'var twice = x * 2; twice'}, {json: $.a, as: y, transform: twice + 1}]`, next: "/{{ x }}{{ y }}/{{ twice }}", body: a1, seen: "/23/undefined"},
		{name: "transform of a list", spec: `capture: {json: $.l, as: x, transform: 'x.filter(e => e.ok).map(e => e.id)'}`, next: "/ json {x: '{{ x }}'}", body: `{"l":[{"id":1,"ok":true},{"id":2},{"id":3,"ok":true}]}`, seen: `/ {"x":[1,3]}`},
		{name: "transform of a place in a variable", spec: `capture: [{json: $.a, as: 'o.p'}, {json: $.b, as: 'o.l[1]', transform: 'o.p + o.l[1]'}]`, next: "/ json {o: '{{ o }}'}", body: `{"a":1,"b":2}`, seen: `/ {"o":{"p":1,"l":[null,3]}}`},
		{name: "transform changes no other capture", spec: `capture: [{json: $.l, as: x}, {json: $.a, as: y, transform: 'x.push(9); x.length'}]`, next: "/{{ y }} json {x: '{{ x }}'}", body: `{"a":1,"l":[1]}`, seen: `/2 {"x":[1]}`},
		{name: "transform knows no other variables", config: "variables: {v: 7}", spec: `capture: {json: $.a, as: x, transform: 'typeof v + typeof target'}`, next: "/{{ x }}", body: a1, seen: "/undefinedundefined"},
		{name: "transform that throws", spec: `capture: {json: $.a, as: x, transform: x.absent.more}`, next: "/{{ x }}", body: a1, seen: "/1"},
		{name: "transform that gives null", spec: `capture: {json: $.a, as: x, transform: 'null'}`, next: "/{{ x }}", body: a1, seen: "/1"},
		{name: "transform that gives undefined", spec: `capture: {json: $.a, as: x, transform: void 0}`, body: a1, errors: []string{"Failed capture: expression=x"}},
		{name: "transform of nothing", spec: `capture: {json: $.zz, as: x, transform: 'x || "none"'}`, next: "/{{ x }}", body: a1, seen: "/none"},
		{name: "JSONPaths simple and not", spec: `capture: [{json: '$.l[1].k', as: x}, {json: '$..k', as: y, multiple: false}]`, next: "/{{ x }} json {y: '{{ y }}'}", body: `{"l":[{"k":1},{"k":2}]}`, seen: `/2 {"y":[1,2]}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			next, json, _ := strings.Cut(tt.next, " json ")
			if next == "" {
				next = "/2"
			}
			second := "get: {url: '" + next + "'}"
			if json != "" {
				second = "post: {url: '" + next + "', json: " + json + "}"
			}
			members := strings.TrimSuffix(strings.TrimPrefix(tt.spec, "{"), "}")
			if !strings.HasPrefix(tt.spec, "{") {
				members = tt.spec
			}
			r := newRig(t, flowWith(tt.config, "get: {url: /1, "+members+"}", second), nil)
			r.protocol.reply = func(_ *User, request string) reply {
				if request == "/1" {
					return reply{body: tt.body, headers: tt.headers}
				}
				return reply{body: "{}"}
			}
			r.runAll(t, one())
			seen := []string{"/1"}
			want := map[string]int64{metrics.VusersFailed: 1, metrics.VusersCompleted: absent}
			if tt.seen != "" {
				seen = append(seen, tt.seen)
				want = map[string]int64{metrics.VusersFailed: 0, metrics.VusersCompleted: 1}
			}
			wantSeen(t, r.protocol, seen...)
			for _, e := range tt.errors {
				want["errors."+e]++
			}
			want[metrics.Matches] = tt.matches
			if tt.matches == 0 {
				want[metrics.Matches] = absent
			}
			wantCounters(t, r.counters(), want)
		}))
	}
}

// TestTransformWithoutAnEnd is outside of a bubble, whose time stands still while a program runs.
func TestTransformWithoutAnEnd(t *testing.T) {
	r := newRig(t, flow("get: {url: /1, capture: [{json: $.a, as: x, transform: 'for (;;) {}'}, {json: $.b, as: y, transform: 'x + y'}]}"), nil)
	action := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction)
	err := action.extraction.Apply(testUser(r.Engine, 0), &Response{Body: []byte(`{"a":1,"b":2}`)})
	if want := "Failed transform: expression=x: it ran for longer than 5s"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestTransformDrawsFromTheUser holds users to the same numbers again, and to others than their
// neighbours', whatever ran before them.
func TestTransformDrawsFromTheUser(t *testing.T) {
	drawn := func(indices ...int64) map[int64]any {
		r := newRig(t, flow("get: {url: /1, capture: {json: $.a, as: x, transform: Math.random()}}"), nil)
		action := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction)
		all := map[int64]any{}
		for _, index := range indices {
			u := testUser(r.Engine, index)
			if err := action.extraction.Apply(u, &Response{Body: []byte(`{"a":1}`)}); err != nil {
				t.Fatal(err)
			}
			all[index], _ = u.Lookup("x")
		}
		return all
	}
	one, two := drawn(0, 1), drawn(1, 0)
	if one[0] != two[0] || one[1] != two[1] || one[0] == one[1] {
		t.Errorf("drawn: %v, then %v", one, two)
	}
}

func TestTransformThatDoesNotCompile(t *testing.T) {
	header, err := template.Compile("a", nil)
	if err != nil {
		t.Fatal(err)
	}
	_, err = NewExtraction([]script.Capture{{Extract: script.Extract{Kind: script.FromHeader, Expr: header}, AsText: "x", Transform: "x +"}}, nil)
	if err == nil || !strings.Contains(err.Error(), `capture "x": transform: Unexpected end of input`) {
		t.Errorf("error %v", err)
	}
}

func TestNothingIsKeptOfAFailedResponse(t *testing.T) {
	r := newRig(t, flow("get: {url: /1, capture: [{json: $.a, as: x}], match: {json: $.a, value: 2}}"), nil)
	u := testUser(r.Engine, 0)
	action := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction)
	err := action.extraction.Apply(u, &Response{Body: []byte(`{"a":1}`)})
	if err == nil {
		t.Fatal("no error")
	}
	if v, ok := u.Lookup("x"); ok {
		t.Errorf("x = %v was kept", v)
	}
}

func TestOneOfSeveralIsDrawnByTheUser(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /1, capture: {json: '$.l[*]', as: x}}", "get: {url: '/{{ x }}'}"), nil)
		r.protocol.reply = func(*User, string) reply { return reply{body: `{"l":[1,2,3,4]}`} }
		r.runAll(t, every(400, 1e6))
		count := map[string]int{}
		for _, requests := range r.protocol.byUser {
			count[requests[1]]++
		}
		for _, url := range []string{"/1", "/2", "/3", "/4"} {
			// 5 standard deviations are 43.
			if count[url] < 57 || count[url] > 143 {
				t.Errorf("%s was chosen %d times of 400, want about 100", url, count[url])
			}
		}
	})
}

func TestCapturedValuesDoNotHoldTheBody(t *testing.T) {
	r := newRig(t, flow("get: {url: /1, capture: [{json: $.a, as: x}, {json: '$..b', as: y}, {regexp: 'text2', as: z}]}",
		"get: {url: /2, capture: [{selector: a, as: x}, {selector: a, attr: b, as: y}, {xpath: //a/@b, as: z}]}"), nil)
	u := testUser(r.Engine, 0)
	for i, body := range []string{`{"a":"text1","b":"text2"}`, `<a b="text2">text1</a>`} {
		holdsNot(t, u, r.Engine.scenarios[0].steps[i].(*requestStep).action.(*fakeAction).extraction, []byte(body))
	}
}

func holdsNot(t *testing.T, u *User, x *Extraction, body []byte) {
	t.Helper()
	if err := x.Apply(u, &Response{Body: body}); err != nil {
		t.Fatal(err)
	}
	for i := range body {
		body[i] = '#'
	}
	for name, want := range map[string]string{"x": "text1", "y": "text2", "z": "text2"} {
		if v, _ := u.Lookup(name); v != want {
			t.Errorf("%s = %v after the body was overwritten, want %s", name, v, want)
		}
	}
}

func TestExtractionOfNothing(t *testing.T) {
	x, err := NewExtraction(nil, nil)
	if x != nil || err != nil {
		t.Fatalf("NewExtraction = %v, %v", x, err)
	}
	if err := x.Apply(nil, nil); err != nil {
		t.Errorf("Apply = %v", err)
	}
}

func TestSingleNode(t *testing.T) {
	for path, want := range map[string]bool{
		"$.a": true, "a": true, "$.a.b[0].c_1": true, "$[0]": true,
		"$": false, "": false, "$..a": false, "$.a[*]": false, "$.*": false, "$.a[0:2]": false, "$.a[?(@.b)]": false,
		"$.a[0,1]": false, "$['a']": false, "$.a^": false, "$.ü": false, "$.a[(@.length-1)]": false,
	} {
		if got := singleNode(path); got != want {
			t.Errorf("singleNode(%q) = %v", path, got)
		}
	}
}

func TestPrinted(t *testing.T) {
	o := template.NewObject()
	o.Set("a", 1.0)
	for _, tt := range []struct {
		v    any
		want string
	}{
		{nil, "null"}, {template.Undefined, "undefined"}, {true, "true"}, {1.0, "1"}, {-0.5, "-0.5"}, {1e21, "1e+21"}, {"x", "x"}, {"", ""},
		{o, "[object Object]"}, {[]any{}, ""}, {[]any{1.0, nil, template.Undefined, []any{2.0, 3.0}, o}, "1,,,2,3,[object Object]"},
	} {
		if got := printed(tt.v); got != tt.want {
			t.Errorf("printed(%#v) = %q, want %q", tt.v, got, tt.want)
		}
	}
}

func FuzzExtraction(f *testing.F) {
	for _, body := range []string{`{"a":1,"l":[{"k":"x"}]}`, `[]`, `5`, `"x"`, ``, `{"a":`, `{"a":"\u00e9"}`, "\xff", `{"a":{"a":[[[]]]}}`} {
		f.Add([]byte(body))
	}
	r := newRig(f, flow("get: {url: /1, capture: [{json: $.a, as: x, strict: false}, {json: '$.l[0].k', as: y, strict: false}], match: {regexp: 'a(.)', group: 1, value: x, strict: false}}",
		"get: {url: /2, capture: [{json: $.a, as: x, strict: false}, {json: '$.l[0].k', as: y, strict: false}, {json: '$..k', as: z, strict: false}]}"), nil)
	scan := r.Engine.scenarios[0].steps[0].(*requestStep).action.(*fakeAction).extraction
	parse := r.Engine.scenarios[0].steps[1].(*requestStep).action.(*fakeAction).extraction
	if scan.parse || !parse.parse {
		f.Fatal("the two ways to read a document are not both tried")
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		u, v := testUser(r.Engine, 0), testUser(r.Engine, 0)
		if err := scan.Apply(u, &Response{Body: body}); err != nil {
			t.Fatal(err)
		}
		if err := parse.Apply(v, &Response{Body: body}); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"x", "y"} {
			a, _ := u.Lookup(name)
			b, _ := v.Lookup(name)
			if got, want := string(template.AppendText(nil, a)), string(template.AppendText(nil, b)); got != want {
				t.Errorf("%s is %q scanned and %q parsed", name, got, want)
			}
		}
	})
}
