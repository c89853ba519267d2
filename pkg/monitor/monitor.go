package monitor

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/store"
)

// Monitor is a series of runs of one script.
type Monitor struct {
	Store store.Store
	ID    string // part of a key: see job.MonitorID

	Service, Stage string // of the deployment; "" on one machine

	Settings  Settings         // checked
	Publisher Publisher        // not nil
	Now       func() time.Time // nil means time.Now
}

const (
	// publishTime is how long one observer may publish, with all retries.
	publishTime = 40 * time.Second
	// claimTime is for how long a claim holds. It is longer than publishTime, so who
	// still publishes still has it.
	claimTime = time.Minute
	// claimPause is how long who found a claim waits before it looks again, for
	// claimTime in all.
	claimPause = 250 * time.Millisecond
)

// Outcome is what came of observing a run.
type Outcome struct {
	Known  bool // the run had been observed before, or is too old: it was not counted
	Said   []Message
	Unsaid []Unsaid
	Status *Status // nil without an objective, or if the state could not be read
}

// Unsaid is a message that could not be published. The next bad run tries again.
type Unsaid struct {
	Message Message
	Err     error
}

// Problem says in one line what could not be published; "" if nothing.
func (o *Outcome) Problem() string {
	var lines []string
	for _, u := range o.Unsaid {
		lines = append(lines, fmt.Sprintf("the message %q could not be published: %v", u.Message.Subject, u.Err))
	}
	return strings.Join(lines, "; ")
}

// Observe takes a run into the state of the monitor and says what is to be said. It
// may be called again for a run, and for several runs at once.
//
// The error is of the state that could not be read or written; the outcome holds all the
// same, with the alert that a bad run causes in that case.
func (m *Monitor) Observe(ctx context.Context, run Run) (Outcome, error) {
	o := &observer{Monitor: m, run: run, me: rand.Text()}
	now := o.now()
	if o.run.Time.IsZero() || o.run.Time.After(now) {
		o.run.Time = now // a clock that is ahead must not make all other runs late
	}
	o.run.Time = o.run.Time.UTC().Truncate(time.Millisecond)
	err := o.observe(ctx)
	if err != nil {
		err = fmt.Errorf("the state of the monitor %s: %w", m.ID, err)
	}
	return o.out, err
}

// observer is one call of Observe.
type observer struct {
	*Monitor
	run Run
	me  string // by whom a claim is
	out Outcome

	recorded bool // the state has the run
}

func (m *Monitor) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// observe writes down the run, and speaks until nothing is left to be said: while it
// publishes, more may come up.
func (o *observer) observe(ctx context.Context) error {
	var published []result
	for waited := time.Duration(0); ; {
		turn, err := o.turn(ctx, published)
		if err != nil {
			// What was published is not known to be, and will be again.
			o.alone(ctx, published != nil)
			return err
		}
		switch {
		case len(turn.say) > 0:
			published = o.publish(ctx, turn.say)
			if slices.ContainsFunc(published, func(r result) bool { return r.err != nil }) {
				// The rest is for the next run; this one has tried.
				_, err := o.turn(ctx, published)
				return err
			}
		case turn.busy && waited < claimTime:
			published = nil
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(claimPause):
				waited += claimPause
			}
		default:
			return nil
		}
	}
}

// result is what came of publishing.
type result struct {
	notice notice
	err    error
}

// turn is what an observer is to do next.
type turn struct {
	say  []saying
	busy bool // somebody else has the claim
}

type saying struct {
	notice  notice
	message Message
}

// turn brings the state up to date in one write: it records the run, notes what was
// published, and claims what is to be said.
func (o *observer) turn(ctx context.Context, published []result) (turn, error) {
	failed := slices.ContainsFunc(published, func(r result) bool { return r.err != nil })
	var t turn
	err := o.Store.Update(ctx, job.MonitorStateKey(o.ID), func(old []byte) ([]byte, error) {
		t = turn{}
		s, err := decodeState(old)
		if err != nil {
			return nil, err
		}
		now := o.now()
		set := s.settle(o.run, o.Settings)
		fresh := s.record(o.run, set)
		if !o.recorded {
			o.out.Known = !fresh
		}
		for _, r := range published {
			if r.err == nil {
				s.alarms[r.notice.which].tell(r.notice.event, r.notice.alarm.At)
			}
		}
		if s.claim.By == o.me {
			s.claim = claim{}
		}
		notices := s.due(o.run, set.Alerts)
		switch {
		case len(notices) == 0 || failed:
		case s.claim.held(o.me, now):
			t.busy = true
		default:
			s.claim = claim{o.me, now.Add(claimTime).UTC().Truncate(time.Millisecond)}
		}
		o.out.Status = nil
		if set.Objective != nil {
			o.out.Status = s.status(o.ID, *set.Objective, s.newest())
		}
		if s.claim.By == o.me {
			t.say = o.phrase(notices, set.Alerts)
		}
		return s.encode()
	})
	o.recorded = err == nil
	return t, err
}

func (o *observer) phrase(notices []notice, alerts Alerts) []saying {
	who := speaker{o.Service, o.Stage, o.ID}
	var out []saying
	for _, n := range notices {
		every := repeat(n.which, alerts)
		out = append(out, saying{n, who.message(n, o.run, o.out.Status, every)})
	}
	return out
}

func (o *observer) publish(ctx context.Context, say []saying) []result {
	ctx, cancel := context.WithTimeout(ctx, publishTime)
	defer cancel()
	var results []result
	for _, s := range say {
		err := o.Publisher.Publish(ctx, s.message)
		if err != nil {
			o.out.Unsaid = append(o.out.Unsaid, Unsaid{s.message, err})
		} else {
			o.out.Said = append(o.out.Said, s.message)
		}
		results = append(results, result{s.notice, err})
	}
	return results
}

// alone speaks without a state: of each bad run, as if there was none before.
func (o *observer) alone(ctx context.Context, spoke bool) {
	if spoke || o.run.Verdict == Passed {
		return
	}
	which := alarmFailed
	if o.run.Verdict == Broken {
		which = alarmBroken
	}
	o.publish(ctx, o.phrase([]notice{{which, begins, alarm{}}}, o.Settings.Alerts))
}

// ErrNoObjective tells that a monitor has no objective whose status could be shown.
var ErrNoObjective = errors.New("the monitor has no objective: give it `slo: {objective: 99.9}` in its script or in salvo.yml")

// ReadStatus reads how the objective of a monitor is met now. The error of a monitor
// that never ran wraps fs.ErrNotExist, and that of one without an objective is ErrNoObjective.
func ReadStatus(ctx context.Context, s store.Store, id string, now time.Time) (*Status, error) {
	data, err := store.ReadAll(ctx, s, job.MonitorStateKey(id))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the monitor %s has not run yet: %w", id, fs.ErrNotExist)
	}
	if err != nil {
		return nil, err
	}
	state, err := decodeState(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", id, err)
	}
	if state.settings == nil || state.settings.Objective == nil {
		return nil, ErrNoObjective
	}
	return state.status(id, *state.settings.Objective, now.UTC()), nil
}

// List names the monitors that have run, in order.
func List(ctx context.Context, s store.Store) ([]string, error) {
	keys, err := s.List(ctx, job.MonitorsPrefix)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, key := range keys {
		id := strings.TrimSuffix(strings.TrimPrefix(key, job.MonitorsPrefix), "/state")
		if job.MonitorStateKey(id) == key {
			ids = append(ids, id)
		}
	}
	return ids, nil
}
