package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// observation is what one tool did with one script, without what differs from
// run to run. Its YAML is what golden files hold and what cases correct.
type observation struct {
	Case        string             `yaml:"case,omitempty"` // checksum of what was run
	Exit        int                `yaml:"exit,omitempty"`
	Hangs       bool               `yaml:"hangs,omitempty"` // it never ended
	Said        []string           `yaml:"said,omitempty"`  // why there was nothing to report
	Counters    map[string]float64 `yaml:"counters,omitempty"`
	Rates       []string           `yaml:"rates,omitempty"`
	Histograms  map[string]string  `yaml:"histograms,omitempty"` // how many values; which ones, of the script's own
	Endpoints   map[string]float64 `yaml:"endpoints,omitempty"`
	Connections int                `yaml:"connections,omitempty"`
	Requests    []string           `yaml:"requests,omitempty"` // of a run with one user, in order
	Users       [][]string         `yaml:"users,omitempty"`    // of a run with more: those of each connection
	Gaps        []int              `yaml:"gaps,omitempty"`     // ms from one request to the next, in steps of 100
}

// document is what both tools' reports have in common.
type document struct {
	Run struct {
		Missed            int64
		EndpointNamespace string
	}
	Aggregate aggregate
	Endpoints []struct {
		Name          string
		Codes, Errors map[string]float64
	}
}

// aggregate is measured over the whole load; all are its keys as they were
// written.
type aggregate struct {
	all       map[string]any
	Counters  map[string]*float64
	Rates     map[string]*float64
	Summaries map[string]struct{ Count, Min, Max float64 }
}

func (a *aggregate) UnmarshalJSON(data []byte) error {
	type plain aggregate
	return errors.Join(json.Unmarshal(data, &a.all), json.Unmarshal(data, (*plain)(a)))
}

// timed are the histograms of times, which are never the same twice.
var timed = regexp.MustCompile(`^(http|vusers|websocket|socketio)\.|\.response_time\.`)

const endpointCounters = "plugins.metrics-by-endpoint."

// observe makes an observation of a tool's report and of what the server saw.
func (c *testCase) observe(report []byte, seen []request, addr string) (*observation, *document, error) {
	o := &observation{}
	var doc document
	if report != nil {
		if err := json.Unmarshal(report, &doc); err != nil {
			return nil, nil, fmt.Errorf("the report: %w", err)
		}
	}
	name := func(s string) string { return nameless(s, addr) }
	o.Counters, o.Endpoints, o.Histograms = map[string]float64{}, map[string]float64{}, map[string]string{}
	for k, v := range doc.Aggregate.Counters {
		n := math.NaN() // Artillery's null
		if v != nil {
			n = *v
		}
		switch {
		case strings.HasPrefix(k, "salvo."):
		case strings.HasPrefix(k, endpointCounters):
			o.Endpoints[name(strings.TrimPrefix(k, endpointCounters))] = n
		default:
			o.Counters[name(k)] = n
		}
	}
	for _, e := range doc.Endpoints {
		if doc.Run.EndpointNamespace != "" {
			break // they are among the counters of both tools
		}
		for code, n := range e.Codes {
			o.Endpoints[name(e.Name)+".codes."+code] = n
		}
		for key, n := range e.Errors {
			o.Endpoints[name(e.Name)+".errors."+key] = n
		}
	}
	for k := range doc.Aggregate.Rates {
		o.Rates = append(o.Rates, k)
	}
	slices.Sort(o.Rates)
	for k, s := range doc.Aggregate.Summaries {
		switch {
		case strings.HasPrefix(k, "salvo."), strings.HasPrefix(k, endpointCounters):
		case timed.MatchString(k):
			o.Histograms[k] = fmt.Sprint(s.Count)
		default:
			o.Histograms[k] = fmt.Sprintf("%v of %v to %v", s.Count, s.Min, s.Max)
		}
	}

	conns := map[int]int{} // which connection is which user, by the first request
	var gaps []int
	for i, r := range seen {
		if _, ok := conns[r.conn]; !ok {
			conns[r.conn] = len(o.Users)
			o.Users = append(o.Users, nil)
		}
		text, err := c.render(&r, addr)
		if err != nil {
			return nil, nil, err
		}
		u := conns[r.conn]
		o.Users[u] = append(o.Users[u], text)
		o.Requests = append(o.Requests, text)
		if i > 0 {
			gaps = append(gaps, int(r.at.Sub(seen[i-1].at).Round(100*time.Millisecond)/time.Millisecond))
		}
	}
	o.Connections = len(conns)
	const manyRequests = 200 // a case that needs more is one that never ends
	if len(o.Requests) > manyRequests {
		return nil, nil, fmt.Errorf("%d requests", len(o.Requests))
	}
	if c.Gaps {
		o.Gaps = gaps
	}
	if o.Counters["vusers.created"] > 1 {
		o.Requests = nil
		if c.Unordered {
			for _, u := range o.Users {
				slices.Sort(u)
			}
			slices.SortFunc(o.Users, slices.Compare)
		}
	} else {
		o.Users = nil
		if c.Unordered {
			slices.Sort(o.Requests)
		}
	}
	return o, &doc, nil
}

