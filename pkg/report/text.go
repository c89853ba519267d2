package report

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"salvo/pkg/metrics"
)

// TextOptions say how WriteText lays out.
type TextOptions struct {
	// Width of the terminal in columns; 0 means 80. The text is never narrower
	// than 50 columns.
	Width int

	// Colour adds the escape sequences of a terminal. Nothing is told by colour
	// alone.
	Colour bool
}

// WriteText writes the summary that ends a run on the console: what came out
// first, then every metric in Artillery's layout, then phases, endpoints,
// expectations, errors and what is missing; the checks of `ensure` come last, as Artillery's do.
func (r *Report) WriteText(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = 80
	}
	t := &text{w: bufio.NewWriter(w), width: max(50, o.Width) - 1, colour: o.Colour}
	t.alarms(r)
	t.headline(r)
	t.metrics(r)
	t.phases(r)
	t.scenarios(r)
	t.endpoints(r)
	t.expectations(r)
	t.errors(r)
	t.failures(r)
	t.sections(r)
	t.missing(r)
	t.warnings(r)
	t.checks(r)
	t.monitor(r)
	t.results(r)
	if err := t.w.Flush(); err != nil { // the first error of all writes
		return fmt.Errorf("writing the report: %w", err)
	}
	return nil
}

// text is a console that is being written to.
type text struct {
	w      *bufio.Writer
	width  int
	colour bool
}

// The colours of a terminal, by what they say.
const (
	good   = "32"
	bad    = "31"
	notice = "33"
	strong = "1"
	faint  = "2"
)

func (t *text) paint(colour, s string) string {
	if !t.colour || colour == "" {
		return s
	}
	return "\x1b[" + colour + "m" + s + "\x1b[0m"
}

func (t *text) line(s string) {
	t.w.WriteString(s)
	t.w.WriteByte('\n')
}

// paragraph writes words in lines, all but the first indented.
func (t *text) paragraph(colour, first string, indent int, words string) {
	lead := first
	for _, l := range wrap(words, t.width-indent) {
		t.line(lead + t.paint(colour, l))
		lead = strings.Repeat(" ", indent)
	}
}

func (t *text) heading(s string) {
	t.line("")
	t.line(t.paint(strong, s))
}

func (t *text) alarms(r *Report) {
	for _, alarm := range r.alarms() {
		t.paragraph(notice, t.paint(notice, "WARNING: "), 9, alarm)
		t.line("")
	}
}

func (t *text) headline(r *Report) {
	outcome, colour := strings.ToUpper(spaced(r.Run.Outcome)), bad
	if r.Run.Passed() {
		colour = good
	}
	name := clean(r.Run.Script)
	if r.Run.Environment != "" {
		name += " (" + clean(r.Run.Environment) + ")"
	}
	t.line(t.paint(strong+";"+colour, outcome) + "  " + name)
	if r.Run.OutcomeCause != "" {
		t.paragraph(colour, "", 0, clean(r.Run.OutcomeCause))
	}
	t.line("")
	for _, f := range r.facts() {
		t.paragraph("", fmt.Sprintf("%-16s", f.label), 16, f.value)
	}
}

// metrics is Artillery's block: a line for each counter and rate, a group for
// each histogram.
func (t *text) metrics(r *Report) {
	title := "Summary report"
	if at := r.Aggregate.Timestamp; at.Unix() > 0 {
		title += " @ " + clock(at)
	}
	t.block(title, r, &r.Aggregate)
}

func (t *text) block(title string, r *Report, p *Period) {
	rule := strings.Repeat("-", utf8.RuneCountInString(title))
	t.line("")
	t.line(rule)
	t.line(t.paint(strong, title))
	t.line(rule)
	t.line("")
	names := map[string]bool{}
	for name := range p.Counters {
		names[name] = true
	}
	for name := range p.Rates {
		names[name] = true
	}
	for name := range p.Summaries {
		names[name] = true
	}
	if len(names) == 0 {
		t.line("No measurements recorded")
		return
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if r.Run.ofEndpoint(name) || r.Run.suppresses(name) {
			continue // the former have a table of their own
		}
		if n, ok := p.Counters[name]; ok {
			t.dots(name, grouped(n))
		}
		if n, ok := p.Rates[name]; ok {
			t.dots(name, grouped(n)+"/sec")
		}
		if s, ok := p.Summaries[name]; ok {
			t.line(cut(clean(name), t.width-1) + ":")
			for _, v := range []struct {
				name  string
				value float64
			}{{"min", s.Min}, {"max", s.Max}, {"mean", s.Mean}, {"median", s.Median}, {"p95", s.P95}, {"p99", s.P99}} {
				t.dots("  "+v.name, decimal(v.value))
			}
		}
	}
}

