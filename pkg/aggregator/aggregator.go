// Package aggregator is the last step of a run: it merges what all workers have
// measured, holds it against the plan, decides the outcome and writes the
// reports.
//
// It owns reading the results out of the store (Collector, which also serves
// those who follow a run) and the reckoning of what is missing. It leaves to
// metrics how measurements merge, and to report what they mean and look like.
package aggregator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/plan"
	"salvo/pkg/report"
	"salvo/pkg/script"
	"salvo/pkg/store"
)

// Step is the aggregator with what it works on.
type Step struct {
	Store   store.Store
	Version string
	Env     map[string]string // what scripts see as $env
	Now     func() time.Time  // nil means time.Now
	Log     *slog.Logger      // takes what scripts with _trace want told, and troubles; nil drops it

	Monitoring *Monitoring // nil: nothing becomes of monitoring runs but their verdict
}

// Handle merges and judges a run. A run that failed or lost something is a
// Verdict, not an error; errors are those of package job.
func (s Step) Handle(ctx context.Context, in job.AggregateInput) (job.Verdict, error) {
	if in.Request != nil {
		return s.unplanned(ctx, in), nil
	}
	r, err := s.gather(ctx, in.Run)
	if err != nil {
		return job.Verdict{}, err
	}
	rep := report.New(s.input(in.Run, r))
	rep.Run.Outcome, rep.Run.OutcomeCause = outcome(r, rep, in.Failure)
	if err := s.write(ctx, in.Run, rep); err != nil {
		return job.Verdict{}, failed(err)
	}
	// The report is there whatever becomes of this, which may take its time.
	if rep.Monitor = s.observePlanned(ctx, r, rep); rep.Monitor != nil {
		if err := s.write(ctx, in.Run, rep); err != nil {
			return job.Verdict{}, failed(err)
		}
	}
	if r.script.Trace && s.Log != nil {
		s.Log.Info("the run is judged", "run", in.Run, "outcome", rep.Run.Outcome, "cause", rep.Run.OutcomeCause, "created", rep.Run.Created, "lost", len(rep.Run.Lost))
	}
	return job.Verdict{
		Run:        in.Run,
		Outcome:    rep.Run.Outcome,
		Cause:      rep.Run.OutcomeCause,
		Report:     job.ReportKey(in.Run),
		ReportHTML: job.ReportHTMLKey(in.Run),
		Counts:     r.collected.Counts,
		Said:       rep.Monitor.Subjects(),
		Problem:    rep.Monitor.Trouble(),
	}, nil
}

// unplanned is the verdict on a run that could not be planned: there is nothing
// to merge.
func (s Step) unplanned(ctx context.Context, in job.AggregateInput) job.Verdict {
	v := job.Verdict{Run: in.Run, Outcome: job.SplitFailed}
	if in.Failure != nil {
		v.Cause = in.Failure.Message()
	}
	note := s.observeUnplanned(ctx, in, v.Cause)
	v.Said, v.Problem = note.Subjects(), note.Trouble()
	return v
}

// gathered is all that the store knows of a run.
type gathered struct {
	request       job.Request
	plan          plan.Plan
	script        *script.Script
	collected     *Collected
	before, after *job.Result
	stopped       bool
}

func (s Step) gather(ctx context.Context, run string) (*gathered, error) {
	g := &gathered{}
	if err := s.readJSON(ctx, job.RequestKey(run), &g.request); err != nil {
		return nil, failed(err)
	}
	if err := s.readJSON(ctx, job.PlanKey(run), &g.plan); err != nil {
		return nil, failed(err)
	}
	data, err := store.ReadAll(ctx, s.Store, job.ScriptKey(run))
	if err != nil {
		return nil, failed(err)
	}
	// Rows of payload files are for those who send them.
	if g.script, err = script.DecodeResolved(data, nil, s.Env, nil); err != nil {
		return nil, &job.BadRequest{Message: fmt.Sprintf("reading %s: %v", job.ScriptKey(run), err)}
	}
	for section, result := range map[string]**job.Result{job.SectionBefore: &g.before, job.SectionAfter: &g.after} {
		var r job.Result
		switch err := s.readJSON(ctx, job.SectionKey(run, section), &r); {
		case err == nil:
			*result = &r
		case !errors.Is(err, fs.ErrNotExist):
			return nil, failed(err)
		}
	}
	if g.stopped, err = store.Exists(ctx, s.Store, job.StopKey(run)); err != nil {
		return nil, failed(err)
	}
	g.collected, err = (&Collector{Store: s.Store, Run: run, Apart: g.script.Mode.Sampling()}).Collect(ctx)
	if err != nil {
		return nil, failed(err)
	}
	return g, nil
}

