package loadtest

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/job"
)

const (
	secretsRead = "ssm:GetParameter ssm:GetParameters: arn:${AWS::Partition}:ssm:eu-west-1:${AWS::AccountId}:parameter/shop/key"
	anywhere    = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
)

// TestRoles holds each role to what it may do, in full.
func TestRoles(t *testing.T) {
	tests := []struct {
		role string
		want []string
	}{
		{"SplitterRole", []string{
			"s3:GetObject: ${Bucket.Arn}/bundles/* ${Bucket.Arn}/runs/*/plan.json ${Bucket.Arn}/runs/*/request.json",
			"s3:AbortMultipartUpload s3:PutObject: ${Bucket.Arn}/bundles/* ${Bucket.Arn}/runs/*/chunks.json ${Bucket.Arn}/runs/*/plan.json ${Bucket.Arn}/runs/*/request.json ${Bucket.Arn}/runs/*/script.json",
			`s3:ListBucket: ${Bucket.Arn} if {"StringLikeIfExists":{"s3:prefix":["bundles/*"]}}`,
			"logs:CreateLogStream logs:PutLogEvents: ${SplitterLog.Arn}",
			"xray:PutTelemetryRecords xray:PutTraceSegments: *",
		}},
		{"WorkerRole", []string{
			"s3:GetObject: ${Bucket.Arn}/bundles/* ${Bucket.Arn}/runs/*/before.json ${Bucket.Arn}/runs/*/lease/* ${Bucket.Arn}/runs/*/partial/* ${Bucket.Arn}/runs/*/plan.json ${Bucket.Arn}/runs/*/request.json ${Bucket.Arn}/runs/*/results/* ${Bucket.Arn}/runs/*/script.json ${Bucket.Arn}/runs/*/stop",
			"s3:AbortMultipartUpload s3:PutObject: ${Bucket.Arn}/runs/*/before.json ${Bucket.Arn}/runs/*/lease/* ${Bucket.Arn}/runs/*/partial/* ${Bucket.Arn}/runs/*/results/* ${Bucket.Arn}/runs/*/sections/*",
			`s3:ListBucket: ${Bucket.Arn} if {"StringLikeIfExists":{"s3:prefix":["runs/*"]}}`,
			"logs:CreateLogStream logs:PutLogEvents: ${WorkerLog.Arn}",
			"xray:PutTelemetryRecords xray:PutTraceSegments: *",
		}},
		{"AggregatorRole", []string{
			"s3:GetObject: ${Bucket.Arn}/monitors/* ${Bucket.Arn}/runs/*/chunks.json ${Bucket.Arn}/runs/*/partial/* ${Bucket.Arn}/runs/*/plan.json ${Bucket.Arn}/runs/*/request.json ${Bucket.Arn}/runs/*/results/* ${Bucket.Arn}/runs/*/script.json ${Bucket.Arn}/runs/*/sections/* ${Bucket.Arn}/runs/*/stop",
			"s3:AbortMultipartUpload s3:PutObject: ${Bucket.Arn}/monitors/* ${Bucket.Arn}/runs/*/report.html ${Bucket.Arn}/runs/*/report.json",
			`s3:ListBucket: ${Bucket.Arn} if {"StringLikeIfExists":{"s3:prefix":["runs/*","monitors/*"]}}`,
			"sns:Publish: ${Alerts}",
			"logs:CreateLogStream logs:PutLogEvents: ${AggregatorLog.Arn}",
			"xray:PutTelemetryRecords xray:PutTraceSegments: *",
		}},
		{"MachineRole", []string{
			"lambda:InvokeFunction: ${Aggregator.Arn} ${Splitter.Arn} ${Worker.Arn}",
			"states:StartExecution: " + anywhere + "stateMachine:salvo-dev",
			"states:DescribeExecution states:StopExecution: " + anywhere + "execution:salvo-dev/* " + anywhere + "execution:salvo-dev:*",
			"s3:GetObject: ${Bucket.Arn}/runs/*/chunks.json ${Bucket.Arn}/runs/*/map/*",
			"s3:AbortMultipartUpload s3:ListMultipartUploadParts s3:PutObject: ${Bucket.Arn}/runs/*/map/*",
			"logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery: *",
			"xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments: *",
		}},
		{"ScheduleRole", []string{"states:StartExecution: ${Machine}"}},
	}
	x := synth(t, "")
	for _, test := range tests {
		t.Run(test.role, func(t *testing.T) {
			same(t, "statements", strings.Join(x.statements(t, test.role), "\n"), strings.Join(test.want, "\n"))
		})
	}
	if n := len(x.all("AWS::IAM::Role")); n != len(tests) {
		t.Errorf("%d roles", n)
	}
}

