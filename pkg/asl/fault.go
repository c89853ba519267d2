package asl

import (
	"fmt"
	"regexp"
	"strings"
)

// Fault is one thing that is wrong with a definition.
type Fault struct {
	Path    string // of the field, such as States.Split.Retry[0].ErrorEquals
	Message string
}

// Error implements error.
func (f Fault) Error() string {
	if f.Path == "" {
		return f.Message
	}
	return f.Path + ": " + f.Message
}

// Faults is everything that is wrong with a definition.
type Faults []Fault

// Error implements error: a fault a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.Error()
	}
	return strings.Join(lines, "\n")
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// join is the path of a field of what is at the path at.
func join(at, name string) string {
	switch {
	case !plainName.MatchString(name):
		return fmt.Sprintf("%s[%q]", at, name)
	case at == "":
		return name
	}
	return at + "." + name
}

// index is the path of an element of the list at the path at.
func index(at string, i int) string { return fmt.Sprintf("%s[%d]", at, i) }
