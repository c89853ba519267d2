//go:build linux

// Command bench measures Salvo's speed beside its peers: `make bench`.
//
// What holds on a noisy machine is CPU time per request, so that is what most
// tables show: user and system time of the generator's process, by getrusage.
// The generator is pinned to the first processor, the server, a process of its
// own, to the last. All that one row compares is measured in turns, several times
// over, and what is shown is the median. Nothing here fails on a figure: the
// tables are for people.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// tables are what there is to measure, in the order of the output.
var tables = []struct {
	name string
	run  func(*bench) (*table, error)
}{
	{"get", saturatedGET},
	{"login", saturatedLogin},
	{"fresh", saturatedFresh},
	{"tls", overTLS},
	{"http2", overHTTP2},
	{"open", openModel},
	{"freeze", freeze},
	{"rate", atRate},
	{"memory", memory},
	{"past", pastSaturation},
	{"before", hookBefore},
	{"after", hookAfter},
	{"async", hookAsync},
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		exit(serve(os.Args[2:]))
	}
	var names []string
	for _, t := range tables {
		names = append(names, t.name)
	}
	var (
		only    = flag.String("only", "", "tables to measure, of "+strings.Join(names, ","))
		peers   = flag.String("peers", "", "peers to measure beside salvo and what its ratios are to (default: all there are)")
		seconds = flag.Int("seconds", 3, "how long each load lasts, about")
		rounds  = flag.Int("rounds", 3, "how often each is measured; the median is shown")
		salvo   = flag.String("salvo", "bin/salvo", "the binary to measure")
		tools   = flag.String("tools", ".tools", "where install.sh has put the peers")
		md      = flag.Bool("md", false, "print Markdown")
	)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := &bench{ctx: ctx, seconds: *seconds, rounds: *rounds, idles: map[string]time.Duration{}}
	exit(errors.Join(b.setUp(*salvo, *tools, *peers), b.run(*only, *md)))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// bench is one run of measurements.
type bench struct {
	ctx     context.Context
	self    string // this program, for the server
	salvo   string
	tools   string
	dir     string // for what generators read and write
	seconds int
	rounds  int
	all     map[string]*generator
	idles   map[string]time.Duration // by generator and seconds, what it takes with next to nothing to do
}

func (b *bench) setUp(salvo, tools, peers string) (err error) {
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.salvo, err = filepath.Abs(salvo); err != nil {
		return err
	}
	if b.tools, err = filepath.Abs(tools); err != nil {
		return err
	}
	if err := allowFiles(); err != nil {
		return err
	}
	b.all = map[string]*generator{}
	wanted := strings.Split(peers, ",")
	for _, g := range generators {
		if peers != "" && !g.always && !slices.Contains(wanted, g.name) {
			continue
		}
		b.all[g.name] = g
	}
	for _, name := range wanted {
		if peers != "" && b.all[name] == nil {
			return fmt.Errorf("no peer %q", name)
		}
	}
	b.dir, err = os.MkdirTemp("", "salvo-bench-")
	return err
}

func (b *bench) run(only string, md bool) error {
	if b.dir == "" {
		return nil
	}
	defer os.RemoveAll(b.dir)
	wanted := strings.Split(only, ",")
	versions := map[string]string{}
	for name, g := range b.all {
		v, err := g.version(b)
		if err != nil {
			v = "not installed: " + err.Error()
			g.missing = true
		}
		versions[name] = v
	}
	fmt.Println(machine())
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		fmt.Printf("  %s: %s\n", name, versions[name])
	}
	fmt.Println()
	for _, t := range tables {
		if only != "" && !slices.Contains(wanted, t.name) {
			continue
		}
		begun := time.Now()
		out, err := t.run(b)
		if b.ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		out.print(os.Stdout, md)
		b.progress("%s took %.0f s", t.name, time.Since(begun).Seconds())
	}
	return nil
}

func (b *bench) progress(format string, args ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", args...)
}
