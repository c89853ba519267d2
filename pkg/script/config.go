package script

import (
	"math"
	"math/big"
	"strings"
	"time"

	"salvo/pkg/template"
)

// builder makes a Script of a document that was held against the schema. It
// passes over what the schema refused and tells what the schema cannot: values
// out of range, templates and expressions that do not compile.
type builder struct {
	sink   *sink
	loader *loader
	funcs  template.Funcs

	relative    []relativeURL     // the requests that need a target
	thinkJitter *Jitter           // of the thinks that do not say
	unusable    map[string]error  // functions that need options and have none
	oldNames    map[string]string // functions by older names that were not told of yet
	expect200   bool              // what is expected of requests that do not say
	scripted    bool              // there is a processor
	ofRequests  requestHooks      // of the scenario that is read
	hooked      []*node           // the names of functions of the processor
}

// requestHooks are the functions that a scenario has called around all its requests.
type requestHooks struct{ before, after, failed []*template.Template }

type relativeURL struct {
	place
	url string
}

func (b *builder) fault(n *node, path, format string, args ...any) {
	n.bad = true
	b.sink.fault(n.place, path, format, args...)
}

func (b *builder) warn(n *node, path, format string, args ...any) {
	b.sink.warn(n.place, path, format, args...)
}

func (b *builder) script(root *node) *Script {
	s := &Script{File: b.loader.display()}
	s.Mode = b.mode(root.present("mode"))
	if split := root.present("_split"); split != nil {
		s.Limits, s.LeadSet = b.limits(split)
	} else {
		s.Limits = DefaultLimits()
	}
	s.Trace = isSet(root.present("_trace"))
	s.Simulation = isSet(root.present("_simulation"))
	config := root.present("config")
	if config == nil {
		config = &node{kind: kindObject, place: root.place}
	}
	b.fakeData(config)
	s.Funcs = b.funcs
	b.scripted = config.present("processor") != nil
	s.Config = b.config(config)
	s.Config.Ensure = b.ensure(root, config)
	s.Scenarios = b.scenarios(root)
	s.Before = b.section(root, "before")
	s.After = b.section(root, "after")
	s.Sampling = b.sampling(root.present("sampling"), s)
	s.Alerts = b.alerts(root.present("alerts"))
	s.SLO = b.slo(root.present("slo"))
	b.target(root, config)
	b.unhooked(s.Config.Processor)
	return s
}

// isSet is how serverless-artillery reads the keys that are on or off.
func isSet(n *node) bool { return n != nil && template.Truthy(n.value()) }

func (b *builder) config(n *node) Config {
	c := Config{
		Variables:     template.NewObject(),
		Environment:   b.loader.opts.Environment,
		StatsInterval: 10,
	}
	if target := n.present("target"); target != nil {
		c.Target = b.targetText(target)
	}
	c.Phases = b.phases(n)
	if variables := n.present("variables"); variables != nil {
		b.variables(variables)
		c.Variables = variables.value().(*template.Object)
	}
	c.Payload = b.payloads(n.present("payload"))
	c.HTTP = b.http(n)
	c.TLS = b.tls(n.present("tls"))
	if v := n.present("statsInterval"); v != nil {
		c.StatsInterval = b.whole(v, "config.statsInterval", 1, "whole seconds, at least 1")
	}
	if engine := n.present("engine"); engine != nil && engine.text != "http" {
		b.fault(engine, "config.engine", "expected http, the only engine of this version of Salvo, found %s", engine.found())
	}
	c.Processor = b.processor(n)
	b.includeFiles(n.present("includeFiles"))
	b.plugins(n.present("plugins"))
	c.Apdex = b.apdex(n)
	c.Endpoints = b.endpoints(n)
	c.Expect = b.expectations(n)
	return c
}

// presentIn is present for a node that may be nil.
func (n *node) presentIn(key string) *node {
	if n == nil || n.kind != kindObject {
		return nil
	}
	return n.present(key)
}

// targetText checks config.target: an absolute URL, or one that a template
// begins.
func (b *builder) targetText(n *node) string {
	b.template(n, "config.target")
	lower := strings.ToLower(n.text)
	switch {
	case n.bad, n.text == "":
	case strings.HasPrefix(n.text, "{{"), strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
	case strings.HasPrefix(lower, "ws://"), strings.HasPrefix(lower, "wss://"):
		b.fault(n, "config.target", "WebSocket is not supported by this version of Salvo: a target begins with http:// or https://, found %s", n.found())
	default:
		b.fault(n, "config.target", "a target begins with http:// or https://, found %s", n.found())
	}
	return n.text
}

// target tells, once for the script, that requests need a target and there is none.
func (b *builder) target(root, config *node) {
	if len(b.relative) == 0 {
		return
	}
	n := config.get("target")
	if n != nil && (n.bad || n.kind == kindText && n.text != "") {
		return
	}
	at, found := config.place, ""
	if n != nil {
		at, found = n.place, n.found()+", and "
	} else if config.bad {
		return
	}
	chosen := b.loader.opts.Environment
	said := "no target specified and no environment chosen: "
	if chosen != "" {
		said = "no target specified: "
	}
	ways := "Write it under `config`, as in `target: \"https://test.example.com\"`, or give it with --target"
	if with := environmentsWithTarget(root); chosen == "" && len(with) > 0 {
		ways += ", or choose one of the environments that have one with -e: " + strings.Join(with, ", ")
	}
	first := b.relative[0]
	b.sink.fault(at, "config.target", "%s%sthe url %s (line %d) needs a target in front, because it begins with /. %s", said, found, quote(first.url), first.pos.Line, ways)
}

