package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"salvo/pkg/job"
	"salvo/pkg/settings"
	"salvo/pkg/stack"
	"salvo/pkg/store"
)

// stackFlags say which stack a command works on.
type stackFlags struct {
	stage, region, profile string
	settings               string // the path of salvo.yml; "" is the one in the working folder, if it is there
}

// flags are those of every command for AWS. withScript is for a command whose
// --config is a file that is merged over the script; elsewhere it is another word
// for --settings.
func (f *stackFlags) flags(cmd *cobra.Command, withScript bool) {
	fl := cmd.Flags()
	stage, region := "s", "r" // as the Serverless Framework has them
	if withScript {
		stage, region = "", ""
	}
	fl.StringVarP(&f.stage, "stage", stage, "", "the `stage` of the stack, instead of that of salvo.yml")
	fl.StringVarP(&f.region, "region", region, "", "the AWS `region`, instead of that of salvo.yml or of your AWS configuration")
	fl.StringVar(&f.profile, "profile", "", "the `profile` of your AWS configuration")
	fl.StringVar(&f.profile, "aws-profile", "", "another word for --profile: its `name`")
	fl.Lookup("aws-profile").Hidden = true
	fl.StringVar(&f.settings, "settings", "", "the `file` with the settings of the stack (default salvo.yml)")
	if !withScript {
		fl.StringVarP(&f.settings, "config", "c", "", "another word for --settings: its `file`")
	}
}

// given tells whether the flags or a salvo.yml name a stack.
func (f *stackFlags) given() bool {
	if f.stage != "" || f.region != "" || f.profile != "" || f.settings != "" {
		return true
	}
	_, err := os.Stat(settings.File)
	return err == nil
}

// file is the path of the settings.
func (f *stackFlags) file() string {
	if f.settings != "" {
		return f.settings
	}
	return settings.File
}

// read reads the settings. Without a salvo.yml they are the defaults, unless a
// flag names one. What is wrong with them is told.
func (f *stackFlags) read(warn io.Writer) (*settings.Settings, error) {
	text, err := os.ReadFile(f.file())
	if errors.Is(err, fs.ErrNotExist) && f.settings == "" {
		text, err = nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("the settings cannot be read: %w; write them with: salvo configure", err)
	}
	s, err := settings.Read(text, f.file())
	if err == nil {
		err = s.Override(f.stage, f.region)
	}
	var faults settings.Faults
	if errors.As(err, &faults) {
		for _, fault := range faults {
			fmt.Fprintln(warn, fault)
		}
		return nil, &exitError{code: exitFailed, err: fmt.Errorf("%s: %s; nothing was sent", f.file(), count(int64(len(faults)), "fault"))}
	}
	return s, err
}

// options name the stack for package stack.
func (f *stackFlags) options(s *settings.Settings) stack.Options {
	return stack.Options{Service: s.Service, Stage: s.Stage, Region: s.Region, Profile: f.profile}
}

// open finds the stack.
func (f *stackFlags) open(ctx context.Context, stdio stdio) (*remote, error) {
	s, err := f.read(stdio.err)
	if err != nil {
		return nil, err
	}
	found, err := stack.Open(ctx, f.options(s))
	if err != nil {
		return nil, err
	}
	return &remote{stack: found}, nil
}

// placeFlags say where a command looks for runs.
type placeFlags struct {
	stackFlags
	local bool
}

func (f *placeFlags) flags(cmd *cobra.Command) {
	f.stackFlags.flags(cmd, false)
	cmd.Flags().BoolVar(&f.local, "local", false, "the runs of this machine, in .salvo of the working folder")
}

// whereRuns is for the help of commands that have placeFlags.
const whereRuns = `A run of this machine is found by its name in .salvo of the working folder. All
others are on AWS, when there is a salvo.yml or a flag names a stack; without, and
with --local, this machine is meant.`

