package stack

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	logtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"salvo/pkg/job"
	"salvo/test/moto"
)

// machine passes, or waits for an hour when it is asked to.
const machine = `{"StartAt": "Which", "States": {
	"Which": {"Type": "Choice", "Choices": [{"Variable": "$.name", "StringEquals": "wait", "Next": "Wait"}, {"Variable": "$.name", "StringEquals": "fail", "Next": "Fail"}], "Default": "Pass"},
	"Pass": {"Type": "Pass", "End": true},
	"Fail": {"Type": "Fail", "Error": "BudgetExceeded", "Cause": "too many errors"},
	"Wait": {"Type": "Wait", "Seconds": 3600, "End": true}}}`

// startAWS starts moto and points the SDK's default chain to it.
func startAWS(t *testing.T) aws.Config {
	t.Helper()
	c := moto.Config(t)
	bare(t)
	t.Setenv("AWS_ENDPOINT_URL", *c.BaseEndpoint)
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	t.Setenv("AWS_REGION", c.Region)
	resp, err := http.Post(*c.BaseEndpoint+"/moto-api/config", "application/json", bytes.NewReader([]byte(`{"stepfunctions": {"execute_state_machine": true}}`)))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return c
}

// deploy makes a stack of a bucket and a state machine, with the outputs of Salvo's.
// moto's interpreter does not see state machines that CloudFormation has made, so
// there is another of the same name for it.
func deploy(t *testing.T, c aws.Config, name string, outputs map[string]any, policy string) {
	t.Helper()
	made := map[string]any{}
	for key, value := range outputs {
		made[key] = map[string]any{"Value": value}
	}
	template, err := json.Marshal(map[string]any{
		"Resources": map[string]any{
			"TheBucket": map[string]any{"Type": "AWS::S3::Bucket", "DeletionPolicy": policy, "Properties": map[string]any{"BucketName": name + "-bucket"}},
			"Machine": map[string]any{"Type": "AWS::StepFunctions::StateMachine", "Properties": map[string]any{
				"StateMachineName": name, "DefinitionString": machine, "RoleArn": "arn:aws:iam::123456789012:role/machine",
			}},
		},
		"Outputs": made,
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = cloudformation.NewFromConfig(c).CreateStack(t.Context(), &cloudformation.CreateStackInput{
		StackName: &name, TemplateBody: aws.String(string(template)),
		Tags: []types.Tag{{Key: aws.String(job.TagService), Value: aws.String("shop")}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sfn.NewFromConfig(c).CreateStateMachine(t.Context(), &sfn.CreateStateMachineInput{
		Name: &name, Definition: aws.String(machine), RoleArn: aws.String("arn:aws:iam::123456789012:role/machine"),
	})
	if err != nil {
		t.Fatal(err)
	}
}

func outputs() map[string]any {
	return map[string]any{
		job.OutputBucket:         map[string]any{"Ref": "TheBucket"},
		job.OutputStateMachine:   map[string]any{"Ref": "Machine"},
		job.OutputSplitter:       "shop-dev-splitter",
		job.OutputWorker:         "shop-dev-worker",
		job.OutputAggregator:     "shop-dev-aggregator",
		job.OutputMaxConcurrency: "500",
		job.OutputScheduleRule:   "shop-dev-monitoring",
		job.OutputWorkerMemory:   "1769",
		job.OutputWorkerTimeout:  "900",
		job.OutputVersion:        "1.2",
	}
}

func TestStack(t *testing.T) {
	c := startAWS(t)
	ctx := t.Context()

	_, err := Open(ctx, Options{Service: "shop", Stage: "dev"})
	if want := "there is no stack shop-dev in account 123456789012, region eu-central-1, nor any other of Salvo; make it with: salvo deploy"; err == nil || !strings.HasPrefix(err.Error(), want) || KindOf(err) != NotFound {
		t.Errorf("without a stack: %v", err)
	}
	deploy(t, c, "shop-dev", outputs(), "Delete")
	deploy(t, c, "shop-old", map[string]any{"Nothing": "0"}, "Delete")
	_, err = Open(ctx, Options{Service: "shop", Stage: "prod"})
	if err == nil || !strings.Contains(err.Error(), "; those of Salvo there: shop-dev, shop-old; make it with") {
		t.Errorf("with other stacks: %v", err)
	}
	_, err = Open(ctx, Options{Service: "shop", Stage: "old"})
	if err == nil || !strings.Contains(err.Error(), "the stack shop-old in account 123456789012, region eu-central-1 was not deployed by this Salvo: it has no output Bucket, ") || KindOf(err) != NotUsable {
		t.Errorf("a stack of something else: %v", err)
	}

	s, err := Open(ctx, Options{Service: "shop", Stage: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	if s.Bucket != "shop-dev-bucket" || s.Worker != "shop-dev-worker" || s.MaxConcurrency != 500 || s.WorkerMemory != 1769 || s.Version != "1.2" || s.Account != "123456789012" {
		t.Errorf("the stack is %+v", s)
	}
	if err := s.Ready(); err != nil {
		t.Errorf("it is not ready: %v", err)
	}
	t.Run("executions", func(t *testing.T) { testExecutions(t, s) })
	t.Run("logs", func(t *testing.T) { testLogs(t, c, s) })
	t.Run("bootstrapped", func(t *testing.T) {
		ready, place, err := Bootstrapped(ctx, Options{})
		if ready || place != "aws://123456789012/eu-central-1" || err != nil {
			t.Errorf("%v, %s, %v", ready, place, err)
		}
	})
	t.Run("removal", func(t *testing.T) { testRemoval(t, c, s) })
}

func testExecutions(t *testing.T, s *Stack) {
	ctx := t.Context()
	ended := func(run string) Execution {
		for range 600 {
			e, err := s.Describe(ctx, run)
			if err != nil {
				t.Fatal(err)
			}
			if !e.Running() {
				return e
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s does not end", run)
		return Execution{}
	}
	for _, run := range []string{"pass", "fail", "wait"} {
		if err := s.Start(ctx, run, job.Request{Name: run}); err != nil {
			t.Fatal(err)
		}
	}
	if e := ended("pass"); e.Status != Succeeded || e.Error != "" || e.Start.IsZero() || e.End.IsZero() {
		t.Errorf("pass is %+v", e)
	}
	if e := ended("fail"); e.Status != Failed || e.Error != "BudgetExceeded" || e.Cause != "too many errors" {
		t.Errorf("fail is %+v", e)
	}
	if running, err := s.Executions(ctx, 10, true); err != nil || len(running) != 1 || running[0].Run != "wait" || !running[0].Running() {
		t.Errorf("running are %+v, %v", running, err)
	}
	history := s.History("pass")
	events, err := history.Next(ctx)
	if err != nil || !slices.ContainsFunc(events, func(e Event) bool {
		return e.Type == "PassStateEntered" && e.State == "Pass" && strings.Contains(e.Input, `"pass"`)
	}) {
		t.Errorf("the history is %+v, %v", events, err)
	}
	if more, err := history.Next(ctx); len(more) > 0 || err != nil {
		t.Errorf("events come again: %+v, %v", more, err)
	}
	if m, err := s.MapRun(ctx, "pass"); err != nil || m != (MapRun{}) {
		t.Errorf("a run without a distributed Map has %+v, %v", m, err)
	}
	if err := s.Stop(ctx, "wait", job.RunStopped, "killed"); err != nil {
		t.Fatal(err)
	}
	if e := ended("wait"); e.Status != Aborted {
		t.Errorf("wait is %+v", e)
	}
	if all, err := s.Executions(ctx, 2, false); err != nil || len(all) != 2 {
		t.Errorf("two of them are %+v, %v", all, err)
	}
	_, err = s.Describe(ctx, "never")
	if want := "there is no run never on the stack shop-dev in account 123456789012, region eu-central-1; `salvo runs` lists those that are"; err == nil || err.Error() != want || KindOf(err) != NotFound {
		t.Errorf("a run that is not there: %v", err)
	}
	err = s.Start(ctx, "big", job.Request{Overrides: json.RawMessage(`"` + strings.Repeat("x", mostInput) + `"`)})
	if err == nil || !strings.Contains(err.Error(), "Step Functions takes 262144") {
		t.Errorf("a request that is too large: %v", err)
	}
}

func testLogs(t *testing.T, c aws.Config, s *Stack) {
	ctx := t.Context()
	logs := cloudwatchlogs.NewFromConfig(c)
	group, stream := aws.String("/aws/lambda/shop-dev-worker"), aws.String("2026/11/25/[1]abc")
	if _, err := logs.CreateLogGroup(ctx, &cloudwatchlogs.CreateLogGroupInput{LogGroupName: group}); err != nil {
		t.Fatal(err)
	}
	if _, err := logs.CreateLogStream(ctx, &cloudwatchlogs.CreateLogStreamInput{LogGroupName: group, LogStreamName: stream}); err != nil {
		t.Fatal(err)
	}
	write := func(text string) {
		_, err := logs.PutLogEvents(ctx, &cloudwatchlogs.PutLogEventsInput{LogGroupName: group, LogStreamName: stream, LogEvents: []logtypes.InputLogEvent{
			{Message: aws.String(text), Timestamp: aws.Int64(time.Now().UnixMilli())},
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	read := s.Logs("run-1", time.Now())
	write(`{"msg":"hello","run":"run-1"}` + "\n")
	write(`{"msg":"of another","run":"run-2"}`)
	lines, err := read.Next(ctx, time.Time{})
	if err != nil || len(lines) != 1 || lines[0].Text != `{"msg":"hello","run":"run-1"}` || lines[0].Function != "worker" {
		t.Errorf("lines %+v, %v", lines, err)
	}
	write(`{"msg":"goodbye","run":"run-1"}`)
	lines, err = read.Next(ctx, time.Now().Add(time.Second))
	if err != nil || len(lines) != 1 || !strings.Contains(lines[0].Text, "goodbye") {
		t.Errorf("then lines %+v, %v", lines, err)
	}
}

func testRemoval(t *testing.T, c aws.Config, s *Stack) {
	ctx := t.Context()
	files := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })
	for _, key := range []string{"runs/r1/plan.json", "bundles/x.zip"} {
		if _, err := files.PutObject(ctx, &s3.PutObjectInput{Bucket: &s.Bucket, Key: &key, Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	bucket, goes, err := s.Data(ctx)
	if bucket != "shop-dev-bucket" || !goes || err != nil {
		t.Errorf("its data: %s, %v, %v", bucket, goes, err)
	}
	if n, err := s.Empty(ctx, bucket); n != 2 || err != nil {
		t.Errorf("emptied of %d objects, %v", n, err)
	}
	if err := s.Remove(ctx, func(int, int) {}); err != nil {
		t.Fatal(err)
	}
	if _, err := Find(ctx, Options{Service: "shop", Stage: "dev"}); KindOf(err) != NotFound {
		t.Errorf("it is still there: %v", err)
	}
	deploy(t, c, "kept-dev", outputs(), "Retain")
	kept, err := Open(ctx, Options{Service: "kept", Stage: "dev"})
	if err != nil {
		t.Fatal(err)
	}
	if _, goes, err := kept.Data(ctx); goes || err != nil {
		t.Errorf("a bucket that stays: %v, %v", goes, err)
	}
}

func TestReady(t *testing.T) {
	for _, test := range []struct {
		status types.StackStatus
		want   string
	}{
		{types.StackStatusCreateComplete, ""},
		{types.StackStatusUpdateComplete, ""},
		{types.StackStatusUpdateRollbackComplete, ""},
		{types.StackStatusUpdateCompleteCleanupInProgress, ""},
		{types.StackStatusCreateInProgress, "is being deployed (CREATE_IN_PROGRESS); wait until that has ended"},
		{types.StackStatusUpdateInProgress, "is being deployed (UPDATE_IN_PROGRESS); wait until that has ended"},
		{types.StackStatusRollbackComplete, "was never made completely (ROLLBACK_COMPLETE); remove it with: salvo remove, then make it with: salvo deploy"},
		{types.StackStatusDeleteInProgress, "is being removed (DELETE_IN_PROGRESS); wait until it is gone, then make it anew with: salvo deploy"},
		{types.StackStatusDeleteFailed, "was removed in part (DELETE_FAILED); remove the rest with: salvo remove"},
		{types.StackStatusUpdateRollbackFailed, "is between two deployments (UPDATE_ROLLBACK_FAILED); let CloudFormation continue the rollback in the console, then: salvo deploy"},
	} {
		t.Run(string(test.status), func(t *testing.T) {
			s := &Stack{Name: "shop-dev", Account: "1", Region: "eu-west-1", status: test.status}
			got := ""
			if err := s.Ready(); err != nil {
				got = err.Error()
			}
			if test.want != "" {
				test.want = "the stack shop-dev in account 1, region eu-west-1 " + test.want
			}
			if got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
