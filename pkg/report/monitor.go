package report

import (
	"fmt"
	"strconv"
	"strings"
)

// Monitor is what a monitoring run came to beyond itself.
type Monitor struct {
	ID        string     `json:"id"`
	Said      []string   `json:"said"`                // the subjects of what was published
	Problem   string     `json:"problem,omitempty"`   // what could not be published, or written down
	Objective *Objective `json:"objective,omitempty"` // absent without one
}

// Objective is how the objective of a monitor is met.
type Objective struct {
	Percent    float64  `json:"percent"`    // of the samples that are to be good
	WindowDays float64  `json:"windowDays"` // that it is true of
	Samples    int64    `json:"samples"`    // in the window
	Bad        int64    `json:"bad"`        // of these
	BudgetLeft *float64 `json:"budgetLeft"` // share of the error budget: 1 is all of it; below 0 it is overspent; null without samples
}

// Subjects are those of what was published; none for a nil Monitor.
func (m *Monitor) Subjects() []string {
	if m == nil {
		return nil
	}
	return m.Said
}

// Trouble is what could not be published or written down; "" for a nil Monitor.
func (m *Monitor) Trouble() string {
	if m == nil {
		return ""
	}
	return m.Problem
}

// monitor tells what a monitoring run came to.
func (t *text) monitor(r *Report) {
	m := r.Monitor
	if m == nil {
		return
	}
	t.heading("Monitor " + clean(m.ID))
	if len(m.Said) == 0 {
		t.line("  nothing was said")
	}
	for _, subject := range m.Said {
		t.paragraph("", "  said ", 7, clean(subject))
	}
	if m.Problem != "" {
		t.paragraph(bad, "  ", 2, clean(m.Problem))
	}
	if o := m.Objective; o != nil {
		t.line("  " + o.words())
	}
}

func (o *Objective) words() string {
	var b strings.Builder
	fmt.Fprintf(&b, "objective %s %% over %s days: ", exact(o.Percent), exact(o.WindowDays))
	if o.BudgetLeft == nil {
		b.WriteString("no samples yet")
	} else {
		fmt.Fprintf(&b, "%s, %s bad, %s %% of the error budget left", plural(o.Samples, "sample"), grouped(o.Bad), decimal(100**o.BudgetLeft))
	}
	return b.String()
}

func exact(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
