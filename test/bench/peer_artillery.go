//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func (b *bench) artillery() string {
	return filepath.Join(b.tools, "artillery", "node_modules", "artillery")
}

func artilleryVersion(b *bench) (string, error) {
	text, err := os.ReadFile(filepath.Join(b.artillery(), "package.json"))
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	return p.Version, json.Unmarshal(text, &p)
}

// artilleryMicros is less than what a request takes, artilleryFreshMicros with a
// connection: Artillery gets three times as long as others, because what it takes
// for the first thousands is far more.
const artilleryMicros, artilleryFreshMicros = 100, 200

func runArtillery(b *bench, l load) (outcome, error) {
	if l.http2 {
		return outcome{}, errCannot
	}
	micros := artilleryMicros
	if l.fresh {
		micros = artilleryFreshMicros
	}
	sc, _ := script(l, micros)
	path, err := b.writeJSON("artillery.json", sc)
	if err != nil {
		return outcome{}, err
	}
	report := filepath.Join(b.dir, "artillery-report.json")
	defer os.Remove(report)
	u, out, err := b.measure(command{
		args:  []string{"node", filepath.Join(b.artillery(), "bin", "run"), "run", "--output", report, path},
		env:   []string{"ARTILLERY_DISABLE_TELEMETRY=true", "NODE_NO_WARNINGS=1"},
		limit: time.Duration(l.seconds)*time.Second + 90*time.Second,
	})
	if err != nil {
		return outcome{}, err
	}
	text, err := os.ReadFile(report)
	if err != nil {
		return outcome{}, err
	}
	o, r, err := readReport(text, u)
	if err != nil {
		return outcome{}, err
	}
	o.said = "nothing"
	for line := range strings.Lines(string(out)) {
		if strings.Contains(line, "arning") || strings.Contains(line, "CPU") {
			o.said = strings.TrimSpace(line)
			break
		}
	}
	if o.requests == 0 {
		return outcome{}, fmt.Errorf("artillery: no request answered: %v", r.Aggregate.Counters)
	}
	return o, nil
}
