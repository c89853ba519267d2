package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"

	"salvo/pkg/aggregator"
	"salvo/pkg/metrics"
	"salvo/pkg/plan"
)

// How often progress is shown: a block is drawn over itself on a terminal; in a
// pipe, which somebody will read as a log, a line comes now and then. What lies on
// AWS is asked for less often: each look costs something.
const (
	drawEvery       = 500 * time.Millisecond
	drawRemoteEvery = 2 * time.Second
	lineEvery       = 10 * time.Second
)

// progress shows what a run does while it does it, from the same partial
// results that a lost worker would leave.
type progress struct {
	w        io.Writer
	terminal bool
	at       place
	plan     *plan.Plan
	drawn    int // lines of the block on the terminal
}

func newProgress(w io.Writer, at place, p *plan.Plan) *progress {
	return &progress{w: w, terminal: isTerminal(w), at: at, plan: p}
}

func (p *progress) every() time.Duration {
	switch {
	case !p.terminal:
		return lineEvery
	case p.at.bill() != nil:
		return drawRemoteEvery
	default:
		return drawEvery
	}
}

// draw shows the figures of now.
func (p *progress) draw(c *aggregator.Collected) {
	if p.w == io.Discard {
		return
	}
	f := p.figures(c, time.Now())
	if !p.terminal {
		fmt.Fprintln(p.w, p.line(f))
		return
	}
	p.clear()
	lines := p.block(f)
	fmt.Fprintln(p.w, strings.Join(lines, "\n"))
	p.drawn = len(lines)
}

// line is the figures in one.
func (p *progress) line(f figures) string {
	line := fmt.Sprintf("%s: %s arrivals, %d active, %s requests at %s/s, p50 %s p95 %s p99 %s ms, %s, chunks %d of %d done",
		p.passed(f.elapsed), thousands(f.arrivals), f.active, thousands(f.requests), thousands(f.rate),
		ms(f.p50), ms(f.p95), ms(f.p99), count(f.errors, "error"), f.done, p.plan.ChunkCount)
	if f.failed > 0 {
		line += fmt.Sprintf(", %d failed", f.failed)
	}
	if p.at.bill() != nil {
		line += fmt.Sprintf(", about %s", dollars(f.dollars))
	}
	return line
}

// block is the figures for a terminal.
func (p *progress) block(f figures) []string {
	const barWidth = 30
	share := 0.0
	if p.plan.Duration > 0 {
		share = min(1, max(0, float64(f.elapsed)/float64(p.plan.Duration)))
	}
	full := int(share * barWidth)
	chunks := fmt.Sprintf("  chunks    %d waiting, %d running, %d of %d done", f.waiting, f.running, f.done, p.plan.ChunkCount)
	if f.failed > 0 {
		chunks += fmt.Sprintf(", %d failed", f.failed)
	}
	lines := []string{
		fmt.Sprintf("  %s%s %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), p.passed(f.elapsed)),
		fmt.Sprintf("  arrivals  %s of %s, %d active users", thousands(f.arrivals), thousands(p.plan.Arrivals), f.active),
		fmt.Sprintf("  requests  %s, %s per second", thousands(f.requests), thousands(f.rate)),
		fmt.Sprintf("  response  p50 %s  p95 %s  p99 %s ms", ms(f.p50), ms(f.p95), ms(f.p99)),
		fmt.Sprintf("  errors    %s", thousands(f.errors)),
		chunks,
	}
	if p.at.bill() != nil {
		lines = append(lines, fmt.Sprintf("  cost      about %s until now", dollars(f.dollars)))
	}
	return lines
}

// passed says how much of the load's time is over; users may go on after it.
func (p *progress) passed(elapsed time.Duration) string {
	if d := p.plan.Duration; elapsed > d {
		return fmt.Sprintf("%s, and %s after it", clock(d), clock(elapsed-d))
	}
	return fmt.Sprintf("%s of %s", clock(elapsed), clock(p.plan.Duration))
}

// finish takes the block away, because the summary takes its place; in a pipe it
// adds the last figures.
func (p *progress) finish(ctx context.Context, run string) {
	if p.terminal || p.w == io.Discard {
		p.clear()
		return
	}
	if c, err := (&aggregator.Collector{Store: p.at.store(), Run: run}).Collect(ctx); err == nil {
		p.draw(c)
	}
}

// note puts a line that stays above the block.
func (p *progress) note(text string) {
	p.clear()
	fmt.Fprintln(p.w, text)
}

func (p *progress) clear() {
	if p.drawn > 0 {
		fmt.Fprintf(p.w, "\x1b[%dA\x1b[J", p.drawn)
		p.drawn = 0
	}
}

type figures struct {
	elapsed                          time.Duration
	arrivals, requests, rate, errors int64
	active                           int64
	p50, p95, p99                    int64 // microseconds
	waiting, running, done, failed   int
	dollars                          float64 // until now
}

func (p *progress) figures(c *aggregator.Collected, now time.Time) figures {
	f := figures{arrivals: c.Counts.Created + c.Counts.Skipped + c.Counts.Missed, active: c.Active}
	if !c.LoadStart.IsZero() {
		f.elapsed = max(0, now.Sub(c.LoadStart))
	}
	total := c.Load.Total()
	f.requests = total.Counters[metrics.HTTPRequests]
	for name, n := range total.Counters {
		if strings.HasPrefix(name, metrics.ErrorsPrefix) {
			f.errors += n
		}
	}
	// The last whole seconds that every worker has flushed.
	last := now.Unix() - 2
	f.rate = c.Load.Window(last-2, last).Counters[metrics.HTTPRequests] / 2
	if h := total.Histograms[metrics.HTTPResponseTime]; h != nil {
		f.p50, f.p95, f.p99 = h.Quantile(0.50), h.Quantile(0.95), h.Quantile(0.99)
	}
	var alive time.Duration // of all workers
	called := 0
	for _, chunk := range c.Chunks {
		until := now
		switch chunk.Phase {
		case aggregator.Waiting:
			f.waiting++
		case aggregator.Running:
			f.running++
		case aggregator.Done:
			f.done++
			until = chunk.LastAt
		}
		if until.After(chunk.WakeAt) {
			called++
			alive += until.Sub(chunk.WakeAt)
		}
	}
	f.failed = int(p.at.lost())
	// Those that failed have either nothing to show or partial results.
	running := min(f.running, f.failed)
	f.running -= running
	f.waiting -= min(f.waiting, f.failed-running)
	if bill := p.at.bill(); bill != nil {
		f.dollars = plan.Spent(called, alive, *bill).Total
	}
	return f
}

// ms writes microseconds as milliseconds.
func ms(us int64) string { return fmt.Sprintf("%.1f", float64(us)/1000) }

// clock writes a duration as people read one: 1h02m, 2m05s, 15s, 0.5s.
func clock(d time.Duration) string {
	switch {
	case d >= time.Hour:
		return fmt.Sprintf("%dh%02dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%02ds", d/time.Minute, d%time.Minute/time.Second)
	case d%time.Second == 0 || d >= 10*time.Second:
		return fmt.Sprintf("%ds", d/time.Second)
	default:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// width is that of the terminal, or what a summary in a file is given.
func width(w io.Writer) int {
	if f, ok := w.(*os.File); ok {
		if columns, _, err := term.GetSize(int(f.Fd())); err == nil && columns > 0 {
			return columns
		}
	}
	return 79
}

// colour is used on terminals, unless NO_COLOR says otherwise (no-color.org).
func colour(w io.Writer) bool { return isTerminal(w) && os.Getenv("NO_COLOR") == "" }
