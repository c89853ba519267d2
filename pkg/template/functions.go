package template

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
)

// Scope is what one virtual user gives a template to read. It is used by one goroutine at a time.
type Scope interface {
	// Lookup finds a variable by its whole name. A name that it does not know is asked for again as a
	// path, by the name of its first part.
	Lookup(name string) (v any, ok bool)
	// Rand is where random functions draw from: the user's own generator, so that what it draws
	// depends on nothing that other users do.
	Rand() *rand.Rand
}

// Func is a function that templates call. It gets the values of its arguments, Undefined for a
// variable that is missing; it neither changes nor keeps args. What it returns keeps its type where
// the call is all of a text. A call that fails gives Undefined.
type Func func(s Scope, args []any) (any, error)

// Funcs are functions by their names, which begin with $.
type Funcs map[string]Func

// Caller is a Scope with functions of its own, which are not known when templates are compiled.
type Caller interface {
	Scope
	// Call calls the function of a name, which has a $. It is false when there is none.
	Call(name string, args []any) (v any, ok bool, err error)
}

// Own is the function of a name that a Scope may have of its own; where it has none, the value is
// Undefined.
func Own(name string) Func {
	return func(s Scope, args []any) (any, error) {
		if c, ok := s.(Caller); ok {
			if v, ok, err := c.Call(name, args); ok {
				return v, err
			}
		}
		return Undefined, nil
	}
}

// Builtin returns the functions that every script has, in a map of the caller's own:
//
//	$randomNumber(min, max)  an integer from min to max, both included. The two may come in any
//	                         order; with one argument the other is 0, without any they are 0 and 1.
//	                         If one has a fraction, so has the result.
//	$randomString(length)    letters and digits, 10 of them unless told otherwise
func Builtin() Funcs {
	return Funcs{randomNumberName: callRandomNumber, randomStringName: callRandomString}
}

const (
	randomNumberName = "$randomNumber"
	randomStringName = "$randomString"

	defaultStringLength = 10
	maxStringLength     = 16 << 20
)

func callRandomNumber(s Scope, args []any) (any, error) {
	return boxNumber(randomNumber(s.Rand(), args)), nil
}

func callRandomString(s Scope, args []any) (any, error) {
	b, err := appendRandomString(nil, s.Rand(), args)
	if err != nil {
		return nil, err
	}
	return string(b), nil
}

// isFunc tells whether f is g, a function declared in this package: such a function has one address.
func isFunc(f, g Func) bool {
	return reflect.ValueOf(f).Pointer() == reflect.ValueOf(g).Pointer()
}

func argumentAt(args []any, i int) any {
	if i < len(args) {
		return args[i]
	}
	return Undefined
}

func randomNumber(r *rand.Rand, args []any) float64 {
	low, high := argumentAt(args, 0), argumentAt(args, 1)
	from, to := 0.0, 1.0
	switch {
	case low != Undefined && high != Undefined:
		from, to = finite(low), finite(high)
	case low != Undefined:
		to = finite(low)
	case high != Undefined:
		from, to = 0, finite(high)
	}
	if from > to {
		from, to = to, from
	}
	span := to - from
	switch {
	case from != math.Trunc(from) || to != math.Trunc(to):
		return min(from+r.Float64()*span, to)
	case span <= maxSafeInteger-1:
		return from + float64(r.Int64N(int64(span)+1))
	}
	// Halves, because the whole span may be more than a number can hold.
	f := r.Float64()
	return math.Floor(from*(1-f) + to*f)
}

// finite makes a number of any value: NaN is 0, an infinity the greatest number there is.
func finite(v any) float64 {
	f := Number(v)
	if f != f {
		return 0
	}
	return max(-math.MaxFloat64, min(f, math.MaxFloat64))
}

func appendRandomString(dst []byte, r *rand.Rand, args []any) ([]byte, error) {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	length := float64(defaultStringLength)
	if arg := argumentAt(args, 0); arg != Undefined {
		if f := Number(arg); f == f {
			length = math.Trunc(f)
		}
	}
	if length > maxStringLength {
		return dst, errors.New("random text longer than 16 MiB")
	}
	n := max(0, int(length))
	for n > 0 {
		// Ten draws of six bits; the two values that stand for no letter are passed over.
		bits := r.Uint64()
		for range 10 {
			if at := bits & 63; n > 0 && at < uint64(len(letters)) {
				dst = append(dst, letters[at])
				n--
			}
			bits >>= 6
		}
	}
	return dst, nil
}
