package plan

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/script"
)

func TestLimits(t *testing.T) {
	with := func(change func(*script.Limits)) script.Limits {
		l := script.DefaultLimits()
		change(&l)
		return l
	}
	for _, row := range []struct {
		name   string
		phases []script.Phase
		limits script.Limits
		key    string // "" when all is well
		value  float64
		bound  int
		text   string
	}{
		{"as long as allowed", []script.Phase{rate("1", "86400")}, script.DefaultLimits(), "", 0, 0, ""},
		{"as fast as allowed", []script.Phase{rate("5000", "1")}, script.DefaultLimits(), "", 0, 0, ""},
		{"fast for no time", []script.Phase{rate("5001", "0"), rate("1", "1")}, script.DefaultLimits(), "", 0, 0, ""},
		{"too long", []script.Phase{rate("1", "86400"), pause("0.5")}, script.DefaultLimits(), keyScriptDuration, 86400.5, 86400,
			"the phases last 86400.5 s, but `_split.maxScriptDurationInSeconds` allows 86400 s; shorten them, or set `_split.maxScriptDurationInSeconds` to 86401 or more"},
		{"longer than any", []script.Phase{pause("600000")}, script.DefaultLimits(), keyScriptDuration, 600000, 86400,
			"the phases last 600000 s, but `_split.maxScriptDurationInSeconds` allows 86400 s; shorten them: it cannot be set to more than 518400"},
		{"longer than time goes", []script.Phase{pause("1e40")}, script.DefaultLimits(), keyScriptDuration, 1e40, 86400, ""},
		{"too fast", []script.Phase{ramp("1", "15001/3", "3")}, script.DefaultLimits(), keyScriptRate, 15001.0 / 3, 5000,
			"the arrival rate rises to about 5000.333 a second, but `_split.maxScriptRequestsPerSecond` allows 5000; lower it, or set `_split.maxScriptRequestsPerSecond` to 5001 or more"},
		{"ramp down from too fast", []script.Phase{ramp("6000", "1", "3")}, script.DefaultLimits(), keyScriptRate, 6000, 5000, ""},
		{"poisson too fast", []script.Phase{poisson(rate("6000", "3"))}, script.DefaultLimits(), keyScriptRate, 6000, 5000, ""},
		{"faster than any", []script.Phase{rate("2000000", "1")}, script.DefaultLimits(), keyScriptRate, 2e6, 5000,
			"the arrival rate rises to 2000000 a second, but `_split.maxScriptRequestsPerSecond` allows 5000; lower it: it cannot be set to more than 1000000"},
		{"no chunk duration", nil, with(func(l *script.Limits) { l.MaxChunkDuration = 0 }), keyChunkDuration, 0, 1,
			"`_split.maxChunkDurationInSeconds` is 0; set it to a whole number from 1 to 885"},
		{"no chunk rate", nil, with(func(l *script.Limits) { l.MaxChunkRate = 0 }), keyChunkRate, 0, 1, ""},
		{"chunk too long", nil, with(func(l *script.Limits) { l.MaxChunkDuration = 886 }), keyChunkDuration, 886, 885, ""},
		{"script too long", nil, with(func(l *script.Limits) { l.MaxScriptDuration = 518401 }), keyScriptDuration, 518401, 518400, ""},
		{"negative lead", nil, with(func(l *script.Limits) { l.TimeBuffer = -1 }), keyTimeBuffer, -1, 0, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			_, err := New(row.phases, row.limits, 1)
			if row.key == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *LimitError
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want a LimitError", err)
			}
			if e.Key != row.key || e.Value != row.value || e.Bound != row.bound {
				t.Errorf("%s is %v, bound %d; want %s, %v, %d", e.Key, e.Value, e.Bound, row.key, row.value, row.bound)
			}
			if row.text != "" && e.Error() != row.text {
				t.Errorf("error is\n%s, want\n%s", e, row.text)
			}
			if !strings.Contains(e.Error(), row.key) {
				t.Errorf("%q does not name %s", e, row.key)
			}
		})
	}
}