// everywhere lists what may be done to every resource, because AWS has no other
// way: X-Ray and the delivery of logs know no resources, nor does looking at network
// interfaces, which Lambda's own policy has so; the Deny is for what is wider than it
// has to be.
var everywhere = []string{
	"xray:PutTelemetryRecords xray:PutTraceSegments",
	"xray:GetSamplingRules xray:GetSamplingTargets xray:PutTelemetryRecords xray:PutTraceSegments",
	"logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery",
	"ec2:DescribeNetworkInterfaces ec2:DescribeSubnets",
	"Deny ec2:AssignPrivateIpAddresses ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:DescribeNetworkInterfaces ec2:DescribeSubnets ec2:UnassignPrivateIpAddresses",
}

func TestNothingIsAllowedEverywhere(t *testing.T) {
	for _, text := range []string{"", everySetting} {
		x := synth(t, text)
		for role := range x.all("AWS::IAM::Role") {
			for _, s := range x.statements(t, role) {
				actions, resources, _ := strings.Cut(s, ": ")
				resources, _, _ = strings.Cut(resources, " if ")
				if resources == "*" && !slices.Contains(everywhere, actions) {
					t.Errorf("%s: %s", role, s)
				}
				if strings.Contains(actions, "*") {
					t.Errorf("%s: all of a service's actions: %s", role, s)
				}
			}
		}
	}
}

func TestWorkerRoleBySettings(t *testing.T) {
	x := synth(t, everySetting)
	worker := x.statements(t, "WorkerRole")
	for _, want := range []string{
		secretsRead,
		"secretsmanager:GetSecretValue: arn:${AWS::Partition}:secretsmanager:eu-west-1:${AWS::AccountId}:secret:shop/login-?????? arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-AbCdEf",
		"ec2:AssignPrivateIpAddresses ec2:CreateNetworkInterface ec2:DeleteNetworkInterface ec2:UnassignPrivateIpAddresses: arn:${AWS::Partition}:ec2:eu-west-1:${AWS::AccountId}:*/*",
		"sqs:SendMessage: arn:aws:sqs:eu-west-1:123456789012:orders",
	} {
		if !slices.Contains(worker, want) {
			t.Errorf("no %s in\n%s", want, strings.Join(worker, "\n"))
		}
	}
	// The splitter checks scripts with their secrets; the aggregator has no use for them.
	if !slices.Contains(x.statements(t, "SplitterRole"), secretsRead) || slices.Contains(x.statements(t, "AggregatorRole"), secretsRead) {
		t.Error("secrets are read by others than splitter and worker")
	}
	for name, r := range x.all("AWS::IAM::Role") {
		same(t, name+" permissions boundary", r.Properties["PermissionsBoundary"], "arn:aws:iam::123456789012:policy/boundary")
		managed := "<nil>"
		if strings.Contains(name, "Worker") {
			managed = "[arn:aws:iam::123456789012:policy/extra]"
		}
		if got := r.Properties["ManagedPolicyArns"]; managed == "<nil>" && got != nil || managed != "<nil>" {
			same(t, name+" managed policies", got, managed)
		}
	}
}

func TestBucket(t *testing.T) {
	for settings, policy := range map[string]string{"": "Retain", everySetting: "Delete"} {
		x := synth(t, settings)
		b := x.one(t, "AWS::S3::Bucket", "Bucket")
		same(t, "deletion", b.DeletionPolicy, policy)
		access := b.Properties["PublicAccessBlockConfiguration"].(map[string]any)
		for _, key := range []string{"BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"} {
			same(t, key, access[key], true)
		}
		if b.Properties["BucketEncryption"] == nil {
			t.Error("the bucket is not encrypted")
		}
		if v := b.Properties["VersioningConfiguration"]; v != nil {
			t.Errorf("versions are kept: %v", v)
		}
		expires := map[string]bool{}
		for _, rule := range b.Properties["LifecycleConfiguration"].(map[string]any)["Rules"].([]any) {
			rule := rule.(map[string]any)
			if rule["Status"] == "Enabled" && rule["ExpirationInDays"] != nil {
				expires[text(rule["Prefix"])] = true
			}
		}
		if !expires["runs/"] || !expires["bundles/"] {
			t.Errorf("what expires: %v", expires)
		}
		data, err := json.Marshal(x.one(t, "AWS::S3::BucketPolicy", "").Properties)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(data), `"Deny"`) || !strings.Contains(string(data), `"aws:SecureTransport":"false"`) {
			t.Errorf("the bucket's policy: %s", data)
		}
	}
}

