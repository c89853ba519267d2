package loadtest

import (
	"archive/zip"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"

	"salvo/pkg/settings"
)

func TestMain(m *testing.M) {
	code := m.Run()
	jsii.Close()
	os.Exit(code)
}

// template is a synthesised stack.
type template struct {
	Resources map[string]resource
	Outputs   map[string]struct{ Value any }
}

type resource struct {
	Type           string
	Properties     map[string]any
	DeletionPolicy string
}

// everySetting uses each key of salvo.yml that changes the stack.
const everySetting = `
service: shop
stage: prod
region: eu-west-1
architecture: x86_64
worker: {memory: 3538, timeout: 600, reservedConcurrency: 200}
maxConcurrency: 200
environment: {REGION_NAME: Frankfurt}
secrets:
  API_KEY: ssm:/shop/key
  PASSWORD: "secretsmanager:shop/login#password"
  WHOLE: secretsmanager:arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-AbCdEf
vpc: {subnets: [subnet-0123456789abcdef0], securityGroups: [sg-0123456789abcdef0]}
iam:
  - actions: [sqs:SendMessage]
    resources: ["arn:aws:sqs:eu-west-1:123456789012:orders"]
managedPolicies: ["arn:aws:iam::123456789012:policy/extra"]
permissionsBoundary: arn:aws:iam::123456789012:policy/boundary
tags: {team: shop}
logRetention: 7
removeData: true
scripts: [more.yml]
monitoring:
  enabled: true
  schedule: rate(5 minutes)
  script: health.yml
  subscriptions:
    - email: on-call@example.com
    - email-json: robot@example.com
    - sms: "+4915112345678"
    - https: https://example.com/alerts
    - http: http://example.com/alerts
    - sqs: arn:aws:sqs:eu-west-1:123456789012:alerts
    - lambda: arn:aws:lambda:eu-west-1:123456789012:function:alerts
    - application: arn:aws:sns:eu-west-1:123456789012:endpoint/GCM/app/0123
    - firehose: {stream: "arn:aws:firehose:eu-west-1:123456789012:deliverystream/alerts", role: "arn:aws:iam::123456789012:role/alerts"}
`

// synth makes the stack of a salvo.yml. Calls of the CDK take long, so each text is
// synthesised once.
var synth = func() func(t *testing.T, text string) *template {
	var mu sync.Mutex
	made := map[string]*template{}
	return func(t *testing.T, text string) *template {
		t.Helper()
		mu.Lock()
		defer mu.Unlock()
		if made[text] == nil {
			made[text] = synthesise(t, text)
		}
		return made[text]
	}
}()

func synthesise(t *testing.T, text string) *template {
	t.Helper()
	data := templateJSON(t, text)
	var out template
	if err := json.Unmarshal(data, &out); err != nil {
		t.Fatal(err)
	}
	return &out
}

func templateJSON(t *testing.T, text string) []byte {
	t.Helper()
	s, err := settings.Read([]byte(text), "salvo.yml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	p := &Props{Settings: s, Functions: dir, Version: "v1", Scripts: map[string]Script{}}
	for _, name := range []string{"splitter", "worker", "aggregator"} {
		writeZip(t, filepath.Join(dir, zipFolder(s), name+".zip"), "bootstrap", "")
	}
	for _, name := range s.Deployed() {
		bundle := filepath.Join(dir, name+".zip")
		writeZip(t, bundle, "tests/"+name, "tests/"+name)
		script, err := openBundle(name, bundle)
		if err != nil {
			t.Fatal(err)
		}
		p.Scripts[name] = script
	}
	app := awscdk.NewApp(&awscdk.AppProps{Outdir: jsii.String(filepath.Join(dir, "out")), AnalyticsReporting: jsii.Bool(false)})
	NewStack(app, p)
	assembly := app.Synth(nil)
	data, err := json.Marshal(assembly.GetStackByName(jsii.String(s.StackName())).Template())
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func writeZip(t *testing.T, path, file, comment string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z := zip.NewWriter(f)
	w, err := z.Create(file)
	if err == nil {
		_, err = w.Write([]byte(path))
	}
	if err == nil {
		err = z.SetComment(comment)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
}

// all are the resources of a type, by their names in the template.
func (x *template) all(kind string) map[string]resource {
	found := map[string]resource{}
	for name, r := range x.Resources {
		if r.Type == kind {
			found[name] = r
		}
	}
	return found
}

// one is the resource of a type whose name holds part.
func (x *template) one(t *testing.T, kind, part string) resource {
	t.Helper()
	var names []string
	for name := range x.all(kind) {
		if strings.Contains(name, part) {
			names = append(names, name)
		}
	}
	if len(names) != 1 {
		t.Fatalf("%s %s: %q", kind, part, names)
	}
	return x.Resources[names[0]]
}

// text writes a value with its references as people do: "${Bucket.Arn}/runs/*". The
// construct's and the resource's own hash are left out of names.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case map[string]any:
		if ref, ok := v["Ref"].(string); ok {
			return "${" + short(ref) + "}"
		}
		if get, ok := v["Fn::GetAtt"].([]any); ok {
			return "${" + short(text(get[0])) + "." + text(get[1]) + "}"
		}
		if join, ok := v["Fn::Join"].([]any); ok {
			var parts []string
			for _, part := range join[1].([]any) {
				parts = append(parts, text(part))
			}
			return strings.Join(parts, text(join[0]))
		}
		if sub, ok := v["Fn::Sub"].(string); ok {
			return sub
		}
	}
	data, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func short(name string) string {
	name = strings.TrimPrefix(name, "LoadTest")
	if len(name) > 8 && strings.Trim(name[len(name)-8:], "0123456789ABCDEF") == "" {
		name = name[:len(name)-8]
	}
	return name
}

func texts(v any) []string {
	list, ok := v.([]any)
	if !ok {
		return []string{text(v)}
	}
	var out []string
	for _, item := range list {
		out = append(out, text(item))
	}
	slices.Sort(out)
	return out
}

// statements writes the policy of a role: "actions: resources", with a condition
// behind it.
func (x *template) statements(t *testing.T, role string) []string {
	t.Helper()
	r := x.one(t, "AWS::IAM::Role", role)
	var out []string
	for _, p := range r.Properties["Policies"].([]any) {
		document := p.(map[string]any)["PolicyDocument"].(map[string]any)
		for _, s := range document["Statement"].([]any) {
			s := s.(map[string]any)
			line := strings.Join(texts(s["Action"]), " ") + ": " + strings.Join(texts(s["Resource"]), " ")
			if s["Effect"] != "Allow" {
				line = text(s["Effect"]) + " " + line
			}
			if c, ok := s["Condition"]; ok {
				line += " if " + text(c)
			}
			out = append(out, line)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(x.all("AWS::IAM::Policy"))) {
		t.Errorf("%s is a policy beside the roles", name)
	}
	return out
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}
