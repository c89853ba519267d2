package loadtest

import (
	"maps"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/job"
	"salvo/pkg/settings"
)

// The splitter and the aggregator have the memory of one whole vCPU and all the
// time there is: a plan of many payload rows and a run of thousands of results
// take both. They run once or twice a run.
const (
	stepMemory  = 1769 // MB
	stepTimeout = 900  // seconds
)

// Functions are the three steps.
type Functions struct {
	Splitter, Worker, Aggregator awslambda.Function
}

func newFunctions(scope constructs.Construct, p *Props, storage Storage, topic awssns.Topic) Functions {
	s := p.Settings
	deployed := newScripts(scope, p)

	// What each step is given: the bucket, what scripts see as $env, and for
	// those that run or check scripts the secrets.
	worker := map[string]*string{job.EnvBucket: storage.Bucket.BucketName()}
	for name, value := range s.Environment {
		worker[name] = jsii.String(value)
	}
	aggregator := maps.Clone(worker)
	aggregator[job.EnvTopic] = topic.TopicArn()
	aggregator[job.EnvMonitoring] = monitoringJSON(s)
	aggregator[job.EnvService], aggregator[job.EnvStage] = jsii.String(s.Service), jsii.String(s.Stage)
	if len(s.Secrets) > 0 {
		worker[job.EnvSecrets] = secretsJSON(s)
	}
	splitter := maps.Clone(worker)
	splitter[job.EnvWorkerTimeout] = jsii.String(strconv.Itoa(s.Worker.Timeout))
	splitter[job.EnvMaxConcurrency] = jsii.String(strconv.Itoa(s.MaxConcurrency))
	if len(deployed) > 0 {
		splitter[job.EnvScripts] = deployedJSON(scope, deployed)
	}

	return Functions{
		Splitter: newFunction(scope, p, function{
			name:        "splitter",
			description: "Checks a script, plans its load and says how to fan out",
			memory:      stepMemory,
			timeout:     stepTimeout,
			environment: splitter,
			statements: slices.Concat(
				splitterStatements(storage),
				deployedStatements(deployed),
				secretStatements(scope, s),
			),
		}),
		Worker: newFunction(scope, p, function{
			name:        "worker",
			description: "Generates the load of one chunk, or runs a section of the script",
			memory:      s.Worker.Memory,
			timeout:     s.Worker.Timeout,
			reserved:    s.Worker.ReservedConcurrency,
			environment: worker,
			statements: slices.Concat(
				workerStatements(storage),
				secretStatements(scope, s),
				networkStatements(scope, s),
				userStatements(s),
			),
			managed: s.ManagedPolicies,
			network: s.VPC,
		}),
		Aggregator: newFunction(scope, p, function{
			name:        "aggregator",
			description: "Merges what the workers measured, judges the run and writes its report",
			memory:      stepMemory,
			timeout:     stepTimeout,
			environment: aggregator,
			statements:  append(aggregatorStatements(storage), allow([]string{"sns:Publish"}, topic.TopicArn())),
		}),
	}
}

// function is what the three differ in.
type function struct {
	name, description         string
	memory, timeout, reserved int
	environment               map[string]*string
	statements                []awsiam.PolicyStatement
	managed                   []string
	network                   *settings.VPC
}

