package plan

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/script"
)

// TestSamples: each scenario has its samples in a chunk of its own, a pause and
// a second after each other, and the plan is the same when it is read again.
func TestSamples(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := Sampling{
			Scenarios:    rapid.IntRange(1, 50).Draw(t, "scenarios"),
			Size:         rapid.IntRange(1, 20).Draw(t, "size"),
			AveragePause: rapid.Float64Range(0.001, 10).Draw(t, "pause"),
		}
		s.PauseVariance = s.AveragePause * rapid.Float64Range(0, 1).Draw(t, "variance")
		p, err := Sample(s, script.DefaultLimits(), rapid.Uint64().Draw(t, "seed"))
		if err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		var again Plan
		if err := json.Unmarshal(data, &again); err != nil {
			t.Fatal(err)
		}

		seen := map[int64]bool{}
		chunks := 0
		for c := range p.Chunks() {
			chunks++
			last, n := time.Duration(0), int64(0)
			var times []time.Duration
			for a := range p.List(c) {
				if int(a.Index)%s.Scenarios != c.Worker || seen[a.Index] {
					t.Fatalf("chunk %+v has arrival %+v", c, a)
				}
				seen[a.Index] = true
				pause := (a.At - last).Seconds()
				if n > 0 {
					pause--
				}
				if pause < s.AveragePause-s.PauseVariance-0.0011 || pause > s.AveragePause+s.PauseVariance+0.0011 {
					t.Fatalf("a pause of %f s with %+v", pause, s)
				}
				last = a.At
				n++
				times = append(times, a.At)
			}
			if n != c.Arrivals || n != int64(s.Size) || last+sampleTime > p.Duration {
				t.Fatalf("chunk %+v has %d arrivals, the last at %s", c, n, last)
			}
			i := 0
			for a := range again.List(c) {
				if a.At != times[i] {
					t.Fatal("the plan that was read has other times")
				}
				i++
			}
		}
		if chunks != s.Scenarios || int64(len(seen)) != p.Arrivals || p.MaxWorkers() != chunks {
			t.Fatalf("%d chunks, %d arrivals, plan %+v", chunks, len(seen), p)
		}
	})
}

func TestSamplesRefused(t *testing.T) {
	tests := []struct {
		name string
		s    Sampling
		says string
	}{
		{"longer than a worker", Sampling{Scenarios: 1, Size: 800, AveragePause: 0.2}, "the samples of a scenario may take 960 s"},
		{"too many", Sampling{Scenarios: 1000, Size: 101, AveragePause: 0.2}, "more than the 100000 samples"},
		{"none", Sampling{Scenarios: 0, Size: 1}, "no samples can be planned"},
		{"a pause that may be negative", Sampling{Scenarios: 1, Size: 1, AveragePause: 1, PauseVariance: 2}, "no samples can be planned"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if _, err := Sample(test.s, script.DefaultLimits(), 1); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v", err)
			}
		})
	}
	p, err := Sample(Sampling{Scenarios: 5, Size: 1}, script.DefaultLimits(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.CheckConcurrency(4); err == nil || !strings.Contains(err.Error(), "the run has 5 scenarios") {
		t.Errorf("error %v", err)
	}
}
