//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
)

// wrkEnv lets wrk find the library that was unpacked beside it.
func wrkEnv(b *bench) []string { return []string{"LD_LIBRARY_PATH=" + b.tool("lib")} }

func wrkVersion(b *bench) (string, error) {
	cmd := exec.Command(b.tool("wrk"), "-v")
	cmd.Env = append(os.Environ(), wrkEnv(b)...)
	out, _ := cmd.CombinedOutput() // its status is 1
	f := strings.Fields(string(out))
	if len(f) < 2 || f[0] != "wrk" {
		return "", fmt.Errorf("%s does not run", b.tool("wrk"))
	}
	return f[1], nil
}

var (
	wrkRequests = regexp.MustCompile(`(\d+) requests in`)
	wrkFailed   = regexp.MustCompile(`Non-2xx or 3xx responses: (\d+)|(?:connect|read|write|timeout) (\d+)`)
)

func runWrk(b *bench, l load) (outcome, error) {
	if l.flow != flowGET || l.rate > 0 || l.http2 {
		return outcome{}, errCannot
	}
	args := []string{b.tool("wrk"), "-t", "1", "-c", fmt.Sprint(l.users), "-d", seconds(l), "--timeout", "10s"}
	if l.fresh {
		args = append(args, "-H", "Connection: close")
	}
	u, out, err := b.measure(command{args: append(args, l.url+"/"), env: wrkEnv(b)})
	if err != nil {
		return outcome{}, err
	}
	o := outcome{usage: u}
	if m := wrkRequests.FindSubmatch(out); m != nil {
		o.requests, _ = strconv.ParseInt(string(m[1]), 10, 64)
	}
	for _, m := range wrkFailed.FindAllSubmatch(out, -1) {
		n, _ := strconv.ParseInt(string(m[1])+string(m[2]), 10, 64)
		o.failed += n
	}
	o.fired = o.requests
	return o, nil
}
