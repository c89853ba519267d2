package asl

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

// choose runs a Choice with one rule and tells whether it matched.
func choose(t *testing.T, rule, input string) Result {
	t.Helper()
	return run(t, `{"StartAt": "C", "States": {
		"C": {"Type": "Choice", "Choices": [{`+rule+`, "Next": "Yes"}], "Default": "No"},
		"Yes": {"Type": "Pass", "Result": true, "End": true},
		"No": {"Type": "Pass", "Result": false, "End": true}}}`, input, Environment{})
}

func TestChoiceOperators(t *testing.T) {
	const in = `{"s": "b", "s2": "b", "n": 2, "n2": 2.0, "big": 9007199254740993, "yes": true, "no": false, "null": null,
		"t": "2024-05-01T12:00:00Z", "t2": "2024-05-01T14:00:00.000+02:00", "list": [], "log": "app-2024.log", "star": "a*b"}`
	tests := []struct {
		rule string
		want bool
	}{
		{`"Variable": "$.s", "StringEquals": "b"`, true},
		{`"Variable": "$.s", "StringEquals": "B"`, false},
		{`"Variable": "$.n", "StringEquals": "2"`, false},
		{`"Variable": "$.s", "StringEqualsPath": "$.s2"`, true},
		{`"Variable": "$.s", "StringLessThan": "c"`, true},
		{`"Variable": "$.s", "StringLessThan": "b"`, false},
		{`"Variable": "$.s", "StringLessThanPath": "$.s2"`, false},
		{`"Variable": "$.s", "StringGreaterThan": "a"`, true},
		{`"Variable": "$.s", "StringGreaterThanPath": "$.s2"`, false},
		{`"Variable": "$.s", "StringLessThanEquals": "b"`, true},
		{`"Variable": "$.s", "StringLessThanEqualsPath": "$.s2"`, true},
		{`"Variable": "$.s", "StringGreaterThanEquals": "c"`, false},
		{`"Variable": "$.s", "StringGreaterThanEqualsPath": "$.s2"`, true},
		{`"Variable": "$.log", "StringMatches": "app-*.log"`, true},
		{`"Variable": "$.log", "StringMatches": "*"`, true},
		{`"Variable": "$.log", "StringMatches": "app-*.txt"`, false},
		{`"Variable": "$.log", "StringMatches": "*2*4*g"`, true},
		{`"Variable": "$.star", "StringMatches": "a\\*b"`, true},
		{`"Variable": "$.log", "StringMatches": "app\\*log"`, false},
		{`"Variable": "$.n", "StringMatches": "*"`, false},
		{`"Variable": "$.n", "NumericEquals": 2`, true},
		{`"Variable": "$.n", "NumericEqualsPath": "$.n2"`, true},
		{`"Variable": "$.big", "NumericEquals": 9007199254740992`, false},
		{`"Variable": "$.big", "NumericGreaterThan": 9007199254740992`, true},
		{`"Variable": "$.s", "NumericEquals": 2`, false},
		{`"Variable": "$.n", "NumericLessThan": 2.5`, true},
		{`"Variable": "$.n", "NumericLessThanPath": "$.n2"`, false},
		{`"Variable": "$.n", "NumericGreaterThan": -1e400`, true},
		{`"Variable": "$.n", "NumericGreaterThan": 1e400`, false},
		{`"Variable": "$.n", "NumericGreaterThanPath": "$.big"`, false},
		{`"Variable": "$.n", "NumericLessThanEquals": 2`, true},
		{`"Variable": "$.n", "NumericLessThanEqualsPath": "$.big"`, true},
		{`"Variable": "$.n", "NumericGreaterThanEquals": 3`, false},
		{`"Variable": "$.n", "NumericGreaterThanEqualsPath": "$.n2"`, true},
		{`"Variable": "$.yes", "BooleanEquals": true`, true},
		{`"Variable": "$.no", "BooleanEquals": true`, false},
		{`"Variable": "$.s", "BooleanEquals": false`, false},
		{`"Variable": "$.yes", "BooleanEqualsPath": "$.no"`, false},
		{`"Variable": "$.t", "TimestampEquals": "2024-05-01T12:00:00.000Z"`, true},
		{`"Variable": "$.t", "TimestampEqualsPath": "$.t2"`, true},
		{`"Variable": "$.t", "TimestampLessThan": "2024-05-01T12:00:01Z"`, true},
		{`"Variable": "$.t", "TimestampLessThanPath": "$.t2"`, false},
		{`"Variable": "$.t", "TimestampGreaterThan": "2024-05-01T12:00:00Z"`, false},
		{`"Variable": "$.t", "TimestampGreaterThanPath": "$.t2"`, false},
		{`"Variable": "$.t", "TimestampLessThanEquals": "2024-05-01T12:00:00Z"`, true},
		{`"Variable": "$.t", "TimestampLessThanEqualsPath": "$.t2"`, true},
		{`"Variable": "$.t", "TimestampGreaterThanEquals": "2025-05-01T12:00:00Z"`, false},
		{`"Variable": "$.t", "TimestampGreaterThanEqualsPath": "$.t2"`, true},
		{`"Variable": "$.s", "TimestampEquals": "2024-05-01T12:00:00Z"`, false},
		{`"Variable": "$.null", "IsNull": true`, true},
		{`"Variable": "$.s", "IsNull": false`, true},
		{`"Variable": "$.null", "IsPresent": true`, true},
		{`"Variable": "$.absent", "IsPresent": true`, false},
		{`"Variable": "$.absent", "IsPresent": false`, true},
		{`"Variable": "$.n", "IsNumeric": true`, true},
		{`"Variable": "$.s", "IsNumeric": true`, false},
		{`"Variable": "$.s", "IsString": true`, true},
		{`"Variable": "$.list", "IsString": true`, false},
		{`"Variable": "$.yes", "IsBoolean": true`, true},
		{`"Variable": "$.t", "IsTimestamp": true`, true},
		{`"Variable": "$.s", "IsTimestamp": true`, false},
		{`"Variable": "$$.Execution.Name", "StringEquals": "run-1"`, true},
		{`"And": [{"Variable": "$.n", "NumericEquals": 2}, {"Variable": "$.yes", "BooleanEquals": true}]`, true},
		{`"And": [{"Variable": "$.n", "NumericEquals": 2}, {"Variable": "$.no", "BooleanEquals": true}]`, false},
		{`"And": [{"Variable": "$.absent", "IsPresent": true}, {"Variable": "$.absent", "BooleanEquals": true}]`, false},
		{`"Or": [{"Variable": "$.n", "NumericEquals": 3}, {"Variable": "$.yes", "BooleanEquals": true}]`, true},
		{`"Or": [{"Variable": "$.n", "NumericEquals": 3}, {"Variable": "$.no", "BooleanEquals": true}]`, false},
		{`"Not": {"Variable": "$.n", "NumericEquals": 3}`, true},
		{`"Not": {"Or": [{"Not": {"Variable": "$.n", "NumericEquals": 3}}]}`, false},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			want, _ := json.Marshal(test.want)
			wantSucceeded(t, choose(t, test.rule, in), string(want))
		})
	}
}

