package monitor

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"time"
)

// count is how many samples a stretch of time holds.
type count struct{ good, bad int64 }

func (c count) samples() int64 { return c.good + c.bad }

// series counts samples in buckets of equal length, the newest `keep` of them.
type series struct {
	step   time.Duration
	keep   int
	first  int64 // of counts[0], in steps since 1970
	counts []count
}

// The two series of a state. The longest window that goes by minutes, and the
// longest objective that goes by hours, fit in.
func newMinutes() series { return series{step: time.Minute, keep: 6 * 60} }
func newHours() series   { return series{step: time.Hour, keep: 90 * 24} }

func (s *series) index(t time.Time) int64 {
	ms, step := t.UnixMilli(), s.step.Milliseconds()
	i := ms / step
	if ms%step < 0 {
		i--
	}
	return i
}

// add counts samples at a time. What is older than all that is kept is dropped.
func (s *series) add(t time.Time, c count) {
	i := s.index(t)
	if len(s.counts) == 0 || i-s.first >= int64(len(s.counts)+s.keep) {
		s.first, s.counts = i, []count{c}
		return
	}
	if last := s.first + int64(len(s.counts)) - 1; i < s.first {
		if last-i >= int64(s.keep) {
			return
		}
		s.counts = append(make([]count, s.first-i), s.counts...)
		s.first = i
	}
	for s.first+int64(len(s.counts)) <= i {
		s.counts = append(s.counts, count{})
	}
	if over := len(s.counts) - s.keep; over > 0 {
		s.counts = append([]count(nil), s.counts[over:]...)
		s.first += int64(over)
	}
	at := &s.counts[i-s.first]
	at.good += c.good
	at.bad += c.bad
}

// sum adds up the window that ends with the bucket of a time.
func (s *series) sum(end time.Time, window time.Duration) count {
	last := s.index(end)
	return s.between(last-int64(window/s.step)+1, last+1)
}

// between adds up the buckets from <= i < until.
func (s *series) between(from, until int64) (c count) {
	from, until = max(from, s.first), min(until, s.first+int64(len(s.counts)))
	for i := from; i < until; i++ {
		c.good += s.counts[i-s.first].good
		c.bad += s.counts[i-s.first].bad
	}
	return c
}

// seriesJSON is a series in the state. Counts holds the counts as varints: twice the good samples,
// and one more if there are bad ones, whose number follows.
type seriesJSON struct {
	First  int64  `json:"first"`
	Counts []byte `json:"counts"`
}

// MarshalJSON writes a series compactly.
func (s series) MarshalJSON() ([]byte, error) {
	out := seriesJSON{First: s.first}
	for _, c := range s.counts {
		if c.bad == 0 {
			out.Counts = binary.AppendUvarint(out.Counts, uint64(c.good)<<1)
			continue
		}
		out.Counts = binary.AppendUvarint(out.Counts, uint64(c.good)<<1|1)
		out.Counts = binary.AppendUvarint(out.Counts, uint64(c.bad))
	}
	return json.Marshal(out)
}

// UnmarshalJSON reads into a series whose step and bound are set.
func (s *series) UnmarshalJSON(data []byte) error {
	var in seriesJSON
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	s.first, s.counts = in.First, nil
	if in.First < 0 || in.First > math.MaxInt32*60 {
		return errors.New("samples are counted at a time that cannot be")
	}
	for rest := in.Counts; len(rest) > 0; {
		var c count
		var bad bool
		v, n := binary.Uvarint(rest)
		if n <= 0 || v>>1 > mostSamples {
			return errDamaged
		}
		rest = rest[n:]
		c.good, bad = int64(v>>1), v&1 != 0
		if bad {
			v, n = binary.Uvarint(rest)
			if n <= 0 || v == 0 || v > mostSamples {
				return errDamaged
			}
			rest, c.bad = rest[n:], int64(v)
		}
		if s.counts = append(s.counts, c); len(s.counts) > s.keep {
			return errDamaged
		}
	}
	return nil
}

// mostSamples is beyond what a bucket can hold; sums of all buckets stay exact.
const mostSamples = 1 << 45

var errDamaged = errors.New("the counts of samples are damaged")
