package plan

import (
	"iter"
	"math"
	"time"
)

// Arrival is one entry of the list: a virtual user that is to start.
type Arrival struct {
	Index int64         // place in the whole run's list, from 0
	At    time.Duration // offset from the load's start
	Phase int           // index of its phase, which is in Plan.Phases

	// MaxVusers is the worker's share of its phase's cap on users at once. 0
	// means that there is no cap, negative that the share is zero: the worker
	// starts none of the phase's users. Of a cap m, worker k of n has m/n, and
	// one more when k < m mod n.
	MaxVusers int
}

// List walks the arrivals of a chunk in the order of time. They are computed on
// the way, so a list costs no memory and may be walked again. Of the chunk only
// Window, Worker, Workers, First and Until are read; a chunk that is not of this
// plan has an empty or senseless list, but never an endless one.
func (p *Plan) List(c Chunk) iter.Seq[Arrival] {
	if p.Sampling != nil {
		return p.samples(c)
	}
	return func(yield func(Arrival) bool) {
		if c.Window < 0 || c.Window >= p.WindowCount || c.Worker < 0 || c.Worker >= c.Workers || c.First < 0 {
			return
		}
		l := lister{p: p, chunk: c, yield: yield}
		l.begin = int64(c.Window) * int64(p.Limits.MaxChunkDuration)
		l.end = l.begin + int64(p.Limits.MaxChunkDuration)
		for i := p.touching(l.begin); i < len(p.segments) && p.segments[i].first < l.end; i++ {
			g := &p.segments[i]
			if g.idle() {
				continue
			}
			l.cell.reset(g, max(g.first, l.begin), &l.scratch)
			arrival := Arrival{Phase: i, MaxVusers: capShare(p.Phases[i].MaxVusers, c.Worker, c.Workers)}
			list := l.uniform
			if g.poisson {
				list = l.points
			}
			if !list(g, arrival) {
				return
			}
		}
	}
}

func capShare(total, k, n int) int {
	if total == 0 {
		return 0
	}
	s := total / n
	if k < total%n {
		s++
	}
	if s == 0 {
		return -1
	}
	return s
}

// lister is one walk through a chunk's list.
type lister struct {
	scratch
	p          *Plan
	chunk      Chunk
	begin, end int64 // the window, in seconds
	cell       cell
	yield      func(Arrival) bool
}

func (l *lister) uniform(g *segment, a Arrival) bool {
	c := &l.cell
	for {
		a.Index = next(max(c.lo.ceil()+g.offset, l.chunk.First), l.chunk.Worker, l.chunk.Workers)
		until := min(c.hi.ceil()+g.offset, l.chunk.Until)
		for ; a.Index < until; a.Index += int64(l.chunk.Workers) {
			a.At = c.time(place{n: uint64(a.Index - g.offset)})
			if !l.yield(a) {
				return false
			}
		}
		if c.second+1 >= min(g.last, l.end) {
			return true
		}
		c.next(&l.scratch)
	}
}

func (l *lister) points(g *segment, a Arrival) bool {
	c := &l.cell
	from, to := c.lo, g.hi
	if l.end < g.last {
		to = l.place(g.area, l.end)
	}
	base := l.p.Phases[a.Phase].First
	if g.first < l.begin {
		base = l.chunk.First // the phase began in a window before
	}
	w := walk{
		process: l.p.process(a.Phase),
		from:    from,
		to:      to,
		index:   base,
		k:       l.chunk.Worker,
		n:       l.chunk.Workers,
		visit: func(at place, index int64) bool {
			if index >= l.chunk.Until {
				return false
			}
			for !at.before(c.hi) {
				c.next(&l.scratch)
			}
			a.Index, a.At = index, c.time(at)
			return l.yield(a)
		},
	}
	return w.run()
}

// cell is the part of a segment within one second.
type cell struct {
	segment *segment
	second  int64
	lo, hi  place // of its ends
	// Times are measured from the end where the rate is lower: only sums of
	// positive numbers are needed then, and nothing cancels.
	edge  float64 // the rate there
	from  float64 // that end, in ns within the second
	least int64   // bounds of a time, in ns within the second, both included
	most  int64
}

// reset makes c the cell of a segment in a second that it touches.
func (c *cell) reset(g *segment, second int64, x *scratch) {
	c.segment = g
	c.lo = g.lo
	if second > g.first {
		c.lo = x.place(g.area, second)
	}
	c.fill(second, x)
}

// next moves c to the following second of its segment.
func (c *cell) next(x *scratch) {
	c.lo = c.hi
	c.fill(c.second+1, x)
}

func (c *cell) fill(second int64, x *scratch) {
	g := c.segment
	c.second = second
	begin, finish := 0.0, 1e9
	c.least, c.most = 0, nanos-1
	if second == g.first {
		begin, c.least = g.begin, g.startNs-second*nanos
	}
	if second == g.last-1 {
		c.hi = g.hi
		finish, c.most = g.finish, g.finalNs-second*nanos
	} else {
		c.hi = x.place(g.area, second+1)
	}
	switch {
	case !g.down && second == g.first:
		c.edge, c.from = g.fromRate, begin
	case !g.down:
		c.edge, c.from = g.rateAt(second), begin
	case second == g.last-1:
		c.edge, c.from = g.toRate, finish
	default:
		c.edge, c.from = g.rateAt(second+1), finish
	}
}

// nearly is how far below a whole nanosecond a computed time may be and still
// mean it: a thousand times the rounding error.
const nearly = 1.0 / 1024

// time is when the place x of the cell is reached.
func (c *cell) time(x place) time.Duration {
	var ns float64
	if c.segment.down {
		ns = c.from - c.travel(c.hi.minus(x))
	} else {
		ns = c.from + c.travel(x.minus(c.lo))
	}
	ns += nearly
	n := c.least
	switch {
	case ns >= float64(c.most):
		n = c.most
	case ns > float64(n):
		n = int64(ns)
	}
	return time.Duration(c.second*nanos + n)
}

// travel is how many nanoseconds away from the edge d arrivals are expected.
func (c *cell) travel(d float64) float64 {
	if c.segment.constant {
		return float64(d*1e9) / c.edge
	}
	if d == 0 {
		return 0
	}
	// The root of edge*t + growth*t²/2 = d, in the form without a difference.
	square := float64(c.edge*c.edge) + float64(float64(2*c.segment.growth)*d)
	return float64(d*2e9) / (c.edge + math.Sqrt(square))
}
