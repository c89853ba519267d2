//go:build linux

package main

import "fmt"

// memory is what users cost that wait with their connection open.
func memory(b *bench) (*table, error) {
	const think = 5
	t := &table{
		title: "Peak memory of users that wait with their connection open, after one GET",
		head:  []string{"", "users", "MiB", "MiB with few users", "KiB a user"},
		notes: []string{"wrk's users do not wait, they send; k6 and artillery get fewer, for they need long to start theirs"},
	}
	for _, p := range []struct {
		generator string
		users     int
	}{
		{"salvo", 10000}, {"net/http loop", 10000}, {"fasthttp loop", 10000}, {"bare loop", 10000}, {"wrk", 10000},
		{"k6", 2000}, {"artillery", 2000},
	} {
		few := load{flow: flowThink, users: 10, think: 1, seconds: 1}
		many := load{flow: flowThink, users: p.users, think: think, seconds: 10}
		if p.generator == "wrk" {
			few.flow, many.flow = flowGET, flowGET
		}
		g := b.all[p.generator]
		if g == nil {
			continue
		}
		if g.missing {
			t.add(p.generator, "not installed")
			continue
		}
		s, err := b.startServer()
		if err != nil {
			return nil, err
		}
		few.url, many.url = s.url, s.url
		small, err := g.run(b, few)
		var large outcome
		if err == nil {
			large, err = g.run(b, many)
		}
		s.stop()
		if err != nil {
			b.progress("memory: %s: %v", p.generator, err)
			t.add(p.generator, fmt.Sprint(p.users), "failed")
			continue
		}
		b.progress("memory: %s: %d MiB with %d users (%d failed)", p.generator, large.peakKiB/1024, p.users, large.failed)
		name := p.generator
		if large.failed > 0 {
			name += fmt.Sprintf(" (%d failed)", large.failed)
		}
		t.add(name, fmt.Sprint(p.users), number(float64(large.peakKiB)/1024, 1), number(float64(small.peakKiB)/1024, 1),
			number(float64(large.peakKiB-small.peakKiB)/float64(p.users-few.users), 1))
	}
	return t, nil
}
