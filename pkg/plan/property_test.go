package plan

import (
	"fmt"
	"math/big"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/script"
)

func drawRat(t *rapid.T, label string, most int64) *big.Rat {
	den := rapid.SampledFrom([]int64{1, 1, 2, 3, 4, 7, 10, 1000, 999_983}).Draw(t, label+" denominator")
	return big.NewRat(rapid.Int64Range(0, most*den).Draw(t, label), den)
}

func drawPhases(t *rapid.T) []script.Phase {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) script.Phase {
		ph := script.Phase{
			Duration:  drawRat(t, "duration", 40),
			Poisson:   rapid.Bool().Draw(t, "poisson"),
			MaxVusers: rapid.SampledFrom([]int{0, 0, 1, 2, 5, 100}).Draw(t, "maxVusers"),
		}
		switch kind := rapid.SampledFrom([]string{"rate", "ramp", "slow ramp", "count", "pause"}).Draw(t, "kind"); kind {
		case "rate":
			ph.From = drawRat(t, "rate", 60)
			ph.To = ph.From
		case "ramp":
			ph.From, ph.To = drawRat(t, "from", 60), drawRat(t, "to", 60)
		case "slow ramp":
			ph.From, ph.To = drawRat(t, "from", 1), drawRat(t, "to", 1)
		case "count":
			ph.From = new(big.Rat)
			if ph.Duration.Sign() > 0 {
				ph.From.Quo(drawRat(t, "count", 200), ph.Duration)
				if ph.From.Cmp(rat("5000")) > 0 {
					ph.From = rat("5000")
				}
			}
			ph.To = ph.From
		case "pause":
			ph.From, ph.To = new(big.Rat), new(big.Rat)
		}
		return ph
	}), 0, 6).Draw(t, "phases")
}

func drawLimits(t *rapid.T) script.Limits {
	return limits(
		rapid.SampledFrom([]int{1, 2, 3, 7, 15, 16, 40, 885}).Draw(t, "chunk duration"),
		rapid.SampledFrom([]int{1, 3, 10, 25, 100, 5000}).Draw(t, "chunk rate"),
	)
}

// curve is the definition, in rational numbers and the long way round.
type curve []script.Phase

// uniform is how many arrivals of uniform phases are expected before t.
func (c curve) uniform(t *big.Rat) *big.Rat {
	sum, start := new(big.Rat), new(big.Rat)
	for _, ph := range c {
		d := new(big.Rat).Sub(t, start)
		if d.Sign() <= 0 {
			break
		}
		if d.Cmp(ph.Duration) > 0 {
			d.Set(ph.Duration)
		}
		if !ph.Poisson {
			sum.Add(sum, integralIn(ph, d))
		}
		start.Add(start, ph.Duration)
	}
	return sum
}

// rates are the rates in the phases that have time in [begin, end), where it
// begins and ends for them.
func (c curve) rates(begin, end *big.Rat) (rates []*big.Rat) {
	start := new(big.Rat)
	for _, ph := range c {
		stop := new(big.Rat).Add(start, ph.Duration)
		from, to := larger(begin, start), smaller(end, stop)
		if from.Cmp(to) < 0 {
			rates = append(rates, rateIn(ph, new(big.Rat).Sub(from, start)), rateIn(ph, new(big.Rat).Sub(to, start)))
		}
		start = stop
	}
	return rates
}

func larger(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) > 0 {
		return a
	}
	return b
}

func smaller(a, b *big.Rat) *big.Rat {
	if a.Cmp(b) < 0 {
		return a
	}
	return b
}

func rateIn(ph script.Phase, d *big.Rat) *big.Rat {
	r := new(big.Rat).Sub(ph.To, ph.From)
	r.Mul(r, d)
	r.Quo(r, ph.Duration)
	return r.Add(r, ph.From)
}

func integralIn(ph script.Phase, d *big.Rat) *big.Rat {
	if ph.Duration.Sign() == 0 {
		return new(big.Rat)
	}
	r := rateIn(ph, d)
	r.Add(r, ph.From)
	r.Mul(r, d)
	return r.Quo(r, two)
}

func nanoseconds(d time.Duration) *big.Rat { return big.NewRat(int64(d), nanos) }

