package engine

import (
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/dlclark/regexp2"
	"github.com/jmespath/go-jmespath"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
	"salvo/pkg/template"
)

// Asked is what expectations tell of the request whose response they look at. It is only asked when
// there is something to tell.
type Asked interface {
	Method() string
	URL() string  // whole, before redirects
	Path() string // of URL, with its query
	Name() string // "" without one
	JSON() []byte // the JSON body that was sent; nil without one
}

// Expectations are the expectations of one request, compiled. They are shared by all users.
type Expectations struct {
	// WantBody and WantHead tell whether the whole body and the headers are looked at. See also
	// Shows.
	WantBody, WantHead bool

	list       []expectation
	options    script.Expect
	recorder   *metrics.Recorder
	ok, failed metrics.Counter
	fixed      bool // all are of fixed statuses
}

type expectation struct {
	*script.Expectation
	statuses   []float64 // of a status that is the same for all
	lower      string    // of a content type that is the same for all, in small letters
	ok, failed metrics.Counter
	varies     bool // the name that it is counted under has a template in it
}

// NewExpectations compiles a request's expectations. The result is nil when there are none.
func NewExpectations(list []script.Expectation, options script.Expect, r *metrics.Recorder) *Expectations {
	if len(list) == 0 {
		return nil
	}
	x := &Expectations{
		list: make([]expectation, len(list)), options: options, recorder: r,
		ok: r.Counter(metrics.ExpectOK), failed: r.Counter(metrics.ExpectFailed), fixed: true,
	}
	for i := range list {
		e := &x.list[i]
		e.Expectation = &list[i]
		var value any
		fixed := false
		if len(e.Values) > 0 {
			value, fixed = e.Values[0].Static()
		}
		name := e.Name
		switch e.Kind {
		case script.ExpectStatusCode, script.ExpectNotStatusCode:
			if fixed {
				e.statuses = numbers(value)
			}
			x.fixed = x.fixed && fixed
		case script.ExpectContentType:
			if fixed {
				e.lower = strings.ToLower(template.Text(value))
			}
			x.WantHead, x.WantBody = true, x.WantBody || !fixed || e.lower == jsonType
		case script.ExpectHeaderEquals:
			name, e.varies = headerEquals(template.Text(value)), !fixed
			x.WantHead = true
		case script.ExpectHasHeader, script.ExpectCDNHit:
			x.WantHead = true
		case script.ExpectHasProperty, script.ExpectNotHasProperty, script.ExpectJMESPath:
			x.WantHead, x.WantBody = true, true
		case script.ExpectMatchesRegexp:
			x.WantBody = true
		}
		if e.Kind != script.ExpectStatusCode && e.Kind != script.ExpectNotStatusCode {
			x.fixed = false
		}
		if !e.varies {
			e.ok, e.failed = r.Counter(metrics.ExpectOK+"."+name), r.Counter(metrics.ExpectFailed+"."+name)
		}
	}
	return x
}

// jsonType is the content type that stands for all of JSON.
const jsonType = "json"

// headerEquals is what an expectation of a header's value is counted under.
func headerEquals(header string) string { return "header " + header + " values equals" }

func numbers(v any) []float64 {
	list, ok := v.([]any)
	if !ok {
		return []float64{template.Number(v)}
	}
	all := make([]float64, len(list))
	for i := range list {
		all[i] = template.Number(list[i])
	}
	return all
}

// Shows tells whether headers and the beginning of the body may have to be printed of a response
// with this status: they are when something failed.
func (x *Expectations) Shows(status int) bool {
	if x.options.Format == script.ExpectJSON || x.options.Format == script.ExpectSilent {
		return false
	}
	if !x.fixed {
		return true
	}
	for i := range x.list {
		if !x.list[i].status(status, x.list[i].statuses) {
			return true
		}
	}
	return false
}

func (e *expectation) status(status int, among []float64) bool {
	for _, n := range among {
		if n == float64(status) {
			return e.Kind == script.ExpectStatusCode
		}
	}
	return e.Kind == script.ExpectNotStatusCode
}

// expectResult is what became of one expectation. Only ok is there when nobody prints it.
type expectResult struct {
	ok            bool
	name          string
	expected, got any
}

