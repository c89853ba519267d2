package plan

import (
	"math/big"
	"math/bits"
	"slices"
	"sort"
)

// The axis of a poisson phase is cut into blocks of 2^blockBits expected
// arrivals, a block by halvings into leaves of 2^leafBits, and a leaf into
// 2^gridBits positions.
//
// The grid is fine against the gaps (2^-26 of the mean), but so coarse that two
// positions at the highest rate lie 1.5e-14 s apart, which is many times the
// rounding error of a time within its second: that keeps times in order.
const (
	blockBits = 16
	leafBits  = 6
	gridBits  = 32
	depth     = blockBits - leafBits
	leafMask  = 1<<leafBits - 1
	unitBits  = gridBits - leafBits // grid positions in one expected arrival
	fracShift = 64 - unitBits       // from a grid position's rest to place.frac
)

// stream is a sequence of random words: SplitMix64.
type stream uint64

func (s *stream) next() uint64 {
	*s += 0x9e3779b97f4a7c15
	return mix(uint64(*s))
}

func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// process is a Poisson process of rate 1: the points of one phase.
type process struct {
	key    uint64
	counts *counts
}

func newProcess(seed uint64, phase int, c *counts) process {
	s := stream(seed)
	s = stream(s.next() ^ uint64(phase))
	return process{s.next(), c}
}

// bits are the random words of one node: 0 stands for the block's count, 1 for
// its first halving, 2n and 2n+1 for the halves of n.
func (p process) bits(block, node uint64) stream {
	return stream(mix(p.key ^ mix(block<<(depth+1)|node)))
}

// block is the number of points in a block.
func (p process) block(b uint64) int64 {
	s := p.bits(b, 0)
	return p.counts.draw(s.next())
}

// left is how many of a node's n points lie in its left half.
func (p process) left(block, node uint64, n int64) int64 {
	s := p.bits(block, node)
	ones := 0
	for ; n >= 64; n -= 64 {
		ones += bits.OnesCount64(s.next())
	}
	if n > 0 {
		ones += bits.OnesCount64(s.next() >> (64 - n))
	}
	return int64(ones)
}

// leaf appends the grid positions of a leaf's n points, not sorted.
func (p process) leaf(dst []uint32, block, node uint64, n int64) []uint32 {
	s := p.bits(block, node)
	for range n {
		dst = append(dst, uint32(s.next()>>(64-gridBits)))
	}
	return dst
}

// gridAfter is the first grid position in x's leaf that is not before x.
func gridAfter(x place) uint64 {
	g := (x.n&leafMask)<<unitBits + x.frac>>fracShift
	if x.frac<<unitBits != 0 {
		g++
	}
	return g
}

// pointTally counts the points of a process before places that must not
// decrease.
type pointTally struct {
	process process
	block   uint64
	sum     int64 // of the blocks before block
	buf     []uint32
}

func (p process) newTally() *pointTally { return &pointTally{process: p} }

func (t *pointTally) before(x place) int64 {
	for ; t.block < x.n>>blockBits; t.block++ {
		t.sum += t.process.block(t.block)
	}
	n, node, sum := t.process.block(t.block), uint64(1), t.sum
	for level := depth - 1; level >= 0 && n > 0; level-- {
		left := t.process.left(t.block, node, n)
		if x.n>>(leafBits+level)&1 == 0 {
			n, node = left, 2*node
		} else {
			n, node = n-left, 2*node+1
			sum += left
		}
	}
	if n == 0 {
		return sum
	}
	bound := gridAfter(x)
	t.buf = t.process.leaf(t.buf[:0], t.block, node, n)
	for _, g := range t.buf {
		if uint64(g) < bound {
			sum++
		}
	}
	return sum
}

