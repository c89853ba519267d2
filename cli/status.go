package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/aggregator"
	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/store"
)

func statusCommand(stdio stdio) *cobra.Command {
	var f placeFlags
	cmd := &cobra.Command{
		Use:   "status [run]",
		Short: "Show how far a run is",
		Long: `status prints how far a run is, with the figures of now. Without a name it is the
one that is going on, or the newest.

` + whereRuns,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			at, st, err := f.find(cmd.Context(), args, true, stdio)
			if err != nil {
				return err
			}
			return explained(cmd.Context(), at, showStatus(cmd.Context(), at, st, stdio))
		},
	}
	f.flags(cmd)
	return cmd
}

func showStatus(ctx context.Context, at place, st runState, stdio stdio) error {
	fmt.Fprintln(stdio.out, headline(st, time.Now()))
	data, err := store.ReadAll(ctx, at.store(), job.PlanKey(st.run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // it is being planned, or could not be
	}
	if err != nil {
		return err
	}
	var p plan.Plan
	if err := json.Unmarshal(data, &p); err != nil {
		return fmt.Errorf("reading %s: %w", job.PlanKey(st.run), err)
	}
	c, err := (&aggregator.Collector{Store: at.store(), Run: st.run}).Collect(ctx)
	if err != nil {
		return err
	}
	if r, ok := at.(*remote); ok {
		if err := r.follow(ctx, st.run); err != nil {
			return err
		}
	}
	show := newProgress(stdio.out, at, &p)
	now := time.Now()
	if !st.running && !st.end.IsZero() {
		now = st.end
	}
	_, err = fmt.Fprintln(stdio.out, strings.Join(show.block(show.figures(c, now)), "\n"))
	if err == nil && !st.running {
		fmt.Fprintf(stdio.err, "its report: salvo report %s\n", st.run)
	}
	return err
}

// headline says in a line how far a run is.
func headline(st runState, now time.Time) string {
	if st.running {
		return fmt.Sprintf("run %s: running for %s", st.run, clock(now.Sub(st.start).Round(time.Second)))
	}
	text := fmt.Sprintf("run %s: %s", st.run, st.outcome)
	if !st.end.IsZero() {
		text += fmt.Sprintf(" at %s, after %s", st.end.Local().Format("2006-01-02 15:04:05"), clock(st.end.Sub(st.start).Round(time.Second)))
	}
	if st.outcome != job.Passed && st.cause != "" {
		text += ": " + strings.Join(strings.Fields(st.cause), " ")
	}
	return text
}
