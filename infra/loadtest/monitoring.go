package loadtest

import (
	"encoding/json"
	"fmt"
	"path"
	"strings"
	"time"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatch"
	"github.com/aws/aws-cdk-go/awscdk/v2/awscloudwatchactions"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsevents"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/aws-cdk-go/awscdk/v2/interfaces/interfacesawscloudwatch"
	"github.com/aws/constructs-go/constructs/v10"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/job"
	"salvo/pkg/settings"
)

// Monitoring is what starts runs on a schedule, and what speaks up.
type Monitoring struct {
	Topic awssns.Topic
	Rule  awsevents.CfnRule
}

func newMonitoring(scope constructs.Construct, p *Props, topic awssns.Topic, machine Machine, functions Functions) Monitoring {
	m := Monitoring{
		Topic: topic,
		Rule:  newRule(scope, p.Settings, machine),
	}
	alarms := newAlarms(scope, p.Settings, m.Topic, machine, functions)
	newDashboard(scope, p.Settings, machine, functions, alarms)
	return m
}

// newTopic is where alerts go. It is not encrypted at rest: alarms cannot
// publish to a topic that the key of SNS itself encrypts.
func newTopic(scope constructs.Construct, s *settings.Settings) awssns.Topic {
	topic := awssns.NewTopic(scope, jsii.String("Alerts"), &awssns.TopicProps{
		TopicName:   jsii.String(s.StackName() + "-alerts"),
		DisplayName: jsii.String("Salvo " + s.StackName()),
		EnforceSSL:  jsii.Bool(true),
	})
	topic.AddToResourcePolicy(awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
		Sid:        jsii.String("AlarmsPublish"),
		Principals: &[]awsiam.IPrincipal{awsiam.NewServicePrincipal(jsii.String("cloudwatch.amazonaws.com"), nil)},
		Actions:    jsii.Strings("sns:Publish"),
		Resources:  &[]*string{topic.TopicArn()},
		Conditions: &map[string]any{"ArnLike": map[string]any{
			"aws:SourceArn": arn(scope, "cloudwatch", "alarm:"+s.StackName()+"-*"),
		}},
	}))
	for i, subscription := range s.Monitoring.Subscriptions {
		subscribe(scope, fmt.Sprintf("Subscription%d", i), topic, subscription)
	}
	return topic
}

// monitoringJSON is the value of job.EnvMonitoring.
func monitoringJSON(s *settings.Settings) *string {
	value := map[string]any{"alerts": s.Monitoring.Alerts}
	if o := s.Monitoring.SLO; o != nil {
		value["slo"] = map[string]any{"objective": o.Objective, "window": fmt.Sprintf("%dd", o.WindowDays)}
	}
	text, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("encoding settings: %v", err)) // they always can be
	}
	return jsii.String(string(text))
}

func subscribe(scope constructs.Construct, id string, topic awssns.Topic, s settings.Subscription) {
	props := &awssns.CfnSubscriptionProps{
		TopicArn: topic.TopicArn(),
		Protocol: jsii.String(s.Protocol),
		Endpoint: jsii.String(s.Endpoint),
	}
	if s.Role != "" {
		props.SubscriptionRoleArn = jsii.String(s.Role)
	}
	awssns.NewCfnSubscription(scope, jsii.String(id), props)
	if s.Protocol == "lambda" {
		awslambda.NewCfnPermission(scope, jsii.String(id+"Permission"), &awslambda.CfnPermissionProps{
			Action:       jsii.String("lambda:InvokeFunction"),
			FunctionName: jsii.String(s.Endpoint),
			Principal:    jsii.String("sns.amazonaws.com"),
			SourceArn:    topic.TopicArn(),
		})
	}
}

// newRule starts the script of monitoring. It is there also while monitoring is
// off, so that turning it on is a change of one word.
func newRule(scope constructs.Construct, s *settings.Settings, machine Machine) awsevents.CfnRule {
	state := "DISABLED"
	if s.Monitoring.Enabled {
		state = "ENABLED"
	}
	var input strings.Builder
	encoder := json.NewEncoder(&input)
	encoder.SetEscapeHTML(false) // people read it in the console
	if err := encoder.Encode(map[string]string{">>": s.Monitoring.Script, "mode": "monitoring"}); err != nil {
		panic(fmt.Sprintf("encoding a map of texts: %v", err)) // it always can be
	}
	role := newRole(scope, "ScheduleRole", ours(scope, "events.amazonaws.com"), nil,
		[]awsiam.PolicyStatement{allow([]string{"states:StartExecution"}, machine.ARN)})
	return awsevents.NewCfnRule(scope, jsii.String("Schedule"), &awsevents.CfnRuleProps{
		Name:               jsii.String(s.StackName() + "-monitoring"),
		Description:        jsii.String("Starts the monitoring runs of Salvo"),
		ScheduleExpression: jsii.String(s.Monitoring.Schedule),
		State:              jsii.String(state),
		Targets: []any{&awsevents.CfnRule_TargetProperty{
			Id: jsii.String("statemachine"), Arn: machine.ARN, RoleArn: role.RoleArn(), Input: jsii.String(strings.TrimSpace(input.String())),
		}},
	})
}

