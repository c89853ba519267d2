//go:build linux

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"

	"salvo/pkg/job"
	"salvo/test/e2e/edge"
)

// settings are a salvo.yml for the machine that the tests run on.
const settings = `
service: shop
stage: test
region: eu-west-1
architecture: %s
worker: {timeout: 60}
maxConcurrency: 200
environment: {GREETING: hello}
removeData: true
scripts: [health.yml]
monitoring:
  enabled: true
  script: monitored.yml
  subscriptions: [sqs: "arn:aws:sqs:eu-west-1:123456789012:alerts"]
`

// script divides its load into windows and workers; %s is the target, with the
// name of the test as the first part of every path.
const script = `
config:
  target: %s
  processor: processor.js
  payload: {path: ids.csv, fields: [id]}
  phases: [{duration: 20, arrivalRate: 4, rampTo: 8}]
_split: {maxChunkDurationInSeconds: 15, maxChunkRequestsPerSecond: 4, timeBufferInMilliseconds: 8000}
scenarios:
  - name: read
    weight: 3
    flow:
      - function: greet
      - get: {url: "/%s/read?id={{ id }}&x={{ x }}&n={{ $randomNumber(1, 1000) }}"}
  - name: write
    flow:
      - post: {url: "/%[2]s/write", json: {id: "{{ id }}"}, match: {json: $.ok, value: "{{ ok }}"}}
`

// TestAWS is a user's day, from the first deployment to the removal.
func TestAWS(t *testing.T) {
	c := newCloud(t)
	shop := newTarget(t)
	architecture := "x86_64"
	if strings.Contains(c.bin, "arm64") {
		architecture = "arm64"
	}
	c.write(t, "salvo.yml", fmt.Sprintf(settings, architecture))
	c.write(t, "processor.js", `module.exports = { greet(context, events, done) { context.vars.x = context.vars.id + "!" + process.env.GREETING; done(); } };`)
	c.write(t, "ids.csv", "a\nb\nc\n")
	for _, name := range []string{"same", "lost", "crash", "slow", "throttled", "detached"} {
		c.write(t, name+".yml", fmt.Sprintf(script, shop.URL, name))
	}
	c.write(t, "many.yml", fmt.Sprintf(`
config: {target: %s, phases: [{duration: 2, arrivalRate: 42}]}
_split: {maxChunkRequestsPerSecond: 1, timeBufferInMilliseconds: 20000}
scenarios: [{flow: [{get: {url: /many}}]}]
`, shop.URL))
	c.write(t, "long.yml", fmt.Sprintf(`
config: {target: %s, phases: [{duration: 300, arrivalRate: 10}]}
_split: {maxChunkDurationInSeconds: 30, maxChunkRequestsPerSecond: 5, timeBufferInMilliseconds: 2000}
scenarios: [{flow: [{get: {url: /long}}]}]
`, shop.URL))
	c.write(t, "health.yml", fmt.Sprintf(`
config: {target: %s, phases: [{duration: 1, arrivalRate: 2}]}
_split: {timeBufferInMilliseconds: 5000}
scenarios: [{flow: [{get: {url: /health/deployed}}]}]
`, shop.URL))

	c.write(t, "monitored.yml", fmt.Sprintf(`
config: {target: %s}
slo: {objective: 99}
_split: {timeBufferInMilliseconds: 5000}
scenarios: [{name: home, flow: [{get: {url: /monitored/home, match: {json: $.ok, value: true}}}]}]
`, shop.URL))

	_, stderr := c.salvo(t, 1, "invoke", "same.yml")
	if !strings.Contains(stderr, "shop-test") || !strings.Contains(stderr, "salvo deploy") {
		t.Errorf("invoke without a stack: %s", stderr)
	}
	_, stderr = c.salvo(t, 1, "deploy", "--require-approval", "never")
	if !strings.Contains(stderr, "cdk bootstrap aws://"+edge.Account+"/"+region) {
		t.Errorf("deploy without bootstrap: %s", stderr)
	}
	c.cdk(t, "bootstrap", "aws://"+edge.Account+"/"+region)
	stdout, _ := c.salvo(t, 0, "deploy", "--require-approval", "never")
	if !strings.Contains(stdout, "deployed the stack shop-test") {
		t.Errorf("deploy: %s", stdout)
	}

	t.Run("runs", func(t *testing.T) {
		for name, test := range map[string]func(*testing.T, *cloud, *target){
			"same": same, "many": many, "kill": kill, "crash": crash, "slow": slow, "throttled": throttled,
			"lost": lost, "detached": detached, "console": console, "wide": wide,
			"monitored": monitored,
		} {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test(t, c, shop)
			})
		}
	})

	stdout, _ = c.salvo(t, 0, "runs")
	if n := strings.Count(stdout, "\n"); n < 9 {
		t.Errorf("%d lines of runs: %s", n, stdout)
	}
	if st := c.Stats("shop-test-splitter"); st.Cold == 0 || st.Cold >= st.Invocations {
		t.Errorf("cold and warm starts: %+v", st)
	}
	if denied := c.Denied(); len(denied) > 0 {
		t.Errorf("roles lack\n%s", strings.Join(denied, "\n"))
	}
	for kind, text := range c.named(t) {
		if !strings.Contains(text, "shop-test") {
			t.Errorf("no %s has the stack's name, so one that is left would not be seen: %s", kind, text)
		}
	}
	stdout, _ = c.salvo(t, 0, "remove", "--yes")
	if !strings.Contains(stdout, "removed the stack shop-test") {
		t.Errorf("remove: %s", stdout)
	}
	c.nothingLeft(t)
}

