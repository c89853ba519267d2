package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/report"
	"salvo/pkg/target"
)

// serve starts a target and returns it with its URL.
func serve(t *testing.T) (*target.Server, string) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := target.New(target.Options{})
	srv := &http.Server{Handler: s}
	go srv.Serve(ln)
	t.Cleanup(func() { srv.Close() })
	return s, "http://" + ln.Addr().String()
}

// salvo starts the command as a process of its own in dir.
func salvo(t *testing.T, dir string, args ...string) (*exec.Cmd, *bytes.Buffer) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe, args...)
	cmd.Args[0] = "salvo"
	cmd.Dir = dir
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, &output
}

func writeScript(t *testing.T, dir, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "script.yml"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func readReport(t *testing.T, dir string) *report.Report {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, ".salvo/runs/*/report.json"))
	if err != nil || len(paths) != 1 {
		t.Fatalf("reports: %v, %v", paths, err)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		t.Fatal(err)
	}
	r, err := report.Decode(data)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// waitFor tries until ok says so.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no %s in 30 s", what)
}

// TestKilledWorker kills a worker process in the middle of its chunk.
func TestKilledWorker(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 26 s")
	}
	t.Parallel()
	dir := t.TempDir()
	server, url := serve(t)
	writeScript(t, dir, `
config:
  phases: [{duration: 24, arrivalRate: 40}]
scenarios:
  - flow:
      - get: {url: "/?index={{ $index }}"}
_split: {maxChunkRequestsPerSecond: 20}
`)
	cmd, output := salvo(t, dir, "run", "--workers", "process", "--target", url)
	var workers []int
	waitFor(t, "load", func() bool {
		workers = children(t, cmd.Process.Pid)
		return len(workers) == 2 && server.Stats().Total > 120
	})
	if err := syscall.Kill(workers[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	before := server.Stats()
	err := cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != exitIncomplete {
		t.Fatalf("exit code %d (%v):\n%s", code, err, output)
	}

	stats, run := server.Stats(), readReport(t, dir).Run
	if stats.Index.Duplicates != 0 {
		t.Errorf("%d arrivals were fired twice", stats.Index.Duplicates)
	}
	if run.Planned != 960 || run.Created+run.Missed != run.Planned || run.Unaccounted != 0 {
		t.Errorf("planned %d, created %d, missed %d, unaccounted %d", run.Planned, run.Created, run.Missed, run.Unaccounted)
	}
	// The successor waits 11 s for the lease and then fires the rest: more than
	// what the other worker alone would have fired until the end.
	if rest := stats.Total - before.Total; rest < 500 {
		t.Errorf("after the kill only %d arrivals were fired", rest)
	}
	if run.Missed == 0 || run.Missed > 320 {
		t.Errorf("missed %d", run.Missed)
	}
	// What was fired is recorded, but for what the dead worker had not flushed.
	if lost := stats.Total - run.Created; lost < 0 || lost > 60 {
		t.Errorf("the target counted %d, the report %d", stats.Total, run.Created)
	}
	var named int64
	for _, m := range run.MissedRanges {
		named += m.Count
	}
	if named != run.Missed || run.Outcome != job.RunIncomplete {
		t.Errorf("outcome %s, ranges of %d missed: %+v", run.Outcome, run.Missed, run.MissedRanges)
	}
	if !strings.Contains(output.String(), "w0000-k00") {
		t.Errorf("the summary does not name the chunk:\n%s", output)
	}
}

// TestInterrupt sends the signals of one Ctrl-C, and of two.
func TestInterrupt(t *testing.T) {
	const script = `
config:
  phases: [{duration: 60, arrivalRate: 20}]
scenarios:
  - flow:
      - get: {url: "/?index={{ $index }}"}
      - loop: [{think: 1}]
        count: 1000
_split: {maxChunkDurationInSeconds: 15, maxChunkRequestsPerSecond: 10}
`
	for _, workers := range []string{"goroutine", "process"} {
		t.Run(workers, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes 8 s")
			}
			t.Parallel()
			dir := t.TempDir()
			server, url := serve(t)
			writeScript(t, dir, script)
			cmd, output := salvo(t, dir, "run", "--workers", workers, "--target", url)
			waitFor(t, "load", func() bool { return server.Stats().Total > 20 })
			begun := time.Now()
			cmd.Process.Signal(os.Interrupt)
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Fatalf("exit code %d:\n%s", code, output)
			}
			if took := time.Since(begun); took > 15*time.Second {
				t.Errorf("it took %v to stop", took)
			}
			run := readReport(t, dir).Run
			if run.Outcome != job.RunStopped || !run.Stopped || run.Created != server.Stats().Total || run.Interrupted != run.Created {
				t.Errorf("outcome %s, created %d of %d requests, interrupted %d", run.Outcome, run.Created, server.Stats().Total, run.Interrupted)
			}
		})
	}
	t.Run("twice", func(t *testing.T) {
		t.Parallel()
		dir := t.TempDir()
		server, url := serve(t)
		writeScript(t, dir, script)
		cmd, output := salvo(t, dir, "run", "--workers", "process", "--target", url)
		waitFor(t, "load", func() bool { return server.Stats().Total > 5 })
		workers := children(t, cmd.Process.Pid)
		cmd.Process.Signal(os.Interrupt)
		waitFor(t, "answer to the first signal", func() bool {
			stops, err := filepath.Glob(filepath.Join(dir, ".salvo/runs/*/stop"))
			return err == nil && len(stops) == 1
		})
		time.Sleep(100 * time.Millisecond)
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
			t.Fatalf("exit code %d:\n%s", code, output)
		}
		waitFor(t, "end of the workers", func() bool {
			for _, pid := range workers {
				if syscall.Kill(pid, 0) == nil {
					return false
				}
			}
			return true
		})
	})
}

// children lists the processes that pid has started.
func children(t *testing.T, pid int) []int {
	t.Helper()
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range tasks {
		data, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		for field := range strings.FieldsSeq(string(data)) {
			var child int
			if err := json.Unmarshal([]byte(field), &child); err == nil {
				pids = append(pids, child)
			}
		}
	}
	return pids
}