// walk visits points of a process in order: of those from one place to another,
// the first of which has index base, it visits the ones with an index i for
// which i mod n = k.
type walk struct {
	process   process
	from, to  place
	index     int64 // of the next point
	k, n      int
	visit     func(at place, index int64) bool
	buf       []uint32
	firstLeaf uint64
	lastLeaf  uint64
}

func (w *walk) run() bool {
	w.firstLeaf, w.lastLeaf = w.from.n>>leafBits, w.to.n>>leafBits
	for b := w.from.n >> blockBits; b <= w.to.n>>blockBits; b++ {
		if !w.node(b, 1, depth, w.process.block(b)) {
			return false
		}
	}
	return true
}

// node walks a node of n points that is level halvings above the leaves.
func (w *walk) node(block, node uint64, level int, n int64) bool {
	leaf := block<<depth + node<<level - 1<<depth // the node's first one
	if n == 0 || leaf > w.lastLeaf || leaf+1<<level <= w.firstLeaf {
		return true
	}
	if level == 0 {
		return w.leaf(block, node, leaf, n)
	}
	left := w.process.left(block, node, n)
	return w.node(block, 2*node, level-1, left) && w.node(block, 2*node+1, level-1, n-left)
}

func (w *walk) leaf(block, node, leaf uint64, n int64) bool {
	low, high := uint64(0), uint64(1)<<gridBits
	if leaf == w.firstLeaf {
		low = gridAfter(w.from)
	}
	if leaf == w.lastLeaf {
		high = gridAfter(w.to)
	}
	whole := leaf != w.firstLeaf && leaf != w.lastLeaf
	if whole && next(w.index, w.k, w.n) >= w.index+n {
		w.index += n
		return true
	}
	w.buf = w.process.leaf(w.buf[:0], block, node, n)
	slices.Sort(w.buf)
	own := next(w.index, w.k, w.n)
	for _, g := range w.buf {
		if uint64(g) < low || uint64(g) >= high {
			continue
		}
		if w.index == own {
			at := place{leaf<<leafBits + uint64(g)>>unitBits, uint64(g) << fracShift}
			if !w.visit(at, own) {
				return false
			}
			own += int64(w.n)
		}
		w.index++
	}
	return true
}

// counts draws the number of points in a block.
type counts struct {
	least int64
	// upTo[i] is the probability of at most least + i points, times 2^64.
	upTo []uint64
}

// newCounts tabulates the Poisson distribution of mean 2^blockBits. Integers
// make the table the same on every machine. Probabilities are taken relative to
// that of the mean, with 160 bits, and end where they no longer reach 2^-75.
func newCounts() *counts {
	const mean = 1 << blockBits
	const precision = 160
	top := new(big.Int).Lsh(big.NewInt(1), precision)
	end := new(big.Int).Rsh(top, 75)

	var down, up []*big.Int // from the mean
	factor := new(big.Int)
	for n, q := int64(mean), top; q.Cmp(end) > 0; n-- {
		down = append(down, q)
		q = new(big.Int).Mul(q, factor.SetInt64(n))
		q.Rsh(q, blockBits)
	}
	for n, q := int64(mean+1), top; ; n++ {
		q = new(big.Int).Lsh(q, blockBits)
		q.Quo(q, factor.SetInt64(n))
		if q.Cmp(end) <= 0 {
			break
		}
		up = append(up, q)
	}
	slices.Reverse(down)
	all := append(down, up...)

	sum := new(big.Int)
	for _, q := range all {
		sum.Add(sum, q)
	}
	c := &counts{least: mean - int64(len(down)) + 1}
	part, scaled := new(big.Int), new(big.Int)
	for _, q := range all[:len(all)-1] {
		part.Add(part, q)
		scaled.Lsh(part, 64)
		c.upTo = append(c.upTo, scaled.Quo(scaled, sum).Uint64())
	}
	return c
}

func (c *counts) draw(word uint64) int64 {
	return c.least + int64(sort.Search(len(c.upTo), func(i int) bool { return word < c.upTo[i] }))
}
