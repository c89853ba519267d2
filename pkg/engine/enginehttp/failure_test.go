package enginehttp

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"salvo/pkg/engine"
	"salvo/pkg/script"
)

// TestFailures: in a sampling run everything that goes wrong is told with its step, what was sent
// and what came back, and without secrets.
func TestFailures(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "session=abc; Path=/")
		if r.URL.Path == "/away" {
			http.Redirect(w, r, "/arrived", http.StatusFound)
			return
		}
		fmt.Fprintf(w, `{"path": %q, "key": "hunter22", "long": %q}`, r.URL.Path, strings.Repeat("x", 5000))
	}))
	defer srv.Close()
	head := "mode: acc\nconfig:\n  target: " + srv.URL + "\n  variables: {key: '{{ $env.KEY }}'}\n  plugins: {expect: %s}\nscenarios:\n  - name: shop\n    flow:\n"
	tests := []struct {
		name, options, steps string
		errors               []string
		step                 string
		line                 int
		unmet                string
		url                  string
		request, response    []string // that are in it
		never                []string
	}{
		{
			name: "matches", steps: "      - think: 0\n      - post: {url: '/a?k={{ key }}', json: {v: '{{ key }}'}, headers: {authorization: 'Bearer t0k3n'}, match: [{json: $.path, value: /b}, {json: $.none, value: 1}]}\n",
			errors: []string{"Failed match: expected=/b got=/a expression=$.path", "Failed match: expected=1 got=undefined expression=$.none"},
			step:   "scenarios[0].flow[1]", line: 10, url: srv.URL + "/a?k=***",
			request:  []string{"POST /a?k=*** HTTP/1.1\n", "authorization: ***\n", "\n\n{\"v\":\"***\"}"},
			response: []string{"HTTP/1.1 200 OK\n", "Set-Cookie: ***\n", "\"key\": \"***\""},
			never:    []string{"t0k3n", "hunter22", "session=abc", "\r"},
		},
		{
			name: "an expectation that ends nobody", steps: "      - get: {url: /a, expect: [{statusCode: 201}, {hasHeader: x-y}]}\n      - get: {url: /b}\n",
			step: "scenarios[0].flow[0]", line: 9, unmet: "statusCode 201 200, hasHeader x-y response has no x-y header", url: srv.URL + "/a",
			request: []string{"GET /a HTTP/1.1\n"}, response: []string{"200 OK"},
		},
		{
			name: "an expectation that ends the user", options: "{reportFailuresAsErrors: true}", steps: "      - get: {url: /a, expect: {statusCode: 201}}\n",
			errors: []string{"Failed expectations for request " + srv.URL + "/a"}, unmet: "statusCode 201 200",
			step: "scenarios[0].flow[0]", line: 9, url: srv.URL + "/a", response: []string{"200 OK"},
		},
		{
			name: "no answer", steps: "      - get: {url: 'http://127.0.0.1:1/x'}\n",
			errors: []string{"ECONNREFUSED"}, step: "scenarios[0].flow[0]", line: 9, url: "http://127.0.0.1:1/x", request: []string{"GET /x HTTP/1.1\nHost: 127.0.0.1:1\n"},
		},
		{
			name: "in a loop, after a redirect", steps: "      - loop:\n          - get: {url: /away, capture: {json: $.none, as: v}}\n        count: 2\n",
			errors: []string{"Failed capture: expression=v"}, step: "scenarios[0].flow[0].loop[0]", line: 10, url: srv.URL + "/away",
			request: []string{"GET /arrived HTTP/1.1"}, response: []string{"200 OK"},
		},
		{
			name: "no request", steps: "      - think: '{{ nothing }}'\n",
			errors: []string{"Invalid think time: undefined"}, step: "scenarios[0].flow[0]", line: 9,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			options := test.options
			if options == "" {
				options = "{}"
			}
			sc, _, err := script.Parse([]byte(fmt.Sprintf(head, options)+test.steps), script.Options{Name: "s.yml", Env: map[string]string{"KEY": "hunter22"}})
			if err != nil {
				t.Fatal(err)
			}
			p := playScript(t, context.Background(), sc, 1)
			if len(p.failed) != 1 {
				t.Fatalf("failures %+v", p.failed)
			}
			f := p.failed[0]
			if strings.Join(f.Errors, "|") != strings.Join(test.errors, "|") || f.Step != test.step || f.File != "s.yml" || f.Pos.Line != test.line || f.User.Scenario != "shop" {
				t.Errorf("failure %+v", f)
			}
			var unmet []string
			for _, u := range f.Unmet {
				unmet = append(unmet, u.Type+" "+u.Expected+" "+u.Got)
			}
			if got := strings.Join(unmet, ", "); got != test.unmet {
				t.Errorf("unmet %s", got)
			}
			x := f.Exchange
			if x == nil {
				if test.url != "" {
					t.Error("no exchange")
				}
				return
			}
			if x.URL != test.url || (x.Response == "") != (test.response == nil) {
				t.Errorf("URL %s, response %q", x.URL, x.Response)
			}
			holds(t, x, test.request, test.response, test.never)
		})
	}
}

func holds(t *testing.T, x *engine.Exchange, request, response, never []string) {
	t.Helper()
	for _, part := range request {
		if !strings.Contains(x.Request, part) {
			t.Errorf("%q is not in the request\n%s", part, x.Request)
		}
	}
	for _, part := range response {
		if !strings.Contains(x.Response, part) {
			t.Errorf("%q is not in the response\n%s", part, x.Response)
		}
	}
	for _, part := range never {
		if strings.Contains(x.Request+x.Response+x.URL, part) {
			t.Errorf("%q is in\n%s\n%s", part, x.Request, x.Response)
		}
	}
	if len(x.Response) > 2000 {
		t.Errorf("a response of %d bytes is shown", len(x.Response))
	}
}
