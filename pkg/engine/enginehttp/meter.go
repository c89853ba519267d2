package enginehttp

import (
	"sync/atomic"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// maxStatus is the greatest status that a response can have.
const maxStatus = 999

// meter has the handles of the metrics that all requests share.
type meter struct {
	recorder     *metrics.Recorder
	requests     metrics.Counter
	rate         metrics.Rate
	responses    metrics.Counter
	bytes        metrics.Counter
	responseTime metrics.Histogram
	unanswered   metrics.Counter
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
		unanswered:   r.Counter(metrics.Unanswered),
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

// failed records that a request ended in an error before an answer had come.
func (m *meter) failed(u *engine.User) {
	b := u.Begin(time.Now())
	b.Add(m.unanswered, 1)
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
