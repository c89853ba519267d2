package engine

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// The order of the fields is that of their names in Outcome.
type tally struct {
	planned, created, completed, failed, interrupted, skipped, missed, next int64
	stopped                                                                 bool
}

func tallied(o Outcome) tally {
	return tally{o.Planned, o.Created, o.Completed, o.Failed, o.Interrupted, o.Skipped, o.Missed, o.Next, o.Stopped}
}

// unknown is a time that depends on who comes first at the same instant.
const unknown = -1

func TestRun(t *testing.T) {
	think := func(s string) string { return flow("think: " + s) }
	tests := []struct {
		name     string
		script   string
		list     iter.Seq[Arrival]
		start    time.Duration // from now
		deadline time.Duration // from now; 0 none
		stop     time.Duration // from now; 0 never
		grace    time.Duration
		want     tally
		took     time.Duration
	}{
		{
			name: "users run on after the last arrival", script: think("3"), list: every(10, 5),
			want: tally{planned: 10, created: 10, completed: 10, next: 10}, took: 4800 * time.Millisecond,
		},
		{
			name: "an empty list", script: think("3"), list: every(0, 1),
		},
		{
			name: "a cap", script: think("0.95"), list: capped(every(10, 5), 2), // at 0, 0.2, 1.0 and 1.2 s
			want: tally{planned: 10, created: 4, completed: 4, skipped: 6, next: 10}, took: 2150 * time.Millisecond,
		},
		{
			// Users end just when others arrive. Whoever comes first, four can run.
			name: "a cap of the reference", script: think("1"), list: capped(every(10, 5), 2),
			want: tally{planned: 10, created: 4, completed: 4, skipped: 6, next: 10}, took: unknown,
		},
		{
			name: "a cap never reached", script: think("1"), list: capped(every(10, 5), 100),
			want: tally{planned: 10, created: 10, completed: 10, next: 10}, took: 2800 * time.Millisecond,
		},
		{
			name: "a cap of none", script: think("1"), list: capped(every(10, 5), -1),
			want: tally{planned: 10, skipped: 10, next: 10}, took: 1800 * time.Millisecond,
		},
		{
			name: "late start", script: think("1"), list: every(10, 5), start: -time.Second,
			want: tally{planned: 10, created: 5, completed: 5, missed: 5, next: 10}, took: 1800 * time.Millisecond,
		},
		{
			name: "stopped, users end within the grace", script: think("1"), list: every(10, 5), stop: 900 * time.Millisecond, grace: time.Second,
			want: tally{planned: 5, created: 5, completed: 5, next: 5, stopped: true}, took: 1800 * time.Millisecond,
		},
		{
			name: "stopped, users outlast the grace", script: think("1"), list: every(10, 5), stop: 900 * time.Millisecond, grace: 450 * time.Millisecond,
			want: tally{planned: 5, created: 5, completed: 2, interrupted: 3, next: 5, stopped: true}, took: 1350 * time.Millisecond,
		},
		{
			name: "stopped without a grace", script: think("1"), list: every(10, 5), stop: 900 * time.Millisecond,
			want: tally{planned: 5, created: 5, interrupted: 5, next: 5, stopped: true}, took: 900 * time.Millisecond,
		},
		{
			name: "stopped after the last arrival", script: think("10"), list: every(10, 5), stop: 5 * time.Second, grace: time.Second,
			want: tally{planned: 10, created: 10, interrupted: 10, next: 10}, took: 6 * time.Second,
		},
		{
			name: "the deadline cuts the arrivals", script: think("0.1"), list: every(10, 5), deadline: time.Second,
			want: tally{planned: 5, created: 5, completed: 5, next: 5, stopped: true}, took: 900 * time.Millisecond,
		},
		{
			name: "the deadline cuts users", script: think("10"), list: every(10, 5), deadline: 5 * time.Second,
			want: tally{planned: 10, created: 10, interrupted: 10, next: 10}, took: 5 * time.Second,
		},
		{
			name: "the deadline before the grace is over", script: think("10"), list: every(10, 5), stop: time.Second, grace: time.Hour, deadline: 5 * time.Second,
			want: tally{planned: 6, created: 6, interrupted: 6, next: 6, stopped: true}, took: 5 * time.Second,
		},
		{
			name: "an endless user", script: flow("loop: [{think: 0.5}]"), list: every(1, 1), deadline: 5 * time.Second,
			want: tally{planned: 1, created: 1, interrupted: 1, next: 1}, took: 5 * time.Second,
		},
		{
			name: "failing users", script: flow("think: '{{ miss }}'"), list: every(10, 5),
			want: tally{planned: 10, created: 10, failed: 10, next: 10}, took: 1800 * time.Millisecond,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRig(t, tt.script, nil)
				now := time.Now()
				stop := make(chan struct{})
				ch := Chunk{Start: now.Add(tt.start), Arrivals: tt.list, Stop: stop, Grace: tt.grace}
				if tt.stop > 0 {
					// A moment later, so that an arrival due at the same time goes first.
					time.AfterFunc(tt.stop+time.Microsecond, func() { close(stop) })
				}
				if tt.deadline > 0 {
					ch.Deadline = now.Add(tt.deadline)
				}
				o := r.runChunk(t, ch)
				if got := tallied(o); got != tt.want {
					t.Errorf("got  %+v\nwant %+v", got, tt.want)
				}
				if took := time.Since(now).Round(time.Millisecond); took != tt.took && tt.took != unknown {
					t.Errorf("took %v, want %v", took, tt.took)
				}
				if o.Planned != o.Created+o.Skipped+o.Missed || o.Created != o.Completed+o.Failed+o.Interrupted {
					t.Errorf("the outcome does not add up: %+v", o)
				}
				if p := r.Progress(); p.Active != 0 || p.Next != o.Next {
					t.Errorf("progress afterwards %+v", p)
				}
				got := r.counters()
				for name, n := range map[string]int64{
					metrics.VusersCreated: o.Created, metrics.VusersCompleted: o.Completed, metrics.VusersFailed: o.Failed,
					metrics.VusersInterrupted: o.Interrupted, metrics.VusersSkipped: o.Skipped, metrics.VusersMissed: o.Missed,
				} {
					if got[name] != n {
						t.Errorf("%s = %d, want %d", name, got[name], n)
					}
				}
			})
		})
	}
}