func (m Machine) metric(name, label string) awscloudwatch.Metric {
	return awscloudwatch.NewMetric(&awscloudwatch.MetricProps{
		Namespace:     jsii.String("AWS/States"),
		MetricName:    jsii.String(name),
		Label:         jsii.String(label),
		DimensionsMap: &map[string]*string{"StateMachineArn": m.ARN},
		Statistic:     jsii.String("Sum"),
		Period:        awscdk.Duration_Minutes(jsii.Number(5)),
	})
}

func sum(minutes float64) *awscloudwatch.MetricOptions {
	return &awscloudwatch.MetricOptions{Statistic: jsii.String("Sum"), Period: awscdk.Duration_Minutes(jsii.Number(minutes))}
}

// newAlarms speak to the topic, but for the one about failed runs: whoever starts a
// run is told how it ended, and of monitoring runs the aggregator alerts. It is on the
// dashboard. Those about executions count the chunks of a distributed Map as well,
// which are executions too.
func newAlarms(scope constructs.Construct, s *settings.Settings, topic awssns.Topic, machine Machine, functions Functions) []interfacesawscloudwatch.IAlarmRef {
	action := awscloudwatchactions.NewSnsAction(topic)
	alarm := func(id, name, description string, metric awscloudwatch.IMetric, p awscloudwatch.AlarmProps) interfacesawscloudwatch.IAlarmRef {
		p.AlarmName = jsii.String(s.StackName() + "-" + name)
		p.AlarmDescription = jsii.String(description)
		p.Metric = metric
		a := awscloudwatch.NewAlarm(scope, jsii.String(id), &p)
		if id != "RunsFailed" {
			a.AddAlarmAction(action)
		}
		// The dashboard names it by its name: emulators of CloudFormation know alarms
		// only so.
		return awscloudwatch.Alarm_FromAlarmArn(scope, jsii.String(id+"Shown"), arn(scope, "cloudwatch", "alarm:"+*p.AlarmName))
	}
	some := awscloudwatch.AlarmProps{
		Threshold:          jsii.Number(1),
		ComparisonOperator: awscloudwatch.ComparisonOperator_GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
		EvaluationPeriods:  jsii.Number(1),
		TreatMissingData:   awscloudwatch.TreatMissingData_NOT_BREACHING,
	}
	alarms := []interfacesawscloudwatch.IAlarmRef{
		alarm("RunsFailed", "runs-failed", "A load test failed; the error of its execution says why.",
			machine.metric("ExecutionsFailed", "failed"), some),
		alarm("RunsTimedOut", "runs-timed-out", "A load test did not come to its end.",
			machine.metric("ExecutionsTimedOut", "timed out"), some),
		alarm("WorkersThrottled", "workers-throttled", "Lambda ran fewer workers than a load test needed, so load was late or missing. Ask for more concurrency, or lower maxConcurrency.",
			functions.Worker.MetricThrottles(sum(5)), some),
	}
	if window := quiet(s.Monitoring.Schedule); s.Monitoring.Enabled && window.periods > 0 {
		// A run that could not run has a value, too: it alerts by itself.
		ended := monitored(s, job.MetricSamples, "", "SampleCount").With(&awscloudwatch.MetricOptions{
			Period: awscdk.Duration_Minutes(jsii.Number(window.period.Minutes())),
		})
		alarms = append(alarms, alarm("MonitoringStopped", "monitoring-stopped", "No monitoring run ended for longer than monitoring ever pauses.",
			ended, awscloudwatch.AlarmProps{
				Threshold:          jsii.Number(1),
				ComparisonOperator: awscloudwatch.ComparisonOperator_LESS_THAN_THRESHOLD,
				EvaluationPeriods:  jsii.Number(float64(window.periods)),
				TreatMissingData:   awscloudwatch.TreatMissingData_BREACHING,
			}))
	}
	return alarms
}

// monitored is a metric that the aggregator makes of the runs of monitoring's script.
func monitored(s *settings.Settings, name, label, statistic string) awscloudwatch.Metric {
	props := &awscloudwatch.MetricProps{
		Namespace:  jsii.String(job.MetricNamespace),
		MetricName: jsii.String(name),
		Statistic:  jsii.String(statistic),
		Period:     awscdk.Duration_Minutes(jsii.Number(5)),
		DimensionsMap: &map[string]*string{
			job.DimensionService: jsii.String(s.Service), job.DimensionStage: jsii.String(s.Stage),
			job.DimensionMonitor: jsii.String(job.MonitorID(path.Clean(s.Monitoring.Script))),
		},
	}
	if label != "" {
		props.Label = &label
	}
	return awscloudwatch.NewMetric(props)
}

