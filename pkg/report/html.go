package report

import (
	"bufio"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

//go:embed page.html
var pageText string

var pageTemplate = template.Must(template.New("page").Funcs(template.FuncMap{
	"n":        grouped,
	"ms":       oneDecimal,
	"offset":   offset,
	"duration": duration,
	"clean":    clean,
	"found":    func(c Check) string { return c.found() },
	"class":    func(e Endpoint, digit string) int64 { return class(e.Codes, digit[0]) },
	"label":    func(p PhaseResult) string { return p.label() },
	"rate":     func(p PhaseResult) string { return p.rate() },
	"time":     func(t time.Time) string { return t.UTC().Format("15:04:05") },
	"share":    share,
	"errors":   func(p Period) int64 { return sum(p.Errors) },
	"quantile": func(v *float64) string {
		if v == nil {
			return "–"
		}
		return oneDecimal(*v)
	},
}).Parse(pageText))

// page is what page.html shows.
type page struct {
	*Report
	Title     string
	Outcome   string
	Passed    bool
	Alarms    []string
	Origin    []string // one line of what, when and where
	Tiles     []tile
	Times     *Summary
	Charts    []drawing
	Hover     hover
	Dist      template.HTML
	Codes     []Count
	ErrorList []Count

	Scenarios   []scenario // of a sampling run
	FailureList []failed
	Missing     []note
	Apdex       string
	Sections    []section
	Counters    []Count
	Rates       []Count
	Histograms  []named
	Identity    string

	// MostWindows is how many windows a browser should have to lay out.
	MostWindows int
}

// tile is one number of the head of the page.
type tile struct {
	Name, Value, Class string
	Notes              []string
}

type drawing struct {
	ID, Title, Unit, Note string
	Legend                []line
	SVG                   template.HTML
}

// hover is what the page's script needs to read a chart at a point.
type hover struct {
	Left   float64           `json:"left"`
	Right  float64           `json:"right"`
	Width  float64           `json:"width"`
	From   float64           `json:"from"`
	To     float64           `json:"to"`
	Edges  Points            `json:"edges"`
	Charts map[string][]line `json:"charts"`
}

type section struct {
	Name string
	*Period
	Codes  []Count
	Errors []Count
}

// failed is a failure of a sampling run as the page shows it.
type failed struct {
	Failure
	Lines []string
	Place string
}

type named struct {
	Name string
	Summary
}

// WriteHTML writes the report as one page that needs nothing else: no other
// file, no network, and no script but for reading values off the charts.
func (r *Report) WriteHTML(w io.Writer) error {
	out := bufio.NewWriter(w)
	if err := pageTemplate.Execute(out, r.page()); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("writing the page: %w", err)
	}
	return nil
}

func (r *Report) page() page {
	p := page{
		Report:    r,
		Title:     clean(r.Run.Script),
		Outcome:   spaced(r.Run.Outcome),
		Passed:    r.Run.Passed(),
		Alarms:    r.alarms(),
		Origin:    r.origin(),
		Tiles:     r.tiles(),
		Times:     r.responseTimes(),
		Dist:      r.drawDistribution(),
		Codes:     r.codes(),
		ErrorList: ranked(r.Aggregate.Errors),
		Missing:   r.missing(),
		Apdex:     r.apdex(),
		Identity:  r.identity(),
		Scenarios: r.scenarios(),

		MostWindows: 1000,
	}
	if p.Title == "" {
		p.Title = "Load test"
	}
	if charts, t := r.charts(); t != nil {
		p.Hover = hover{plotLeft, plotRight, chartWidth, t.from, t.to, t.edges, map[string][]line{}}
		for i := range charts {
			c := &charts[i]
			p.Hover.Charts[c.ID] = c.Lines
			p.Charts = append(p.Charts, drawing{c.ID, c.Title, c.Unit, c.Note, c.Lines, t.draw(c)})
		}
	}
	if r.Analysis != nil {
		for _, f := range r.Failures {
			p.FailureList = append(p.FailureList, failed{f, f.What(), strings.Join(slices.DeleteFunc([]string{f.Step, f.place(), f.about()}, func(s string) bool { return s == "" }), ", ")})
		}
	}
	for _, s := range []section{{Name: "before", Period: r.Before}, {Name: "after", Period: r.After}} {
		if s.Period != nil {
			s.Codes, s.Errors = ranked(s.Period.Codes), ranked(s.Period.Errors)
			p.Sections = append(p.Sections, s)
		}
	}
	p.Counters, p.Rates = r.sorted(r.Aggregate.Counters), r.sorted(r.Aggregate.Rates)
	for _, name := range slices.Sorted(maps.Keys(r.Aggregate.Summaries)) {
		if !r.Run.ofEndpoint(name) {
			p.Histograms = append(p.Histograms, named{clean(name), r.Aggregate.Summaries[name]})
		}
	}
	return p
}