func TestMissedRanges(t *testing.T) {
	o := func(i, n int64, from, to time.Duration) IndexRange {
		return IndexRange{First: i, Last: i + 3*(n-1), Count: n, From: from, To: to}
	}
	t.Run("neighbours in the worker's list are one range", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, flow("think: 0"), nil)
			ch := Chunk{Start: time.Now().Add(-1050 * time.Millisecond), Arrivals: share(every(30, 10), 1, 3)}
			got := r.runChunk(t, ch)
			want := []IndexRange{o(1, 3, 100*time.Millisecond, 700*time.Millisecond)}
			if !slices.Equal(got.MissedRanges, want) {
				t.Errorf("missed %+v, want %+v", got.MissedRanges, want)
			}
		})
	})
	t.Run("no more than a bounded number", func(t *testing.T) {
		r := &run{engine: newRig(t, flow("think: 0"), nil).Engine}
		for i := range int64(2 * maxMissedRanges) {
			r.miss(Arrival{Index: 2 * i}, time.Now())
			r.dealtWith(Arrival{Index: 2*i + 1}, false)
		}
		got := r.outcome.MissedRanges
		if len(got) != maxMissedRanges {
			t.Fatalf("%d ranges, want %d", len(got), maxMissedRanges)
		}
		var sum int64
		for _, m := range got {
			sum += m.Count
		}
		if sum != 2*maxMissedRanges {
			t.Errorf("the ranges count %d, want %d", sum, 2*maxMissedRanges)
		}
		if last := got[len(got)-1]; last.First != 2*(maxMissedRanges-1) || last.Last != 2*(2*maxMissedRanges-1) {
			t.Errorf("last range %+v", last)
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("think: 10"), nil)
		cause := errors.New("the operator had enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second+time.Microsecond, func() { cancel(cause) })
		now := time.Now()
		o, err := r.Run(ctx, Chunk{Start: now, Arrivals: every(100, 5), Grace: time.Hour})
		if err != cause {
			t.Errorf("error %v, want the context's cause", err)
		}
		if want := (tally{planned: 6, created: 6, interrupted: 6, next: 6, stopped: true}); tallied(o) != want {
			t.Errorf("got %+v, want %+v", tallied(o), want)
		}
		if took := time.Since(now); took > time.Second+time.Millisecond {
			t.Errorf("took %v", took)
		}
	})
}

func TestInterruptedUsersAreNotErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /a}", "get: {url: /slow}"), nil)
		r.protocol.reply = func(_ *User, request string) reply {
			if request == "/slow" {
				return reply{delay: time.Hour}
			}
			return reply{body: "{}"}
		}
		o := r.runChunk(t, Chunk{Start: time.Now(), Arrivals: every(4, 1), Deadline: time.Now().Add(10 * time.Second)})
		if o.Interrupted != 4 || o.Failed != 0 {
			t.Errorf("outcome %+v", o)
		}
		wantCounters(t, r.counters(), map[string]int64{metrics.VusersInterrupted: 4, metrics.VusersFailed: absent, metrics.VusersCompleted: absent})
		if r.protocol.open.Load() != 4 || r.protocol.closed.Load() != 4 {
			t.Errorf("%d sessions opened, %d closed", r.protocol.open.Load(), r.protocol.closed.Load())
		}
	})
}

