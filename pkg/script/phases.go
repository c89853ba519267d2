package script

import (
	"encoding/json"
	"math/big"
	"slices"
	"strings"

	"salvo/pkg/template"
)

// defaultPhase is the load of a script without phases: one user.
const defaultPhase = `{"duration":1,"arrivalCount":1}`

func (b *builder) phases(config *node) []Phase {
	poisson := false
	if mode := config.present("mode"); mode != nil {
		poisson = b.poisson(mode, "config.mode")
	}
	n := config.present("phases")
	if n == nil {
		return []Phase{{
			Duration: big.NewRat(1, 1), From: big.NewRat(1, 1), To: big.NewRat(1, 1),
			Source: json.RawMessage(defaultPhase),
		}}
	}
	if len(n.items) == 0 {
		b.fault(n, "config.phases", "an empty list has no load; add a phase, such as {duration: 60, arrivalRate: 5}, or leave `phases` out for a single user")
	}
	var phases []Phase
	for i, item := range n.items {
		if item.kind == kindObject && !item.bad {
			phases = append(phases, b.phase(item, element("config.phases", i), poisson))
		}
	}
	return phases
}

func (b *builder) poisson(mode *node, path string) bool {
	switch strings.ToLower(mode.text) {
	case "uniform", "poisson":
	default:
		b.fault(mode, path, "expected uniform or poisson, found %s", mode.found())
	}
	return strings.EqualFold(mode.text, "poisson")
}

// phase reads one phase. Which kind it is decides the first of pause,
// arrivalCount and arrivalRate with rampTo that is there.
func (b *builder) phase(n *node, path string, poisson bool) Phase {
	zero := func() *big.Rat { return new(big.Rat) }
	p := Phase{Pos: n.pos, Source: template.AppendJSON(nil, n.written()), Duration: zero(), From: zero(), To: zero()}
	if v := n.present("name"); v != nil {
		p.Name = b.masked(v)
	}
	if v := n.present("maxVusers"); v != nil {
		p.MaxVusers = b.whole(v, path+".maxVusers", 0, "a number of users")
	}
	constant := false
	duration, pause := n.present("duration"), n.present("pause")
	count, rate, ramp := n.present("arrivalCount"), n.present("arrivalRate"), n.present("rampTo")
	switch {
	case pause != nil:
		p.Duration = b.duration(pause, path+".pause", false)
		b.noEffect(n, path, "`pause`", "duration", "arrivalCount", "arrivalRate", "rampTo", "mode", "maxVusers")
	case count != nil:
		p.Duration = b.needDuration(n, duration, path)
		users := b.whole(count, path+".arrivalCount", 0, "a whole number of users")
		if p.Duration.Sign() > 0 {
			p.From = new(big.Rat).Quo(big.NewRat(int64(users), 1), p.Duration)
			p.To = p.From
		}
		b.noEffect(n, path, "`arrivalCount`", "arrivalRate", "rampTo")
	case rate != nil || ramp != nil:
		p.Duration = b.needDuration(n, duration, path)
		if rate != nil {
			p.From = b.rate(rate, path+".arrivalRate")
		}
		p.To = p.From
		if ramp != nil {
			p.To = b.rate(ramp, path+".rampTo")
		}
		constant = ramp == nil
	case n.anyBad():
	case duration != nil:
		b.fault(n, path, "a phase says how many users arrive: add arrivalRate (users per second), with rampTo for a ramp, or arrivalCount (users in all); or write pause instead of duration")
	default:
		b.fault(n, path, "an empty phase: expected duration with arrivalRate or arrivalCount, or pause")
	}
	mode := n.present("mode")
	if mode != nil {
		poisson = b.poisson(mode, path+".mode")
		if poisson && !constant && !mode.bad && pause == nil {
			b.warn(mode, path+".mode", "poisson has an effect only on a constant arrivalRate; the arrivals of this phase are evenly spaced")
		}
	}
	p.Poisson = poisson && constant && p.From.Sign() > 0
	return p
}

// anyBad tells whether a member was refused, so that its absence is no news.
func (n *node) anyBad() bool {
	return slices.ContainsFunc(n.members, func(m member) bool { return m.value.bad })
}

// noEffect warns of keys that the phase's kind leaves unread.
func (b *builder) noEffect(n *node, path, kind string, keys ...string) {
	for _, m := range n.members {
		if slices.Contains(keys, m.key) && n.present(m.key) != nil {
			b.sink.warn(m.place, join(path, m.key), "`%s` has no effect in a phase with %s", m.key, kind)
		}
	}
}

func (b *builder) needDuration(n, duration *node, path string) *big.Rat {
	if duration == nil {
		if v := n.get("duration"); v == nil || !v.bad {
			b.sink.fault(n.place, join(path, "duration"), "a phase needs `duration`: how many seconds it lasts")
		}
		return new(big.Rat)
	}
	return b.duration(duration, path+".duration", true)
}

func (b *builder) duration(n *node, path string, positive bool) *big.Rat {
	seconds, ok := durationOf(n.value())
	switch {
	case !ok:
		b.fault(n, path, "%s; found %s%s", durationForm, n.found(), userTemplate(n))
		return new(big.Rat)
	case seconds.Sign() < 0:
		b.fault(n, path, "expected a duration of at least 0, found %s", n.found())
		return new(big.Rat)
	case positive && seconds.Sign() == 0:
		b.fault(n, path, "a phase has to last longer than 0, found %s; leave the phase out if it is not to run", n.found())
	}
	return seconds
}

func (b *builder) rate(n *node, path string) *big.Rat {
	r, ok := b.number(n, path, "a number of users per second")
	switch {
	case !ok:
		return new(big.Rat)
	case r.Sign() < 0:
		b.fault(n, path, "expected a number of users per second of at least 0, found %s", n.found())
		return new(big.Rat)
	}
	return r
}
