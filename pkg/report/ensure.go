package report

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// Check is one of the script's `ensure` checks and what became of it.
type Check struct {
	Name   string `json:"name"` // as Artillery shows it
	OK     bool   `json:"ok"`
	Strict bool   `json:"strict"` // the run fails with it

	// Got is what was held against Limit; null when there is no such number.
	// Both are null for an expression, which has Values instead: its metrics.
	Got    *float64            `json:"got"`
	Limit  *float64            `json:"limit"`
	Values map[string]*float64 `json:"values,omitempty"`

	// Reason says what a number alone does not.
	Reason string `json:"reason,omitempty"`
}

// newChecks makes the checks, those that hold first, as Artillery does.
func newChecks(checks []script.Check, p *Period, seed uint64) []Check {
	out := []Check{}
	m := &measurements{period: p, rand: rand.New(rand.NewPCG(seed, 0))}
	for i := range checks {
		out = append(out, m.check(&checks[i]))
	}
	slices.SortStableFunc(out, func(a, b Check) int {
		switch {
		case a.OK == b.OK:
			return 0
		case a.OK:
			return -1
		}
		return 1
	})
	return out
}

// measurements are the metrics of a period by the names that checks have for
// them: counters, rates, and <histogram>.<aggregate>. They are the scope of a
// check's expression.
type measurements struct {
	period *Period
	rand   *rand.Rand
}

func (m *measurements) check(c *script.Check) Check {
	out := Check{Name: c.Text, Strict: c.Strict}
	switch c.Kind {
	case script.CheckBelow:
		out.Limit = &c.Limit
		if v, ok := m.value(c.Metric); ok {
			out.Got, out.OK = &v, v < c.Limit
		}
		out.Reason = m.doubts(c.Metric)
	case script.CheckErrorRate:
		out.Limit = &c.Limit
		created, completed := m.period.Counters[metrics.VusersCreated], m.period.Counters[metrics.VusersCompleted]
		if created == 0 {
			out.Reason = "no user was created"
			break
		}
		rate := float64(created-completed) / float64(created) * 100
		out.OK = rate <= c.Limit
		rate = decimals(rate, 4)
		out.Got = &rate
	default:
		m.condition(c, &out)
	}
	return out
}

func (m *measurements) condition(c *script.Check, out *Check) {
	e, names, err := c.Compile(m.recorded)
	if err != nil {
		// It compiled when the script was read: a recorded name must have a
		// part of the expression in it.
		out.Reason = err.Error()
		return
	}
	out.OK = e.True(m)
	out.Values = map[string]*float64{}
	for _, name := range names {
		out.Values[name] = nil
		if v, ok := m.value(name); ok {
			out.Values[name] = &v
		}
	}
	out.Reason = m.doubts(names...)
}

// Lookup makes measurements the scope of an expression.
func (m *measurements) Lookup(metric string) (any, bool) {
	if v, ok := m.value(metric); ok {
		return v, true
	}
	return template.Undefined, true
}

// Rand is what an expression's random() draws from.
func (m *measurements) Rand() *rand.Rand { return m.rand }

// numbered is a name that can only be a number of a histogram.
var numbered = regexp.MustCompile(`\.(?:min|max|mean|median|p[0-9][0-9.]*)$`)

// value is a metric's number. What was never recorded is a counter of 0, as
// nothing tells a counter that was never reached from one that does not exist,
// and `http.codes.500 == 0` has to hold when all went well. It is no number when
// it is one of a histogram: of the response times of nothing, nothing can be
// said, and a check must not pass because nobody answered.
func (m *measurements) value(metric string) (float64, bool) {
	if v, ok := m.lookup(metric); ok {
		return v, true
	}
	if _, histogram := m.period.Summaries[metric]; histogram || numbered.MatchString(metric) {
		return 0, false
	}
	return 0, true
}

// doubts is what a reader should know of metrics that are not in the report.
func (m *measurements) doubts(names ...string) string {
	var parts, never []string
	for _, name := range names {
		switch _, histogram := m.period.Summaries[name]; {
		case m.recorded(name):
		case histogram:
			parts = append(parts, name+" is a histogram: name one of its numbers, such as "+name+".p95")
		default:
			never = append(never, name)
		}
	}
	if len(names) == 1 && len(never) == 1 {
		return "never recorded"
	}
	if len(never) > 0 {
		parts = append(parts, "never recorded: "+strings.Join(never, ", "))
	}
	return strings.Join(parts, "; ")
}

func (m *measurements) recorded(metric string) bool {
	_, ok := m.lookup(metric)
	return ok
}

func (m *measurements) lookup(metric string) (float64, bool) {
	if n, ok := m.period.Counters[metric]; ok {
		return float64(n), true
	}
	if n, ok := m.period.Rates[metric]; ok {
		return float64(n), true
	}
	if dot := strings.LastIndexByte(metric, '.'); dot >= 0 {
		if s, ok := m.period.Summaries[metric[:dot]]; ok {
			return s.aggregate(metric[dot+1:])
		}
	}
	if metric == failedSpecs {
		return m.failedSpecs()
	}
	return 0, false
}

// failedSpecs is the one error that Artillery 2 has for each failed capture and
// match, of which Salvo keeps one for each expression.
const failedSpecs = metrics.ErrorsPrefix + "Failed capture or match"

func (m *measurements) failedSpecs() (n float64, ok bool) {
	for key, count := range m.period.Errors {
		if strings.HasPrefix(key, "Failed capture: ") || strings.HasPrefix(key, "Failed match: ") {
			n, ok = n+float64(count), true
		}
	}
	return n, ok
}

// aggregate is one number of a summary by its name.
func (s *Summary) aggregate(name string) (float64, bool) {
	switch name {
	case "min":
		return s.Min, true
	case "max":
		return s.Max, true
	case "count":
		return float64(s.Count), true
	case "mean":
		return s.Mean, true
	case "p50", "median":
		return s.Median, true
	case "p75":
		return s.P75, true
	case "p90":
		return s.P90, true
	case "p95":
		return s.P95, true
	case "p99":
		return s.P99, true
	case "p999":
		return s.P999, true
	}
	return 0, false
}

// FailedChecks says which of the checks that the run depends on failed; it is ""
// when none did.
func (r *Report) FailedChecks() string {
	const most = 5
	var failed []string
	for i := range r.Checks {
		if c := &r.Checks[i]; !c.OK && c.Strict {
			s := clean(c.Name)
			if found := c.found(); found != "" {
				s += " (" + found + ")"
			}
			failed = append(failed, s)
		}
	}
	if len(failed) == 0 {
		return ""
	}
	s := fmt.Sprintf("%d of %s failed: ", len(failed), plural(int64(len(r.Checks)), "check"))
	if n := len(failed) - most; n > 0 {
		failed = append(failed[:most], fmt.Sprintf("%d more", n))
	}
	return s + strings.Join(failed, "; ")
}

// found says what the check saw.
func (c *Check) found() string {
	var parts []string
	if c.Got != nil {
		parts = append(parts, "got "+figure(*c.Got))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Values)) {
		if v := c.Values[name]; v != nil {
			parts = append(parts, clean(name)+" "+figure(*v))
		}
	}
	if c.Reason != "" {
		parts = append(parts, clean(c.Reason))
	}
	return strings.Join(parts, ", ")
}

// result is the check in Artillery's words.
func (c *Check) result() string {
	s := "fail: "
	if c.OK {
		s = "ok: "
	}
	s += clean(c.Name)
	if !c.OK && !c.Strict {
		s += " (optional)"
	}
	return s
}

func figure(v float64) string {
	if math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}