// byScenario is a metric of each scenario of monitoring's script, whatever they are
// called.
func byScenario(s *settings.Settings, name string) awscloudwatch.IMetric {
	schema := strings.Join([]string{job.MetricNamespace, job.DimensionMonitor, job.DimensionScenario, job.DimensionService, job.DimensionStage}, ",")
	search := fmt.Sprintf(`SEARCH('{%s} MetricName="%s" %s="%s" %s="%s"', 'Average', 300)`,
		schema, name, job.DimensionService, s.Service, job.DimensionStage, s.Stage)
	return awscloudwatch.NewMathExpression(&awscloudwatch.MathExpressionProps{
		Expression: jsii.String(search), UsingMetrics: &map[string]awscloudwatch.IMetric{}, Label: jsii.String(""),
	})
}

func newDashboard(scope constructs.Construct, s *settings.Settings, machine Machine, functions Functions, alarms []interfacesawscloudwatch.IAlarmRef) {
	graph := func(title string, metrics ...awscloudwatch.IMetric) awscloudwatch.IWidget {
		return awscloudwatch.NewGraphWidget(&awscloudwatch.GraphWidgetProps{
			Title: jsii.String(title), Left: &metrics, Width: jsii.Number(12), Height: jsii.Number(6),
		})
	}
	awscloudwatch.NewDashboard(scope, jsii.String("Dashboard"), &awscloudwatch.DashboardProps{
		DashboardName: jsii.String(s.StackName()),
		Widgets: &[]*[]awscloudwatch.IWidget{
			{awscloudwatch.NewAlarmStatusWidget(&awscloudwatch.AlarmStatusWidgetProps{
				Title: jsii.String("Alarms"), Alarms: &alarms, Width: jsii.Number(24), Height: jsii.Number(3),
			})},
			{
				graph("Monitoring: availability and error budget left, percent",
					monitored(s, job.MetricAvailability, "availability", "Average"), monitored(s, job.MetricBudgetLeft, "error budget left", "Average")),
				graph("Monitoring: response time by scenario, p95, milliseconds", byScenario(s, job.MetricLatencyP95)),
			},
			{
				graph("Monitoring: samples and errors",
					monitored(s, job.MetricSamples, "samples", "Sum"), monitored(s, job.MetricErrors, "errors", "Sum")),
				graph("Monitoring: burn rate of the error budget",
					monitored(s, job.MetricBurnRate1h, "1 hour", "Maximum"), monitored(s, job.MetricBurnRate6h, "6 hours", "Maximum"), monitored(s, job.MetricBurnRate3d, "3 days", "Maximum")),
			},
			{
				graph("Executions: runs, and chunks of large runs",
					machine.metric("ExecutionsStarted", "started"), machine.metric("ExecutionsSucceeded", "succeeded"),
					machine.metric("ExecutionsFailed", "failed"), machine.metric("ExecutionsTimedOut", "timed out"),
					machine.metric("ExecutionsAborted", "stopped")),
				graph("Workers at once", functions.Worker.Metric(jsii.String("ConcurrentExecutions"),
					&awscloudwatch.MetricOptions{Statistic: jsii.String("Maximum"), Period: awscdk.Duration_Minutes(jsii.Number(1))})),
			},
			{
				graph("Workers: calls, errors, throttles",
					functions.Worker.MetricInvocations(sum(1)), functions.Worker.MetricErrors(sum(1)), functions.Worker.MetricThrottles(sum(1))),
				graph("Splitter and aggregator: errors",
					functions.Splitter.MetricErrors(sum(5)), functions.Aggregator.MetricErrors(sum(5))),
			},
		},
	})
}

// silence is a time without a run, as an alarm measures it.
type silence struct {
	period  time.Duration
	periods int
}

// quiet is how long no run may start before monitoring must have stopped: three times
// its interval, and 15 minutes at least. An alarm looks back on seven days at
// most. They stand for any cron expression; a longer rate is not watched.
func quiet(schedule string) silence {
	const day = 24 * time.Hour
	var n int
	var unit string
	if _, err := fmt.Sscanf(schedule, "rate(%d %s", &n, &unit); err != nil {
		return silence{day, 7}
	}
	interval := time.Duration(n) * map[byte]time.Duration{'m': time.Minute, 'h': time.Hour, 'd': day}[unit[0]]
	switch {
	case interval <= 5*time.Minute:
		return silence{5 * time.Minute, 3}
	case interval <= 8*time.Hour:
		return silence{3 * interval, 1}
	case interval < 7*day:
		return silence{day, 7}
	default:
		return silence{}
	}
}
