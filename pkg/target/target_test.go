package target

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// reply is a response, read to its end.
type reply struct {
	status int
	header http.Header
	body   string
}

// client sends requests to one server and follows no redirect.
type client struct {
	t    *testing.T
	base string
	http *http.Client
}

func newClient(t *testing.T, o Options) (client, *Server) {
	t.Helper()
	s := New(o)
	srv := httptest.NewServer(s)
	t.Cleanup(srv.Close)
	c := srv.Client()
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return client{t, srv.URL, c}, s
}

func (c client) do(method, path, body string, header ...string) reply {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, c.base+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	res, err := c.http.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		c.t.Fatal(err)
	}
	return reply{res.StatusCode, res.Header, string(data)}
}

func decode[T any](t *testing.T, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("%v in %s", err, text)
	}
	return v
}

func TestRoutes(t *testing.T) {
	c, _ := newClient(t, Options{})
	for _, tt := range []struct {
		name, method, path string
		status             int
		body               string // "" means any
		header, value      string
	}{
		{"status", "GET", "/status/503", 503, `{"status":503}`, "Content-Type", "application/json"},
		{"status for any method", "PUT", "/status/200", 200, `{"status":200}`, "", ""},
		{"status without a body", "GET", "/status/204", 204, "", "", ""},
		{"status too low", "GET", "/status/100", 400, `{"error":"want /status/<code> with a code from 200 to 599"}`, "", ""},
		{"status too high", "GET", "/status/600", 400, "", "", ""},
		{"status is no number", "GET", "/status/ok", 400, "", "", ""},
		{"status is empty", "GET", "/status/", 400, "", "", ""},
		{"delay", "GET", "/delay/1", 200, `{"delay":1}`, "", ""},
		{"delay of nothing", "GET", "/delay/0", 200, `{"delay":0}`, "", ""},
		{"delay too long", "GET", "/delay/60001", 400, "", "", ""},
		{"delay below zero", "GET", "/delay/-1", 400, "", "", ""},
		{"bytes", "GET", "/bytes/28", 200, "abcdefghijklmnopqrstuvwxyzab", "Content-Type", "application/octet-stream"},
		{"no bytes", "GET", "/bytes/0", 200, "", "Content-Length", "0"},
		{"bytes of a HEAD", "HEAD", "/bytes/1000", 200, "", "Content-Length", "1000"},
		{"too many bytes", "GET", "/bytes/100000001", 400, "", "", ""},
		{"a sign is no number", "GET", "/bytes/+1", 400, "", "", ""},
		{"redirect", "GET", "/redirect/3", 302, `{"redirect":3}`, "Location", "/redirect/2"},
		{"last redirect", "GET", "/redirect/0", 200, `{"redirect":0}`, "", ""},
		{"too many redirects", "GET", "/redirect/101", 400, "", "", ""},
		{"unknown route", "GET", "/nothing", 404, "", "Content-Type", "application/json"},
		{"unknown route with an argument", "GET", "/nothing/1", 404, "", "", ""},
		{"two slashes", "GET", "//", 404, "", "", ""},
		{"unknown route of statistics", "GET", "/_stats/other", 404, "", "", ""},
		{"login needs POST", "GET", "/login", 405, "", "Allow", "POST"},
		{"account needs GET", "POST", "/account", 405, "", "Allow", "GET"},
		{"logout needs POST", "GET", "/logout", 405, "", "Allow", "POST"},
		{"statistics do not take PUT", "PUT", "/_stats", 405, "", "Allow", "GET, DELETE"},
		{"a reset needs POST", "GET", "/_stats/reset", 405, "", "Allow", "POST"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := client{t, c.base, c.http}.do(tt.method, tt.path, "")
			if got.status != tt.status || tt.body != "" && got.body != tt.body {
				t.Errorf("%s %s: %d %s, want %d %s", tt.method, tt.path, got.status, got.body, tt.status, tt.body)
			}
			if tt.header != "" && got.header.Get(tt.header) != tt.value {
				t.Errorf("%s %s: %s is %q, want %q", tt.method, tt.path, tt.header, got.header.Get(tt.header), tt.value)
			}
		})
	}
}

func TestUnknownRouteListsAll(t *testing.T) {
	c, _ := newClient(t, Options{})
	got := decode[struct{ Routes []string }](t, c.do("GET", "/favicon.ico", "").body)
	if !slices.Equal(got.Routes, routes) {
		t.Errorf("routes %q, want %q", got.Routes, routes)
	}
}

