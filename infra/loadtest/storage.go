package loadtest

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awss3"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"
)

// How long the bucket keeps what is in it. A run refers to its bundle, so
// bundles stay longer.
const (
	runsExpireAfter    = 30 // days
	bundlesExpireAfter = 60
)

// Storage is the bucket that the steps know as their store.
type Storage struct {
	Bucket awss3.Bucket
}

func newStorage(scope constructs.Construct, p *Props) Storage {
	removal := awscdk.RemovalPolicy_RETAIN
	if p.Settings.RemoveData {
		// CloudFormation removes only a bucket that is empty; `salvo remove`
		// empties it first. A custom resource that does it would be one more
		// function that may delete everything.
		removal = awscdk.RemovalPolicy_DESTROY
	}
	expire := func(prefix string, days float64) *awss3.LifecycleRule {
		return &awss3.LifecycleRule{
			Id:                                  jsii.String("expire-" + prefix),
			Prefix:                              jsii.String(prefix + "/"),
			Expiration:                          awscdk.Duration_Days(jsii.Number(days)),
			AbortIncompleteMultipartUploadAfter: awscdk.Duration_Days(jsii.Number(1)),
		}
	}
	return Storage{awss3.NewBucket(scope, jsii.String("Bucket"), &awss3.BucketProps{
		BlockPublicAccess: awss3.BlockPublicAccess_BLOCK_ALL(),
		ObjectOwnership:   awss3.ObjectOwnership_BUCKET_OWNER_ENFORCED,
		Encryption:        awss3.BucketEncryption_S3_MANAGED,
		EnforceSSL:        jsii.Bool(true),
		Versioned:         jsii.Bool(false), // what has expired is to be gone
		LifecycleRules:    &[]*awss3.LifecycleRule{expire("runs", runsExpireAfter), expire("bundles", bundlesExpireAfter)},
		RemovalPolicy:     removal,
	})}
}

// objects are the ARNs of the bucket's objects under some keys, which may have
// the wildcard *.
func (s Storage) objects(keys ...string) []*string {
	arns := make([]*string, len(keys))
	for i, key := range keys {
		arns[i] = s.Bucket.ArnForObjects(jsii.String(key))
	}
	return arns
}
