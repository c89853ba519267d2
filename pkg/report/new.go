package report

import (
	"encoding/json"
	"fmt"
	"strconv"

	"salvo/pkg/metrics"
)

// defaultInterval is the length of a window in seconds, as Artillery's.
const defaultInterval = 10

// New makes a report. It takes what in holds as it is, but for the keys of Run
// that it computes: Format, Mode, Scenarios, Unaccounted, Saturated and some Warnings. It keeps
// no part of in.Load.
func New(in Input) *Report {
	load := in.Load
	if load == nil {
		load = &metrics.Snapshot{}
	}
	interval := int64(in.StatsInterval)
	if interval <= 0 {
		interval = defaultInterval
	}
	names := in.Run.endpointNames()
	total := load.Total()
	windows := newWindows(load, names, interval)
	r := &Report{
		Run:          in.Run,
		Analysis:     newAnalysis(&in, names),
		Checks:       []Check{},
		Aggregate:    newAggregate(load, names, windows, in.Run.Ended),
		Intermediate: windows,
		Phases:       newPhases(in.Phases, load),
		Endpoints:    newEndpoints(total, names),
		Distribution: newDistribution(total.Histograms[metrics.HTTPResponseTime]),
		Before:       newSection(in.Before, names, interval),
		After:        newSection(in.After, names, interval),
	}
	if s := in.Sampling; s != nil {
		r.Run.Mode = s.Mode
		for _, sc := range s.Scenarios {
			r.Run.Scenarios = append(r.Run.Scenarios, sc.Name)
		}
	}
	r.Expectations = newExpectations(r.Aggregate.Counters)
	if !in.Run.Start.IsZero() && !in.Run.Simulation {
		r.Checks = newChecks(in.Ensure, &r.Aggregate, in.Run.Seed)
	}
	for _, p := range in.Phases {
		if json.Valid(p.Source) {
			r.Aggregate.Phases = append(r.Aggregate.Phases, p.Source)
		}
	}
	var left int
	r.Series, left = newSeries(load, in.Phases, in.Run.Start, in.Run.PlannedDuration)
	r.Run.complete(total, left)
	return r
}

// complete fills in what follows from the rest and from all that was measured.
func (r *Run) complete(total *metrics.Cell, left int) {
	r.Format = Format
	r.Started, r.Start, r.Ended = r.Started.UTC(), r.Start.UTC(), r.Ended.UTC()
	if !r.Simulation {
		r.Unaccounted = max(0, r.Planned-r.Created-r.Skipped-r.Missed)
	}
	r.Lost = append([]LostChunk{}, r.Lost...)
	r.MissedRanges = append([]Missed{}, r.MissedRanges...)
	r.Warnings = append([]string{}, r.Warnings...)

	lag := total.Histograms[metrics.ScheduleLag]
	if lag != nil && lag.Count() > 0 && lag.Quantile(0.99) > SaturationLag.Microseconds() {
		r.Saturated = true
	}
	for _, m := range r.MissedRanges {
		r.Saturated = r.Saturated || m.Late
	}
	for _, l := range r.Lost {
		for _, m := range l.Missed {
			r.Saturated = r.Saturated || m.Late
		}
	}

	// With all chunks there, their own counts and what they measured are two
	// accounts of the same users.
	if measured := total.Counters[metrics.VusersCreated]; len(r.Lost) == 0 && measured != r.Created {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"the workers count %s created users, but %s were measured: some measurements are missing or double",
			grouped(r.Created), grouped(measured)))
	}
	if n := total.Counters[metrics.NamesDropped]; n > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"%s are in no metric of their own: a worker keeps %s different names at most",
			plural(n, "observation"), grouped(metrics.MaxNames)))
	}
	if left > 0 {
		r.Warnings = append(r.Warnings, fmt.Sprintf(
			"measurements of %d seconds far outside the load are in the totals, but in no chart: a worker's clock was wrong", left))
	}
}

// Lag is the summary of how late arrivals were fired, in milliseconds; nil when
// none were.
func (r *Report) Lag() *Summary { return r.Aggregate.summary(metrics.ScheduleLag) }

// Failed is how many users ended by an error.
func (r *Report) Failed() int64 { return r.Aggregate.Counters[metrics.VusersFailed] }

// Complete tells whether each planned arrival is accounted for.
func (r *Run) Complete() bool {
	return len(r.Lost) == 0 && len(r.MissedRanges) == 0 && r.Missed == 0 && r.Unaccounted == 0
}

// grouped writes a count with commas: 1,234,567.
func grouped(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	out := make([]byte, 0, len(digits)+len(digits)/3)
	for i := range len(digits) {
		if i > 0 && (len(digits)-i)%3 == 0 {
			out = append(out, ',')
		}
		out = append(out, digits[i])
	}
	return sign + string(out)
}