// Apply holds r against the expectations, for a request of u, and counts and prints the results.
// Its error ends the user, when one has failed and the script wants that. Else it returns those that
// failed, where failures are told.
func (x *Expectations) Apply(u *User, r *Response, asked Asked) ([]Unmet, error) {
	say := u.run.engine.say
	if x.options.Format == script.ExpectSilent {
		say = nil
	}
	look := expecting{user: u, response: r, details: say != nil || u.Explains()}
	var few [4]expectResult
	results := few[:0]
	failed := 0
	for i := range x.list {
		e := &x.list[i]
		result := expectResult{name: e.Name}
		look.check(e, &result)
		if !result.ok {
			failed++
		}
		results = append(results, result)
	}
	x.count(u, results, failed)
	if say != nil && (failed > 0 || x.options.Format != script.ExpectPrettyError) {
		say(u.Mask(x.text(u, r, asked, results, failed > 0)))
	}
	var unmet []Unmet
	if failed > 0 && u.Explains() {
		for i := range results {
			if r := &results[i]; !r.ok {
				unmet = append(unmet, Unmet{r.name, printed(r.expected), printed(r.got)})
			}
		}
	}
	if failed == 0 || !x.options.FailUsers {
		return unmet, nil
	}
	what := asked.Name()
	if what == "" || !x.options.OnlyNames {
		what = asked.URL()
	}
	key := "Failed expectations for request " + what
	return nil, &StepError{Keys: []string{key}, Err: &unmetError{errors.New(key), unmet}}
}

// Failed prints the error that a request ended with before its expectations could be looked at.
func (x *Expectations) Failed(u *User, code string) {
	say := u.run.engine.say
	switch {
	case say == nil || x.options.Format == script.ExpectSilent:
	case x.options.Format == script.ExpectJSON:
		o := template.NewObject()
		o.Set("ok", false)
		o.Set("error", u.Mask(code))
		say(string(template.AppendJSON(nil, o)))
	default:
		say(u.Mask("Error: " + printable(code)))
	}
}

func (x *Expectations) count(u *User, results []expectResult, failed int) {
	var few [4]metrics.Counter
	counters := few[:0]
	for i := range results {
		e := &x.list[i]
		switch all := metrics.ExpectFailed; {
		case e.varies:
			if results[i].ok {
				all = metrics.ExpectOK
			}
			counters = append(counters, x.recorder.Counter(u.Mask(all+"."+results[i].name)))
		case results[i].ok:
			counters = append(counters, e.ok)
		default:
			counters = append(counters, e.failed)
		}
	}
	b := u.Begin(time.Now())
	if ok := len(results) - failed; ok > 0 {
		b.Add(x.ok, int64(ok))
	}
	if failed > 0 {
		b.Add(x.failed, int64(failed))
	}
	for _, c := range counters {
		b.Add(c, 1)
	}
	b.End()
}

// expecting is one response while expectations look at it: its body is read at most once.
type expecting struct {
	user     *User
	response *Response
	details  bool // somebody prints what was expected, and got

	read     bool
	isJSON   bool // by its content type
	document any  // the body, if it is JSON; nil also when it cannot be read
}

func (l *expecting) header(name string) string {
	text, _ := l.response.Header(name)
	return text
}

// body reads a body that its content type calls JSON.
func (l *expecting) body() {
	if l.read {
		return
	}
	l.read = true
	l.isJSON = isJSONType(l.header("content-type"))
	if !l.isJSON {
		return
	}
	if v, err := template.ParseJSON(l.response.Body); err == nil {
		l.document = v
	}
}

func isJSONType(contentType string) bool {
	contentType = strings.ToLower(contentType)
	return strings.Contains(contentType, "application/json") || strings.Contains(contentType, "application/problem+json") ||
		strings.Contains(contentType, "application/ld+json")
}

// container tells whether the body is an object or a list.
func (l *expecting) container() bool {
	l.body()
	switch l.document.(type) {
	case *template.Object, []any:
		return true
	}
	return false
}

func (l *expecting) check(e *expectation, r *expectResult) {
	switch e.Kind {
	case script.ExpectStatusCode, script.ExpectNotStatusCode:
		l.statusCode(e, r)
	case script.ExpectContentType:
		l.contentType(e, r)
	case script.ExpectHasHeader:
		name := template.Text(e.Values[0].Value(l.user))
		r.ok = l.header(name) != ""
		r.expected, r.got = name, name
		if !r.ok {
			r.got = "response has no " + name + " header"
		}
	case script.ExpectHeaderEquals:
		l.headerEquals(e, r)
	case script.ExpectHasProperty, script.ExpectNotHasProperty:
		l.hasProperty(e, r)
	case script.ExpectEquals:
		l.equals(e, r)
	case script.ExpectMatchesRegexp:
		l.matchesRegexp(e, r)
	case script.ExpectJMESPath:
		l.jmesPath(e, r)
	case script.ExpectCDNHit:
		l.cdnHit(e, r)
	}
}

func (l *expecting) statusCode(e *expectation, r *expectResult) {
	among := e.statuses
	var value any
	if among == nil || l.details {
		value = e.Values[0].Value(l.user)
	}
	if among == nil {
		among = numbers(value)
	}
	r.ok = e.status(l.response.Status, among)
	if !l.details {
		return
	}
	r.expected, r.got = value, float64(l.response.Status)
	if e.Kind == script.ExpectNotStatusCode {
		r.expected = "Status code different than " + printed(value)
	}
}

