package report

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strconv"
)

// charts are those over time, in the order of the page; none without a load.
func (r *Report) charts() (charts []chart, t *timeline) {
	if r.Series.Len() == 0 {
		return nil, nil
	}
	t, per := newTimeline(r)
	s := &r.Series
	planned, fired := perSecond(s.Planned, per), perSecond(s.Arrivals, per)
	requests, errors := perSecond(s.Requests, per), perSecond(s.Errors, per)
	codes4xx, codes5xx := perSecond(s.Codes4xx, per), perSecond(s.Codes5xx, per)
	p50, p95, p99 := peak(s.P50, per), peak(s.P95, per), peak(s.P99, per)
	active := peak(s.Active, per)

	each := "Each point is one second."
	times := each
	if per > 1 {
		each = fmt.Sprintf("Each point is the mean of %d seconds.", per)
		times = fmt.Sprintf("Each point is the highest of %d seconds.", per)
	}
	charts = []chart{
		{
			ID: "arrivals", Title: "Arrivals", Unit: "virtual users per second", height: 160, missed: true,
			Note:  fmt.Sprintf("%s planned, %s fired, at most %s in a second. %s", grouped(r.Run.Planned), grouped(r.Run.Created), top(s.Arrivals), each),
			Lines: []line{{"fired", "blue", fired, filled}, {"planned", "planned", planned, steps}},
		},
		{
			ID: "times", Title: "Response time", Unit: "milliseconds", height: 200,
			Note:  r.responseTime() + ". " + times,
			Lines: []line{{"p99", "p99", p99, curved}, {"p95", "p95", p95, curved}, {"p50", "p50", p50, curved}},
		},
		{
			ID: "requests", Title: "Requests and errors", Unit: "per second", height: 170,
			Note: fmt.Sprintf("%s, at most %s in a second; %s. %s", plural(r.Aggregate.RPS.Count, "request"), top(s.Requests),
				plural(sum(r.Aggregate.Errors), "error"), each),
			Lines: []line{{"requests", "blue", requests, filled}, {"4xx", "violet", codes4xx, islands}, {"5xx", "amber", codes5xx, islands}, {"errors", "red", errors, islands}},
		},
		{
			ID: "active", Title: "Virtual users at work", Unit: "at the end of each second", height: 120,
			Note:  fmt.Sprintf("At most %s at the end of a second. %s", top(s.Active), times),
			Lines: []line{{"active", "blue", active, filled}},
		},
	}
	for i := range charts {
		charts[i].Lines = lively(charts[i].Lines)
	}
	return charts, t
}

// lively leaves out the lines of what never happened, but not the first.
func lively(lines []line) []line {
	out := lines[:1:1]
	for _, l := range lines[1:] {
		for _, v := range l.Values {
			if v > 0 {
				out = append(out, l)
				break
			}
		}
	}
	return out
}

func top(column []int64) string {
	var most int64
	for _, n := range column {
		most = max(most, n)
	}
	return grouped(most)
}

