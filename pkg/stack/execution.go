package stack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"salvo/pkg/job"
)

// mostInput is what Step Functions takes as the input of an execution, in bytes.
const mostInput = 262_144

// Execution is a run as Step Functions knows it.
type Execution struct {
	Run        string // its name
	Status     Status
	Error      string // what it ended with, by name; "" while it runs and when it succeeded
	Cause      string
	Start, End time.Time // End is zero while it runs
}

// Status is how far an execution is.
type Status string

// The states of an execution.
const (
	Running   Status = "RUNNING"
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Running tells whether the execution has not ended.
func (e Execution) Running() bool { return e.Status == Running }

// Start begins a run. The run's name is that of the execution, so the same name
// does not run twice.
func (s *Stack) Start(ctx context.Context, run string, req job.Request) error {
	input, err := json.Marshal(req)
	if err != nil {
		return fmt.Errorf("encoding the request: %w", err)
	}
	if len(input) > mostInput {
		return fmt.Errorf("the request has %d bytes and Step Functions takes %d; put the overrides and variables into a file and give it with --config", len(input), mostInput)
	}
	_, err = s.sfn.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: &s.StateMachine, Name: &run, Input: aws.String(string(input)),
	})
	return s.Explain(ctx, err)
}

// Describe tells how far a run is. The error of one that is not there is of the
// kind NotFound.
func (s *Stack) Describe(ctx context.Context, run string) (Execution, error) {
	out, err := s.sfn.DescribeExecution(ctx, &sfn.DescribeExecutionInput{ExecutionArn: s.arn(run)})
	var missing *types.ExecutionDoesNotExist
	if errors.As(err, &missing) {
		return Execution{}, &Error{Kind: NotFound, err: err, text: fmt.Sprintf("there is no run %s on the stack %s in %s; `salvo runs` lists those that are", run, s.Name, s.where())}
	}
	if err != nil {
		return Execution{}, s.Explain(ctx, err)
	}
	return Execution{
		Run: run, Status: Status(out.Status), Error: aws.ToString(out.Error), Cause: functionError(aws.ToString(out.Cause)),
		Start: aws.ToTime(out.StartDate), End: aws.ToTime(out.StopDate),
	}, nil
}

// Stop ends a run: no further state is entered, in the children of a distributed
// Map either. Functions that are being executed go on by themselves.
func (s *Stack) Stop(ctx context.Context, run, name, cause string) error {
	_, err := s.sfn.StopExecution(ctx, &sfn.StopExecutionInput{ExecutionArn: s.arn(run), Error: &name, Cause: &cause})
	return s.Explain(ctx, err)
}

// Executions lists the newest runs first, at most so many, and only those that
// run if that is asked for. They have neither Error nor Cause.
func (s *Stack) Executions(ctx context.Context, most int, running bool) ([]Execution, error) {
	in := &sfn.ListExecutionsInput{StateMachineArn: &s.StateMachine, MaxResults: int32(min(most, 1000))}
	if running {
		in.StatusFilter = types.ExecutionStatusRunning
	}
	var all []Execution
	pages := sfn.NewListExecutionsPaginator(s.sfn, in)
	for pages.HasMorePages() && len(all) < most {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, s.Explain(ctx, err)
		}
		for _, e := range page.Executions {
			all = append(all, Execution{
				Run: aws.ToString(e.Name), Status: Status(e.Status), Start: aws.ToTime(e.StartDate), End: aws.ToTime(e.StopDate),
			})
		}
	}
	return all[:min(len(all), most)], nil
}

// arn is that of a run's execution.
func (s *Stack) arn(run string) *string {
	return aws.String(strings.Replace(s.StateMachine, ":stateMachine:", ":execution:", 1) + ":" + run)
}

// MapRun counts the chunks of a distributed Map.
type MapRun struct{ Pending, Running, Succeeded, Failed int64 }

// MapRun tells how far the distributed Map of a run is; the zero MapRun when it
// has none, or not yet.
func (s *Stack) MapRun(ctx context.Context, run string) (MapRun, error) {
	runs, err := s.sfn.ListMapRuns(ctx, &sfn.ListMapRunsInput{ExecutionArn: s.arn(run)})
	if err != nil || len(runs.MapRuns) == 0 {
		return MapRun{}, s.Explain(ctx, err)
	}
	out, err := s.sfn.DescribeMapRun(ctx, &sfn.DescribeMapRunInput{MapRunArn: runs.MapRuns[0].MapRunArn})
	if err != nil || out.ItemCounts == nil {
		return MapRun{}, s.Explain(ctx, err)
	}
	n := out.ItemCounts
	return MapRun{Pending: n.Pending, Running: n.Running, Succeeded: n.Succeeded, Failed: n.Failed + n.TimedOut + n.Aborted}, nil
}

// functionError is the text of an error that a function returned: Step Functions
// gives the JSON that Lambda made of it. Any other cause stays as it is.
func functionError(cause string) string {
	var e struct {
		Message string `json:"errorMessage"`
		Type    string `json:"errorType"`
	}
	if json.Unmarshal([]byte(cause), &e) != nil || e.Message == "" || e.Type == "" {
		return cause
	}
	return e.Message
}
