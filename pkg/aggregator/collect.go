package aggregator

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/store"
)

// parallel is how many results are fetched at once: a result is small, and a
// run of thousands of chunks would otherwise wait for each in turn.
const parallel = 16

// Collector reads what the workers of a run have measured. Calling Collect
// again reads only what is new: a final result never changes.
type Collector struct {
	Store store.Store
	Run   string
	Apart bool // what each chunk has measured is kept apart, too; only the first Collect gives all of it

	plan   []job.Chunk           // of chunks.json, once it is there
	final  map[string]job.Result // by chunk, without snapshot
	merged *metrics.Snapshot     // of everything that cannot change any more
}

// Collected is what a run has measured until now.
type Collected struct {
	Load      *metrics.Snapshot
	Counts    job.Counts
	Active    int64 // users running at the last flush of each worker
	Chunks    []ChunkState
	LoadStart time.Time // zero before the run was scheduled
}

// Phase is how far a chunk is.
type Phase int

// The phases of a chunk: Waiting before its worker wrote anything, Done when it
// has its final result.
const (
	Waiting Phase = iota
	Running
	Done
)

// ChunkState is one chunk of the plan and what is known of it.
type ChunkState struct {
	job.Chunk
	Phase    Phase
	Attempts int
	Counts   job.Counts // of all attempts
	LastAt   time.Time  // of the newest result; zero when there is none
	Missed   []job.MissedRange
	Stopped  bool
	Load     *metrics.Snapshot // of all attempts; nil unless Collector.Apart
	Failures []job.UserFailure // one by one, in a sampling run
	Left     int64             // failures beyond those
	Damaged  string            // why one of its results cannot be read; it is not in the counts
}

// Unaccounted is how many of the chunk's arrivals no result tells of.
func (s ChunkState) Unaccounted() int64 {
	return s.Arrivals - s.Counts.Created - s.Counts.Skipped - s.Counts.Missed
}

// Collect reads the results that the store holds now. It is no error when
// there are none yet.
func (c *Collector) Collect(ctx context.Context) (*Collected, error) {
	if err := c.readPlan(ctx); err != nil {
		return nil, err
	}
	partials, err := c.Store.List(ctx, job.PartialPrefix(c.Run))
	if err != nil {
		return nil, err
	}
	results, err := c.Store.List(ctx, job.ResultsPrefix(c.Run))
	if err != nil {
		return nil, err
	}
	attempts := map[string][]int{}
	for _, key := range partials {
		chunk, attempt := path.Split(strings.TrimPrefix(key, job.PartialPrefix(c.Run)))
		if n, err := strconv.Atoi(attempt); err == nil {
			chunk = strings.TrimSuffix(chunk, "/")
			attempts[chunk] = append(attempts[chunk], n)
		}
	}
	ended := map[string]bool{}
	for _, key := range results {
		ended[path.Base(key)] = true
	}

	out := &Collected{Load: c.merged.Clone(), Chunks: make([]ChunkState, len(c.plan))}
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(parallel)
	for i, chunk := range c.plan {
		out.LoadStart = chunk.LoadStart
		out.Chunks[i] = ChunkState{Chunk: chunk}
		g.Go(func() error {
			return c.collectChunk(ctx, out, &out.Chunks[i], attempts[chunk.ID], ended[chunk.ID], &mu)
		})
	}
	if err := g.Wait(); err != nil {
		return nil, err
	}
	for _, s := range out.Chunks {
		out.Counts = add(out.Counts, s.Counts)
	}
	return out, nil
}

