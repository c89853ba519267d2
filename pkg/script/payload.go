package script

import (
	"bytes"
	"io/fs"
	"math/big"
	"strings"
	"unicode/utf8"

	"salvo/pkg/template"
)

// csvOptionsObject are the options of the csv-parse library, each in the two
// spellings that it takes.
func csvOptionsObject() *object {
	o := &object{name: "`options`"}
	position := integer.with(form{whole: true, bounded: true, least: 1})
	for _, f := range []field{
		key("delimiter", characterText, "the character between cells"),
		key("quote", shape{kinds: kindText | kindBool | kindNull}.with(form{pattern: `^(?:[^\r\n]|\\t)?$`, says: characterText.form.says}), "the character around cells; false for none"),
		key("escape", characterText, "the character in front of a quote inside a cell"),
		key("comment", text, "what begins a comment, which reaches to the end of the line"),
		key("from", position, "the first record, from 1"),
		key("to", position, "the last record"),
		key("from_line", position, "the first line, from 1"),
		key("to_line", position, "the last line"),
		key("skip_empty_lines", boolean, "leave out lines without any character"),
		key("skip_lines_with_empty_values", boolean, "leave out records whose cells are all empty"),
		key("trim", boolean, "take blanks away around cells"),
		key("ltrim", boolean, "take blanks away in front of cells"),
		key("rtrim", boolean, "take blanks away behind cells"),
		key("relax", boolean, "quotes inside unquoted cells are kept"),
		key("relax_column_count", boolean, "rows may have different numbers of cells"),
		key("relax_column_count_less", boolean, "rows may have fewer cells than the first one"),
		key("relax_column_count_more", boolean, "rows may have more cells than the first one"),
		key("columns", shape{kinds: kindBool | kindList | kindNull, item: &filledText}, "names of the columns, in place of `fields`; true: the first line has them"),
		key("record_delimiter", oneOrList(filledText).with(form{filled: true}), "what ends a record, rather than a line break"),
		key("row_delimiter", oneOrList(filledText).with(form{filled: true}), "the older word for record_delimiter"),
		key("skip_lines_with_error", boolean, "leave out rows that cannot be read"),
		key("cast", boolean, "cells that look like numbers become numbers"),
		key("auto_parse", boolean, "the older word for cast"),
		ignore("bom", "a byte order mark is always taken away"),
		ignore("encoding", "files are UTF-8"),
		ignore("max_record_size", "bounds the length of a row"),
		refuse("cast_date", "dates stay as they are written in the file; leave it out"),
		refuse("auto_parse_date", "dates stay as they are written in the file; leave it out"),
		refuse("info", "a row would be an object that `fields` cannot name the cells of; leave it out"),
		refuse("raw", "a row would be an object that `fields` cannot name the cells of; leave it out"),
		refuse("objname", "the file would be an object, without an order of its rows; leave it out"),
		refuse("columns_duplicates_to_array", "give the columns different names"),
		refuse("ignore_last_delimiters", "put the last cell in quotes"),
		refuse("on_record", "a function cannot stand in YAML; change what is read of the rows in a hook"),
	} {
		o.fields = append(o.fields, f)
		if camel := camelCase(f.name); camel != f.name {
			f.name = camel
			o.fields = append(o.fields, f)
		}
	}
	return o
}

func camelCase(snake string) string {
	words := strings.Split(snake, "_")
	for i, w := range words[1:] {
		words[i+1] = strings.ToUpper(w[:1]) + w[1:]
	}
	return strings.Join(words, "")
}

func (b *builder) payloads(n *node) []Payload {
	if n == nil {
		return nil
	}
	if n.kind == kindObject {
		return []Payload{b.payload(n, "config.payload")}
	}
	var all []Payload
	for i, item := range n.items {
		if item.kind == kindObject && !item.bad {
			all = append(all, b.payload(item, element("config.payload", i)))
		}
	}
	return all
}

func (b *builder) payload(n *node, path string) Payload {
	p := Payload{Delimiter: ",", Cast: true, SkipEmptyLines: true, Pos: n.pos}
	if fields := n.present("fields"); fields != nil {
		for _, item := range fields.items {
			if !item.bad {
				p.Fields = append(p.Fields, item.scalarText())
			}
		}
	}
	flag := func(key string, to *bool) {
		if v := n.present(key); v != nil {
			*to = v.yes
		}
	}
	flag("skipHeader", &p.SkipHeader)
	flag("cast", &p.Cast)
	flag("skipEmptyLines", &p.SkipEmptyLines)
	flag("loadAll", &p.LoadAll)
	if v := n.present("name"); v != nil {
		p.Name = v.scalarText()
	}
	format := newCSVFormat()
	if v := n.present("delimiter"); v != nil {
		p.Delimiter = b.character(v, path+".delimiter")
	}
	order := n.present("order")
	if order != nil {
		p.Sequence = order.text == "sequence"
		if !p.Sequence && order.text != "random" {
			b.warn(order, path+".order", "expected sequence or random, found %s, which is read as random", order.found())
		}
	}
	if v := n.present("options"); v != nil {
		b.csvOptions(v, path+".options", &p, &format)
	}
	format.delimiter, _ = utf8.DecodeRuneInString(p.Delimiter)
	format.cast, format.skipEmpty = p.Cast, p.SkipEmptyLines
	if p.SkipHeader {
		format.fromLine = max(format.fromLine, 2)
	}
	switch {
	case p.LoadAll && p.Name == "":
		b.warn(n, path, "loadAll has no effect without `name`, the variable for the rows")
		p.LoadAll, p.Fields = false, nil
	case !p.LoadAll && len(p.Fields) == 0 && !format.header && format.columns == nil && !n.anyBad():
		b.warn(n, path, "a payload without `fields` has no effect; name the variables that the columns go to")
	}
	columns := b.rows(n, path, &p, format)
	if len(p.Fields) == 0 && (!p.LoadAll || order == nil) {
		p.Fields = columns
	}
	if p.LoadAll && order != nil {
		p.LoadAll, p.Fields = false, []string{p.Name}
		for i, row := range p.Rows {
			p.Rows[i] = []any{row}
		}
	}
	return p
}

