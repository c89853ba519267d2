//go:build linux

package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// table is what one measurement found. The first cell of a row is its name.
type table struct {
	title string
	head  []string
	rows  [][]string
	notes []string
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }

func (t *table) print(w io.Writer, md bool) {
	if md {
		fmt.Fprintf(w, "### %s\n\n| %s |\n|%s\n", t.title, strings.Join(t.head, " | "), "---|"+strings.Repeat("---:|", len(t.head)-1))
		for _, row := range t.rows {
			fmt.Fprintf(w, "| %s |\n", strings.Join(row, " | "))
		}
		fmt.Fprintln(w)
		for _, n := range t.notes {
			fmt.Fprintf(w, "- %s\n", n)
		}
		if len(t.notes) > 0 {
			fmt.Fprintln(w)
		}
		return
	}
	fmt.Fprintf(w, "%s\n", t.title)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{t.head}, t.rows...) {
		fmt.Fprintf(tw, "  %s\n", strings.Join(row, "\t"))
	}
	tw.Flush()
	for _, n := range t.notes {
		fmt.Fprintf(w, "  (%s)\n", n)
	}
	fmt.Fprintln(w)
}

func number(f float64, decimals int) string { return fmt.Sprintf("%.*f", decimals, f) }
