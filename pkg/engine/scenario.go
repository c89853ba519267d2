package engine

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"salvo/pkg/hook"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// scenario is a script's scenario, compiled.
type scenario struct {
	name    string // as it is counted: the name, or the index
	steps   []step
	created metrics.Counter
	source  any // what hooks see of it: the scenario as it is written
}

// Engine is a script made ready to run. One Engine runs one chunk at a time; see Run.
type Engine struct {
	seed          uint64
	recorder      *metrics.Recorder
	protocol      Protocol
	log           func(UserInfo, string)
	say           func(string)
	failure       func(Failure) // nil unless failures are told
	secrets       *strings.Replacer
	strictCapture bool
	funcs         template.Funcs
	names         map[string]binding
	sortedNames   []string
	processor     *Processor
	hookKeys      []string // of what hooks call context
	scenarios     []scenario
	chances       chances
	sampling      bool                           // users take the scenarios in turn
	sections      map[*script.Scenario]*scenario // before and after
	counts        counts
	errors        errorCounters
	current       currentRun
}

// counts are the handles of all that the engine itself records.
type counts struct {
	created, completed, failed, skipped, missed, interrupted, matches metrics.Counter

	sessionLength, lag metrics.Histogram
}

// defaultProtocol is what a scenario speaks that does not say.
const defaultProtocol = "http"

// New compiles a script's scenarios, so that nothing is left to be resolved while users run. Its
// errors are faults of the script that only a protocol can find, or a Config that is not complete.
func New(c Config) (*Engine, error) {
	if c.Script == nil || c.Recorder == nil {
		return nil, errors.New("engine: Config needs a Script and a Recorder")
	}
	e := &Engine{
		seed:          c.Seed,
		recorder:      c.Recorder,
		protocol:      c.Protocols[defaultProtocol],
		log:           c.Log,
		say:           c.Say,
		failure:       c.Failure,
		strictCapture: c.Script.Config.HTTP.StrictCapture,
		names:         bindNames(&c),
		funcs:         functions(c.Script),
		processor:     c.Processor,
		sections:      map[*script.Scenario]*scenario{},
		secrets:       newMasker(c.Script.Secrets()),
	}
	if p, ok := e.protocol.(Scripted); ok {
		e.hookKeys = hook.MoreKeys(p.HookKeys()...)
	}
	e.sortedNames = slices.Sorted(maps.Keys(e.names))
	e.errors = newErrorCounters(c.Recorder, e.secrets)
	r := c.Recorder
	e.counts = counts{
		created:       r.Counter(metrics.VusersCreated),
		completed:     r.Counter(metrics.VusersCompleted),
		failed:        r.Counter(metrics.VusersFailed),
		skipped:       r.Counter(metrics.VusersSkipped),
		missed:        r.Counter(metrics.VusersMissed),
		interrupted:   r.Counter(metrics.VusersInterrupted),
		matches:       r.Counter(metrics.Matches),
		sessionLength: r.Histogram(metrics.VusersSessionLength),
		lag:           r.Histogram(metrics.ScheduleLag),
	}
	for i := range c.Script.Scenarios {
		sc := &c.Script.Scenarios[i]
		name := sc.Name
		if name == "" {
			name = indexName(i)
		}
		compiled, err := e.compile(sc, name)
		if err != nil {
			return nil, err
		}
		e.scenarios = append(e.scenarios, *compiled)
	}
	for _, sc := range []*script.Scenario{c.Script.Before, c.Script.After} {
		if sc == nil {
			continue
		}
		compiled, err := e.compile(sc, sectionName(sc))
		if err != nil {
			return nil, err
		}
		e.sections[sc] = compiled
	}
	if e.sampling = c.Script.Mode.Sampling(); e.sampling {
		return e, nil
	}
	var err error
	e.chances, err = newChances(c.Script.Scenarios)
	return e, err
}

// functions are what the script's templates call.
func functions(s *script.Script) template.Funcs {
	if s.Funcs == nil {
		return template.Builtin()
	}
	return s.Funcs
}

// sectionName is how the user of a before or after section is counted.
func sectionName(sc *script.Scenario) string {
	if sc.Name != "" {
		return sc.Name
	}
	return sc.Path
}

func (e *Engine) compile(sc *script.Scenario, name string) (*scenario, error) {
	steps, err := e.compileSteps(sc.Flow)
	if err != nil {
		return nil, err
	}
	return &scenario{
		name:    name,
		steps:   e.scenarioHooks(sc, steps),
		source:  sc.Source,
		created: e.recorder.Counter(metrics.VusersCreatedByName(name)),
	}, nil
}

// chances are the scenarios' weights.
type chances struct {
	weights []*template.Template // nil when all are fixed
	upTo    []float64            // sums of the fixed weights up to and with each scenario
}

var errNoScenario = errors.New("no scenario has a weight above 0")

func newChances(scenarios []script.Scenario) (chances, error) {
	var c chances
	fixed := true
	sum := 0.0
	for i := range scenarios {
		w := 1.0
		if t := scenarios[i].Weight; t != nil {
			c.weights = append(c.weights, t)
			v, static := t.Static()
			fixed = fixed && static
			w = weight(v)
		} else {
			c.weights = append(c.weights, nil)
		}
		sum += w
		c.upTo = append(c.upTo, sum)
	}
	if !fixed {
		return c, nil
	}
	c.weights = nil
	if sum == 0 {
		return c, fmt.Errorf("engine: %w", errNoScenario)
	}
	return c, nil
}

// weight reads a weight as written: what is not a number above 0 never runs.
func weight(v any) float64 {
	f, ok := v.(float64)
	if s, isText := v.(string); isText {
		f, ok = template.ToNumber(s)
	}
	if !ok || !(f > 0) || math.IsInf(f, 0) {
		return 0
	}
	return f
}

// choose finds the scenario of a user: by weight, but in a sampling run by its index,
// which package plan gives out so that each chunk has a scenario of its own.
func (e *Engine) choose(u *User, a Arrival) (int, error) {
	if e.sampling {
		return int(a.Index % int64(len(e.scenarios))), nil
	}
	return e.chances.choose(u)
}

// choose draws the user's scenario by weight and returns its index.
func (c *chances) choose(u *User) (int, error) {
	upTo := c.upTo
	if c.weights != nil {
		// Weights may hang on the user's variables, so the sums are the user's own.
		upTo = make([]float64, len(c.weights))
		sum := 0.0
		for i, t := range c.weights {
			if t == nil {
				sum++
			} else {
				sum += weight(t.Value(u))
			}
			upTo[i] = sum
		}
		if sum == 0 {
			return 0, errNoScenario
		}
	}
	// 53 bits are what a float64 holds.
	at := float64(u.draw(slotScenario)>>11) / (1 << 53) * upTo[len(upTo)-1]
	for i, bound := range upTo {
		if at < bound {
			return i, nil
		}
	}
	return len(upTo) - 1, nil
}
