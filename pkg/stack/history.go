package stack

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// pageSize is how many events a request brings, the most there is.
const pageSize = 1000

// Event is a line of an execution's history. The chunks of a distributed Map are
// executions of their own and not in it.
type Event struct {
	Time          time.Time
	Type          string // "TaskStateEntered", and others of Step Functions
	State         string // for those that enter or leave one
	Error, Cause  string
	Input, Output string
}

// History reads the events of a run as they come.
type History struct {
	stack *Stack
	run   string
	seen  int64 // the highest ID
	page  *string
}

// History begins to read that of a run.
func (s *Stack) History(run string) *History { return &History{stack: s, run: run} }

// Next returns the events that have come since the last call.
func (h *History) Next(ctx context.Context) ([]Event, error) {
	var events []Event
	for {
		out, err := h.stack.sfn.GetExecutionHistory(ctx, &sfn.GetExecutionHistoryInput{
			ExecutionArn: h.stack.arn(h.run), MaxResults: pageSize, NextToken: h.page, IncludeExecutionData: aws.Bool(true),
		})
		if err != nil {
			h.page = nil // tokens are good for a day
			return events, h.stack.Explain(ctx, err)
		}
		for _, e := range out.Events {
			if e.Id > h.seen {
				h.seen = e.Id
				events = append(events, event(e))
			}
		}
		if out.NextToken == nil {
			return events, nil // this page is read again the next time: it may have become longer
		}
		h.page = out.NextToken
	}
}

// event takes of an event's details what it has of them.
func event(e types.HistoryEvent) Event {
	out := Event{Time: aws.ToTime(e.Timestamp), Type: string(e.Type)}
	failed := func(name, cause *string) { out.Error, out.Cause = aws.ToString(name), aws.ToString(cause) }
	if d := e.StateEnteredEventDetails; d != nil {
		out.State, out.Input = aws.ToString(d.Name), aws.ToString(d.Input)
	}
	if d := e.StateExitedEventDetails; d != nil {
		out.State, out.Output = aws.ToString(d.Name), aws.ToString(d.Output)
	}
	if d := e.ExecutionStartedEventDetails; d != nil {
		out.Input = aws.ToString(d.Input)
	}
	if d := e.ExecutionSucceededEventDetails; d != nil {
		out.Output = aws.ToString(d.Output)
	}
	if d := e.ExecutionFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.ExecutionAbortedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.ExecutionTimedOutEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.TaskFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.TaskTimedOutEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.LambdaFunctionFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.LambdaFunctionTimedOutEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.LambdaFunctionScheduleFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.LambdaFunctionStartFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	if d := e.MapRunFailedEventDetails; d != nil {
		failed(d.Error, d.Cause)
	}
	return out
}
