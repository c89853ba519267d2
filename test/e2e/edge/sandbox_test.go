//go:build linux

package edge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// asFunction says that this program is to be a function: its bootstrap.
const asFunction = "EDGE_TEST_FUNCTION"

func TestMain(m *testing.M) {
	if os.Getenv(asFunction) != "" {
		bootstrap()
	}
	os.Exit(m.Run())
}

// bootstrap does what its payload says, one invocation after the other.
func bootstrap() {
	api := "http://" + os.Getenv("AWS_LAMBDA_RUNTIME_API") + "/2018-06-01/runtime/"
	post := func(path, body string) int {
		resp, err := http.Post(api+path, "application/json", strings.NewReader(body))
		if err != nil {
			os.Exit(1)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	switch os.Getenv(asFunction) {
	case "exits":
		os.Exit(5)
	case "fails":
		post("init/error", `{"errorMessage": "no bucket", "errorType": "Runtime.InitError"}`)
		os.Exit(1)
	}
	for n := 1; ; n++ {
		resp, err := http.Get(api + "invocation/next")
		if err != nil {
			os.Exit(1)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			os.Exit(1)
		}
		id := resp.Header.Get("Lambda-Runtime-Aws-Request-Id")
		var what string
		if err := json.Unmarshal(body, &what); err != nil {
			os.Exit(1)
		}
		fmt.Println("asked to", what)
		switch what {
		case "exit":
			os.Exit(3)
		case "leave":
			os.Exit(0)
		case "hang":
			select {}
		case "fail":
			post("invocation/"+id+"/error", `{"errorMessage": "it is bad", "errorType": "BadRequest"}`)
		case "boast":
			if status := post("invocation/"+id+"/response", `"`+strings.Repeat("x", responseLimit)+`"`); status != http.StatusRequestEntityTooLarge {
				os.Exit(1)
			}
		case "mistake":
			if status := post("invocation/somebody-elses/response", `1`); status != http.StatusBadRequest {
				os.Exit(1)
			}
			post("invocation/"+id+"/response", `"told"`)
		default:
			post("invocation/"+id+"/response", fmt.Sprintf(`{"n": %d, "arn": %q, "deadline": %q}`, n,
				resp.Header.Get("Lambda-Runtime-Invoked-Function-Arn"), resp.Header.Get("Lambda-Runtime-Deadline-Ms")))
		}
	}
}

// box starts a sandbox whose bootstrap is this program.
func box(t *testing.T, mode string) (*sandbox, *lines) {
	t.Helper()
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(exe, filepath.Join(dir, "bootstrap")); err != nil {
		t.Fatal(err)
	}
	out := new(lines)
	s, err := startSandbox(dir, []string{asFunction + "=" + mode}, out.say)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	return s, out
}

type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) say(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text.WriteString(line + "\n")
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func ask(s *sandbox, what string, timeout time.Duration) result {
	s.thaw()
	return s.run(&invocation{
		id: "id-1", arn: "arn:fn", payload: []byte(`"` + what + `"`), timeout: timeout, deadline: time.Now().Add(timeout), done: make(chan result, 1),
	})
}

func TestInvocation(t *testing.T) {
	tests := []struct {
		what    string
		timeout time.Duration
		failed  bool
		want    string // in the payload
		warm    bool   // the sandbox takes another invocation
	}{
		{what: "work", want: `"arn": "arn:fn"`, warm: true},
		{what: "fail", failed: true, want: `{"errorMessage":"it is bad","errorType":"BadRequest"}`, warm: true},
		{what: "mistake", want: `"told"`, warm: true},
		{what: "boast", failed: true, want: `"errorType":"Function.ResponseSizeTooLarge"`, warm: true},
		{what: "exit", failed: true, want: `{"errorMessage":"RequestId: id-1 Error: Runtime exited with error: exit status 3","errorType":"Runtime.ExitError"}`},
		{what: "leave", failed: true, want: `{"errorMessage":"RequestId: id-1 Error: Runtime exited without providing a reason","errorType":"Runtime.ExitError"}`},
		{
			what: "hang", timeout: 1500 * time.Millisecond, failed: true,
			want: `{"errorMessage":"RequestId: id-1 Error: Task timed out after 1.50 seconds","errorType":"Sandbox.Timedout"}`,
		},
	}
	for _, test := range tests {
		t.Run(test.what, func(t *testing.T) {
			t.Parallel()
			s, out := box(t, "works")
			if fail := s.ready(); fail != nil {
				t.Fatal(fail)
			}
			if test.timeout == 0 {
				test.timeout = time.Minute
			}
			r := ask(s, test.what, test.timeout)
			if r.failed != test.failed || !strings.Contains(string(r.payload), test.want) {
				t.Errorf("failed %t, %.200s", r.failed, r.payload)
			}
			if warm := s.waitIdle(); warm != test.warm {
				t.Errorf("it takes another: %t", warm)
			}
			// What a process prints comes another way than what it answers.
			for begun := time.Now(); !strings.Contains(out.String(), "asked to "+test.what); time.Sleep(10 * time.Millisecond) {
				if time.Since(begun) > 10*time.Second {
					t.Fatalf("it printed %q", out)
				}
			}
		})
	}
}

// A process that Lambda has frozen does nothing until its next invocation.
func TestFreeze(t *testing.T) {
	s, _ := box(t, "works")
	if fail := s.ready(); fail != nil {
		t.Fatal(fail)
	}
	state := func() string {
		data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.cmd.Process.Pid))
		if err != nil {
			t.Fatal(err)
		}
		return strings.Fields(string(data[bytes.LastIndexByte(data, ')')+1:]))[0]
	}
	for n := 1; n <= 3; n++ {
		r := ask(s, "work", time.Minute)
		if want := fmt.Sprintf(`"n": %d`, n); r.failed || !strings.Contains(string(r.payload), want) {
			t.Fatalf("%s, want %s in it", r.payload, want)
		}
		if !s.waitIdle() {
			t.Fatal("it takes no other")
		}
		s.freeze()
		for state() != "T" { // the signal is on its way
			time.Sleep(time.Millisecond)
		}
	}
}

