package bundle

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/evanw/esbuild/pkg/api"
)

// Fault is one thing that is wrong with the code of a processor, or that probably is.
type Fault struct {
	File         string // a slash path from the file system's root
	Line, Column int    // from 1, the column in characters; 0 when the place is the file as a whole
	Message      string
}

// Error is "file:line:column: message", without the parts that are not known.
func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Message
	}
	return fmt.Sprintf("%s:%d:%d: %s", f.File, f.Line, f.Column, f.Message)
}

// Faults is everything that is wrong with the code, in the order of files and lines.
type Faults []Fault

// Error gives each fault a line of its own.
func (fs Faults) Error() string {
	lines := make([]string, len(fs))
	for i, f := range fs {
		lines[i] = f.Error()
	}
	return strings.Join(lines, "\n")
}

var (
	unresolved  = regexp.MustCompile(`^Could not resolve "(.*)"$`)
	notExported = regexp.MustCompile(`^The path .* is not exported by package `)
	notStrict   = regexp.MustCompile(` cannot be used with the "esm" output format due to strict mode$`)
	noLoader    = regexp.MustCompile(`^No loader is configured for ".*" files: (.*)$`)
)

// faults tells what esbuild found.
func (b *bundler) faults(messages []api.Message) Faults {
	var out Faults
	for _, m := range messages {
		f := Fault{File: b.processor, Message: lowerFirst(m.Text)}
		if l := m.Location; l != nil && l.File != entryName {
			f.File, f.Line = b.slash(b.source(l.File)), l.Line
			column := l.Column
			if c, ok := b.changed[b.source(l.File)]; ok && l.Line == c.line+1 && column >= c.cols {
				column -= c.cols
				l.LineText = l.LineText[min(c.cols, len(l.LineText)):]
			}
			f.Column = utf8.RuneCountInString(l.LineText[:min(column, len(l.LineText))]) + 1
		}
		if match := unresolved.FindStringSubmatch(m.Text); match != nil {
			f.Message = b.missing(match[1], f.Line == 0, m.Notes)
		} else if match := noLoader.FindStringSubmatch(m.Text); match != nil {
			f.Message = fmt.Sprintf("%s is no JavaScript, TypeScript or JSON, and cannot be imported", filepath.Base(match[1]))
		}
		f.Message = notStrict.ReplaceAllString(f.Message, " cannot be bundled")
		out = append(out, f)
	}
	slices.SortStableFunc(out, func(x, y Fault) int {
		return cmp.Or(cmp.Compare(x.File, y.File), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column), cmp.Compare(x.Message, y.Message))
	})
	return slices.Compact(out)
}

// missing says that a module is not there.
func (b *bundler) missing(name string, isProcessor bool, notes []api.Note) string {
	for _, note := range notes {
		if notExported.MatchString(note.Text) {
			return fmt.Sprintf("the module %q is not found: %s", name, lowerFirst(strings.TrimSuffix(note.Text, ":")))
		}
	}
	switch {
	case isProcessor:
		return "there is no such processor"
	case strings.HasPrefix(name, "."), filepath.IsAbs(name):
		return fmt.Sprintf("the module %q is not found", name)
	}
	return fmt.Sprintf("the module %q is not found: install it with npm, or name it in config.bundling.external when the processor can do without it", name)
}

// source is the path on this machine of a file that esbuild or a source map names.
func (b *bundler) source(name string) string {
	name = filepath.FromSlash(name)
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(b.scriptDir, name)
}

func lowerFirst(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return strings.ToLower(string(first)) + text[size:]
}
