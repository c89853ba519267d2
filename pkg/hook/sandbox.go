package hook

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/dlclark/regexp2/v2"
	"github.com/dop251/goja"
)

// Limit is how long a program may run, as TurnLimit is for hooks: short of it, a machine that is busy
// would end what has no fault.
const Limit = TurnLimit

// maxCalls is how deep calls may be nested, which is about what Node.js allows.
const maxCalls = 10_000

// ErrTooLong tells that a program was stopped.
var ErrTooLong = fmt.Errorf("it ran for longer than %v", Limit)

// Regular expressions with look-around or back references can take any time, and do not look whether
// they are to stop. The JavaScript interpreter is the only one here that this version of the library
// serves, and it has no other way to set this.
func init() { regexp2.DefaultMatchTimeout = Limit }

// Sandbox is where programs run. It is used by one goroutine, for as long as the programs may share
// what they do to it.
type Sandbox struct{ runtime *goja.Runtime }

// NewSandbox makes an empty sandbox whose Math.random draws from r.
func NewSandbox(r *rand.Rand) *Sandbox {
	s := &Sandbox{goja.New()}
	s.runtime.SetRandSource(r.Float64)
	s.runtime.SetMaxCallStackSize(maxCalls)
	return s
}

// Set gives a global variable a value of package template. The variable holds a copy: what a program
// changes in it is not changed outside.
func (s *Sandbox) Set(name string, v any) {
	// The few names that cannot be set, such as undefined, keep what the language says that they are.
	_ = s.runtime.GlobalObject().DefineDataProperty(name, in(s.runtime, v), goja.FLAG_TRUE, goja.FLAG_TRUE, goja.FLAG_TRUE)
}

// Run runs a program and returns the value of its last statement, as package template knows values. An
// error is what the program threw, or wraps ErrTooLong; after that the sandbox is of no more use.
func (s *Sandbox) Run(p *Program) (value any, err error) {
	defer func() {
		if fault := recover(); fault != nil { // of the interpreter
			value, err = nil, fmt.Errorf("the JavaScript interpreter failed: %v", fault)
		}
	}()
	watch := time.AfterFunc(Limit, func() { s.runtime.Interrupt(ErrTooLong) })
	defer watch.Stop()
	v, err := s.runtime.RunProgram(p.compiled)
	if err != nil {
		return nil, cause(err)
	}
	return out(s.runtime, v)
}

// cause makes an error that holds on to nothing of the runtime.
func cause(err error) error {
	var stopped *goja.InterruptedError
	var thrown *goja.Exception
	switch {
	case errors.As(err, &stopped):
		return errors.Unwrap(stopped)
	case errors.As(err, &thrown):
		return errors.New(thrown.Error())
	}
	return errors.New("too many nested calls")
}
