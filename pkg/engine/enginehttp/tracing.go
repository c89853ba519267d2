package enginehttp

import "math/rand/v2"

// traceLen is how long a traceparent is: version, trace id, parent id, flags.
const traceLen = 2 + 1 + 32 + 1 + 16 + 1 + 2

// drawTrace makes the traceparent of a request and of what it is redirected to, of the user's
// numbers, when the script wants one (https://www.w3.org/TR/trace-context/).
func (x *exchange) drawTrace() {
	t := x.action.protocol.options.HTTP.Tracing
	if t == nil {
		return
	}
	flags := "-00"
	if t.Sampled {
		flags = "-01"
	}
	r := x.user.Rand()
	out := append(x.trace[:0], "00-"...)
	out = append(out, t.Prefix...)
	out = appendHex(out, r, 32-len(t.Prefix))
	out = append(out, '-')
	out = appendHex(out, r, 16)
	copy(x.trace[len(out):], flags)
}

// appendHex appends n drawn hexadecimal digits, of which not all are 0.
func appendHex(dst []byte, r *rand.Rand, n int) []byte {
	const digits = "0123456789abcdef"
	for n > 0 {
		v := r.Uint64() | 1
		for range min(n, 16) {
			dst = append(dst, digits[v&15])
			v >>= 4
			n--
		}
	}
	return dst
}
