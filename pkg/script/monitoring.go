package script

import (
	"math"
	"time"
)

// Alerts say when a monitor speaks: the `alerts` section. What is absent is left
// to the settings of the deployment.
type Alerts struct {
	RepeatEvery *float64 // minutes between two alerts of one outage; 0: with each failing run; nil: absent

	// After of Of runs have to fail before the first alert; 0: absent.
	After, Of int
}

// Objective is a goal for the share of good samples: the `slo` section.
type Objective struct {
	Percent float64       // of the samples that are to be good: 99.9
	Window  time.Duration // that this is true of: 30 days
}

// The bounds of these sections.
const (
	MostRepeatMinutes = 7 * 24 * 60
	MostAlertRuns     = 60 // that an alert looks back on
	LeastWindow       = 24 * time.Hour
	MostWindow        = 90 * 24 * time.Hour
)

func (b *builder) alerts(n *node) *Alerts {
	if n == nil || n.kind != kindObject {
		return nil
	}
	a := &Alerts{}
	if v := given(n, "repeatEvery"); v != nil {
		if v.kind != kindNumber || !(v.num >= 0 && v.num <= MostRepeatMinutes) {
			b.fault(v, "alerts.repeatEvery", "expected a number of minutes from 0, which alerts with each failing run, to %d, found %s", MostRepeatMinutes, v.found())
		} else {
			a.RepeatEvery = &v.num
		}
	}
	runs := func(key string) int {
		v := given(n, key)
		if v == nil {
			return 0
		}
		if v.kind != kindNumber || v.num != math.Trunc(v.num) || v.num < 1 || v.num > MostAlertRuns {
			b.fault(v, "alerts."+key, "expected a number of runs from 1 to %d, found %s", MostAlertRuns, v.found())
			return 0
		}
		return int(v.num)
	}
	a.After, a.Of = runs("after"), runs("of")
	switch v := given(n, "of"); {
	case a.Of == 0 && v == nil:
		a.Of = a.After // so many in a row
	case a.After == 0 && a.Of > 0:
		b.fault(v, "alerts.of", "`of` says how many runs `after` looks back on, and there is no `after`")
	case a.Of > 0 && a.Of < a.After:
		b.fault(v, "alerts.of", "%d runs cannot fail out of %d", a.After, a.Of)
	}
	return a
}

func (b *builder) slo(n *node) *Objective {
	if n == nil || n.kind != kindObject {
		return nil
	}
	o := &Objective{Window: 30 * 24 * time.Hour}
	switch v := given(n, "objective"); {
	case v == nil: // which was told
	case v.kind != kindNumber || !(v.num > 0 && v.num < 100):
		b.fault(v, "slo.objective", "expected a percentage above 0 and below 100, such as 99.9, found %s", v.found())
	default:
		o.Percent = v.num
	}
	if v := given(n, "window"); v != nil {
		d, err := ParseDuration(v.value())
		if err != nil || d < LeastWindow || d > MostWindow {
			b.fault(v, "slo.window", "expected a duration from 1 to 90 days, such as 30d, found %s", v.found())
		} else {
			o.Window = d
		}
	}
	return o
}

// given is a value that was written, null too, and not found faulty yet; else nil.
func given(n *node, key string) *node {
	v := n.get(key)
	if v == nil || v.bad || v.kind == kindUndefined {
		return nil
	}
	return v
}
