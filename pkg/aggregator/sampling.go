package aggregator

import (
	"strconv"

	"salvo/pkg/job"
	"salvo/pkg/report"
)

// sampling is what the report of an acceptance or monitoring run needs besides:
// its chunks, one for each scenario, apart from each other.
func sampling(g *gathered) *report.Sampling {
	s := &report.Sampling{
		Mode: string(g.script.Mode), Budget: g.script.Sampling.ErrorBudget,
		FailedUsers: g.script.Config.Expect.FailUsers,
	}
	for i, chunk := range g.collected.Chunks {
		sc := &g.script.Scenarios[i]
		name := sc.Name
		if name == "" {
			name = strconv.Itoa(i)
		}
		one := report.SampledScenario{Name: name, Load: chunk.Load, FailuresLeft: chunk.Left}
		for _, f := range chunk.Failures {
			one.Failures = append(one.Failures, failure(name, f))
		}
		s.Scenarios = append(s.Scenarios, one)
	}
	return s
}

func failure(scenario string, f job.UserFailure) report.Failure {
	out := report.Failure{
		Scenario: scenario, Arrival: f.Arrival, At: f.At,
		Step: f.Step, File: f.File, Line: f.Line, Column: f.Column, Errors: f.Errors,
		Method: f.Method, URL: f.URL, Request: f.Request, Response: f.Response,
	}
	for _, u := range f.Unmet {
		out.Unmet = append(out.Unmet, report.Unmet(u))
	}
	return out
}
