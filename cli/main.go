// Command salvo load-tests what Artillery scripts describe.
//
// It owns flags, the terminal and exit codes; what it shows and starts comes
// from the packages below pkg. The rules of its output: results go to stdout,
// everything else to stderr; progress is drawn on a terminal and plain lines
// go into a pipe; an error is one line that says what to do, without a capital
// and without a period.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
)

// version is set by the build.
var version = "devel"

// The exit codes that CI can go by. Sampling modes add their number of errors.
const (
	exitPassed       = 0
	exitFailed       = 1   // bad input, a failed check, or the run could not be done
	exitIncomplete   = 3   // some of what was planned is not in the report
	exitExpectations = 21  // a response was not what it was expected to be
	exitInterrupted  = 130 // stopped by a signal, as shells count them

	exitMostErrors = 255 // what a sampling run over its budget exits with at most; exit codes end there
)

// stdio is what a command reads and writes.
type stdio struct {
	in       io.Reader
	out, err io.Writer
}

func main() {
	os.Exit(run(context.Background(), os.Args[1:], stdio{os.Stdin, os.Stdout, os.Stderr}))
}

// run is the whole command: it returns its exit code.
func run(ctx context.Context, args []string, io stdio) int {
	root := &cobra.Command{
		Use:   "salvo",
		Short: "Load tests from Artillery scripts, on this machine or from AWS Lambda",
		Long: `salvo fires Artillery scripts as an open model: arrivals come when the script
says so, however slow the target is, and every result is in one report.

  salvo target &            a local server to try things on
  salvo run script.yml      run a script on this machine
  salvo check script.yml    only look for faults in it

  salvo configure           write the settings of a stack on AWS
  salvo deploy              make it
  salvo invoke script.yml   run a script on it
  salvo status, runs, report, logs, kill
                            look at runs, and stop them
  salvo remove              remove the stack`,
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.SetArgs(args)
	root.SetIn(io.in)
	root.SetOut(io.out)
	root.SetErr(io.err)
	root.AddCommand(
		runCommand(io), checkCommand(io), planCommand(io), scriptCommand(io), schemaCommand(io),
		targetCommand(io), versionCommand(io), workerCommand(io),
		configureCommand(io), deployCommand(io), removeCommand(io), bundleCommand(io), invokeCommand(io),
		statusCommand(io), runsCommand(io), reportCommand(io), logsCommand(io), killCommand(io), monitorCommand(io), sloCommand(io),
	)

	err := root.ExecuteContext(ctx)
	var exit *exitError
	switch {
	case err == nil:
		return exitPassed
	case errors.As(err, &exit):
		if exit.err != nil {
			fmt.Fprintf(io.err, "salvo: %v\n", exit.err)
		}
		return exit.code
	default:
		fmt.Fprintf(io.err, "salvo: %v\n", err)
		return exitFailed
	}
}

// exitError is an error with an exit code of its own; without err, what there
// is to say has been said.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }
