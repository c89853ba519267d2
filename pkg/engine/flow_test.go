package engine

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/metrics"
)

// vars are the variables of the reference's tables.
const vars = `variables: {s: str, n: 5, b: false, z: 0, nul: null, o: {a: {b: 1}}, lst: [[{k: 1}, {k: 2}]], txt: [['a{{ n }}', b]], outer: {items: [x, y]}}`

func TestFlow(t *testing.T) {
	tests := []struct {
		name  string
		steps []string
		want  []string
		fail  string // the error's key
	}{
		{name: "loop count", steps: []string{"loop: [{get: {url: '/{{ $loopCount }}/{{ $loopElement }}'}}]\n        count: 3"}, want: []string{"/0/0", "/1/0", "/2/0"}},
		{name: "loop range", steps: []string{"loop: [{get: {url: '/{{ $loopCount }}/{{ $loopElement }}'}}]\n        count: '2-5'"}, want: []string{"/2/2", "/3/2", "/4/2"}},
		{name: "loop count that is no number", steps: []string{"loop: [{get: {url: /x}}]\n        count: '{{ s }}'", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop count templated", steps: []string{"loop: [{get: {url: '/{{ $loopCount }}'}}]\n        count: '{{ n }}'"}, want: []string{"/0", "/1", "/2", "/3", "/4"}},
		{name: "loop count templated to 0", steps: []string{"loop: [{get: {url: /x}}]\n        count: '{{ z }}'", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop count of nothing", steps: []string{"loop: [{get: {url: /x}}]\n        count: '{{ miss }}'", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop count 0", steps: []string{"loop: [{get: {url: /x}}]\n        count: 0", "get: {url: '/after/{{ $loopCount }}'}"}, want: []string{"/after/0"}},
		{name: "loop over a missing variable", steps: []string{"loop: [{get: {url: /x}}]\n        over: missing", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop over what is no list", steps: []string{"loop: [{get: {url: /x}}]\n        over: s", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop over a list", steps: []string{"loop: [{get: {url: '/{{ $loopElement }}/{{ $loopCount }}'}}]\n        over: [a, b]"}, want: []string{"/a/0", "/b/1"}},
		{name: "loop over a variable", steps: []string{"loop: [{get: {url: '/{{ $loopElement.k }}'}}]\n        over: lst"}, want: []string{"/1", "/2"}},
		{name: "loop over a path", steps: []string{"loop: [{get: {url: '/{{ $loopElement }}'}}]\n        over: outer.items"}, want: []string{"/x", "/y"}},
		{name: "loop over templates", steps: []string{"loop: [{get: {url: '/{{ $loopElement }}'}}]\n        over: ['a{{ n }}', b]"}, want: []string{"/a5", "/b"}},
		{name: "loop over with a start", steps: []string{"loop: [{get: {url: '/{{ $loopElement }}/{{ $loopCount }}'}}]\n        over: [a, b, c, d]\n        count: '2-3'"}, want: []string{"/c/2", "/d/3"}},
		{name: "loop over with a start past the end", steps: []string{"loop: [{get: {url: /x}}]\n        over: [a]\n        count: '2-3'", "get: {url: /after}"}, want: []string{"/after"}},
		{name: "loop value", steps: []string{"loop: [{get: {url: '/{{ i }}'}}]\n        count: 2\n        loopValue: i", "get: {url: '/end{{ i }}'}"}, want: []string{"/0", "/1", "/end2"}},
		{name: "loop element", steps: []string{"loop: [{get: {url: '/{{ e }}'}}]\n        over: [a, b]\n        loopElement: e", "get: {url: '/end{{ e }}'}"}, want: []string{"/a", "/b", "/endb"}},
		{name: "nested loops", steps: []string{"loop:\n          - loop: [{get: {url: '/{{ o }}/{{ i }}'}}]\n            count: 2\n            loopValue: i\n        count: 2\n        loopValue: o"}, want: []string{"/0/0", "/0/1", "/1/0", "/1/1"}},
		{name: "nested loops with one variable", steps: []string{"loop:\n          - loop: [{get: {url: '/{{ $loopCount }}'}}]\n            count: 2\n        count: 2"}, want: []string{"/0", "/1", "/0", "/1"}},
		{name: "an error in a loop", steps: []string{"loop: [{get: {url: '/{{ $loopCount }}'}}, {get: {url: /fail}}]\n        count: 2", "get: {url: /after}"}, want: []string{"/0", "/fail"}, fail: "ECONNREFUSED"},
		{name: "think that is none", steps: []string{"think: '{{ s }}'", "get: {url: /after}"}, fail: "Invalid think time: str"},
		{name: "think of nothing", steps: []string{"think: '{{ miss }}'"}, fail: "Invalid think time: undefined"},
		{name: "think negative", steps: []string{"think: '-{{ n }}'"}, fail: "Invalid think time: -5"},
		{name: "probability 0", steps: []string{"get: {url: /x, probability: 0}", "get: {url: /y, probability: 100}", "get: {url: /z}"}, want: []string{"/y", "/z"}},
		{name: "ifTrue", steps: []string{
			"get: {url: /1, ifTrue: 'n == 5'}", "get: {url: /2, ifTrue: 'n > 5'}", "get: {url: /3, ifTrue: 's == \"str\"'}",
			"get: {url: /4, ifTrue: 'not b'}", "get: {url: /6, ifTrue: 'miss'}", "get: {url: /7, ifTrue: 'z'}", "get: {url: /8, ifTrue: 'n in (4,5)'}",
		}, want: []string{"/1", "/3", "/4", "/8"}},
		{name: "ifTrue on a loop's number", steps: []string{"loop: [{get: {url: '/{{ $loopCount }}', ifTrue: '$loopCount > 1'}}]\n        count: 4"}, want: []string{"/2", "/3"}},
		{name: "a failed request ends the user", steps: []string{"get: {url: /1}", "get: {url: /fail}", "get: {url: /3}"}, want: []string{"/1", "/fail"}, fail: "ECONNREFUSED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, flowWith(vars, tt.steps...), nil)
			r.protocol.reply = func(_ *User, request string) reply {
				if request == "/fail" {
					return reply{err: &StepError{Keys: []string{"ECONNREFUSED"}}}
				}
				return reply{body: "{}"}
			}
			o := r.runAll(t, one())
			wantSeen(t, r.protocol, tt.want...)
			want := map[string]int64{metrics.VusersFailed: 0, metrics.VusersCompleted: 1}
			if tt.fail != "" {
				want = map[string]int64{metrics.VusersFailed: 1, metrics.VusersCompleted: absent, "errors." + tt.fail: 1}
			}
			wantCounters(t, r.counters(), want)
			if o.Completed+o.Failed != 1 {
				t.Errorf("outcome %+v", o)
			}
		}))
	}
}

func TestLoopOverTemplatesOfAVariable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// Templates in config are substituted when the script is read, so texts like these come from a
		// payload file or from before.
		r := newRig(t, flow("get: {url: /, capture: {json: $, as: got}}",
			"loop: [{get: {url: '/{{ $loopElement }}', json: {e: '{{ $loopElement }}'}}}]\n        over: got.list"), nil)
		r.protocol.reply = func(*User, string) reply {
			return reply{body: `{"n": 5, "list": ["a{{ got.n }}", "{{ got.n }}", "b"]}`}
		}
		r.runAll(t, one())
		wantSeen(t, r.protocol, "/", `/a5 {"e":"a5"}`, `/5 {"e":5}`, `/b {"e":"b"}`)

		// What a list in the script renders to is not rendered again.
		r = newRig(t, flow("get: {url: /, capture: {json: $.t, as: t}}",
			"loop: [{post: {url: '/', json: {e: '{{ $loopElement }}'}}}]\n        over: ['{{ t }}']"), nil)
		r.protocol.reply = func(*User, string) reply { return reply{body: `{"t": "{{ $index }}"}`} }
		r.runAll(t, one())
		wantSeen(t, r.protocol, "/", `/ {"e":"{{ $index }}"}`)
	})
}

