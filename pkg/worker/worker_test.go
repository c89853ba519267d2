package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/splitter"
	"salvo/pkg/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// testRun is a run that was split, with the server it is aimed at.
type testRun struct {
	*testing.T
	store  *store.Mem
	step   Step
	chunks []job.Chunk

	mu   sync.Mutex
	seen map[string]int // by request URI
}

// newRun splits a script with these phases and this flow.
func newRun(t *testing.T, phases, flow, rest string) *testRun {
	t.Helper()
	r := &testRun{T: t, store: new(store.Mem), seen: map[string]int{}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.seen[req.URL.RequestURI()]++
		fmt.Fprint(w, `{"token": "t1"}`)
	}))
	t.Cleanup(srv.Close)
	r.step = Step{Store: r.store, FlushEvery: 200 * time.Millisecond}
	out, err := splitter.Step{Store: r.store, Lead: 200 * time.Millisecond}.Handle(t.Context(), job.SplitInput{Execution: "r1",
		Request: json.RawMessage(fmt.Sprintf(`{"config": {"target": %q, "phases": %s}, "scenarios": [{"flow": %s}]%s}`, srv.URL, phases, flow, rest))})
	if err != nil {
		t.Fatal(err)
	}
	r.chunks = out.Chunks
	return r
}

func (r *testRun) work(ctx context.Context, chunk int) (job.WorkOutput, error) {
	return r.step.Handle(ctx, job.WorkInput{Run: "r1", Chunk: &r.chunks[chunk]})
}

// count returns how many requests came, and fails when one came twice.
func (r *testRun) count() int64 {
	r.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for uri, n := range r.seen {
		if n > 1 {
			r.Errorf("%s came %d times", uri, n)
		}
	}
	return int64(len(r.seen))
}

func (r *testRun) read(key string) (res job.Result, there bool) {
	r.Helper()
	data, err := store.ReadAll(context.Background(), r.store, key)
	if err != nil {
		return res, false
	}
	if err := json.Unmarshal(data, &res); err != nil {
		r.Fatal(err)
	}
	return res, true
}

// waitForLoad is called by goroutines beside the test's own, which must not end
// it: so it tells, and returns.
func (r *testRun) waitForLoad() {
	r.Helper()
	for range 200 {
		if r.count() > 3 {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	r.Error("no load in 4 s")
}

const oneGet = `[{"get": {"url": "/{{ $index }}"}}]`

func TestChunk(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 40}]`, oneGet, `, "_split": {"maxChunkRequestsPerSecond": 20}`)
	var wg sync.WaitGroup
	for i := range r.chunks {
		wg.Go(func() {
			out, err := r.work(t.Context(), i)
			if err != nil {
				t.Error(err)
			}
			if out.Created != 20 || out.Completed != 20 || out.Missed != 0 || out.Attempt != 1 {
				t.Errorf("answer %+v", out)
			}
		})
	}
	wg.Wait()
	if n := r.count(); n != 40 {
		t.Fatalf("%d requests", n)
	}
	res, _ := r.read(job.ResultKey("r1", r.chunks[0].ID))
	snapshot, err := metrics.Decode(res.Snapshot)
	if err != nil {
		t.Fatal(err)
	}
	if n := snapshot.Total().Counters[metrics.HTTPRequests]; n != 20 || !res.Final || res.Next != 40-1 && res.Next != 40 {
		t.Errorf("result %+v, %d requests", res.Counts, n)
	}

	// The same call again has the same answer and fires nothing.
	again, err := r.work(t.Context(), 0)
	if err != nil || again.Created != 20 || r.count() != 40 {
		t.Errorf("called again: %+v, %v, %d requests", again, err, r.count())
	}
}

// away is a store from which one key cannot be read at the moment.
type away struct {
	store.Store
	key string
}

func (a away) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if key == a.key {
		return nil, errors.New("slow down")
	}
	return a.Store.Get(ctx, key)
}

func TestAResultThatCannotBeReadIsKept(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 5}]`, oneGet, ``)
	if _, err := r.work(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	key := job.ResultKey("r1", r.chunks[0].ID)
	before, _ := r.read(key)
	r.step.Store = away{r.store, key}
	_, err := r.work(t.Context(), 0)
	if failed, ok := err.(*job.StoreFailed); !ok || !strings.Contains(failed.Message, "slow down") {
		t.Errorf("error %T %v", err, err)
	}
	if after, _ := r.read(key); after.Created != 5 || !after.At.Equal(before.At) {
		t.Errorf("the result became %+v", after.Counts)
	}
}

