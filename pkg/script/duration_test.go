package script

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/template"
)

func TestParseDuration(t *testing.T) {
	tests := []struct {
		name string
		v    any
		want time.Duration // negative: an error
	}{
		{"number", 10.0, 10 * time.Second},
		{"fraction", 0.3, 300 * time.Millisecond},
		{"zero", 0.0, 0},
		{"number as text", "10", 10 * time.Second},
		{"fraction as text", "0.25", 250 * time.Millisecond},
		{"blanks around a number", " 2 ", 2 * time.Second},
		{"exponent", "1e-3", time.Millisecond},
		{"point first", ".5", 500 * time.Millisecond},
		{"seconds", "10s", 10 * time.Second},
		{"space before the unit", "10 s", 10 * time.Second},
		{"milliseconds", "500ms", 500 * time.Millisecond},
		{"part of a minute", "0.005m", 300 * time.Millisecond},
		{"whole word", "0.5 min", 30 * time.Second},
		{"plural", "9 seconds", 9 * time.Second},
		{"capitals", "100 MSECS", 100 * time.Millisecond},
		{"milliseconds in full", "1 millisecond", time.Millisecond},
		{"hours", "1 hrs", time.Hour},
		{"days", "1d", 24 * time.Hour},
		{"weeks", "2 weeks", 14 * 24 * time.Hour},
		{"years", "1y", 8766 * time.Hour},
		{"point before the unit", ".5h", 30 * time.Minute},
		{"rounded", "0.0000000016", 2 * time.Nanosecond},
		{"negative", -1.0, -1},
		{"negative text", "-1s", -1},
		{"no number", "soon", -1},
		{"unknown unit", "10 sconds", -1},
		{"nothing before the unit", "s", -1},
		{"two units", "1m 30s", -1},
		{"exponent and unit", "1e3s", -1},
		{"blank before", " 1s", -1},
		{"empty", "", -1},
		{"hexadecimal", "0x10", -1},
		{"a template", "{{ x }}", -1},
		{"null", nil, -1},
		{"undefined", template.Undefined, -1},
		{"true", true, -1},
		{"list", []any{1.0}, -1},
		{"not a number", math.NaN(), -1},
		{"infinite", math.Inf(1), -1},
		{"too long", "300y", -1},
		{"much too long", 1e300, -1},
		{"out of range", "1e999", -1},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseDuration(test.v)
			if (err != nil) != (test.want < 0) || err == nil && got != test.want {
				t.Errorf("got %v, %v", got, err)
			}
		})
	}
}

// TestDurationIsExact: a number of milliseconds is the same in every form.
func TestDurationIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		millis := rapid.Int64Range(0, 1e12).Draw(t, "millis")
		want := time.Duration(millis) * time.Millisecond
		seconds := float64(millis) / 1000
		for _, v := range []any{
			seconds,
			string(template.AppendNumber(nil, seconds)),
			string(template.AppendNumber(nil, float64(millis))) + "ms",
			string(template.AppendNumber(nil, seconds)) + " secs",
		} {
			if got, err := ParseDuration(v); err != nil || got != want {
				t.Fatalf("%v: got %v, %v, want %v", v, got, err, want)
			}
		}
	})
}

func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{"10", "1.5s", "2 minutes", "1e-9", "-1", "9999999999y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := ParseDuration(s)
		if err == nil && d < 0 {
			t.Errorf("%q is %v", s, d)
		}
		if err != nil && err.Error() == "" {
			t.Error("an error without words")
		}
	})
}
