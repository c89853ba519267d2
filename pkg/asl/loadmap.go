package asl

import (
	"slices"
	"strings"
)

// mapping reads what only a Map has.
func (l *loader) mapping(o *object) *mapping {
	m := &mapping{items: o.reference("ItemsPath")}
	if o.has("Parameters") {
		o.get("Parameters")
		o.fault("Parameters", "is the old name of a Map's ItemSelector, and is not supported")
	}
	l.inMap++
	m.itemFields = o.template("ItemSelector")
	l.inMap--
	l.itemProcessor(o, m)

	o.exclusive("MaxConcurrency", "MaxConcurrencyPath")
	m.concurrency = o.integer("MaxConcurrency", 0, maxItems, 0)
	m.concurrencyPath = o.reference("MaxConcurrencyPath")

	distributed := []string{"ItemReader", "ResultWriter", "Label",
		"ToleratedFailureCount", "ToleratedFailureCountPath",
		"ToleratedFailurePercentage", "ToleratedFailurePercentagePath"}
	if !m.distributed {
		for _, name := range distributed {
			if o.get(name) != nil {
				o.fault(name, "is only for a Map whose ProcessorConfig.Mode is DISTRIBUTED")
			}
		}
		return m
	}
	o.exclusive("ToleratedFailureCount", "ToleratedFailureCountPath")
	o.exclusive("ToleratedFailurePercentage", "ToleratedFailurePercentagePath")
	o.exclusive("ItemReader", "ItemsPath")
	m.tolerated = o.integer("ToleratedFailureCount", 0, maxItems, 0)
	m.toleratedPath = o.reference("ToleratedFailureCountPath")
	m.toleratedPercent = o.decimal("ToleratedFailurePercentage", 0, 100, 0)
	m.percentPath = o.reference("ToleratedFailurePercentagePath")
	if m.label = o.text("Label"); len([]rune(m.label)) > maxLabelLength || strings.ContainsAny(m.label, " <>{}[]?*\"#%\\^|~`$&,;:/") {
		o.fault("Label", "must have at most %d characters, and none of the special ones", maxLabelLength)
	}
	if n := o.get("ItemReader"); n != nil {
		l.itemReader(l.object(n), m)
	}
	if n := o.get("ResultWriter"); n != nil {
		w := l.object(n)
		m.writer = l.connector(w, "arn:aws:states:::s3:putObject", "Bucket", "Prefix")
		w.done()
	}
	return m
}

func (l *loader) itemProcessor(o *object, m *mapping) {
	n := o.get("ItemProcessor")
	if n == nil {
		if !o.has("Iterator") {
			o.fault("ItemProcessor", "is missing")
		}
		m.processor = &processor{states: map[string]*state{}}
		return
	}
	p := l.object(n)
	p.text("Comment")
	if c := p.get("ProcessorConfig"); c != nil {
		config := l.object(c)
		m.distributed = config.oneOf("Mode", "INLINE", "DISTRIBUTED") == "DISTRIBUTED"
		switch {
		case m.distributed:
			config.oneOf("ExecutionType", "STANDARD", "EXPRESS")
			if !config.has("ExecutionType") {
				config.fault("ExecutionType", "is missing")
			}
		case config.get("ExecutionType") != nil:
			config.fault("ExecutionType", "is only for the mode DISTRIBUTED")
		}
		config.done()
	}
	// The states of a distributed Map run in executions of their own, which
	// know nothing of the Map.
	outer := l.inMap
	if m.distributed {
		l.inMap = 0
	} else {
		l.inMap++
	}
	m.processor = l.processor(p)
	l.inMap = outer
	p.done()
}

func (l *loader) itemReader(o *object, m *mapping) {
	m.reader = l.connector(o, "arn:aws:states:::s3:getObject", "Bucket", "Key")
	n := o.get("ReaderConfig")
	if n == nil {
		o.fault("ReaderConfig", "is missing")
	} else {
		config := l.object(n)
		config.oneOf("InputType", "JSON")
		if !config.has("InputType") {
			config.fault("InputType", "is missing")
		}
		config.exclusive("MaxItems", "MaxItemsPath")
		m.maxItems = config.integer("MaxItems", 1, maxItems, 0)
		m.maxItemsPath = config.reference("MaxItemsPath")
		config.done()
	}
	o.done()
}

// connector reads a Resource and its Parameters, which have the named fields
// and no others.
func (l *loader) connector(o *object, resource string, fields ...string) *connector {
	c := &connector{resource: o.oneOf("Resource", resource), parameters: o.template("Parameters")}
	if !o.has("Resource") {
		o.fault("Resource", "is missing")
	}
	n := o.get("Parameters")
	if n == nil {
		o.fault("Parameters", "is missing")
		return c
	}
	for _, f := range n.fields {
		if !slices.Contains(fields, strings.TrimSuffix(f.name, ".$")) {
			l.fault(f.value.at, "unknown field")
		}
	}
	for _, name := range fields {
		if !slices.ContainsFunc(n.fields, func(f member) bool { return strings.TrimSuffix(f.name, ".$") == name }) {
			l.fault(n.at, "%s is missing", name)
		}
	}
	return c
}
