package script

import (
	"strings"

	"salvo/pkg/template"
)

func (b *builder) scenarios(root *node) []Scenario {
	n := root.present("scenarios")
	if n == nil {
		return nil
	}
	if len(n.items) == 0 {
		b.fault(n, "scenarios", "an empty list: a script needs at least one scenario with a `flow`")
	}
	var all []Scenario
	weighed := false
	for i, item := range n.items {
		if item.kind != kindObject || item.bad {
			weighed = true
			continue
		}
		s := b.scenario(item, element("scenarios", i))
		weight, static := s.Weight.Static()
		weighed = weighed || !static || weight != any(0.0) || item.get("weight").isBad()
		all = append(all, s)
	}
	if len(n.items) > 0 && !weighed && b.loader.opts.Scenario == "" {
		b.fault(n, "scenarios", "every scenario has the weight 0, so none would ever run; give at least one a weight above 0")
	}
	if len(all) < len(n.items) {
		return all // one that cannot be read may be the one that is wanted
	}
	return b.choose(all)
}

func (n *node) isBad() bool { return n != nil && n.bad }

// section reads `before` or `after`.
func (b *builder) section(root *node, key string) *Scenario {
	n := root.present(key)
	if n == nil {
		return nil
	}
	s := b.scenario(n, key)
	return &s
}

func (b *builder) scenario(n *node, path string) Scenario {
	s := Scenario{Pos: n.pos, Path: path, Source: n.value(), Weight: b.static(1.0)}
	if v := n.present("name"); v != nil {
		s.Name = v.scalarText()
	}
	if v := n.present("weight"); v != nil {
		s.Weight = b.weight(v, path+".weight")
	}
	s.BeforeScenario = b.hooks(n, "beforeScenario", path)
	s.AfterScenario = b.hooks(n, "afterScenario", path)
	b.ofRequests = requestHooks{
		before: b.hooks(n, "beforeRequest", path), after: b.hooks(n, "afterResponse", path), failed: b.hooks(n, "onError", path),
	}
	if flow := n.present("flow"); flow != nil {
		if len(flow.items) == 0 {
			b.warn(flow, path+".flow", "an empty flow: users of this scenario do nothing")
		}
		s.Flow = b.flow(flow, path+".flow")
	}
	return s
}

// static is the template of a value that has no templates in it.
func (b *builder) static(v any) *template.Template {
	t, err := template.Compile(v, b.funcs)
	if err != nil {
		b.sink.fault(place{file: b.loader.display()}, "", "%v", err)
	}
	return t
}

func (b *builder) weight(n *node, path string) *template.Template {
	if n.kind == kindText && strings.Contains(n.text, "{{") {
		return b.template(n, path)
	}
	r, ok := b.number(n, path, "a number, such as 3, or a template")
	if !ok {
		return b.static(1.0)
	}
	if r.Sign() < 0 {
		b.fault(n, path, "expected a weight of at least 0, found %s; 0 never runs", n.found())
		return b.static(1.0)
	}
	f, _ := r.Float64()
	return b.static(f)
}

// flow reads steps; lists among them are flattened.
func (b *builder) flow(n *node, path string) []Step {
	var steps []Step
	for i, item := range n.items {
		at := element(path, i)
		switch {
		case item.bad:
		case item.kind == kindList:
			steps = append(steps, b.flow(item, at)...)
		case item.kind == kindObject:
			steps = append(steps, b.step(item, at))
		}
	}
	return steps
}

func (b *builder) step(n *node, path string) Step {
	s := Step{File: n.file, Pos: n.pos, Path: path}
	if v := n.present("loop"); v != nil {
		s.Loop = b.loop(n, v, path)
		return s
	}
	for _, m := range n.members {
		v, at := n.present(m.key), join(path, m.key)
		if v == nil {
			continue
		}
		switch f := schemaStep.field(m.key); {
		case f == nil || !f.action || f.status != supported:
		case m.key == "think":
			s.Think = b.think(v, at)
			if jitter := n.present("jitter"); jitter != nil {
				s.Think.Jitter = b.jitter(jitter, path+".jitter")
			}
		case m.key == "log":
			s.Log = b.template(v, at)
		case m.key == "function":
			s.Function = b.functionName(v, at)
		case m.key == "parallel":
			s.Parallel = b.parallel(n, v, path)
		default:
			s.Request = b.request(v, m.key, at)
		}
	}
	return s
}

func (b *builder) think(n *node, path string) *Think {
	t := &Think{Value: b.template(n, path), Jitter: b.thinkJitter}
	if v, static := t.Value.Static(); static {
		if _, err := ParseDuration(v); err != nil {
			b.fault(n, path, "%s; found %s", durationForm, n.found())
		}
	}
	return t
}

// defaultParallel is how many steps of a `parallel` run at once that does not say.
const defaultParallel = 100

func (b *builder) parallel(n, steps *node, path string) *Parallel {
	p := &Parallel{Limit: defaultParallel}
	p.Steps = b.flow(steps, path+".parallel")
	if len(p.Steps) == 0 && len(steps.items) == 0 {
		b.fault(steps, path+".parallel", "a parallel without steps; write them below `parallel`, each with a `- ` in front")
	}
	if v := n.present("limit"); v != nil {
		if v.kind == kindText && strings.Contains(v.text, "{{") {
			b.fault(v, path+".limit", "`limit` is the same for all users: write a number, not a template; found %s", v.found())
			return p
		}
		p.Limit = b.whole(v, path+".limit", 1, "a number of steps that run at once, at least 1")
	}
	return p
}

func (b *builder) loop(n, steps *node, path string) *Loop {
	l := &Loop{LoopValue: "$loopCount", LoopElement: "$loopElement"}
	l.Steps = b.flow(steps, path+".loop")
	if len(l.Steps) == 0 && len(steps.items) == 0 {
		b.fault(steps, path+".loop", "a loop without steps; write them below `loop`, each with a `- ` in front")
	}
	if v := n.present("loopValue"); v != nil {
		l.LoopValue = v.text
	}
	if v := n.present("loopElement"); v != nil {
		l.LoopElement = v.text
	}
	if v := n.present("count"); v != nil {
		l.Count = b.count(v, path+".count")
	}
	if v := n.present("over"); v != nil {
		b.over(v, path+".over", l)
	}
	if v := n.present("whileTrue"); v != nil {
		l.WhileTrue = b.functionName(v, path+".whileTrue")
	}
	l.Endless = l.Count == nil && l.Over == nil && l.OverName == "" && l.WhileTrue == ""
	return l
}

// count warns of a text that is neither a number nor a range: it is no round.
func (b *builder) count(n *node, path string) *template.Template {
	t := b.template(n, path)
	if v, static := t.Static(); static {
		if _, ok := ratOf(v); !ok && !isRange(n.text) {
			b.warn(n, path, "expected a number of rounds, such as 3, or a range, such as \"2-5\" for 2, 3 and 4; with %s the loop does nothing", n.found())
		}
	}
	return t
}

func isRange(s string) bool {
	from, to, ok := strings.Cut(s, "-")
	_, first := ratOf(from)
	_, last := ratOf(to)
	return ok && first && last
}

func (b *builder) over(n *node, path string, l *Loop) {
	switch {
	case n.kind == kindList:
		l.Over = b.template(n, path)
	case n.text == "":
		b.fault(n, path, "expected a list or the name of a variable that holds one, found an empty text")
	case strings.Contains(n.text, "{{"):
		b.fault(n, path, "`over` takes the name of the variable alone: write %s without {{ }}", quote(strings.Trim(n.text, "{} ")))
	default:
		l.OverName = n.text
	}
}