func (r *Report) sorted(counts map[string]int64) []Count {
	var out []Count
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if !r.Run.ofEndpoint(name) {
			out = append(out, Count{clean(name), counts[name]})
		}
	}
	return out
}

func (r *Report) origin() []string {
	var parts []string
	if r.Run.Environment != "" {
		parts = append(parts, clean(r.Run.Environment))
	}
	if !r.Run.Start.IsZero() {
		parts = append(parts, r.Run.Start.UTC().Format("2 January 2006, 15:04:05 MST"))
	}
	parts = append(parts, duration(r.Run.PlannedDuration)+" of load")
	if r.Run.Chunks > 0 {
		parts = append(parts, plural(int64(r.Run.MaxWorkers), "worker")+" at once")
	}
	return parts
}

// tiles are the first things that one wants to know, but for response times.
func (r *Report) tiles() []tile {
	users := tile{Name: "Virtual users", Value: grouped(r.Run.Created)}
	users.Notes = append(users.Notes, "of "+grouped(r.Run.Planned)+" planned", grouped(r.Aggregate.ScenariosCompleted)+" completed")
	for _, p := range []struct {
		n    int64
		what string
	}{
		{r.Failed(), "failed"}, {r.Run.Interrupted, "interrupted"}, {r.Run.Skipped, "skipped over maxVusers"},
		{r.Run.Missed, "missed"}, {r.Run.Unaccounted, r.unaccounted()},
	} {
		if p.n != 0 {
			users.Notes = append(users.Notes, grouped(p.n)+" "+p.what)
		}
	}

	requests := tile{Name: "Requests", Value: grouped(r.Aggregate.RPS.Count)}
	if mean := r.Aggregate.RPS.Mean; mean != nil {
		requests.Notes = append(requests.Notes, decimal(*mean)+"/s on average", top(r.Series.Requests)+"/s at most")
	}
	requests.Notes = append(requests.Notes, plural(r.Aggregate.RequestsCompleted, "response"))

	total := sum(r.Aggregate.Errors)
	errors := tile{Name: "Errors", Value: grouped(total), Class: "good"}
	if total > 0 {
		errors.Class = "bad"
	}
	errors.Notes = append(errors.Notes, share(r.Failed(), r.Run.Created)+" of users failed")
	if n := class(r.Aggregate.Codes, '4'); n > 0 {
		errors.Notes = append(errors.Notes, plural(n, "response")+" 4xx")
	}
	if n := class(r.Aggregate.Codes, '5'); n > 0 {
		errors.Notes = append(errors.Notes, plural(n, "response")+" 5xx")
	}
	return []tile{users, requests, errors}
}

// share is n of total in per cent; what is little is not nothing.
func share(n, total int64) string {
	switch {
	case n <= 0 || total <= 0:
		return "0 %"
	case n*1000 < total:
		return "< 0.1 %"
	case n < total && n*1000 > total*999:
		return "> 99.9 %"
	}
	return decimal(100*float64(n)/float64(total)) + " %"
}
