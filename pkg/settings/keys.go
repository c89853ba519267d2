package settings

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Keys lists every key of salvo.yml, the keys inside others as
// "worker.memory".
func Keys() []string { return keyPaths("", fields(&reader{}, Default())) }

func keyPaths(prefix string, in []field) []string {
	var paths []string
	for _, f := range in {
		paths = append(paths, prefix+f.key)
		paths = append(paths, keyPaths(prefix+f.key+".", f.in)...)
	}
	return paths
}

// fields are the keys of salvo.yml. Their values go to s.
func fields(r *reader, s *Settings) []field {
	worker := workerFields(r, s)
	monitoring := monitoringFields(r, &s.Monitoring)
	return []field{
		{key: "service", read: r.text(&s.Service, checkService)},
		{key: "stage", read: r.text(&s.Stage, checkStage)},
		{key: "region", read: r.text(&s.Region, checkRegion)},
		{key: "architecture", read: r.text(&s.Architecture, oneOf(ARM64, X86))},
		{key: "worker", in: worker, read: func(n *yaml.Node, path string) { r.object(n, path, worker) }},
		{key: "maxConcurrency", read: func(n *yaml.Node, path string) {
			before := len(r.faults)
			r.whole(&s.MaxConcurrency, 1, mostConcurrency, "")(n, path)
			if len(r.faults) == before {
				r.concurrency = n
			}
		}},
		{key: "environment", read: r.environment(s)},
		{key: "secrets", read: r.secrets(s)},
		{key: "vpc", in: vpcFields(r, &VPC{}), read: r.vpc(s)},
		{key: "iam", in: statementFields(r, &Statement{}), read: r.statements(s)},
		{key: "managedPolicies", read: r.texts(&s.ManagedPolicies, checkPolicy)},
		{key: "permissionsBoundary", read: r.text(&s.PermissionsBoundary, checkPolicy)},
		{key: "tags", read: r.tags(s)},
		{key: "logRetention", read: r.retention(&s.LogRetention)},
		{key: "removeData", read: r.flag(&s.RemoveData)},
		{key: "scripts", read: r.texts(&s.Scripts, checkScript)},
		{key: "monitoring", in: monitoring, read: r.monitoring(s, monitoring)},
	}
}

// mostConcurrency is more than any account has been given.
const mostConcurrency = 100_000

func workerFields(r *reader, s *Settings) []field {
	return []field{
		{key: "memory", read: r.whole(&s.Worker.Memory, 128, 10_240, " of MB")},
		{key: "timeout", read: r.whole(&s.Worker.Timeout, 30, 900, " of seconds")},
		{key: "reservedConcurrency", read: r.whole(&s.Worker.ReservedConcurrency, 1, mostConcurrency, "")},
	}
}

// environment reads variables and what they are.
func (r *reader) environment(s *Settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s.Environment = map[string]string{}
		r.pairs(n, path, func(k, v *yaml.Node, inside string) {
			if complaint := checkVariable(k.Value); complaint != "" {
				r.fault(k, inside, "%s", complaint)
				return
			}
			value := follow(v)
			if value.Kind != yaml.ScalarNode {
				r.fault(v, inside, "expected a text, found %s", found(v))
				return
			}
			s.Environment[k.Value] = value.Value
			if _, twice := s.Secrets[k.Value]; twice {
				r.fault(k, inside, "this variable is under `secrets` as well; keep one of them")
			}
		})
		r.size(n, path, s)
	}
}

// secrets reads variables and where they are kept.
func (r *reader) secrets(s *Settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s.Secrets = map[string]Secret{}
		r.pairs(n, path, func(k, v *yaml.Node, inside string) {
			if complaint := checkVariable(k.Value); complaint != "" {
				r.fault(k, inside, "%s", complaint)
				return
			}
			var ref string
			r.text(&ref, checkSecret)(v, inside)
			if ref == "" {
				return
			}
			s.Secrets[k.Value] = parseSecret(ref)
			if _, twice := s.Environment[k.Value]; twice {
				r.fault(k, inside, "this variable is under `environment` as well; keep one of them")
			}
		})
		r.size(n, path, s)
	}
}

