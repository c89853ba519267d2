package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/plan"
)

// tableRows is how many windows the table shows before it leaves some out.
const tableRows = 24

func planCommand(stdio stdio) *cobra.Command {
	var src source
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "plan [script]",
		Short: "Show how a script's load would be divided, and what it would cost on AWS",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := src.open(args, stdio)
			if err != nil {
				return err
			}
			sc, err := in.load(stdio)
			if err != nil {
				return err
			}
			seed := uint64(0)
			if src.seed != "" {
				if seed, err = strconv.ParseUint(src.seed, 10, 64); err != nil {
					return fmt.Errorf("--seed %q: want a whole number from 0 to 18446744073709551615", src.seed)
				}
			}
			p, err := plan.For(sc, seed)
			if err != nil {
				return fmt.Errorf("%s: %w", in.name, err)
			}
			if asJSON {
				return writePlanJSON(stdio.out, in.name, p)
			}
			return writePlanText(stdio.out, in.name, p)
		},
	}
	src.flags(cmd)
	src.seedFlag(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print the plan as JSON")
	return cmd
}

// planDocument is the output of `salvo plan --json`. Times are in seconds.
type planDocument struct {
	Script          string         `json:"script"`
	DurationSeconds float64        `json:"durationSeconds"`
	Arrivals        int64          `json:"arrivals"`
	PeakRate        float64        `json:"peakRate"` // arrivals per second
	MaxWorkers      int            `json:"maxWorkers"`
	Chunks          int            `json:"chunks"`
	Phases          []planPhase    `json:"phases"`
	Windows         []planWindow   `json:"windows"`
	Limits          map[string]int `json:"limits"` // as in `_split`
	Cost            plan.Cost      `json:"cost"`
}

type planPhase struct {
	Name         string  `json:"name,omitempty"`
	StartSeconds float64 `json:"startSeconds"`
	EndSeconds   float64 `json:"endSeconds"`
	From         float64 `json:"from"` // arrivals per second
	To           float64 `json:"to"`
	Arrivals     int64   `json:"arrivals"`
}

type planWindow struct {
	StartSeconds float64 `json:"startSeconds"`
	EndSeconds   float64 `json:"endSeconds"`
	Workers      int     `json:"workers"`
	Arrivals     int64   `json:"arrivals"`
	PeakRate     float64 `json:"peakRate"`
}

func writePlanJSON(w io.Writer, name string, p *plan.Plan) error {
	doc := planDocument{
		Script:          name,
		DurationSeconds: p.Duration.Seconds(),
		Arrivals:        p.Arrivals,
		PeakRate:        p.Peak,
		MaxWorkers:      p.MaxWorkers(),
		Chunks:          p.ChunkCount,
		Phases:          []planPhase{},
		Windows:         []planWindow{},
		Limits: map[string]int{
			"maxScriptDurationInSeconds": p.Limits.MaxScriptDuration,
			"maxScriptRequestsPerSecond": p.Limits.MaxScriptRate,
			"maxChunkDurationInSeconds":  p.Limits.MaxChunkDuration,
			"maxChunkRequestsPerSecond":  p.Limits.MaxChunkRate,
			"timeBufferInMilliseconds":   p.Limits.TimeBuffer,
		},
		Cost: p.Cost(plan.CostOptions{}),
	}
	for _, ph := range p.Phases {
		doc.Phases = append(doc.Phases, planPhase{ph.Name, ph.Start.Seconds(), ph.End.Seconds(), ph.From, ph.To, ph.Arrivals()})
	}
	for win := range p.Windows() {
		doc.Windows = append(doc.Windows, planWindow{win.Start.Seconds(), win.End.Seconds(), win.Workers, win.Arrivals(), win.Peak})
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(doc)
}

func writePlanText(out io.Writer, name string, p *plan.Plan) error {
	w := &errWriter{w: out}
	fmt.Fprintf(w, "%s: %s in %s, peak %s per second, %s of %s, up to %s at once\n\n",
		name, count(p.Arrivals, "arrival"), clock(p.Duration), number(p.Peak),
		count(int64(p.ChunkCount), "chunk"), count(int64(p.WindowCount), "window"), count(int64(p.MaxWorkers()), "worker"))
	drawRate(w, p)

	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "window\tfrom\tto\tworkers\tarrivals\tpeak rate\t")
	for win := range p.Windows() {
		switch left := p.WindowCount - win.Index; {
		case p.WindowCount <= tableRows || win.Index < tableRows-2 || left == 1:
			fmt.Fprintf(t, "%d\t%s\t%s\t%s\t%s\t%s/s\t\n", win.Index, clock(win.Start), clock(win.End),
				thousands(int64(win.Workers)), thousands(win.Arrivals()), number(win.Peak))
		case win.Index == tableRows-2:
			fmt.Fprintln(t, "…\t\t\t\t\t\t")
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	cost := p.Cost(plan.CostOptions{})
	fmt.Fprintf(w, "\non AWS about %s (prices of %s, us-east-1):\n", dollars(cost.Total), cost.PricesAsOf)
	t = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, line := range []struct {
		name string
		part plan.CostPart
	}{
		{"GB-seconds of Lambda", cost.Compute}, {"invocations", cost.Invocations}, {"state transitions", cost.Transitions},
		{"S3 writes", cost.Puts}, {"S3 reads", cost.Gets}, {"GB of logs", cost.Logs},
	} {
		fmt.Fprintf(t, "%s\t%s\t%s\t\n", line.name, number(line.part.Quantity), dollars(line.part.Dollars))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return w.err
}

// drawRate draws the arrival curve, a column for each slice of time.
func drawRate(w io.Writer, p *plan.Plan) {
	const columns, rows = 60, 6
	if p.Peak <= 0 || p.Duration <= 0 {
		return
	}
	eighths := []rune(" ▁▂▃▄▅▆▇█")
	for row := rows - 1; row >= 0; row-- {
		var line strings.Builder
		for col := range columns {
			at := time.Duration((float64(col) + 0.5) / columns * float64(p.Duration))
			fill := p.Rate(at)/p.Peak*rows - float64(row)
			line.WriteRune(eighths[int(math.Round(min(1, max(0, fill))*8))])
		}
		label := ""
		switch row {
		case rows - 1:
			label = number(p.Peak) + "/s"
		case 0:
			label = "0"
		}
		fmt.Fprintf(w, "%9s ┤%s\n", label, strings.TrimRight(line.String(), " "))
	}
	fmt.Fprintf(w, "%9s └%s\n%10s 0%*s\n\n", "", strings.Repeat("─", columns), "", columns-1, clock(p.Duration))
}

// number writes a figure with as many decimals as tell something.
func number(f float64) string {
	switch {
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return thousands(int64(f))
	case math.Abs(f) >= 100:
		return thousands(int64(math.Round(f)))
	default:
		return strconv.FormatFloat(f, 'g', 3, 64)
	}
}

// dollars writes an amount to the cent, and a small one to the hundredth of it.
func dollars(f float64) string {
	if f < 1 {
		return fmt.Sprintf("$%.4f", f)
	}
	cents := int64(math.Round(f * 100))
	return fmt.Sprintf("$%s.%02d", thousands(cents/100), cents%100)
}

// errWriter keeps the first error, so that a table's many lines need no check
// each.
type errWriter struct {
	w   io.Writer
	err error
}

func (e *errWriter) Write(p []byte) (int, error) {
	if e.err != nil {
		return 0, e.err
	}
	n, err := e.w.Write(p)
	e.err = err
	return n, err
}