func newFunction(scope constructs.Construct, p *Props, f function) awslambda.Function {
	s := p.Settings
	id := map[string]string{"splitter": "Splitter", "worker": "Worker", "aggregator": "Aggregator"}[f.name]
	name := s.StackName() + "-" + f.name

	// The group is made here and not by Lambda, whose logs would stay for ever.
	group := awslogs.NewLogGroup(scope, jsii.String(id+"Log"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/lambda/" + name),
		Retention:     retention(s),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	statements := append(f.statements,
		allow([]string{"logs:CreateLogStream", "logs:PutLogEvents"}, group.LogGroupArn()),
		// X-Ray has no resources that these could be for.
		allow([]string{"xray:PutTraceSegments", "xray:PutTelemetryRecords"}, jsii.String(everything)),
	)
	role := newRole(scope, id+"Role", awsiam.NewServicePrincipal(jsii.String("lambda.amazonaws.com"), nil), f.managed, statements)

	architecture := awslambda.Architecture_ARM_64()
	if s.Architecture == settings.X86 {
		architecture = awslambda.Architecture_X86_64()
	}
	props := &awslambda.FunctionProps{
		FunctionName: jsii.String(name),
		Description:  jsii.String(f.description),
		Runtime:      awslambda.Runtime_PROVIDED_AL2023(),
		Handler:      jsii.String("bootstrap"),
		Code:         awslambda.Code_FromAsset(jsii.String(filepath.Join(p.Functions, zipFolder(s), f.name+".zip")), nil),
		Architecture: architecture,
		MemorySize:   jsii.Number(float64(f.memory)),
		Timeout:      awscdk.Duration_Seconds(jsii.Number(float64(f.timeout))),
		Environment:  &f.environment,
		LogGroup:     group,
		Tracing:      awslambda.Tracing_ACTIVE,
		// The role is complete; the CDK shall add nothing to it.
		Role: role.WithoutPolicyUpdates(nil),
	}
	if f.reserved > 0 {
		props.ReservedConcurrentExecutions = jsii.Number(float64(f.reserved))
	}
	fn := awslambda.NewFunction(scope, jsii.String(id), props)
	// The CDK has the function wait for its role, which the role's ARN does already.
	fn.Node().DefaultChild().(awslambda.CfnFunction).AddDeletionOverride(jsii.String("DependsOn"))
	if f.network != nil {
		attach(fn, f.network)
	}
	return fn
}

// retention is the setting, as the CDK names the values that CloudWatch knows.
func retention(s *settings.Settings) awslogs.RetentionDays {
	return map[int]awslogs.RetentionDays{
		1: awslogs.RetentionDays_ONE_DAY, 3: awslogs.RetentionDays_THREE_DAYS, 5: awslogs.RetentionDays_FIVE_DAYS,
		7: awslogs.RetentionDays_ONE_WEEK, 14: awslogs.RetentionDays_TWO_WEEKS, 30: awslogs.RetentionDays_ONE_MONTH,
		60: awslogs.RetentionDays_TWO_MONTHS, 90: awslogs.RetentionDays_THREE_MONTHS, 120: awslogs.RetentionDays_FOUR_MONTHS,
		150: awslogs.RetentionDays_FIVE_MONTHS, 180: awslogs.RetentionDays_SIX_MONTHS, 365: awslogs.RetentionDays_ONE_YEAR,
		400: awslogs.RetentionDays_THIRTEEN_MONTHS, 545: awslogs.RetentionDays_EIGHTEEN_MONTHS, 731: awslogs.RetentionDays_TWO_YEARS,
		1096: awslogs.RetentionDays_THREE_YEARS, 1827: awslogs.RetentionDays_FIVE_YEARS, 2192: awslogs.RetentionDays_SIX_YEARS,
		2557: awslogs.RetentionDays_SEVEN_YEARS, 2922: awslogs.RetentionDays_EIGHT_YEARS, 3288: awslogs.RetentionDays_NINE_YEARS,
		3653: awslogs.RetentionDays_TEN_YEARS,
	}[s.LogRetention]
}

// The statements below are what each step does to the bucket, by the keys of
// package job. A key that is asked for and absent is told from one that is
// forbidden only to those who may list it: hence the prefixes that nobody lists.

func splitterStatements(s Storage) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"s3:GetObject"}, s.objects("bundles/*", "runs/*/request.json", "runs/*/plan.json")...),
		allow([]string{"s3:PutObject", "s3:AbortMultipartUpload"},
			s.objects("bundles/*", "runs/*/request.json", "runs/*/script.json", "runs/*/plan.json", "runs/*/chunks.json")...),
		allowList(s, "bundles/*"),
	}
}

func workerStatements(s Storage) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"s3:GetObject"}, s.objects("bundles/*",
			"runs/*/request.json", "runs/*/script.json", "runs/*/plan.json", "runs/*/before.json",
			"runs/*/lease/*", "runs/*/partial/*", "runs/*/results/*", "runs/*/stop")...),
		allow([]string{"s3:PutObject", "s3:AbortMultipartUpload"},
			s.objects("runs/*/before.json", "runs/*/lease/*", "runs/*/partial/*", "runs/*/results/*", "runs/*/sections/*")...),
		allowList(s, "runs/*"),
	}
}

func aggregatorStatements(s Storage) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"s3:GetObject"}, s.objects("runs/*/request.json", "runs/*/script.json", "runs/*/plan.json", "runs/*/chunks.json",
			"runs/*/partial/*", "runs/*/results/*", "runs/*/sections/*", "runs/*/stop", "monitors/*")...),
		allow([]string{"s3:PutObject", "s3:AbortMultipartUpload"}, s.objects("runs/*/report.json", "runs/*/report.html", "monitors/*")...),
		allowList(s, "runs/*", "monitors/*"),
	}
}

// allowList lets a step list the keys that begin like one of these. A request for one
// absent object names no prefix; "IfExists" lets S3 answer it with 404 all the
// same, where it would otherwise say 403. (The store would then look at the listing.)
func allowList(s Storage, prefixes ...string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:    jsii.Strings("s3:ListBucket"),
		Resources:  &[]*string{s.Bucket.BucketArn()},
		Conditions: &map[string]any{"StringLikeIfExists": map[string]any{"s3:prefix": prefixes}},
	})
}

// userStatements are those of the settings.
func userStatements(s *settings.Settings) []awsiam.PolicyStatement {
	var statements []awsiam.PolicyStatement
	for _, u := range s.Statements {
		effect := awsiam.Effect_ALLOW
		if u.Effect == "Deny" {
			effect = awsiam.Effect_DENY
		}
		statements = append(statements, awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect: effect, Actions: jsii.Strings(u.Actions...), Resources: jsii.Strings(u.Resources...),
		}))
	}
	return statements
}
