package functions_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	ssmtypes "github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"salvo/pkg/job"
	"salvo/pkg/store"
	"salvo/pkg/store/s3store"
	"salvo/test/moto"
)

// build makes a function as the Makefile does.
func build(t testing.TB, name, arch, out string) {
	t.Helper()
	if testing.Short() {
		t.Skip("builds the functions")
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w -X main.version=test", "-tags", "lambda.norpc", "-o", out, "./"+name)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if text, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
}

// here builds a function for this machine, once.
var here = func() func(t testing.TB, name string) string {
	var mu sync.Mutex
	var dir string
	built := map[string]string{}
	return func(t testing.TB, name string) string {
		t.Helper()
		if runtime.GOOS != "linux" {
			t.Skip("functions are programs of Linux")
		}
		mu.Lock()
		defer mu.Unlock()
		if built[name] == "" {
			if dir == "" {
				var err error
				if dir, err = os.MkdirTemp("", "functions"); err != nil {
					t.Fatal(err)
				}
				folder = dir
			}
			build(t, name, runtime.GOARCH, filepath.Join(dir, name))
			built[name] = filepath.Join(dir, name)
		}
		return built[name]
	}
}()

// folder has what here built.
var folder string

func TestMain(m *testing.M) {
	code := m.Run()
	if folder != "" {
		os.RemoveAll(folder)
	}
	os.Exit(code)
}

// function is a running function with the Runtime API that it asks for work.
type function struct {
	t       testing.TB
	cmd     *exec.Cmd
	begun   time.Time
	log     lockedBuffer
	exit    chan error
	stop    func()
	polled  chan time.Time // when it asked for the next invocation
	work    chan invocation
	answers chan answer
}

type invocation struct {
	payload  string
	deadline time.Time
}

// answer is what a function made of an invocation.
type answer struct {
	failed bool
	body   string
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

const requestID = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"

// start starts a function with an environment of its own.
func start(t testing.TB, name string, env map[string]string) *function {
	t.Helper()
	f := &function{
		t: t, exit: make(chan error, 1), polled: make(chan time.Time, 10),
		work: make(chan invocation, 1), answers: make(chan answer, 1),
	}
	path := here(t, name)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		f.polled <- time.Now()
		select {
		case <-r.Context().Done():
		case in := <-f.work:
			w.Header().Set("Lambda-Runtime-Aws-Request-Id", requestID)
			w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(in.deadline.UnixMilli(), 10))
			w.Header().Set("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1")
			io.WriteString(w, in.payload)
		}
	})
	take := func(failed bool) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			w.WriteHeader(http.StatusAccepted)
			f.answers <- answer{failed, string(body)}
		}
	}
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/"+requestID+"/response", take(false))
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/"+requestID+"/error", take(true))
	api := httptest.NewServer(mux)

	f.cmd = exec.Command(path)
	f.cmd.Dir = t.TempDir()
	f.cmd.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + strings.TrimPrefix(api.URL, "http://"), "AWS_LAMBDA_FUNCTION_MEMORY_SIZE=1769",
		"AWS_REGION=eu-central-1", "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY=secret"}
	for name, value := range env {
		f.cmd.Env = append(f.cmd.Env, name+"="+value)
	}
	f.cmd.Stdout, f.cmd.Stderr = &f.log, &f.log
	f.begun = time.Now()
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { f.exit <- f.cmd.Wait(); close(ended) }()
	f.stop = sync.OnceFunc(func() {
		f.cmd.Process.Kill()
		<-ended
		api.CloseClientConnections()
		api.Close()
	})
	t.Cleanup(func() {
		f.stop()
		if t.Failed() {
			t.Logf("%s printed:\n%s", name, &f.log)
		}
	})
	return f
}

// invoke hands a payload to the function and waits for what it makes of it.
func (f *function) invoke(payload any, within time.Duration) answer {
	f.t.Helper()
	text, err := json.Marshal(payload)
	if err != nil {
		f.t.Fatal(err)
	}
	f.work <- invocation{string(text), time.Now().Add(within)}
	select {
	case a := <-f.answers:
		return a
	case err := <-f.exit:
		f.exit <- err
		f.t.Fatalf("the function ended: %v", err)
	case <-time.After(time.Minute):
		f.t.Fatal("no answer within a minute")
	}
	return answer{}
}

