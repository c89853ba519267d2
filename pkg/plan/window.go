package plan

import (
	"iter"
	"sort"
	"strconv"
	"time"
)

// Window is a slice of the load's time with the workers that make its arrivals.
type Window struct {
	Index        int
	Start, End   time.Duration // offsets from the load's start; End is excluded
	First, Until int64         // its arrivals: First <= i < Until
	Peak         float64       // the highest arrival rate in it, per second
	Workers      int           // 0 when it has no arrivals
}

// Arrivals is how many arrivals the window has.
func (w Window) Arrivals() int64 { return w.Until - w.First }

// Chunk is the share of one worker in one window: the arrivals i of the window
// with i mod Workers = Worker.
type Chunk struct {
	// ID names the chunk within the plan: "w0003-k017". Numbers are padded so
	// that the IDs of a plan sort in the order of windows and workers.
	ID           string
	Window       int
	Worker       int // from 0
	Workers      int // of the window
	Start, End   time.Duration
	First, Until int64 // of the window
	Arrivals     int64 // the chunk's own; may be 0 in a window with fewer arrivals than workers
}

// Windows walks the windows in the order of time, those without arrivals too.
// They are made on the way: nothing is kept of them.
func (p *Plan) Windows() iter.Seq[Window] {
	return func(yield func(Window) bool) {
		if p.Sampling != nil {
			yield(p.sampleWindow())
			return
		}
		t := tally{p: p}
		length := int64(p.Limits.MaxChunkDuration)
		first := int64(0)
		for i := range p.WindowCount {
			begin := int64(i) * length
			w := Window{
				Index: i,
				Start: time.Duration(begin) * time.Second,
				End:   min(time.Duration(begin+length)*time.Second, p.Duration),
				First: first,
				Until: t.at(begin + length),
			}
			first = w.Until
			var workers int
			w.Peak, workers = p.peak(&t.scratch, begin, begin+length, p.Limits.MaxChunkRate)
			if w.Until > w.First {
				w.Workers = workers
			}
			if !yield(w) {
				return
			}
		}
	}
}

// Chunks walks the chunks of all windows, in the order of their IDs. They are
// made on the way: nothing is kept of them.
func (p *Plan) Chunks() iter.Seq[Chunk] {
	return func(yield func(Chunk) bool) {
		windowDigits := max(4, digits(p.WindowCount-1))
		workerDigits := max(3, digits(p.maxWindow-1))
		var id []byte
		for w := range p.Windows() {
			id = append(id[:0], 'w')
			id = appendPadded(id, w.Index, windowDigits)
			id = append(id, "-k"...)
			prefix := len(id)
			for k := range w.Workers {
				id = appendPadded(id[:prefix], k, workerDigits)
				c := Chunk{
					ID:       string(id),
					Window:   w.Index,
					Worker:   k,
					Workers:  w.Workers,
					Start:    w.Start,
					End:      w.End,
					First:    w.First,
					Until:    w.Until,
					Arrivals: share(w.First, w.Until, k, w.Workers),
				}
				if !yield(c) {
					return
				}
			}
		}
	}
}

// share counts the i with first <= i < until and i mod n = k.
func share(first, until int64, k, n int) int64 {
	own := next(first, k, n)
	if own >= until {
		return 0
	}
	return (until-own-1)/int64(n) + 1
}

// next is the least i >= first with i mod n = k.
func next(first int64, k, n int) int64 {
	i := first - first%int64(n) + int64(k)
	if i < first {
		i += int64(n)
	}
	return i
}

func digits(n int) int { return len(strconv.Itoa(n)) }

func appendPadded(dst []byte, n, width int) []byte {
	for d := digits(n); d < width; d++ {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, int64(n), 10)
}

// touching is the index of the first segment that ends after a second begins.
func (p *Plan) touching(second int64) int {
	return sort.Search(len(p.segments), func(i int) bool { return p.segments[i].last > second })
}

// peak is the highest rate from one whole second to another, and how many times
// it contains by, rounded up.
func (p *Plan) peak(x *scratch, begin, end int64, by int) (float64, int) {
	peak, times := 0.0, 0
	for i := p.touching(begin); i < len(p.segments) && p.segments[i].first < end; i++ {
		g := &p.segments[i]
		if g.empty() {
			continue
		}
		// A linear rate is highest at an end of what lies inside.
		left, leftTimes := g.fromRate, 0
		if begin > g.first && !g.constant {
			left, leftTimes = g.rateAt(begin), x.ceil(g.rate, begin, by)
		} else {
			leftTimes = x.ratCeil(g.from, by)
		}
		right, rightTimes := left, leftTimes
		switch {
		case g.constant:
		case end < g.last:
			right, rightTimes = g.rateAt(end), x.ceil(g.rate, end, by)
		default:
			right, rightTimes = g.toRate, x.ratCeil(g.to, by)
		}
		peak = max(peak, left, right)
		times = max(times, leftTimes, rightTimes)
	}
	return peak, times
}

// tally counts the arrivals before whole seconds, which must not decrease.
type tally struct {
	scratch
	p       *Plan
	segment int
	points  *pointTally // of the current poisson segment
}

func (t *tally) at(second int64) int64 {
	for ; t.segment < len(t.p.segments); t.segment++ {
		g := &t.p.segments[t.segment]
		if second <= g.first {
			return t.p.Phases[t.segment].First
		}
		if second < g.last {
			return t.inside(g, second)
		}
		t.points = nil
	}
	return t.p.Arrivals
}

func (t *tally) inside(g *segment, second int64) int64 {
	if !g.poisson {
		return t.place(g.area, second).ceil() + g.offset
	}
	if t.points == nil {
		t.points = t.p.process(t.segment).newTally()
	}
	return t.p.Phases[t.segment].First + t.points.before(t.place(g.area, second))
}
