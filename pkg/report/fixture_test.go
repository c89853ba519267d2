package report

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"time"

	"salvo/pkg/hist"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// measured is a snapshot that a test fills, event by event.
type measured struct{ snapshot metrics.Snapshot }

func newMeasured() *measured {
	return &measured{metrics.Snapshot{Phases: map[int]*metrics.Cell{}, Seconds: map[int64]*metrics.Cell{}}}
}

// record enters what one event records into the event's two cells.
func (m *measured) record(phase int, at time.Time, event func(c *metrics.Cell)) {
	if m.snapshot.Phases[phase] == nil {
		m.snapshot.Phases[phase] = newCell()
	}
	second := at.Unix()
	if m.snapshot.Seconds[second] == nil {
		m.snapshot.Seconds[second] = newCell()
	}
	for _, c := range []*metrics.Cell{m.snapshot.Phases[phase], m.snapshot.Seconds[second]} {
		event(c)
		if ms := at.UnixMilli(); c.First == 0 || ms < c.First {
			c.First = ms
		}
		c.Last = max(c.Last, at.UnixMilli())
	}
}

// add records one more event into a finished input.
func add(in Input, at time.Time, event func(c *metrics.Cell)) {
	(&measured{*in.Load}).record(0, at, event)
}

func newCell() *metrics.Cell {
	return &metrics.Cell{Counters: map[string]int64{}, Rates: map[string]int64{}, Histograms: map[string]*hist.Histogram{}}
}

func observe(c *metrics.Cell, name string, v time.Duration) {
	if c.Histograms[name] == nil {
		c.Histograms[name] = &hist.Histogram{}
	}
	c.Histograms[name].Record(v.Microseconds())
}

// user records a virtual user that was due at a time, and its requests one
// after the other. It returns when the user ended.
func (m *measured) user(phase int, due time.Time, lag time.Duration, scenario string, requests ...request) time.Time {
	at := due.Add(lag)
	m.record(phase, at, func(c *metrics.Cell) {
		c.Counters[metrics.VusersCreated]++
		c.Counters[metrics.VusersCreatedByName(scenario)]++
		observe(c, metrics.ScheduleLag, lag)
	})
	begin := at
	for _, r := range requests {
		m.record(phase, at, func(c *metrics.Cell) {
			c.Counters[metrics.HTTPRequests]++
			c.Rates[metrics.HTTPRequestRate]++
		})
		at = at.Add(r.took)
		if r.error != "" {
			m.record(phase, at, func(c *metrics.Cell) {
				c.Counters[metrics.ErrorKey(r.error)]++
				c.Counters[(metrics.Endpoints{}).Error(r.endpoint, r.error)]++
				c.Counters[metrics.Unanswered]++
				c.Counters[metrics.VusersFailed]++
			})
			return at
		}
		m.record(phase, at, func(c *metrics.Cell) {
			c.Counters[metrics.HTTPResponses]++
			c.Counters[metrics.HTTPCode(r.status)]++
			c.Counters[metrics.HTTPDownloadedBytes] += 1200
			c.Counters[(metrics.Endpoints{}).Code(r.endpoint, r.status)]++
			observe(c, metrics.HTTPResponseTime, r.took)
			observe(c, metrics.HTTPResponseTimeClass(r.status), r.took)
			observe(c, (metrics.Endpoints{}).ResponseTime(r.endpoint), r.took)
		})
	}
	m.record(phase, at, func(c *metrics.Cell) {
		c.Counters[metrics.VusersCompleted]++
		observe(c, metrics.VusersSessionLength, at.Sub(begin))
	})
	return at
}

// request is one request of a user: what it was answered, or its error.
type request struct {
	endpoint string
	status   int
	took     time.Duration
	error    string
}

// loadStart is the start of the load of all fixtures, off the whole second.
var loadStart = time.Date(2030, 1, 2, 3, 4, 5, 250e6, time.UTC)

