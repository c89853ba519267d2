package script

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// dotenvKey is the beginning of a line of a dotenv file, up to the value.
var dotenvKey = regexp.MustCompile(`^[ \t\f\v]*(?:export[ \t]+)?([\w.-]+)(?:[ \t]*=|:[ \t])[ \t]*`)

// ParseDotenv reads a file of environment variables as the dotenv library does:
// a line for each, KEY=VALUE, with or without export in front; comments begin
// with #; a value in quotes may have several lines, and in double quotes \n is
// a line break. It warns of the lines that it cannot read; file is how it calls
// the file.
func ParseDotenv(text []byte, file string) (map[string]string, Faults) {
	var s sink
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if !utf8.Valid(text) {
		line, column := invalidUTF8(text)
		s.warn(place{file, Pos{line, column}}, "", "this is not UTF-8 text; the file is left unread")
		return map[string]string{}, s.faults
	}
	vars := map[string]string{}
	rest := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(string(text))
	for line := 1; rest != ""; {
		at := place{file, Pos{line, 1}}
		first, after, _ := strings.Cut(rest, "\n")
		m := dotenvKey.FindStringSubmatchIndex(first)
		if m == nil {
			if blank := strings.TrimSpace(first); blank != "" && blank[0] != '#' {
				s.warn(at, "", "expected a line such as KEY=VALUE; this one is left unread")
			}
			line, rest = line+1, after
			continue
		}
		value, used, open := dotenvValue(rest[m[1]:])
		name := first[m[2]:m[3]]
		switch {
		case strings.ContainsRune(value, 0):
			s.warn(at, "", "the value of %s has a character in it that no environment variable can have; it is left out", name)
		case open:
			s.warn(at, "", "the value of %s begins with a quote that is never closed, so it ends with the line", name)
			fallthrough
		default:
			vars[name] = value
		}
		used += m[1]
		line += strings.Count(rest[:used], "\n")
		rest = rest[used:]
	}
	return vars, s.faults
}

// dotenvValue reads a value and says how much of the text it and the rest of
// its line are, and whether it begins with a quote that is never closed.
func dotenvValue(text string) (value string, used int, open bool) {
	if text != "" && strings.IndexByte(`"'`+"`", text[0]) >= 0 {
		end := closingQuote(text)
		if end > 0 {
			rest, _, found := strings.Cut(text[end+1:], "\n")
			if blank := strings.TrimSpace(rest); blank == "" || blank[0] == '#' {
				used = end + 1 + len(rest)
				if found {
					used++
				}
				return unquote(text[:end+1]), used, false
			}
		}
		open = end < 0
	}
	line, _, found := strings.Cut(text, "\n")
	value, _, _ = strings.Cut(line, "#")
	used = len(line)
	if found {
		used++
	}
	return unquote(strings.TrimSpace(value)), used, open
}

// unquote takes the quotes around a value away. In double quotes \n and \r are
// the ends of lines, even where there is no second one.
func unquote(value string) string {
	double := strings.HasPrefix(value, `"`)
	if last := len(value) - 1; last > 0 && strings.IndexByte(`"'`+"`", value[0]) >= 0 && value[last] == value[0] {
		value = value[1:last]
	}
	if double {
		value = strings.NewReplacer(`\n`, "\n", `\r`, "\r").Replace(value)
	}
	return value
}

// closingQuote is the place of the quote that ends the one at the beginning, -1
// when there is none. A quote after a backslash is none.
func closingQuote(text string) int {
	for i := 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			if i+1 < len(text) && text[i+1] == text[0] {
				i++
			}
		case text[0]:
			return i
		}
	}
	return -1
}
