package script

import "time"

// defaultApdex is Artillery's.
const defaultApdex = 500 * time.Millisecond

const apdexForm = "a number of milliseconds above 0, such as 500"

func apdexObject() *object {
	return &object{name: "`apdex`", fields: []field{
		key("threshold", numeric.with(form{
			bounded: true, above: true, most: 24*60*60*1000 - 1, pattern: `^\s*\+?` + positiveDecimal + `\s*$`, says: "expected " + apdexForm,
		}), "milliseconds in which a response satisfies; 500 unless set"),
	}}
}

// apdex reads `config.apdex` or `config.plugins.apdex`.
func (b *builder) apdex(config *node) Apdex {
	var a Apdex
	for _, place := range []struct {
		n    *node
		path string
	}{{config.present("plugins").presentIn("apdex"), "config.plugins.apdex"}, {config.present("apdex"), "config.apdex"}} {
		if place.n == nil {
			continue
		}
		if !a.Set {
			a = Apdex{Set: true, Threshold: defaultApdex}
		}
		if v := place.n.presentIn("threshold"); v != nil {
			a.Threshold = b.apdexThreshold(v, place.path+".threshold")
		}
	}
	return a
}

func (b *builder) apdexThreshold(n *node, path string) time.Duration {
	r, ok := b.number(n, path, apdexForm)
	if !ok {
		return defaultApdex
	}
	ms, _ := r.Float64()
	if d := time.Duration(ms * float64(time.Millisecond)); d > 0 && ms < float64(24*time.Hour/time.Millisecond) {
		return d
	}
	b.fault(n, path, "expected %s, found %s", apdexForm, n.found())
	return defaultApdex
}
