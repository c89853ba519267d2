//go:build linux

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// usage is what a process took until it ended.
type usage struct {
	cpu     time.Duration
	peakKiB int64
	wall    time.Duration
}

// The processors that generators and servers are pinned to: the same one when
// there is only one.
func generatorCore() int { return 0 }
func serverCore() int    { return runtime.NumCPU() - 1 }

// start starts a process that may run on one processor only: a child has the
// affinity and the policy of the thread that made it.
func start(cmd *exec.Cmd, core int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if setPolicy(unix.SCHED_RR, 1) == nil {
		defer setPolicy(unix.SCHED_NORMAL, 0)
	}
	var before, one unix.CPUSet
	if err := unix.SchedGetaffinity(0, &before); err != nil {
		return err
	}
	one.Set(core)
	if err := unix.SchedSetaffinity(0, &one); err != nil {
		return err
	}
	defer unix.SchedSetaffinity(0, &before)
	return cmd.Start()
}

// setPolicy sets how this thread is scheduled.
func setPolicy(policy, priority uint32) error {
	return unix.SchedSetAttr(0, &unix.SchedAttr{Size: unix.SizeofSchedAttr, Policy: policy, Priority: priority}, 0)
}

// realTime tells whether processes can be made real-time ones.
func realTime() bool {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return setPolicy(unix.SCHED_RR, 1) == nil && setPolicy(unix.SCHED_NORMAL, 0) == nil
}

// allowFiles lets this process and its children have as many files as the system
// permits. Once it was set by hand, Go no longer takes it back for children.
func allowFiles() error {
	var l syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l); err != nil {
		return err
	}
	l.Cur = l.Max
	return syscall.Setrlimit(syscall.RLIMIT_NOFILE, &l)
}

// command is a generator's command line.
type command struct {
	args   []string
	env    []string // beside that of this process
	input  string
	failOK bool // a status other than 0 is not an error when there is output
	limit  time.Duration
}

// measure runs a generator to its end.
func (b *bench) measure(c command) (usage, []byte, error) {
	if c.limit == 0 {
		c.limit = 90 * time.Second
	}
	ctx, cancel := context.WithTimeout(b.ctx, c.limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Dir = b.dir
	cmd.Env = append(os.Environ(), c.env...)
	cmd.Stdin = strings.NewReader(c.input)
	cmd.WaitDelay = time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	begun := time.Now()
	if err := start(cmd, generatorCore()); err != nil {
		return usage{}, nil, err
	}
	ended := make(chan struct{})
	peak := make(chan int64)
	go func() { peak <- peakKiB(cmd.Process.Pid, ended) }()
	err := cmd.Wait()
	wall := time.Since(begun)
	close(ended)
	most := <-peak
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return usage{}, nil, fmt.Errorf("%s: still running after %s", filepath.Base(c.args[0]), c.limit)
	}
	if err != nil && !(c.failOK && stdout.Len() > 0) {
		return usage{}, nil, fmt.Errorf("%s: %w\n%s", strings.Join(c.args, " "), err, tail(stderr.Bytes()))
	}
	cpu := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	return usage{cpu, most, wall}, stdout.Bytes(), nil
}

// peakKiB looks at a process until it has ended. What getrusage tells in the end is
// no less than this program's own memory, which the process begins with.
func peakKiB(pid int, ended <-chan struct{}) (most int64) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return most
		case <-tick.C:
		}
		status, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
		if _, rest, ok := strings.Cut(string(status), "\nVmHWM:"); ok {
			line, _, _ := strings.Cut(rest, "\n")
			kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(line, "kB")), 10, 64)
			most = max(most, kib)
		}
	}
}

func tail(b []byte) []byte { return b[max(0, len(b)-1000):] }

// idle is what a generator takes for as long with one arrival a second: its start
// and its ticking, which are taken off where a table says so.
func (b *bench) idle(g *generator, l load) (time.Duration, error) {
	if !g.heavy {
		return 0, nil
	}
	l.flow, l.rate, l.flood, l.users, l.fresh, l.delay = flowGET, 1, false, 50, false, 0
	key := fmt.Sprint(g.name, l.seconds, l.http2)
	if d, ok := b.idles[key]; ok {
		return d, nil
	}
	var all []time.Duration
	for range 2 {
		o, err := g.run(b, l)
		if err != nil {
			return 0, err
		}
		all = append(all, o.cpu)
	}
	b.idles[key] = slices.Min(all)
	return b.idles[key], nil
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}

// spread is how far the measured values lie from their median, in percent of it.
func spread(v []float64) float64 {
	m := median(v)
	if m == 0 {
		return 0
	}
	return 100 * max(slices.Max(v)-m, m-slices.Min(v)) / m
}

func machine() string {
	model := runtime.GOARCH
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(info)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				model = strings.TrimSpace(value)
				break
			}
		}
	}
	var u unix.Utsname
	unix.Uname(&u)
	policy := "generator and server are held up by other processes: real-time scheduling is not permitted"
	if realTime() {
		policy = "generator and server are real-time processes"
	}
	return fmt.Sprintf("%s, %d CPUs (%s), Linux %s, %s; %s", time.Now().Format(time.DateOnly), runtime.NumCPU(), model,
		unix.ByteSliceToString(u.Release[:]), runtime.Version(), policy)
}
