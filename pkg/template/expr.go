package template

import (
	"math"

	"github.com/dlclark/regexp2"
)

// Expr is a compiled expression, as ifTrue has it. It is immutable and may be used by many goroutines
// at once.
//
// The language is that of filtrex 2. By rising precedence, all of them left-associative: ? :, or, and,
// in and not in, == != ~=, < <= > >=, + -, * / %, ^ (power), not, the sign -, of (a of b is the
// property a of b). There are numbers, texts in double quotes, lists (a, b), variables, and the
// functions abs ceil floor log max min random round sqrt. Comparisons give 1 and 0; == is
// JavaScript's; the words and, or make a number of what they yield.
//
// Beyond filtrex there are ===, !==, !, and && and || which yield one of their operands as in
// JavaScript, texts in single quotes too, the literals true, false and null, and dotted paths, after
// variables that have the dot in their name.
type Expr struct{ eval evaluator }

// evaluator is a compiled part of an expression.
type evaluator func(s Scope) any

// CompileExpr compiles an expression. The error is a *SyntaxError, also for a function that does not
// exist and for a regular expression that cannot be read.
func CompileExpr(src string) (*Expr, error) { return CompileExprNames(src, nil) }

// CompileExprNames is CompileExpr for variables whose names follow rules of their own. Wherever a new
// word or sign of the expression begins, name is asked whether a variable's name stands there: it
// returns the name, and how many bytes of rest are taken by the way it is written, or 0 when the
// rules of the language hold. A name that it gives is looked up as it is, never as a path.
func CompileExprNames(src string, name func(rest string) (name string, length int)) (*Expr, error) {
	p := exprParser{lexer: exprLexer{src: src, name: name}}
	p.advance()
	e := p.expression(0)
	if p.next.kind != endToken {
		p.fail(p.next.start, "unexpected "+p.next.String())
	}
	if p.err != nil {
		return nil, p.err
	}
	return &Expr{e.eval}, nil
}

// Value evaluates the expression.
func (e *Expr) Value(s Scope) any { return e.eval(s) }

// True evaluates the expression and tells whether the result counts as true.
func (e *Expr) True(s Scope) bool { return Truthy(e.eval(s)) }

func boolNumber(b bool) any {
	if b {
		return smallNumbers[1]
	}
	return smallNumbers[0]
}

// combine makes an evaluator of an operator between two operands.
func combine(op string, a, b evaluator) evaluator {
	switch op {
	case "or":
		return func(s Scope) any {
			v := a(s)
			if !Truthy(v) {
				v = b(s)
			}
			return boxNumber(Number(v))
		}
	case "and":
		return func(s Scope) any {
			v := a(s)
			if Truthy(v) {
				v = b(s)
			}
			return boxNumber(Number(v))
		}
	case "||":
		return func(s Scope) any {
			if v := a(s); Truthy(v) {
				return v
			}
			return b(s)
		}
	case "&&":
		return func(s Scope) any {
			if v := a(s); !Truthy(v) {
				return v
			}
			return b(s)
		}
	case "in":
		return func(s Scope) any { return boolNumber(subset(a(s), b(s))) }
	case "not in":
		return func(s Scope) any { return boolNumber(!subset(a(s), b(s))) }
	case "==":
		return func(s Scope) any { return boolNumber(LooseEqual(a(s), b(s))) }
	case "!=":
		return func(s Scope) any { return boolNumber(!LooseEqual(a(s), b(s))) }
	case "===":
		return func(s Scope) any { return boolNumber(StrictEqual(a(s), b(s))) }
	case "!==":
		return func(s Scope) any { return boolNumber(!StrictEqual(a(s), b(s))) }
	case "+":
		return func(s Scope) any { return Add(a(s), b(s)) }
	}
	if holds := relation(op); holds != nil {
		return func(s Scope) any {
			order, ok := Compare(a(s), b(s))
			return boolNumber(ok && holds(order))
		}
	}
	calculate := arithmetic(op)
	return func(s Scope) any {
		x := Number(a(s))
		return boxNumber(calculate(x, Number(b(s))))
	}
}

func relation(op string) func(order int) bool {
	switch op {
	case "<":
		return func(order int) bool { return order < 0 }
	case "<=":
		return func(order int) bool { return order <= 0 }
	case ">":
		return func(order int) bool { return order > 0 }
	case ">=":
		return func(order int) bool { return order >= 0 }
	}
	return nil
}

func arithmetic(op string) func(x, y float64) float64 {
	switch op {
	case "-":
		return func(x, y float64) float64 { return x - y }
	case "*":
		return func(x, y float64) float64 { return x * y }
	case "/":
		return func(x, y float64) float64 { return x / y }
	case "%":
		return math.Mod
	}
	return Power
}

// subset tells whether all elements of a are in b, where a value that is no list is a list of itself.
func subset(a, b any) bool {
	for _, x := range asList(a) {
		if !contains(asList(b), x) {
			return false
		}
	}
	return true
}

func asList(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	return []any{v}
}

func contains(list []any, x any) bool {
	f, isNumber := x.(float64)
	for _, e := range list {
		if StrictEqual(e, x) {
			return true
		}
		// Unlike in an equality, in a list NaN is found.
		if g, ok := e.(float64); ok && isNumber && f != f && g != g {
			return true
		}
	}
	return false
}

// matcher makes an evaluator of text ~= pattern for a pattern that is known only when it runs. One
// that cannot be read matches nothing.
func matcher(text, pattern evaluator) evaluator {
	return func(s Scope) any {
		v := text(s)
		re, err := compileRegexp(pattern(s))
		return boolNumber(err == nil && matches(re, v))
	}
}

// staticMatcher is matcher for a pattern that is compiled already.
func staticMatcher(text evaluator, re *regexp2.Regexp) evaluator {
	return func(s Scope) any { return boolNumber(matches(re, text(s))) }
}

func compileRegexp(pattern any) (*regexp2.Regexp, error) {
	if pattern == Undefined {
		pattern = ""
	}
	return regexp2.Compile(Text(primitive(pattern)), regexp2.ECMAScript)
}

func matches(re *regexp2.Regexp, v any) bool {
	ok, err := re.MatchString(Text(primitive(v)))
	return ok && err == nil
}

// exprFunc is a function that expressions may call.
type exprFunc func(s Scope, args []float64) float64

func lookupExprFunc(name string) exprFunc {
	unary := func(f func(float64) float64) exprFunc {
		return func(_ Scope, args []float64) float64 {
			if len(args) == 0 {
				return math.NaN()
			}
			return f(args[0])
		}
	}
	switch name {
	case "abs":
		return unary(math.Abs)
	case "ceil":
		return unary(math.Ceil)
	case "floor":
		return unary(math.Floor)
	case "log":
		return unary(math.Log)
	case "round":
		return unary(roundUp)
	case "sqrt":
		return unary(math.Sqrt)
	case "max":
		return func(_ Scope, args []float64) float64 {
			f := math.Inf(-1)
			for _, x := range args {
				f = math.Max(f, x)
				if x != x {
					return x
				}
			}
			return f
		}
	case "min":
		return func(_ Scope, args []float64) float64 {
			f := math.Inf(1)
			for _, x := range args {
				f = math.Min(f, x)
				if x != x {
					return x
				}
			}
			return f
		}
	case "random":
		return func(s Scope, _ []float64) float64 { return s.Rand().Float64() }
	}
	return nil
}

// roundUp rounds to the nearest integer, a half towards the greater one, as Math.round does.
func roundUp(f float64) float64 {
	floor := math.Floor(f)
	if f-floor >= 0.5 {
		return floor + 1
	}
	return floor
}