func TestThink(t *testing.T) {
	tests := []struct {
		think string
		want  time.Duration
	}{
		{"0.3", 300 * time.Millisecond}, {"'0.3'", 300 * time.Millisecond}, {"'0.3s'", 300 * time.Millisecond},
		{"300ms", 300 * time.Millisecond}, {"'0.005m'", 300 * time.Millisecond}, {"'1 s'", time.Second}, {"0", 0}, {"2", 2 * time.Second},
		{"'{{ n }}'", 5 * time.Second}, {"'{{ n }}00ms'", 500 * time.Millisecond}, {"'{{ z }}'", 0},
	}
	for _, tt := range tests {
		t.Run(tt.think, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, flowWith(vars, "think: "+tt.think, "get: {url: /}"), nil)
				now := time.Now()
				if o := r.runAll(t, one()); o.Completed != 1 {
					t.Errorf("outcome %+v", o)
				}
				if took := time.Since(now); took != tt.want {
					t.Errorf("took %v, want %v", took, tt.want)
				}
			})
		})
	}
}

func TestLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flowWith(vars, "log: 'hello {{ s }} {{ o }}'"), nil)
		r.runAll(t, one())
		if want := []string{`0/0: hello str {"a":{"b":1}}`}; !slices.Equal(r.logged, want) {
			t.Errorf("logged %q, want %q", r.logged, want)
		}
		silent := newRig(t, flow("log: x"), nil, func(c *Config) { c.Log = nil })
		if o := silent.runAll(t, one()); o.Completed != 1 {
			t.Errorf("without a log: %+v", o)
		}
	})
}

