package monitor

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// stateVersion is raised when a state of before would be read wrongly. What is only
// added needs none: it is absent in older ones, and newer ones are read without it.
const stateVersion = 1

// state is all that is known of a monitor. It is bounded: see TestStateSize.
type state struct {
	settings *Settings // of the last run whose script could be read; nil: none yet
	runs     []seen    // the newest, by time, oldest first
	minutes  series
	hours    series
	alarms   [alarms]alarm
	claim    claim
}

// settle tells which settings hold for a run: those at hand, which the state keeps
// for the runs that cannot be planned, since then nobody knows what the script says.
func (s *state) settle(run Run, set Settings) Settings {
	if run.Verdict == Broken && run.Report == nil && s.settings != nil {
		return *s.settings
	}
	s.settings = &set
	return set
}

// claim is the right to speak, of one observer, for a time.
type claim struct {
	By    string    `json:"by,omitempty"` // "": nobody
	Until time.Time `json:"until,omitzero"`
}

// held tells whether somebody else than me has the claim.
func (c claim) held(me string, now time.Time) bool {
	return c.By != "" && c.By != me && now.Before(c.Until)
}

func newState() *state { return &state{minutes: newMinutes(), hours: newHours()} }

// stateJSON is a state as it is stored.
type stateJSON struct {
	Version  int       `json:"version"`
	Settings *Settings `json:"settings,omitempty"`
	Runs     []byte    `json:"runs"`
	Minutes  *series   `json:"minutes"`
	Hours    *series   `json:"hours"`
	Alarms   []alarm   `json:"alarms"`
	Claim    claim     `json:"claim"`
}

func (s *state) encode() ([]byte, error) {
	return json.Marshal(stateJSON{
		Version: stateVersion, Settings: s.settings, Runs: encodeRuns(s.runs),
		Minutes: &s.minutes, Hours: &s.hours, Alarms: s.alarms[:], Claim: s.claim,
	})
}

// decodeState reads a state; nil is a new one. It refuses what is damaged, and what a
// newer Salvo wrote.
func decodeState(data []byte) (*state, error) {
	s := newState()
	if data == nil {
		return s, nil
	}
	in := stateJSON{Minutes: &s.minutes, Hours: &s.hours}
	if err := json.Unmarshal(data, &in); err != nil {
		return nil, fmt.Errorf("the state of the monitor is damaged: %w", err)
	}
	if in.Version > stateVersion {
		return nil, fmt.Errorf("the state of the monitor has the version %d, and this version of Salvo reads up to %d", in.Version, stateVersion)
	}
	if in.Version < 1 || len(in.Alarms) > alarms || in.Minutes == nil || in.Hours == nil {
		return nil, errors.New("the state of the monitor is damaged: it is no state")
	}
	if in.Settings != nil {
		if err := in.Settings.check(); err != nil {
			return nil, fmt.Errorf("the state of the monitor is damaged: %w", err)
		}
	}
	var err error
	if s.runs, err = decodeRuns(in.Runs); err != nil {
		return nil, err
	}
	copy(s.alarms[:], in.Alarms)
	s.settings, s.claim = in.Settings, in.Claim
	return s, nil
}

// The verdicts as the state has them.
var verdicts = []Verdict{Passed, Failed, Broken}

// encodeRuns writes for each run the hash of its ID in 8 bytes, the milliseconds
// since the one before (the first: since 1970) as a varint, and its verdict in a byte.
func encodeRuns(runs []seen) []byte {
	var out []byte
	var last int64
	for _, r := range runs {
		ms := r.at.UnixMilli()
		out = binary.LittleEndian.AppendUint64(out, r.id)
		out = binary.AppendVarint(out, ms-last)
		out = append(out, byte(slices.Index(verdicts, r.verdict)))
		last = ms
	}
	return out
}

func decodeRuns(data []byte) ([]seen, error) {
	damaged := errors.New("the state of the monitor is damaged: its runs cannot be read")
	var runs []seen
	var last int64
	for len(data) > 0 {
		if len(data) < 8 || len(runs) == memory {
			return nil, damaged
		}
		id := binary.LittleEndian.Uint64(data)
		since, n := binary.Varint(data[8:])
		if n <= 0 || len(data) < 8+n+1 || len(runs) > 0 && since < 0 || since > latestRun-max(0, last) || since < -latestRun {
			return nil, damaged
		}
		verdict := int(data[8+n])
		if verdict >= len(verdicts) {
			return nil, damaged
		}
		last += since
		runs = append(runs, seen{id, time.UnixMilli(last).UTC(), verdicts[verdict]})
		data = data[8+n+1:]
	}
	return runs, nil
}

// latestRun is beyond any time of a run, in milliseconds since 1970.
const latestRun = 1 << 50
