// Command aggregator is the function that merges and judges what the workers of a run measured.
package main

import (
	"context"
	"log/slog"

	"salvo/functions/internal/setup"
	"salvo/pkg/aggregator"
	"salvo/pkg/job"
)

// version is set by the build.
var version = "devel"

func main() {
	f := setup.New(nil)
	step := aggregator.Step{Store: f.Store, Version: version, Env: f.Env}
	setup.Start(f, job.AggregateInput.RunID, func(ctx context.Context, log *slog.Logger, in job.AggregateInput) (job.Verdict, error) {
		step := step
		step.Log = log
		return step.Handle(ctx, in)
	})
}
