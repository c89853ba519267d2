package script

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Mode says which question a run answers.
type Mode string

// The modes. Acceptance and monitoring are the sampling modes: they run each
// scenario a few times instead of the phases, and judge the errors.
const (
	Performance Mode = "performance" // does it hold the load
	Acceptance  Mode = "acceptance"  // does it still work
	Monitoring  Mode = "monitoring"  // is it up right now
)

// Sampling tells whether the mode runs samples instead of phases.
func (m Mode) Sampling() bool { return m == Acceptance || m == Monitoring }

// modes are the names of the modes, as scripts and flags write them.
var modes = map[string]Mode{
	"perf": Performance, "performance": Performance,
	"acc": Acceptance, "acceptance": Acceptance,
	"mon": Monitoring, "monitoring": Monitoring,
}

// ParseMode reads the name of a mode, in any case and also shortened; "" is no mode.
func ParseMode(name string) (Mode, error) {
	m, known := modes[strings.ToLower(name)]
	if !known && name != "" {
		return "", fmt.Errorf("the mode %s is not known: it is performance, acceptance or monitoring", quote(name))
	}
	return m, nil
}

// Sampling is the `sampling` section, filled up with the defaults of the mode.
type Sampling struct {
	Size             int     // how often each scenario runs
	AveragePause     float64 // before each sample, in seconds
	PauseVariance    float64 // how much longer or shorter a pause may be, in seconds
	ErrorBudget      float64 // how many errors a run may have
	WarningThreshold float64 // of the longest duration, as a share, from which on there is a warning
}

func defaultSampling(m Mode) Sampling {
	s := Sampling{Size: 1, AveragePause: 0.2, PauseVariance: 0.1, WarningThreshold: 0.9}
	if m == Monitoring {
		s.Size, s.ErrorBudget = 5, 4
	}
	return s
}

// mode reads the script's mode; what the command line says goes before it.
func (b *builder) mode(n *node) Mode {
	if asked := b.loader.opts.Mode; asked != "" {
		return asked
	}
	if n == nil {
		return Performance
	}
	m, known := modes[strings.ToLower(n.text)]
	if !known {
		b.fault(n, "mode", `If specified, the mode attribute must be one of: "perf", "performance", "acc", "acceptance", "mon", "monitoring"; found %s`, n.found())
	}
	return m
}

// sampling reads the section and holds it against the number of scenarios. The
// texts of its faults are serverless-artillery's.
func (b *builder) sampling(n *node, s *Script) Sampling {
	out := defaultSampling(s.Mode)
	if n == nil || n.kind != kindObject {
		n = &node{kind: kindObject, place: place{file: s.File}}
	}
	faulty := false
	number := func(name, must string, good func(v float64) bool, set func(v float64)) {
		v := given(n, name)
		if v == nil {
			return
		}
		if v.kind != kindNumber || !good(v.num) {
			b.fault(v, "sampling."+name, "If specified, the sampling %s must have type number and be %s; found %s", name, must, v.found())
			faulty = true
			return
		}
		set(v.num)
	}
	positive := func(v float64) bool { return v > 0 }
	notNegative := func(v float64) bool { return v >= 0 }
	number("size", "greater than zero", func(v float64) bool { return v > 0 && v <= math.MaxInt32 }, func(v float64) { out.Size = int(math.Ceil(v)) })
	number("averagePause", "greater than zero", positive, func(v float64) { out.AveragePause = v })
	number("pauseVariance", "greater than or equal to zero", notNegative, func(v float64) { out.PauseVariance = v })
	number("errorBudget", "greater than or equal to zero", notNegative, func(v float64) { out.ErrorBudget = v })
	number("warningThreshold", "either one or between zero and one", func(v float64) bool { return v > 0 && v <= 1 }, func(v float64) { out.WarningThreshold = v })
	if faulty || !s.Mode.Sampling() || len(s.Scenarios) == 0 {
		return out
	}

	total := out.Size * len(s.Scenarios)
	longest := (out.AveragePause + out.PauseVariance) * float64(total)
	most := float64(s.Limits.MaxScriptDuration)
	switch {
	case float64(total) <= out.ErrorBudget:
		b.fault(n, "sampling", "The given size * scenarios (%d) and errorBudget (%s) values (perhaps from defaults) succeeds even if all samples fail", total, jsNumber(out.ErrorBudget))
	case out.PauseVariance > out.AveragePause:
		b.fault(n, "sampling", "The given pauseVariance (%s) cannot exceed the given averagePause (%s)", jsNumber(out.PauseVariance), jsNumber(out.AveragePause))
	case longest > most:
		b.fault(n, "sampling", "The given averagePause (%s), pauseVariance (%s), and size * scenarios (%d) values in combination could, even ignoring request duration, exceed the maximum allowable duration (%s)",
			jsNumber(out.AveragePause), jsNumber(out.PauseVariance), total, jsNumber(most))
	case longest > most*out.WarningThreshold:
		b.warn(n, "sampling", "the pauses of all samples may take %s s, which is more than %s of the longest duration, %s s", jsNumber(longest), jsNumber(out.WarningThreshold), jsNumber(most))
	}
	return out
}

func jsNumber(v float64) string { return strconv.FormatFloat(v, 'f', -1, 64) }
