// Command aggregator is the function that merges and judges a run.
package main

import (
	"context"
	"log/slog"
	"os"

	"salvo/functions/internal/setup"
	"salvo/pkg/aggregator"
	"salvo/pkg/job"
)

// version is set by the build.
var version = "devel"

func main() {
	f := setup.New(nil)
	// CloudWatch makes metrics of what is printed in its embedded format.
	monitoring, err := aggregator.MonitoringOnAWS(f.AWS, f.Env, os.Stdout)
	f.Fail(err)
	setup.Start(f, job.AggregateInput.RunID, func(ctx context.Context, log *slog.Logger, in job.AggregateInput) (job.Verdict, error) {
		return aggregator.Step{Store: f.Store, Version: version, Env: f.Env, Log: log, Monitoring: monitoring}.Handle(ctx, in)
	})
}
