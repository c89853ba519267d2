//go:build linux

package edge

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// initLimit is how long Lambda lets a function take until it asks for its first
// invocation.
const initLimit = 10 * time.Second

// responseLimit is how much a function may answer, in bytes.
const responseLimit = 6 << 20

// A sandbox is what Lambda calls an execution environment: one process of a
// function, which takes one invocation after the other and is frozen between
// them. It talks to its function through the Lambda Runtime API, on a port of
// its own.
type sandbox struct {
	cmd    *exec.Cmd
	server *http.Server
	next   chan *invocation // what the function's next GET .../next gets
	asked  chan struct{}    // a token each time the function asks for the next invocation
	exited chan struct{}    // closed when the process has ended
	exit   error            // how; set before exited is closed
	say    func(line string)

	mu       sync.Mutex
	current  *invocation
	initFail *failure // what the function reported before its first invocation
	cold     bool     // it has had no invocation yet
	started  time.Time
}

// An invocation is one call of a function.
type invocation struct {
	id       string
	arn      string
	trace    string
	payload  []byte
	timeout  time.Duration
	deadline time.Time
	done     chan result // has room for the one answer
}

// A result is a function's answer: a payload, or an error that Lambda would put
// into its place.
type result struct {
	payload []byte
	failed  bool
}

// A failure is an error as functions report it and as callers get it.
type failure struct {
	Message string          `json:"errorMessage"`
	Type    string          `json:"errorType"`
	Stack   json.RawMessage `json:"stackTrace,omitempty"`
}

func (f *failure) result() result {
	data, err := json.Marshal(f)
	if err != nil {
		panic(err) // strings do not fail
	}
	return result{payload: data, failed: true}
}

// startSandbox starts a function's bootstrap in dir. Its output goes to say, a
// line at a time.
func startSandbox(dir string, env []string, say func(line string)) (*sandbox, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &sandbox{
		next: make(chan *invocation), asked: make(chan struct{}, 1), exited: make(chan struct{}),
		say: say, cold: true, started: time.Now(),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", s.serveNext)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", s.serveResponse)
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/error", s.serveError)
	mux.HandleFunc("POST /2018-06-01/runtime/init/error", s.serveInitError)
	s.server = &http.Server{Handler: mux}
	go s.server.Serve(ln)

	s.cmd = exec.Command(dir + "/bootstrap")
	s.cmd.Dir = dir
	s.cmd.Env = append(env, "AWS_LAMBDA_RUNTIME_API="+ln.Addr().String())
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w := io.Pipe()
	s.cmd.Stdout, s.cmd.Stderr = w, w
	if err := s.cmd.Start(); err != nil {
		s.server.Close()
		return nil, err
	}
	drained := make(chan struct{})
	go func() {
		defer close(drained)
		lines := bufio.NewReader(r)
		for {
			line, err := lines.ReadString('\n')
			if line != "" {
				say(strings.TrimSuffix(line, "\n"))
			}
			if err != nil {
				return
			}
		}
	}()
	go func() {
		s.exit = s.cmd.Wait()
		w.Close()
		<-drained
		close(s.exited)
		s.server.Close()
	}()
	return s, nil
}

// ready waits until the function asks for its first invocation.
func (s *sandbox) ready() *failure {
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case <-s.asked:
		return nil
	case <-s.exited:
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.initFail != nil {
			return s.initFail
		}
		return s.exitFailure("")
	case <-limit.C:
		s.stop()
		return &failure{Type: "Sandbox.Timedout", Message: fmt.Sprintf("Error: Init timed out after %d seconds", int(initLimit.Seconds()))}
	}
}

// run gives the function an invocation and waits for what comes of it. A killed
// process is an answer like any other.
func (s *sandbox) run(inv *invocation) result {
	s.mu.Lock()
	s.current, s.cold = inv, false
	s.mu.Unlock()
	limit := time.NewTimer(time.Until(inv.deadline))
	defer limit.Stop()
	select {
	case s.next <- inv:
	case <-s.exited:
		return s.exitFailure(inv.id).result()
	}
	select {
	case r := <-inv.done:
		return r
	case <-s.exited:
		return s.exitFailure(inv.id).result()
	case <-limit.C:
		s.stop()
		return (&failure{
			Type:    "Sandbox.Timedout",
			Message: fmt.Sprintf("RequestId: %s Error: Task timed out after %.2f seconds", inv.id, inv.timeout.Seconds()),
		}).result()
	}
}

