package enginehttp

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/script"
)

// said is what was printed, without what differs from run to run.
func (p played) printed(url string) string {
	text := strings.ReplaceAll(strings.Join(p.said, "\n"), url, "URL")
	text = regexp.MustCompile(`\$uuid: \S+`).ReplaceAllString(text, "$$uuid: UUID")
	return regexp.MustCompile(`date: .*`).ReplaceAllString(text, "date: DATE")
}

func shop(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/text" {
		w.Header().Set("Content-Type", "text/plain")
		io.WriteString(w, "hello\x1b[2J "+strings.Repeat("x", 600))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, `{"a":{"b":1}}`)
}

func TestExpectationsArePrinted(t *testing.T) {
	const (
		met   = `get: {url: '/json?q={{ n }}', name: 'N {{ n }}', expect: [{statusCode: 200}, {jmespath: a.b, description: it has b}]}`
		unmet = `post: {url: /text, json: {a: '{{ n }}'}, expect: [{statusCode: [404, 201]}, {contentType: json}, {matchesRegexp: '^hello'}]}`
	)
	const unmetText = `* POST /text 

  not ok statusCode 200 
  expected: 404,201
       got: 200
  not ok contentType content-type is text/plain 
  expected: json
       got: content-type is text/plain
  ok matchesRegexp true 
  Request params:
    URL/text
    {
      "a": 5
    }
  Headers:
  content-type: text/plain
  date: DATE
  content-length: 610
  Body:
hello` + "\ufffd" + `[2J `
	xs := strings.Repeat("x", 502)
	variables := "\n  User variables:\n    $index: 0\n    $uuid: UUID\n    n: 5\n    o: [object Object]\n    target: URL"
	for _, test := range []struct{ format, want string }{
		{"pretty", "* GET /json?q=5 - N 5\n\n  ok statusCode 200 \n  ok jmespath a.b \n" + unmetText + xs + variables + "\nError: ECONNREFUSED"},
		{"prettyError", unmetText + xs + variables + "\nError: ECONNREFUSED"},
		{"json", `{"name":"N 5","url":"/json?q=5","results":[{"ok":true,"expected":200,"type":"statusCode","got":200},{"ok":true,"expected":"it has b","type":"jmespath","got":"a.b"}]}
{"url":"/text","results":[{"ok":false,"expected":[404,201],"type":"statusCode","got":200},{"ok":false,"expected":"json","type":"contentType","got":"content-type is text/plain"},{"ok":true,"expected":true,"type":"matchesRegexp","got":true}]}
{"ok":false,"error":"ECONNREFUSED"}`},
		{"silent", ""},
	} {
		t.Run(test.format, func(t *testing.T) {
			s := newJournal(t, shop)
			refused := `get: {url: 'http://` + closedPort(t) + `/', expect: {statusCode: 200}}`
			p := play(t, flowWith(s.URL, "variables: {n: 5, o: {k: 1}}, plugins: {expect: {formatter: "+test.format+"}}", met, unmet, refused), 1)
			if got := p.printed(s.URL); got != test.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, test.want)
			}
			p.expectCounts(t, map[string]int64{
				"plugins.expect.ok": 3, "plugins.expect.ok.statusCode": 1, "plugins.expect.ok.jmespath": 1, "plugins.expect.ok.matchesRegexp": 1,
				"plugins.expect.failed": 2, "plugins.expect.failed.statusCode": 1, "plugins.expect.failed.contentType": 1,
			})
		})
	}
}

func (p played) expectCounts(t *testing.T, want map[string]int64) {
	t.Helper()
	got := p.counts("plugins.expect.")
	for name, n := range want {
		if got[name] != n {
			t.Errorf("%s: %d, want %d", name, got[name], n)
		}
	}
	if len(got) != len(want) {
		t.Errorf("counters %v, want %v", got, want)
	}
}

