package conformance

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// Both tools are started as users start them, each case in a folder of its own.

// artilleryHere is where `make conformance` installs Artillery.
const artilleryHere = "../../.tools/artillery"

func artilleryProgram() string {
	return filepath.Join(artilleryHere, "node_modules", ".bin", "artillery")
}

// run is one run of a tool.
type run struct {
	exit   int
	hangs  bool
	output string // both streams
	report []byte // nil when there is none
	seen   []request
	addr   string
}

// play runs one tool with a case: command makes the command line from the
// script's and the report's names.
func (c *testCase) play(ctx context.Context, limit time.Duration, env []string, command func(script, report string) []string) (*run, error) {
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	s, err := serve(c)
	if err != nil {
		return nil, err
	}
	r := &run{addr: s.addr()}
	defer s.stop()
	if err := c.lay(dir, r.addr); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	line := append(command("script.yml", "report.json"), c.Args...)
	for i := range line {
		line[i] = c.fill(line[i], r.addr)
	}
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	cmd.Dir = dir
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + dir, "TMPDIR=" + dir}, env...)
	for k, v := range c.Env {
		cmd.Env = append(cmd.Env, k+"="+c.fill(v, r.addr))
	}
	// All that the tool started goes with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err = cmd.Run()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		r.hangs = true
	case errors.As(err, &exit):
		r.exit = exit.ExitCode()
	case err != nil:
		return nil, err
	}
	r.output = strings.ReplaceAll(out.String(), dir, "<folder>")
	r.seen = s.stop()
	r.report, err = os.ReadFile(filepath.Join(dir, "report.json"))
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return r, err
}

// runArtillery runs a case through Artillery's command, on what it takes for a
// machine with one processor: with more it divides the users.
func (c *testCase) runArtillery(ctx context.Context) (*observation, error) {
	program, err := filepath.Abs(artilleryProgram())
	if err != nil {
		return nil, err
	}
	preload, err := filepath.Abs("oneprocessor.cjs")
	if err != nil {
		return nil, err
	}
	env := []string{"ARTILLERY_DISABLE_TELEMETRY=true", "NODE_OPTIONS=--require=" + preload, "NODE_NO_WARNINGS=1"}
	r, err := c.play(ctx, 40*time.Second, env, func(script, report string) []string {
		return []string{program, "run", "--quiet", "--output", report, script}
	})
	if err != nil {
		return nil, err
	}
	o, _, err := c.observe(r.report, r.seen, r.addr)
	if err != nil {
		return nil, err
	}
	if o.Exit, o.Hangs = r.exit, r.hangs; r.report == nil && !r.hangs {
		o.Said = artillerySaid(r.output)
	}
	return o, nil
}

// artillerySaid finds why Artillery did not run, in all that it prints then.
func artillerySaid(output string) []string {
	for line := range strings.Lines(output) {
		if line = strings.TrimSpace(line); reason.MatchString(line) {
			return []string{line}
		}
	}
	return []string{strings.TrimSpace(output)}
}

var reason = regexp.MustCompile(`^(\w*Error\b|No target|worker error|Scenario validation error|.* is not valid JSON)`)

// attempts are for a machine so busy that Salvo comes too late to fire an
// arrival, says so, and is to be asked again.
const attempts = 4

func (c *testCase) runSalvo(ctx context.Context) (*observation, *document, error) {
	for attempt := 1; ; attempt++ {
		r, err := c.play(ctx, 30*time.Second, nil, func(script, report string) []string {
			return []string{salvo, "run", "--quiet", "--seed", "1", "--output", report, script}
		})
		if err != nil {
			return nil, nil, err
		}
		o, doc, err := c.observe(r.report, r.seen, r.addr)
		if err != nil {
			return nil, nil, err
		}
		if doc.Run.Missed > 0 && attempt < attempts {
			continue
		}
		if o.Exit, o.Hangs = r.exit, r.hangs; r.report == nil && !r.hangs {
			o.Said = salvoSaid(r.output)
		}
		return o, doc, nil
	}
}

// salvoSaid is what Salvo finds wrong with a script, without the places, or
// else why the run failed.
func salvoSaid(output string) (said []string) {
	for line := range strings.Lines(output) {
		if m := fault.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			said = append(said, strings.TrimPrefix(m[1]+m[2], "script.yml: "))
		}
	}
	if said == nil {
		said = []string{strings.TrimSpace(output)}
	}
	return said
}

var fault = regexp.MustCompile(`^(\S+):\d+:\d+(: .*)`)