func (c *cloud) cdk(t *testing.T, args ...string) {
	t.Helper()
	cmd := c.command("cdk", args...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("cdk %v: %v\n%s", args, err, out)
	}
}

// same: the report of a run on AWS equals that of a run on this machine in every
// count, both went through the same states, and the target got the same requests.
func same(t *testing.T, c *cloud, shop *target) {
	x := c.start(t, "invoke", "same.yml", "--seed", "7", "--jsonOnly")
	run := x.name(t)
	if code := x.end(t); code != 0 {
		t.Fatalf("exit code %d: %+v\n%s", code, parse(t, x.out.String()).Run, x.said)
	}
	there := parse(t, x.out.String())
	shop.mu.Lock()
	gotThere := shop.uris["same"]
	shop.uris["same"] = nil
	shop.mu.Unlock()

	x = c.startWith(t, []string{"GREETING=hello"}, "run", "same.yml", "--seed", "7", "--jsonOnly")
	local := x.name(t)
	if code := x.end(t); code != 0 {
		t.Fatalf("exit code %d: %s", code, x.said)
	}
	here := parse(t, x.out.String())
	if there.Run.Windows != 2 || there.Run.Chunks != 4 || there.Run.Created != 120 {
		t.Errorf("run %+v", there.Run)
	}
	compare(t, there.counts(), here.counts())
	shop.mu.Lock()
	compare(t, gotThere, shop.uris["same"])
	shop.mu.Unlock()

	onAWS := c.states(t, run)
	onThis := localStates(t, filepath.Join(c.dir, ".salvo", "runs", local, "history.jsonl"))
	if !slices.Equal(onAWS.order, onThis.order) || !maps.EqualFunc(onAWS.iterations, onThis.iterations, slices.Equal) {
		t.Errorf("states on AWS\n%+v\non this machine\n%+v", onAWS, onThis)
	}
}

// many: more chunks than an inline Map takes go through a distributed one.
func many(t *testing.T, c *cloud, shop *target) {
	x := c.start(t, "invoke", "many.yml", "--jsonOnly")
	run := x.name(t)
	if code := x.end(t); code != 0 {
		t.Fatalf("exit code %d: %s", code, x.said)
	}
	d := parse(t, x.out.String())
	if d.Run.Chunks != 42 || d.Run.Created != 84 || d.Aggregate.RequestsCompleted != 84 || shop.count("many") != 84 {
		t.Errorf("run %+v, %d requests came", d.Run, shop.count("many"))
	}
	onAWS := c.states(t, run)
	x = c.start(t, "run", "many.yml", "--quiet")
	if code := x.end(t); code != 0 {
		t.Fatalf("exit code %d: %s", code, x.said)
	}
	onThis := localStates(t, c.newestLocal(t, "many.yml"))
	if !slices.Equal(onAWS.order, onThis.order) {
		t.Errorf("states on AWS\n%q\non this machine\n%q", onAWS.order, onThis.order)
	}
}

