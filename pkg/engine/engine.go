package engine

import (
	"context"
	"iter"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// Config is what an Engine is made of. Everything in it is read once, by New.
type Config struct {
	// Script is the loaded script: its scenarios are compiled, its variables and payload rows are
	// what users read.
	Script *script.Script
	// Seed is the run's seed. The same seed and script make the same users.
	Seed uint64
	// Recorder takes all that is measured. It must be the one the Protocols record into.
	Recorder *metrics.Recorder
	// Protocols are the protocols by the name scenarios know them by; "http" is the default one.
	// The engine never closes them: who made them does.
	Protocols map[string]Protocol
	// Before holds the variables that the script's before section left; nil when it left none.
	// They start every user and lose against all others.
	Before *template.Object
	// Log receives the text of every log step; nil drops the text. It is called from the users'
	// goroutines, so it must be safe for concurrent use and quick.
	Log func(u UserInfo, text string)
	// Say receives what is printed of expectations, each text at once and without its last line
	// end; nil drops it. It is called as Log is.
	Say func(text string)
	// Failure receives everything that goes wrong for a user, one by one; nil drops it, and then
	// nothing is kept that would explain it. It is called as Log is.
	Failure func(Failure)
	// Processor is the script's JavaScript; nil when it has none. It must be the one that the
	// Protocols call. The engine never closes its runtime.
	Processor *Processor
	// Globals are the built-in variables that are the same for all users.
	Globals Globals
}

// Globals are the values behind $environment, $testId, $dirname, $scenarioFile and
// $processEnvironment (also called $env). The variable target comes from the script.
type Globals struct {
	Environment  string            // the chosen environment; the variable is undefined when ""
	TestID       string            // the run's id; the variable is undefined when ""
	Dirname      string            // folder of the script as it was named
	ScenarioFile string            // the script's file
	Env          map[string]string // the process environment that scripts may see
}

// UserInfo names a virtual user to Config.Log.
type UserInfo struct {
	Index    int64  // arrival index
	Phase    int    // index of the phase it arrived in
	Scenario string // the scenario's name, or its index as text
}

// Arrival is one entry of a chunk's list.
type Arrival struct {
	Index     int64         // place in the whole run's list
	At        time.Duration // offset from the start of the load
	Phase     int           // index of the phase that it belongs to
	MaxVusers int           // most users of this worker at once; 0 no cap, negative none at all
}

// Chunk is one worker's part of a load, as Run needs it.
type Chunk struct {
	// Start is the absolute start of the load. Only its wall time counts.
	Start time.Time
	// Arrivals is the list, in order of time. It is walked once, lazily.
	Arrivals iter.Seq[Arrival]
	// From, if set, is the time before which nothing is fired: what a predecessor had to do.
	From time.Time
	// Stop, when closed, ends the arrivals. Running users then have Grace to finish.
	Stop <-chan struct{}
	// Deadline, if set, cuts arrivals and users.
	Deadline time.Time
	// Grace is how long users may still run after Stop; then they are interrupted.
	Grace time.Duration
}

// Outcome says what became of a chunk. These hold: Planned = Created + Skipped + Missed and
// Created = Completed + Failed + Interrupted.
type Outcome struct {
	Planned     int64 // arrivals of the list that were dealt with; all of them unless Stopped
	Created     int64 // users started
	Completed   int64 // users that ran out of steps
	Failed      int64 // users ended by an error
	Interrupted int64 // users cut by the end of Grace, Deadline or the context
	Skipped     int64 // arrivals dropped because of MaxVusers
	Missed      int64 // arrivals whose time had passed
	// MissedRanges lists the missed arrivals in order. Neighbours in this worker's list are one
	// range.
	MissedRanges []IndexRange
	// Next is the cursor: every arrival of the list with a smaller index was dealt with, none with
	// this or a greater one was.
	Next int64
	// Stopped tells that the arrivals ended before the list did: by Stop, Deadline or the context.
	Stopped bool
}

// IndexRange is a run of missed arrivals.
type IndexRange struct {
	First, Last int64         // arrival indices, both included
	Count       int64         // arrivals of this worker's list among them
	From, To    time.Duration // when the first and the last were due, from the start of the load
}

// Progress is where a run stands; see Engine.Progress.
type Progress struct {
	Next   int64 // as Outcome.Next
	Active int64 // users running
}

// Protocol makes request steps of one kind executable.
type Protocol interface {
	// Compile prepares a step whose Request is set. It is called once per step and run, never
	// while users run. ifTrue and probability are not its business: the engine decides them.
	Compile(s *script.Step) (Action, error)
	// Open makes what one user holds while it runs. It is called right before the user's first
	// action, in the user's goroutine.
	Open(u *User) Session
	// Close ends what all users share.
	Close() error
}

// Session is what one virtual user holds: connections, a cookie jar. It is used by one goroutine
// until it is shared.
type Session interface {
	// Share tells, once, that from now on several goroutines of the user may use the session at once.
	Share()
	// Close is called once, when the user has ended.
	Close() error
}

// Action is one compiled request step, shared by all users.
type Action interface {
	// Do sends the request for u, applies captures and matches, and returns when all is measured.
	// An error ends the user; see StepError. Do returns soon after ctx is done; what it then
	// returns does not matter.
	Do(ctx context.Context, u *User, s Session) error
}
