package stack

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"salvo/pkg/job"
)

// Concurrency is how many workers Lambda runs at once.
type Concurrency struct {
	Account  int  // what all functions of the account and region may have together
	Workers  int  // what is there for the workers
	Reserved bool // the workers have their part for themselves
}

// Concurrency looks up what Lambda has for the workers, without what other
// functions may be using at the moment.
func (s *Stack) Concurrency(ctx context.Context) (Concurrency, error) {
	settings, err := s.fn.GetAccountSettings(ctx, &lambda.GetAccountSettingsInput{})
	if err != nil {
		return Concurrency{}, s.Explain(ctx, err)
	}
	worker, err := s.fn.GetFunctionConcurrency(ctx, &lambda.GetFunctionConcurrencyInput{FunctionName: &s.Worker})
	if err != nil {
		return Concurrency{}, s.Explain(ctx, err)
	}
	var c Concurrency
	if l := settings.AccountLimit; l != nil {
		c.Account, c.Workers = int(l.ConcurrentExecutions), int(aws.ToInt32(l.UnreservedConcurrentExecutions))
	}
	if n := worker.ReservedConcurrentExecutions; n != nil {
		c.Workers, c.Reserved = int(*n), true
	}
	return c, nil
}

// Environment is that of the workers as it was deployed; secrets are only named
// in it.
func (s *Stack) Environment(ctx context.Context) (map[string]string, error) {
	return s.environment(ctx, s.Worker)
}

// Scripts are those that were deployed with the stack, by the names that requests
// use.
func (s *Stack) Scripts(ctx context.Context) (map[string]job.DeployedScript, error) {
	env, err := s.environment(ctx, s.Splitter)
	if err != nil {
		return nil, err
	}
	scripts := map[string]job.DeployedScript{}
	if text := env[job.EnvScripts]; text != "" {
		if err := json.Unmarshal([]byte(text), &scripts); err != nil {
			return nil, fmt.Errorf("the function %s: %s: %w", s.Splitter, job.EnvScripts, err)
		}
	}
	return scripts, nil
}

func (s *Stack) environment(ctx context.Context, function string) (map[string]string, error) {
	out, err := s.fn.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &function})
	if err != nil {
		return nil, s.Explain(ctx, err)
	}
	if out.Environment == nil {
		return nil, nil
	}
	return out.Environment.Variables, nil
}
