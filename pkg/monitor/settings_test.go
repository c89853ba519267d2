package monitor

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"salvo/pkg/script"
)

func TestParseSettings(t *testing.T) {
	tests := []struct {
		name, text string
		want       Settings
		err        string
	}{
		{"none", "", Settings{}, ""},
		{"empty", "{}", Settings{}, ""},
		{"all", `{"alerts": {"repeatEvery": 30, "after": 2, "of": 3}, "slo": {"objective": 99.9, "window": "7d"}}`,
			Settings{Alerts{minutes(30), 2, 3}, &Objective{99.9, 7 * day}}, ""},
		{"no window", `{"slo": {"objective": 99}}`, Settings{Objective: &Objective{99, 30 * day}}, ""},
		{"a window in seconds", `{"slo": {"objective": 99, "window": 86400}}`, Settings{Objective: &Objective{99, day}}, ""},
		{"every run", `{"alerts": {"repeatEvery": 0}}`, Settings{Alerts: Alerts{RepeatEvery: minutes(0)}}, ""},
		{"no JSON", `{`, Settings{}, "reading the settings of the monitor"},
		{"less than no time", `{"alerts": {"repeatEvery": -1}}`, Settings{}, "alerts.repeatEvery: expected a number of minutes from 0, which alerts with each failing run, to 10080, found -1"},
		{"too seldom", `{"alerts": {"repeatEvery": 10081}}`, Settings{}, "alerts.repeatEvery: "},
		{"too many runs", `{"alerts": {"after": 61}}`, Settings{}, "alerts.after: expected a number of runs from 1 to 60, found 61"},
		{"less than no run", `{"alerts": {"after": 1, "of": -1}}`, Settings{}, "alerts.of: expected a number of runs"},
		{"of without after", `{"alerts": {"of": 3}}`, Settings{}, "there is no `after`"},
		{"after is more", `{"alerts": {"after": 3, "of": 2}}`, Settings{}, "3 runs cannot fail out of 2"},
		{"everything", `{"slo": {"objective": 100}}`, Settings{}, "slo.objective: expected a percentage above 0 and below 100, such as 99.9, found 100"},
		{"nothing", `{"slo": {"objective": 0}}`, Settings{}, "slo.objective: "},
		{"too short", `{"slo": {"objective": 99, "window": "1h"}}`, Settings{}, "slo.window: expected a duration from 1 to 90 days, such as 30d, found 1h0m0s"},
		{"too long", `{"slo": {"objective": 99, "window": "91d"}}`, Settings{}, "slo.window: "},
		{"no duration", `{"slo": {"objective": 99, "window": "soon"}}`, Settings{}, "slo.window: "},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ParseSettings(test.text)
			if !reflect.DeepEqual(got, test.want) || (err == nil) != (test.err == "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("%+v, %v", got, err)
			}
			data, _ := json.Marshal(test.want)
			if again, err := ParseSettings(string(data)); err != nil || !reflect.DeepEqual(again, test.want) {
				t.Errorf("%s: %+v, %v", data, again, err)
			}
		})
	}
}

func TestOver(t *testing.T) {
	deployed := Settings{Alerts{minutes(30), 2, 3}, &Objective{99.9, 7 * day}}
	tests := []struct {
		name      string
		alerts    *script.Alerts
		objective *script.Objective
		want      Settings
	}{
		{"the script says nothing", nil, nil, deployed},
		{"how often", &script.Alerts{RepeatEvery: minutes(0)}, nil, Settings{Alerts{minutes(0), 2, 3}, deployed.Objective}},
		{"when", &script.Alerts{After: 4, Of: 4}, nil, Settings{Alerts{minutes(30), 4, 4}, deployed.Objective}},
		{"an objective", nil, &script.Objective{Percent: 95, Window: 48 * time.Hour}, Settings{deployed.Alerts, &Objective{95, 2 * day}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := deployed.Over(test.alerts, test.objective); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%+v", got)
			}
		})
	}
}