func TestEcho(t *testing.T) {
	c, _ := newClient(t, Options{})
	type echoed struct {
		Method, Path, Body string
		Query              map[string]any
		Headers            map[string]string
		BodyBytes          int
		JSON               any
	}
	for _, tt := range []struct {
		name, method, path, body string
		header                   []string
		want                     echoed
	}{
		{"get", "GET", "/", "", nil, echoed{Method: "GET"}},
		{"query", "GET", "/?a=1&b=x%20y&a=2&c", "", nil,
			echoed{Method: "GET", Query: map[string]any{"a": []any{"1", "2"}, "b": "x y", "c": ""}}},
		{"json", "POST", "/", `{"a":[1,"ü"]}`, []string{"Content-Type", "application/json; charset=utf-8"},
			echoed{Method: "POST", Body: `{"a":[1,"ü"]}`, JSON: map[string]any{"a": []any{1.0, "ü"}}}},
		{"broken json", "POST", "/", `{"a":`, []string{"Content-Type", "application/json"},
			echoed{Method: "POST", Body: `{"a":`}},
		{"form", "PUT", "/", "a=1&b=2", []string{"Content-Type", "application/x-www-form-urlencoded"},
			echoed{Method: "PUT", Body: "a=1&b=2"}},
		{"controls and quotes", "POST", "/", "\x00\x1f\"\\\n\r\t</script>", nil,
			echoed{Method: "POST", Body: "\x00\x1f\"\\\n\r\t</script>"}},
		{"no UTF-8", "POST", "/", "a\xffb", nil, echoed{Method: "POST", Body: "a\ufffdb"}},
		{"header twice", "GET", "/", "", []string{"X-Two", "1", "X-Two", "2"},
			echoed{Method: "GET", Headers: map[string]string{"x-two": "1, 2"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			res := client{t, c.base, c.http}.do(tt.method, tt.path, tt.body, tt.header...)
			got := decode[echoed](t, res.body)
			if res.status != 200 || got.Path != "/" || got.Method != tt.want.Method || got.Body != tt.want.Body || got.BodyBytes != len(tt.body) {
				t.Errorf("%d %s", res.status, res.body)
			}
			if fmt.Sprint(got.JSON) != fmt.Sprint(tt.want.JSON) {
				t.Errorf("json %v, want %v", got.JSON, tt.want.JSON)
			}
			if tt.want.Query != nil && fmt.Sprint(got.Query) != fmt.Sprint(tt.want.Query) {
				t.Errorf("query %v, want %v", got.Query, tt.want.Query)
			}
			for name, value := range tt.want.Headers {
				if got.Headers[name] != value {
					t.Errorf("header %s is %q, want %q", name, got.Headers[name], value)
				}
			}
			if host := strings.TrimPrefix(c.base, "http://"); got.Headers["host"] != host {
				t.Errorf("host %q, want %q", got.Headers["host"], host)
			}
		})
	}
}

func TestEchoOfLargeBodyIsCut(t *testing.T) {
	c, _ := newClient(t, Options{})
	sent := strings.Repeat("x", maxBody+1000)
	got := decode[struct {
		Body      string
		BodyBytes int
	}](t, c.do("POST", "/", sent).body)
	if len(got.Body) != maxBody || got.BodyBytes != len(sent) {
		t.Errorf("echoed %d of %d bytes, want %d of %d", len(got.Body), got.BodyBytes, maxBody, len(sent))
	}
}

func TestHeaders(t *testing.T) {
	c, _ := newClient(t, Options{})
	got := decode[struct{ Headers map[string]string }](t, c.do("GET", "/headers", "", "X-Trace", "7").body)
	if got.Headers["x-trace"] != "7" || got.Headers["host"] == "" {
		t.Errorf("headers %v", got.Headers)
	}
}

func TestDelayLasts(t *testing.T) {
	c, _ := newClient(t, Options{})
	start := time.Now()
	c.do("GET", "/delay/40", "")
	if took := time.Since(start); took < 40*time.Millisecond {
		t.Errorf("answered after %v, want at least 40 ms", took)
	}
}

func TestManyBytes(t *testing.T) {
	c, _ := newClient(t, Options{})
	if got := c.do("GET", "/bytes/200000", ""); len(got.body) != 200_000 {
		t.Errorf("%d bytes, want 200000", len(got.body))
	}
}

func TestRedirectsEnd(t *testing.T) {
	c, s := newClient(t, Options{})
	c.http.CheckRedirect = nil
	if got := c.do("GET", "/redirect/4", ""); got.status != 200 {
		t.Errorf("status %d, want 200", got.status)
	}
	if got := s.Stats(); got.Total != 5 || got.ByStatus["302"] != 4 || got.ByStatus["200"] != 1 {
		t.Errorf("%d requests, statuses %v, want 4 redirects and an answer", got.Total, got.ByStatus)
	}
}

func TestSession(t *testing.T) {
	c, _ := newClient(t, Options{})
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	c.http.Jar = jar
	if got := c.do("GET", "/account", ""); got.status != 401 || got.header.Get("WWW-Authenticate") != "Bearer" {
		t.Fatalf("a stranger: %d %v, want 401", got.status, got.header)
	}
	login := c.do("POST", "/login", `{"user":"ada","password":"x"}`, "Content-Type", "application/json")
	answer := decode[struct{ Token, User string }](t, login.body)
	if login.status != 200 || answer.User != "ada" || answer.Token == "" {
		t.Fatalf("login: %d %s", login.status, login.body)
	}
	if got := c.do("GET", "/account", ""); got.status != 200 || got.body != `{"user":"ada","balance":100}` {
		t.Errorf("with the cookie: %d %s", got.status, got.body)
	}
	c.http.Jar = nil
	bearer := []string{"Authorization", "Bearer " + answer.Token}
	if got := c.do("GET", "/account", "", bearer...); got.status != 200 {
		t.Errorf("with the token: %d %s", got.status, got.body)
	}
	for name, token := range map[string]string{
		"cut":      answer.Token[:len(answer.Token)-2],
		"changed":  "AAAA" + answer.Token[4:],
		"empty":    "",
		"no token": "!!",
	} {
		if got := c.do("GET", "/account", "", "Authorization", "Bearer "+token); got.status != 401 {
			t.Errorf("%s token: %d, want 401", name, got.status)
		}
	}
	c.http.Jar = jar
	if got := c.do("POST", "/logout", ""); got.status != 200 {
		t.Errorf("logout: %d %s", got.status, got.body)
	}
	if got := c.do("GET", "/account", ""); got.status != 401 {
		t.Errorf("after the logout: %d, want 401", got.status)
	}
	if got := c.do("GET", "/account", "", bearer...); got.status != 401 {
		t.Errorf("with the token after the logout: %d, want 401", got.status)
	}
	if got := c.do("POST", "/logout", ""); got.status != 401 {
		t.Errorf("second logout: %d, want 401", got.status)
	}
}

func TestLoginInput(t *testing.T) {
	c, _ := newClient(t, Options{})
	for _, tt := range []struct {
		name, kind, body string
		status           int
	}{
		{"json", "application/json", `{"user":"a","password":"b"}`, 200},
		{"json without saying so", "", `{"user":"a","password":"b"}`, 200},
		{"form", "application/x-www-form-urlencoded", "user=a&password=b", 200},
		{"wrong password", "application/json", `{"user":"a","password":"wrong"}`, 401},
		{"no password", "application/json", `{"user":"a"}`, 400},
		{"no user", "application/x-www-form-urlencoded", "password=b", 400},
		{"broken json", "application/json", `{"user"`, 400},
		{"broken form", "application/x-www-form-urlencoded", "user=%zz", 400},
		{"nothing", "", "", 400},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := (client{t, c.base, c.http}).do("POST", "/login", tt.body, "Content-Type", tt.kind); got.status != tt.status {
				t.Errorf("%d %s, want %d", got.status, got.body, tt.status)
			}
		})
	}
}

