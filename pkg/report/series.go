package report

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"salvo/pkg/metrics"
)

// maxRows bounds the series. It is above the longest script, 518,400 s, with
// time for its users to end.
const maxRows = 600_000

// Series is the load second by second: row i of each column is the second of the
// clock that starts at Start + i*Step.
type Series struct {
	Start     int64   `json:"start"` // epoch seconds
	Step      int64   `json:"step"`  // always 1
	Planned   []int64 `json:"planned"`
	Arrivals  []int64 `json:"arrivals"` // users created
	Active    []int64 `json:"active"`   // users at the end of the second
	Requests  []int64 `json:"requests"`
	Responses []int64 `json:"responses"`
	Errors    []int64 `json:"errors"`
	Codes4xx  []int64 `json:"codes4xx"`
	Codes5xx  []int64 `json:"codes5xx"`
	P50       Points  `json:"p50"` // of http.response_time, in milliseconds
	P95       Points  `json:"p95"`
	P99       Points  `json:"p99"`
	Max       Points  `json:"max"`
}

// Points are numbers of which some are missing: NaN, which JSON calls null.
type Points []float64

// MarshalJSON writes NaN as null.
func (p Points) MarshalJSON() ([]byte, error) {
	out := make([]byte, 0, 8*len(p)+2)
	out = append(out, '[')
	for i, v := range p {
		if i > 0 {
			out = append(out, ',')
		}
		if math.IsNaN(v) || math.IsInf(v, 0) {
			out = append(out, "null"...)
		} else {
			out = strconv.AppendFloat(out, v, 'f', -1, 64)
		}
	}
	return append(out, ']'), nil
}

// UnmarshalJSON reads null as NaN.
func (p *Points) UnmarshalJSON(data []byte) error {
	if bytes.Equal(data, []byte("null")) {
		*p = nil
		return nil
	}
	var values []*float64
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	*p = make(Points, len(values))
	for i, v := range values {
		(*p)[i] = math.NaN()
		if v != nil {
			(*p)[i] = *v
		}
	}
	return nil
}

// Len is the number of rows.
func (s *Series) Len() int { return len(s.Arrivals) }

// newSeries makes the series of a load that started at start. What lies out of
// all reason before or after it, because some clock was wrong, is left out and
// counted by the result.
func newSeries(load *metrics.Snapshot, phases []Phase, start time.Time, planned float64) (s Series, left int) {
	s.Step = 1
	if start.IsZero() && len(load.Seconds) == 0 {
		s.resize(0)
		return s, 0
	}
	first, last := bounds(load, start, planned)
	s.Start = first
	s.resize(int(last - first + 1))
	curve := curve{phases}
	var fired int64 // by the plan, before the row
	for i := range s.Arrivals {
		if !start.IsZero() {
			until := curve.arrivals(time.Unix(first+int64(i)+1, 0).Sub(start).Seconds())
			s.Planned[i], fired = until-fired, until
		}
		s.P50[i], s.P95[i], s.P99[i], s.Max[i] = math.NaN(), math.NaN(), math.NaN(), math.NaN()
	}
	change := make([]int64, s.Len())
	for second, cell := range load.Seconds {
		if second < first || second > last {
			left++
			continue
		}
		i := second - first
		change[i] = running(cell.Counters)
		s.Arrivals[i] = cell.Counters[metrics.VusersCreated]
		s.Requests[i] = cell.Counters[metrics.HTTPRequests]
		s.Responses[i] = cell.Counters[metrics.HTTPResponses]
		s.Errors[i] = sum(stripped(cell.Counters, metrics.ErrorsPrefix))
		for code, n := range stripped(cell.Counters, metrics.HTTPCodesPrefix) {
			switch code[:min(1, len(code))] {
			case "4":
				s.Codes4xx[i] += n
			case "5":
				s.Codes5xx[i] += n
			}
		}
		if h := cell.Histograms[metrics.HTTPResponseTime]; h != nil && h.Count() > 0 {
			s.P50[i], s.P95[i] = scaled(h.Quantile(0.5)), scaled(h.Quantile(0.95))
			s.P99[i], s.Max[i] = scaled(h.Quantile(0.99)), scaled(h.Max())
		}
	}
	var active int64
	for i, n := range change {
		active += n
		s.Active[i] = max(0, active)
	}
	return s, left
}

// bounds are the first and the last second of the series: of the plan and of
// all that was measured near it.
func bounds(load *metrics.Snapshot, start time.Time, planned float64) (first, last int64) {
	measured := make([]int64, 0, len(load.Seconds))
	for second := range load.Seconds {
		measured = append(measured, second)
	}
	slices.Sort(measured)
	if start.IsZero() {
		first, last = measured[0], measured[0]
	} else {
		first = start.Unix()
		last = first
		if end := start.Add(seconds(planned)); end.After(start) {
			last = min(end.Add(-1).Unix(), first+maxRows-1)
		}
		const early = 60 // seconds that a worker's clock may be ahead
		for _, second := range measured {
			if second >= first-early {
				first = min(first, second)
				break
			}
		}
	}
	for _, second := range slices.Backward(measured) {
		if second < first+maxRows {
			return first, max(last, second)
		}
	}
	return first, last
}

// seconds makes a Duration, and 0 of what is none.
func seconds(s float64) time.Duration {
	if !(s > 0) || s > 1e9 {
		return 0
	}
	return time.Duration(s * 1e9)
}

func (s *Series) resize(n int) {
	for _, column := range s.counts() {
		*column = make([]int64, n)
	}
	for _, column := range s.points() {
		*column = make(Points, n)
	}
}

func (s *Series) counts() []*[]int64 {
	return []*[]int64{&s.Planned, &s.Arrivals, &s.Active, &s.Requests, &s.Responses, &s.Errors, &s.Codes4xx, &s.Codes5xx}
}

func (s *Series) points() []*Points { return []*Points{&s.P50, &s.P95, &s.P99, &s.Max} }

// curve is the planned arrival curve. It is for drawing: plan has the exact one.
type curve struct{ phases []Phase }

// arrivals is how many arrivals are due before the offset t, in seconds.
func (c curve) arrivals(t float64) int64 {
	var n float64
	for _, p := range c.phases {
		start, end := p.Start.Seconds(), p.End.Seconds()
		switch {
		case t <= start:
		case t >= end:
			n += p.total()
		default:
			length, x := end-start, t-start
			from, to := p.rates()
			n += from*x + (to-from)*x*x/(2*length)
		}
	}
	// A curve that reaches a whole number up to rounding has reached it.
	return int64(math.Ceil(n - 1e-6))
}

// rates are From and To; a phase of which only the count is known is even.
func (p Phase) rates() (from, to float64) {
	if length := (p.End - p.Start).Seconds(); p.From == 0 && p.To == 0 && length > 0 {
		even := float64(p.Planned) / length
		return even, even
	}
	return p.From, p.To
}

func (p Phase) total() float64 {
	if p.End <= p.Start {
		return float64(p.Planned)
	}
	from, to := p.rates()
	return (from + to) / 2 * (p.End - p.Start).Seconds()
}
