package monitor

import (
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/job"
	"salvo/pkg/store"
)

// filled is a state after days of five samples a minute, of which some were bad.
func filled(days int) *state {
	s := newState()
	r := rand.New(rand.NewPCG(3, 4))
	set := Settings{Alerts: Alerts{minutes(30), 2, 3}, Objective: &Objective{99.9, 90 * day}}
	s.settings = &set
	for i := range days * 1440 {
		run := Run{ID: name(i), Time: at(i).Add(time.Duration(r.IntN(60_000)) * time.Millisecond), Verdict: Passed, Good: 5}
		if r.IntN(60) == 0 {
			run.Good, run.Bad, run.Verdict = 0, 5, Failed
		}
		s.record(run, set)
		for which := range s.alarms {
			s.alarms[which].tell(begins, run.Time)
		}
	}
	s.claim = claim{"ABCDEFGHIJKLMNOPQRSTUVWXYZ", noon}
	return s
}

// TestStateSize holds that a state is bounded, and what docs say of its size.
func TestStateSize(t *testing.T) {
	for _, test := range []struct{ days, most int }{{1, 5 << 10}, {100, 12 << 10}} {
		s := filled(test.days)
		data, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%d days: %d bytes", test.days, len(data))
		if len(data) > test.most {
			t.Errorf("%d days are %d bytes, more than %d", test.days, len(data), test.most)
		}
		again, err := decodeState(data)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(s, again) {
			t.Errorf("%d days: a decoded state differs", test.days)
		}
	}
}

