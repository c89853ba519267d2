package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
)

// removePoll is how often a removal is looked at.
const removePoll = 2 * time.Second

// Data tells which bucket the stack has, and whether it goes with the stack. The
// bucket is "" when there is none.
func (s *Stack) Data(ctx context.Context) (bucket string, removed bool, err error) {
	resources, err := s.resources(ctx)
	if err != nil {
		return "", false, err
	}
	var logical string
	for _, r := range resources {
		if aws.ToString(r.ResourceType) == "AWS::S3::Bucket" && r.ResourceStatus != types.ResourceStatusDeleteComplete && aws.ToString(r.PhysicalResourceId) != "" {
			bucket, logical = aws.ToString(r.PhysicalResourceId), aws.ToString(r.LogicalResourceId)
		}
	}
	if bucket == "" {
		return "", false, nil
	}
	out, err := s.cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: &s.id})
	if err != nil {
		return "", false, s.Explain(ctx, err)
	}
	var template struct {
		Resources map[string]struct{ DeletionPolicy string }
	}
	if err := json.Unmarshal([]byte(aws.ToString(out.TemplateBody)), &template); err != nil {
		return "", false, fmt.Errorf("reading the template of the stack %s: %w", s.Name, err)
	}
	policy := template.Resources[logical].DeletionPolicy
	return bucket, policy == "" || policy == "Delete", nil
}

// Empty removes everything from a bucket of the stack and returns how many
// objects there were.
func (s *Stack) Empty(ctx context.Context, bucket string) (int, error) {
	n := 0
	pages := s3.NewListObjectsV2Paginator(s.s3, &s3.ListObjectsV2Input{Bucket: &bucket})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return n, s.Explain(ctx, err)
		}
		if len(page.Contents) == 0 {
			continue
		}
		var objects []s3types.ObjectIdentifier
		for _, o := range page.Contents {
			objects = append(objects, s3types.ObjectIdentifier{Key: o.Key})
		}
		out, err := s.s3.DeleteObjects(ctx, &s3.DeleteObjectsInput{Bucket: &bucket, Delete: &s3types.Delete{Objects: objects, Quiet: aws.Bool(true)}})
		if err != nil {
			return n, s.Explain(ctx, err)
		}
		if len(out.Errors) > 0 {
			e := out.Errors[0]
			return n, fmt.Errorf("%s in the bucket %s cannot be removed: %s: %s", aws.ToString(e.Key), bucket, aws.ToString(e.Code), sentence(aws.ToString(e.Message)))
		}
		n += len(objects)
	}
	return n, nil
}

// Remove deletes the stack and waits until it is gone. It tells how many of its
// resources are left whenever that has changed.
func (s *Stack) Remove(ctx context.Context, tell func(left, all int)) error {
	if _, err := s.cfn.DeleteStack(ctx, &cloudformation.DeleteStackInput{StackName: &s.id}); err != nil {
		return s.Explain(ctx, err)
	}
	last := -1
	for {
		found, err := s.describe(ctx, s.id)
		if err != nil {
			return s.Explain(ctx, err)
		}
		if found == nil || found.StackStatus == types.StackStatusDeleteComplete {
			return nil
		}
		resources, err := s.resources(ctx)
		if err != nil {
			return err
		}
		left := 0
		var failed []string
		for _, r := range resources {
			if r.ResourceStatus != types.ResourceStatusDeleteComplete {
				left++
			}
			if r.ResourceStatus == types.ResourceStatusDeleteFailed {
				failed = append(failed, fmt.Sprintf("%s (%s)", aws.ToString(r.LogicalResourceId), sentence(aws.ToString(r.ResourceStatusReason))))
			}
		}
		if found.StackStatus == types.StackStatusDeleteFailed {
			if len(failed) == 0 {
				failed = []string{sentence(aws.ToString(found.StackStatusReason))}
			}
			return &Error{Kind: NotUsable, text: fmt.Sprintf("the stack %s could not be removed: %s; see to that and try again with: salvo remove", s.Name, strings.Join(failed, ", "))}
		}
		if left != last {
			tell(left, len(resources))
			last = left
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(removePoll):
		}
	}
}

func (s *Stack) resources(ctx context.Context) ([]types.StackResourceSummary, error) {
	var all []types.StackResourceSummary
	pages := cloudformation.NewListStackResourcesPaginator(s.cfn, &cloudformation.ListStackResourcesInput{StackName: &s.id})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if isMissing(err) {
			return all, nil
		}
		if err != nil {
			return nil, s.Explain(ctx, err)
		}
		all = append(all, page.StackResourceSummaries...)
	}
	return all, nil
}
