//go:build linux

// Package e2e deploys a stack with the command salvo and the CDK's own command,
// runs load tests on it, and takes it away again. AWS is package edge: moto with
// a Lambda before it that runs the deployed binaries.
package e2e

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"salvo/test/e2e/edge"
)

// What `make tools` installs.
const (
	motoServer = "../../.tools/venv/bin/moto_server"
	cdkFolder  = "../../.tools/node/node_modules/.bin"
)

const region = "eu-west-1"

// cloud is an AWS with the stack of a user deployed to it.
type cloud struct {
	*edge.Server
	bin  string // the installed Salvo's folder of programs
	dir  string // the user's
	path string // $PATH

	mu       sync.Mutex
	disturb  map[string]func(n int, in edge.Invocation) edge.Disturbance // by run
	disturbs map[string]int                                              // invocations of workers so far, by run
}

// TestMain lets the runs go on side by side: they mostly wait.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// newCloud starts AWS and installs Salvo, as `make build` makes it.
func newCloud(t *testing.T) *cloud {
	t.Helper()
	if testing.Short() {
		t.Skip("takes minutes")
	}
	for _, tool := range []string{motoServer, filepath.Join(cdkFolder, "cdk")} {
		if _, err := os.Stat(tool); err != nil {
			t.Fatalf("%v; make tools installs it", err)
		}
	}
	moto, err := filepath.Abs(motoServer)
	if err != nil {
		t.Fatal(err)
	}
	cdk, err := filepath.Abs(cdkFolder)
	if err != nil {
		t.Fatal(err)
	}
	c := &cloud{
		bin: install(t), dir: t.TempDir(), path: cdk + ":" + os.Getenv("PATH"),
		disturb: map[string]func(int, edge.Invocation) edge.Disturbance{}, disturbs: map[string]int{},
	}
	c.Server, err = edge.Start(t.Context(), edge.Options{Moto: moto, Region: region, Dir: t.TempDir(), Concurrency: 100})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.Disturb(c.disturbance)
	return c
}

// install builds an installed Salvo: its programs, and the functions for this machine.
func install(t *testing.T) (bin string) {
	t.Helper()
	root := t.TempDir()
	bin = filepath.Join(root, "bin")
	run := func(env []string, args ...string) {
		t.Helper()
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Env = append(os.Environ(), env...)
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %v\n%s", args, err, out)
		}
	}
	static := []string{"CGO_ENABLED=0"}
	run(static, "go", "build", "-trimpath", "-o", filepath.Join(bin, "salvo"), "./cli")
	run(static, "go", "build", "-trimpath", "-o", filepath.Join(bin, "salvo-cdk"), "./infra")
	for _, name := range []string{"splitter", "worker", "aggregator"} {
		to := filepath.Join(root, "dist", runtime.GOARCH, name)
		run(static, "go", "build", "-trimpath", "-ldflags", "-s -w", "-tags", "lambda.norpc", "-o", to, "./functions/"+name)
		run(nil, "go", "run", "./functions/internal/pack", to, to+".zip")
	}
	return bin
}

// awsConfig is how tests look at AWS themselves.
func (c *cloud) awsConfig() aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &c.URL, Credentials: credentials.NewStaticCredentialsProvider("user", "user", "")}
}

// on makes f decide what goes wrong with a run's invocations of its worker, which
// are numbered from 1.
func (c *cloud) on(run string, f func(n int, in edge.Invocation) edge.Disturbance) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disturb[run] = f
}

func (c *cloud) disturbance(in edge.Invocation) edge.Disturbance {
	var payload struct{ Run string }
	if json.Unmarshal(in.Payload, &payload) != nil {
		return edge.Disturbance{}
	}
	c.mu.Lock()
	f := c.disturb[payload.Run]
	if f != nil && strings.HasSuffix(in.Function, "-worker") {
		c.disturbs[payload.Run]++
	}
	n := c.disturbs[payload.Run]
	c.mu.Unlock()
	if f == nil {
		return edge.Disturbance{}
	}
	return f(n, in)
}

// A command is a call of salvo.
type command struct {
	cmd  *exec.Cmd
	out  bytes.Buffer
	run  chan string // gets the name of the run
	said *saying
}

// saying keeps what a command says on standard error, and finds the run's name.
type saying struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *saying) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

var runLine = regexp.MustCompile(`^run (\S+): `)

// command is a call of a program in the user's folder.
func (c *cloud) command(program string, args ...string) *exec.Cmd {
	if found, err := exec.LookPath(filepath.Join(cdkFolder, program)); err == nil {
		program = found
	}
	cmd := exec.Command(program, args...)
	cmd.Path, _ = filepath.Abs(cmd.Path)
	cmd.Dir, cmd.Env = c.dir, c.environ()
	return cmd
}

// start starts salvo in the user's folder.
func (c *cloud) start(t *testing.T, args ...string) *command {
	t.Helper()
	return c.startWith(t, nil, args...)
}

func (c *cloud) startWith(t *testing.T, env []string, args ...string) *command {
	t.Helper()
	x := &command{cmd: c.command(filepath.Join(c.bin, "salvo"), args...), run: make(chan string, 1), said: &saying{}}
	x.cmd.Env = append(append(x.cmd.Env, "NO_COLOR=1"), env...)
	x.cmd.Stdout = &x.out
	stderr, err := x.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := x.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(x.run)
		lines := bufio.NewReader(stderr)
		found := false
		for {
			line, err := lines.ReadString('\n')
			x.said.mu.Lock()
			x.said.text.WriteString(line)
			x.said.mu.Unlock()
			if m := runLine.FindStringSubmatch(line); m != nil && !found {
				found = true
				x.run <- m[1]
			}
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() { x.cmd.Process.Kill() })
	return x
}

