package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
)

func reportCommand(stdio stdio) *cobra.Command {
	var places placeFlags
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report <run>",
		Short: "Print the report of a run again",
		Long: `report prints the report of a run that has ended and exits as the run did, or
would have. A run on AWS that was stopped from elsewhere has none yet: it is made
of what there is.

` + whereRuns,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return printReport(cmd.Context(), &places, &f, args, stdio)
		},
	}
	f.flags(cmd)
	places.flags(cmd)
	return cmd
}

func printReport(ctx context.Context, places *placeFlags, f *reportFlags, args []string, stdio stdio) error {
	if err := f.check(); err != nil {
		return err
	}
	at, st, err := places.find(ctx, args, false, stdio)
	if err != nil {
		return err
	}
	if st.running {
		return fmt.Errorf("the run %s is still going on; salvo status %s shows its figures", st.run, st.run)
	}
	return explained(ctx, at, f.conclude(ctx, at, st, stdio))
}
