package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/asl"
)

// workerCommand is one worker as a process: `salvo run --workers process`
// starts it, hands it its payload as a line on standard input, and reads its
// answer from standard output.
func workerCommand(stdio stdio) *cobra.Command {
	var dir, deadline string
	var quiet bool
	cmd := &cobra.Command{
		Use:    "worker",
		Short:  "Work on one chunk of a local run",
		Hidden: true,
		Args:   cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx := cmd.Context()
			if deadline != "" {
				at, err := time.Parse(time.RFC3339Nano, deadline)
				if err != nil {
					return fmt.Errorf("--deadline: %w", err)
				}
				var cancel context.CancelFunc
				ctx, cancel = context.WithDeadline(ctx, at)
				defer cancel()
			}
			in := bufio.NewReader(stdio.in)
			payload, err := in.ReadBytes('\n')
			if err != nil {
				return fmt.Errorf("reading the payload: %w", err)
			}
			// The end of standard input is the end of the process that asked.
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			go func() {
				io.Copy(io.Discard, in)
				cancel()
			}()

			l := &local{dir: dir, env: environ(), log: logger(stdio.err, quiet)}
			if !quiet {
				l.say = speaker(stdio.err)
			}
			var answer processAnswer
			output, err := asl.Task(l.worker().Handle)(ctx, payload)
			if err != nil {
				answer.ErrorType, answer.ErrorMessage = asl.ErrorName(err), err.Error()
			} else {
				answer.Output = output
			}
			return json.NewEncoder(stdio.out).Encode(answer)
		},
	}
	cmd.Flags().StringVar(&dir, "store", workHere, "the `folder` that keeps the run")
	cmd.Flags().StringVar(&deadline, "deadline", "", "the `time` at which the worker's time ends")
	cmd.Flags().BoolVar(&quiet, "quiet", false, "print nothing but warnings")
	return cmd
}
