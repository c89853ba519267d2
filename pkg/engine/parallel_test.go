package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/metrics"
)

func TestParallel(t *testing.T) {
	refused := errors.New("ECONNREFUSED")
	slow := func(_ *User, request string) reply {
		url, body, _ := strings.Cut(request, " ")
		r := reply{status: 200, body: "{}"}
		if body != "" {
			r.body = body
		}
		if _, ms, ok := strings.Cut(url, "?"); ok {
			fmt.Sscan(ms, &r.delay)
			r.delay *= time.Duration(time.Millisecond)
		}
		if strings.HasPrefix(url, "/refused") {
			r.err = refused
		}
		return r
	}
	tests := []struct {
		name   string
		config string
		steps  []string
		seen   []string
		took   time.Duration
		counts map[string]int64
	}{
		{
			name:  "all begin at once",
			steps: []string{`parallel: [get: {url: '/1?300'}, get: {url: '/2?100'}, get: {url: '/3?200'}]`, `get: {url: /after}`},
			seen:  []string{"/1?300", "/2?100", "/3?200", "/after"},
			took:  300 * time.Millisecond,
		},
		{
			name:  "a limit",
			steps: []string{`{parallel: [get: {url: '/1?300'}, get: {url: '/2?100'}, get: {url: '/3?100'}, get: {url: '/4?100'}], limit: 2}`, `get: {url: /after}`},
			seen:  []string{"/1?300", "/2?100", "/3?100", "/4?100", "/after"},
			took:  300 * time.Millisecond,
		},
		{
			name:  "a limit of one is a sequence",
			steps: []string{`{parallel: [get: {url: '/1?10', capture: {json: $.x, as: x}, json: {x: 7}}, get: {url: '/2/{{ x }}?10'}], limit: "1"}`},
			seen:  []string{`/1?10 {"x":7}`, "/2/7?10"},
			took:  20 * time.Millisecond,
		},
		{
			name:  "what branches capture all can read",
			steps: []string{`parallel: [get: {url: /1, capture: {json: $.x, as: o.a}, json: {x: 1}}, get: {url: /2, capture: {json: $.x, as: o.b}, json: {x: 2}}]`, `get: {url: '/{{ o.a }}/{{ o.b }}'}`},
			seen:  []string{`/1 {"x":1}`, "/1/2", `/2 {"x":2}`},
		},
		{
			name: "any steps",
			steps: []string{
				`parallel: [{loop: [get: {url: '/{{ i }}'}, {think: 0.1}], count: 3, loopValue: i}, {parallel: [{think: 0.05}, get: {url: '/in?50'}]}, [{think: 0.5}, {log: hello}]]`,
				`get: {url: /after}`,
			},
			seen: []string{"/0", "/1", "/2", "/after", "/in?50"},
			took: 500 * time.Millisecond,
		},
		{
			name:   "the first error ends the user when the requests that had begun are over",
			steps:  []string{`parallel: [get: {url: '/refused?100'}, get: {url: '/refused-too?200'}, {loop: [get: {url: '/{{ $loopCount }}?80'}], count: 5}, {think: 60}]`, `get: {url: /after}`},
			seen:   []string{"/0?80", "/1?80", "/refused-too?200", "/refused?100"},
			took:   200 * time.Millisecond,
			counts: map[string]int64{"errors.ECONNREFUSED": 1, metrics.VusersFailed: 1, metrics.VusersCompleted: absent},
		},
		{
			name:   "an error of a branch within a branch",
			steps:  []string{`parallel: [{parallel: [get: {url: '/refused?10'}, {think: 60}]}, {parallel: [{think: 60}]}]`, `get: {url: /after}`},
			seen:   []string{"/refused?10"},
			took:   10 * time.Millisecond,
			counts: map[string]int64{"errors.ECONNREFUSED": 1, metrics.VusersFailed: 1},
		},
		{
			name:   "after an error no step begins in a slot that becomes free",
			steps:  []string{`{parallel: [get: {url: '/refused?10'}, get: {url: '/1?20'}, get: {url: /2}], limit: 2}`},
			seen:   []string{"/1?20", "/refused?10"},
			took:   20 * time.Millisecond,
			counts: map[string]int64{"errors.ECONNREFUSED": 1},
		},
		{
			name:  "in a loop",
			steps: []string{`{loop: [{parallel: [get: {url: '/a{{ $loopCount }}'}, get: {url: '/b{{ $loopCount }}'}]}], count: 2}`},
			seen:  []string{"/a0", "/a1", "/b0", "/b1"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, flowWith(tt.config, tt.steps...), nil)
			r.protocol.reply = slow
			began := time.Now()
			r.runAll(t, one())
			if took := time.Since(began); took != tt.took {
				t.Errorf("it took %v, want %v", took, tt.took)
			}
			slices.Sort(r.protocol.seen)
			wantSeen(t, r.protocol, tt.seen...)
			if tt.counts == nil {
				tt.counts = map[string]int64{metrics.VusersCompleted: 1}
			}
			wantCounters(t, r.counters(), tt.counts)
			for i, due := range r.protocol.dues {
				if due != 0 {
					t.Errorf("request %d was due %v before it began", i, due)
				}
			}
		}))
	}
}

