package asl

import "math"

// handlers reads Retry and Catch.
func (l *loader) handlers(o *object, s *state) {
	retriers := o.objects("Retry")
	for i, r := range retriers {
		s.retry = append(s.retry, l.retrier(r, i == len(retriers)-1))
	}
	catchers := o.objects("Catch")
	for i, c := range catchers {
		s.catch = append(s.catch, l.catcher(c, i == len(catchers)-1))
	}
}

func (l *loader) retrier(o *object, last bool) *retrier {
	o.text("Comment")
	r := &retrier{
		errors:   l.errorEquals(o, last),
		interval: seconds(o.integer("IntervalSeconds", 1, maxSeconds, 1)),
		attempts: o.integer("MaxAttempts", 0, maxAttempts, 3),
		backoff:  o.decimal("BackoffRate", 1, math.Inf(1), 2),
		maxDelay: seconds(o.integer("MaxDelaySeconds", 1, maxRetrySeconds, 0)),
		jitter:   o.oneOf("JitterStrategy", "NONE", "FULL") == "FULL",
	}
	if r.maxDelay > 0 && r.maxDelay < r.interval {
		o.fault("MaxDelaySeconds", "must not be less than IntervalSeconds")
	}
	o.done()
	return r
}

func (l *loader) catcher(o *object, last bool) *catcher {
	o.text("Comment")
	c := &catcher{
		errors:     l.errorEquals(o, last),
		next:       o.needText("Next"),
		resultPath: o.resultPath("ResultPath"),
	}
	o.done()
	return c
}

// errorEquals reads the error names of a retrier or a catcher. Those are tried
// in order, so the one for all errors must be the last.
func (l *loader) errorEquals(o *object, last bool) []string {
	n := o.get("ErrorEquals")
	if n == nil || n.kind != listNode || len(n.items) == 0 {
		o.fault("ErrorEquals", "must be a list with at least one error name")
		return nil
	}
	var names []string
	for _, item := range n.items {
		name, ok := item.value.(string)
		if !ok || name == "" {
			l.fault(item.at, "must be an error name")
			continue
		}
		switch {
		case name != ErrorAll:
		case len(n.items) > 1:
			l.fault(item.at, "States.ALL must stand alone")
		case !last:
			l.fault(item.at, "States.ALL must be in the last element: those after it would never be tried")
		}
		names = append(names, name)
	}
	return names
}

func (l *loader) choice(o *object) *choice {
	c := &choice{}
	rules := o.objects("Choices")
	if !o.has("Choices") {
		o.fault("Choices", "is missing")
	}
	for _, r := range rules {
		rule := l.rule(r, true)
		c.rules = append(c.rules, rule)
	}
	if o.has("Default") {
		c.fallback = o.needText("Default")
	}
	return c
}

// rule reads a choice rule. Only the outermost ones have a Next.
func (l *loader) rule(o *object, top bool) *rule {
	r := &rule{}
	o.text("Comment")
	if top {
		r.next = o.needText("Next")
	}
	switch {
	case o.has("And"):
		r.and = l.rules(o, "And")
	case o.has("Or"):
		r.or = l.rules(o, "Or")
	case o.has("Not"):
		r.not = l.rule(l.object(o.get("Not")), false)
	default:
		l.comparison(o, r)
	}
	o.done()
	return r
}

func (l *loader) rules(o *object, name string) []*rule {
	rules := []*rule{}
	for _, part := range o.objects(name) {
		rules = append(rules, l.rule(part, false))
	}
	return rules
}

func (l *loader) comparison(o *object, r *rule) {
	if r.variable = o.reference("Variable"); !o.has("Variable") {
		o.fault("Variable", "is missing")
	}
	found := ""
	for _, f := range o.fields {
		op, withPath, ok := parseOperator(f.name)
		switch {
		case !ok:
			continue
		case found != "":
			o.get(f.name)
			o.fault(f.name, "a rule has one comparison, and this one has %s", found)
			continue
		}
		found = f.name
		r.operator = op
		if withPath {
			r.path = o.reference(f.name)
			continue
		}
		r.constant = o.get(f.name).plain()
		if err := op.checkConstant(r.constant); err != nil {
			l.fault(f.value.at, "%v", err)
		}
	}
	if found == "" {
		l.fault(o.at, "a comparison such as StringEquals is missing")
	}
}
