package report

import (
	"cmp"
	"slices"
	"strings"

	"salvo/pkg/metrics"
)

// Endpoint is what one endpoint answered. Endpoints are told apart as Artillery
// 2's metrics-by-endpoint does: by path, with the host when it is not the
// target's, and with the request's name in brackets when it has one.
type Endpoint struct {
	Name         string           `json:"name"`
	Requests     int64            `json:"requests"`  // that ended, one way or the other
	Responses    int64            `json:"responses"` // the sum of Codes
	Failed       int64            `json:"failed"`    // without a response: the sum of Errors
	Codes        map[string]int64 `json:"codes"`
	Errors       map[string]int64 `json:"errors"`
	ResponseTime *Summary         `json:"responseTime"` // null when nothing answered
}

// newEndpoints finds the endpoints in the metrics of a cell, busiest first.
func newEndpoints(cell *metrics.Cell, names metrics.Endpoints) []Endpoint {
	byName := map[string]*Endpoint{}
	endpoint := func(name string) *Endpoint {
		e := byName[name]
		if e == nil {
			e = &Endpoint{Name: name, Codes: map[string]int64{}, Errors: map[string]int64{}}
			byName[name] = e
		}
		return e
	}
	for name, h := range cell.Histograms {
		if rest, ok := strings.CutPrefix(name, names.ResponseTime("")); ok {
			endpoint(rest).ResponseTime = summarise(h)
		}
	}
	for name, n := range cell.Counters {
		switch endpointName, kind, key := splitEndpoint(cell, names, name); kind {
		case endpointCode:
			e := endpoint(endpointName)
			e.Codes[key] += n
			e.Responses += n
			e.Requests += n
		case endpointError:
			e := endpoint(endpointName)
			e.Errors[key] += n
			e.Failed += n
			e.Requests += n
		}
	}
	endpoints := make([]Endpoint, 0, len(byName))
	for _, e := range byName {
		endpoints = append(endpoints, *e)
	}
	slices.SortFunc(endpoints, func(a, b Endpoint) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Name, b.Name))
	})
	return endpoints
}

// What a counter of an endpoint counts.
const (
	notOfEndpoint = iota
	endpointCode
	endpointError
)

// splitEndpoint takes the name of a counter apart. Both an endpoint and an error
// may hold any text, even that which separates them; but where there are codes,
// there are response times under the endpoint's name alone.
func splitEndpoint(cell *metrics.Cell, names metrics.Endpoints, counter string) (endpoint string, kind int, key string) {
	rest, ok := strings.CutPrefix(counter, names.Prefix())
	if !ok {
		return "", notOfEndpoint, ""
	}
	answered := func(endpoint string) bool {
		return cell.Histograms[names.ResponseTime(endpoint)] != nil
	}
	codes := strings.LastIndex(rest, metrics.EndpointCodesInfix)
	if codes >= 0 {
		key = rest[codes+len(metrics.EndpointCodesInfix):]
		if number(key) && answered(rest[:codes]) {
			return rest[:codes], endpointCode, key
		}
	}
	first := strings.Index(rest, metrics.EndpointErrorsInfix)
	for i := first; i >= 0 && i < len(rest); i++ {
		if strings.HasPrefix(rest[i:], metrics.EndpointErrorsInfix) && answered(rest[:i]) {
			first = i
			break
		}
	}
	if first >= 0 {
		return rest[:first], endpointError, rest[first+len(metrics.EndpointErrorsInfix):]
	}
	if codes >= 0 && number(key) {
		return rest[:codes], endpointCode, key
	}
	return "", notOfEndpoint, ""
}

// endpointNames gives the metrics of endpoints their names.
func (r *Run) endpointNames() metrics.Endpoints {
	return metrics.Endpoints{Namespace: r.EndpointNamespace}
}

// ofEndpoint tells the metrics of endpoints, which have a table of their own.
func (r *Run) ofEndpoint(metric string) bool {
	return strings.HasPrefix(metric, r.endpointNames().Prefix())
}

// suppresses tells that the script wants a plugin's metrics left out of the text.
func (r *Run) suppresses(metric string) bool {
	return slices.ContainsFunc(r.Suppressed, func(plugin string) bool {
		return strings.Contains(metric, "plugins."+plugin)
	})
}

func number(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// PhaseResult is a phase of the script and what its users did, whenever they did
// it. Times are seconds from the load's start, rates arrivals per second.
type PhaseResult struct {
	Index        int      `json:"index"`
	Name         string   `json:"name"`
	Start        float64  `json:"start"`
	End          float64  `json:"end"`
	From         float64  `json:"from"`
	To           float64  `json:"to"`
	Planned      int64    `json:"planned"`
	Created      int64    `json:"created"`
	Completed    int64    `json:"completed"`
	Failed       int64    `json:"failed"`
	Skipped      int64    `json:"skipped"`
	Missed       int64    `json:"missed"`
	Interrupted  int64    `json:"interrupted"`
	Requests     int64    `json:"requests"`
	Responses    int64    `json:"responses"`
	Errors       int64    `json:"errors"`
	ResponseTime *Summary `json:"responseTime"` // null when nothing answered
}

func newPhases(phases []Phase, load *metrics.Snapshot) []PhaseResult {
	results := make([]PhaseResult, len(phases))
	for i, p := range phases {
		r := PhaseResult{
			Index:   p.Index,
			Name:    p.Name,
			Start:   decimals(p.Start.Seconds(), 3),
			End:     decimals(p.End.Seconds(), 3),
			From:    p.From,
			To:      p.To,
			Planned: p.Planned,
		}
		if cell := load.Phases[p.Index]; cell != nil {
			r.Created = cell.Counters[metrics.VusersCreated]
			r.Completed = cell.Counters[metrics.VusersCompleted]
			r.Failed = cell.Counters[metrics.VusersFailed]
			r.Skipped = cell.Counters[metrics.VusersSkipped]
			r.Missed = cell.Counters[metrics.VusersMissed]
			r.Interrupted = cell.Counters[metrics.VusersInterrupted]
			r.Requests = cell.Counters[metrics.HTTPRequests]
			r.Responses = cell.Counters[metrics.HTTPResponses]
			r.Errors = sum(stripped(cell.Counters, metrics.ErrorsPrefix))
			r.ResponseTime = summarise(cell.Histograms[metrics.HTTPResponseTime])
		}
		results[i] = r
	}
	return results
}

func sum(counts map[string]int64) (n int64) {
	for _, v := range counts {
		n += v
	}
	return n
}
