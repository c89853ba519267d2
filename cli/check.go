package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"salvo/pkg/plan"
)

func checkCommand(io stdio) *cobra.Command {
	var src source
	cmd := &cobra.Command{
		Use:   "check [script]",
		Short: "Look for faults in a script without sending anything",
		Long: `check reads a script as run would, with its environment, overrides and payload
files, and tells every fault at once, each with file, line and column. It sends
nothing. Exit code 0: the script can run.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			in, err := src.open(args, io)
			if err != nil {
				return err
			}
			sc, err := in.load(io)
			if err != nil {
				return err
			}
			p, err := plan.For(sc, 0)
			if err != nil {
				return fmt.Errorf("%s: %w", in.name, err)
			}
			load := count(int64(len(sc.Config.Phases)), "phase")
			if sc.Mode.Sampling() {
				load = string(sc.Mode)
			}
			_, err = fmt.Fprintf(io.out, "%s: ok: %s, %s, %s over %s\n", in.name,
				count(int64(len(sc.Scenarios)), "scenario"), load, count(p.Arrivals, "arrival"), clock(p.Duration))
			return err
		},
	}
	src.flags(cmd)
	return cmd
}
