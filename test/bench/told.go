//go:build linux

package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
)

// told runs a generator on servers of its own, several times over, and gives the row
// of the run with the median p99, beginning with cells. A generator that is not there
// or fails has a row that says so. show makes the other cells.
func (b *bench) told(t *table, what, generator string, l load, rounds int, server []string, show func(o outcome, s serverStats) []string) error {
	g := b.all[generator]
	if g == nil {
		return nil
	}
	name := what + generator
	if g.missing {
		t.add(name, "not installed")
		return nil
	}
	type run struct {
		outcome
		serverStats
	}
	var runs []run
	for range rounds {
		s, err := b.startServer(server...)
		if err != nil {
			return err
		}
		l.url = s.url
		o, err := g.run(b, l)
		runs = append(runs, run{o, s.stop()})
		switch {
		case b.ctx.Err() != nil:
			return b.ctx.Err()
		case errors.Is(err, errCannot):
			return nil
		case err != nil:
			b.progress("%s: %v", name, err)
			t.add(name, "failed")
			return nil
		}
		b.progress("%s: %d fired, %d missed, p50 %.1f, p99 %.1f ms, %.2f s of CPU in %.1f s", name, o.fired, o.missed, o.p50, o.p99,
			o.cpu.Seconds(), o.wall.Seconds())
	}
	slices.SortFunc(runs, func(x, y run) int { return cmp.Compare(x.p99, y.p99) })
	r := runs[(len(runs)-1)/2]
	t.add(append([]string{name}, show(r.outcome, r.serverStats)...)...)
	return nil
}

func whole(n int64) string { return fmt.Sprint(n) }
