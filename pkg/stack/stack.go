// Package stack is a deployed stack as the command sees it: it finds the stack,
// starts, follows and stops executions of its state machine, reads its logs, and
// removes it.
//
// It owns the calls to AWS that this takes and what their errors mean to a user:
// see Error. What a run means, and what lies in the bucket, it leaves to others.
// Credentials, region and endpoints come from the SDK's default chain, as the AWS
// CLI has them.
package stack

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"

	"salvo/pkg/job"
)

// attempts is how often a request is sent that AWS throttles, or that gets no
// answer, unless the environment says otherwise.
const attempts = 5

// Options say which stack is meant, and where.
type Options struct {
	Service, Stage string // the stack is called "<service>-<stage>"
	Region         string // "": the one of the default chain
	Profile        string // "": the one of the default chain
}

// Name is what the stack is called.
func (o Options) Name() string { return o.Service + "-" + o.Stage }

// Stack is a deployed stack.
type Stack struct {
	Name   string
	Config aws.Config // for whoever else has to do with the stack's parts

	Account, Region string

	Bucket                       string // that is the store
	StateMachine                 string // its ARN
	Splitter, Worker, Aggregator string // the names of the functions
	Rule                         string // the name of the schedule's rule
	MaxConcurrency               int    // how many workers the plan of a run may have at once
	WorkerMemory                 int    // in MB
	WorkerTimeout                int    // in seconds
	Version                      string // of Salvo, as it was deployed

	id      string // CloudFormation finds a stack by it when it has been removed
	status  types.StackStatus
	problem string // why its outputs cannot be used; "" when they can

	client
}

// client is an account in a region.
type client struct {
	who  *identity
	cfn  *cloudformation.Client
	sfn  *sfn.Client
	fn   *lambda.Client
	logs *cloudwatchlogs.Client
	rule *eventbridge.Client
	s3   *s3.Client
}

// connect reads the configuration and the credentials.
func connect(ctx context.Context, o Options) (aws.Config, *client, error) {
	var with []func(*config.LoadOptions) error
	if o.Region != "" {
		with = append(with, config.WithRegion(o.Region))
	}
	if o.Profile != "" {
		with = append(with, config.WithSharedConfigProfile(o.Profile))
	}
	c, err := config.LoadDefaultConfig(ctx, with...)
	who := &identity{profile: o.Profile, region: c.Region}
	if err != nil {
		return c, nil, who.explain(ctx, err)
	}
	if c.Region == "" {
		return c, nil, &Error{Kind: NoRegion, text: "no AWS region is set; give --region, set `region` in salvo.yml, or set AWS_REGION"}
	}
	if _, err := c.Credentials.Retrieve(ctx); err != nil {
		return c, nil, who.noCredentials(err)
	}
	if c.RetryMaxAttempts == 0 {
		c.RetryMaxAttempts = attempts
	}
	who.config = c
	return c, &client{
		who:  who,
		cfn:  cloudformation.NewFromConfig(c),
		sfn:  sfn.NewFromConfig(c),
		fn:   lambda.NewFromConfig(c),
		logs: cloudwatchlogs.NewFromConfig(c),
		rule: eventbridge.NewFromConfig(c),
		s3:   s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = o.BaseEndpoint != nil }),
	}, nil
}

// Find looks a stack up, in whatever state it is. Its error is an *Error; that of
// a stack that is not there names account and region, and the stacks of Salvo
// that are.
func Find(ctx context.Context, o Options) (*Stack, error) {
	cfg, c, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	name := o.Name()
	found, err := c.describe(ctx, name)
	if err != nil {
		return nil, c.who.explain(ctx, err)
	}
	if found == nil {
		return nil, c.notFound(ctx, name)
	}
	s := &Stack{Name: name, Config: cfg, Region: cfg.Region, id: aws.ToString(found.StackId), status: found.StackStatus, client: *c}
	if parts := strings.Split(s.id, ":"); len(parts) > 4 {
		s.Account = parts[4]
	}
	s.who.account = s.Account
	s.readOutputs(found.Outputs)
	return s, nil
}

// Open is Find of a stack that has all that a deployment makes. A stack that is
// just being updated is one, too: see Ready.
func Open(ctx context.Context, o Options) (*Stack, error) {
	s, err := Find(ctx, o)
	if err != nil {
		return nil, err
	}
	if s.problem != "" {
		return nil, &Error{Kind: NotUsable, text: s.problem}
	}
	return s, nil
}

// describe returns the stack of that name or ID, nil when there is none.
func (c *client) describe(ctx context.Context, name string) (*types.Stack, error) {
	out, err := c.cfn.DescribeStacks(ctx, &cloudformation.DescribeStacksInput{StackName: &name})
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if len(out.Stacks) == 0 {
		return nil, nil
	}
	return &out.Stacks[0], nil
}

