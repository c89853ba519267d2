package monitor

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/store"
)

// TestObserve plays runs, each of them twice, and holds what is said of each.
func TestObserve(t *testing.T) {
	const f, r, b, rb = "failed", "recovered from failed", "broken", "recovered from broken"
	type step struct {
		minute  int
		verdict Verdict
		want    []string
	}
	one := func(minute int, v Verdict, want ...string) step { return step{minute, v, want} }
	tests := []struct {
		name   string
		alerts Alerts
		steps  []step
	}{
		{"an outage", Alerts{}, []step{
			one(0, Passed), one(1, Failed, f), one(2, Failed), one(60, Failed), one(61, Failed, f), one(62, Failed), one(63, Passed, r), one(64, Passed),
		}},
		{"passing within an outage does not shift the repetition", Alerts{After: 1, Of: 3}, []step{
			one(0, Failed, f), one(1, Passed), one(60, Passed), one(61, Failed, f), one(62, Passed), one(63, Passed), one(64, Passed, r),
		}},
		{"every run", Alerts{RepeatEvery: minutes(0)}, []step{
			one(0, Failed, f), one(1, Failed, f), one(2, Passed, r), one(3, Failed, f), one(4, Passed, r),
		}},
		{"2 of 3", Alerts{After: 2, Of: 3}, []step{
			one(0, Failed), one(1, Passed), one(2, Passed), one(3, Failed), one(4, Passed), one(5, Failed, f), one(6, Passed), one(7, Failed), one(8, Passed), one(9, Passed), one(10, Passed, r),
		}},
		{"2 in a row", Alerts{After: 2}, []step{
			one(0, Failed), one(1, Passed), one(2, Failed), one(3, Failed, f), one(4, Passed), one(5, Passed, r),
		}},
		{"flapping", Alerts{RepeatEvery: minutes(10)}, []step{
			one(0, Failed, f), one(1, Passed, r), one(2, Failed, f), one(3, Passed), one(4, Failed), one(5, Passed), one(13, Failed, f), one(14, Passed), one(22, Passed), one(23, Passed, r), one(24, Failed, f), one(25, Passed, r),
		}},
		{"broken", Alerts{}, []step{
			one(0, Broken, b), one(1, Broken), one(60, Broken, b), one(61, Passed, rb), one(62, Passed),
		}},
		{"broken in an outage", Alerts{}, []step{
			one(0, Failed, f), one(1, Broken, b), one(2, Broken), one(3, Failed, rb), one(4, Broken, b), one(5, Passed, r),
		}},
		{"a late run that failed", Alerts{}, []step{
			one(1, Passed), one(0, Failed), one(2, Passed), one(3, Failed, f), one(2, Passed), one(4, Passed, r),
		}},
		{"a late run makes it two of three", Alerts{After: 2, Of: 3}, []step{
			one(1, Failed), one(0, Failed), one(2, Failed, f),
		}},
		{"far too late", Alerts{}, []step{one(1, Passed), one(-100000, Failed), one(2, Passed)}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			p := &said{}
			var now time.Time
			m := &Monitor{Store: new(store.Mem), ID: "m", Settings: Settings{Alerts: test.alerts}, Publisher: p, Now: func() time.Time { return now }}
			for i, s := range test.steps {
				now = now.Add(time.Second)
				if late := at(s.minute).Add(time.Second); late.After(now) {
					now = late
				}
				run := plain(name(i), at(s.minute), s.verdict)
				for again := range 2 { // the second time it is known
					out, err := m.Observe(t.Context(), run)
					if err != nil || out.Known != (again == 1) || len(out.Unsaid) > 0 {
						t.Fatalf("step %d, time %d: %+v, %v", i, again, out, err)
					}
					want := s.want
					if again == 1 {
						want = nil
					}
					if got := p.take(); !slices.Equal(got, want) {
						t.Errorf("step %d, minute %d, time %d: said %v, want %v", i, s.minute, again, got, want)
					}
				}
			}
		})
	}
}

