package script

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"salvo/pkg/template"
)

// noCharacter stands for a quote that is switched off.
const noCharacter rune = -1

// csvFormat says how a payload file is written.
type csvFormat struct {
	delimiter, quote, escape rune
	comment                  string // "" for none
	from, to                 int    // records, from 1; to 0 for all
	fromLine, toLine         int    // lines likewise
	skipEmpty                bool   // lines without any character
	skipBlank                bool   // records without any but empty cells
	trimLeft, trimRight      bool
	relaxQuotes              bool // a quote inside an unquoted cell is kept
	ragged                   bool // records may differ in length
	cast                     bool
}

func newCSVFormat() csvFormat {
	return csvFormat{delimiter: ',', quote: '"', escape: '"', from: 1, fromLine: 1, skipEmpty: true, cast: true}
}

type csvFault struct {
	pos     Pos
	message string
}

// csvReader reads records as the csv-parse library does: RFC 4180, but faults
// for stray quotes and for records of different lengths.
type csvReader struct {
	csvFormat
	text   []byte
	at     int
	line   int // of the next character, from 1
	column int
}

// readCSV returns the records of a file; a cell is a text or, when it is cast, a
// number.
func readCSV(text []byte, format csvFormat) ([][]any, *csvFault) {
	r := &csvReader{csvFormat: format, text: text, line: 1, column: 1}
	if !utf8.Valid(text) {
		line, column := invalidUTF8(text)
		return nil, &csvFault{Pos{line, column}, "this is not UTF-8 text; save the file with the encoding UTF-8"}
	}
	for r.line < r.fromLine && r.at < len(r.text) {
		r.skipLine()
	}
	var rows [][]any
	width, widthLine, records := -1, 0, 0
	for r.at < len(r.text) && (r.toLine == 0 || r.line <= r.toLine) {
		start := Pos{r.line, 1}
		if r.isComment() {
			r.skipLine()
			continue
		}
		if r.skipEmpty && r.emptyLine() {
			r.skipLine()
			continue
		}
		row, fault := r.record()
		if fault != nil {
			return nil, fault
		}
		if r.skipBlank && allEmpty(row) {
			continue
		}
		if width < 0 {
			width, widthLine = len(row), start.Line
		}
		if len(row) != width && !r.ragged {
			return nil, &csvFault{start, fmt.Sprintf("expected %s as in line %d, found %d; a cell with the delimiter %s in it needs quotes around it",
				cells(width), widthLine, len(row), quote(string(r.delimiter)))}
		}
		if records++; records < r.from {
			continue
		}
		rows = append(rows, row)
		if r.to > 0 && records >= r.to {
			break
		}
	}
	return rows, nil
}

func cells(n int) string {
	if n == 1 {
		return "1 cell"
	}
	return fmt.Sprintf("%d cells", n)
}

func allEmpty(row []any) bool {
	for _, cell := range row {
		if s, ok := cell.(string); !ok || strings.TrimSpace(s) != "" {
			return false
		}
	}
	return true
}

// lineBreak is the length of the line break that comes next, or 0.
func (r *csvReader) lineBreak() int {
	rest := r.text[r.at:]
	switch {
	case bytes.HasPrefix(rest, []byte("\r\n")):
		return 2
	case bytes.HasPrefix(rest, []byte("\n")), bytes.HasPrefix(rest, []byte("\r")):
		return 1
	}
	return 0
}

// emptyLine tells whether nothing comes before the next line break; with trim,
// nothing but blanks.
func (r *csvReader) emptyLine() bool {
	rest := r.text[r.at:]
	if i := bytes.IndexAny(rest, "\r\n"); i >= 0 {
		rest = rest[:i]
	}
	if r.trimLeft {
		rest = bytes.TrimSpace(rest)
	}
	return len(rest) == 0
}

func (r *csvReader) isComment() bool {
	return r.comment != "" && bytes.HasPrefix(r.text[r.at:], []byte(r.comment))
}

