package script

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"salvo/pkg/template"
)

// responseTimeChecks are the keys of `ensure` that bound a number of all
// response times.
var responseTimeChecks = []string{"min", "max", "median", "p50", "p95", "p99"}

func ensureObject() *object {
	threshold := mapOf("a threshold", decimalText)
	threshold.object.lone = true
	o := &object{name: "`ensure`", closed: true, fields: []field{
		key("thresholds", listOf(threshold), "metrics, each with the number that it has to be below"),
		key("conditions", listOf(anObject(&object{name: "a condition", closed: true, fields: []field{
			key("expression", text, "what has to be true of the metrics").must(),
			key("strict", boolean, "false: the check is shown, but fails nothing"),
		}})), "expressions over metrics that have to be true"),
		key("maxErrorRate", decimalText, "percent of the users that may end before they have completed their scenario"),
	}}
	for _, name := range responseTimeChecks {
		o.fields = append(o.fields, key(name, decimalText, "milliseconds that this number of all response times has to be below"))
	}
	return o
}

// ensure reads the checks, in the order in which Artillery makes them.
func (b *builder) ensure(root, config *node) []Check {
	n, path := config.present("ensure"), "config.ensure"
	if listed := config.present("plugins").presentIn("ensure"); n == nil {
		n, path = listed, "config.plugins.ensure"
	} else if listed != nil && len(listed.members) > 0 {
		b.warn(listed, "config.plugins.ensure", "has no effect beside `config.ensure`, which is read instead")
	}
	if n == nil || n.kind != kindObject {
		return nil
	}
	for _, m := range n.members {
		if m.value.kind == kindUndefined { // elsewhere a key is then as good as absent; here a check would be
			b.fault(m.value, join(path, m.key), "found %s", m.value.found())
		}
	}
	var checks []Check
	if list := n.present("thresholds"); list != nil {
		for i, item := range list.items {
			if item.kind == kindObject && !item.bad {
				checks = append(checks, b.threshold(item, element(path+".thresholds", i)))
			}
		}
	}
	if list := n.present("conditions"); list != nil {
		names := scenarioMetrics(root)
		for i, item := range list.items {
			if item.kind == kindObject && !item.bad {
				checks = append(checks, b.condition(item, element(path+".conditions", i), names))
			}
		}
	}
	for _, m := range n.members {
		if slices.Contains(responseTimeChecks, m.key) && n.present(m.key) != nil {
			c := b.limit(m.value, join(path, m.key), m.key, "a number of milliseconds, such as 200")
			c.Metric = "http.response_time." + m.key
			checks = append(checks, c)
		}
	}
	if v := n.present("maxErrorRate"); v != nil {
		c := b.limit(v, path+".maxErrorRate", "maxErrorRate", "percent, such as 1 or 0.5")
		c.Kind = CheckErrorRate
		checks = append(checks, c)
	}
	return checks
}

// limit reads a check that is a name and a number.
func (b *builder) limit(n *node, path, name, form string) Check {
	c := Check{Kind: CheckBelow, Strict: true, Pos: n.pos}
	if r, ok := b.number(n, path, form); ok {
		c.Limit, _ = r.Float64()
	}
	c.Text = name + " < " + string(template.AppendNumber(nil, c.Limit))
	return c
}

func (b *builder) threshold(n *node, path string) Check {
	switch len(n.members) {
	case 0:
		b.fault(n, path, "an empty threshold: expected a metric and a number, such as http.response_time.p95: 200")
		return Check{}
	case 1:
	default:
		second := n.members[1]
		b.sink.fault(second.place, join(path, second.key), "a threshold has one metric, but this one has %s and %s; put `- ` in front of each", quote(n.members[0].key), quote(second.key))
		return Check{}
	}
	m := n.members[0]
	name := strings.TrimSpace(m.key)
	at := join(path, m.key)
	if m.value.bad {
		return Check{}
	}
	c := b.limit(m.value, at, name, "a number, such as 200")
	c.Metric = name
	switch reason := misnamed(name); {
	case reason != "":
		b.sink.fault(m.place, at, "%s", reason)
	case isCalculation(name):
		b.sink.warn(m.place, at, "this is taken for the name of one metric; a calculation goes under `conditions`, as `- expression: \"%s\"`", c.Text)
	}
	return c
}

var calculation = regexp.MustCompile(` [-+*/%^] |\(`)

// isCalculation tells whether a name could be meant as several, with operators
// between them.
func isCalculation(name string) bool {
	if slices.ContainsFunc([]string{endpointPrefix, "errors.", createdByName}, func(prefix string) bool { return strings.HasPrefix(name, prefix) }) {
		return false
	}
	_, _, _, err := compileCheck(name, func(string) bool { return false })
	return err == nil && calculation.MatchString(name)
}

func (b *builder) condition(n *node, path string, names map[string]bool) Check {
	c := Check{Kind: CheckCondition, Strict: true, Pos: n.pos, names: names}
	if v := n.present("strict"); v != nil {
		c.Strict = v.yes
	}
	v := n.present("expression")
	if v == nil {
		return c
	}
	at := path + ".expression"
	c.Expression, c.Pos = strings.TrimSpace(v.text), v.pos
	if c.Text = c.Expression; v.template != "" {
		c.Text = strings.TrimSpace(v.template) // what was filled in may be a secret
	}
	_, metrics, doubts, err := compileCheck(c.Expression, func(name string) bool { return names[name] })
	if err != nil {
		b.badCondition(v, at, err)
		return c
	}
	for _, name := range metrics {
		if reason := misnamed(name); reason != "" {
			b.fault(v, at, "%s", reason)
		}
	}
	for _, doubt := range doubts {
		b.warn(v, at, "%s", doubt)
	}
	return c
}

func (b *builder) badCondition(n *node, path string, err error) {
	n.bad = true
	serr := (*template.SyntaxError)(nil)
	if !errors.As(err, &serr) {
		b.sink.fault(n.place, path, "the expression does not compile: %v", err)
		return
	}
	lead := len(n.text) - len(strings.TrimLeftFunc(n.text, unicode.IsSpace))
	shown := quote(n.text)
	if n.template != "" {
		shown = quote(n.template)
	}
	advice := ""
	if rest := strings.TrimSpace(n.text)[serr.Offset:]; rest != "" && !strings.ContainsAny(rest[:1], "=)(,") {
		advice = "; a metric whose name has other characters in it than letters, digits, dots, _ and $ stands in single quotes"
	}
	b.sink.fault(n.inside(lead+serr.Offset), path, "the expression %s does not compile: %s%s", shown, serr.Msg, advice)
}

// scenarioMetrics are the names that expressions may have without quotes though
// nothing was recorded under them.
func scenarioMetrics(root *node) map[string]bool {
	names := map[string]bool{failedSpecs: true}
	if all := root.present("scenarios"); all != nil {
		for _, item := range all.items {
			if name := item.presentIn("name"); name != nil {
				names[createdByName+name.scalarText()] = true
			}
		}
	}
	return names
}

// Compile compiles the expression of a CheckCondition, and returns the names of
// the metrics in it. Where several names could be meant at one place, it is the
// longest that recorded holds for. Metrics are looked up in the expression's
// scope by their whole names.
func (c *Check) Compile(recorded func(metric string) bool) (e *template.Expr, metrics []string, err error) {
	e, metrics, _, err = compileCheck(c.Expression, func(name string) bool { return c.names[name] || recorded(name) })
	if err != nil {
		return nil, nil, fmt.Errorf("compiling %s: %w", quote(c.Text), err)
	}
	return e, metrics, nil
}
