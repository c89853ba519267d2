package plan

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"salvo/pkg/script"
)

// The keys that a LimitError names.
const (
	keyScriptDuration = "_split.maxScriptDurationInSeconds"
	keyScriptRate     = "_split.maxScriptRequestsPerSecond"
	keyChunkDuration  = "_split.maxChunkDurationInSeconds"
	keyChunkRate      = "_split.maxChunkRequestsPerSecond"
	keyTimeBuffer     = "_split.timeBufferInMilliseconds"
	keyConcurrency    = "maxConcurrency"
)

// What the limits of a script may be set to.
const (
	mostScriptDuration = 518_400
	mostScriptRate     = 1_000_000
	leastChunkDuration = 15
	mostChunkDuration  = 885
	mostChunkRate      = 5_000
	mostTimeBuffer     = 30_000
)

// LimitError tells that a script asks for more than a limit allows.
type LimitError struct {
	Key   string          // the limit as it is set: "_split.<key>", or "maxConcurrency"
	Value float64         // what is asked for, in the key's unit
	Bound int             // what the key allows
	Fits  []script.Limits // for maxConcurrency: the script's limits, changed so that it would fit
	Ways  []string        // for maxConcurrency: how the script would fit, in words

	problem, advice string
}

// Error says what is asked for, what is allowed, and what to do about it.
func (e *LimitError) Error() string { return e.problem + "; " + e.advice }

// afterWindow is what a worker needs of its time beyond its window: for users to
// end, and to write its result.
const afterWindow = 10 * time.Second

// Within shortens the longest chunk of l to what a worker that may run for so long
// can do, with the lead that it is awake before. It has no effect when worker is 0.
func Within(l script.Limits, worker time.Duration) script.Limits {
	if worker <= 0 {
		return l
	}
	lead := time.Duration(l.TimeBuffer) * time.Millisecond
	longest := int((worker - lead - afterWindow) / time.Second)
	l.MaxChunkDuration = max(1, min(l.MaxChunkDuration, longest))
	return l
}

// checkLimits refuses limits that nothing can be planned with. Windows shorter
// than a script may ask for are harmless, and quick to test with.
func checkLimits(l script.Limits) error {
	for _, v := range []struct {
		key                string
		value, least, most int
	}{
		{keyScriptDuration, l.MaxScriptDuration, 1, mostScriptDuration},
		{keyScriptRate, l.MaxScriptRate, 1, mostScriptRate},
		{keyChunkDuration, l.MaxChunkDuration, 1, mostChunkDuration},
		{keyChunkRate, l.MaxChunkRate, 1, mostChunkRate},
		{keyTimeBuffer, l.TimeBuffer, 0, mostTimeBuffer},
	} {
		bound := v.most
		if v.value < v.least {
			bound = v.least
		} else if v.value <= v.most {
			continue
		}
		return &LimitError{
			Key:     v.key,
			Value:   float64(v.value),
			Bound:   bound,
			problem: fmt.Sprintf("`%s` is %d", v.key, v.value),
			advice:  fmt.Sprintf("set it to a whole number from %d to %d", v.least, v.most),
		}
	}
	return nil
}

// checkScript holds the load against what a script may ask for.
func checkScript(l script.Limits, duration, peak *big.Rat) error {
	for _, v := range []struct {
		key         string
		value       *big.Rat
		bound, most int
		problem     string // of the value and the bound
		instead     string
	}{
		{keyScriptDuration, duration, l.MaxScriptDuration, mostScriptDuration,
			"the phases last %s s, but `%s` allows %d s", "shorten them"},
		{keyScriptRate, peak, l.MaxScriptRate, mostScriptRate,
			"the arrival rate rises to %s a second, but `%s` allows %d", "lower it"},
	} {
		if v.value.Cmp(new(big.Rat).SetInt64(int64(v.bound))) <= 0 {
			continue
		}
		e := &LimitError{Key: v.key, Bound: v.bound}
		e.Value, _ = v.value.Float64()
		e.problem = fmt.Sprintf(v.problem, amount(v.value), v.key, v.bound)
		e.advice = v.instead
		if need := wholeUp(v.value); need.IsInt64() && need.Int64() <= int64(v.most) {
			e.advice += fmt.Sprintf(", or set `%s` to %d or more", v.key, need)
		} else {
			e.advice += fmt.Sprintf(": it cannot be set to more than %d", v.most)
		}
		return e
	}
	return nil
}

// amount writes a number for people, without claiming a digit that is not true.
func amount(r *big.Rat) string {
	if r.IsInt() {
		return r.Num().String()
	}
	if digits, exact := r.FloatPrec(); exact && digits <= 3 {
		return r.FloatString(digits)
	}
	return "about " + r.FloatString(3)
}

func wholeUp(r *big.Rat) *big.Int {
	q, rem := new(big.Int).QuoRem(r.Num(), r.Denom(), new(big.Int))
	return q.Add(q, big.NewInt(int64(rem.Sign())))
}