func TestCheckConcurrency(t *testing.T) {
	type fit struct{ duration, rate int }
	for _, row := range []struct {
		name   string
		phases []script.Phase
		most   int
		needs  int // 0 when it fits
		fits   []fit
		text   string
	}{
		{"fits", []script.Phase{rate("5000", "240")}, 20, 0, nil, ""},
		{"one window needs half", []script.Phase{rate("5000", "120")}, 10, 0, nil, ""},
		{"faster chunks, or one window", []script.Phase{rate("5000", "240")}, 19, 20, []fit{{120, 556}, {240, 500}},
			"the load needs 20 workers at once, two windows overlapping, but `maxConcurrency` allows 19; " +
				"set `_split.maxChunkRequestsPerSecond` to 556, or set `_split.maxChunkDurationInSeconds` to 240, " +
				"or have the account's Lambda concurrency raised, and `maxConcurrency` with it, to 20"},
		{"faster chunks only", []script.Phase{rate("5000", "20000")}, 2, 20, []fit{{120, 5000}}, ""},
		{"another duration only", []script.Phase{rate("5000", "240")}, 10, 20, []fit{{120, 1000}, {240, 500}}, ""},
		{"both", []script.Phase{rate("5000", "240")}, 1, 20, []fit{{240, 5000}},
			"the load needs 20 workers at once, two windows overlapping, but `maxConcurrency` allows 1; " +
				"set `_split.maxChunkRequestsPerSecond` to 5000 and `_split.maxChunkDurationInSeconds` to 240, " +
				"or have the account's Lambda concurrency raised, and `maxConcurrency` with it, to 20"},
		{"none", []script.Phase{rate("5000", "20000")}, 1, 20, nil,
			"the load needs 20 workers at once, two windows overlapping, but `maxConcurrency` allows 1; " +
				"no values of `_split` would fit, so lower the arrival rate, " +
				"or have the account's Lambda concurrency raised, and `maxConcurrency` with it, to 20"},
		{"a peak cut in two by a window", []script.Phase{rate("100", "115"), rate("5000", "10"), rate("100", "3600")}, 11, 20,
			[]fit{{120, 1000}, {125, 500}}, ""},
		{"six days at a million a second", []script.Phase{rate("1000000", "518400")}, 1000, 4000, []fit{{120, 2000}}, ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := script.DefaultLimits()
			l.MaxScriptDuration, l.MaxScriptRate = mostScriptDuration, mostScriptRate
			err := mustPlan(t, row.phases, l, 1).CheckConcurrency(row.most)
			if row.needs == 0 {
				if err != nil {
					t.Error(err)
				}
				return
			}
			var e *LimitError
			if !errors.As(err, &e) {
				t.Fatalf("error is %v, want a LimitError", err)
			}
			var fits []fit
			for _, l := range e.Fits {
				fits = append(fits, fit{l.MaxChunkDuration, l.MaxChunkRate})
			}
			if e.Key != "maxConcurrency" || e.Value != float64(row.needs) || e.Bound != row.most || !slices.Equal(fits, row.fits) {
				t.Errorf("%s is %v, bound %d, fits %v; want %d, %d, %v", e.Key, e.Value, e.Bound, fits, row.needs, row.most, row.fits)
			}
			if row.text != "" && e.Error() != row.text {
				t.Errorf("error is\n%s, want\n%s", e, row.text)
			}
		})
	}
}

// What an error says would fit does, and the shortcut that finds it agrees with
// the plan.
func TestFitsFit(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		phases := drawPhases(t)
		p := mustPlan(t, phases, drawLimits(t), 1)
		if quick := p.workersAtOnce(p.Limits.MaxChunkDuration, p.Limits.MaxChunkRate); quick < p.MaxWorkers() {
			t.Fatalf("%d workers at once, by the shortcut %d", p.MaxWorkers(), quick)
		}
		if p.MaxWorkers() < 2 {
			return
		}
		most := rapid.IntRange(1, p.MaxWorkers()-1).Draw(t, "most")
		var e *LimitError
		if err := p.CheckConcurrency(most); !errors.As(err, &e) {
			t.Fatalf("error is %v", err)
		}
		for _, l := range e.Fits {
			if err := mustPlan(t, phases, l, 1).CheckConcurrency(most); err != nil {
				t.Fatalf("%+v: %v", l, err)
			}
		}
	})
}