// open finds the place of a run, or with the name "" of all.
func (f *placeFlags) open(ctx context.Context, run string, stdio stdio) (place, error) {
	here := &local{dir: workHere, stderr: stdio.err, log: logger(stdio.err, false), env: environ()}
	if f.local || !f.given() {
		return here, nil
	}
	if run != "" && f.stage == "" && f.region == "" && f.profile == "" && f.settings == "" {
		if there, err := store.Exists(ctx, here.store(), job.AliveKey(run)); err == nil && there {
			return here, nil
		}
	}
	return f.stackFlags.open(ctx, stdio)
}

// find finds a run: the one that is named, else the one that is going on. Without
// one that is going on it is the newest, if old ones will do.
func (f *placeFlags) find(ctx context.Context, args []string, old bool, stdio stdio) (place, runState, error) {
	run := ""
	if len(args) > 0 {
		run = args[0]
	}
	at, err := f.open(ctx, run, stdio)
	if err != nil {
		return nil, runState{}, f.hint(ctx, run, err)
	}
	if run != "" {
		st, err := at.state(ctx, run)
		return at, st, err
	}
	states, err := at.states(ctx, mostRuns)
	if err != nil {
		return nil, runState{}, f.hint(ctx, run, err)
	}
	st, err := choose(at, states, old)
	if err != nil {
		return nil, runState{}, f.hint(ctx, run, err)
	}
	return at, st, nil
}

// hint adds to an error of a stack that a run is going on here, which may have been
// meant.
func (f *placeFlags) hint(ctx context.Context, run string, err error) error {
	if run != "" || f.local || !f.given() {
		return err
	}
	states, _ := (&local{dir: workHere}).states(ctx, mostRuns)
	for _, st := range states {
		if st.running {
			return fmt.Errorf("%w; on this machine %s is going on, which --local means", err, st.run)
		}
	}
	return err
}

// choose takes the run that is going on.
func choose(at place, states []runState, old bool) (runState, error) {
	var running []runState
	for _, st := range states {
		if st.running {
			running = append(running, st)
		}
	}
	switch {
	case len(running) == 1:
		return running[0], nil
	case len(running) > 1:
		names := ""
		for _, st := range running {
			names += ", " + st.run
		}
		return runState{}, fmt.Errorf("%d runs are going on %s; name one: %s", len(running), at, names[2:])
	case old && len(states) > 0:
		return states[0], nil
	default:
		return runState{}, fmt.Errorf("%w %s", errNothingRuns, at)
	}
}

// errNothingRuns tells that no run was named and none is going on.
var errNothingRuns = errors.New("no run is going on")

// refuse gives a command a flag of serverless-artillery that has no use here, so
// that whoever is used to it is told what to do instead.
func refuse(cmd *cobra.Command, name, shorthand, why string) {
	f := cmd.Flags().VarPF(refusal{name, why}, name, shorthand, "")
	f.Hidden = true
	f.NoOptDefVal = "any" // it is refused with a value and without
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		var r refusal
		if errors.As(err, &r) {
			return r
		}
		return err
	})
}

// refusal is the value of a flag that cannot be set, and the error of doing so.
type refusal struct{ flag, why string }

// Error implements error.
func (r refusal) Error() string { return "--" + r.flag + ": " + r.why }

// Set implements pflag.Value.
func (r refusal) Set(string) error { return r }

// String implements pflag.Value.
func (refusal) String() string { return "" }

// Type implements pflag.Value.
func (refusal) Type() string { return "" }

// Why flags of serverless-artillery are refused.
const (
	whyType     = "serverless-artillery reserves it for the type of Lambda's invocation; salvo starts an execution of a state machine and waits for its end, or with --detach does not"
	whyFunction = "serverless-artillery reserves it for the function to invoke; a stack of salvo has one state machine, which calls its functions: name another stack with --stage or `service` in salvo.yml"
	whyRaw      = "serverless-artillery does not take this flag of the Serverless Framework, and neither does salvo: give the script as an argument, with --data, --path or --stdIn; values of its own with --overrides and --variables"
	whyScript   = "serverless-artillery refuses it because -s means the stage to the Serverless Framework: give the script as an argument or with --path, and the stage with --stage"
)
