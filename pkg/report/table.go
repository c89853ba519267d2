package report

import (
	"strings"
	"unicode/utf8"
)

// column is one column of a table for the console. The flexible one, which is
// the first, takes the room that the others leave; columns with a rank are left
// out, the highest first, where it would be too narrow.
type column struct {
	head     string
	flexible bool
	rank     int // 0: always there
	cells    []string
}

type table []*column

// leastName is what a name needs so that it can still be told from others.
const leastName = 20

func (t table) add(cells ...string) {
	for i, c := range cells {
		t[i].cells = append(t[i].cells, clean(c))
	}
}

func (c *column) width() int {
	w := utf8.RuneCountInString(c.head)
	for _, cell := range c.cells {
		w = max(w, utf8.RuneCountInString(cell))
	}
	return w
}

func (t *text) table(all table) {
	shown := all
	for {
		rest := t.width - 2
		for _, c := range shown[1:] {
			rest -= c.width() + 2
		}
		out := -1
		for i, c := range shown {
			if c.rank > 0 && (out < 0 || c.rank > shown[out].rank) {
				out = i
			}
		}
		name := shown[0].width()
		if rest >= min(name, leastName) || out < 0 {
			t.rows(shown, min(name, max(leastName, rest)))
			return
		}
		shown = append(append(table{}, shown[:out]...), shown[out+1:]...)
	}
}

func (t *text) rows(shown table, name int) {
	row := func(cell func(c *column) string) string {
		var b strings.Builder
		first := cut(cell(shown[0]), name)
		b.WriteString("  " + first + strings.Repeat(" ", name-utf8.RuneCountInString(first)))
		for _, c := range shown[1:] {
			v := cell(c)
			b.WriteString(strings.Repeat(" ", 2+c.width()-utf8.RuneCountInString(v)) + v)
		}
		return b.String()
	}
	t.line(t.paint(faint, row(func(c *column) string { return c.head })))
	for i := range shown[0].cells {
		t.line(row(func(c *column) string { return c.cells[i] }))
	}
}
