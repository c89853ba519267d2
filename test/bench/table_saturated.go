//go:build linux

package main

import (
	"errors"
	"fmt"
	"time"
)

// contender is a row of a table of CPU times.
type contender struct {
	label     string // the generator's name when empty
	generator string
	load      load
}

// found are the CPU seconds per million requests of a contender, by round.
type found struct {
	micros []float64
	failed int64
	missed int64
	asked  int64
	err    error
}

// compare measures the contenders in turns, so that what disturbs the machine
// disturbs them alike; Artillery once, for it takes long and its ratio is large.
func (b *bench) compare(what, url string, rows []contender) []found {
	out := make([]found, len(rows))
	for round := range b.rounds {
		for i, row := range rows {
			g := b.all[row.generator]
			if g == nil || g.missing || row.generator == "artillery" && round > 0 || out[i].err != nil || b.ctx.Err() != nil {
				continue
			}
			l := row.load
			l.url, l.users, l.seconds = url, max(l.users, 50), b.seconds
			begun := time.Now()
			idle, err := b.idle(g, l)
			var o outcome
			if err == nil {
				o, err = g.run(b, l)
			}
			if err == nil && o.requests == 0 {
				err = errors.New("no answers")
			}
			if err != nil {
				if !errors.Is(err, errCannot) {
					b.progress("%s: %s: %v", what, row.name(), err)
				}
				out[i].err = err
				continue
			}
			micros := (o.cpu - idle).Seconds() * 1e6 / float64(o.requests)
			out[i].micros = append(out[i].micros, micros)
			out[i].failed += o.failed
			out[i].missed += o.missed
			out[i].asked += o.missed + o.fired
			b.progress("%s, round %d: %s: %.1f (%d requests, %d failed, %d missed; %.1f s, idle %.2f s of CPU)", what, round+1, row.name(),
				micros, o.requests, o.failed, o.missed, time.Since(begun).Seconds(), idle.Seconds())
		}
	}
	return out
}

func (c contender) name() string {
	if c.label == "" {
		return c.generator
	}
	return c.label
}

// cpuTable shows what was found and the ratios to some of the generators.
func (b *bench) cpuTable(title string, rows []contender, found []found, to ...string) *table {
	t := &table{title: title, head: []string{"", "CPU s per million", "+-"}}
	for _, name := range to {
		t.head = append(t.head, "to "+name)
	}
	base := map[string]float64{}
	for i, row := range rows {
		base[row.name()] = median(found[i].micros)
	}
	for i, row := range rows {
		f, g := found[i], b.all[row.generator]
		if g == nil || errors.Is(f.err, errCannot) {
			continue
		}
		cells := []string{row.name()}
		switch {
		case g.missing:
			cells = append(cells, "not installed")
		case len(f.micros) == 0:
			cells = append(cells, "failed")
		default:
			m := median(f.micros)
			cells = append(cells, number(m, 1), number(spread(f.micros), 0)+" %")
			for _, name := range to {
				if base[name] > 0 {
					cells = append(cells, number(m/base[name], 2))
				} else {
					cells = append(cells, "")
				}
			}
		}
		for len(cells) < len(t.head) {
			cells = append(cells, "")
		}
		t.add(cells...)
		if f.missed > 0 {
			t.notes = append(t.notes, fmt.Sprintf("%s: %d %% of the arrivals were missed", row.name(), 100*f.missed/f.asked))
		}
		if f.failed > 0 {
			t.notes = append(t.notes, fmt.Sprintf("%s: %d requests failed", row.name(), f.failed))
		}
	}
	return t
}

const (
	loopingUsers = "salvo, users that loop"
	userEach     = "salvo, a user each"
)

// bothShapes are salvo's rows: users that loop, and an arrival for each pass of the
// flow, faster than it can go.
func bothShapes(l load) []contender {
	flood := l
	flood.flood = true
	return []contender{{loopingUsers, "salvo", l}, {userEach, "salvo", flood}}
}

func others(l load, names ...string) (rows []contender) {
	for _, name := range names {
		rows = append(rows, contender{generator: name, load: l})
	}
	return rows
}

func (b *bench) saturated(what, title string, rows []contender, server []string, to ...string) (*table, error) {
	s, err := b.startServer(server...)
	if err != nil {
		return nil, err
	}
	defer s.stop()
	return b.cpuTable(title, rows, b.compare(what, s.url, rows), to...), nil
}

func saturatedGET(b *bench) (*table, error) {
	l := load{flow: flowGET}
	rows := append(bothShapes(l), others(l, "net/http loop", "fasthttp loop", "wrk", "fortio", "hey", "vegeta", "k6", "artillery")...)
	return b.saturated("get", "One GET on kept connections, as fast as it goes, CPU seconds per million requests", rows, nil,
		"net/http loop", "wrk")
}

func saturatedLogin(b *bench) (*table, error) {
	l := load{flow: flowLogin}
	rows := append(bothShapes(l), others(l, "net/http loop", "fasthttp loop", "k6", "artillery")...)
	return b.saturated("login", "Login: POST of JSON, capture, authorised GET, match, on kept connections, CPU seconds per million requests",
		rows, nil, "net/http loop")
}

func saturatedFresh(b *bench) (*table, error) {
	l := load{flow: flowGET, fresh: true}
	rows := bothShapes(l)[1:]
	rows = append(rows, others(l, "bare loop", "net/http loop", "fasthttp loop", "wrk", "fortio", "hey", "vegeta", "k6")...)
	l.flood = true
	rows = append(rows, others(l, "artillery")...)
	return b.saturated("fresh", "One GET on a connection of its own, as fast as it goes, CPU seconds per million requests", rows, nil, "bare loop",
		"net/http loop")
}
