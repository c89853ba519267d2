package engine

import (
	"context"
	"math/bits"
	"math/rand/v2"
	"strconv"
	"time"

	"salvo/pkg/hook"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// User is one virtual user: what it may read, what it has kept, and its random numbers. It
// implements template.Scope. A User belongs to the goroutine that runs it; while steps of a virtual
// user run side by side, each has a User of its own, see lane.
type User struct {
	run      *run
	scenario *scenario
	session  Session
	shard    *metrics.Shard
	own      []variable // set by captures, loops and protocols; few, so searched in order
	due      time.Time
	index    int64
	phase    int
	key      uint64 // hash of the run's seed and the index: where all draws start
	source   rand.PCG
	random   rand.Rand
	sleeper  sleeper
	at       *script.Step // that it is in; only where failures are told
	lane     *lane        // nil until the user's steps run side by side, or it has JavaScript
}

type variable struct {
	name  string
	value any
}

var _ template.Scope = (*User)(nil)

// seed makes u the user of arrival index under the run's seed.
func (u *User) seed(seed uint64, index int64) {
	u.index = index
	u.key = mix(mix(seed) + uint64(index))
	u.seedStream(u.key)
}

// seedStream starts the user's stream.
func (u *User) seedStream(key uint64) {
	u.source = *rand.NewPCG(mix(key+1), mix(key+2))
	u.random = *rand.New(&u.source)
}

// mix spreads x over all 64 bits, so that neighbouring seeds and indices have nothing in common.
// It is the finalizer of SplitMix64.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// The slots of a user's picks; see the package comment. Their numbers are part of what a seed
// means: changing one changes what every user of a given seed does.
const (
	slotScenario = 16
	slotUUID     = 17 // and 18
	slotVariable = 1 << 20
	slotPayload  = 1 << 21
)

// draw returns the user's random number for a slot, the same at every call.
func (u *User) draw(slot uint64) uint64 {
	return mix(u.key ^ mix(slot))
}

// pick draws one of n things for a slot. n is at least 1.
func (u *User) pick(slot uint64, n int) int {
	high, _ := bits.Mul64(u.draw(slot), uint64(n))
	return int(high)
}

// Rand is the user's own stream of random numbers, seeded by the run's seed and the arrival index.
func (u *User) Rand() *rand.Rand {
	return &u.random
}

// Lookup finds a variable by its whole name. What the user has kept itself hides the picks of
// config.variables, these hide payload columns, these the variables of the before section, and
// these the built-in ones.
func (u *User) Lookup(name string) (any, bool) {
	v, ok := u.enter().lookup(name)
	u.leave()
	if ref, isRef := v.(*hook.Ref); isRef {
		v = ref.Value()
	}
	return v, ok
}

// enter gives the user whose variables are u's to the caller alone, until leave.
func (u *User) enter() *User {
	if u.lane == nil {
		return u
	}
	u.lane.mu.Lock()
	return u.lane.user
}

func (u *User) leave() {
	if u.lane != nil {
		u.lane.mu.Unlock()
	}
}

func (u *User) lookup(name string) (any, bool) {
	for i := range u.own {
		if u.own[i].name == name {
			return u.own[i].value, true
		}
	}
	if b, ok := u.run.engine.names[name]; ok {
		return b.value(u), true
	}
	return template.Undefined, false
}

// Set keeps a value under a name, as a capture does. The value must not be changed afterwards.
func (u *User) Set(name string, v any) {
	u.enter().set(name, v)
	u.leave()
}

func (u *User) set(name string, v any) {
	for i := range u.own {
		if u.own[i].name == name {
			u.own[i].value = v
			return
		}
	}
	u.own = append(u.own, variable{name, v})
}

// SetPath keeps a value at a path inside a variable, and makes the objects and lists on the way.
func (u *User) SetPath(p template.Path, v any) {
	owner := u.enter()
	old, ok := owner.lookup(p.Root())
	if !ok {
		old = template.Undefined
	}
	if ref, isRef := old.(*hook.Ref); isRef {
		u.leave() // reading it waits for JavaScript, which may wait for the variables
		u.Set(p.Root(), p.Set(ref.Value(), v))
		return
	}
	owner.set(p.Root(), p.Set(old, v))
	u.leave()
}

// Index is the arrival's place in the run's list.
func (u *User) Index() int64 {
	return u.index
}

// Phase is the index of the phase that the user arrived in: the phase of all it measures.
func (u *User) Phase() int {
	return u.phase
}

// Scenario is the name of the user's scenario, or its index when it has none.
func (u *User) Scenario() string {
	return u.scenario.name
}

// Due is when the next request was due to be sent: for a user's first request when the user was
// due to arrive, after a think when the think should have ended, else when the request before had
// ended. Response times are measured from it, so that the generator's own lateness is in them.
// It carries a monotonic reading.
func (u *User) Due() time.Time {
	return u.due
}

// Shard is the part of the recorder that the user records into.
func (u *User) Shard() *metrics.Shard {
	return u.shard
}

// Begin opens a batch of observations of this user at a time. The caller must End it.
func (u *User) Begin(at time.Time) metrics.Batch {
	return u.shard.Begin(u.phase, at)
}

// uuid is the user's $uuid: of version 4, drawn from seed and index.
func (u *User) uuid() string {
	high, low := u.draw(slotUUID), u.draw(slotUUID+1)
	high = high&^0xf000 | 0x4000
	low = low&^(3<<62) | 2<<62
	var hex [32]byte
	for i := range 16 {
		hex[15-i] = "0123456789abcdef"[high&15]
		hex[31-i] = "0123456789abcdef"[low&15]
		high >>= 4
		low >>= 4
	}
	s := make([]byte, 0, 36)
	s = append(s, hex[:8]...)
	for i := 8; i < 20; i += 4 {
		s = append(append(s, '-'), hex[i:i+4]...)
	}
	return string(append(append(s, '-'), hex[20:]...))
}

// sleep waits for d, and makes the end of d the time when the next request is due.
func (u *User) sleep(ctx context.Context, d time.Duration) error {
	u.due = time.Now().Add(max(d, 0))
	if d <= 0 {
		return ctx.Err()
	}
	var over <-chan struct{} // nothing ever comes, unless steps run side by side
	if u.lane != nil {
		over = u.lane.over
	}
	ring := u.run.clock.start(&u.sleeper, d)
	select {
	case <-ring:
		return nil
	case <-ctx.Done():
		u.run.clock.cancel(&u.sleeper)
		return ctx.Err()
	case <-over:
		u.run.clock.cancel(&u.sleeper)
		return u.lane.failed()
	}
}

// Mask hides in a text what the script took from the environment.
func (u *User) Mask(text string) string {
	return u.run.engine.secrets.Replace(text)
}

// info names the user to the log.
func (u *User) info() UserInfo {
	return UserInfo{Index: u.index, Phase: u.phase, Scenario: u.scenario.name}
}

// indexName is how a scenario without a name is counted.
func indexName(i int) string {
	return strconv.Itoa(i)
}
