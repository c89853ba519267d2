package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The elements of a JUnit file, as the servers of CI read it (the schema of Apache
// Ant's JUnit report, and Jenkins' on top of it).
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Time     string       `xml:"time,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name       string          `xml:"name,attr"`
		Tests      int             `xml:"tests,attr"`
		Failures   int             `xml:"failures,attr"`
		Errors     int             `xml:"errors,attr"`
		Skipped    int             `xml:"skipped,attr"`
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Name      string        `xml:"name,attr"`
		ClassName string        `xml:"classname,attr"`
		File      string        `xml:"file,attr,omitempty"`
		Line      int           `xml:"line,attr,omitempty"`
		Time      string        `xml:"time,attr"`
		Failure   *junitProblem `xml:"failure"`
		Error     *junitProblem `xml:"error"`
	}
	junitProblem struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// WriteJUnit writes a sampling run as a JUnit file: a test case for each scenario,
// whose failure has each error with the request that was sent and what came back.
// A scenario fails when it had an error, whatever the budget. When the run itself
// did not come to a verdict, each scenario without an error of its own has that
// as an error. A performance run is one case, which fails as the run does.
func (r *Report) WriteJUnit(w io.Writer) error {
	suite := junitSuite{
		Name:      r.Run.Script,
		Timestamp: r.Run.Started.Format("2006-01-02T15:04:05"),
		Time:      inSeconds(r.Run.Ended.Sub(r.Run.Started).Seconds()),
		Properties: []junitProperty{
			{"run", r.Run.ID}, {"seed", fmt.Sprint(r.Run.Seed)}, {"outcome", r.Run.Outcome}, {"salvo", r.Run.Version},
		},
	}
	if r.Analysis == nil {
		c := junitCase{Name: r.Run.Script, ClassName: r.Run.Script, Time: suite.Time}
		if !r.Run.Passed() {
			c.Failure = &junitProblem{Message: xmlText(r.Run.OutcomeCause), Type: r.Run.Outcome, Text: xmlText(r.Run.OutcomeCause)}
		}
		suite.Cases = append(suite.Cases, c)
	} else {
		for i, p := range r.Reports {
			suite.Cases = append(suite.Cases, r.junitScenario(i, p))
		}
	}
	for _, c := range suite.Cases {
		suite.Tests++
		if c.Failure != nil {
			suite.Failures++
		}
		if c.Error != nil {
			suite.Errors++
		}
	}
	all := junitSuites{
		Name: suite.Name, Tests: suite.Tests, Failures: suite.Failures, Errors: suite.Errors, Time: suite.Time,
		Suites: []junitSuite{suite},
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(all); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	if _, err := io.WriteString(w, "\n"); err != nil {
		return fmt.Errorf("writing the JUnit file: %w", err)
	}
	return nil
}

func (r *Report) junitScenario(i int, p Period) junitCase {
	c := junitCase{Name: xmlText(r.scenarioName(i)), ClassName: xmlText(r.Run.Script), Time: "0"}
	if s := p.summary("vusers.session_length"); s != nil {
		c.Time = inSeconds(s.Mean * float64(s.Count) / 1000)
	}
	var text strings.Builder
	first := ""
	for j := range r.Failures {
		f := &r.Failures[j]
		if len(r.Reports) == 0 || int(f.Arrival)%len(r.Reports) != i {
			continue
		}
		what := strings.Join(f.What(), "; ")
		if first == "" {
			first = what
			c.File, c.Line = f.File, f.Line
		}
		fmt.Fprintf(&text, "\n%s\n", what)
		for _, line := range []string{f.Step, f.place(), f.about()} {
			if line != "" {
				fmt.Fprintf(&text, "%s\n", line)
			}
		}
		for _, m := range []struct{ word, text string }{{"sent", f.Request}, {"got", f.Response}} {
			if m.text != "" {
				fmt.Fprintf(&text, "--- %s ---\n%s\n", m.word, m.text)
			}
		}
	}
	n := sum(p.Errors)
	switch {
	case first != "" || n > 0:
		if first == "" {
			first = counted(ranked(p.Errors), ": ")
		}
		c.Failure = &junitProblem{Message: xmlText(first), Type: "failure", Text: xmlText(text.String())}
	case r.Run.Outcome != passed && r.ErrorMessage == "":
		c.Error = &junitProblem{Message: xmlText(r.Run.OutcomeCause), Type: r.Run.Outcome, Text: xmlText(r.Run.OutcomeCause)}
	}
	return c
}

func inSeconds(s float64) string { return fmt.Sprintf("%.3f", max(s, 0)) }

// xmlText leaves out what XML 1.0 cannot hold.
func xmlText(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || r >= 0x20 && r != utf8.RuneError && !unicode.Is(unicode.Cs, r) && r != 0xfffe && r != 0xffff {
			return r
		}
		return '?'
	}, s)
}
