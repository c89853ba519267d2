package enginehttp

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"sync"
	"testing"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// benchRun runs a script with users that arrive at a rate, 0 for all at once.
func benchRun(b *testing.B, text string, users int, rate float64) {
	sc, _, err := script.Parse([]byte(text), script.Options{})
	if err != nil {
		b.Fatal(err)
	}
	recorder := metrics.NewRecorder(2)
	p, err := New(Options{Target: sc.Config.Target, HTTP: sc.Config.HTTP, TLS: sc.Config.TLS, Expect: sc.Config.Expect, Recorder: recorder})
	if err != nil {
		b.Fatal(err)
	}
	defer p.Close()
	e, err := engine.New(engine.Config{Script: sc, Seed: 1, Recorder: recorder, Protocols: map[string]engine.Protocol{"http": p}})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	reportCPU(b, func() int {
		o, err := e.Run(ctx, engine.Chunk{Start: time.Now().Add(time.Millisecond), Arrivals: func(yield func(engine.Arrival) bool) {
			for i := range users {
				a := engine.Arrival{Index: int64(i)}
				if rate > 0 {
					a.At = time.Duration(float64(i) / rate * 1e9)
				}
				if !yield(a) {
					return
				}
			}
		}})
		// Those that came too late do not count.
		if err != nil || o.Completed != o.Created {
			b.Errorf("%+v, %v, %v", o, err, recorder.Snapshot().Total().Counters)
		}
		return b.N - int(o.Missed)
	})
}

const benchConns = 64

// A GET on a kept connection of a pool, again and again: nothing but the request.
func BenchmarkPooledGET(b *testing.B) {
	addr := startBenchServer(b)
	b.Run("salvo", func(b *testing.B) {
		text := fmt.Sprintf("config: {target: 'http://%s', http: {pool: %d}}\nscenarios:\n- flow:\n  - loop: [get: {url: /}]\n    count: %d\n",
			addr, benchConns, max(b.N/benchConns, 1))
		benchRun(b, text, benchConns, 0)
	})
	// What expectations cost beside it, where results are not printed: a status needs neither head nor body.
	for name, expect := range map[string]string{"expect-status": "{statusCode: [200, 204]}", "expect-json": "{statusCode: 200, contentType: json, hasProperty: a}"} {
		b.Run(name, func(b *testing.B) {
			text := fmt.Sprintf("config: {target: 'http://%s', http: {pool: %d}, plugins: {expect: {formatter: silent}}}\nscenarios:\n- flow:\n  - loop: [get: {url: /, expect: %s}]\n    count: %d\n",
				addr, benchConns, expect, max(b.N/benchConns, 1))
			benchRun(b, text, benchConns, 0)
		})
	}
	b.Run("net-http", func(b *testing.B) {
		client := &http.Transport{MaxIdleConnsPerHost: benchConns, MaxConnsPerHost: benchConns, DisableCompression: true,
			WriteBufferSize: 4 << 10, ReadBufferSize: 4 << 10}
		defer client.CloseIdleConnections()
		reportCPU(b, func() int {
			var users sync.WaitGroup
			for range benchConns {
				users.Go(func() {
					req, _ := http.NewRequest("GET", "http://"+addr+"/", nil)
					req.Header.Set("User-Agent", "bench")
					req.Header.Set("Accept-Encoding", "gzip, deflate, br")
					for range max(b.N/benchConns, 1) {
						resp, err := client.RoundTrip(req)
						if err != nil {
							b.Error(err)
							return
						}
						io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
					}
				})
			}
			users.Wait()
			return b.N
		})
	})
}

// A user for each GET, at a rate, on kept connections: all that a run does.
func BenchmarkPooledGETByArrival(b *testing.B) {
	addr := startBenchServer(b)
	for _, rate := range []float64{5_000, 20_000} {
		b.Run(fmt.Sprintf("%.0f", rate), func(b *testing.B) {
			text := fmt.Sprintf("config: {target: 'http://%s', http: {pool: %d}}\nscenarios:\n- flow:\n  - get: {url: /}\n", addr, benchConns)
			benchRun(b, text, b.N, rate)
		})
	}
}

// A connection for each user, all users at once. What is compared with does no more than it must.
func BenchmarkConnectionPerUser(b *testing.B) {
	addr := startBenchServer(b)
	b.Run("salvo", func(b *testing.B) {
		benchRun(b, fmt.Sprintf("config: {target: 'http://%s'}\nscenarios:\n- flow:\n  - get: {url: /}\n", addr), b.N, 0)
	})
	b.Run("bare", func(b *testing.B) {
		request := []byte("GET / HTTP/1.1\r\nHost: " + addr + "\r\nUser-Agent: bench\r\nAccept-Encoding: gzip, deflate, br\r\nConnection: keep-alive\r\n\r\n")
		reportCPU(b, func() int {
			var users sync.WaitGroup
			slots := make(chan struct{}, maxDials)
			for range b.N {
				slots <- struct{}{}
				users.Go(func() {
					defer func() { <-slots }()
					c, err := net.Dial("tcp", addr)
					if err != nil {
						b.Error(err)
						return
					}
					defer c.Close()
					c.Write(request)
					c.Read(make([]byte, 4096))
				})
			}
			users.Wait()
			return b.N
		})
	})
}

// A POST of JSON made from variables, with two captures, and a GET that carries one: two requests
// are one operation.
func BenchmarkLogin(b *testing.B) {
	addr := startBenchServer(b)
	text := fmt.Sprintf(`
config: {target: 'http://%s', http: {pool: %d}, variables: {password: secret}}
scenarios:
- flow:
  - loop:
    - post:
        url: /login
        json: {user: 'u{{ $loopCount }}', password: '{{ password }}'}
        capture: [{json: $.token, as: token}, {json: $.user, as: user}]
    - get: {url: '/account/{{ user }}', headers: {Authorization: 'Bearer {{ token }}'}, match: {json: $.user, value: u1}}
    count: %d
`, addr, benchConns, max(b.N/benchConns, 1))
	benchRun(b, text, benchConns, 0)
}

// What a user holds while it thinks, with its connection open. An operation is a user.
func BenchmarkIdleUser(b *testing.B) {
	addr := startBenchServer(b)
	secure := unstartedJournal(nil)
	startTLS(b, secure, false)
	for name, target := range map[string]string{"plain": "http://" + addr, "tls": secure.URL} {
		b.Run(name, func(b *testing.B) {
			const users = 500
			used := func() uint64 {
				runtime.GC()
				runtime.GC()
				var m runtime.MemStats
				runtime.ReadMemStats(&m)
				return m.HeapAlloc + m.StackInuse
			}
			for b.Loop() {
				before := used()
				ended := make(chan struct{})
				go func() {
					defer close(ended)
					playWith(b, context.Background(), mustParse(b, flowWith(target, "tls: {rejectUnauthorized: false}, variables: {n: 5}",
						`get: {url: '/{{ n }}', capture: {json: $.user, as: user, strict: false}}`, `think: 2`, `get: {url: /}`)), users, nil)
				}()
				time.Sleep(1500 * time.Millisecond)
				b.ReportMetric(float64(used()-before)/users, "B/user")
				<-ended
			}
		})
	}
}

func mustParse(t testing.TB, text string) *script.Script {
	sc, _, err := script.Parse([]byte(text), script.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sc
}
