package enginehttp

import (
	"context"
	"sync"
	"sync/atomic"
)

// watch is the end of one context. All exchanges of a run have the same context, so a protocol has
// one or two of these, and no exchange needs a goroutine to be interrupted.
type watch struct {
	done  <-chan struct{}
	ended atomic.Bool
	stop  func() bool // gives up watching
}

// links place a connection in a registry.
type links struct {
	prev, next *conn
}

// registry holds the open connections, to interrupt them when their run's context ends.
type registry struct {
	mu      sync.Mutex
	first   *conn
	watches []*watch
	latest  atomic.Pointer[watch]
}

func (g *registry) add(c *conn) {
	g.mu.Lock()
	c.links.next = g.first
	if g.first != nil {
		g.first.links.prev = c
	}
	g.first = c
	g.mu.Unlock()
}

func (g *registry) remove(c *conn) {
	g.mu.Lock()
	if c.links.prev != nil {
		c.links.prev.links.next = c.links.next
	} else if g.first == c {
		g.first = c.links.next
	}
	if c.links.next != nil {
		c.links.next.links.prev = c.links.prev
	}
	c.links = links{}
	g.mu.Unlock()
}

// watch returns the watch of ctx, nil when ctx never ends.
func (g *registry) watch(ctx context.Context) *watch {
	done := ctx.Done()
	if done == nil {
		return nil
	}
	if w := g.latest.Load(); w != nil && w.done == done {
		return w
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range g.watches {
		if w.done == done {
			g.latest.Store(w)
			return w
		}
	}
	w := &watch{done: done}
	w.stop = context.AfterFunc(ctx, func() { g.end(w) })
	g.watches = append(g.watches, w)
	g.latest.Store(w)
	return w
}

// end interrupts all that waits for a context that has ended.
func (g *registry) end(w *watch) {
	// First this, then the interrupts: an exchange that begins meanwhile sees one or the other.
	w.ended.Store(true)
	g.mu.Lock()
	defer g.mu.Unlock()
	for i := range g.watches {
		if g.watches[i] == w {
			g.watches = append(g.watches[:i], g.watches[i+1:]...)
			break
		}
	}
	for c := g.first; c != nil; c = c.links.next {
		if c.run.Load() == w {
			c.interrupt()
		}
	}
}

// close gives up all watching.
func (g *registry) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, w := range g.watches {
		w.stop()
	}
	g.watches = nil
}
