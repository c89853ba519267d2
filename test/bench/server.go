//go:build linux

package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// server is a running server process.
type server struct {
	url  string
	cmd  *exec.Cmd
	in   io.Closer
	out  *bufio.Reader
	done bool
}

// serverStats is what a server saw, told when it ends.
type serverStats struct {
	// GapP50, GapP99 and GapMax are the times between requests that follow each
	// other, in ms: what the arrivals looked like when they came.
	GapP50, GapP99, GapMax float64
}

// startServer starts this program as a server, on a processor of its own.
func (b *bench) startServer(args ...string) (*server, error) {
	cmd := exec.Command(b.self, append([]string{"serve"}, args...)...)
	// The signals that preempt a loop would end its waiting.
	cmd.Env = append(os.Environ(), "GODEBUG=asyncpreemptoff=1")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := start(cmd, serverCore()); err != nil {
		return nil, err
	}
	s := &server{cmd: cmd, in: in, out: bufio.NewReader(out)}
	line, err := s.out.ReadString('\n')
	if err != nil {
		s.stop()
		return nil, fmt.Errorf("starting the server: %w", err)
	}
	s.url = strings.TrimSpace(line)
	return s, nil
}

// stop ends the server; a second call does nothing.
func (s *server) stop() serverStats {
	var stats serverStats
	if s.done {
		return stats
	}
	s.done = true
	s.in.Close()
	if text, err := io.ReadAll(s.out); err == nil {
		json.Unmarshal(text, &stats)
	}
	s.cmd.Wait()
	return stats
}

// serve is the server's process: it answers until standard input ends.
func serve(args []string) error {
	f := flag.NewFlagSet("serve", flag.ContinueOnError)
	secure := f.Bool("tls", false, "serve HTTPS, and HTTP/2 to those who ask for it")
	delay := f.Duration("delay", 0, "wait before each answer")
	freeze := f.Duration("freeze", 0, "do nothing for so long, once, a while after the first request")
	record := f.Bool("record", false, "tell how requests came")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *secure {
		return serveTLS()
	}
	return servePlain(&plain{delay: *delay, freeze: *freeze, record: *record})
}

// freezeAfter is when after the first request a server freezes that is to.
const freezeAfter = 4 * time.Second

const answerHead = "HTTP/1.1 200 OK\r\nServer: bench\r\nDate: Sun, 23 Nov 2025 05:26:00 GMT\r\nContent-Type: application/json\r\n"

// answer makes a whole response.
func answer(extra, body string) []byte {
	return fmt.Appendf(nil, "%s%sContent-Length: %d\r\n\r\n%s", answerHead, extra, len(body), body)
}

const (
	rootBody    = `{"ok":true}`
	loginBody   = `{"token":"0123456789abcdef0123456789abcdef","expires":3600}`
	accountBody = `{"user":"u1","balance":12}`
)