func failed(err error) error { return &job.StoreFailed{Message: err.Error()} }

func (s Step) readJSON(ctx context.Context, key string, v any) error {
	data, err := store.ReadAll(ctx, s.Store, key)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, v); err != nil {
		return fmt.Errorf("reading %s: %w", key, err)
	}
	return nil
}

// input says what the report is made from.
func (s Step) input(run string, g *gathered) report.Input {
	now := time.Now
	if s.Now != nil {
		now = s.Now
	}
	c := g.collected
	in := report.Input{
		Run: report.Run{
			ID:              run,
			Script:          g.request.Name,
			Environment:     g.request.Environment,
			Version:         s.Version,
			Seed:            g.plan.Seed,
			Started:         g.request.Asked,
			Start:           c.LoadStart,
			Ended:           now().UTC(),
			PlannedDuration: g.plan.Duration.Seconds(),
			Planned:         g.plan.Arrivals,
			Created:         c.Counts.Created,
			Missed:          c.Counts.Missed,
			Skipped:         c.Counts.Skipped,
			Interrupted:     c.Counts.Interrupted,
			Windows:         g.plan.WindowCount,
			Chunks:          g.plan.ChunkCount,
			MaxWorkers:      g.plan.MaxWorkers(),
			Stopped:         g.stopped,
			Simulation:      g.script.Simulation,

			EndpointNamespace: g.script.Config.Endpoints.Namespace,
			Suppressed:        suppressed(&g.script.Config),
		},
		StatsInterval: g.script.Config.StatsInterval,
		Ensure:        g.script.Config.Ensure,
		Load:          c.Load,
		Before:        s.sectionSnapshot(g.before),
		After:         s.sectionSnapshot(g.after),
	}
	if mode := g.script.Mode; mode.Sampling() {
		in.Sampling = sampling(g)
	}
	if len(in.Ensure) > 0 && s.Env[job.EnvDisableEnsure] != "" {
		in.Ensure = nil
		in.Run.Warnings = append(in.Run.Warnings, "the checks of the script's ensure section were not made: "+job.EnvDisableEnsure+" is set")
	}
	for i, p := range g.plan.Phases {
		in.Phases = append(in.Phases, report.Phase{
			Index: i, Name: p.Name, Start: p.Start, End: p.End, From: p.From, To: p.To,
			Planned: p.Arrivals(), Source: g.script.Config.Phases[i].Source,
		})
	}
	for _, chunk := range c.Chunks {
		missed := named(chunk)
		if chunk.Phase == Done && chunk.Damaged == "" {
			in.Run.MissedRanges = append(in.Run.MissedRanges, missed...)
			continue
		}
		in.Run.Lost = append(in.Run.Lost, lost(chunk, missed, g.stopped))
	}
	return in
}

// suppressed are the plugins whose metrics the script wants left out of the text.
func suppressed(c *script.Config) []string {
	var plugins []string
	if c.Endpoints.Hidden {
		plugins = append(plugins, "metrics-by-endpoint")
	}
	if c.Expect.Hidden {
		plugins = append(plugins, "expect")
	}
	return plugins
}

func (s Step) sectionSnapshot(r *job.Result) *metrics.Snapshot {
	if r == nil {
		return nil
	}
	snapshot, err := metrics.Decode(r.Snapshot)
	if err != nil {
		return nil // its error, if it had one, is what counts
	}
	return snapshot
}