// usual are the headers that both tools send by themselves. They are compared
// where a case says `headers`, and left out elsewhere.
var usual = map[string]*regexp.Regexp{
	"user-agent":               regexp.MustCompile(`^(Artillery \(https://artillery\.io\)|got \(https://github\.com/sindresorhus/got\)|Salvo/\S+)$`),
	"accept-encoding":          regexp.MustCompile(`^gzip, deflate, br$`),
	"connection":               regexp.MustCompile(`^(?i)keep-alive$`),
	"sec-websocket-key":        regexp.MustCompile(``),
	"sec-websocket-version":    regexp.MustCompile(`^13$`),
	"sec-websocket-extensions": regexp.MustCompile(``),
}

// render writes a request as text: the first line, the headers by name, the
// body.
func (c *testCase) render(r *request, addr string) (string, error) {
	var lines []string
	body := string(r.body)
	if _, boundary, ok := strings.Cut(r.header("content-type"), "boundary="); ok {
		boundary = strings.Trim(boundary, `"`)
		body = strings.ReplaceAll(body, boundary, "<boundary>")
		r.headers = slices.Clone(r.headers)
		for i := range r.headers {
			r.headers[i][1] = strings.ReplaceAll(r.headers[i][1], boundary, "<boundary>")
		}
	}
	there := map[string]bool{}
	for _, h := range r.headers {
		name, value := h[0], h[1]
		lower := strings.ToLower(name)
		there[lower] = true
		if !c.Headers {
			name = lower
			if rx := usual[lower]; rx != nil && rx.MatchString(value) {
				continue
			}
			if lower == "host" && value == addr {
				continue
			}
			if lower == "content-length" && len(r.body) > 0 && value == strconv.Itoa(len(r.body)) {
				continue
			}
		} else if lower == "user-agent" && usual[lower].MatchString(value) {
			value = "<the tool's>"
		}
		lines = append(lines, name+": "+value)
	}
	if !there["accept-encoding"] && !there["upgrade"] {
		lines = append(lines, "accept-encoding: (none)")
	}
	slices.SortStableFunc(lines, func(a, b string) int {
		a, _, _ = strings.Cut(a, ":")
		b, _, _ = strings.Cut(b, ":")
		return strings.Compare(strings.ToLower(a), strings.ToLower(b))
	})
	text := strings.Join(append([]string{r.line}, lines...), "\n")
	if body != "" {
		text += "\n\n" + body
	}
	text = nameless(printable(text), addr)
	for _, m := range c.Mask {
		rx, err := regexp.Compile(m)
		if err != nil {
			return "", err
		}
		text = rx.ReplaceAllStringFunc(text, func(s string) string { return fmt.Sprintf("<%d drawn>", len(s)) })
	}
	return strings.ReplaceAll(text, "\r\n", "\n"), nil
}

// printable writes bytes that are not UTF-8 as \xNN.
func printable(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			fmt.Fprintf(&b, `\x%02x`, s[0])
		} else {
			b.WriteString(s[:n])
		}
		s = s[n:]
	}
	return b.String()
}

// nameless takes the server's address, which is another in each run, out of a
// text.
func nameless(s, addr string) string {
	s = strings.ReplaceAll(s, addr, "${HOST}")
	return strings.ReplaceAll(s, addr[strings.LastIndexByte(addr, ':'):], ":${PORT}")
}

// overlay lays what a case says of Salvo over what Artillery did: the entries
// of mappings one by one, null taking one away; everything else as a whole.
func overlay(o *observation, over *yaml.Node) (*observation, error) {
	var base, top map[string]any
	text, err := yaml.Marshal(o)
	if err != nil {
		return nil, err
	}
	if err := yaml.Unmarshal(text, &base); err != nil {
		return nil, err
	}
	if over.Kind != 0 {
		if err := over.Decode(&top); err != nil {
			return nil, err
		}
	}
	for k, v := range top {
		entries, ok := v.(map[string]any)
		if !ok {
			if base[k] = v; v == nil {
				delete(base, k)
			}
			continue
		}
		into, ok := base[k].(map[string]any)
		if !ok {
			into = map[string]any{}
			base[k] = into
		}
		for name, value := range entries {
			if into[name] = value; value == nil {
				delete(into, name)
			}
		}
	}
	if text, err = yaml.Marshal(base); err != nil {
		return nil, err
	}
	merged := &observation{}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(merged); err != nil {
		return nil, fmt.Errorf("what Salvo does: %w", err)
	}
	return merged, nil
}

