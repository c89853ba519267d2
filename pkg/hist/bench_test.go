package hist

import (
	"math"
	"math/rand/v2"
	"testing"
)

// lognormalValues are latencies in microseconds with a median of 50 ms, most of
// them between 10 and 250 ms.
func lognormalValues(n int) []int64 {
	r := rand.New(rand.NewPCG(1, 2))
	list := make([]int64, n)
	for i := range list {
		list[i] = int64(50_000 * math.Exp(0.8*r.NormFloat64()))
	}
	return list
}

func lognormal(n int) *Histogram { return of(lognormalValues(n)...) }

func BenchmarkRecord(b *testing.B) {
	list := lognormalValues(1 << 16)
	h := of(list...)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		h.Record(list[i&(len(list)-1)])
	}
}

func BenchmarkQuantile(b *testing.B) {
	h := lognormal(1e6)
	for name, h := range map[string]*Histogram{"counted": h, "packed": h.Packed()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Quantile(0.99)
			}
		})
	}
}

func BenchmarkMerge(b *testing.B) {
	h := lognormal(1e6)
	for _, form := range []struct {
		name    string
		into, o *Histogram
	}{
		{"counted into counted", h, h},
		{"packed into counted", h, h.Packed()},
		{"packed into packed", h.Packed(), h.Packed()},
	} {
		b.Run(form.name, func(b *testing.B) {
			into := form.into.Clone()
			b.ReportAllocs()
			for b.Loop() {
				into.Merge(form.o)
			}
		})
	}
}

func BenchmarkPacked(b *testing.B) {
	for name, h := range map[string]*Histogram{"of a second": lognormal(500), "of 1e6": lognormal(1e6)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				h.Packed()
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	h := lognormal(1e6)
	var data []byte
	b.ReportAllocs()
	for b.Loop() {
		data, _ = h.AppendBinary(data[:0])
	}
	b.ReportMetric(float64(len(data)), "bytes")
}

func BenchmarkDecode(b *testing.B) {
	data, _ := lognormal(1e6).AppendBinary(nil)
	var h Histogram
	b.ReportAllocs()
	for b.Loop() {
		if err := h.UnmarshalBinary(data); err != nil {
			b.Fatal(err)
		}
	}
}
