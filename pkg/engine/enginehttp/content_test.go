package enginehttp

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

const variables = "variables: {s: str, n: 5, nine: 9, list: [[1, 2]], o: {a: 1}, euro: '€', umlaut: 'ü', lines: \"a\\r\\nX-B: b\"}"

// Bodies, queries and the headers that go with them.
func TestBodies(t *testing.T) {
	for _, test := range []struct {
		name, step  string
		seen        string
		contentType string
		length      string
	}{
		{"form", `post: {url: /p, form: {a: '{{ s }}', b: 'x y&z', n: '{{ n }}'}}`,
			"POST /p a=str&b=x+y%26z&n=5", "application/x-www-form-urlencoded", "19"},
		{"form of odd values", `post: {url: /p, form: {'ä b': '*-._~', c: '{{ list }}'}}`,
			"POST /p %C3%A4+b=*-._%7E&c=1%2C2", "application/x-www-form-urlencoded", "24"},
		{"json null", `post: {url: /, json: null}`, "POST / null", "application/json", "4"},
		{"json true", `post: {url: /, json: true}`, "POST / true", "application/json", "4"},
		{"json text", `post: {url: /, json: '{{ s }}'}`, `POST / "str"`, "application/json", "5"},
		{"json wins over body", `post: {url: /, json: {a: '{{ n }}'}, body: zz}`, `POST / {"a":5}`, "application/json", "7"},
		{"json with a type of its own", `post: {url: /, json: {a: 1}, headers: {content-type: a/b}}`, `POST / {"a":1}`, "a/b", "7"},
		{"body", `post: {url: /, body: '{"n":"{{ n }}"}'}`, `POST / {"n":"5"}`, "-", "9"},
		{"body of a number", `post: {url: /, body: '{{ n }}'}`, `POST / 5`, "-", "1"},
		{"GET with a body", `get: {url: /, json: {a: 1}}`, `GET / {"a":1}`, "application/json", "7"},
		{"POST without a body", `post: {url: /}`, "POST /", "-", "0"},
		{"a length that fits", `post: {url: /, body: 'some text', headers: {content-length: '{{ nine }}'}}`, "POST / some text", "-", "9"},
		{"chunked", `post: {url: /, body: 'some text', headers: {Transfer-Encoding: chunked}}`, "POST / some text", "-", "-"},
		{"qs", `get: {url: '/p?z=1', qs: {a: '{{ s }}', l: '{{ list }}', e: 'x y'}}`, "GET /p?z=1&a=str&l=1&l=2&e=x+y", "-", "-"},
		{"qs replaces", `get: {url: '/p?a=1&b=2&a=3&%61=4#x', qs: {a: 5}}`, "GET /p?b=2&a=5", "-", "-"},
		{"qs of nothing", `get: {url: '/p', qs: {a: '{{ nothing }}', b: null}}`, "GET /p?b=", "-", "-"},
		{"a path with templates", `get: {url: '/{{ s }} {{ umlaut }}/../{{ n }}|?q={{ s }} "&{{ euro }}#f'}`,
			"GET /5|?q=str%20%22&%E2%82%AC", "-", "-"},
		{"a URL in a variable", `get: {url: '{{ target }}/x'}`, "GET /x", "-", "-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, nil)
			p := play(t, flowWith(s.URL, variables, test.step, test.step), 1)
			if p.outcome.Completed != 1 {
				t.Fatalf("errors %v", p.counts("errors."))
			}
			s.expect(t, test.seen, test.seen)
			if got := s.headers("Content-Type")[0]; got != test.contentType {
				t.Errorf("content type %q, want %q", got, test.contentType)
			}
			if got := s.headers("Content-Length")[0]; got != test.length {
				t.Errorf("length %q, want %q", got, test.length)
			}
			if n := s.connections(); n != 1 {
				t.Errorf("%d connections", n)
			}
		})
	}
}

