package monitor

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"salvo/pkg/job"
)

func TestMetrics(t *testing.T) {
	s := newState()
	run := runOf(t, sampled("r1", noon, 3))
	s.record(run, Settings{})
	status := s.status("script.yml", Objective{99.9, 30 * day}, noon)
	lost := sampled("r2", noon, 0)
	lost.Run.Outcome = job.RunIncomplete
	odd := sampled("r3", noon, 0)
	odd.Run.Scenarios = []string{"", ": größe\n" + strings.Repeat("x", 300)}
	var out bytes.Buffer
	for _, test := range []struct {
		run    Run
		status *Status
	}{
		{run, status},
		{run, nil},
		{runOf(t, lost), status},
		{Unplanned("r4", noon, "no"), newState().status("script.yml", Objective{99.9, 30 * day}, noon)},
		{runOf(t, odd), nil},
	} {
		m := &Monitor{ID: "script.yml", Service: "shop", Stage: "prod"}
		if err := m.WriteMetrics(&out, test.run, test.status); err != nil {
			t.Fatal(err)
		}
	}
	for line := range strings.Lines(out.String()) {
		if err := checkEmbedded([]byte(line)); err != nil {
			t.Errorf("%v: %s", err, line)
		}
	}
	golden(t, "metrics.jsonl", out.Bytes())
}

// TestCheckEmbedded plays lines that are not as the format wants them.
func TestCheckEmbedded(t *testing.T) {
	const good = `{"_aws":{"Timestamp":1,"CloudWatchMetrics":[{"Namespace":"n","Dimensions":[["d"]],"Metrics":[{"Name":"m","Unit":"Count"}]}]},"d":"v","m":1}`
	if err := checkEmbedded([]byte(good)); err != nil {
		t.Error(err)
	}
	for _, change := range []struct{ old, new string }{
		{`"Timestamp":1,`, ``}, {`"Timestamp":1,`, `"Timestamp":1.5,`}, {`"Namespace":"n"`, `"Namespace":""`}, {`[["d"]]`, `[[]]`}, {`[["d"]]`, `[]`},
		{`"d":"v"`, `"d":1`}, {`,"m":1`, ``}, {`"m":1`, `"m":"1"`}, {`"Count"`, `"Pieces"`}, {`"_aws"`, `"aws"`}, {`"Namespace":"n"`, `"Namespace":"n","More":1`}, {`"d":"v"`, `"d":""`}, {`"d":"v"`, `"d":"ü"`},
	} {
		if checkEmbedded([]byte(strings.Replace(good, change.old, change.new, 1))) == nil {
			t.Errorf("%s instead of %s is not noticed", change.new, change.old)
		}
	}
}

var units = []string{
	"Seconds", "Microseconds", "Milliseconds", "Bytes", "Kilobytes", "Megabytes", "Gigabytes", "Terabytes", "Bits", "Kilobits", "Megabits", "Gigabits", "Terabits",
	"Percent", "Count", "Bytes/Second", "Kilobytes/Second", "Megabytes/Second", "Gigabytes/Second", "Terabytes/Second", "Bits/Second", "Kilobits/Second",
	"Megabits/Second", "Gigabits/Second", "Terabits/Second", "Count/Second", "None",
}

// checkEmbedded holds a line against the specification of the embedded metric format
// and its schema.
func checkEmbedded(line []byte) error {
	var root map[string]json.RawMessage
	if err := json.Unmarshal(line, &root); err != nil {
		return err
	}
	var meta struct {
		Timestamp         *int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	dec := json.NewDecoder(bytes.NewReader(root["_aws"]))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&meta); err != nil {
		return fmt.Errorf("_aws: %w", err)
	}
	if meta.Timestamp == nil || *meta.Timestamp < 0 || len(meta.CloudWatchMetrics) == 0 {
		return fmt.Errorf("no time or no directive")
	}
	for _, d := range meta.CloudWatchMetrics {
		if len(d.Namespace) < 1 || len(d.Namespace) > 1024 || len(d.Dimensions) == 0 || len(d.Metrics) == 0 || len(d.Metrics) > 100 {
			return fmt.Errorf("directive %+v", d)
		}
		for _, set := range d.Dimensions {
			if len(set) < 1 || len(set) > 30 {
				return fmt.Errorf("%d dimensions", len(set))
			}
			for _, name := range set {
				var value string
				if len(name) < 1 || len(name) > 250 || json.Unmarshal(root[name], &value) != nil {
					return fmt.Errorf("dimension %q", name)
				}
				ascii := !slices.ContainsFunc([]rune(value), func(r rune) bool { return r < ' ' || r > '~' })
				if strings.TrimSpace(value) == "" || value[0] == ':' || len(value) > 1024 || !ascii {
					return fmt.Errorf("dimension %q: %q", name, value)
				}
			}
		}
		for _, m := range d.Metrics {
			var value float64
			if len(m.Name) < 1 || len(m.Name) > 1024 || !slices.Contains(units, m.Unit) || json.Unmarshal(root[m.Name], &value) != nil || math.IsInf(value, 0) || math.Abs(value) >= math.Exp2(360) {
				return fmt.Errorf("metric %+v", m)
			}
		}
	}
	return nil
}
