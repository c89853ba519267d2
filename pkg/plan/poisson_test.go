package plan

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"salvo/pkg/script"
)

// What a seed draws must not change: a plan that was written before is listed
// after, and arm64 lists what amd64 planned.
func TestPoissonIsPinned(t *testing.T) {
	p := mustPlan(t, []script.Phase{poisson(rate("2", "3")), rate("1", "1"), poisson(ramp("0", "100000", "2"))}, limits(15, 5000), 42)
	var got []time.Duration
	for _, a := range all(p) {
		if a.Index < 8 || a.Index%25_000 == 0 {
			got = append(got, a.At)
		}
	}
	got = append(got, time.Duration(p.Arrivals))
	want := []time.Duration{282375261, 390714079, 445016644, 955579467, 2128056943, 2333167940, 3000000000, 4012602281, 4998379970, 5415704766, 5732669110, 99747}
	if !slices.Equal(got, want) {
		t.Errorf("drew %d, want %d", got, want)
	}
}

func TestPoissonCounts(t *testing.T) {
	c := newCounts()
	if !slices.IsSorted(c.upTo) || c.upTo[0] > 1 || c.upTo[len(c.upTo)-1] != math.MaxUint64 {
		t.Errorf("the table goes from %d to %d", c.upTo[0], c.upTo[len(c.upTo)-1])
	}
	var mean, square, last float64
	for i := range len(c.upTo) + 1 {
		next := 1.0
		if i < len(c.upTo) {
			next = float64(c.upTo[i]) / (1 << 64)
		}
		n := float64(c.least+int64(i)) - 1<<blockBits
		mean += (next - last) * n
		square += (next - last) * n * n
		last = next
	}
	// Of a Poisson variable the variance is the mean.
	if math.Abs(mean) > 1e-6 || math.Abs(square-mean*mean-1<<blockBits) > 1e-4 {
		t.Errorf("mean is off by %v, variance is %v", mean, square-mean*mean)
	}
	if c.draw(0) < c.least || c.draw(math.MaxUint64) != c.least+int64(len(c.upTo)) {
		t.Errorf("draws go from %d to %d, the table begins at %d", c.draw(0), c.draw(math.MaxUint64), c.least)
	}
}

// The gaps are exponential: the largest distance between their distribution and
// the true one stays below the 1 % bound of Kolmogorov and Smirnov. Successive
// gaps and counts of successive stretches are not correlated.
func TestPoissonGaps(t *testing.T) {
	for _, row := range []struct {
		name  string
		phase script.Phase
		until func(seconds float64) float64 // arrivals expected
	}{
		{"slow", rate("0.25", "400000"), func(s float64) float64 { return s / 4 }},
		{"fast", rate("50000", "4"), func(s float64) float64 { return 50000 * s }},
		{"ramp up", ramp("0", "2000", "100"), func(s float64) float64 { return 10 * s * s }},
		{"ramp down", ramp("2000", "0", "100"), func(s float64) float64 { return 2000*s - 10*s*s }},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := mustPlan(t, []script.Phase{poisson(row.phase)}, limits(885, 5000), 7)
			var gaps []float64
			last := 0.0
			for w := range p.Windows() {
				for a := range p.List(Chunk{Window: w.Index, Workers: 1, First: w.First, Until: w.Until}) {
					at := row.until(a.At.Seconds())
					gaps = append(gaps, at-last)
					last = at
				}
			}
			n := float64(len(gaps))
			if n < 90_000 {
				t.Fatalf("only %v arrivals", n)
			}
			together := 0.0
			for i := range gaps[1:] {
				together += (gaps[i] - 1) * (gaps[i+1] - 1)
			}
			if r := together / n; math.Abs(r) > 4/math.Sqrt(n) {
				t.Errorf("successive gaps are correlated: %v", r)
			}
			slices.Sort(gaps)
			worst := 0.0
			for i, g := range gaps {
				p := 1 - math.Exp(-g)
				worst = max(worst, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
			}
			if worst > 1.63/math.Sqrt(n) {
				t.Errorf("the gaps' distribution is off by %v", worst)
			}
		})
	}
}