// TestOldState: the file is what the first version wrote. It must be read for ever.
func TestOldState(t *testing.T) {
	path := filepath.Join("testdata", "state.v1.json")
	want := filled(1)
	if *update {
		data, err := want.encode()
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	got, err := decodeState(data)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("read as something else: %v", err)
	}
	// One of before something was added, and one of after.
	for _, text := range []string{`{"version":1}`, `{"version":1,"alarms":[{"on":true,"later":7}],"later":{}}`} {
		if _, err := decodeState([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func FuzzDecodeState(f *testing.F) {
	for _, days := range []int{0, 1} {
		data, _ := filled(days).encode()
		f.Add(data)
	}
	f.Add([]byte(`{"version":1,"minutes":{"first":1,"counts":"AwE="},"alarms":[{"since":"2026-11-23T12:00:00Z"}]}`))
	f.Add([]byte(`{"version":1,"minutes":null,"runs":"AAAAAAAAAAAAAA=="}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := decodeState(data)
		if err != nil {
			return
		}
		// What is read can be used, and written and read again.
		set := Settings{Objective: &Objective{99.9, 30 * day}}
		s.record(plain("new", noon, Failed), set)
		s.due(plain("new", noon, Failed), set.Alerts)
		s.status("m", *set.Objective, s.newest())
		out, err := s.encode()
		if err != nil {
			if strings.Contains(err.Error(), "year outside") {
				return // a time that no Salvo writes
			}
			t.Fatal(err)
		}
		again, err := decodeState(out)
		if err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		second, err := again.encode()
		if err != nil || !bytes.Equal(out, second) {
			t.Fatalf("%s\n%s\n%v", out, second, err)
		}
	})
}

// TestWindows: the sum over a window is that of the samples in it, whatever the order
// in which they came, and the same after the state was written and read.
func TestWindows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		type sample struct {
			at time.Time
			c  count
		}
		var all []sample
		s := newState()
		for range rapid.IntRange(1, 60).Draw(t, "samples") {
			back := time.Duration(rapid.Int64Range(0, int64(100*day/time.Second)).Draw(t, "back")) * time.Second
			if rapid.Bool().Draw(t, "near") {
				back /= 300
			}
			x := sample{noon.Add(-back), count{rapid.Int64Range(0, 500).Draw(t, "good"), rapid.Int64Range(0, 5).Draw(t, "bad")}}
			all = append(all, x)
			s.minutes.add(x.at, x.c)
			s.hours.add(x.at, x.c)
		}
		end := slices.MaxFunc(all, func(a, b sample) int { return a.at.Compare(b.at) }).at
		data, err := s.encode()
		if err != nil {
			t.Fatal(err)
		}
		read, err := decodeState(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, w := range append(slices.Clone(shown), day, 30*day, 90*day) {
			step := time.Minute
			if w > 6*time.Hour {
				step = time.Hour
			}
			from := end.Truncate(step).Add(step - w)
			var want count
			for _, x := range all {
				if !x.at.Before(from) {
					want.good += x.c.good
					want.bad += x.c.bad
				}
			}
			if got := s.window(end, w); got != want {
				t.Errorf("%v: %+v, want %+v", w, got, want)
			}
			if got := read.window(end, w); got != want {
				t.Errorf("%v, read again: %+v, want %+v", w, got, want)
			}
		}
	})
}

// TestManners: in whatever order runs come, and whatever they are, no two alerts of one kind
// are nearer than repeatEvery, no more than two of any kind are within it, what is said to be over
// was said to have begun, and the last word is not that all is well while it has long not been.
func TestManners(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		every := rapid.SampledFrom([]float64{1, 5, 60, 300}).Draw(t, "repeatEvery")
		of := rapid.IntRange(1, 5).Draw(t, "of")
		set := Settings{
			Alerts:    Alerts{RepeatEvery: &every, After: rapid.IntRange(1, of).Draw(t, "after"), Of: of},
			Objective: &Objective{rapid.SampledFrom([]float64{90, 99, 99.9}).Draw(t, "objective"), 30 * day},
		}
		s := newState()
		type spoken struct {
			event event
			at    time.Time
		}
		said := map[int][]spoken{}
		minute := 0
		for i := range rapid.IntRange(1, 150).Draw(t, "runs") {
			minute += rapid.SampledFrom([]int{1, 1, 1, 1, 0, 2, 30, 600}).Draw(t, "gap")
			late := rapid.SampledFrom([]int{0, 0, 0, 0, 0, 1, 3}).Draw(t, "late")
			verdict := rapid.SampledFrom([]Verdict{Passed, Passed, Failed, Failed, Broken}).Draw(t, "verdict")
			run := plain(name(i), at(minute-late), verdict)
			for again := range 2 {
				if fresh := s.record(run, set); fresh != (again == 0) {
					t.Fatalf("run %d, time %d: new %v", i, again, fresh)
				}
				notices := s.due(run, set.Alerts)
				if again == 1 && len(notices) > 0 {
					t.Fatalf("run %d spoke twice: %+v", i, notices)
				}
				for _, n := range notices {
					s.alarms[n.which].tell(n.event, n.alarm.At)
					before := said[n.which]
					if n.event == ends {
						if len(before) == 0 || before[len(before)-1].event == ends {
							t.Fatalf("run %d: an end without a beginning", i)
						}
						if !n.alarm.Until.After(n.alarm.Since) && !n.alarm.Until.Equal(n.alarm.Since) {
							t.Fatalf("run %d: it lasted from %v to %v", i, n.alarm.Since, n.alarm.Until)
						}
					} else {
						within := 0
						for _, b := range before {
							if b.event != ends && n.alarm.At.Sub(b.at) < repeat(n.which, set.Alerts) {
								within++
								if b.event == n.event {
									t.Fatalf("run %d: two alerts of the kind %d within %v", i, n.event, n.alarm.At.Sub(b.at))
								}
							}
						}
						if within > 1 {
							t.Fatalf("run %d: more than two alerts within repeatEvery", i)
						}
					}
					said[n.which] = append(before, spoken{n.event, n.alarm.At})
				}
			}
			// A bad newest run, with its condition, has been told of, unless the run at hand is late.
			if a := s.alarms[alarmFailed]; a.On && a.BadAt && late == 0 && run.Verdict == Failed && s.speaksFor(run, alarmFailed) && !a.Told {
				t.Fatalf("run %d: nobody was told: %+v", i, a)
			}
		}
	})
}

func BenchmarkObserve(b *testing.B) {
	s := filled(90)
	data, err := s.encode()
	if err != nil {
		b.Fatal(err)
	}
	kept := new(store.Mem)
	if err := store.WriteAll(b.Context(), kept, job.MonitorStateKey("m"), data); err != nil {
		b.Fatal(err)
	}
	m := &Monitor{Store: kept, ID: "m", Publisher: Writer{io.Discard}, Settings: Settings{Objective: &Objective{99.9, 90 * day}}}
	i := 90 * 1440
	m.Now = func() time.Time { return at(i + 1) }
	for b.Loop() {
		if _, err := m.Observe(b.Context(), plain(name(i), at(i), Passed)); err != nil {
			b.Fatal(err)
		}
		i++
	}
}
