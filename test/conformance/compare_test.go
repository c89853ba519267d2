package conformance

import (
	"testing"

	"go.yaml.in/yaml/v4"
)

// TestCompareBites holds what the other tests rest on: that a difference is
// seen, and that what a case says of Salvo is all that changes.
func TestCompareBites(t *testing.T) {
	base := func() *observation {
		return &observation{
			Counters: map[string]float64{"http.requests": 2, "errors.X": 1},
			Requests: []string{"GET /a", "GET /b\ncookie: k=v"},
			Gaps:     []int{300},
		}
	}
	tests := []struct {
		name, over string
		change     func(*observation)
		same       bool
	}{
		{"nothing", `{}`, func(*observation) {}, true},
		{"a counter", `{}`, func(o *observation) { o.Counters["http.requests"] = 3 }, false},
		{"a counter that was expected", `counters: {http.requests: 3}`, func(o *observation) { o.Counters["http.requests"] = 3 }, true},
		{"an error that is gone", `counters: {errors.X: null}`, func(o *observation) { delete(o.Counters, "errors.X") }, true},
		{"an error that should be gone", `counters: {errors.X: null}`, func(*observation) {}, false},
		{"a request", `{}`, func(o *observation) { o.Requests = append(o.Requests, "GET /c") }, false},
		{"the order of requests", `{}`, func(o *observation) { o.Requests[0], o.Requests[1] = o.Requests[1], o.Requests[0] }, false},
		{"a cookie", `{}`, func(o *observation) { o.Requests[1] = "GET /b" }, false},
		{"a pause that is a little longer", `{}`, func(o *observation) { o.Gaps[0] = 350 }, true},
		{"a pause that is shorter", `{}`, func(o *observation) { o.Gaps[0] = 150 }, false},
		{"a pause that is gone", `{}`, func(o *observation) { o.Gaps = nil }, false},
		{"words that are left open", `said: [no such...]`, func(o *observation) { o.Said = []string{"no such file"} }, true},
		{"other words", `said: [no such...]`, func(o *observation) { o.Said = []string{"no file"} }, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var over yaml.Node
			if err := yaml.Unmarshal([]byte(test.over), &over); err != nil {
				t.Fatal(err)
			}
			want, err := overlay(base(), &over)
			if err != nil {
				t.Fatal(err)
			}
			got := base()
			test.change(got)
			if diff := compare(got, want); (diff == "") != test.same {
				t.Errorf("same: %v, wanted %v\n%s", diff == "", test.same, diff)
			}
		})
	}
}

// TestCasesSay holds the corpus together: there are cases, and none says two
// things at once.
func TestCasesSay(t *testing.T) {
	cases := load(t)
	if len(cases) < 450 {
		t.Errorf("only %d cases were found in %s", len(cases), casesFolder)
	}
	for _, c := range cases {
		says := 0
		for _, said := range []bool{c.Unsupported != "", c.Bug != "", len(c.Differs) > 0} {
			if said {
				says++
			}
		}
		if says > 1 {
			t.Errorf("%s: `unsupported`, `bug` and `differs` stand for themselves", c.id())
		}
	}
}
