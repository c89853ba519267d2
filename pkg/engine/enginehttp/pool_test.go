package enginehttp

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestPoolServesInTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		later := time.Now().Add(time.Minute)
		p := &pool{limit: 2}
		for range 2 {
			if c, err := p.get(ctx, later); c != nil || err != nil {
				t.Fatal("no leave to dial", c, err)
			}
		}
		var order []int
		var got []*conn
		for i := range 100 {
			go func() {
				c, err := p.get(ctx, later)
				if err != nil {
					t.Error(err)
				}
				order = append(order, i)
				got = append(got, c)
			}()
			synctest.Wait()
		}
		one := &conn{}
		for i := range 100 {
			if i%2 == 0 {
				p.put(one)
			} else {
				p.drop()
			}
			synctest.Wait()
			if want := []*conn{one, nil}[i%2]; got[i] != want {
				t.Errorf("the %dth got %p, want %p", i, got[i], want)
			}
		}
		if !slices.IsSorted(order) {
			t.Errorf("order %v", order)
		}
		if p.open != 2 || len(p.waiting)-p.head != 0 {
			t.Errorf("%d open, %d waiting", p.open, len(p.waiting)-p.head)
		}
	})
}

func TestPoolWaitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		p := &pool{limit: 1}
		p.get(ctx, time.Now().Add(time.Minute))

		began := time.Now()
		if _, err := p.get(ctx, began.Add(time.Second)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		go func() {
			time.Sleep(time.Second)
			cancel()
		}()
		if _, err := p.get(ctx, began.Add(time.Minute)); err != errCut {
			t.Errorf("%v, want an interrupt", err)
		}
		// Who has left is passed over.
		c := &conn{}
		p.put(c)
		if len(p.free) != 1 {
			t.Errorf("%d free", len(p.free))
		}
	})
}

// A connection that is handed over just when its waiter gives up is not lost.
func TestPoolLosesNothing(t *testing.T) {
	p := &pool{limit: 1}
	first, _ := p.get(context.Background(), time.Now().Add(time.Hour))
	if first != nil {
		t.Fatal("a connection from nowhere")
	}
	c := &conn{}
	p.put(c)
	var users sync.WaitGroup
	var served, gone atomic.Int64
	for range 8 {
		users.Add(1)
		go func() {
			defer users.Done()
			for range 500 {
				c, err := p.get(context.Background(), time.Now().Add(20*time.Microsecond))
				if err != nil {
					gone.Add(1)
					continue
				}
				served.Add(1)
				p.put(c)
			}
		}()
	}
	users.Wait()
	if len(p.free) != 1 || p.open != 1 {
		t.Errorf("%d free, %d open after %d served and %d gone", len(p.free), p.open, served.Load(), gone.Load())
	}
}

func addrs(texts ...string) (out []netip.Addr) {
	for _, s := range texts {
		out = append(out, netip.MustParseAddr(s))
	}
	return out
}

func TestNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := context.Background()
		r := newResolver()
		defer r.close()
		lookups := 0
		answer := addrs("10.0.0.1", "10.0.0.2", "::1")
		var fails error
		r.lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			time.Sleep(100 * time.Millisecond)
			lookups++
			return answer, fails
		}
		ask := func() ([]netip.Addr, error) { return r.addresses(ctx, "h", time.Now().Add(time.Second)) }

		var users sync.WaitGroup
		for range 10 {
			users.Go(func() {
				if got, err := ask(); err != nil || len(got) != 3 || got[2] != answer[2] {
					t.Error(got, err)
				}
			})
		}
		users.Wait()
		if lookups != 1 {
			t.Errorf("%d lookups for 10 users at once", lookups)
		}
		first, _ := ask()
		second, _ := ask()
		if first[0] == second[0] || !slices.Equal(first[2:], second[2:]) {
			t.Errorf("addresses do not take turns: %v, %v", first, second)
		}

		// Old addresses serve while new ones are looked up, and when they cannot be.
		time.Sleep(namesAge)
		answer = addrs("10.0.0.9")
		if got, _ := ask(); len(got) != 3 {
			t.Errorf("%v at once", got)
		}
		time.Sleep(time.Second)
		if got, _ := ask(); !slices.Equal(got, answer) {
			t.Errorf("%v later", got)
		}
		fails = &net.DNSError{Err: "no such host", IsNotFound: true}
		time.Sleep(namesAge)
		ask()
		time.Sleep(time.Second)
		if got, err := ask(); err != nil || !slices.Equal(got, answer) {
			t.Errorf("%v, %v after a failure", got, err)
		}
		time.Sleep(time.Minute)

		for _, test := range []struct {
			err  error
			code string
		}{
			{&net.DNSError{Err: "no such host", IsNotFound: true}, codeNotFound},
			{&net.DNSError{Err: "server misbehaving", IsTemporary: true}, codeAgain},
			{&net.DNSError{Err: "i/o timeout", IsTimeout: true}, codeAgain},
			{nil, codeNotFound},
		} {
			fails, answer, lookups = test.err, nil, 0
			host := fmt.Sprint(test)
			for range 3 {
				if _, err := r.addresses(ctx, host, time.Now().Add(time.Second)); err == nil || codeOf(err) != test.code {
					t.Errorf("%v, want %s", err, test.code)
				}
			}
			if lookups != 1 {
				t.Errorf("%d lookups for a failure of a moment", lookups)
			}
			time.Sleep(namesRetry)
			r.addresses(ctx, host, time.Now().Add(time.Second))
			if lookups != 2 {
				t.Errorf("%d lookups, want another one", lookups)
			}
		}

		if _, err := r.addresses(ctx, "slow", time.Now().Add(time.Millisecond)); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%v, want a timeout", err)
		}
	})
}

// A name with several addresses, of which only the last answers.
func TestDialTriesAllAddresses(t *testing.T) {
	s := newJournal(t, nil)
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	engineOf := func(list ...string) played {
		return playWithNames(t, flow("http://h.example:"+port, `get: {url: /}`), func(context.Context, string) ([]netip.Addr, error) {
			return addrs(list...), nil
		})
	}
	engineOf("::1", "127.0.0.77", "127.0.0.1").expect(t, "http.requests 1", "http.responses 1", "http.codes.200 1", "http.downloaded_bytes 7", done)
	if got := s.requests[0].host; got != "h.example:"+port {
		t.Errorf("host %q", got)
	}
	engineOf("127.0.0.77", "127.0.0.78").expect(t, "http.requests 1", "errors.ECONNREFUSED 1", "vusers.failed 1")
}

func TestDialsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		p := &protocol{dials: make(chan struct{}, 1)}
		later := time.Now().Add(time.Second)
		if err := p.admit(ctx, later); err != nil {
			t.Fatal(err)
		}
		if err := p.admit(ctx, later); !errors.Is(err, os.ErrDeadlineExceeded) || time.Now().Before(later) {
			t.Errorf("%v, want a timeout after a second", err)
		}
		go func() {
			time.Sleep(time.Second)
			<-p.dials
			time.Sleep(time.Second)
			cancel()
		}()
		if err := p.admit(ctx, time.Now().Add(time.Minute)); err != nil {
			t.Errorf("%v after another was done", err)
		}
		if err := p.admit(ctx, time.Now().Add(time.Minute)); err != errCut {
			t.Errorf("%v, want an interrupt", err)
		}
	})
}

func TestIPv6(t *testing.T) {
	l, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip(err)
	}
	s := unstartedJournal(nil)
	s.Listener.Close()
	s.Listener = l
	s.Start()
	t.Cleanup(s.Close)
	p := play(t, flow(s.URL, `get: {url: /}`, `get: {url: 'http://`+l.Addr().String()+`/b'}`), 1)
	p.expect(t, "http.requests 2", "http.responses 2", "http.codes.200 2", "http.downloaded_bytes 14", done)
	if s.requests[0].host != l.Addr().String() || s.connections() != 1 {
		t.Errorf("host %q, %d connections", s.requests[0].host, s.connections())
	}
}
