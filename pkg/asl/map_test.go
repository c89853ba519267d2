package asl

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// mapped is a machine of a Map, "M", over one state "I".
func mapped(fields, state string) string {
	return `{"StartAt": "M", "States": {"M": {"Type": "Map", ` + fields + `
		"ItemProcessor": {"StartAt": "I", "States": {"I": ` + state + `}}, "End": true}}}`
}

// gauge counts how many calls run at once.
type gauge struct {
	mu        sync.Mutex
	now, most int
}

func (g *gauge) task(d time.Duration) TaskFunc {
	return func(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
		g.mu.Lock()
		g.now++
		g.most = max(g.most, g.now)
		g.mu.Unlock()
		defer func() { g.mu.Lock(); g.now--; g.mu.Unlock() }()
		return slow(d)(ctx, in)
	}
}

func TestInlineMap(t *testing.T) {
	tests := []struct{ name, definition, in, want string }{
		{"items in order", mapped("", `{"Type": "Pass", "End": true}`), `[3, 1, 2]`, `[3, 1, 2]`},
		{"no items", mapped("", `{"Type": "Pass", "End": true}`), `[]`, `[]`},
		{"items path", mapped(`"InputPath": "$.a", "ItemsPath": "$.b",`, `{"Type": "Pass", "End": true}`), `{"a": {"b": [1]}}`, `[1]`},
		{"item selector", mapped(`"ItemsPath": "$.list", "ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.x", "run.$": "$.run"},`, `{"Type": "Pass", "End": true}`),
			`{"list": [{"x": "a"}, {"x": "b"}], "run": 7}`, `[{"i": 0, "v": "a", "run": 7}, {"i": 1, "v": "b", "run": 7}]`},
		{"context within", mapped("", `{"Type": "Pass", "Parameters": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value"}, "End": true}`), `["a"]`, `[{"i": 0, "v": "a"}]`},
		{"result selector and path", mapped(`"ItemsPath": "$.l", "ResultSelector": {"n.$": "States.ArrayLength($)"}, "ResultPath": "$.out", "OutputPath": "$.out",`, `{"Type": "Succeed"}`), `{"l": [1, 2, 3]}`, `{"n": 3}`},
		{"result dropped", mapped(`"ItemsPath": "$.l", "ResultPath": null,`, `{"Type": "Succeed"}`), `{"l": [1]}`, `{"l": [1]}`},
		{"a Map within", `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"StartAt": "N", "States": {"N": {"Type": "Map",
			"ItemSelector": {"outer.$": "$", "inner.$": "$$.Map.Item.Value"}, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}, "End": true}}}, "End": true}}}`,
			`[[1], [2, 3]]`, `[[{"outer": [1], "inner": 1}], [{"outer": [2, 3], "inner": 2}, {"outer": [2, 3], "inner": 3}]]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			wantSucceeded(t, run(t, test.definition, test.in, Environment{}), test.want)
		})
	}
}

func TestInlineMapConcurrency(t *testing.T) {
	numbers := "[" + strings.TrimSuffix(strings.Repeat("1,", 100), ",") + "]"
	tests := []struct {
		name, fields, in string
		most             int
		took             time.Duration
	}{
		{"as many as there may be", ``, numbers, 40, 3 * time.Second},
		{"more than there may be", `"MaxConcurrency": 1000,`, numbers, 40, 3 * time.Second},
		{"three", `"MaxConcurrency": 3,`, numbers, 3, 34 * time.Second},
		{"by path", `"ItemsPath": "$.l", "MaxConcurrencyPath": "$.n",`, `{"n": 1, "l": [1, 2, 3]}`, 1, 3 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gauge{}
				begun := time.Now()
				r := run(t, mapped(test.fields, `{"Type": "Task", "Resource": "arn:task", "End": true}`), test.in, tasks(g.task(time.Second)))
				if r.Status != Succeeded || g.most != test.most {
					t.Fatalf("%+v with %d at once", r, g.most)
				}
				wantTook(t, begun, test.took)
			})
		})
	}
}

func TestInlineMapFailure(t *testing.T) {
	// Item 2 fails after a second; 0 waits, 1 works, 3 is never begun.
	const definition = `{"StartAt": "M", "States": {
		"M": {"Type": "Map", "MaxConcurrency": 3, "Retry": [{"ErrorEquals": ["Other"]}],
			"Catch": [{"ErrorEquals": ["Mine"], "ResultPath": null, "Next": "Caught"}],
			"ItemProcessor": {"StartAt": "Which?", "States": {
				"Which?": {"Type": "Choice", "Choices": [
					{"Variable": "$", "NumericEquals": 0, "Next": "Waits"}, {"Variable": "$", "NumericEquals": 1, "Next": "Works"},
					{"Variable": "$", "NumericEquals": 2, "Next": "Second"}], "Default": "Never"},
				"Waits": {"Type": "Wait", "Seconds": 3600, "Next": "Never"},
				"Works": {"Type": "Task", "Resource": "arn:task", "Next": "Never"},
				"Second": {"Type": "Wait", "Seconds": 1, "Next": "Fails"},
				"Fails": {"Type": "Fail", "Error": "Mine", "Cause": "two"},
				"Never": {"Type": "Task", "Resource": "arn:never", "End": true}}}, "End": true},
		"Caught": {"Type": "Pass", "Result": "caught", "End": true}}}`
	synctest.Test(t, func(t *testing.T) {
		finished := false
		env := tasks(func(ctx context.Context, _ json.RawMessage) (json.RawMessage, error) {
			_, err := slow(10*time.Second)(ctx, nil)
			finished = err == nil
			return nil, err
		})
		env.Tasks["arn:never"] = func(context.Context, json.RawMessage) (json.RawMessage, error) {
			t.Error("a state was entered after the Map had failed")
			return nil, nil
		}
		begun := time.Now()
		e := start(t, definition, `[0, 1, 2, 3]`, env)
		wantSucceeded(t, e.Wait(), `"caught"`)
		wantTook(t, begun, 10*time.Second)
		if !finished {
			t.Error("the task that was running was not left to finish")
		}
		history := e.History()
		for kind, want := range map[string]int{
			"MapIterationStarted": 3, "MapIterationFailed": 1, "MapIterationAborted": 2, "MapStateFailed": 1,
			"WaitStateAborted": 1, "TaskStateAborted": 1, "ExecutionSucceeded": 1,
		} {
			if n := count(history, kind); n != want {
				t.Errorf("%d %s, want %d", n, kind, want)
			}
		}
		// The Map fails at once, and does not wait for what is left to finish.
		if last := history[len(history)-1]; last.Time.Sub(begun) != time.Second {
			t.Errorf("%s after %v", last.Type, last.Time.Sub(begun))
		}
	})
}

func TestInlineMapRetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := run(t, mapped(`"Retry": [{"ErrorEquals": ["A"]}],`, `{"Type": "Task", "Resource": "arn:task", "End": true}`), `[1]`, tasks(flaky("A", "A")))
		wantSucceeded(t, r, `[{}]`)
	})
}

// far is a machine of a distributed Map, "M", over one state "I".
func far(fields, state string) string {
	return `{"StartAt": "M", "States": {"M": {"Type": "Map", "Label": "far", ` + fields + `
		"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "I", "States": {"I": ` + state + `}}, "End": true}}}`
}

const (
	reader = `"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key.$": "$.key"}},`
	writer = `"ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},`
)

func withBucket(env Environment, files map[string]string) (Environment, *bucket) {
	b := &bucket{files: files}
	env.ReadItems, env.WriteResult = b.read, b.write
	return env, b
}

func TestDistributedMap(t *testing.T) {
	tests := []struct{ name, definition, in, want string }{
		{"items in order", far("", `{"Type": "Succeed"}`), `[3, 1, 2]`, `[3, 1, 2]`},
		{"no items", far("", `{"Type": "Succeed"}`), `[]`, `[]`},
		{"items path", far(`"ItemsPath": "$.a",`, `{"Type": "Succeed"}`), `{"a": [1]}`, `[1]`},
		{"items of a file", far(reader, `{"Type": "Succeed"}`), `{"key": "items.json"}`, `["x", {"y": 9007199254740993}]`},
		{"no items in the file", far(reader, `{"Type": "Succeed"}`), `{"key": "empty.json"}`, `[]`},
		{"the first of them", far(strings.Replace(reader, `"JSON"`, `"JSON", "MaxItems": 1`, 1), `{"Type": "Succeed"}`), `{"key": "items.json"}`, `["x"]`},
		{"the first of them, by path", far(strings.Replace(reader, `"JSON"`, `"JSON", "MaxItemsPath": "$.n"`, 1), `{"Type": "Succeed"}`), `{"key": "items.json", "n": 1}`, `["x"]`},
		{"item selector", far(reader+`"ItemSelector": {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value", "k.$": "$.key"},`, `{"Type": "Pass", "OutputPath": "$.i", "End": true}`), `{"key": "items.json"}`, `[0, 1]`},
		{"an execution of its own", far(`"ItemSelector": {"v.$": "$$.Map.Item.Value"},`, `{"Type": "Pass", "Parameters": {"in.$": "$$.Execution.Input", "name.$": "$$.Execution.Name"}, "OutputPath": "$.in", "End": true}`), `[5]`, `[{"v": 5}]`},
		{"failures are tolerated", far(`"ToleratedFailurePercentage": 100,`, `{"Type": "Choice", "Choices": [{"Variable": "$", "NumericEquals": 1, "Next": "Bad"}], "Default": "Good"}, "Bad": {"Type": "Fail"}, "Good": {"Type": "Succeed"}`), `[3, 1, 2]`, `[3, 2]`},
		{"result dropped", far(`"ResultPath": null,`, `{"Type": "Succeed"}`), `[1]`, `[1]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			env, _ := withBucket(Environment{}, map[string]string{"b/items.json": "[\"x\",\n {\"y\": 9007199254740993}\n]\n", "b/empty.json": "[]"})
			wantSucceeded(t, run(t, test.definition, test.in, env), test.want)
		})
	}
}

func TestDistributedMapReaderFailures(t *testing.T) {
	tests := []struct{ name, file, want string }{
		{"no file", "", "NoSuchKey"},
		{"empty", " ", "EOF"},
		{"no array", "{}", "no JSON array"},
		{"cut off", `["x", `, "reading item 1: unexpected EOF"},
		{"cut off in an item", `["x", {"a"`, "reading item 1: unexpected EOF"},
		{"no JSON", `["x", y]`, "reading item 1: invalid character"},
		{"wrong end", `["x"}`, "reading item 1: invalid character"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			files := map[string]string{}
			if test.file != "" {
				files["b/k"] = test.file
			}
			env, _ := withBucket(Environment{}, files)
			e := start(t, far(reader, `{"Type": "Wait", "Seconds": 3600, "End": true}`), `{"key": "k"}`, env)
			wantFailed(t, e.Wait(), ErrorItemReader, test.want)
			if runs := e.MapRuns(); len(runs) != 1 || runs[0].Status != Failed {
				t.Fatalf("map runs %+v", runs)
			}
		})
	}
}

func TestDistributedMapTolerance(t *testing.T) {
	// Negative items fail; the others end when all have been begun.
	const state = `{"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 0, "Next": "Bad"}], "Default": "Good"},
		"Bad": {"Type": "Fail", "Error": "Mine"}, "Good": {"Type": "Wait", "Seconds": 60, "End": true}`
	tests := []struct {
		name, fields, in string
		fails            bool
		took             time.Duration
	}{
		{"none by default", ``, `[1, -1]`, true, 0},
		{"none fail", ``, `[1, 2]`, false, time.Minute},
		{"one, and one fails", `"ToleratedFailureCount": 1,`, `[1, -1]`, false, time.Minute},
		{"one, and two fail", `"ToleratedFailureCount": 1,`, `[1, -1, -1]`, true, 0},
		{"by path", `"ItemsPath": "$.l", "ToleratedFailureCountPath": "$.n",`, `{"n": 1, "l": [-1, -1]}`, true, 0},
		{"half, and half fail", `"ToleratedFailurePercentage": 50,`, `[-1, 1, -1, 1]`, false, time.Minute},
		{"half, and more fail", `"ToleratedFailurePercentage": 50,`, `[-1, 1, -1, -1]`, true, 0},
		{"all", `"ToleratedFailurePercentage": 100,`, `[-1, -1]`, false, 0},
		{"percentage by path", `"ItemsPath": "$.l", "ToleratedFailurePercentagePath": "$.n",`, `{"n": 40, "l": [-1, 1]}`, true, 0},
		{"both, and the count is exceeded", `"ToleratedFailurePercentage": 100, "ToleratedFailureCount": 1,`, `[-1, -1, 1]`, true, 0},
		{"both, and the percentage is exceeded", `"ToleratedFailurePercentage": 10, "ToleratedFailureCount": 5,`, `[-1, -1, 1]`, true, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				e := start(t, far(test.fields, state), test.in, Environment{})
				r := e.Wait()
				wantTook(t, begun, test.took)
				if test.fails {
					wantFailed(t, r, ErrorToleratedFailures, "more than the Map tolerates")
				} else if r.Status != Succeeded {
					t.Fatalf("got %+v", r)
				}
			})
		})
	}
}

func TestDistributedMapFailureIsCaught(t *testing.T) {
	r := run(t, `{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
		"StartAt": "I", "States": {"I": {"Type": "Fail"}}}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true},
		"C": {"Type": "Pass", "OutputPath": "$.Error", "End": true}}}`, `[1]`, Environment{})
	wantSucceeded(t, r, `"`+ErrorToleratedFailures+`"`)
}

func TestDistributedMapFiles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const state = `{"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 0, "Next": "Bad"}], "Default": "Good"},
			"Bad": {"Type": "Fail", "Error": "Mine", "Cause": "negative"}, "Good": {"Type": "Wait", "Seconds": 2, "End": true}`
		env, b := withBucket(tasks(echo), map[string]string{"b/k": `[{"n": 1}, {"n": -1}]`})
		e := start(t, far(reader+writer+`"ToleratedFailurePercentage": 100,`, state), `{"key": "k"}`, env)
		r := e.Wait()
		runs := e.MapRuns()
		if len(runs) != 1 || len(runs[0].Items) != 2 {
			t.Fatalf("map runs %+v", runs)
		}
		id := runs[0].ARN[strings.LastIndexByte(runs[0].ARN, ':')+1:]
		wantSucceeded(t, r, `{"MapRunArn": "arn:aws:states:local:000000000000:mapRun:local/far:`+id+`",
			"ResultWriterDetails": {"Bucket": "b", "Key": "out/`+id+`/manifest.json"}}`)
		folder := "b/out/" + id + "/"
		if got, want := fmt.Sprint(b.names()), fmt.Sprint([]string{"b/k", folder + "FAILED_0.json", folder + "SUCCEEDED_0.json", folder + "manifest.json"}); got != want {
			t.Fatalf("files %s", got)
		}
		succeeded, failed := b.files[folder+"SUCCEEDED_0.json"], b.files[folder+"FAILED_0.json"]
		const common = `"InputDetails": {"Included": true}, "StateMachineArn": "arn:aws:states:local:000000000000:stateMachine:local", "StartDate": "2000-01-01T00:00:00.000Z", `
		if want := `[{"ExecutionArn": "arn:aws:states:local:000000000000:execution:local/far:` + id + `-0", "Name": "` + id + `-0", ` + common + `
			"Input": "{\"n\":1}", "Output": "{\"n\":1}", "OutputDetails": {"Included": true}, "StopDate": "2000-01-01T00:00:02.000Z", "Status": "SUCCEEDED"}]`; !sameJSON(t, succeeded, want) {
			t.Errorf("got %s", succeeded)
		}
		if want := `[{"ExecutionArn": "arn:aws:states:local:000000000000:execution:local/far:` + id + `-1", "Name": "` + id + `-1", ` + common + `
			"Input": "{\"n\":-1}", "Error": "Mine", "Cause": "negative", "StopDate": "2000-01-01T00:00:00.000Z", "Status": "FAILED"}]`; !sameJSON(t, failed, want) {
			t.Errorf("got %s", failed)
		}
		if want := fmt.Sprintf(`{"DestinationBucket": "b", "MapRunArn": %q, "ResultFiles": {
			"FAILED": [{"Key": "out/%s/FAILED_0.json", "Size": %d}], "PENDING": [],
			"SUCCEEDED": [{"Key": "out/%s/SUCCEEDED_0.json", "Size": %d}]}}`, runs[0].ARN, id, len(failed), id, len(succeeded)); !sameJSON(t, b.files[folder+"manifest.json"], want) {
			t.Errorf("got %s", b.files[folder+"manifest.json"])
		}
		record, err := json.Marshal(runs[0].Items[1])
		if want := `{"index":1,"name":"` + id + `-1","status":"FAILED","startDate":"2000-01-01T00:00:00Z","stopDate":"2000-01-01T00:00:00Z","state":"Bad","error":"Mine","cause":"negative"}`; err != nil || string(record) != want {
			t.Errorf("got %s", record)
		}
	})
}

func TestDistributedMapWriterFails(t *testing.T) {
	env, _ := withBucket(Environment{}, map[string]string{})
	env.WriteResult = func(context.Context, string, json.RawMessage, string, []byte) error { return brokenPipe{} }
	wantFailed(t, run(t, far(writer, `{"Type": "Succeed"}`), `[1]`, env), ErrorResultWriter, "writing SUCCEEDED_0.json: broken <pipe>")
}

func TestDistributedMapSplitsFiles(t *testing.T) {
	env, b := withBucket(Environment{}, map[string]string{})
	large := `"` + strings.Repeat("x", 200_000) + `"`
	in := "[1]"
	definition := far(writer+`"ResultPath": null, "ItemSelector": {"n": 1},`, `{"Type": "Task", "Resource": "arn:task", "End": true}`)
	env.Tasks = map[string]TaskFunc{"arn:task": func(context.Context, json.RawMessage) (json.RawMessage, error) { return json.RawMessage(large), nil }}
	in = "[" + strings.TrimSuffix(strings.Repeat("1,", 50), ",") + "]" // 10 MB of results
	if r := run(t, definition, in, env); r.Status != Succeeded {
		t.Fatalf("got %+v", r)
	}
	results := 0
	for _, name := range b.names() {
		if strings.HasSuffix(name, "manifest.json") {
			var m struct {
				ResultFiles struct{ SUCCEEDED []resultFile }
			}
			if err := json.Unmarshal([]byte(b.files[name]), &m); err != nil || len(m.ResultFiles.SUCCEEDED) != 3 {
				t.Errorf("manifest %s", b.files[name])
			}
			continue
		}
		var list []childResult
		if err := json.Unmarshal([]byte(b.files[name]), &list); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		results += len(list)
	}
	if results != 50 || len(b.files) != 4 {
		t.Errorf("%d results in %q", results, b.names())
	}
}

func TestDistributedMapOfMany(t *testing.T) {
	const n = 12_000
	var items strings.Builder
	items.WriteString("[")
	for i := range n {
		fmt.Fprintf(&items, "%d,", i)
	}
	file := strings.TrimSuffix(items.String(), ",") + "]"
	tests := []struct {
		name, fields string
		most         int
		took         time.Duration
	}{
		{"as many as there may be", "", 10_000, 2 * time.Second},
		{"a thousand", `"MaxConcurrency": 1000,`, 1000, 12 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := &gauge{}
				env, _ := withBucket(tasks(g.task(time.Second)), map[string]string{"b/k": file})
				begun := time.Now()
				e := start(t, far(reader+writer+test.fields, `{"Type": "Task", "Resource": "arn:task", "TimeoutSeconds": 900, "End": true}`), `{"key": "k"}`, env)
				r := e.Wait()
				if r.Status != Succeeded || g.most != test.most {
					t.Fatalf("%s: %s, %d at once", r.Error, r.Cause, g.most)
				}
				wantTook(t, begun, test.took)
				if got := len(e.History()); got > 10 {
					t.Errorf("%d events", got)
				}
				items := e.MapRuns()[0].Items
				if len(items) != n || items[n-1].Index != n-1 || items[n-1].Status != Succeeded {
					t.Errorf("%d records", len(items))
				}
			})
		})
	}
}
