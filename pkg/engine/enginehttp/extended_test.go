package enginehttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// observed are how often the parts of requests' times were measured: dns, tcp, tls, total.
func (p played) observed() string {
	var counts []string
	for _, name := range []string{metrics.HTTPDNS, metrics.HTTPTCP, metrics.HTTPTLS, metrics.HTTPTotal} {
		if h := p.Histograms[name]; h != nil {
			counts = append(counts, fmt.Sprint(h.Count()))
		} else {
			counts = append(counts, "-")
		}
	}
	return strings.Join(counts, " ")
}

func TestExtendedMetrics(t *testing.T) {
	handler := func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/slow":
			w.(http.Flusher).Flush()
			time.Sleep(100 * time.Millisecond)
			io.WriteString(w, "late")
		case "/cut":
			w.Header().Set("Content-Length", "10")
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}
	}
	plain := newJournal(t, handler)
	secure := unstartedJournal(handler)
	startTLS(t, secure, true)
	const on, insecure = "http: {extendedMetrics: true}", "tls: {rejectUnauthorized: false}, "
	for _, test := range []struct {
		name, target, config, want string
		users                      int
		steps                      []string
	}{
		{"off", plain.URL, "", "- - - -", 1, []string{`get: {url: /}`}},
		{"one connection", plain.URL, on, "1 1 - 3", 1, []string{`get: {url: /}`, `get: {url: /redirect}`}},
		{"two users", plain.URL, on, "2 2 - 4", 2, []string{`get: {url: /}`, `get: {url: /}`}},
		{"closed in between", plain.URL, on, "2 2 - 2", 1, []string{`get: {url: /, headers: {Connection: close}}`, `get: {url: /}`}},
		{"a pool", plain.URL, "http: {extendedMetrics: true, pool: 1}", "1 1 - 6", 3, []string{`get: {url: /}`, `get: {url: /}`}},
		{"TLS", secure.URL, insecure + on, "1 1 1 2", 1, []string{`get: {url: /}`, `get: {url: /}`}},
		{"HTTP/2", secure.URL, insecure + "http: {extendedMetrics: true, http2: true}", "1 1 1 2", 1, []string{`get: {url: /}`, `get: {url: /}`}},
		{"a body that is cut off", plain.URL, on, "1 1 - -", 1, []string{`get: {url: /cut}`}},
		{"refused", "http://127.0.0.1:1", on, "- - - -", 1, []string{`get: {url: /}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := play(t, flowWith(test.target, test.config, test.steps...), test.users).observed(); got != test.want {
				t.Errorf("measured %s, want %s", got, test.want)
			}
		})
	}
	t.Run("the parts add up", func(t *testing.T) {
		_, port, _ := strings.Cut(strings.TrimPrefix(secure.URL, "https://"), ":")
		p := playWithNames(t, flowWith("https://slow.example:"+port, insecure+on, `get: {url: /slow}`), func(context.Context, string) ([]netip.Addr, error) {
			time.Sleep(50 * time.Millisecond)
			return []netip.Addr{netip.MustParseAddr("127.0.0.1")}, nil
		})
		max := func(name string) int64 { return p.Histograms[name].Max() }
		dns, tcp, tls, total := max(metrics.HTTPDNS), max(metrics.HTTPTCP), max(metrics.HTTPTLS), max(metrics.HTTPTotal)
		first := max(metrics.HTTPResponseTime)
		if dns < 50_000 || tls <= 0 || tcp < 0 || first < (dns+tcp+tls)*99/100 || total < first+90_000 {
			t.Errorf("dns %d, tcp %d, tls %d, response time %d, total %d", dns, tcp, tls, first, total)
		}
	})
}

func TestApdex(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/redirect":
			http.Redirect(w, r, "/", http.StatusFound)
		case "/error":
			w.WriteHeader(500)
		case "/slow":
			w.(http.Flusher).Flush()
			time.Sleep(200 * time.Millisecond)
			io.WriteString(w, "late")
		case "/cut":
			panic(http.ErrAbortHandler)
		}
	})
	for _, test := range []struct {
		name, config string
		steps        []string
		want         string // satisfied, tolerated, frustrated
	}{
		{"off", "", []string{`get: {url: /}`}, "- - -"},
		{"satisfied", "apdex: {threshold: 20000}", []string{`get: {url: /}`, `get: {url: /error}`, `get: {url: /slow}`}, "3 0 0"},
		{"the plugin", "plugins: {apdex: {threshold: 20000}}", []string{`get: {url: /}`}, "1 0 0"},
		{"redirected", "apdex: {threshold: 20000}", []string{`get: {url: /redirect}`}, "1 0 0"},
		{"tolerated, though its head came at once", "apdex: {threshold: 150}", []string{`get: {url: /slow}`}, "0 1 0"},
		{"frustrated", "apdex: {threshold: 10}", []string{`get: {url: /slow}`}, "0 0 1"},
		{"no response", "apdex: {threshold: 10}", []string{`get: {url: /cut}`}, "- - -"},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := play(t, flowWith(s.URL, test.config, test.steps...), 1)
			var got []string
			for _, name := range []string{metrics.ApdexSatisfied, metrics.ApdexTolerated, metrics.ApdexFrustrated} {
				if n, ok := p.Counters[name]; ok {
					got = append(got, fmt.Sprint(n))
				} else {
					got = append(got, "-")
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("counted %v, want %s", got, test.want)
			}
		})
	}
	t.Run("limits", func(t *testing.T) {
		recorder := metrics.NewRecorder(1)
		m := newMeter(recorder, false, script.Apdex{Set: true, Threshold: time.Millisecond})
		b := recorder.Shard(0).Begin(0, time.Now())
		for _, took := range []int64{0, 1000, 1001, 4000, 4001} {
			m.whole(&b, 1, took, true)
			m.whole(&b, 1, took, false)
		}
		b.End()
		c := recorder.Snapshot().Total().Counters
		if c[metrics.ApdexSatisfied] != 2 || c[metrics.ApdexTolerated] != 2 || c[metrics.ApdexFrustrated] != 1 || c[metrics.HTTPDownloadedBytes] != 10 {
			t.Errorf("%v", c)
		}
	})
}

func TestTracing(t *testing.T) {
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/redirect" {
			http.Redirect(w, r, "/", http.StatusFound)
		}
	})
	for _, test := range []struct {
		config, want string
	}{
		{"http: {distributedTracing: true}", `^00-a9[0-9a-f]{30}-[0-9a-f]{16}-01$`},
		{"http: {distributedTracing: {}}", `^00-a9[0-9a-f]{30}-[0-9a-f]{16}-01$`},
		{"http: {distributedTracing: {enabled: true, sampled: false, traceIdPrefix: C0FFEE}}", `^00-c0ffee[0-9a-f]{26}-[0-9a-f]{16}-00$`},
		{"http: {distributedTracing: {traceIdPrefix: 1234567}}", `^00-1234567[0-9a-f]{25}-[0-9a-f]{16}-01$`},
		{"http: {distributedTracing: false}", `^-$`},
		{"http: {distributedTracing: {enabled: false}}", `^-$`},
	} {
		t.Run(test.config, func(t *testing.T) {
			run := func() []string {
				s.requests = nil
				play(t, flowWith(s.URL, test.config, `get: {url: /}`, `get: {url: /redirect}`), 1)
				return s.headers("traceparent")
			}
			got := run()
			if len(got) != 3 || got[1] != got[2] || got[0] == got[1] && got[0] != "-" {
				t.Errorf("headers %q", got)
			}
			for _, header := range got {
				if !regexp.MustCompile(test.want).MatchString(header) {
					t.Errorf("header %q, want %s", header, test.want)
				}
			}
			if again := run(); !slices.Equal(again, got) {
				t.Errorf("the same seed drew %q, and %q before", again, got)
			}
		})
	}
	s.requests = nil
	play(t, flowWith(s.URL, "http: {distributedTracing: true}", `get: {url: /, headers: {TraceParent: mine}}`), 1)
	if got := s.headers("traceparent"); len(got) != 1 || !strings.HasPrefix(got[0], "00-a9") || strings.Contains(got[0], "|") {
		t.Errorf("beside one of the script's: %q", got)
	}
}
