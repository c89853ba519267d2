package monitor

import (
	"hash/fnv"
	"slices"
	"time"
)

// The alarms, in the order in which they speak.
const (
	alarmBroken = iota
	alarmFailed
	alarmPage
	alarmTicket
	alarms
)

// alarm is one condition over time and what was said about it. Its times are those of runs.
type alarm struct {
	On    bool      `json:"on,omitempty"`    // the condition holds
	Since time.Time `json:"since,omitzero"`  // its first bad run
	Last  time.Time `json:"last,omitzero"`   // its last bad run
	Until time.Time `json:"until,omitzero"`  // the first good run after that; zero while there is none
	Bad   int       `json:"bad,omitempty"`   // how many runs were bad since
	At    time.Time `json:"at,omitzero"`     // the newest run that tells of it
	BadAt bool      `json:"badAt,omitempty"` // whether that is bad

	// Told means that the last word was that it is on; ToldAt is the run of which
	// that was said, also when it is over. Relapsed means that it began again soon after it had ended.
	Told     bool      `json:"told,omitempty"`
	ToldAt   time.Time `json:"toldAt,omitzero"`
	Relapsed bool      `json:"relapsed,omitempty"`
}

// step brings an alarm up to date: the newest run is at a time, and bad or not. The
// condition begins where begins holds, with its first bad run since a time and so many of
// them, and ends where ends holds.
func (a *alarm) step(at time.Time, bad, begins, ends bool, since time.Time, count int) {
	a.At, a.BadAt = at, bad
	if bad {
		if at.After(a.Last) {
			a.Last = at
		}
		a.Until = time.Time{}
	} else if a.Until.IsZero() {
		a.Until = at
	}
	switch {
	case !a.On && bad && begins:
		a.On = true
		if !a.Told { // else it goes on, for those who have not heard of the end
			a.Since, a.Bad = since, count
		}
	case a.On && ends:
		a.On = false
	}
}

// event is what an alarm has to say.
type event int

const (
	nothing event = iota
	begins
	relapses // begins again within `repeatEvery`
	repeats
	ends
)

// due is what is to be said, given how often it may be repeated.
func (a *alarm) due(repeat time.Duration) event {
	switch {
	case a.On && a.BadAt && !a.Told && !a.ToldAt.IsZero() && a.At.Sub(a.ToldAt) < repeat:
		return relapses
	case a.On && a.BadAt && !a.Told:
		return begins
	case a.On && a.BadAt && a.At.After(a.ToldAt) && a.At.Sub(a.ToldAt) >= repeat:
		return repeats
	case !a.On && a.Told && (!a.Relapsed || a.At.Sub(a.Last) >= repeat):
		return ends
	}
	return nothing
}

// tell notes what was said, of the run at a time. More runs may have come since.
func (a *alarm) tell(e event, at time.Time) {
	if e == ends {
		a.Told, a.Relapsed = false, false
		if a.On {
			a.Since, a.Bad = a.Last, 1
		}
		return
	}
	a.Told, a.ToldAt = true, at
	a.Relapsed = e == relapses || e == repeats && a.Relapsed
}

// seen is a run that is remembered.
type seen struct {
	id      uint64
	at      time.Time
	verdict Verdict
}

// memory is how many runs are remembered. Those that are older than all of them are
// taken for known: at one run a minute that is two hours, and the state machine
// repeats a step within minutes.
const memory = 128

func hashed(id string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(id))
	return h.Sum64()
}

// remember puts a run in its place among the others, and tells whether it is new.
func (s *state) remember(run Run) bool {
	id := hashed(run.ID)
	if slices.ContainsFunc(s.runs, func(r seen) bool { return r.id == id }) {
		return false
	}
	at := len(s.runs)
	for at > 0 && s.runs[at-1].at.After(run.Time) {
		at--
	}
	if at == 0 && len(s.runs) >= memory {
		return false
	}
	s.runs = slices.Insert(s.runs, at, seen{id, run.Time, run.Verdict})
	if len(s.runs) > memory {
		s.runs = slices.Delete(s.runs, 0, len(s.runs)-memory)
	}
	return true
}

// record takes a run into the state: its samples, and what it means to the alarms.
// It tells whether the run is new.
func (s *state) record(run Run, set Settings) bool {
	known := !s.remember(run)
	if !known && run.Verdict != Broken {
		s.minutes.add(run.Time, count{run.Good, run.Bad})
		s.hours.add(run.Time, count{run.Good, run.Bad})
	}
	if known {
		return false
	}
	s.judge(alarmFailed, run, set.Alerts)
	s.judge(alarmBroken, run, set.Alerts)
	if set.Objective == nil {
		s.alarms[alarmPage], s.alarms[alarmTicket] = alarm{}, alarm{}
		return true
	}
	at := s.newest()
	for which, level := range levels {
		a := &s.alarms[which]
		above, below := s.burning(level, *set.Objective, at)
		if above && (a.On || a.Told) {
			a.Bad++
		}
		if !above && !below {
			continue
		}
		a.step(at, above, above, below, at, 1)
	}
	return true
}

// judge brings an alarm up to date that goes by runs.
func (s *state) judge(which int, run Run, alerts Alerts) {
	bad := Failed
	if which == alarmBroken {
		bad = Broken
	}
	a := &s.alarms[which]
	if run.Verdict == bad && (a.On || a.Told) {
		a.Bad++
	}
	after, of := alerts.runs()
	window := s.last(of, which == alarmBroken)
	if len(window) == 0 {
		return
	}
	var since time.Time
	count := 0
	for _, r := range window {
		if r.verdict != bad {
			continue
		}
		if count++; count == 1 {
			since = r.at
		}
	}
	newest := window[len(window)-1]
	a.step(newest.at, newest.verdict == bad, count >= after, count == 0, since, count)
}

// last is the newest runs, n at most, oldest first; with or without those that could
// not run.
func (s *state) last(n int, broken bool) []seen {
	var window []seen
	for i := len(s.runs) - 1; i >= 0 && len(window) < n; i-- {
		if r := s.runs[i]; broken || r.verdict != Broken {
			window = append(window, r)
		}
	}
	slices.Reverse(window)
	return window
}

// newest is when the newest run was.
func (s *state) newest() time.Time {
	if len(s.runs) == 0 {
		return time.Time{}
	}
	return s.runs[len(s.runs)-1].at
}

// notice is something to say about an alarm as it stands.
type notice struct {
	which int
	event event
	alarm alarm
}

// due is what a run has to say. That something is wrong is said with the run at hand,
// if it is the newest that tells of it: its analysis goes with it. That something is over,
// any run may say.
func (s *state) due(run Run, alerts Alerts) []notice {
	var out []notice
	for which := range s.alarms {
		a := s.alarms[which]
		e := a.due(repeat(which, alerts))
		if e == nothing || e != ends && !s.speaksFor(run, which) {
			continue
		}
		out = append(out, notice{which, e, a})
	}
	return out
}

// speaksFor tells whether a run is the newest that tells of an alarm.
func (s *state) speaksFor(run Run, which int) bool {
	window := s.last(1, which != alarmFailed)
	return len(window) > 0 && window[0].id == hashed(run.ID)
}

// The least time between two burn alerts, whatever the settings say.
const (
	repeatPage   = time.Hour
	repeatTicket = 24 * time.Hour
)

// repeat is the least time between two alerts of one outage.
func repeat(which int, alerts Alerts) time.Duration {
	switch every := alerts.repeat(); which {
	case alarmPage:
		return max(every, repeatPage)
	case alarmTicket:
		return max(every, repeatTicket)
	default:
		return every
	}
}
