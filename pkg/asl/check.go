package asl

// check finds what is wrong with the way from state to state.
func (l *loader) check(m *Machine) {
	l.checkNames(m)
	l.checkProcessor("", m.top)
	m.top.all(func(s *state) {
		if s.each != nil {
			l.checkProcessor(join(s.at, "ItemProcessor"), s.each.processor)
		}
	})
}

// checkNames holds that a name means one state in the whole machine: events and
// the console know states by name alone.
func (l *loader) checkNames(m *Machine) {
	first := map[string]string{}
	m.top.all(func(s *state) {
		if at, ok := first[s.name]; ok {
			l.fault(s.at, "the name %q is taken by %s", s.name, at)
			return
		}
		first[s.name] = s.at
	})
}

func (l *loader) checkProcessor(at string, p *processor) {
	if p.startAt != "" && p.states[p.startAt] == nil {
		l.fault(join(at, "StartAt"), "there is no state %q", p.startAt)
	}
	for _, name := range p.order {
		s := p.states[name]
		s.targets(func(field, target string) {
			if p.states[target] == nil {
				l.fault(s.at+"."+field, "there is no state %q", target)
			}
		})
	}
	reached := p.reachable()
	ends := false
	for _, name := range p.order {
		s := p.states[name]
		if !reached[name] {
			l.fault(s.at, "no state leads here")
		}
		ends = ends || reached[name] && (s.end || s.kind == "Succeed" || s.kind == "Fail")
	}
	if !ends {
		l.fault(join(at, "States"), "no state ends the way that begins at %q", p.startAt)
	}
}

func (p *processor) reachable() map[string]bool {
	reached := map[string]bool{}
	waiting := []string{p.startAt}
	for len(waiting) > 0 {
		name := waiting[0]
		waiting = waiting[1:]
		s := p.states[name]
		if s == nil || reached[name] {
			continue
		}
		reached[name] = true
		s.targets(func(_, target string) { waiting = append(waiting, target) })
	}
	return reached
}
