package script

import (
	"fmt"
	"strings"

	"salvo/pkg/template"
)

// dump writes down everything that can be seen of a script, so that two of them
// can be compared and a golden file can hold one.
func dump(s *Script) string {
	d := &dumper{}
	d.line("file %s", s.File)
	d.line("limits %+v lead set %v", s.Limits, s.LeadSet)
	d.config(&s.Config)
	for i := range s.Scenarios {
		d.scenario(&s.Scenarios[i])
	}
	for _, section := range []*Scenario{s.Before, s.After} {
		if section != nil {
			d.scenario(section)
		}
	}
	return d.String()
}

type dumper struct {
	strings.Builder
	indent string
}

func (d *dumper) line(format string, args ...any) {
	fmt.Fprintf(d, d.indent+format+"\n", args...)
}

func (d *dumper) inside(f func()) {
	outer := d.indent
	d.indent += "  "
	f()
	d.indent = outer
}

func show(v any) string {
	if v == template.Undefined {
		return "undefined"
	}
	return string(template.AppendJSON(nil, v))
}

func source(t *template.Template) string {
	if t == nil {
		return "none"
	}
	return show(t.Source())
}

func (d *dumper) pairs(name string, pairs []Pair) {
	for _, p := range pairs {
		d.line("%s %s: %s", name, p.Name, source(p.Value))
	}
}

func (d *dumper) config(c *Config) {
	d.line("config target %q environment %q statsInterval %d", c.Target, c.Environment, c.StatsInterval)
	d.inside(func() {
		d.line("variables %s", show(c.Variables))
		d.line("tls {RejectUnauthorized:%v} timeout %v pool %d http2 %v strictCapture %v",
			c.TLS.RejectUnauthorized, c.HTTP.Timeout, c.HTTP.Pool, c.HTTP.HTTP2, c.HTTP.StrictCapture)
		if tls := c.TLS; tls.Certificate != nil || len(tls.Authorities) > 0 || tls.ServerName != "" || tls.MinVersion|tls.MaxVersion != 0 || tls.CipherSuites != nil {
			own := 0
			if tls.Certificate != nil {
				own = len(tls.Certificate.Certificate)
			}
			d.line("tls authorities %d certificates %d name %q versions %x to %x suites %x",
				len(tls.Authorities), own, tls.ServerName, tls.MinVersion, tls.MaxVersion, tls.CipherSuites)
		}
		if c.HTTP.ExtendedMetrics || c.HTTP.Tracing != nil {
			d.line("extended metrics %v tracing %+v", c.HTTP.ExtendedMetrics, c.HTTP.Tracing)
		}
		d.pairs("header", c.HTTP.Headers)
		d.pairs("cookie", c.HTTP.Cookies)
		for _, p := range c.Phases {
			d.line("phase %q %v duration %s from %s to %s maxVusers %d poisson %v %s",
				p.Name, p.Pos, p.Duration.RatString(), p.From.RatString(), p.To.RatString(), p.MaxVusers, p.Poisson, p.Source)
		}
		for _, p := range c.Payload {
			rows := make([]any, len(p.Rows))
			for i, row := range p.Rows {
				rows[i] = row
			}
			p.Rows = nil
			d.line("payload %+v rows %s", p, show(rows))
		}
		for _, c := range c.Ensure {
			d.line("check %v kind %d %q metric %q limit %v expression %q strict %v", c.Pos, c.Kind, c.Text, c.Metric, c.Limit, c.Expression, c.Strict)
		}
		if c.Apdex.Set {
			d.line("apdex %v", c.Apdex.Threshold)
		}
	})
}

func (d *dumper) scenario(s *Scenario) {
	d.line("%s %v name %q weight %s", s.Path, s.Pos, s.Name, source(s.Weight))
	d.inside(func() { d.steps(s.Flow) })
}

func (d *dumper) steps(steps []Step) {
	for i := range steps {
		s := &steps[i]
		switch {
		case s.Request != nil:
			d.line("%s %v", s.Path, s.Pos)
			d.inside(func() { d.request(s.Request) })
		case s.Think != nil:
			jitter := ""
			if s.Think.Jitter != nil {
				jitter = fmt.Sprintf(" jitter %+v", *s.Think.Jitter)
			}
			d.line("%s %v think %s%s", s.Path, s.Pos, source(s.Think.Value), jitter)
		case s.Log != nil:
			d.line("%s %v log %s", s.Path, s.Pos, source(s.Log))
		case s.Parallel != nil:
			d.line("%s %v parallel limit %d", s.Path, s.Pos, s.Parallel.Limit)
			d.inside(func() { d.steps(s.Parallel.Steps) })
		case s.Loop != nil:
			l := s.Loop
			d.line("%s %v loop count %s over %s %q value %s element %s endless %v",
				s.Path, s.Pos, source(l.Count), source(l.Over), l.OverName, l.LoopValue, l.LoopElement, l.Endless)
			d.inside(func() { d.steps(l.Steps) })
		}
	}
}

func (d *dumper) request(r *Request) {
	d.line("%s %s name %s redirects %v gzip %v timeout %v", r.Method, source(r.URL), source(r.Name), r.FollowRedirect, r.Gzip, r.Timeout)
	if r.Probability != nil {
		d.line("probability %v", *r.Probability)
	}
	if r.IfTrue != nil {
		d.line("ifTrue %+v", r.IfTrue.Value(emptyScope{}))
	}
	d.line("json %s body %s form %v", source(r.JSON), source(r.Body), r.Form != nil)
	if r.Auth != nil {
		d.line("auth %s %s", source(r.Auth.User), source(r.Auth.Pass))
	}
	d.pairs("header", r.Headers)
	d.pairs("cookie", r.Cookies)
	d.pairs("form", r.Form)
	for _, p := range r.FormData {
		d.line("part %s: %s type %s file %q %q", p.Name, source(p.Value), source(p.ContentType), p.FileName, p.File)
	}
	d.pairs("qs", r.QS)
	for _, c := range r.Captures {
		strict := "default"
		if c.Strict != nil {
			strict = fmt.Sprint(*c.Strict)
		}
		d.line("capture %v %s as %q (%s) strict %s multiple %v", c.Pos, extractText(&c.Extract), c.AsText, c.As, strict, c.Multiple)
	}
	for _, m := range r.Matches {
		d.line("match %v %s value %s strict %v", m.Pos, extractText(&m.Extract), source(m.Value), m.Strict)
	}
}

func extractText(e *Extract) string {
	if e.Regexp != nil {
		return fmt.Sprintf("regexp %q compiled %q right-to-left %v group %v", e.Source, e.Regexp, e.Regexp.RightToLeft(), e.Group)
	}
	if e.Kind == FromSelector {
		return fmt.Sprintf("selector %q expr %s attr %q index %d", e.Source, source(e.Expr), e.Attr, e.Index)
	}
	return fmt.Sprintf("kind %d %q expr %s", e.Kind, e.Source, source(e.Expr))
}