// lateClock wakes everyone late by the same time.
type lateClock struct {
	timerClock
	late time.Duration
}

func (c lateClock) start(s *sleeper, d time.Duration) <-chan time.Time {
	return c.timerClock.start(s, d+c.late)
}

// TestJitter holds pauses to their bounds, spreads them over the whole way between, and has them
// drawn by the user alone.
func TestJitter(t *testing.T) {
	tests := []struct {
		name, config, step string
		least, most        time.Duration
	}{
		{"milliseconds", "", "{think: 1, jitter: 200}", 800 * time.Millisecond, 1200 * time.Millisecond},
		{"milliseconds as text", "", "{think: 1, jitter: '200'}", 800 * time.Millisecond, 1200 * time.Millisecond},
		{"percent", "", "{think: 2, jitter: '20%'}", 1600 * time.Millisecond, 2400 * time.Millisecond},
		{"percent of a template", "variables: {n: 500ms}", "{think: '{{ n }}', jitter: '50%'}", 250 * time.Millisecond, 750 * time.Millisecond},
		{"more than the pause", "", "{think: 1, jitter: 3000}", 0, 4 * time.Second},
		{"none", "", "{think: 1, jitter: 0}", time.Second, time.Second},
		{"default", "http: {defaults: {think: {jitter: 100}}}", "{think: 1}", 900 * time.Millisecond, 1100 * time.Millisecond},
		{"default in its older place", "defaults: {think: {jitter: '10%'}}", "{think: 1}", 900 * time.Millisecond, 1100 * time.Millisecond},
		{"default in both places", "defaults: {think: {jitter: '50%'}}, http: {defaults: {think: {jitter: 100}}}", "{think: 1}", 900 * time.Millisecond, 1100 * time.Millisecond},
		{"a step against the default", "defaults: {think: {jitter: '50%'}}", "{think: 1, jitter: 10}", 990 * time.Millisecond, 1010 * time.Millisecond},
		{"none against the default", "defaults: {think: {jitter: '50%'}}", "{think: 1, jitter: 0}", time.Second, time.Second},
	}
	const users = 200
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			pauses := func() map[int64]time.Duration {
				r := newRig(t, flowWith(tt.config, tt.step, "get: {url: /}"), nil)
				begin, took := time.Now(), map[int64]time.Duration{}
				var mu sync.Mutex
				r.protocol.reply = func(u *User, _ string) reply {
					mu.Lock()
					defer mu.Unlock()
					took[u.Index()] = (time.Since(begin) - time.Duration(u.Index())*time.Microsecond).Round(time.Microsecond)
					return reply{body: "{}"}
				}
				r.runAll(t, every(users, 1e6))
				return took
			}
			first, second := pauses(), pauses()
			low, high := tt.most, tt.least
			for index, took := range first {
				low, high = min(low, took), max(high, took)
				if took != second[index] {
					t.Errorf("user %d waits %v and then %v", index, took, second[index])
				}
			}
			if len(first) != users || low < tt.least || high > tt.most {
				t.Errorf("%d pauses from %v to %v, want them from %v to %v", len(first), low, high, tt.least, tt.most)
			}
			// That 200 draws all miss a tenth at one end happens once in a thousand million times.
			if span := tt.most - tt.least; low > tt.least+span/10 || high < tt.most-span/10 {
				t.Errorf("pauses from %v to %v, want them spread from %v to %v", low, high, tt.least, tt.most)
			}
		}))
	}
}

func TestDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /1}", "get: {url: /2}", "think: 1", "log: x", "get: {url: /skipped, ifTrue: '1 > 2'}", "get: {url: /3}",
			"think: 0", "get: {url: /4}", "think: 1", "think: 1", "get: {url: /5}"), nil)
		r.protocol.reply = func(*User, string) reply { return reply{delay: 300 * time.Millisecond, body: "{}"} }
		run := &run{engine: r.Engine, clock: lateClock{late: 7 * time.Millisecond}, ctx: t.Context()}
		run.users.Add(1)
		run.active.Add(1)
		run.user(Arrival{Index: 4}, time.Now().Add(-20*time.Millisecond).Round(0), 1)
		ms := time.Millisecond
		// The arrival was 20 ms late; each think ends 7 ms late.
		if want := []time.Duration{20 * ms, 0, 7 * ms, 0, 7 * ms}; !slices.Equal(r.protocol.dues, want) {
			t.Errorf("requests came %v after they were due, want %v", r.protocol.dues, want)
		}
		lag := r.recorder.Snapshot().Total().Histograms[metrics.ScheduleLag]
		if lag.Count() != 1 || lag.Max() != 20_000 {
			t.Errorf("lag %d µs", lag.Max())
		}
	})
}

func TestDueNeverLiesAhead(t *testing.T) {
	// A wall clock that is put back may make an arrival seem early.
	r := newRig(t, flow("get: {url: /1}"), nil)
	run := &run{engine: r.Engine, clock: timerClock{}, ctx: t.Context()}
	run.users.Add(1)
	run.user(Arrival{}, time.Now().Add(time.Hour), 1)
	if r.protocol.dues[0] < 0 {
		t.Errorf("a request was due %v after it was sent", -r.protocol.dues[0])
	}
}

func TestProbability(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /x, probability: 30}"), nil)
		const n = 10_000
		r.runAll(t, every(n, 1e6))
		// 5 standard deviations are 229.
		if got := len(r.protocol.seen); got < 3000-229 || got > 3000+229 {
			t.Errorf("%d of %d requests at a probability of 30 %%", got, n)
		}
	})
}

func TestWeights(t *testing.T) {
	script := func(weights ...string) string {
		var b strings.Builder
		b.WriteString("config: {target: 'http://127.0.0.1:1', variables: {w: 0, v: '3'}}\nscenarios:\n")
		for i, w := range weights {
			if w != "" {
				w = "weight: " + w + ", "
			}
			fmt.Fprintf(&b, "  - {name: %c, %sflow: [{get: {url: /%c}}]}\n", 'A'+i, w, 'A'+i)
		}
		return b.String()
	}
	const n = 10_000
	tests := []struct {
		name    string
		weights []string
		want    []float64 // shares
	}{
		{"one scenario", []string{""}, []float64{1}},
		{"equal", []string{"", ""}, []float64{.5, .5}},
		{"0 never runs", []string{"0", "", "0"}, []float64{0, 1, 0}},
		{"fractions", []string{"0.5", "1.5"}, []float64{.25, .75}},
		{"templated", []string{"'{{ w }}'", "'{{ v }}'", "1"}, []float64{0, .75, .25}},
		{"templated to nothing", []string{"'{{ miss }}'", "1"}, []float64{0, 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, script(tt.weights...), nil)
			r.runAll(t, every(n, 1e6))
			got := r.counters()
			for i, share := range tt.want {
				name := string(rune('A' + i))
				count := float64(got[metrics.VusersCreatedByName(name)])
				if count < n*share-250 || count > n*share+250 || share == 0 && count > 0 || share == 1 && count != n {
					t.Errorf("%s ran %v times, want about %v", name, count, n*share)
				}
			}
		}))
	}
	t.Run("all templated to 0", inBubble(func(t *testing.T) {
		r := newRig(t, script("'{{ w }}'"), nil)
		if o := r.runAll(t, one()); o.Failed != 1 {
			t.Errorf("outcome %+v", o)
		}
		wantCounters(t, r.counters(), map[string]int64{
			metrics.VusersCreated: 1, metrics.VusersFailed: 1, "errors." + errNoScenario.Error(): 1, "vusers.created_by_name.A": absent,
		})
	}))
}

func TestParseCount(t *testing.T) {
	tests := []struct {
		v        any
		from, to int
	}{
		{3.0, 0, 3}, {2.5, 0, 3}, {0.0, 0, 0}, {-1.0, 0, 0}, {1e300, 0, endless},
		{"3", 0, 3}, {"0", 0, 0}, {"2-5", 2, 5}, {" 2 - 5 ", 2, 5}, {"5-2", 5, 2}, {"-3", 0, 0}, {"1e2", 0, 100},
		{"abc", 0, 0}, {"a-b", 0, 0}, {"", 0, 0}, {"1-", 0, 0}, {nil, 0, 0}, {true, 0, 0}, {[]any{1.0}, 0, 0},
	}
	for _, tt := range tests {
		if from, to := parseCount(tt.v); from != tt.from || to != tt.to {
			t.Errorf("parseCount(%#v) = %d, %d, want %d, %d", tt.v, from, to, tt.from, tt.to)
		}
	}
}
