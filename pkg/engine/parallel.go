package engine

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"salvo/pkg/hook"
	"salvo/pkg/script"
)

// parallelStep runs steps side by side, each a branch, at most limit of them at once. The first
// error of a branch ends the user: no branch goes on to another step, and the error is given back
// when the steps that had begun are over.
type parallelStep struct {
	branches []step
	limit    int
	place    uint64 // tells the step from the others of the script
}

func (e *Engine) compileParallel(p *script.Parallel, path string) (step, error) {
	branches, err := e.compileSteps(p.Steps)
	if err != nil {
		return nil, err
	}
	return &parallelStep{branches: branches, limit: p.Limit, place: hashPath(path)}, nil
}

// lane is what a User needs whose steps run side by side, or that has JavaScript: one for the user
// itself, one for each branch of it. A User without either has none, and pays nothing.
type lane struct {
	*group
	key    uint64 // where the lane's stream of random numbers starts
	rounds map[*parallelStep]uint64
}

// group is what all lanes of one virtual user share.
type group struct {
	mu    sync.Mutex
	user  *User         // the virtual user itself: its variables are everybody's, under mu
	first error         // of any lane
	over  chan struct{} // closed when there is one
	hook  *hook.Context // the virtual user in JavaScript; nil until it is asked for
}

// fail keeps the first error, and tells all lanes.
func (g *group) fail(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first == nil {
		g.first = err
		close(g.over)
	}
}

// failed is the first error of any lane, nil while there is none.
func (g *group) failed() error {
	select {
	case <-g.over:
		return g.first
	default:
		return nil
	}
}

// share makes u one whose variables several goroutines use: those of its steps that run side by side,
// or its JavaScript.
func (u *User) share() {
	if u.lane == nil {
		u.lane = &lane{group: &group{user: u, over: make(chan struct{})}, key: u.key}
		if u.session == nil && u.run.engine.protocol != nil {
			u.session = u.run.engine.protocol.Open(u)
		}
		if u.session != nil {
			u.session.Share()
		}
	}
}

// fork makes u ready for steps that run side by side, and returns the key of its branches' streams:
// it hangs on the seed, the index, the step and how often it was begun, not on time or on answers.
func (u *User) fork(s *parallelStep) uint64 {
	u.share()
	if u.lane.rounds == nil {
		u.lane.rounds = map[*parallelStep]uint64{}
	}
	round := u.lane.rounds[s]
	u.lane.rounds[s]++
	return mix(mix(u.lane.key^s.place) + round)
}

// branch is u for one of the steps that run beside each other: the same virtual user, with a stream
// of random numbers, a due time and a sleeper of its own.
func (u *User) branch(key uint64) *User {
	b := &User{
		run: u.run, scenario: u.scenario, session: u.session, shard: u.shard,
		due: u.due, index: u.index, phase: u.phase, key: u.key,
		lane: &lane{group: u.lane.group, key: key},
	}
	b.seedStream(key)
	return b
}

func (s *parallelStep) do(ctx context.Context, u *User) error {
	key := u.fork(s)
	g := u.lane.group
	var begun atomic.Int64
	var slots sync.WaitGroup
	for range min(s.limit, len(s.branches)) {
		slots.Go(func() {
			// The first branch of a slot was due when the step was, another one when the slot
			// became free.
			for due := u.due; g.failed() == nil; {
				i := int(begun.Add(1)) - 1
				if i >= len(s.branches) {
					return
				}
				b := u.branch(mix(key + uint64(i)))
				b.due = due
				if err := s.branches[i].do(ctx, b); err != nil {
					g.fail(err)
				}
				due = time.Now()
			}
		})
	}
	slots.Wait()
	u.due = time.Now()
	return g.failed()
}
