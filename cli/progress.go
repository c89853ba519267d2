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
// pipe, which somebody will read as a log, a line comes now and then.
const (
	drawEvery = 500 * time.Millisecond
	lineEvery = 10 * time.Second
)

// progress shows what a run does while it does it, from the same partial
// results that a lost worker would leave.
type progress struct {
	w         io.Writer
	terminal  bool
	plan      *plan.Plan
	collector aggregator.Collector
	begun     time.Time
	drawn     int // lines of the block on the terminal
}

func newProgress(w io.Writer, l *local, p *plan.Plan) *progress {
	return &progress{
		w: w, terminal: isTerminal(w), plan: p, begun: time.Now(),
		collector: aggregator.Collector{Store: l.store, Run: l.id},
	}
}

func (p *progress) every() time.Duration {
	if p.terminal {
		return drawEvery
	}
	return lineEvery
}

// draw shows the figures of now. Results that cannot be read at the moment are
// read the next time; the aggregator tells if something is wrong with them.
func (p *progress) draw(ctx context.Context) {
	if p.w == io.Discard {
		return
	}
	c, err := p.collector.Collect(ctx)
	if err != nil {
		return
	}
	f := p.figures(c)
	if !p.terminal {
		fmt.Fprintf(p.w, "%s: %s arrivals, %d active, %s requests at %s/s, p50 %s p95 %s p99 %s ms, %s, chunks %d of %d done\n",
			p.passed(f.elapsed), thousands(f.arrivals), c.Active, thousands(f.requests), thousands(f.rate),
			ms(f.p50), ms(f.p95), ms(f.p99), count(f.errors, "error"), f.done, p.plan.ChunkCount)
		return
	}
	p.clear()
	const barWidth = 30
	share := 0.0
	if p.plan.Duration > 0 {
		share = min(1, max(0, float64(f.elapsed)/float64(p.plan.Duration)))
	}
	full := int(share * barWidth)
	lines := []string{
		fmt.Sprintf("  %s%s %s", strings.Repeat("█", full), strings.Repeat("░", barWidth-full), p.passed(f.elapsed)),
		fmt.Sprintf("  arrivals  %s of %s, %d active users", thousands(f.arrivals), thousands(p.plan.Arrivals), c.Active),
		fmt.Sprintf("  requests  %s, %s per second", thousands(f.requests), thousands(f.rate)),
		fmt.Sprintf("  response  p50 %s  p95 %s  p99 %s ms", ms(f.p50), ms(f.p95), ms(f.p99)),
		fmt.Sprintf("  errors    %s", thousands(f.errors)),
		fmt.Sprintf("  chunks    %d running, %d of %d done", f.running, f.done, p.plan.ChunkCount),
	}
	fmt.Fprintln(p.w, strings.Join(lines, "\n"))
	p.drawn = len(lines)
}

// passed says how much of the load's time is over; users may go on after it.
func (p *progress) passed(elapsed time.Duration) string {
	if d := p.plan.Duration; elapsed > d {
		return fmt.Sprintf("%s, and %s after it", clock(d), clock(elapsed-d))
	}
	return fmt.Sprintf("%s of %s", clock(elapsed), clock(p.plan.Duration))
}

// finish takes the block away: the summary takes its place.
func (p *progress) finish(ctx context.Context) {
	if p.terminal {
		p.clear()
		return
	}
	p.draw(ctx)
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
	p50, p95, p99                    int64 // microseconds
	running, done                    int
}

func (p *progress) figures(c *aggregator.Collected) figures {
	f := figures{arrivals: c.Counts.Created + c.Counts.Skipped + c.Counts.Missed}
	now := time.Now()
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
	for _, chunk := range c.Chunks {
		switch chunk.Phase {
		case aggregator.Running:
			f.running++
		case aggregator.Done:
			f.done++
		}
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
