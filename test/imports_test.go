// Package test holds what needs more than one package: who may import whom, the
// command line, whole runs, and speed (bench).
package test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rules says who may import whom among our own packages, in the manner of the
// Go tree's go/build/deps_test.go: in "a, b < c" the packages c may import a
// and b, and all that a and b may import. A package that stands only on the
// left of NONE's line imports none of ours. A room that is not built yet has
// its rule all the same.
const rules = `
	NONE < template, hist, store, asl, job, settings, statemachine, target, pemkey;

	# Processors are bundled once, by the command. Nobody else needs esbuild.
	NONE < hook/charclass < hook/bundle;

	# A script is checked whole, its templates, expressions and JSON paths too, so
	# that each fault has its line and column.
	template < jsonpath;
	jsonpath, pemkey < script;
	pemkey < hook/crypt;
	template, hook/crypt, hook/charclass < hook;
	template < fake;
	store < store/storetest, store/s3store;
	hist < metrics;
	script < plan;
	script, metrics < report;
	job, store, report < monitor;

	script, template, jsonpath, hook, metrics < engine
		< engine/enginehttp, engine/enginews, engine/enginesio;

	job, store, script, plan < splitter;
	job, store, script, plan, metrics, engine/enginehttp, engine/enginews, engine/enginesio, fake < worker;
	job, store, script, plan, metrics, monitor, report < aggregator;

	job, store < stack;

	# Only functions read secrets, when they start.
	job < secret;
`

// heavy are modules that only some packages may reach, over any number of
// imports.
var heavy = []struct {
	module string
	// packages that must not reach it: a prefix of the import path; "!" before
	// one that may nevertheless
	forbidden []string
}{
	{"github.com/aws/aws-cdk-go", []string{"salvo/pkg", "salvo/cli", "salvo/functions"}},
	{"github.com/aws/aws-lambda-go", []string{"salvo/pkg", "salvo/cli", "salvo/infra"}},
	{"github.com/dop251/goja", []string{"salvo/pkg/script", "salvo/pkg/splitter", "salvo/pkg/aggregator", "salvo/functions/splitter", "salvo/functions/aggregator"}},
	{"github.com/brianvoe/gofakeit/v7", []string{"salvo/pkg/script", "salvo/pkg/engine", "salvo/pkg/splitter", "salvo/pkg/aggregator", "salvo/functions/splitter", "salvo/functions/aggregator"}},
	{"github.com/nlnwa/whatwg-url", []string{"salvo/functions/splitter", "salvo/functions/aggregator"}},
	{"salvo/pkg/secret", []string{"salvo/functions/aggregator", "salvo/cli", "salvo/infra", "salvo/pkg", "!salvo/pkg/secret"}},
	{"github.com/evanw/esbuild", []string{"salvo/functions", "salvo/infra", "salvo/statemachine", "salvo/pkg", "!salvo/pkg/hook/bundle"}},
	{"github.com/coder/websocket", []string{"salvo/pkg/splitter", "salvo/pkg/aggregator", "salvo/functions/splitter", "salvo/functions/aggregator"}},
	{"salvo/pkg/hook", []string{"salvo/functions/splitter", "salvo/functions/aggregator"}},
	{"salvo/pkg/engine", []string{"salvo/pkg/splitter", "salvo/pkg/aggregator", "salvo/functions/splitter", "salvo/functions/aggregator"}},
}

type goPackage struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