// rows reads the payload's file, and returns the names that it or the options
// give its columns.
func (b *builder) rows(n *node, path string, p *Payload, format csvFormat) (columns []string) {
	columns = format.columns
	file := n.present("path")
	if file == nil || b.loader.rowless {
		return
	}
	path += ".path"
	written := quote(file.text)
	if file.template != "" {
		written = quote(file.template)
	}
	if strings.Contains(file.text, "{{") {
		b.fault(file, path, "a file is read before there are users, so it cannot depend on their variables; found %s%s", written, userTemplate(file))
		return
	}
	name, err := b.loader.lookup(file.text)
	if err != nil {
		b.fault(file, path, "the file %s %s", written, whyNot(err))
		return
	}
	shown := b.loader.inFolder(b.masked(file))
	data, err := fs.ReadFile(b.loader.fsys, name)
	if err != nil {
		b.fault(file, path, "the file %s %s: it was looked for at %s, as paths are relative to the script's folder", written, whyNot(err), shown)
		return
	}
	b.loader.files = append(b.loader.files, name)
	p.Path = name
	found := readCSV(bytes.TrimPrefix(data, []byte("\ufeff")), format)
	switch fault := found.fault; {
	case found.skipped > 0:
		b.sink.warn(place{shown, fault.pos}, "", "rows that cannot be read are left out, %d in all; the first: %s", found.skipped, fault.message)
	case fault != nil:
		b.sink.fault(place{shown, fault.pos}, "", "%s", fault.message)
		return
	}
	p.Rows = found.rows
	for _, name := range found.columns {
		columns = append(columns, template.Text(name))
	}
	return columns
}

// character reads an option that is one character, "\t" included.
func (b *builder) character(n *node, path string) string {
	s := n.text
	if s == `\t` {
		s = "\t"
	}
	if utf8.RuneCountInString(s) != 1 || s == "\n" || s == "\r" {
		b.fault(n, path, "expected one character, such as \";\" or \"\\t\" for a tab, found %s", n.found())
		return ","
	}
	return s
}

func (b *builder) csvOptions(n *node, path string, p *Payload, format *csvFormat) {
	for _, m := range n.members {
		v := n.present(m.key)
		at := join(path, m.key)
		if v == nil && m.key != "quote" {
			continue
		}
		position := func(to *int, least int) {
			r, _ := ratOf(v.num)
			if r == nil || !r.IsInt() || r.Cmp(big.NewRat(int64(least), 1)) < 0 || !r.Num().IsInt64() {
				b.fault(v, at, "expected a whole number of at least %d, found %s", least, v.found())
				return
			}
			*to = int(r.Num().Int64())
		}
		switch snakeCase(m.key) {
		case "delimiter":
			p.Delimiter = b.character(v, at)
		case "quote":
			switch {
			case v == nil || v.kind == kindBool && !v.yes || v.kind == kindText && v.text == "":
				format.quote = noCharacter
			case v.kind == kindText:
				format.quote, _ = utf8.DecodeRuneInString(b.character(v, at))
			}
		case "escape":
			format.escape, _ = utf8.DecodeRuneInString(b.character(v, at))
		case "comment":
			format.comment = v.text
		case "from":
			position(&format.from, 1)
		case "to":
			position(&format.to, 1)
		case "from_line":
			position(&format.fromLine, 1)
		case "to_line":
			position(&format.toLine, 1)
		case "skip_empty_lines":
			p.SkipEmptyLines = v.yes
		case "skip_lines_with_empty_values":
			format.skipBlank = v.yes
		case "trim":
			format.trimLeft, format.trimRight = v.yes, v.yes
		case "ltrim":
			format.trimLeft = v.yes
		case "rtrim":
			format.trimRight = v.yes
		case "relax":
			format.relaxQuotes = v.yes
		case "relax_column_count":
			format.shorter, format.longer = v.yes, v.yes
		case "relax_column_count_less":
			format.shorter = format.shorter || v.yes
		case "relax_column_count_more":
			format.longer = format.longer || v.yes
		case "columns":
			format.header = v.yes
			for _, item := range v.items {
				format.columns = append(format.columns, item.text)
			}
		case "record_delimiter", "row_delimiter":
			format.breaks = b.recordEnds(v, at)
		case "skip_lines_with_error":
			format.skipFaulty = v.yes
		case "cast", "auto_parse":
			p.Cast = v.yes
		}
	}
}

// recordEnds reads what ends a record: texts, with the escapes of line breaks.
func (b *builder) recordEnds(n *node, path string) []string {
	texts := n.items
	if n.kind == kindText {
		texts = []*node{n}
	}
	var ends []string
	for _, v := range texts {
		if v.bad {
			continue
		}
		end := strings.NewReplacer(`\r`, "\r", `\n`, "\n", `\t`, "\t").Replace(v.text)
		if end == "" {
			b.fault(v, path, "expected what ends a record, such as \"|\" or \"\\r\\n\", found an empty text")
			return nil
		}
		ends = append(ends, end)
	}
	if len(texts) == 0 {
		b.fault(n, path, "expected what ends a record, found an empty list")
	}
	return ends
}

func snakeCase(camel string) string {
	var b strings.Builder
	for _, r := range camel {
		if 'A' <= r && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}
