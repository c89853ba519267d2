package report

import (
	"strconv"

	"salvo/pkg/metrics"
)

// apdex is the Apdex score of the load with its rank, "" when no response was
// counted for one. It is rounded down, so that it never looks like a rank that
// it does not have.
func (r *Report) apdex() string {
	c := r.Aggregate.Counters
	satisfied, tolerated := c[metrics.ApdexSatisfied], c[metrics.ApdexTolerated]
	all := satisfied + tolerated + c[metrics.ApdexFrustrated]
	if all <= 0 {
		return ""
	}
	thousandths := (2*satisfied + tolerated) * 1000 / (2 * all)
	rank := "unacceptable"
	switch {
	case thousandths >= 940:
		rank = "excellent"
	case thousandths >= 850:
		rank = "good"
	case thousandths >= 700:
		rank = "fair"
	case thousandths >= 490:
		rank = "poor"
	}
	return strconv.FormatFloat(float64(thousandths)/1000, 'f', -1, 64) + " (" + rank + ")"
}
