// Command bench measures Salvo's speed as ratios against a peer measured in the
// same run: `make bench`.
//
// What holds on a noisy machine is CPU time per request, so that is what it
// counts: user and system time of the generator's process, less that of the
// same process with next to nothing to do. The server is a process of its own.
// Nothing here fails on a figure; the table is for people.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

func main() {
	if len(os.Args) > 1 {
		switch os.Args[1] {
		case "serve":
			exit(serve())
		case "loop":
			exit(loop(os.Args[2:]))
		}
	}
	seconds := flag.Int("seconds", 15, "how long each load lasts")
	salvo := flag.String("salvo", "bin/salvo", "the binary to measure")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	exit(run(ctx, *salvo, *seconds))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one run of all measurements.
type bench struct {
	ctx     context.Context
	self    string // this program, for the server and the peers
	salvo   string
	url     string
	seconds int
	dir     string
}

func run(ctx context.Context, salvo string, seconds int) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if salvo, err = filepath.Abs(salvo); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "salvo-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	b := &bench{ctx: ctx, self: self, salvo: salvo, seconds: seconds, dir: dir}
	stop, err := b.startServer()
	if err != nil {
		return err
	}
	defer stop()

	fmt.Printf("%s/%s, %d CPUs, %s\n\n", runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, part := range []func(*bench, io.Writer) error{cpu, lag, memory} {
		w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		if err := part(b, w); err != nil {
			return err
		}
		fmt.Fprintln(w)
		if err := w.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// usage is what a process took.
type usage struct {
	cpu     time.Duration
	peakKiB int64
}

// measure runs a program to its end.
func (b *bench) measure(name string, args ...string) (usage, []byte, error) {
	cmd := exec.CommandContext(b.ctx, name, args...)
	cmd.Dir = b.dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return usage{}, nil, fmt.Errorf("%s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.String())
	}
	state := cmd.ProcessState
	rusage, ok := state.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, nil, fmt.Errorf("no resource usage on %s", runtime.GOOS)
	}
	return usage{state.UserTime() + state.SystemTime(), rusage.Maxrss}, out, nil
}

// summary is what a report says of one histogram, in milliseconds.
type summary struct{ P50, P99, Max float64 }

type salvoReport struct {
	Run struct {
		Created, Missed int64
		Outcome         string
	}
	Aggregate struct {
		Counters  map[string]int64
		Summaries map[string]summary
	}
}

// script says what salvo is to fire. Arrivals are counted in users.
type script struct {
	phase string // of config.phases
	http  string // config.http
	flow  string
}

const oneGet = `[{"get": {"url": "/"}}]`

// steady is a phase of users that come at a constant rate.
func steady(rate, seconds int) string {
	return fmt.Sprintf(`{"duration": %d, "arrivalRate": %d}`, seconds, rate)
}

func (b *bench) run(s script) (usage, *salvoReport, error) {
	text := fmt.Sprintf(`{"config": {"target": %q, "phases": [%s], "http": %s},
"scenarios": [{"flow": %s}], "_split": {"maxChunkRequestsPerSecond": 5000}}`, b.url, s.phase, s.http, s.flow)
	u, out, err := b.measure(b.salvo, "run", "--jsonOnly", "--data", text)
	if err != nil {
		return u, nil, err
	}
	var r salvoReport
	if err := json.Unmarshal(out, &r); err != nil {
		return u, nil, err
	}
	return u, &r, nil
}

// cpu compares the CPU time of a GET with a tuned net/http loop: as fast as it
// goes, and at a rate, where what a generator does between requests counts, too.
func cpu(b *bench, w io.Writer) error {
	const (
		rate  = 4000
		users = 50
	)
	n := rate * b.seconds
	idle, _, err := b.run(script{steady(1, b.seconds), `{}`, oneGet})
	if err != nil {
		return err
	}
	loops := fmt.Sprintf(`[{"loop": %s, "count": %d}]`, oneGet, n/users)
	fmt.Fprintf(w, "CPU seconds per million requests\tsalvo\tnet/http loop\tratio\n")
	for _, row := range []struct {
		name   string
		script script
		loop   []string
	}{
		{
			"as fast as it goes, 50 users that loop, a connection each",
			script{fmt.Sprintf(`{"duration": 1, "arrivalCount": %d}`, users), `{}`, loops}, []string{"pooled", "0"},
		},
		{
			fmt.Sprintf("one GET a user, %d users/s, pooled connections", rate),
			script{steady(rate, b.seconds), `{"pool": 50}`, oneGet}, []string{"pooled", fmt.Sprint(rate)},
		},
		{
			fmt.Sprintf("one GET a user, %d users/s, a connection each", rate),
			script{steady(rate, b.seconds), `{}`, oneGet}, []string{"fresh", fmt.Sprint(rate)},
		},
	} {
		ours, report, err := b.run(row.script)
		if err != nil {
			return err
		}
		if got := report.Aggregate.Counters["http.codes.200"]; got != int64(n) {
			return fmt.Errorf("%s: %d of %d requests answered 200", row.name, got, n)
		}
		peer, _, err := b.measure(b.self, "loop", row.loop[0], row.loop[1], b.url, fmt.Sprint(n))
		if err != nil {
			return err
		}
		a, p := perMillion(ours.cpu-idle.cpu, n), perMillion(peer.cpu, n)
		fmt.Fprintf(w, "%s\t%.1f\t%.1f\t%.2f\n", row.name, a, p, a/p)
	}
	fmt.Fprintf(w, "(taken off: %.2f s, salvo with 1 user/s for as long)\t\t\t\n", idle.cpu.Seconds())
	return nil
}

func perMillion(d time.Duration, n int) float64 { return d.Seconds() * 1e6 / float64(n) }

// lag shows how late arrivals were fired.
func lag(b *bench, w io.Writer) error {
	fmt.Fprintf(w, "arrivals late by, ms\tp50\tp99\tmax\tmissed\n")
	for _, rate := range []int{500, 2000} {
		_, r, err := b.run(script{steady(rate, b.seconds), `{"pool": 50}`, oneGet})
		if err != nil {
			return err
		}
		s := r.Aggregate.Summaries["salvo.schedule_lag"]
		fmt.Fprintf(w, "%d users/s\t%.2f\t%.2f\t%.2f\t%d\n", rate, s.P50, s.P99, s.Max, r.Run.Missed)
	}
	return nil
}

// memory shows what users cost that wait with an open connection.
func memory(b *bench, w io.Writer) error {
	const users = 10000
	const flow = `[{"get": {"url": "/"}}, {"think": 10}]`
	idle, _, err := b.run(script{steady(1, 11), `{}`, flow})
	if err != nil {
		return err
	}
	full, r, err := b.run(script{steady(users/10, 10), `{}`, flow})
	if err != nil {
		return err
	}
	if r.Aggregate.Counters["vusers.completed"] != users {
		return fmt.Errorf("%d of %d users completed", r.Aggregate.Counters["vusers.completed"], users)
	}
	fmt.Fprintf(w, "peak memory, MiB\twith %d users that think 10 s, a connection each\twith 1 user/s\tKiB a user\n", users)
	fmt.Fprintf(w, "\t%.1f\t%.1f\t%.1f\n", float64(full.peakKiB)/1024, float64(idle.peakKiB)/1024, float64(full.peakKiB-idle.peakKiB)/users)
	return nil
}
