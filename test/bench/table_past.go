//go:build linux

package main

import "fmt"

// pastSaturation asks for about five times what one processor can do.
func pastSaturation(b *bench) (*table, error) {
	const seconds = 5
	t := &table{
		title: fmt.Sprintf("Five times as many arrivals as one processor can serve, for %d s, one GET a user on kept connections", seconds),
		head:  []string{"", "asked", "fired", "missed", "answered", "failed", "p99 ms", "wall s", "says"},
	}
	for _, p := range []struct {
		generator string
		rate      int
	}{{"salvo", 400_000}, {"k6", 80_000}, {"artillery", 15_000}} {
		// Artillery gets one second of it: it goes on until all are dealt with.
		l := load{flow: flowGET, rate: p.rate, seconds: seconds, users: 50}
		if p.generator == "artillery" {
			l.seconds = 1
		}
		err := b.told(t, "", p.generator, l, 1, nil, func(o outcome, _ serverStats) []string {
			return []string{
				whole(int64(l.rate * l.seconds)), whole(o.fired), whole(o.missed), whole(o.requests), whole(o.failed), number(o.p99, 0),
				number(o.wall.Seconds(), 1), o.said,
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}
