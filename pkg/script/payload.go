package script

import (
	"bytes"
	"io/fs"
	"math/big"
	"strings"
	"unicode/utf8"
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
		key("cast", boolean, "cells that look like numbers become numbers"),
		key("auto_parse", boolean, "the older word for cast"),
		ignore("bom", "a byte order mark is always taken away"),
		ignore("encoding", "files are UTF-8"),
		refuse("columns", "name the columns with `fields`"),
		refuse("record_delimiter", "leave it out: lines end in the usual ways"),
		refuse("row_delimiter", "leave it out: lines end in the usual ways"),
		refuse("skip_lines_with_error", "leave it out, and mend the file"),
		refuse("cast_date", "leave it out: only numbers are cast"),
		refuse("auto_parse_date", "leave it out: only numbers are cast"),
		refuse("info", "leave it out"),
		refuse("objname", "leave it out"),
		refuse("raw", "leave it out"),
		refuse("ignore_last_delimiters", "leave it out, and mend the file"),
		refuse("max_record_size", "leave it out"),
		refuse("on_record", hooksAdvice),
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
	case !p.LoadAll && len(p.Fields) == 0 && !n.anyBad():
		b.warn(n, path, "a payload without `fields` has no effect; name the variables that the columns go to")
	}
	b.rows(n, path, &p, format)
	if p.LoadAll && order != nil {
		p.LoadAll, p.Fields = false, []string{p.Name}
		for i, row := range p.Rows {
			p.Rows[i] = []any{row}
		}
	}
	return p
}

// rows reads the payload's file.
func (b *builder) rows(n *node, path string, p *Payload, format csvFormat) {
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
	rows, fault := readCSV(bytes.TrimPrefix(data, []byte("\ufeff")), format)
	if fault != nil {
		b.sink.fault(place{shown, fault.pos}, "", "%s", fault.message)
		return
	}
	p.Rows = rows
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
			format.ragged = v.yes
		case "cast", "auto_parse":
			p.Cast = v.yes
		}
	}
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
