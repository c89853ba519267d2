package enginehttp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// together is a handler that answers requests to /p only when n of them are there.
func together(n int, answer http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	var waiting int
	all := make(chan struct{})
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/p") {
			mu.Lock()
			here := all
			if waiting++; waiting == n {
				close(all)
				waiting, all = 0, make(chan struct{})
			}
			mu.Unlock()
			select {
			case <-here:
			case <-r.Context().Done():
			}
		}
		answer(w, r)
	}
}

func TestParallelConnections(t *testing.T) {
	three := `{parallel: [get: {url: /p1}, get: {url: /p2}, get: {url: /p3}]}`
	for _, test := range []struct {
		name, config string
		steps        []string
		at           int // requests that are at the server at once
		users        int
		connections  int
	}{
		{"of the user, used again", "", []string{"get: {url: /before}", three, "get: {url: /after}", three}, 3, 1, 3},
		{"up to a limit", "", []string{`{parallel: [get: {url: /p1}, get: {url: /p2}, get: {url: /p3}, get: {url: /p4}], limit: 2}`}, 2, 1, 2},
		{"of steps within steps", "", []string{`{parallel: [get: {url: /p1}, {parallel: [get: {url: /p2}, {parallel: [get: {url: /p3}]}]}, get: {url: /p4}]}`}, 4, 1, 4},
		{"of each user", "", []string{three, three}, 12, 4, 12},
		{"of the pool", "http: {pool: 2}", []string{`{parallel: [get: {url: /p1}, get: {url: /p2}, get: {url: /p3}, get: {url: /p4}]}`}, 2, 1, 2},
		{"of the user, as many as it may have", "http: {maxSockets: 2}", []string{"get: {url: /before}", `{parallel: [get: {url: /p1}, get: {url: /p2}, get: {url: /p3}, get: {url: /p4}]}`, "get: {url: /after}"}, 4, 2, 4},
		{"of the pool, for all users", "http: {pool: 2}", []string{three}, 2, 4, 2}, // an odd one out would wait for ever
	} {
		t.Run(test.name, func(t *testing.T) {
			j := newJournal(t, together(test.at, func(http.ResponseWriter, *http.Request) {}))
			p := play(t, flowWith(j.URL, test.config, test.steps...), test.users)
			if p.outcome.Completed != int64(test.users) || p.Counters["http.requests"] != int64(len(j.lines())) {
				t.Errorf("%+v, %v", p.outcome, p.Counters)
			}
			if got := j.connections(); got != test.connections {
				t.Errorf("%d connections, want %d", got, test.connections)
			}
		})
	}
}

// TestParallelCookies has branches that set and send cookies of the same user at the same time.
func TestParallelCookies(t *testing.T) {
	const branches = 8
	j := newJournal(t, together(branches, func(w http.ResponseWriter, r *http.Request) {
		name := strings.TrimPrefix(r.URL.Path, "/p/")
		http.SetCookie(w, &http.Cookie{Name: "c" + name, Value: "1", Path: "/"})
		io.WriteString(w, `{"a":1}`)
	}))
	var gets []string
	for i := range branches {
		gets = append(gets, fmt.Sprintf("get: {url: /p/%d, cookie: {own: '%d'}, capture: {json: $.a, as: 'o.a%d'}}", i, i, i))
	}
	play(t, flow(j.URL, "parallel: ["+strings.Join(gets, ", ")+"]", "get: {url: '/{{ o.a0 }}{{ o.a7 }}'}"), 1)
	lines, cookies := j.lines(), j.headers("Cookie")
	if last := lines[len(lines)-1]; last != "GET /11" {
		t.Errorf("the last request is %q", last)
	}
	got := strings.Split(cookies[branches], "; ")
	slices.Sort(got)
	if want := "c0=1 c1=1 c2=1 c3=1 c4=1 c5=1 c6=1 c7=1"; strings.Join(got, " ") != want {
		t.Errorf("the user has the cookies %q, want %s", got, want)
	}
}

func TestParallelErrorLetsOthersFinish(t *testing.T) {
	closed := newJournal(t, nil)
	closed.Close()
	j := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			time.Sleep(50 * time.Millisecond)
		}
	})
	p := play(t, flow(j.URL, fmt.Sprintf("parallel: [get: {url: /slow}, get: {url: '%s/'}, {think: 60}]", closed.URL), "get: {url: /after}"), 1)
	j.expect(t, "GET /slow")
	p.expect(t, "http.requests 2", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 0",
		"errors.ECONNREFUSED 1", "vusers.failed 1")
}

func TestParallelInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	answer := make(chan struct{})
	defer close(answer)
	j := newJournal(t, together(3, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-answer
	}))
	p := playIn(t, ctx, flow(j.URL, "parallel: [get: {url: /p1}, get: {url: /p2}, get: {url: /p3}]"), 1)
	if p.outcome.Interrupted != 1 {
		t.Errorf("%+v, want one interrupted user", p.outcome)
	}
	p.expect(t, "http.requests 3")
}