func TestLateWorkerSkipsWhatHasPassed(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 2, "arrivalRate": 20}]`, oneGet, ``)
	time.Sleep(time.Until(r.chunks[0].LoadStart.Add(time.Second)))
	out, err := r.work(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out.Created+out.Missed != 40 || out.Missed < 15 || out.Created < 10 || r.count() != out.Created {
		t.Errorf("answer %+v, %d requests", out, r.count())
	}
	res, _ := r.read(out.Key)
	if len(res.MissedRanges) != 1 || res.MissedRanges[0].First != 0 || res.MissedRanges[0].Count != out.Missed || !res.MissedRanges[0].Late {
		t.Errorf("missed %+v", res.MissedRanges)
	}
}

func TestStopKey(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 60, "arrivalRate": 20}]`, `[{"get": {"url": "/{{ $index }}"}}, {"think": 100}]`, ``)
	go func() {
		r.waitForLoad()
		store.WriteAll(context.Background(), r.store, job.StopKey("r1"), nil)
	}()
	begun := time.Now()
	out, err := r.work(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if !out.Stopped || out.Created == 0 || out.Interrupted != out.Created || r.count() != out.Created {
		t.Errorf("answer %+v, %d requests", out, r.count())
	}
	if res, ok := r.read(out.Key); !ok || !res.Final || !res.Stopped {
		t.Errorf("result %+v", res)
	}
}

// TestInterruptedWorkerAndItsSuccessor: what the first had measured is kept, and
// the second goes on behind it.
func TestInterruptedWorkerAndItsSuccessor(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 3, "arrivalRate": 20}]`, oneGet, ``)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		r.waitForLoad()
		cancel()
	}()
	if _, err := r.work(ctx, 0); err == nil {
		t.Fatal("no error")
	} else if _, ok := err.(*job.Interrupted); !ok {
		t.Fatalf("error %T %v", err, err)
	}
	part, ok := r.read(job.PartialKey("r1", r.chunks[0].ID, 1))
	if !ok || part.Created != r.count() || part.Final {
		t.Fatalf("partial result %+v, %d requests", part.Counts, r.count())
	}
	if _, ok := r.read(job.ResultKey("r1", r.chunks[0].ID)); ok {
		t.Fatal("there is a final result")
	}
	out, err := r.work(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out.Attempt != 2 || part.Created+out.Created+out.Missed != 60 || r.count() != part.Created+out.Created {
		t.Errorf("first %+v, then %+v, %d requests", part.Counts, out.Counts, r.count())
	}
}

// TestTimeOver: a worker whose time is over before its arrivals are leaves the
// rest to a successor.
func TestTimeOver(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 4, "arrivalRate": 20}]`, oneGet, ``)
	ctx, cancel := context.WithTimeout(t.Context(), lastWords+2*time.Second)
	defer cancel()
	_, err := r.work(ctx, 0)
	if _, ok := err.(*job.Interrupted); !ok || !strings.Contains(err.Error(), "time was over") {
		t.Fatalf("error %T %v", err, err)
	}
	part, ok := r.read(job.PartialKey("r1", r.chunks[0].ID, 1))
	if !ok || part.Created == 0 || part.Created != r.count() {
		t.Errorf("partial result %+v, %d requests", part.Counts, r.count())
	}
	out, err := r.work(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if out.Attempt != 2 || part.Created+out.Created+out.Missed != 80 || r.count() != part.Created+out.Created {
		t.Errorf("first %+v, then %+v, %d requests", part.Counts, out.Counts, r.count())
	}
}

