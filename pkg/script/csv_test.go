package script

import (
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
)

func showRows(rows [][]any) string {
	list := make([]any, len(rows))
	for i, row := range rows {
		list[i] = row
	}
	return show(list)
}

func TestReadCSV(t *testing.T) {
	plain := func(*csvFormat) {}
	tests := []struct {
		name, text string
		set        func(*csvFormat)
		want       string // rows, or "line:column: message"
	}{
		{"rows", "1,x\n2,y\n3,z\n", plain, `[[1,"x"],[2,"y"],[3,"z"]]`},
		{"no line break at the end", "a,b\nc,d", plain, `[["a","b"],["c","d"]]`},
		{"carriage returns", "a,b\r\nc,d\r\n", plain, `[["a","b"],["c","d"]]`},
		{"empty file", "", plain, `[]`},
		{"cast", "12,1.5,007,1e3, 3 ,-0,true,TRUE,2020-01-02,\n", plain, `[[12,1.5,7,1000,3,0,"true","TRUE","2020-01-02",""]]`},
		{"no cast", "12, 3 \n", func(f *csvFormat) { f.cast = false }, `[["12"," 3 "]]`},
		{"quotes", "\"a,1\",\"say \"\"hi\"\"\"\n\"x\ny\",\"\"\n", plain, `[["a,1","say \"hi\""],["x\ny",""]]`},
		{"quoted number", "\"12\"\n", plain, `[[12]]`},
		{"line break in quotes counts", "\"a\r\nb\",c\nd\n", plain, `3:1: expected 2 cells as in line 1, found 1; a cell with the delimiter "," in it needs quotes around it`},
		{"empty lines", "a\n\n\r\nb\n\n", plain, `[["a"],["b"]]`},
		{"empty lines kept", "a\n\nb\n", func(f *csvFormat) { f.skipEmpty = false }, `[["a"],[""],["b"]]`},
		{"empty line among columns", "a,b\n\nc,d\n", func(f *csvFormat) { f.skipEmpty = false }, `2:1: expected 2 cells as in line 1, found 1; a cell with the delimiter "," in it needs quotes around it`},
		{"short row", "a,b,c\n1,2\n", plain, `2:1: expected 3 cells as in line 1, found 2; a cell with the delimiter "," in it needs quotes around it`},
		{"rows of any length", "a,b,c\n1,2\n", func(f *csvFormat) { f.shorter = true }, `[["a","b","c"],[1,2]]`},
		{"shorter rows only", "a,b,c\n1,2\n1,2,3,4\n", func(f *csvFormat) { f.shorter = true }, `3:1: expected 3 cells as in line 1, found 4; a cell with the delimiter "," in it needs quotes around it`},
		{"longer rows only", "a,b\n1,2,3\n1\n", func(f *csvFormat) { f.longer = true }, `3:1: expected 2 cells as in line 1, found 1; a cell with the delimiter "," in it needs quotes around it`},
		{"a header", "h,1\n\na,b\nc,d\n", func(f *csvFormat) { f.header, f.from = true, 2 }, `[["h",1],["c","d"]]`},
		{"records that end otherwise", "a,b|c\n,\"d|e\"||f,g", func(f *csvFormat) { f.breaks = []string{"||", "|"} }, `[["a","b"],["c\n","d|e"],["f","g"]]`},
		{"faults in records that end otherwise", "a,b|c\nc,d|e\n", func(f *csvFormat) { f.breaks = []string{"|"} }, `2:5: expected 2 cells as in line 1, found 1; a cell with the delimiter "," in it needs quotes around it`},
		{"faulty records left out", "a,b\nc\nd,e\"f\n\"g\"h,i\nj,k\n", func(f *csvFormat) { f.skipFaulty = true }, `[["a","b"],["j","k"]] without 3: 2:1`},
		{"an open quote left out", "a,b\n\"c,d\n", func(f *csvFormat) { f.skipFaulty = true }, `[["a","b"]] without 1: 2:1`},
		{"quote inside a cell", "a,b\"c\n", plain, `1:4: a quote " stands inside a cell that does not begin with one; put all of the cell in quotes and double the quotes inside it`},
		{"text after a quote", "\"a\"b,c\n", plain, `1:3: after the quote that closes a cell comes "b" instead of the delimiter ","; double a quote that is meant to be part of the cell`},
		{"open quote", "a\n\"b\nc\n", plain, `2:1: a quote " opens here and is never closed`},
		{"relaxed quotes", "a\"b,\"c\"d\n", func(f *csvFormat) { f.relaxQuotes = true }, `[["a\"b","\"c\"d"]]`},
		{"trim", " \"a\" , b \n  \n", func(f *csvFormat) { f.trimLeft, f.trimRight = true, true }, `[["a","b"]]`},
		{"blanks stay", " a , b \n", plain, `[[" a "," b "]]`},
		{"tab", "a\tb,c\n", func(f *csvFormat) { f.delimiter = '\t' }, `[["a","b,c"]]`},
		{"no quotes", "\"a\",b\n", func(f *csvFormat) { f.quote = noCharacter }, `[["\"a\"","b"]]`},
		{"backslash", "\"a\\\"b\\\\\",c\\d\n", func(f *csvFormat) { f.escape = '\\' }, `[["a\"b\\","c\\d"]]`},
		{"comments", "# x\na,b# y\nc,\"d#e\"\n", func(f *csvFormat) { f.comment = "#" }, `[["a","b"],["c","d#e"]]`},
		{"lines", "a\nb\nc\nd\n", func(f *csvFormat) { f.fromLine, f.toLine = 2, 3 }, `[["b"],["c"]]`},
		{"records", "a\n\nb\nc\nd\n", func(f *csvFormat) { f.from, f.to = 2, 3 }, `[["b"],["c"]]`},
		{"blank records", "a,b\n , \nc,d\n", func(f *csvFormat) { f.skipBlank = true }, `[["a","b"],["c","d"]]`},
		{"not UTF-8", "a\nb\xff\n", plain, `2:2: this is not UTF-8 text; save the file with the encoding UTF-8`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			format := newCSVFormat()
			test.set(&format)
			found := readCSV([]byte(test.text), format)
			if format.header {
				found.rows = append([][]any{found.columns}, found.rows...)
			}
			got := showRows(found.rows)
			if fault := found.fault; fault != nil && found.skipped > 0 {
				got += fmt.Sprintf(" without %d: %d:%d", found.skipped, fault.pos.Line, fault.pos.Column)
			} else if fault != nil {
				got = fmt.Sprintf("%d:%d: %s", fault.pos.Line, fault.pos.Column, fault.message)
			}
			if got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestPayloadOptions(t *testing.T) {
	fsys := fstest.MapFS{"a.csv": {Data: []byte("\ufeffh1;h2\n1;x\n2;y\n")}, "empty.csv": {}}
	tests := []struct{ name, payload, want string }{
		{"a list", `[{path: a.csv, fields: [a, b], delimiter: ";"}]`, `a,b [["h1","h2"],[1,"x"],[2,"y"]]`},
		{"header", `{path: a.csv, fields: [a, b], delimiter: ";", skipHeader: true}`, `a,b [[1,"x"],[2,"y"]]`},
		{"options win", `{path: a.csv, fields: [a, b], delimiter: ",", options: {delimiter: ";", from_line: 3, auto_parse: false}}`, `a,b [["2","y"]]`},
		{"camel case", `{path: a.csv, fields: [a], options: {fromLine: 2, skipEmptyLines: true}}`, `a [["1;x"],["2;y"]]`},
		{"empty", `{path: empty.csv, fields: [a]}`, `a []`},
		{"columns of the first line", `{path: a.csv, delimiter: ";", options: {columns: true}}`, `h1,h2 [[1,"x"],[2,"y"]]`},
		{"columns for all rows", `{path: a.csv, delimiter: ";", loadAll: true, name: r, options: {columns: [a, b], from: 2}}`, `a,b [[1,"x"],[2,"y"]]`},
		{"fields go before columns", `{path: a.csv, delimiter: ";", fields: [a], options: {columns: true}}`, `a [[1,"x"],[2,"y"]]`},
		{"no columns", `{path: a.csv, delimiter: ";", fields: [a], options: {columns: false, max_record_size: 5, from: 3}}`, `a [[2,"y"]]`},
		{"ends of records", `{path: a.csv, delimiter: ";", fields: [a], options: {rowDelimiter: '\n'}}`, `a [["h1","h2"],[1,"x"],[2,"y"]]`},
		{"several ends of records", `{path: a.csv, fields: [a], options: {record_delimiter: [";", "\n"]}}`, `a [["h1"],["h2"],[1],["x"],[2],["y"]]`},
		{"quote off", `{path: a.csv, fields: [a], options: {quote: null, from_line: 3}}`, `a [["2;y"]]`},
		{"one row as a variable", `{path: a.csv, delimiter: ";", loadAll: true, name: r, order: sequence, skipHeader: true}`, `r [[[1,"x"]],[[2,"y"]]]`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			script := "config: {payload: " + test.payload + "}\nscenarios: [{flow: [{think: 1}]}]\n"
			s, warnings, err := Load(overlay(fsys, script), "s.yml", Options{})
			if err != nil || len(warnings) > 0 {
				t.Fatal(err, warnings)
			}
			p := s.Config.Payload[0]
			if got := strings.Join(p.Fields, ",") + " " + showRows(p.Rows); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func overlay(fsys fstest.MapFS, script string) fstest.MapFS {
	with := fstest.MapFS{"s.yml": {Data: []byte(script)}}
	for name, file := range fsys {
		with[name] = file
	}
	return with
}

func TestPayloadDoubts(t *testing.T) {
	fsys := fstest.MapFS{"a.csv": {Data: []byte("1,2\n")}, "b.csv": {Data: []byte("1,2\n3\n4,5\n6\n")}}
	for payload, want := range map[string]string{
		`{path: a.csv}`:                      "a payload without `fields` has no effect; name the variables that the columns go to",
		`{path: a.csv, loadAll: true}`:       "loadAll has no effect without `name`, the variable for the rows",
		`{path: a.csv, fields: [a], sep: ;}`: "unknown key `sep`, which has no effect; known here: path, fields, order, skipHeader, delimiter, cast, skipEmptyLines, loadAll, name, options",
		`{path: b.csv, fields: [a], options: {skip_lines_with_error: true}}`: "rows that cannot be read are left out, 2 in all; the first: expected 2 cells as in line 1, found 1; a cell with the delimiter \",\" in it needs quotes around it",
		`{path: a.csv, fields: [], order: up}`:                               "expected sequence or random, found the text \"up\", which is read as random",
	} {
		script := "config: {payload: " + payload + "}\nscenarios: [{flow: [{think: 1}]}]\n"
		_, warnings, err := Load(overlay(fsys, script), "s.yml", Options{})
		found := false
		for _, w := range warnings {
			found = found || w.Message == want
		}
		if err != nil || !found {
			t.Errorf("%s: %v, %v", payload, err, warnings)
		}
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add("a,b\n\"c\"\"\",d\n", ',', '"', '"', "", "", byte(0))
	f.Add("a;b#x\r\n\n;\n", ';', '\'', '\\', "#", "", byte(0xff))
	f.Add("a\tb", '\t', '"', '"', "//", "\n", byte(0x55))
	f.Add("a|b||\"c|\"\n|", ',', '"', '"', "", "|", byte(0x80))
	f.Fuzz(func(t *testing.T, text string, delimiter, quote, escape rune, comment, end string, flags byte) {
		format := newCSVFormat()
		format.delimiter, format.quote, format.escape, format.comment = delimiter, quote, escape, comment
		format.skipEmpty, format.skipBlank = flags&1 != 0, flags&2 != 0
		format.trimLeft, format.trimRight = flags&4 != 0, flags&8 != 0
		format.relaxQuotes, format.longer, format.cast = flags&16 != 0, flags&32 != 0, flags&64 != 0
		format.shorter, format.skipFaulty = format.longer, flags&128 != 0
		if end != "" {
			format.breaks, format.header = []string{end}, true
		}
		found := readCSV([]byte(text), format)
		rows, fault := found.rows, found.fault
		if fault != nil && found.skipped == 0 {
			if fault.pos.Line < 1 || fault.pos.Column < 1 || fault.message == "" || rows != nil {
				t.Errorf("fault %+v with rows %v", fault, rows)
			}
			return
		}
		for _, row := range rows {
			if !format.longer && len(row) != len(rows[0]) {
				t.Errorf("rows of %d and %d cells", len(rows[0]), len(row))
			}
		}
	})
}
