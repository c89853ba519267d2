package monitor

import (
	"math"
	"time"
)

// pair is a condition on two windows: the long one tells that it matters, the short
// one that it still goes on.
type pair struct {
	factor      float64 // of the rate at which the budget lasts for its window
	long, short time.Duration
}

const day = 24 * time.Hour

// levels are the conditions under which burn alerts are due: any of a level's.
var levels = map[int][]pair{
	alarmPage:   {{14.4, time.Hour, 5 * time.Minute}, {6, 6 * time.Hour, 30 * time.Minute}},
	alarmTicket: {{1, 3 * day, 6 * time.Hour}},
}

// window counts the samples of the window of a length that ends at a time.
func (s *state) window(end time.Time, length time.Duration) count {
	if length <= s.minutes.step*time.Duration(s.minutes.keep) {
		return s.minutes.sum(end, length)
	}
	return s.hours.sum(end, length)
}

// rate is how fast the budget is spent in a window; there must be samples.
func (o Objective) rate(c count) float64 {
	return float64(c.bad) / float64(c.samples()) / o.allowed()
}

// enough tells whether one bad sample alone would not exceed a factor.
func (o Objective) enough(c count, factor float64) bool {
	return float64(c.samples())*o.allowed()*factor >= 1
}

// burning tells whether a level is exceeded, or surely is not. Where there are too few
// samples it is neither.
func (s *state) burning(level []pair, o Objective, at time.Time) (above, below bool) {
	below = true
	for _, p := range level {
		long, short := s.window(at, p.long), s.window(at, p.short)
		longTells, shortTells := o.enough(long, p.factor), short.samples() > 0
		longAbove := longTells && o.rate(long) > p.factor
		shortAbove := shortTells && o.rate(short) > p.factor
		above = above || longAbove && shortAbove
		below = below && (longTells && !longAbove || shortTells && !shortAbove)
	}
	return above, below
}

// Status is how an objective is met: what the report, the metrics and `salvo slo`
// show. All windows end at At.
type Status struct {
	Monitor   string    `json:"monitor"`
	At        time.Time `json:"at"`
	Objective float64   `json:"objective"`     // percent
	Window    float64   `json:"windowSeconds"` // of the objective

	Samples      int64    `json:"samples"` // in the window
	Bad          int64    `json:"bad"`
	Availability *float64 `json:"availability"` // percent of good samples; null without samples

	// BudgetLeft is the share of the error budget that is left: 1 when nothing was bad,
	// negative when more was bad than may be; null without samples. The budget is that of the
	// samples there are, so it grows with them until the window is full.
	BudgetLeft *float64 `json:"budgetLeft"`

	BurnRates []BurnRate `json:"burnRates"` // shortest window first

	Page   bool `json:"page"` // the alert of this level is on
	Ticket bool `json:"ticket"`

	History History `json:"history"`
}

// BurnRate is how fast the budget is spent in a window.
type BurnRate struct {
	Window  float64  `json:"windowSeconds"`
	Samples int64    `json:"samples"`
	Bad     int64    `json:"bad"`
	Rate    *float64 `json:"rate"` // 1: the budget lasts exactly as long as its window; null without samples
}

// History is the window in slots of equal length. One without samples is a gap.
type History struct {
	Start   time.Time `json:"start"` // of the first slot
	Step    float64   `json:"stepSeconds"`
	Samples []int64   `json:"samples"`
	Bad     []int64   `json:"bad"`
	Gaps    int       `json:"gapHours"` // hours without samples since the first one
}

// slots is how many a history has at most.
const slots = 60

// shown are the windows of a status.
var shown = []time.Duration{5 * time.Minute, 30 * time.Minute, time.Hour, 6 * time.Hour, 3 * day}

func (s *state) status(id string, o Objective, at time.Time) *Status {
	all := s.hours.sum(at, o.Window)
	st := &Status{
		Monitor: id, At: at, Objective: o.Percent, Window: o.Window.Seconds(),
		Samples: all.samples(), Bad: all.bad,
		Page: s.alarms[alarmPage].On, Ticket: s.alarms[alarmTicket].On,
		History: s.history(o.Window, at),
	}
	if all.samples() > 0 {
		st.Availability = new(rounded(100 * float64(all.good) / float64(all.samples())))
		st.BudgetLeft = new(rounded(1 - o.rate(all)))
	}
	for _, w := range shown {
		c := s.window(at, w)
		b := BurnRate{Window: w.Seconds(), Samples: c.samples(), Bad: c.bad}
		if c.samples() > 0 {
			b.Rate = new(rounded(o.rate(c)))
		}
		st.BurnRates = append(st.BurnRates, b)
	}
	return st
}

// rounded takes off what is only there because of how numbers are kept.
func rounded(v float64) float64 { return math.Round(v*1e6) / 1e6 }

func (s *state) history(window time.Duration, at time.Time) History {
	hours := int64(window / time.Hour)
	step := (hours + slots - 1) / slots
	last := s.hours.index(at)
	from := last - hours + 1
	h := History{Start: time.Unix(from*3600, 0).UTC(), Step: float64(step * 3600), Samples: []int64{}, Bad: []int64{}}
	for i := from; i <= last; i += step {
		c := s.hours.between(i, min(i+step, last+1))
		h.Samples, h.Bad = append(h.Samples, c.samples()), append(h.Bad, c.bad)
	}
	for i := max(from, s.hours.first); i <= last && len(s.hours.counts) > 0; i++ {
		if s.hours.between(i, i+1).samples() == 0 {
			h.Gaps++
		}
	}
	return h
}
