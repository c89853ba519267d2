//go:build linux

package edge

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// Limits of Lambda on what an invocation carries, in bytes.
const (
	syncLimit  = 6 << 20
	asyncLimit = 256 << 10
)

// A function is a deployed function: how it is configured, where its code was
// unpacked, and its sandboxes.
type function struct {
	name, arn string
	role      string // its ARN
	sha       string // of its code, as Lambda tells it
	dir       string // its code
	env       map[string]string
	memory    int32
	timeout   time.Duration
	reserved  int    // invocations at once; below 0: no limit of its own
	logGroup  string // where its output goes

	mu      sync.Mutex
	running int
	calls   int // all invocations so far, for Disturb
	idle    []*sandbox
	all     map[*sandbox]struct{}
}

// Stats count what became of a function's sandboxes and invocations.
type Stats struct {
	Invocations, Cold, Throttled int
}

// lambdas is the part of the server that is Lambda.
type lambdas struct {
	s *Server

	mu        sync.Mutex
	functions map[string]*function // by name
	running   int                  // invocations of all functions
	stats     map[string]*Stats    // by name
	closed    bool
}

// invokeName takes the function's name out of what a caller may give: a name,
// an ARN, either with a version.
func invokeName(given string) string {
	if i := strings.Index(given, ":function:"); i >= 0 {
		given = given[i+len(":function:"):]
	}
	name, _, _ := strings.Cut(given, ":")
	return name
}

// serveInvoke answers POST /2015-03-31/functions/{name}/invocations.
func (l *lambdas) serveInvoke(w http.ResponseWriter, r *http.Request, given string) {
	payload, err := io.ReadAll(io.LimitReader(r.Body, syncLimit+1))
	if err != nil {
		awsError(w, http.StatusBadRequest, "RequestTooLargeException", err.Error())
		return
	}
	kind := r.Header.Get("X-Amz-Invocation-Type")
	limit := syncLimit
	if kind == "Event" {
		limit = asyncLimit
	}
	if len(payload) > limit {
		awsError(w, http.StatusRequestEntityTooLarge, "RequestTooLargeException", fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit))
		return
	}
	if len(payload) == 0 {
		payload = []byte("{}")
	}
	if !json.Valid(payload) {
		awsError(w, http.StatusBadRequest, "InvalidRequestContentException", "Could not parse request body into json")
		return
	}
	fn, err := l.find(r.Context(), invokeName(given))
	if err != nil {
		var missing *types.ResourceNotFoundException
		if errors.As(err, &missing) {
			awsError(w, http.StatusNotFound, "ResourceNotFoundException", "Function not found: "+given)
			return
		}
		l.s.logf("invoke %s: %v", given, err)
		awsError(w, http.StatusInternalServerError, "ServiceException", err.Error())
		return
	}
	switch kind {
	case "DryRun":
		w.WriteHeader(http.StatusNoContent)
		return
	case "Event":
		go l.invoke(fn, payload)
		w.WriteHeader(http.StatusAccepted)
		return
	}
	h := w.Header()
	if fromInterpreter(r) && l.s.machines.refuses(payload) {
		h.Set("X-Amz-Function-Error", "Unhandled")
		w.Write((&failure{Type: "Stopped", Message: "The execution was stopped."}).result().payload)
		return
	}
	res, throttled := l.invoke(fn, payload)
	if throttled != "" {
		if fromInterpreter(r) {
			// moto's interpreter calls every refusal of Lambda "Exception", and Step
			// Functions by its name. As the error of a function it keeps the name.
			h.Set("X-Amz-Function-Error", "Unhandled")
			w.Write((&failure{Type: "Lambda.TooManyRequestsException", Message: "Rate Exceeded."}).result().payload)
			return
		}
		h.Set("X-Amzn-Errortype", "TooManyRequestsException")
		h.Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusTooManyRequests)
		fmt.Fprintf(w, `{"Reason":%q,"Type":"User","message":"Rate Exceeded."}`, throttled)
		return
	}
	h.Set("Content-Type", "application/json")
	h.Set("X-Amz-Executed-Version", "$LATEST")
	if res.failed {
		h.Set("X-Amz-Function-Error", "Unhandled")
	}
	w.Write(res.payload)
}