// size holds the variables to what Lambda takes: 4 KB with their names, of which
// a part is for the functions' own.
func (r *reader) size(n *yaml.Node, path string, s *Settings) {
	const most = 3000
	size := 0
	for k, v := range s.Environment {
		size += len(k) + len(v)
	}
	for k, v := range s.Secrets {
		size += len(k) + len(v.String()) + len(`"":"",`)
	}
	if size > most {
		r.fault(n, path, "the variables of `environment` and `secrets` take %d bytes with their names, and Lambda has room for %d; put long values into a payload file of the script", size, most)
	}
}

func vpcFields(r *reader, v *VPC) []field {
	return []field{
		{key: "subnets", read: r.texts(&v.Subnets, checkSubnet)},
		{key: "securityGroups", read: r.texts(&v.SecurityGroups, checkSecurityGroup)},
	}
}

func (r *reader) vpc(s *Settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s.VPC = &VPC{}
		before := len(r.faults)
		r.object(n, path, vpcFields(r, s.VPC))
		if len(r.faults) > before {
			return
		}
		if len(s.VPC.Subnets) == 0 || len(s.VPC.SecurityGroups) == 0 {
			r.fault(n, path, "a network needs both `subnets` and `securityGroups`, at least one of each")
		}
	}
}

func statementFields(r *reader, to *Statement) []field {
	return []field{
		{key: "effect", read: r.text(&to.Effect, oneOf("Allow", "Deny"))},
		{key: "actions", read: r.texts(&to.Actions, checkAction)},
		{key: "resources", read: r.texts(&to.Resources, checkResource)},
	}
}

func (r *reader) statements(s *Settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			one := Statement{Effect: "Allow"}
			before := len(r.faults)
			r.object(n, path, statementFields(r, &one))
			if len(r.faults) == before && (len(one.Actions) == 0 || len(one.Resources) == 0) {
				r.fault(n, path, "a statement needs `actions` and `resources`")
			}
			s.Statements = append(s.Statements, one)
		})
	}
}

// tags reads the tags of the stack, beside Salvo's own two.
func (r *reader) tags(s *Settings) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		s.Tags = map[string]string{}
		r.pairs(n, path, func(k, v *yaml.Node, inside string) {
			var value string
			r.text(&value, checkTagValue)(v, inside)
			if complaint := checkTagKey(k.Value); complaint != "" {
				r.fault(k, inside, "%s", complaint)
				return
			}
			s.Tags[k.Value] = value
		})
		const most = 48
		if len(s.Tags) > most {
			r.fault(n, path, "expected at most %d tags, found %d; AWS takes 50, of which two are Salvo's own", most, len(s.Tags))
		}
	}
}

// retentions are the numbers of days that CloudWatch Logs knows.
var retentions = []int{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (r *reader) retention(to *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		v, err := strconv.Atoi(follow(n).Value)
		if err != nil || !slices.Contains(retentions, v) {
			known := make([]string, len(retentions))
			for i, days := range retentions {
				known[i] = strconv.Itoa(days)
			}
			r.fault(n, path, "expected a number of days that CloudWatch Logs knows (%s), found %s", strings.Join(known, ", "), found(n))
			return
		}
		*to = v
	}
}

func monitoringFields(r *reader, m *Monitoring) []field {
	return []field{
		{key: "enabled", read: r.flag(&m.Enabled)},
		{key: "schedule", read: r.text(&m.Schedule, checkSchedule)},
		{key: "script", read: r.text(&m.Script, checkScript)},
		{key: "alerts", in: alertFields(r, &m.Alerts), read: r.alerts(&m.Alerts)},
		{key: "slo", in: sloFields(r, &SLO{}), read: r.slo(m)},
		{key: "subscriptions", in: subscriptionFields(r, &Subscription{}), read: r.subscriptions(m)},
	}
}

// The bounds of alerts and objectives.
const (
	mostRepeat = 7 * 24 * 60 // minutes
	mostRuns   = 60          // that an alert looks back on
	mostWindow = 90          // days
)

