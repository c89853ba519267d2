package plan

import (
	"encoding/binary"
	"math/big"
)

// place is a point on the axis of expected arrivals: n + frac/2^64. A boundary
// is rounded up to one, which keeps every comparison with a place exact that is
// a multiple of 2^-64 itself, as whole numbers and the points of a process are.
type place struct {
	n, frac uint64
}

func (a place) before(b place) bool {
	return a.n < b.n || a.n == b.n && a.frac < b.frac
}

// minus is a - b for b <= a. It never decreases when a grows or b shrinks.
func (a place) minus(b place) float64 {
	n, frac := a.n-b.n, a.frac-b.frac
	if a.frac < b.frac {
		n--
	}
	return float64(n) + float64(float64(frac)*0x1p-64)
}

// ceil is the least whole number that is not below the boundary that a rounds.
func (a place) ceil() int64 {
	if a.frac > 0 {
		return int64(a.n) + 1
	}
	return int64(a.n)
}

// polynomial is (c0 + c1 s + c2 s²) / den for whole seconds s.
type polynomial struct {
	c0, c1, c2, den big.Int
}

func newPolynomial(c0, c1, c2 *big.Rat) *polynomial {
	var p polynomial
	p.den.Set(c0.Denom())
	for _, c := range []*big.Rat{c1, c2} {
		var gcd big.Int
		gcd.GCD(nil, nil, &p.den, c.Denom())
		p.den.Mul(&p.den, gcd.Quo(c.Denom(), &gcd))
	}
	for _, c := range []struct {
		to   *big.Int
		from *big.Rat
	}{{&p.c0, c0}, {&p.c1, c1}, {&p.c2, c2}} {
		c.to.Quo(&p.den, c.from.Denom())
		c.to.Mul(c.to, c.from.Num())
	}
	return &p
}

// scratch holds the big integers of an evaluation, so that evaluating again
// does not allocate. It belongs to one goroutine.
type scratch struct {
	v, s, quo, rem, bound big.Int
	bytes                 [16]byte
}

func (x *scratch) eval(p *polynomial, second int64) {
	x.s.SetInt64(second)
	x.v.Mul(&p.c2, &x.s)
	x.v.Add(&x.v, &p.c1)
	x.v.Mul(&x.v, &x.s)
	x.v.Add(&x.v, &p.c0)
}

// place is where p is at a second; p is an integral, so it is not negative.
func (x *scratch) place(p *polynomial, second int64) place {
	x.eval(p, second)
	return x.round(&p.den)
}

// ceil is p / by at a second, rounded up.
func (x *scratch) ceil(p *polynomial, second int64, by int) int {
	x.eval(p, second)
	return x.times(&p.den, by)
}

// ratCeil is r / by, rounded up.
func (x *scratch) ratCeil(r *big.Rat, by int) int {
	x.v.Set(r.Num())
	return x.times(r.Denom(), by)
}

func (x *scratch) times(den *big.Int, by int) int {
	x.s.SetInt64(int64(by))
	x.bound.Mul(den, &x.s)
	x.quo.QuoRem(&x.v, &x.bound, &x.rem)
	return int(x.quo.Int64()) + x.rem.Sign()
}

func (x *scratch) ratPlace(r *big.Rat) place {
	x.v.Set(r.Num())
	return x.round(r.Denom())
}

func (x *scratch) round(den *big.Int) place {
	x.v.Lsh(&x.v, 64)
	x.quo.QuoRem(&x.v, den, &x.rem)
	if x.rem.Sign() > 0 {
		x.s.SetInt64(1)
		x.quo.Add(&x.quo, &x.s)
	}
	x.quo.FillBytes(x.bytes[:])
	return place{binary.BigEndian.Uint64(x.bytes[:8]), binary.BigEndian.Uint64(x.bytes[8:])}
}