// shop is a run of a minute that went well: three phases, two scenarios, a few
// errors, users that end after the load.
func shop() Input {
	phases := []Phase{
		{Index: 0, Name: "warm up", End: 20 * time.Second, From: 1, To: 9, Planned: 100, Source: json.RawMessage(`{"name": "warm up", "duration": 20, "arrivalRate": 1, "rampTo": 9}`)},
		{Index: 1, Name: "steady", Start: 20 * time.Second, End: 45 * time.Second, From: 8, To: 8, Planned: 200, Source: json.RawMessage(`{"name": "steady", "duration": "25s", "arrivalRate": "8"}`)},
		{Index: 2, Start: 45 * time.Second, End: 60 * time.Second, From: 0.4, To: 0.4, Planned: 6, Source: json.RawMessage(`{"duration": 15, "arrivalCount": 6}`)},
	}
	m := newMeasured()
	draw := rand.New(rand.NewPCG(1, 2))
	created := int64(0)
	for phase, p := range phases {
		for i := range p.Planned {
			due := loadStart.Add(p.Start + arrival(p, float64(i)))
			created++
			m.user(phase, due, time.Duration(draw.IntN(900))*time.Microsecond, []string{"browse", "buy"}[draw.IntN(2)], shopRequests(draw)...)
		}
	}
	m.record(1, loadStart.Add(30*time.Second), func(c *metrics.Cell) {
		c.Counters["basket.items"] += 7
		c.Counters[metrics.Matches] += 3
		observe(c, "basket.total", 19_990*time.Microsecond)
	})
	return Input{
		Run: Run{
			ID: "20300102-030402-shop", Script: "shop.yml", Environment: "staging", Version: "0.1.0", Seed: 1<<63 + 5,
			Started: loadStart.Add(-3 * time.Second), Start: loadStart, Ended: loadStart.Add(63 * time.Second),
			PlannedDuration: 60, Planned: 306, Created: created,
			Windows: 2, Chunks: 4, MaxWorkers: 4, Outcome: "Passed",
		},
		Phases:        phases,
		StatsInterval: 10,
		Load:          &m.snapshot,
	}
}

// arrival is when arrival i of a phase is due, from the phase's start.
func arrival(p Phase, i float64) time.Duration {
	slope := (p.To - p.From) / (p.End - p.Start).Seconds()
	if slope == 0 {
		return time.Duration(i / p.From * 1e9)
	}
	return time.Duration((math.Sqrt(p.From*p.From+2*slope*i) - p.From) / slope * 1e9)
}

func shopRequests(draw *rand.Rand) []request {
	took := func(mean float64) time.Duration {
		return time.Duration(mean * float64(time.Millisecond) * (0.6 + draw.ExpFloat64()*0.7))
	}
	requests := []request{{"/", 200, took(12), ""}, {"/products/{{ id }} (product)", 200, took(35), ""}}
	switch draw.IntN(60) {
	case 0:
		requests[1].error = "ETIMEDOUT"
		requests[1].took = 1500 * time.Millisecond
	case 1:
		requests[1].status = 503
	case 2:
		requests[1].status = 404
	}
	if draw.IntN(3) == 0 {
		requests = append(requests, request{"/checkout", 201, took(90), ""})
	}
	return requests
}

// lost is a run that lost a chunk on the way, and whose other worker came late.
func lost() Input {
	in := shop()
	in.Run.Outcome, in.Run.OutcomeCause = "RunIncomplete", "1 of 4 chunks has no result"
	in.Run.Planned = 456
	in.Run.Missed, in.Run.Skipped = 40, 10
	in.Run.Lost = []LostChunk{
		{
			Chunk: "w0000-k001", Reason: "its worker ended without a result, twice", Planned: 150, Accounted: 60,
			MeasuredUntil: loadStart.Add(8 * time.Second),
			Missed: []Missed{
				{Chunk: "w0000-k001", First: 121, Last: 299, Count: 90, FromTime: loadStart.Add(8 * time.Second), ToTime: loadStart.Add(29900 * time.Millisecond), Reason: "nothing is known of them"},
			},
		},
		{Chunk: "w0001-k000", Reason: "it was never started.", Planned: 10},
	}
	in.Run.MissedRanges = []Missed{
		{Chunk: "w0001-k001", First: 301, Last: 379, Count: 39, FromTime: loadStart.Add(30 * time.Second), ToTime: loadStart.Add(33800 * time.Millisecond), Reason: "the worker was behind its schedule", Late: true},
		{Chunk: "w0001-k001", First: 400, Last: 400, Count: 1, FromTime: loadStart.Add(40 * time.Second), ToTime: loadStart.Add(40 * time.Second), Reason: "the worker was behind its schedule", Late: true},
	}
	in.Run.Warnings = []string{"the key `config.phasess` at shop.yml:4:3 is not known: did you mean `phases`?"}
	return in
}

