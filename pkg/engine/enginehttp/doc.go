// Package enginehttp is the engine's HTTP protocol: it compiles request steps once, sends them for
// virtual users, and measures what comes back.
//
// It owns the HTTP client from the URL down to the socket: what goes on the wire, the reading of
// responses, connections and the pool, name lookups, TLS, redirects, cookies, content encodings, and
// the metrics of requests. It leaves the schedule, variables, captures and matches to package
// engine, templates to package template, and what a script may say to package script.
//
// # Why a client of its own
//
// A load generator that is slow measures itself. For HTTP/1.1 this package writes a request with one
// system call, waits for the answer without a first, fruitless read, borrows a buffer only while
// bytes are there, and parses the head in place. An idle user holds a socket and a few hundred bytes,
// no buffer. net/http serves HTTP/2 only, on connections that were made here; such a connection, too,
// carries one request at a time.
//
// # Connections
//
// Each virtual user has its own connections: one to an origin (scheme, host and port), or as many as
// its parallel steps have requests to it at once. They are kept alive between the user's requests and closed when it ends. With Options.HTTP.Pool the
// users of a worker share that many connections to each origin; who finds none free waits in line,
// and the wait is part of the response time and of the timeout.
//
// A connection that was used before may have been closed by the server in the meantime. Right
// before every request it is looked at; if it was closed, or if the server has sent something that
// nobody asked for, a fresh one takes its place: nothing was sent, so this is safe for all methods.
// If the server closes it without a byte of answer just after the request was sent, the request is
// sent once more, on a fresh connection, when its method is idempotent (RFC 9110: GET, HEAD,
// OPTIONS, TRACE, PUT, DELETE). For others it is ECONNRESET. A server that announces how long it
// keeps a connection ("Keep-Alive: timeout=5") is believed, less one second.
//
// At most 256 connections are being set up at once; who waits for that waits on the clock of its own
// request.
//
// # Closing
//
// The side that closes a TCP connection first keeps its port for a minute (TIME_WAIT). A worker that
// closes a connection for each of 5,000 users a second would run out of its 28,000 ports in six
// seconds. So a connection whose exchange is over is shut down for writing, which tells the server
// of an orderly end (it reads an end of file, no error), and then aborted, which frees the port at
// once. No data can be lost: nothing is closed before its last response was read to the end, or
// given up. A server's load balancer may count these as resets by clients.
//
// # Proxies
//
// A connection to an origin that is behind a proxy is one to the proxy: for plain HTTP the request
// names the whole URL, for TLS the proxy is first asked for a tunnel. Connections through a proxy are
// kept, shared and counted by origin like others, and it is the proxy that looks the name up.
//
// # Timeouts
//
// The timeout bounds each request, redirects one by one, from the moment the user is about to send
// it until the response's head is there: the wait for a connection, name lookup, connect, TLS,
// upload. After that it bounds each pause in the body. It is ETIMEDOUT in all cases.
package enginehttp