func TestDeadlineKeepsWhatWasMeasured(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 1, "arrivalRate": 20}]`, `[{"get": {"url": "/{{ $index }}"}}, {"think": 100}]`, ``)
	ctx, cancel := context.WithTimeout(t.Context(), lastWords+2*time.Second)
	defer cancel()
	out, err := r.work(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Error("the worker's time was over when it answered")
	}
	if out.Interrupted != out.Created || out.Created < 10 || out.Stopped {
		t.Errorf("answer %+v", out)
	}
}

func TestLeaseLost(t *testing.T) {
	t.Parallel()
	r := newRun(t, `[{"duration": 60, "arrivalRate": 20}]`, oneGet, ``)
	go func() {
		r.waitForLoad()
		store.WriteAll(context.Background(), r.store, job.LeaseKey("r1", r.chunks[0].ID, 2), []byte(`{}`))
	}()
	_, err := r.work(t.Context(), 0)
	if _, ok := err.(*job.LeaseLost); !ok {
		t.Fatalf("error %T %v", err, err)
	}
	// A user that is cut off may not have reached the server.
	part, ok := r.read(job.PartialKey("r1", r.chunks[0].ID, 1))
	if n := r.count(); !ok || n < part.Completed || n > part.Created {
		t.Errorf("partial result %+v, %d requests", part.Counts, n)
	}
	if _, ok := r.read(job.ResultKey("r1", r.chunks[0].ID)); ok {
		t.Error("a worker without its lease wrote the result")
	}
}

func TestSections(t *testing.T) {
	t.Parallel()
	const sections = `, "before": {"flow": [{"get": {"url": "/before", "capture": {"json": "$.token", "as": "token"}}}]},
		"after": {"flow": [{"get": {"url": "/after/{{ token }}", "match": {"json": "$.token", "value": "other"}}}]}`
	r := newRun(t, `[{"duration": 1, "arrivalRate": 1}]`, oneGet, sections)
	out, err := r.step.Handle(t.Context(), job.WorkInput{Run: "r1", Section: job.SectionBefore})
	if err != nil {
		t.Fatal(err)
	}
	if res, ok := r.read(out.Key); !ok || res.Error != "" || res.Completed != 1 {
		t.Errorf("result %+v", res)
	}
	vars, err := store.ReadAll(t.Context(), r.store, job.BeforeKey("r1"))
	if err != nil || string(vars) != `{"token":"t1"}` {
		t.Errorf("variables %s, %v", vars, err)
	}

	_, err = r.step.Handle(t.Context(), job.WorkInput{Run: "r1", Section: job.SectionAfter})
	failed, ok := err.(*job.SectionFailed)
	if !ok || !strings.Contains(failed.Message, "Failed match: expected=other got=t1 expression=$.token") {
		t.Errorf("error %T %v", err, err)
	}
	if res, ok := r.read(job.SectionKey("r1", job.SectionAfter)); !ok || res.Error == "" {
		t.Errorf("result %+v", res)
	}
	if r.mu.Lock(); r.seen["/after/t1"] != 1 {
		t.Errorf("requests %v", r.seen)
	}
	r.mu.Unlock()
}

func TestBadInput(t *testing.T) {
	t.Parallel()
	_, err := Step{Store: new(store.Mem)}.Handle(t.Context(), job.WorkInput{Run: "r1"})
	if _, ok := err.(*job.BadRequest); !ok {
		t.Errorf("without a chunk: %T %v", err, err)
	}
	_, err = Step{Store: new(store.Mem)}.Handle(t.Context(), job.WorkInput{Run: "r1", Chunk: &job.Chunk{ID: "w0"}})
	if _, ok := err.(*job.StoreFailed); !ok {
		t.Errorf("of a run that is not there: %T %v", err, err)
	}
}
