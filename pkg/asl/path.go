package asl

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// path is a JSONPath: steps down from the input ($) or from the context object
// ($$). Filters and functions are not part of it.
type path struct {
	source  string
	context bool
	steps   []step
}

// step selects children of a node. A deep one first takes the node and all its
// descendants.
type step struct {
	kind    stepKind
	deep    bool
	names   []string // byName
	indices []int    // byIndex; negative ones count from the end
	slice   slice    // bySlice
}

type stepKind int

const (
	byName stepKind = iota
	byIndex
	bySlice
	byWildcard
)

// slice selects from, from+by, ... before to, as in other JSONPath dialects;
// absent bounds are nil.
type slice struct {
	from, to *int
	by       int
}

// parsePath reads a whole path.
func parsePath(s string) (*path, error) {
	p, rest, err := scanPath(s)
	if err != nil {
		return nil, err
	}
	if rest != "" {
		return nil, fmt.Errorf("bad path %q: unexpected %q", s, rest)
	}
	return p, nil
}

// scanPath reads the path that s begins with, and returns what follows it.
func scanPath(s string) (*path, string, error) {
	p := &path{}
	rest, ok := strings.CutPrefix(s, "$")
	if !ok {
		return nil, s, fmt.Errorf("bad path %q: it must begin with $", s)
	}
	rest, p.context = strings.CutPrefix(rest, "$")
	for rest != "" {
		var st step
		var err error
		switch {
		case strings.HasPrefix(rest, ".."):
			rest = rest[2:]
			if !strings.HasPrefix(rest, "[") {
				st, rest, err = scanName(rest)
			} else {
				st, rest, err = scanBracket(rest)
			}
			st.deep = true
		case rest[0] == '.':
			st, rest, err = scanName(rest[1:])
		case rest[0] == '[':
			st, rest, err = scanBracket(rest)
		default:
			p.source = s[:len(s)-len(rest)]
			return p, rest, nil
		}
		if err != nil {
			return nil, s, fmt.Errorf("bad path %q: %w", s, err)
		}
		p.steps = append(p.steps, st)
	}
	p.source = s
	return p, "", nil
}

func scanName(s string) (step, string, error) {
	if rest, ok := strings.CutPrefix(s, "*"); ok {
		return step{kind: byWildcard}, rest, nil
	}
	n := 0
	for n < len(s) {
		r, size := utf8.DecodeRuneInString(s[n:])
		if r == utf8.RuneError || r != '_' && r != '-' && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			break
		}
		n += size
	}
	if n == 0 {
		return step{}, s, fmt.Errorf("a field name is missing before %q", s)
	}
	if strings.HasPrefix(s[n:], "(") {
		return step{}, s, fmt.Errorf("the function %s() is not supported", s[:n])
	}
	return step{kind: byName, names: []string{s[:n]}}, s[n:], nil
}

// scanBracket reads ['name'], ['a','b'], [0], [0,2], [1:3] or [*].
func scanBracket(s string) (step, string, error) {
	inner := strings.TrimLeft(s[1:], " ")
	switch {
	case strings.HasPrefix(inner, "*"):
		rest, ok := strings.CutPrefix(strings.TrimLeft(inner[1:], " "), "]")
		if !ok {
			return step{}, s, fmt.Errorf("] is missing after [*")
		}
		return step{kind: byWildcard}, rest, nil
	case strings.HasPrefix(inner, "?"):
		return step{}, s, fmt.Errorf("filters are not supported")
	case strings.HasPrefix(inner, "("):
		return step{}, s, fmt.Errorf("computed indices are not supported")
	case strings.HasPrefix(inner, "'"), strings.HasPrefix(inner, `"`):
		return scanQuoted(s, inner)
	}
	body, rest, ok := strings.Cut(inner, "]")
	if !ok {
		return step{}, s, fmt.Errorf("] is missing")
	}
	if strings.Contains(body, ":") {
		st, err := parseSlice(body)
		return st, rest, err
	}
	st := step{kind: byIndex}
	for part := range strings.SplitSeq(body, ",") {
		i, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil {
			return step{}, s, fmt.Errorf("bad index [%s]", body)
		}
		st.indices = append(st.indices, i)
	}
	return st, rest, nil
}

func scanQuoted(s, inner string) (step, string, error) {
	st := step{kind: byName}
	for {
		if inner == "" || inner[0] != '\'' && inner[0] != '"' {
			return step{}, s, fmt.Errorf("a quoted field name is missing")
		}
		name, rest, err := unquoteName(inner)
		if err != nil {
			return step{}, s, err
		}
		st.names = append(st.names, name)
		rest = strings.TrimLeft(rest, " ")
		switch {
		case strings.HasPrefix(rest, "]"):
			return st, rest[1:], nil
		case strings.HasPrefix(rest, ","):
			inner = strings.TrimLeft(rest[1:], " ")
		default:
			return step{}, s, fmt.Errorf("] is missing after %q", name)
		}
	}
}

func unquoteName(s string) (name, rest string, err error) {
	quote := s[0]
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		switch {
		case s[i] == quote:
			return b.String(), s[i+1:], nil
		case s[i] == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
		default:
			b.WriteByte(s[i])
		}
	}
	return "", s, fmt.Errorf("unclosed quote %c", quote)
}

func parseSlice(body string) (step, error) {
	parts := strings.Split(body, ":")
	st := step{kind: bySlice, slice: slice{by: 1}}
	if len(parts) > 3 {
		return step{}, fmt.Errorf("bad slice [%s]", body)
	}
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if part == "" {
			continue
		}
		n, err := strconv.Atoi(part)
		if err != nil || i == 2 && n < 1 {
			return step{}, fmt.Errorf("bad slice [%s]", body)
		}
		switch i {
		case 0:
			st.slice.from = &n
		case 1:
			st.slice.to = &n
		case 2:
			st.slice.by = n
		}
	}
	return st, nil
}

