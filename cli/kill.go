package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"salvo/pkg/job"
)

type killFlags struct {
	placeFlags
	remove, yes bool
}

func killCommand(stdio stdio) *cobra.Command {
	var f killFlags
	cmd := &cobra.Command{
		Use:   "kill [run]",
		Short: "Stop a run, and report what there is",
		Long: `kill stops a run on AWS, or of salvo run in another terminal: no more arrivals,
running users get two seconds, and a report is made of what was measured until
then. Without a name it is the run that is going on. The next run can be started
at once.

` + whereRuns,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.kill(cmd.Context(), args, stdio) },
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&f.remove, "remove", false, "then remove the stack, as salvo remove does")
	cmd.Flags().BoolVarP(&f.yes, "yes", "y", false, "with --remove: do not ask")
	refuse(cmd, "type", "t", whyType)
	refuse(cmd, "function", "f", whyFunction)
	refuse(cmd, "raw", "", whyRaw)
	return cmd
}

func (f *killFlags) kill(ctx context.Context, args []string, stdio stdio) error {
	if f.remove && (f.local || !f.given()) {
		return errors.New("--remove: no stack is named, so there is nothing to remove; name one with salvo.yml, --stage or --region")
	}
	at, st, err := f.find(ctx, args, false, stdio)
	switch {
	case f.remove && errors.Is(err, errNothingRuns):
	case err != nil:
		return err
	default:
		if err := end(ctx, at, st, stdio); err != nil {
			return explained(ctx, at, err)
		}
	}
	if !f.remove {
		return nil
	}
	return removeStack(ctx, &f.stackFlags, f.yes, stdio)
}

// end stops a run, waits until it is silent, and says where its report is.
func end(ctx context.Context, at place, st runState, stdio stdio) error {
	was := st
	if st.running {
		fmt.Fprintf(stdio.err, "stopping run %s: no more arrivals; running users get two seconds\n", st.run)
		if err := stopRun(ctx, at, st.run, "killed"); err != nil {
			return err
		}
		var err error
		if st, err = at.wait(ctx, st.run); err != nil {
			return err
		}
	}
	_, err := reportOf(ctx, at, st)
	var none *noReport
	if errors.As(err, &none) {
		fmt.Fprintf(stdio.err, "run %s has ended: %v\n", st.run, none)
		return nil
	}
	if err != nil {
		return err
	}
	if err := at.keep(ctx, st.run); err != nil {
		return err
	}
	what := "stopped"
	if !was.running {
		what = "had ended before: " + was.outcome
	}
	fmt.Fprintf(stdio.err, "run %s %s\n", st.run, what)
	_, err = fmt.Fprintf(stdio.out, "report: %s\n", keptHere(job.ReportHTMLKey(st.run)))
	return err
}
