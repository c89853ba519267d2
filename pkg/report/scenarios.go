package report

import (
	"fmt"

	"salvo/pkg/metrics"
)

// scenario is how one scenario of a sampling run did.
type scenario struct {
	Name   string
	Users  int64
	Errors int64 // as the error budget counts them
	Times  *Summary
}

// scenarios are those of a sampling run, in the order of the script.
func (r *Report) scenarios() []scenario {
	if r.Analysis == nil {
		return nil
	}
	// Either all failed expectations are errors of the run, or none is.
	unmet := r.Analysis.Errors > sum(r.Totals.Errors)
	var all []scenario
	for i, p := range r.Reports {
		s := scenario{Name: r.scenarioName(i), Users: p.ScenariosCreated, Errors: sum(p.Errors), Times: p.summary(metrics.HTTPResponseTime)}
		if unmet {
			s.Errors += p.Counters[metrics.ExpectFailed]
		}
		all = append(all, s)
	}
	return all
}

// scenarioName is the name of a sampling run's scenario, or its index as text.
func (r *Report) scenarioName(i int) string {
	if i < len(r.Run.Scenarios) {
		return r.Run.Scenarios[i]
	}
	return fmt.Sprint(i)
}

// scenarios shows which scenarios of a sampling run had errors.
func (t *text) scenarios(r *Report) {
	all := r.scenarios()
	if len(all) == 0 {
		return
	}
	table := table{
		{head: "scenario", flexible: true}, {head: "users"}, {head: "errors"}, {head: "p50", rank: 3}, {head: "p95", rank: 1}, {head: "max", rank: 2},
	}
	for _, s := range all {
		table.add(s.Name, grouped(s.Users), grouped(s.Errors), s.Times.text("p50"), s.Times.text("p95"), s.Times.text("max"))
	}
	t.heading("Scenarios (response times in ms)")
	t.table(table)
}
