package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"salvo/pkg/job"
	"salvo/pkg/report"
)

// The further verdicts of messages.
const (
	Recovered  Verdict = "recovered" // what was said before is over
	BurnPage   Verdict = "burn-page"
	BurnTicket Verdict = "burn-ticket"
)

// subjects are the verdicts of messages by alarm.
var subjects = [alarms]Verdict{alarmBroken: Broken, alarmFailed: Failed, alarmPage: BurnPage, alarmTicket: BurnTicket}

// Message is something that a monitor says.
type Message struct {
	Verdict Verdict // what the message is about: Failed, Broken, Recovered, BurnPage or BurnTicket
	After   Verdict // of Recovered: what is over

	Service, Stage, Monitor string

	Subject string // one line of printable ASCII, of 99 characters at most
	Body    string // UTF-8; with the attributes, 256 KiB at most
}

// Attribute is a name and a value by which subscribers can filter.
type Attribute struct{ Name, Value string }

// Attributes are those of a message; none is empty.
func (m *Message) Attributes() []Attribute {
	all := []Attribute{
		{"service", m.Service}, {"stage", m.Stage}, {"monitor", m.Monitor},
		{"verdict", string(m.Verdict)}, {"after", string(m.After)},
	}
	return slices.DeleteFunc(all, func(a Attribute) bool { return a.Value == "" })
}

// speaker is who says something: what all messages of a monitor have in common.
type speaker struct{ service, stage, monitor string }

// name is the monitor with the deployment that it belongs to.
func (s speaker) name() string {
	if s.service == "" {
		return s.monitor
	}
	return s.monitor + " (" + s.service + "-" + s.stage + ")"
}

// message puts a notice into words. The status is nil without an objective.
func (s speaker) message(n notice, run Run, status *Status, every time.Duration) Message {
	m := Message{Verdict: subjects[n.which], Service: s.service, Stage: s.stage, Monitor: s.monitor}
	if n.event == ends {
		m.After, m.Verdict = m.Verdict, Recovered
	}
	var head, body string
	switch {
	case n.event == ends:
		head, body = s.recovery(n, status)
	case n.which == alarmFailed:
		head, body = s.failure(n, run, every)
	case n.which == alarmBroken:
		head, body = s.breakage(n, run, every)
	default:
		head, body = s.burn(n, status, every)
	}
	m.Subject = subject(head)
	left := mostBytes - len(m.Subject)
	for _, a := range m.Attributes() {
		left -= len(a.Name) + len("String") + len(a.Value)
	}
	m.Body = cutBody(body, left, run.ID)
	return m
}

// failure is the alert of serverless-artillery, to the letter. What it did not know, that
// something was said before, is a paragraph of its own.
func (s speaker) failure(n notice, run Run, every time.Duration) (subject, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "Alert:\n  %s\n\n", run.Message)
	if every > 0 {
		b.WriteString(again(n, "It has been failing", plural(int64(n.alarm.Bad), "run")+" failed", every))
	}
	b.WriteString("Logs:\n")
	if run.Report != nil && run.Report.Analysis != nil {
		fmt.Fprintf(&b, "Full analysis:\n%s\n", analysis(run.Report.Analysis))
	}
	return "Alert: " + run.Message, b.String()
}

// again says that a message is not the first.
func again(n notice, so, many string, every time.Duration) string {
	a := n.alarm
	switch n.event {
	case repeats:
		return fmt.Sprintf("%s for %s, since %s: %s.\n\n", so, length(a.At.Sub(a.Since)), stamp(a.Since), many)
	case relapses:
		return fmt.Sprintf("The last alert was at %s, and then it had recovered. That it has recovered from this one will be said when nothing was wrong for %s.\n\n",
			stamp(a.ToldAt), length(every))
	}
	return ""
}

func (s speaker) breakage(n notice, run Run, every time.Duration) (subject, body string) {
	var b strings.Builder
	fmt.Fprintf(&b, "Broken:\n  %s could not run: %s\n\n", s.name(), strings.ReplaceAll(run.Message, "\n", "\n  "))
	b.WriteString(again(n, "It could not run", plural(int64(n.alarm.Bad), "run")+" ended like this", every))
	b.WriteString("Until it runs again, nothing is known of what it monitors.\n")
	if run.Report != nil {
		fmt.Fprintf(&b, "\nReport: %s\n", job.ReportKey(run.ID))
	}
	return "Broken: " + s.monitor + " could not run: " + run.Message, b.String()
}

func (s speaker) recovery(n notice, status *Status) (subject, body string) {
	a := n.alarm
	took := length(a.Until.Sub(a.Since))
	from := fmt.Sprintf("from %s to %s", stamp(a.Since), stamp(a.Until))
	var b strings.Builder
	fmt.Fprintf(&b, "Recovered:\n")
	switch n.which {
	case alarmFailed:
		subject = s.monitor + " passes again after " + took
		fmt.Fprintf(&b, "  %s passes again. It failed for %s, %s: %s failed.\n", s.name(), took, from, plural(int64(a.Bad), "run"))
	case alarmBroken:
		subject = s.monitor + " runs again after " + took
		fmt.Fprintf(&b, "  %s runs again. It could not run for %s, %s; nothing is known of that time.\n", s.name(), took, from)
	default:
		subject = s.monitor + " spends its error budget at a sustainable rate again after " + took
		fmt.Fprintf(&b, "  %s spends its error budget at a sustainable rate again. The %s was due for %s, %s.\n", s.name(), levelName(n.which), took, from)
		b.WriteString(budget(status))
	}
	return "Recovered: " + subject, b.String()
}

