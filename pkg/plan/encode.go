package plan

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"salvo/pkg/script"
)

// version is raised when a plan.json of before would be read wrongly.
const version = 1

// encoded is plan.json. Rates, durations and the seed make the plan; all else is
// there for people and is checked against them when it is read, but for the
// arrivals of poisson phases and the counts of workers, which would take long to
// find again.
type encoded struct {
	Version    int            `json:"version"`
	Seed       string         `json:"seed"` // JSON numbers end at 2^53
	Limits     encodedLimits  `json:"limits"`
	Duration   seconds        `json:"duration"`
	Arrivals   int64          `json:"arrivals"`
	Peak       float64        `json:"peak"`
	Windows    int            `json:"windows"`
	Chunks     int            `json:"chunks"`
	MaxWindow  int            `json:"maxWorkersInWindow"`
	MaxWorkers int            `json:"maxWorkersAtOnce"`
	Phases     []encodedPhase `json:"phases"`
	Sampling   *Sampling      `json:"sampling,omitempty"`
}

type encodedLimits struct {
	MaxScriptDuration int `json:"maxScriptDurationInSeconds"`
	MaxScriptRate     int `json:"maxScriptRequestsPerSecond"`
	MaxChunkDuration  int `json:"maxChunkDurationInSeconds"`
	MaxChunkRate      int `json:"maxChunkRequestsPerSecond"`
	TimeBuffer        int `json:"timeBufferInMilliseconds"`
}

type encodedPhase struct {
	Name      string  `json:"name,omitempty"`
	Duration  exact   `json:"duration"`
	From      exact   `json:"from"`
	To        exact   `json:"to"`
	Poisson   bool    `json:"poisson,omitempty"`
	MaxVusers int     `json:"maxVusers,omitempty"`
	Start     seconds `json:"start"`
	End       seconds `json:"end"`
	First     int64   `json:"first"`
	Until     int64   `json:"until"`
}

// MarshalJSON writes the plan as plan.json: what it was made of, exactly, and
// what came of it. Durations and rates are numbers when they have few decimals,
// else fractions in a string: 2.5, "1/3".
func (p Plan) MarshalJSON() ([]byte, error) {
	e := encoded{
		Version:    version,
		Seed:       strconv.FormatUint(p.Seed, 10),
		Limits:     encodedLimits(p.Limits),
		Duration:   seconds(p.Duration),
		Arrivals:   p.Arrivals,
		Peak:       p.Peak,
		Windows:    p.WindowCount,
		Chunks:     p.ChunkCount,
		MaxWindow:  p.maxWindow,
		MaxWorkers: p.maxWorkers,
		Phases:     make([]encodedPhase, len(p.Phases)),
		Sampling:   p.Sampling,
	}
	for i, ph := range p.Phases {
		g := p.segments[i]
		e.Phases[i] = encodedPhase{
			Name:      ph.Name,
			Duration:  exact{g.duration},
			From:      exact{g.from},
			To:        exact{g.to},
			Poisson:   ph.Poisson,
			MaxVusers: ph.MaxVusers,
			Start:     seconds(ph.Start),
			End:       seconds(ph.End),
			First:     ph.First,
			Until:     ph.Until,
		}
	}
	return json.Marshal(e)
}

// UnmarshalJSON reads what MarshalJSON wrote. It refuses what is no plan: other
// versions, keys it does not know, what New would refuse, and figures that do
// not follow from the phases. p is changed only when it succeeds.
func (p *Plan) UnmarshalJSON(data []byte) error {
	var e encoded
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&e); err != nil {
		return fmt.Errorf("reading a plan: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("reading a plan: more follows after its end")
	}
	if e.Version != version {
		return fmt.Errorf("reading a plan: its version is %d, this program reads %d", e.Version, version)
	}
	read, err := e.plan()
	if err != nil {
		return fmt.Errorf("reading a plan: %w", err)
	}
	*p = *read
	return nil
}

func (e *encoded) plan() (*Plan, error) {
	seed, err := strconv.ParseUint(e.Seed, 10, 64)
	if err != nil {
		return nil, fmt.Errorf("the seed %q is not a whole number of 64 bits", e.Seed)
	}
	if e.Sampling != nil {
		p, err := Sample(*e.Sampling, script.Limits(e.Limits), seed)
		if err != nil {
			return nil, err
		}
		return p, e.compareSamples(p)
	}
	phases := make([]script.Phase, len(e.Phases))
	drawn := make([]int64, len(e.Phases))
	for i, ph := range e.Phases {
		phases[i] = script.Phase{
			Name:      ph.Name,
			Duration:  ph.Duration.Rat,
			From:      ph.From.Rat,
			To:        ph.To.Rat,
			MaxVusers: ph.MaxVusers,
			Poisson:   ph.Poisson,
		}
		if drawn[i], err = ph.drawn(); err != nil {
			return nil, fmt.Errorf("%s: %w", phaseName(phases, i), err)
		}
	}
	p, err := assemble(phases, script.Limits(e.Limits), seed)
	if err != nil {
		return nil, err
	}
	for i := range p.segments {
		if g := &p.segments[i]; g.poisson && !g.draws(drawn[i]) {
			return nil, fmt.Errorf("%s: %d arrivals cannot come of its rate and duration", phaseName(phases, i), drawn[i])
		}
	}
	p.number(drawn)
	p.ChunkCount, p.maxWindow, p.maxWorkers = e.Chunks, e.MaxWindow, e.MaxWorkers
	return p, e.compare(p)
}

