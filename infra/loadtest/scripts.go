package loadtest

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3assets"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/job"
)

// Script is one that is deployed along with a stack.
type Script struct {
	Bundle string // the path of the zip that `salvo bundle` wrote
	File   string // the script's path inside
	SHA256 string // of the zip, in hex
}

// deployedScript is a Script and where it goes: the bucket that `cdk bootstrap`
// makes for files.
type deployedScript struct {
	name   string
	script Script
	asset  awss3assets.Asset
}

func newScripts(scope constructs.Construct, p *Props) []deployedScript {
	var all []deployedScript
	for _, name := range slices.Sorted(maps.Keys(p.Scripts)) {
		s := p.Scripts[name]
		asset := awss3assets.NewAsset(scope, jsii.String("Script "+name), &awss3assets.AssetProps{Path: jsii.String(s.Bundle)})
		all = append(all, deployedScript{name, s, asset})
	}
	return all
}

// deployedJSON is the value of job.EnvScripts.
func deployedJSON(scope constructs.Construct, scripts []deployedScript) *string {
	values := map[string]job.DeployedScript{}
	for _, d := range scripts {
		values[d.name] = job.DeployedScript{
			Bucket: *d.asset.S3BucketName(), Key: *d.asset.S3ObjectKey(), File: d.script.File, SHA256: d.script.SHA256,
		}
	}
	text, err := json.Marshal(values)
	var object map[string]any // what the CDK takes
	if err == nil {
		err = json.Unmarshal(text, &object)
	}
	if err != nil {
		panic(fmt.Sprintf("encoding a map of texts: %v", err)) // it always can be
	}
	// The bucket's name is a token, which CloudFormation resolves inside a text.
	return awscdk.Stack_Of(scope).ToJsonString(object, nil)
}

// deployedStatements let the splitter read exactly the scripts that were deployed.
func deployedStatements(scripts []deployedScript) []awsiam.PolicyStatement {
	if len(scripts) == 0 {
		return nil
	}
	var objects []*string
	for _, d := range scripts {
		objects = append(objects, d.asset.Bucket().ArnForObjects(d.asset.S3ObjectKey()))
	}
	return []awsiam.PolicyStatement{allow([]string{"s3:GetObject"}, objects...)}
}
