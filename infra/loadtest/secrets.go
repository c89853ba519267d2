package loadtest

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/settings"
)

// secretsJSON is the value of job.EnvSecrets.
func secretsJSON(s *settings.Settings) *string {
	refs := map[string]string{}
	for name, secret := range s.Secrets {
		refs[name] = secret.String()
	}
	text, err := json.Marshal(refs)
	if err != nil {
		panic(fmt.Sprintf("encoding a map of texts: %v", err)) // it always can be
	}
	return jsii.String(string(text))
}

// secretStatements let a step read exactly the secrets that the settings name.
func secretStatements(scope constructs.Construct, s *settings.Settings) []awsiam.PolicyStatement {
	var parameters, secrets []*string
	for _, name := range s.SecretNames() {
		switch secret := s.Secrets[name]; secret.Service {
		case settings.SSM:
			parameters = append(parameters, arn(scope, "ssm", "parameter/"+strings.TrimPrefix(secret.Name, "/")))
		case settings.SecretsManager:
			secrets = append(secrets, secretARN(scope, secret.Name))
		}
	}
	var statements []awsiam.PolicyStatement
	if len(parameters) > 0 {
		statements = append(statements,
			allow([]string{"ssm:GetParameter", "ssm:GetParameters"}, parameters...),
			allowDecrypt(scope, "ssm", "PARAMETER_ARN", parameters))
	}
	if len(secrets) > 0 {
		statements = append(statements,
			allow([]string{"secretsmanager:GetSecretValue"}, secrets...),
			allowDecrypt(scope, "secretsmanager", "SecretARN", secrets))
	}
	return statements
}

// secretARN is of a secret that is named by its ARN, or by its name: then its
// ARN ends with six letters that only Secrets Manager knows.
func secretARN(scope constructs.Construct, name string) *string {
	if strings.HasPrefix(name, "arn:") {
		return jsii.String(name)
	}
	return arn(scope, "secretsmanager", "secret:"+name+"-??????")
}

// allowDecrypt lets a step read the secrets that are encrypted with a key of the
// account's own. Which key that is, the settings do not say; so it may be any,
// but only for a value whose ARN KMS is told, and through the service that keeps
// it.
func allowDecrypt(scope constructs.Construct, service, context string, arns []*string) awsiam.PolicyStatement {
	region := *awscdk.Stack_Of(scope).Region()
	return awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Actions:   jsii.Strings("kms:Decrypt"),
		Resources: &[]*string{arn(scope, "kms", "key/*")},
		Conditions: &map[string]any{
			"StringEquals": map[string]any{"kms:ViaService": service + "." + region + ".amazonaws.com"},
			"StringLike":   map[string]any{"kms:EncryptionContext:" + context: arns},
		},
	})
}
