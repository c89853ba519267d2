package test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/job"
	"salvo/statemachine"
)

// TestDefinitionSpeaksJob holds the names in the state machine's definition
// against the payload structs of package job: what a state reads must be what
// somebody writes, and what a task is given must be what it reads.
func TestDefinitionSpeaksJob(t *testing.T) {
	var machine struct{ States map[string]map[string]any }
	if err := json.Unmarshal(statemachine.Definition, &machine); err != nil {
		t.Fatal(err)
	}
	inputs := map[string]any{
		"${SplitterArn}":   job.SplitInput{},
		"${WorkerArn}":     job.WorkInput{},
		"${AggregatorArn}": job.AggregateInput{},
	}
	// What a path may begin with: the state of a run, an item of a Map, the
	// verdict, and the error that a Catch records.
	known := slices.Concat(tags(job.Split{}), tags(job.WorkInput{}), tags(job.Verdict{}), tags(job.Failure{}))
	chunk := tags(job.Chunk{})

	paths := 0
	var walk func(where string, v any)
	walk = func(where string, v any) {
		switch v := v.(type) {
		case map[string]any:
			if in, isTask := inputs[text(v["Resource"])]; isTask {
				parameters, _ := v["Parameters"].(map[string]any)
				for key := range parameters {
					if key = strings.TrimSuffix(key, ".$"); !slices.Contains(tags(in), key) {
						t.Errorf("%s: the task has no input %q", where, key)
					}
				}
			}
			for key, item := range v {
				walk(where+"/"+key, item)
			}
		case []any:
			for _, item := range v {
				walk(where, item)
			}
		case string:
			path, isPath := strings.CutPrefix(v, "$.")
			if !isPath {
				return
			}
			paths++
			first, rest, nested := strings.Cut(path, ".")
			if !slices.Contains(known, first) {
				t.Errorf("%s: nobody writes %s", where, v)
			}
			if nested && first == "chunk" && !slices.Contains(chunk, rest) {
				t.Errorf("%s: a chunk has no %s", where, rest)
			}
		}
	}
	for name, state := range machine.States {
		walk(name, state)
	}
	if paths < 20 {
		t.Errorf("only %d paths were found", paths)
	}
}

// TestOutcomesEndTheMachine: each outcome of the aggregator has a state of its
// name, and the error of a failed run is that name.
func TestOutcomesEndTheMachine(t *testing.T) {
	var machine struct {
		States map[string]struct{ Type, Error string }
	}
	if err := json.Unmarshal(statemachine.Definition, &machine); err != nil {
		t.Fatal(err)
	}
	for _, outcome := range []string{job.BudgetExceeded, job.ThresholdExceeded, job.ExpectationsFailed, job.RunIncomplete, job.RunStopped, job.BeforeFailed, job.AfterFailed} {
		if state := machine.States[outcome]; state.Type != "Fail" || state.Error != outcome {
			t.Errorf("%s: state %+v", outcome, state)
		}
	}
	if state := machine.States[job.Passed]; state.Type != "Succeed" {
		t.Errorf("%s: state %+v", job.Passed, state)
	}
}

// TestErrorsThatAreRetriedExist: a Retry goes by the Go type's name.
func TestErrorsThatAreRetriedExist(t *testing.T) {
	ours := []string{}
	for _, err := range []error{&job.BadRequest{}, &job.StoreFailed{}, &job.LeaseLost{}, &job.SectionFailed{}, &job.Interrupted{}} {
		ours = append(ours, reflect.TypeOf(err).Elem().Name())
	}
	found := 0
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			if names, ok := v["ErrorEquals"].([]any); ok {
				for _, name := range names {
					n := text(name)
					if strings.Contains(n, ".") {
						continue // AWS's own
					}
					found++
					if !slices.Contains(ours, n) {
						t.Errorf("no error is named %s", n)
					}
				}
			}
			for _, item := range v {
				walk(item)
			}
		case []any:
			for _, item := range v {
				walk(item)
			}
		}
	}
	var definition any
	if err := json.Unmarshal(statemachine.Definition, &definition); err != nil {
		t.Fatal(err)
	}
	walk(definition)
	if found == 0 {
		t.Error("no error of package job is retried")
	}
}

func text(v any) string {
	s, _ := v.(string)
	return s
}

// tags lists the JSON names of a struct's fields.
func tags(v any) []string {
	var names []string
	for _, f := range reflect.VisibleFields(reflect.TypeOf(v)) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" {
			names = append(names, name)
		}
	}
	return names
}
