package engine

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"salvo/pkg/template"
)

// testUser is a user of the first scenario that no run has started.
func testUser(e *Engine, index int64) *User {
	u := &User{run: &run{engine: e, clock: timerClock{}}, scenario: &e.scenarios[0], shard: e.recorder.Shard(0)}
	u.seed(e.seed, index)
	return u
}

func text(u *User, name string) string {
	v, ok := u.Lookup(name)
	if !ok {
		return "(none)"
	}
	return template.Text(v)
}

func TestLookup(t *testing.T) {
	before := template.NewObject()
	for _, name := range []string{"captured", "configured", "column", "left", "$testId"} {
		before.Set(name, "before")
	}
	r := newRig(t, `
config:
  target: http://127.0.0.1:1
  payload: [{path: a.csv, fields: [configured, captured, column, twice], order: sequence}, {path: b.csv, fields: [twice, beyond]}]
  variables: {configured: config, captured: config, one: [only], none: []}
scenarios: [{flow: [{think: 0}]}]
`, map[string]string{"a.csv": "a,b,c,d\ne,f,g,h\n", "b.csv": "t,\n"}, func(c *Config) {
		c.Before = before
		c.Globals = Globals{Environment: "prod", TestID: "run-1", Dirname: "dir", ScenarioFile: "dir/s.yml", Env: map[string]string{"KEY": "value", "A": "b"}}
	})
	u := testUser(r.Engine, 7)
	u.Set("captured", "own")
	for _, tt := range []struct{ name, want string }{
		{"captured", "own"},
		{"configured", "config"},
		{"column", "g"}, // row 7 mod 2
		{"twice", "t"},
		{"beyond", ""},
		{"left", "before"},
		{"one", "only"},
		{"none", "undefined"},
		{"target", "http://127.0.0.1:1"},
		{"$environment", "prod"},
		{"$testId", "before"},
		{"$dirname", "dir"},
		{"$scenarioFile", "dir/s.yml"},
		{"$env", `{"A":"b","KEY":"value"}`},
		{"$processEnvironment", `{"A":"b","KEY":"value"}`},
		{"$index", "7"},
		{"$loopCount", "(none)"},
		{"missing", "(none)"},
	} {
		if got := text(u, tt.name); got != tt.want {
			t.Errorf("%s = %q, want %q", tt.name, got, tt.want)
		}
	}
	if !regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`).MatchString(text(u, "$uuid")) {
		t.Errorf("$uuid = %q", text(u, "$uuid"))
	}
	first, again := text(u, "$uuid"), text(u, "$uuid")
	if first != again || first == text(testUser(r.Engine, 8), "$uuid") {
		t.Error("$uuid is not one for each user")
	}
	u.Set("captured", "again")
	if len(u.own) != 1 || text(u, "captured") != "again" {
		t.Errorf("a variable set twice is kept as %v", u.own)
	}
	if testUser(r.Engine, 7).own != nil {
		t.Error("a user that keeps nothing has room for it")
	}
}

func TestPayload(t *testing.T) {
	rig := func(options string) *rig {
		return newRig(t, `
config: {target: 'http://127.0.0.1:1', payload: {path: a.csv, `+options+`}}
scenarios: [{flow: [{think: 0}]}]
`, map[string]string{"a.csv": "1,x\n2,y\n3,z\n"})
	}
	t.Run("sequence", func(t *testing.T) {
		e := rig("fields: [n, s], order: sequence").Engine
		var got []string
		for i := range int64(4) {
			u := testUser(e, i)
			got = append(got, text(u, "n")+text(u, "s"))
		}
		if want := []string{"1x", "2y", "3z", "1x"}; !slices.Equal(got, want) {
			t.Errorf("rows %v, want %v", got, want)
		}
	})
	t.Run("random", func(t *testing.T) {
		e := rig("fields: [n, s]").Engine
		count := map[string]int{}
		for i := range int64(3000) {
			u := testUser(e, i)
			count[text(u, "n")+text(u, "s")]++
		}
		for _, row := range []string{"1x", "2y", "3z"} {
			// 5 standard deviations are 129.
			if count[row] < 871 || count[row] > 1129 {
				t.Errorf("rows %v of 3000, want each about 1000 times and no other", count)
			}
		}
	})
	t.Run("missing column", func(t *testing.T) {
		if got := text(testUser(rig("fields: [n, s, more]").Engine, 0), "more"); got != "undefined" {
			t.Errorf("more = %q", got)
		}
	})
	t.Run("all", func(t *testing.T) {
		u := testUser(rig("fields: [n, s], loadAll: true, name: rows").Engine, 0)
		if got, want := text(u, "rows"), `[{"n":1,"s":"x"},{"n":2,"s":"y"},{"n":3,"s":"z"}]`; got != want {
			t.Errorf("rows = %s, want %s", got, want)
		}
	})
	t.Run("all without fields", func(t *testing.T) {
		u := testUser(rig("loadAll: true, name: rows").Engine, 0)
		if got, want := text(u, "rows"), `[[1,"x"],[2,"y"],[3,"z"]]`; got != want {
			t.Errorf("rows = %s, want %s", got, want)
		}
	})
	t.Run("empty", func(t *testing.T) {
		e := newRig(t, `
config: {target: 'http://127.0.0.1:1', payload: {path: a.csv, fields: [n]}}
scenarios: [{flow: [{think: 0}]}]
`, map[string]string{"a.csv": ""}).Engine
		if got := text(testUser(e, 0), "n"); got != "undefined" {
			t.Errorf("n = %q", got)
		}
	})
}

func TestPicksAreUniformAndIndependent(t *testing.T) {
	const n = 8000
	seen := map[[2]int]int{}
	e := newRig(t, flow("think: 0"), nil).Engine
	for i := range int64(n) {
		u := testUser(e, i)
		seen[[2]int{u.pick(slotVariable, 4), u.pick(slotVariable+1, 4)}]++
	}
	for x := range 4 {
		for y := range 4 {
			// 500 each; 6 standard deviations are 130.
			if c := seen[[2]int{x, y}]; c < 370 || c > 630 {
				t.Errorf("picks %d and %d came together %d times of %d", x, y, c, n)
			}
		}
	}
}

// deterministic is a script in which everything that can be drawn is.
const deterministic = `
config:
  target: http://127.0.0.1:1
  payload: [{path: a.csv, fields: [row]}, {path: b.csv, fields: [seq], order: sequence}]
  variables: {colour: [red, green, blue], size: [s, m, l, xl]}
scenarios:
  - name: A
    weight: 3
    flow:
      - get: {url: '/a/{{ row }}/{{ seq }}/{{ colour }}/{{ size }}/{{ $uuid }}', capture: {json: '$.l[*]', as: x}}
      - think: '{{ $randomNumber(1, 20) }}ms'
      - get: {url: '/b/{{ x }}/{{ $randomString(5) }}', probability: 50}
      - loop: [{get: {url: '/c/{{ $loopCount }}/{{ $randomNumber(0, 99) }}', ifTrue: 'x > 2'}}, {think: 0.003}]
        count: 3
      - get: {url: '/d/{{ colour }}/{{ $index }}'}
  - name: B
    weight: '{{ seq }}'
    flow:
      - think: 0.01
      - post: {url: '/e', json: {k: '{{ $randomNumber(0, 1000000) }}', r: '{{ row }}'}}
`

func TestDeterminism(t *testing.T) {
	files := map[string]string{"a.csv": "p\nq\nr\ns\nt\n", "b.csv": "1\n2\n3\n4\n5\n6\n7\n"}
	// behaviours is what all users do when a load is shared out.
	behaviours := func(t *testing.T, seed uint64, workers int64, late time.Duration) map[int64][]string {
		all := map[int64][]string{}
		synctest.Test(t, func(t *testing.T) {
			for w := range workers {
				r := newRig(t, deterministic, files, func(c *Config) { c.Seed = seed })
				r.protocol.reply = func(u *User, _ string) reply {
					return reply{delay: late * time.Duration(w+1), body: `{"l":[1,2,3,4]}`}
				}
				r.runAll(t, share(every(60, 300), w, workers))
				for index, requests := range r.protocol.byUser {
					if all[index] != nil {
						t.Errorf("user %d ran twice", index)
					}
					all[index] = requests
				}
			}
		})
		return all
	}
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		alone := behaviours(t, seed, 1, 0)
		if len(alone) != 60 {
			rt.Fatalf("%d users did something, want 60", len(alone))
		}
		for _, workers := range []int64{3, 7} {
			late := time.Duration(rapid.IntRange(0, 30).Draw(rt, "late")) * time.Millisecond
			shared := behaviours(t, seed, workers, late)
			for index, want := range alone {
				if got := shared[index]; !slices.Equal(got, want) {
					rt.Fatalf("user %d on %d workers:\n got %q\nwant %q", index, workers, got, want)
				}
			}
			if len(shared) != len(alone) {
				rt.Fatalf("%d users on %d workers, %d on one", len(shared), workers, len(alone))
			}
		}
		if maps.EqualFunc(alone, behaviours(t, seed+1, 1, 0), slices.Equal) {
			rt.Fatal("another seed makes the same users")
		}
	})
}

// TestSeedsKeepTheirMeaning holds what a seed means, so that a run can be repeated with a later
// version. A change here is a change that users of seeds have to be told of.
func TestSeedsKeepTheirMeaning(t *testing.T) {
	e := newRig(t, flowWith("variables: {v: [a, b, c, d, e, f, g, h]}", "think: 0"), nil, func(c *Config) { c.Seed = 42 }).Engine
	var got []string
	for i := range int64(3) {
		u := testUser(e, i)
		got = append(got, fmt.Sprintf("%s %s %d", text(u, "$uuid"), text(u, "v"), u.Rand().IntN(1_000_000)))
	}
	want := []string{
		"e46b10e8-3045-457a-acf2-33e70bfc5e6d g 782672",
		"b2c633bc-c2c9-4740-802f-043063da0f6b h 798046",
		"f5faa50e-26ff-4d47-9bf2-52e7d7d829ca b 878589",
	}
	if !slices.Equal(got, want) {
		t.Errorf("users of seed 42:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}