// TestExpectationsHideSecrets: neither what is printed nor what is counted shows what came from the
// environment, not even a part of it.
func TestExpectationsHideSecrets(t *testing.T) {
	const secret = `pass"word-1234`
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Echo", secret)
		io.WriteString(w, strings.Repeat("y", 505)+secret)
	})
	for _, format := range []string{"pretty", "json"} {
		text := flowWith(s.URL, "plugins: {expect: {formatter: "+format+"}}",
			`get: {url: '/?k={{ $env.SECRET }}', name: '{{ $env.SECRET }}', expect: [{headerEquals: ['x-{{ $env.SECRET }}', a]}, {headerEquals: [x-echo, b]}, {equals: ['{{ $env.SECRET }}', [1]]}]}`)
		text = strings.Replace(text, "[1]", "1", 1)
		sc, _, err := script.Parse([]byte(text), script.Options{Env: map[string]string{"SECRET": secret}})
		if err != nil {
			t.Fatal(err)
		}
		p := playScript(t, context.Background(), sc, 1)
		shown := strings.Join(append(keysOf(p.Counters), p.said...), "\n")
		for _, part := range []string{"pass", "word-1234"} {
			if strings.Contains(shown, part) {
				t.Errorf("%s shows %q:\n%s", format, part, shown)
			}
		}
	}
}

func keysOf(counters map[string]int64) []string {
	var names []string
	for name := range counters {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// TestExpectationsKeepNoBody: only what looks at a body, or shows it because something failed, makes
// it be kept, and then no more than is shown.
func TestExpectationsKeepNoBody(t *testing.T) {
	const long = 100_000
	var packed strings.Builder
	z := gzip.NewWriter(&packed)
	io.WriteString(z, "hello, packed")
	z.Close()
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/packed" {
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, packed.String())
			return
		}
		io.WriteString(w, strings.Repeat("z", long))
	})
	for _, test := range []struct {
		name, expect string
		shows        bool
		body         string // what is printed of it
	}{
		{"a status that is met", `url: /, expect: {statusCode: [200, 201], notStatusCode: 404}`, false, ""},
		{"a status that is not", `url: /, expect: {statusCode: 404}`, true, strings.Repeat("z", 512)},
		{"a header that is there", `url: /, expect: {hasHeader: date}`, true, ""},
		{"a packed body", `url: /packed, expect: {statusCode: 404}`, true, "hello, packed"},
		{"an expectation of the body", `url: /, expect: {matchesRegexp: '^a'}`, true, strings.Repeat("z", 512)},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := flow(s.URL, "get: {"+test.expect+"}")
			sc, _, err := script.Parse([]byte(text), script.Options{})
			if err != nil {
				t.Fatal(err)
			}
			request := sc.Scenarios[0].Flow[0].Request
			var compiled *action
			p := playWith(t, t.Context(), sc, 1, func(p *protocol) {
				a, err := p.Compile(&sc.Scenarios[0].Flow[0])
				if err != nil {
					t.Fatal(err)
				}
				compiled = a.(*action)
			})
			if got := compiled.expect.Shows(200); got != test.shows {
				t.Errorf("shows: %v, want %v", got, test.shows)
			}
			wholeBody := slices.ContainsFunc(request.Expectations, func(e script.Expectation) bool { return e.Kind == script.ExpectMatchesRegexp })
			if compiled.wantBody != wholeBody {
				t.Errorf("wants the body: %v", compiled.wantBody)
			}
			_, after, failed := strings.Cut(strings.Join(p.said, "\n"), "  Body:\n")
			body, _, _ := strings.Cut(after, "\n  User variables:")
			if body != test.body || failed != (test.body != "") {
				t.Errorf("body %q", body)
			}
		})
	}
}