// Reasons that Lambda gives for refusing an invocation.
const (
	reasonReserved = "ReservedFunctionConcurrentInvocationLimitExceeded"
	reasonAccount  = "ConcurrentInvocationLimitExceeded"
)

// admit counts an invocation in, or says why it is refused.
func (l *lambdas) admit(fn *function) (n int, reason string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn.mu.Lock()
	defer fn.mu.Unlock()
	fn.calls++
	st := l.stats[fn.name]
	st.Invocations++
	switch {
	case fn.reserved >= 0 && fn.running >= fn.reserved:
		reason = reasonReserved
	case l.running >= l.s.concurrency:
		reason = reasonAccount
	default:
		l.running++
		fn.running++
		return fn.calls, ""
	}
	st.Throttled++
	return fn.calls, reason
}

func (l *lambdas) leave(fn *function) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fn.mu.Lock()
	defer fn.mu.Unlock()
	l.running--
	fn.running--
}

// invoke runs one invocation. throttled is the reason if it was refused.
func (l *lambdas) invoke(fn *function, payload []byte) (res result, throttled string) {
	n, reason := l.admit(fn)
	if reason != "" {
		return result{}, reason
	}
	defer l.leave(fn)
	d := l.s.disturbance(Invocation{Function: fn.name, N: n, Payload: payload})
	if d.Throttle {
		l.mu.Lock()
		l.stats[fn.name].Throttled++
		l.mu.Unlock()
		return result{}, reasonAccount
	}
	id := newUUID()
	box, fail := l.sandbox(fn)
	if fail != nil {
		return fail.result(), ""
	}
	inv := &invocation{
		id: id, arn: fn.arn, payload: payload, timeout: fn.timeout, done: make(chan result, 1),
		trace: fmt.Sprintf("Root=1-%08x-%s;Parent=%s;Sampled=0", time.Now().Unix(), randomHex(12), randomHex(8)),
	}
	if d.Timeout > 0 {
		inv.timeout = d.Timeout
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	if d.KillAfter > 0 {
		go box.signalAfter(ctx, d.KillAfter, syscall.SIGKILL)
	}
	if d.HangAfter > 0 {
		go box.signalAfter(ctx, d.HangAfter, syscall.SIGSTOP)
	}
	box.say("START RequestId: " + id + " Version: $LATEST")
	from := time.Now()
	inv.deadline = from.Add(inv.timeout)
	box.thaw()
	res = box.run(inv)
	took := time.Since(from)
	if res.failed {
		box.say(id + " " + string(res.payload))
	}
	box.say("END RequestId: " + id)
	ms := float64(took.Microseconds()) / 1000
	box.say(fmt.Sprintf("REPORT RequestId: %s\tDuration: %.2f ms\tBilled Duration: %.0f ms\tMemory Size: %d MB", id, ms, ms+0.5, fn.memory))
	go l.giveBack(fn, box)
	return res, ""
}

// sandbox takes an idle sandbox of a function, or starts one.
func (l *lambdas) sandbox(fn *function) (*sandbox, *failure) {
	fn.mu.Lock()
	for len(fn.idle) > 0 {
		box := fn.idle[len(fn.idle)-1]
		fn.idle = fn.idle[:len(fn.idle)-1]
		select {
		case <-box.exited:
			delete(fn.all, box)
			continue
		default:
		}
		fn.mu.Unlock()
		return box, nil
	}
	fn.mu.Unlock()
	l.mu.Lock()
	l.stats[fn.name].Cold++
	closed := l.closed
	l.mu.Unlock()
	if closed {
		return nil, &failure{Type: "Lambda.ServiceException", Message: "the server is closing"}
	}
	stream := time.Now().UTC().Format("2006/01/02") + "/[$LATEST]" + randomHex(16)
	out := l.s.logs.stream(fn.logGroup, stream, fn.role)
	box, err := startSandbox(fn.dir, fn.environ(l.s, stream), out.say)
	if err != nil {
		return nil, &failure{Type: "Runtime.InvalidEntrypoint", Message: err.Error()}
	}
	fn.mu.Lock()
	fn.all[box] = struct{}{}
	fn.mu.Unlock()
	if fail := box.ready(); fail != nil {
		fn.mu.Lock()
		delete(fn.all, box)
		fn.mu.Unlock()
		return nil, fail
	}
	return box, nil
}

// giveBack freezes a sandbox for the next invocation once it asks for it.
func (l *lambdas) giveBack(fn *function, box *sandbox) {
	usable := box.waitIdle()
	if usable {
		box.freeze()
	}
	fn.mu.Lock()
	defer fn.mu.Unlock()
	if _, there := fn.all[box]; !there {
		return // the function was removed meanwhile
	}
	if usable {
		fn.idle = append(fn.idle, box)
	} else {
		delete(fn.all, box)
	}
}

// functionKey is what the access keys of functions begin with. The name of the
// function is the rest, so that the server knows who asks.
const functionKey = "ASIA-"

// environ is the environment of a function's process: what was deployed, and
// what Lambda adds. AWS_ENDPOINT_URL is the one thing that Lambda would not set.
func (fn *function) environ(s *Server, stream string) []string {
	env := map[string]string{
		"AWS_ACCESS_KEY_ID":               functionKey + fn.name,
		"AWS_SECRET_ACCESS_KEY":           "function",
		"AWS_SESSION_TOKEN":               "function",
		"AWS_REGION":                      s.Region,
		"AWS_DEFAULT_REGION":              s.Region,
		"AWS_ENDPOINT_URL":                s.URL,
		"AWS_LAMBDA_FUNCTION_NAME":        fn.name,
		"AWS_LAMBDA_FUNCTION_VERSION":     "$LATEST",
		"AWS_LAMBDA_FUNCTION_MEMORY_SIZE": fmt.Sprint(fn.memory),
		"AWS_LAMBDA_INITIALIZATION_TYPE":  "on-demand",
		"AWS_LAMBDA_LOG_GROUP_NAME":       fn.logGroup,
		"AWS_LAMBDA_LOG_STREAM_NAME":      stream,
		"_HANDLER":                        "bootstrap",
		"LAMBDA_TASK_ROOT":                fn.dir,
		"LAMBDA_RUNTIME_DIR":              fn.dir,
		"LANG":                            "en_US.UTF-8",
		"PATH":                            "/usr/local/bin:/usr/bin:/bin",
		"TZ":                              ":UTC",
	}
	maps.Copy(env, fn.env)
	var list []string
	for _, k := range slices.Sorted(maps.Keys(env)) {
		list = append(list, k+"="+env[k])
	}
	return list
}

// find is the function of this name as it is deployed now. A function whose code
// or configuration has changed gets new sandboxes.
func (l *lambdas) find(ctx context.Context, name string) (*function, error) {
	got, err := l.s.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name})
	if err != nil {
		return nil, err
	}
	c := got.Configuration
	fn := &function{
		name: name, arn: aws.ToString(c.FunctionArn), role: aws.ToString(c.Role), sha: aws.ToString(c.CodeSha256), env: map[string]string{},
		memory: aws.ToInt32(c.MemorySize), timeout: time.Duration(aws.ToInt32(c.Timeout)) * time.Second, reserved: -1,
		all: map[*sandbox]struct{}{},
	}
	if c.Environment != nil {
		fn.env = c.Environment.Variables
	}
	if got.Concurrency != nil && got.Concurrency.ReservedConcurrentExecutions != nil {
		fn.reserved = int(*got.Concurrency.ReservedConcurrentExecutions)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if old := l.functions[name]; old != nil {
		if old.sha == fn.sha && old.role == fn.role && old.memory == fn.memory && old.timeout == fn.timeout && old.reserved == fn.reserved && maps.Equal(old.env, fn.env) {
			return old, nil
		}
		old.end()
	}
	if fn.logGroup, err = l.s.logGroupOf(ctx, name); err != nil {
		return nil, err
	}
	if fn.dir, err = l.s.unpack(ctx, fn.sha, aws.ToString(got.Code.Location)); err != nil {
		return nil, err
	}
	l.functions[name] = fn
	if l.stats[name] == nil {
		l.stats[name] = new(Stats)
	}
	return fn, nil
}

