package enginehttp

import (
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// maxStatus is the greatest status that a response can have.
const maxStatus = 999

// maxNames bounds the endpoints that the name of one request can make; later ones count under the
// name as it is written.
const maxNames = 1000

// meter has the handles of the metrics that all requests share.
type meter struct {
	recorder     *metrics.Recorder
	requests     metrics.Counter
	rate         metrics.Rate
	responses    metrics.Counter
	bytes        metrics.Counter
	responseTime metrics.Histogram
	badCookies   metrics.Counter
	extended     *extendedHandles // nil when they are not wanted
	apdex        *apdexHandles    // likewise
	statuses     [maxStatus + 1]atomic.Pointer[statusHandles]
}

// statusHandles are the metrics of one status.
type statusHandles struct {
	code    metrics.Counter
	class   metrics.Histogram
	classed bool
}

// extendedHandles are the metrics of the parts of a request's time.
type extendedHandles struct {
	dns, tcp, tls, total metrics.Histogram
}

// apdexHandles count whole responses by the time that they took.
type apdexHandles struct {
	satisfied, tolerated, frustrated metrics.Counter
	threshold                        int64 // in microseconds
}

func newMeter(r *metrics.Recorder, extended bool, apdex script.Apdex) *meter {
	m := &meter{
		recorder:     r,
		requests:     r.Counter(metrics.HTTPRequests),
		rate:         r.Rate(metrics.HTTPRequestRate),
		responses:    r.Counter(metrics.HTTPResponses),
		bytes:        r.Counter(metrics.HTTPDownloadedBytes),
		responseTime: r.Histogram(metrics.HTTPResponseTime),
		badCookies:   r.Counter(metrics.ErrorKey("cookie_parse_error_invalid_cookie")),
	}
	if extended {
		m.extended = &extendedHandles{
			r.Histogram(metrics.HTTPDNS), r.Histogram(metrics.HTTPTCP), r.Histogram(metrics.HTTPTLS), r.Histogram(metrics.HTTPTotal),
		}
	}
	if apdex.Set {
		m.apdex = &apdexHandles{
			r.Counter(metrics.ApdexSatisfied), r.Counter(metrics.ApdexTolerated), r.Counter(metrics.ApdexFrustrated),
			apdex.Threshold.Microseconds(),
		}
	}
	return m
}

func (m *meter) status(status int) *statusHandles {
	if h := m.statuses[status].Load(); h != nil {
		return h
	}
	h := &statusHandles{code: m.recorder.Counter(metrics.HTTPCode(status))}
	if name := metrics.HTTPResponseTimeClass(status); name != "" {
		h.class, h.classed = m.recorder.Histogram(name), true
	}
	m.statuses[status].Store(h)
	return h
}

// sent records that a request is on its way.
func (m *meter) sent(u *engine.User, at time.Time) {
	b := u.Begin(at)
	b.Add(m.requests, 1)
	b.Mark(m.rate)
	b.End()
}

// answer records the head of an answer.
func (m *meter) answer(b *metrics.Batch, h *statusHandles, took int64) {
	b.Add(h.code, 1)
	b.Add(m.responses, 1)
	b.Observe(m.responseTime, took)
	if h.classed {
		b.Observe(h.class, took)
	}
}

// whole records that an answer has been read to its end. It is the last of a chain of redirects, or
// one that is followed.
func (m *meter) whole(b *metrics.Batch, bytes, took int64, last bool) {
	b.Add(m.bytes, bytes)
	if m.extended != nil {
		b.Observe(m.extended.total, took)
	}
	if a := m.apdex; a != nil && last {
		var satisfied, tolerated, frustrated int64
		switch {
		case took <= a.threshold:
			satisfied = 1
		case took <= 4*a.threshold:
			tolerated = 1
		default:
			frustrated = 1
		}
		b.Add(a.satisfied, satisfied)
		b.Add(a.tolerated, tolerated)
		b.Add(a.frustrated, frustrated)
	}
}

// setUp records what the connection took that an answer came on, if it is its first.
func (m *meter) setUp(b *metrics.Batch, c *conn) {
	if m.extended == nil || c.used {
		return
	}
	b.Observe(m.extended.dns, c.took.dns.Microseconds())
	b.Observe(m.extended.tcp, c.took.tcp.Microseconds())
	if c.tls != nil {
		b.Observe(m.extended.tls, c.took.tls.Microseconds())
	}
}

// endpoint has the handles of the metrics of one endpoint.
type endpoint struct {
	meter        *meter
	name         string
	responseTime metrics.Histogram
	codes        atomic.Pointer[[]endpointCode] // replaced, never changed
	mu           sync.Mutex                     // of who replaces it
}

type endpointCode struct {
	status int
	code   metrics.Counter
}

func (m *meter) endpoint(name string) *endpoint {
	return &endpoint{meter: m, name: name, responseTime: m.recorder.Histogram(metrics.EndpointResponseTime(name))}
}

func (e *endpoint) code(status int) metrics.Counter {
	if list := e.codes.Load(); list != nil {
		for i := range *list {
			if (*list)[i].status == status {
				return (*list)[i].code
			}
		}
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	c := e.meter.recorder.Counter(metrics.EndpointCode(e.name, status))
	var list []endpointCode
	if old := e.codes.Load(); old != nil {
		list = append(list, *old...)
	}
	list = append(list, endpointCode{status, c})
	e.codes.Store(&list)
	return c
}

// failed records that a request to the endpoint ended in an error.
func (e *endpoint) failed(u *engine.User, code string) {
	c := e.meter.recorder.Counter(metrics.EndpointError(e.name, code))
	b := u.Begin(time.Now())
	b.Add(c, 1)
	b.End()
}

// serverTiming is the histogram of what the server says it took.
func (e *endpoint) serverTiming() metrics.Histogram {
	return e.meter.recorder.Histogram(metrics.EndpointPrefix + "server-timing." + e.name)
}

// endpoints are the endpoints of one request step: one, unless its name is a template.
type endpoints struct {
	meter *meter
	path  string
	fixed *endpoint // nil when the name differs from user to user
	other *endpoint // for what is beyond maxNames

	mu     sync.RWMutex
	byName map[string]*endpoint
}

// of returns the endpoint of a rendered name.
func (e *endpoints) of(name []byte) *endpoint {
	e.mu.RLock()
	found := e.byName[string(name)]
	e.mu.RUnlock()
	if found != nil {
		return found
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.byName[string(name)]; found != nil {
		return found
	}
	if len(e.byName) >= maxNames {
		return e.other
	}
	made := e.meter.endpoint(endpointName(e.path, string(name)))
	e.byName[string(name)] = made
	return made
}

func endpointName(path, name string) string {
	if name == "" {
		return path
	}
	return path + " (" + name + ")"
}

// endpointPath is what an endpoint is called after: of the URL as it stands in the script, without
// its query, the path, and before it what differs from the target.
func endpointPath(target, source string) string {
	whole := source
	if strings.HasPrefix(source, "/") {
		whole = target + source
	}
	base, err := parseURL(target)
	known := err == nil
	a, err := parseURL(whole)
	if err != nil {
		// A template stands where the scheme or the host should be.
		a = address{key: base.key, tail: source}
		known = false
	}
	path := a.tail
	if i := strings.IndexAny(path, "?#"); i >= 0 {
		path = path[:i]
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	prefix := ""
	if err == nil && (!known || a.key.host != base.key.host) {
		prefix = a.key.host
	}
	if a.key.port != base.key.port && a.key.port != defaultPort(a.key.secure) {
		prefix += ":" + strconv.Itoa(int(a.key.port))
	}
	return prefix + path
}

// serverTotal reads the duration called total from a Server-Timing header, in thousandths of a
// millisecond; -1 ms when it has none.
func serverTotal(s string) int64 {
	const key = "total;dur="
	i := strings.Index(s, key)
	if i < 0 {
		return -1000
	}
	s = s[i+len(key):]
	end := 0
	for end < len(s) && (s[end] >= '0' && s[end] <= '9' || s[end] == '.') {
		end++
	}
	ms, err := strconv.ParseFloat(s[:end], 64)
	if err != nil || ms > 1e9 {
		return -1000
	}
	return int64(ms * 1000)
}
