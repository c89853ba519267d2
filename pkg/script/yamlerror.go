package script

import (
	"bytes"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// explainYAML says where text stops being YAML, and in a sentence why.
func explainYAML(text []byte, err error) (Pos, string) {
	if err == errSecondDocument {
		return secondDocument(text), "a second document begins here (`---`); a script is one document"
	}
	problem := yamlProblem(err)
	pos := locateYAML(text, problem)
	lines := linesTo(text, pos.Line)
	for _, e := range yamlExplanations {
		if strings.Contains(problem, e.problem) {
			if e.look != nil {
				if explained := e.look(&pos, lines); explained != "" {
					return pos, explained
				}
			}
			return pos, e.says
		}
	}
	return pos, "this is not YAML: " + problem
}

var yamlPrefix = regexp.MustCompile(`^yaml: (?:line \d+: )?`)

// yamlProblem is the parser's text without the line it tells, which is often
// where the surrounding construct begins.
func yamlProblem(err error) string { return yamlPrefix.ReplaceAllString(err.Error(), "") }

// locateYAML finds the shortest beginning of text that has the same problem: its
// end is where the problem shows.
func locateYAML(text []byte, problem string) Pos {
	has := func(text []byte) bool {
		_, err := parseYAML(text)
		return err != nil && err != errSecondDocument && yamlProblem(err) == problem
	}
	// A beginning may have the problem only because it ends there. Then one more
	// word cures it, unless it is the end of the whole text that is the matter.
	more := func(n int) []byte { return append(bytes.Clone(text[:n]), " x"...) }
	fails := func(n int) bool { return has(text[:n]) && has(more(n)) }
	if !has(more(len(text))) {
		fails = func(n int) bool { return has(text[:n]) }
	}
	var ends []int // of lines, without their line break
	for start := 0; start <= len(text); {
		end := len(text)
		if i := bytes.IndexByte(text[start:], '\n'); i >= 0 {
			end = start + i
		}
		ends = append(ends, end)
		start = end + 1
	}
	line := sort.Search(len(ends)-1, func(i int) bool { return fails(min(ends[i]+1, len(text))) })
	start := 0
	if line > 0 {
		start = ends[line-1] + 1
	}
	cut := start + sort.Search(ends[line]-start, func(i int) bool { return fails(start + i) })
	for cut > start && !utf8.RuneStart(text[min(cut, len(text)-1)]) {
		cut--
	}
	column := utf8.RuneCount(text[start:cut])
	return Pos{line + 1, max(column, 1)}
}

// linesTo are the lines of text up to and with one of them.
func linesTo(text []byte, line int) []string {
	lines := strings.SplitN(string(text), "\n", line+1)
	lines = lines[:min(line, len(lines))]
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	return lines
}

func secondDocument(text []byte) Pos {
	seen, n := false, 0
	for line := range strings.Lines(string(text)) {
		n++
		begins := strings.HasPrefix(line, "---")
		if begins && seen {
			return Pos{n, 1}
		}
		blank := strings.TrimSpace(line) == "" || line[0] == '#' || line[0] == '%'
		seen = seen || begins || !blank
	}
	return Pos{1, 1}
}

// yamlExplanations are what the parser's problems mean to someone who writes a
// script. The first whose problem is part of the parser's text applies; look may
// say it better for the line at hand, and may move the position.
var yamlExplanations = []struct {
	problem string
	look    func(pos *Pos, lines []string) string
	says    string
}{
	{problem: "mapping values are not allowed", look: secondColon,
		says: "a `key: value` cannot stand here; check that the line is indented like the lines it belongs to"},
	{problem: "found character that cannot start any token", look: badStart,
		says: "a value cannot begin with this character; put the value in quotes"},
	{problem: "found a tab character", look: tabIndent,
		says: "a tab stands where YAML wants spaces"},
	{problem: "could not find expected ':'", look: missingColon,
		says: "this line is neither `key: value` nor a list element that begins with `- `"},
	{problem: "did not find expected key", look: wrongIndent,
		says: "this does not fit the lines above; check the indentation"},
	{problem: "did not find expected '-' indicator",
		says: "the lines above are a list, so this line must begin with `- ` at the same indentation, or be indented less"},
	{problem: "block sequence entries are not allowed",
		says: "a list cannot begin on the line of its key; put the first `- ` on a line of its own"},
	{problem: "did not find expected ',' or ']'", look: opened('['),
		says: "a list that `[` opens is not closed by `]`, or a comma is missing in it"},
	{problem: "did not find expected ',' or '}'", look: opened('{'),
		says: "an object that `{` opens is not closed by `}`, or a comma is missing in it"},
	{problem: "found unexpected end of stream", says: "a quote opens here and is never closed"},
	{problem: "found unexpected document indicator", says: "a quote that opens above is not closed before this line"},
	{problem: "did not find expected node content", says: "a value is missing here: a comma or a bracket too many"},
	{problem: "found unknown escape character", look: backslash,
		says: "this backslash escape is not known in double quotes; use single quotes, or write \\\\ for a backslash"},
	{problem: "did not find expected hexadecimal number", says: "\\x, \\u and \\U in double quotes need hexadecimal digits; use single quotes for a backslash"},
	{problem: "unknown anchor", look: unknownAnchor,
		says: "`*` repeats the value of an anchor `&name` that stands above it; there is none of this name"},
	{problem: "did not find expected alphabetic or numeric character", look: badStart,
		says: "`&` and `*` begin the name of an anchor; put the value in quotes if it is text"},
	{problem: "did not find expected comment or line break", look: mergeKey,
		says: "after `|` or `>` the text begins on the next line; put the value in quotes if it begins with that character"},
	{problem: "control characters are not allowed", says: "this control character cannot stand in a script"},
	{problem: "found undefined tag handle", says: "`!` begins a YAML tag; put the value in quotes if it is text"},
	{problem: "did not find expected <document start>", look: wrongIndent, says: "this does not fit the lines above; check the indentation and the brackets"},
	{problem: "exceeded max depth", says: "this is nested too deep"},
	{problem: "document contains excessive aliasing", says: "the aliases of this script expand to too many values"},
}

// indent is the column of the line's first character that is not a space.
func indent(line string) int { return len(line) - len(strings.TrimLeft(line, " ")) + 1 }

// upTo is the line's beginning, without the character in the column.
func upTo(line string, column int) string {
	runes := []rune(line)
	return string(runes[:min(column-1, len(runes))])
}

func secondColon(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	if before := upTo(line, pos.Column); strings.Contains(before, ": ") {
		return "a second `: ` in one value; put the value in quotes"
	}
	pos.Column = indent(line)
	return "this line is indented deeper than the one above, which has a value already; give both the same indentation. If the line above lacks its colon, or the space after it, add that"
}

func badStart(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	rest := strings.TrimLeft(string([]rune(line)[min(pos.Column-1, len([]rune(line))):]), " ")
	switch {
	case rest == "":
		return ""
	case strings.HasPrefix(line, "\t"):
		// A parser takes it as a blank, and then comes to what does not fit.
		return tabIndent(pos, lines)
	case rest[0] == '\t':
		return "a tab stands here where YAML wants spaces; indent with spaces only"
	default:
		first, _ := utf8.DecodeRuneInString(rest)
		return "a value cannot begin with `" + string(first) + "`; put the value in quotes"
	}
}

func tabIndent(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	if i := strings.IndexByte(line, '\t'); i >= 0 {
		pos.Column = utf8.RuneCountInString(line[:i]) + 1
	}
	return "a tab stands here where YAML wants spaces; indent with spaces only"
}

func missingColon(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	pos.Column = indent(line)
	return ""
}

func wrongIndent(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	before := upTo(line, pos.Column)
	text := strings.TrimSpace(line)
	switch {
	case strings.TrimSpace(before) == "" && strings.HasPrefix(text, "- "):
		pos.Column = indent(line)
		return "a list element stands among the `key: value` lines of an object; check the indentation of this line and of the ones above"
	case strings.TrimSpace(before) == "" && strings.HasPrefix(text, "}"), strings.TrimSpace(before) == "" && strings.HasPrefix(text, "]"):
		return "this closing bracket was never opened"
	case strings.TrimSpace(before) == "":
		pos.Column = indent(line)
		return strangeIndent(lines)
	case strings.Contains(before, "{{"):
		return "a value that begins with a template needs quotes around all of it: \"{{ name }}/more\""
	case strings.HasSuffix(before, "\""), strings.HasSuffix(before, "'"):
		return "text follows the quote that ends the value; put all of the value into one pair of quotes"
	}
	return ""
}

// strangeIndent tells by how much the last line could be indented.
func strangeIndent(lines []string) string {
	own := indent(lines[len(lines)-1]) - 1
	var open []int // indentations of the blocks that the line could belong to
	for _, line := range lines[:len(lines)-1] {
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			continue
		}
		begins := indent(line) - 1
		for len(open) > 0 && open[len(open)-1] > begins {
			open = open[:len(open)-1]
		}
		open = appendNew(open, begins)
		for strings.HasPrefix(text, "- ") {
			text = text[2:]
			begins += 2
			open = appendNew(open, begins)
		}
	}
	if len(open) == 0 || slices.Contains(open, own) {
		return ""
	}
	var names []string
	for _, n := range open {
		names = append(names, strconv.Itoa(n))
	}
	spaces := "1 space"
	if own != 1 {
		spaces = strconv.Itoa(own) + " spaces"
	}
	return "this line is indented by " + spaces + ", which fits none of the lines above; expected " + orList(names)
}