// wide: a plan with more workers than Lambda runs at once is refused before it starts.
func wide(t *testing.T, c *cloud, _ *target) {
	for workers, want := range map[string]string{"150": "Service Quotas", "250": "maxConcurrency"} {
		_, stderr := c.salvo(t, 1, "invoke", "many.yml", "--overrides", `{"config": {"phases": [{"duration": 2, "arrivalRate": `+workers+`}]}}`)
		if !strings.Contains(stderr, want) {
			t.Errorf("%s workers: %s", workers, stderr)
		}
	}
}

// kill: nothing arrives later than 5 s after it, and what was measured is reported.
func kill(t *testing.T, c *cloud, shop *target) {
	x := c.start(t, "invoke", "long.yml")
	run := x.name(t)
	eventually(t, "load", time.Minute, func() bool { return shop.count("long") > 20 })
	killed := time.Now()
	stdout, _ := c.salvo(t, 0, "kill", run)
	if !strings.Contains(stdout, "report.html") {
		t.Errorf("kill printed %s", stdout)
	}
	if code := x.end(t); code != 130 {
		t.Errorf("the run that was killed: exit code %d: %s", code, x.said)
	}
	time.Sleep(time.Until(killed.Add(10 * time.Second)))
	if after := shop.last("long").Sub(killed); after > 5*time.Second {
		t.Errorf("a request came %s after the run was killed", after)
	}
	text, _ := c.salvo(t, 130, "report", run, "--jsonOnly")
	d := parse(t, text)
	if d.Run.Outcome != job.RunStopped || !d.Run.Stopped || d.Run.Created < 20 || int(d.Aggregate.Counters["http.requests"]) != shop.count("long") {
		t.Errorf("run %+v, %d requests, %d came", d.Run, d.Aggregate.Counters["http.requests"], shop.count("long"))
	}
}

// crash: a worker's process is killed in the middle; its successor goes on, and
// what may be lost between the two is told.
func crash(t *testing.T, c *cloud, _ *target) {
	x := c.start(t, "invoke", "crash.yml", "--jsonOnly")
	run := x.name(t)
	c.on(run, func(n int, in edge.Invocation) edge.Disturbance {
		if n == 1 {
			return edge.Disturbance{KillAfter: 14 * time.Second}
		}
		return edge.Disturbance{}
	})
	if code := x.end(t); code != 3 {
		t.Fatalf("exit code %d: %s\n%s", code, x.said, &x.out)
	}
	d := parse(t, x.out.String())
	if d.Run.Outcome != job.RunIncomplete || d.Run.Missed == 0 || d.Run.Created+d.Run.Missed != d.Run.Planned || len(d.Run.MissedRanges) == 0 || len(d.Run.Lost) != 0 {
		t.Errorf("run %+v", d.Run)
	}
	if !c.failed(t, run, "Runtime.ExitError") {
		t.Error("no worker crashed")
	}
}

// slow: a worker that does nothing any more until Lambda ends it is as one that crashed.
func slow(t *testing.T, c *cloud, _ *target) {
	x := c.start(t, "invoke", "slow.yml", "--jsonOnly")
	run := x.name(t)
	c.on(run, func(n int, in edge.Invocation) edge.Disturbance {
		if n == 1 {
			return edge.Disturbance{HangAfter: 10 * time.Second, Timeout: 17 * time.Second}
		}
		return edge.Disturbance{}
	})
	if code := x.end(t); code != 3 {
		t.Fatalf("exit code %d: %s\n%s", code, x.said, &x.out)
	}
	d := parse(t, x.out.String())
	if d.Run.Outcome != job.RunIncomplete || d.Run.Missed == 0 || d.Run.Created+d.Run.Missed != d.Run.Planned || len(d.Run.Lost) != 0 {
		t.Errorf("run %+v", d.Run)
	}
	if !c.failed(t, run, "Sandbox.Timedout") {
		t.Error("no worker's time was over")
	}
}

// failed tells whether a function failed with an error in a run.
func (c *cloud) failed(t *testing.T, run, name string) bool {
	t.Helper()
	return slices.ContainsFunc(c.history(t, run), func(e types.HistoryEvent) bool {
		return e.LambdaFunctionFailedEventDetails != nil && strings.Contains(aws.ToString(e.LambdaFunctionFailedEventDetails.Error), name)
	})
}

