package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/asl"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/report"
	"salvo/pkg/store"
)

type runFlags struct {
	source
	output         string
	jsonOnly       bool
	quiet          bool
	debug, verbose bool
	workers        string
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
	fl := cmd.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "also write the report, as JSON, to this `file`")
	fl.BoolVar(&f.jsonOnly, "jsonOnly", false, "print the report as JSON instead of the summary")
	fl.BoolVar(&f.jsonOnly, "jo", false, "short for --jsonOnly")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors")
	fl.BoolVarP(&f.verbose, "verbose", "V", false, "tell each state that the run goes through")
	fl.BoolVarP(&f.debug, "debug", "D", false, "tell each state with its input and output")
	fl.StringVar(&f.workers, "workers", "goroutine", "run each worker as a `goroutine` of this process, or as a `process` of its own")
	return cmd
}

func (f *runFlags) run(ctx context.Context, args []string, stdio stdio) error {
	if f.workers != "goroutine" && f.workers != "process" {
		return fmt.Errorf("--workers %q: want goroutine or process", f.workers)
	}
	if f.output != "" {
		if info, err := os.Stat(filepath.Dir(f.output)); err != nil || !info.IsDir() {
			return fmt.Errorf("--output %s: there is no folder %s; make it first", f.output, filepath.Dir(f.output))
		}
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
		id: newRunID(time.Now()), store: store.Dir(workHere), dir: workHere,
		processes: f.workers == "process", scripted: in.processor != nil, env: in.options.Env, stderr: stdio.err, log: logger(stdio.err, f.quiet),
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
	req, err := in.bundle(ctx, l.store, &f.source)
	if err != nil {
		return err
	}
	say := stdio.err
	if f.quiet {
		say = io.Discard
	}
	fmt.Fprintf(say, "run %s: %s in %s; %s, up to %s at once\n", l.id,
		count(p.Arrivals, "arrival"), clock(p.Duration), count(int64(p.WindowCount), "window"), count(int64(p.MaxWorkers()), "worker"))

	result, stopped, err := f.execute(ctx, l, req, p, say)
	if err != nil {
		return err
	}
	return f.conclude(ctx, l, result, stopped, stdio)
}

// execute runs the state machine to its end, shows its progress, and stops it
// when a signal says so.
func (f *runFlags) execute(ctx context.Context, l *local, req job.Request, p *plan.Plan, say io.Writer) (asl.Result, bool, error) {
	// Signals that come before the execution stands must not be lost.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	ex, err := l.start(ctx, req, f.teller(say))
	if err != nil {
		return asl.Result{}, false, err
	}
	ended := make(chan asl.Result, 1)
	go func() { ended <- ex.Wait() }()
	show := newProgress(say, l, p)
	tick := time.NewTicker(show.every())
	defer tick.Stop()
	stopped := false
	for {
		select {
		case result := <-ended:
			show.finish(ctx)
			if err := l.keepHistory(ctx); err != nil {
				return result, stopped, err
			}
			return result, stopped, nil
		case <-tick.C:
			show.draw(ctx)
		case <-signals:
			if stopped {
				cancel()
				return asl.Result{}, true, &exitError{code: exitInterrupted, err: fmt.Errorf("left at once; what was written is in %s", filepath.Join(l.dir, "runs", l.id))}
			}
			stopped = true
			show.note("stopping: no more arrivals; running users get two seconds. Ctrl-C again to leave at once")
			if err := store.WriteAll(ctx, l.store, job.StopKey(l.id), []byte("interrupted\n")); err != nil {
				return asl.Result{}, true, err
			}
			ex.Stop("RunStopped", "interrupted")
		}
	}
}

// conclude prints the report and turns the run's end into an exit code.
func (f *runFlags) conclude(ctx context.Context, l *local, result asl.Result, stopped bool, stdio stdio) error {
	if stopped {
		// The state machine was stopped before it could aggregate.
		if _, err := l.aggregator().Handle(ctx, job.AggregateInput{Run: l.id}); err != nil {
			return &exitError{code: exitInterrupted, err: fmt.Errorf("stopped before there was anything to report: %w", err)}
		}
	}
	data, err := store.ReadAll(ctx, l.store, job.ReportKey(l.id))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s: %s", result.Error, result.Cause)
	}
	if err != nil {
		return err
	}
	rep, err := report.Decode(data)
	if err != nil {
		return err
	}
	if f.output != "" {
		if err := os.WriteFile(f.output, data, 0o644); err != nil {
			return err
		}
	}
	switch {
	case f.quiet:
	case f.jsonOnly:
		if _, err := stdio.out.Write(data); err != nil {
			return err
		}
	default:
		if err := rep.WriteText(stdio.out, report.TextOptions{Width: width(stdio.out), Colour: colour(stdio.out)}); err != nil {
			return err
		}
		fmt.Fprintf(stdio.err, "\nreport: %s\n", filepath.Join(l.dir, filepath.FromSlash(job.ReportHTMLKey(l.id))))
		if f.output != "" {
			fmt.Fprintf(stdio.err, "json:   %s\n", f.output)
		}
	}
	switch outcome := rep.Run.Outcome; outcome {
	case job.Passed:
		return nil
	case job.RunStopped:
		return &exitError{code: exitInterrupted}
	case job.BudgetExceeded:
		return &exitError{code: int(min(rep.Errors, exitMostErrors)), err: fmt.Errorf("%s: %s", outcome, rep.Run.OutcomeCause)}
	case job.ExpectationsFailed:
		return &exitError{code: exitExpectations, err: fmt.Errorf("%s: %s", outcome, rep.Run.OutcomeCause)}
	case job.RunIncomplete:
		return &exitError{code: exitIncomplete, err: fmt.Errorf("%s: %s", outcome, rep.Run.OutcomeCause)}
	default:
		return &exitError{code: exitFailed, err: fmt.Errorf("%s: %s", outcome, rep.Run.OutcomeCause)}
	}
}

// teller tells the events of the state machine: states with --verbose, and what
// goes in and out of them with --debug.
func (f *runFlags) teller(say io.Writer) func(asl.Event) {
	if !f.verbose && !f.debug {
		return nil
	}
	return func(e asl.Event) {
		if !f.debug && !strings.HasSuffix(e.Type, "StateEntered") && e.Error == "" {
			return
		}
		line := e.Time.Format("15:04:05.000") + " " + e.Type
		for _, part := range []string{e.State, e.Error, e.Cause} {
			if part != "" {
				line += " " + part
			}
		}
		if f.debug {
			if len(e.Input) > 0 {
				line += " input " + string(e.Input)
			}
			if len(e.Output) > 0 {
				line += " output " + string(e.Output)
			}
		}
		fmt.Fprintln(say, line)
	}
}

// newRunID makes a name that sorts by time and does not repeat.
func newRunID(now time.Time) string {
	return strings.ToLower(now.UTC().Format("20060102-150405") + "-" + rand.Text()[:6])
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
