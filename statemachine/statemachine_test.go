package statemachine

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/asl"
)

// arns are substitutions as a deployed stack has them.
func arns() map[string]string {
	const prefix = "arn:aws:lambda:eu-central-1:123456789012:function:"
	return map[string]string{SplitterArn: prefix + "splitter", WorkerArn: prefix + "worker", AggregatorArn: prefix + "aggregator"}
}

func definition(t *testing.T) map[string]any {
	t.Helper()
	var d map[string]any
	if err := json.Unmarshal(Definition, &d); err != nil {
		t.Fatal(err)
	}
	return d
}

// states are all states of the definition, those of the Maps included.
func states(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	var collect func(v any)
	collect = func(v any) {
		for name, s := range v.(map[string]any) {
			all[name] = s.(map[string]any)
			if p, ok := all[name]["ItemProcessor"].(map[string]any); ok {
				collect(p["States"])
			}
		}
	}
	collect(definition(t)["States"])
	return all
}

func TestDefinitionLoads(t *testing.T) {
	if _, err := asl.Load(Definition, arns()); err != nil {
		t.Fatal(err)
	}
}

func TestSubstitutionsAreThosePlaceholders(t *testing.T) {
	used := map[string]bool{}
	for _, match := range regexp.MustCompile(`\$\{(\w+)\}`).FindAllSubmatch(Definition, -1) {
		used[string(match[1])] = true
	}
	if got, want := slices.Sorted(maps.Keys(used)), slices.Sorted(maps.Keys(arns())); !slices.Equal(got, want) {
		t.Fatalf("placeholders %q, substitutions %q", got, want)
	}
}

func TestNamedStatesExist(t *testing.T) {
	all := states(t)
	for _, name := range []string{
		StateSplit, StateBefore, StateSchedule, StateFanOut, StateFanOutInline, StateWait, StateWaitInline, StateGenerateLoad,
		StateGenerateLoadInline, StateChunkLost, StateAfter, StateAggregate, StateVerdict, StatePassed,
		ErrorSplitFailed, ErrorAggregateFailed, ErrorUnknownOutcome,
	} {
		if all[name] == nil {
			t.Errorf("there is no state %q", name)
		}
	}
}

// The two Maps do the same to a chunk, but for what becomes of a lost one.
func TestBothMapsDoTheSame(t *testing.T) {
	all := states(t)
	far, near := all[StateGenerateLoad], all[StateGenerateLoadInline]
	delete(near, "Catch")
	delete(far, "Comment")
	for _, pair := range [][2]any{
		{far, near},
		{all[StateWait]["TimestampPath"], all[StateWaitInline]["TimestampPath"]},
		{all[StateFanOut]["ItemSelector"], all[StateFanOutInline]["ItemSelector"]},
		{all[StateFanOut]["Catch"], all[StateFanOutInline]["Catch"]},
	} {
		a, _ := json.Marshal(pair[0])
		b, _ := json.Marshal(pair[1])
		if string(a) != string(b) {
			t.Errorf("%s\nis not\n%s", a, b)
		}
	}
}

// Each Fail state is called as the error that it ends with, and says something.
func TestFailStates(t *testing.T) {
	for name, s := range states(t) {
		if s["Type"] != "Fail" {
			continue
		}
		if s["Error"] != name || s["Cause"] == nil && s["CausePath"] == nil {
			t.Errorf("%s: error %v, cause %v", name, s["Error"], s["Cause"])
		}
	}
}

const installTools = `mkdir -p .tools/node && cp test/tools/package*.json .tools/node && npm ci --prefix .tools/node
python3 -m venv .tools/venv && .tools/venv/bin/pip install -r test/tools/requirements.txt`

// lint runs a program from .tools on a definition in a file.
func lint(t *testing.T, program string, definition []byte, args ...string) {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the programs in .tools")
	}
	program, err := filepath.Abs(filepath.Join("..", ".tools", program))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(program); err != nil {
		t.Fatalf("%v; install it in the project's root with\n%s", err, installTools)
	}
	file := filepath.Join(t.TempDir(), "loadtest.asl.json")
	if err := os.WriteFile(file, definition, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), program, append(args, file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, out)
	}
}

// bound is the definition with its placeholders filled in.
func bound() string {
	text := string(Definition)
	for name, arn := range arns() {
		text = strings.ReplaceAll(text, "${"+name+"}", arn)
	}
	return text
}

func TestASLValidator(t *testing.T) {
	lint(t, "node/node_modules/.bin/asl-validator", []byte(bound()), "--json-path")
}

// statelint knows the fields of the open specification alone. Two that Step
// Functions has beyond it are taken out for it: the Label of a distributed Map,
// and the InputType of an ItemReader, without which Step Functions refuses one.
func TestStatelint(t *testing.T) {
	var d map[string]any
	if err := json.Unmarshal([]byte(bound()), &d); err != nil {
		t.Fatal(err)
	}
	fanOut := d["States"].(map[string]any)[StateFanOut].(map[string]any)
	config := fanOut["ItemReader"].(map[string]any)["ReaderConfig"].(map[string]any)
	if fanOut["Label"] == nil || config["InputType"] == nil {
		t.Fatal("there is nothing to take out any more")
	}
	delete(fanOut, "Label")
	delete(config, "InputType")
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	// It wants a BackoffRate with a point, which Go writes without.
	lint(t, "venv/bin/statelint", regexp.MustCompile(`("BackoffRate":\d+)([,}])`).ReplaceAll(text, []byte("$1.0$2")))
}
