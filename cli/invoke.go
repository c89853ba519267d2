package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/plan"
	"salvo/pkg/script"
)

type invokeFlags struct {
	source
	reportFlags
	stackFlags
	debug, verbose bool
	detach         bool
}

func invokeCommand(io stdio) *cobra.Command {
	var f invokeFlags
	cmd := &cobra.Command{
		Use:   "invoke [script]",
		Short: "Run a script on AWS",
		Long: `invoke fires a script from the stack that salvo deploy has made. It takes the
script, its processor, payload and included files along, so none of them needs a
new deployment; follows the run; prints one report of it; and exits as salvo run
does.

What scripts see as $env on AWS is what salvo.yml gives the functions, under
environment and secrets.

Ctrl-C ends the run and reports what there is; a second Ctrl-C leaves at once. The
report is fetched to .salvo/runs/<run>.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.invoke(cmd.Context(), args, io) },
	}
	f.source.flags(cmd)
	f.seedFlag(cmd)
	f.reportFlags.flags(cmd)
	f.stackFlags.flags(cmd, true)
	tellFlags(cmd, &f.verbose, &f.debug)
	cmd.Flags().BoolVar(&f.detach, "detach", false, "only start the run, and print its name")
	refuse(cmd, "type", "", whyType)
	refuse(cmd, "function", "f", whyFunction)
	refuse(cmd, "raw", "", whyRaw)
	refuse(cmd, "script", "", whyScript)
	return cmd
}

func (f *invokeFlags) invoke(ctx context.Context, args []string, stdio stdio) error {
	if err := f.refuseLocal(); err != nil {
		return err
	}
	if err := f.check(); err != nil {
		return err
	}
	at, err := f.stackFlags.open(ctx, stdio)
	if err != nil {
		return err
	}
	if err := at.stack.Ready(); err != nil {
		return err
	}
	say := f.say(stdio)
	note := func(text string) { fmt.Fprintln(say, "note: "+text) }
	if at.stack.Version != version {
		note(fmt.Sprintf("the stack %s was deployed by salvo %s, and this is %s; deploy it again if they do not get along", at.stack.Name, at.stack.Version, version))
	}
	if at.env, err = at.stack.Environment(ctx); err != nil {
		note(fmt.Sprintf("the script is checked without the environment that it will see: %v", err))
		at.env = map[string]string{}
	}

	in, err := f.source.open(args, stdio)
	if err != nil {
		return err
	}
	in.options.Env = at.env
	sc, err := in.load(stdio)
	if err != nil {
		return err
	}
	sc.Limits = plan.Within(sc.Limits, time.Duration(at.stack.WorkerTimeout)*time.Second)
	p, err := plan.For(sc, 0)
	if err == nil {
		err = at.checkRoom(ctx, p, note)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", in.name, err)
	}
	if sc.Mode == script.Monitoring {
		if err := tryHere(ctx, in, f.source, say); err != nil {
			return fmt.Errorf("trying the script here once: %w", err)
		}
	}
	req, err := in.bundle(ctx, at.store(), &f.source)
	if err != nil {
		return explained(ctx, at, err)
	}
	run := newRunID(time.Now())
	fmt.Fprintln(say, opening(run, p))
	fmt.Fprintf(say, "on the stack %s (account %s, region %s), for about %s\n", at.stack.Name, at.stack.Account, at.stack.Region, dollars(p.Cost(*at.bill()).Total))
	if f.detach {
		if err := at.start(ctx, run, req, nil); err != nil {
			return err
		}
		fmt.Fprintf(say, "it runs by itself: salvo status %s, salvo report %s, salvo kill %s\n", run, run, run)
		_, err := fmt.Fprintln(stdio.out, run)
		return err
	}
	st, err := execute(ctx, at, run, req, p, teller(f.verbose, f.debug, say), say)
	if err != nil {
		return explained(ctx, at, err)
	}
	return explained(ctx, at, f.conclude(ctx, at, st, stdio))
}

// refuseLocal refuses what cannot mean on AWS what it means to salvo run, and what
// users of serverless-artillery may take for something else.
func (f *invokeFlags) refuseLocal() error {
	if f.dotenv != "" {
		return errors.New("--dotenv: on AWS scripts see the environment of the functions; put these values under `environment` or `secrets` in salvo.yml and deploy")
	}
	switch f.target {
	case "RequestResponse", "Event", "DryRun":
		return fmt.Errorf("-t %s: %s (-t is --target here)", f.target, whyType)
	}
	return nil
}
