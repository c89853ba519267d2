package enginehttp

import (
	"context"
	"os"
	"sync"
	"time"
)

// pool shares a number of connections to one origin among all users, first come, first served.
type pool struct {
	mu      sync.Mutex
	limit   int
	open    int     // connections that exist or are being dialled
	free    []*conn // the latest used is last, and first to be used again
	waiting []*waiter
	head    int // index of the first in waiting
	spare   []*waiter
}

// waiter stands in line. What it waits for is a connection, or nil: leave to dial one. One that got it
// can stand in line again.
type waiter struct {
	turn  chan *conn
	limit *time.Timer
	gone  bool // no longer waiting; guarded by pool.mu
}

// get returns a kept connection, or nil when the caller is to dial one. The caller hands back
// either by put or by drop.
func (p *pool) get(ctx context.Context, until time.Time) (*conn, error) {
	p.mu.Lock()
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		return c, nil
	}
	if p.open < p.limit {
		p.open++
		p.mu.Unlock()
		return nil, nil
	}
	w := p.newWaiter(until)
	p.waiting = append(p.waiting, w)
	p.mu.Unlock()
	select {
	case c := <-w.turn:
		w.limit.Stop()
		p.mu.Lock()
		p.spare = append(p.spare, w)
		p.mu.Unlock()
		return c, nil
	case <-w.limit.C:
		return p.leave(w, os.ErrDeadlineExceeded)
	case <-ctx.Done():
		w.limit.Stop()
		return p.leave(w, errCut)
	}
}

// newWaiter returns one that waits until a time. p.mu is held.
func (p *pool) newWaiter(until time.Time) *waiter {
	n := len(p.spare)
	if n == 0 {
		return &waiter{turn: make(chan *conn, 1), limit: time.NewTimer(time.Until(until))}
	}
	w := p.spare[n-1]
	p.spare = p.spare[:n-1]
	w.limit.Reset(time.Until(until))
	return w
}

// leave takes w out of the line with an error, unless its turn has just come.
func (p *pool) leave(w *waiter, err error) (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case c := <-w.turn:
		return c, nil
	default:
	}
	w.gone = true
	return nil, err
}

// put hands back a connection that can be used again.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.next(); w != nil {
		w.turn <- c
		return
	}
	p.free = append(p.free, c)
}

// drop hands back the place of a connection that was closed or never came to be.
func (p *pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if w := p.next(); w != nil {
		w.turn <- nil
		return
	}
	p.open--
}

// next takes the first who still waits out of the line.
func (p *pool) next() *waiter {
	for p.head < len(p.waiting) {
		w := p.waiting[p.head]
		p.waiting[p.head] = nil
		p.head++
		if !w.gone {
			p.shrink()
			return w
		}
	}
	p.shrink()
	return nil
}

// shrink gives back the room of those who have left.
func (p *pool) shrink() {
	if p.head == len(p.waiting) {
		p.waiting, p.head = p.waiting[:0], 0
	} else if p.head > 64 && p.head > len(p.waiting)/2 {
		n := copy(p.waiting, p.waiting[p.head:])
		clear(p.waiting[n:])
		p.waiting, p.head = p.waiting[:n], 0
	}
}

// close closes the free connections.
func (p *pool) close() {
	p.mu.Lock()
	free := p.free
	p.free = nil
	p.mu.Unlock()
	for _, c := range free {
		c.close()
	}
}
