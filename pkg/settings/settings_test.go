package settings

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestRead(t *testing.T) {
	tests := []struct {
		name, text string
		check      func(s *Settings) bool
	}{
		{"nothing", "", func(s *Settings) bool {
			return s.Service == "salvo" && s.Stage == "dev" && s.StackName() == "salvo-dev"
		}},
		{"only comments", "# later\n", func(s *Settings) bool { return s.Worker == Worker{Memory: 1769, Timeout: 900} }},
		{"keys without values", "service:\nworker:\n", func(s *Settings) bool { return s.Service == "salvo" }},
		{"a service", "service: shop\nstage: live-1\nregion: us-gov-west-1", func(s *Settings) bool { return s.StackName() == "shop-live-1" && s.Region == "us-gov-west-1" }},
		{"a worker", "worker: {memory: 3538, timeout: 60, reservedConcurrency: 5}", func(s *Settings) bool {
			return s.Worker == Worker{Memory: 3538, Timeout: 60, ReservedConcurrency: 5} && s.MaxConcurrency == 5
		}},
		{"an environment", "environment: {AA: 1, BB: true, CC: text}", func(s *Settings) bool { return s.Environment["AA"] == "1" && s.Environment["BB"] == "true" }},
		{"secrets", "secrets: {AA: ssm:/a/b, BB: 'secretsmanager:x/y#z'}", func(s *Settings) bool {
			return s.Secrets["AA"] == Secret{SSM, "/a/b", ""} && s.Secrets["BB"] == Secret{SecretsManager, "x/y", "z"} && s.Secrets["BB"].String() == "secretsmanager:x/y#z"
		}},
		{"an alias", "x: &a [m.yml]\nscripts: *a\n", nil},
		{"monitoring", "monitoring: {enabled: true, subscriptions: [{email: a@b.de}]}", func(s *Settings) bool {
			return s.Monitoring.Enabled && s.Monitoring.Subscriptions[0] == Subscription{Protocol: "email", Endpoint: "a@b.de"} && s.Deployed()[0] == "script.yml"
		}},
		{"alerts and an objective", "monitoring: {alerts: {after: 2, of: 3, repeatEvery: 0}, slo: {objective: 99.5}}", func(s *Settings) bool {
			return s.Monitoring.Alerts == Alerts{After: 2, Of: 3} && *s.Monitoring.SLO == SLO{99.5, 30}
		}},
		{"a script by another name for its folder", "scripts: [./a.yml, b/c.yml]", func(s *Settings) bool { return s.Deployed()[0] == "a.yml" && s.Deployed()[1] == "b/c.yml" }},
		{"no script of monitoring that is off", "scripts: [a.yml]", func(s *Settings) bool { return len(s.Deployed()) == 1 }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := Read([]byte(test.text), "salvo.yml")
			if test.check == nil {
				if err == nil {
					t.Error("no fault")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if !test.check(s) {
				t.Errorf("settings %+v", s)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"no YAML", "service: [", "this is not YAML"},
		{"two documents", "service: a\n---\nstage: b\n", "a second document"},
		{"a list", "- service", "salvo.yml:1:1: "},
		{"an unknown key", "servise: shop", "salvo.yml:1:1: unknown key `servise`; did you mean `service`?"},
		{"an unknown key inside", "worker:\n  memroy: 1", "salvo.yml:2:3: worker: unknown key `memroy`; did you mean `memory`?"},
		{"a service with capitals", "service: Shop", "salvo.yml:1:10: service: \"Shop\" cannot name a stack"},
		{"a stage too long", "stage: this-is-much-too-long", "cannot be a stage"},
		{"no region", "region: frankfurt", "is not the name of a region"},
		{"no architecture", "architecture: arm", "expected arm64 or x86_64, found"},
		{"too little memory", "worker: {memory: 64}", "worker.memory: "},
		{"too long", "worker: {timeout: 901}", "worker.timeout: "},
		{"more workers than are reserved", "worker: {reservedConcurrency: 5}\nmaxConcurrency: 6", "salvo.yml:2:17: maxConcurrency: a run cannot have 6 workers at once"},
		{"half a worker", "maxConcurrency: 1.5", "maxConcurrency: "},
		{"a variable of Lambda", "environment: {AWS_REGION: x}", "is set by Salvo or by Lambda itself"},
		{"a variable twice", "environment: {AA: x}\nsecrets: {AA: ssm:/x}", "keep one of them"},
		{"variables that are too long", "environment: {AA: " + strings.Repeat("x", 4000) + "}", "Lambda has room for 3000"},
		{"a secret from nowhere", "secrets: {AA: vault:x}", "expected `ssm:/name/of/parameter`"},
		{"half an ARN", "secrets: {AA: 'secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:x'}", "is not the whole ARN"},
		{"half a network", "vpc: {subnets: [subnet-0123456789abcdef0]}", "a network needs both"},
		{"no subnet", "vpc: {subnets: [net-1], securityGroups: [sg-0123456789abcdef0]}", "vpc.subnets[0]: "},
		{"half a statement", "iam: [{actions: ['s3:GetObject']}]", "a statement needs `actions` and `resources`"},
		{"retention that nobody knows", "logRetention: 31", "expected a number of days that CloudWatch Logs knows"},
		{"a tag of AWS", "tags: {'aws:x': y}", "tags"},
		{"a script elsewhere", "scripts: [/x.yml]", "scripts[0]: "},
		{"no schedule", "monitoring: {schedule: hourly}", "monitoring.schedule: "},
		{"one in plural", "monitoring: {schedule: rate(1 minutes)}", "monitoring.schedule: "},
		{"too seldom", "monitoring: {alerts: {repeatEvery: 20000}}", "monitoring.alerts.repeatEvery: "},
		{"more than all", "monitoring: {alerts: {after: 3, of: 2}}", "3 runs cannot fail out of 2"},
		{"never bad", "monitoring: {slo: {objective: 100}}", "monitoring.slo.objective: expected a percentage above 0 and below 100"},
		{"no objective", "monitoring: {slo: {window: 7d}}", "an objective needs `objective`"},
		{"too long a window", "monitoring: {slo: {objective: 99, window: 91d}}", "expected a number of days from 1d to 90d"},
		{"nobody hears", "monitoring: {enabled: true}", "salvo.yml:1:13: monitoring: monitoring is enabled and nobody would hear of it"},
		{"no protocol", "monitoring: {subscriptions: [fax: x]}", "monitoring.subscriptions[0]: unknown key `fax`"},
		{"no address", "monitoring: {subscriptions: [email: nobody]}", "monitoring.subscriptions[0].email: "},
		{"no number", "monitoring: {subscriptions: [sms: '0151']}", "monitoring.subscriptions[0].sms: "},
		{"no role", "monitoring: {subscriptions: [firehose: {stream: 'arn:aws:firehose:eu-west-1:123456789012:deliverystream/a'}]}", "a Firehose stream needs `stream` and `role`"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Read([]byte(test.text), "salvo.yml")
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v", err)
			}
		})
	}
}

// TestAllAtOnce: all faults of a file are told, in the order of its lines.
func TestAllAtOnce(t *testing.T) {
	_, err := Read([]byte("stage: A\nservice: B\nregion: c\n"), "salvo.yml")
	var faults Faults
	if !errors.As(err, &faults) || len(faults) != 3 || faults[0].Line != 1 || faults[2].Line != 3 {
		t.Errorf("faults %v", err)
	}
}

func TestOverride(t *testing.T) {
	s := Default()
	if err := s.Override("live", "eu-west-1"); err != nil || s.StackName() != "salvo-live" || s.Region != "eu-west-1" {
		t.Errorf("%+v, %v", s, err)
	}
	if err := s.Override("LIVE", "nowhere"); err == nil || !strings.Contains(err.Error(), "stage") || !strings.Contains(err.Error(), "region") {
		t.Errorf("error %v", err)
	}
}

var commented = regexp.MustCompile(`(?m)^# ?((?:  )*(?:- )?[a-zA-Z][a-zA-Z_-]*:.*|  (?:  )*- .*)$`)

// TestTemplate: the file to begin with changes nothing, and with all its examples
// taken in it is one that can be read.
func TestTemplate(t *testing.T) {
	text, err := Template("shop-x1y2")
	if err != nil {
		t.Fatal(err)
	}
	s, err := Read([]byte(text), "salvo.yml")
	if err != nil {
		t.Fatal(err)
	}
	if want := Default(); s.StackName() != "shop-x1y2-dev" || s.Worker != want.Worker || s.Monitoring.Enabled {
		t.Errorf("settings %+v", s)
	}
	all, err := Read([]byte(commented.ReplaceAllString(text, "$1")), "salvo.yml")
	if err != nil {
		t.Fatalf("%v\n%s", err, commented.ReplaceAllString(text, "$1"))
	}
	if len(all.Monitoring.Subscriptions) != 9 || len(all.Secrets) != 3 || len(all.Statements) != 1 || all.VPC == nil || all.PermissionsBoundary == "" {
		t.Errorf("settings %+v", all)
	}
	if _, err := Template("Shop"); err == nil {
		t.Error("a service that cannot be")
	}
}

// TestKeysAreDocumented: each key is in the template and in the guide.
func TestKeysAreDocumented(t *testing.T) {
	guide, err := os.ReadFile("../../docs/settings.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range Keys() {
		last := key[strings.LastIndex(key, ".")+1:]
		if !regexp.MustCompile(`(?m)^[# ]*(- )?\{?` + last + `:|[{ ]` + last + `:`).MatchString(template) {
			t.Errorf("%s is not in the template", key)
		}
		if !strings.Contains(string(guide), "`"+key+"`") {
			t.Errorf("`%s` is not in docs/settings.md", key)
		}
	}
	if len(Keys()) < 30 {
		t.Errorf("only %d keys", len(Keys()))
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(template))
	f.Add([]byte("worker: {memory: 1}\nmonitoring: {enabled: true, subscriptions: [{email: a@b.c}]}"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Read(text, "salvo.yml")
		if (s == nil) == (err == nil) {
			t.Fatalf("%v and %v", s, err)
		}
		var faults Faults
		if err != nil && !errors.As(err, &faults) {
			t.Fatalf("%T", err)
		}
	})
}