func TestShortcutFindsThePeak(t *testing.T) {
	phases := []script.Phase{rate("40", "100"), ramp("40", "997", "1000"), rate("30", "33"), ramp("1300", "20", "700"), pause("600"), rate("1100", "61")}
	for _, duration := range []int{1, 15, 16, 61, 120, 333, 885} {
		for _, perChunk := range []int{1, 7, 50, 500, 5000} {
			p := mustPlan(t, phases, limits(duration, perChunk), 1)
			if quick := p.workersAtOnce(duration, perChunk); quick != p.MaxWorkers() {
				t.Errorf("%d s and %d a second: %d workers at once, by the shortcut %d", duration, perChunk, p.MaxWorkers(), quick)
			}
		}
	}
}

func TestCost(t *testing.T) {
	// Ten windows of 120 s with two workers each, and one of 60 s with one.
	p := mustPlan(t, []script.Phase{rate("1000", "1200"), rate("1", "60")}, script.DefaultLimits(), 1)
	c := p.Cost(CostOptions{Lead: -1, Drain: -1, Memory: 2048})
	alive := 20*120.0 + 60
	want := map[string][2]CostPart{
		"transitions": {c.Transitions, {12 + 21*3, (12 + 21*3) * 0.000025}},
		"compute":     {c.Compute, {2 * (alive + 60), 2 * (alive + 60) * 0.0000133334}},
		"invocations": {c.Invocations, {4 + 21, (4 + 21) * 0.0000002}},
		"puts":        {c.Puts, {8 + 21 + alive/5 + alive/2, (8 + 21 + alive/5 + alive/2) * 0.000005}},
		"gets":        {c.Gets, {21*5 + alive/2, (21*5 + alive/2) * 0.0000004}},
		"logs":        {c.Logs, {25 * 2048 / 1e9, 25 * 2048 / 1e9 * 0.5}},
	}
	sum := 0.0
	for name, part := range want {
		if math.Abs(part[0].Quantity-part[1].Quantity) > 1e-9 || math.Abs(part[0].Dollars-part[1].Dollars) > 1e-12 {
			t.Errorf("%s: %+v, want %+v", name, part[0], part[1])
		}
		sum += part[1].Dollars
	}
	if math.Abs(c.Total-sum) > 1e-12 || c.PricesAsOf == "" {
		t.Errorf("total %v as of %q, want %v", c.Total, c.PricesAsOf, sum)
	}

	usual := p.Cost(CostOptions{})
	if want := (60 + alive + 21*25) * 1769 / 1024; math.Abs(usual.Compute.Quantity-want) > 1e-9 {
		t.Errorf("%v GB-seconds by default, want %v", usual.Compute.Quantity, want)
	}
	l := script.DefaultLimits()
	l.MaxChunkDuration = 885
	long := mustPlan(t, []script.Phase{rate("1", "885")}, l, 1).Cost(CostOptions{Memory: 1024, Drain: 885e9})
	if long.Compute.Quantity != 60+900 {
		t.Errorf("%v GB-seconds, but a worker ends after 900 s", long.Compute.Quantity)
	}
}

func TestWithin(t *testing.T) {
	l := script.DefaultLimits()
	l.MaxChunkDuration = 885
	tests := []struct {
		name   string
		buffer int // ms
		worker time.Duration
		want   int
	}{
		{"no end", 15000, 0, 885},
		{"the longest chunk in the longest worker", 15000, 900 * time.Second, 875},
		{"with a longer lead", 30000, 900 * time.Second, 860},
		{"time enough", 15000, 2000 * time.Second, 885},
		{"a worker that cannot do anything", 15000, 20 * time.Second, 1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			l.TimeBuffer = test.buffer
			if got := Within(l, test.worker).MaxChunkDuration; got != test.want {
				t.Errorf("%d s", got)
			}
		})
	}
}