func TestOneSchedule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phases, l, seed := drawPhases(t), drawLimits(t), rapid.Uint64().Draw(t, "seed")
		p := mustPlan(t, phases, l, seed)
		one := mustPlan(t, phases, limits(885, 5000), seed)
		want := all(one)
		if int64(len(want)) != one.Arrivals || one.ChunkCount > 1 {
			t.Fatalf("%d arrivals listed in %d chunks, %d planned", len(want), one.ChunkCount, one.Arrivals)
		}
		got := make([]Arrival, len(want))
		next, windows, chunks := int64(0), 0, 0
		for w := range p.Windows() {
			if w.Index != windows || w.First != next || w.End-w.Start > time.Duration(l.MaxChunkDuration)*time.Second {
				t.Fatalf("window %d: %+v", windows, w)
			}
			windows++
			next = w.Until
		}
		if windows != p.WindowCount || next != p.Arrivals || p.Arrivals != one.Arrivals {
			t.Fatalf("%d windows to %d, planned %d to %d", windows, next, p.WindowCount, p.Arrivals)
		}
		lastID := ""
		for c := range p.Chunks() {
			if c.ID <= lastID || c.End-c.Start > time.Duration(l.MaxChunkDuration)*time.Second {
				t.Fatalf("after %q: %+v", lastID, c)
			}
			lastID = c.ID
			chunks++
			count, last := int64(0), c.Start
			for a := range p.List(c) {
				if a.Index%int64(c.Workers) != int64(c.Worker) || a.Index < c.First || a.Index >= c.Until {
					t.Fatalf("arrival %d is not of %+v", a.Index, c)
				}
				if a.At < last || a.At >= c.End {
					t.Fatalf("arrival %d at %v after one at %v in %+v", a.Index, a.At, last, c)
				}
				if got[a.Index] != (Arrival{}) {
					t.Fatalf("arrival %d is listed twice", a.Index)
				}
				if share := capShare(phases[a.Phase].MaxVusers, c.Worker, c.Workers); a.MaxVusers != share {
					t.Fatalf("cap %d, want %d", a.MaxVusers, share)
				}
				last = a.At
				a.MaxVusers = want[a.Index].MaxVusers
				got[a.Index] = a
				count++
			}
			if count != c.Arrivals {
				t.Fatalf("%d arrivals listed, %d planned in %+v", count, c.Arrivals, c)
			}
		}
		if chunks != p.ChunkCount {
			t.Fatalf("%d chunks, %d planned", chunks, p.ChunkCount)
		}
		if !slices.Equal(got, want) {
			t.Fatalf("the union is\n%v, one worker has\n%v", got, want)
		}
	})
}

// The list is what the definition says, by rational arithmetic.
func TestDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phases, l, seed := drawPhases(t), drawLimits(t), rapid.Uint64().Draw(t, "seed")
		p := mustPlan(t, phases, l, seed)
		c := curve(phases)

		end, drawn := new(big.Rat), int64(0)
		for i, ph := range phases {
			end.Add(end, ph.Duration)
			if ph.Poisson {
				drawn += p.Phases[i].Arrivals()
			}
		}
		if total := wholeUp(c.uniform(end)).Int64(); p.Arrivals != total+drawn {
			t.Fatalf("%d arrivals, want %d and %d drawn", p.Arrivals, total, drawn)
		}
		last, others := time.Duration(0), int64(0)
		for i, a := range all(p) {
			ph := p.Phases[a.Phase]
			if a.Index != int64(i) || a.Index < ph.First || a.Index >= ph.Until || a.At < last || a.At < ph.Start || a.At > ph.End {
				t.Fatalf("arrival %d: %+v after %v in %+v", i, a, last, ph)
			}
			last = a.At
			if ph.Poisson {
				others++
				continue
			}
			// It happens within the nanosecond that begins at a.At, where N
			// passes its index among the uniform ones, give or take a hundredth.
			index := new(big.Rat).SetInt64(a.Index - others)
			before := new(big.Rat).Sub(nanoseconds(a.At), big.NewRat(1, 100*nanos))
			after := new(big.Rat).Add(nanoseconds(a.At), big.NewRat(101, 100*nanos))
			if c.uniform(before).Cmp(index) > 0 || after.Cmp(end) < 0 && c.uniform(after).Cmp(index) <= 0 {
				t.Fatalf("arrival %d at %v: N is %s to %s", a.Index, a.At, c.uniform(before).FloatString(12), c.uniform(after).FloatString(12))
			}
		}
		for w := range p.Windows() {
			peak := new(big.Rat)
			stop := nanoseconds(time.Duration(w.Index+1) * time.Duration(l.MaxChunkDuration) * time.Second)
			for _, r := range c.rates(nanoseconds(w.Start), stop) {
				peak = larger(peak, r)
			}
			want := int(wholeUp(new(big.Rat).Quo(peak, big.NewRat(int64(l.MaxChunkRate), 1))).Int64())
			if w.First == w.Until {
				want = 0
			}
			if w.Workers != want {
				t.Fatalf("%d workers for a peak of %s, want %d: %+v", w.Workers, peak.FloatString(6), want, w)
			}
			if w.Workers > 0 && w.Peak/float64(w.Workers) > float64(l.MaxChunkRate)*(1+1e-12) {
				t.Fatalf("a worker's share is more than %d a second: %+v", l.MaxChunkRate, w)
			}
			if f, _ := peak.Float64(); w.Peak > f*(1+1e-9) || w.Peak < f*(1-1e-9) {
				t.Fatalf("peak is %v, want %v: %+v", w.Peak, f, w)
			}
		}
	})
}

