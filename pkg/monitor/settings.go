package monitor

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"salvo/pkg/script"
)

// Settings are what a deployment says about its monitors, where their scripts do
// not: an object of JSON such as
//
//	{"alerts": {"repeatEvery": 60, "after": 2, "of": 3}, "slo": {"objective": 99.9, "window": "30d"}}
type Settings struct {
	Alerts    Alerts     `json:"alerts"`
	Objective *Objective `json:"slo,omitempty"` // nil: none
}

// ParseSettings reads and checks settings; "" is empty ones.
func ParseSettings(text string) (Settings, error) {
	var s Settings
	if text == "" {
		return s, nil
	}
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Settings{}, fmt.Errorf("reading the settings of the monitor: %w", err)
	}
	if err := s.check(); err != nil {
		return Settings{}, err
	}
	return s, nil
}

func (s Settings) check() error {
	if err := s.Alerts.Check(); err != nil || s.Objective == nil {
		return err
	}
	return s.Objective.Check()
}

// Over is what a script says, completed by the settings.
func (s Settings) Over(alerts *script.Alerts, objective *script.Objective) Settings {
	if alerts != nil {
		if alerts.RepeatEvery != nil {
			s.Alerts.RepeatEvery = alerts.RepeatEvery
		}
		if alerts.After > 0 {
			s.Alerts.After, s.Alerts.Of = alerts.After, alerts.Of
		}
	}
	if objective != nil {
		s.Objective = &Objective{Percent: objective.Percent, Window: objective.Window}
	}
	return s
}

// Alerts say when a monitor speaks. The zero value says: of each first failing run,
// and then every hour.
type Alerts struct {
	RepeatEvery *float64 `json:"repeatEvery,omitempty"` // minutes; 0: with each failing run; nil: 60
	After       int      `json:"after,omitempty"`       // so many runs must have failed; 0: one
	Of          int      `json:"of,omitempty"`          // out of the last so many; 0: After
}

// Check tells what is out of bounds.
func (a Alerts) Check() error {
	if r := a.RepeatEvery; r != nil && !(*r >= 0 && *r <= script.MostRepeatMinutes) {
		return fmt.Errorf("alerts.repeatEvery: expected a number of minutes from 0, which alerts with each failing run, to %d, found %s", script.MostRepeatMinutes, number(*r))
	}
	for _, n := range []struct {
		key  string
		runs int
	}{{"after", a.After}, {"of", a.Of}} {
		if n.runs < 0 || n.runs > script.MostAlertRuns {
			return fmt.Errorf("alerts.%s: expected a number of runs from 1 to %d, found %d", n.key, script.MostAlertRuns, n.runs)
		}
	}
	if a.Of > 0 && a.After == 0 {
		return errors.New("alerts.of: `of` says how many runs `after` looks back on, and there is no `after`")
	}
	if a.Of > 0 && a.Of < a.After {
		return fmt.Errorf("alerts.of: %d runs cannot fail out of %d", a.After, a.Of)
	}
	return nil
}

// defaultRepeat is how often a monitor repeats itself when nobody says otherwise.
const defaultRepeat = time.Hour

func (a Alerts) repeat() time.Duration {
	if a.RepeatEvery == nil {
		return defaultRepeat
	}
	return time.Duration(*a.RepeatEvery * float64(time.Minute))
}

func (a Alerts) runs() (after, of int) {
	after = max(1, a.After)
	return after, max(after, a.Of)
}

// Objective is a goal for the share of good samples over a window that moves along.
type Objective struct {
	Percent float64       // of the samples that are to be good: 99.9
	Window  time.Duration // 30 days, if JSON does not say
}

// MarshalJSON writes the window in seconds.
func (o Objective) MarshalJSON() ([]byte, error) {
	return json.Marshal(objectiveJSON{o.Percent, o.Window.Seconds()})
}

// UnmarshalJSON reads the window as scripts have it: in seconds, or "30d".
func (o *Objective) UnmarshalJSON(data []byte) error {
	in := objectiveJSON{Window: "30d"}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	window, err := script.ParseDuration(in.Window)
	if err != nil {
		return fmt.Errorf("slo.window: %w", err)
	}
	*o = Objective{in.Percent, window}
	return nil
}

type objectiveJSON struct {
	Percent float64 `json:"objective"`
	Window  any     `json:"window"`
}

// Check tells what is out of bounds.
func (o Objective) Check() error {
	if !(o.Percent > 0 && o.Percent < 100) {
		return fmt.Errorf("slo.objective: expected a percentage above 0 and below 100, such as 99.9, found %s", number(o.Percent))
	}
	if o.Window < script.LeastWindow || o.Window > script.MostWindow {
		return fmt.Errorf("slo.window: expected a duration from 1 to 90 days, such as 30d, found %v", o.Window)
	}
	return nil
}

// allowed is the share of samples that may be bad.
func (o Objective) allowed() float64 { return (100 - o.Percent) / 100 }

// number writes v as people do: without an exponent, and with no more digits than
// it has.
func number(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}