// named gives a chunk's missed ranges the times at which they were due.
func named(c ChunkState) []report.Missed {
	var out []report.Missed
	for _, m := range c.Missed {
		out = append(out, report.Missed{
			Chunk: c.ID, First: m.First, Last: m.Last, Count: m.Count, Reason: m.Reason, Late: m.Late,
			FromTime: c.LoadStart.Add(time.Duration(m.From) * time.Millisecond),
			ToTime:   c.LoadStart.Add(time.Duration(m.To) * time.Millisecond),
		})
	}
	return out
}

func lost(c ChunkState, missed []report.Missed, stopped bool) report.LostChunk {
	l := report.LostChunk{
		Chunk:         c.ID,
		Planned:       c.Arrivals,
		Accounted:     c.Arrivals - c.Unaccounted(),
		MeasuredUntil: c.LastAt,
		Missed:        missed,
	}
	switch {
	case c.Damaged != "":
		l.Reason = c.Damaged
	case stopped && c.Phase == Waiting:
		l.Reason = "the run was stopped before it began"
	case stopped:
		l.Reason = "the run was stopped and its worker left no result"
	case c.Phase == Waiting:
		l.Reason = "no worker began it, or it ended before it wrote anything"
	default:
		l.Reason = "its worker ended without a result, and so did its successors"
	}
	return l
}

// outcome names how the run ended and says why in a sentence.
func outcome(g *gathered, rep *report.Report, failure *job.Failure) (name, cause string) {
	r := &rep.Run
	switch {
	case g.before != nil && g.before.Error != "":
		return job.BeforeFailed, "the `before` section ended with the error " + g.before.Error
	case g.script.Before != nil && g.collected.LoadStart.IsZero() && failure != nil:
		return job.BeforeFailed, fmt.Sprintf("the `before` section could not be run: %s: %s", failure.Error, failure.Cause)
	case g.stopped:
		return job.RunStopped, "the run was stopped; what was measured until then is here"
	case g.after != nil && g.after.Error != "":
		return job.AfterFailed, "the `after` section ended with the error " + g.after.Error
	}
	if fired := r.Created + r.Skipped; fired < r.Planned && !r.Simulation {
		cause := fmt.Sprintf("%d of %d planned arrivals were not fired, or nothing is known of them", r.Planned-fired, r.Planned)
		if len(r.Lost) > 0 {
			cause += fmt.Sprintf("; %d of %d chunks have no final result", len(r.Lost), r.Chunks)
		}
		return job.RunIncomplete, cause
	}
	if len(r.Lost) > 0 {
		return job.RunIncomplete, fmt.Sprintf("%d of %d chunks have no final result", len(r.Lost), r.Chunks)
	}
	if failure != nil && g.script.After != nil && g.after == nil {
		return job.AfterFailed, fmt.Sprintf("the `after` section could not be run: %s: %s", failure.Error, failure.Cause)
	}
	if r.Simulation {
		return job.Passed, ""
	}
	if rep.Analysis != nil && rep.ErrorMessage != "" {
		return job.BudgetExceeded, rep.ErrorMessage
	}
	if failed := rep.FailedChecks(); failed != "" {
		return job.ThresholdExceeded, failed
	}
	if failed := rep.FailedExpectations(); failed != "" && rep.Analysis == nil {
		return job.ExpectationsFailed, failed
	}
	return job.Passed, ""
}

func (s Step) write(ctx context.Context, run string, rep *report.Report) error {
	var buf bytes.Buffer
	if err := rep.WriteJSON(&buf); err != nil {
		return err
	}
	if err := s.Store.Put(ctx, job.ReportKey(run), &buf); err != nil {
		return err
	}
	var page bytes.Buffer
	if err := rep.WriteHTML(&page); err != nil {
		return err
	}
	return s.Store.Put(ctx, job.ReportHTMLKey(run), &page)
}
