package script

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"math/big"
	"time"

	"github.com/dlclark/regexp2"

	"salvo/pkg/template"
)

// Script is a script that was read, merged and checked. It is not changed after
// Load and may be read by many goroutines.
type Script struct {
	File      string // how faults call the script
	Config    Config
	Scenarios []Scenario // never empty
	Before    *Scenario  // run once before the load; nil when absent
	After     *Scenario  // run once after the load; nil when absent
	Limits    Limits
	Mode      Mode
	Sampling  Sampling   // of a sampling mode
	Alerts    *Alerts    // nil when absent
	SLO       *Objective // nil when absent

	// LeadSet tells that the script gives _split.timeBufferInMilliseconds
	// itself, so that the default of another place must not replace it.
	LeadSet bool

	// Trace asks all steps of the run to log what they do, and Simulation to go
	// through it without sending anything: `_trace` and `_simulation`.
	Trace, Simulation bool

	// Funcs are the functions that the script's templates call; nil in a
	// hand-made Script stands for those that every script has.
	Funcs template.Funcs

	resolved *resolved // what EncodeResolved writes; nil in a hand-made Script
}

// Limits bound a script and the chunks it is divided into: the `_split` section.
// "Rate" means arrivals of virtual users.
type Limits struct {
	MaxScriptDuration int // seconds
	MaxScriptRate     int // arrivals per second
	MaxChunkDuration  int // seconds
	MaxChunkRate      int // arrivals per second
	TimeBuffer        int // milliseconds that workers get to be awake before the start
}

// Config is the script's `config` section with defaults filled in.
type Config struct {
	// Target is put in front of every URL that begins with a slash. Templates
	// that only a virtual user can fill are still in it. May be empty.
	Target string

	Phases        []Phase          // never empty: by default one user in one second
	Variables     *template.Object // as written; a list means one of it for each user
	Payload       []Payload
	HTTP          HTTP
	TLS           TLS
	Environment   string // the chosen environment's name, "" when none was
	StatsInterval int    // seconds between intermediate reports
	Ensure        []Check
	Apdex         Apdex
	Endpoints     Endpoints
	Expect        Expect
	Processor     Processor
}

// CheckKind tells what a Check holds the report against.
type CheckKind int

// The kinds of checks.
const (
	CheckBelow     CheckKind = iota // Metric < Limit
	CheckErrorRate                  // percent of the created users that did not complete <= Limit
	CheckCondition                  // Expression is true
)

// Check is one of the things that `ensure` wants of the merged report of a run.
type Check struct {
	Kind       CheckKind
	Text       string // as Artillery shows it: "http.response_time.p95 < 200", "maxErrorRate < 1"
	Metric     string // of a CheckBelow
	Limit      float64
	Expression string // of a CheckCondition; its Text, but for templates that were filled in
	Strict     bool   // the run fails with it
	Pos        Pos

	names map[string]bool // metrics that the script itself names
}

// Apdex asks for the run's Apdex score: how many responses came within Threshold,
// and how many within four times that.
type Apdex struct {
	Set       bool
	Threshold time.Duration // longer than 0 when it is set
}

// Phase is a stretch of the load with a constant or linearly changing arrival rate.
type Phase struct {
	Name      string
	Duration  *big.Rat // seconds
	From, To  *big.Rat // arrivals per second at its start and end; both 0 in a pause
	MaxVusers int      // users at once in the whole run; 0 means no cap
	Poisson   bool     // gaps are drawn from an exponential distribution
	Pos       Pos
	Source    json.RawMessage // the phase as written, for the report
}

// Payload is a CSV file whose rows become variables of virtual users.
type Payload struct {
	Path           string   // as the file was looked up: a slash path in the script's file system
	Fields         []string // the variable for each column
	Sequence       bool     // rows in order, rather than drawn
	SkipHeader     bool
	Delimiter      string
	Cast           bool // cells that look like numbers are numbers
	SkipEmptyLines bool

	// LoadAll gives every user all rows, in the variable Name: as a list of
	// objects keyed by Fields, or a list of lists when there are no Fields. A
	// `loadAll` with an `order` is not one of these: it comes as a Payload of a
	// single field, Name, whose rows have one cell that holds the file's row.
	LoadAll bool
	Name    string

	Rows [][]any // values of package template: strings and numbers
	Pos  Pos
}

// HTTP is what `config.http`, `config.defaults` and `config.timeout` say.
type HTTP struct {
	Timeout       time.Duration // for connect and response headers, and for a stalled body
	Pool          int           // connections shared by all users of a worker; 0: each user has its own
	HTTP2         bool          // offer HTTP/2 to TLS servers
	Headers       []Pair        // sent with every request, unless the step has the same name
	Cookies       []Pair        // in every user's jar
	StrictCapture bool          // what a capture without `strict` does

	MaxSockets int       // connections of one user to one server; 0: as many as its parallel steps need
	CookieJar  CookieJar // which cookies of servers users keep

	ExtendedMetrics bool     // measure the parts of a request's time
	Tracing         *Tracing // send a traceparent header; nil when not
}

// CookieJar says which cookies of servers users keep. The zero value is what
// Artillery does by default.
type CookieJar struct {
	Loose            bool // cookies without a name, too
	PublicSuffixes   bool // cookies for domains that everybody can have a name below, too
	NoSpecialDomains bool // no cookies for domains such as localhost and those below .test
	Prefixes         Prefixes
}

// Prefixes says what becomes of a cookie whose name promises, by __Secure- or
// __Host-, what it does not keep.
type Prefixes int

// What becomes of such a cookie.
const (
	PrefixSilent   Prefixes = iota // it is dropped
	PrefixStrict                   // it counts as an error
	PrefixDisabled                 // it is kept
)

