package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/store"
)

// A worker beats its lease every leaseBeat. When it could not for leaseTTL it
// stops firing by itself; when a successor saw no beat for leaseStale it takes
// over. leaseStale is longer, and each of the two measures with its own clock
// from the last beat it knows of, so the two never fire at once, whatever
// their clocks say. They are long enough for a store that throttles, or is away for some
// seconds, and no longer, because a successor fires nothing until then.
const (
	leaseBeat  = 2 * time.Second
	leaseTTL   = 10 * time.Second
	leaseStale = 11 * time.Second
	leasePoll  = 250 * time.Millisecond
)

// lease is the right to fire the arrivals of one chunk. The n-th worker on a
// chunk holds the n-th lease; making the key of the next one is what ends it.
type lease struct {
	store      store.Store
	run, chunk string
	n          int
	value      leaseValue
	last       time.Time // when the last beat that succeeded was begun
}

// leaseValue is what lies under a lease's key. A successor only looks whether
// it changes, and whether it was given back.
type leaseValue struct {
	Beat     int  `json:"beat"`
	Released bool `json:"released"`
}

// acquire takes the next lease on a chunk. It waits until the worker that holds
// the lease now has given it back or is silent for leaseStale.
func acquire(ctx context.Context, s store.Store, run, chunk string) (*lease, error) {
	for {
		n, err := latestLease(ctx, s, run, chunk)
		if err != nil {
			return nil, err
		}
		if n > 0 {
			if err := waitStale(ctx, s, job.LeaseKey(run, chunk, n)); err != nil {
				return nil, err
			}
		}
		l := &lease{store: s, run: run, chunk: chunk, n: n + 1, last: time.Now()}
		data, err := json.Marshal(l.value)
		if err != nil {
			return nil, err
		}
		err = s.Create(ctx, job.LeaseKey(run, chunk, l.n), data)
		if errors.Is(err, fs.ErrExist) {
			continue // another successor was faster; wait for that one
		}
		if err != nil {
			return nil, err
		}
		return l, nil
	}
}

func latestLease(ctx context.Context, s store.Store, run, chunk string) (int, error) {
	keys, err := s.List(ctx, job.LeasePrefix(run, chunk))
	if err != nil {
		return 0, err
	}
	latest := 0
	for _, key := range keys {
		if n, err := strconv.Atoi(path.Base(key)); err == nil {
			latest = max(latest, n)
		}
	}
	return latest, nil
}

func waitStale(ctx context.Context, s store.Store, key string) error {
	var seen []byte
	var since time.Time
	for {
		data, err := store.ReadAll(ctx, s, key)
		if err != nil {
			return err
		}
		var v leaseValue
		if err := json.Unmarshal(data, &v); err != nil {
			return fmt.Errorf("reading %s: %w", key, err)
		}
		if v.Released {
			return nil
		}
		if string(data) != string(seen) {
			seen, since = data, time.Now()
		} else if time.Since(since) >= leaseStale {
			return nil
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(leasePoll):
		}
	}
}

// beat tells others that this worker is alive. It reports whether the lease
// still holds: not when a successor made the next one, nor when the last
// successful beat is longer ago than leaseTTL.
func (l *lease) beat(ctx context.Context) bool {
	begun := time.Now()
	// A store that does not answer must not keep the worker firing beyond its lease.
	ctx, cancel := context.WithDeadline(ctx, l.last.Add(leaseTTL))
	defer cancel()
	lost, err := store.Exists(ctx, l.store, job.LeaseKey(l.run, l.chunk, l.n+1))
	if err == nil && lost {
		return false
	}
	if err == nil {
		l.value.Beat++
		err = l.write(ctx)
	}
	if err == nil && time.Since(begun) < leaseTTL {
		l.last = begun
	}
	return time.Since(l.last) < leaseTTL
}

// release gives the lease back, so that a successor need not wait.
func (l *lease) release(ctx context.Context) error {
	l.value.Released = true
	return l.write(ctx)
}

func (l *lease) write(ctx context.Context) error {
	data, err := json.Marshal(l.value)
	if err != nil {
		return err
	}
	return store.WriteAll(ctx, l.store, job.LeaseKey(l.run, l.chunk, l.n), data)
}
