// Package report turns what a run has measured into what people and programs
// read: one JSON document, a text for the console, a page for the browser.
//
// A Report is that document. New makes it from a merged metrics.Snapshot and
// from what the aggregator knows of the run; Decode reads it back, and text and
// page are written from it alone. docs/report.md describes every key.
//
// The package leaves to metrics and hist what a measurement is, to aggregator
// which measurements belong to the run and what its outcome is, and to monitor
// what a run of a series means. It reads no clock: all times come with Input.
package report

import (
	"encoding/json"
	"time"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// Format is the version of the JSON document that this package writes. Decode
// refuses higher ones.
const Format = 1

// SaturationLag is the schedule lag beyond which the generator counts as
// saturated: when more than one arrival in a hundred was fired later than this
// after it was due, response times tell as much about the generator as about
// its target.
const SaturationLag = 100 * time.Millisecond

// Input is everything that a report is made from.
type Input struct {
	Run    Run
	Phases []Phase // of the script, in order

	// StatsInterval is the length of the windows of `intermediate`, in seconds;
	// 0 means 10.
	StatsInterval int

	Ensure []script.Check // the checks to make, once the load began

	Sampling *Sampling // of an acceptance or monitoring run; else nil

	Load          *metrics.Snapshot // the load itself; nil when none was fired
	Before, After *metrics.Snapshot // nil when the script has no such section, or it never ran
}

// Run is what is known of a run beside its measurements: the key `run` of the
// document.
type Run struct {
	Format      int      `json:"format"` // New sets it
	ID          string   `json:"id"`
	Script      string   `json:"script"`
	Mode        string   `json:"mode,omitempty"`      // acceptance or monitoring; absent in a performance run
	Scenarios   []string `json:"scenarios,omitempty"` // of a sampling run: their names, or indices as texts
	Environment string   `json:"environment,omitempty"`
	Version     string   `json:"version"` // of Salvo

	// Seed decides all that was drawn. It is a string in JSON, whose numbers end
	// at 2^53.
	Seed uint64 `json:"seed,string"`

	Started time.Time `json:"started,omitzero"` // when the run was asked for
	Start   time.Time `json:"start,omitzero"`   // what the load's offsets count from; zero when none was fired
	Ended   time.Time `json:"ended,omitzero"`   // when its results were merged

	PlannedDuration float64 `json:"plannedDuration"` // of the load, in seconds

	// Each planned arrival is one of created, skipped (over maxVusers), missed
	// (its time had passed before a worker could fire it) and unaccounted (no
	// result tells of it; New computes it); a simulation fires none of them. A created user that neither
	// completed nor failed was interrupted.
	Planned     int64 `json:"planned"`
	Created     int64 `json:"created"`
	Missed      int64 `json:"missed"`
	Skipped     int64 `json:"skipped"`
	Interrupted int64 `json:"interrupted"`
	Unaccounted int64 `json:"unaccounted"`

	Windows    int `json:"windows"`
	Chunks     int `json:"chunks"`
	MaxWorkers int `json:"maxWorkers"` // at once

	Outcome      string `json:"outcome"` // "Passed", or the name of the error that the run ended with
	OutcomeCause string `json:"outcomeCause,omitempty"`
	Stopped      bool   `json:"stopped"` // somebody stopped it

	// Simulation tells that nothing was sent: the run shows what would have been.
	Simulation bool `json:"simulation,omitempty"`

	Lost         []LostChunk `json:"lost"`         // chunks without a final result
	MissedRanges []Missed    `json:"missedRanges"` // what the other chunks did not fire

	Warnings []string `json:"warnings"`

	// EndpointNamespace begins the names of the metrics of endpoints, "" where
	// that is Artillery's own namespace; and these plugins' metrics are left out
	// of the text.
	EndpointNamespace string   `json:"endpointNamespace,omitempty"`
	Suppressed        []string `json:"suppressed,omitempty"`

	// Saturated says that the generator could not keep up. New sets it too, by
	// SaturationLag and by the ranges of MissedRanges that are Late.
	Saturated bool `json:"saturated"`
}

// LostChunk is a chunk that has no final result: what of it is in the report,
// and what is not.
type LostChunk struct {
	Chunk  string `json:"chunk"`
	Reason string `json:"reason"`

	Planned   int64 `json:"planned"`   // arrivals in the plan
	Accounted int64 `json:"accounted"` // of these, arrivals that its partial results tell of

	MeasuredUntil time.Time `json:"measuredUntil,omitzero"` // zero when it left no partial result

	Missed []Missed `json:"missed,omitempty"` // its arrivals of which nothing is known, or that were not fired
}

// Missed names arrivals of one chunk that were not fired. Of the window's
// indices from First to Last, both included, it means the Count that are the
// chunk's own.
type Missed struct {
	Chunk    string    `json:"chunk"`
	First    int64     `json:"first"`
	Last     int64     `json:"last"`
	Count    int64     `json:"count"`
	FromTime time.Time `json:"from,omitzero"` // when the first one was due
	ToTime   time.Time `json:"to,omitzero"`   // when the last one was due
	Reason   string    `json:"reason"`

	// Late says that the worker was at work but behind its schedule, which makes
	// the generator count as saturated.
	Late bool `json:"late,omitempty"`
}

// Phase is one phase of the script as it was planned.
type Phase struct {
	Index      int
	Name       string
	Start, End time.Duration // offsets from the load's start
	From, To   float64       // arrivals per second at Start and at End, linear in between
	Planned    int64         // arrivals

	// Source is the phase as the user wrote it, for `aggregate.phases`.
	Source json.RawMessage
}

// Report is the JSON document, key by key.
type Report struct {
	Run Run `json:"run"`

	*Analysis // of a sampling run; else nil

	Monitor *Monitor `json:"monitor,omitempty"` // of a monitoring run that was observed

	Checks       []Check       `json:"checks"`
	Aggregate    Period        `json:"aggregate"`
	Intermediate []Period      `json:"intermediate"`
	Phases       []PhaseResult `json:"phases"`
	Endpoints    []Endpoint    `json:"endpoints"`
	Expectations []Expectation `json:"expectations,omitempty"` // none where nothing was expected
	Distribution Distribution  `json:"distribution"`
	Series       Series        `json:"series"`
	Before       *Period       `json:"before,omitempty"` // the section of that name
	After        *Period       `json:"after,omitempty"`
}
