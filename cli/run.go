package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/plan"
)

type runFlags struct {
	source
	reportFlags
	debug, verbose bool
	workers        string
	alertCommand   string
}

func runCommand(io stdio) *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [script]",
		Short: "Run a script on this machine",
		Long: `run fires a script from this machine, through the same state machine that runs
on AWS, and prints one report of it. Without a script it takes script.yml,
script.yaml or script.json of the working folder, else a built-in one.

The report and what it was made from stay in .salvo/runs/<run>.

Ctrl-C ends the arrivals, waits for running users for two seconds, and reports
what there is; a second Ctrl-C leaves at once.

Exit codes: 0 passed; 1 bad input, a failed check, or the run could not be done;
3 something that was planned is not in the report; 21 a failed expectation;
130 interrupted. In acceptance and monitoring mode, a run with more errors than
its budget exits with their number, at most 255.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd.Context(), args, io) },
	}
	f.source.flags(cmd)
	f.seedFlag(cmd)
	f.reportFlags.flags(cmd)
	tellFlags(cmd, &f.verbose, &f.debug)
	cmd.Flags().StringVar(&f.alertCommand, "alert-command", "", "in monitoring mode: give alerts to this `command`, which the shell runs with the text on standard input, instead of printing them")
	cmd.Flags().StringVar(&f.workers, "workers", "goroutine", "run each worker as a `goroutine` of this process, or as a `process` of its own")
	return cmd
}

func (f *runFlags) run(ctx context.Context, args []string, stdio stdio) error {
	if f.workers != "goroutine" && f.workers != "process" {
		return fmt.Errorf("--workers %q: want goroutine or process", f.workers)
	}
	if err := f.check(); err != nil {
		return err
	}
	in, err := f.open(args, stdio)
	if err != nil {
		return err
	}
	sc, err := in.load(stdio)
	if err != nil {
		return err
	}
	p, err := plan.For(sc, 0)
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}

	l := &local{
		dir: workHere, processes: f.workers == "process", scripted: in.processor != nil, env: in.options.Env,
		stderr: stdio.err, log: logger(stdio.err, f.quiet), alertCommand: f.alertCommand,
	}
	if in.processor != nil {
		l.loading = loadingTime(len(in.processor.Code), p.MaxWorkers())
	}
	if !f.quiet {
		l.say = speaker(stdio.err)
	}
	if l.scripted {
		collectLess()
	}
	req, err := in.bundle(ctx, l.store(), &f.source)
	if err != nil {
		return err
	}
	run, say := newRunID(time.Now()), f.say(stdio)
	fmt.Fprintln(say, opening(run, p))
	st, err := execute(ctx, l, run, req, p, teller(f.verbose, f.debug, say), say)
	if err != nil {
		return err
	}
	if _, err := l.alerts.WriteTo(stdio.err); err != nil {
		return err
	}
	return f.conclude(ctx, l, st, stdio)
}

// opening is the first that is told of a run.
func opening(run string, p *plan.Plan) string {
	return fmt.Sprintf("run %s: %s in %s; %s, up to %s at once", run,
		count(p.Arrivals, "arrival"), clock(p.Duration), count(int64(p.WindowCount), "window"), count(int64(p.MaxWorkers()), "worker"))
}

// runIDTime is the form of the time that the names of runs begin with.
const runIDTime = "20060102-150405"

// newRunID makes a name that sorts by time and does not repeat.
func newRunID(now time.Time) string {
	return strings.ToLower(now.UTC().Format(runIDTime) + "-" + rand.Text()[:6])
}

// speaker prints what expectations found, each text as a whole.
func speaker(w io.Writer) func(text string) {
	var mu sync.Mutex
	return func(text string) {
		mu.Lock()
		defer mu.Unlock()
		io.WriteString(w, text+"\n")
	}
}
