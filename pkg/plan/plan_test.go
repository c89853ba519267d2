package plan

import (
	"errors"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"salvo/pkg/script"
)

// rat reads "5", "0.25" or "1/3".
func rat(s string) *big.Rat {
	r, ok := new(big.Rat).SetString(s)
	if !ok {
		panic("bad number " + s)
	}
	return r
}

func rate(perSecond, duration string) script.Phase {
	return ramp(perSecond, perSecond, duration)
}

func ramp(from, to, duration string) script.Phase {
	return script.Phase{From: rat(from), To: rat(to), Duration: rat(duration)}
}

func pause(duration string) script.Phase { return rate("0", duration) }

func arrivals(n, duration string) script.Phase {
	perSecond := new(big.Rat).Quo(rat(n), rat(duration))
	return script.Phase{From: perSecond, To: perSecond, Duration: rat(duration)}
}

func poisson(ph script.Phase) script.Phase {
	ph.Poisson = true
	return ph
}

func capped(ph script.Phase, most int) script.Phase {
	ph.MaxVusers = most
	return ph
}

func limits(chunkDuration, chunkRate int) script.Limits {
	return script.Limits{
		MaxScriptDuration: mostScriptDuration,
		MaxScriptRate:     mostScriptRate,
		MaxChunkDuration:  chunkDuration,
		MaxChunkRate:      chunkRate,
		TimeBuffer:        15_000,
	}
}