func TestProgress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("think: 1"), nil)
		if p := r.Progress(); p != (Progress{}) {
			t.Errorf("before the run %+v", p)
		}
		done := make(chan struct{})
		go func() {
			defer close(done)
			r.runAll(t, share(every(100, 10), 3, 5))
		}()
		time.Sleep(1950 * time.Millisecond) // dealt with: 3 at 0.3 s, 8, 13, 18 at 1.8 s
		if p := r.Progress(); p != (Progress{Next: 19, Active: 2}) {
			t.Errorf("after 1.95 s %+v", p)
		}
		if _, err := r.Run(t.Context(), Chunk{}); err == nil {
			t.Error("a second run beside the first was begun")
		}
		<-done
		if p := r.Progress(); p != (Progress{Next: 99}) {
			t.Errorf("after the run %+v", p)
		}
	})
}

func TestRunAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("think: 1"), nil)
		for i := range 3 {
			if o := r.runAll(t, every(10, 10)); o.Created != 10 || o.Next != 10 {
				t.Errorf("run %d: %+v", i, o)
			}
		}
	})
}

func TestUserMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
config: {target: 'http://127.0.0.1:1'}
scenarios:
  - name: shopper
    flow: [{think: 0.25}]
`, nil)
		list := func(yield func(Arrival) bool) {
			for a := range every(10, 5) {
				a.Phase = int(a.Index / 5)
				if !yield(a) {
					return
				}
			}
		}
		r.runAll(t, list)
		s := r.recorder.Snapshot()
		for phase := range 2 {
			cell := s.Phases[phase]
			wantCounters(t, cell.Counters, map[string]int64{
				"vusers.created": 5, "vusers.created_by_name.shopper": 5, "vusers.completed": 5, "vusers.failed": 0,
				"vusers.skipped": absent, "vusers.missed": absent, "vusers.interrupted": absent,
			})
			length := cell.Histograms["vusers.session_length"]
			if length.Count() != 5 || length.Min() != 250_000 || length.Max() != 250_000 {
				t.Errorf("phase %d: %d session lengths from %d to %d µs", phase, length.Count(), length.Min(), length.Max())
			}
			lag := cell.Histograms["salvo.schedule_lag"]
			if lag.Count() != 5 || lag.Max() != 0 {
				t.Errorf("phase %d: %d lags up to %d µs", phase, lag.Count(), lag.Max())
			}
		}
	})
}

func TestMissedAreCountedWhenTheyWereDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("think: 0"), nil)
		start := time.Now().Add(-3 * time.Second)
		r.runChunk(t, Chunk{Start: start, Arrivals: every(40, 10)})
		s := r.recorder.Snapshot()
		for i := range int64(2) {
			cell := s.Seconds[start.Unix()+i]
			if cell == nil || cell.Counters[metrics.VusersMissed] != 10 {
				t.Errorf("second %d: %+v, want 10 missed", i, cell)
			}
		}
	})
}

func TestFailedUser(t *testing.T) {
	tests := []struct {
		name string
		err  error
		want map[string]int64
	}{
		{"a step error", &StepError{Keys: []string{"ETIMEDOUT"}}, map[string]int64{"errors.ETIMEDOUT": 1}},
		{"several keys", &StepError{Keys: []string{"a", "b", "a"}}, map[string]int64{"errors.a": 2, "errors.b": 1}},
		{"a wrapped step error", fmt.Errorf("sending: %w", &StepError{Keys: []string{"EPIPE"}}), map[string]int64{"errors.EPIPE": 1}},
		{"another error", errors.New("an URL must be specified"), map[string]int64{"errors.an URL must be specified": 1}},
		{"a step error without keys", &StepError{Err: errors.New("x")}, map[string]int64{"errors.": 1}},
		{"cancelled by itself", context.Canceled, map[string]int64{"errors.context canceled": 1}},
	}
	for _, tt := range tests {
		t.Run(tt.name, inBubble(func(t *testing.T) {
			r := newRig(t, flow("get: {url: /1}", "get: {url: /2}"), nil)
			r.protocol.reply = func(*User, string) reply { return reply{err: tt.err} }
			r.runAll(t, one())
			wantSeen(t, r.protocol, "/1")
			tt.want[metrics.VusersFailed] = 1
			tt.want[metrics.VusersCompleted] = absent
			wantCounters(t, r.counters(), tt.want)
			if h := r.recorder.Snapshot().Total().Histograms[metrics.VusersSessionLength]; h != nil && h.Count() > 0 {
				t.Error("a failed user has a session length")
			}
		}))
	}
}

func TestErrorKeysAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, flow("get: {url: /1}"), nil)
		r.protocol.reply = func(u *User, _ string) reply {
			return reply{err: fmt.Errorf("failed for %d", u.Index())}
		}
		r.runAll(t, every(maxErrorKeys+50, 1e6))
		var keys, sum int64
		for name, n := range r.counters() {
			if len(name) > 7 && name[:7] == "errors." {
				keys++
				sum += n
			}
		}
		if sum != maxErrorKeys+50 || keys != maxErrorKeys+1 {
			t.Errorf("%d errors under %d keys, want %d under %d", sum, keys, maxErrorKeys+50, maxErrorKeys+1)
		}
		long := make([]byte, 0, 2*maxErrorKey)
		for range maxErrorKey {
			long = append(long, "é"...)
		}
		if got := shorten("x" + string(long)); len(got) > maxErrorKey+len("…") || got[len(got)-len("…"):] != "…" || got[len(got)-5:len(got)-3] != "é" {
			t.Errorf("a long key became %d bytes that end in %q", len(got), got[len(got)-8:])
		}
	})
}

func TestRunOnce(t *testing.T) {
	const text = `
