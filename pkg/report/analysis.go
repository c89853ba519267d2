package report

import (
	"fmt"
	"strconv"
	"strings"
	"time"

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

	Scenarios []SampledScenario // in the order of the script
}

// SampledScenario is what is known of one scenario of a sampling run.
type SampledScenario struct {
	Name         string            // or its index as text
	Load         *metrics.Snapshot // nil when its worker left nothing
	Failures     []Failure
	FailuresLeft int64 // that are not among them
}

// Failure is something that went wrong for a virtual user of a sampling run, with
// what explains it.
type Failure struct {
	Scenario string    `json:"scenario"`
	Arrival  int64     `json:"arrival"` // index of the virtual user
	At       time.Time `json:"at"`

	Step   string `json:"step,omitempty"` // its path: "scenarios[0].flow[2]"
	File   string `json:"file,omitempty"` // that it stands in, as the user calls it
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	Errors []string `json:"errors,omitempty"` // the keys that it is counted under
	Unmet  []Unmet  `json:"unmet,omitempty"`  // expectations that failed

	Method   string `json:"method,omitempty"`
	URL      string `json:"url,omitempty"`
	Request  string `json:"request,omitempty"`  // as it was sent: line, headers, beginning of the body
	Response string `json:"response,omitempty"` // likewise, as it was received
}

// Unmet is an expectation that failed.
type Unmet struct {
	Type     string `json:"type"` // as Artillery calls it: "statusCode"
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// Analysis is the verdict on a sampling run, in the keys of serverless-artillery:
// they stand at the top level of the document.
type Analysis struct {
	Errors  int64    `json:"errors"`  // of all kinds
	Reports []Period `json:"reports"` // one for each scenario, in the order of the script
	Totals  Totals   `json:"totals"`

	// Failures tells of the errors one by one, of each scenario up to a bound.
	Failures     []Failure `json:"failures"`
	FailuresLeft int64     `json:"failuresLeft,omitempty"` // that are not among them

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
	a := &Analysis{Reports: []Period{}, Failures: []Failure{}, Totals: Totals{Codes: map[string]int64{}, Errors: map[string]int64{}}}
	for _, sc := range s.Scenarios {
		load := sc.Load
		if load == nil {
			load = &metrics.Snapshot{}
		}
		a.Failures = append(a.Failures, sc.Failures...)
		a.FailuresLeft += sc.FailuresLeft
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

// place names where a failure was: the step's file, line and column, or only the
// scenario.
func (f *Failure) place() string {
	if f.Line == 0 {
		return ""
	}
	return fmt.Sprintf("%s:%d:%d", f.File, f.Line, f.Column)
}

// What says in a line, for each thing that failed, what it was.
func (f *Failure) What() []string {
	var lines []string
	lines = append(lines, f.Errors...)
	for _, u := range f.Unmet {
		lines = append(lines, fmt.Sprintf("Failed expectation: %s expected=%s got=%s", u.Type, u.Expected, u.Got))
	}
	return lines
}

// about is the request that a failure was about: "GET http://…", else "".
func (f *Failure) about() string {
	return strings.TrimSpace(f.Method + " " + f.URL)
}

// shownFailures is how many failures a text shows with all that explains them.
const shownFailures = 20

// failures shows what went wrong in a sampling run.
func (t *text) failures(r *Report) {
	if r.Analysis == nil || len(r.Failures) == 0 {
		return
	}
	t.heading("Failures")
	for i := range r.Failures {
		if i == shownFailures {
			break
		}
		f := &r.Failures[i]
		head := "scenario " + f.Scenario
		if f.Step != "" {
			head += ", " + f.Step
		}
		if place := f.place(); place != "" {
			head += " (" + place + ")"
		}
		t.line("")
		t.paragraph(strong, fmt.Sprintf("%3d) ", i+1), 5, clean(head))
		if about := f.about(); about != "" {
			t.line("     " + clean(about))
		}
		for _, what := range f.What() {
			t.paragraph(bad, "     ", 5, clean(what))
		}
		t.indented("sent", f.Request)
		t.indented("got", f.Response)
	}
	if left := int64(len(r.Failures)-min(len(r.Failures), shownFailures)) + r.FailuresLeft; left > 0 {
		t.line("")
		t.line(fmt.Sprintf("     and %s more", plural(left, "failure")))
	}
}

// indented shows a request or a response below a word.
func (t *text) indented(word, message string) {
	if message == "" {
		return
	}
	t.line("     " + t.paint(faint, word+":"))
	for line := range strings.Lines(message) {
		t.line(strings.TrimRight("       "+clean(strings.TrimRight(line, "\n")), " "))
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
