// Package job is the contract between the steps of a run: what passes from
// state to state, how errors are named, where things lie in the store, and
// which environment variables the functions read. It has no behaviour.
//
// State payloads end at 262,144 bytes, so states carry keys and counts, and
// the data stays in the store.
package job

import (
	"encoding/json"
	"time"
)

// Request asks for a run. It is the input of the state machine, and a bare
// script stands for a Request whose Script it is.
type Request struct {
	// Bundle is the key of a zip with the script and every file it needs;
	// File is the script's path inside. Without them Script is the script.
	Bundle string          `json:"bundle,omitempty"`
	File   string          `json:"file,omitempty"`
	Script json.RawMessage `json:"script,omitempty"`

	// Name is how the user calls the script: in faults and in the report.
	Name string `json:"name,omitempty"`

	// Config is the path, in the bundle, of a file that is merged over the
	// script; ConfigName is how the user calls it.
	Config     string `json:"config,omitempty"`
	ConfigName string `json:"configName,omitempty"`

	Mode        string          `json:"mode,omitempty"`        // acceptance, monitoring or performance, whatever the script says
	Environment string          `json:"environment,omitempty"` // of config.environments
	Overrides   json.RawMessage `json:"overrides,omitempty"`   // merged over the script
	Variables   json.RawMessage `json:"variables,omitempty"`   // replace keys of config.variables
	Target      string          `json:"target,omitempty"`      // replaces config.target
	Insecure    bool            `json:"insecure,omitempty"`    // certificates are not verified
	Solo        bool            `json:"solo,omitempty"`        // one user instead of the phases
	Scenario    string          `json:"scenario,omitempty"`    // the only one to run: a name or a regular expression
	Strict      bool            `json:"strict,omitempty"`      // warnings are faults

	// Seed decides everything that is drawn; the same seed gives the same run.
	// It is a string, because JSON numbers end at 2^53. Empty: one is chosen.
	Seed string `json:"seed,omitempty"`

	// Asked is when the splitter received the request; it sets it.
	Asked time.Time `json:"asked,omitzero"`
}

// SplitInput is what the state machine hands to the splitter.
type SplitInput struct {
	// Execution is the execution's name; it is the run's ID.
	Execution string `json:"execution"`

	Request json.RawMessage `json:"request,omitempty"`

	// Schedule asks only to give the plan that is already in the store its
	// absolute times: a run with a `before` section starts when that ended.
	Schedule bool `json:"schedule,omitempty"`
}

// FanOut says how the state machine spreads the chunks.
type FanOut string

// The ways to fan out. An inline Map runs 40 iterations at once, in the
// history of its own execution; a distributed Map reads its items from the
// store and runs 10,000.
const (
	FanOutNone        FanOut = "none"
	FanOutInline      FanOut = "inline"
	FanOutDistributed FanOut = "distributed"
)

// Split is the splitter's answer and the state that the rest of the run works
// on.
type Split struct {
	Run           string   `json:"run"`
	Bucket        string   `json:"bucket"`
	ChunksKey     string   `json:"chunksKey"`
	ResultsPrefix string   `json:"resultsPrefix"` // where a distributed Map writes its own records
	ChunkCount    int      `json:"chunkCount"`
	FanOut        FanOut   `json:"fanOut"`
	Chunks        []Chunk  `json:"chunks"` // all of them for an inline Map, else empty
	Before        bool     `json:"before"`
	After         bool     `json:"after"`
	Failure       *Failure `json:"failure"` // null; a Catch puts the error here
}

// Failure is an error as a Catch of the state machine records it.
type Failure struct {
	Error string `json:"Error"`
	Cause string `json:"Cause"`
}

// Message is the text of the error: Lambda puts that of a function into JSON.
func (f *Failure) Message() string {
	var e struct {
		Message string `json:"errorMessage"`
	}
	if json.Unmarshal([]byte(f.Cause), &e) != nil || e.Message == "" {
		return f.Cause
	}
	return e.Message
}

// Chunk is the share of one worker in one window: an item of chunks.json. The
// plan makes it, with offsets; the splitter gives it its absolute times.
type Chunk struct {
	ID string `json:"id"`

	// WakeAt is when the worker is called; LoadStart is the instant that the
	// whole load, not only this chunk, counts from.
	WakeAt    time.Time `json:"wakeAt"`
	LoadStart time.Time `json:"loadStart"`

	Window  int `json:"window"`
	Worker  int `json:"worker"`  // this one, from 0
	Workers int `json:"workers"` // in this window

	// Start and End are offsets from LoadStart, in nanoseconds.
	Start time.Duration `json:"startNs"`
	End   time.Duration `json:"endNs"`

	// First and Until bound the window's arrivals: the worker takes each
	// First <= i < Until with i mod Workers = Worker, Arrivals in all.
	First    int64 `json:"first"`
	Until    int64 `json:"until"`
	Arrivals int64 `json:"arrivals"`
}

// The sections of a script that run once, around the load.
const (
	SectionBefore = "before"
	SectionAfter  = "after"
)

// WorkInput is what the state machine hands to a worker: a chunk of the load
// or a section.
type WorkInput struct {
	Run     string `json:"run"`
	Chunk   *Chunk `json:"chunk,omitempty"`
	Section string `json:"section,omitempty"`
}

