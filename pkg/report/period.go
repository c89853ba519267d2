package report

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"salvo/pkg/metrics"
)

// Period is the report of a stretch of time: the whole load (`aggregate`), one
// window of it (`intermediate`), or a section (`before`, `after`). It holds
// Artillery 1's keys first and then Artillery 2's, with the meaning that they
// have there.
type Period struct {
	Timestamp          time.Time            `json:"timestamp"` // of a window: its end
	ScenariosCreated   int64                `json:"scenariosCreated"`
	ScenariosCompleted int64                `json:"scenariosCompleted"`
	RequestsCompleted  int64                `json:"requestsCompleted"` // responses
	Latency            Quantiles            `json:"latency"`           // of http.response_time
	RPS                RPS                  `json:"rps"`
	ScenarioDuration   Quantiles            `json:"scenarioDuration"`
	ScenarioCounts     map[string]int64     `json:"scenarioCounts"`
	Errors             map[string]int64     `json:"errors"`
	Codes              map[string]int64     `json:"codes"`
	Matches            int64                `json:"matches"`
	CustomStats        map[string]Quantiles `json:"customStats"`

	// Counters are Artillery 2's; they hold those of Artillery 1.6 too, which
	// are the script's own.
	Counters         map[string]int64 `json:"counters"`
	ScenariosAvoided int64            `json:"scenariosAvoided"`

	Concurrency     *int64            `json:"concurrency,omitempty"`     // users at the end; windows only
	PendingRequests *int64            `json:"pendingRequests,omitempty"` // likewise
	Phases          []json.RawMessage `json:"phases,omitempty"`          // as in the script; aggregate only

	Period           WindowStart        `json:"period"`
	Rates            map[string]int64   `json:"rates"`
	FirstCounterAt   int64              `json:"firstCounterAt,omitempty"` // epoch milliseconds, as all of these
	FirstHistogramAt int64              `json:"firstHistogramAt,omitempty"`
	LastCounterAt    int64              `json:"lastCounterAt,omitempty"`
	LastHistogramAt  int64              `json:"lastHistogramAt,omitempty"`
	FirstMetricAt    int64              `json:"firstMetricAt,omitempty"`
	LastMetricAt     int64              `json:"lastMetricAt,omitempty"`
	Summaries        map[string]Summary `json:"summaries"`
}

// RPS counts the requests that were sent; Mean is per second and null when there
// were none.
type RPS struct {
	Count int64    `json:"count"`
	Mean  *float64 `json:"mean"`
}

// WindowStart is when a window starts, in epoch milliseconds. As in Artillery 2
// it is a string in windows and a number in the aggregate, where it names the
// last window.
type WindowStart struct {
	Milliseconds int64
	Quoted       bool
}

// MarshalJSON writes a number or a string.
func (w WindowStart) MarshalJSON() ([]byte, error) {
	text := strconv.FormatInt(w.Milliseconds, 10)
	if w.Quoted {
		text = `"` + text + `"`
	}
	return []byte(text), nil
}

// UnmarshalJSON reads both.
func (w *WindowStart) UnmarshalJSON(data []byte) error {
	text := string(data)
	w.Quoted = len(text) >= 2 && text[0] == '"' && text[len(text)-1] == '"'
	if w.Quoted {
		text = text[1 : len(text)-1]
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return fmt.Errorf("period: want milliseconds, found %s", data)
	}
	w.Milliseconds = n
	return nil
}

// newPeriod reports one cell. Rates are the window's own: those of a longer
// period come from its windows.
func newPeriod(cell *metrics.Cell, names metrics.Endpoints, timestamp time.Time) Period {
	p := Period{
		Timestamp:          timestamp.UTC(),
		ScenariosCreated:   cell.Counters[metrics.VusersCreated],
		ScenariosCompleted: cell.Counters[metrics.VusersCompleted],
		RequestsCompleted:  cell.Counters[metrics.HTTPResponses],
		ScenarioCounts:     stripped(cell.Counters, metrics.VusersCreatedByNamePrefix),
		Errors:             stripped(cell.Counters, metrics.ErrorsPrefix),
		Codes:              stripped(cell.Counters, metrics.HTTPCodesPrefix),
		Matches:            cell.Counters[metrics.Matches],
		CustomStats:        map[string]Quantiles{},
		Counters:           map[string]int64{},
		ScenariosAvoided:   cell.Counters[metrics.VusersSkipped],
		Rates:              map[string]int64{},
		Summaries:          map[string]Summary{},
		FirstMetricAt:      cell.First,
		LastMetricAt:       cell.Last,
	}
	for name, n := range cell.Counters {
		p.Counters[name] = n
	}
	seconds := math.Max(1, float64(cell.Last-cell.First)/1000)
	for name, n := range cell.Rates {
		p.Rates[name] = int64(math.Round(float64(n) / seconds))
	}
	for name, h := range cell.Histograms {
		s := summarise(h)
		if s == nil {
			continue
		}
		p.Summaries[name] = *s
		if custom(name) && !strings.HasPrefix(name, names.Prefix()) {
			p.CustomStats[name] = s.quantiles()
		}
	}
	p.Latency = p.summary(metrics.HTTPResponseTime).quantiles()
	p.ScenarioDuration = p.summary(metrics.VusersSessionLength).quantiles()
	if p.RPS.Count = cell.Counters[metrics.HTTPRequests]; p.RPS.Count > 0 {
		mean := decimals(float64(p.RPS.Count)/seconds, 2)
		p.RPS.Mean = &mean
	}
	if len(p.Counters) > 0 {
		p.FirstCounterAt, p.LastCounterAt = cell.First, cell.Last
	}
	if len(p.Summaries) > 0 {
		p.FirstHistogramAt, p.LastHistogramAt = cell.First, cell.Last
	}
	return p
}

