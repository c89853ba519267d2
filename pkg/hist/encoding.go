package hist

import (
	"encoding"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
)

// version is the first byte of an encoding. It changes with the grid of buckets
// as well as with the layout:
//
//	version
//	uvarint  zeros
//	uvarint  bytes of the entries below zero
//	uvarint  bytes of the entries above zero
//	then, unless the histogram is empty:
//	entries  below zero, by magnitude (appendEntry)
//	entries  above zero
//	uvarint  Min less the least value of the lowest bucket in use
//	uvarint  the greatest value of the highest bucket in use less Max
//	uvarint  Sum, in 128 bits, zigzag
//
// All varints are as short as can be, so that a histogram has one encoding only.
const version = 1

const (
	lastPositive = 55<<mantissaBits + 2*perOctave - 1 // the bucket of math.MaxInt64
	lastNegative = 56<<mantissaBits + perOctave       // that of math.MinInt64
)

var (
	_ encoding.BinaryAppender    = (*Histogram)(nil)
	_ encoding.BinaryMarshaler   = (*Histogram)(nil)
	_ encoding.BinaryUnmarshaler = (*Histogram)(nil)
)

// AppendBinary appends the encoding, which depends on the values alone. The error
// is always nil.
func (h *Histogram) AppendBinary(dst []byte) ([]byte, error) {
	start := len(dst)
	dst = h.below.appendEntries(dst)
	below := len(dst) - start
	dst = h.above.appendEntries(dst)
	above := len(dst) - start - below

	var room [32]byte
	head := append(room[:0], version)
	head = binary.AppendUvarint(head, uint64(h.zeros))
	head = binary.AppendUvarint(head, uint64(below))
	head = binary.AppendUvarint(head, uint64(above))
	dst = slices.Insert(dst, start, head...)
	if h.count == 0 {
		return dst, nil
	}
	low, high := bucketOf(h.min).Low, bucketOf(h.max).High
	dst = binary.AppendUvarint(dst, uint64(h.min-low))
	dst = binary.AppendUvarint(dst, uint64(high-h.max))
	return appendUvarint128(dst, h.sum), nil
}

// MarshalBinary is [Histogram.AppendBinary] to nothing.
func (h *Histogram) MarshalBinary() ([]byte, error) { return h.AppendBinary(nil) }

func bucketOf(v int64) Bucket {
	if v < 0 {
		return bucketAt(indexOf(-uint64(v)), true)
	}
	return bucketAt(indexOf(uint64(v)), false)
}

// UnmarshalBinary replaces the histogram by the one that data encodes, packed; it
// keeps no reference to data. It refuses whatever AppendBinary could not have
// written, as far as that shows, and takes no more memory than data does, within
// a constant; h then stays as it was.
func (h *Histogram) UnmarshalBinary(data []byte) error {
	d := decoder{data: data}
	if len(data) == 0 {
		return errors.New("histogram: nothing to decode")
	}
	if v := d.take(1)[0]; v != version {
		return fmt.Errorf("histogram: version %d, want %d", v, version)
	}
	var n Histogram
	n.zeros = d.count()
	lenBelow, lenAbove := d.count(), d.count()
	below := side{packed: d.take(lenBelow)}
	above := side{packed: d.take(lenAbove)}
	firstBelow, lastBelow, countBelow := d.entries(below.packed, lastNegative)
	firstAbove, lastAbove, countAbove := d.entries(above.packed, lastPositive)
	if d.err != nil {
		return d.err
	}
	n.count = addCounts(addCounts(countBelow, n.zeros), countAbove)
	if n.count > 0 {
		var lowest, highest Bucket // those of zero, unless there are others
		switch {
		case countBelow > 0:
			lowest = bucketAt(lastBelow, true)
		case n.zeros == 0:
			lowest = bucketAt(firstAbove, false)
		}
		switch {
		case countAbove > 0:
			highest = bucketAt(lastAbove, false)
		case n.zeros == 0:
			highest = bucketAt(firstBelow, true)
		}
		n.min = lowest.Low + d.within(lowest)
		n.max = highest.High - d.within(highest)
		n.sum = d.uvarint128()
		if d.err == nil && !n.plausible() {
			d.fail("its minimum, maximum and sum contradict each other")
		}
	}
	if len(d.data) > 0 {
		d.fail("something follows its end")
	}
	if d.err != nil {
		return d.err
	}
	n.above.packed = clipped(above.packed)
	if countBelow > 0 {
		n.below = &side{packed: clipped(below.packed)}
	}
	*h = n
	return nil
}

