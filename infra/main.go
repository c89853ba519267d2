// Command infra is the CDK app that makes the stack of Salvo, for `cdk` and for
// `salvo deploy`. An installed Salvo has it as bin/salvo-cdk.
//
// It reads the environment that package loadtest describes. An app of the
// user's own that `salvo configure --cdk` writes is this one with room for more.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"salvo/infra/loadtest"
)

// version is set by the build.
var version = "devel"

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	// The functions are in the working folder of a clone, or beside the
	// executable of an installation.
	dist := []string{"dist"}
	if executable, err := os.Executable(); err == nil {
		dist = append(dist, filepath.Join(filepath.Dir(executable), "..", "dist"))
	}
	props, err := loadtest.Load(os.Getenv, dist...)
	if err != nil {
		return err
	}
	props.Version = version

	defer jsii.Close()
	// A resource that only counts who uses the CDK has no place in the stack.
	app := awscdk.NewApp(&awscdk.AppProps{AnalyticsReporting: jsii.Bool(false)})
	loadtest.NewStack(app, props)
	app.Synth(nil)
	return nil
}
