package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/aggregator"
	"salvo/pkg/asl"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/report"
	"salvo/pkg/store"
)

// stopLook is how often a command that follows a run looks whether somebody has
// stopped it, as salvo kill does.
const stopLook = time.Second

// reportFlags say what becomes of a report.
type reportFlags struct {
	output   string
	junit    string
	github   bool
	jsonOnly bool
	quiet    bool
}

func (f *reportFlags) flags(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVarP(&f.output, "output", "o", "", "also write the report, as JSON, to this `file`")
	fl.StringVar(&f.junit, "junit", "", "also write the verdict as a JUnit `file`: a test case for each scenario of an acceptance or monitoring run")
	fl.BoolVar(&f.github, "github", os.Getenv("GITHUB_ACTIONS") == "true", "print failures as annotations of GitHub Actions")
	fl.Lookup("github").DefValue = "in GitHub Actions"
	fl.BoolVar(&f.jsonOnly, "jsonOnly", false, "print the report as JSON instead of the summary")
	fl.BoolVar(&f.jsonOnly, "jo", false, "short for --jsonOnly")
	fl.BoolVarP(&f.quiet, "quiet", "q", false, "print nothing but errors")
}

// check finds out before a run what would be a pity after it.
func (f *reportFlags) check() error {
	for flag, file := range map[string]string{"output": f.output, "junit": f.junit} {
		if file == "" {
			continue
		}
		if info, err := os.Stat(filepath.Dir(file)); err != nil || !info.IsDir() {
			return fmt.Errorf("--%s %s: there is no folder %s; make it first", flag, file, filepath.Dir(file))
		}
	}
	return nil
}

// tellFlags say how much is told of the state machine.
func tellFlags(cmd *cobra.Command, verbose, debug *bool) {
	cmd.Flags().BoolVarP(verbose, "verbose", "V", false, "tell each state that the run goes through")
	cmd.Flags().BoolVarP(debug, "debug", "D", false, "tell each state with its input and output")
}

// say is where what is told besides the results goes.
func (f *reportFlags) say(stdio stdio) io.Writer {
	if f.quiet {
		return io.Discard
	}
	return stdio.err
}

// execute starts a run at a place, shows its progress until it has ended, and
// stops it when a signal says so, or somebody else.
func execute(ctx context.Context, at place, run string, req job.Request, p *plan.Plan, tell func(asl.Event), say io.Writer) (runState, error) {
	// Signals that come before the execution stands must not be lost.
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()

	if err := at.start(ctx, run, req, tell); err != nil {
		return runState{}, err
	}
	type end struct {
		state runState
		err   error
	}
	ended := make(chan end, 1)
	go func() {
		st, err := at.wait(ctx, run)
		ended <- end{st, err}
	}()
	show := newProgress(say, at, p)
	var figures <-chan *aggregator.Collected
	if say != io.Discard {
		figures = follow(ctx, at, run, show.every())
	}
	stops := lookForStop(ctx, at, run)
	stopped := make(chan error, 1)
	stopping := false
	stop := func(why string) {
		if stopping {
			return
		}
		stopping = true
		show.note("stopping: no more arrivals; running users get two seconds. Ctrl-C again to leave at once")
		go func() { stopped <- stopRun(ctx, at, run, why) }()
	}
	for {
		select {
		case e := <-ended:
			show.finish(ctx, run)
			return e.state, e.err
		case c := <-figures:
			show.draw(c)
		case err := <-stopped:
			if err != nil {
				return runState{}, fmt.Errorf("the run could not be stopped: %w; try again with: salvo kill %s", explained(ctx, at, err), run)
			}
		case <-stops:
			stop("stopped from elsewhere")
		case <-signals:
			if stopping {
				cancel()
				return runState{}, &exitError{code: exitInterrupted, err: leftAtOnce(at, run)}
			}
			stop("interrupted")
		}
	}
}

// leftAtOnce says what a command leaves behind that does not wait for the end.
func leftAtOnce(at place, run string) error {
	if at.bill() == nil {
		return fmt.Errorf("left at once; what was written is in %s", keptHere(job.RunPrefix(run)))
	}
	return fmt.Errorf("left at once; if the run still goes on, end it with: salvo kill %s", run)
}

// follow collects what a run has measured until now, again and again. Results that
// cannot be read at the moment are read the next time; the aggregator tells if
// something is wrong with them.
func follow(ctx context.Context, at place, run string, every time.Duration) <-chan *aggregator.Collected {
	figures := make(chan *aggregator.Collected)
	go func() {
		collector := aggregator.Collector{Store: at.store(), Run: run}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			c, err := collector.Collect(ctx)
			if err != nil {
				continue
			}
			select {
			case <-ctx.Done():
				return
			case figures <- c:
			}
		}
	}()
	return figures
}

// lookForStop tells once that somebody has written the key that stops a run.
func lookForStop(ctx context.Context, at place, run string) <-chan struct{} {
	found := make(chan struct{}, 1)
	go func() {
		tick := time.NewTicker(stopLook)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			if there, err := store.Exists(ctx, at.store(), job.StopKey(run)); err == nil && there {
				found <- struct{}{}
				return
			}
		}
	}()
	return found
}

// conclude prints the report of a run that has ended and turns its outcome into an
// exit code.
func (f *reportFlags) conclude(ctx context.Context, at place, st runState, stdio stdio) error {
	data, err := reportOf(ctx, at, st)
	if err != nil {
		return err
	}
	rep, err := report.Decode(data)
	if err != nil {
		return err
	}
	if err := at.keep(ctx, st.run); err != nil {
		return err
	}
	if f.output != "" {
		if err := os.WriteFile(f.output, data, 0o644); err != nil {
			return err
		}
	}
	if f.junit != "" {
		if err := writeFile(f.junit, rep.WriteJUnit); err != nil {
			return err
		}
	}
	if f.github {
		if err := rep.WriteGitHub(stdio.err); err != nil {
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
		fmt.Fprintf(stdio.err, "\nreport: %s\n", keptHere(job.ReportHTMLKey(st.run)))
		if f.output != "" {
			fmt.Fprintf(stdio.err, "json:   %s\n", f.output)
		}
	}
	return verdict(rep)
}

func writeFile(name string, write func(io.Writer) error) error {
	file, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := write(file); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}

// verdict is the exit code of a run.
func verdict(rep *report.Report) error {
	said := fmt.Errorf("%s: %s", rep.Run.Outcome, rep.Run.OutcomeCause)
	switch rep.Run.Outcome {
	case job.Passed:
		return nil
	case job.RunStopped:
		return &exitError{code: exitInterrupted}
	case job.BudgetExceeded:
		return &exitError{code: int(min(rep.Errors, exitMostErrors)), err: said}
	case job.ExpectationsFailed:
		return &exitError{code: exitExpectations, err: said}
	case job.RunIncomplete:
		return &exitError{code: exitIncomplete, err: said}
	default:
		return &exitError{code: exitFailed, err: said}
	}
}

// teller tells the events of the state machine: states with verbose, and what
// goes in and out of them with debug.
func teller(verbose, debug bool, say io.Writer) func(asl.Event) {
	if !verbose && !debug {
		return nil
	}
	return func(e asl.Event) {
		if !debug && !strings.HasSuffix(e.Type, "StateEntered") && e.Error == "" {
			return
		}
		line := e.Time.Format("15:04:05.000") + " " + e.Type
		for _, part := range []string{e.State, e.Error, e.Cause} {
			if part != "" {
				line += " " + part
			}
		}
		if debug {
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