// drawn is how many arrivals a phase says that it has.
func (ph *encodedPhase) drawn() (int64, error) {
	if ph.First < 0 || ph.Until < ph.First {
		return 0, fmt.Errorf("no arrivals can go from %d to %d", ph.First, ph.Until)
	}
	return ph.Until - ph.First, nil
}

// draws tells whether a poisson segment can have n points, chances of less than
// one in 10^30 aside.
func (g *segment) draws(n int64) bool {
	if g.idle() {
		return n == 0
	}
	mean := float64(g.hi.n)
	return math.Abs(float64(n)-mean) <= 12*math.Sqrt(mean)+100
}

// compare checks the figures that follow from the phases.
func (e *encoded) compare(p *Plan) error {
	var x scratch
	peak := 0
	for i := range p.segments {
		if g := &p.segments[i]; !g.empty() {
			peak = max(peak, x.ratCeil(g.from, p.Limits.MaxChunkRate), x.ratCeil(g.to, p.Limits.MaxChunkRate))
		}
	}
	checks := []struct {
		name string
		ok   bool
	}{
		{"duration", time.Duration(e.Duration) == p.Duration},
		{"arrivals", e.Arrivals == p.Arrivals},
		{"peak", e.Peak == p.Peak},
		{"windows", e.Windows == p.WindowCount},
		{"maxWorkersInWindow", e.MaxWindow >= 0 && e.MaxWindow <= peak && (e.MaxWindow > 0) == (p.Arrivals > 0)},
		{"maxWorkersAtOnce", e.MaxWorkers >= e.MaxWindow && e.MaxWorkers <= 2*e.MaxWindow},
		{"chunks", e.Chunks >= e.MaxWindow && e.Chunks <= e.MaxWindow*p.WindowCount},
	}
	for _, c := range checks {
		if !c.ok {
			return fmt.Errorf("`%s` does not follow from the phases", c.name)
		}
	}
	for i, ph := range p.Phases {
		g := e.Phases[i]
		if time.Duration(g.Start) != ph.Start || time.Duration(g.End) != ph.End || g.First != ph.First || g.Until != ph.Until {
			return fmt.Errorf("phase %d does not begin or end where the phases before it lead", i+1)
		}
	}
	return nil
}

// compareSamples checks the figures that follow from `sampling`.
func (e *encoded) compareSamples(p *Plan) error {
	if len(e.Phases) > 0 {
		return errors.New("a plan of samples has no phases")
	}
	if time.Duration(e.Duration) != p.Duration || e.Arrivals != p.Arrivals || e.Peak != p.Peak || e.Windows != p.WindowCount ||
		e.Chunks != p.ChunkCount || e.MaxWindow != p.maxWindow || e.MaxWorkers != p.maxWorkers {
		return errors.New("its figures do not follow from `sampling`")
	}
	return nil
}

// exact is a rational number as plan.json has it.
type exact struct{ *big.Rat }

// mostDecimals is how long a number may be that any reader of JSON, which may
// use float64, gets right.
const mostDecimals = 15

// MarshalJSON writes a number, or a fraction in a string.
func (r exact) MarshalJSON() ([]byte, error) {
	if digits, whole := r.FloatPrec(); whole && digits <= mostDecimals {
		if s := r.FloatString(digits); len(s) <= mostDecimals+1 {
			return []byte(s), nil
		}
	}
	return []byte(`"` + r.RatString() + `"`), nil
}

// UnmarshalJSON reads what MarshalJSON writes, and nothing with an exponent: a
// few characters could mean a number that fills the memory.
func (r *exact) UnmarshalJSON(data []byte) error {
	s := string(data)
	num, den, fraction := s, "1", false
	if len(s) > 2 && s[0] == '"' && s[len(s)-1] == '"' {
		num, den, fraction = strings.Cut(s[1:len(s)-1], "/")
		if !fraction {
			den = "1"
		}
	} else if whole, rest, point := strings.Cut(s, "."); point {
		num, den = whole+rest, "1"+strings.Repeat("0", len(rest))
		if whole == "" || rest == "" {
			num = ""
		}
	}
	if !isNumber(num) || !isNumber(den) || strings.Trim(den, "0") == "" {
		return fmt.Errorf("%.40s is neither a number without exponent nor a fraction like \"1/3\"", s)
	}
	var a, b big.Int
	a.SetString(num, 10)
	b.SetString(den, 10)
	r.Rat = new(big.Rat).SetFrac(&a, &b)
	return nil
}

// isNumber accepts a whole number that is not too long to be one of a script.
func isNumber(s string) bool {
	return s != "" && len(s) <= maxBits && strings.Trim(s, "0123456789") == ""
}

// seconds is a duration as plan.json has it: a number, exact to the nanosecond.
type seconds time.Duration

// MarshalJSON writes seconds with as many decimals as are needed.
func (d seconds) MarshalJSON() ([]byte, error) {
	return exact{big.NewRat(int64(d), nanos)}.MarshalJSON()
}

// UnmarshalJSON reads seconds with at most nine decimals.
func (d *seconds) UnmarshalJSON(data []byte) error {
	var r exact
	if err := r.UnmarshalJSON(data); err != nil {
		return err
	}
	ns := r.Mul(r.Rat, billion)
	if !ns.IsInt() || !ns.Num().IsInt64() {
		return fmt.Errorf("%.40s is not a whole number of nanoseconds", data)
	}
	*d = seconds(ns.Num().Int64())
	return nil
}
