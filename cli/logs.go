package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/job"
	"salvo/pkg/stack"
)

// How long after the end of a run its last lines may come, and how often new ones
// are asked for.
const (
	logsAfter = time.Minute
	logsPoll  = 3 * time.Second
)

func logsCommand(stdio stdio) *cobra.Command {
	var f stackFlags
	var followOn bool
	cmd := &cobra.Command{
		Use:   "logs <run>",
		Short: "Print what the functions on AWS wrote about a run",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return printLogs(cmd.Context(), &f, args[0], followOn, stdio)
		},
	}
	f.flags(cmd, false)
	cmd.Flags().BoolVar(&followOn, "follow", false, "go on until the run has ended")
	return cmd
}

func printLogs(ctx context.Context, f *stackFlags, run string, followOn bool, stdio stdio) error {
	here := &local{dir: workHere}
	if _, err := here.state(ctx, run); err == nil {
		return fmt.Errorf("run %s was on this machine: salvo run printed its log, and the events of its state machine are in %s", run, keptHere(job.HistoryKey(run)))
	}
	at, err := f.open(ctx, stdio)
	if err != nil {
		return err
	}
	st, err := at.state(ctx, run)
	if err != nil {
		return err
	}
	logs := at.stack.Logs(run, st.start)
	for {
		until := time.Time{}
		if !st.running {
			until = st.end.Add(logsAfter)
		}
		lines, err := logs.Next(ctx, until)
		if err != nil {
			return err
		}
		for _, line := range lines {
			if _, err := fmt.Fprintln(stdio.out, logLine(line)); err != nil {
				return err
			}
		}
		if !followOn || !st.running && time.Since(st.end) > logsPoll {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(logsPoll):
		}
		if st, err = at.state(ctx, run); err != nil {
			return err
		}
	}
}

func logLine(l stack.LogLine) string {
	return fmt.Sprintf("%s %-10s %s", l.Time.Local().Format("15:04:05.000"), l.Function, harmless(l.Text))
}
