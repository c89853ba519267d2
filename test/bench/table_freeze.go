//go:build linux

package main

// freeze tells who notices that a server does nothing for a second: of the arrivals
// of 10 s, those of that second, a tenth of all, wait up to a second.
func freeze(b *bench) (*table, error) {
	t := &table{
		title: "500 requests/s for 10 s, on a server that freezes for 1 s; response times in ms. Right are a p95 near 500 and a p99 near 900",
		head:  []string{"", "requests", "failed", "p50", "p95", "p99"},
	}
	for _, g := range []string{"salvo", "net/http loop", "hey", "fortio", "vegeta", "k6", "artillery"} {
		l := load{flow: flowGET, rate: 500, seconds: 10, users: 50}
		err := b.told(t, "", g, l, 1, []string{"-freeze", "1s"}, func(o outcome, _ serverStats) []string {
			return []string{whole(o.requests), whole(o.failed), number(o.p50, 1), number(o.p95, 1), number(o.p99, 1)}
		})
		if err != nil {
			return nil, err
		}
	}
	return t, nil
}
