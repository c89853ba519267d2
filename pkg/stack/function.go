package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
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
	out, err := s.fn.GetFunctionConfiguration(ctx, &lambda.GetFunctionConfigurationInput{FunctionName: &s.Worker})
	if err != nil {
		return nil, s.Explain(ctx, err)
	}
	if out.Environment == nil {
		return nil, nil
	}
	return out.Environment.Variables, nil
}
