// Package edge makes an AWS of two programs that run here: moto, the emulator,
// and this server in front of it. The end-to-end tests deploy to it and drive it
// as users do AWS.
//
// The server answers what moto has no way to answer. It invokes Lambda functions:
// the deployed bootstrap, in a process of its own, under the real Lambda Runtime
// API, with the time limit, the concurrency and the errors of Lambda. And it holds
// what functions ask for against the policies of their roles. Everything else it
// passes on to moto, and translates an answer where moto's differs from that of
// AWS in a way that matters here; each such place says what differs, and
// docs/testing.md lists them.
//
// Tests make things go wrong through Server.Disturb.
package edge