func TestFunctions(t *testing.T) {
	tests := []struct {
		name, settings string
		want           map[string]string
	}{
		{"Splitter", "", map[string]string{"MemorySize": "1769", "Timeout": "900", "Runtime": "provided.al2023", "Handler": "bootstrap", "Architectures": `["arm64"]`, "TracingConfig": `{"Mode":"Active"}`,
			"Environment": `{"Variables":{"SALVO_BUCKET":{"Ref":"LoadTestBucketDAA4B229"},"SALVO_MAX_CONCURRENCY":"1000","SALVO_WORKER_TIMEOUT":"900"}}`}},
		{"Worker", "", map[string]string{"MemorySize": "1769", "Timeout": "900", "FunctionName": "salvo-dev-worker", "VpcConfig": "null", "ReservedConcurrentExecutions": "null",
			"Environment": `{"Variables":{"SALVO_BUCKET":{"Ref":"LoadTestBucketDAA4B229"}}}`}},
		{"Aggregator", "", map[string]string{"MemorySize": "1769", "Timeout": "900",
			"Environment": `{"Variables":{"SALVO_BUCKET":{"Ref":"LoadTestBucketDAA4B229"},"SALVO_MONITORING":"{\"alerts\":{\"repeatEvery\":60,\"after\":1,\"of\":0}}","SALVO_SERVICE":"salvo","SALVO_STAGE":"dev","SALVO_TOPIC":{"Ref":"LoadTestAlertsC295721C"}}}`}},
		{"Worker", everySetting, map[string]string{"MemorySize": "3538", "Timeout": "600", "Architectures": `["x86_64"]`, "ReservedConcurrentExecutions": "200", "FunctionName": "shop-prod-worker",
			"VpcConfig":   `{"SecurityGroupIds":["sg-0123456789abcdef0"],"SubnetIds":["subnet-0123456789abcdef0"]}`,
			"Environment": `{"Variables":{"REGION_NAME":"Frankfurt","SALVO_BUCKET":{"Ref":"LoadTestBucketDAA4B229"},"SALVO_SECRETS":"{\"API_KEY\":\"ssm:/shop/key\",\"PASSWORD\":\"secretsmanager:shop/login#password\",\"WHOLE\":\"secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-AbCdEf\"}"}}`}},
		{"Aggregator", everySetting, map[string]string{"VpcConfig": "null", "ReservedConcurrentExecutions": "null"}},
	}
	for _, test := range tests {
		x := synth(t, test.settings)
		var f resource
		for name, r := range x.all("AWS::Lambda::Function") {
			if short(name) == test.name {
				f = r
			}
		}
		for key, want := range test.want {
			got, err := json.Marshal(f.Properties[key])
			if err != nil {
				t.Fatal(err)
			}
			same(t, test.name+" "+key, strings.Trim(string(got), `"`), want)
		}
	}
	// The scripts that are deployed along: what a request calls them, and where they lie.
	for name, r := range synth(t, everySetting).all("AWS::Lambda::Function") {
		env := r.Properties["Environment"].(map[string]any)["Variables"].(map[string]any)
		scripts := text(env[job.EnvScripts])
		if short(name) != "Splitter" {
			if env[job.EnvScripts] != nil {
				t.Errorf("%s has %s", name, scripts)
			}
			continue
		}
		for _, part := range []string{`"health.yml":{"bucket":"cdk-hnb659fds-assets-${AWS::AccountId}-eu-west-1"`, `"file":"tests/health.yml"`, `"more.yml":`} {
			if !strings.Contains(scripts, part) {
				t.Errorf("no %s in %s", part, scripts)
			}
		}
	}
}

func TestLogs(t *testing.T) {
	for text, days := range map[string]int{"": 30, everySetting: 7} {
		groups := synth(t, text).all("AWS::Logs::LogGroup")
		if len(groups) != 4 {
			t.Errorf("%d log groups", len(groups))
		}
		for name, g := range groups {
			same(t, name, g.Properties["RetentionInDays"], days)
			same(t, name, g.DeletionPolicy, "Delete")
		}
	}
}

