// Command worker is the function that generates load.
package main

import (
	"context"
	"log/slog"
	"os"

	"salvo/functions/internal/setup"
	"salvo/pkg/job"
	"salvo/pkg/secret"
	"salvo/pkg/worker"
)

// version is set by the build.
var version = "devel"

// dir is in the only folder that a function may write to.
const dir = "/tmp/salvo"

func main() {
	collectLess()
	f := setup.New(secret.Resolve)
	setup.Start(f, job.WorkInput.RunID, func(ctx context.Context, log *slog.Logger, in job.WorkInput) (job.WorkOutput, error) {
		os.RemoveAll(dir) // of an invocation before; what stays of it is only in the way
		say := func(text string) { log.Info(text) }
		return worker.Step{Store: f.Store, Env: f.Env, Version: version, Dir: dir, Say: say, Log: log}.Handle(ctx, in)
	})
}