func appendNew(list []int, n int) []int {
	if slices.Contains(list, n) {
		return list
	}
	return append(list, n)
}

func opened(bracket byte) func(*Pos, []string) string {
	return func(pos *Pos, lines []string) string {
		line := lines[len(lines)-1]
		if i := strings.LastIndexByte(upTo(line, pos.Column+1), bracket); i >= 0 {
			pos.Column = utf8.RuneCountInString(line[:i]) + 1
		}
		return ""
	}
}

func unknownAnchor(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	if i := strings.LastIndexByte(upTo(line, pos.Column+1), '*'); i >= 0 {
		pos.Column = utf8.RuneCountInString(line[:i]) + 1
		name := strings.FieldsFunc(line[i+1:], func(r rune) bool { return strings.ContainsRune(" ,]}", r) })
		if len(name) > 0 {
			return "`*" + name[0] + "` repeats the value of the anchor `&" + name[0] + "`, but there is none of this name above"
		}
	}
	return ""
}

func backslash(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	if strings.HasSuffix(upTo(line, pos.Column), `\`) {
		pos.Column--
	}
	return ""
}

func mergeKey(pos *Pos, lines []string) string {
	line := lines[len(lines)-1]
	if strings.HasPrefix(line, ">>") {
		pos.Column = 1
		return "the merge field needs quotes in YAML: \">>\": path/of/script.yml"
	}
	return ""
}
