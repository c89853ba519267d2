package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// startServer starts this program as a server and returns what stops it.
func (b *bench) startServer() (stop func(), err error) {
	cmd := exec.Command(b.self, "serve")
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	b.url = strings.TrimSpace(line)
	return func() {
		in.Close()
		cmd.Wait()
	}, nil
}

// serve answers every request with a few bytes until standard input ends.
func serve() error {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", ln.Addr())
	body := []byte(`{"ok":true}`)
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Write(body)
	})}
	go func() {
		io.Copy(io.Discard, os.Stdin)
		srv.Close()
	}()
	if err := srv.Serve(ln); err != http.ErrServerClosed {
		return err
	}
	return nil
}

// loop is the peer: net/http on 50 connections that are kept ("pooled"), or with
// a connection for each request ("fresh"); as fast as it goes with rate 0, else
// with a goroutine for each request, started when it is due.
func loop(args []string) error {
	mode, url := args[0], args[2]
	rate, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(args[3], 10, 64)
	if err != nil {
		return err
	}
	const workers = 50
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		MaxIdleConnsPerHost: workers,
		DisableKeepAlives:   mode == "fresh",
		DisableCompression:  true,
	}}
	var failed atomic.Int64
	get := func() {
		resp, err := client.Get(url)
		if err != nil {
			failed.Add(1)
			return
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
	var wg sync.WaitGroup
	if rate == 0 {
		var left atomic.Int64
		left.Store(n)
		for range workers {
			wg.Go(func() {
				for left.Add(-1) >= 0 {
					get()
				}
			})
		}
	} else {
		begun := time.Now()
		for i := range n {
			time.Sleep(time.Until(begun.Add(time.Duration(i) * time.Second / time.Duration(rate))))
			wg.Go(get)
		}
	}
	wg.Wait()
	if failed := failed.Load(); failed > 0 {
		return fmt.Errorf("%d of %d requests failed", failed, n)
	}
	return nil
}
