package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"
)

// Read reads the text of a salvo.yml; name is what the user calls the file. The
// error is Faults when something is wrong with it.
func Read(text []byte, name string) (*Settings, error) {
	s := Default()
	r := &reader{file: name}
	if root := r.parse(text); root != nil {
		r.object(root, "", fields(r, s))
	}
	r.reserved(s)
	if len(r.faults) > 0 {
		r.faults.sort()
		return nil, r.faults
	}
	return s, nil
}

// Override is Read with what was chosen outside of the file, such as by
// --stage and --region; "" leaves what the file says.
func (s *Settings) Override(stage, region string) error {
	r := &reader{}
	if stage != "" {
		if complaint := checkStage(stage); complaint != "" {
			r.faults = append(r.faults, Fault{File: "the stage that was asked for", Message: complaint})
		}
		s.Stage = stage
	}
	if region != "" {
		if complaint := checkRegion(region); complaint != "" {
			r.faults = append(r.faults, Fault{File: "the region that was asked for", Message: complaint})
		}
		s.Region = region
	}
	if len(r.faults) > 0 {
		return r.faults
	}
	return nil
}

// reserved holds the workers that a run may have to those that are kept for the
// stack: Lambda runs no more of them.
func (r *reader) reserved(s *Settings) {
	reserved := s.Worker.ReservedConcurrency
	switch {
	case reserved == 0 || s.MaxConcurrency <= reserved:
	case r.concurrency == nil:
		s.MaxConcurrency = reserved
	default:
		r.fault(r.concurrency, "maxConcurrency", "a run cannot have %d workers at once when `worker.reservedConcurrency` keeps %d for them; lower the one or raise the other", s.MaxConcurrency, reserved)
	}
}

// reader collects what is wrong with a file.
type reader struct {
	file        string
	faults      Faults
	concurrency *yaml.Node // the value of maxConcurrency; nil when the file has none of use
}

func (r *reader) fault(n *yaml.Node, path, format string, args ...any) {
	r.faults = append(r.faults, Fault{File: r.file, Line: n.Line, Column: n.Column, Path: path, Message: fmt.Sprintf(format, args...)})
}

var yamlLine = regexp.MustCompile(`^(?:yaml: )?(?:while .*? at )?line (\d+)(?:, column (\d+))?: `)

// parse returns the file's only document, or nil: when it is empty, and when it
// is not YAML, which is a fault then.
func (r *reader) parse(text []byte) (root *yaml.Node) {
	problem := func(line, column int, message string) *yaml.Node {
		r.faults = append(r.faults, Fault{File: r.file, Line: line, Column: column, Message: message})
		return nil
	}
	defer func() {
		// The parser panics on some texts that are not YAML.
		if p := recover(); p != nil {
			root = problem(1, 0, fmt.Sprintf("this is not YAML: %v", p))
		}
	}()
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		return problem(1, 0, "this is not UTF-8 text; save the file with the encoding UTF-8")
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var first, second yaml.Node
	err := dec.Decode(&first)
	if err == nil {
		if err = dec.Decode(&second); err == nil {
			return problem(second.Line, second.Column, "a second document begins here (`---`); the settings are one document")
		}
	}
	if !errors.Is(err, io.EOF) {
		line := 1
		if m := yamlLine.FindStringSubmatch(err.Error()); m != nil {
			line, _ = strconv.Atoi(m[1])
		}
		return problem(line, 0, "this is not YAML: "+yamlLine.ReplaceAllString(err.Error(), ""))
	}
	if len(first.Content) != 1 || absent(first.Content[0]) {
		return nil
	}
	return first.Content[0]
}

