package script

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that is wrong with a script, or that probably is.
type Fault struct {
	File         string // the script as the user calls it, a payload file, or "--overrides" and the like
	Line, Column int    // from 1; 0 when the place has no lines
	Path         string // "scenarios[0].flow[2].get.url"; "" when it is the file as a whole
	Message      string // what was found, what was expected, what to do
	Warning      bool   // the script can run nevertheless
}

// Error is "file:line:column: path: message", without the parts that are not known.
func (f Fault) Error() string {
	var b strings.Builder
	b.WriteString(f.File)
	if f.Line > 0 {
		b.WriteByte(':')
		b.WriteString(strconv.Itoa(f.Line))
		if f.Column > 0 {
			b.WriteByte(':')
			b.WriteString(strconv.Itoa(f.Column))
		}
	}
	b.WriteString(": ")
	if f.Warning {
		b.WriteString("warning: ")
	}
	if f.Path != "" {
		b.WriteString(f.Path)
		b.WriteString(": ")
	}
	b.WriteString(f.Message)
	return b.String()
}

// Faults is everything that is wrong with a script, in the order of its lines.
type Faults []Fault

// Error gives each fault a line of its own.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

func (fs Faults) sort() {
	slices.SortStableFunc(fs, func(a, b Fault) int {
		return cmp.Or(
			cmp.Compare(a.File, b.File),
			cmp.Compare(a.Line, b.Line),
			cmp.Compare(a.Column, b.Column),
		)
	})
}

// place is where something is written.
type place struct {
	file string
	pos  Pos
}

// sink collects faults. A value that an alias repeats is told once.
type sink struct {
	strict bool
	faults Faults
	seen   map[Fault]bool
}

func (s *sink) fault(at place, path, format string, args ...any) {
	s.add(at, path, false, fmt.Sprintf(format, args...))
}

func (s *sink) warn(at place, path, format string, args ...any) {
	s.add(at, path, !s.strict, fmt.Sprintf(format, args...))
}

func (s *sink) add(at place, path string, warning bool, message string) {
	f := Fault{File: at.file, Line: at.pos.Line, Column: at.pos.Column, Message: message, Warning: warning}
	if s.seen == nil {
		s.seen = map[Fault]bool{}
	}
	if s.seen[f] && f.Line > 0 {
		return
	}
	s.seen[f] = true
	f.Path = path
	s.faults = append(s.faults, f)
}

// split returns the warnings and the faults proper, each sorted.
func (s *sink) split() (warnings, faults Faults) {
	for _, f := range s.faults {
		if f.Warning {
			warnings = append(warnings, f)
		} else {
			faults = append(faults, f)
		}
	}
	warnings.sort()
	faults.sort()
	return warnings, faults
}

// err returns the faults proper as an error, or nil when there are none.
func (s *sink) err() error {
	if _, faults := s.split(); len(faults) > 0 {
		return faults
	}
	return nil
}
