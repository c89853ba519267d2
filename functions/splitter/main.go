// Command splitter is the function that plans a run.
package main

import (
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"salvo/functions/internal/setup"
	"salvo/pkg/job"
	"salvo/pkg/secret"
	"salvo/pkg/splitter"
	"salvo/pkg/store/s3store"
)

func main() {
	f := setup.New(secret.Resolve)
	step := splitter.Step{Store: f.Store, Bucket: os.Getenv(job.EnvBucket), MaxConcurrency: f.Number(job.EnvMaxConcurrency), Env: f.Env, Scripts: f.Scripts()}
	step.WorkerTime = time.Duration(f.Number(job.EnvWorkerTimeout)) * time.Second
	step.Deployed = func(ctx context.Context, s job.DeployedScript) (io.ReadCloser, error) {
		return s3store.New(f.AWS, s.Bucket).Get(ctx, s.Key)
	}
	setup.Start(f, job.SplitInput.RunID, func(ctx context.Context, log *slog.Logger, in job.SplitInput) (job.Split, error) {
		step := step
		step.Log = log
		return step.Handle(ctx, in)
	})
}
