package script

import (
	"fmt"
	"math"
	"strings"
)

// form is what a value has to look like beside being of its kind. It is for the
// published schema, and says of a value no less than what the builder accepts:
// the builder's own faults are clearer than what can be told of a pattern.
type form struct {
	kinds    kind     // fewer than the shape's, when not 0
	words    []string // the texts that there are
	fold     bool     // words count in any letter case
	others   bool     // words are the usual texts, but not the only ones
	pattern  string   // of a text; a regular expression that Go and JavaScript read alike
	says     string   // what the pattern is, in words
	template bool     // a text with a template in it is welcome, though it is not in config
	filled   bool     // no empty text, no empty list
	whole    bool     // a number is an integer
	bounded  bool     // a number is at least least
	least    float64
	above    bool // more than least
	most     float64
}

func (s shape) with(f form) shape { s.form = &f; return s }

// The parts of patterns. Blanks around numbers are as good as none.
const (
	unsignedDecimal = `(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?`
	positiveDecimal = `(?:[0-9]*[1-9][0-9]*\.?[0-9]*|[0-9]*\.[0-9]*[1-9][0-9]*)(?:[eE][-+]?[0-9]+)?`
	anyTemplate     = `\{\{`
)

// inAnyCase makes a pattern of a word, or of a pattern without escapes, that
// holds in any letter case.
func inAnyCase(word string) string {
	var b strings.Builder
	for _, r := range word {
		if upper := strings.ToUpper(string(r)); upper != string(r) {
			b.WriteString("[" + string(r) + upper + "]")
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func durationPattern(number, mantissa string) string {
	units := inAnyCase("milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|years?|yrs?|y")
	return `^(?:\s*\+?` + number + `\s*|` + mantissa + ` *(?:` + units + `))$`
}

// The shapes of numbers that are written as numbers or as texts.
var (
	pauseTime = numeric.with(form{
		bounded: true, pattern: durationPattern(unsignedDecimal, `[0-9]*\.?[0-9]+`), says: durationForm,
	})
	periodTime = numeric.with(form{
		bounded: true, above: true, says: durationForm,
		pattern: durationPattern(positiveDecimal, `(?:[0-9]*[1-9][0-9]*(?:\.[0-9]+)?|[0-9]*\.[0-9]*[1-9][0-9]*)`),
	})
	arrivals    = numeric.with(form{bounded: true, pattern: `^\s*\+?` + unsignedDecimal + `\s*$`, says: "expected a number of at least 0"})
	proportion  = numeric.with(form{bounded: true, template: true, pattern: arrivals.form.pattern, says: arrivals.form.says})
	decimalText = numeric.with(form{pattern: `^\s*[-+]?` + unsignedDecimal + `\s*$`, says: "expected a number"})
	pauseStep   = numeric.with(form{bounded: true, template: true, pattern: pauseTime.form.pattern, says: durationForm})
)

// wholeNumber is an integer of at least least, 0 or 1, or a text that shows one.
func wholeNumber(least int) shape {
	digits := `[0-9]+`
	if least > 0 {
		digits = `[0-9]*[1-9][0-9]*`
	}
	return numeric.with(form{
		whole: true, bounded: true, least: float64(least), most: math.MaxInt32,
		pattern: `^\s*\+?(?:` + digits + `(?:\.0*)?|(?:[0-9]+\.?[0-9]*|\.[0-9]+)[eE][-+]?[0-9]+)\s*$`,
		says:    fmt.Sprintf("expected a whole number of at least %d", least),
	})
}

// oneOf is a text out of a few. In any letter case, when fold is set.
func oneOf(fold bool, words ...string) shape { return text.with(form{words: words, fold: fold}) }

var (
	filledText = text.with(form{filled: true})

	// characterText is one character, or the escape of a tab.
	characterText = text.with(form{pattern: `^(?:[^\r\n]|\\t)$`, says: `expected one character, or \t for a tab`})
)

// oneLine is what a header may be.
var oneLine = scalar.with(form{pattern: `^\s*[^\r\n]*\s*$`, says: "expected a single line"})

// filledList is the shape of a list with at least one element.
func filledList(list shape) shape { return list.with(form{filled: true}) }

// tokenPattern is what names of headers and cookies are made of.
const tokenPattern = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$"