// call is an invocation that succeeds.
func call[Out any](f *function, payload any, within time.Duration) (out Out) {
	f.t.Helper()
	a := f.invoke(payload, within)
	if a.failed {
		f.t.Fatalf("error %s", a.body)
	}
	if err := json.Unmarshal([]byte(a.body), &out); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// fails is an invocation that ends with an error of this type and text.
func (f *function) fails(payload any, errorType, text string) {
	f.t.Helper()
	a := f.invoke(payload, time.Minute)
	var e struct{ ErrorType, ErrorMessage string }
	if err := json.Unmarshal([]byte(a.body), &e); err != nil || !a.failed || e.ErrorType != errorType || !strings.Contains(e.ErrorMessage, text) {
		f.t.Errorf("answer %+v, want %s: ...%s...", a, errorType, text)
	}
}

// deployed starts moto with a bucket, and returns the environment of functions in it.
func deployed(t *testing.T) (c aws.Config, env map[string]string) {
	t.Helper()
	here(t, "worker") // before moto, which need not wait
	c = moto.Config(t)
	_, err := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String("runs"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Region)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return c, map[string]string{job.EnvBucket: "runs", "AWS_ENDPOINT_URL": *c.BaseEndpoint}
}

// with is env with one more.
func with(env map[string]string, name, value string) map[string]string {
	more := maps.Clone(env)
	more[name] = value
	return more
}

func TestRun(t *testing.T) {
	c, env := deployed(t)
	var mu sync.Mutex
	seen := map[string]int{}
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.Header.Get("Authorization")+" "+r.Header.Get("X-Stage")+" "+r.UserAgent()]++
	}))
	defer target.Close()
	_, err := ssm.NewFromConfig(c).PutParameter(t.Context(), &ssm.PutParameterInput{
		Name: aws.String("/token"), Value: aws.String("hunter2"), Type: ssmtypes.ParameterTypeSecureString,
	})
	if err != nil {
		t.Fatal(err)
	}
	env = with(with(env, job.EnvSecrets, `{"TOKEN": "ssm:/token"}`), "STAGE", "dev")

	splitter, worker, aggregator := start(t, "splitter", env), start(t, "worker", env), start(t, "aggregator", env)
	split := call[job.Split](splitter, job.SplitInput{Execution: "r1", Request: json.RawMessage(fmt.Sprintf(`{
		"config": {"target": %q, "phases": [{"duration": 2, "arrivalRate": 10}]},
		"_split": {"maxChunkRequestsPerSecond": 5, "timeBufferInMilliseconds": 500},
		"scenarios": [{"flow": [
			{"get": {"url": "/", "headers": {"authorization": "{{ $env.TOKEN }}", "x-stage": "{{ $env.STAGE }}"}}},
			{"log": "user {{ $index }} of {{ $env.TOKEN }}"}]}]}`, target.URL))}, time.Minute)
	if len(split.Chunks) != 2 || split.Bucket != "runs" {
		t.Fatalf("split %+v", split)
	}
	// The second chunk is for the same worker, which is late then: its arrivals are missed.
	var created, missed int64
	for i := range split.Chunks {
		out := call[job.WorkOutput](worker, job.WorkInput{Run: "r1", Chunk: &split.Chunks[i]}, time.Minute)
		created, missed = created+out.Created, missed+out.Missed
	}
	if created+missed != 20 || created < 10 {
		t.Errorf("%d created, %d missed", created, missed)
	}
	verdict := call[job.Verdict](aggregator, job.AggregateInput{Run: "r1"}, time.Minute)
	if verdict.Created != created || verdict.Missed != missed {
		t.Errorf("verdict %+v", verdict)
	}
	mu.Lock()
	defer mu.Unlock()
	for who, n := range seen {
		if !strings.HasPrefix(who, "hunter2 dev ") || !strings.Contains(who, "/test") || int64(n) != created {
			t.Errorf("%d requests of %q", n, who)
		}
	}
	for _, key := range []string{job.ReportKey("r1"), job.ReportHTMLKey("r1"), job.ResultKey("r1", split.Chunks[0].ID)} {
		data, err := store.ReadAll(t.Context(), s3store.New(c, "runs"), key)
		if err != nil || strings.Contains(string(data), "hunter2") {
			t.Errorf("%s: %v", key, err)
		}
	}
	line := `{"level":"INFO","msg":"user 0 of ***","run":"r1","requestId":"` + requestID + `"`
	if text := worker.log.String(); !strings.Contains(text, line) || strings.Contains(text, "hunter2") {
		t.Errorf("no line %s", line)
	}
}

// The script of a deployment lies in another bucket.
func TestDeployedScript(t *testing.T) {
	c, env := deployed(t)
	_, err := s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String("assets"),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(c.Region)},
	})
	if err != nil {
		t.Fatal(err)
	}
	text := `{"a.yml": {"bucket": "assets", "key": "a.zip", "file": "a.yml", "sha256": "ab"}}`
	f := start(t, "splitter", with(env, job.EnvScripts, text))
	request := job.SplitInput{Execution: "r1", Request: json.RawMessage(`{">>": "a.yml"}`)}
	f.fails(request, "StoreFailed", "the deployed script a.yml: get a.zip")
	if err := store.WriteAll(t.Context(), s3store.New(c, "assets"), "a.zip", []byte("no zip")); err != nil {
		t.Fatal(err)
	}
	f.fails(request, "BadRequest", "the bundle "+job.BundleKey("ab"))
}

