package engine

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// fakeProtocol answers requests without sending any. What it renders of a step is "<url>" or
// "<url> <json>".
type fakeProtocol struct {
	reply func(u *User, request string) reply // nil: 200 with an empty object

	mu     sync.Mutex
	seen   []string           // all requests, in the order of their start
	byUser map[int64][]string // the same by arrival index
	dues   []time.Duration    // how long before its start each request was due

	open, closed atomic.Int64
}

type reply struct {
	delay   time.Duration
	status  int
	body    string
	headers map[string]string // by lower-case name
	err     error
}

type fakeSession struct{ p *fakeProtocol }

func (s *fakeSession) Share()       {}
func (s *fakeSession) Close() error { s.p.closed.Add(1); return nil }

type fakeAction struct {
	p          *fakeProtocol
	url, json  *template.Template
	extraction *Extraction
}

func (p *fakeProtocol) Compile(s *script.Step) (Action, error) {
	x, err := NewExtraction(s.Request.Captures, s.Request.Matches)
	if err != nil {
		return nil, err
	}
	return &fakeAction{p: p, url: s.Request.URL, json: s.Request.JSON, extraction: x}, nil
}

func (p *fakeProtocol) Open(*User) Session { p.open.Add(1); return &fakeSession{p} }
func (p *fakeProtocol) Close() error       { return nil }

func (a *fakeAction) Do(ctx context.Context, u *User, _ Session) error {
	started := time.Now()
	request := string(a.url.AppendText(nil, u))
	if a.json != nil {
		request += " " + string(a.json.AppendJSON(nil, u))
	}
	p := a.p
	p.mu.Lock()
	p.seen = append(p.seen, request)
	if p.byUser == nil {
		p.byUser = map[int64][]string{}
	}
	p.byUser[u.Index()] = append(p.byUser[u.Index()], request)
	p.dues = append(p.dues, started.Sub(u.Due()))
	p.mu.Unlock()

	r := reply{status: 200, body: "{}"}
	if p.reply != nil {
		r = p.reply(u, request)
	}
	if r.delay > 0 {
		select {
		case <-time.After(r.delay):
		case <-ctx.Done():
			return &StepError{Keys: []string{"ECANCELED"}, Err: ctx.Err()}
		}
	}
	if r.err != nil {
		return r.err
	}
	return a.extraction.Apply(u, &Response{
		Status: r.status,
		Header: func(name string) (string, bool) {
			v, ok := r.headers[strings.ToLower(name)]
			return v, ok
		},
		Body: []byte(r.body),
	})
}

// rig is an engine with what tests look at.
type rig struct {
	*Engine
	protocol *fakeProtocol
	recorder *metrics.Recorder
	script   *script.Script
	logged   []string
}

// newRig makes an engine of a script's text. Files are what the script names beside it.
func newRig(t testing.TB, text string, files map[string]string, change ...func(*Config)) *rig {
	t.Helper()
	fsys := fstest.MapFS{"script.yml": {Data: []byte(text)}}
	for name, data := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(data)}
	}
	s, _, err := script.Load(fsys, "script.yml", script.Options{})
	if err != nil {
		t.Fatalf("the script: %v", err)
	}
	r := &rig{protocol: &fakeProtocol{}, recorder: metrics.NewRecorder(2), script: s}
	c := Config{
		Script:    s,
		Seed:      1,
		Recorder:  r.recorder,
		Protocols: map[string]Protocol{"http": r.protocol},
	}
	var mu sync.Mutex
	c.Log = func(u UserInfo, text string) {
		mu.Lock()
		defer mu.Unlock()
		r.logged = append(r.logged, fmt.Sprintf("%d/%s: %s", u.Index, u.Scenario, text))
	}
	for _, f := range change {
		f(&c)
	}
	if r.Engine, err = New(c); err != nil {
		t.Fatalf("New: %v", err)
	}
	return r
}

// flow is a script of one scenario, whose flow is given in YAML's flow style, a step a line.
func flow(steps ...string) string {
	return flowWith("", steps...)
}

// flowWith is flow with members of config, in flow style.
func flowWith(config string, steps ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "config: {target: 'http://127.0.0.1:1', %s}\nscenarios:\n  - flow:\n", config)
	for _, s := range steps {
		fmt.Fprintf(&b, "      - %s\n", s)
	}
	return b.String()
}

// inBubble is a test in which time passes only while everybody sleeps, so that a busy machine makes
// nobody late.
func inBubble(test func(t *testing.T)) func(t *testing.T) {
	return func(t *testing.T) { synctest.Test(t, test) }
}

// one is the list of a single user at the start.
func one() iter.Seq[Arrival] {
	return every(1, 1)
}

// every is the list of n arrivals at a rate, the first at the start.
func every(n int, rate float64) iter.Seq[Arrival] {
	return func(yield func(Arrival) bool) {
		for i := range n {
			at := time.Duration(float64(i) / rate * float64(time.Second))
			if !yield(Arrival{Index: int64(i), At: at}) {
				return
			}
		}
	}
}

// capped gives a list a cap.
func capped(list iter.Seq[Arrival], maxVusers int) iter.Seq[Arrival] {
	return func(yield func(Arrival) bool) {
		for a := range list {
			a.MaxVusers = maxVusers
			if !yield(a) {
				return
			}
		}
	}
}

// share is a worker's part of a list.
func share(list iter.Seq[Arrival], worker, workers int64) iter.Seq[Arrival] {
	return func(yield func(Arrival) bool) {
		for a := range list {
			if a.Index%workers == worker && !yield(a) {
				return
			}
		}
	}
}

// runAll runs a list that starts now.
func (r *rig) runAll(t *testing.T, list iter.Seq[Arrival]) Outcome {
	t.Helper()
	return r.runChunk(t, Chunk{Start: time.Now(), Arrivals: list})
}

func (r *rig) runChunk(t *testing.T, ch Chunk) Outcome {
	t.Helper()
	o, err := r.Run(t.Context(), ch)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return o
}

// counters are the run's counters that are not those every user has.
func (r *rig) counters() map[string]int64 {
	return r.recorder.Snapshot().Total().Counters
}

func wantSeen(t *testing.T, p *fakeProtocol, want ...string) {
	t.Helper()
	if !slices.Equal(p.seen, want) {
		t.Errorf("requests:\n got %q\nwant %q", p.seen, want)
	}
}

func wantCounters(t *testing.T, got map[string]int64, want map[string]int64) {
	t.Helper()
	for name, n := range want {
		v, ok := got[name]
		if n == absent {
			if ok {
				t.Errorf("%s = %d, want no such counter", name, v)
			}
			continue
		}
		if !ok || v != n {
			t.Errorf("%s = %d (there: %v), want %d", name, v, ok, n)
		}
	}
	for name, v := range got {
		if _, ok := want[name]; !ok && strings.HasPrefix(name, "errors.") {
			t.Errorf("%s = %d, want no such error", name, v)
		}
	}
}

// absent is the count of a counter that must not exist.
const absent = -1