// definite tells whether the path means at most one value. The others give a
// list of all they find.
func (p *path) definite() bool {
	return !slices.ContainsFunc(p.steps, func(s step) bool {
		return s.deep || len(s.names)+len(s.indices) != 1
	})
}

// reference tells whether the path is a reference path: one that may be
// written to as well.
func (p *path) reference() bool {
	return p.definite() && !slices.ContainsFunc(p.steps, func(s step) bool {
		return s.kind == byIndex && s.indices[0] < 0
	})
}

// find is the value that the path means in root. A path that is not definite
// is always found: it means a list, which may be empty.
func (p *path) find(root any) (any, bool) {
	nodes := []any{root}
	for _, s := range p.steps {
		var next []any
		for _, n := range nodes {
			if s.deep {
				next = s.descend(next, n)
			} else {
				next = s.children(next, n)
			}
		}
		nodes = next
	}
	if !p.definite() {
		return append([]any{}, nodes...), true
	}
	if len(nodes) == 0 {
		return nil, false
	}
	return nodes[0], true
}

func (s step) descend(found []any, node any) []any {
	found = s.children(found, node)
	switch node := node.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(node)) {
			found = s.descend(found, node[name])
		}
	case []any:
		for _, item := range node {
			found = s.descend(found, item)
		}
	}
	return found
}

func (s step) children(found []any, node any) []any {
	switch node := node.(type) {
	case map[string]any:
		switch s.kind {
		case byName:
			for _, name := range s.names {
				if v, ok := node[name]; ok {
					found = append(found, v)
				}
			}
		case byWildcard:
			for _, name := range slices.Sorted(maps.Keys(node)) {
				found = append(found, node[name])
			}
		}
	case []any:
		switch s.kind {
		case byIndex:
			for _, i := range s.indices {
				if i < 0 {
					i += len(node)
				}
				if i >= 0 && i < len(node) {
					found = append(found, node[i])
				}
			}
		case bySlice:
			from, to := s.slice.bounds(len(node))
			for i := from; i < to; i += s.slice.by {
				found = append(found, node[i])
				if s.slice.by > to-i {
					break
				}
			}
		case byWildcard:
			found = append(found, node...)
		}
	}
	return found
}

func (s slice) bounds(length int) (from, to int) {
	clamp := func(n *int, absent int) int {
		switch {
		case n == nil:
			return absent
		case *n < 0:
			return max(*n+length, 0)
		}
		return min(*n, length)
	}
	return clamp(s.from, 0), clamp(s.to, length)
}

// put returns root with value where the reference path points. Fields that are
// missing on the way are made; root itself is not changed.
func (p *path) put(root, value any) (any, error) {
	out, err := put(root, true, p.steps, value)
	if err != nil {
		return nil, found(ErrorResultPath, "%s cannot be set: %v", p.source, err)
	}
	return out, nil
}

func put(node any, there bool, steps []step, value any) (any, error) {
	if len(steps) == 0 {
		return value, nil
	}
	s := steps[0]
	if s.kind == byIndex {
		list, ok := node.([]any)
		i := s.indices[0]
		if !ok || i >= len(list) {
			return nil, fmt.Errorf("the input has no element [%d] there", i)
		}
		child, err := put(list[i], true, steps[1:], value)
		if err != nil {
			return nil, err
		}
		list = slices.Clone(list)
		list[i] = child
		return list, nil
	}
	object, ok := node.(map[string]any)
	if !ok && there {
		return nil, fmt.Errorf("what should hold the field %q is no object", s.names[0])
	}
	old, has := object[s.names[0]]
	child, err := put(old, has, steps[1:], value)
	if err != nil {
		return nil, err
	}
	object = maps.Clone(object)
	if object == nil {
		object = map[string]any{}
	}
	object[s.names[0]] = child
	return object, nil
}

// checkContext tells what is wrong with a path into the context object. Those
// fields are known beforehand, so that a misspelt one need not wait until it is
// reached.
func (p *path) checkContext(inMap bool) error {
	if !p.context || len(p.steps) == 0 || p.steps[0].kind != byName {
		return nil
	}
	fields := map[string][]string{
		"Execution":    {"Id", "Input", "Name", "RedriveCount", "RoleArn", "StartTime"},
		"State":        {"EnteredTime", "Name", "RetryCount"},
		"StateMachine": {"Id", "Name"},
	}
	if inMap {
		fields["Map"] = []string{"Item"}
	}
	first := p.steps[0].names[0]
	known, ok := fields[first]
	switch {
	case first == "Map" && !ok:
		return fmt.Errorf("%s: only an ItemSelector and the states of an inline Map have $$.Map", p.source)
	case !ok:
		return fmt.Errorf("%s: the context object has no %q", p.source, first)
	case len(p.steps) == 1:
		return nil
	}
	second := p.steps[1]
	if second.kind == byName && !slices.Contains(known, second.names[0]) {
		return fmt.Errorf("%s: the context object has no %s.%s", p.source, first, second.names[0])
	}
	if first == "Map" && len(p.steps) > 2 && p.steps[2].kind == byName &&
		!slices.Contains([]string{"Index", "Value"}, p.steps[2].names[0]) {
		return fmt.Errorf("%s: the context object has no Map.Item.%s", p.source, p.steps[2].names[0])
	}
	return nil
}
