package script

import "strings"

// extendedMetricsVariable is the environment variable that, when it has a value,
// does what http.extendedMetrics does.
const extendedMetricsVariable = "ARTILLERY_EXTENDED_HTTP_METRICS"

// Tracing says what the traceparent headers of requests look like.
type Tracing struct {
	Prefix  string // the first of the trace id's hexadecimal digits: one to eight
	Sampled bool
}

// The prefix of trace ids that Artillery has, and how long one can be.
const (
	tracePrefix        = "a9"
	longestTracePrefix = 8
)

func tracingObject() *object {
	return &object{name: "`distributedTracing`", fields: []field{
		key("enabled", boolean, "false: send no header after all"),
		key("sampled", boolean, "whether the header asks for the trace to be recorded; true unless set"),
		key("traceIdPrefix", scalar, "what trace ids begin with: up to 8 hexadecimal digits; a9 unless set"),
	}}
}

// tracing reads `config.http.distributedTracing`. Of a prefix it takes what can
// be part of an id, as Artillery does.
func (b *builder) tracing(n *node) *Tracing {
	if n.kind == kindBool {
		if !n.yes {
			return nil
		}
		return &Tracing{Prefix: tracePrefix, Sampled: true}
	}
	const path = "config.http.distributedTracing"
	t := &Tracing{Prefix: tracePrefix, Sampled: true}
	if v := n.present("sampled"); v != nil {
		t.Sampled = v.yes
	}
	if v := n.present("traceIdPrefix"); v != nil {
		written := strings.ToLower(v.scalarText())
		t.Prefix = strings.Map(func(r rune) rune {
			if strings.ContainsRune("0123456789abcdef", r) {
				return r
			}
			return -1
		}, written)
		t.Prefix = t.Prefix[:min(len(t.Prefix), longestTracePrefix)]
		if t.Prefix == "" {
			t.Prefix = tracePrefix
		}
		if t.Prefix != written {
			b.warn(v, path+".traceIdPrefix", "expected 1 to %d hexadecimal digits, found %s; trace ids begin with %s", longestTracePrefix, v.found(), t.Prefix)
		}
	}
	if v := n.present("enabled"); v != nil && !v.yes {
		return nil
	}
	return t
}
