package hook

import (
	"errors"
	"fmt"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dop251/goja"
)

const (
	// TurnLimit is how long JavaScript may run without waiting for anything. Hooks take
	// microseconds; the limit is there for loops without an end.
	TurnLimit = 5 * time.Second

	// loadTurn is the same while the module is loaded: the workers of a machine all do that at once.
	loadTurn = 3 * TurnLimit

	// TurnMemory is how much the heap may grow in one turn, in bytes. What is counted is the whole of
	// the process, so when several runtimes take turns at once, the heap may grow by as much for each.
	TurnMemory = 256 << 20

	// look is how often a long turn is looked at.
	look = 20 * time.Millisecond
)

// Why turns are ended: what is said of the hook.
var (
	errTurnTooLong  = fmt.Errorf("ran for longer than %v", TurnLimit)
	errLoadTooLong  = fmt.Errorf("took longer than %v to load", loadTurn)
	errTurnTooLarge = fmt.Errorf("took more than %d MiB of memory", TurnMemory>>20)
)

// watchdog ends turns that do not end by themselves. It looks at them now and then, from a timer of
// its own, so that beginning and ending a turn costs next to nothing.
type watchdog struct {
	vm    *goja.Runtime
	limit time.Duration // TurnLimit, but for tests

	mu      sync.Mutex
	loads   bool      // the module is loaded, in turns that may take longer
	began   time.Time // zero while no turn is taken
	turns   uint64
	seen    uint64 // turns at the last look
	heap    uint64 // bytes, with what is garbage, when the turn was first looked at
	timer   *time.Timer
	looking bool // the timer is set
	stopped bool
}

// taken is how many turns are taken at once in this process.
var taken atomic.Int64

func (w *watchdog) begin() {
	taken.Add(1)
	w.mu.Lock()
	w.began = time.Now()
	w.turns++
	if !w.looking && !w.stopped {
		w.looking = true
		if w.timer == nil {
			w.timer = time.AfterFunc(look, w.look)
		} else {
			w.timer.Reset(look)
		}
	}
	w.mu.Unlock()
}

func (w *watchdog) end() {
	taken.Add(-1)
	w.mu.Lock()
	w.began = time.Time{}
	// It may have been ended just after it had ended by itself.
	w.vm.ClearInterrupt()
	w.mu.Unlock()
}

// look ends the turn that is taken, if it has had enough. It is not set again when nothing has
// happened since the last look.
func (w *watchdog) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopped || w.began.IsZero() && w.turns == w.seen {
		w.looking = false
		return
	}
	same := w.turns == w.seen
	w.seen = w.turns
	if !w.began.IsZero() {
		heap, live := heapBytes()
		if !same {
			w.heap = heap
		}
		switch {
		case w.loads && time.Since(w.began) > loadTurn:
			w.vm.Interrupt(errLoadTooLong)
		case !w.loads && time.Since(w.began) > w.limit:
			w.vm.Interrupt(errTurnTooLong)
		case live > w.heap+TurnMemory*uint64(max(1, taken.Load())):
			w.vm.Interrupt(errTurnTooLarge)
		}
	}
	w.timer.Reset(look)
}

// loading tells whether the module is being loaded.
func (w *watchdog) loading(yes bool) {
	w.mu.Lock()
	w.loads = yes
	w.mu.Unlock()
}

func (w *watchdog) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopped = true
	if w.timer != nil {
		w.timer.Stop()
	}
}

// heapBytes are the bytes of all objects, garbage too, and of those that were in use when the garbage
// was last collected: only what grows in use is of a turn's making.
func heapBytes() (all, live uint64) {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64(), sample[1].Value.Uint64()
}

// limit is why a turn was ended, nil when it was not.
func limit(err error) error {
	for _, reason := range []error{errTurnTooLong, errLoadTooLong, errTurnTooLarge} {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return nil
}