func alertFields(r *reader, a *Alerts) []field {
	return []field{
		{key: "repeatEvery", read: r.whole(&a.RepeatEvery, 0, mostRepeat, " of minutes")},
		{key: "after", read: r.whole(&a.After, 1, mostRuns, " of runs")},
		{key: "of", read: r.whole(&a.Of, 1, mostRuns, " of runs")},
	}
}

func (r *reader) alerts(a *Alerts) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		before := len(r.faults)
		r.object(n, path, alertFields(r, a))
		if len(r.faults) == before && a.Of > 0 && a.Of < a.After {
			r.fault(n, path, "%d runs cannot fail out of %d: `of` is at least `after`", a.After, a.Of)
		}
	}
}

func sloFields(r *reader, o *SLO) []field {
	return []field{
		{key: "objective", read: r.percent(&o.Objective)},
		{key: "window", read: r.days(&o.WindowDays)},
	}
}

func (r *reader) slo(m *Monitoring) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		m.SLO = &SLO{WindowDays: 30}
		before := len(r.faults)
		r.object(n, path, sloFields(r, m.SLO))
		if len(r.faults) == before && m.SLO.Objective == 0 {
			r.fault(n, path, "an objective needs `objective`, the percentage of samples that are to be good, such as 99.9")
		}
	}
}

func (r *reader) monitoring(s *Settings, in []field) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		before := len(r.faults)
		r.object(n, path, in)
		if len(r.faults) == before && s.Monitoring.Enabled && len(s.Monitoring.Subscriptions) == 0 {
			r.fault(n, path, "monitoring is enabled and nobody would hear of it; add an element to `subscriptions`, such as `- email: you@example.com`")
		}
	}
}

// protocols are those of SNS with what their endpoints look like.
var protocols = []struct {
	name  string
	check func(string) string
}{
	{"email", checkEmail},
	{"email-json", checkEmail},
	{"sms", checkPhone},
	{"http", checkURL("http://")},
	{"https", checkURL("https://")},
	{"sqs", checkARN("sqs", "of a queue")},
	{"lambda", checkARN("lambda", "of a function")},
	{"application", checkARN("sns", "of an endpoint of a mobile application")},
}

func subscriptionFields(r *reader, to *Subscription) []field {
	var in []field
	for _, p := range protocols {
		in = append(in, field{key: p.name, read: func(n *yaml.Node, path string) {
			to.Protocol = p.name
			r.text(&to.Endpoint, p.check)(n, path)
		}})
	}
	firehose := []field{
		{key: "stream", read: r.text(&to.Endpoint, checkARN("firehose", "of a Firehose stream"))},
		{key: "role", read: r.text(&to.Role, checkARN("iam", "of a role that SNS takes to write to the stream"))},
	}
	return append(in, field{key: "firehose", in: firehose, read: func(n *yaml.Node, path string) {
		to.Protocol = "firehose"
		before := len(r.faults)
		r.object(n, path, firehose)
		if len(r.faults) == before && (to.Endpoint == "" || to.Role == "") {
			r.fault(n, path, "a Firehose stream needs `stream` and `role`, the ARNs of both")
		}
	}})
}

func (r *reader) subscriptions(m *Monitoring) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		r.list(n, path, func(n *yaml.Node, path string) {
			if object := follow(n); object.Kind != yaml.MappingNode || len(object.Content) != 2 {
				r.fault(n, path, "expected one protocol with its endpoint, such as `email: you@example.com`, found %s", manyOf(n))
				return
			}
			var one Subscription
			r.object(n, path, subscriptionFields(r, &one))
			if one.Endpoint == "" {
				if before := len(r.faults); before == 0 || r.faults[before-1].Line < n.Line {
					r.fault(n, path, "the endpoint is missing; write for example `email: you@example.com`")
				}
				return
			}
			m.Subscriptions = append(m.Subscriptions, one)
		})
	}
}

// manyOf is found, with the number of an object's keys.
func manyOf(n *yaml.Node) string {
	if object := follow(n); object.Kind == yaml.MappingNode {
		return fmt.Sprintf("an object of %d", len(object.Content)/2)
	}
	return found(n)
}

// SecretNames lists the variables of `secrets`, sorted.
func (s *Settings) SecretNames() []string { return slices.Sorted(maps.Keys(s.Secrets)) }
