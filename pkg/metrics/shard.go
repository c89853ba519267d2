package metrics

import (
	"math"
	"slices"
	"sync"

	"salvo/pkg/hist"
)

const (
	// maxOpen is how many cells a shard keeps open: users of as many phases may
	// run at once, in two seconds, without a cell being closed that is needed again
	// at once.
	maxOpen = 32

	// maxSpare is how many closed cells a shard keeps for their memory.
	maxSpare = 4
)

// Shard is a part of a recorder with a lock of its own. It may be used by any
// number of goroutines, and is fastest when it is used by one.
type Shard struct {
	mu      sync.Mutex
	current *cell   // the one of open that was used last
	open    []*cell // in the order in which they were opened
	newest  int64   // the newest second of any
	closed  []*record
	spare   []*cell
	names   *registry

	_ [64]byte // keeps another shard's lock out of this one's cache line
}

// cell is what is recorded of one phase in one second, by handle.
type cell struct {
	phase       int
	second      int64
	first, last int64 // epoch milliseconds
	counters    []tally
	rates       []int64
	histograms  []hist.Histogram
}

type tally struct {
	n    int64
	used bool // a counter may be 0 and yet have been counted
}

// record is a cell that is not recorded into any more: only what was used, in the
// order of the handles. It never changes.
type record struct {
	phase       int
	second      int64
	first, last int64
	counters    []value
	rates       []value
	histograms  []distribution
}

type value struct {
	index int
	n     int64
}

type distribution struct {
	index  int
	values *hist.Histogram
}

// cellOf makes the cell of a phase and a second the current one. An event may come
// late: its second is opened again, and what was recorded of it before is added
// later. The caller holds the lock.
func (s *Shard) cellOf(phase int, second int64) *cell {
	for _, c := range s.open {
		if c.second == second && c.phase == phase {
			s.current = c
			return c
		}
	}
	s.newest = max(s.newest, second)
	// The second before stays open: near its end, goroutines record in any order.
	s.open = slices.DeleteFunc(s.open, func(c *cell) bool {
		old := c.second < s.newest-1
		if old {
			s.close(c)
		}
		return old
	})
	if len(s.open) >= maxOpen {
		s.close(s.open[0])
		s.open = slices.Delete(s.open, 0, 1)
	}
	c := s.newCell()
	c.phase, c.second, c.first, c.last = phase, second, math.MaxInt64, math.MinInt64
	s.open = append(s.open, c)
	s.current = c
	return c
}

func (s *Shard) newCell() *cell {
	if n := len(s.spare); n > 0 {
		c := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return c
	}
	n := s.names.all()
	return &cell{
		counters:   make([]tally, len(n.counters)),
		rates:      make([]int64, len(n.rates)),
		histograms: make([]hist.Histogram, len(n.histograms)),
	}
}

func (s *Shard) close(c *cell) {
	s.closed = append(s.closed, c.record())
	if len(s.spare) < maxSpare {
		c.reset()
		s.spare = append(s.spare, c)
	}
}

// take hands over the records of closed cells, for good, and of the open ones as
// they are now.
func (s *Shard) take() (closed, open []*record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	closed, s.closed = s.closed, nil
	for _, c := range s.open {
		open = append(open, c.record())
	}
	return closed, open
}

// reach makes a table long enough for an index out of the size that have been
// given out, and returns that index; dropped for one that was not.
func reach[T any](table *[]T, index, size int) int {
	if uint(index) >= uint(size) {
		return dropped
	}
	if more := size - len(*table); more > 0 {
		*table = append(*table, make([]T, more)...)
	}
	return index
}

func (c *cell) saw(at int64) {
	if at < c.first {
		c.first = at
	}
	if at > c.last {
		c.last = at
	}
}

func (c *cell) record() *record {
	r := &record{phase: c.phase, second: c.second, first: c.first, last: c.last}
	for i, t := range c.counters {
		if t.used {
			r.counters = append(r.counters, value{i, t.n})
		}
	}
	for i, n := range c.rates {
		if n != 0 {
			r.rates = append(r.rates, value{i, n})
		}
	}
	for i := range c.histograms {
		if h := &c.histograms[i]; h.Count() > 0 {
			r.histograms = append(r.histograms, distribution{i, h.Packed()})
		}
	}
	return r
}

// reset empties the cell. Histograms keep their memory only if they were used, so
// that names which come and go do not pile it up.
func (c *cell) reset() {
	clear(c.counters)
	clear(c.rates)
	for i := range c.histograms {
		if h := &c.histograms[i]; h.Count() > 0 {
			h.Reset()
		} else {
			*h = hist.Histogram{}
		}
	}
}
