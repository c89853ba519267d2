package hook

import (
	"errors"
	"regexp"
	"strings"

	"github.com/dop251/goja"
)

// Error is what JavaScript threw, rejected a promise with, or gave to next. It holds on to nothing of
// the runtime.
type Error struct {
	Code    string // of the error object; "" when it has none
	Message string // of the error object; of another value its text
	Hook    string // the function that it came from; "" for the module itself
	Stack   string // lines "at name (file:line:column)", places in the user's own files; may be empty
}

// Key is what the error is counted under: its code, else its message.
func (e *Error) Key() string {
	if e.Code != "" {
		return e.Code
	}
	return e.Message
}

func (e *Error) Error() string {
	if e.Hook == "" || strings.HasPrefix(e.Message, e.Hook+" ") {
		return e.Message
	}
	return e.Hook + ": " + e.Message
}

// Trace is the error with the lines of its stack.
func (e *Error) Trace() string {
	if e.Stack == "" {
		return e.Error()
	}
	return e.Error() + "\n" + e.Stack
}

// wrap makes an *Error of an error that came out of JavaScript.
func (r *Runtime) wrap(err error, o *origin) error {
	var known *Error
	var thrown *goja.Exception
	switch {
	case errors.Is(err, ErrClosed):
		return err
	case errors.As(err, &known):
		if known.Hook == "" {
			known.Hook = o.hook
		}
		return err
	case limit(err) != nil:
		return o.broke(limit(err).Error())
	case errors.As(err, &thrown):
		return r.thrown(thrown.Value(), thrown.Stack(), o)
	}
	return &Error{Message: "too many nested calls", Hook: o.hook}
}

// broke is the error of a hook that was ended for what it did.
func (o *origin) broke(what string) *Error {
	if o.hook == "" {
		return &Error{Message: "the processor " + what}
	}
	return &Error{Message: o.hook + " " + what, Hook: o.hook}
}

// thrown makes an *Error of a value that was thrown. Reading it may run JavaScript: a getter that
// throws gives nothing, and one without an end is ended with the turn.
func (r *Runtime) thrown(v goja.Value, stack []goja.StackFrame, o *origin) (e *Error) {
	e = &Error{}
	if o != nil {
		e.Hook = o.hook
	}
	defer func() {
		switch fault := recover().(type) {
		case nil:
		case *goja.InterruptedError:
			e = &Error{Message: "what it threw cannot be read: it " + limit(fault).Error(), Hook: e.Hook}
		default:
			panic(fault)
		}
	}()
	object, isObject := v.(*goja.Object)
	if !isObject {
		if v == nil {
			v = goja.Undefined()
		}
		e.Message = v.String()
		e.Stack = frames(stack)
		return e
	}
	text := func(name string) string {
		out := ""
		r.vm.Try(func() {
			if v := object.Get(name); v != nil && !goja.IsUndefined(v) && !goja.IsNull(v) {
				out = v.String()
			}
		})
		return out
	}
	e.Code, e.Message = text("code"), text("message")
	if e.Message == "" && e.Code == "" {
		r.vm.Try(func() { e.Message = object.String() })
	}
	if s := text("stack"); s != "" {
		_, s, _ = strings.Cut(s, "\n")
		e.Stack = places(s)
	} else {
		e.Stack = frames(stack)
	}
	return e
}

// interpreterPlace is what the interpreter adds to a place of its own: a number in its code.
var interpreterPlace = regexp.MustCompile(`(:\d+:\d+)\(\d+\)`)

// ours matches the lines of a stack that lie in this program: its functions, the modules of Node.js,
// and what the bundler puts around modules.
var ours = regexp.MustCompile(`\(native\)$|\bnode:|\bsalvo:|^at (?:require:|salvo-entry:|__\w+ \()`)

// places makes of the lines of a stack those in the user's own files and packages.
func places(stack string) string {
	var own []string
	for line := range strings.Lines(stack) {
		line = strings.TrimSpace(line)
		if line == "" || ours.MatchString(line) {
			continue
		}
		own = append(own, "\t"+interpreterPlace.ReplaceAllString(line, "$1"))
	}
	return strings.Join(own, "\n")
}

func frames(stack []goja.StackFrame) string {
	var b goja.StringBuilder
	for i := range stack {
		if i > 0 {
			b.WriteUTF8String("\n")
		}
		b.WriteUTF8String("\tat ")
		stack[i].WriteToValueBuilder(&b)
	}
	return places(b.String().String())
}
