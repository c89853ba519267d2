package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"salvo/pkg/metrics"
)

// passed is the outcome of a run that did all that was asked for.
const passed = "Passed"

// Passed tells whether the run ended well.
func (r *Run) Passed() bool { return r.Outcome == passed }

// simulation is the sentence that the report of a simulation begins with, else "".
func (r *Report) simulation() string {
	if !r.Run.Simulation {
		return ""
	}
	return fmt.Sprintf("This is a simulation: nothing was sent. The run would have been %s in %s, of %s in %s, up to %s at once.",
		plural(r.Run.Planned, "arrival"), duration(r.Run.PlannedDuration), plural(int64(r.Run.Chunks), "chunk"),
		plural(int64(r.Run.Windows), "window"), plural(int64(r.Run.MaxWorkers), "worker"))
}

// saturation is the sentence that a report of a saturated generator begins
// with, else "".
func (r *Report) saturation() string {
	if !r.Run.Saturated {
		return ""
	}
	s := "The generator was saturated"
	if lag := r.Lag(); lag != nil && lag.P99 > float64(SaturationLag.Milliseconds()) {
		s += ": one arrival in a hundred was fired " + milliseconds(lag.P99) + " late or later"
	} else if r.Run.Missed > 0 {
		s += ": it came too late for " + plural(r.Run.Missed, "arrival")
	}
	return s + ". Response times tell about the generator as much as about the target. Spread the load over more workers: lower _split.maxChunkRequestsPerSecond."
}

// incompleteness is the sentence that the report of a run that lost something
// begins with, else "".
func (r *Report) incompleteness() string {
	var parts []string
	if n := len(r.Run.Lost); n > 0 {
		parts = append(parts, plural(int64(n), "chunk")+" lost")
	}
	if r.Run.Missed > 0 {
		parts = append(parts, plural(r.Run.Missed, "arrival")+" missed")
	}
	if r.Run.Unaccounted > 0 {
		parts = append(parts, plural(r.Run.Unaccounted, "arrival")+" "+r.unaccounted())
	}
	if len(parts) == 0 {
		return ""
	}
	return "This report is not the whole load: " + strings.Join(parts, ", ") + " (details below)."
}

// hopelessness is the sentence for a run that did all that was asked for, in
// vain: its outcome alone would look like good news. Else it is "".
func (r *Report) hopelessness() string {
	if r.Aggregate.ScenariosCreated == 0 || r.Failed() < r.Aggregate.ScenariosCreated {
		return ""
	}
	return "No virtual user completed its scenario: all of them failed (" + counted(ranked(r.Aggregate.Errors), ": ") + ")."
}

// alarms are what nobody may overlook, before everything else.
func (r *Report) alarms() []string {
	var alarms []string
	for _, alarm := range []string{r.simulation(), r.saturation(), r.incompleteness(), r.hopelessness()} {
		if alarm != "" {
			alarms = append(alarms, alarm)
		}
	}
	return alarms
}

// fact is a line of the headline.
type fact struct{ label, value string }

func (r *Report) facts() []fact {
	facts := []fact{
		{"Virtual users", r.users()},
		{"Requests", r.requests()},
		{"Response time", r.responseTime()},
		{"Status codes", counted(r.codes(), ": ")},
		{"Errors", counted(ranked(r.Aggregate.Errors), ": ")},
		{"Load", r.load()},
	}
	if lag := r.Lag(); lag != nil {
		facts = append(facts, fact{"Generator", fmt.Sprintf("fired %s late at p99, %s at most", milliseconds(lag.P99), milliseconds(lag.Max))})
	}
	return append(facts, fact{"Run", r.identity()})
}

func (r *Report) users() string {
	parts := []string{
		grouped(r.Run.Planned) + " planned", grouped(r.Run.Created) + " created",
		grouped(r.Aggregate.ScenariosCompleted) + " completed", grouped(r.Failed()) + " failed",
	}
	for _, p := range []struct {
		n    int64
		what string
	}{
		{r.Run.Interrupted, "interrupted"}, {r.Run.Skipped, "skipped over maxVusers"},
		{r.Run.Missed, "missed"}, {r.Run.Unaccounted, r.unaccounted()},
	} {
		if p.n != 0 {
			parts = append(parts, grouped(p.n)+" "+p.what)
		}
	}
	return strings.Join(parts, ", ")
}