// follow is what an alias stands for.
func follow(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

// absent tells whether a key has no value: then it is as if it were not there.
func absent(n *yaml.Node) bool {
	n = follow(n)
	return n.Kind == yaml.ScalarNode && n.ShortTag() == "!!null"
}

// field is a key of an object, and what reads its value.
type field struct {
	key  string
	read func(n *yaml.Node, path string)
	in   []field // the keys inside the value, or inside each of its elements
}

// object reads the keys of n.
func (r *reader) object(n *yaml.Node, path string, fields []field) {
	r.pairs(n, path, func(k, v *yaml.Node, inside string) {
		for _, f := range fields {
			if f.key == k.Value {
				f.read(v, inside)
				return
			}
		}
		known := make([]string, len(fields))
		for i, f := range fields {
			known[i] = f.key
		}
		if near := nearest(k.Value, known); near != "" {
			r.fault(k, path, "unknown key `%s`; did you mean `%s`?", k.Value, near)
		} else {
			r.fault(k, path, "unknown key `%s`; known here: %s", k.Value, strings.Join(known, ", "))
		}
	})
}

// pairs goes through the members of an object that have a value.
func (r *reader) pairs(n *yaml.Node, path string, member func(k, v *yaml.Node, path string)) {
	object := follow(n)
	if object.Kind != yaml.MappingNode {
		r.fault(n, path, "expected an object of `key: value`, found %s", found(n))
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(object.Content); i += 2 {
		k, v := follow(object.Content[i]), object.Content[i+1]
		if k.Kind != yaml.ScalarNode {
			r.fault(k, path, "a key must be a word, found %s", found(k))
			continue
		}
		inside := k.Value
		if path != "" {
			inside = path + "." + k.Value
		}
		if line, twice := lines[k.Value]; twice {
			r.fault(k, inside, "the key `%s` is here a second time: it stands in line %d already; keep one of them", k.Value, line)
			continue
		}
		lines[k.Value] = k.Line
		if !absent(v) {
			member(k, v, inside)
		}
	}
}

// list goes through the elements of a list.
func (r *reader) list(n *yaml.Node, path string, element func(n *yaml.Node, path string)) {
	list := follow(n)
	if list.Kind != yaml.SequenceNode {
		r.fault(n, path, "expected a list, each element on a line that begins with `- `; found %s", found(n))
		return
	}
	for i, item := range list.Content {
		element(item, fmt.Sprintf("%s[%d]", path, i))
	}
}

// found says what a value is, for faults.
func found(n *yaml.Node) string {
	n = follow(n)
	switch {
	case n.Kind == yaml.MappingNode:
		return "an object"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case absent(n):
		return "nothing"
	case n.Value == "":
		return "an empty text"
	case n.ShortTag() == "!!str":
		return "the text " + quote(n.Value)
	default:
		return n.Value
	}
}

// quote shows a piece of the user's text, shortened when it is long.
func quote(s string) string {
	const longest = 60
	if utf8.RuneCountInString(s) > longest {
		s = string([]rune(s)[:longest]) + "…"
	}
	return strconv.QuoteToGraphic(s)
}

// The readers of values: each puts a value that is as it should be where it belongs.

// text reads a text, or a number or a truth value as it is written. check
// returns what is wrong with it, "" when nothing is.
func (r *reader) text(to *string, check func(string) string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		scalar := follow(n)
		if scalar.Kind != yaml.ScalarNode || scalar.Value == "" || absent(n) {
			r.fault(n, path, "expected a text, found %s", found(n))
			return
		}
		if complaint := check(scalar.Value); complaint != "" {
			r.fault(n, path, "%s", complaint)
			return
		}
		*to = scalar.Value
	}
}

// texts reads a list of texts without repetitions.
func (r *reader) texts(to *[]string, check func(string) string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		lines := map[string]int{}
		r.list(n, path, func(item *yaml.Node, path string) {
			var one string
			r.text(&one, check)(item, path)
			if one == "" {
				return
			}
			if line, twice := lines[one]; twice {
				r.fault(item, path, "%s stands in line %d already", quote(one), line)
				return
			}
			lines[one] = item.Line
			*to = append(*to, one)
		})
	}
}

// whole reads a whole number.
func (r *reader) whole(to *int, least, most int, unit string) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		scalar := follow(n)
		v, err := strconv.Atoi(scalar.Value)
		if scalar.Kind != yaml.ScalarNode || scalar.ShortTag() != "!!int" || err != nil || v < least || v > most {
			r.fault(n, path, "expected a whole number%s from %d to %d, found %s", unit, least, most, found(n))
			return
		}
		*to = v
	}
}

// flag reads true or false.
func (r *reader) flag(to *bool) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		scalar := follow(n)
		if scalar.Kind != yaml.ScalarNode || scalar.Value != "true" && scalar.Value != "false" {
			r.fault(n, path, "expected true or false, found %s", found(n))
			return
		}
		*to = scalar.Value == "true"
	}
}

// percent reads a number above 0 and below 100.
func (r *reader) percent(to *float64) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		scalar := follow(n)
		v, err := strconv.ParseFloat(scalar.Value, 64)
		if scalar.Kind != yaml.ScalarNode || err != nil || !(v > 0 && v < 100) {
			r.fault(n, path, "expected a percentage above 0 and below 100, such as 99.9, found %s", found(n))
			return
		}
		*to = v
	}
}

// days reads a number of days, such as 30d.
func (r *reader) days(to *int) func(*yaml.Node, string) {
	return func(n *yaml.Node, path string) {
		scalar := follow(n)
		v, err := strconv.Atoi(strings.TrimSuffix(scalar.Value, "d"))
		if scalar.Kind != yaml.ScalarNode || !strings.HasSuffix(scalar.Value, "d") || err != nil || v < 1 || v > mostWindow {
			r.fault(n, path, "expected a number of days from 1d to %dd, found %s", mostWindow, found(n))
			return
		}
		*to = v
	}
}
