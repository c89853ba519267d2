package plan

import (
	"encoding/json"
	"runtime"
	"testing"
	"time"

	"salvo/pkg/script"
)

const sixDays = "518400"

// allocated is how many bytes f asks for in all, and how often.
func allocated(f func()) (bytes, times uint64) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs
}

func TestLargePlans(t *testing.T) {
	const day = 86_400
	for _, row := range []struct {
		name             string
		phases           []script.Phase
		windows, chunks  int
		arrivals, within int64
		bytes            uint64 // at most, for planning and walking all chunks
	}{
		{"constant", []script.Phase{rate("50000", sixDays)}, 4320, 432_000, 6 * day * 50_000, 0, 24 << 20},
		{"poisson", []script.Phase{poisson(rate("50000", sixDays))}, 4320, 432_000, 6 * day * 50_000, 12 * 161_000, 24 << 20},
		{"ramps", []script.Phase{ramp("0", "50000", "259200"), ramp("50000", "0", "259200")}, 4320, 218_240, 3 * day * 50_000, 0, 32 << 20},
		{"poisson ramp", []script.Phase{poisson(ramp("0", "50000", sixDays))}, 4320, 218_200, 3 * day * 50_000, 12 * 114_000, 32 << 20},
	} {
		t.Run(row.name, func(t *testing.T) {
			var p *Plan
			chunks, arrivals := 0, int64(0)
			bytes, times := allocated(func() {
				p = mustPlan(t, row.phases, limits(120, 500), 1)
				for c := range p.Chunks() {
					chunks++
					arrivals += c.Arrivals
				}
			})
			if p.WindowCount != row.windows || p.ChunkCount != row.chunks || chunks != row.chunks {
				t.Errorf("%d windows, %d chunks planned, %d walked; want %d, %d", p.WindowCount, p.ChunkCount, chunks, row.windows, row.chunks)
			}
			if d := p.Arrivals - row.arrivals; d > row.within || d < -row.within || arrivals != p.Arrivals {
				t.Errorf("%d arrivals planned, %d in chunks, want %d", p.Arrivals, arrivals, row.arrivals)
			}
			// An ID is what a chunk costs.
			if bytes > row.bytes || times > uint64(row.chunks)+100_000 {
				t.Errorf("%d bytes in %d allocations", bytes, times)
			}
			checkRoundTrip(t, p)
			data, err := json.Marshal(p)
			if err != nil || len(data) > 2000 {
				t.Errorf("plan.json has %d bytes, error %v", len(data), err)
			}
		})
	}
}

// Neither where a window lies nor how many arrivals the phase had before it
// matters to the worker that reads its list.
func TestListsDoNotAllocate(t *testing.T) {
	for _, row := range []struct {
		name  string
		phase script.Phase
	}{
		{"constant", rate("1000", sixDays)},
		{"thirds", rate("3001/3", sixDays)},
		{"ramp up", ramp("0", "2000", sixDays)},
		{"ramp down", ramp("2000", "0", sixDays)},
		{"poisson", poisson(rate("1000", sixDays))},
		{"poisson ramp", poisson(ramp("2000", "0", sixDays))},
		{"slow", rate("0.01", sixDays)},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := mustPlan(t, []script.Phase{rate("1/3", "0"), row.phase}, limits(885, 500), 1)
			for c := range p.Chunks() {
				if c.Window != p.WindowCount/2 || c.Worker != c.Workers-1 {
					continue
				}
				listed := int64(0)
				allocs := testing.AllocsPerRun(1, func() {
					listed = 0
					for range p.List(c) {
						listed++
					}
				})
				if listed != c.Arrivals || allocs > 60 {
					t.Errorf("%v allocations for %d arrivals, want %d", allocs, listed, c.Arrivals)
				}
				return
			}
		})
	}
}

// A window that begins at a second has the same arrivals as the end of one that
// began long before: random access and walking agree far from the origin.
func TestWindowsFarOut(t *testing.T) {
	phases := []script.Phase{rate("1/7", "1/3"), poisson(rate("70000/3", "400000")), ramp("1/3", "20000", "100000")}
	fine, coarse := mustPlan(t, phases, limits(30, 5000), 9), mustPlan(t, phases, limits(60, 5000), 9)
	var list []Arrival
	for w := range coarse.Windows() {
		if w.Index == 6000 || w.Index == 8333 {
			for a := range coarse.List(Chunk{Window: w.Index, Workers: 1, First: w.First, Until: w.Until}) {
				list = append(list, a)
			}
		}
	}
	i := 0
	for w := range fine.Windows() {
		if w.Index/2 != 6000 && w.Index/2 != 8333 {
			continue
		}
		for a := range fine.List(Chunk{Window: w.Index, Workers: 1, First: w.First, Until: w.Until}) {
			if i >= len(list) || a != list[i] {
				t.Fatalf("window %d has %+v as arrival %d", w.Index, a, i)
			}
			i++
		}
	}
	if i != len(list) || i < 1_000_000 {
		t.Errorf("%d arrivals in short windows, %d in long ones", i, len(list))
	}
}

var loads = []struct {
	name   string
	phases []script.Phase
}{
	{"constant", []script.Phase{rate("50000", sixDays)}},
	{"ramp", []script.Phase{ramp("1/3", "50000", sixDays)}},
	{"poisson", []script.Phase{poisson(rate("50000", sixDays))}},
	{"usual", []script.Phase{ramp("1", "100", "60"), rate("100", "600"), ramp("100", "1", "60")}},
}

func BenchmarkNew(b *testing.B) {
	for _, load := range loads {
		b.Run(load.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				mustPlan(b, load.phases, limits(120, 500), 1)
			}
		})
	}
}

func BenchmarkChunks(b *testing.B) {
	for _, load := range loads {
		b.Run(load.name, func(b *testing.B) {
			b.ReportAllocs()
			p := mustPlan(b, load.phases, limits(120, 500), 1)
			for b.Loop() {
				n := 0
				for range p.Chunks() {
					n++
				}
				if n != p.ChunkCount {
					b.Fatal(n)
				}
			}
			b.ReportMetric(float64(b.Elapsed())/float64(b.N)/float64(p.ChunkCount), "ns/chunk")
		})
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	for _, load := range loads {
		b.Run(load.name, func(b *testing.B) {
			b.ReportAllocs()
			data, err := json.Marshal(mustPlan(b, load.phases, limits(120, 500), 1))
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if err := json.Unmarshal(data, new(Plan)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkList reports per arrival: an operation is one of them.
func BenchmarkList(b *testing.B) {
	for _, load := range loads {
		for _, workers := range []int{1, 100} {
			if load.name == "usual" && workers > 1 {
				continue
			}
			b.Run(load.name+map[int]string{1: "/1 worker", 100: "/100 workers"}[workers], func(b *testing.B) {
				b.ReportAllocs()
				p := mustPlan(b, load.phases, limits(120, 500), 1)
				var chunk Chunk
				for w := range p.Windows() {
					if w.Index == p.WindowCount/2 {
						chunk = Chunk{Window: w.Index, Workers: workers, First: w.First, Until: w.Until}
						break
					}
				}
				var last time.Duration
				b.ResetTimer()
				for left := b.N; left > 0; {
					for a := range p.List(chunk) {
						last = a.At
						if left--; left == 0 {
							break
						}
					}
				}
				_ = last
			})
		}
	}
}
