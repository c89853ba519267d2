package asl

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Event is an entry of an execution's history, as Step Functions keeps it: the
// types have its names. Written as JSON, an event a line, a history is a log.
//
// Tasks are logged as TaskScheduled, TaskStarted and TaskSucceeded, TaskFailed
// or TaskTimedOut, whatever their resource is.
type Event struct {
	ID         int64           `json:"id"`              // from 1, in order
	PreviousID int64           `json:"previousEventId"` // of the event that led here; 0 for the first
	Time       time.Time       `json:"timestamp"`
	Type       string          `json:"type"`
	State      string          `json:"state,omitempty"`
	Iteration  *int            `json:"iteration,omitempty"` // of the innermost inline Map, from 0
	Resource   string          `json:"resource,omitempty"`  // of a TaskScheduled
	Input      json.RawMessage `json:"input,omitempty"`
	Output     json.RawMessage `json:"output,omitempty"`
	Error      string          `json:"error,omitempty"`
	Cause      string          `json:"cause,omitempty"`
	MapRun     string          `json:"mapRunArn,omitempty"` // of a MapRunStarted
}

// history is the event log of an execution.
type history struct {
	order  sync.Mutex // held while an event is told, so that they are told in order
	tell   func(Event)
	mu     sync.Mutex // guards events
	events []Event
}

// add logs an event and returns its number.
func (h *history) add(e Event) int64 {
	h.order.Lock()
	defer h.order.Unlock()
	h.mu.Lock()
	e.ID = int64(len(h.events)) + 1
	e.Time = time.Now().UTC()
	h.events = append(h.events, e)
	h.mu.Unlock()
	if h.tell != nil {
		h.tell(e)
	}
	return e.ID
}

func (h *history) list() []Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.events)
}