// TestAtOnce: many aggregators end at the same instant, each twice. One speaks, and
// every sample counts once.
func TestAtOnce(t *testing.T) {
	stores := []struct {
		name string
		open func(t *testing.T) store.Store
	}{
		{"mem", func(t *testing.T) store.Store { return new(store.Mem) }},
		{"dir", func(t *testing.T) store.Store { return store.Dir(t.TempDir()) }},
	}
	for _, s := range stores {
		t.Run(s.name, func(t *testing.T) {
			p := &said{}
			kept := s.open(t)
			all := func(minute int, v Verdict) {
				var wg sync.WaitGroup
				start := make(chan struct{})
				for i := range 6 {
					wg.Go(func() {
						m := &Monitor{Store: kept, ID: "m", Publisher: p, Now: func() time.Time { return at(minute + 1) }}
						<-start
						run := plain(name(100*minute+i/2), at(minute).Add(time.Duration(i/2)*time.Second), v)
						if out, err := m.Observe(t.Context(), run); err != nil || len(out.Unsaid) > 0 {
							t.Errorf("%+v, %v", out, err)
						}
					})
				}
				close(start)
				wg.Wait()
			}
			for minute, want := range []struct {
				verdict Verdict
				said    []string
			}{{Passed, nil}, {Failed, []string{"failed"}}, {Failed, nil}, {Passed, []string{"recovered from failed"}}, {Passed, nil}} {
				all(minute, want.verdict)
				if got := p.take(); !slices.Equal(got, want.said) {
					t.Errorf("minute %d: said %v, want %v", minute, got, want.said)
				}
			}
			data, err := store.ReadAll(t.Context(), kept, job.MonitorStateKey("m"))
			if err != nil {
				t.Fatal(err)
			}
			st, err := decodeState(data)
			if err != nil {
				t.Fatal(err)
			}
			if c := st.minutes.sum(at(5), time.Hour); c != (count{3 * 3 * 5, 2 * 3 * 5}) || len(st.runs) != 15 || st.claim != (claim{}) {
				t.Errorf("%+v, %d runs, claim %+v", c, len(st.runs), st.claim)
			}
		})
	}
}

// TestPublishingFails: what could not be said is told, and said by the next bad run.
func TestPublishingFails(t *testing.T) {
	p := &said{}
	m := &Monitor{Store: new(store.Mem), ID: "m", Publisher: p, Now: func() time.Time { return at(1000) }}
	steps := []struct {
		verdict Verdict
		fail    int
		said    []string
		unsaid  int
	}{
		{Failed, 1, nil, 1},
		{Failed, 1, nil, 1},
		{Failed, 0, []string{"failed"}, 0},
		{Passed, 1, nil, 1},
		{Passed, 0, []string{"recovered from failed"}, 0},
		{Broken, 1, nil, 1},
		{Failed, 0, []string{"failed"}, 0}, // and no recovery from what was not said
		{Passed, 1, nil, 1},
		{Failed, 0, []string{"failed"}, 0}, // it goes on, for those who have not heard of the end
		{Broken, 0, []string{"broken"}, 0},
		{Passed, 1, []string{"recovered from failed"}, 1}, // one of two could not be said
		{Passed, 0, []string{"recovered from broken"}, 0},
	}
	for i, s := range steps {
		p.fail = s.fail
		out, err := m.Observe(t.Context(), plain(name(i), at(i*61), s.verdict))
		if err != nil || len(out.Unsaid) != s.unsaid || (out.Problem() != "") != (s.unsaid > 0) {
			t.Fatalf("step %d: %+v, %v", i, out, err)
		}
		if s.unsaid > 0 && (!errors.Is(out.Unsaid[0].Err, errDown) || !strings.Contains(out.Problem(), "could not be published: the topic is down")) {
			t.Errorf("step %d: %s", i, out.Problem())
		}
		if got := p.take(); !slices.Equal(got, s.said) {
			t.Errorf("step %d: said %v, want %v", i, got, s.said)
		}
	}
	// The state machine repeats the step: what could not be said is tried again.
	p.fail = 1
	run := plain("again", at(900), Failed)
	for _, want := range []int{0, 1, 0} {
		if _, err := m.Observe(t.Context(), run); err != nil {
			t.Fatal(err)
		}
		if got := p.take(); len(got) != want {
			t.Errorf("said %v", got)
		}
	}
}

// crash is a Publisher whose process ends before it has published.
type crash struct{}

func (crash) Publish(context.Context, Message) error { panic("killed") }

