package loadtest

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/settings"
)

// everything is for actions that AWS knows no resources for. Whoever uses it
// says so, and the tests list them all.
const everything = "*"

func allow(actions []string, resources ...*string) awsiam.PolicyStatement {
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{Actions: jsii.Strings(actions...), Resources: &resources})
}

// newRole is a role for a service with one policy. The policy is part of the role and
// not a resource beside it, so what takes the role finds it complete.
func newRole(scope constructs.Construct, id string, principal awsiam.IPrincipal, managed []string, statements []awsiam.PolicyStatement) awsiam.Role {
	props := &awsiam.RoleProps{
		AssumedBy: principal,
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"salvo": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &statements}),
		},
	}
	var policies []awsiam.IManagedPolicy
	for _, arn := range managed {
		policies = append(policies, awsiam.ManagedPolicy_FromManagedPolicyArn(scope, jsii.String(id+arn), jsii.String(arn)))
	}
	if len(policies) > 0 {
		props.ManagedPolicies = &policies
	}
	return awsiam.NewRole(scope, jsii.String(id), props)
}

// ours is a service that takes a role only on behalf of this account: others
// could otherwise make it act with the role.
func ours(scope constructs.Construct, service string) awsiam.IPrincipal {
	return awsiam.NewServicePrincipal(jsii.String(service), &awsiam.ServicePrincipalOpts{
		Conditions: &map[string]any{"StringEquals": map[string]any{"aws:SourceAccount": awscdk.Stack_Of(scope).Account()}},
	})
}

// bound puts the permissions boundary on every role.
func bound(scope constructs.Construct, s *settings.Settings) {
	if s.PermissionsBoundary != "" {
		policy := awsiam.ManagedPolicy_FromManagedPolicyArn(scope, jsii.String("PermissionsBoundary"), jsii.String(s.PermissionsBoundary))
		awsiam.PermissionsBoundary_Of(scope).Apply(policy)
	}
}

// arn is of a resource in the stack's own account and region.
func arn(scope constructs.Construct, service, resource string) *string {
	stack := awscdk.Stack_Of(scope)
	return jsii.String("arn:" + *stack.Partition() + ":" + service + ":" + *stack.Region() + ":" + *stack.Account() + ":" + resource)
}
