package hist

import (
	"math"
	"math/bits"
)

// int128 is a sum of int64 values that cannot overflow as long as there are at
// most math.MaxInt64 of them: hi*2^64 + lo, in two's complement.
type int128 struct {
	hi int64
	lo uint64
}

func (a int128) plus(b int128) int128 {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return int128{a.hi + b.hi + int64(carry), lo}
}

func (a int128) less(b int128) bool {
	return a.hi < b.hi || a.hi == b.hi && a.lo < b.lo
}

// product is v*n for an n that is not negative.
func product(v, n int64) int128 {
	hi, lo := bits.Mul64(uint64(v), uint64(n))
	p := int128{int64(hi), lo}
	if v < 0 {
		p.hi -= n
	}
	return p
}

func (a int128) clamped() int64 {
	switch {
	case a.hi > 0 || a.hi == 0 && a.lo > math.MaxInt64:
		return math.MaxInt64
	case a.hi < -1 || a.hi == -1 && a.lo <= math.MaxInt64:
		return math.MinInt64
	}
	return int64(a.lo)
}

func (a int128) float() float64 {
	if a.hi == int64(a.lo)>>63 {
		return float64(int64(a.lo))
	}
	return float64(a.hi)*(1<<64) + float64(a.lo)
}

// zigzag maps 0, -1, 1, -2, ... to 0, 1, 2, 3, ...; unzigzag maps them back.
func (a int128) zigzag() (hi, lo uint64) {
	sign := uint64(a.hi >> 63)
	return (uint64(a.hi)<<1 | a.lo>>63) ^ sign, a.lo<<1 ^ sign
}

func unzigzag(hi, lo uint64) int128 {
	sign := -(lo & 1)
	return int128{int64(hi>>1 ^ sign), (lo>>1 | hi<<63) ^ sign}
}