func (l *expecting) contentType(e *expectation, r *expectResult) {
	var expected string
	lower := e.lower
	if lower == "" || l.details {
		expected = template.Text(e.Values[0].Value(l.user))
		lower = strings.ToLower(expected)
	}
	got := l.header("content-type")
	r.expected, r.got = expected, got
	switch {
	case lower != jsonType:
		r.ok = strings.ToLower(got) == lower && got != ""
		if got == "" {
			r.got = "content-type header not set"
		}
	case l.container():
		r.ok, r.got = true, jsonType
	case l.isJSON && l.document == nil:
		r.got = "could not parse response body as JSON"
	case got == "":
		r.got = "content-type is undefined"
	default:
		r.got = "content-type is " + got
	}
}

func (l *expecting) headerEquals(e *expectation, r *expectResult) {
	name := template.Text(e.Values[0].Value(l.user))
	want := e.Values[1].Value(l.user)
	r.name = headerEquals(name)
	got := l.header(name)
	if got == "" {
		r.expected, r.got = "response to have "+name+" header", "response has no "+name+" header"
		return
	}
	r.expected, r.got = want, got
	r.ok = template.Truthy(want) && got == printed(want)
}

// bodyScope has the members of a body for variables.
type bodyScope struct{ document any }

func (s bodyScope) Lookup(name string) (any, bool) { return template.Member(s.document, name) }
func (bodyScope) Rand() *rand.Rand                 { return nil }

func (l *expecting) hasProperty(e *expectation, r *expectResult) {
	path := printed(e.Values[0].Value(l.user))
	r.expected = path
	if !l.container() {
		r.got = "response body is not an object"
		return
	}
	has := template.ParsePath(path).Get(bodyScope{l.document}) != template.Undefined
	r.ok = has == (e.Kind == script.ExpectHasProperty)
	switch {
	case r.ok:
		r.got = path
	case has:
		r.got = "response body has " + path + " property"
	default:
		r.got = "response body has no " + path + " property"
	}
}

func (l *expecting) equals(e *expectation, r *expectResult) {
	values := make([]string, len(e.Values))
	r.ok = true
	for i, v := range e.Values {
		values[i] = printed(v.Value(l.user))
		r.ok = r.ok && values[i] == values[0]
	}
	if l.details {
		r.expected, r.got = "all values to be equal", strings.Join(values, ", ")
	}
}

func (l *expecting) matchesRegexp(e *expectation, r *expectResult) {
	re := e.Regexp
	r.expected = true
	if re == nil {
		var err error
		if re, err = dynamicRegexp(e, l.user); err != nil {
			r.got = err.Error()
			return
		}
	}
	ok, err := re.MatchString(string(l.response.Body))
	r.ok = ok && err == nil
	r.got = r.ok
}

func dynamicRegexp(e *expectation, u *User) (*regexp2.Regexp, error) {
	return script.CompileRegexp(template.Text(e.Values[0].Value(u)))
}

func (l *expecting) jmesPath(e *expectation, r *expectResult) {
	source := template.Text(e.Values[0].Value(l.user))
	r.expected, r.got = source, source
	if e.Description != "" {
		r.expected = e.Description
	}
	if !l.container() {
		r.got = "response body is not an object"
		return
	}
	expr := e.JMESPath
	var err error
	if expr == nil {
		expr, err = jmespath.Compile(source)
	}
	var found any
	if err == nil {
		found, err = expr.Search(plainDocument(l.document))
	}
	if err != nil {
		r.got = err.Error()
		return
	}
	r.ok = truthyPlain(found)
}

// plainDocument is a document in the types that JMESPath works on.
func plainDocument(v any) any {
	switch v := v.(type) {
	case *template.Object:
		m := make(map[string]any, v.Len())
		for i := range v.Len() {
			name, member := v.At(i)
			m[name] = plainDocument(member)
		}
		return m
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = plainDocument(v[i])
		}
		return list
	}
	return v
}

// truthyPlain is what JavaScript takes for true.
func truthyPlain(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any, []any:
		return true
	default:
		return template.Truthy(v)
	}
}

// cacheHeaders tell what a CDN did, and how their values begin.
var (
	cacheHeaders = []string{"cf-cache-status", "x-cache", "x-vercel-cache"}
	cacheHits    = []string{"hit", "stale"}
	cacheMisses  = []string{"miss"}
)

func (l *expecting) cdnHit(e *expectation, r *expectResult) {
	begin := cacheMisses
	r.expected = "a cache header indicating a cache miss"
	if e.Hit {
		begin = cacheHits
		r.expected = "a cache header indicating a cache hit"
	}
	r.got = "cache status header not found"
	for _, name := range cacheHeaders {
		value := l.header(name)
		for _, prefix := range begin {
			if strings.HasPrefix(strings.ToLower(value), prefix) {
				r.ok, r.got = true, name+" is "+value
			}
		}
	}
}
