package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"salvo/pkg/stack"
)

func removeCommand(stdio stdio) *cobra.Command {
	var f stackFlags
	var yes bool
	cmd := &cobra.Command{
		Use:   "remove",
		Short: "Remove the stack from AWS",
		Long: `remove stops the runs that are going on and removes the stack. The bucket with
the data of the runs goes with it when salvo.yml said removeData when the stack was
deployed; otherwise it stays, and its name is told.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return removeStack(cmd.Context(), &f, yes, stdio)
		},
	}
	f.flags(cmd, false)
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	return cmd
}

func removeStack(ctx context.Context, f *stackFlags, yes bool, stdio stdio) error {
	settings, err := f.read(stdio.err)
	if err != nil {
		return err
	}
	s, err := stack.Find(ctx, f.options(settings))
	if err != nil {
		return err
	}
	bucket, goes, err := s.Data(ctx)
	if err != nil {
		return err
	}
	var running []stack.Execution
	if s.StateMachine != "" {
		if running, err = s.Executions(ctx, mostRuns, true); err != nil {
			return err
		}
	}
	what := fmt.Sprintf("remove the stack %s in account %s, region %s", s.Name, s.Account, s.Region)
	if goes {
		what += ", with the data of all its runs"
	}
	if len(running) > 0 {
		what += fmt.Sprintf(", and stop %s", count(int64(len(running)), "run"))
	}
	if err := confirm(what, yes, stdio); err != nil {
		return err
	}
	at := &remote{stack: s}
	for _, e := range running {
		if err := stopRun(ctx, at, e.Run, "the stack is being removed"); err != nil {
			return explained(ctx, at, err)
		}
	}
	for _, e := range running {
		if err := awaitSilence(ctx, at, e.Run); err != nil {
			return explained(ctx, at, err)
		}
	}
	if goes {
		n, err := s.Empty(ctx, bucket)
		if err != nil {
			return err
		}
		fmt.Fprintf(stdio.err, "removed %s from the bucket %s\n", count(int64(n), "object"), bucket)
	}
	err = s.Remove(ctx, func(left, all int) {
		fmt.Fprintf(stdio.err, "removing the stack %s: %d of %d resources are left\n", s.Name, left, all)
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(stdio.out, "removed the stack %s\n", s.Name)
	if bucket != "" && !goes {
		fmt.Fprintf(stdio.err, "the bucket %s stays with the data of its runs; when you need it no more: aws s3 rb --force s3://%s\n", bucket, bucket)
	}
	return nil
}

// confirm asks on a terminal; elsewhere --yes is the answer.
func confirm(what string, yes bool, stdio stdio) error {
	if yes {
		return nil
	}
	if in, ok := stdio.in.(*os.File); !ok || !term.IsTerminal(int(in.Fd())) {
		return fmt.Errorf("this would %s; give --yes if that is what you want", what)
	}
	fmt.Fprintf(stdio.err, "%s? [y/N] ", what)
	answer, err := bufio.NewReader(stdio.in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return &exitError{code: exitFailed, err: errors.New("nothing was removed")}
	}
	return nil
}