func (c *cloud) environ() []string {
	env := []string{
		"HOME=" + os.Getenv("HOME"), "PATH=" + c.path, "TMPDIR=" + os.TempDir(),
		"JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20", "NODE_NO_WARNINGS=1", "CDK_DISABLE_CLI_TELEMETRY=true",
		// Not those of whoever runs the tests.
		"AWS_CONFIG_FILE=/nonexistent", "AWS_SHARED_CREDENTIALS_FILE=/nonexistent",
	}
	return append(env, c.Environ()...)
}

// name waits for the name of the run.
func (x *command) name(t *testing.T) string {
	t.Helper()
	select {
	case run, ok := <-x.run:
		if !ok {
			t.Fatalf("no run was started: %s", x.said)
		}
		return run
	case <-time.After(time.Minute):
		t.Fatalf("no run was started within a minute: %s", x.said)
	}
	return ""
}

// end waits for the command's end and returns its exit code.
func (x *command) end(t *testing.T) int {
	t.Helper()
	ended := make(chan error, 1)
	go func() {
		for range x.run { // until standard error is closed
		}
		ended <- x.cmd.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(3 * time.Minute):
		x.cmd.Process.Signal(syscall.SIGQUIT)
		t.Fatalf("%v did not end: %s", x.cmd.Args[1:], x.said)
	}
	return x.cmd.ProcessState.ExitCode()
}

// salvo calls salvo and expects an exit code.
func (c *cloud) salvo(t *testing.T, code int, args ...string) (stdout, stderr string) {
	t.Helper()
	x := c.start(t, args...)
	if got := x.end(t); got != code {
		t.Fatalf("salvo %s: exit code %d, want %d\n%s%s", strings.Join(args, " "), got, code, &x.out, x.said)
	}
	return x.out.String(), x.said.String()
}

// newestLocal is the history of the newest run of a script on this machine.
func (c *cloud) newestLocal(t *testing.T, script string) string {
	t.Helper()
	runs, err := filepath.Glob(filepath.Join(c.dir, ".salvo", "runs", "*", "history.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for i := len(runs) - 1; i >= 0; i-- {
		request, err := os.ReadFile(filepath.Join(filepath.Dir(runs[i]), "request.json"))
		if err == nil && strings.Contains(string(request), `"`+script+`"`) {
			return runs[i]
		}
	}
	t.Fatalf("no run of %s on this machine", script)
	return ""
}

// write puts a file into the user's folder.
func (c *cloud) write(t *testing.T, name, text string) {
	t.Helper()
	name = filepath.Join(c.dir, name)
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// document is a report as far as the tests read it.
type document struct {
	Run struct {
		ID, Outcome, OutcomeCause         string
		Planned, Created, Missed, Skipped int64
		Unaccounted, Interrupted          int64
		Windows, Chunks, MaxWorkers       int
		Stopped, Simulation               bool
		Lost                              []struct{ Chunk, Reason string }
		MissedRanges                      []struct{ Chunk, Reason string }
	}
	Aggregate struct {
		ScenariosCreated, ScenariosCompleted, RequestsCompleted, Matches int64
		ScenarioCounts, Errors, Codes, Counters                          map[string]int64
		Summaries                                                        map[string]struct{ Count int64 }
	}
}

func parse(t *testing.T, text string) document {
	t.Helper()
	var d document
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatalf("no report: %v\n%s", err, text)
	}
	return d
}

// counts are all counts of a report, by name.
func (d document) counts() map[string]int64 {
	all := map[string]int64{
		"run.planned": d.Run.Planned, "run.created": d.Run.Created, "run.missed": d.Run.Missed, "run.skipped": d.Run.Skipped,
		"run.unaccounted": d.Run.Unaccounted, "run.interrupted": d.Run.Interrupted,
		"run.windows": int64(d.Run.Windows), "run.chunks": int64(d.Run.Chunks), "run.maxWorkers": int64(d.Run.MaxWorkers),
		"scenariosCreated": d.Aggregate.ScenariosCreated, "scenariosCompleted": d.Aggregate.ScenariosCompleted,
		"requestsCompleted": d.Aggregate.RequestsCompleted, "matches": d.Aggregate.Matches,
	}
	for group, counts := range map[string]map[string]int64{
		"scenario ": d.Aggregate.ScenarioCounts, "error ": d.Aggregate.Errors, "code ": d.Aggregate.Codes, "counter ": d.Aggregate.Counters,
	} {
		for name, n := range counts {
			all[group+name] = n
		}
	}
	for name, s := range d.Aggregate.Summaries {
		all["summary "+name] = s.Count
	}
	return all
}

// target is a server that remembers when requests came, by the first part of
// their path.
type target struct {
	*httptest.Server
	mu   sync.Mutex
	down atomic.Bool // what is monitored does not work
	seen map[string][]time.Time
	uris map[string]map[string]int
}

func newTarget(t *testing.T) *target {
	s := &target{seen: map[string][]time.Time{}, uris: map[string]map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		who, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		s.mu.Lock()
		s.seen[who] = append(s.seen[who], time.Now())
		if s.uris[who] == nil {
			s.uris[who] = map[string]int{}
		}
		s.uris[who][r.RequestURI]++
		s.mu.Unlock()
		if strings.Contains(r.URL.RawQuery, "id=b") {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprintf(w, `{"ok": %t}`, !s.down.Load() || who != "monitored")
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *target) count(who string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.seen[who])
}

func (s *target) last(who string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.seen[who]); n > 0 {
		return s.seen[who][n-1]
	}
	return time.Time{}
}

// eventually waits until something is so.
func eventually(t *testing.T, what string, within time.Duration, so func() bool) {
	t.Helper()
	for begun := time.Now(); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Since(begun) > within {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}
