package report

import (
	"fmt"
	"strconv"

	"salvo/pkg/metrics"
)

// Sampling is what the report of an acceptance or monitoring run is made from
// besides the rest of Input.
type Sampling struct {
	Mode   string  // acceptance or monitoring
	Budget float64 // how many errors the run may have

	// FailedUsers says that a failed expectation ends its user with an error, which
	// counts, so that the expectation itself does not.
	FailedUsers bool

	Scenarios []*metrics.Snapshot // what each scenario measured; nil for one whose worker left nothing
}

// Analysis is the verdict on a sampling run, in the keys of serverless-artillery:
// they stand at the top level of the document.
type Analysis struct {
	Errors  int64    `json:"errors"`  // of all kinds
	Reports []Period `json:"reports"` // one for each scenario, in the order of the script
	Totals  Totals   `json:"totals"`

	// ErrorMessage tells that there are more errors than the budget allows; it is
	// absent when there are not.
	ErrorMessage string `json:"errorMessage,omitempty"`
}

// Totals are sums over the reports of all scenarios.
type Totals struct {
	ScenariosCreated   int64            `json:"scenariosCreated"`
	ScenariosCompleted int64            `json:"scenariosCompleted"`
	RequestsCompleted  int64            `json:"requestsCompleted"`
	Codes              map[string]int64 `json:"codes"`
	Errors             map[string]int64 `json:"errors"`
}

// newAnalysis counts errors as serverless-artillery does: each key of each
// scenario's errors, and failed expectations, which it does not know.
func newAnalysis(in *Input, names metrics.Endpoints) *Analysis {
	s := in.Sampling
	if s == nil {
		return nil
	}
	a := &Analysis{Reports: []Period{}, Totals: Totals{Codes: map[string]int64{}, Errors: map[string]int64{}}}
	for _, load := range s.Scenarios {
		if load == nil {
			load = &metrics.Snapshot{}
		}
		cell := load.Total()
		p := newPeriod(cell, names, in.Run.Ended)
		a.Reports = append(a.Reports, p)
		a.Totals.ScenariosCreated += p.ScenariosCreated
		a.Totals.ScenariosCompleted += p.ScenariosCompleted
		a.Totals.RequestsCompleted += p.RequestsCompleted
		addCounts(a.Totals.Codes, p.Codes)
		addCounts(a.Totals.Errors, p.Errors)
		if !s.FailedUsers {
			a.Errors += cell.Counters[metrics.ExpectFailed]
		}
	}
	a.Errors += sum(a.Totals.Errors)
	if float64(a.Errors) > s.Budget {
		a.ErrorMessage = fmt.Sprintf("%s failure: scenarios run: %d, total errors: %d, error budget: %s",
			s.Mode, a.Totals.ScenariosCreated, a.Errors, strconv.FormatFloat(s.Budget, 'f', -1, 64))
	}
	return a
}

func addCounts(to, counts map[string]int64) {
	for name, n := range counts {
		to[name] += n
	}
}

// results is the verdict of a sampling run as serverless-artillery prints it.
func (t *text) results(r *Report) {
	if r.Analysis == nil {
		return
	}
	t.heading("Results:")
	if r.ErrorMessage != "" {
		t.line(t.paint(bad, "FAILED "+r.ErrorMessage))
	} else {
		t.line(t.paint(good, "PASSED"))
	}
}
