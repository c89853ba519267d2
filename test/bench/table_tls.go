//go:build linux

package main

// Over TLS as well, salvo has each connection carry one request at a time,
// whatever the version of HTTP.

func overTLS(b *bench) (*table, error) {
	l := load{flow: flowGET}
	rows := append(bothShapes(l), others(l, "net/http loop", "fortio", "vegeta")...)
	return b.saturated("tls", "One GET, HTTP/1.1 over TLS, on kept connections, as fast as it goes, CPU seconds per million requests", rows,
		[]string{"-tls"}, "net/http loop")
}

func overHTTP2(b *bench) (*table, error) {
	l := load{flow: flowGET, http2: true}
	rows := append(bothShapes(l), others(l, "net/http loop", oneConnection.name, "k6")...)
	return b.saturated("http2", "One GET, HTTP/2, on kept connections, as fast as it goes, CPU seconds per million requests", rows,
		[]string{"-tls"}, "net/http loop")
}

// oneConnection is net/http's way with HTTP/2: all requests on one connection. The
// loop beside it has one for each user.
var oneConnection = &generator{
	name:    "net/http loop, one connection for all",
	version: loop("", "nethttp").version,
	run:     func(b *bench, l load) (outcome, error) { return b.runLoop("nethttp", l, true) },
}
