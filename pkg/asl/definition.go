package asl

import (
	"math"
	"time"
)

// Machine is a state machine that has been checked. It does not change, and any
// number of executions may run at once.
type Machine struct {
	top     *processor
	timeout time.Duration // 0 means none
}

// processor is a set of states: the machine's own, or those of a Map.
type processor struct {
	startAt string
	states  map[string]*state
	order   []string // the states' names as they are written
}

// state is a state of any type; what only one type has is behind that type's
// pointer.
type state struct {
	name string
	kind string // its Type
	at   string // where it is in the definition

	next string
	end  bool

	input, output filter
	parameters    *template // nil: the payload is the input
	selector      *template // ResultSelector; nil: the whole result
	resultPath    resultPath

	retry []*retrier
	catch []*catcher

	task   *task
	wait   *wait
	choice *choice
	fail   *fail
	each   *mapping
	result *any // of a Pass; nil: its input
}

// filter is an InputPath or an OutputPath: no path means everything, null means
// an empty object.
type filter struct {
	null bool
	path *path
}

// resultPath is where a result goes in the state's input: no path means that it
// replaces the input, null that it is dropped.
type resultPath struct {
	null bool
	path *path
}

func (r resultPath) apply(input, result any) (any, error) {
	switch {
	case r.null:
		return input, nil
	case r.path == nil:
		return result, nil
	}
	return r.path.put(input, result)
}

type task struct {
	resource    string
	timeout     time.Duration // 0 means none
	timeoutPath *path
}

// wait has exactly one of the four.
type wait struct {
	seconds       *time.Duration
	until         *time.Time
	secondsPath   *path
	timestampPath *path
}

type choice struct {
	rules    []*rule
	fallback string // Default; empty means none
}

// fail has the name and the cause as texts, or says where they are.
type fail struct {
	name, cause         string
	namePath, causePath *expression
}

// mapping is what only a Map has.
type mapping struct {
	items       *path // ItemsPath; nil means the whole input
	itemFields  *template
	processor   *processor
	distributed bool

	concurrency      int // 0 means as many as there may be
	concurrencyPath  *path
	label            string
	reader           *connector
	maxItems         int // 0 means all
	maxItemsPath     *path
	writer           *connector
	tolerated        int
	toleratedPath    *path
	toleratedPercent float64
	percentPath      *path
}

// connector is an ItemReader or a ResultWriter.
type connector struct {
	resource   string
	parameters *template
}

// retrier is an entry of Retry.
type retrier struct {
	errors   []string
	interval time.Duration
	attempts int
	backoff  float64
	maxDelay time.Duration // 0 means none
	jitter   bool
}

// catcher is an entry of Catch.
type catcher struct {
	errors     []string
	next       string
	resultPath resultPath
}

// The bounds that Step Functions sets to numbers in a definition.
const (
	maxSeconds      = 99_999_999
	maxAttempts     = 99_999_999
	maxRetrySeconds = 31_622_400
	maxConcurrency  = 10_000 // of a distributed Map
	maxInline       = 40     // iterations of an inline Map at once
	maxItems        = 100_000_000
	maxNameLength   = 80
	maxLabelLength  = 40
)

// delay is how long the retrier waits before the retry that follows n others;
// draw is a random number from 0 on and below 1.
func (r *retrier) delay(n int, draw float64) time.Duration {
	d := float64(r.interval) * math.Pow(r.backoff, float64(n))
	longest := float64(maxRetrySeconds * time.Second)
	if r.maxDelay > 0 {
		longest = float64(r.maxDelay)
	}
	d = min(d, longest)
	if r.jitter {
		d *= draw
	}
	return time.Duration(d)
}

// targets calls yield with each state that this one may go to, and the field
// that says so.
func (s *state) targets(yield func(field, target string)) {
	tell := func(field, target string) {
		if target != "" { // what is missing has been told
			yield(field, target)
		}
	}
	tell("Next", s.next)
	for i, c := range s.catch {
		tell(index("Catch", i)+".Next", c.next)
	}
	if s.choice != nil {
		for i, r := range s.choice.rules {
			tell(index("Choices", i)+".Next", r.next)
		}
		tell("Default", s.choice.fallback)
	}
}

// all calls yield with each state, those of Maps after the Map.
func (p *processor) all(yield func(*state)) {
	for _, name := range p.order {
		s := p.states[name]
		yield(s)
		if s.each != nil {
			s.each.processor.all(yield)
		}
	}
}
