package metrics

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"salvo/pkg/hist"
)

// body is what MarshalBinary deflates.
func body(t interface{ Fatal(...any) }, s *Snapshot) []byte {
	b, err := s.appendBody(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// at is a time so many milliseconds after some second.
func at(milliseconds int64) time.Time { return time.UnixMilli(1_800_000_000_000 + milliseconds) }

const base = 1_800_000_000

// observation is one call to a batch.
type observation struct {
	kind int // 0 counter, 1 rate, 2 histogram
	name string
	n    int64
}

// event is one batch.
type event struct {
	shard int64
	phase int
	at    int64 // milliseconds
	seen  []observation
}

func events() *rapid.Generator[[]event] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) event {
		return event{
			shard: rapid.Int64Range(-3, 5).Draw(t, "shard"),
			phase: rapid.IntRange(-1, 4).Draw(t, "phase"),
			at:    rapid.Int64Range(-2000, 9000).Draw(t, "at"),
			seen: rapid.SliceOfN(rapid.Custom(func(t *rapid.T) observation {
				return observation{
					kind: rapid.IntRange(0, 2).Draw(t, "kind"),
					name: rapid.SampledFrom([]string{"a", "b", "http.requests", "errors.é", ""}).Draw(t, "name"),
					n:    rapid.OneOf(rapid.Int64Range(-3, 3), rapid.Int64Range(0, 1e9)).Draw(t, "n"),
				}
			}), 1, 6).Draw(t, "seen"),
		}
	}), 0, 80)
}

func play(r *Recorder, e event) {
	b := r.Shard(e.shard).Begin(e.phase, at(e.at))
	defer b.End()
	for _, o := range e.seen {
		switch o.kind {
		case 0:
			b.Add(r.Counter(o.name), o.n)
		case 1:
			b.Mark(r.Rate(o.name))
		case 2:
			b.Observe(r.Histogram(o.name), o.n)
		}
	}
}

// plain adds an event up without a recorder.
func plain(s *Snapshot, e event) {
	when := at(e.at)
	if s.Phases == nil {
		s.Phases, s.Seconds = map[int]*Cell{}, map[int64]*Cell{}
	}
	if s.Phases[e.phase] == nil {
		s.Phases[e.phase] = &Cell{First: when.UnixMilli()}
	}
	if s.Seconds[when.Unix()] == nil {
		s.Seconds[when.Unix()] = &Cell{First: when.UnixMilli()}
	}
	for _, c := range []*Cell{s.Phases[e.phase], s.Seconds[when.Unix()]} {
		c.First, c.Last = min(c.First, when.UnixMilli()), max(c.Last, when.UnixMilli())
		if c.Counters == nil {
			c.Counters, c.Rates, c.Histograms = map[string]int64{}, map[string]int64{}, map[string]*hist.Histogram{}
		}
		for _, o := range e.seen {
			switch o.kind {
			case 0:
				c.Counters[o.name] += o.n
			case 1:
				c.Rates[o.name]++
			case 2:
				if c.Histograms[o.name] == nil {
					c.Histograms[o.name] = new(hist.Histogram)
				}
				c.Histograms[o.name].Record(o.n)
			}
		}
	}
}

// Whatever the order of phases and seconds, late ones too, and whenever snapshots
// were taken, the recorder adds up what was recorded.
func TestRecorderAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := NewRecorder(rapid.IntRange(-1, 4).Draw(t, "shards"))
		var want Snapshot
		for _, e := range events().Draw(t, "events") {
			play(r, e)
			plain(&want, e)
			if rapid.IntRange(0, 9).Draw(t, "look") == 0 {
				if got := r.Snapshot(); !bytes.Equal(body(t, got), body(t, &want)) {
					t.Fatalf("half-way: got %v, want %v", got, want)
				}
			}
		}
		if got := r.Snapshot(); !bytes.Equal(body(t, got), body(t, &want)) {
			t.Fatalf("got %v, want %v", got, want)
		}
	})
}

// More phases at once than a shard keeps cells open.
func TestManyPhasesAtOnce(t *testing.T) {
	r := NewRecorder(1)
	var want Snapshot
	random := rand.New(rand.NewPCG(1, 2))
	for i := range int64(5000) {
		e := event{phase: random.IntN(3 * maxOpen), at: 2 * i, seen: []observation{{0, "a", 1}, {2, "b", i}}}
		play(r, e)
		plain(&want, e)
	}
	if !bytes.Equal(body(t, r.Snapshot()), body(t, &want)) {
		t.Error("the snapshot differs from what was recorded")
	}
}

