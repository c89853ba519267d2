package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The frame of a chart over time, in units of its view box.
const (
	chartWidth = 1000.0
	plotLeft   = 58.0
	plotRight  = 990.0
	plotTop    = 26.0
	axisHeight = 26.0 // below the plot
)

// maxBins is how many points a line has at most: more than that no screen shows.
const maxBins = 480

// mark is how a line of a chart is drawn.
type mark int

const (
	curved  mark = iota // from middle to middle, with gaps
	steps               // flat over each bin
	filled              // steps with the area below
	islands             // filled, and nothing where it is zero
)

// line is one series of a chart. Class names its colour in the page.
type line struct {
	Name   string `json:"name"`
	Class  string `json:"class"`
	Values Points `json:"values"`
	mark   mark
}

// chart is one drawing over the time of the load.
type chart struct {
	ID, Title, Unit string
	Note            string // what it shows, for those who do not see it too
	Lines           []line
	height          float64
	missed          bool // draw when arrivals were not fired
}

// timeline is what all charts of a page share: the axis, the bins, the phases.
type timeline struct {
	from, to float64   // seconds from the load's start
	edges    []float64 // of the bins: one more than there are bins
	bands    []band
	lost     []band
}

// band is a stretch of time with a name.
type band struct {
	from, to float64
	label    string
	title    string
}

// newTimeline divides the rows of the series into bins of per rows each.
func newTimeline(r *Report) (t *timeline, per int) {
	rows := r.Series.Len()
	per = (rows + maxBins - 1) / maxBins
	start := float64(r.Series.Start)
	if !r.Run.Start.IsZero() {
		start = float64(r.Run.Start.UnixMilli()) / 1000
	}
	first := float64(r.Series.Start) - start
	t = &timeline{from: min(0, first), to: max(1, r.Run.PlannedDuration, first+float64(rows))}
	if first > -1 { // the second in which the load starts began before it
		t.from = 0
	}
	for i := 0; i < rows; i += per {
		t.edges = append(t.edges, first+float64(i))
	}
	t.edges = append(t.edges, first+float64(rows))
	for _, p := range r.Phases {
		t.bands = append(t.bands, band{p.Start, p.End, p.Name, fmt.Sprintf("Phase %s, %s to %s, %s arrivals per second",
			clean(p.label()), offset(p.Start), offset(p.End), p.rate())})
	}
	lost := func(m Missed) {
		if m.FromTime.IsZero() || r.Run.Start.IsZero() {
			return
		}
		from, to := m.FromTime.Sub(r.Run.Start).Seconds(), m.ToTime.Sub(r.Run.Start).Seconds()
		t.lost = append(t.lost, band{from, max(from, to), "", "Chunk " + clean(m.Chunk) + ": " + r.missedRange(m)})
	}
	for _, l := range r.Run.Lost {
		for _, m := range l.Missed {
			lost(m)
		}
	}
	for _, m := range r.Run.MissedRanges {
		lost(m)
	}
	return t, per
}

// perSecond is the mean of each bin.
func perSecond(column []int64, per int) Points {
	return binned(column, per, func(bin []int64) float64 {
		var n float64
		for _, v := range bin {
			n += float64(v)
		}
		return n / float64(len(bin))
	})
}

// peak is the highest row of each bin: percentiles cannot be averaged.
func peak[T int64 | float64](column []T, per int) Points {
	return binned(column, per, func(bin []T) float64 {
		highest := math.NaN()
		for _, v := range bin {
			if f := float64(v); !math.IsNaN(f) && !(f <= highest) {
				highest = f
			}
		}
		return highest
	})
}

func binned[T any](column []T, per int, of func([]T) float64) Points {
	out := make(Points, 0, maxBins)
	for len(column) > 0 {
		n := min(per, len(column))
		out = append(out, decimals(of(column[:n]), 2))
		column = column[n:]
	}
	return out
}

func (t *timeline) x(seconds float64) float64 {
	share := (seconds - t.from) / (t.to - t.from)
	return plotLeft + (plotRight-plotLeft)*min(max(share, 0), 1)
}

