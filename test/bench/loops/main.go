// Command loops holds the plainest load generators that do the work: a loop around
// net/http, around fasthttp, and around nothing but a socket. The speed of salvo is
// told as a ratio to theirs (see ../main.go). It is a module of its own, so that
// what it needs is not needed by salvo.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// options is what there is to do.
type options struct {
	url     string
	flow    string // get, login or think
	users   int    // at once; with a rate, connections
	rate    int    // arrivals per second; 0: users do the flow again and again
	seconds int
	fresh   bool // a connection for each arrival, or each pass of those who loop
	think   time.Duration
	http2   bool
	shared  bool // HTTP/2 of all users on one connection
}

// user does the flow once and says whether all answers were right.
type user func() bool

// clients make users; what is made once per user, is made before it is used.
var clients = map[string]func(o *options) (newUser func() user){
	"nethttp": netHTTP,
	"bare":    bare,
}

func main() {
	o := &options{}
	client := flag.String("client", "nethttp", "nethttp, fasthttp or bare")
	flag.StringVar(&o.url, "url", "", "the server's URL")
	flag.StringVar(&o.flow, "flow", "get", "get, login or think")
	flag.IntVar(&o.users, "users", 50, "users at once, or connections that arrivals share")
	flag.IntVar(&o.rate, "rate", 0, "arrivals per second")
	flag.IntVar(&o.seconds, "seconds", 3, "how long")
	flag.BoolVar(&o.fresh, "fresh", false, "a connection for each user")
	flag.DurationVar(&o.think, "think", 0, "the pause of the flow think")
	flag.BoolVar(&o.http2, "http2", false, "HTTP/2")
	flag.BoolVar(&o.shared, "shared", false, "one connection for all users")
	flag.Parse()
	make := clients[*client]
	if make == nil {
		fmt.Fprintf(os.Stderr, "loops: no client %q\n", *client)
		os.Exit(2)
	}
	r := &result{}
	newUser := make(o)
	if o.rate > 0 {
		arrive(o, newUser, r)
	} else {
		again(o, newUser, r)
	}
	r.Passes = r.passes.Load()
	r.Failed = r.failed.Load()
	json.NewEncoder(os.Stdout).Encode(r)
}

// result is what was done; response times count from when an arrival was due.
type result struct {
	Passes, Failed, Fired int64
	P50, P95, P99         float64 // ms

	passes, failed atomic.Int64
}

func (r *result) count(ok bool) {
	if ok {
		r.passes.Add(1)
	} else {
		r.failed.Add(1)
	}
}

// again has users that do the flow until the time is over.
func again(o *options, newUser func() user, r *result) {
	var over atomic.Bool
	time.AfterFunc(time.Duration(o.seconds)*time.Second, func() { over.Store(true) })
	var wg sync.WaitGroup
	for range o.users {
		wg.Go(func() {
			do := newUser()
			for !over.Load() {
				r.count(do())
			}
		})
	}
	wg.Wait()
}

// arrive starts a goroutine for each arrival when it is due.
func arrive(o *options, newUser func() user, r *result) {
	n := o.rate * o.seconds
	took := make([]time.Duration, n)
	var wg sync.WaitGroup
	begun := time.Now().Add(10 * time.Millisecond)
	for i := range n {
		due := begun.Add(time.Duration(i) * time.Second / time.Duration(o.rate))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			ok := newUser()()
			took[i] = time.Since(due)
			r.count(ok)
		})
	}
	wg.Wait()
	r.Fired = int64(n)
	slices.Sort(took)
	at := func(q int) float64 { return took[(n-1)*q/100].Seconds() * 1000 }
	r.P50, r.P95, r.P99 = at(50), at(95), at(99)
}