// A shard keeps few cells open and hands the others over once.
func TestSecondsThatPassedAreClosed(t *testing.T) {
	r := NewRecorder(1)
	for second := range int64(60) {
		play(r, event{at: 1000 * second, seen: []observation{{2, "a", second}}})
	}
	s := r.Shard(0)
	if len(s.open) != 2 || len(s.closed) != 58 || len(s.spare) > maxSpare {
		t.Errorf("%d cells open, %d closed, %d spare; want 2, 58 and at most %d", len(s.open), len(s.closed), len(s.spare), maxSpare)
	}
	for range 2 {
		if got := r.Snapshot().Total().Histograms["a"].Count(); got != 60 {
			t.Errorf("snapshot of %d observations, want 60", got)
		}
	}
	if len(s.closed) != 0 {
		t.Errorf("%d closed cells were not taken", len(s.closed))
	}
}

func TestConcurrentRecording(t *testing.T) {
	const goroutines, each = 16, 2000
	r := NewRecorder(3)
	stop := make(chan struct{})
	var looking, recording sync.WaitGroup
	looking.Go(func() {
		var last int64
		for {
			s := r.Snapshot()
			total := s.Total()
			requests, times := total.Counters[HTTPRequests], total.Histograms[HTTPResponseTime]
			if times != nil && times.Count() != requests {
				t.Errorf("a batch is torn: %d requests, %d times", requests, times.Count())
			}
			if requests < last {
				t.Errorf("%d requests after %d", requests, last)
			}
			last = requests
			select {
			case <-stop:
				return
			default:
			}
		}
	})
	for g := range int64(goroutines) {
		recording.Go(func() {
			for i := range int64(each) {
				requests := r.Counter(HTTPRequests)
				b := r.Shard(g).Begin(int(i%3), at(i*3+g*100))
				b.Add(requests, 1)
				b.Mark(r.Rate(HTTPRequestRate))
				b.Observe(r.Histogram(HTTPResponseTime), i)
				b.Add(r.Counter(fmt.Sprintf("errors.%d", i%7)), 2)
				b.End()
			}
		})
	}
	recording.Wait()
	close(stop)
	looking.Wait()

	s := r.Snapshot()
	total := s.Total()
	if got := total.Counters[HTTPRequests]; got != goroutines*each {
		t.Errorf("%d requests, want %d", got, goroutines*each)
	}
	if got := total.Rates[HTTPRequestRate]; got != goroutines*each {
		t.Errorf("%d marks, want %d", got, goroutines*each)
	}
	h := total.Histograms[HTTPResponseTime]
	if want := int64(goroutines * each * (each - 1) / 2); h.Count() != goroutines*each || h.Sum() != want || h.Max() != each-1 {
		t.Errorf("times: count %d, sum %d, max %d; want %d, %d, %d", h.Count(), h.Sum(), h.Max(), goroutines*each, want, each-1)
	}
	var errors int64
	for i := range 7 {
		errors += total.Counters[fmt.Sprintf("errors.%d", i)]
	}
	if errors != 2*goroutines*each {
		t.Errorf("%d errors, want %d", errors, 2*goroutines*each)
	}
	if !bytes.Equal(body(t, &Snapshot{Seconds: map[int64]*Cell{0: total}}), body(t, &Snapshot{Seconds: map[int64]*Cell{0: s.Window(0, 1<<40)}})) {
		t.Error("seconds and phases hold different things")
	}
}

func TestHandles(t *testing.T) {
	r := NewRecorder(1)
	if a, b := r.Counter("x"), r.Counter("x"); a != b || a == dropped {
		t.Errorf("one name has the handles %d and %d", a, b)
	}
	if r.Counter("x") == r.Counter("y") {
		t.Error("two names have one handle")
	}
	play(r, event{seen: []observation{{0, "x", 5}, {1, "x", 0}, {2, "x", 7}}})
	total := r.Snapshot().Total()
	if total.Counters["x"] != 5 || total.Rates["x"] != 1 || total.Histograms["x"].Sum() != 7 {
		t.Errorf("a name of three kinds: %v", total)
	}
	if total.First != at(0).UnixMilli() || total.Last != at(0).UnixMilli() {
		t.Errorf("first %d, last %d", total.First, total.Last)
	}
}