// svg is a drawing that is being made.
type svg struct{ strings.Builder }

func (s *svg) printf(format string, args ...any) { fmt.Fprintf(s, format, args...) }

// at writes a coordinate.
func at(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		v = 0
	}
	return strconv.FormatFloat(decimals(v, 1), 'f', -1, 64)
}

// draw makes the drawing of a chart.
func (t *timeline) draw(c *chart) template.HTML {
	var s svg
	bottom := plotTop + c.height
	s.printf(`<svg viewBox="0 0 %s %s" role="img" aria-labelledby="%s-t %s-d">`, at(chartWidth), at(bottom+axisHeight), c.ID, c.ID)
	s.printf(`<title id="%s-t">%s</title><desc id="%s-d">%s</desc>`, c.ID, html.EscapeString(c.Title), c.ID, html.EscapeString(c.Note))
	t.drawPhases(&s, bottom)

	most := 0.0
	for _, l := range c.Lines {
		for _, v := range l.Values {
			most = max(most, finite(v))
		}
	}
	ticks := niceTicks(most, int(c.height/36))
	top := ticks[len(ticks)-1]
	y := func(v float64) float64 { return bottom - c.height*min(max(finite(v)/top, 0), 1) }
	for _, v := range ticks {
		if v > 0 {
			s.printf(`<path class="grid" d="M%s %sH%s"/>`, at(plotLeft), at(y(v)), at(plotRight))
		}
		s.printf(`<text class="tick" x="%s" y="%s" text-anchor="end">%s</text>`, at(plotLeft-8), at(y(v)+4), tickLabel(v))
	}
	t.drawTime(&s, bottom)
	for _, l := range c.Lines {
		t.drawLine(&s, l, y, bottom)
	}
	if c.missed {
		for _, b := range t.lost {
			s.printf(`<rect class="lost" x="%s" y="%s" width="%s" height="%s"><title>%s</title></rect>`, at(t.x(b.from)), at(plotTop),
				at(max(2, t.x(b.to)-t.x(b.from))), at(c.height), html.EscapeString(b.title))
		}
	}
	s.printf(`<path class="axis" d="M%s %sH%s"/>`, at(plotLeft), at(bottom), at(plotRight))
	s.printf(`<path class="cross" d="M0 %sV%s"/></svg>`, at(plotTop), at(bottom))
	return template.HTML(s.String())
}

func (t *timeline) drawPhases(s *svg, bottom float64) {
	for i, b := range t.bands {
		from, to := t.x(b.from), t.x(b.to)
		if to <= from {
			continue
		}
		s.printf(`<g><title>%s</title><rect class="phase%d" x="%s" y="%s" width="%s" height="%s"/>`, html.EscapeString(b.title), i%2,
			at(from), at(plotTop-20), at(to-from), at(bottom-plotTop+20))
		const letter = 6.4 // about the width of one
		if fits := int((to - from - 10) / letter); fits >= 3 && b.label != "" {
			label := clean(b.label)
			if utf8.RuneCountInString(label) > fits {
				label = string([]rune(label)[:fits-1]) + "…"
			}
			s.printf(`<text class="phase" x="%s" y="%s">%s</text>`, at(from+5), at(plotTop-6), html.EscapeString(label))
		}
		s.WriteString("</g>")
	}
}

func (t *timeline) drawTime(s *svg, bottom float64) {
	step := timeStep(t.to - t.from)
	for v := math.Ceil(t.from/step) * step; v <= t.to; v += step {
		x := t.x(v)
		s.printf(`<path class="axis" d="M%s %sv4"/><text class="tick" x="%s" y="%s" text-anchor="middle">%s</text>`,
			at(x), at(bottom), at(min(x, plotRight-8)), at(bottom+18), offset(v))
	}
}