// throttled: Lambda refuses workers, which are asked for again; their lead is enough for that.
func throttled(t *testing.T, c *cloud, _ *target) {
	x := c.start(t, "invoke", "throttled.yml", "--jsonOnly", "--overrides", `{"_split": {"timeBufferInMilliseconds": 15000}}`)
	run := x.name(t)
	c.on(run, func(n int, in edge.Invocation) edge.Disturbance {
		return edge.Disturbance{Throttle: n <= 2}
	})
	if code := x.end(t); code != 0 {
		t.Fatalf("exit code %d: %s\n%s", code, x.said, &x.out)
	}
	if d := parse(t, x.out.String()); d.Run.Created != 120 {
		t.Errorf("run %+v", d.Run)
	}
	if !c.failed(t, run, "TooManyRequests") {
		t.Error("no worker was throttled")
	}
}

// lost: a chunk whose result is gone when the run is judged is named.
func lost(t *testing.T, c *cloud, _ *target) {
	x := c.start(t, "invoke", "lost.yml", "--jsonOnly")
	run := x.name(t)
	bucket := c.output(t, job.OutputBucket)
	store := s3.NewFromConfig(c.awsConfig(), func(o *s3.Options) { o.UsePathStyle = true })
	c.on(run, func(_ int, in edge.Invocation) edge.Disturbance {
		if strings.HasSuffix(in.Function, "-aggregator") {
			for _, prefix := range []string{job.ResultsPrefix(run) + "w0000-k001", job.PartialPrefix(run) + "w0000-k001"} {
				list, err := store.ListObjectsV2(context.Background(), &s3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix})
				if err != nil {
					t.Error(err)
					continue
				}
				for _, o := range list.Contents {
					if _, err := store.DeleteObject(context.Background(), &s3.DeleteObjectInput{Bucket: &bucket, Key: o.Key}); err != nil {
						t.Error(err)
					}
				}
			}
		}
		return edge.Disturbance{}
	})
	if code := x.end(t); code != 3 {
		t.Fatalf("exit code %d: %s\n%s", code, x.said, &x.out)
	}
	d := parse(t, x.out.String())
	if d.Run.Outcome != job.RunIncomplete || len(d.Run.Lost) != 1 || d.Run.Lost[0].Chunk != "w0000-k001" || d.Run.Unaccounted == 0 {
		t.Errorf("run %+v", d.Run)
	}
}

// detached: a run that nobody follows is looked at, logged and reported by its name.
func detached(t *testing.T, c *cloud, _ *target) {
	stdout, _ := c.salvo(t, 0, "invoke", "detached.yml", "--detach", "--overrides", `{"_trace": true}`)
	run := strings.TrimSpace(stdout)
	stdout, _ = c.salvo(t, 0, "status", run)
	if !strings.Contains(stdout, "run "+run+": running for") {
		t.Errorf("status: %s", stdout)
	}
	_, stderr := c.salvo(t, 1, "report", run)
	if !strings.Contains(stderr, "still going on") {
		t.Errorf("report of a running run: %s", stderr)
	}
	eventually(t, "the run's end", time.Minute, func() bool {
		stdout, _ = c.salvo(t, 0, "status", run)
		return strings.Contains(stdout, "run "+run+": Passed")
	})
	stdout, _ = c.salvo(t, 0, "report", run, "-o", filepath.Join(c.dir, "detached.json"))
	if !strings.Contains(stdout, "120 created") {
		t.Errorf("report: %s", stdout)
	}
	text, err := os.ReadFile(filepath.Join(c.dir, "detached.json"))
	if err != nil {
		t.Fatal(err)
	}
	if d := parse(t, string(text)); d.Run.ID != run || d.Run.Created != 120 {
		t.Errorf("run %+v", d.Run)
	}
	eventually(t, "logs", 20*time.Second, func() bool {
		stdout, _ = c.salvo(t, 0, "logs", run)
		return strings.Contains(stdout, "the run is judged")
	})
	for _, part := range []string{"splitter ", "the load is planned", "worker ", "the chunk has ended", "aggregator "} {
		if !strings.Contains(stdout, part) {
			t.Errorf("no %q in the log\n%s", part, stdout)
		}
	}
}