// TestParallelDraws holds the promise of the package comment: which branch is faster has no part in
// what a user does.
func TestParallelDraws(t *testing.T) {
	text := flow(
		`get: {url: '/0/{{ $randomNumber(1, 1000000) }}'}`,
		`{loop: [{parallel: [
            {loop: [get: {url: '/a/{{ $loopCount }}/{{ $randomNumber(1, 1000000) }}'}], count: 2, loopValue: k},
            get: {url: '/b/{{ $randomNumber(1, 1000000) }}'},
            {parallel: [get: {url: '/c/{{ $randomNumber(1, 1000000) }}'}, get: {url: '/d/{{ $randomNumber(1, 1000000) }}'}]}]}], count: 2}`,
		`{parallel: [get: {url: '/e/{{ $randomNumber(1, 1000000) }}'}, get: {url: '/f/{{ $randomNumber(1, 1000000) }}'}], limit: 1}`,
		`get: {url: '/1/{{ $randomNumber(1, 1000000) }}'}`)
	requests := func(salt int) (all map[int64][]string) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, text, nil)
			var n atomic.Int64
			r.protocol.reply = func(*User, string) reply {
				return reply{status: 200, body: "{}", delay: time.Duration(mix(uint64(n.Add(1)*100+int64(salt)))%50) * time.Millisecond}
			}
			r.runAll(t, every(5, 100))
			all = r.protocol.byUser
		})
		for _, list := range all {
			slices.Sort(list)
		}
		return all
	}
	first := requests(0)
	if n := len(first[0]); n != 14 {
		t.Fatalf("%d requests of user 0, want 14: %q", n, first[0])
	}
	drawn := map[string]bool{}
	for _, list := range first {
		for _, request := range list {
			drawn[request[strings.LastIndex(request, "/"):]] = true
		}
	}
	if len(drawn) < 65 {
		t.Errorf("5 users with 14 requests drew only %d different numbers", len(drawn))
	}
	for salt := 1; salt < 5; salt++ {
		if again := requests(salt); !maps.EqualFunc(first, again, slices.Equal) {
			t.Fatalf("with other answers the requests are\n%v\nnot\n%v", again, first)
		}
	}
}

func TestParallelInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow(`parallel: [{think: 60}, get: {url: /slow}, {loop: [get: {url: /again}]}]`), nil)
		r.protocol.reply = func(_ *User, request string) reply {
			return reply{status: 200, body: "{}", delay: map[string]time.Duration{"/slow": time.Hour, "/again": time.Second}[request]}
		}
		ctx, cancel := context.WithTimeout(t.Context(), 3500*time.Millisecond)
		defer cancel()
		began := time.Now()
		o, err := r.Run(ctx, Chunk{Start: began, Arrivals: one()})
		if !errors.Is(err, context.DeadlineExceeded) || o.Interrupted != 1 {
			t.Errorf("outcome %+v, error %v; want one interrupted user", o, err)
		}
		if took := time.Since(began); took != 3500*time.Millisecond {
			t.Errorf("it took %v, want 3.5s", took)
		}
		wantCounters(t, r.counters(), map[string]int64{metrics.VusersInterrupted: 1})
	})
}

// TestParallelSection runs a before section whose variables come from branches.
func TestParallelSection(t *testing.T) {
	r := newRig(t, `config: {target: 'http://127.0.0.1:1'}
before: {flow: [{parallel: [get: {url: /a, capture: {json: $.a, as: a}}, get: {url: /b, capture: {json: $.b, as: b}}]}]}
scenarios: [{flow: [get: {url: /}]}]
`, nil)
	r.protocol.reply = func(*User, string) reply { return reply{status: 200, body: `{"a":1,"b":2}`} }
	vars, err := r.RunOnce(t.Context(), r.script.Before)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := vars.Get("a")
	b, _ := vars.Get("b")
	if vars.Len() != 2 || a != 1.0 || b != 2.0 {
		t.Errorf("the variables are a %v, b %v of %d", a, b, vars.Len())
	}
}