// TestExpectationsAndCaptures: expectations see what was captured, and are looked at also when a
// capture failed; it is the capture that the user then ends with, unless they end it.
func TestExpectationsAndCaptures(t *testing.T) {
	for _, test := range []struct {
		name, options, step string
		want                []string
	}{
		{"captured", `{}`, `get: {url: /json, capture: {json: $.a.b, as: x}, expect: {equals: ['{{ x }}', 1]}}`,
			[]string{"plugins.expect.ok.equals 1", "vusers.completed 1"}},
		{"not captured", `{}`, `get: {url: /json, capture: {json: $.none, as: x}, expect: {statusCode: 200}}`,
			[]string{"plugins.expect.ok.statusCode 1", "errors.Failed capture: expression=x 1"}},
		{"not captured, not met", `{reportFailuresAsErrors: true, useOnlyRequestNames: true}`,
			`get: {url: /json, name: nm, capture: {json: $.none, as: x}, expect: {statusCode: 201}}`,
			[]string{"plugins.expect.failed.statusCode 1", "errors.Failed expectations for request nm 1"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, shop)
			p := play(t, flowWith(s.URL, "plugins: {expect: "+test.options+"}", test.step), 1)
			got := p.counts("plugins.expect.ok.", "plugins.expect.failed.", "errors.", "vusers.completed")
			for _, want := range test.want {
				i := strings.LastIndex(want, " ")
				if got[want[:i]] != 1 {
					t.Errorf("%v, want %s", got, want)
				}
			}
			if len(got) != len(test.want) {
				t.Errorf("%v, want %q", got, test.want)
			}
		})
	}
}

// TestExpectationsWithTemplates: what a template makes of an expression may be none; that is a failed
// expectation, which says why.
func TestExpectationsWithTemplates(t *testing.T) {
	s := newJournal(t, shop)
	p := play(t, flowWith(s.URL, "variables: {rx: '^.[{]?a', bad: 'a(b', path: a.b, broken: 'a.'}, plugins: {expect: {formatter: json}}",
		`get: {url: /json, expect: [{matchesRegexp: '"{{ path }}'}, {matchesRegexp: '{{ rx }}'}, {matchesRegexp: '{{ bad }}'}, {jmespath: '{{ path }}'}, {jpath: '{{ broken }}'}, {jpath: 'length(a.b)'}]}`), 1)
	p.expectCounts(t, map[string]int64{
		"plugins.expect.ok": 1, "plugins.expect.ok.jmespath": 1,
		"plugins.expect.failed": 5, "plugins.expect.failed.matchesRegexp": 3, "plugins.expect.failed.jpath": 2,
	})
	got := p.printed(s.URL)
	for _, want := range []string{
		`{"ok":false,"expected":true,"type":"matchesRegexp","got":"missing closing )"}`,
		`"expected":"a.","type":"jpath","got":"SyntaxError: `, `"type":"jpath","got":"Invalid type for: 1`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in %s", want, got)
		}
	}
}

// TestExpectationsOverHTTP2: headers and bodies are read there too.
func TestExpectationsOverHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(shop))
	s.EnableHTTP2 = true
	s.StartTLS()
	defer s.Close()
	p := play(t, flowWith(s.URL, "http: {http2: true}, tls: {rejectUnauthorized: false}",
		`get: {url: /json, expect: [{contentType: json}, {hasProperty: a.b}, {headerEquals: [Content-Type, application/json]}, {statusCode: 404}]}`), 1)
	p.expectCounts(t, map[string]int64{
		"plugins.expect.ok": 3, "plugins.expect.ok.contentType": 1, "plugins.expect.ok.hasProperty": 1,
		"plugins.expect.ok.header Content-Type values equals": 1, "plugins.expect.failed": 1, "plugins.expect.failed.statusCode": 1,
	})
	if got := p.printed(s.URL); !strings.Contains(got, "\n  content-type: application/json\n") || !strings.Contains(got, "\n{\"a\":{\"b\":1}}\n") {
		t.Errorf("printed:\n%s", got)
	}
}

// TestPrintingDrawsNothing: whether results are printed changes nothing for the user.
func TestPrintingDrawsNothing(t *testing.T) {
	var paths [2][]string
	for i, format := range []string{"silent", "pretty"} {
		s := newJournal(t, shop)
		play(t, flowWith(s.URL, "plugins: {expect: {formatter: "+format+"}}",
			`get: {url: /json, name: '{{ $randomNumber(1, 1000000) }}', expect: {statusCode: 404}}`,
			`get: {url: '/json/{{ $randomNumber(1, 1000000) }}'}`), 3)
		for _, r := range s.requests {
			paths[i] = append(paths[i], r.uri)
		}
		slices.Sort(paths[i])
	}
	if !slices.Equal(paths[0], paths[1]) {
		t.Errorf("silent: %q\npretty: %q", paths[0], paths[1])
	}
}
