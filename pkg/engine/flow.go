package engine

import (
	"context"
	"fmt"
	"time"

	"salvo/pkg/hook"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// step is one compiled step of a flow, shared by all users. An error ends the user.
type step interface {
	do(ctx context.Context, u *User) error
}

func runSteps(ctx context.Context, u *User, steps []step) error {
	for _, s := range steps {
		if u.lane != nil {
			if err := u.lane.failed(); err != nil {
				return err
			}
		}
		if err := s.do(ctx, u); err != nil {
			return err
		}
	}
	return nil
}

func (e *Engine) compileSteps(flow []script.Step) ([]step, error) {
	steps := make([]step, 0, len(flow))
	for i := range flow {
		s, err := e.compileStep(&flow[i])
		if err != nil {
			return nil, err
		}
		if e.failure != nil {
			s = &located{s, &flow[i]}
		}
		steps = append(steps, s)
	}
	return steps, nil
}

func (e *Engine) compileStep(s *script.Step) (step, error) {
	switch {
	case s.Request != nil:
		if e.protocol == nil {
			return nil, fmt.Errorf("engine: %s is a request, but no protocol %q was given", s.Path, defaultProtocol)
		}
		action, err := e.protocol.Compile(s)
		if err != nil {
			return nil, fmt.Errorf("engine: line %d, column %d: %s: %w", s.Pos.Line, s.Pos.Column, s.Path, err)
		}
		return &requestStep{
			action: action, probability: s.Request.Probability,
			ifTrue: s.Request.IfTrue, ifFunction: e.processor.optional(s.Request.IfFunction),
		}, nil
	case s.Think != nil:
		return compileThink(s.Think), nil
	case s.Log != nil:
		return &logStep{text: s.Log}, nil
	case s.Loop != nil:
		return e.compileLoop(s.Loop)
	case s.Parallel != nil:
		return e.compileParallel(s.Parallel, s.Path)
	case s.Function != "":
		return e.compileFunction(s.Function)
	default:
		return nil, fmt.Errorf("engine: %s is no step", s.Path)
	}
}

// requestStep sends a request by a protocol's action, or passes it over.
type requestStep struct {
	action      Action
	probability *float64 // percent; nil always
	ifTrue      *template.Expr
	ifFunction  *hook.Function // in the place of ifTrue
}

func (s *requestStep) do(ctx context.Context, u *User) error {
	// Drawn first, so that the user's stream does not hang on what ifTrue finds.
	if s.probability != nil && u.random.Float64()*100 >= *s.probability {
		return nil
	}
	switch {
	case s.ifFunction != nil:
		if ok, err := u.test(s.ifFunction); err != nil || !ok {
			return err
		}
	case s.ifTrue != nil && !s.ifTrue.True(u):
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if u.session == nil {
		u.session = u.run.engine.protocol.Open(u)
	}
	err := s.action.Do(ctx, u, u.session)
	u.due = time.Now()
	return err
}

// thinkStep is a pause.
type thinkStep struct {
	value *template.Template
	fixed time.Duration
	err   error // of a fixed value that is no duration
	vary  *script.Jitter
}

func compileThink(t *script.Think) *thinkStep {
	v, static := t.Value.Static()
	if !static {
		return &thinkStep{value: t.Value, vary: t.Jitter}
	}
	d, err := thinkTime(v)
	return &thinkStep{fixed: d, err: err, vary: t.Jitter}
}

func thinkTime(v any) (time.Duration, error) {
	d, err := script.ParseDuration(v)
	if err != nil {
		return 0, &StepError{Keys: []string{"Invalid think time: " + printed(v)}, Err: err}
	}
	return d, nil
}

func (s *thinkStep) do(ctx context.Context, u *User) error {
	d, err := s.fixed, s.err
	if s.value != nil {
		d, err = thinkTime(s.value.Value(u))
	}
	if err != nil {
		return err
	}
	if s.vary != nil {
		d = varied(d, s.vary, u.random.Float64())
	}
	return u.sleep(ctx, d)
}

// varied is a pause of between d less its jitter and d plus its jitter, at the part of that way
// which at, from 0 to 1, says; never less than none.
func varied(d time.Duration, j *script.Jitter, at float64) time.Duration {
	by := float64(j.By) + float64(d)*j.Percent/100
	v := float64(d) - by + at*2*by
	return time.Duration(min(max(v, 0), longestPause))
}

// longestPause is a float64 that any duration can be, some centuries.
const longestPause = 1 << 62

// logStep hands a text to the log. It is rendered also when nobody listens: rendering may draw.
type logStep struct {
	text *template.Template
}

func (s *logStep) do(_ context.Context, u *User) error {
	text := s.text.AppendText(nil, u)
	if log := u.run.engine.log; log != nil {
		log(u.info(), u.run.engine.secrets.Replace(string(text)))
	}
	return nil
}