// Workers share a constant rate evenly at any time, not only over a window.
func TestEvenShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perSecond := drawRat(t, "rate", 400)
		perSecond.Add(perSecond, big.NewRat(1, 3))
		before := drawRat(t, "pause", 3)
		p := mustPlan(t, []script.Phase{rate("1/3", "2"), {From: rat("0"), To: rat("0"), Duration: before}, {From: perSecond, To: perSecond, Duration: rat("9")}},
			limits(15, rapid.IntRange(20, 100).Draw(t, "chunk rate")), 1)
		ph := p.Phases[2]
		lasts := int64(ph.End - ph.Start)
		from := ph.Start + time.Duration(rapid.Int64Range(0, lasts).Draw(t, "from"))
		to := from + time.Duration(rapid.Int64Range(0, int64(ph.End-from)).Draw(t, "length"))
		for c := range p.Chunks() {
			count := 0
			for a := range p.List(c) {
				if a.Phase == 2 && a.At >= from && a.At < to {
					count++
				}
			}
			share := ph.Peak * (to - from).Seconds() / float64(c.Workers)
			if d := float64(count) - share; d > 1+1e-5 || d < -1-1e-5 {
				t.Fatalf("worker %d of %d has %d arrivals from %v to %v, its share is %v", c.Worker, c.Workers, count, from, to, share)
			}
		}
	})
}

func TestPlanJSONIsIdentical(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := mustPlan(t, drawPhases(t), drawLimits(t), rapid.Uint64().Draw(t, "seed"))
		checkRoundTrip(t, p)
	})
}

func ExampleNew() {
	p, err := New([]script.Phase{
		{Name: "warm up", From: big.NewRat(20, 1), To: big.NewRat(100, 1), Duration: big.NewRat(60, 1)},
		{Name: "load", From: big.NewRat(100, 1), To: big.NewRat(100, 1), Duration: big.NewRat(90, 1)},
	}, script.Limits{MaxScriptDuration: 600, MaxScriptRate: 100, MaxChunkDuration: 60, MaxChunkRate: 50}, 1)
	if err != nil {
		fmt.Println(err)
		return
	}
	for w := range p.Windows() {
		fmt.Printf("window %d, %v to %v: %d workers, %d arrivals, at most %g a second\n", w.Index, w.Start, w.End, w.Workers, w.Arrivals(), w.Peak)
	}
	// Output:
	// window 0, 0s to 1m0s: 2 workers, 3600 arrivals, at most 100 a second
	// window 1, 1m0s to 2m0s: 2 workers, 6000 arrivals, at most 100 a second
	// window 2, 2m0s to 2m30s: 2 workers, 3000 arrivals, at most 100 a second
}
