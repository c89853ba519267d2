package script

import "math"

// limits are the keys of `_split`.
var limits = []struct {
	key        string
	doc        string
	least      int
	most       int
	defaultsTo int
	field      func(*Limits) *int
}{
	{"maxScriptDurationInSeconds", "the longest that all phases together may last", 1, 518400, 86400,
		func(l *Limits) *int { return &l.MaxScriptDuration }},
	{"maxScriptRequestsPerSecond", "the most users that may arrive in a second", 1, 1000000, 5000,
		func(l *Limits) *int { return &l.MaxScriptRate }},
	{"maxChunkDurationInSeconds", "how long one worker works at most", 15, 885, 120,
		func(l *Limits) *int { return &l.MaxChunkDuration }},
	{"maxChunkRequestsPerSecond", "how many users one worker starts in a second at most", 1, 5000, 500,
		func(l *Limits) *int { return &l.MaxChunkRate }},
	{"timeBufferInMilliseconds", "how long before the start workers are woken", 1, 30000, 15000,
		func(l *Limits) *int { return &l.TimeBuffer }},
}

// DefaultLimits are the limits of a script without `_split`.
func DefaultLimits() Limits {
	var l Limits
	for _, limit := range limits {
		*limit.field(&l) = limit.defaultsTo
	}
	return l
}

func (b *builder) limits(n *node) (l Limits, leadSet bool) {
	l = DefaultLimits()
	for _, limit := range limits {
		v := n.get(limit.key)
		if v == nil || v.bad {
			continue
		}
		if v.kind != kindNumber || v.num != math.Trunc(v.num) || v.num < float64(limit.least) || v.num > float64(limit.most) {
			b.fault(v, join("_split", limit.key), "%s must be an integer from %d to %d, found %s", limit.key, limit.least, limit.most, v.found())
			continue
		}
		*limit.field(&l) = int(v.num)
		leadSet = leadSet || limit.key == "timeBufferInMilliseconds"
	}
	return l, leadSet
}
