package metrics

import (
	"sync"
	"time"
)

// Recorder counts what one worker measures. All its methods may be called by any
// number of goroutines at once.
type Recorder struct {
	names  *registry
	shards []*Shard

	mu   sync.Mutex // guards done
	done Snapshot   // of what shards have handed over for good
}

// NewRecorder returns a recorder with a number of shards, at least one. As many as
// there are processors keep goroutines from waiting for each other.
func NewRecorder(shards int) *Recorder {
	r := &Recorder{names: newRegistry(), shards: make([]*Shard, max(shards, 1))}
	for i := range r.shards {
		r.shards[i] = &Shard{names: r.names}
	}
	return r
}

// Counter returns the handle of the counter with a name, the same each time. To
// keep a handle is cheaper than to ask for it again. A name beyond the first
// [MaxNames] is dropped: each time something is added to it counts as one
// [NamesDropped]. Names longer than 2,048 bytes are cut there.
func (r *Recorder) Counter(name string) Counter {
	return Counter(r.names.handle(&r.names.counters, name))
}

// Rate returns the handle of the rate with a name, like [Recorder.Counter].
func (r *Recorder) Rate(name string) Rate {
	return Rate(r.names.handle(&r.names.rates, name))
}

// Histogram returns the handle of the histogram with a name, like
// [Recorder.Counter].
func (r *Recorder) Histogram(name string) Histogram {
	return Histogram(r.names.handle(&r.names.histograms, name))
}

// Shard returns the shard of any number, such as a virtual user's. Users that share
// a shard may wait for each other, for as long as a batch takes.
func (r *Recorder) Shard(i int64) *Shard {
	n := int64(len(r.shards))
	return r.shards[(i%n+n)%n]
}

// Snapshot returns all that was recorded since the start: each batch that ended
// before the call, and each one whole or not at all. Recording goes on meanwhile; a
// shard is held up only while its open cells are copied. The snapshot is the
// caller's.
func (r *Recorder) Snapshot() *Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	var open []*record
	for _, s := range r.shards {
		closed, current := s.take()
		n := r.names.all() // after take: it must know all of the records' handles
		for _, c := range closed {
			r.done.add(c, n)
		}
		open = append(open, current...)
	}
	out := r.done.Clone()
	n := r.names.all()
	for _, c := range open {
		out.add(c, n)
	}
	return out
}

// Batch is the observations of one event while they are recorded. It holds the
// shard's lock: between Begin and End there is nothing that waits, and no other
// batch of the same goroutine.
type Batch struct {
	shard *Shard
	cell  *cell
}

// Begin opens a batch for what happened at a time to a user that arrived in a
// phase. The caller must End it.
func (s *Shard) Begin(phase int, at time.Time) Batch {
	second, nanosecond := at.Unix(), at.Nanosecond()
	s.mu.Lock()
	c := s.current
	if c == nil || c.second != second || c.phase != phase {
		c = s.cellOf(phase, second)
	}
	c.saw(second*1000 + int64(nanosecond/1e6))
	return Batch{s, c}
}

// Add adds n to a counter. Adding 0 makes the counter known, with 0.
func (b *Batch) Add(c Counter, n int64) {
	if uint(c) >= uint(len(b.cell.counters)) {
		c = Counter(b.reachCounter(int(c)))
	}
	if c == dropped {
		n = 1
	}
	t := &b.cell.counters[c]
	t.n += n
	t.used = true
}

// Mark counts one event of a rate.
func (b *Batch) Mark(r Rate) {
	if uint(r) >= uint(len(b.cell.rates)) {
		r = Rate(b.reachRate(int(r)))
	}
	if r == dropped {
		b.Add(dropped, 1)
		return
	}
	b.cell.rates[r]++
}

// Observe records a value in a histogram: microseconds for a time, thousandths of
// its unit for anything else.
func (b *Batch) Observe(h Histogram, v int64) {
	if uint(h) >= uint(len(b.cell.histograms)) {
		h = Histogram(b.reachHistogram(int(h)))
	}
	if h == dropped {
		b.Add(dropped, 1)
		return
	}
	b.cell.histograms[h].Record(v)
}

// End closes the batch, which must not be used any more.
func (b *Batch) End() { b.shard.mu.Unlock() }

func (b *Batch) reachCounter(i int) int {
	known := b.shard.names
	return reach(&b.cell.counters, i, known.size(&known.counters))
}

func (b *Batch) reachRate(i int) int {
	known := b.shard.names
	return reach(&b.cell.rates, i, known.size(&known.rates))
}

func (b *Batch) reachHistogram(i int) int {
	known := b.shard.names
	return reach(&b.cell.histograms, i, known.size(&known.histograms))
}