func (s speaker) burn(n notice, status *Status, every time.Duration) (subject, body string) {
	level := levelName(n.which)
	title := strings.ToUpper(level[:1]) + level[1:]
	worst := 0.0
	for _, p := range levels[n.which] {
		if r := status.burnRate(p.long); r != nil && r.Rate != nil {
			worst = max(worst, *r.Rate)
		}
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s:\n  %s spends its error budget at %s times the sustainable rate, with an objective of %s %% over %s.\n\n",
		title, s.name(), rate(worst), number(status.Objective), length(seconds(status.Window)))
	b.WriteString(again(n, "It has been too fast", "the "+level+" is still due", every))
	b.WriteString(strings.TrimPrefix(budget(status), "\n"))
	b.WriteString("\nBurn rates:\n")
	for _, r := range status.BurnRates {
		fmt.Fprintf(&b, "  %-12s%s, %s bad of %s\n", length(seconds(r.Window))+":", r.text(), grouped(r.Bad), plural(r.Samples, "sample"))
	}
	b.WriteString("A page is due above 14.4 in 1 hour and 5 minutes, or above 6 in 6 hours and 30 minutes; a ticket above 1 in 3 days and 6 hours.\n")
	return title + ": " + s.monitor + " spends its error budget at " + rate(worst) + " times the sustainable rate", b.String()
}

func (s *Status) burnRate(window time.Duration) *BurnRate {
	for i := range s.BurnRates {
		if s.BurnRates[i].Window == window.Seconds() {
			return &s.BurnRates[i]
		}
	}
	return nil
}

func levelName(which int) string {
	if which == alarmPage {
		return "page"
	}
	return "ticket"
}

// budget is a paragraph about what is left, else "".
func budget(s *Status) string {
	if s == nil || s.BudgetLeft == nil {
		return ""
	}
	return fmt.Sprintf("\nBudget left: %s of %s, after %s of which %s bad.\n", percent(*s.BudgetLeft), length(seconds(s.Window)), plural(s.Samples, "sample"), were(s.Bad))
}

func were(n int64) string {
	if n == 1 {
		return "1 was"
	}
	return grouped(n) + " were"
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

const (
	// mostBytes is what SNS takes: body, subject, and the names, types and values of attributes.
	mostBytes = 256 << 10
	// mostSubject: SNS wants fewer than 100 characters.
	mostSubject = 99
)

// subject makes a line that SNS takes: of printable ASCII, short, beginning with no blank.
func subject(text string) string {
	text = strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case r < ' ' || r == 0x7f:
			return ' '
		case r > '~':
			return '?'
		}
		return r
	}, text))
	if len(text) > mostSubject {
		text = strings.TrimRight(text[:mostSubject-3], " ") + "..."
	}
	return text
}

// cutBody makes a body valid UTF-8 without control characters, and cuts it, with a
// note, to a number of bytes.
func cutBody(body string, most int, run string) string {
	body = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' {
			return ' '
		}
		return r // what is invalid is U+FFFD by now
	}, body)
	if len(body) <= most {
		return body
	}
	note := fmt.Sprintf("\n...\nThis message was cut. The whole report is %s.\n", job.ReportKey(run))
	cut := max(0, most-len(note))
	for cut > 0 && !utf8.RuneStart(body[cut]) {
		cut--
	}
	return body[:cut] + note
}

// analysis is the JSON of a sampling run as serverless-artillery has it: keys, order,
// indentation; without what only Salvo knows.
func analysis(a *report.Analysis) string {
	out := analysisJSON{Errors: a.Errors, Reports: []reportJSON{}, Totals: a.Totals, ErrorMessage: a.ErrorMessage}
	for i := range a.Reports {
		p := &a.Reports[i]
		out.Reports = append(out.Reports, reportJSON{
			Timestamp:        p.Timestamp.UTC().Format("2006-01-02T15:04:05.000Z"),
			ScenariosCreated: p.ScenariosCreated, ScenariosCompleted: p.ScenariosCompleted, RequestsCompleted: p.RequestsCompleted,
			Latency: p.Latency, RPS: p.RPS, ScenarioDuration: p.ScenarioDuration, ScenarioCounts: p.ScenarioCounts,
			Errors: p.Errors, Codes: p.Codes, Matches: p.Matches, CustomStats: p.CustomStats, Phases: p.Phases,
		})
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(out); err != nil {
		return "(" + err.Error() + ")" // a phase of the script that is no JSON, which cannot be
	}
	return strings.TrimRight(b.String(), "\n")
}

type analysisJSON struct {
	Errors       int64         `json:"errors"`
	Reports      []reportJSON  `json:"reports"`
	Totals       report.Totals `json:"totals"`
	ErrorMessage string        `json:"errorMessage,omitempty"`
}

type reportJSON struct {
	Timestamp          string                      `json:"timestamp"`
	ScenariosCreated   int64                       `json:"scenariosCreated"`
	ScenariosCompleted int64                       `json:"scenariosCompleted"`
	RequestsCompleted  int64                       `json:"requestsCompleted"`
	Latency            report.Quantiles            `json:"latency"`
	RPS                report.RPS                  `json:"rps"`
	ScenarioDuration   report.Quantiles            `json:"scenarioDuration"`
	ScenarioCounts     map[string]int64            `json:"scenarioCounts"`
	Errors             map[string]int64            `json:"errors"`
	Codes              map[string]int64            `json:"codes"`
	Matches            int64                       `json:"matches"`
	CustomStats        map[string]report.Quantiles `json:"customStats"`
	Phases             []json.RawMessage           `json:"phases,omitempty"`
}
