package monitor

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/sns/types"
	"github.com/aws/smithy-go"
)

// SNS publishes to a topic of Amazon SNS. The attributes of a message are SNS's
// message attributes, so that subscriptions can filter by them.
type SNS struct {
	client *sns.Client
	topic  string
}

// How often a message is tried, and how long SNS may be given a rest in between.
const (
	snsAttempts = 5
	snsBackoff  = 3 * time.Second
)

// NewSNS makes a publisher for the topic with an ARN. It sends nothing yet.
func NewSNS(c aws.Config, topic string) *SNS {
	return &SNS{topic: topic, client: sns.NewFromConfig(c, func(o *sns.Options) {
		if c.Retryer == nil {
			o.Retryer = retry.NewStandard(func(o *retry.StandardOptions) { o.MaxAttempts, o.MaxBackoff = snsAttempts, snsBackoff })
		}
	})}
}

// Publish implements Publisher. It tries again what may pass.
func (s *SNS) Publish(ctx context.Context, m Message) error {
	attributes := map[string]types.MessageAttributeValue{}
	for _, a := range m.Attributes() {
		attributes[a.Name] = types.MessageAttributeValue{DataType: aws.String("String"), StringValue: &a.Value}
	}
	_, err := s.client.Publish(ctx, &sns.PublishInput{
		TopicArn: &s.topic, Subject: &m.Subject, Message: &m.Body, MessageAttributes: attributes,
	})
	if err == nil {
		return nil
	}
	// The SDK's errors say the same more than once.
	reason := err.Error()
	var api smithy.APIError
	var operation *smithy.OperationError
	if errors.As(err, &api) {
		reason = api.ErrorCode() + ": " + api.ErrorMessage()
	} else if errors.As(err, &operation) {
		reason = operation.Err.Error()
	}
	return fmt.Errorf("publishing to %s: %s", s.topic, reason)
}
