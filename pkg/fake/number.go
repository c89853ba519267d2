package fake

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

const (
	maxSafe   = 1<<53 - 1
	bigIntMax = 999_999_999_999_999
)

var numberMakers = map[string]maker{
	"datatypeBoolean": func(_ Data, o options) (drawer, error) {
		p := o.number("probability", 0.5)
		if f, ok := o.direct.(float64); ok {
			p = f
		}
		return func(r source) any { return r.chance(p) }, nil
	},
	"numberInt": func(_ Data, o options) (drawer, error) {
		low, high, step, err := steps(o, 0, maxSafe, o.number("multipleOf", 1))
		return func(r source) any { return r.integer(low, high) * step }, err
	},
	"numberFloat": func(_ Data, o options) (drawer, error) {
		low, high, err := o.limits(0, 1)
		if err != nil {
			return nil, err
		}
		if step := o.number("multipleOf", 0); step != 0 {
			least, greatest, step, err := steps(o, 0, 1, step)
			return func(r source) any { return clean(r.integer(least, greatest) * step) }, err
		}
		if o.has("fractionDigits") {
			digits, err := fraction(o, "fractionDigits", 0)
			return func(r source) any { return r.rounded(low, high, digits) }, err
		}
		return func(r source) any { return low + r.Float64()*(high-low) }, nil
	},
	"numberBinary": inBase(2, 1),
	"numberOctal":  inBase(8, 7),
	"numberHex":    inBase(16, 15),
	"numberBigInt": func(_ Data, o options) (drawer, error) {
		low := o.number("min", 0)
		least, greatest, step, err := steps(o, low, low+bigIntMax, o.number("multipleOf", 1))
		return func(r source) any { return strconv.FormatFloat(r.integer(least, greatest)*step, 'f', 0, 64) }, err
	},
	"numberRomanNumeral": func(_ Data, o options) (drawer, error) {
		low, high, err := o.limits(1, 3999)
		switch {
		case err != nil:
		case low < 1 || high > 3999:
			err = errors.New("expected numbers from 1 to 3999")
		}
		return func(r source) any { return roman(int(r.integer(math.Ceil(low), math.Floor(high)))) }, err
	},
}

// steps reads the limits of a function whose values are multiples of a step: how many times at least,
// and at most.
func steps(o options, low, high, step float64) (least, greatest, by float64, err error) {
	if low, high, err = o.limits(low, high); err != nil {
		return 0, 0, 0, err
	}
	if step <= 0 {
		return 0, 0, 0, fmt.Errorf("expected multipleOf to be above 0, found %v", step)
	}
	least, greatest = math.Ceil(near(low/step)), math.Floor(near(high/step))
	if least > greatest {
		return 0, 0, 0, fmt.Errorf("there is no such number from %v to %v", low, high)
	}
	return least, greatest, step, nil
}

// near is a whole number that a quotient misses only by how floats are rounded, as 0.7/0.1 does.
func near(f float64) float64 {
	if n := math.Round(f); math.Abs(f-n) < 1e-9 {
		return n
	}
	return f
}

// clean takes away what multiplying by a decimal fraction leaves behind.
func clean(f float64) float64 {
	f, _ = strconv.ParseFloat(strconv.FormatFloat(f, 'g', 15, 64), 64)
	return f
}

const maxDigits = 15

// fraction reads how many digits there are to be after the point.
func fraction(o options, key string, otherwise float64) (int, error) {
	f := o.number(key, otherwise)
	if f != math.Trunc(f) || f < 0 || f > maxDigits {
		return 0, fmt.Errorf("expected %s to be a whole number from 0 to %d, found %v", key, maxDigits, f)
	}
	return int(f), nil
}

// rounded draws a number with so many digits after its point.
func (r source) rounded(low, high float64, digits int) float64 {
	scale := math.Pow10(digits)
	least, greatest := math.Ceil(low*scale), math.Floor(high*scale)
	if least > greatest {
		return low
	}
	return clean(r.integer(least, greatest) / scale)
}

func inBase(base int, most float64) maker {
	return func(_ Data, o options) (drawer, error) {
		low, high, step, err := steps(o, 0, most, 1)
		return func(r source) any { return strconv.FormatInt(int64(r.integer(low, high)*step), base) }, err
	}
}

func roman(n int) string {
	var b strings.Builder
	for _, part := range [...]struct {
		letters string
		value   int
	}{
		{"M", 1000}, {"CM", 900}, {"D", 500}, {"CD", 400}, {"C", 100}, {"XC", 90}, {"L", 50}, {"XL", 40},
		{"X", 10}, {"IX", 9}, {"V", 5}, {"IV", 4}, {"I", 1},
	} {
		for ; n >= part.value; n -= part.value {
			b.WriteString(part.letters)
		}
	}
	return b.String()
}