// What cannot be sent is not counted as a request.
func TestUnsendable(t *testing.T) {
	for name, test := range map[string]struct{ step, key string }{
		"body that is an object":  {`post: {url: /, body: '{{ o }}'}`, "ERR_GOT_REQUEST_ERROR"},
		"line end in a variable":  {`get: {url: /, headers: {X-A: '{{ lines }}'}}`, "ERR_INVALID_CHAR"},
		"line end within":         {`get: {url: /, headers: {X-A: '-{{ lines }}-'}}`, "ERR_INVALID_CHAR"},
		"a letter beyond latin 1": {`get: {url: /, headers: {X-A: '{{ euro }}'}}`, "ERR_INVALID_CHAR"},
		"line end in a cookie":    {`get: {url: /, cookie: {a: "b\nc"}}`, "ERR_INVALID_CHAR"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newJournal(t, nil)
			p := play(t, flowWith(s.URL, variables, test.step), 1)
			p.expect(t, "errors."+test.key+" 1", "vusers.failed 1")
			s.expect(t)
		})
	}
}

// What package script refuses is refused here too: steps may come from elsewhere.
func TestUnsendableSteps(t *testing.T) {
	tmpl := func(v any) *template.Template {
		c, err := template.Compile(v, template.Builtin())
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	object := template.NewObject()
	object.Set("n", 1.0)
	for name, test := range map[string]struct {
		request script.Request
		key     string
	}{
		"no url":              {script.Request{}, "an URL must be specified"},
		"empty url":           {script.Request{URL: tmpl("")}, "an URL must be specified"},
		"form and json":       {script.Request{URL: tmpl("/"), JSON: tmpl(nil), Form: []script.Pair{}}, codeRequest},
		"form and body":       {script.Request{URL: tmpl("/"), Body: tmpl("x"), Form: []script.Pair{}}, codeRequest},
		"an object as body":   {script.Request{URL: tmpl("/"), Body: tmpl(object)}, codeRequest},
		"a header's name":     {script.Request{URL: tmpl("/"), Headers: []script.Pair{{Name: "X-{{ s }}", Value: tmpl("1")}}}, codeBadToken},
		"no name":             {script.Request{URL: tmpl("/"), Headers: []script.Pair{{Name: "", Value: tmpl("1")}}}, codeBadToken},
		"a header's value":    {script.Request{URL: tmpl("/"), Headers: []script.Pair{{Name: "X", Value: tmpl("a\nb")}}}, codeBadChar},
		"another header's":    {script.Request{URL: tmpl("/"), Headers: []script.Pair{{Name: "X", Value: tmpl("€")}}}, codeBadChar},
		"not even a protocol": {script.Request{URL: tmpl("x/")}, "Invalid URL - x/"},
	} {
		t.Run(name, func(t *testing.T) {
			test.request.Method = "POST"
			sc := &script.Script{
				Config:    script.Config{Target: "http://127.0.0.1:9"},
				Scenarios: []script.Scenario{{Weight: tmpl(1.0), Flow: []script.Step{{Request: &test.request}}}},
			}
			p := playScript(t, context.Background(), sc, 1)
			p.expect(t, "errors."+test.key+" 1", "vusers.failed 1")
		})
	}
}

func TestHeaders(t *testing.T) {
	s := newJournal(t, nil)
	play(t, flowWith(s.URL, variables+", http: {defaults: {headers: {X-C: def, X-D: 'd{{ n }}'}}}",
		`get: {url: /, headers: {X-A: '{{ n }}', x-c: over, X-U: '{{ umlaut }}', X-N: '{{ nothing }}', X-E: ''}}`,
		`get: {url: /, auth: {user: '{{ s }}', pass: 'pw:d'}}`,
		`get: {url: /, auth: {user: u, pass: p}, headers: {authorization: mine}}`,
		`get: {url: /, headers: {User-Agent: own, Accept-Encoding: identity, Host: elsewhere.example}}`,
		`get: {url: /, headers: {Connection: close}}`,
		`get: {url: '`+strings.Replace(s.URL, "//", "//us%65r:pa%3Ass@", 1)+`/'}`,
	), 1)
	for name, want := range map[string][]string{
		"X-A":             {"5", "-", "-", "-", "-", "-"},
		"X-C":             {"over", "def", "def", "def", "def", "def"},
		"X-D":             {"d5", "d5", "d5", "d5", "d5", "d5"},
		"X-U":             {"\xfc", "-", "-", "-", "-", "-"},
		"X-N":             {"-", "-", "-", "-", "-", "-"},
		"X-E":             {"", "-", "-", "-", "-", "-"},
		"Authorization":   {"-", "Basic c3RyOnB3OmQ=", "Basic dTpw", "-", "-", "Basic dXNlcjpwYTpzcw=="},
		"User-Agent":      {"Salvo/1.2.3", "Salvo/1.2.3", "Salvo/1.2.3", "own", "Salvo/1.2.3", "Salvo/1.2.3"},
		"Accept-Encoding": {"gzip, deflate, br", "gzip, deflate, br", "gzip, deflate, br", "identity", "gzip, deflate, br", "gzip, deflate, br"},
		"Connection":      {"keep-alive", "keep-alive", "keep-alive", "keep-alive", "close", "keep-alive"},
	} {
		if got := s.headers(name); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got := s.requests[3].host; got != "elsewhere.example" {
		t.Errorf("host %q", got)
	}
	if n := s.connections(); n != 2 {
		t.Errorf("%d connections, want 2: one was to be closed", n)
	}
}

func TestHeaderNamesAsWritten(t *testing.T) {
	var head string
	s := newRawServer(t, func(c *rawConn, _ int) {
		b := make([]byte, 4096)
		n, _ := c.Read(b)
		head = string(b[:n])
		c.send("HTTP/1.1 204 No\r\n\r\n")
	})
	play(t, flow(s.url, `get: {url: '/?a', headers: {x-LoWer: v, ETAG: '{{ nothing }}x'}}`), 1)
	want := "GET /?a HTTP/1.1\r\nHost: " + strings.TrimPrefix(s.url, "http://") +
		"\r\nx-LoWer: v\r\nETAG: undefinedx\r\nUser-Agent: Salvo/1.2.3\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n\r\n"
	if head != want {
		t.Errorf("sent %q, want %q", head, want)
	}
}

func TestCookies(t *testing.T) {
	cookies := func(perPath map[string][]string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			for _, c := range perPath[r.URL.Path] {
				w.Header().Add("Set-Cookie", c)
			}
			if r.URL.Path == "/redirect" {
				w.Header().Set("Location", "/b")
				w.WriteHeader(302)
			}
		}
	}
	for _, test := range []struct {
		name, config string
		set          map[string][]string
		steps        []string
		want         []string // the Cookie header of each request
		bad          int64
	}{
		{"paths", "", map[string][]string{"/a": {"k=v; Path=/; HttpOnly", "p=1; Path=/b"}},
			[]string{`get: {url: /a}`, `get: {url: /b}`, `get: {url: /c}`}, []string{"-", "p=1; k=v", "k=v"}, 0},
		{"of a step", "", nil,
			[]string{`get: {url: /a, cookie: {x: '{{ s }}', y: 2}}`, `get: {url: /b}`}, []string{"x=str; y=2", "-"}, 0},
		{"defaults", "http: {defaults: {cookie: {x: '1', z: '9'}}}", nil,
			[]string{`get: {url: /a}`, `get: {url: /b, cookie: {x: ov}}`}, []string{"x=1; z=9", "x=ov; z=9"}, 0},
		{"one that is refused", "", map[string][]string{"/a": {"ok=1", "bad=1; Domain=example.com"}},
			[]string{`get: {url: /a}`, `get: {url: /b}`, `get: {url: /a}`}, []string{"-", "ok=1", "ok=1"}, 1},
		{"one that is refused beside defaults", "http: {defaults: {cookie: {x: 1}}}", map[string][]string{"/a": {"bad"}},
			[]string{`get: {url: /a}`}, []string{"x=1"}, 0},
		{"on a redirect", "", map[string][]string{"/redirect": {"k=v"}},
			[]string{`get: {url: /redirect}`, `get: {url: /c}`}, []string{"-", "k=v", "k=v"}, 0},
		{"beside a header", "", map[string][]string{"/a": {"k=v", "l=1"}},
			[]string{`get: {url: /a}`, `get: {url: /b, headers: {Cookie: 'zz=1; l=2'}}`}, []string{"-", "zz=1; l=2; k=v"}, 0},
		{"taken back", "", map[string][]string{"/a": {"k=v"}, "/b": {"k=; Max-Age=0"}},
			[]string{`get: {url: /a}`, `get: {url: /b}`, `get: {url: /c}`}, []string{"-", "k=v", "-"}, 0},
		{"secure ones stay at home", "", map[string][]string{"/a": {"k=v; Secure"}},
			[]string{`get: {url: /a}`, `get: {url: /b}`}, []string{"-", "-"}, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, cookies(test.set))
			config := "variables: {s: str}"
			if test.config != "" {
				config += ", " + test.config
			}
			p := play(t, flowWith(s.URL, config, test.steps...), 1)
			if got := s.headers("Cookie"); !slices.Equal(got, test.want) {
				t.Errorf("cookies %q, want %q", got, test.want)
			}
			if n := p.Counters["errors.cookie_parse_error_invalid_cookie"]; n != test.bad || p.outcome.Completed != 1 {
				t.Errorf("%d refused cookies, want %d; errors %v", n, test.bad, p.counts("errors."))
			}
		})
	}
}