// end ends all sandboxes of a function.
func (fn *function) end() {
	fn.mu.Lock()
	boxes := slices.Collect(maps.Keys(fn.all))
	fn.all, fn.idle = map[*sandbox]struct{}{}, nil
	fn.mu.Unlock()
	for _, box := range boxes {
		box.stop()
	}
}

func (l *lambdas) close() {
	l.mu.Lock()
	l.closed = true
	fns := slices.Collect(maps.Values(l.functions))
	l.mu.Unlock()
	for _, fn := range fns {
		fn.end()
	}
}

// unpack puts a function's code into a folder of its own, once for each code.
// moto tells the key of the asset that it was deployed from; the bucket is the
// one that has it.
func (s *Server) unpack(ctx context.Context, sha, location string) (string, error) {
	u, err := url.Parse(location)
	if err != nil {
		return "", err
	}
	key := strings.TrimPrefix(u.Path, "/")
	buckets, err := s.s3.ListBuckets(ctx, nil)
	if err != nil {
		return "", err
	}
	for _, b := range buckets.Buckets {
		obj, err := s.s3.GetObject(ctx, &s3.GetObjectInput{Bucket: b.Name, Key: &key})
		if err != nil {
			continue
		}
		data, err := io.ReadAll(obj.Body)
		obj.Body.Close()
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(data)
		if base64.StdEncoding.EncodeToString(sum[:]) != sha {
			continue
		}
		dir := filepath.Join(s.dir, "code", hex.EncodeToString(sum[:8]))
		if _, err := os.Stat(dir); err == nil {
			return dir, nil
		}
		return dir, unzip(data, dir)
	}
	return "", fmt.Errorf("no bucket has the code %s", key)
}