// TLS is the script's `config.tls` section.
type TLS struct {
	RejectUnauthorized bool                // refuse servers whose certificate cannot be verified
	Authorities        []*x509.Certificate // whom to trust; empty: whom the system trusts
	Certificate        *tls.Certificate    // shown to servers that ask for one; nil when there is none
	ServerName         string              // asked for and expected, rather than the host of the URL; "" when not given
	MinVersion         uint16              // as crypto/tls numbers versions; 0 when not given
	MaxVersion         uint16
	Protocols          []string // offered to servers; nil when not given
	CipherSuites       []uint16 // up to TLS 1.2, as crypto/tls numbers them; nil when not given
}

// Pos is a place in a file. Lines and columns count from 1, columns in
// characters; a zero Line means that there is no such place.
type Pos struct{ Line, Column int }

// Pair is a name and what it stands for, in the script's order.
type Pair struct {
	Name  string
	Value *template.Template
}

// Scenario is one flow that a virtual user can be given.
type Scenario struct {
	Name   string             // "" when the script gives none
	Weight *template.Template // number of at least 0; static 1 by default
	Flow   []Step
	Pos    Pos
	Path   string // "scenarios[0]", "before"
	Source any    // as written, a value of package template

	// Names of functions of the processor, called one after another.
	BeforeScenario, AfterScenario []*template.Template
}

// Step is one step of a flow. Exactly one of Request, Think, Log, Loop,
// Parallel, Function is set.
type Step struct {
	File    string // how faults call the file that it stands in
	Pos     Pos
	Path    string // "scenarios[0].flow[2]"
	Request *Request
	Think   *Think
	Log     *template.Template
	Loop    *Loop

	Parallel *Parallel
	Function string // of the processor
}

// Parallel runs steps of one user side by side.
type Parallel struct {
	Steps []Step // never empty
	Limit int    // how many run at once, at least 1
}

// Request is one HTTP request.
type Request struct {
	Method         string             // upper case
	URL            *template.Template // as written, without the target
	Name           *template.Template // nil when absent
	Headers        []Pair
	Cookies        []Pair
	JSON           *template.Template // nil when absent; static null for `json: null`
	Body           *template.Template // nil when absent
	Form           []Pair             // nil when absent
	FormData       []FormPart         // nil when absent
	QS             []Pair             // a value may render to a list: the parameter is repeated
	Auth           *Auth              // nil when absent
	FollowRedirect bool
	Gzip           bool
	Timeout        time.Duration // 0 means Config.HTTP.Timeout
	Probability    *float64      // percent, 0 to 100; nil means always
	IfTrue         *template.Expr
	IfFunction     string // the function of the processor that IfTrue names, if there is one of this name
	Captures       []Capture
	Matches        []Match
	Expectations   []Expectation // of responses to virtual users

	Source *template.Object // as written

	// Names of functions of the processor: those of the scenario, then those of the request.
	BeforeRequest, AfterResponse, OnError []*template.Template
}

// Auth is the user and password of HTTP basic authentication.
type Auth struct{ User, Pass *template.Template }

// ExtractKind tells where an Extract looks.
type ExtractKind int

// The places an Extract can look at.
const (
	FromJSON     ExtractKind = iota // a JSON path in the response's body
	FromHeader                      // a response header
	FromRegexp                      // a regular expression in the response's body
	FromSelector                    // a CSS selector in an HTML body
	FromXPath                       // an XPath expression in an XML body
)

// Extract says which part of a response is wanted.
type Extract struct {
	Kind   ExtractKind
	Expr   *template.Template // the JSON path, header's name, selector or XPath expression; nil for FromRegexp
	Regexp *regexp2.Regexp    // nil but for FromRegexp
	Group  any                // of Regexp: nil for the whole match, an int, or a string
	Attr   string             // of FromSelector: the wanted attribute; "" for the element's text
	Index  int                // of FromSelector: which of the elements, from 0, or LastElement or RandomElement
	Source string             // the expression as written, for error texts
}

// Values of Extract.Index beside the numbers from 0.
const (
	LastElement   = -1
	RandomElement = -2 // drawn for each user and response
)

// Capture keeps a part of a response in a variable.
type Capture struct {
	Extract
	As       template.Path
	AsText   string // As, as written
	Strict   *bool  // nil means Config.HTTP.StrictCapture
	Multiple bool   // one of several found values, at random; false keeps the whole list

	// Transform is JavaScript that makes the value that is kept of the one that
	// was found; "" keeps it as it is.
	Transform string
	Pos       Pos
}

// Match compares a part of a response with a value.
type Match struct {
	Extract
	Value  *template.Template
	Strict bool // a difference ends the user
	Pos    Pos
}

// Think is a user's pause.
type Think struct {
	Value  *template.Template // renders to what ParseDuration reads
	Jitter *Jitter            // nil for a pause that is exactly as long as it says
}

// Jitter makes a pause up to so much longer or shorter. One of the two is set.
type Jitter struct {
	By      time.Duration
	Percent float64 // of the pause
}

// Loop repeats steps.
type Loop struct {
	Steps []Step // never empty

	// Count renders to a number of rounds or to a range "a-b", which counts from
	// a to b-1. Nil when the script gives none.
	Count *template.Template

	Over     *template.Template // the list to go over; nil when absent or when OverName is set
	OverName string             // name or path of the variable that holds the list

	LoopValue   string // the variable of the round's number
	LoopElement string // the variable of the round's element
	WhileTrue   string // the function of the processor that decides after each round; "" when absent
	Endless     bool   // none of Count, Over, OverName and WhileTrue
}