// dots writes one line of a block: the label, dots up to the width, the value.
func (t *text) dots(label, value string) {
	label = cut(clean(label), t.width-2-utf8.RuneCountInString(value)-4) + ": "
	n := t.width - utf8.RuneCountInString(label) - utf8.RuneCountInString(value) - 1
	t.line(label + t.paint(faint, strings.Repeat(".", max(3, n))) + " " + value)
}

func (t *text) phases(r *Report) {
	if len(r.Phases) == 0 {
		return
	}
	table := table{
		{head: "phase", flexible: true}, {head: "from"}, {head: "to"}, {head: "rate/s", rank: 5}, {head: "planned"}, {head: "created"},
		{head: "errors", rank: 3}, {head: "p50", rank: 4}, {head: "p95", rank: 2}, {head: "p99", rank: 1},
	}
	for _, p := range r.Phases {
		table.add(p.label(), offset(p.Start), offset(p.End), p.rate(), grouped(p.Planned), grouped(p.Created), grouped(p.Errors),
			p.ResponseTime.text("p50"), p.ResponseTime.text("p95"), p.ResponseTime.text("p99"))
	}
	t.heading("Phases (response times in ms)")
	t.table(table)
}

func (t *text) endpoints(r *Report) {
	if len(r.Endpoints) == 0 || r.Run.suppresses(metrics.EndpointNamespace) {
		return
	}
	table := table{
		{head: "endpoint", flexible: true}, {head: "requests"}, {head: "failed"}, {head: "4xx", rank: 4}, {head: "5xx", rank: 3},
		{head: "p50", rank: 5}, {head: "p95", rank: 2}, {head: "p99"}, {head: "max", rank: 1},
	}
	for _, e := range r.Endpoints {
		table.add(e.Name, grouped(e.Requests), grouped(e.Failed), grouped(class(e.Codes, '4')), grouped(class(e.Codes, '5')),
			e.ResponseTime.text("p50"), e.ResponseTime.text("p95"), e.ResponseTime.text("p99"), e.ResponseTime.text("max"))
	}
	t.heading("Endpoints (response times in ms)")
	t.table(table)
}

func (t *text) errors(r *Report) {
	errors := ranked(r.Aggregate.Errors)
	if len(errors) == 0 {
		return
	}
	t.heading("Errors")
	for _, e := range errors {
		t.paragraph("", fmt.Sprintf("%9s  ", grouped(e.Count)), 11, clean(e.Name))
	}
}

// sections tells what the sections measured, which is in no total.
func (t *text) sections(r *Report) {
	if r.Before != nil {
		t.block("Section before", r, r.Before)
	}
	if r.After != nil {
		t.block("Section after", r, r.After)
	}
}

func (t *text) missing(r *Report) {
	if r.Run.Complete() {
		return
	}
	t.heading("Not fired, or not known")
	for _, l := range r.missing() {
		t.paragraph("", strings.Repeat("  ", l.Level+1), 2*l.Level+4, l.Text)
	}
}

func (t *text) warnings(r *Report) {
	if len(r.Run.Warnings) == 0 {
		return
	}
	t.heading("Warnings")
	for _, w := range r.Run.Warnings {
		t.paragraph("", "  ", 4, clean(w))
	}
}

// checks has a line for each, however long: scripts look for them.
func (t *text) checks(r *Report) {
	if len(r.Checks) > 0 {
		t.heading("Checks:")
	}
	for i := range r.Checks {
		c := &r.Checks[i]
		colour := good
		switch {
		case !c.OK && c.Strict:
			colour = bad
		case !c.OK:
			colour = notice
		}
		t.line(t.paint(colour, c.result()))
		if found := c.found(); !c.OK && found != "" {
			t.paragraph("", "      ", 6, found)
		}
	}
	if score := r.apdex(); score != "" {
		t.line("")
		t.line("Apdex score: " + score)
	}
}

// wrap breaks words into lines of at most width; a longer word has a line of its
// own.
func wrap(words string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(words) {
		if line != "" && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}

// cut shortens s to width and marks that.
func cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	runes := []rune(s)
	return string(runes[:max(0, width-3)]) + "..."
}

// clean takes out of a name from a script or a server what a terminal could take
// for a command.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case !unicode.IsPrint(r):
			return '\ufffd'
		}
		return r
	}, s)
}

// clock is a time of day as Artillery writes it.
func clock(t time.Time) string { return t.UTC().Format("15:04:05(-0700)") }