// unaccounted says what became of the arrivals that no result tells of.
func (r *Report) unaccounted() string {
	if r.Run.Stopped {
		return "left when it was stopped"
	}
	return "not accounted for"
}

func (r *Report) requests() string {
	s := grouped(r.Aggregate.RPS.Count) + " sent, " + plural(r.Aggregate.RequestsCompleted, "response")
	if mean := r.Aggregate.RPS.Mean; mean != nil {
		s += ", " + decimal(*mean) + " per second on average"
	}
	return s
}

func (r *Report) responseTime() string {
	s := r.responseTimes()
	if s == nil {
		return "none measured"
	}
	return fmt.Sprintf("p50 %s, p95 %s, p99 %s, max %s", milliseconds(s.P50), milliseconds(s.P95), milliseconds(s.P99), milliseconds(s.Max))
}

// responseTimes is nil when nothing answered.
func (r *Report) responseTimes() *Summary { return r.Aggregate.summary(metrics.HTTPResponseTime) }

func (r *Report) load() string {
	s := duration(r.Run.PlannedDuration)
	if r.Run.Chunks > 0 {
		s += fmt.Sprintf(" in %s, %s, %s at once", plural(int64(r.Run.Windows), "window"),
			plural(int64(r.Run.Chunks), "chunk"), plural(int64(r.Run.MaxWorkers), "worker"))
	}
	if !r.Run.Start.IsZero() {
		s += ", from " + r.Run.Start.UTC().Format("2006-01-02 15:04:05 MST")
	}
	return s
}

func (r *Report) identity() string {
	s := clean(r.Run.ID) + ", seed " + strconv.FormatUint(r.Run.Seed, 10)
	if r.Run.Version != "" {
		s += ", Salvo " + clean(r.Run.Version)
	}
	return s
}

// codes are the statuses in their own order.
func (r *Report) codes() []Count {
	counts := ranked(r.Aggregate.Codes)
	slices.SortFunc(counts, func(a, b Count) int { return cmp.Compare(a.Name, b.Name) })
	return counts
}

// Count is a name and how often it came.
type Count struct {
	Name  string
	Count int64
}

