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
	shorter, longer          bool // records may have fewer cells than the first one, or more
	cast                     bool
	header                   bool     // the first record names the columns
	skipFaulty               bool     // records that cannot be read are left out
	columns                  []string // their names, when the options give them
	breaks                   []string // what ends a record; nil for the usual line breaks
}

func newCSVFormat() csvFormat {
	return csvFormat{delimiter: ',', quote: '"', escape: '"', from: 1, fromLine: 1, skipEmpty: true, cast: true}
}

type csvFault struct {
	pos     Pos
	message string

	at int // the offset of pos, until it is known which faults are told
}

// csvRecords are what is in a file.
type csvRecords struct {
	rows    [][]any // a cell is a text or, when it is cast, a number
	columns []any   // the first record, when it names the columns
	skipped int     // records that could not be read
	fault   *csvFault
}

// csvReader reads records as the csv-parse library does: RFC 4180, but faults
// for stray quotes and for records of different lengths.
type csvReader struct {
	csvFormat
	text []byte
	at   int
	line int // from 1, counted by what ends records
}

// readCSV returns the records of a file, or the first fault in it. When faulty
// records are left out, the fault is of the first one that was.
func readCSV(text []byte, format csvFormat) csvRecords {
	r := &csvReader{csvFormat: format, text: text, line: 1}
	if !utf8.Valid(text) {
		line, column := invalidUTF8(text)
		return csvRecords{fault: &csvFault{pos: Pos{line, column}, message: "this is not UTF-8 text; save the file with the encoding UTF-8"}}
	}
	for r.line < r.fromLine && r.at < len(r.text) {
		r.skipLine()
	}
	var found csvRecords
	width, widthLine, records := -1, 0, 0
	for r.at < len(r.text) && (r.toLine == 0 || r.line <= r.toLine) {
		start := r.at
		if r.isComment() {
			r.skipLine()
			continue
		}
		if r.skipEmpty && r.emptyLine() {
			r.skipLine()
			continue
		}
		row, fault := r.record()
		if fault != nil && r.skipFaulty {
			r.skipLine()
		}
		switch {
		case fault != nil:
		case r.skipBlank && allEmpty(row):
			continue
		case width < 0:
			width, widthLine = len(row), r.place(start).Line
		case len(row) < width && !r.shorter, len(row) > width && !r.longer:
			fault = &csvFault{at: start, message: fmt.Sprintf("expected %s as in line %d, found %d; a cell with the delimiter %s in it needs quotes around it",
				cells(width), widthLine, len(row), quote(string(r.delimiter)))}
		}
		switch {
		case fault != nil && !r.skipFaulty:
			fault.pos = r.place(fault.at)
			return csvRecords{fault: fault}
		case fault != nil:
			if found.skipped++; found.fault == nil {
				fault.pos = r.place(fault.at)
				found.fault = fault
			}
			continue
		case r.header && found.columns == nil:
			found.columns = row
			continue
		}
		if records++; records < r.from {
			continue
		}
		found.rows = append(found.rows, row)
		if r.to > 0 && records >= r.to {
			break
		}
	}
	return found
}

// place is where an offset is, as editors count.
func (r *csvReader) place(at int) Pos {
	p := Pos{1, 1}
	before := r.text[:at]
	for i := 0; i < len(before); {
		c, size := utf8.DecodeRune(before[i:])
		i += size
		p.Column++
		// Of \r\n the second ends the line.
		if c == '\n' || c == '\r' && !bytes.HasPrefix(r.text[i:], []byte("\n")) {
			p = Pos{p.Line + 1, 1}
		}
	}
	return p
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

// lineBreak is the length of the end of a record that comes next, or 0.
func (r *csvReader) lineBreak() int {
	rest := r.text[r.at:]
	for _, end := range r.breaks {
		if bytes.HasPrefix(rest, []byte(end)) {
			return len(end)
		}
	}
	switch {
	case r.breaks != nil:
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
	start := r.at
	defer func() { r.at = start }()
	for r.at < len(r.text) && r.lineBreak() == 0 {
		if c := r.next(); !r.trimLeft || !unicode.IsSpace(c) {
			return false
		}
	}
	return true
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
		r.at, r.line = r.at+n, r.line+1
	}
}

func (r *csvReader) peek() (rune, int) { return utf8.DecodeRune(r.text[r.at:]) }

func (r *csvReader) next() rune {
	c, size := r.peek()
	r.at += size
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
		at := r.at
		if c := r.next(); c == r.quote && c != noCharacter && !r.relaxQuotes {
			return nil, &csvFault{at: at, message: fmt.Sprintf("a quote %c stands inside a cell that does not begin with one; put all of the cell in quotes and double the quotes inside it", c)}
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
	start := r.at
	r.next()
	var b strings.Builder
	for {
		if r.at >= len(r.text) {
			return nil, &csvFault{at: start, message: fmt.Sprintf("a quote %c opens here and is never closed", r.quote)}
		}
		if n := r.lineBreak(); n > 0 {
			b.Write(r.text[r.at : r.at+n])
			r.endLine()
			continue
		}
		at := r.at
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
			return nil, &csvFault{at: at, message: fmt.Sprintf("after the quote that closes a cell comes %s instead of the delimiter %s; double a quote that is meant to be part of the cell", quote(string(following)), quote(string(r.delimiter)))}
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
