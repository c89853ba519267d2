package plan

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"salvo/pkg/script"
)

var update = flag.Bool("update", false, "write the golden files anew")

func checkRoundTrip(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, p *Plan) {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var read Plan
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatalf("%v in\n%s", err, data)
	}
	if !reflect.DeepEqual(p, &read) {
		t.Fatalf("read back is another plan than\n%s", data)
	}
}

func example(t *testing.T) *Plan {
	return mustPlan(t, []script.Phase{
		{Name: "warm <up>", From: rat("0.5"), To: rat("1/3"), Duration: rat("12.25")},
		pause("1/3"),
		capped(poisson(rate("1000", "600")), 50),
		arrivals("100", "7"),
	}, script.DefaultLimits(), 1<<64-1)
}

func TestPlanJSONGolden(t *testing.T) {
	data, err := json.MarshalIndent(example(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	data = append(data, '\n')
	golden := filepath.Join("testdata", "plan.json")
	if *update {
		if err := os.WriteFile(golden, data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(data, want) {
		t.Errorf("plan.json is\n%s\nwant\n%s", data, want)
	}
	checkRoundTrip(t, example(t))
}

func TestPlanJSONOfLongFractions(t *testing.T) {
	for _, s := range []string{"5e-324", "123456789/1000000000000", "999999.999999999", "0.000000000000001", "0.0000000000000001", "518399.999999999999999"} {
		l := limits(885, 5000)
		checkRoundTrip(t, mustPlan(t, []script.Phase{rate(s, "1")}, l, 1))
		checkRoundTrip(t, mustPlan(t, []script.Phase{rate("1/3", s), rate("1", "1/3")}, func() script.Limits {
			if rat(s).Cmp(rat("518400")) > 0 {
				t.Skip()
			}
			return l
		}(), 1))
	}
}

func TestPlanJSONThatIsRefused(t *testing.T) {
	good, err := json.Marshal(example(t))
	if err != nil {
		t.Fatal(err)
	}
	replace := func(old, to string) string {
		s := strings.Replace(string(good), old, to, 1)
		if s == string(good) {
			t.Fatalf("no %s in\n%s", old, good)
		}
		return s
	}
	for _, row := range []struct{ name, data, want string }{
		{"nothing", `{}`, "its version is 0"},
		{"another version", replace(`"version":1`, `"version":2`), "its version is 2"},
		{"a list", `[]`, "cannot unmarshal"},
		{"unknown key", replace(`"version":1`, `"version":1,"x":1`), `unknown field "x"`},
		{"no seed", replace(`"seed":"18446744073709551615"`, `"seed":""`), "the seed"},
		{"seed out of range", replace(`"seed":"18446744073709551615"`, `"seed":"18446744073709551616"`), "the seed"},
		{"limit out of range", replace(`"maxChunkDurationInSeconds":120`, `"maxChunkDurationInSeconds":0`), "maxChunkDurationInSeconds` is 0"},
		{"beyond a limit", replace(`"maxScriptRequestsPerSecond":5000`, `"maxScriptRequestsPerSecond":999`), "maxScriptRequestsPerSecond"},
		{"negative rate", replace(`"from":0.5`, `"from":-0.5`), "-0.5 is neither"},
		{"rate with exponent", replace(`"from":0.5`, `"from":5e999999999`), "5e999999999 is neither"},
		{"fraction with exponent", replace(`"to":"1/3"`, `"to":"1e9/3"`), "is neither"},
		{"half by zero", replace(`"to":"1/3"`, `"to":"1/00"`), "is neither"},
		{"empty fraction", replace(`"to":"1/3"`, `"to":"/3"`), "is neither"},
		{"no rate", replace(`"from":0.5,`, ``), "the arrival rate is missing"},
		{"null rate", replace(`"from":0.5`, `"from":null`), "null is neither"},
		{"very long rate", replace(`"from":0.5`, `"from":0.`+strings.Repeat("1", 3000)), "is neither"},
		{"long rate", replace(`"from":0.5`, `"from":0.`+strings.Repeat("1", 1500)), "too many digits"},
		{"other duration", replace(`"duration":619.583333334`, `"duration":619`), "`duration` does not follow"},
		{"other arrivals", replace(`"arrivals":`, `"arrivals":1`), "`arrivals` does not follow"},
		{"other peak", replace(`"peak":1000`, `"peak":1001`), "`peak` does not follow"},
		{"other windows", replace(`"windows":6`, `"windows":7`), "`windows` does not follow"},
		{"too many workers", replace(`"maxWorkersInWindow":2`, `"maxWorkersInWindow":3`), "`maxWorkersInWindow` does not follow"},
		{"too many at once", replace(`"maxWorkersAtOnce":4`, `"maxWorkersAtOnce":5`), "`maxWorkersAtOnce` does not follow"},
		{"too few at once", replace(`"maxWorkersAtOnce":4`, `"maxWorkersAtOnce":1`), "`maxWorkersAtOnce` does not follow"},
		{"too many chunks", replace(`"chunks":1`, `"chunks":100`), "`chunks` does not follow"},
		{"phase begins elsewhere", replace(`"start":12.25`, `"start":12.5`), "phase 2 does not begin"},
		{"start finer than a nanosecond", replace(`"start":12.25`, `"start":12.2500000001`), "not a whole number of nanoseconds"},
		{"start before the start", replace(`"first":0`, `"first":-1`), "no arrivals can go from -1"},
		{"end before the start", replace(`"until":6`, `"until":-6`), "no arrivals can go from 0 to -6"},
		{"shifted indices", replace(`"first":0,"until":6`, `"first":1,"until":7`), "phase 1 does not begin"},
	} {
		t.Run(row.name, func(t *testing.T) {
			p := Plan{Seed: 7}
			err := json.Unmarshal([]byte(row.data), &p)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("error is %v, want one with %s", err, row.want)
			}
			if !reflect.DeepEqual(p, Plan{Seed: 7}) {
				t.Error("the plan was changed all the same")
			}
		})
	}
}

func TestUnlikelyDrawIsRefused(t *testing.T) {
	p := mustPlan(t, []script.Phase{poisson(rate("100", "100"))}, limits(120, 500), 1)
	p.Phases[0].Until, p.Arrivals = 12_000, 12_000
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, new(Plan)); err == nil || !strings.Contains(err.Error(), "12000 arrivals cannot come") {
		t.Errorf("error is %v", err)
	}
}

func FuzzPlanJSON(f *testing.F) {
	golden, err := os.ReadFile(filepath.Join("testdata", "plan.json"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add([]byte(`{"version":1,"seed":"0","phases":[]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var p Plan
		if json.Unmarshal(data, &p) != nil {
			return
		}
		checkRoundTrip(t, &p)
		lists := 0
		for c := range p.Chunks() {
			arrivals := 0
			for a := range p.List(c) {
				if a.Index < c.First || a.Index >= c.Until || a.At < c.Start || a.At >= c.End {
					t.Fatalf("%+v is not in %+v", a, c)
				}
				if arrivals++; arrivals == 1000 {
					break
				}
			}
			if lists++; lists == 20 {
				break
			}
		}
	})
}
