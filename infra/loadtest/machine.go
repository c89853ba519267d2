package loadtest

import (
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslogs"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsstepfunctions"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/statemachine"
)

// Machine is the state machine that drives a run.
type Machine struct {
	ARN *string

	name string
}

func newMachine(scope constructs.Construct, p *Props, storage Storage, functions Functions) Machine {
	name := p.Settings.StackName()

	// Groups whose names begin so share one resource policy of the account,
	// which otherwise grows with each state machine until it is full.
	group := awslogs.NewLogGroup(scope, jsii.String("MachineLog"), &awslogs.LogGroupProps{
		LogGroupName:  jsii.String("/aws/vendedlogs/states/" + name),
		Retention:     retention(p.Settings),
		RemovalPolicy: awscdk.RemovalPolicy_DESTROY,
	})
	role := newRole(scope, "MachineRole", ours(scope, "states.amazonaws.com"), nil, machineStatements(scope, name, storage, functions))

	// The ARNs are written into the text: emulators of CloudFormation know no
	// DefinitionSubstitutions.
	definition := string(statemachine.Definition)
	for placeholder, fn := range map[string]*string{
		statemachine.SplitterArn:   functions.Splitter.FunctionArn(),
		statemachine.WorkerArn:     functions.Worker.FunctionArn(),
		statemachine.AggregatorArn: functions.Aggregator.FunctionArn(),
	} {
		definition = strings.ReplaceAll(definition, "${"+placeholder+"}", *fn)
	}
	machine := awsstepfunctions.NewCfnStateMachine(scope, jsii.String("Machine"), &awsstepfunctions.CfnStateMachineProps{
		StateMachineName: jsii.String(name),
		StateMachineType: jsii.String("STANDARD"),
		DefinitionString: jsii.String(definition),
		RoleArn:          role.RoleArn(),
		LoggingConfiguration: &awsstepfunctions.CfnStateMachine_LoggingConfigurationProperty{
			// What goes well is in the history of the execution for 90 days. A
			// script inside the input may hold secrets, which a log must not.
			Level:                jsii.String("ERROR"),
			IncludeExecutionData: jsii.Bool(false),
			Destinations: []any{&awsstepfunctions.CfnStateMachine_LogDestinationProperty{
				CloudWatchLogsLogGroup: &awsstepfunctions.CfnStateMachine_CloudWatchLogsLogGroupProperty{LogGroupArn: group.LogGroupArn()},
			}},
		},
		TracingConfiguration: &awsstepfunctions.CfnStateMachine_TracingConfigurationProperty{Enabled: jsii.Bool(true)},
	})
	return Machine{ARN: machine.Ref(), name: name}
}

func machineStatements(scope constructs.Construct, name string, storage Storage, functions Functions) []awsiam.PolicyStatement {
	return []awsiam.PolicyStatement{
		allow([]string{"lambda:InvokeFunction"},
			functions.Splitter.FunctionArn(), functions.Worker.FunctionArn(), functions.Aggregator.FunctionArn()),

		// The distributed Map: an execution of this state machine for each chunk.
		allow([]string{"states:StartExecution"}, arn(scope, "states", "stateMachine:"+name)),
		allow([]string{"states:DescribeExecution", "states:StopExecution"},
			arn(scope, "states", "execution:"+name+":*"), arn(scope, "states", "execution:"+name+"/*")),
		allow([]string{"s3:GetObject"}, storage.objects("runs/*/chunks.json", "runs/*/map/*")...),
		allow([]string{"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}, storage.objects("runs/*/map/*")...),

		// Step Functions sets up the delivery of its logs under this role, and
		// these actions know no resources.
		allow([]string{
			"logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery",
			"logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies", "logs:DescribeLogGroups",
		}, jsii.String(everything)),

		// X-Ray has no resources that these could be for.
		allow([]string{
			"xray:PutTraceSegments", "xray:PutTelemetryRecords", "xray:GetSamplingRules", "xray:GetSamplingTargets",
		}, jsii.String(everything)),
	}
}
