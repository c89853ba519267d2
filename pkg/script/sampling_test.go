package script

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
)

func TestSampling(t *testing.T) {
	tests := []struct {
		name, mode, sampling string
		asked                Mode // on the command line
		want                 string
		fault                string
	}{
		{name: "no mode", want: "performance"},
		{name: "acceptance", mode: "acc", want: "acceptance {1 0.2 0.1 0 0.9}"},
		{name: "in capitals", mode: "Monitoring", want: "monitoring {5 0.2 0.1 4 0.9}"},
		{name: "the command line wins", mode: "mon", asked: Acceptance, want: "acceptance {1 0.2 0.1 0 0.9}"},
		{name: "key by key", mode: "monitoring", sampling: `{size: 2, errorBudget: 1.5}`, want: "monitoring {2 0.2 0.1 1.5 0.9}"},
		{name: "part of a sample is one", mode: "acc", sampling: `{size: 1.5}`, want: "acceptance {2 0.2 0.1 0 0.9}"},
		{name: "of no effect in performance", sampling: `{size: 2, errorBudget: 50}`, want: "performance"},
		{name: "a budget that cannot be spent", mode: "acc", sampling: `{size: 2, errorBudget: 4}`,
			fault: "s:2:11: sampling: The given size * scenarios (4) and errorBudget (4) values (perhaps from defaults) succeeds even if all samples fail"},
		{name: "a budget by default", mode: "mon", sampling: `{size: 2}`,
			fault: "The given size * scenarios (4) and errorBudget (4) values"},
		{name: "a pause that might be negative", mode: "acc", sampling: `{pauseVariance: 1}`,
			fault: "The given pauseVariance (1) cannot exceed the given averagePause (0.2)"},
		{name: "longer than a script", mode: "acc", sampling: `{averagePause: 40000, pauseVariance: 10000}`,
			fault: "The given averagePause (40000), pauseVariance (10000), and size * scenarios (2) values in combination could, even ignoring request duration, exceed the maximum allowable duration (86400)"},
		{name: "almost", mode: "acc", sampling: `{averagePause: 40000, pauseVariance: 1000}`,
			fault: "the pauses of all samples may take 82000 s, which is more than 0.9 of the longest duration, 86400 s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			text := "mode: " + cmp.Or(test.mode, "perf") + "\nsampling: " + cmp.Or(test.sampling, "{}") + "\nscenarios: [{flow: [{think: 1}]}, {flow: [{think: 1}]}]\n"
			s, faults, err := Parse([]byte(text), Options{Name: "s", Mode: test.asked, Strict: true})
			if test.fault != "" {
				if err == nil || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("error %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err, faults)
			}
			got := string(s.Mode)
			if s.Mode.Sampling() {
				got += fmt.Sprintf(" %v", s.Sampling)
			}
			if got != test.want {
				t.Errorf("got %s", got)
			}
			resolved, err := s.EncodeResolved()
			if err != nil {
				t.Fatal(err)
			}
			again, err := DecodeResolved(resolved, nil, nil, nil)
			if err != nil {
				t.Fatal(err)
			}
			if again.Mode != s.Mode || again.Sampling != s.Sampling {
				t.Errorf("read again: %s %+v", again.Mode, again.Sampling)
			}
		})
	}
}

func TestMonitoring(t *testing.T) {
	tests := []struct{ name, keys, want string }{
		{"nothing", ``, "<nil> <nil>"},
		{"alerts", `alerts: {repeatEvery: 0, after: 2}`, "0 2/2 <nil>"},
		{"of more", `alerts: {after: 2, of: 5}`, "- 2/5 <nil>"},
		{"an objective", `slo: {objective: 99.9}`, "<nil> 99.9 720h0m0s"},
		{"of a week", `slo: {objective: 99, window: 7d}`, "<nil> 99 168h0m0s"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, _, err := Parse([]byte("mode: mon\n"+test.keys+"\nscenarios: [{flow: [{think: 1}]}]\n"), Options{})
			if err != nil {
				t.Fatal(err)
			}
			got := "<nil> "
			if a := s.Alerts; a != nil {
				got = "- "
				if a.RepeatEvery != nil {
					got = fmt.Sprint(*a.RepeatEvery, " ")
				}
				got += fmt.Sprintf("%d/%d ", a.After, a.Of)
			}
			if o := s.SLO; o != nil {
				got += fmt.Sprint(o.Percent, " ", o.Window)
			} else {
				got += "<nil>"
			}
			if got != test.want {
				t.Errorf("got %s", got)
			}
		})
	}
}
