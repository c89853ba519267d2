//go:build linux

package main

import "fmt"

// atRate is what one GET takes of a processor that is not at its limit, where what
// a generator does between requests counts, too.
func atRate(b *bench) (*table, error) {
	t := &table{
		title: "One GET a user at a rate, CPU seconds per million requests",
		head:  []string{"", "salvo", "net/http loop", "vegeta", "salvo to net/http", "salvo to vegeta", "salvo's lag p99, ms", "missed"},
		notes: []string{"lag is how late arrivals were fired; salvo's idle time is taken off"},
	}
	s, err := b.startServer()
	if err != nil {
		return nil, err
	}
	defer s.stop()
	names := []string{"salvo", "net/http loop", "vegeta"}
	for _, fresh := range []bool{false, true} {
		for _, rate := range []int{500, 2000, 4000} {
			micros := map[string][]float64{}
			var lags []float64
			var missed int64
			for range min(b.rounds, 2) {
				for _, name := range names {
					g := b.all[name]
					if g == nil || g.missing {
						continue
					}
					l := load{flow: flowGET, url: s.url, rate: rate, seconds: b.seconds, users: 50, fresh: fresh}
					idle, err := b.idle(g, l)
					if err != nil {
						return nil, err
					}
					o, err := g.run(b, l)
					if err != nil || o.requests == 0 {
						b.progress("rate: %s: %v", name, err)
						continue
					}
					micros[name] = append(micros[name], (o.cpu-idle).Seconds()*1e6/float64(o.requests))
					if name == "salvo" {
						lags = append(lags, o.lag)
						missed += o.missed
					}
				}
			}
			row := fmt.Sprintf("%d/s, kept connections", rate)
			if fresh {
				row = fmt.Sprintf("%d/s, a connection each", rate)
			}
			b.progress("%s: salvo %.1f, net/http loop %.1f, vegeta %.1f", row, micros["salvo"], micros["net/http loop"], micros["vegeta"])
			t.add(row, cell(micros["salvo"]), cell(micros["net/http loop"]), cell(micros["vegeta"]),
				ratio(micros["salvo"], micros["net/http loop"]), ratio(micros["salvo"], micros["vegeta"]), number(median(lags), 2), whole(missed))
		}
	}
	return t, nil
}

func cell(v []float64) string {
	if len(v) == 0 {
		return "-"
	}
	return number(median(v), 1)
}

func ratio(a, b []float64) string {
	if len(a) == 0 || len(b) == 0 {
		return "-"
	}
	return number(median(a)/median(b), 2)
}