// console: requests that somebody starts by hand.
func console(t *testing.T, c *cloud, shop *target) {
	start := func(input string) (run string, end *sfn.DescribeExecutionOutput) {
		t.Helper()
		end = c.execute(t, input)
		return aws.ToString(end.Name), end
	}
	const split = `"_split": {"timeBufferInMilliseconds": 5000}`
	tests := []struct {
		name, input string
		status      types.ExecutionStatus
		error       string
		check       func(t *testing.T, d document)
		requests    string // the first part of their path
		count       int
	}{
		{
			name: "a bare script", status: types.ExecutionStatusSucceeded, requests: "bare", count: 3,
			input: fmt.Sprintf(`{%s, "_trace": true, "config": {"target": %q, "phases": [{"duration": 1, "arrivalRate": 3}]}, "scenarios": [{"flow": [{"get": {"url": "/bare"}}]}]}`, split, shop.URL),
		},
		{
			name: "a deployed script", status: types.ExecutionStatusSucceeded, requests: "health", count: 4,
			input: `{">>": "health.yml", "mode": "performance", "config": {"phases": [{"arrivalRate": 4}]}}`,
		},
		{
			name: "a deployed script in acceptance", status: types.ExecutionStatusFailed, error: job.BudgetExceeded, requests: "none",
			input: `{">>": "health.yml", "mode": "acc", "scenarios": [{"flow": [{"get": {"url": "http://127.0.0.1:1/none"}}]}]}`,
		},
		{
			name: "a simulation", status: types.ExecutionStatusSucceeded, requests: "simulated",
			input: fmt.Sprintf(`{"_simulation": true, "_split": {"maxChunkDurationInSeconds": 60}, "config": {"target": %q, "phases": [{"duration": 3600, "arrivalRate": 1}]}, "scenarios": [{"flow": [{"get": {"url": "/simulated"}}]}]}`, shop.URL),
			check: func(t *testing.T, d document) {
				if !d.Run.Simulation || d.Run.Planned != 3600 || d.Run.Created != 0 || d.Run.Outcome != job.Passed {
					t.Errorf("run %+v", d.Run)
				}
			},
		},
		{
			name: "a script with a fault", status: types.ExecutionStatusFailed, error: "SplitFailed", requests: "fault",
			input: `{"config": {"target": "http://127.0.0.1:1", "phases": [{"arrivalRate": 4}]}, "scenarios": [{"flow": [{"get": {"url": "/fault"}}]}]}`,
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			before := shop.count(test.requests)
			run, end := start(test.input)
			if end.Status != test.status || aws.ToString(end.Error) != test.error {
				t.Fatalf("status %s, error %s: %s", end.Status, aws.ToString(end.Error), aws.ToString(end.Cause))
			}
			if n := shop.count(test.requests) - before; n != test.count {
				t.Errorf("%d requests came", n)
			}
			if test.check != nil {
				text, _ := c.salvo(t, 0, "report", run, "--jsonOnly")
				test.check(t, parse(t, text))
			}
		})
	}
}

// compare tells each count that differs between AWS and this machine.
func compare[N int | int64](t *testing.T, there, here map[string]N) {
	t.Helper()
	if len(there) == 0 {
		t.Error("there is nothing to compare")
	}
	names := maps.Clone(there)
	maps.Copy(names, here)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if there[name] != here[name] {
			t.Errorf("%s: %d on AWS, %d on this machine", name, there[name], here[name])
		}
	}
}

func (c *cloud) output(t *testing.T, name string) string {
	t.Helper()
	stacks, err := cloudformation.NewFromConfig(c.awsConfig()).DescribeStacks(t.Context(), &cloudformation.DescribeStacksInput{StackName: aws.String("shop-test")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range stacks.Stacks[0].Outputs {
		if aws.ToString(o.OutputKey) == name {
			return aws.ToString(o.OutputValue)
		}
	}
	t.Fatalf("the stack has no output %s", name)
	return ""
}

// states are the states that a run went through, in their order: its own, and those
// of each iteration of its inline Map.
type states struct {
	order      []string
	iterations map[int32][]string
}

func (c *cloud) history(t *testing.T, run string) []types.HistoryEvent {
	t.Helper()
	arn := strings.Replace(c.output(t, job.OutputStateMachine), ":stateMachine:", ":execution:", 1) + ":" + run
	var events []types.HistoryEvent
	pages := sfn.NewGetExecutionHistoryPaginator(sfn.NewFromConfig(c.awsConfig()), &sfn.GetExecutionHistoryInput{ExecutionArn: &arn})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, page.Events...)
	}
	return events
}

