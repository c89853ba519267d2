package metrics

import "strconv"

// Names of what the engines count. They are Artillery 2's where it has a word
// for the thing; those under "salvo." and the counts of arrivals that never
// became a user are Salvo's own.
const (
	VusersCreated     = "vusers.created"     // counter: virtual users that started
	VusersCompleted   = "vusers.completed"   // counter: users that reached the end of their flow
	VusersFailed      = "vusers.failed"      // counter: users that an error ended
	VusersSkipped     = "vusers.skipped"     // counter: arrivals that maxVusers turned away
	VusersMissed      = "vusers.missed"      // counter: arrivals whose time had passed before their worker ran
	VusersInterrupted = "vusers.interrupted" // counter: users that the end of the run cut off

	// VusersSessionLength is a histogram of how long completed users lasted, in
	// microseconds.
	VusersSessionLength = "vusers.session_length"
	// VusersCreatedByNamePrefix comes before a scenario's name or index; see
	// [VusersCreatedByName].
	VusersCreatedByNamePrefix = "vusers.created_by_name."

	HTTPRequests        = "http.requests"         // counter: requests sent, every hop of a redirect too
	HTTPResponses       = "http.responses"        // counter: responses whose headers arrived
	HTTPRequestRate     = "http.request_rate"     // rate: marked for each request sent
	HTTPDownloadedBytes = "http.downloaded_bytes" // counter: body bytes on the wire

	// HTTPResponseTime is a histogram of the time from when a request was due
	// until its response's headers were there, in microseconds.
	HTTPResponseTime = "http.response_time"
	// HTTPResponseTime2xx and its neighbours are the same by the class of the
	// status; a 1xx has none. See [HTTPResponseTimeClass].
	HTTPResponseTime2xx = "http.response_time.2xx"
	HTTPResponseTime3xx = "http.response_time.3xx"
	HTTPResponseTime4xx = "http.response_time.4xx"
	HTTPResponseTime5xx = "http.response_time.5xx"
	// HTTPCodesPrefix comes before a status; see [HTTPCode].
	HTTPCodesPrefix = "http.codes."

	// HTTPDNS, HTTPTCP and HTTPTLS are histograms of what setting up a connection
	// took, and HTTPTotal of the time until a response's body had ended, in
	// microseconds. They are there when a script asks for extended metrics.
	HTTPDNS   = "http.dns"
	HTTPTCP   = "http.tcp"
	HTTPTLS   = "http.tls"
	HTTPTotal = "http.total"

	// ProcessorRequests is a counter of the requests that a processor sends by
	// itself; those with these prefixes are of the answers, by status, and of
	// requests without one, by code. None of them count as the script's.
	ProcessorRequests     = "processor.requests"
	ProcessorCodesPrefix  = "processor.codes."
	ProcessorErrorsPrefix = "processor.errors."

	// Counters of responses by the script's Apdex threshold: within it, within
	// four times that, and later.
	ApdexSatisfied  = "apdex.satisfied"
	ApdexTolerated  = "apdex.tolerated"
	ApdexFrustrated = "apdex.frustrated"

	// ExpectOK and ExpectFailed are counters of expectations that were met, or not. With a dot and
	// the name of an expectation behind, they count those of that name.
	ExpectOK     = "plugins.expect.ok"
	ExpectFailed = "plugins.expect.failed"

	// ErrorsPrefix comes before an error's key; see [ErrorKey].
	ErrorsPrefix = "errors."

	// ScheduleLag is a histogram of how late the generator was: from when an
	// arrival was due until its user started, in microseconds.
	ScheduleLag = "salvo.schedule_lag"
	// Matches is a counter of fulfilled `match` specs: Artillery 1's `matches`.
	Matches = "salvo.matches"
	// Unanswered is a counter of requests that ended in an error before a
	// response had come.
	Unanswered = "salvo.unanswered"
	// NamesDropped is a counter of observations that were not kept under their
	// own name, since the recorder held [MaxNames] already.
	NamesDropped = "salvo.names_dropped"

	// EndpointNamespace begins the names of what is counted by endpoint, in
	// scripts that do not say otherwise.
	EndpointNamespace = "plugins.metrics-by-endpoint"
	// EndpointCodesInfix stands between an endpoint and a status; see
	// [Endpoints.Code].
	EndpointCodesInfix = ".codes."
	// EndpointErrorsInfix stands between an endpoint and an error code; see
	// [Endpoints.Error].
	EndpointErrorsInfix = ".errors."
)

// VusersCreatedByName names the counter of a scenario's users.
func VusersCreatedByName(scenario string) string { return VusersCreatedByNamePrefix + scenario }

// HTTPCode names the counter of responses with a status.
func HTTPCode(status int) string { return HTTPCodesPrefix + strconv.Itoa(status) }

// HTTPResponseTimeClass names the histogram of response times of a status's
// class; it is "" for a status that has none.
func HTTPResponseTimeClass(status int) string {
	switch status / 100 {
	case 2:
		return HTTPResponseTime2xx
	case 3:
		return HTTPResponseTime3xx
	case 4:
		return HTTPResponseTime4xx
	case 5:
		return HTTPResponseTime5xx
	}
	return ""
}

// ErrorKey names the counter of an error.
func ErrorKey(key string) string { return ErrorsPrefix + key }

// Endpoints gives the metrics of endpoints their names.
type Endpoints struct {
	Namespace string // begins them all; "" is [EndpointNamespace]
}

// Prefix begins the names of all metrics of endpoints.
func (e Endpoints) Prefix() string {
	if e.Namespace == "" {
		return EndpointNamespace + "."
	}
	return e.Namespace + "."
}

// ResponseTime names the histogram of an endpoint's response times, in
// microseconds; "" gives what comes before the endpoint.
func (e Endpoints) ResponseTime(endpoint string) string {
	return e.Prefix() + "response_time." + endpoint
}

// ServerTiming names the histogram of what the server says that its responses
// took, in microseconds.
func (e Endpoints) ServerTiming(endpoint string) string {
	return e.Prefix() + "server-timing." + endpoint
}

// Code names the counter of an endpoint's responses with a status.
func (e Endpoints) Code(endpoint string, status int) string {
	return e.Prefix() + endpoint + EndpointCodesInfix + strconv.Itoa(status)
}

// Error names the counter of an endpoint's transport errors with a code.
func (e Endpoints) Error(endpoint, code string) string {
	return e.Prefix() + endpoint + EndpointErrorsInfix + code
}
