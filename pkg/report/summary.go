package report

import (
	"math"

	"salvo/pkg/hist"
)

// Summary is a histogram in Artillery 2's words. Times are in milliseconds with
// one decimal.
type Summary struct {
	Min    float64 `json:"min"`
	Max    float64 `json:"max"`
	Count  int64   `json:"count"`
	Mean   float64 `json:"mean"`
	P50    float64 `json:"p50"`
	Median float64 `json:"median"`
	P75    float64 `json:"p75"`
	P90    float64 `json:"p90"`
	P95    float64 `json:"p95"`
	P99    float64 `json:"p99"`
	P999   float64 `json:"p999"`
}

// Quantiles is a histogram in Artillery 1's words; all of it is null when nothing
// was measured.
type Quantiles struct {
	Min    *float64 `json:"min"`
	Max    *float64 `json:"max"`
	Median *float64 `json:"median"`
	P95    *float64 `json:"p95"`
	P99    *float64 `json:"p99"`
}

// summarise returns nil for a histogram without values.
func summarise(h *hist.Histogram) *Summary {
	if h == nil || h.Count() == 0 {
		return nil
	}
	median := scaled(h.Quantile(0.5))
	return &Summary{
		Min:    scaled(h.Min()),
		Max:    scaled(h.Max()),
		Count:  h.Count(),
		Mean:   decimals(h.Mean()/perUnit, 1),
		P50:    median,
		Median: median,
		P75:    scaled(h.Quantile(0.75)),
		P90:    scaled(h.Quantile(0.9)),
		P95:    scaled(h.Quantile(0.95)),
		P99:    scaled(h.Quantile(0.99)),
		P999:   scaled(h.Quantile(0.999)),
	}
}

// quantiles gives the same numbers as summarise, so that the two vocabularies of
// one document never disagree.
func (s *Summary) quantiles() Quantiles {
	if s == nil {
		return Quantiles{}
	}
	return Quantiles{Min: &s.Min, Max: &s.Max, Median: &s.Median, P95: &s.P95, P99: &s.P99}
}

// perUnit is how many of a histogram's integers make one of a report's units:
// microseconds make milliseconds, and thousandths of a custom value make units.
const perUnit = 1000

func scaled(v int64) float64 { return decimals(float64(v)/perUnit, 1) }

// decimals rounds v to n decimals.
func decimals(v float64, n int) float64 {
	p := math.Pow10(n)
	return math.Round(v*p) / p
}