// stopped is a run that somebody stopped while it went well.
func stopped() Input {
	in := shop()
	in.Run.Outcome, in.Run.OutcomeCause = "RunStopped", "the run was stopped; what was measured until then is here"
	in.Run.Stopped, in.Run.Planned, in.Run.PlannedDuration = true, 900, 180
	return in
}

// sections is a run with both sections, of which the last failed.
func sections() Input {
	in := shop()
	before, after := newMeasured(), newMeasured()
	before.user(0, loadStart.Add(-2*time.Second), 0, "before", request{"/login", 200, 80 * time.Millisecond, ""})
	after.user(0, loadStart.Add(61*time.Second), 0, "after", request{"/logout", 0, 3 * time.Millisecond, "ECONNRESET"})
	in.Before, in.After = &before.snapshot, &after.snapshot
	in.Run.Outcome, in.Run.OutcomeCause = "AfterFailed", "ECONNRESET"
	return in
}

// checked is a run that did all that was asked for and failed some of its checks.
func checked() Input {
	in := shop()
	in.Run.Outcome, in.Run.OutcomeCause = "ThresholdExceeded", "2 of 7 checks failed: p95 < 100 (got 129.3); maxErrorRate < 1 (got 1.9608)"
	in.Ensure = checksOf(`{
		"p95": 100, "maxErrorRate": 1,
		"thresholds": [{"http.response_time.p99": 500}, {"errors.ETIMEDOUT": 7}],
		"conditions": [
			{"expression": "http.codes.500 == 0 and 'http.requests' > 700"},
			{"expression": "plugins.metrics-by-endpoint.response_time./checkout.p95 < 90 and\n  basket.size.p50 < 3", "strict": false},
			{"expression": "basket.total < 20", "strict": false}
		]
	}`)
	add(in, loadStart, func(c *metrics.Cell) {
		c.Counters[metrics.ExpectOK], c.Counters[metrics.ExpectFailed] = 706, 8
		c.Counters[metrics.ExpectOK+".statusCode"], c.Counters[metrics.ExpectFailed+".statusCode"] = 700, 6
		c.Counters[metrics.ExpectOK+".contentType"], c.Counters[metrics.ExpectFailed+".header x-a values equals"] = 6, 2
		c.Counters[metrics.ApdexSatisfied], c.Counters[metrics.ApdexTolerated], c.Counters[metrics.ApdexFrustrated] = 600, 100, 9
	})
	return in
}

// checksOf reads checks as they stand in a script.
func checksOf(ensure string) []script.Check {
	s, _, err := script.Parse([]byte(`{"config": {"ensure": `+ensure+`}, "scenarios": [{"name": "browse", "flow": [{"get": {"url": "http://127.0.0.1/"}}]}]}`), script.Options{})
	if err != nil {
		panic(err) // of a fixture
	}
	return s.Config.Ensure
}

// empty is a run that ended before it fired anything.
func empty() Input {
	return Input{Ensure: checksOf(`{"p95": 100}`), Run: Run{
		ID: "20300102-030402-none", Script: "none.yml", Version: "0.1.0", Seed: 1,
		Started: loadStart, Ended: loadStart.Add(time.Second), PlannedDuration: 10, Planned: 100,
		Outcome: "BeforeFailed", OutcomeCause: "ECONNREFUSED",
	}}
}
