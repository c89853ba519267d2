package engine

import (
	"context"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"
)

// BenchmarkUser runs users one after the other, without a pacer and without their goroutines. The
// one allocation of a user that does nothing is the User. The action below adds three of its own: its
// session, its buffer and the Response. A capture adds the list of the user's variables, the text of
// the value and the text's box; $index adds the number's box; picks of payload rows and variables add
// nothing. A wildcard adds the whole document.
func BenchmarkUser(b *testing.B) {
	body := `{"id":123456,"name":"A product of some kind","price":19.99,"tags":["red","large","new"],"stock":{"berlin":4,"madrid":0,"oslo":17},` +
		`"token":"0123456789abcdef0123456789abcdef","links":[{"rel":"self","href":"/products/123456"},{"rel":"next","href":"/products/123457"}],"ok":true,"text":"..........."}`
	for _, bm := range []struct{ name, script string }{
		{"no steps", flow("think: 0")},
		{"one action", flow("get: {url: /}")},
		{"capture and match", flow("get: {url: /, capture: {json: $.token, as: token}, match: {json: $.ok, value: true}}")},
		{"capture by wildcard", flow("get: {url: /, capture: {json: '$.links[*].href', as: next}}")},
		{"payload and variables", flowWith("variables: {colour: [red, green, blue]}", "get: {url: '/{{ colour }}/{{ $index }}'}")},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			r := newRig(b, bm.script, nil)
			e := r.Engine
			for _, s := range e.scenarios[0].steps {
				if s, ok := s.(*requestStep); ok {
					f := s.action.(*fakeAction)
					s.action = &directAction{url: f, body: []byte(body)}
				}
			}
			run := &run{engine: e, clock: timerClock{}, ctx: context.Background()}
			due := time.Now()
			run.users.Add(b.N)
			for i := range b.N {
				run.user(Arrival{Index: int64(i)}, due, int64(i))
			}
		})
	}
}

// directAction renders the URL and applies captures and matches to a body that is always the same.
type directAction struct {
	url  *fakeAction
	body []byte
}

func (a *directAction) Do(_ context.Context, u *User, _ Session) error {
	var room [64]byte
	a.url.url.AppendText(room[:0], u)
	return a.url.extraction.Apply(u, &Response{Status: 200, Body: a.body})
}

// BenchmarkUserGoroutine compares a goroutine for each user with goroutines that are used again, for
// users whose steps need a stack of some depth. What reuse saves is the growth of the stack, a few
// microseconds a user: little beside the request that makes the stack grow, and not worth stacks
// that are kept after a peak.
func BenchmarkUserGoroutine(b *testing.B) {
	for _, depth := range []int{1, 16, 48} {
		var users sync.WaitGroup
		user := func() { grow(depth); users.Done() }
		b.Run(fmt.Sprintf("own/%dKiB", depth/2), func(b *testing.B) {
			for i := range b.N {
				users.Add(1)
				go user()
				if i%64 == 0 {
					users.Wait()
				}
			}
			users.Wait()
		})
		b.Run(fmt.Sprintf("reused/%dKiB", depth/2), func(b *testing.B) {
			idle := make(chan func())
			defer close(idle)
			for i := range b.N {
				users.Add(1)
				select {
				case idle <- user:
				default:
					go func() {
						user()
						for f := range idle {
							f()
						}
					}()
				}
				if i%64 == 0 {
					users.Wait()
				}
			}
			users.Wait()
		})
	}
}

//go:noinline
func grow(depth int) byte {
	var frame [512]byte
	frame[depth] = byte(depth)
	if depth == 0 {
		return frame[0]
	}
	return grow(depth-1) + frame[depth]
}

// BenchmarkThinkingUsers measures the memory that a user in a think takes, stack included.
func BenchmarkThinkingUsers(b *testing.B) {
	const n = 10_000
	for range b.N {
		r := newRig(b, flow("think: 60"), nil)
		ctx, cancel := context.WithCancel(context.Background())
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			r.Run(ctx, Chunk{Start: time.Now(), Arrivals: every(n, 20_000)})
		}()
		for r.Progress().Next < n || r.Progress().Active < n {
			time.Sleep(time.Millisecond)
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc+after.StackInuse-before.HeapAlloc-before.StackInuse)/n, "B/user")
		cancel()
		<-ended
	}
}
