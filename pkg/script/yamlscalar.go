package script

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The plain scalars of js-yaml 3, which Artillery reads scripts with: words such
// as yes and on are text, numbers may be octal or have underscores, and dates
// become the text that JSON has for them.
var (
	floatScalar = regexp.MustCompile(`^(?:[-+]?(?:0|[1-9][0-9_]*)(?:\.[0-9_]*)?(?:[eE][-+]?[0-9]+)?|\.[0-9_]+(?:[eE][-+]?[0-9]+)?)$`)
	base60      = regexp.MustCompile(`^[-+]?(?:[1-9][0-9_]*(?::[0-5]?[0-9])+|[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*)$`)
	infNaN      = regexp.MustCompile(`^(?:[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$`)
	dateScalar  = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})$`)
	timeScalar  = regexp.MustCompile(`^([0-9]{4})-([0-9][0-9]?)-([0-9][0-9]?)(?:[Tt]|[ \t]+)([0-9][0-9]?):([0-9]{2}):([0-9]{2})(?:\.([0-9]*))?(?:[ \t]*(Z|([-+])([0-9][0-9]?)(?::([0-9]{2}))?))?$`)
)

// resolvePlain gives the text of a plain scalar its kind. It answers false for
// infinities and the like, which no JSON can carry.
func resolvePlain(n *node) bool {
	switch n.text {
	case "", "~", "null", "Null", "NULL":
		n.kind, n.text = kindNull, ""
		return true
	case "true", "True", "TRUE", "false", "False", "FALSE":
		n.kind, n.yes, n.text = kindBool, n.text[0]|0x20 == 't', ""
		return true
	}
	if f, ok := plainNumber(n.text); ok {
		n.kind, n.num, n.text = kindNumber, f, ""
		return !math.IsInf(f, 0) && !math.IsNaN(f)
	}
	if iso, ok := plainDate(n.text); ok {
		n.text = iso
	}
	return true
}

func knownTag(tag string) bool {
	switch tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp":
		return true
	}
	return false
}

// resolveTagged does the same for a scalar with an explicit tag.
func resolveTagged(n *node, tag string) bool {
	text := n.text
	switch tag {
	case "!!str":
		return true
	case "!!int", "!!float":
		f, ok := plainNumber(text)
		n.kind, n.num, n.text = kindNumber, f, ""
		return ok && !math.IsInf(f, 0) && !math.IsNaN(f) && (tag == "!!float" || f == math.Trunc(f))
	case "!!bool", "!!null", "!!timestamp":
		resolvePlain(n)
		want := map[string]kind{"!!bool": kindBool, "!!null": kindNull, "!!timestamp": kindText}[tag]
		return n.kind == want && (tag != "!!timestamp" || n.text != text)
	default:
		return false
	}
}

func plainNumber(s string) (float64, bool) {
	if f, ok := plainInteger(s); ok {
		return f, true
	}
	if strings.HasSuffix(s, "_") {
		return 0, false
	}
	switch {
	case infNaN.MatchString(s):
		if strings.EqualFold(s, ".nan") {
			return math.NaN(), true
		}
		return math.Inf(map[bool]int{true: -1, false: 1}[s[0] == '-']), true
	case base60.MatchString(s):
		return sexagesimal(strings.ReplaceAll(s, "_", "")), true
	case floatScalar.MatchString(s):
		f, err := strconv.ParseFloat(strings.ReplaceAll(s, "_", ""), 64)
		return f, err == nil || math.IsInf(f, 0)
	}
	return 0, false
}

// plainInteger reads 0b1, 0x1f, 017 and decimal integers.
func plainInteger(s string) (float64, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" || strings.HasSuffix(s, "_") {
		return 0, false
	}
	base, body := 10, digits
	switch {
	case strings.HasPrefix(digits, "0b"):
		base, body = 2, digits[2:]
	case strings.HasPrefix(digits, "0x"):
		base, body = 16, digits[2:]
	case len(digits) > 1 && digits[0] == '0':
		base, body = 8, digits[1:]
	case digits[0] == '_':
		return 0, false
	}
	body = strings.ReplaceAll(body, "_", "")
	if body == "" {
		return 0, false
	}
	var f float64
	if base == 10 {
		if strings.Trim(body, "0123456789") != "" {
			return 0, false
		}
		f, _ = strconv.ParseFloat(body, 64)
	} else {
		for _, c := range []byte(body) {
			d := strings.IndexByte("0123456789abcdef", c|0x20)
			if d < 0 || d >= base || c == '_' {
				return 0, false
			}
			f = f*float64(base) + float64(d)
		}
	}
	if s[0] == '-' {
		f = -f
	}
	return f, true
}

func sexagesimal(s string) float64 {
	sign := 1.0
	if s[0] == '-' {
		sign = -1
	}
	var f float64
	for part := range strings.SplitSeq(strings.TrimLeft(s, "+-"), ":") {
		v, _ := strconv.ParseFloat(part, 64)
		f = f*60 + v
	}
	return sign * f
}

// plainDate is what JSON.stringify makes of the Date that js-yaml reads.
func plainDate(s string) (string, bool) {
	num := func(text string) int {
		i, _ := strconv.Atoi(text)
		return i
	}
	var t time.Time
	if m := dateScalar.FindStringSubmatch(s); m != nil {
		t = time.Date(num(m[1]), time.Month(num(m[2])), num(m[3]), 0, 0, 0, 0, time.UTC)
	} else if m := timeScalar.FindStringSubmatch(s); m != nil {
		millis := num((m[7] + "000")[:3])
		t = time.Date(num(m[1]), time.Month(num(m[2])), num(m[3]), num(m[4]), num(m[5]), num(m[6]), millis*1e6, time.UTC)
		offset := time.Duration(num(m[10]))*time.Hour + time.Duration(num(m[11]))*time.Minute
		if m[9] == "-" {
			offset = -offset
		}
		t = t.Add(-offset)
	} else {
		return "", false
	}
	return t.Format("2006-01-02T15:04:05.000Z"), true
}
