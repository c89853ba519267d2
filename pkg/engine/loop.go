package engine

import (
	"context"
	"math"
	"strconv"
	"strings"

	"salvo/pkg/hook"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// loopStep repeats steps. The number of the round and its element stay in their variables after the
// loop, the number one past the last round's.
type loopStep struct {
	steps   []step
	count   *template.Template // nil when not given
	over    *template.Template // a list or what renders to one; nil when not given
	overVar *template.Path     // the variable that holds the list; nil when not given
	number  string
	element string

	whileTrue *hook.Function // decides after each round, whatever count and over say; nil when absent
}

func (e *Engine) compileLoop(l *script.Loop) (step, error) {
	steps, err := e.compileSteps(l.Steps)
	if err != nil {
		return nil, err
	}
	s := &loopStep{steps: steps, count: l.Count, over: l.Over, number: l.LoopValue, element: l.LoopElement}
	s.whileTrue = e.processor.Function(l.WhileTrue)
	if l.OverName != "" {
		path := template.ParsePath(l.OverName)
		s.overVar = &path
	}
	return s, nil
}

func (s *loopStep) do(ctx context.Context, u *User) error {
	from, to := 0, endless
	if s.count != nil {
		from, to = parseCount(s.count.Value(u))
	}
	if s.over == nil && s.overVar == nil {
		u.Set(s.element, float64(from))
		u.Set(s.number, float64(from))
		for i := from; i < to || s.whileTrue != nil; i++ {
			if again, err := s.round(ctx, u, i); err != nil || !again {
				return err
			}
		}
		return nil
	}

	list, isList := s.list(u)
	u.Set(s.number, float64(from))
	if !isList {
		u.Set(s.element, float64(from))
		return nil
	}
	for i := from; i < len(list) || s.whileTrue != nil; i++ {
		element := template.Undefined
		if i < len(list) {
			element = s.rendered(u, list[i])
		}
		u.Set(s.element, element)
		if again, err := s.round(ctx, u, i); err != nil || !again {
			return err
		}
	}
	return nil
}

func (s *loopStep) list(u *User) (list []any, isList bool) {
	v := any(nil)
	if s.overVar != nil {
		v = s.overVar.Get(u)
	} else {
		v = s.over.Value(u)
	}
	list, isList = v.([]any)
	return list, isList
}

// rendered is an element as its variable holds it: a text from a variable's list is a template once
// more, as the texts of a list in the script are.
func (s *loopStep) rendered(u *User, v any) any {
	text, isText := v.(string)
	if !isText || s.overVar == nil || !strings.Contains(text, "{{") {
		return v
	}
	t, err := template.Compile(text, u.run.engine.funcs)
	if err != nil {
		return v
	}
	return t.Value(u)
}

// round runs the steps once, with the number of the round before and after. It is false when the
// loop's function wants no other one.
func (s *loopStep) round(ctx context.Context, u *User, i int) (again bool, err error) {
	// A loop whose steps are all passed over comes by here only.
	if err := ctx.Err(); err != nil {
		return false, err
	}
	if err := runSteps(ctx, u, s.steps); err != nil {
		return false, err
	}
	u.Set(s.number, float64(i+1))
	if s.whileTrue != nil {
		return s.another(ctx, u)
	}
	return true, nil
}

// endless is more rounds than any user can make.
const endless = math.MaxInt

// parseCount reads a rendered count: a number of rounds, or a range "a-b" for the rounds a to b-1.
// Anything else is no round at all.
func parseCount(v any) (from, to int) {
	switch v := v.(type) {
	case float64:
		return 0, rounds(v)
	case string:
		if f, ok := template.ToNumber(v); ok {
			return 0, rounds(f)
		}
		low, high, isRange := strings.Cut(v, "-")
		if !isRange {
			return 0, 0
		}
		a, errA := strconv.Atoi(strings.TrimSpace(low))
		b, errB := strconv.Atoi(strings.TrimSpace(high))
		if errA != nil || errB != nil {
			return 0, 0
		}
		return a, b
	default:
		return 0, 0
	}
}

// rounds is how many rounds i = 0, 1, ... have i < f.
func rounds(f float64) int {
	switch {
	case !(f > 0):
		return 0
	case f >= endless:
		return endless
	default:
		return int(math.Ceil(f))
	}
}
