package worker

import (
	"sync"

	"salvo/pkg/engine"
	"salvo/pkg/job"
)

// mostFailures is how many failures a worker keeps one by one: some MiB at most.
const mostFailures = 200

// failures keeps what goes wrong in a sampling run.
type failures struct {
	mu   sync.Mutex
	kept []job.UserFailure
	left int64 // were not kept
}

// add takes one; the engine calls it.
func (f *failures) add(x engine.Failure) {
	one := job.UserFailure{
		Scenario: x.User.Scenario, Arrival: x.User.Index, At: x.At.UTC(),
		Step: x.Step, File: x.File, Line: x.Pos.Line, Column: x.Pos.Column, Errors: x.Errors,
	}
	for _, u := range x.Unmet {
		one.Unmet = append(one.Unmet, job.Unmet(u))
	}
	if e := x.Exchange; e != nil {
		one.Method, one.URL, one.Request, one.Response = e.Method, e.URL, e.Request, e.Response
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.kept) == mostFailures {
		f.left++
		return
	}
	f.kept = append(f.kept, one)
}

// list returns those that were kept, and how many were not.
func (f *failures) list() ([]job.UserFailure, int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]job.UserFailure(nil), f.kept...), f.left
}
