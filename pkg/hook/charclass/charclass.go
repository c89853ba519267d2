// Package charclass writes the classes of characters that regular expressions of JavaScript name by
// their properties, such as \p{L}, as ranges: the engine of package hook does not know the names. It is
// for what is known when a processor is bundled, and for what is made of texts when it runs.
package charclass

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Expand writes the characters in the place of \p{...} and \P{...}. It tells whether there
// was one that it knows.
func Expand(pattern, flags string) (expanded string, ok bool) {
	if !strings.Contains(flags, "u") {
		return pattern, false
	}
	var out strings.Builder
	inClass := false
	for i := 0; i < len(pattern); {
		switch c := pattern[i]; {
		case c == '\\' && i+2 < len(pattern) && (pattern[i+1] == 'p' || pattern[i+1] == 'P') && pattern[i+2] == '{':
			end := strings.IndexByte(pattern[i:], '}')
			var ranges []rune
			if end > 0 {
				ranges = property(pattern[i+3 : i+end])
			}
			if ranges == nil {
				return pattern, false
			}
			ok = true
			writeClass(&out, ranges, inClass, pattern[i+1] == 'P')
			i += end + 1
			continue
		case c == '\\':
			out.WriteByte(c)
			i++
		case c == '[':
			inClass = true
		case c == ']':
			inClass = false
		}
		if i < len(pattern) {
			_, size := utf8.DecodeRuneInString(pattern[i:])
			out.WriteString(pattern[i : i+size])
			i += size
		}
	}
	return out.String(), ok
}

func writeClass(out *strings.Builder, ranges []rune, inClass, negated bool) {
	switch {
	case !inClass && negated:
		out.WriteString("[^")
	case !inClass:
		out.WriteString("[")
	case negated:
		ranges = complement(ranges)
	}
	for i := 0; i < len(ranges); i += 2 {
		fmt.Fprintf(out, `\u{%x}`, ranges[i])
		if ranges[i+1] > ranges[i] {
			fmt.Fprintf(out, `-\u{%x}`, ranges[i+1])
		}
	}
	if !inClass {
		out.WriteByte(']')
	}
}

// property lists the first and the last character of each range that has a property, in order
// (ECMA-262, tables of Unicode property names and values); nil for one that is not known.
func property(name string) []rune {
	key, value, isPair := strings.Cut(name, "=")
	if isPair {
		switch key {
		case "General_Category", "gc":
			return category(value)
		case "Script", "sc", "Script_Extensions", "scx":
			if table, ok := unicode.Scripts[value]; ok {
				return tables(table)
			}
		}
		return nil
	}
	if ranges, ok := emoji[name]; ok {
		return ranges
	}
	p := unicode.Properties
	switch name {
	case "Any":
		return []rune{0, unicode.MaxRune}
	case "ASCII":
		return []rune{0, unicode.MaxASCII}
	case "Alphabetic", "Alpha":
		return tables(unicode.L, unicode.Nl, p["Other_Alphabetic"])
	case "Lowercase", "Lower":
		return tables(unicode.Ll, p["Other_Lowercase"])
	case "Uppercase", "Upper":
		return tables(unicode.Lu, p["Other_Uppercase"])
	case "Math":
		return tables(unicode.Sm, p["Other_Math"])
	case "ID_Start", "IDS", "XID_Start", "XIDS":
		return tables(unicode.L, unicode.Nl, p["Other_ID_Start"])
	case "ID_Continue", "IDC", "XID_Continue", "XIDC":
		return tables(unicode.L, unicode.Nl, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, p["Other_ID_Start"], p["Other_ID_Continue"])
	case "space":
		name = "White_Space"
	}
	if table, ok := p[name]; ok && !strings.HasPrefix(name, "Other_") {
		return tables(table)
	}
	return category(name)
}

func category(name string) []rune {
	if short, ok := unicode.CategoryAliases[name]; ok {
		name = short
	}
	if table, ok := unicode.Categories[name]; ok {
		return tables(table)
	}
	return nil
}

// tables joins tables to ranges.
func tables(all ...*unicode.RangeTable) []rune {
	var pairs [][2]rune
	add := func(low, high, stride rune) {
		if stride == 1 {
			pairs = append(pairs, [2]rune{low, high})
			return
		}
		for r := low; r <= high; r += stride {
			pairs = append(pairs, [2]rune{r, r})
		}
	}
	for _, table := range all {
		for _, r := range table.R16 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
		for _, r := range table.R32 {
			add(rune(r.Lo), rune(r.Hi), rune(r.Stride))
		}
	}
	slices.SortFunc(pairs, func(x, y [2]rune) int { return int(x[0] - y[0]) })
	var out []rune
	for _, p := range pairs {
		if n := len(out); n > 0 && p[0] <= out[n-1]+1 {
			out[n-1] = max(out[n-1], p[1])
			continue
		}
		out = append(out, p[0], p[1])
	}
	return out
}

func complement(ranges []rune) []rune {
	var out []rune
	next := rune(0)
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] > next {
			out = append(out, next, ranges[i]-1)
		}
		next = ranges[i+1] + 1
	}
	if next <= unicode.MaxRune {
		out = append(out, next, unicode.MaxRune)
	}
	return out
}
