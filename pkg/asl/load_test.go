package asl

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

// faultTest is a definition that is refused, and its faults, each as path: part
// of the message.
type faultTest struct {
	name, definition string
	want             []string
}

func faultTests() []faultTest {
	task := func(more string) string {
		return machine(`{"Type": "Task", "Resource": "arn:task", "End": true` + more + `}`)
	}
	choice := func(rule string) string {
		return `{"StartAt": "S", "States": {"S": {"Type": "Choice", "Choices": [` + rule + `]}, "T": {"Type": "Succeed"}}}`
	}
	inline := func(more string) string {
		return machine(`{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}` + more + `}`)
	}
	distributed := func(more string) string {
		return machine(`{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
			"StartAt": "I", "States": {"I": {"Type": "Succeed"}}}` + more + `}`)
	}
	return []faultTest{
		{"no object", `[]`, []string{`: must be an object`, `StartAt: is missing`, `States: must be an object`, `States: no state ends`}},
		{"no states", `{"StartAt": "S", "States": {}}`, []string{`States: at least one state`, `StartAt: there is no state "S"`, `States: no state ends`}},
		{"unknown start", `{"StartAt": "X", "States": {"S": {"Type": "Succeed"}}}`,
			[]string{`StartAt: there is no state "X"`, `States.S: no state leads here`, `States: no state ends`}},
		{"unknown field of the machine", `{"Timeout": 1, "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}`, []string{`Timeout: unknown field`}},
		{"another version", `{"Version": "2.0", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}`, []string{`Version: "2.0" is not supported`}},
		{"JSONata", `{"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Succeed"}}}`, []string{`QueryLanguage: "JSONata" is not supported`}},
		{"JSONata in a state", machine(`{"Type": "Pass", "QueryLanguage": "JSONata", "Output": 1, "End": true}`),
			[]string{`States.S.QueryLanguage: "JSONata" is not supported`, `States.S.Output: not supported: use JSONPath`}},
		{"variables", machine(`{"Type": "Pass", "Assign": {}, "End": true}`), []string{`States.S.Assign: variables, which are not supported`}},
		{"name there twice", `{"StartAt": "S", "States": {"S": {"Type": "Succeed"}, "S": {"Type": "Fail"}}}`, []string{`States.S: there twice`}},
		{"field there twice", machine(`{"Type": "Pass", "End": true, "Type": "Task"}`), []string{`States.S.Type: there twice`}},
		{"no type", machine(`{"End": true}`), []string{`States.S.Type: is missing`, `States: no state ends`}},
		{"unknown type", machine(`{"Type": "Tusk", "End": true}`), []string{`States.S.Type: no state type "Tusk"`, `States: no state ends`}},
		{"Parallel", machine(`{"Type": "Parallel", "Branches": [], "End": true}`), []string{`States.S.Type: Parallel is not supported`, `States: no state ends`}},
		{"unknown field", machine(`{"Type": "Pass", "Resultt": 1, "End": true}`), []string{`States.S.Resultt: unknown field`}},
		{"field of another type", machine(`{"Type": "Succeed", "Retry": []}`), []string{`States.S.Retry: a state of this type has no such field`}},
		{"neither Next nor End", `{"StartAt": "S", "States": {"S": {"Type": "Pass"}}}`, []string{`States.S: either Next or End`, `States: no state ends`}},
		{"both Next and End", `{"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "S", "End": true}}}`, []string{`States.S: either Next or End`}},
		{"Next to nowhere", `{"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "T"}}}`, []string{`States.S.Next: no state "T"`, `States: no state ends`}},
		{"unreachable", `{"StartAt": "S", "States": {"S": {"Type": "Succeed"}, "My T": {"Type": "Succeed"}}}`, []string{`States["My T"]: no state leads here`}},
		{"endless", `{"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "T"}, "T": {"Type": "Pass", "Next": "S"}}}`, []string{`States: no state ends the way that begins at "S"`}},
		{"long name", `{"StartAt": "S", "States": {"S": {"Type": "Pass", "Next": "` + strings.Repeat("x", 81) + `"}, "` + strings.Repeat("x", 81) + `": {"Type": "Succeed"}}}`,
			[]string{`States.` + strings.Repeat("x", 81) + `: 1 to 80 characters`}},
		{"bad path", machine(`{"Type": "Pass", "InputPath": "a", "End": true}`), []string{`States.S.InputPath: must begin with $`}},
		{"path is no text", machine(`{"Type": "Pass", "OutputPath": 1, "End": true}`), []string{`States.S.OutputPath: must be a path`}},
		{"ResultPath to many", machine(`{"Type": "Pass", "ResultPath": "$.a[*]", "End": true}`), []string{`States.S.ResultPath: must be a reference path`}},
		{"ResultPath into the context", machine(`{"Type": "Pass", "ResultPath": "$$.State", "End": true}`), []string{`States.S.ResultPath: cannot be written to`}},
		{"unknown context", machine(`{"Type": "Pass", "InputPath": "$$.Exec.Id", "End": true}`), []string{`States.S.InputPath: has no "Exec"`}},
		{"unknown context field", machine(`{"Type": "Pass", "Parameters": {"a.$": "$$.Execution.ID"}, "End": true}`), []string{`States.S.Parameters["a.$"]: has no Execution.ID`}},
		{"context of a Map outside", machine(`{"Type": "Pass", "Parameters": {"a.$": "$$.Map.Item.Value"}, "End": true}`), []string{`States.S.Parameters["a.$"]: only an ItemSelector`}},
		{"context of a Map in a child", distributed(`, "ItemsPath": "$$.Map.Item.Value"`), []string{`States.S.ItemsPath: only an ItemSelector`}},
		{"task token", task(`, "Parameters": {"t.$": "$$.Task.Token"}`), []string{`States.S.Parameters["t.$"]: has no "Task"`}},
		{"template field twice", task(`, "Parameters": {"a": 1, "a.$": "$"}`), []string{`States.S.Parameters["a.$"]: with and without`}},
		{"template path is no text", task(`, "Parameters": {"a.$": 1}`), []string{`States.S.Parameters["a.$"]: must be a path or an intrinsic`}},
		{"template within a list", task(`, "Parameters": {"l": [1, {"a.$": "x"}]}`), []string{`States.S.Parameters.l[1]["a.$"]: States.Format`}},
		{"template is no object", task(`, "Parameters": "$"`), []string{`States.S.Parameters: must be an object`}},
		{"bad intrinsic", task(`, "ResultSelector": {"a.$": "States.MathAdd($.n)"}`), []string{`States.S.ResultSelector["a.$"]: takes 2 arguments`}},
		{"no Resource", machine(`{"Type": "Task", "End": true}`), []string{`States.S.Resource: is missing`}},
		{"empty Resource", machine(`{"Type": "Task", "Resource": "", "End": true}`), []string{`States.S.Resource: must not be empty`}},
		{"heartbeat", task(`, "HeartbeatSeconds": 3`), []string{`States.S.HeartbeatSeconds: not supported`}},
		{"credentials", task(`, "Credentials": {}`), []string{`States.S.Credentials: not supported`}},
		{"bad timeout", task(`, "TimeoutSeconds": 0`), []string{`States.S.TimeoutSeconds: from 1`}},
		{"two timeouts", task(`, "TimeoutSeconds": 1, "TimeoutSecondsPath": "$.t"`), []string{`States.S.TimeoutSecondsPath: beside TimeoutSeconds`}},
		{"placeholder", machine(`{"Type": "Task", "Resource": "${Nobody}", "End": true}`), []string{`States.S.Resource: nothing is given for ${Nobody}`}},
		{"open placeholder", machine(`{"Type": "Task", "Resource": "${Nobody", "End": true}`), []string{`States.S.Resource: not closed`}},
		{"retry without errors", task(`, "Retry": [{}]`), []string{`States.S.Retry[0].ErrorEquals: at least one`}},
		{"empty retry", task(`, "Retry": []`), []string{`States.S.Retry: at least one`}},
		{"States.ALL not last", task(`, "Retry": [{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["A"]}]`), []string{`States.S.Retry[0].ErrorEquals[0]: must be in the last element`}},
		{"States.ALL not alone", task(`, "Retry": [{"ErrorEquals": ["A", "States.ALL"]}]`), []string{`States.S.Retry[0].ErrorEquals[1]: must stand alone`}},
		{"catch all not last", task(`, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}, {"ErrorEquals": ["A"], "Next": "S"}]`), []string{`States.S.Catch[0].ErrorEquals[0]: must be in the last element`}},
		{"error name is no text", task(`, "Retry": [{"ErrorEquals": [1]}]`), []string{`States.S.Retry[0].ErrorEquals[0]: must be an error name`}},
		{"bad numbers of a retry", task(`, "Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 0, "MaxAttempts": -1, "BackoffRate": 0.5, "MaxDelaySeconds": 1.5, "JitterStrategy": "HALF"}]`),
			[]string{`States.S.Retry[0].IntervalSeconds: from 1`, `States.S.Retry[0].MaxAttempts: from 0`, `States.S.Retry[0].BackoffRate: at least 1`,
				`States.S.Retry[0].MaxDelaySeconds: from 1`, `States.S.Retry[0].JitterStrategy: NONE or FULL`}},
		{"delay below the interval", task(`, "Retry": [{"ErrorEquals": ["A"], "IntervalSeconds": 5, "MaxDelaySeconds": 4}]`), []string{`States.S.Retry[0].MaxDelaySeconds: less than IntervalSeconds`}},
		{"unknown field of a retry", task(`, "Retry": [{"ErrorEquals": ["A"], "Attempts": 5}]`), []string{`States.S.Retry[0].Attempts: unknown field`}},
		{"catch to nowhere", task(`, "Catch": [{"ErrorEquals": ["A"], "Next": "T"}]`), []string{`States.S.Catch[0].Next: no state "T"`}},
		{"catch without Next", task(`, "Catch": [{"ErrorEquals": ["A"]}]`), []string{`States.S.Catch[0].Next: is missing`}},
		{"wait without a time", machine(`{"Type": "Wait", "End": true}`), []string{`States.S: must have Seconds`}},
		{"wait with two times", machine(`{"Type": "Wait", "Seconds": 1, "SecondsPath": "$.a", "End": true}`), []string{`States.S.SecondsPath: beside Seconds`}},
		{"wait until nonsense", machine(`{"Type": "Wait", "Timestamp": "tomorrow", "End": true}`), []string{`States.S.Timestamp: must be a time`}},
		{"negative wait", machine(`{"Type": "Wait", "Seconds": -1, "End": true}`), []string{`States.S.Seconds: from 0`}},
		{"fail with two causes", machine(`{"Type": "Fail", "Cause": "a", "CausePath": "$.a"}`), []string{`States.S.CausePath: beside Cause`}},
		{"fail with a Next", machine(`{"Type": "Fail", "Next": "S"}`), []string{`States.S.Next: no such field`}},
		{"no choices", `{"StartAt": "S", "States": {"S": {"Type": "Choice", "Default": "T"}, "T": {"Type": "Succeed"}}}`, []string{`States.S.Choices: is missing`}},
		{"default to nowhere", `{"StartAt": "S", "States": {"S": {"Type": "Choice", "Default": "U", "Choices": [{"Variable": "$.a", "IsNull": true, "Next": "T"}]}, "T": {"Type": "Succeed"}}}`, []string{`States.S.Default: no state "U"`}},
		{"choice to nowhere", choice(`{"Variable": "$.a", "IsNull": true, "Next": "T"}, {"Variable": "$.a", "IsNull": true, "Next": "U"}`), []string{`States.S.Choices[1].Next: no state "U"`}},
		{"choice without Next", choice(`{"Variable": "$.a", "IsNull": true, "Next": "T"}, {"Variable": "$.a", "IsNull": true}`), []string{`States.S.Choices[1].Next: is missing`}},
		{"inner rule with Next", choice(`{"Not": {"Variable": "$.a", "IsNull": true, "Next": "T"}, "Next": "T"}`), []string{`States.S.Choices[0].Not.Next: no such field`}},
		{"no comparison", choice(`{"Variable": "$.a", "Next": "T"}`), []string{`States.S.Choices[0]: a comparison such as`}},
		{"unknown comparison", choice(`{"Variable": "$.a", "StringIs": "a", "Next": "T"}`), []string{`States.S.Choices[0]: a comparison such as`, `States.S.Choices[0].StringIs: unknown field`}},
		{"two comparisons", choice(`{"Variable": "$.a", "IsNull": true, "IsString": true, "Next": "T"}`), []string{`States.S.Choices[0].IsString: one comparison, and this one has IsNull`}},
		{"no variable", choice(`{"IsNull": true, "Next": "T"}`), []string{`States.S.Choices[0].Variable: is missing`}},
		{"variable means many", choice(`{"Variable": "$.a[*]", "IsNull": true, "Next": "T"}`), []string{`States.S.Choices[0].Variable: reference path`}},
		{"operand of another type", choice(`{"Variable": "$.a", "NumericEquals": "1", "Next": "T"}`), []string{`States.S.Choices[0].NumericEquals: takes a number`}},
		{"operand is no time", choice(`{"Variable": "$.a", "TimestampEquals": "1", "Next": "T"}`), []string{`States.S.Choices[0].TimestampEquals: takes a time`}},
		{"operand is no text", choice(`{"Variable": "$.a", "StringMatches": 1, "Next": "T"}`), []string{`States.S.Choices[0].StringMatches: takes a text`}},
		{"operand is no boolean", choice(`{"Variable": "$.a", "IsPresent": "yes", "Next": "T"}`), []string{`States.S.Choices[0].IsPresent: takes true or false`}},
		{"And is no list", choice(`{"And": {}, "Next": "T"}`), []string{`States.S.Choices[0].And: must be a list`}},
		{"bad rule within", choice(`{"And": [{"Variable": "$.a"}], "Next": "T"}`), []string{`States.S.Choices[0].And[0]: a comparison`}},
		{"no processor", machine(`{"Type": "Map", "End": true}`), []string{`States.S.ItemProcessor: is missing`, `States.S.ItemProcessor.States: no state ends`}},
		{"Iterator", machine(`{"Type": "Map", "End": true, "Iterator": {}}`), []string{`States.S.Iterator: old name of ItemProcessor`, `States.S.ItemProcessor.States: no state ends`}},
		{"Parameters of a Map", inline(`, "Parameters": {}`), []string{`States.S.Parameters: old name of a Map's ItemSelector`}},
		{"ItemBatcher", inline(`, "ItemBatcher": {}`), []string{`States.S.ItemBatcher: not supported`}},
		{"reader of an inline Map", inline(`, "ItemReader": {}, "Label": "x", "ToleratedFailureCount": 1`),
			[]string{`States.S.ItemReader: DISTRIBUTED`, `States.S.Label: DISTRIBUTED`, `States.S.ToleratedFailureCount: DISTRIBUTED`}},
		{"unknown mode", machine(`{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "FAST"}, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}`),
			[]string{`States.S.ItemProcessor.ProcessorConfig.Mode: INLINE or DISTRIBUTED`}},
		{"no execution type", machine(`{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}`),
			[]string{`States.S.ItemProcessor.ProcessorConfig.ExecutionType: is missing`}},
		{"execution type inline", machine(`{"Type": "Map", "End": true, "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE", "ExecutionType": "STANDARD"}, "StartAt": "I", "States": {"I": {"Type": "Succeed"}}}}`),
			[]string{`States.S.ItemProcessor.ProcessorConfig.ExecutionType: only for the mode DISTRIBUTED`}},
		{"state within a Map", machine(`{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "I", "States": {"I": {"Type": "Pass", "Next": "J"}}}}`),
			[]string{`States.S.ItemProcessor.States.I.Next: no state "J"`, `States.S.ItemProcessor.States: no state ends`}},
		{"name taken by another Map", machine(`{"Type": "Map", "End": true, "ItemProcessor": {"StartAt": "S", "States": {"S": {"Type": "Succeed"}}}}`),
			[]string{`States.S.ItemProcessor.States.S: the name "S" is taken by States.S`}},
		{"reader without its parts", distributed(`, "ItemReader": {}`), []string{`States.S.ItemReader.Resource: is missing`, `States.S.ItemReader.Parameters: is missing`, `States.S.ItemReader.ReaderConfig: is missing`}},
		{"reader of another kind", distributed(`, "ItemReader": {"Resource": "arn:aws:states:::s3:listObjectsV2", "ReaderConfig": {"InputType": "CSV"}, "Parameters": {"Bucket": "b", "Prefix": "p"}}`),
			[]string{`States.S.ItemReader.Resource: s3:listObjectsV2" is not supported`, `States.S.ItemReader.ReaderConfig.InputType: "CSV" is not supported`,
				`States.S.ItemReader.Parameters.Prefix: unknown field`, `States.S.ItemReader.Parameters: Key is missing`}},
		{"two sources", distributed(`, "ItemsPath": "$.a", "ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"}, "Parameters": {"Bucket": "b", "Key": "k"}}`),
			[]string{`States.S.ItemsPath: cannot stand beside ItemReader`}},
		{"writer with a config", distributed(`, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "WriterConfig": {}, "Parameters": {"Bucket": "b", "Prefix": "p"}}`),
			[]string{`States.S.ResultWriter.WriterConfig: not supported`}},
		{"bad label", distributed(`, "Label": "a b"`), []string{`States.S.Label: special`}},
		{"bad percentage", distributed(`, "ToleratedFailurePercentage": 101`), []string{`States.S.ToleratedFailurePercentage: from 0 to 100`}},
	}
}

