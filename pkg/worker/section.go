package worker

import (
	"context"
	"fmt"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/template"
)

// section runs `before` or `after` once. What `before` leaves in its variables
// starts every virtual user.
func (s Step) section(ctx context.Context, run, section string) (job.WorkOutput, error) {
	from, err := s.read(ctx, run, time.Now())
	if err != nil {
		return job.WorkOutput{}, err
	}
	key := job.SectionKey(run, section)
	if from.script.Simulation {
		r, err := simulated()
		if err != nil {
			return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
		}
		r.Section = section
		return job.WorkOutput{Run: run, Section: section, Key: key}, s.writeJSON(ctx, key, r)
	}
	l, err := s.load(ctx, from)
	if err != nil {
		return job.WorkOutput{}, err
	}
	defer l.close()
	scenario := l.script.Before
	if section == job.SectionAfter {
		scenario = l.script.After
	}
	if scenario == nil {
		return job.WorkOutput{}, &job.BadRequest{Message: fmt.Sprintf("the script has no section %q", section)}
	}
	s.trace(l.script, "the section begins", "section", section)
	vars, failed := l.engine.RunOnce(ctx, scenario)

	last := context.WithoutCancel(ctx)
	r, err := l.result()
	if err != nil {
		return job.WorkOutput{}, &job.StoreFailed{Message: err.Error()}
	}
	r.Section, r.Attempt, r.Final = section, 1, true
	if failed != nil {
		r.Error = failed.Error()
	}
	s.trace(l.script, "the section has ended", "section", section, "error", r.Error)
	if err := s.writeJSON(last, key, r); err != nil {
		return job.WorkOutput{}, err
	}
	if failed != nil {
		return job.WorkOutput{}, &job.SectionFailed{Message: fmt.Sprintf("section %s: %v", section, failed)}
	}
	if section == job.SectionBefore {
		if vars == nil {
			vars = template.NewObject()
		}
		if err := s.write(last, job.BeforeKey(run), template.AppendJSON(nil, vars)); err != nil {
			return job.WorkOutput{}, err
		}
	}
	return job.WorkOutput{Run: run, Section: section, Key: key, Counts: r.Counts}, nil
}
