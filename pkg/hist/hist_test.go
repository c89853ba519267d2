package hist

import (
	"bytes"
	"math"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func of(values ...int64) *Histogram {
	h := new(Histogram)
	for _, v := range values {
		h.Record(v)
	}
	return h
}

func encoded(t interface{ Fatal(...any) }, h *Histogram) []byte {
	data, err := h.AppendBinary(nil)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func decoded(t interface{ Fatal(...any) }, data []byte) *Histogram {
	h := new(Histogram)
	if err := h.UnmarshalBinary(data); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestGrid(t *testing.T) {
	next := uint64(0)
	for i := 0; i <= lastNegative; i++ {
		low, high := boundsOf(i)
		if low != next {
			t.Fatalf("bucket %d starts at %d, want %d", i, low, next)
		}
		if indexOf(low) != i || indexOf(high) != i {
			t.Fatalf("bucket %d is [%d, %d], but these lie in %d and %d", i, low, high, indexOf(low), indexOf(high))
		}
		if width := high - low + 1; width > 1 && width > low/perOctave {
			t.Fatalf("bucket %d is [%d, %d]: too wide", i, low, high)
		}
		next = high + 1
	}
	if got := indexOf(math.MaxInt64); got != lastPositive {
		t.Errorf("MaxInt64 lies in bucket %d, want %d", got, lastPositive)
	}
	if got := indexOf(1 << 63); got != lastNegative {
		t.Errorf("MinInt64 lies in bucket %d, want %d", got, lastNegative)
	}
}

func TestQuantile(t *testing.T) {
	hundred := make([]int64, 100)
	for i := range hundred {
		hundred[i] = int64(i + 1)
	}
	for _, row := range []struct {
		name   string
		values []int64
		q      float64
		want   int64
	}{
		{"nothing", nil, 0.5, 0},
		{"one value is exact", []int64{103_217}, 0.99, 103_217},
		{"1 to 100, median", hundred, 0.5, 50},
		{"1 to 100, p75", hundred, 0.75, 75},
		{"1 to 100, p90", hundred, 0.9, 90},
		{"1 to 100, p95", hundred, 0.95, 95},
		{"1 to 100, p99", hundred, 0.99, 99},
		{"1 to 100, p999", hundred, 0.999, 99},
		{"lower neighbour of two", []int64{0, 10}, 0.999, 0},
		{"lower neighbour of four", []int64{0, 1, 1, 3}, 0.95, 1},
		{"q of 0", []int64{70_000, 70_001}, 0, 70_000},
		{"q of 1", []int64{70_000, 70_001}, 1, 70_001},
		{"q below 0", []int64{5, 6}, -1, 5},
		{"q above 1", []int64{5, 6}, 2, 6},
		{"q not a number", []int64{5, 6}, math.NaN(), 5},
		{"negative values, lowest first", []int64{-3, -2, -1}, 0.4, -3},
		{"negative values, middle", []int64{-3, -2, -1}, 0.5, -2},
		{"both signs and zero", []int64{-2, 0, 2}, 0.5, 0},
		{"both signs, above zero", []int64{-2, 0, 2, 4}, 0.7, 2},
		{"the bounds of int64, low", []int64{math.MinInt64, math.MaxInt64}, 0.5, math.MinInt64},
		{"the bounds of int64, middle", []int64{math.MinInt64, 7, math.MaxInt64}, 0.5, 7},
	} {
		t.Run(row.name, func(t *testing.T) {
			h := of(row.values...)
			for form, h := range map[string]*Histogram{"counted": h, "packed": h.Packed()} {
				got := h.Quantile(row.q)
				if got != row.want {
					t.Errorf("%s: got %d, want %d", form, got, row.want)
				}
			}
		})
	}
}

// values draws values of all magnitudes, many of them close together.
func values() *rapid.Generator[[]int64] {
	const most = 1e15
	return rapid.SliceOfN(rapid.OneOf(
		rapid.Int64Range(-most, most),
		rapid.Int64Range(-300, 300),
		rapid.Int64Range(40_000, 60_000),
		rapid.Custom(func(t *rapid.T) int64 {
			v := rapid.Int64Range(1, most).Draw(t, "odd") >> rapid.IntRange(0, 49).Draw(t, "shift")
			if rapid.Bool().Draw(t, "negative") {
				return -v
			}
			return v
		}),
	), 0, 300)
}

// inSomeForm returns a histogram of the same values that is held differently.
func inSomeForm(t *rapid.T, h *Histogram) *Histogram {
	switch rapid.SampledFrom([]string{"as it is", "packed", "cloned", "decoded", "unpacked", "used before"}).Draw(t, "form") {
	case "packed":
		return h.Packed()
	case "cloned":
		return h.Clone()
	case "decoded":
		return decoded(t, encoded(t, h))
	case "unpacked":
		p := h.Packed()
		p.above.unpack()
		return p
	case "used before":
		used := of(-5_000, 3, 1e12)
		used.Reset()
		used.Merge(h)
		return used
	}
	return h
}

func TestAgreesWithSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := values().Draw(t, "values")
		h := inSomeForm(t, of(list...))
		sorted := slices.Sorted(slices.Values(list))

		sum := new(big.Int)
		for _, v := range list {
			sum.Add(sum, big.NewInt(v))
		}
		if h.Count() != int64(len(list)) || h.Sum() != sum.Int64() {
			t.Fatalf("count %d, sum %d; want %d, %s", h.Count(), h.Sum(), len(list), sum)
		}
		if len(list) == 0 {
			if h.Min() != 0 || h.Max() != 0 || h.Mean() != 0 {
				t.Fatalf("min %d, max %d, mean %v of nothing", h.Min(), h.Max(), h.Mean())
			}
			return
		}
		if h.Min() != sorted[0] || h.Max() != sorted[len(sorted)-1] {
			t.Fatalf("min %d, max %d; want %d, %d", h.Min(), h.Max(), sorted[0], sorted[len(sorted)-1])
		}
		if want := float64(sum.Int64()) / float64(len(list)); h.Mean() != want {
			t.Fatalf("mean %v, want %v", h.Mean(), want)
		}
		for _, q := range []float64{0, 0.001, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1, rapid.Float64Range(0, 1).Draw(t, "q")} {
			got, want := h.Quantile(q), sorted[int(q*float64(len(sorted)-1))]
			if math.Abs(float64(got-want)) > math.Abs(float64(want))/256 {
				t.Fatalf("quantile %v is %d, want %d within 1/256", q, got, want)
			}
		}
		var n, at int64
		previous := Bucket{math.MinInt64, math.MinInt64}
		for b, count := range h.Buckets() {
			if count <= 0 || b.Low > b.High || b.Low <= previous.High {
				t.Fatalf("bucket %v of %d after %v", b, count, previous)
			}
			for _, v := range sorted[at : at+count] {
				if v < b.Low || v > b.High {
					t.Fatalf("%d is counted in bucket %v", v, b)
				}
			}
			previous, n, at = b, n+count, at+count
		}
		if n != h.Count() {
			t.Fatalf("the buckets hold %d values, want %d", n, h.Count())
		}
	})
}