func (r *csvReader) skipLine() {
	for r.at < len(r.text) && r.lineBreak() == 0 {
		r.next()
	}
	r.endLine()
}

func (r *csvReader) endLine() {
	if n := r.lineBreak(); n > 0 {
		r.at, r.line, r.column = r.at+n, r.line+1, 1
	}
}

func (r *csvReader) peek() (rune, int) { return utf8.DecodeRune(r.text[r.at:]) }

func (r *csvReader) next() rune {
	c, size := r.peek()
	r.at, r.column = r.at+size, r.column+1
	return c
}

func (r *csvReader) record() ([]any, *csvFault) {
	row := []any{}
	for {
		cell, fault := r.cell()
		if fault != nil {
			return nil, fault
		}
		row = append(row, cell)
		switch {
		case r.at >= len(r.text):
			return row, nil
		case r.lineBreak() > 0:
			r.endLine()
			return row, nil
		case r.isComment():
			r.skipLine()
			return row, nil
		}
		r.next() // the delimiter
	}
}

func (r *csvReader) atEnd() bool {
	if r.at >= len(r.text) || r.lineBreak() > 0 || r.isComment() {
		return true
	}
	c, _ := r.peek()
	return c == r.delimiter
}

func (r *csvReader) cell() (any, *csvFault) {
	if r.trimLeft {
		r.skipBlanks()
	}
	if r.at < len(r.text) && r.quote != noCharacter {
		if c, _ := r.peek(); c == r.quote {
			return r.quotedCell()
		}
	}
	start := r.at
	for !r.atEnd() {
		pos := Pos{r.line, r.column}
		if c := r.next(); c == r.quote && c != noCharacter && !r.relaxQuotes {
			return nil, &csvFault{pos, fmt.Sprintf("a quote %c stands inside a cell that does not begin with one; put all of the cell in quotes and double the quotes inside it", c)}
		}
	}
	s := string(r.text[start:r.at])
	if r.trimRight {
		s = strings.TrimRightFunc(s, unicode.IsSpace)
	}
	return r.value(s), nil
}

func (r *csvReader) skipBlanks() {
	for r.at < len(r.text) && !r.atEnd() {
		if c, _ := r.peek(); !unicode.IsSpace(c) {
			return
		}
		r.next()
	}
}

func (r *csvReader) quotedCell() (any, *csvFault) {
	start, open := r.at, Pos{r.line, r.column}
	r.next()
	var b strings.Builder
	for {
		if r.at >= len(r.text) {
			return nil, &csvFault{open, fmt.Sprintf("a quote %c opens here and is never closed", r.quote)}
		}
		if n := r.lineBreak(); n > 0 {
			b.Write(r.text[r.at : r.at+n])
			r.endLine()
			continue
		}
		pos := Pos{r.line, r.column}
		c := r.next()
		following, _ := r.peek()
		switch {
		case c == r.escape && r.at < len(r.text) && (following == r.quote || following == r.escape && r.escape != r.quote):
			b.WriteRune(r.next())
			continue
		case c != r.quote:
			b.WriteRune(c)
			continue
		}
		if r.trimRight {
			r.skipBlanks()
		}
		switch {
		case r.atEnd():
			return r.value(b.String()), nil
		case r.relaxQuotes: // then the quotes were part of the cell all along
			for !r.atEnd() {
				r.next()
			}
			return r.value(string(r.text[start:r.at])), nil
		default:
			return nil, &csvFault{pos, fmt.Sprintf("after the quote that closes a cell comes %s instead of the delimiter %s; double a quote that is meant to be part of the cell", quote(string(following)), quote(string(r.delimiter)))}
		}
	}
}

// value casts a cell to a number where JavaScript's Number would.
func (r *csvReader) value(s string) any {
	if r.cast {
		if f, ok := template.ToNumber(s); ok {
			return f
		}
	}
	return s
}
