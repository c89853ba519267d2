//go:build linux

package main

import (
	"errors"
	"time"
)

// flow is what a user does.
type flow string

const (
	flowGET   flow = "get"   // GET /
	flowLogin flow = "login" // POST /login with JSON, capture of the token, GET /account with it, a check
	flowThink flow = "think" // GET /, then a pause with the connection open

	// GET / with JavaScript: a header set before it, JSON read of its answer, a promise awaited before it.
	flowBefore flow = "before"
	flowAfter  flow = "after"
	flowAsync  flow = "async"
)

// requests is how many one pass has.
func (f flow) requests() int64 {
	if f == flowLogin {
		return 2
	}
	return 1
}

// load is what a generator is asked to do.
type load struct {
	flow flow
	url  string
	// users at once, each with a kept connection, that do the flow again and again
	// for seconds, when rate is 0. Else how many connections arrivals share.
	users   int
	rate    int // arrivals per second, each a user of its own that does the flow once
	seconds int
	// fresh gives each user, or each request of those who loop, its own connection.
	fresh bool
	// flood gives salvo and artillery as many arrivals as take seconds of work,
	// faster than they can deal with them, in place of users that loop.
	flood bool
	think int // seconds
	http2 bool
	// delay is how long the server takes, which decides how many users are under way.
	delay time.Duration
}

// outcome is what a generator says it did, and what that took.
type outcome struct {
	usage
	requests      int64 // that got the right answer
	failed        int64
	fired         int64 // arrivals
	missed        int64
	p50, p95, p99 float64 // response time, ms
	lag           float64 // 99th percentile of how late arrivals were fired, ms; only salvo tells
	said          string
}

// errCannot is what a generator answers to a load that it has no means for.
var errCannot = errors.New("cannot do this")

// generator is salvo or one of its peers.
type generator struct {
	name    string
	version func(b *bench) (string, error)
	run     func(b *bench, l load) (outcome, error)
	heavy   bool // takes so much to start that it is measured and taken off
	always  bool // stays when peers are chosen
	missing bool
}

var generators = []*generator{
	{name: "salvo", version: salvoVersion, run: runSalvo, heavy: true, always: true},
	loop("net/http loop", "nethttp"),
	oneConnection,
	loop("bare loop", "bare"),
	loop("fasthttp loop", "fasthttp"),
	{name: "wrk", version: wrkVersion, run: runWrk},
	{name: "hey", version: moduleVersion("hey"), run: runHey},
	{name: "vegeta", version: moduleVersion("vegeta"), run: runVegeta},
	{name: "fortio", version: moduleVersion("fortio"), run: runFortio},
	{name: "k6", version: moduleVersion("k6"), run: runK6, heavy: true},
	{name: "artillery", version: artilleryVersion, run: runArtillery, heavy: true},
}