func TestMergeIsAssociativeAndCommutative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := values().Draw(t, "values")
		want := encoded(t, of(list...))
		parts := [3]*Histogram{{}, {}, {}}
		for _, v := range list {
			parts[rapid.IntRange(0, 2).Draw(t, "part")].Record(v)
		}
		part := func(i int) *Histogram { return inSomeForm(t, parts[i]).Clone() }

		left := part(0)
		left.Merge(part(1))
		left.Merge(part(2))
		right := part(1)
		right.Merge(part(2))
		first := part(0)
		first.Merge(right)
		turned := part(2)
		turned.Merge(part(1))
		turned.Merge(part(0))
		for name, h := range map[string]*Histogram{"(a+b)+c": left, "a+(b+c)": first, "(c+b)+a": turned} {
			if got := encoded(t, h); !bytes.Equal(got, want) {
				t.Fatalf("%s is encoded as %x, all at once as %x", name, got, want)
			}
		}
	})
}

func TestMergeLeavesTheOtherAlone(t *testing.T) {
	for _, form := range []struct {
		name string
		as   func(*Histogram) *Histogram
	}{
		{"counted", (*Histogram).Clone},
		{"packed", (*Histogram).Packed},
	} {
		t.Run(form.name, func(t *testing.T) {
			a, b := form.as(of(-7, 0, 1_000_000)), form.as(of(-8, 9, 2_000_000))
			want := encoded(t, b)
			a.Merge(b)
			a.Record(9)
			a.Record(-8)
			if got := encoded(t, b); !bytes.Equal(got, want) {
				t.Errorf("b is %x, was %x", got, want)
			}
			clone := a.Clone()
			want = encoded(t, a)
			clone.Record(-7)
			clone.Merge(b)
			if got := encoded(t, a); !bytes.Equal(got, want) {
				t.Errorf("a is %x, was %x before its clone changed", got, want)
			}
		})
	}
	t.Run("with itself", func(t *testing.T) {
		for _, a := range []*Histogram{of(-7, 0, 1_000_000), of(-7, 0, 1_000_000).Packed()} {
			a.Merge(a)
			if got, want := encoded(t, a), encoded(t, of(-7, -7, 0, 0, 1_000_000, 1_000_000)); !bytes.Equal(got, want) {
				t.Errorf("got %x, want %x", got, want)
			}
		}
	})
	t.Run("nothing", func(t *testing.T) {
		a := of(1, 2)
		a.Merge(nil)
		a.Merge(new(Histogram))
		if got, want := encoded(t, a), encoded(t, of(1, 2)); !bytes.Equal(got, want) {
			t.Errorf("got %x, want %x", got, want)
		}
	})
}

