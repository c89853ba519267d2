package monitor

import (
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"
)

// WriteText shows a status on the console: a bar of the budget, the burn rates, and the
// window as a row of columns.
func (s *Status) WriteText(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s %% over %s\n\n", s.Monitor, number(s.Objective), length(seconds(s.Window)))
	if s.Samples == 0 {
		b.WriteString("  There are no samples in the window.\n")
	} else {
		fmt.Fprintf(&b, "  available    %s of %s, %s bad\n", percent(*s.Availability/100), plural(s.Samples, "sample"), grouped(s.Bad))
		fmt.Fprintf(&b, "  budget left  %s  %s\n", bar(*s.BudgetLeft), percent(*s.BudgetLeft))
	}
	b.WriteString("\n  burn rate    ")
	for i, r := range s.BurnRates {
		if i > 0 {
			b.WriteString("   ")
		}
		b.WriteString(length(seconds(r.Window)) + ": " + r.text())
	}
	b.WriteString("\n")
	for _, level := range []struct {
		on   bool
		name string
	}{{s.Page, "page"}, {s.Ticket, "ticket"}} {
		if level.on {
			fmt.Fprintf(&b, "  ALERT        a %s is due\n", level.name)
		}
	}
	h := s.History
	fmt.Fprintf(&b, "\n  %s\n  %s\n", h.sparkline(s.Objective), h.axis(s.At))
	fmt.Fprintf(&b, "\n  A column is %s: %c nothing bad, %c up to the sustainable rate, %c above %s times that, %c no samples.\n",
		length(seconds(h.Step)), ramp[0], ramp[2], ramp[len(ramp)-1], number(steps[len(steps)-1]), gap)
	if h.Gaps > 0 {
		fmt.Fprintf(&b, "  In %s since the first sample in the window there were none.\n", plural(int64(h.Gaps), "hour"))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r BurnRate) text() string {
	if r.Rate == nil {
		return "no samples"
	}
	return rate(*r.Rate)
}

// barWidth is how many columns the whole budget has.
const barWidth = 40

// bar draws what is left of the budget.
func bar(left float64) string {
	full := int(math.Round(max(0, min(1, left)) * barWidth))
	if full == 0 && left > 0 {
		full = 1
	}
	return "[" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "]"
}

// The picture of a history. A column is as high as the first step that its burn rate
// does not exceed; the third is the sustainable rate.
var (
	ramp  = []rune("▁▂▃▄▅▆▇█")
	steps = []float64{0, 0.5, 1, 2, 4, 6, 14.4}
	gap   = '·'
)

func (h *History) sparkline(objective float64) string {
	o := Objective{Percent: objective}
	out := make([]rune, len(h.Samples))
	for i, n := range h.Samples {
		if n == 0 {
			out[i] = gap
			continue
		}
		rate, level := o.rate(count{n - h.Bad[i], h.Bad[i]}), 0
		for level < len(steps) && rate > steps[level] {
			level++
		}
		out[i] = ramp[level]
	}
	return string(out)
}

// axis is the line below: the times of both ends.
func (h *History) axis(at time.Time) string {
	const layout = "Jan 2 15:04"
	from, to := h.Start.Format(layout), at.UTC().Format(layout)+" UTC"
	return from + strings.Repeat(" ", max(2, len(h.Samples)-len(from)-len(to))) + to
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// length says how long something takes in its two largest units: "1 hour 5 minutes".
func length(d time.Duration) string {
	if d >= time.Minute {
		d = d.Round(time.Minute)
	}
	units := []struct {
		name string
		unit time.Duration
	}{{"day", day}, {"hour", time.Hour}, {"minute", time.Minute}, {"second", time.Second}}
	for i, u := range units {
		n := d / u.unit
		if n == 0 {
			continue
		}
		text := plural(int64(n), u.name)
		if i+1 < len(units) {
			if rest := (d % u.unit) / units[i+1].unit; rest > 0 {
				text += " " + plural(int64(rest), units[i+1].name)
			}
		}
		return text
	}
	return "less than a second"
}

func plural(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return grouped(n) + " " + noun + "s"
}

// grouped writes a count with commas: 1,234,567.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	for i := len(digits) - 3; i > 0 && digits[i-1] != '-'; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

// percent writes a share with three significant digits, but never as a whole that it
// is not: 99.995 % is not 100 %.
func percent(share float64) string {
	p := share * 100
	for digits := 0; digits < 6; digits++ {
		text := strconv.FormatFloat(p, 'f', digits, 64)
		back, _ := strconv.ParseFloat(text, 64)
		if math.Abs(back-p) <= 0.005*min(math.Abs(p), math.Abs(100-p)) {
			return text + " %"
		}
	}
	return strconv.FormatFloat(p, 'f', 6, 64) + " %"
}

// rate writes a burn rate.
func rate(r float64) string {
	switch {
	case r == 0:
		return "0"
	case r >= 100:
		return grouped(int64(math.Round(r)))
	case r < 2:
		return strconv.FormatFloat(r, 'f', 2, 64)
	}
	return strconv.FormatFloat(r, 'f', 1, 64)
}
