//go:build linux

package edge

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// logEvery is how often output of functions goes to CloudWatch Logs.
const logEvery = 500 * time.Millisecond

// A logWriter sends the output of functions to CloudWatch Logs, as Lambda does: a
// stream for each sandbox, under the function's role. What the role does not
// allow to be written is lost.
type logWriter struct {
	client *cloudwatchlogs.Client
	may    func(ctx context.Context, role, action, group string) (bool, error)
	logf   func(format string, args ...any)

	mu      sync.Mutex
	streams map[*logStream]struct{} // those with lines to send
	stop    chan struct{}
	stopped chan struct{}
}

type logStream struct {
	w                 *logWriter
	group, name, role string
	made              bool
	lines             []types.InputLogEvent
}

func startLogs(client *cloudwatchlogs.Client, may func(ctx context.Context, role, action, group string) (bool, error), logf func(string, ...any)) *logWriter {
	w := &logWriter{client: client, may: may, logf: logf, streams: map[*logStream]struct{}{}, stop: make(chan struct{}), stopped: make(chan struct{})}
	go func() {
		defer close(w.stopped)
		tick := time.NewTicker(logEvery)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				w.send()
			case <-w.stop:
				return
			}
		}
	}()
	return w
}

func (w *logWriter) stream(group, name, role string) *logStream {
	return &logStream{w: w, group: group, name: name, role: role}
}

// say adds a line.
func (s *logStream) say(line string) {
	if line == "" {
		return // CloudWatch Logs takes no empty events
	}
	s.w.mu.Lock()
	defer s.w.mu.Unlock()
	s.lines = append(s.lines, types.InputLogEvent{Message: aws.String(line + "\n"), Timestamp: aws.Int64(time.Now().UnixMilli())})
	s.w.streams[s] = struct{}{}
}

// send sends what has been said since.
func (w *logWriter) send() {
	w.mu.Lock()
	batch := map[*logStream][]types.InputLogEvent{}
	for s := range w.streams {
		batch[s], s.lines = s.lines, nil
	}
	clear(w.streams)
	w.mu.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for s, lines := range batch {
		if err := s.put(ctx, lines); err != nil {
			w.logf("logs of %s: %v", s.group, err)
		}
	}
}

func (s *logStream) put(ctx context.Context, lines []types.InputLogEvent) error {
	if !s.made {
		if err := s.make(ctx); err != nil {
			return err
		}
		s.made = true
	}
	if ok, err := s.w.may(ctx, s.role, "logs:PutLogEvents", s.group); err != nil || !ok {
		return err
	}
	_, err := s.w.client.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: &s.group, LogStreamName: &s.name, LogEvents: lines})
	return err
}

// make makes the stream, and its group if that is not there.
func (s *logStream) make(ctx context.Context) error {
	if ok, err := s.w.may(ctx, s.role, "logs:CreateLogStream", s.group); err != nil || !ok {
		return err
	}
	in := &cloudwatchlogs.CreateLogStreamInput{LogGroupName: &s.group, LogStreamName: &s.name}
	_, err := s.w.client.CreateLogStream(ctx, in)
	var missing *types.ResourceNotFoundException
	if !errors.As(err, &missing) {
		return err
	}
	if ok, err := s.w.may(ctx, s.role, "logs:CreateLogGroup", s.group); err != nil || !ok {
		return err
	}
	if _, err := s.w.client.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: &s.group}); err != nil {
		return err
	}
	_, err = s.w.client.CreateLogStream(ctx, in)
	return err
}

func (w *logWriter) close() {
	close(w.stop)
	<-w.stopped
}