func environmentsWithTarget(root *node) []string {
	var names []string
	if all := root.at("config", "environments"); all != nil {
		for _, m := range all.members {
			if m.value.get("target") != nil {
				names = append(names, m.key)
			}
		}
	}
	return names
}

func (b *builder) variables(n *node) {
	for _, m := range n.members {
		path := join("config.variables", m.key)
		if m.value.kind == kindList && len(m.value.items) == 0 {
			b.warn(m.value, path, "an empty list: each user gets one element of a list, and there is none")
		}
		if m.value.kind != kindUndefined {
			b.template(m.value, path)
		}
	}
}

func (b *builder) http(config *node) HTTP {
	n := config.present("http")
	h := HTTP{Timeout: 10 * time.Second, StrictCapture: true}
	if v := n.presentIn("timeout"); v != nil {
		h.Timeout = b.timeout(v, "config.http.timeout")
	}
	if v := config.present("timeout"); v != nil {
		h.Timeout = b.timeout(v, "config.timeout")
	}
	if v := n.presentIn("pool"); v != nil {
		h.Pool = b.whole(v, "config.http.pool", 1, "a number of connections, at least 1")
	}
	if v := n.presentIn("maxSockets"); v != nil {
		h.MaxSockets = b.whole(v, "config.http.maxSockets", 1, "a number of connections, at least 1")
	}
	h.CookieJar = b.cookieJar(n.presentIn("cookieJarOptions"))
	if v := n.presentIn("http2"); v != nil {
		h.HTTP2 = v.yes
	}
	if v := n.presentIn("extendedMetrics"); v != nil {
		h.ExtendedMetrics = v.yes
	}
	if b.loader.opts.Env[extendedMetricsVariable] != "" {
		h.ExtendedMetrics = true
	}
	if v := n.presentIn("distributedTracing"); v != nil {
		h.Tracing = b.tracing(v)
	}
	// The newer place is read last, so that its values win.
	for _, place := range []struct {
		defaults *node
		path     string
	}{{config.present("defaults"), "config.defaults"}, {n.presentIn("defaults"), "config.http.defaults"}} {
		if v := place.defaults.presentIn("headers"); v != nil {
			h.Headers = b.headers(v, place.path+".headers")
		}
		if v := place.defaults.presentIn("cookie"); v != nil {
			h.Cookies = b.cookies(v, place.path+".cookie")
		}
		if v := place.defaults.presentIn("strictCapture"); v != nil {
			h.StrictCapture = v.yes
		}
		if v := place.defaults.presentIn("think").presentIn("jitter"); v != nil {
			b.thinkJitter = b.jitter(v, place.path+".think.jitter")
		}
	}
	return h
}

// plugins refuses every plugin that there is not.
func (b *builder) plugins(n *node) {
	if n == nil {
		return
	}
	for _, m := range n.members {
		path := join("config.plugins", m.key)
		switch {
		case m.key == "ensure", m.key == "apdex", m.key == "expect", m.key == "fake-data", m.key == byEndpoint:
		default:
			b.sink.fault(m.place, path, "the plugin `%s` is not supported by this version of Salvo: leave it out", m.key)
		}
	}
}

// timeout reads a duration that has to be longer than 0.
func (b *builder) timeout(n *node, path string) time.Duration {
	d, err := ParseDuration(n.value())
	switch {
	case err != nil:
		b.fault(n, path, "%s; found %s%s", durationForm, n.found(), userTemplate(n))
	case d == 0:
		b.fault(n, path, "a timeout has to be longer than 0, found %s", n.found())
	}
	return d
}

// number reads a number, or a text that shows one.
func (b *builder) number(n *node, path, form string) (*big.Rat, bool) {
	r, ok := ratOf(n.value())
	if !ok {
		b.fault(n, path, "expected %s, found %s%s", form, n.found(), userTemplate(n))
	}
	return r, ok
}

// whole reads an integer of at least least.
func (b *builder) whole(n *node, path string, least int, form string) int {
	r, ok := b.number(n, path, form)
	if !ok {
		return least
	}
	if !r.IsInt() || r.Cmp(big.NewRat(int64(least), 1)) < 0 || !r.Num().IsInt64() || r.Num().Int64() > math.MaxInt32 {
		b.fault(n, path, "expected %s, found %s", form, n.found())
		return least
	}
	return int(r.Num().Int64())
}

// userTemplate explains why a template is still in a value of config.
func userTemplate(n *node) string {
	if n.kind == kindText && strings.Contains(n.text, "{{") {
		return "; templates are filled here when the script is loaded, from $env, $environment, $testId and --variables only"
	}
	return ""
}