// TestCrash: the claim of an aggregator that crashed runs out, and then the next one, or the
// same again, speaks.
func TestCrash(t *testing.T) {
	for _, next := range []string{"same", "another"} {
		t.Run(next, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				kept, p := new(store.Mem), &said{}
				func() {
					defer func() { _ = recover() }()
					m := &Monitor{Store: kept, ID: "m", Publisher: crash{}}
					m.Observe(t.Context(), plain("same", time.Now(), Failed))
				}()
				time.Sleep(time.Second)
				m := &Monitor{Store: kept, ID: "m", Publisher: p}
				begun := time.Now()
				out, err := m.Observe(t.Context(), plain(next, begun, Failed))
				if err != nil || len(out.Said) != 1 || len(p.take()) != 1 {
					t.Fatalf("%+v, %v", out, err)
				}
				if waited := time.Since(begun); waited > claimTime || waited < claimTime-2*time.Second {
					t.Errorf("waited %v", waited)
				}
				if out, err := m.Observe(t.Context(), plain("third", time.Now(), Failed)); err != nil || len(out.Said) > 0 {
					t.Errorf("%+v, %v", out, err)
				}
			})
		})
	}
}

// slow is a Publisher that takes its time.
type slow struct {
	said
	begun chan struct{}
}

func (s *slow) Publish(ctx context.Context, m Message) error {
	if s.begun != nil {
		close(s.begun)
		s.begun = nil
	}
	time.Sleep(5 * time.Second)
	return s.said.Publish(ctx, m)
}

// TestWhilePublishing: what happens while an alert is being published is not lost.
func TestWhilePublishing(t *testing.T) {
	tests := []struct {
		name   string
		alerts Alerts
		second Verdict
		want   []string
	}{
		{"it recovers", Alerts{}, Passed, []string{"failed", "recovered from failed"}},
		{"another one fails", Alerts{}, Failed, []string{"failed"}},
		{"another one fails, and all are told", Alerts{RepeatEvery: minutes(0)}, Failed, []string{"failed", "failed"}},
		{"another one cannot run", Alerts{}, Broken, []string{"failed", "broken"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := &slow{begun: make(chan struct{})}
				m := &Monitor{Store: new(store.Mem), ID: "m", Settings: Settings{Alerts: test.alerts}, Publisher: p}
				first := time.Now()
				var wg sync.WaitGroup
				begun := p.begun
				wg.Go(func() {
					if _, err := m.Observe(t.Context(), plain("first", first, Failed)); err != nil {
						t.Error(err)
					}
				})
				<-begun
				time.Sleep(time.Second)
				wg.Go(func() {
					if _, err := m.Observe(t.Context(), plain("second", first.Add(time.Second), test.second)); err != nil {
						t.Error(err)
					}
				})
				wg.Wait()
				if got := p.take(); !slices.Equal(got, test.want) {
					t.Errorf("said %v, want %v", got, test.want)
				}
			})
		})
	}
}

// brokenStore fails from some update on.
type brokenStore struct {
	store.Store
	good int
}

var errStore = errors.New("no connection")

func (b *brokenStore) Update(ctx context.Context, key string, change func([]byte) ([]byte, error)) error {
	if b.good--; b.good < 0 {
		return errStore
	}
	return b.Store.Update(ctx, key, change)
}

// TestStateFails: without a state every bad run alerts, once.
func TestStateFails(t *testing.T) {
	tests := []struct {
		name    string
		good    int
		state   string
		verdict Verdict
		want    []string
		err     string
	}{
		{"failed", 0, "", Failed, []string{"failed"}, "the state of the monitor m: no connection"},
		{"broken", 0, "", Broken, []string{"broken"}, "the state of the monitor m: no connection"},
		{"passed", 0, "", Passed, nil, "the state of the monitor m: no connection"},
		{"lost after it was said", 1, "", Failed, []string{"failed"}, "the state of the monitor m: no connection"},
		{"damaged", 9, "{", Failed, []string{"failed"}, "damaged"},
		{"of a newer version", 9, `{"version": 7}`, Failed, []string{"failed"}, "has the version 7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			kept, p := new(store.Mem), &said{}
			if test.state != "" {
				if err := store.WriteAll(t.Context(), kept, job.MonitorStateKey("m"), []byte(test.state)); err != nil {
					t.Fatal(err)
				}
			}
			m := &Monitor{Store: &brokenStore{kept, test.good}, ID: "m", Publisher: p, Now: func() time.Time { return noon }}
			_, err := m.Observe(t.Context(), plain("r1", noon, test.verdict))
			if err == nil || !strings.Contains(err.Error(), test.err) {
				t.Errorf("error %v", err)
			}
			if got := p.take(); !slices.Equal(got, test.want) {
				t.Errorf("said %v, want %v", got, test.want)
			}
			if test.state != "" {
				if data, _ := store.ReadAll(t.Context(), kept, job.MonitorStateKey("m")); string(data) != test.state {
					t.Errorf("the state was overwritten: %s", data)
				}
			}
		})
	}
}

