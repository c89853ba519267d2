// Package setup is what the mains of the three functions have in common: it reads
// their environment, opens the store, and hands invocations to a step.
//
// It is the one place that knows the Lambda runtime. What a step does with an
// invocation is its package's.
package setup

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"

	"salvo/pkg/job"
	"salvo/pkg/store/s3store"
)

// secretsTime bounds the reading of secrets: the start of a function may take 10 s.
const secretsTime = 8 * time.Second

// Function is a deployed function with what its environment says.
type Function struct {
	AWS   aws.Config
	Store *s3store.Store
	Env   map[string]string // what scripts see as $env: the environment, and the secrets

	log   *slog.Logger
	fault error // why it cannot work; told by its invocations, because only they have an answer
}

// Resolver reads secrets that job.EnvSecrets names: see package secret. Its error
// is one of package job.
type Resolver func(ctx context.Context, c aws.Config, references string) (map[string]string, error)

// New reads the environment of this process. A nil resolver is for functions that
// have no use for secrets.
func New(resolve Resolver) *Function {
	// Lambda gives each line that a function prints its time.
	log.SetFlags(0)
	f := &Function{Env: map[string]string{}, log: slog.New(slog.NewJSONHandler(os.Stderr, &slog.HandlerOptions{ReplaceAttr: withoutTime}))}
	for _, entry := range os.Environ() {
		name, value, _ := strings.Cut(entry, "=")
		f.Env[name] = value
	}
	ctx, cancel := context.WithTimeout(context.Background(), secretsTime)
	defer cancel()
	var err error
	if f.AWS, err = config.LoadDefaultConfig(ctx); err != nil {
		f.Fail(&job.BadRequest{Message: fmt.Sprintf("the environment of the function: %v", err)})
		return f
	}
	f.Store = s3store.New(f.AWS, f.Env[job.EnvBucket])
	if f.Env[job.EnvBucket] == "" {
		f.Fail(missing(job.EnvBucket))
	}
	if references := f.Env[job.EnvSecrets]; resolve != nil && references != "" {
		secrets, err := resolve(ctx, f.AWS, references)
		if err != nil {
			f.Fail(err)
		}
		for name, value := range secrets {
			f.Env[name] = value
		}
	}
	return f
}

func missing(name string) error {
	return &job.BadRequest{Message: fmt.Sprintf("the function has no environment variable %s; deploy the stack again", name)}
}

func withoutTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}

// Fail keeps the first fault: every invocation is refused with it. Nil is none.
func (f *Function) Fail(err error) {
	if f.fault == nil {
		f.fault = err
	}
}

// Number is a whole number above 0 in the environment; 0 when it is not there.
func (f *Function) Number(name string) int {
	text := f.Env[name]
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		f.Fail(&job.BadRequest{Message: fmt.Sprintf("%s is %q; want a whole number above 0", name, text)})
	}
	return n
}

// Scripts are those that were deployed with the stack, by name.
func (f *Function) Scripts() map[string]job.DeployedScript {
	text := f.Env[job.EnvScripts]
	if text == "" {
		return nil
	}
	var scripts map[string]job.DeployedScript
	if err := json.Unmarshal([]byte(text), &scripts); err != nil {
		f.Fail(&job.BadRequest{Message: fmt.Sprintf("%s: %v", job.EnvScripts, err)})
	}
	return scripts
}

// Start hands the function's invocations to handle, one at a time, and never
// returns. The log names the run, which run finds in the input, and the request of
// the invocation, and it has the error that handle returns. Errors go to the
// caller under the name of their type, so handle returns those of package job bare.
func Start[In, Out any](f *Function, run func(In) string, handle func(context.Context, *slog.Logger, In) (Out, error)) {
	lambda.Start(func(ctx context.Context, in In) (Out, error) {
		if f.fault != nil {
			var none Out
			return none, f.refusal()
		}
		log := f.log.With("run", run(in))
		if call, ok := lambdacontext.FromContext(ctx); ok {
			log = log.With("requestId", call.AwsRequestID)
		}
		out, err := handle(ctx, log, in)
		if err != nil {
			log.Error(err.Error())
		}
		return out, err
	})
}

// refusal tells the fault and ends the process, so that the next invocation reads
// its environment, and the secrets, anew.
func (f *Function) refusal() error {
	name := "BadRequest"
	var store *job.StoreFailed
	if errors.As(f.fault, &store) {
		name = "StoreFailed"
	}
	return messages.InvokeResponse_Error{Type: name, Message: f.fault.Error(), ShouldExit: true}
}