func (c *cloud) states(t *testing.T, run string) states {
	t.Helper()
	s := states{iterations: map[int32][]string{}}
	iteration := map[int64]int32{} // that an event belongs to, by its number
	for _, e := range c.history(t, run) {
		index, inside := iteration[e.PreviousEventId]
		switch e.Type {
		case types.HistoryEventTypeMapIterationStarted:
			index, inside = e.MapIterationStartedEventDetails.Index, true
		case types.HistoryEventTypeMapStateSucceeded, types.HistoryEventTypeMapStateFailed, types.HistoryEventTypeMapStateExited:
			inside = false
		}
		if inside {
			iteration[e.Id] = index
		}
		if e.StateEnteredEventDetails == nil {
			continue
		}
		if name := aws.ToString(e.StateEnteredEventDetails.Name); inside {
			s.iterations[index] = append(s.iterations[index], name)
		} else {
			s.order = append(s.order, name)
		}
	}
	return s
}

// localStates reads them from the history of a run on this machine. Those of a
// distributed Map's executions are left out: on AWS they have histories of their
// own, which moto does not keep.
func localStates(t *testing.T, history string) states {
	t.Helper()
	text, err := os.ReadFile(history)
	if err != nil {
		t.Fatal(err)
	}
	s := states{iterations: map[int32][]string{}}
	for line := range strings.Lines(string(text)) {
		var e struct {
			Type, State string
			Iteration   *int32
		}
		if err := json.Unmarshal([]byte(line), &e); err != nil {
			t.Fatal(err)
		}
		switch {
		case !strings.HasSuffix(e.Type, "StateEntered"):
		case e.Iteration != nil:
			s.iterations[*e.Iteration] = append(s.iterations[*e.Iteration], e.State)
		default:
			s.order = append(s.order, e.State)
		}
	}
	return s
}

// nothingLeft looks for what a removed stack may have left behind.
func (c *cloud) nothingLeft(t *testing.T) {
	t.Helper()
	ctx, cfg := t.Context(), c.awsConfig()
	ours := func(kind string, names []string) {
		t.Helper()
		for _, name := range names {
			if strings.Contains(name, "shop-test") {
				t.Errorf("the %s %s is left", kind, name)
			}
		}
	}
	var names []string
	buckets, err := s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = true }).ListBuckets(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range buckets.Buckets {
		names = append(names, aws.ToString(b.Name))
	}
	ours("bucket", names)
	functions, err := lambda.NewFromConfig(cfg).ListFunctions(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	for _, f := range functions.Functions {
		names = append(names, aws.ToString(f.FunctionName))
	}
	ours("function", names)
	machines, err := sfn.NewFromConfig(cfg).ListStateMachines(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	for _, m := range machines.StateMachines {
		names = append(names, aws.ToString(m.Name))
	}
	ours("state machine", names)
	groups, err := cloudwatchlogs.NewFromConfig(cfg).DescribeLogGroups(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	for _, g := range groups.LogGroups {
		names = append(names, aws.ToString(g.LogGroupName))
	}
	ours("log group", names)
	stacks, err := cloudformation.NewFromConfig(cfg).DescribeStacks(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	names = nil
	for _, s := range stacks.Stacks {
		if s.StackStatus != "DELETE_COMPLETE" {
			names = append(names, aws.ToString(s.StackName))
		}
	}
	ours("stack", names)
	for kind, text := range c.named(t) {
		if strings.Contains(text, "shop-test") {
			t.Errorf("a %s is left: %s", kind, text)
		}
	}
}

// named is what AWS has of the kinds that there are no clients for among the
// dependencies, as text, by their kinds.
func (c *cloud) named(t *testing.T) map[string]string {
	t.Helper()
	texts := map[string]string{}
	for _, q := range []struct{ kind, service, action, version string }{
		{"role", "iam", "ListRoles", "2010-05-08"},
		{"topic", "sns", "ListTopics", "2010-03-31"},
		{"dashboard", "monitoring", "ListDashboards", "2010-08-01"},
	} {
		form := url.Values{"Action": {q.action}, "Version": {q.version}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.URL+"/", strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=user/20260101/"+region+"/"+q.service+"/aws4_request, SignedHeaders=host, Signature=none")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", q.action, resp.Status, err)
		}
		texts[q.kind] = string(text)
	}
	rules, err := eventbridge.NewFromConfig(c.awsConfig()).ListRules(t.Context(), &eventbridge.ListRulesInput{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rules.Rules {
		texts["rule"] += aws.ToString(r.Name) + "\n"
	}
	return texts
}