// ranked sorts counts by how many, then by name.
func ranked(counts map[string]int64) []Count {
	out := make([]Count, 0, len(counts))
	for name, n := range counts {
		out = append(out, Count{name, n})
	}
	slices.SortFunc(out, func(a, b Count) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// counted lists the first few counts in a line.
func counted(counts []Count, between string) string {
	const most = 5
	if len(counts) == 0 {
		return "none"
	}
	var parts []string
	for i, c := range counts {
		if i == most {
			parts = append(parts, fmt.Sprintf("%d more", len(counts)-most))
			break
		}
		parts = append(parts, cut(clean(c.Name), 60)+between+grouped(c.Count))
	}
	return strings.Join(parts, ", ")
}

// note is a sentence about something that is missing, and below what it stands.
type note struct {
	Level int
	Text  string
}

// missing names all that was planned and is not in the report.
func (r *Report) missing() []note {
	var notes []note
	for _, l := range r.Run.Lost {
		text := fmt.Sprintf("Chunk %s is lost: %s. Of its %s, %s accounted for", clean(l.Chunk), sentence(l.Reason),
			plural(l.Planned, "arrival"), count(l.Accounted, "is", "are"))
		if l.MeasuredUntil.IsZero() {
			text += "; it left no result."
		} else {
			text += ", measured until " + r.moment(l.MeasuredUntil) + "."
		}
		notes = append(notes, note{0, text})
		for _, m := range l.Missed {
			notes = append(notes, note{1, r.missedRange(m)})
		}
	}
	for _, m := range r.Run.MissedRanges {
		notes = append(notes, note{0, "Chunk " + clean(m.Chunk) + ": " + r.missedRange(m)})
	}
	rest := r.Run.Unaccounted
	for _, l := range r.Run.Lost {
		rest -= l.Planned - l.Accounted
	}
	switch {
	case rest > 0 && r.Run.Stopped:
		notes = append(notes, note{0, count(rest, "planned arrival was", "planned arrivals were") + " left when the run was stopped."})
	case rest > 0:
		notes = append(notes, note{0, "Of " + plural(rest, "planned arrival") + " no result tells anything."})
	}
	return notes
}

func (r *Report) missedRange(m Missed) string {
	s := plural(m.Count, "arrival") + " not fired, "
	if m.First == m.Last {
		s += "index " + grouped(m.First)
	} else {
		s += "indices " + grouped(m.First) + " to " + grouped(m.Last)
	}
	if !m.FromTime.IsZero() {
		s += ", due " + r.moment(m.FromTime)
		if m.ToTime.After(m.FromTime) {
			s += " to " + r.moment(m.ToTime)
		}
	}
	if m.Reason != "" {
		s += ": " + sentence(m.Reason)
	}
	return s + "."
}

// moment is a time of day and how far into the load it is.
func (r *Report) moment(t time.Time) string {
	s := t.UTC().Format("15:04:05.000")
	if !r.Run.Start.IsZero() {
		s += " (" + offset(t.Sub(r.Run.Start).Seconds()) + ")"
	}
	return s
}

// sentence makes a cause fit into a sentence.
func sentence(s string) string { return strings.TrimRight(clean(s), ". ") }

func (p *PhaseResult) label() string {
	if p.Name == "" {
		return strconv.Itoa(p.Index) + " unnamed"
	}
	return strconv.Itoa(p.Index) + " " + p.Name
}

func (p *PhaseResult) rate() string {
	if p.From == p.To {
		return decimal(p.From)
	}
	return decimal(p.From) + " to " + decimal(p.To)
}

// text is one number of a summary for a table, or "-".
func (s *Summary) text(name string) string {
	if s == nil {
		return "-"
	}
	v := map[string]float64{"p50": s.P50, "p95": s.P95, "p99": s.P99, "max": s.Max}[name]
	return oneDecimal(v)
}

// class counts the codes that start with a digit.
func class(codes map[string]int64, digit byte) (n int64) {
	for code, count := range codes {
		if code != "" && code[0] == digit {
			n += count
		}
	}
	return n
}

func plural(n int64, what string) string { return count(n, what, what+"s") }

func count(n int64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return grouped(n) + " " + more
}

// decimal writes a number with at most one decimal, as Artillery does.
func decimal(v float64) string {
	return strconv.FormatFloat(decimals(v, 1), 'f', -1, 64)
}

// oneDecimal writes a number with one decimal and commas.
func oneDecimal(v float64) string {
	if math.IsNaN(v) || math.Abs(v) > 1e15 {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	tenths := int64(math.Round(math.Abs(v) * 10))
	s := grouped(tenths/10) + "." + strconv.FormatInt(tenths%10, 10)
	if v < 0 && tenths > 0 {
		s = "-" + s
	}
	return s
}

func milliseconds(v float64) string { return oneDecimal(v) + " ms" }

// offset writes seconds since the start of the load as 1:23:45 or 0:05.
func offset(s float64) string {
	if math.IsNaN(s) || math.Abs(s) > maxTime {
		return "?"
	}
	sign := ""
	if s < 0 {
		sign, s = "-", -s
	}
	tenths := int64(math.Round(s * 10))
	whole := tenths / 10
	text := fmt.Sprintf("%d:%02d", whole/60, whole%60)
	if whole >= 3600 {
		text = fmt.Sprintf("%d:%02d:%02d", whole/3600, whole/60%60, whole%60)
	}
	if t := tenths % 10; t > 0 {
		text += "." + strconv.FormatInt(t, 10)
	}
	return sign + text
}

// duration writes seconds in words: 2 h 5 min, 1 min 3 s, 0.5 s.
func duration(s float64) string {
	if s < 60 {
		return decimal(s) + " s"
	}
	whole := int64(math.Round(s))
	parts := []string{}
	for _, unit := range []struct {
		size int64
		name string
	}{{86400, "d"}, {3600, "h"}, {60, "min"}, {1, "s"}} {
		if n := whole / unit.size; n > 0 {
			parts = append(parts, strconv.FormatInt(n, 10)+" "+unit.name)
			whole %= unit.size
		}
	}
	return strings.Join(parts, " ")
}

// spaced takes a name in camel case apart: Run Incomplete.
func spaced(name string) string {
	var b strings.Builder
	previous := ' '
	for _, r := range clean(name) {
		if unicode.IsUpper(r) && unicode.IsLower(previous) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		previous = r
	}
	if b.Len() == 0 {
		return "No outcome"
	}
	return b.String()
}
