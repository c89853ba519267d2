package plan

import (
	"fmt"
	"math/big"
	"sort"
	"strconv"
	"time"

	"salvo/pkg/script"
)

// Plan is how a script's load is divided: what New makes and plan.json holds. It
// may be read by many goroutines and is not to be changed.
type Plan struct {
	Phases   []Phase       // one for each phase of the script, pauses too
	Limits   script.Limits // what the plan was made with
	Seed     uint64        // of the run; decides the arrivals of poisson phases
	Duration time.Duration // of all phases, rounded up to the nanosecond
	Arrivals int64         // in all
	Peak     float64       // the highest arrival rate, per second

	WindowCount int // windows, those without workers too
	ChunkCount  int // chunks, which is the sum of the windows' workers

	// Sampling is what a plan of samples was made with; it has no phases. It is
	// nil in a plan of phases.
	Sampling *Sampling

	segments   []segment
	poisson    *counts // how many points a block has; nil without poisson phases
	maxWorkers int     // the largest sum over two neighbouring windows
	maxWindow  int     // the most workers of one window
}

// Phase is what one phase of the script comes to.
type Phase struct {
	Name       string
	Start, End time.Duration // offsets from the load's start, rounded down to the nanosecond
	From, To   float64       // arrival rate at its start and end, per second; the mean of a poisson phase
	Peak       float64       // the higher of the two; 0 when the phase lasts no time
	First      int64         // index of its first arrival
	Until      int64         // one more than the index of its last arrival; First when it has none
	MaxVusers  int           // users at once in the whole run; 0 means no cap
	Poisson    bool
}

// Arrivals is how many arrivals the phase has.
func (ph Phase) Arrivals() int64 { return ph.Until - ph.First }

// New plans a load. It fails with a *LimitError when the phases last longer or
// are faster than the limits allow, or when a limit is not positive or beyond
// what it may be set to. It also fails on phases that package script never
// makes: with a negative rate, say. The seed is the run's.
func New(phases []script.Phase, l script.Limits, seed uint64) (*Plan, error) {
	p, err := assemble(phases, l, seed)
	if err != nil {
		return nil, err
	}
	p.number(nil)
	last := 0
	for w := range p.Windows() {
		p.ChunkCount += w.Workers
		p.maxWindow = max(p.maxWindow, w.Workers)
		p.maxWorkers = max(p.maxWorkers, last+w.Workers)
		last = w.Workers
	}
	return p, nil
}

// assemble checks and adds up the phases: all but their indices and what
// depends on those.
func assemble(phases []script.Phase, l script.Limits, seed uint64) (*Plan, error) {
	if err := checkLimits(l); err != nil {
		return nil, err
	}
	total, peak := new(big.Rat), new(big.Rat)
	for i, ph := range phases {
		if err := checkPhase(ph); err != nil {
			return nil, fmt.Errorf("%s: %w", phaseName(phases, i), err)
		}
		total.Add(total, ph.Duration)
		if total.Denom().BitLen() > maxSumBits {
			return nil, fmt.Errorf("%s: %w", phaseName(phases, i), errDigits)
		}
		if ph.Duration.Sign() == 0 {
			continue
		}
		for _, r := range []*big.Rat{ph.From, ph.To} {
			if r.Cmp(peak) > 0 {
				peak = r
			}
		}
	}
	if err := checkScript(l, total, peak); err != nil {
		return nil, err
	}

	p := &Plan{
		Phases:   make([]Phase, len(phases)),
		Limits:   l,
		Seed:     seed,
		Duration: time.Duration(ceilNs(total)),
		segments: make([]segment, len(phases)),
	}
	p.Peak, _ = peak.Float64()
	p.WindowCount = int((p.seconds() + int64(l.MaxChunkDuration) - 1) / int64(l.MaxChunkDuration))

	var x scratch
	start, expected := new(big.Rat), new(big.Rat)
	for i, ph := range phases {
		base := expected
		if ph.Poisson {
			base = new(big.Rat)
			if p.poisson == nil {
				p.poisson = newCounts()
			}
		}
		g, after, err := newSegment(&x, ph, start, base)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", phaseName(phases, i), err)
		}
		start = g.end
		if !ph.Poisson {
			expected = after
		}
		p.segments[i] = g
		p.Phases[i] = Phase{
			Name:      ph.Name,
			Start:     time.Duration(g.startNs),
			End:       time.Duration(floorNs(g.end)),
			From:      g.fromRate,
			To:        g.toRate,
			MaxVusers: ph.MaxVusers,
			Poisson:   ph.Poisson,
		}
		if !g.empty() {
			p.Phases[i].Peak = max(g.fromRate, g.toRate)
		}
	}
	return p, nil
}

// number gives the phases their indices. drawn holds the arrivals of each
// poisson phase when they are known already.
func (p *Plan) number(drawn []int64) {
	next := int64(0)
	for i := range p.segments {
		g := &p.segments[i]
		p.Phases[i].First = next
		switch {
		case g.poisson && drawn != nil:
			next += drawn[i]
		case g.poisson:
			next += p.process(i).newTally().before(g.hi)
		default:
			g.offset = next - g.lo.ceil()
			next = g.hi.ceil() + g.offset
		}
		p.Phases[i].Until = next
	}
	p.Arrivals = next
}

// process is the points of poisson phase i.
func (p *Plan) process(i int) process {
	return newProcess(p.Seed, i, p.poisson)
}

// seconds is how many seconds the load touches.
func (p *Plan) seconds() int64 {
	return (int64(p.Duration) + nanos - 1) / nanos
}

// Rate is the arrival rate at an offset from the load's start, per second: the
// mean rate in a poisson phase, 0 before the start and from the end on. It is
// meant for drawing.
func (p *Plan) Rate(t time.Duration) float64 {
	i := sort.Search(len(p.Phases), func(i int) bool { return p.Phases[i].End > t })
	if t < 0 || i == len(p.Phases) {
		return 0
	}
	ph := p.Phases[i]
	done := float64(t-ph.Start) / float64(ph.End-ph.Start)
	return ph.From + float64((ph.To-ph.From)*done)
}

// MaxWorkers is how many workers are there at once at most: the workers of a
// window are awake before those of the window before it are done, so it is the
// largest sum of two neighbouring windows.
func (p *Plan) MaxWorkers() int { return p.maxWorkers }

func phaseName(phases []script.Phase, i int) string {
	name := "phase " + strconv.Itoa(i+1)
	if phases[i].Name != "" {
		name += " (" + phases[i].Name + ")"
	}
	return name
}
