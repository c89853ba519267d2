package script

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"salvo/pkg/template"
)

// The names of metrics are no identifiers: plugins.metrics-by-endpoint./a b
// (c).codes.200 is one. In an expression such a name may stand in quotes, and
// without them it reaches as far as what was recorded, or what Artillery's
// namespaces are made of, lets it.

// endpointPrefix begins the metrics of endpoints.
const endpointPrefix = "plugins.metrics-by-endpoint."

// failedSpecs is the one error that Artillery 2 has for every failed capture and
// match.
const failedSpecs = "errors.Failed capture or match"

// createdByName begins the counters of users by scenario.
const createdByName = "vusers.created_by_name."

// longestName bounds, in bytes, the names that expressions are searched for.
const longestName = 4096

// aggregates are the numbers that a histogram has, each a metric of its own.
var aggregates = []string{"min", "max", "count", "mean", "p50", "median", "p75", "p90", "p95", "p99", "p999"}

// namespaces begin the names of metrics that scripts have no say in.
var namespaces = []string{"vusers.", "http.", "errors.", "plugins.", "websocket.", "socketio.", "apdex.", "salvo."}

// reserved are the words of expressions.
var reserved = []string{"and", "or", "not", "in", "of", "true", "false", "null"}

var (
	plainName = regexp.MustCompile(`^[A-Za-z$_][A-Za-z0-9$_.]*`)
	nextWord  = regexp.MustCompile(`^ +([A-Za-z0-9$_.]+)`)

	// endpointMetric is a metric of an endpoint, which ends where a metric of
	// its kind can end. Comparisons are never in it.
	endpointMetric = regexp.MustCompile(`^(plugins\.metrics-by-endpoint\.(?:(?:response_time|server-timing)\.[^<>]+?\.(?:` +
		strings.Join(aggregates, "|") + `)|[^<>]+?\.(?:codes\.[0-9]+|errors\.[A-Za-z_][A-Za-z0-9_.]*)))(?:[^A-Za-z0-9$_.]|$)`)

	// ownHistogram is one of the histograms that every run has, and what
	// follows its name.
	ownHistogram = regexp.MustCompile(`^(http\.(?:response_time(?:\.[1-5]xx)?|dns|tcp|tls|total)|vusers\.session_length)(?:\.(.*))?$`)
)

// compileCheck compiles an expression over metrics. It returns the names of the
// metrics in it, in order; and sentences about those of which it is not sure.
func compileCheck(source string, known func(name string) bool) (e *template.Expr, names, doubts []string, err error) {
	e, err = template.CompileExprNames(source, func(rest string) (string, int) {
		name, length := metricName(rest, known)
		if length == 0 {
			return "", 0
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
		switch glued := gluedTo(rest[length:]); {
		case rest[:length] != name: // in quotes
		case glued != "":
			doubts = append(doubts, quote(name+glued)+" is one metric if one of that name is recorded, and a calculation if not; put a name in single quotes, or blanks around the operator")
		case strings.Contains(name, " ") && !known(name) && !strings.HasPrefix(name, endpointPrefix):
			doubts = append(doubts, quote(name)+" is taken for the name of one metric; put it in single quotes, or an operator between its words")
		}
		return name, length
	})
	return e, names, doubts, err
}

// metricName finds the name of a metric at the beginning of rest, and how many
// bytes it takes there.
func metricName(rest string, known func(name string) bool) (name string, length int) {
	if rest[0] == '\'' || rest[0] == '"' {
		return quotedName(rest)
	}
	plain := plainName.FindString(rest)
	if plain == "" || slices.Contains(reserved, plain) {
		return "", 0
	}
	for n := min(len(rest), longestName); n > len(plain); n-- {
		if endsName(rest[n:]) && known(rest[:n]) {
			return rest[:n], n
		}
	}
	switch {
	case strings.HasPrefix(rest, endpointPrefix):
		name = endpointName(rest)
		return name, len(name)
	case strings.HasPrefix(strings.TrimLeftFunc(rest[len(plain):], unicode.IsSpace), "("):
		return "", 0 // a function
	}
	// Two operands never stand side by side, so words that do are of one name.
	n := len(plain)
	for {
		m := nextWord.FindStringSubmatch(rest[n:])
		if m == nil || slices.Contains(reserved, m[1]) || decimal.MatchString(m[1]) {
			return rest[:n], n
		}
		n += len(m[0])
	}
}

// quotedName reads 'name' or "name", with \ before a quote or another \.
func quotedName(rest string) (name string, length int) {
	var b strings.Builder
	for i := 1; i < len(rest); i++ {
		switch c := rest[i]; {
		case c == rest[0]:
			return b.String(), i + 1
		case c == '\\' && i+1 < len(rest) && (rest[i+1] == '\\' || rest[i+1] == rest[0]):
			i++
			b.WriteByte(rest[i])
		default:
			b.WriteByte(c)
		}
	}
	return "", 0
}

// endsName tells whether a name can end where rest begins.
func endsName(rest string) bool {
	r, _ := utf8.DecodeRuneInString(rest)
	return rest == "" || utf8.RuneStart(rest[0]) && !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_$.", r)
}

// endpointName is the metric of an endpoint that rest begins with. Where none is
// whole it goes to the next blank or sign, for a fault to show.
func endpointName(rest string) string {
	if m := endpointMetric.FindStringSubmatch(rest); m != nil && !strings.Contains(m[1], " == ") && !strings.Contains(m[1], " != ") {
		return m[1]
	}
	if n := strings.IndexFunc(rest, func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("<>=!()", r) }); n >= 0 {
		return rest[:n]
	}
	return rest
}

// gluedTo is the - or / and the name that rest begins with, without a blank in
// between, unless that name is plainly another metric's.
func gluedTo(rest string) string {
	if rest == "" || rest[0] != '-' && rest[0] != '/' {
		return ""
	}
	next := plainName.FindString(rest[1:])
	if next == "" || slices.ContainsFunc(namespaces, func(prefix string) bool { return strings.HasPrefix(next, prefix) }) {
		return ""
	}
	return rest[:1] + next
}

// misnamed says why there can be no metric of this name, else "".
func misnamed(name string) string {
	if rest, ok := strings.CutPrefix(name, endpointPrefix); ok {
		times := strings.HasPrefix(rest, "response_time.") || strings.HasPrefix(rest, "server-timing.")
		switch {
		case times && !slices.Contains(aggregates, rest[strings.LastIndexByte(rest, '.')+1:]):
			return notANumber(name, "")
		case !times && !strings.Contains(rest, ".codes.") && !strings.Contains(rest, ".errors."):
			return fmt.Sprintf("%s is no metric of an endpoint: those end in .codes.<status> or .errors.<error>, and response times are %sresponse_time.<endpoint>.p95 and the like", quote(name), endpointPrefix)
		}
		return ""
	}
	if m := ownHistogram.FindStringSubmatch(name); m != nil && !slices.Contains(aggregates, m[2]) {
		return notANumber(m[1], m[2])
	}
	return ""
}

// notANumber is about a histogram that was written without one of its numbers,
// or with one that it does not have.
func notANumber(histogram, number string) string {
	message := histogram + " is a histogram, and a check needs one of its numbers"
	if number != "" {
		message = histogram + " has no " + quote(number)
		if near := nearest(number, aggregates); near != "" {
			return message + "; did you mean " + histogram + "." + near + "?"
		}
	}
	return message + ": write " + histogram + ".p95, or another one of " + strings.Join(aggregates, ", ")
}