// exitFailure is how Lambda tells that the process ended without an answer.
func (s *sandbox) exitFailure(id string) *failure {
	how := "exit status 0"
	if s.exit != nil {
		how = s.exit.Error()
	}
	text := "Error: Runtime exited with error: " + how
	if s.exit == nil {
		text = "Error: Runtime exited without providing a reason"
	}
	if id != "" {
		text = "RequestId: " + id + " " + text
	}
	return &failure{Type: "Runtime.ExitError", Message: text}
}

// waitIdle waits until the function has asked for another invocation, and tells
// whether it will take one.
func (s *sandbox) waitIdle() bool {
	limit := time.NewTimer(initLimit)
	defer limit.Stop()
	select {
	case <-s.asked:
		return true
	case <-s.exited:
		return false
	case <-limit.C:
		s.stop()
		return false
	}
}

// freeze stops the process from running, as Lambda does between invocations.
func (s *sandbox) freeze() { s.signal(syscall.SIGSTOP) }

// thaw lets it go on.
func (s *sandbox) thaw() { s.signal(syscall.SIGCONT) }

// stop ends the process at once and waits for its end.
func (s *sandbox) stop() {
	s.signal(syscall.SIGKILL)
	<-s.exited
}

func (s *sandbox) signal(sig syscall.Signal) {
	select {
	case <-s.exited: // the number may be somebody else's by now
	default:
		syscall.Kill(-s.cmd.Process.Pid, sig)
	}
}

func (s *sandbox) serveNext(w http.ResponseWriter, r *http.Request) {
	select {
	case s.asked <- struct{}{}:
	default:
	}
	var inv *invocation
	select {
	case inv = <-s.next:
	case <-s.exited:
		return
	case <-r.Context().Done():
		return
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Lambda-Runtime-Aws-Request-Id", inv.id)
	h.Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(inv.deadline.UnixMilli(), 10))
	h.Set("Lambda-Runtime-Invoked-Function-Arn", inv.arn)
	h.Set("Lambda-Runtime-Trace-Id", inv.trace)
	w.Write(inv.payload)
}

// take is the running invocation, if id is its.
func (s *sandbox) take(id string) *invocation {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current == nil || s.current.id != id {
		return nil
	}
	inv := s.current
	s.current = nil
	return inv
}

func (s *sandbox) serveResponse(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, responseLimit+1))
	if err != nil {
		runtimeFault(w, http.StatusBadRequest, "InvalidBody", err)
		return
	}
	inv := s.take(r.PathValue("id"))
	if inv == nil {
		runtimeFault(w, http.StatusBadRequest, "InvalidRequestID", errors.New("the invocation is not running"))
		return
	}
	if len(body) > responseLimit {
		inv.done <- (&failure{
			Type:    "Function.ResponseSizeTooLarge",
			Message: fmt.Sprintf("Response payload size exceeded maximum allowed payload size (%d bytes).", responseLimit),
		}).result()
		runtimeFault(w, http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", errors.New("the response is too large"))
		return
	}
	inv.done <- result{payload: body}
	w.WriteHeader(http.StatusAccepted)
}

func (s *sandbox) serveError(w http.ResponseWriter, r *http.Request) {
	f, err := reported(r)
	if err != nil {
		runtimeFault(w, http.StatusBadRequest, "InvalidBody", err)
		return
	}
	inv := s.take(r.PathValue("id"))
	if inv == nil {
		runtimeFault(w, http.StatusBadRequest, "InvalidRequestID", errors.New("the invocation is not running"))
		return
	}
	inv.done <- f.result()
	w.WriteHeader(http.StatusAccepted)
}

func (s *sandbox) serveInitError(w http.ResponseWriter, r *http.Request) {
	f, err := reported(r)
	if err != nil {
		runtimeFault(w, http.StatusBadRequest, "InvalidBody", err)
		return
	}
	s.mu.Lock()
	s.initFail = f
	s.mu.Unlock()
	w.WriteHeader(http.StatusAccepted)
}

// reported reads the error that a function reports.
func reported(r *http.Request) (*failure, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, responseLimit))
	if err != nil {
		return nil, err
	}
	f := new(failure)
	if err := json.NewDecoder(bytes.NewReader(body)).Decode(f); err != nil {
		return nil, err
	}
	if f.Type == "" {
		f.Type = r.Header.Get("Lambda-Runtime-Function-Error-Type")
	}
	return f, nil
}

func runtimeFault(w http.ResponseWriter, status int, typ string, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"errorType": typ, "errorMessage": err.Error()})
}

// signalAfter sends the process a signal once d has passed, unless ctx ends before.
func (s *sandbox) signalAfter(ctx context.Context, d time.Duration, sig syscall.Signal) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		s.signal(sig)
	case <-ctx.Done():
	}
}