func TestStateMachine(t *testing.T) {
	m := synth(t, "").one(t, "AWS::StepFunctions::StateMachine", "Machine").Properties
	definition := text(m["DefinitionString"])
	var states struct {
		States map[string]struct{ Resource string }
	}
	if err := json.Unmarshal([]byte(definition), &states); err != nil {
		t.Fatal(err)
	}
	for state, want := range map[string]string{"Split": "${Splitter.Arn}", "Before": "${Worker.Arn}", "Aggregate": "${Aggregator.Arn}"} {
		same(t, state, states.States[state].Resource, want)
	}
	logging := m["LoggingConfiguration"].(map[string]any)
	same(t, "level", logging["Level"], "ERROR")
	same(t, "data in the log", logging["IncludeExecutionData"], false)
	same(t, "tracing", text(m["TracingConfiguration"]), `{"Enabled":true}`)
	same(t, "type", m["StateMachineType"], "STANDARD")
}

func TestSchedule(t *testing.T) {
	tests := []struct{ name, settings, state, schedule, script string }{
		{"off", "", "DISABLED", "rate(1 minute)", "script.yml"},
		{"on", everySetting, "ENABLED", "rate(5 minutes)", "health.yml"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := synth(t, test.settings).one(t, "AWS::Events::Rule", "Schedule").Properties
			same(t, "state", r["State"], test.state)
			same(t, "schedule", r["ScheduleExpression"], test.schedule)
			targets := r["Targets"].([]any)
			if len(targets) != 1 {
				t.Fatalf("targets %v", targets)
			}
			target := targets[0].(map[string]any)
			same(t, "target", text(target["Arn"]), "${Machine}")
			same(t, "role", text(target["RoleArn"]), "${ScheduleRole.Arn}")
			same(t, "input", target["Input"], `{">>":"`+test.script+`","mode":"monitoring"}`)
		})
	}
}

func TestTopic(t *testing.T) {
	x := synth(t, everySetting)
	var got []string
	for _, s := range x.all("AWS::SNS::Subscription") {
		same(t, "topic", text(s.Properties["TopicArn"]), "${Alerts}")
		got = append(got, text(s.Properties["Protocol"])+" "+text(s.Properties["Endpoint"]))
	}
	slices.Sort(got)
	same(t, "subscriptions", strings.Join(got, "\n"), strings.Join([]string{
		"application arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/app/0123", "email on-call@example.com", "email-json robot@example.com",
		"firehose arn:aws:firehose:eu-west-1:123456789012:deliverystream/alerts", "http http://example.com/alerts", "https https://example.com/alerts",
		"lambda arn:aws:lambda:eu-west-1:123456789012:function:alerts", "sms +4915112345678", "sqs arn:aws:sqs:eu-west-1:123456789012:alerts",
	}, "\n"))
	policy := text(x.one(t, "AWS::SNS::TopicPolicy", "").Properties["PolicyDocument"])
	if !strings.Contains(policy, `"aws:SecureTransport":"false"`) || !strings.Contains(policy, `cloudwatch.amazonaws.com`) {
		t.Errorf("the topic's policy: %s", policy)
	}
}

func TestAlarms(t *testing.T) {
	for settings, want := range map[string][]string{
		"":           {"salvo-dev-runs-failed", "salvo-dev-runs-timed-out", "salvo-dev-workers-throttled"},
		everySetting: {"shop-prod-monitoring-stopped", "shop-prod-runs-failed", "shop-prod-runs-timed-out", "shop-prod-workers-throttled"},
	} {
		x := synth(t, settings)
		var got []string
		for _, a := range x.all("AWS::CloudWatch::Alarm") {
			got = append(got, text(a.Properties["AlarmName"]))
			action := "${Alerts}"
			if strings.HasSuffix(text(a.Properties["AlarmName"]), "-runs-failed") {
				action = "null" // it would say again what is said otherwise
			}
			same(t, "action", strings.Join(texts(a.Properties["AlarmActions"]), " "), action)
		}
		slices.Sort(got)
		same(t, "alarms", got, want)
		board := text(x.one(t, "AWS::CloudWatch::Dashboard", "").Properties["DashboardBody"])
		for _, part := range []string{"ExecutionsFailed", "availability", "errorBudgetLeft", "latencyP95", "burnRate1h"} {
			if !strings.Contains(board, part) {
				t.Errorf("no %s in the dashboard %s", part, board)
			}
		}
	}
}