// TestClocks: a run cannot be later than now, and one without a time is of now.
func TestClocks(t *testing.T) {
	for _, when := range []time.Time{{}, noon.Add(1000 * time.Hour)} {
		kept := new(store.Mem)
		m := &Monitor{Store: kept, ID: "m", Publisher: Writer{io.Discard}, Now: func() time.Time { return noon }}
		if _, err := m.Observe(t.Context(), plain("r1", when, Failed)); err != nil {
			t.Fatal(err)
		}
		data, _ := store.ReadAll(t.Context(), kept, job.MonitorStateKey("m"))
		if s, err := decodeState(data); err != nil || !s.newest().Equal(noon) {
			t.Errorf("%v, %v", s, err)
		}
	}
}

// TestUnplanned: where nobody could read the script, what it said before holds.
func TestUnplanned(t *testing.T) {
	p := &said{}
	m := &Monitor{Store: new(store.Mem), ID: "m", Publisher: p, Now: func() time.Time { return at(1000) }}
	script := Settings{Alerts: Alerts{RepeatEvery: minutes(10)}, Objective: &Objective{99, 30 * day}}
	steps := []struct {
		minute   int
		settings Settings
		verdict  Verdict
		said     []string
		status   bool
	}{
		{0, Settings{}, Broken, []string{"broken"}, false}, // it never ran
		{1, script, Failed, []string{"recovered from broken", "failed", "burn-page"}, true},
		{20, script, Failed, []string{"failed", "burn-ticket"}, true},
		{21, Settings{}, Broken, []string{"broken"}, true},
		{30, Settings{}, Broken, nil, true},
		{31, Settings{}, Broken, []string{"broken"}, true},
		{32, script, Failed, []string{"recovered from broken", "failed"}, true}, // the page goes on
		{33, Settings{}, Passed, []string{"recovered from failed"}, false},      // the objective was given up
	}
	for i, s := range steps {
		m.Settings = s.settings
		run := plain(name(i), at(s.minute), s.verdict)
		run.Bad *= 10
		out, err := m.Observe(t.Context(), run)
		if err != nil || (out.Status != nil) != s.status {
			t.Fatalf("step %d: %+v, %v", i, out, err)
		}
		if got := p.take(); !slices.Equal(got, s.said) {
			t.Errorf("step %d: said %v, want %v", i, got, s.said)
		}
	}
}

func TestReadStatus(t *testing.T) {
	kept := new(store.Mem)
	ctx := t.Context()
	if _, err := ReadStatus(ctx, kept, "m", noon); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("error %v", err)
	}
	m := &Monitor{Store: kept, ID: "m", Publisher: Writer{io.Discard}, Now: func() time.Time { return noon }}
	if out, err := m.Observe(ctx, plain("r1", noon, Passed)); err != nil || out.Status != nil {
		t.Errorf("%+v, %v", out, err)
	}
	if _, err := ReadStatus(ctx, kept, "m", noon); !errors.Is(err, ErrNoObjective) {
		t.Errorf("error %v", err)
	}
	m.Settings.Objective = &Objective{99, 7 * day}
	out, err := m.Observe(ctx, plain("r2", noon.Add(-time.Hour), Failed))
	if err != nil || out.Status == nil || out.Status.Samples != 10 || out.Status.Bad != 5 || *out.Status.Availability != 50 {
		t.Errorf("%+v, %v", out, err)
	}
	st, err := ReadStatus(ctx, kept, "m", noon.Add(3*time.Hour))
	if err != nil || st.Samples != 10 || st.Window != 7*24*3600 || st.History.Gaps != 3 || st.burnRate(time.Hour).Rate != nil {
		t.Errorf("%+v, %v", st, err)
	}
	if err := store.WriteAll(ctx, kept, "monitors/x/other", nil); err != nil {
		t.Fatal(err)
	}
	if ids, err := List(ctx, kept); err != nil || !slices.Equal(ids, []string{"m"}) {
		t.Errorf("%v, %v", ids, err)
	}
}
