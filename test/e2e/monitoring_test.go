//go:build linux

package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"salvo/pkg/job"
)

// monitored plays a schedule: a run that finds nothing, two that find what is
// monitored down, one that finds it up again, and one that cannot run. A queue that
// is subscribed to the topic hears of it once each.
func monitored(t *testing.T, c *cloud, shop *target) {
	heard := c.subscribe(t)
	scheduled := c.scheduled(t)
	if scheduled != `{">>":"monitored.yml","mode":"monitoring"}` {
		t.Fatalf("the schedule asks for %s", scheduled)
	}

	for _, step := range []struct {
		name  string
		down  bool
		error string
		said  string // the beginning of the subject; "" for nothing
	}{
		{"up", false, "", ""},
		{"down", true, job.BudgetExceeded, "Alert: monitoring failure: scenarios run: 5, total errors: 5, error budget: 4"},
		{"still down", true, job.BudgetExceeded, ""},
		{"up again", false, "", "Recovered: "},
	} {
		shop.down.Store(step.down)
		end := c.execute(t, scheduled)
		if aws.ToString(end.Error) != step.error {
			t.Fatalf("%s: error %s: %s", step.name, aws.ToString(end.Error), aws.ToString(end.Cause))
		}
		var got []notification
		for _, n := range heard() {
			if !strings.HasPrefix(n.Subject, "Page: ") && !strings.HasPrefix(n.Subject, "Ticket: ") {
				got = append(got, n)
			}
		}
		switch {
		case step.said == "" && len(got) > 0, step.said != "" && len(got) != 1:
			t.Fatalf("%s: heard %+v", step.name, got)
		case step.said == "":
			continue
		}
		n := got[0]
		if !strings.HasPrefix(n.Subject, step.said) {
			t.Errorf("%s: heard %s", step.name, n.Subject)
		}
		for name, want := range map[string]string{"service": "shop", "stage": "test", "monitor": "monitored.yml"} {
			if n.MessageAttributes[name].Value != want {
				t.Errorf("%s: attribute %s is %q", step.name, name, n.MessageAttributes[name].Value)
			}
		}
		if step.down {
			for _, line := range []string{"Alert:\n  monitoring failure: ", "\n\nLogs:\nFull analysis:\n{\n", `  "errors": 5,`, `"Failed match: expected=true got=false expression=$.ok": 5`, `  "errorMessage": "monitoring failure: `} {
				if !strings.Contains(n.Message, line) {
					t.Errorf("no %q in\n%s", line, n.Message)
				}
			}
		}
	}

	end := c.execute(t, `{">>": "nowhere.yml", "mode": "monitoring"}`)
	if aws.ToString(end.Error) != job.SplitFailed {
		t.Errorf("a script that is not there: %s: %s", aws.ToString(end.Error), aws.ToString(end.Cause))
	}
	if got := heard(); len(got) != 1 || got[0].MessageAttributes["verdict"].Value != "broken" || !strings.Contains(got[0].Message, "nowhere.yml") {
		t.Errorf("heard %+v", got)
	}

	stdout, _ := c.salvo(t, 0, "slo", "monitored.yml")
	if !strings.Contains(stdout, "monitored.yml: 99 % over 30 days") || !strings.Contains(stdout, "20 samples, 10 bad") {
		t.Errorf("slo: %s", stdout)
	}
	for _, what := range []struct{ do, is string }{{"status", "on"}, {"off", "off"}, {"status", "off"}, {"on", "on"}} {
		stdout, _ = c.salvo(t, 0, "monitor", what.do)
		if stdout != "monitoring of the stack shop-test is "+what.is+": monitored.yml, rate(1 minute)\n" {
			t.Errorf("monitor %s: %s", what.do, stdout)
		}
	}
	// CloudWatch makes metrics of lines like this one.
	client := cloudwatchlogs.NewFromConfig(c.awsConfig())
	eventually(t, "metrics in the log", 20*time.Second, func() bool {
		out, err := client.FilterLogEvents(t.Context(), &cloudwatchlogs.FilterLogEventsInput{LogGroupName: aws.String("/aws/lambda/shop-test-aggregator"), FilterPattern: aws.String(`"CloudWatchMetrics"`)})
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range out.Events {
			if strings.Contains(aws.ToString(e.Message), `"monitor":"monitored.yml"`) && strings.Contains(aws.ToString(e.Message), `"availability":0`) {
				return true
			}
		}
		return false
	})
}

// notification is what SNS puts into a queue.
type notification struct {
	Subject, Message  string
	MessageAttributes map[string]struct{ Value string }
}

// subscribe makes a queue that the alerts go to; moto makes no subscriptions of a
// template. What it returns takes what has come.
func (c *cloud) subscribe(t *testing.T) func() []notification {
	t.Helper()
	queues := sqs.NewFromConfig(c.awsConfig())
	queue, err := queues.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: aws.String("alerts")})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sns.NewFromConfig(c.awsConfig()).Subscribe(t.Context(), &sns.SubscribeInput{
		TopicArn: aws.String(c.output(t, job.OutputTopic)), Protocol: aws.String("sqs"), Endpoint: aws.String("arn:aws:sqs:eu-west-1:123456789012:alerts"),
	})
	if err != nil {
		t.Fatal(err)
	}
	return func() []notification {
		t.Helper()
		var all []notification
		for {
			out, err := queues.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{QueueUrl: queue.QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
			if err != nil {
				t.Fatal(err)
			}
			if len(out.Messages) == 0 {
				return all
			}
			for _, m := range out.Messages {
				var n notification
				if err := json.Unmarshal([]byte(aws.ToString(m.Body)), &n); err != nil {
					t.Fatalf("%v: %s", err, aws.ToString(m.Body))
				}
				all = append(all, n)
				if _, err := queues.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: queue.QueueUrl, ReceiptHandle: m.ReceiptHandle}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// scheduled is what the rule of the schedule asks for.
func (c *cloud) scheduled(t *testing.T) string {
	t.Helper()
	out, err := eventbridge.NewFromConfig(c.awsConfig()).ListTargetsByRule(t.Context(), &eventbridge.ListTargetsByRuleInput{Rule: aws.String(c.output(t, job.OutputScheduleRule))})
	if err != nil || len(out.Targets) != 1 {
		t.Fatalf("targets %+v, %v", out, err)
	}
	return aws.ToString(out.Targets[0].Input)
}

// execute starts an execution as the schedule and the console do, and waits for its end.
func (c *cloud) execute(t *testing.T, input string) (end *sfn.DescribeExecutionOutput) {
	t.Helper()
	client := sfn.NewFromConfig(c.awsConfig())
	name := fmt.Sprintf("by-hand-%d", time.Now().UnixNano()) // moto makes up none
	out, err := client.StartExecution(t.Context(), &sfn.StartExecutionInput{StateMachineArn: aws.String(c.output(t, job.OutputStateMachine)), Name: &name, Input: &input})
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the execution's end", time.Minute, func() bool {
		end, err = client.DescribeExecution(t.Context(), &sfn.DescribeExecutionInput{ExecutionArn: out.ExecutionArn})
		if err != nil {
			t.Fatal(err)
		}
		return end.Status != types.ExecutionStatusRunning
	})
	return end
}