func TestCookiesAreEachUsersOwn(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			w.Header().Set("Set-Cookie", "k="+r.URL.RawQuery)
		}
	})
	play(t, flowWith(s.URL, "http: {pool: 1}", `get: {url: '/a?{{ $randomString(12) }}'}`, `get: {url: /b}`), 20)
	given := map[string]bool{}
	for _, r := range s.requests {
		if r.header.Get("Cookie") == "" {
			given["k="+r.uri[3:]] = true
		}
	}
	for _, r := range s.requests {
		if c := r.header.Get("Cookie"); c != "" {
			if !given[c] {
				t.Errorf("cookie %q came twice or from nowhere", c)
			}
			delete(given, c)
		}
	}
	if len(given) != 0 {
		t.Errorf("%d cookies did not come back", len(given))
	}
}

// What goes along to another host, and what does not.
func TestRedirectAbroad(t *testing.T) {
	there := newJournal(t, nil)
	here := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/away" {
			w.Header().Set("Location", there.URL+"/b?c=d#e")
		} else {
			w.Header().Set("Location", "../b/./c")
		}
		w.WriteHeader(307)
	})
	step := `post: {url: '%s', body: text, headers: {Authorization: secret, Cookie: a=b, X-A: c, Host: x.example}, cookie: {d: e}, followRedirect: true}`
	play(t, flow(here.URL, strings.Replace(step, "%s", "/away", 1)), 1)
	there.expect(t, "POST /b?c=d text")
	for name, want := range map[string]string{"Authorization": "-", "Cookie": "-", "X-A": "c"} {
		if got := there.headers(name)[0]; got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if got, want := there.requests[0].host, strings.TrimPrefix(there.URL, "http://"); got != want {
		t.Errorf("host %q, want %q", got, want)
	}

	play(t, flow(here.URL, strings.Replace(step, "%s", "/x/y?z", 1)), 1)
	if got := here.requests[2]; got.uri != "/b/c" || got.header.Get("Authorization") != "secret" || got.header.Get("Cookie") != "a=b; d=e" || got.host != "x.example" {
		t.Errorf("at home: %+v", got)
	}
}

func TestCapturesSeeTheLastAnswer(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/a" {
			w.Header().Set("Location", "/b")
			w.Header().Set("X-Id", "first")
			w.WriteHeader(302)
			io.WriteString(w, `{"id": 1}`)
			return
		}
		w.Header().Add("X-Id", "b")
		w.Header().Add("X-Id", "é")
		w.WriteHeader(404)
		io.WriteString(w, `{"id": 2}`)
	})
	play(t, flow(s.URL,
		`get: {url: /a, capture: [{json: $.id, as: id}, {header: x-ID, as: h}, {regexp: 'i.', as: r}, {header: content-length, as: l}]}`,
		`post: {url: /c, json: ['{{ id }}', '{{ h }}', '{{ r }}', '{{ l }}']}`), 1)
	s.expect(t, "GET /a", "GET /b", `POST /c [2,"b, Ã©","id","9"]`)
}
