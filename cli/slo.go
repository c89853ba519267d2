package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/job"
	"salvo/pkg/monitor"
)

type sloFlags struct {
	placeFlags
	asJSON bool
}

func sloCommand(stdio stdio) *cobra.Command {
	var f sloFlags
	cmd := &cobra.Command{
		Use:   "slo [script]",
		Short: "Show how monitors meet their objectives",
		Long: `slo shows the objective of a script that monitoring runs, what is left of its error
budget, and how fast it is spent; without a script, of all of them. They are those
of the stack, when there is a salvo.yml or a flag names one; without, and with
--local, those of this machine.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.show(cmd.Context(), args, stdio)
		},
	}
	f.flags(cmd)
	cmd.Flags().BoolVar(&f.asJSON, "json", false, "print it as JSON")
	return cmd
}

func (f *sloFlags) show(ctx context.Context, args []string, stdio stdio) error {
	at, err := f.open(ctx, "", stdio)
	if err != nil {
		return err
	}
	var ids []string
	if len(args) > 0 {
		ids = []string{job.MonitorID(args[0])}
	} else if ids, err = monitor.List(ctx, at.store()); err != nil {
		return err
	}
	var shown []*monitor.Status
	for _, id := range ids {
		s, err := monitor.ReadStatus(ctx, at.store(), id, time.Now())
		if errors.Is(err, monitor.ErrNoObjective) && len(args) == 0 {
			continue
		}
		if err != nil {
			return err
		}
		shown = append(shown, s)
	}
	if len(shown) == 0 {
		return fmt.Errorf("no monitor %s has an objective: give it `slo: {objective: 99.9}` in its script, or monitoring.slo in salvo.yml", at)
	}
	if f.asJSON {
		enc := json.NewEncoder(stdio.out)
		enc.SetIndent("", "  ")
		return enc.Encode(shown)
	}
	for i, s := range shown {
		if i > 0 {
			fmt.Fprintln(stdio.out)
		}
		if err := s.WriteText(stdio.out); err != nil {
			return err
		}
	}
	return nil
}
