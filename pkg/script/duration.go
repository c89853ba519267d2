package script

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"time"

	"salvo/pkg/template"
)

// durationForm is what faults say of durations.
const durationForm = "expected seconds, such as 10 or 0.5, or a number with a unit, such as 500ms, 10s, 2m or 1h"

var (
	decimal  = regexp.MustCompile(`^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$`)
	withUnit = regexp.MustCompile(`(?i)^(-?[0-9]*\.?[0-9]+) *(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y)$`)
)

// longestNumber bounds the text of a number.
const longestNumber = 100

// ParseDuration reads a duration as scripts give it: a number or a text that is
// one means seconds, a text with a unit is what JavaScript's ms library reads.
// The value is one of package template. A negative duration, and anything else,
// is an error.
func ParseDuration(v any) (time.Duration, error) {
	seconds, ok := durationOf(v)
	if !ok || seconds.Sign() < 0 {
		return 0, fmt.Errorf("%s is not a duration: %s", showValue(v), durationForm)
	}
	nanos := new(big.Rat).Mul(seconds, big.NewRat(int64(time.Second), 1))
	whole := new(big.Int).Div(
		new(big.Int).Add(new(big.Int).Lsh(nanos.Num(), 1), nanos.Denom()),
		new(big.Int).Lsh(nanos.Denom(), 1),
	) // rounded to the nearest
	if !whole.IsInt64() {
		return 0, fmt.Errorf("%s is longer than the longest duration, 292 years", showValue(v))
	}
	return time.Duration(whole.Int64()), nil
}

func showValue(v any) string {
	if s, ok := v.(string); ok {
		return quote(s)
	}
	if v == template.Undefined {
		return "undefined"
	}
	return quoteless(string(template.AppendJSON(nil, v)))
}

func quoteless(s string) string { return strings.Trim(quote(s), `"`) }

// durationOf is a duration in seconds, of either sign.
func durationOf(v any) (*big.Rat, bool) {
	if seconds, ok := ratOf(v); ok {
		return seconds, true
	}
	s, ok := v.(string)
	if !ok || len(s) > longestNumber {
		return nil, false
	}
	m := withUnit.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	n, ok := ratOf(m[1])
	if !ok {
		return nil, false
	}
	return n.Mul(n, unitSeconds(strings.ToLower(m[2]))), true
}

func unitSeconds(unit string) *big.Rat {
	switch {
	case strings.HasPrefix(unit, "ms"), strings.HasPrefix(unit, "mill"):
		return big.NewRat(1, 1000)
	case unit[0] == 's':
		return big.NewRat(1, 1)
	case unit[0] == 'm':
		return big.NewRat(60, 1)
	case unit[0] == 'h':
		return big.NewRat(3600, 1)
	case unit[0] == 'd':
		return big.NewRat(86400, 1)
	case unit[0] == 'w':
		return big.NewRat(7*86400, 1)
	default:
		return big.NewRat(31557600, 1) // 365.25 days
	}
}

// ratOf is the number that v is or, as a text, shows: as exact as its digits.
func ratOf(v any) (*big.Rat, bool) {
	var f float64
	switch v := v.(type) {
	case float64:
		f = v
	case string:
		s := strings.TrimSpace(v)
		if len(s) > longestNumber || !decimal.MatchString(s) {
			return nil, false
		}
		var err error
		if f, err = strconv.ParseFloat(s, 64); err != nil {
			return nil, false
		}
	default:
		return nil, false
	}
	if math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	return new(big.Rat).SetString(strconv.FormatFloat(f, 'g', -1, 64))
}