// CheckConcurrency holds MaxWorkers against how many workers may run at once,
// the setting maxConcurrency. Its error is a *LimitError that gives values of
// `_split` with which the plan would fit, if there are any.
func (p *Plan) CheckConcurrency(most int) error {
	if p.maxWorkers <= most {
		return nil
	}
	if p.Sampling != nil {
		return &LimitError{
			Key: keyConcurrency, Value: float64(p.maxWorkers), Bound: most,
			problem: fmt.Sprintf("the run has %d scenarios, each in a worker of its own, but `%s` allows %d at once", p.maxWorkers, keyConcurrency, most),
			Ways:    []string{"divide the script"},
			advice:  "divide the script, or have the account's Lambda concurrency raised, and `" + keyConcurrency + "` with it",
		}
	}
	e := &LimitError{
		Key:   keyConcurrency,
		Value: float64(p.maxWorkers),
		Bound: most,
		Fits:  p.fits(most),
		problem: fmt.Sprintf("the load needs %d workers at once, two windows overlapping, but `%s` allows %d",
			p.maxWorkers, keyConcurrency, most),
	}
	var ways []string
	for _, l := range e.Fits {
		var set []string
		if l.MaxChunkRate != p.Limits.MaxChunkRate {
			set = append(set, fmt.Sprintf("`%s` to %d", keyChunkRate, l.MaxChunkRate))
		}
		if l.MaxChunkDuration != p.Limits.MaxChunkDuration {
			set = append(set, fmt.Sprintf("`%s` to %d", keyChunkDuration, l.MaxChunkDuration))
		}
		ways = append(ways, "set "+strings.Join(set, " and "))
	}
	if len(ways) == 0 {
		ways = append(ways, "no values of `_split` would fit, so lower the arrival rate")
	}
	e.Ways = ways
	ways = append(slices.Clip(ways), fmt.Sprintf("have the account's Lambda concurrency raised, and `%s` with it, to %d", keyConcurrency, p.maxWorkers))
	e.advice = strings.Join(ways, ", or ")
	return e
}

// fits returns the limits, in the ranges that `_split` allows, under which at
// most so many workers are needed at once: with the least rate of a chunk, with
// the nearest duration of a chunk, and when neither alone will do, with both.
func (p *Plan) fits(most int) []script.Limits {
	var fits []script.Limits
	add := func(duration, rate int) {
		l := p.Limits
		l.MaxChunkDuration, l.MaxChunkRate = duration, rate
		fits = append(fits, l)
	}
	if rate, ok := p.rateFor(p.Limits.MaxChunkDuration, most); ok {
		add(p.Limits.MaxChunkDuration, rate)
	}
	if duration, ok := p.durationFor(p.Limits.MaxChunkRate, most); ok {
		add(duration, p.Limits.MaxChunkRate)
	}
	if len(fits) > 0 {
		return fits
	}
	if duration, ok := p.durationFor(mostChunkRate, most); ok {
		rate, _ := p.rateFor(duration, most)
		add(duration, rate)
	}
	return fits
}

// rateFor is the least rate of a chunk that fits with a duration of a chunk.
func (p *Plan) rateFor(duration, most int) (int, bool) {
	low, high := p.Limits.MaxChunkRate, mostChunkRate
	if p.workersAtOnce(duration, high) > most {
		return 0, false
	}
	for low < high {
		mid := (low + high) / 2
		if p.workersAtOnce(duration, mid) <= most {
			high = mid
		} else {
			low = mid + 1
		}
	}
	return high, true
}

// durationFor is the duration of a chunk nearest to the present one that fits
// with a rate of a chunk.
func (p *Plan) durationFor(rate, most int) (int, bool) {
	for away := 1; away <= mostChunkDuration; away++ {
		for _, d := range []int{p.Limits.MaxChunkDuration + away, p.Limits.MaxChunkDuration - away} {
			if d >= leastChunkDuration && d <= mostChunkDuration && p.workersAtOnce(d, rate) <= most {
				return d, true
			}
		}
	}
	return 0, false
}

// workersAtOnce is MaxWorkers under other limits, found without walking all
// windows: inside a phase the number of workers only grows or only shrinks from
// window to window, so two neighbours with the largest sum lie at one of its
// ends. It counts workers of windows whose rate is too low for an arrival, too.
func (p *Plan) workersAtOnce(duration, rate int) int {
	length := int64(duration)
	var near []int64 // windows that may be the first of the two
	for i := range p.segments {
		if g := &p.segments[i]; !g.empty() {
			first, last := g.first/length, (g.last-1)/length
			near = append(near, first, max(last-1, 0), last)
		}
	}
	slices.Sort(near)
	var x scratch
	workers := func(w int64) int {
		_, n := p.peak(&x, w*length, (w+1)*length, rate)
		return n
	}
	most := 0
	for _, w := range slices.Compact(near) {
		most = max(most, workers(w)+workers(w+1))
	}
	return most
}