config: {target: 'http://127.0.0.1:1', variables: {color: [red]}}
before:
  flow:
    - get: {url: '/login/{{ color }}', capture: {json: $.token, as: token}}
    - get: {url: '/who/{{ token }}', capture: [{json: $.token, as: 'me.ids[0]'}]}
    - think: 2
    - loop: [{log: 'x'}]
      count: 2
scenarios:
  - flow: [{get: {url: '/x/{{ token }}'}}]
`
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, text, nil)
		r.protocol.reply = func(*User, string) reply { return reply{body: `{"token":"TT"}`} }
		now := time.Now()
		vars, err := r.RunOnce(t.Context(), r.script.Before)
		if err != nil {
			t.Fatal(err)
		}
		if took := time.Since(now); took != 2*time.Second {
			t.Errorf("took %v", took)
		}
		wantSeen(t, r.protocol, "/login/red", "/who/TT")
		got, err := vars.MarshalJSON()
		if want := `{"token":"TT","me":{"ids":["TT"]},"$loopElement":0,"$loopCount":2}`; err != nil || string(got) != want {
			t.Errorf("variables %s, %v, want %s", got, err, want)
		}
		if o, c := r.protocol.open.Load(), r.protocol.closed.Load(); o != 1 || c != 1 {
			t.Errorf("%d sessions opened, %d closed", o, c)
		}

		users := newRig(t, text, nil, func(c *Config) { c.Before = vars })
		users.runAll(t, one())
		wantSeen(t, users.protocol, "/x/TT")
	})
}

func TestRunOnceDrawsItsOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, `
config: {target: 'http://127.0.0.1:1'}
before: {flow: [{get: {url: '/{{ $uuid }}'}}]}
after: {flow: [{get: {url: '/{{ $uuid }}'}}]}
scenarios: [{flow: [{get: {url: '/{{ $uuid }}'}}]}]
`, nil)
		for _, sc := range []*script.Scenario{r.script.Before, r.script.After, r.script.Before} {
			if _, err := r.RunOnce(t.Context(), sc); err != nil {
				t.Fatal(err)
			}
		}
		r.runAll(t, one())
		before, after, again, user := r.protocol.seen[0], r.protocol.seen[1], r.protocol.seen[2], r.protocol.seen[3]
		if before != again || before == after || before == user || after == user {
			t.Errorf("drawn %q", r.protocol.seen)
		}
	})
}

func TestRunOnceFails(t *testing.T) {
	const text = `
config: {target: 'http://127.0.0.1:1'}
before: {flow: [{get: {url: /a}}, {get: {url: /b}}]}
scenarios: [{flow: [{get: {url: /c}}]}]
`
	r := newRig(t, text, nil)
	r.protocol.reply = func(*User, string) reply { return reply{err: &StepError{Keys: []string{"ECONNREFUSED"}}} }
	_, err := r.RunOnce(t.Context(), r.script.Before)
	var s *StepError
	if !errors.As(err, &s) || s.Error() != "ECONNREFUSED" {
		t.Errorf("error %v", err)
	}
	wantSeen(t, r.protocol, "/a")
	wantCounters(t, r.counters(), map[string]int64{"errors.ECONNREFUSED": 1, metrics.VusersFailed: 1})

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := r.RunOnce(ctx, r.script.Before); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v of a cancelled section", err)
	}
}

func TestNewErrors(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("a Config without a script was accepted")
	}
	r := newRig(t, flow("get: {url: /a}"), nil)
	if _, err := New(Config{Script: r.script, Recorder: r.recorder}); err == nil {
		t.Error("requests without a protocol were accepted")
	}
	if _, err := New(Config{Script: newRig(t, flow("think: 1"), nil).script, Recorder: r.recorder}); err != nil {
		t.Errorf("a script without requests needs a protocol: %v", err)
	}
}