func TestOutputsAndTags(t *testing.T) {
	x := synth(t, everySetting)
	got := map[string]string{}
	for name, o := range x.Outputs {
		got[name] = text(o.Value)
	}
	want := map[string]string{
		job.OutputBucket: "${Bucket}", job.OutputStateMachine: "${Machine}", job.OutputSplitter: "${Splitter}", job.OutputWorker: "${Worker}",
		job.OutputAggregator: "${Aggregator}", job.OutputTopic: "${Alerts}", job.OutputScheduleRule: "${Schedule}",
		job.OutputMaxConcurrency: "200", job.OutputWorkerMemory: "3538", job.OutputWorkerTimeout: "600", job.OutputVersion: "v1",
	}
	for _, name := range slices.Sorted(maps.Keys(want)) {
		same(t, "output "+name, got[name], want[name])
	}
	if len(got) != len(want) {
		t.Errorf("outputs %v", got)
	}
	tags := text(x.one(t, "AWS::S3::Bucket", "").Properties["Tags"])
	for _, part := range []string{`{"Key":"salvo:service","Value":"shop"}`, `{"Key":"salvo:stage","Value":"prod"}`, `{"Key":"team","Value":"shop"}`} {
		if !strings.Contains(tags, part) {
			t.Errorf("no %s in %s", part, tags)
		}
	}
}

// TestLint holds the templates against what AWS documents of its resources.
func TestLint(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a program that make tools installs")
	}
	lint, err := filepath.Abs("../../.tools/venv/bin/cfn-lint")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(lint); err != nil {
		t.Fatalf("%v; make tools installs it", err)
	}
	for name, settings := range map[string]string{"defaults": "", "every setting": everySetting} {
		file := filepath.Join(t.TempDir(), "template.json")
		if err := os.WriteFile(file, templateJSON(t, settings), 0o644); err != nil {
			t.Fatal(err)
		}
		if out, err := exec.Command(lint, file).CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// TestApp runs the app as the CDK does.
func TestApp(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a program")
	}
	app := filepath.Join(t.TempDir(), "app")
	if out, err := exec.Command("go", "build", "-o", app, "salvo/infra").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	tests := []struct {
		name, settings string
		functions      bool
		env            []string
		fault          string
	}{
		{"the defaults", "", true, nil, ""},
		{"another stage", "service: shop\n", true, []string{"SALVO_STAGE=live"}, ""},
		{"a fault in the settings", "servise: shop\n", true, nil, "salvo.yml:1:1: unknown key `servise`; did you mean `service`?"},
		{"no functions", "", false, nil, "the functions for arm64 are not in dist"},
		{"a script without its bundle", "scripts: [a.yml]\n", true, nil, "deploy with `salvo deploy`"},
		{"monitoring that nobody hears", "monitoring: {enabled: true}\n", true, nil, "nobody would hear of it"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			dir := t.TempDir()
			if test.functions {
				for _, name := range []string{"splitter", "worker", "aggregator"} {
					writeZip(t, filepath.Join(dir, "dist", "arm64", name+".zip"), "bootstrap", "")
				}
			}
			if test.settings != "" {
				if err := os.WriteFile(filepath.Join(dir, "salvo.yml"), []byte(test.settings), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			cmd := exec.Command(app)
			cmd.Dir = dir
			cmd.Env = append(append(os.Environ(), "CDK_OUTDIR="+filepath.Join(dir, "out")), test.env...)
			out, err := cmd.CombinedOutput()
			if test.fault != "" {
				if err == nil || !strings.Contains(string(out), test.fault) {
					t.Errorf("%v\n%s", err, out)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			if made, err := filepath.Glob(filepath.Join(dir, "out", "*.template.json")); err != nil || len(made) != 1 {
				t.Errorf("templates %q, %v", made, err)
			}
		})
	}
}

// TestMonitoringStopped: the alarm goes by what the aggregator writes of monitoring
// runs, and no value is as bad as none.
func TestMonitoringStopped(t *testing.T) {
	a := synth(t, everySetting).one(t, "AWS::CloudWatch::Alarm", "MonitoringStopped").Properties
	for key, want := range map[string]string{
		"Namespace": "Salvo", "MetricName": "samples", "Statistic": "SampleCount", "TreatMissingData": "breaching",
		"ComparisonOperator": "LessThanThreshold", "Period": "300", "EvaluationPeriods": "3",
		"Dimensions": `[{"Name":"monitor","Value":"health.yml"},{"Name":"service","Value":"shop"},{"Name":"stage","Value":"prod"}]`,
	} {
		same(t, key, text(a[key]), want)
	}
}
