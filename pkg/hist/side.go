package hist

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

const (
	mantissaBits = 7
	perOctave    = 1 << mantissaBits

	// page is the step in which the array of counts grows: fine enough for a
	// histogram of equal values to stay small, coarse enough for the array to be
	// copied only a few times before it covers what is usual.
	page = 64
)

// indexOf is the bucket of a magnitude. Below 2*perOctave it is the magnitude
// itself; above, perOctave indices follow for each power of two.
func indexOf(magnitude uint64) int {
	shift := bits.Len64(magnitude>>(mantissaBits+1)) & 63
	return shift<<mantissaBits + int(magnitude>>shift)
}

// boundsOf returns the first and the last magnitude of a bucket.
func boundsOf(index int) (low, high uint64) {
	if index < 2*perOctave {
		return uint64(index), uint64(index)
	}
	shift := index>>mantissaBits - 1
	low = uint64(index&(perOctave-1)|perOctave) << shift
	return low, low + 1<<shift - 1
}

// addCounts adds two counts, neither of them negative, and stops at the largest.
// That is associative, so histograms merge alike in any order even there.
func addCounts(a, b int64) int64 {
	if sum := a + b; sum >= 0 {
		return sum
	}
	return math.MaxInt64
}

// side is the buckets of the values of one sign, by magnitude: an array of counts
// or packed. A nil side is an empty one for reading.
type side struct {
	base   int     // the index of counts[0], a multiple of page
	counts []int64 // nil when packed

	// packed holds an entry for each bucket in use, in the order of their
	// indices; see appendEntry. These bytes never change: clones share them.
	packed []byte
}

// appendEntry appends the bucket that comes gap unused buckets after the previous
// one (after -1 for the first) and holds n > 0 values. That is one byte, its upper
// half the gap and its lower half n-1; a half of 15 says that what exceeds it
// follows as a varint, that of the gap first.
func appendEntry(dst []byte, gap int, n int64) []byte {
	if gap < 15 && n < 16 {
		return append(dst, byte(gap)<<4|byte(n-1))
	}
	high, low := min(gap, 15), min(n-1, 15)
	dst = append(dst, byte(high)<<4|byte(low))
	if high == 15 {
		dst = binary.AppendUvarint(dst, uint64(gap-15))
	}
	if low == 15 {
		dst = binary.AppendUvarint(dst, uint64(n-16))
	}
	return dst
}

// walk goes through the buckets in use, in the order of their indices. Its slices
// stay as they are, so that moving on writes no pointer.
type walk struct {
	index  int // of the bucket returned last; before the first one -1
	at     int // how much of the slice is done
	base   int
	counts []int64
	packed []byte
}

func (s *side) walk() walk {
	if s == nil {
		return walk{index: -1}
	}
	return walk{index: -1, base: s.base, counts: s.counts, packed: s.packed}
}

// next moves to the next bucket in use and returns how many values it holds: 0
// when there is no bucket left.
func (w *walk) next() int64 {
	if w.at < len(w.packed) {
		return w.entry()
	}
	for i := w.at; i < len(w.counts); i++ {
		if n := w.counts[i]; n != 0 {
			w.index, w.at = w.base+i, i+1
			return n
		}
	}
	w.at = max(len(w.counts), len(w.packed))
	return 0
}

// entry reads what appendEntry wrote.
func (w *walk) entry() int64 {
	b := w.packed[w.at]
	w.at++
	gap, n := int(b>>4), int64(b&15)
	if gap == 15 {
		gap += int(w.varint())
	}
	if n == 15 {
		n += int64(w.varint())
	}
	w.index += gap + 1
	return n + 1
}

func (w *walk) varint() uint64 {
	var v uint64
	for shift := 0; ; shift += 7 {
		b := w.packed[w.at]
		w.at++
		if b < 0x80 {
			return v | uint64(b)<<shift
		}
		v |= uint64(b&0x7f) << shift
	}
}

func (s *side) empty() bool {
	w := s.walk()
	return w.next() == 0
}

// add counts n values in a bucket.
func (s *side) add(index int, n int64) {
	s.unpack()
	s.cover(index, index)
	i := index - s.base
	s.counts[i] = addCounts(s.counts[i], n)
}

// cover makes the array of counts reach from the first index to the last.
func (s *side) cover(first, last int) {
	end := s.base + len(s.counts)
	if len(s.counts) > 0 && first >= s.base && last < end {
		return
	}
	from, to := first&^(page-1), (last|(page-1))+1
	if len(s.counts) > 0 {
		from, to = min(from, s.base), max(to, end)
	}
	counts := make([]int64, to-from)
	if len(s.counts) > 0 {
		copy(counts[s.base-from:], s.counts)
	}
	s.base, s.counts = from, counts
}

func (s *side) reset() {
	s.packed = nil
	clear(s.counts)
}

func (s *side) clone() side {
	return side{base: s.base, counts: slices.Clone(s.counts), packed: s.packed}
}

func (s *side) packedSide() side {
	if s.counts == nil {
		return *s
	}
	var room [1024]byte
	return side{packed: clipped(s.appendEntries(room[:0]))}
}

// appendEntries appends those of all buckets in use.
func (s *side) appendEntries(dst []byte) []byte {
	if s == nil {
		return dst
	}
	if s.counts == nil {
		return append(dst, s.packed...)
	}
	previous := -1
	for i, n := range s.counts {
		if n != 0 {
			dst = appendEntry(dst, s.base+i-previous-1, n)
			previous = s.base + i
		}
	}
	return dst
}

func (s *side) unpack() {
	if s.packed == nil {
		return
	}
	packed := s.walk()
	s.packed = nil
	s.addWalked(packed)
}

// clipped copies b into as little memory as it needs: nil when it is empty.
func clipped(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return append(make([]byte, 0, len(b)), b...)
}