func unzip(data []byte, dir string) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, f := range z.File {
		if !filepath.IsLocal(f.Name) {
			return fmt.Errorf("the code has a file %q outside of its folder", f.Name)
		}
		if f.FileInfo().IsDir() {
			continue
		}
		to := filepath.Join(dir, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return err
		}
		if err := unzipFile(f, to); err != nil {
			return err
		}
	}
	return nil
}

// unzipFile keeps the mode that the zip has: Lambda refuses a bootstrap that may
// not be executed.
func unzipFile(f *zip.File, to string) error {
	r, err := f.Open()
	if err != nil {
		return err
	}
	defer r.Close()
	w, err := os.OpenFile(to, os.O_CREATE|os.O_EXCL|os.O_WRONLY, f.Mode().Perm())
	if err != nil {
		return err
	}
	if _, err := io.Copy(w, r); err != nil {
		w.Close()
		return err
	}
	return w.Close()
}

// logGroupOf is the log group of a function. moto forgets LoggingConfig, so it is
// read from the template of the stack that the function belongs to.
func (s *Server) logGroupOf(ctx context.Context, function string) (string, error) {
	stacks, err := s.cfn.DescribeStacks(ctx, nil)
	if err != nil {
		return "", err
	}
	for _, stack := range stacks.Stacks {
		list, err := s.cfn.DescribeStackResources(ctx, &cloudformation.DescribeStackResourcesInput{StackName: stack.StackName})
		if err != nil {
			return "", err
		}
		physical := map[string]string{}
		logical := ""
		for _, r := range list.StackResources {
			physical[aws.ToString(r.LogicalResourceId)] = aws.ToString(r.PhysicalResourceId)
			if aws.ToString(r.PhysicalResourceId) == function {
				logical = aws.ToString(r.LogicalResourceId)
			}
		}
		if logical == "" {
			continue
		}
		got, err := s.cfn.GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: stack.StackName})
		if err != nil {
			return "", err
		}
		var template struct {
			Resources map[string]struct {
				Properties struct {
					LoggingConfig struct{ LogGroup any }
				}
			}
		}
		if err := json.Unmarshal([]byte(aws.ToString(got.TemplateBody)), &template); err != nil {
			return "", err
		}
		switch group := template.Resources[logical].Properties.LoggingConfig.LogGroup.(type) {
		case string:
			return group, nil
		case map[string]any:
			if ref, ok := group["Ref"].(string); ok {
				return physical[ref], nil
			}
		}
	}
	return "/aws/lambda/" + function, nil
}

func randomHex(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return hex.EncodeToString(b)
}

func newUUID() string {
	b := make([]byte, 16)
	rand.Read(b)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// forget ends the functions that are not deployed any more.
func (l *lambdas) forget(ctx context.Context) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for name, fn := range l.functions {
		var missing *types.ResourceNotFoundException
		if _, err := l.s.lambda.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: &name}); errors.As(err, &missing) {
			delete(l.functions, name)
			go fn.end()
		}
	}
}