func mustPlan(t interface {
	Helper()
	Fatal(...any)
}, phases []script.Phase, l script.Limits, seed uint64) *Plan {
	t.Helper()
	p, err := New(phases, l, seed)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// all is the whole list as the workers of the plan make it, in order of index.
func all(p *Plan) []Arrival {
	var list []Arrival
	for c := range p.Chunks() {
		list = slices.AppendSeq(list, p.List(c))
	}
	slices.SortFunc(list, func(a, b Arrival) int { return int(a.Index - b.Index) })
	return list
}

func TestArrivals(t *testing.T) {
	s := time.Second
	for _, row := range []struct {
		name   string
		phases []script.Phase
		counts []int64                 // of each phase
		at     map[int64]time.Duration // some of the times
	}{
		{"rate, ramp and count", []script.Phase{rate("20", "5"), ramp("20", "100", "10"), arrivals("300", "5")},
			[]int64{100, 600, 300},
			map[int64]time.Duration{0: 0, 1: s / 20, 99: 5*s - s/20, 100: 5 * s, 700: 15 * s, 999: 20*s - s/60 - 1}},
		{"less than one arrival", []script.Phase{rate("0.5", "1")}, []int64{1}, map[int64]time.Duration{0: 0}},
		{"half a second apart", []script.Phase{rate("2", "3")}, []int64{6}, map[int64]time.Duration{1: s / 2, 5: 5 * s / 2}},
		{"thirds of a second", []script.Phase{rate("3", "1")}, []int64{3}, map[int64]time.Duration{1: 333333333, 2: 666666666}},
		{"leading pause", []script.Phase{pause("3.25"), rate("2", "2")}, []int64{0, 4},
			map[int64]time.Duration{0: 3250 * time.Millisecond, 3: 4750 * time.Millisecond}},
		{"only a pause", []script.Phase{pause("100")}, []int64{0}, nil},
		{"trailing pause", []script.Phase{rate("1", "2"), pause("50")}, []int64{2, 0}, map[int64]time.Duration{1: s}},
		{"ramp to 0", []script.Phase{ramp("10", "0", "4")}, []int64{20},
			map[int64]time.Duration{0: 0, 19: time.Duration((4 - math.Sqrt(0.8)) * 1e9)}},
		{"ramp from 0", []script.Phase{ramp("0", "10", "10")}, []int64{50},
			map[int64]time.Duration{0: 0, 2: 2 * s, 8: 4 * s, 18: 6 * s, 32: 8 * s}},
		{"ramp to 0 and up again", []script.Phase{ramp("4", "0", "2"), ramp("0", "4", "2")}, []int64{4, 4},
			map[int64]time.Duration{4: 2 * s, 5: 3 * s}},
		{"pause with a carried fraction", []script.Phase{rate("0.7", "1"), pause("10"), rate("1", "2")}, []int64{1, 0, 2},
			map[int64]time.Duration{0: 0, 1: 11300 * time.Millisecond, 2: 12300 * time.Millisecond}},
		{"fraction through three phases", []script.Phase{rate("1/3", "1"), rate("1/6", "2"), rate("4/9", "3")}, []int64{1, 0, 1},
			map[int64]time.Duration{0: 0, 1: 3750 * time.Millisecond}},
		{"fractions that add up to one", []script.Phase{rate("1/3", "1"), rate("1/3", "1"), rate("1/3", "1")}, []int64{1, 0, 0},
			map[int64]time.Duration{0: 0}},
		{"an arrival on a boundary is of the next phase", []script.Phase{rate("1/3", "3"), rate("1", "1")}, []int64{1, 1},
			map[int64]time.Duration{1: 3 * s}},
		{"a hair more than one", []script.Phase{rate("1.0000000000000000000000001", "1"), pause("1")}, []int64{2, 0},
			map[int64]time.Duration{1: s - 1}},
		{"a hair less than one", []script.Phase{rate("0.9999999999999999999999999", "1.5"), rate("1", "1")}, []int64{2, 1},
			map[int64]time.Duration{1: s}},
		{"a hair before the end of a phase", []script.Phase{rate("1e-13", "1"), rate("2", "0.5"), rate("3", "1")}, []int64{1, 1, 3},
			map[int64]time.Duration{1: 1500*time.Millisecond - 1}},
		{"fractional duration", []script.Phase{rate("10", "0.25"), rate("10", "0.25")}, []int64{3, 2},
			map[int64]time.Duration{2: s / 5, 3: 3 * s / 10}},
		{"count 0", []script.Phase{arrivals("0", "5"), rate("1", "1")}, []int64{0, 1}, map[int64]time.Duration{0: 5 * s}},
		{"uneven count", []script.Phase{arrivals("7", "3")}, []int64{7}, map[int64]time.Duration{1: 428571428, 6: 2571428571}},
		{"phase without time", []script.Phase{rate("1", "2"), rate("1000000000", "0"), rate("1", "2")}, []int64{2, 0, 2},
			map[int64]time.Duration{2: 2 * s}},
		{"over many windows", []script.Phase{rate("0.1", "100"), ramp("0", "2", "60")}, []int64{10, 60},
			map[int64]time.Duration{9: 90 * s, 10: 100 * s, 25: 100*s + time.Duration(math.Sqrt(15*60)*1e9)}},
		{"no phases", nil, nil, nil},
	} {
		for _, workers := range []int{1, 3, 7} {
			t.Run(fmt.Sprintf("%s/%d workers", row.name, workers), func(t *testing.T) {
				one := mustPlan(t, row.phases, limits(30, 5000), 1)
				perWorker := max(1, int(math.Ceil(one.Peak/float64(workers))))
				p := mustPlan(t, row.phases, limits(30, perWorker), 1)
				total := int64(0)
				for i, want := range row.counts {
					if got := p.Phases[i].Arrivals(); got != want {
						t.Errorf("phase %d has %d arrivals, want %d", i, got, want)
					}
					total += want
				}
				list := all(p)
				if p.Arrivals != total || int64(len(list)) != total {
					t.Fatalf("planned %d, listed %d arrivals, want %d", p.Arrivals, len(list), total)
				}
				for i, at := range row.at {
					if list[i].At != at {
						t.Errorf("arrival %d is at %v, want %v", i, list[i].At, at)
					}
				}
				if !slices.Equal(list, all(one)) {
					t.Error("the list differs from that of one worker")
				}
			})
		}
	}
}

// Times that have a name in whole nanoseconds are met, not missed by one.
func TestRoundTimesAreExact(t *testing.T) {
	for _, perSecond := range []int64{1, 2, 4, 5, 8, 10, 16, 20, 25, 50, 80, 100, 125, 200, 250, 400, 500, 1000, 4000} {
		p := mustPlan(t, []script.Phase{pause("0.001"), rate(fmt.Sprint(perSecond), "3")}, limits(15, 5000), 1)
		for _, a := range all(p) {
			if want := time.Millisecond + time.Duration(a.Index*nanos/perSecond); a.At != want {
				t.Fatalf("%d a second: arrival %d is at %d ns, want %d", perSecond, a.Index, a.At, want)
			}
		}
	}
}

func TestPhases(t *testing.T) {
	p := mustPlan(t, []script.Phase{
		{Name: "warm up", From: rat("0"), To: rat("30"), Duration: rat("10")},
		pause("1/3"),
		capped(rate("12.5", "4"), 9),
		rate("1000", "0"),
	}, limits(60, 500), 1)
	third := time.Second / 3
	want := []Phase{
		{Name: "warm up", End: 10 * time.Second, To: 30, Peak: 30, Until: 150},
		{Start: 10 * time.Second, End: 10*time.Second + third, First: 150, Until: 150},
		{Start: 10*time.Second + third, End: 14*time.Second + third, From: 12.5, To: 12.5, Peak: 12.5, First: 150, Until: 200, MaxVusers: 9},
		{Start: 14*time.Second + third, End: 14*time.Second + third, From: 1000, To: 1000, First: 200, Until: 200},
	}
	if !slices.Equal(p.Phases, want) {
		t.Errorf("phases are\n%+v, want\n%+v", p.Phases, want)
	}
	if p.Duration != 14*time.Second+third+1 || p.Peak != 30 || p.Arrivals != 200 {
		t.Errorf("duration %v, peak %v, %d arrivals", p.Duration, p.Peak, p.Arrivals)
	}
}

func TestRate(t *testing.T) {
	p := mustPlan(t, []script.Phase{ramp("0", "30", "10"), pause("5"), rate("7", "0"), poisson(rate("12.5", "5"))}, limits(60, 500), 1)
	for at, want := range map[time.Duration]float64{
		-1: 0, 0: 0, 5 * time.Second: 15, 10*time.Second - 1: 30, 10 * time.Second: 0, 14 * time.Second: 0,
		15 * time.Second: 12.5, 20*time.Second - 1: 12.5, 20 * time.Second: 0, time.Hour: 0,
	} {
		if got := p.Rate(at); math.Abs(got-want) > 1e-6 {
			t.Errorf("at %v the rate is %v, want %v", at, got, want)
		}
	}
}

func TestWindows(t *testing.T) {
	s := time.Second
	p := mustPlan(t, []script.Phase{
		rate("100", "20"), pause("40"), ramp("0", "300", "30"), rate("0.001", "30"), rate("50.5", "1.5"),
	}, limits(30, 50), 1)
	want := []Window{
		{0, 0, 30 * s, 0, 2000, 100, 2},
		{1, 30 * s, 60 * s, 2000, 2000, 0, 0},
		{2, 60 * s, 90 * s, 2000, 6500, 300, 6},
		{3, 90 * s, 120 * s, 6500, 6501, 0.001, 1},
		{4, 120 * s, 121500 * time.Millisecond, 6501, 6576, 50.5, 2},
	}
	if got := slices.Collect(p.Windows()); !slices.Equal(got, want) {
		t.Errorf("windows are\n%v, want\n%v", got, want)
	}
	var ids []string
	for c := range p.Chunks() {
		ids = append(ids, fmt.Sprint(c.ID, " ", c.Arrivals))
	}
	wantIDs := []string{
		"w0000-k000 1000", "w0000-k001 1000",
		"w0002-k000 750", "w0002-k001 750", "w0002-k002 750", "w0002-k003 750", "w0002-k004 750", "w0002-k005 750",
		"w0003-k000 1", "w0004-k000 37", "w0004-k001 38",
	}
	if !slices.Equal(ids, wantIDs) {
		t.Errorf("chunks are\n%v, want\n%v", ids, wantIDs)
	}
	if p.WindowCount != 5 || p.ChunkCount != 11 || p.MaxWorkers() != 7 {
		t.Errorf("%d windows, %d chunks, %d workers at once", p.WindowCount, p.ChunkCount, p.MaxWorkers())
	}
}

func TestChunkIDsSort(t *testing.T) {
	p := mustPlan(t, []script.Phase{rate("1200", "1"), pause("10015"), rate("1", "1")}, limits(1, 1), 1)
	last := ""
	for c := range p.Chunks() {
		if c.ID <= last {
			t.Fatalf("%s comes after %s", c.ID, last)
		}
		last = c.ID
	}
	if last != "w10016-k0000" {
		t.Errorf("the last chunk is %s", last)
	}
}

func TestMaxVusersIsSharedOut(t *testing.T) {
	p := mustPlan(t, []script.Phase{rate("7", "2"), capped(rate("7", "2"), 1), capped(rate("7", "2"), 8), capped(rate("7", "2"), 7)}, limits(30, 3), 1)
	want := [][]int{{0, 0, 0}, {1, -1, -1}, {3, 3, 2}, {3, 2, 2}}
	for c := range p.Chunks() {
		if c.Workers != 3 {
			t.Fatalf("%d workers, want 3", c.Workers)
		}
		for a := range p.List(c) {
			if a.MaxVusers != want[a.Phase][c.Worker] {
				t.Errorf("phase %d gives worker %d a cap of %d, want %d", a.Phase, c.Worker, a.MaxVusers, want[a.Phase][c.Worker])
			}
		}
	}
}

func TestListOfForeignChunks(t *testing.T) {
	p := mustPlan(t, []script.Phase{rate("10", "20"), poisson(rate("10", "20"))}, limits(15, 5), 1)
	for _, c := range []Chunk{
		{Window: -1, Workers: 1, Until: 10},
		{Window: 9, Workers: 1, Until: 10},
		{Workers: 0, Until: 10},
		{Workers: 2, Worker: 2, Until: 10},
		{Workers: 2, Worker: -1, Until: 10},
		{Workers: 2, First: -5, Until: 10},
		{Workers: 2, First: 200, Until: 100},
		{Window: 2, Workers: 2, First: 1 << 40, Until: 1},
	} {
		if list := slices.Collect(p.List(c)); len(list) > 0 {
			t.Errorf("%+v lists %v", c, list)
		}
	}
	for c := range p.Chunks() { // a consumer may stop early
		for range p.List(c) {
			break
		}
		break
	}
}

func TestPhasesThatNewRefuses(t *testing.T) {
	long := strings.Repeat("7", 700)
	for _, row := range []struct {
		name, want string
		phases     []script.Phase
	}{
		{"no duration", "phase 1: the duration is missing", []script.Phase{{From: rat("1"), To: rat("1")}}},
		{"no rate", "phase 1: the arrival rate is missing", []script.Phase{{Duration: rat("1"), To: rat("1")}}},
		{"negative duration", "phase 2 (x): the duration is negative", []script.Phase{rate("1", "1"), {Name: "x", Duration: rat("-1"), From: rat("1"), To: rat("1")}}},
		{"negative rate", "phase 1: the arrival rate is negative", []script.Phase{rate("-1", "1")}},
		{"negative end of a ramp", "phase 1: the arrival rate at its end is negative", []script.Phase{ramp("1", "-1", "1")}},
		{"negative cap", "phase 1: maxVusers is negative", []script.Phase{capped(rate("1", "1"), -1)}},
		{"too many digits", "phase 1: the arrival rate has too many digits", []script.Phase{rate("1/"+long, "1")}},
	} {
		t.Run(row.name, func(t *testing.T) {
			if _, err := New(row.phases, limits(30, 50), 1); err == nil || err.Error() != row.want {
				t.Errorf("error is %v, want %s", err, row.want)
			}
		})
	}
}

// Sums over many unlike denominators are refused before they take long.
func TestSumsWithTooManyDigits(t *testing.T) {
	var phases []script.Phase
	for i := range int64(300) {
		den := new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 600), big.NewInt(2*i+1))
		tiny := new(big.Rat).SetFrac(big.NewInt(1), den)
		phases = append(phases, script.Phase{Duration: rat("1"), From: tiny, To: tiny})
	}
	if _, err := New(phases, limits(30, 50), 1); !errors.Is(err, errDigits) {
		t.Errorf("error is %v", err)
	}
}