// The state machine goes by the types of errors.
func TestErrorsByType(t *testing.T) {
	_, env := deployed(t)
	tests := []struct {
		name, function  string
		payload         any
		errorType, text string
	}{
		{"a bad script", "splitter", job.SplitInput{Execution: "r1", Request: json.RawMessage(`{"config": {}}`)}, "BadRequest", "the script needs `scenarios`"},
		{"nothing to work on", "worker", job.WorkInput{Run: "r1"}, "BadRequest", "a worker's input names a chunk"},
		{"a run that is not there", "worker", job.WorkInput{Run: "none", Section: job.SectionBefore}, "StoreFailed", "runs/none/"},
		{"nothing to aggregate", "aggregator", job.AggregateInput{Run: "none"}, "StoreFailed", "runs/none/"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := start(t, test.function, env)
			f.fails(test.payload, test.errorType, test.text)
			f.fails(test.payload, test.errorType, test.text) // it serves on
		})
	}
}

// A function that is deployed wrongly tells so by its first answer, and ends, so
// that the next invocation finds a new process.
func TestWrongEnvironment(t *testing.T) {
	_, env := deployed(t)
	tests := []struct {
		name, function, variable, value string
		errorType, text                 string
	}{
		{"no bucket", "worker", job.EnvBucket, "", "BadRequest", "the function has no environment variable SALVO_BUCKET"},
		{"concurrency is no number", "splitter", job.EnvMaxConcurrency, "many", "BadRequest", `SALVO_MAX_CONCURRENCY is "many"; want a whole number above 0`},
		{"scripts are no JSON", "splitter", job.EnvScripts, "x", "BadRequest", "SALVO_SCRIPTS: "},
		{"no such secret", "worker", job.EnvSecrets, `{"TOKEN": "ssm:/none"}`, "BadRequest", "the secret of TOKEN, ssm:/none: there is no such parameter in eu-central-1"},
		{"secrets out of reach", "splitter", "AWS_ENDPOINT_URL_SSM", "http://127.0.0.1:1", "StoreFailed", "the secret of TOKEN, ssm:/token: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			env := with(env, test.variable, test.value)
			if test.variable == "AWS_ENDPOINT_URL_SSM" {
				env[job.EnvSecrets] = `{"TOKEN": "ssm:/token"}`
			}
			f := start(t, test.function, env)
			f.fails(map[string]any{"execution": "r1", "run": "r1"}, test.errorType, test.text)
			select {
			case err := <-f.exit:
				f.exit <- err
			case <-time.After(time.Minute):
				t.Error("the process did not end")
			}
		})
	}
}

// A worker whose time ends has its result written by then.
func TestDeadline(t *testing.T) {
	c, env := deployed(t)
	target := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer target.Close()
	splitter, worker := start(t, "splitter", env), start(t, "worker", env)
	split := call[job.Split](splitter, job.SplitInput{Execution: "r1", Request: json.RawMessage(fmt.Sprintf(`{
		"config": {"target": %q, "phases": [{"duration": 1, "arrivalRate": 5}]},
		"_split": {"timeBufferInMilliseconds": 100}, "scenarios": [{"flow": [{"get": {"url": "/"}}, {"think": 60}]}]}`, target.URL))}, time.Minute)
	const time7 = 7 * time.Second
	begun := time.Now()
	out := call[job.WorkOutput](worker, job.WorkInput{Run: "r1", Chunk: &split.Chunks[0]}, time7)
	if out.Created != 5 || out.Interrupted != 5 || time.Since(begun) > time7 {
		t.Errorf("answer %+v after %v", out, time.Since(begun))
	}
	if there, err := store.Exists(context.Background(), s3store.New(c, "runs"), out.Key); !there || err != nil {
		t.Errorf("no result: %v", err)
	}
}

// The zips of the functions hold the program that Lambda starts, are the same when
// they are made again, and are no larger than a cold start can bear.
func TestZips(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the functions")
	}
	for name, most := range map[string]int64{"splitter": 8 << 20, "aggregator": 8 << 20, "worker": 12 << 20} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			build(t, name, "arm64", filepath.Join(dir, name))
			var zips [2][]byte
			for i := range zips {
				zip := filepath.Join(dir, fmt.Sprint(i, ".zip"))
				if text, err := exec.Command("go", "run", "./internal/pack", filepath.Join(dir, name), zip).CombinedOutput(); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				var err error
				if zips[i], err = os.ReadFile(zip); err != nil {
					t.Fatal(err)
				}
			}
			if size := int64(len(zips[0])); size > most {
				t.Errorf("%d bytes, more than %d", size, most)
			}
			if !bytes.Equal(zips[0], zips[1]) {
				t.Error("the second zip is another")
			}
		})
	}
}

// BenchmarkStart is from the start of a process to its first question for work.
func BenchmarkStart(b *testing.B) {
	for _, name := range []string{"splitter", "worker", "aggregator"} {
		b.Run(name, func(b *testing.B) {
			here(b, name)
			var sum time.Duration
			n := 0
			for ; b.Loop(); n++ {
				f := start(b, name, map[string]string{job.EnvBucket: "runs"})
				sum += (<-f.polled).Sub(f.begun)
				f.stop()
			}
			b.ReportMetric(sum.Seconds()*1000/float64(n), "ms/start")
		})
	}
}