func (c *Collector) readPlan(ctx context.Context) error {
	if c.final == nil {
		c.final, c.merged = map[string]job.Result{}, &metrics.Snapshot{}
	}
	if c.plan != nil {
		return nil
	}
	r, err := c.Store.Get(ctx, job.ChunksKey(c.Run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil // not scheduled, or not yet
	}
	if err != nil {
		return err
	}
	defer r.Close()
	if err := json.NewDecoder(r).Decode(&c.plan); err != nil {
		return fmt.Errorf("reading %s: %w", job.ChunksKey(c.Run), err)
	}
	return nil
}

// collectChunk merges what all attempts at one chunk have measured. Those of
// the past are merged for good once the chunk has its final result.
func (c *Collector) collectChunk(ctx context.Context, out *Collected, s *ChunkState, attempts []int, ended bool, mu *sync.Mutex) error {
	mu.Lock()
	final, known := c.final[s.ID]
	mu.Unlock()
	if known {
		s.take(final)
		s.Phase = Done
		return nil
	}
	var parts []part
	take := func(key string) error {
		p, damage, err := c.read(ctx, key)
		switch {
		case err != nil:
			return err
		case damage != "":
			s.Damaged = damage
		default:
			parts = append(parts, p)
		}
		return nil
	}
	if len(attempts) > 0 {
		s.Phase = Running
	}
	replaced := 0
	if ended {
		if err := take(job.ResultKey(c.Run, s.ID)); err != nil {
			return err
		}
		if ended = len(parts) > 0; ended {
			s.Phase, replaced = Done, parts[0].Attempt
		}
	}
	for _, n := range attempts {
		if n == replaced {
			continue
		}
		if err := take(job.PartialKey(c.Run, s.ID, n)); err != nil {
			return err
		}
	}

	sum := job.Result{}
	load := &metrics.Snapshot{}
	newest := 0
	for _, r := range parts {
		load.Merge(r.snapshot)
		sum.Counts = add(sum.Counts, r.Counts)
		sum.MissedRanges = append(sum.MissedRanges, r.MissedRanges...)
		sum.Failures = append(sum.Failures, r.Failures...)
		sum.FailuresLeft += r.FailuresLeft
		sum.Attempt = max(sum.Attempt, r.Attempt)
		sum.Stopped = sum.Stopped || r.Stopped
		if ended && !r.Final {
			// Users that still ran when their worker was lost.
			sum.Interrupted += r.Created - r.Completed - r.Failed - r.Interrupted
		}
		if r.At.After(sum.At) {
			sum.At = r.At
		}
		if r.Attempt > newest && !r.Final {
			newest, sum.Active = r.Attempt, r.Active
		}
	}
	s.take(sum)
	if c.Apart {
		s.Load = load
	}

	mu.Lock()
	defer mu.Unlock()
	if ended {
		c.merged.Merge(load)
		c.final[s.ID] = sum
	} else {
		out.Active += sum.Active
	}
	out.Load.Merge(load)
	return nil
}

func (s *ChunkState) take(r job.Result) {
	s.Attempts, s.Counts, s.LastAt, s.Missed, s.Stopped = r.Attempt, r.Counts, r.At, r.MissedRanges, r.Stopped
	s.Failures, s.Left = r.Failures, r.FailuresLeft
}

// part is one result with its snapshot decoded.
type part struct {
	job.Result
	snapshot *metrics.Snapshot
}

// read decodes one result. A damaged one is no error: it must not keep all the
// others out of the report.
func (c *Collector) read(ctx context.Context, key string) (p part, damage string, err error) {
	data, err := store.ReadAll(ctx, c.Store, key)
	if err != nil {
		return part{}, "", err
	}
	if err := json.Unmarshal(data, &p.Result); err != nil {
		return part{}, fmt.Sprintf("%s cannot be read: %v", key, err), nil
	}
	if p.snapshot, err = metrics.Decode(p.Snapshot); err != nil {
		return part{}, fmt.Sprintf("%s cannot be read: %v", key, err), nil
	}
	return p, "", nil
}

func add(a, b job.Counts) job.Counts {
	return job.Counts{
		Created:     a.Created + b.Created,
		Completed:   a.Completed + b.Completed,
		Failed:      a.Failed + b.Failed,
		Interrupted: a.Interrupted + b.Interrupted,
		Skipped:     a.Skipped + b.Skipped,
		Missed:      a.Missed + b.Missed,
	}
}
