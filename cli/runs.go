package main

import (
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
)

// mostRuns is how many runs are listed, the newest.
const mostRuns = 20

func runsCommand(stdio stdio) *cobra.Command {
	var f placeFlags
	cmd := &cobra.Command{
		Use:   "runs",
		Short: "List the newest runs",
		Long: `runs lists the newest 20 runs with their outcome, start and duration. They are
those of the stack, when there is a salvo.yml or a flag names one; without, and
with --local, those of this machine.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			at, err := f.open(cmd.Context(), "", stdio)
			if err != nil {
				return err
			}
			states, err := at.states(cmd.Context(), mostRuns)
			if err != nil {
				return err
			}
			if len(states) == 0 {
				_, err := fmt.Fprintf(stdio.err, "there are no runs %s\n", at)
				return err
			}
			t := tabwriter.NewWriter(stdio.out, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "run\toutcome\tstarted\tduration")
			for _, st := range states {
				outcome, end := st.outcome, st.end
				if st.running {
					outcome, end = "running", time.Now()
				}
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", st.run, outcome, st.start.Local().Format("2006-01-02 15:04:05"), clock(max(0, end.Sub(st.start)).Round(time.Second)))
			}
			return t.Flush()
		},
	}
	f.flags(cmd)
	return cmd
}
