package script

import (
	"math/big"
	"strings"
	"time"
)

const jitterText = "expected milliseconds, such as 200, or a part of the pause, such as \"20%\""

var jitterForm = numeric.with(form{
	bounded: true, most: longestJitter, pattern: `^\s*\+?` + unsignedDecimal + `\s*%?\s*$`, says: jitterText,
})

// jitter reads how much a pause may differ: milliseconds, or a percentage. None
// at all is nil.
func (b *builder) jitter(n *node, path string) *Jitter {
	number, isPart := n.value(), false
	if text, ok := number.(string); ok {
		number, isPart = strings.CutSuffix(strings.TrimSpace(text), "%")
	}
	r, ok := ratOf(number)
	if !ok || r.Sign() < 0 || r.Cmp(big.NewRat(longestJitter, 1)) > 0 {
		hint := ""
		if strings.HasPrefix(path, "config.") {
			hint = userTemplate(n)
		} else if strings.Contains(n.text, "{{") {
			hint = "; templates are not filled here"
		}
		b.fault(n, path, "%s; found %s%s", jitterText, n.found(), hint)
		return nil
	}
	f, _ := r.Float64()
	switch {
	case f == 0:
		return nil
	case isPart:
		return &Jitter{Percent: f}
	default:
		return &Jitter{By: time.Duration(f * float64(time.Millisecond))}
	}
}

// longestJitter keeps the longest pause there can be a duration.
const longestJitter = 1e9