// drawDistribution draws how many responses took how long, on a logarithmic
// scale, with the percentiles marked.
func (r *Report) drawDistribution() template.HTML {
	d, times := r.Distribution, r.responseTimes()
	if len(d.UpTo) == 0 || times == nil {
		return ""
	}
	const height, topRoom = 150.0, 54.0 // with room for three labels
	bottom := topRoom + height
	ratio := math.Pow(10, 1.0/binsPerDecade)
	// A few bins of room at the sides, or one bin alone would fill the plot.
	from, to := math.Log10(d.UpTo[0]/math.Pow(ratio, 4)), math.Log10(d.UpTo[len(d.UpTo)-1]*math.Pow(ratio, 3))
	x := func(ms float64) float64 {
		share := (math.Log10(math.Max(ms, 1e-6)) - from) / (to - from)
		return plotLeft + (plotRight-plotLeft)*min(max(share, 0), 1)
	}
	var s svg
	s.printf(`<svg viewBox="0 0 %s %s" role="img" aria-labelledby="dist-t dist-d">`, at(chartWidth), at(bottom+axisHeight))
	s.printf(`<title id="dist-t">Distribution of response times</title><desc id="dist-d">%s</desc>`, html.EscapeString(r.responseTime()))
	var most, total int64
	for _, n := range d.Count {
		most, total = max(most, n), total+max(0, n)
	}
	ticks := niceTicks(float64(most), 3)
	y := func(v float64) float64 {
		return bottom - height*min(max(v/ticks[len(ticks)-1], 0), 1)
	}
	for _, v := range ticks {
		if v > 0 {
			s.printf(`<path class="grid" d="M%s %sH%s"/>`, at(plotLeft), at(y(v)), at(plotRight))
		}
		s.printf(`<text class="tick" x="%s" y="%s" text-anchor="end">%s</text>`, at(plotLeft-8), at(y(v)+4), tickLabel(v))
	}
	for i, n := range d.Count {
		if n <= 0 {
			continue
		}
		low := d.UpTo[i] / ratio
		if i > 0 {
			low = d.UpTo[i-1]
		}
		left, right := x(low)+0.5, x(d.UpTo[i])-0.5
		h := max(1, bottom-y(float64(n)))
		s.printf(`<rect class="bar" x="%s" y="%s" width="%s" height="%s"><title>%s to %s: %s (%s %%)</title></rect>`, at(left), at(bottom-h),
			at(max(1, right-left)), at(h), short(low), short(d.UpTo[i]), plural(n, "response"), decimal(100*float64(n)/float64(total)))
	}
	for _, v := range logTicks(math.Pow(10, from), math.Pow(10, to)) {
		s.printf(`<path class="axis" d="M%s %sv4"/><text class="tick" x="%s" y="%s" text-anchor="middle">%s</text>`,
			at(x(v)), at(bottom), at(x(v)), at(bottom+18), short(v))
	}
	row := topRoom - 8
	edge := plotLeft - 100
	for _, p := range []struct {
		name  string
		value float64
	}{{"p50", times.P50}, {"p95", times.P95}, {"p99", times.P99}} {
		label := p.name + " " + short(p.value)
		if x(p.value) < edge { // it would be written over the one before
			row -= 14
		}
		edge = x(p.value) + 8 + 7*float64(len(label))
		anchor, shift := "start", 4.0
		if edge > plotRight {
			anchor, shift = "end", -4
		}
		s.printf(`<path class="mark %s" d="M%s %sV%s"/>`, p.name, at(x(p.value)), at(row-9), at(bottom))
		s.printf(`<text class="label" x="%s" y="%s" text-anchor="%s">%s</text>`, at(x(p.value)+shift), at(row), anchor, label)
	}
	s.printf(`<path class="axis" d="M%s %sH%s"/></svg>`, at(plotLeft), at(bottom), at(plotRight))
	return template.HTML(s.String())
}

// logTicks are 1, 2 and 5 of each decade, or only 1 where there are many.
func logTicks(from, to float64) []float64 {
	multiples := []float64{1, 2, 5}
	if math.Log10(to/from) > 4 {
		multiples = multiples[:1]
	}
	var ticks []float64
	for e := math.Floor(math.Log10(from)); e <= math.Log10(to); e++ {
		for _, m := range multiples {
			if v := m * math.Pow(10, e); v >= from && v <= to {
				ticks = append(ticks, v)
			}
		}
	}
	return ticks
}

// short writes milliseconds with three digits and the unit that suits.
func short(ms float64) string {
	v, unit := ms, " ms"
	switch {
	case ms >= 1000:
		v, unit = ms/1000, " s"
	case ms > 0 && ms < 1:
		v, unit = ms*1000, " µs"
	}
	switch {
	case v >= 100:
		v = decimals(v, 0)
	case v >= 10:
		v = decimals(v, 1)
	default:
		v = decimals(v, 2)
	}
	return strconv.FormatFloat(v, 'f', -1, 64) + unit
}
