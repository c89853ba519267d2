package monitor

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
)

// WriteMetrics writes the metrics of a run in CloudWatch's embedded metric format: a
// line for the monitor and one for each scenario. CloudWatch makes metrics of
// them where they come into the logs of a function. The status is nil without an
// objective. Of a broken run there are no samples, which is a metric too.
func (m *Monitor) WriteMetrics(w io.Writer, run Run, status *Status) error {
	dims := []dimension{{job.DimensionService, m.Service}, {job.DimensionStage, m.Stage}, {job.DimensionMonitor, m.ID}}
	var of metricList
	if run.Verdict == Broken {
		of.add(job.MetricSamples, unitCount, 0)
	} else {
		of.samples(run.Good, run.Bad)
		if run.Report != nil && run.Report.Analysis != nil {
			of.add(job.MetricErrors, unitCount, float64(run.Report.Errors))
		}
	}
	if status != nil {
		if status.BudgetLeft != nil {
			of.add(job.MetricBudgetLeft, unitPercent, rounded(100**status.BudgetLeft))
		}
		for _, r := range []struct {
			name   string
			window time.Duration
		}{{job.MetricBurnRate1h, time.Hour}, {job.MetricBurnRate6h, 6 * time.Hour}, {job.MetricBurnRate3d, 3 * day}} {
			if b := status.burnRate(r.window); b != nil && b.Rate != nil {
				of.add(r.name, unitNone, *b.Rate)
			}
		}
	}
	if err := of.write(w, run.Time, dims); err != nil {
		return err
	}
	if run.Verdict == Broken || run.Report == nil || run.Report.Analysis == nil {
		return nil
	}
	for _, s := range samples(run.Report) {
		var of metricList
		of.samples(s.good, s.bad)
		of.add(job.MetricErrors, unitCount, float64(s.errors))
		if t, ok := s.period.Summaries[metrics.HTTPResponseTime]; ok {
			of.add(job.MetricLatencyP50, unitMilliseconds, t.P50)
			of.add(job.MetricLatencyP95, unitMilliseconds, t.P95)
			of.add(job.MetricLatencyP99, unitMilliseconds, t.P99)
		}
		if err := of.write(w, run.Time, append(dims[:len(dims):len(dims)], dimension{job.DimensionScenario, s.scenario})); err != nil {
			return err
		}
	}
	return nil
}

// The units, as CloudWatch calls them.
const (
	unitCount        = "Count"
	unitPercent      = "Percent"
	unitMilliseconds = "Milliseconds"
	unitNone         = "None"
)

type dimension struct{ name, value string }

type metric struct {
	Name  string `json:"Name"`
	Unit  string `json:"Unit"`
	value float64
}

type metricList []metric

func (l *metricList) add(name, unit string, value float64) {
	*l = append(*l, metric{name, unit, value})
}

func (l *metricList) samples(good, bad int64) {
	l.add(job.MetricSamples, unitCount, float64(good+bad))
	if good+bad > 0 {
		l.add(job.MetricAvailability, unitPercent, rounded(100*float64(good)/float64(good+bad)))
	}
}

// directive says which members of a line are metrics, and under which dimensions.
type directive struct {
	Namespace  string     `json:"Namespace"`
	Dimensions [][]string `json:"Dimensions"`
	Metrics    metricList `json:"Metrics"`
}

// write writes a line: the directive first, then dimensions and metrics in order.
func (l metricList) write(w io.Writer, at time.Time, dims []dimension) error {
	names := make([]string, len(dims))
	for i, d := range dims {
		names[i] = d.name
	}
	head, err := json.Marshal(map[string]any{
		"Timestamp":         at.UnixMilli(),
		"CloudWatchMetrics": []directive{{job.MetricNamespace, [][]string{names}, l}},
	})
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, `{"_aws":%s`, head)
	member := func(name string, value any) {
		data, _ := json.Marshal(value) // a text or a number
		fmt.Fprintf(&b, `,%q:%s`, name, data)
	}
	for _, d := range dims {
		member(d.name, dimensionValue(d.value))
	}
	for _, m := range l {
		member(m.Name, m.value)
	}
	b.WriteString("}\n")
	_, err = io.WriteString(w, b.String())
	return err
}

// dimensionValue makes a text one that CloudWatch takes: printable ASCII, neither
// empty nor blank, not beginning with a colon, and not too long.
func dimensionValue(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, text))
	if text == "" || text[0] == ':' {
		text = "-" + text
	}
	return text[:min(len(text), mostDimension)]
}

// mostDimension is what the published schema of the format allows.
const mostDimension = 250
