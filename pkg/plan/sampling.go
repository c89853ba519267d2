package plan

import (
	"fmt"
	"iter"
	"math/rand/v2"
	"time"

	"salvo/pkg/script"
)

// sampleTime is how long the phase of one sample is in serverless-artillery: the
// next pause begins after it.
const sampleTime = time.Second

// mostSamples bounds a sampling plan, which is made as a whole.
const mostSamples = 100_000

// Sampling is what a sampling plan is made of: each of Scenarios scenarios runs
// Size times, in a chunk of its own. Before each sample is a pause of a length
// between AveragePause - PauseVariance and AveragePause + PauseVariance, drawn
// from the seed for each scenario, so that they are not in step.
type Sampling struct {
	Scenarios     int     `json:"scenarios"`
	Size          int     `json:"size"`
	AveragePause  float64 `json:"averagePause"`  // seconds
	PauseVariance float64 `json:"pauseVariance"` // seconds
}

// For plans the run of a script: its phases, or in a sampling mode its samples.
// Its errors are those of New and Sample.
func For(sc *script.Script, seed uint64) (*Plan, error) {
	if !sc.Mode.Sampling() {
		return New(sc.Config.Phases, sc.Limits, seed)
	}
	return Sample(Sampling{
		Scenarios: len(sc.Scenarios), Size: sc.Sampling.Size,
		AveragePause: sc.Sampling.AveragePause, PauseVariance: sc.Sampling.PauseVariance,
	}, sc.Limits, seed)
}

// Sample plans a sampling run. Sample j of scenario k is arrival j*n + k of n
// scenarios, so that worker k of n has those of its scenario, as in any plan. It
// fails with a *LimitError when the samples last longer than a worker can.
func Sample(s Sampling, l script.Limits, seed uint64) (*Plan, error) {
	if err := checkLimits(l); err != nil {
		return nil, err
	}
	if s.Scenarios < 1 || s.Size < 1 || s.AveragePause < 0 || s.PauseVariance < 0 || s.PauseVariance > s.AveragePause {
		return nil, fmt.Errorf("no samples can be planned with %+v", s)
	}
	if s.Scenarios > mostSamples || s.Size > mostSamples/s.Scenarios {
		return nil, fmt.Errorf("%d scenarios with %d samples each are more than the %d samples that a run may have", s.Scenarios, s.Size, mostSamples)
	}
	if longest := float64(s.Size) * (s.AveragePause + s.PauseVariance + sampleTime.Seconds()); longest > mostChunkDuration {
		return nil, &LimitError{
			Key: "sampling.size", Value: longest, Bound: mostChunkDuration,
			problem: fmt.Sprintf("the samples of a scenario may take %.0f s, but a worker works for %d s at most", longest, mostChunkDuration),
			advice:  "lower `sampling.size` or the pauses",
		}
	}
	p := &Plan{
		Limits: l, Seed: seed, Sampling: &s,
		Arrivals:    int64(s.Scenarios) * int64(s.Size),
		WindowCount: 1,
		ChunkCount:  s.Scenarios,
		maxWindow:   s.Scenarios,
		maxWorkers:  s.Scenarios,
	}
	for k := range s.Scenarios {
		for at := range p.sampleTimes(k) {
			p.Duration = max(p.Duration, at+sampleTime)
		}
	}
	return p, nil
}

// sampleTimes walks when the samples of scenario k are due.
func (p *Plan) sampleTimes(k int) iter.Seq[time.Duration] {
	s := p.Sampling
	return func(yield func(time.Duration) bool) {
		random := rand.New(rand.NewPCG(p.Seed, uint64(k)))
		at := time.Duration(0)
		for range s.Size {
			pause := s.AveragePause + float64(s.PauseVariance*float64(2*random.Float64()-1))
			at += time.Duration(pause*1e3) * time.Millisecond
			if !yield(at) {
				return
			}
			at += sampleTime
		}
	}
}

// sampleWindow is the one window of a sampling plan.
func (p *Plan) sampleWindow() Window {
	return Window{End: p.Duration, Until: p.Arrivals, Workers: p.Sampling.Scenarios}
}

// samples walks the arrivals of a sampling plan's chunk.
func (p *Plan) samples(c Chunk) iter.Seq[Arrival] {
	return func(yield func(Arrival) bool) {
		if c.Worker < 0 || c.Worker >= p.Sampling.Scenarios {
			return
		}
		index := int64(c.Worker)
		for at := range p.sampleTimes(c.Worker) {
			if !yield(Arrival{Index: index, At: at}) {
				return
			}
			index += int64(p.Sampling.Scenarios)
		}
	}
}
