package loadtest

import (
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/settings"
)

// attach puts a function into a network of the user's. The CDK's own way needs
// the VPC's ID and availability zones besides, which the function does not.
func attach(fn awslambda.Function, v *settings.VPC) {
	fn.Node().DefaultChild().(awslambda.CfnFunction).SetVpcConfig(&awslambda.CfnFunction_VpcConfigProperty{
		SubnetIds:        jsii.Strings(v.Subnets...),
		SecurityGroupIds: jsii.Strings(v.SecurityGroups...),
	})
}

// networkStatements let Lambda make the network interfaces of the worker, which it does
// under the worker's role. The worker itself, and so a script's processor, may
// not.
func networkStatements(scope constructs.Construct, s *settings.Settings) []awsiam.PolicyStatement {
	if s.VPC == nil {
		return nil
	}
	change := []string{
		"ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
		"ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses",
	}
	look := []string{"ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"}
	return []awsiam.PolicyStatement{
		// Lambda asks for all kinds of resources: the interface is made in a
		// subnet, with a security group.
		allow(change, arn(scope, "ec2", "*/*")),
		// EC2 has no resources for what only describes.
		allow(look, jsii.String(everything)),
		awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
			Effect:    awsiam.Effect_DENY,
			Actions:   jsii.Strings(append(change, look...)...),
			Resources: jsii.Strings(everything),
			Conditions: &map[string]any{"ArnEquals": map[string]any{
				"lambda:SourceFunctionArn": arn(scope, "lambda", "function:"+s.StackName()+"-worker"),
			}},
		}),
	}
}