// overlayFor is what overlay needs to make one observation of another: what a
// case has to say of Salvo, to be held against docs/compatibility.md.
func overlayFor(got, want *observation) (string, error) {
	var g, w map[string]any
	for _, side := range []struct {
		text string
		into *map[string]any
	}{{got.text(), &g}, {want.text(), &w}} {
		if err := yaml.Unmarshal([]byte(side.text), side.into); err != nil {
			return "", err
		}
	}
	over := map[string]any{}
	for k := range w {
		if _, ok := g[k]; !ok {
			over[k] = nil
		}
	}
	for k, v := range g {
		entries, isMap := v.(map[string]any)
		old, wasMap := w[k].(map[string]any)
		switch {
		case reflect.DeepEqual(v, w[k]):
		case isMap && wasMap:
			changed := map[string]any{}
			for name := range old {
				if _, ok := entries[name]; !ok {
					changed[name] = nil
				}
			}
			for name, n := range entries {
				if !reflect.DeepEqual(n, old[name]) {
					changed[name] = n
				}
			}
			over[k] = changed
		default:
			over[k] = v
		}
	}
	if said, ok := over["said"].([]any); ok {
		for i := range said {
			if words := strings.SplitAfterN(fmt.Sprint(said[i]), " ", 8); len(words) == 8 {
				said[i] = strings.TrimSpace(strings.Join(words[:7], "")) + "..."
			}
		}
	}
	text, err := yaml.Marshal(map[string]any{"salvo": over})
	return string(text), err
}

// text is how two observations are compared.
func (o *observation) text() string {
	plain := *o
	plain.Case = ""
	for i := range plain.Requests {
		plain.Requests[i] = strings.TrimRight(plain.Requests[i], "\n")
	}
	for _, u := range plain.Users {
		for i := range u {
			u[i] = strings.TrimRight(u[i], "\n")
		}
	}
	data, err := yaml.Marshal(&plain)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return string(data)
}

// sameGaps tells whether pauses agree, as far as a busy machine lets a server
// see them.
func sameGaps(got, want []int) bool {
	if len(got) != len(want) {
		return false
	}
	for i := range got {
		if got[i] < want[i]*2/3 || got[i] > want[i]+800 {
			return false
		}
	}
	return true
}

// compare says how an observation differs from the one that is wanted, a line
// for each line that only one of them has; "" when it does not.
func compare(got, want *observation) string {
	g := *got
	if sameGaps(g.Gaps, want.Gaps) {
		g.Gaps = want.Gaps
	}
	if len(g.Said) == len(want.Said) {
		g.Said = slices.Clone(g.Said)
		for i, w := range want.Said {
			// A case pins what is said no further than it has to.
			if start, ok := strings.CutSuffix(w, "..."); ok && strings.HasPrefix(g.Said[i], start) {
				g.Said[i] = w
			}
		}
	}
	return lineDiff(g.text(), want.text())
}

// lineDiff marks the lines that only one text has, in the order of the longest
// common subsequence.
func lineDiff(got, want string) string {
	if got == want {
		return ""
	}
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	length := make([][]int, len(a)+1)
	for i := range length {
		length[i] = make([]int, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(a) || j < len(b); {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			if strings.HasSuffix(a[i], ":") && !strings.HasPrefix(a[i], " ") {
				fmt.Fprintf(&out, "   %s\n", a[i])
			}
			i, j = i+1, j+1
		case j == len(b) || i < len(a) && length[i+1][j] >= length[i][j+1]:
			fmt.Fprintf(&out, "  -%s\n", a[i])
			i++
		default:
			fmt.Fprintf(&out, "  +%s\n", b[j])
			j++
		}
	}
	return "  - wanted, + got\n" + out.String()
}

// golden is a file with what Artillery did with the cases of one table.
type golden struct {
	Artillery string
	Cases     map[string]*observation
}

func readGolden(file string) (*golden, error) {
	data, err := os.ReadFile(file)
	if os.IsNotExist(err) {
		return &golden{Cases: map[string]*observation{}}, nil
	}
	if err != nil {
		return nil, err
	}
	g := &golden{}
	if err := yaml.Unmarshal(data, g); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return g, nil
}

func (g *golden) write(file string) error {
	var buf bytes.Buffer
	buf.WriteString("# What Artillery does; written by go test ./test/conformance -record\n")
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(g); err != nil {
		return err
	}
	return os.WriteFile(file, buf.Bytes(), 0o644)
}
