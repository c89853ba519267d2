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
	"salvo/pkg/template"
)

// maxNames bounds the endpoints that one request step can make; later ones count under its URL and
// name as they are written.
const maxNames = 1000

// endpoint has the handles of the metrics of one endpoint. Nil is one that nothing is counted for.
type endpoint struct {
	recorder     *metrics.Recorder
	names        metrics.Endpoints
	name         string
	responseTime metrics.Histogram
	codes        atomic.Pointer[[]endpointCode] // replaced, never changed
	mu           sync.Mutex                     // of who replaces it
}

type endpointCode struct {
	status int
	code   metrics.Counter
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
	c := e.recorder.Counter(e.names.Code(e.name, status))
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
	if e == nil {
		return
	}
	c := e.recorder.Counter(e.names.Error(e.name, code))
	b := u.Begin(time.Now())
	b.Add(c, 1)
	b.End()
}

// answered is what a whole answer adds to its endpoint. It is made before a batch is opened.
type answered struct {
	endpoint     *endpoint
	code         metrics.Counter
	serverTiming metrics.Histogram
}

func (x *exchange) answered() answered {
	if x.redirected {
		return answered{}
	}
	a := answered{endpoint: x.endpoint()}
	if e := a.endpoint; e != nil {
		a.code = e.code(x.response.Status)
		if x.timed {
			a.serverTiming = e.recorder.Histogram(e.names.ServerTiming(e.name))
		}
	}
	return a
}

// record records the answer of x.
func (a *answered) record(b *metrics.Batch, x *exchange) {
	if a.endpoint == nil {
		return
	}
	b.Observe(a.endpoint.responseTime, x.took)
	b.Add(a.code, 1)
	if x.timed {
		b.Observe(a.serverTiming, x.timing)
	}
}

// endpoints are the endpoints of one request step: one, unless they are named by what is sent and
// that differs from user to user.
type endpoints struct {
	protocol *protocol
	target   string    // as written
	fixed    *endpoint // of all requests, if vary is false
	vary     bool
	other    *endpoint // for what is beyond maxNames

	mu     sync.RWMutex
	byName map[string]*endpoint
}

// compileEndpoints names what can be named before anything is sent: everything, unless the script
// wants names of URLs as they are sent.
func (a *action) compileEndpoints() {
	e := &endpoints{}
	a.endpoints = e
	e.protocol, e.target = a.protocol, a.base.source
	source, name := "", ""
	if a.request.URL != nil {
		source = template.Text(a.request.URL.Source())
	}
	if a.request.Name != nil {
		name = template.Text(a.request.Name.Source())
	}
	written := e.named(source, name)
	_, fixedName := templateText(a.request.Name)
	fixedURL := a.url.fixed && (a.base.fixed || !strings.HasPrefix(source, "/")) && a.fixedQuery()
	if !a.protocol.options.Endpoints.Rendered || fixedName && fixedURL {
		e.fixed = e.made(written)
		return
	}
	e.vary, e.other, e.byName = true, e.made(written), map[string]*endpoint{}
	a.keepAsked = true
}

// named is what an endpoint is called, "" when nothing is counted for it.
func (e *endpoints) named(source, name string) string {
	o := e.protocol.options.Endpoints
	switch {
	case name == "" && o.NamedOnly:
		return ""
	case name == "":
		return endpointPath(e.target, source, o.Query)
	case o.OnlyNames:
		return name
	}
	return endpointPath(e.target, source, o.Query) + " (" + name + ")"
}

func (e *endpoints) made(name string) *endpoint {
	if name == "" {
		return nil
	}
	r := e.protocol.options.Recorder
	names := metrics.Endpoints{Namespace: e.protocol.options.Endpoints.Namespace}
	return &endpoint{recorder: r, names: names, name: name, responseTime: r.Histogram(names.ResponseTime(name))}
}

// endpoint is what the request is counted under.
func (x *exchange) endpoint() *endpoint {
	e := x.action.endpoints
	if !e.vary {
		return e.fixed
	}
	if !x.named {
		x.named = true
		x.counted = e.of(x.user.Mask(e.named(x.URL(), x.Name())))
	}
	return x.counted
}

// of returns the endpoint of a name.
func (e *endpoints) of(name string) *endpoint {
	if name == "" {
		return nil
	}
	e.mu.RLock()
	found := e.byName[name]
	e.mu.RUnlock()
	if found != nil {
		return found
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if found := e.byName[name]; found != nil {
		return found
	}
	if len(e.byName) >= maxNames {
		return e.other
	}
	made := e.made(name)
	e.byName[name] = made
	return made
}

// endpointPath is what an endpoint is called after: of a URL the path, perhaps with its query, and
// before it what differs from the target. The URL may hold templates, as it stands in the script.
// It is read as Node's older URL parser does, which Artillery has it read by.
func endpointPath(target, source string, query bool) string {
	whole := source
	if strings.HasPrefix(source, "/") {
		whole = target + source
	}
	base, err := parseURL(target)
	known := err == nil
	a, err := parseURL(whole)
	if err != nil {
		a = templateURL(whole)
	} else if !strings.HasPrefix(a.tail, "/") {
		a.tail = "/" + a.tail
	}
	path, _, _ := strings.Cut(a.tail, "#")
	if !query {
		path, _, _ = strings.Cut(path, "?")
	}
	if decoded, err := url.PathUnescape(path); err == nil {
		path = decoded
	}
	prefix := ""
	if a.key.host != "" && (!known || a.key.host != base.key.host) {
		prefix = a.key.host
	}
	if a.key.port != 0 && a.key.port != base.key.port && a.key.port != defaultPort(a.key.secure) {
		prefix += ":" + strconv.Itoa(int(a.key.port))
	}
	return prefix + path
}

// templateURL takes a URL apart that has a template in its scheme, host or port: from there on all
// is path.
func templateURL(text string) address {
	var a address
	scheme, rest, ok := cutScheme(text)
	if !ok || scheme != "http" && scheme != "https" || !strings.HasPrefix(rest, "//") {
		return address{tail: text}
	}
	a.key.secure = scheme == "https"
	rest = rest[2:]
	end := strings.IndexAny(rest, "{} /?#")
	if end < 0 {
		end = len(rest)
	}
	authority := rest[:end]
	a.tail = rest[end:]
	if i := strings.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	host, port, err := splitPort(authority, 0)
	if err == nil {
		a.key.port = port
		a.key.host, _ = cleanHost(host)
	}
	return a
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