// WorkOutput is a worker's answer: where its result lies, and a few counts.
type WorkOutput struct {
	Run     string `json:"run"`
	Chunk   string `json:"chunk,omitempty"`
	Section string `json:"section,omitempty"`
	Key     string `json:"key"`
	Attempt int    `json:"attempt,omitempty"`
	Counts
	Stopped bool `json:"stopped,omitempty"`
}

// Counts tells what became of a chunk's arrivals. Each arrival that was dealt
// with is exactly one of created, skipped and missed; each created user ends
// as exactly one of completed, failed and interrupted.
type Counts struct {
	Created     int64 `json:"created"`
	Completed   int64 `json:"completed"`
	Failed      int64 `json:"failed"`
	Interrupted int64 `json:"interrupted"` // still running when the worker's time ended
	Skipped     int64 `json:"skipped"`     // over maxVusers
	Missed      int64 `json:"missed"`      // their time had passed
}

// Result is what one attempt at a chunk, or a section, measured: the value
// under PartialKey while the worker runs and under ResultKey at its end.
type Result struct {
	Chunk   string `json:"chunk,omitempty"`
	Section string `json:"section,omitempty"`
	Attempt int    `json:"attempt"` // 1, and one more for each successor
	Final   bool   `json:"final"`
	Stopped bool   `json:"stopped,omitempty"` // ended early because the run was stopped
	Counts

	// Next is the first arrival index that is not in Counts yet; Active is how
	// many users were running.
	Next   int64     `json:"next"`
	Active int64     `json:"active"`
	At     time.Time `json:"at"`

	MissedRanges []MissedRange `json:"missedRanges,omitempty"`

	// Failures are what went wrong in a sampling run, one by one, up to a bound;
	// FailuresLeft is how many more there were.
	Failures     []UserFailure `json:"failures,omitempty"`
	FailuresLeft int64         `json:"failuresLeft,omitempty"`

	// Error is what ended a section, by name.
	Error string `json:"error,omitempty"`

	// Snapshot is a metrics.Snapshot in its binary form.
	Snapshot []byte `json:"snapshot,omitempty"`
}

// MissedRange names arrivals of one worker that were not fired. Of the window's
// indices from First to Last, both included, it holds the worker's own.
type MissedRange struct {
	First  int64  `json:"first"`
	Last   int64  `json:"last"`
	Count  int64  `json:"count"`
	From   int64  `json:"fromMs"` // offsets from the load's start, in milliseconds
	To     int64  `json:"toMs"`
	Reason string `json:"reason"`
	Late   bool   `json:"late,omitempty"` // the worker was at work, but behind its schedule
}

// UserFailure is something that went wrong for a virtual user, with what
// explains it. It holds no secrets.
type UserFailure struct {
	Scenario string    `json:"scenario"` // its name, or its index as text
	Arrival  int64     `json:"arrival"`  // index of the virtual user
	At       time.Time `json:"at"`

	Step   string `json:"step,omitempty"` // its path: "scenarios[0].flow[2]"
	File   string `json:"file,omitempty"` // that it stands in, as the user calls it
	Line   int    `json:"line,omitempty"`
	Column int    `json:"column,omitempty"`

	Errors []string `json:"errors,omitempty"` // the keys that it is counted under
	Unmet  []Unmet  `json:"unmet,omitempty"`  // expectations that failed

	Method   string `json:"method,omitempty"`
	URL      string `json:"url,omitempty"`
	Request  string `json:"request,omitempty"`  // as it was sent: line, headers, beginning of the body
	Response string `json:"response,omitempty"` // likewise, as it was received
}

// Unmet is an expectation that failed.
type Unmet struct {
	Type     string `json:"type"` // as Artillery calls it: "statusCode"
	Expected string `json:"expected"`
	Got      string `json:"got"`
}

// AggregateInput is what the state machine hands to the aggregator.
type AggregateInput struct {
	Run     string   `json:"run"`
	Failure *Failure `json:"failure"`

	// Request is the input of an execution that could not be planned, so that
	// there is nothing to aggregate. It is absent otherwise.
	Request json.RawMessage `json:"request,omitempty"`
}

// Verdict is the aggregator's answer. The last Choice of the state machine goes
// by Outcome, which is also the name of the error that a run ends with.
type Verdict struct {
	Run        string `json:"run"`
	Outcome    string `json:"outcome"`
	Cause      string `json:"cause,omitempty"`
	Report     string `json:"report"`     // the key of report.json
	ReportHTML string `json:"reportHtml"` // the key of report.html

	// Said are the subjects of what a monitoring run had alerts say, and Problem tells
	// what could not be said.
	Said    []string `json:"said,omitempty"`
	Problem string   `json:"problem,omitempty"`

	Counts
}

// The outcomes of a run.
const (
	Passed             = "Passed"
	BudgetExceeded     = "BudgetExceeded"     // a sampling run had more errors than its budget
	ThresholdExceeded  = "ThresholdExceeded"  // a check of `ensure` failed
	ExpectationsFailed = "ExpectationsFailed" // a response was not what `expect` says
	RunIncomplete      = "RunIncomplete"      // something that was planned is not in the report
	RunStopped         = "RunStopped"         // somebody stopped it
	BeforeFailed       = "BeforeFailed"
	AfterFailed        = "AfterFailed"
	SplitFailed        = "SplitFailed" // it could not be planned
)

// RunID is the run that the input is about.
func (in SplitInput) RunID() string { return in.Execution }

// RunID is the run that the input is about.
func (in WorkInput) RunID() string { return in.Run }

// RunID is the run that the input is about.
func (in AggregateInput) RunID() string { return in.Run }
