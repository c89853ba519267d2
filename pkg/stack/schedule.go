package stack

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
)

// Schedule is the rule that starts monitoring runs.
type Schedule struct {
	On         bool
	Expression string // of EventBridge: "rate(1 minute)"
	Input      string // what each run is asked for, as JSON
}

// Schedule looks at the rule.
func (s *Stack) Schedule(ctx context.Context) (Schedule, error) {
	rule, err := s.rule.DescribeRule(ctx, &eventbridge.DescribeRuleInput{Name: &s.Rule})
	if err != nil {
		return Schedule{}, s.Explain(ctx, err)
	}
	targets, err := s.rule.ListTargetsByRule(ctx, &eventbridge.ListTargetsByRuleInput{Rule: &s.Rule})
	if err != nil {
		return Schedule{}, s.Explain(ctx, err)
	}
	found := Schedule{On: rule.State == types.RuleStateEnabled, Expression: aws.ToString(rule.ScheduleExpression)}
	for _, t := range targets.Targets {
		found.Input = aws.ToString(t.Input)
	}
	return found, nil
}

// Switch turns the schedule on or off. The next deployment sets it to what
// salvo.yml says.
func (s *Stack) Switch(ctx context.Context, on bool) error {
	var err error
	if on {
		_, err = s.rule.EnableRule(ctx, &eventbridge.EnableRuleInput{Name: &s.Rule})
	} else {
		_, err = s.rule.DisableRule(ctx, &eventbridge.DisableRuleInput{Name: &s.Rule})
	}
	return s.Explain(ctx, err)
}
