package main

import (
	"net"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// What `make tools` installs for processors.
const (
	packages   = "../.tools/processors/node_modules"
	motoServer = "../.tools/venv/bin/moto_server"
)

// startMoto starts a stand-in for AWS until the script ends; $MOTO is its host.
func startMoto(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: moto")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	host, port, err := net.SplitHostPort(ln.Addr().String())
	ts.Check(err)
	ln.Close() // moto takes a number, not a listener
	program, err := filepath.Abs(motoServer)
	ts.Check(err)
	cmd := exec.Command(program, "-H", host, "-p", port)
	ts.Check(cmd.Start())
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	ts.Defer(func() { cmd.Process.Kill(); <-ended })
	for {
		if c, err := net.Dial("tcp", host+":"+port); err == nil {
			c.Close()
			break
		}
		select {
		case err := <-ended:
			ended <- err
			ts.Fatalf("moto ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	ts.Setenv("MOTO", host+":"+port)
}