// notFound says where the stack was looked for and which stacks are there.
func (c *client) notFound(ctx context.Context, name string) error {
	text := fmt.Sprintf("there is no stack %s in %s", name, c.who.place(ctx))
	if names, err := c.salvoStacks(ctx); err == nil {
		if len(names) == 0 {
			text += ", nor any other of Salvo"
		} else {
			text += "; those of Salvo there: " + strings.Join(names, ", ")
		}
	}
	return &Error{Kind: NotFound, text: text + "; make it with: salvo deploy, or name another with --stage, --region, --profile or `service` in salvo.yml"}
}

// salvoStacks are the names of the stacks that Salvo has deployed.
func (c *client) salvoStacks(ctx context.Context) ([]string, error) {
	var names []string
	pages := cloudformation.NewDescribeStacksPaginator(c.cfn, &cloudformation.DescribeStacksInput{})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, err
		}
		for _, s := range page.Stacks {
			if slices.ContainsFunc(s.Tags, func(t types.Tag) bool { return aws.ToString(t.Key) == job.TagService }) {
				names = append(names, aws.ToString(s.StackName))
			}
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *Stack) readOutputs(outputs []types.Output) {
	values := map[string]string{}
	for _, o := range outputs {
		values[aws.ToString(o.OutputKey)] = aws.ToString(o.OutputValue)
	}
	var missing []string
	text := func(to *string, key string) {
		if *to = values[key]; *to == "" {
			missing = append(missing, key)
		}
	}
	number := func(to *int, key string) {
		n, err := strconv.Atoi(values[key])
		if *to = n; err != nil {
			missing = append(missing, key)
		}
	}
	text(&s.Bucket, job.OutputBucket)
	text(&s.StateMachine, job.OutputStateMachine)
	text(&s.Splitter, job.OutputSplitter)
	text(&s.Worker, job.OutputWorker)
	text(&s.Aggregator, job.OutputAggregator)
	text(&s.Rule, job.OutputScheduleRule)
	number(&s.MaxConcurrency, job.OutputMaxConcurrency)
	number(&s.WorkerMemory, job.OutputWorkerMemory)
	number(&s.WorkerTimeout, job.OutputWorkerTimeout)
	text(&s.Version, job.OutputVersion)
	if len(missing) == 0 {
		return
	}
	s.problem = s.unready()
	if s.problem == "" {
		s.problem = fmt.Sprintf("the stack %s in %s was not deployed by this Salvo: it has no output %s; deploy it again with: salvo deploy, or name another `service` in salvo.yml",
			s.Name, s.where(), strings.Join(missing, ", "))
	}
}

// Ready tells whether runs can be started: not while the stack is being made,
// changed or removed, nor after that went wrong. The error is an *Error.
func (s *Stack) Ready() error {
	if why := s.unready(); why != "" {
		return &Error{Kind: NotUsable, text: why}
	}
	return nil
}

func (s *Stack) unready() string {
	state := string(s.status)
	var why, way string
	switch {
	case s.status == types.StackStatusDeleteInProgress:
		why, way = "is being removed", "wait until it is gone, then make it anew with: salvo deploy"
	case s.status == types.StackStatusDeleteFailed:
		why, way = "was removed in part", "remove the rest with: salvo remove"
	case s.status == types.StackStatusReviewInProgress, s.status == types.StackStatusCreateFailed,
		s.status == types.StackStatusRollbackComplete, s.status == types.StackStatusRollbackFailed:
		why, way = "was never made completely", "remove it with: salvo remove, then make it with: salvo deploy"
	case s.status == types.StackStatusUpdateRollbackFailed, s.status == types.StackStatusUpdateFailed:
		why, way = "is between two deployments", "let CloudFormation continue the rollback in the console, then: salvo deploy"
	case s.status == types.StackStatusUpdateCompleteCleanupInProgress, s.status == types.StackStatusUpdateRollbackCompleteCleanupInProgress:
		return "" // all that is left to do is to remove what has been replaced
	case strings.HasSuffix(state, "_IN_PROGRESS"):
		why, way = "is being deployed", "wait until that has ended"
	default:
		return ""
	}
	return fmt.Sprintf("the stack %s in %s %s (%s); %s", s.Name, s.where(), why, state, way)
}

func (s *Stack) where() string { return "account " + s.Account + ", region " + s.Region }

// Explain says what an error of AWS means, in one line with a way out. Other
// errors, and those that say it already, stay as they are.
func (s *Stack) Explain(ctx context.Context, err error) error { return s.who.explain(ctx, err) }
