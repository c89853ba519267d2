package monitor

import (
	"time"

	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/report"
	"salvo/pkg/script"
)

// Verdict is what one run says about what it monitors, or what a message is about.
type Verdict string

// The verdicts of runs.
const (
	Passed Verdict = "passed"
	Failed Verdict = "failed" // it found something wrong
	Broken Verdict = "broken" // it could not look
)

// Run is one run of a monitor.
type Run struct {
	ID      string
	Time    time.Time // when it was asked for; runs are in this order
	Verdict Verdict
	Message string // the errorMessage of a failed run, the cause of a broken one

	Good, Bad int64 // samples; of a broken run they do not count

	Report *report.Report // nil if there is none
}

// RunOf is the run that a report with its outcome is of. It tells nothing (false) when it
// was no monitoring run, sent nothing, or was stopped.
func RunOf(r *report.Report) (Run, bool) {
	if r.Analysis == nil || r.Run.Mode != string(script.Monitoring) || r.Run.Simulation || r.Run.Outcome == job.RunStopped {
		return Run{}, false
	}
	run := Run{ID: r.Run.ID, Time: r.Run.Started, Message: r.Run.OutcomeCause, Report: r}
	switch r.Run.Outcome {
	case job.Passed:
		run.Verdict = Passed
	case job.BudgetExceeded:
		run.Verdict, run.Message = Failed, r.ErrorMessage
	case job.ThresholdExceeded, job.ExpectationsFailed, job.AfterFailed:
		run.Verdict = Failed
	default: // RunIncomplete, BeforeFailed
		run.Verdict = Broken
		return run, true
	}
	for _, s := range samples(r) {
		run.Good += s.good
		run.Bad += s.bad
	}
	return run, true
}

// Unplanned is a run that could not be planned, of which there is no report; at is
// when that was found out.
func Unplanned(id string, at time.Time, cause string) Run {
	return Run{ID: id, Time: at, Verdict: Broken, Message: cause}
}

// scenarioSamples are the samples of one scenario of a run.
type scenarioSamples struct {
	scenario  string
	period    *report.Period
	good, bad int64
	errors    int64
}

// samples counts them by scenario. A sample is bad if there is a failure about it
// or if it was not completed. Errors that no failure tells of, since only so many are kept
// one by one, each count as a sample.
func samples(r *report.Report) []scenarioSamples {
	seen := map[int64]bool{}
	out := make([]scenarioSamples, len(r.Reports))
	told := make([]int64, len(out)) // errors
	for _, f := range r.Failures {
		// The scenarios of a sampling run take turns.
		of := f.Arrival % int64(max(1, len(out)))
		if of < 0 || of >= int64(len(out)) {
			continue
		}
		told[of] += int64(len(f.Errors) + len(f.Unmet))
		if !seen[f.Arrival] {
			seen[f.Arrival] = true
			out[of].bad++
		}
	}
	// Failed expectations count, but not if they ended their users with an error.
	expectations := r.Errors > sum(r.Totals.Errors)
	for i := range r.Reports {
		p, s := &r.Reports[i], &out[i]
		s.period = p
		if i < len(r.Run.Scenarios) {
			s.scenario = r.Run.Scenarios[i]
		}
		s.errors = sum(p.Errors)
		if expectations {
			s.errors += p.Counters[metrics.ExpectFailed]
		}
		s.bad += max(0, s.errors-told[i])
		s.bad = max(s.bad, p.ScenariosCreated-p.ScenariosCompleted)
		s.bad = min(s.bad, p.ScenariosCreated)
		s.good = p.ScenariosCreated - s.bad
	}
	return out
}

func sum(counts map[string]int64) (n int64) {
	for _, v := range counts {
		n += v
	}
	return n
}