func TestPoissonCountsVary(t *testing.T) {
	const seeds, mean = 20_000, 100
	var sum, square float64
	c := newCounts()
	for seed := range uint64(seeds) {
		n := float64(newProcess(seed, 1, c).newTally().before(place{n: mean}))
		sum += n - mean
		square += (n - mean) * (n - mean)
	}
	// Standard errors: of the mean sqrt(mean/n), of the variance about mean*sqrt(2/n).
	if off := sum / seeds; math.Abs(off) > 4*math.Sqrt(mean/float64(seeds)) {
		t.Errorf("the mean count is off by %v", off)
	}
	if v := square / seeds; math.Abs(v-mean) > 4*mean*math.Sqrt(2.0/seeds) {
		t.Errorf("the counts' variance is %v, want about %v", v, mean)
	}
}

// Phases and seeds have points of their own, and fractions of uniform phases
// pass them by.
func TestPoissonPhasesAreTheirOwn(t *testing.T) {
	phase := poisson(rate("10", "10"))
	p := mustPlan(t, []script.Phase{phase, phase}, limits(15, 5000), 1)
	q := mustPlan(t, []script.Phase{phase, phase}, limits(15, 5000), 2)
	offsets := func(p *Plan, phase int) (list []time.Duration) {
		for _, a := range all(p) {
			if a.Phase == phase {
				list = append(list, a.At-p.Phases[phase].Start)
			}
		}
		return list
	}
	if slices.Equal(offsets(p, 0), offsets(p, 1)) || slices.Equal(offsets(p, 0), offsets(q, 0)) {
		t.Error("two processes are the same")
	}
	with := mustPlan(t, []script.Phase{rate("1/3", "1"), phase, rate("1/3", "1"), rate("1/3", "1"), rate("1", "1")}, limits(15, 5000), 1)
	for i, want := range map[int]int64{0: 1, 2: 0, 3: 0, 4: 1} {
		if got := with.Phases[i].Arrivals(); got != want {
			t.Errorf("phase %d has %d arrivals, want %d", i, got, want)
		}
	}
}

// Counting before a place and walking up to it agree wherever it lies.
func TestPoissonTallyAgreesWithWalk(t *testing.T) {
	proc := newProcess(3, 1, newCounts())
	var points []place
	w := walk{process: proc, to: place{n: 3 << blockBits}, n: 1, visit: func(at place, _ int64) bool {
		points = append(points, at)
		return true
	}}
	w.run()
	if !slices.IsSortedFunc(points, func(a, b place) int {
		if a.before(b) {
			return -1
		}
		return 1
	}) {
		t.Error("the points are not in order")
	}
	tally := proc.newTally()
	for _, i := range []int{0, 1, 5, 63, 64, 65, 1000, 60_000, 70_000, 131_000, len(points) - 1} {
		at := points[i]
		later := place{at.n, at.frac + 1}
		if got := tally.before(at); got != int64(i) {
			t.Errorf("%d points before point %d", got, i)
		}
		if got := tally.before(later); got != int64(i)+1 {
			t.Errorf("%d points before just after point %d", got, i)
		}
		for _, n := range []int{1, 7, 1000} {
			var got []int64
			w := walk{process: proc, from: at, to: place{n: at.n + 3000}, index: int64(i), k: 3 % n, n: n, visit: func(p place, index int64) bool {
				if p != points[index] {
					t.Fatalf("point %d is at %v, from %v on at %v", index, points[index], at, p)
				}
				got = append(got, index)
				return true
			}}
			if i > 130_000 {
				continue
			}
			w.run()
			if len(got) == 0 || got[0] != next(int64(i), 3%n, n) {
				t.Errorf("from point %d, worker 3 of %d has %v first", i, n, got[:min(1, len(got))])
			}
		}
	}
}

func TestGridAfter(t *testing.T) {
	for _, row := range []struct {
		at   place
		want uint64
	}{
		{place{0, 0}, 0}, {place{0, 1}, 1}, {place{0, 1 << 38}, 1}, {place{0, 1<<38 + 1}, 2},
		{place{64, 0}, 0}, {place{65, 0}, 1 << 26}, {place{63, math.MaxUint64}, 1 << 32},
	} {
		if got := gridAfter(row.at); got != row.want {
			t.Errorf("%v: %d, want %d", row.at, got, row.want)
		}
	}
}

func ExamplePlan_List() {
	p, err := New([]script.Phase{poisson(rate("4", "1"))}, limits(15, 2), 5)
	if err != nil {
		fmt.Println(err)
		return
	}
	for c := range p.Chunks() {
		for a := range p.List(c) {
			fmt.Println(c.ID, a.Index, a.At.Truncate(time.Millisecond))
		}
	}
	// Output:
	// w0000-k000 0 53ms
	// w0000-k000 2 702ms
	// w0000-k001 1 570ms
	// w0000-k001 3 879ms
}
