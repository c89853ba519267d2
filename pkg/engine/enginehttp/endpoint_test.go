package enginehttp

import (
	"fmt"
	"net/http"
	"testing"
)

func TestEndpointOptions(t *testing.T) {
	for _, test := range []struct {
		name, options string
		want          map[string]int64
	}{
		{"listed", `{}`, map[string]int64{
			"plugins.metrics-by-endpoint./a?q=1.codes.200": 1, "plugins.metrics-by-endpoint./u/{{ n }} (N {{ n }}).codes.200": 1,
		}},
		{"without the query", `{stripQueryString: true}`, map[string]int64{
			"plugins.metrics-by-endpoint./a.codes.200": 1, "plugins.metrics-by-endpoint./u/{{ n }} (N {{ n }}).codes.200": 1,
		}},
		{"names alone", `{useOnlyRequestNames: true}`, map[string]int64{
			"plugins.metrics-by-endpoint./a?q=1.codes.200": 1, "plugins.metrics-by-endpoint.N {{ n }}.codes.200": 1,
		}},
		{"named ones", `{ignoreUnnamedRequests: true, metricsNamespace: mine}`, map[string]int64{
			"mine./u/{{ n }} (N {{ n }}).codes.200": 1,
		}},
		{"as sent", `{groupDynamicURLs: false, stripQueryString: true}`, map[string]int64{
			"plugins.metrics-by-endpoint./a.codes.200": 1, "plugins.metrics-by-endpoint./u/5 (N 5).codes.200": 1,
		}},
		{"as sent, named ones by their names", `{groupDynamicURLs: false, ignoreUnnamedRequests: true, useOnlyRequestNames: true}`, map[string]int64{
			"plugins.metrics-by-endpoint.N 5.codes.200": 1,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := newJournal(t, nil)
			p := play(t, flowWith(s.URL, "plugins: {metrics-by-endpoint: "+test.options+"}, variables: {n: 5}",
				`get: {url: '/a?q=1'}`, `get: {url: '/u/{{ n }}', name: 'N {{ n }}'}`), 1)
			got := p.counts("plugins.")
			for name, n := range p.counts("mine.") {
				got[name] = n
			}
			if fmt.Sprint(got) != fmt.Sprint(test.want) {
				t.Errorf("got %v\nwant %v", got, test.want)
			}
		})
	}
}

// TestEndpointsAreBounded: names by URLs as they are sent can be as many as there are users.
func TestEndpointsAreBounded(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {})
	p := play(t, flowWith(s.URL, "plugins: {metrics-by-endpoint: {groupDynamicURLs: false}}",
		`{loop: [get: {url: '/{{ $loopCount }}'}], count: 1003}`), 1)
	counts := p.counts("plugins.")
	if n := counts["plugins.metrics-by-endpoint./{{ $loopCount }}.codes.200"]; len(counts) != maxNames+1 || n != 3 {
		t.Errorf("%d names, %d requests beyond them", len(counts), n)
	}
}

// TestEndpointsOfRedirects: a request is called by where it was sent, not by where it got.
func TestEndpointsOfRedirects(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/from/5" {
			http.Redirect(w, r, "/to", http.StatusFound)
		}
	})
	p := play(t, flowWith(s.URL, "plugins: {metrics-by-endpoint: {groupDynamicURLs: false}}, variables: {n: 5}",
		`get: {url: '/from/{{ n }}'}`), 1)
	want := map[string]int64{"plugins.metrics-by-endpoint./from/5.codes.200": 1}
	if got := p.counts("plugins."); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
}