func TestStats(t *testing.T) {
	at := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	clock := func() time.Time { at = at.Add(time.Second); return at }
	c, s := newClient(t, Options{Now: clock})
	if got := s.Stats(); got.Total != 0 || got.First != nil || got.Index.Least != nil {
		t.Errorf("at the start: %+v", got)
	}
	for _, path := range []string{"/?index=3", "/?index=5&x=1", "/?x=1&index=3", "/?index=3", "/status/500?index=8", "/?index=", "/?xindex=9", "/nothing"} {
		c.do("GET", path, "")
	}
	c.do("POST", "/", "")
	got := decode[Stats](t, c.do("GET", "/_stats", "").body)
	wantRoutes := map[string]int64{"GET /": 6, "GET /status/500": 1, "GET /nothing": 1, "POST /": 1}
	wantStatus := map[string]int64{"200": 7, "500": 1, "404": 1}
	if got.Total != 9 || fmt.Sprint(got.ByRoute) != fmt.Sprint(wantRoutes) || fmt.Sprint(got.ByStatus) != fmt.Sprint(wantStatus) {
		t.Errorf("%d requests, %v, %v; want 9, %v, %v", got.Total, got.ByRoute, got.ByStatus, wantRoutes, wantStatus)
	}
	if i := got.Index; i.Requests != 6 || i.Distinct != 3 || i.Duplicates != 1 || i.Refused != 1 || *i.Least != 3 || *i.Greatest != 8 {
		t.Errorf("index %+v", i)
	}
	if want := time.Date(2030, 1, 2, 3, 4, 6, 0, time.UTC); !got.First.Equal(want) || !got.Last.Equal(want.Add(8*time.Second)) {
		t.Errorf("first %v, last %v", got.First, got.Last)
	}
	if got.MaxConcurrent != 1 || got.Active != 0 {
		t.Errorf("at most %d at once, now %d; want 1 and 0", got.MaxConcurrent, got.Active)
	}
	for _, reset := range []struct{ method, path string }{{"POST", "/_stats/reset"}, {"DELETE", "/_stats"}} {
		c.do("GET", "/?index=1", "")
		if got := c.do(reset.method, reset.path, ""); got.status != 204 {
			t.Errorf("%s %s: %d, want 204", reset.method, reset.path, got.status)
		}
		if got := s.Stats(); got.Total != 0 || got.Index.Distinct != 0 || len(got.ByRoute) != 0 {
			t.Errorf("after %s %s: %+v", reset.method, reset.path, got)
		}
	}
}