// plausible tells whether values between the minimum and the maximum can have the
// sum. Of a full histogram it cannot be known.
func (h *Histogram) plausible() bool {
	if h.min > h.max {
		return false
	}
	if h.count == math.MaxInt64 {
		return true
	}
	return !h.sum.less(product(h.min, h.count)) && !product(h.max, h.count).less(h.sum)
}

// decoder takes an encoding apart. After the first fault it only returns zeros.
type decoder struct {
	data []byte
	err  error
}

func (d *decoder) fail(reason string) {
	if d.err == nil {
		d.err = errors.New("histogram: " + reason)
	}
	d.data = nil
}

func (d *decoder) take(n int64) []byte {
	if n > int64(len(d.data)) {
		d.fail("it is cut short")
		return nil
	}
	b := d.data[:n]
	d.data = d.data[n:]
	return b
}

func (d *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(d.data)
	if n <= 0 || n > 1 && d.data[n-1] == 0 {
		d.fail("a number is cut short, too large or too long")
		return 0
	}
	d.data = d.data[n:]
	return v
}

// count is a number of values or of bytes.
func (d *decoder) count() int64 {
	v := d.uvarint()
	if v > math.MaxInt64 {
		d.fail("a count is too large")
		return 0
	}
	return int64(v)
}

// within is a distance that does not leave a bucket.
func (d *decoder) within(b Bucket) int64 {
	v := d.uvarint()
	if v > uint64(b.High-b.Low) {
		d.fail("a value lies outside its bucket")
		return 0
	}
	return int64(v)
}

// entries checks packed entries and returns the indices of the first and the last
// and the sum of the counts.
func (d *decoder) entries(packed []byte, limit int) (first, last int, count int64) {
	e := decoder{data: packed}
	first, last = -1, -1
	for len(e.data) > 0 {
		entry := e.take(1)[0]
		gap, n := uint64(entry>>4), int64(entry&15)
		if gap == 15 {
			gap += min(e.uvarint(), lastNegative)
		}
		if n == 15 {
			n = addCounts(n, e.count())
		}
		if n == math.MaxInt64 {
			e.fail("a count is too large")
		}
		last += int(gap) + 1
		if last == 0 || last > limit { // zero has a count of its own
			e.fail("a bucket is out of range")
		}
		if e.err != nil {
			d.err, d.data = e.err, nil
			return 0, 0, 0
		}
		if first < 0 {
			first = last
		}
		count = addCounts(count, n+1)
	}
	return first, last, count
}

func appendUvarint128(dst []byte, a int128) []byte {
	hi, lo := a.zigzag()
	for hi > 0 || lo >= 0x80 {
		dst = append(dst, byte(lo)|0x80)
		hi, lo = hi>>7, lo>>7|hi<<57
	}
	return append(dst, byte(lo))
}

func (d *decoder) uvarint128() int128 {
	var hi, lo uint64
	for i, b := range d.data {
		group := uint64(b & 0x7f)
		switch shift := uint(7 * i); {
		case shift < 64:
			lo |= group << shift
			if shift > 57 {
				hi |= group >> (64 - shift)
			}
		case shift < 128 && group<<(shift-64)>>(shift-64) == group:
			hi |= group << (shift - 64)
		default:
			d.fail("a sum is too large")
			return int128{}
		}
		if b < 0x80 {
			if b == 0 && i > 0 {
				break
			}
			d.data = d.data[i+1:]
			return unzigzag(hi, lo)
		}
	}
	d.fail("a sum is cut short or too long")
	return int128{}
}
