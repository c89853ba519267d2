package worker

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"salvo/pkg/store"
)

// outage is a store that fails while it is switched on.
type outage struct {
	store.Store
	on atomic.Bool
}

var errOutage = errors.New("the store is away")

func (o *outage) Put(ctx context.Context, key string, r io.Reader) error {
	if o.on.Load() {
		return errOutage
	}
	return o.Store.Put(ctx, key, r)
}

func take(t *testing.T, s store.Store) *lease {
	t.Helper()
	l, err := acquire(t.Context(), s, "r1", "w0000-k000")
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestLeaseFirstWorkerNeedNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if l := take(t, new(store.Mem)); l.n != 1 || time.Since(begun) != 0 {
			t.Fatalf("lease %d after %v", l.n, time.Since(begun))
		}
	})
}

func TestLeaseSuccessor(t *testing.T) {
	tests := []struct {
		name string
		// prior is what the first worker does with its lease.
		prior func(ctx context.Context, l *lease)
		wait  time.Duration
	}{
		{"of a worker that gave it back", func(ctx context.Context, l *lease) { l.release(ctx) }, 0},
		{"of a worker that died at once", func(context.Context, *lease) {}, leaseStale},
		{"of a worker that died after two beats", func(ctx context.Context, l *lease) {
			for range 2 {
				time.Sleep(leaseBeat)
				l.beat(ctx)
			}
		}, 2*leaseBeat + leaseStale},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := new(store.Mem)
				first := take(t, s)
				begun := time.Now()
				done := make(chan struct{})
				go func() {
					defer close(done)
					test.prior(t.Context(), first)
				}()
				synctest.Wait()
				second := take(t, s)
				<-done
				took := time.Since(begun)
				if second.n != 2 || took < test.wait || took > test.wait+2*leasePoll {
					t.Fatalf("lease %d after %v, want 2 after %v", second.n, took, test.wait)
				}
				if first.beat(t.Context()) {
					t.Fatal("the first worker still believes in its lease")
				}
				if !second.beat(t.Context()) {
					t.Fatal("the second worker lost its lease")
				}
			})
		})
	}
}

func TestLeaseEndsItselfBeforeASuccessorBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &outage{Store: new(store.Mem)}
		first := take(t, s)
		begun := time.Now()
		s.on.Store(true)
		var ended time.Duration
		for {
			time.Sleep(leaseBeat)
			if !first.beat(t.Context()) {
				ended = time.Since(begun)
				break
			}
		}
		if ended > leaseTTL {
			t.Fatalf("the first worker went on for %v without a beat", ended)
		}
		s.on.Store(false)
		take(t, s)
		if since := time.Since(begun); since < leaseStale {
			t.Fatalf("the successor took over after %v", since)
		}
	})
}

func TestLeaseSuccessorsTakeTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(store.Mem)
		take(t, s) // dies at once
		taken := make(chan *lease)
		for range 3 {
			go func() {
				l := take(t, s)
				time.Sleep(time.Second)
				l.release(t.Context())
				taken <- l
			}()
		}
		seen := map[int]bool{}
		for range 3 {
			seen[(<-taken).n] = true
		}
		if !seen[2] || !seen[3] || !seen[4] {
			t.Fatalf("leases taken: %v", seen)
		}
	})
}

func TestLeaseAcquireEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(store.Mem)
		take(t, s)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := acquire(ctx, s, "r1", "w0000-k000"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("error %v", err)
		}
	})
}

// hanging is a store that does not answer while it is switched on.
type hanging struct {
	store.Store
	on atomic.Bool
}

func (h *hanging) Put(ctx context.Context, key string, r io.Reader) error {
	if h.on.Load() {
		<-ctx.Done()
		return ctx.Err()
	}
	return h.Store.Put(ctx, key, r)
}

// TestLeaseOfAStoreThatHangs: the worker stops when its lease has run out, however
// long the store takes.
func TestLeaseOfAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &hanging{Store: new(store.Mem)}
		l := take(t, s)
		begun := time.Now()
		s.on.Store(true)
		time.Sleep(leaseBeat)
		if l.beat(t.Context()) {
			t.Error("a lease that could not be beaten holds")
		}
		if took := time.Since(begun); took != leaseTTL {
			t.Errorf("it was given up after %v", took)
		}
	})
}