func TestStart(t *testing.T) {
	tests := []struct {
		mode, typ, message string
	}{
		{mode: "works"},
		{mode: "exits", typ: "Runtime.ExitError", message: "Error: Runtime exited with error: exit status 5"},
		{mode: "fails", typ: "Runtime.InitError", message: "no bucket"},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			t.Parallel()
			s, _ := box(t, test.mode)
			fail := s.ready()
			if fail == nil {
				fail = new(failure)
			}
			if fail.Type != test.typ || fail.Message != test.message {
				t.Errorf("%+v", fail)
			}
		})
	}
}

func TestAdmit(t *testing.T) {
	const all = 3
	l := &lambdas{s: &Server{concurrency: all}, stats: map[string]*Stats{"a": {}, "b": {}}}
	a, b := &function{name: "a", reserved: 1}, &function{name: "b", reserved: -1}
	steps := []struct {
		name   string
		fn     *function
		leave  bool
		reason string
	}{
		{name: "a's one", fn: a},
		{name: "a's second", fn: a, reason: reasonReserved},
		{name: "b's first", fn: b},
		{name: "b's second", fn: b},
		{name: "one more than the account has", fn: b, reason: reasonAccount},
		{name: "a's one ends", fn: a, leave: true},
		{name: "b has its place", fn: b},
		{name: "a has none", fn: a, reason: reasonAccount},
	}
	for _, step := range steps {
		if step.leave {
			l.leave(step.fn)
			continue
		}
		if _, reason := l.admit(step.fn); reason != step.reason {
			t.Errorf("%s: %q, want %q", step.name, reason, step.reason)
		}
	}
}
