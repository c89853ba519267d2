package stack

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// LogLine is a line that a function wrote.
type LogLine struct {
	Time     time.Time
	Function string // "splitter", "worker" or "aggregator"
	Text     string
	id       string
}

// Logs reads what the functions wrote about a run. Lines come into CloudWatch
// some seconds late and not in order, so Logs remembers which it has given.
type Logs struct {
	stack *Stack
	run   string
	from  time.Time
	given map[string]bool
}

// lateness is how long after it was written a line may still turn up.
const lateness = time.Minute

// Logs begins to read those of a run that started at that time.
func (s *Stack) Logs(run string, start time.Time) *Logs {
	return &Logs{stack: s, run: run, from: start.Add(-time.Second), given: map[string]bool{}}
}

// Next returns the lines that have come since the last call, in the order of
// time. The zero until is now.
func (l *Logs) Next(ctx context.Context, until time.Time) ([]LogLine, error) {
	if until.IsZero() {
		until = time.Now()
	}
	var lines []LogLine
	for _, f := range []struct{ name, function string }{
		{"splitter", l.stack.Splitter}, {"worker", l.stack.Worker}, {"aggregator", l.stack.Aggregator},
	} {
		more, err := l.read(ctx, f.name, "/aws/lambda/"+f.function, until)
		if err != nil {
			return nil, l.stack.Explain(ctx, err)
		}
		lines = append(lines, more...)
	}
	for _, line := range lines {
		l.given[line.id] = true
	}
	if from := until.Add(-lateness); from.After(l.from) {
		l.from = from
	}
	slices.SortStableFunc(lines, func(a, b LogLine) int { return a.Time.Compare(b.Time) })
	return lines, nil
}

func (l *Logs) read(ctx context.Context, name, group string, until time.Time) ([]LogLine, error) {
	var lines []LogLine
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(l.stack.logs, &cloudwatchlogs.FilterLogEventsInput{
		LogGroupName:  &group,
		FilterPattern: aws.String(`"` + l.run + `"`),
		StartTime:     aws.Int64(l.from.UnixMilli()),
		EndTime:       aws.Int64(until.UnixMilli()),
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			return nil, nil // the function has not written anything yet
		}
		if err != nil {
			return nil, err
		}
		for _, e := range page.Events {
			id := cmp.Or(aws.ToString(e.EventId), aws.ToString(e.LogStreamName)+aws.ToString(e.Message))
			if !l.given[id] {
				lines = append(lines, LogLine{time.UnixMilli(aws.ToInt64(e.Timestamp)), name, strings.TrimRight(aws.ToString(e.Message), "\n"), id})
			}
		}
	}
	return lines, nil
}
