package enginehttp

import (
	"context"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// How long the addresses of a name are used before it is looked up again: a load balancer that
// grows under the load shows it in its name. A failure is remembered for a moment only.
const (
	namesAge   = 30 * time.Second
	namesRetry = time.Second
	namesLimit = 20 * time.Second // for one lookup
)

// resolver looks names up, each once at a time and for all users.
type resolver struct {
	lookup func(ctx context.Context, host string) ([]netip.Addr, error)
	ctx    context.Context // ends lookups when the protocol is closed
	stop   context.CancelFunc
	busy   sync.WaitGroup
	mu     sync.Mutex
	hosts  map[string]*hostEntry
}

// hostEntry is what is known of one name. All is guarded by resolver.mu.
type hostEntry struct {
	addrs   []netip.Addr
	err     error
	until   time.Time     // how long this holds
	pending chan struct{} // closed when the lookup under way is over; nil when there is none
	turn    int           // how many connections took an address: they take turns
}

func newResolver() *resolver {
	r := &resolver{hosts: map[string]*hostEntry{}}
	r.ctx, r.stop = context.WithCancel(context.Background())
	r.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
		return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	}
	return r
}

// addresses returns the addresses of a host in the order in which this caller should try them. Of
// those of the preferred family each caller begins with another one.
func (r *resolver) addresses(ctx context.Context, host string, until time.Time) ([]netip.Addr, error) {
	for {
		r.mu.Lock()
		e := r.hosts[host]
		if e == nil {
			e = &hostEntry{}
			r.hosts[host] = e
		}
		fresh := time.Now().Before(e.until)
		if !fresh && e.pending == nil {
			if err := r.ctx.Err(); err != nil {
				r.mu.Unlock()
				return nil, errCut
			}
			e.pending = make(chan struct{})
			r.busy.Add(1)
			go r.refresh(host, e)
		}
		// While a lookup goes on what was known before serves.
		if len(e.addrs) > 0 {
			addrs := inTurn(e.addrs, e.turn)
			e.turn++
			r.mu.Unlock()
			return addrs, nil
		}
		if fresh {
			err := e.err
			r.mu.Unlock()
			return nil, err
		}
		pending := e.pending
		r.mu.Unlock()
		if err := await(ctx, pending, until); err != nil {
			return nil, err
		}
	}
}

// refresh looks a host up.
func (r *resolver) refresh(host string, e *hostEntry) {
	defer r.busy.Done()
	ctx, cancel := context.WithTimeout(r.ctx, namesLimit)
	defer cancel()
	addrs, err := r.lookup(ctx, host)
	r.mu.Lock()
	defer r.mu.Unlock()
	e.err = err
	if err == nil && len(addrs) == 0 {
		e.err = &net.DNSError{Err: "no address", Name: host, IsNotFound: true}
	}
	if e.err == nil {
		e.addrs, e.until = addrs, time.Now().Add(namesAge)
	} else {
		e.until = time.Now().Add(namesRetry)
	}
	close(e.pending)
	e.pending = nil
}

func (r *resolver) close() {
	r.stop()
	r.busy.Wait()
}

// inTurn copies addrs with the leading ones of the same family turned by n places.
func inTurn(addrs []netip.Addr, n int) []netip.Addr {
	family := 1
	for family < len(addrs) && addrs[family].Unmap().Is4() == addrs[0].Unmap().Is4() {
		family++
	}
	out := make([]netip.Addr, 0, len(addrs))
	for i := range family {
		out = append(out, addrs[(i+n)%family])
	}
	return append(out, addrs[family:]...)
}

// await waits for a signal until a time or the end of the context.
func await(ctx context.Context, signal <-chan struct{}, until time.Time) error {
	timeout := time.NewTimer(time.Until(until))
	defer timeout.Stop()
	select {
	case <-signal:
		return nil
	case <-timeout.C:
		return os.ErrDeadlineExceeded
	case <-ctx.Done():
		return errCut
	}
}
