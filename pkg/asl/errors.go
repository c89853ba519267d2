package asl

import (
	"fmt"
	"reflect"
	"runtime"
	"unicode/utf8"
)

// The error names of the language that this package gives.
const (
	ErrorAll               = "States.ALL"
	ErrorTimeout           = "States.Timeout"
	ErrorTaskFailed        = "States.TaskFailed"
	ErrorRuntime           = "States.Runtime"
	ErrorDataLimit         = "States.DataLimitExceeded"
	ErrorNoChoiceMatched   = "States.NoChoiceMatched"
	ErrorResultPath        = "States.ResultPathMatchFailure"
	ErrorIntrinsic         = "States.IntrinsicFailure"
	ErrorItemReader        = "States.ItemReaderFailed"
	ErrorResultWriter      = "States.ResultWriterFailed"
	ErrorToleratedFailures = "States.ExceedToleratedFailureThreshold"

	// ErrorPanic is what a task that panicked failed with.
	ErrorPanic = "Runtime.Panic"
)

const (
	maxCause   = 32_768 // bytes
	maxMessage = 30_000 // bytes of an error's text in a cause
	maxFrames  = 32     // of the stack in a cause
)

// NamedError is an error that carries its name in the language itself, such as
// Runtime.ExitError of a process that ended. Its cause is passed on as it is.
type NamedError struct{ Name, Cause string }

// Error implements error.
func (e NamedError) Error() string { return e.Name + ": " + e.Cause }

// ErrorName names an error as aws-lambda-go names it to Step Functions: by its
// outermost Go type, without its package and without the pointer. An error that
// was made with errors.New is "errorString", one that fmt wrapped "wrapError".
// A NamedError has the name it says.
func ErrorName(err error) string {
	switch e := err.(type) {
	case nil:
		return ""
	case NamedError:
		if e.Name != "" {
			return e.Name
		}
	case *NamedError:
		if e != nil && e.Name != "" {
			return e.Name
		}
	}
	t := reflect.TypeOf(err)
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Name()
}

// failure is an error of the language: what Retry and Catch look at.
type failure struct {
	name, cause string

	// own failures are those that the interpreter found, and whose cause does
	// not say yet in which state. Causes of tasks are read by programs and stay
	// as they are.
	own bool
}

func (f *failure) Error() string { return f.name + ": " + f.cause }

// in says in which state the interpreter found the failure.
func (f *failure) in(state string) *failure {
	if !f.own {
		return f
	}
	return &failure{name: f.name, cause: fmt.Sprintf("state %q: %s", state, f.cause)}
}

// output is what a Catch hands to the next state.
func (f *failure) output() any {
	return map[string]any{"Error": f.name, "Cause": f.cause}
}

// matches tells whether a name of an ErrorEquals means this failure. Two errors
// are beyond the wildcards: States.Runtime ends the execution whatever is
// written, and States.DataLimitExceeded is only met by its own name.
func (f *failure) matches(name string) bool {
	switch {
	case f.name == ErrorRuntime:
		return false
	case name == f.name:
		return true
	case f.name == ErrorDataLimit:
		return false
	case name == ErrorAll:
		return true
	case name == ErrorTaskFailed:
		return f.name != ErrorTimeout
	}
	return false
}

// found is a failure that the interpreter itself finds.
func found(name, format string, args ...any) *failure {
	return &failure{name: name, cause: fmt.Sprintf(format, args...), own: true}
}

func runtimeFailure(format string, args ...any) *failure {
	return found(ErrorRuntime, format, args...)
}

func dataLimitFailure(what string, size int) *failure {
	return found(ErrorDataLimit, "%s has %d bytes; the limit is %d", what, size, maxPayload)
}

// lambdaCause is the cause of a failed function as Lambda gives it.
type lambdaCause struct {
	Message string   `json:"errorMessage"`
	Type    string   `json:"errorType"`
	Stack   []string `json:"stackTrace,omitempty"`
}

func (c lambdaCause) failure() *failure {
	c.Message = clip(c.Message, maxMessage)
	data, err := encode(c)
	if err != nil {
		return &failure{name: c.Type, cause: c.Message}
	}
	return &failure{name: c.Type, cause: clip(string(data), maxCause)}
}

// taskFailure is the failure of a task that returned err.
func taskFailure(err error) *failure {
	switch e := err.(type) {
	case NamedError:
		return &failure{name: ErrorName(e), cause: clip(e.Cause, maxCause)}
	case *NamedError:
		if e != nil {
			return &failure{name: ErrorName(e), cause: clip(e.Cause, maxCause)}
		}
	}
	return lambdaCause{Message: err.Error(), Type: ErrorName(err)}.failure()
}

// panicFailure is the failure of a task that panicked. It must be called by the
// function that recovered, so that the stack is still there.
func panicFailure(value any) *failure {
	cause := lambdaCause{Message: fmt.Sprint(value), Type: ErrorPanic}
	pcs := make([]uintptr, maxFrames)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs)])
	for {
		frame, more := frames.Next()
		if frame.Function != "" {
			cause.Stack = append(cause.Stack, fmt.Sprintf("%s %s:%d", frame.Function, frame.File, frame.Line))
		}
		if !more {
			return cause.failure()
		}
	}
}

// clip cuts a text after at most n bytes, between two characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
