package hist

import (
	"iter"
)

// Quantile returns the value below which the share q of all values lies: that of
// rank q*(Count-1), counted from 0 in sorted order, or of the next lower whole
// rank (as Artillery 2 does; nothing is interpolated). It is within 1/256 of that
// value, and between Min and Max. A q of 0 or less gives Min, one of 1 or more
// Max; an empty histogram gives 0.
func (h *Histogram) Quantile(q float64) int64 {
	if h.count == 0 || !(q > 0) {
		return h.min
	}
	if q >= 1 {
		return h.max
	}
	// Counts beyond 2^53 may be rounded up.
	rank := min(int64(q*float64(h.count-1)), h.count-1)
	var below int64
	for w := h.below.walk(); ; {
		n := w.next()
		if n == 0 {
			break
		}
		below = addCounts(below, n)
	}
	switch {
	case rank < below:
		return h.middle(h.below.find(below-1-rank), true)
	case rank-below < h.zeros:
		return 0
	}
	return h.middle(h.above.find(rank-below-h.zeros), false)
}

// find is the bucket of the value of a rank, by magnitude. There is one: even in a
// full histogram the buckets hold more values than a rank can be.
func (s *side) find(rank int64) int {
	for i, n := range s.counts {
		if rank < n {
			return s.base + i
		}
		rank -= n
	}
	w := s.walk()
	for n := w.entry(); rank >= n; n = w.entry() {
		rank -= n
	}
	return w.index
}

// middle is the value that stands for all of a bucket's.
func (h *Histogram) middle(index int, negative bool) int64 {
	b := bucketAt(index, negative)
	v := b.Low + int64(uint64(b.High-b.Low)/2)
	return min(max(v, h.min), h.max)
}

// Bucket is a range of values, both ends included, that a histogram does not tell
// apart.
type Bucket struct{ Low, High int64 }

func bucketAt(index int, negative bool) Bucket {
	low, high := boundsOf(index)
	if !negative {
		return Bucket{int64(low), int64(high)}
	}
	// Only math.MinInt64 lies in the last bucket of negative values.
	high = min(high, 1<<63)
	return Bucket{int64(-high), int64(-low)}
}

// Buckets goes through the buckets in use, from the lowest values to the highest,
// and how many values each holds.
func (h *Histogram) Buckets() iter.Seq2[Bucket, int64] {
	return func(yield func(Bucket, int64) bool) {
		type used struct {
			index int
			count int64
		}
		var below []used
		w := h.below.walk()
		for n := w.next(); n != 0; n = w.next() {
			below = append(below, used{w.index, n})
		}
		for i := len(below) - 1; i >= 0; i-- {
			if !yield(bucketAt(below[i].index, true), below[i].count) {
				return
			}
		}
		if h.zeros > 0 && !yield(Bucket{}, h.zeros) {
			return
		}
		w = h.above.walk()
		for n := w.next(); n != 0; n = w.next() {
			if !yield(bucketAt(w.index, false), n) {
				return
			}
		}
	}
}