func TestCounterOfZeroIsKnown(t *testing.T) {
	r := NewRecorder(1)
	r.Counter("never")
	play(r, event{seen: []observation{{0, "zero", 0}, {0, "both", 3}, {0, "both", -3}}})
	got := r.Snapshot().Total().Counters
	if len(got) != 2 {
		t.Errorf("got %v, want zero and both", got)
	}
}

// A name that comes up when cells are open already.
func TestNewNames(t *testing.T) {
	r := NewRecorder(1)
	for i := range int64(300) {
		play(r, event{at: i * 10, seen: []observation{{0, fmt.Sprint("c", i), i}, {1, fmt.Sprint("r", i), 0}, {2, fmt.Sprint("h", i), i}}})
	}
	total := r.Snapshot().Total()
	for i := range int64(300) {
		if total.Counters[fmt.Sprint("c", i)] != i || total.Rates[fmt.Sprint("r", i)] != 1 || total.Histograms[fmt.Sprint("h", i)].Sum() != i {
			t.Fatalf("metrics %d are wrong", i)
		}
	}
}

func TestNamesAreBounded(t *testing.T) {
	r := NewRecorder(2)
	for i := range MaxNames - 1 {
		r.Counter(fmt.Sprint(ErrorsPrefix, i))
	}
	last := r.Histogram("the last one")
	if last == dropped {
		t.Fatal("the last name was dropped")
	}
	if r.Counter("one more") != dropped || r.Rate("one more") != dropped || r.Histogram("one more") != dropped {
		t.Error("a name beyond the last was kept")
	}
	if r.Counter(ErrorsPrefix+"77") == dropped {
		t.Error("a name that was kept is dropped now")
	}
	for range 3 {
		play(r, event{seen: []observation{{0, "one more", 1000}, {1, "another", 0}, {2, "yet another", 1000}, {0, "errors.5", 1}, {2, "the last one", 3}}})
	}
	total := r.Snapshot().Total()
	if got := total.Counters[NamesDropped]; got != 9 {
		t.Errorf("%d observations were dropped, want 9", got)
	}
	if total.Counters["errors.5"] != 3 || total.Histograms["the last one"].Count() != 3 || len(total.Counters) != 2 || len(total.Rates) != 0 || len(total.Histograms) != 1 {
		t.Errorf("got %v", total)
	}
}

func TestForeignHandles(t *testing.T) {
	r := NewRecorder(1)
	b := r.Shard(0).Begin(0, at(0))
	b.Add(0, 50)
	b.Add(99, 50)
	b.Add(-1, 50)
	b.Mark(99)
	b.Observe(-99, 50)
	b.End()
	if got := r.Snapshot().Total().Counters[NamesDropped]; got != 5 {
		t.Errorf("%d observations were dropped, want 5", got)
	}
}

func TestLongNames(t *testing.T) {
	for _, row := range []struct{ name, in, want string }{
		{"at the limit", strings.Repeat("x", maxNameLength), strings.Repeat("x", maxNameLength)},
		{"past the limit", strings.Repeat("x", maxNameLength+1), strings.Repeat("x", maxNameLength)},
		{"between characters", strings.Repeat("x", maxNameLength-1) + "é…", strings.Repeat("x", maxNameLength-1)},
		{"not text", strings.Repeat("\x80", 2*maxNameLength), strings.Repeat("\x80", maxNameLength)},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := NewRecorder(1)
			play(r, event{seen: []observation{{0, row.in, 1}, {0, row.want, 1}}})
			got := r.Snapshot().Total().Counters
			if len(got) != 1 || got[row.want] != 2 {
				t.Errorf("got %v", got)
			}
			for name := range got {
				if utf8.ValidString(row.in) && !utf8.ValidString(name) {
					t.Errorf("%q is cut within a character", name)
				}
			}
		})
	}
}

func TestBatchDoesNotAllocate(t *testing.T) {
	l := newLoad(1)
	s := l.r.Shard(0)
	micros := int64(0)
	run := func() {
		micros = (micros + 777) % 100_000
		response(l, s, at(micros/100), micros)
	}
	for range 1000 {
		run()
	}
	if n := testing.AllocsPerRun(1000, run); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