func TestRoutesAreBounded(t *testing.T) {
	c, s := newClient(t, Options{Paths: 3})
	for i := range 10 {
		c.do("GET", fmt.Sprintf("/bytes/%d", i), "")
	}
	c.do("GET", "/bytes/0", "")
	if got := s.Stats(); len(got.ByRoute) != 3 || got.OtherRoutes != 7 || got.ByRoute["GET /bytes/0"] != 2 {
		t.Errorf("%v and %d others", got.ByRoute, got.OtherRoutes)
	}
}

// Users who leave before the answer must not be waited for, and are counted.
func TestConcurrency(t *testing.T) {
	c, s := newClient(t, Options{})
	const users = 8
	ctx, leave := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range users {
		wg.Go(func() {
			req, err := http.NewRequestWithContext(ctx, "GET", c.base+"/delay/60000", nil)
			if err != nil {
				t.Error(err)
				return
			}
			if res, err := c.http.Do(req); err == nil {
				res.Body.Close()
				t.Error("answered, though the user left")
			}
		})
	}
	for s.Stats().Active < users {
		time.Sleep(time.Millisecond)
	}
	leave()
	wg.Wait()
	for s.Stats().ByStatus["499"] < users {
		time.Sleep(time.Millisecond)
	}
	if got := s.Stats(); got.MaxConcurrent != users || got.Active != 0 {
		t.Errorf("at most %d at once, now %d; want %d and 0", got.MaxConcurrent, got.Active, users)
	}
}

// The counts of indices must be those of a plain map, whatever comes.
func TestIndexCountsProperty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const bound = 200
		s := New(Options{Indices: bound})
		model := map[int]int{}
		refused := int64(0)
		for _, n := range rapid.SliceOf(rapid.IntRange(-5, bound+20)).Draw(t, "indices") {
			s.ServeHTTP(&discard{}, httptest.NewRequest("GET", fmt.Sprintf("/?a=b&index=%d", n), nil))
			if n < 0 || n >= bound {
				refused++
			} else {
				model[n]++
			}
		}
		twice := int64(0)
		for _, n := range model {
			if n > 1 {
				twice++
			}
		}
		if got := s.Stats().Index; got.Distinct != int64(len(model)) || got.Duplicates != twice || got.Refused != refused {
			t.Fatalf("%+v, want %d distinct, %d duplicates, %d refused", got, len(model), twice, refused)
		}
	})
}

func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "plain", "\x00\x7f\"\\", "ü€😀", "\xff\xc3", "\u2028</script>"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		out := appendString(nil, s)
		var got string
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%q: %v", out, err)
		}
		var want strings.Builder
		for _, r := range s { // each byte that is no UTF-8 is one U+FFFD
			want.WriteRune(r)
		}
		if got != want.String() || !utf8.Valid(out) {
			t.Errorf("%q came back as %q", s, got)
		}
	})
}

// discard is a ResponseWriter that costs nothing, so that a benchmark measures
// the handler.
type discard struct{ h http.Header }

func (d *discard) Header() http.Header {
	if d.h == nil {
		d.h = http.Header{}
	}
	return d.h
}
func (d *discard) WriteHeader(int)             {}
func (d *discard) Write(b []byte) (int, error) { return len(b), nil }

func BenchmarkRoutes(b *testing.B) {
	for _, path := range []string{"/", "/?index=123456", "/status/200", "/bytes/1000"} {
		b.Run(path, func(b *testing.B) {
			s := New(Options{})
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("User-Agent", "Salvo/1")
			r.Header.Set("Accept-Encoding", "gzip")
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				w := &discard{}
				for pb.Next() {
					s.ServeHTTP(w, r)
				}
			})
		})
	}
}
