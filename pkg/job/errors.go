package job

// Lambda names an error by its outermost Go type, so the steps return these
// types bare: a wrapped one would reach the state machine as "wrapError", and
// no Retry or Catch would match it.

// BadRequest tells that the request, its script or its limits cannot be run as
// they are.
type BadRequest struct{ Message string }

// Error implements error.
func (e *BadRequest) Error() string { return e.Message }

// StoreFailed tells that what a step needs could not be read or written.
type StoreFailed struct{ Message string }

// Error implements error.
func (e *StoreFailed) Error() string { return e.Message }

// LeaseLost tells that a worker could not prove any more that it is the only
// one on its chunk, so it stopped. A successor may go on.
type LeaseLost struct{ Message string }

// Error implements error.
func (e *LeaseLost) Error() string { return e.Message }

// SectionFailed tells that the `before` or `after` section ended with an error.
type SectionFailed struct{ Message string }

// Error implements error.
func (e *SectionFailed) Error() string { return e.Message }

// Interrupted tells that the caller took a worker's time away before it had
// ended. What it had measured is in the store.
type Interrupted struct{ Message string }

// Error implements error.
func (e *Interrupted) Error() string { return e.Message }
