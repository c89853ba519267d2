package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/report"
)

// tryHere runs each scenario of a script once on this machine and tells what came
// of it, before it is run where nobody looks on. What fails here need not fail on
// AWS, which may reach more and has the secrets, so it is only told.
func tryHere(ctx context.Context, in *input, src source, say io.Writer) error {
	dir, err := os.MkdirTemp("", "salvo-try-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	src.acceptance, src.monitoring = true, false
	l := &local{dir: dir, scripted: in.processor != nil, env: in.options.Env, stderr: io.Discard, log: logger(io.Discard, true)}
	if in.processor != nil {
		l.loading = loadingTime(len(in.processor.Code), 1)
	}
	req, err := in.bundle(ctx, l.store(), &src)
	if err != nil {
		return err
	}
	run := newRunID(time.Now())
	if err := l.start(ctx, run, req, nil); err != nil {
		return err
	}
	st, err := l.wait(ctx, run)
	if err != nil {
		return err
	}
	data, err := reportOf(ctx, l, st)
	if err != nil {
		return err
	}
	rep, err := report.Decode(data)
	if err != nil {
		return err
	}
	if rep.Run.Outcome == job.Passed {
		fmt.Fprintln(say, "tried here once: passed")
		return nil
	}
	fmt.Fprintf(say, "tried here once: %s: %s\n", rep.Run.Outcome, rep.Run.OutcomeCause)
	if rep.Analysis != nil {
		for _, f := range rep.Failures {
			for _, what := range f.What() {
				fmt.Fprintf(say, "  %s: %s %s: %s\n", f.Scenario, f.Method, f.URL, harmless(what))
			}
		}
	}
	fmt.Fprintln(say, "what fails here may work there; going on")
	return nil
}
