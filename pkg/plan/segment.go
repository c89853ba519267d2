package plan

import (
	"errors"
	"fmt"
	"math/big"
	"time"

	"salvo/pkg/script"
)

// The numbers of a script are exact, so they may have any number of digits;
// these bounds keep arithmetic on them quick. The smallest float64, written
// out, has 1,077 bits.
const (
	maxBits    = 2048 // of a rate or duration of one phase
	maxSumBits = 8192 // of the sums over phases
)

var errDigits = errors.New("the rates and durations up to here have too many digits to be added exactly")

// segment is the part of the curve that one phase makes.
type segment struct {
	duration, from, to *big.Rat // as in the script
	start, end         *big.Rat // seconds from the start of the load

	// lo and hi are the segment's ends on the axis of expected arrivals: one
	// axis for all uniform phases, one of its own for each poisson phase.
	lo, hi  place
	poisson bool
	// offset is what an index on the axis of the uniform phases lacks to be an
	// index of the whole list, which also counts what poisson phases made.
	offset int64

	area, rate *polynomial // place and rate at a whole second inside

	// For the times within a second. The segment touches the seconds from first
	// to last - 1.
	first, last      int64
	startNs, finalNs int64   // its first nanosecond, its last one that begins before its end
	begin, finish    float64 // in ns, its start in second first, its end in second last - 1
	fromRate, toRate float64
	growth           float64 // |slope|
	constant, down   bool
}

// idle tells that a segment has no arrivals.
func (g *segment) idle() bool { return g.lo == g.hi }

// empty tells that a segment lasts no time.
func (g *segment) empty() bool { return g.duration.Sign() == 0 }

const nanos = int64(time.Second)

var (
	two     = big.NewRat(2, 1)
	billion = big.NewRat(nanos, 1)
)

// checkPhase refuses what script never makes, but a hand-made phase or a
// plan.json may hold.
func checkPhase(ph script.Phase) error {
	for _, v := range []struct {
		name string
		r    *big.Rat
	}{{"duration", ph.Duration}, {"arrival rate", ph.From}, {"arrival rate at its end", ph.To}} {
		switch {
		case v.r == nil:
			return fmt.Errorf("the %s is missing", v.name)
		case v.r.Sign() < 0:
			return fmt.Errorf("the %s is negative", v.name)
		case v.r.Num().BitLen() > maxBits || v.r.Denom().BitLen() > maxBits:
			return fmt.Errorf("the %s has too many digits", v.name)
		}
	}
	if ph.MaxVusers < 0 {
		return errors.New("maxVusers is negative")
	}
	return nil
}

// clone copies a number into one form, so that plans that are equal are so by
// reflect.DeepEqual too: a big.Rat has several zeros.
func clone(r *big.Rat) *big.Rat {
	if r.Sign() == 0 {
		return new(big.Rat)
	}
	return new(big.Rat).SetFrac(r.Num(), r.Denom())
}

// newSegment makes the segment of a phase that begins at start, with base
// arrivals expected before it. It returns also how many are expected after it.
func newSegment(x *scratch, ph script.Phase, start, base *big.Rat) (segment, *big.Rat, error) {
	g := segment{
		duration: clone(ph.Duration),
		from:     clone(ph.From),
		to:       clone(ph.To),
		start:    start,
		poisson:  ph.Poisson,
	}
	g.end = new(big.Rat).Add(start, g.duration)
	total := new(big.Rat).Add(g.from, g.to)
	total.Mul(total, g.duration)
	total.Quo(total, two)
	total.Add(total, base)
	if total.Denom().BitLen() > maxSumBits || g.end.Denom().BitLen() > maxSumBits {
		return g, nil, errDigits
	}
	g.lo, g.hi = x.ratPlace(base), x.ratPlace(total)
	g.fromRate, _ = g.from.Float64()
	g.toRate, _ = g.to.Float64()
	g.startNs, g.finalNs = floorNs(g.start), ceilNs(g.end)-1
	g.first, g.last = g.startNs/nanos, (g.finalNs+nanos)/nanos
	g.begin, g.finish = within(g.start, g.first), within(g.end, g.last-1)
	if g.empty() {
		return g, total, nil
	}

	half := new(big.Rat).Sub(g.to, g.from)
	half.Quo(half, g.duration)
	slope, _ := half.Float64()
	g.growth = max(slope, -slope)
	g.constant, g.down = half.Sign() == 0, half.Sign() < 0
	half.Quo(half, two)

	c1 := new(big.Rat).Mul(half, start)
	c0 := new(big.Rat).Sub(c1, g.from)
	c0.Mul(c0, start)
	c0.Add(c0, base)
	c1.Mul(c1, two)
	c1.Sub(g.from, c1)
	g.area = newPolynomial(c0, c1, half)
	g.rate = newPolynomial(c1, new(big.Rat).Mul(half, two), new(big.Rat))
	return g, total, nil
}

// rateAt is the rate at a whole second inside. It adds up from the slower end,
// so that rates near 0 keep their precision.
func (g *segment) rateAt(second int64) float64 {
	if g.down {
		left := float64(g.last-1-second) + float64(g.finish/1e9)
		return g.toRate + float64(g.growth*left)
	}
	done := float64(second-g.first) - float64(g.begin/1e9)
	return g.fromRate + float64(g.growth*done)
}

// floorNs and ceilNs are seconds in whole nanoseconds.
func floorNs(t *big.Rat) int64 {
	ns := new(big.Rat).Mul(t, billion)
	return new(big.Int).Quo(ns.Num(), ns.Denom()).Int64()
}

func ceilNs(t *big.Rat) int64 {
	ns := new(big.Rat).Mul(t, billion)
	q, r := new(big.Int).QuoRem(ns.Num(), ns.Denom(), new(big.Int))
	return q.Int64() + int64(r.Sign())
}

// within is how far t lies after a second begins, in nanoseconds.
func within(t *big.Rat, second int64) float64 {
	rest := new(big.Rat).SetInt64(second)
	rest.Sub(t, rest)
	ns, _ := rest.Mul(rest, billion).Float64()
	return ns
}
