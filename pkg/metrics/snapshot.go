package metrics

import (
	"maps"

	"salvo/pkg/hist"
)

// Snapshot is all that was recorded, added up in two ways: every observation is in
// one cell of Phases and in one of Seconds. The zero value is a snapshot of
// nothing, ready to merge into.
type Snapshot struct {
	Phases  map[int]*Cell   // by the index of the phase that the users arrived in
	Seconds map[int64]*Cell // by Unix second
}

// Cell is what was recorded of a phase or of a stretch of time. The zero value is
// an empty one, ready to merge into.
type Cell struct {
	Counters   map[string]int64           // sums
	Rates      map[string]int64           // events
	Histograms map[string]*hist.Histogram // microseconds, or thousandths of a unit

	// First and Last are when the first and the last event happened, in epoch
	// milliseconds; both are 0 when nothing did.
	First, Last int64
}

// Merge adds all that o holds, which stays as it is and shares nothing with s. It
// is associative and commutative; o may be nil.
func (s *Snapshot) Merge(o *Snapshot) {
	if o == nil {
		return
	}
	for phase, c := range o.Phases {
		s.phase(phase).Merge(c)
	}
	for second, c := range o.Seconds {
		s.second(second).Merge(c)
	}
}

// Clone returns a copy that shares nothing with s.
func (s *Snapshot) Clone() *Snapshot {
	c := &Snapshot{make(map[int]*Cell, len(s.Phases)), make(map[int64]*Cell, len(s.Seconds))}
	for phase, cell := range s.Phases {
		c.Phases[phase] = cell.clone()
	}
	for second, cell := range s.Seconds {
		c.Seconds[second] = cell.clone()
	}
	return c
}

// Total returns all that was recorded as one cell, a new one.
func (s *Snapshot) Total() *Cell {
	total := newCell()
	for _, c := range s.Phases {
		total.Merge(c)
	}
	return total
}

// Window returns what happened in the Unix seconds from one to before another, as a
// new cell.
func (s *Snapshot) Window(from, to int64) *Cell {
	window := newCell()
	if to <= from {
		return window
	}
	if uint64(to-from) > uint64(len(s.Seconds)) {
		for second, c := range s.Seconds {
			if second >= from && second < to {
				window.Merge(c)
			}
		}
		return window
	}
	for second := from; second < to; second++ {
		window.Merge(s.Seconds[second])
	}
	return window
}

func (s *Snapshot) phase(i int) *Cell {
	if s.Phases == nil {
		s.Phases = map[int]*Cell{}
	}
	c := s.Phases[i]
	if c == nil {
		c = newCell()
		s.Phases[i] = c
	}
	return c
}

func (s *Snapshot) second(i int64) *Cell {
	if s.Seconds == nil {
		s.Seconds = map[int64]*Cell{}
	}
	c := s.Seconds[i]
	if c == nil {
		c = newCell()
		s.Seconds[i] = c
	}
	return c
}

// add adds a shard's record, whose handles stand for the names n.
func (s *Snapshot) add(r *record, n names) {
	for _, c := range [...]*Cell{s.phase(r.phase), s.second(r.second)} {
		c.saw(r.first, r.last)
		for _, v := range r.counters {
			c.Counters[n.counters[v.index]] += v.n
		}
		for _, v := range r.rates {
			c.Rates[n.rates[v.index]] += v.n
		}
		for _, d := range r.histograms {
			c.merge(n.histograms[d.index], d.values)
		}
	}
}

func newCell() *Cell {
	return &Cell{
		Counters:   map[string]int64{},
		Rates:      map[string]int64{},
		Histograms: map[string]*hist.Histogram{},
	}
}

// Merge adds all that o holds, which stays as it is and shares nothing with c. It
// is associative and commutative; o may be nil.
func (c *Cell) Merge(o *Cell) {
	if o == nil {
		return
	}
	c.saw(o.First, o.Last)
	if c.Counters == nil {
		c.Counters = make(map[string]int64, len(o.Counters))
	}
	for name, n := range o.Counters {
		c.Counters[name] += n
	}
	if c.Rates == nil {
		c.Rates = make(map[string]int64, len(o.Rates))
	}
	for name, n := range o.Rates {
		c.Rates[name] += n
	}
	if c.Histograms == nil {
		c.Histograms = make(map[string]*hist.Histogram, len(o.Histograms))
	}
	for name, h := range o.Histograms {
		c.merge(name, h)
	}
}

func (c *Cell) merge(name string, h *hist.Histogram) {
	if into := c.Histograms[name]; into != nil {
		into.Merge(h)
	} else if h != nil {
		c.Histograms[name] = h.Clone()
	}
}

// saw widens the time from the first to the last event.
func (c *Cell) saw(first, last int64) {
	switch {
	case first == 0 && last == 0:
	case c.First == 0 && c.Last == 0:
		c.First, c.Last = first, last
	default:
		c.First, c.Last = min(c.First, first), max(c.Last, last)
	}
}

func (c *Cell) clone() *Cell {
	if c == nil {
		return nil
	}
	o := &Cell{
		Counters:   maps.Clone(c.Counters),
		Rates:      maps.Clone(c.Rates),
		Histograms: make(map[string]*hist.Histogram, len(c.Histograms)),
		First:      c.First,
		Last:       c.Last,
	}
	for name, h := range c.Histograms {
		if h != nil {
			o.Histograms[name] = h.Clone()
		}
	}
	return o
}