func TestLoadFaults(t *testing.T) {
	for _, test := range faultTests() {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load([]byte(test.definition), nil)
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v", err)
			}
			rest := slices.Clone(faults)
			for _, want := range test.want {
				path, message, _ := strings.Cut(want, ": ")
				i := slices.IndexFunc(rest, func(f Fault) bool { return f.Path == path && strings.Contains(f.Message, message) })
				if i < 0 {
					t.Errorf("there is no %s", want)
					continue
				}
				rest = slices.Delete(rest, i, i+1)
			}
			// States that the fault cut off are told as well.
			rest = slices.DeleteFunc(rest, func(f Fault) bool { return f.Message == "no state leads here" })
			if len(rest) > 0 {
				t.Errorf("too many faults:\n%v", rest)
			}
		})
	}
}

func TestLoadTellsAllFaultsAtOnce(t *testing.T) {
	_, err := Load([]byte(`{"StartAt": "A", "Foo": 1, "States": {
		"A": {"Type": "Task", "Resource": "${X}", "InputPath": "x", "Next": "B", "Retry": [{"ErrorEquals": ["States.ALL", "A"]}]},
		"B": {"Type": "Choice", "Choices": [{"Variable": "$.a", "StringEquals": 1, "Next": "C"}]},
		"D": {"Type": "Wait", "End": true}}}`), nil)
	const want = `States.A.Resource: nothing is given for ${X}
States.A.InputPath: bad path "x": it must begin with $
States.A.Retry[0].ErrorEquals[0]: States.ALL must stand alone
States.B.Choices[0].StringEquals: StringEquals takes a text
States.D: must have Seconds, SecondsPath, Timestamp or TimestampPath
Foo: unknown field
States.B.Choices[0].Next: there is no state "C"
States.D: no state leads here
States: no state ends the way that begins at "A"`
	if err == nil || err.Error() != want {
		t.Fatalf("got\n%v\nwant\n%s", err, want)
	}
}

func TestLoadSyntaxErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "line 1: unexpected EOF"},
		{"cut off", "{\n\"StartAt\": \"S\",\n", "line 2: unexpected EOF"},
		{"no value", "{\n\"StartAt\": ,\n}", "line 2"},
		{"more behind it", "{} {}", "there is more"},
		{"too deep", strings.Repeat("[", 300), "nested deeper than 200"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, err := Load([]byte(test.text), nil)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Fatalf("got %v, want %q", err, test.want)
			}
		})
	}
}

func TestLoadSubstitutions(t *testing.T) {
	m, err := Load([]byte(machine(`{"Type": "Task", "Resource": "arn:${Kind}:${Name}", "End": true}`)),
		map[string]string{"Kind": "a", "Name": "${b}", "Unused": "c"})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.top.states["S"].task.resource; got != "arn:a:${b}" {
		t.Fatalf("got %q", got)
	}
}

func FuzzLoad(f *testing.F) {
	files, err := os.ReadDir("testdata/machines")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile("testdata/machines/" + file.Name())
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	for _, test := range faultTests() {
		f.Add([]byte(test.definition))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := Load(text, nil)
		if (m == nil) == (err == nil) {
			t.Fatalf("got %v and %v", m, err)
		}
		if err == nil {
			m.missing(Environment{})
		}
	})
}
