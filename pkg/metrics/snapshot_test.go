package metrics

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"

	"salvo/pkg/hist"
)

// Events split over three recorders give the same bytes as in one, in whatever
// order the snapshots are merged.
func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := NewRecorder(1)
		parts := [3]*Recorder{NewRecorder(1), NewRecorder(2), NewRecorder(3)}
		for _, e := range events().Draw(t, "events") {
			play(whole, e)
			play(parts[rapid.IntRange(0, 2).Draw(t, "part")], e)
		}
		part := func(i int) *Snapshot {
			s := parts[i].Snapshot()
			if rapid.Bool().Draw(t, "decoded") {
				var err error
				if s, err = decodeBody(body(t, s)); err != nil {
					t.Fatal(err)
				}
			}
			return s
		}
		left := part(0)
		left.Merge(part(1))
		left.Merge(part(2))
		inner := part(1)
		inner.Merge(part(2))
		right := part(0)
		right.Merge(inner)
		turned := &Snapshot{}
		turned.Merge(part(2))
		turned.Merge(part(1))
		turned.Merge(part(0))

		want := body(t, whole.Snapshot())
		for name, s := range map[string]*Snapshot{"(a+b)+c": left, "a+(b+c)": right, "0+c+b+a": turned} {
			if !bytes.Equal(body(t, s), want) {
				t.Fatalf("%s is %v, all at once is %v", name, s, whole.Snapshot())
			}
		}
	})
}

func TestMergeLeavesTheOtherAlone(t *testing.T) {
	make := func(n int64) *Snapshot {
		r := NewRecorder(1)
		play(r, event{phase: 1, at: n, seen: []observation{{0, "a", n}, {1, "b", 0}, {2, "c", n}}})
		return r.Snapshot()
	}
	for _, row := range []struct {
		name string
		into *Snapshot
	}{
		{"into nothing", &Snapshot{}},
		{"into another", make(5)},
	} {
		t.Run(row.name, func(t *testing.T) {
			o := make(7)
			want := body(t, o)
			row.into.Merge(o)
			row.into.Merge(make(7))
			row.into.Phases[1].Histograms["c"].Record(9)
			if !bytes.Equal(body(t, o), want) {
				t.Errorf("the other changed to %v", o)
			}
			clone := o.Clone()
			clone.Merge(make(8))
			clone.Seconds[base].Histograms["c"].Record(9)
			clone.Seconds[base].Counters["a"]++
			if !bytes.Equal(body(t, o), want) {
				t.Errorf("the other changed with its clone to %v", o)
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		s := make(5)
		want := body(t, s)
		s.Merge(nil)
		s.Merge(&Snapshot{})
		s.Merge(&Snapshot{Seconds: map[int64]*Cell{base: nil}, Phases: map[int]*Cell{1: {}}})
		if !bytes.Equal(body(t, s), want) {
			t.Errorf("got %v", s)
		}
	})
	t.Run("what a snapshot gave away", func(t *testing.T) {
		r := NewRecorder(1)
		for second := range int64(5) {
			play(r, event{at: second * 1000, seen: []observation{{2, "a", 1}}})
		}
		want := body(t, r.Snapshot())
		given := r.Snapshot()
		for _, c := range given.Seconds {
			c.Histograms["a"].Record(5)
			c.Counters["x"]++
		}
		if !bytes.Equal(body(t, r.Snapshot()), want) {
			t.Error("the recorder changed with its snapshot")
		}
	})
}

func TestWindow(t *testing.T) {
	r := NewRecorder(1)
	for second := range int64(10) {
		play(r, event{phase: int(second / 4), at: second*1000 + 500, seen: []observation{{0, "n", 1}, {2, "second", second}}})
	}
	s := r.Snapshot()
	for _, row := range []struct {
		name        string
		from, to    int64
		n           int64
		first, last int64 // after base, in milliseconds
	}{
		{"all", base, base + 10, 10, 500, 9500},
		{"the end is not in it", base + 2, base + 4, 2, 2500, 3500},
		{"one second", base + 9, base + 10, 1, 9500, 9500},
		{"wider than what there is", base - 1000, base + 3, 3, 500, 2500},
		{"everything ever", math.MinInt64, math.MaxInt64, 10, 500, 9500},
		{"before", base - 5, base, 0, 0, 0},
		{"empty", base + 5, base + 5, 0, 0, 0},
		{"turned round", base + 5, base + 2, 0, 0, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			w := s.Window(row.from, row.to)
			if w.Counters["n"] != row.n {
				t.Errorf("%d events, want %d", w.Counters["n"], row.n)
			}
			first, last := row.first, row.last
			if row.n > 0 {
				first, last = first+base*1000, last+base*1000
			}
			if w.First != first || w.Last != last {
				t.Errorf("from %d to %d, want %d to %d", w.First, w.Last, first, last)
			}
		})
	}
	if total := s.Total(); total.Counters["n"] != 10 || total.Histograms["second"].Sum() != 45 || len(s.Phases) != 3 {
		t.Errorf("total %v of %d phases", total, len(s.Phases))
	}
	w := s.Window(base, base+2)
	w.Histograms["second"].Record(1)
	if s.Seconds[base].Histograms["second"].Count() != 1 {
		t.Error("a window shares its histograms with the snapshot")
	}
}

func TestZeroValues(t *testing.T) {
	var s Snapshot
	if total := s.Total(); total == nil || len(total.Counters) != 0 || total.First != 0 {
		t.Errorf("total of nothing: %v", total)
	}
	if w := s.Window(0, 10); w == nil || w.Last != 0 {
		t.Errorf("window of nothing: %v", w)
	}
	var c Cell
	c.Merge(nil)
	c.Merge(&Cell{Counters: map[string]int64{"a": 1}, Histograms: map[string]*hist.Histogram{"gone": nil}, First: 5, Last: 6})
	if c.Counters["a"] != 1 || c.First != 5 || c.Last != 6 || len(c.Histograms) != 0 {
		t.Errorf("got %v", c)
	}
	if clone := s.Clone(); clone.Phases == nil || clone.Seconds == nil {
		t.Error("a clone of nothing has nil maps")
	}
}

func TestNames(t *testing.T) {
	for _, row := range []struct{ got, want string }{
		{VusersCreatedByName("browse"), "vusers.created_by_name.browse"},
		{HTTPCode(404), "http.codes.404"},
		{HTTPResponseTimeClass(204), "http.response_time.2xx"},
		{HTTPResponseTimeClass(302), "http.response_time.3xx"},
		{HTTPResponseTimeClass(404), "http.response_time.4xx"},
		{HTTPResponseTimeClass(599), "http.response_time.5xx"},
		{HTTPResponseTimeClass(101), ""},
		{ErrorKey("ECONNRESET"), "errors.ECONNRESET"},
		{Endpoints{}.ResponseTime("/a?q=1"), "plugins.metrics-by-endpoint.response_time./a?q=1"},
		{Endpoints{}.Code("/n (nm)", 200), "plugins.metrics-by-endpoint./n (nm).codes.200"},
		{Endpoints{Namespace: "mine"}.Code("/", 404), "mine./.codes.404"},
		{Endpoints{}.Error(":9/x y", "ECONNREFUSED"), "plugins.metrics-by-endpoint.:9/x y.errors.ECONNREFUSED"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
}