func TestReset(t *testing.T) {
	for name, h := range map[string]*Histogram{"counted": of(-5, 0, 1e6), "packed": of(-5, 0, 1e6).Packed()} {
		h.Reset()
		if got, want := encoded(t, h), encoded(t, new(Histogram)); !bytes.Equal(got, want) {
			t.Errorf("%s: after Reset %x, want %x", name, got, want)
		}
		h.Record(77)
		if got, want := encoded(t, h), encoded(t, of(77)); !bytes.Equal(got, want) {
			t.Errorf("%s: used again %x, want %x", name, got, want)
		}
	}
}

func TestRecordN(t *testing.T) {
	h := new(Histogram)
	h.RecordN(5, 3)
	h.RecordN(-1000, 2)
	h.RecordN(0, 4)
	h.RecordN(99, 0)
	h.RecordN(99, -1)
	want := of(5, 5, 5, -1000, -1000, 0, 0, 0, 0)
	if !bytes.Equal(encoded(t, h), encoded(t, want)) {
		t.Errorf("got %x, want %x", encoded(t, h), encoded(t, want))
	}
}

// A sum of large values does not fit in an int64, and the mean comes from it.
func TestSumBeyondInt64(t *testing.T) {
	h := new(Histogram)
	h.RecordN(1e15, 1e9)
	if h.Sum() != math.MaxInt64 || h.Mean() != 1e15 {
		t.Errorf("sum %d, mean %v; want %d, 1e15", h.Sum(), h.Mean(), int64(math.MaxInt64))
	}
	h.RecordN(-1e15, 3e9)
	if h.Sum() != math.MinInt64 || h.Mean() != -5e14 {
		t.Errorf("sum %d, mean %v; want %d, -5e14", h.Sum(), h.Mean(), int64(math.MinInt64))
	}
	h.RecordN(1e15, 2e9)
	if h.Sum() != 0 || h.Mean() != 0 {
		t.Errorf("sum %d, mean %v; want 0, 0", h.Sum(), h.Mean())
	}
	if back := decoded(t, encoded(t, h)); back.Sum() != 0 || back.Count() != 6e9 {
		t.Errorf("decoded: sum %d, count %d", back.Sum(), back.Count())
	}
}

func TestFull(t *testing.T) {
	h := new(Histogram)
	h.RecordN(3, math.MaxInt64)
	h.Record(3)
	h.Record(4)
	h.RecordN(-2, math.MaxInt64)
	if h.Count() != math.MaxInt64 || h.Min() != -2 || h.Max() != 4 {
		t.Fatalf("count %d, min %d, max %d", h.Count(), h.Min(), h.Max())
	}
	twice := h.Packed()
	twice.Merge(h)
	for _, q := range []float64{0, 0.3, 0.5, 0.999999, 1} {
		if v := twice.Quantile(q); v < -2 || v > 4 {
			t.Errorf("quantile %v is %d", q, v)
		}
	}
	if back := decoded(t, encoded(t, twice)); back.Count() != math.MaxInt64 {
		t.Errorf("decoded count %d", back.Count())
	}
}

// The array of counts covers the buckets in use, not those between them and zero,
// and packed the histogram has no array.
func TestStorageFollowsTheRange(t *testing.T) {
	h := of(1_000_000_000, 1_100_000_000)
	first, last := indexOf(1_000_000_000), indexOf(1_100_000_000)
	if n := len(h.above.counts); n > last-first+2*page {
		t.Errorf("%d counts for buckets %d to %d", n, first, last)
	}
	if h.below != nil {
		t.Error("there is a side below zero")
	}
	p := h.Packed()
	if p.above.counts != nil || len(p.above.packed) > 6 {
		t.Errorf("packed: %d counts, %d bytes", len(p.above.counts), len(p.above.packed))
	}
}

func TestRecordDoesNotAllocate(t *testing.T) {
	h := new(Histogram)
	for _, v := range []int64{1, -1e6, 1e6} {
		h.Record(v)
	}
	r := rand.New(rand.NewPCG(1, 2))
	if n := testing.AllocsPerRun(1000, func() { h.Record(r.Int64N(2e6) - 1e6) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