// summary is nil when nothing was recorded under the name.
func (p *Period) summary(name string) *Summary {
	if s, ok := p.Summaries[name]; ok {
		return &s
	}
	return nil
}

// newWindows reports the windows of a snapshot that hold anything, in order.
// They are aligned to the clock: with 10 s they start at whole tens.
func newWindows(load *metrics.Snapshot, names metrics.Endpoints, interval int64) []Period {
	starts := map[int64]bool{}
	for second := range load.Seconds {
		starts[floor(second, interval)] = true
	}
	sorted := make([]int64, 0, len(starts))
	for start := range starts {
		sorted = append(sorted, start)
	}
	slices.Sort(sorted)

	windows := make([]Period, 0, len(sorted))
	var active, pending int64
	for _, start := range sorted {
		cell := load.Window(start, start+interval)
		p := newPeriod(cell, names, time.Unix(start+interval, 0))
		p.Period = WindowStart{start * 1000, true}
		active += running(cell.Counters)
		pending += unanswered(cell)
		// Both are negative only when a worker's last results were lost.
		p.Concurrency, p.PendingRequests = new(max(0, active)), new(max(0, pending))
		windows = append(windows, p)
	}
	return windows
}

// newAggregate reports a whole snapshot, given its windows.
func newAggregate(load *metrics.Snapshot, names metrics.Endpoints, windows []Period, ended time.Time) Period {
	total := load.Total()
	if ended.IsZero() {
		ended = time.UnixMilli(total.Last)
	}
	p := newPeriod(total, names, ended)
	for name := range p.Rates {
		var sum int64
		for _, w := range windows {
			sum += w.Rates[name]
		}
		p.Rates[name] = int64(math.Round(float64(sum) / float64(len(windows))))
	}
	if len(windows) > 0 {
		p.Period.Milliseconds = windows[len(windows)-1].Period.Milliseconds
	}
	return p
}

// newSection reports a section, which has no windows in the document.
func newSection(s *metrics.Snapshot, names metrics.Endpoints, interval int64) *Period {
	if s == nil {
		return nil
	}
	p := newAggregate(s, names, newWindows(s, names, interval), time.Time{})
	return &p
}

// running is by how much a cell changes the number of users.
func running(counters map[string]int64) int64 {
	return counters[metrics.VusersCreated] - counters[metrics.VusersCompleted] -
		counters[metrics.VusersFailed] - counters[metrics.VusersInterrupted]
}

// unanswered is by how much a cell changes the number of requests under way:
// each is answered, or fails.
func unanswered(cell *metrics.Cell) int64 {
	return cell.Counters[metrics.HTTPRequests] - cell.Counters[metrics.HTTPResponses] - cell.Counters[metrics.Unanswered]
}

// stripped returns the counters whose names start with prefix, without it.
func stripped(counters map[string]int64, prefix string) map[string]int64 {
	out := map[string]int64{}
	for name, n := range counters {
		if rest, ok := strings.CutPrefix(name, prefix); ok {
			out[rest] = n
		}
	}
	return out
}

// custom tells the script's own histograms from those that Artillery and Salvo
// make: Artillery 1 knows only the former by name.
func custom(name string) bool {
	for _, prefix := range []string{"http.", "vusers.", "plugins.", "salvo.", "websocket.", "socketio."} {
		if strings.HasPrefix(name, prefix) {
			return false
		}
	}
	return true
}

// floor rounds n down to a multiple of size.
func floor(n, size int64) int64 {
	m := n % size
	if m < 0 {
		m += size
	}
	return n - m
}