func listPackages(t *testing.T) []goPackage {
	t.Helper()
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports,Deps", "./...")
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var pkgs []goPackage
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

func TestImports(t *testing.T) {
	allowed, err := parseRules(rules)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range listPackages(t) {
		for _, problem := range check(p, allowed) {
			t.Error(problem)
		}
	}
}

func TestHeavyModules(t *testing.T) {
	for _, p := range listPackages(t) {
		for _, h := range heavy {
			covers := func(prefix string) bool { return within(p.ImportPath, prefix) }
			exempts := func(prefix string) bool { return prefix[0] == '!' && covers(prefix[1:]) }
			if !slices.ContainsFunc(h.forbidden, covers) || slices.ContainsFunc(h.forbidden, exempts) {
				continue
			}
			for _, dep := range p.Deps {
				if within(dep, h.module) {
					t.Errorf("%s reaches %s", p.ImportPath, dep)
				}
			}
		}
	}
}

// TestRulesBite plays packages that break a rule, so that a rule that never
// fails would be seen.
func TestRulesBite(t *testing.T) {
	allowed, err := parseRules(rules)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, pkg, imports string
		bad                bool
	}{
		{"a room above imports one below", "salvo/pkg/engine", "salvo/pkg/script", false},
		{"over two rooms", "salvo/pkg/engine/enginehttp", "salvo/pkg/template", false},
		{"a room below imports one above", "salvo/pkg/script", "salvo/pkg/plan", true},
		{"neighbours without a rule", "salvo/pkg/engine", "salvo/pkg/plan", true},
		{"the interpreter knows nothing of load testing", "salvo/pkg/asl", "salvo/pkg/job", true},
		{"the engine bundles nothing", "salvo/pkg/engine", "salvo/pkg/hook/bundle", true},
		{"the splitter reaches no engine", "salvo/pkg/splitter", "salvo/pkg/engine", true},
		{"a package no rule names", "salvo/pkg/util", "salvo/pkg/job", true},
		{"the command imports all", "salvo/cli", "salvo/pkg/worker", false},
		{"nobody imports the command", "salvo/pkg/stack", "salvo/cli", true},
		{"a function imports its step", "salvo/functions/worker", "salvo/pkg/worker", false},
		{"a function imports another's step", "salvo/functions/worker", "salvo/pkg/splitter", true},
		{"a function imports what all have in common", "salvo/functions/worker", "salvo/functions/internal/setup", false},
		{"what functions have in common knows no step", "salvo/functions/internal/setup", "salvo/pkg/worker", true},
		{"the command reads no secrets by itself", "salvo/pkg/stack", "salvo/pkg/secret", true},
		{"the CDK app reads the settings", "salvo/infra/loadtest", "salvo/pkg/settings", false},
		{"the CDK app imports no other room", "salvo/infra", "salvo/pkg/plan", true},
		{"nobody imports the CDK app", "salvo/cli", "salvo/infra/loadtest", true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			problems := check(goPackage{ImportPath: test.pkg, Imports: []string{"fmt", test.imports}}, allowed)
			if bad := len(problems) > 0; bad != test.bad {
				t.Errorf("problems: %v", problems)
			}
		})
	}
}

// check returns what is wrong with the imports of p.
func check(p goPackage, allowed map[string][]string) []string {
	var problems []string
	for _, imp := range p.Imports {
		if !within(imp, "salvo") {
			continue
		}
		if !mayImport(p.ImportPath, imp, allowed) {
			problems = append(problems, fmt.Sprintf("%s must not import %s", p.ImportPath, imp))
		}
	}
	if room, ok := strings.CutPrefix(p.ImportPath, "salvo/pkg/"); ok {
		if _, known := allowed[room]; !known {
			problems = append(problems, fmt.Sprintf("%s: no rule names this package", p.ImportPath))
		}
	}
	return problems
}

func mayImport(pkg, imp string, allowed map[string][]string) bool {
	room, isRoom := strings.CutPrefix(imp, "salvo/pkg/")
	switch {
	case imp == "salvo/statemachine":
		return within(pkg, "salvo/cli") || within(pkg, "salvo/infra") || within(pkg, "salvo/test")
	case imp == "salvo/functions/internal/setup":
		return within(pkg, "salvo/functions")
	case within(imp, "salvo/infra"):
		return within(pkg, "salvo/infra")
	case !isRoom:
		return within(pkg, "salvo/test") && imp == "salvo/cli"
	case within(pkg, "salvo/cli"), within(pkg, "salvo/test"):
		return true
	case within(pkg, "salvo/infra"):
		return room == "job" || room == "settings"
	case within(pkg, "salvo/functions"):
		own := strings.TrimPrefix(pkg, "salvo/functions/")
		return room == own || room == "job" || room == "secret" || room == "store/s3store"
	}
	from, _ := strings.CutPrefix(pkg, "salvo/pkg/")
	return slices.Contains(allowed[from], room)
}

func within(path, prefix string) bool {
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}

// parseRules gives for each room all rooms that it may import.
func parseRules(text string) (map[string][]string, error) {
	allowed := map[string][]string{}
	var lines []string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		lines = append(lines, line)
	}
	for rule := range strings.SplitSeq(strings.Join(lines, " "), ";") {
		if strings.TrimSpace(rule) == "" {
			continue
		}
		var below []string
		for i, side := range strings.Split(rule, "<") {
			var rooms []string
			for room := range strings.SplitSeq(side, ",") {
				rooms = append(rooms, strings.TrimSpace(room))
			}
			for _, room := range rooms {
				if i > 0 {
					allowed[room] = append(allowed[room], below...)
				}
			}
			for _, room := range rooms {
				if i == 0 && room != "NONE" {
					if _, known := allowed[room]; !known && !strings.HasPrefix(room, "engine/engine") {
						return nil, fmt.Errorf("rule %q names %s before its own rule", strings.TrimSpace(rule), room)
					}
				}
				if room != "NONE" {
					below = append(append(below, room), allowed[room]...)
				}
			}
		}
	}
	return allowed, nil
}
