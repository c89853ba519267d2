// Package loadtest is what Salvo has on AWS, as a construct for a CDK app in Go:
// the bucket that holds the runs, the three functions, the state machine that
// drives them, the topic for alerts, the schedule of monitoring, alarms and a
// dashboard.
//
// It owns how these look and what each may do. It leaves to settings what a user
// may choose, to statemachine what happens in a run, and to package main of
// infra, or to an app of the user's own, which stacks there are.
//
// Least privilege is kept by hand: every role is written out here, and the tests
// hold it to its exact actions and resources.
package loadtest

import (
	"cmp"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/job"
	"salvo/pkg/settings"
)

// Props says how a LoadTest is to look.
type Props struct {
	Settings *settings.Settings

	// Functions is the folder that `make build` writes the functions to: it
	// holds arm64/worker.zip and the like.
	Functions string

	// Scripts are the scripts that are deployed along, so that a request can
	// name them, by that name.
	Scripts map[string]Script

	// Version of Salvo, for those who look at a stack.
	Version string
}

// LoadTest is the construct.
type LoadTest struct {
	constructs.Construct
	Storage    Storage
	Functions  Functions
	Machine    Machine
	Monitoring Monitoring

	props *Props
}

// NewStack makes the stack `<service>-<stage>` with a LoadTest in it, and the
// outputs that the command salvo finds its parts by.
func NewStack(scope constructs.Construct, p *Props) awscdk.Stack {
	s := p.Settings
	props := &awscdk.StackProps{
		StackName:   jsii.String(s.StackName()),
		Description: jsii.String("Salvo: load tests of " + s.Service + ", stage " + s.Stage),
	}
	if s.Region != "" {
		props.Env = &awscdk.Environment{Region: jsii.String(s.Region)}
	}
	stack := awscdk.NewStack(scope, jsii.String(s.StackName()), props)
	New(stack, "LoadTest", p).Outputs(stack)
	return stack
}

// New makes a LoadTest in a stack. Names of resources begin with the service and
// the stage, so an account can hold one LoadTest of each in a region.
func New(scope constructs.Construct, id string, p *Props) *LoadTest {
	t := &LoadTest{Construct: constructs.NewConstruct(scope, jsii.String(id)), props: p}
	t.Storage = newStorage(t.Construct, p)
	topic := newTopic(t.Construct, p.Settings)
	t.Functions = newFunctions(t.Construct, p, t.Storage, topic)
	t.Machine = newMachine(t.Construct, p, t.Storage, t.Functions)
	t.Monitoring = newMonitoring(t.Construct, p, topic, t.Machine, t.Functions)
	tag(t.Construct, p.Settings)
	bound(t.Construct, p.Settings)
	return t
}

func tag(scope constructs.Construct, s *settings.Settings) {
	tags := awscdk.Tags_Of(scope)
	for key, value := range s.Tags {
		tags.Add(jsii.String(key), jsii.String(value), nil)
	}
	tags.Add(jsii.String(job.TagService), jsii.String(s.Service), nil)
	tags.Add(jsii.String(job.TagStage), jsii.String(s.Stage), nil)
}

// Outputs tells the command salvo where the parts are. A stack of the user's own
// that holds a LoadTest calls it, if `salvo invoke` is to find it there.
func (t *LoadTest) Outputs(stack awscdk.Stack) {
	for _, output := range []struct {
		name  string
		value *string
	}{
		{job.OutputBucket, t.Storage.Bucket.BucketName()},
		{job.OutputStateMachine, t.Machine.ARN},
		{job.OutputSplitter, t.Functions.Splitter.FunctionName()},
		{job.OutputWorker, t.Functions.Worker.FunctionName()},
		{job.OutputAggregator, t.Functions.Aggregator.FunctionName()},
		{job.OutputTopic, t.Monitoring.Topic.TopicArn()},
		{job.OutputScheduleRule, t.Monitoring.Rule.Ref()},
		{job.OutputMaxConcurrency, jsii.String(strconv.Itoa(t.props.Settings.MaxConcurrency))},
		{job.OutputWorkerMemory, jsii.String(strconv.Itoa(t.props.Settings.Worker.Memory))},
		{job.OutputWorkerTimeout, jsii.String(strconv.Itoa(t.props.Settings.Worker.Timeout))},
		{job.OutputVersion, jsii.String(cmp.Or(t.props.Version, "devel"))},
	} {
		awscdk.NewCfnOutput(stack, jsii.String(output.name), &awscdk.CfnOutputProps{Value: output.value})
	}
}
