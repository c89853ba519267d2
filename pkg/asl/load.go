package asl

import (
	"fmt"
	"strings"
	"time"
)

// loader makes a Machine of a definition, and collects everything that is wrong
// with it on the way.
type loader struct {
	faults Faults
	inMap  int // how many Maps are around, whose $$.Map is there
}

func (l *loader) fault(at, format string, args ...any) {
	l.faults = append(l.faults, Fault{at, fmt.Sprintf(format, args...)})
}

// Load reads and checks a definition. Each ${Name} in its texts is replaced by
// the substitution of that name; it is no fault when a substitution is not
// used. The error is Faults when the definition is JSON.
func Load(definition []byte, substitutions map[string]string) (*Machine, error) {
	root, faults, err := parseNodes(definition, substitutions)
	if err != nil {
		return nil, err
	}
	l := &loader{faults: faults}
	m := l.machine(root)
	l.check(m)
	if len(l.faults) > 0 {
		return nil, l.faults
	}
	return m, nil
}

func (l *loader) machine(n *node) *Machine {
	o := l.object(n)
	m := &Machine{}
	o.text("Comment")
	o.oneOf("Version", "1.0")
	l.queryLanguage(o)
	m.timeout = seconds(o.integer("TimeoutSeconds", 1, maxSeconds, 0))
	m.top = l.processor(o)
	o.done()
	return m
}

func seconds(n int) time.Duration { return time.Duration(n) * time.Second }

func (l *loader) queryLanguage(o *object) { o.oneOf("QueryLanguage", "JSONPath") }

// processor reads StartAt and States.
func (l *loader) processor(o *object) *processor {
	p := &processor{startAt: o.needText("StartAt"), states: map[string]*state{}}
	n := o.get("States")
	if n == nil || n.kind != objectNode || len(n.fields) == 0 {
		o.fault("States", "must be an object with at least one state")
		return p
	}
	for _, f := range n.fields {
		s := l.state(f.name, f.value)
		p.states[f.name] = s
		p.order = append(p.order, f.name)
	}
	return p
}

func (l *loader) state(name string, n *node) *state {
	o := l.object(n)
	s := &state{name: name, at: n.at, kind: o.needText("Type")}
	if name == "" || len([]rune(name)) > maxNameLength {
		l.fault(n.at, "a state's name has 1 to %d characters", maxNameLength)
	}
	o.text("Comment")
	l.queryLanguage(o)
	switch s.kind {
	case "Task":
		l.flow(o, s)
		l.results(o, s)
		s.task = l.task(o)
		l.handlers(o, s)
	case "Pass":
		l.flow(o, s)
		s.parameters = o.template("Parameters")
		s.resultPath = o.resultPath("ResultPath")
		if r := o.get("Result"); r != nil {
			v := r.plain()
			s.result = &v
		}
	case "Wait":
		l.flow(o, s)
		s.wait = l.wait(o)
	case "Choice":
		s.input, s.output = o.filter("InputPath"), o.filter("OutputPath")
		s.choice = l.choice(o)
	case "Succeed":
		s.input, s.output = o.filter("InputPath"), o.filter("OutputPath")
	case "Fail":
		s.fail = l.fail(o)
	case "Map":
		l.flow(o, s)
		s.selector = o.template("ResultSelector")
		s.resultPath = o.resultPath("ResultPath")
		s.each = l.mapping(o)
		l.handlers(o, s)
	case "Parallel":
		o.fault("Type", "Parallel is not supported")
		return s
	case "":
		return s
	default:
		o.fault("Type", "there is no state type %q", s.kind)
		return s
	}
	o.done()
	return s
}

// flow reads what all states have that go on to another.
func (l *loader) flow(o *object, s *state) {
	s.input, s.output = o.filter("InputPath"), o.filter("OutputPath")
	s.end = o.truth("End")
	if o.has("Next") {
		s.next = o.needText("Next")
	}
	if s.end == o.has("Next") {
		l.fault(s.at, "must have either Next or End: true")
	}
}

func (l *loader) results(o *object, s *state) {
	s.parameters = o.template("Parameters")
	s.selector = o.template("ResultSelector")
	s.resultPath = o.resultPath("ResultPath")
}

func (l *loader) task(o *object) *task {
	o.exclusive("TimeoutSeconds", "TimeoutSecondsPath")
	return &task{
		resource:    o.needText("Resource"),
		timeout:     seconds(o.integer("TimeoutSeconds", 1, maxSeconds, 0)),
		timeoutPath: o.reference("TimeoutSecondsPath"),
	}
}

func (l *loader) wait(o *object) *wait {
	kinds := []string{"Seconds", "SecondsPath", "Timestamp", "TimestampPath"}
	o.exclusive(kinds...)
	w := &wait{secondsPath: o.reference("SecondsPath"), timestampPath: o.reference("TimestampPath")}
	if o.has("Seconds") {
		d := seconds(o.integer("Seconds", 0, maxSeconds, 0))
		w.seconds = &d
	}
	if n := o.get("Timestamp"); n != nil {
		t, ok := timestamp(n.value)
		if !ok {
			o.fault("Timestamp", "must be a time such as 2006-01-02T15:04:05Z")
		}
		w.until = &t
	}
	if !o.has(kinds[0]) && !o.has(kinds[1]) && !o.has(kinds[2]) && !o.has(kinds[3]) {
		l.fault(o.at, "must have %s", enumerate(kinds))
	}
	return w
}

func (l *loader) fail(o *object) *fail {
	o.exclusive("Error", "ErrorPath")
	o.exclusive("Cause", "CausePath")
	return &fail{
		name:      o.text("Error"),
		cause:     o.text("Cause"),
		namePath:  o.expression("ErrorPath"),
		causePath: o.expression("CausePath"),
	}
}

func (l *loader) path(at, s string) *path {
	p, err := parsePath(s)
	if err == nil {
		err = p.checkContext(l.inMap > 0)
	}
	if err != nil {
		l.fault(at, "%v", err)
		return nil
	}
	return p
}

func (l *loader) expression(at, s string) *expression {
	e, err := parseExpression(s)
	if err != nil {
		l.fault(at, "%v", err)
		return nil
	}
	e.paths(func(p *path) {
		if err := p.checkContext(l.inMap > 0); err != nil {
			l.fault(at, "%v", err)
		}
	})
	return e
}

// template compiles a payload template.
func (l *loader) template(n *node) *template {
	t := &template{fixed: true}
	switch n.kind {
	case objectNode:
		names := map[string]bool{}
		for _, f := range n.fields {
			field := templateField{}
			name, filled := strings.CutSuffix(f.name, ".$")
			field.name = name
			if filled {
				field.value = &template{value: l.filled(f.value)}
			} else {
				field.value = l.template(f.value)
			}
			if names[name] {
				l.fault(f.value.at, "the field %q is there with and without .$", name)
			}
			names[name] = true
			t.fixed = t.fixed && field.value.fixed
			t.fields = append(t.fields, field)
		}
	case listNode:
		for _, item := range n.items {
			part := l.template(item)
			t.fixed = t.fixed && part.fixed
			t.items = append(t.items, part)
		}
	}
	if t.fixed {
		t = &template{fixed: true, constant: n.plain()}
	}
	return t
}

func (l *loader) filled(n *node) *expression {
	s, ok := n.value.(string)
	if !ok {
		l.fault(n.at, "a field whose name ends in .$ must be a path or an intrinsic function")
		return nil
	}
	return l.expression(n.at, s)
}
