//go:build linux

package main

import (
	"fmt"
	"time"
)

// openModel has arrivals come at a rate to a server that takes 20 ms.
func openModel(b *bench) (*table, error) {
	const delay = 20 * time.Millisecond
	t := &table{
		title: fmt.Sprintf("Arrivals at a rate, on a server that takes 20 ms, for %d s, one GET a user; response times in ms", b.seconds),
		head:  []string{"", "fired", "missed", "p50", "p95", "p99", "CPU s", "gap p50", "gap p99", "gap max"},
		notes: []string{
			"response times are what each generator says: salvo's and the loop's count from when the request was due, the others' from when it was sent",
			"gaps are the times between requests as the server saw them come; even arrivals have 0.50, 0.20 and 0.10 ms",
		},
	}
	for _, rate := range []int{2000, 5000, 10000} {
		for _, g := range []string{"salvo", "net/http loop", "vegeta", "k6", "artillery"} {
			// As many connections as there are requests under way, and room.
			l := load{flow: flowGET, rate: rate, seconds: b.seconds, users: rate / 20, delay: delay}
			rounds := b.rounds
			if g == "artillery" {
				rounds = 1
			}
			err := b.told(t, fmt.Sprintf("%d/s: ", rate), g, l, rounds, []string{"-delay", delay.String(), "-record"}, func(o outcome, s serverStats) []string {
				return []string{
					whole(o.fired), whole(o.missed), number(o.p50, 1), number(o.p95, 1), number(o.p99, 1), number(o.cpu.Seconds(), 2),
					number(s.GapP50, 2), number(s.GapP99, 2), number(s.GapMax, 0),
				}
			})
			if err != nil {
				return nil, err
			}
		}
	}
	return t, nil
}