func (t *timeline) drawLine(s *svg, l line, y func(float64) float64, bottom float64) {
	if l.mark != curved {
		t.drawSteps(s, l, y, bottom)
		return
	}
	var d strings.Builder
	var dots []string
	for i, v := range l.Values {
		if math.IsNaN(v) {
			continue
		}
		x := t.x((t.edges[i] + t.edges[i+1]) / 2)
		before := i > 0 && !math.IsNaN(l.Values[i-1])
		after := i+1 < len(l.Values) && !math.IsNaN(l.Values[i+1])
		if before {
			fmt.Fprintf(&d, "L%s %s", at(x), at(y(v)))
		} else {
			fmt.Fprintf(&d, "M%s %s", at(x), at(y(v)))
		}
		if !before && !after {
			dots = append(dots, fmt.Sprintf(`<circle class="dot %s" cx="%s" cy="%s" r="2.5"/>`, l.Class, at(x), at(y(v))))
		}
	}
	s.printf(`<path class="line %s" d="%s"/>%s`, l.Class, d.String(), strings.Join(dots, ""))
}

// drawSteps draws runs of values: all of them, or those that are not zero.
func (t *timeline) drawSteps(s *svg, l line, y func(float64) float64, bottom float64) {
	drawn := func(i int) bool { return l.mark != islands || l.Values[i] > 0 }
	var outline, area strings.Builder
	for i := 0; i < len(l.Values); i++ {
		if !drawn(i) {
			continue
		}
		first := i
		var run strings.Builder
		for ; i < len(l.Values) && drawn(i); i++ {
			if i > first && l.Values[i] != l.Values[i-1] {
				fmt.Fprintf(&run, "V%s", at(y(l.Values[i])))
			}
			if i+1 == len(l.Values) || l.Values[i+1] != l.Values[i] {
				fmt.Fprintf(&run, "H%s", at(t.x(t.edges[i+1])))
			}
		}
		from := at(t.x(t.edges[first]))
		if l.mark == islands {
			fmt.Fprintf(&outline, "M%s %sV%s%sV%s", from, at(bottom), at(y(l.Values[first])), run.String(), at(bottom))
		} else {
			fmt.Fprintf(&outline, "M%s %s%s", from, at(y(l.Values[first])), run.String())
		}
		fmt.Fprintf(&area, "M%s %sV%s%sV%sZ", from, at(bottom), at(y(l.Values[first])), run.String(), at(bottom))
	}
	if l.mark != steps {
		s.printf(`<path class="area %s" d="%s"/>`, l.Class, area.String())
	}
	s.printf(`<path class="line %s" d="%s"/>`, l.Class, outline.String())
}

// finite keeps what can be drawn.
func finite(v float64) float64 {
	if math.IsNaN(v) || v < 0 {
		return 0
	}
	return min(v, 1e15)
}

// niceTicks are round numbers from 0 to at least most.
func niceTicks(most float64, about int) []float64 {
	if most <= 0 {
		return []float64{0, 1}
	}
	raw := most / float64(max(1, about))
	unit := math.Pow(10, math.Floor(math.Log10(raw)))
	step := 10 * unit
	for _, m := range []float64{1, 2, 5} {
		if m*unit >= raw*0.999 {
			step = m * unit
			break
		}
	}
	ticks := []float64{0}
	for i := 1.0; ticks[len(ticks)-1] < most*0.999; i++ {
		ticks = append(ticks, i*step)
	}
	return ticks
}

func tickLabel(v float64) string {
	for _, u := range []struct {
		size float64
		name string
	}{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e4, "k"}} {
		if v >= u.size {
			size := u.size
			if u.name == "k" {
				size = 1000
			}
			return strconv.FormatFloat(decimals(v/size, 2), 'f', -1, 64) + u.name
		}
	}
	return strconv.FormatFloat(decimals(v, 6), 'f', -1, 64)
}

// timeStep is the distance between the marks of a time axis, in seconds.
func timeStep(length float64) float64 {
	const most = 10
	day := 86400.0
	for _, s := range []float64{1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, day} {
		if length/s <= most {
			return s
		}
	}
	return math.Ceil(length/most/day) * day
}