func TestChoiceFailures(t *testing.T) {
	wantFailed(t, choose(t, `"Variable": "$.a", "IsNull": true`, `{}`), ErrorRuntime, `state "C": the path $.a is not in the input`)
	wantFailed(t, choose(t, `"Variable": "$.a", "NumericEqualsPath": "$.b"`, `{"a": 1}`), ErrorRuntime, "$.b")
	wantFailed(t, choose(t, `"Not": {"Variable": "$.a", "NumericEquals": 1}`, `{}`), ErrorRuntime, "$.a")
	wantFailed(t, run(t, `{"StartAt": "C", "States": {
		"C": {"Type": "Choice", "Choices": [{"Variable": "$.a", "NumericEquals": 1, "Next": "Yes"}]},
		"Yes": {"Type": "Succeed"}}}`, `{"a": 2}`, Environment{}), ErrorNoChoiceMatched, `state "C"`)
}

func TestChoiceTakesTheFirstThatMatches(t *testing.T) {
	r := run(t, `{"StartAt": "C", "States": {
		"C": {"Type": "Choice", "InputPath": "$.in", "OutputPath": "$.b", "Choices": [
			{"Variable": "$.n", "NumericEquals": 0, "Next": "None"},
			{"Variable": "$.n", "NumericLessThan": 5, "Next": "Small"},
			{"Variable": "$.n", "NumericLessThan": 9, "Next": "None"}], "Default": "None"},
		"Small": {"Type": "Succeed"},
		"None": {"Type": "Fail"}}}`, `{"in": {"n": 3, "b": "out"}}`, Environment{})
	wantSucceeded(t, r, `"out"`)
}

// matchSlowly is what wildcards mean, without any cleverness.
func matchSlowly(s, pattern []rune) bool {
	switch {
	case len(pattern) == 0:
		return len(s) == 0
	case pattern[0] == '*':
		return matchSlowly(s, pattern[1:]) || len(s) > 0 && matchSlowly(s[1:], pattern)
	}
	return len(s) > 0 && s[0] == pattern[0] && matchSlowly(s[1:], pattern[1:])
}

func TestWildcards(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringOfN(rapid.RuneFrom([]rune("abé")), 0, 8, -1).Draw(t, "s")
		pattern := rapid.StringOfN(rapid.RuneFrom([]rune("abé*")), 0, 6, -1).Draw(t, "pattern")
		if got, want := matchWildcards(s, pattern), matchSlowly([]rune(s), []rune(pattern)); got != want {
			t.Fatalf("%q matches %q: %v", s, pattern, got)
		}
	})
}
