package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"salvo/pkg/job"
)

// endless is a script whose users would stay, on more chunks than begin at once.
const endless = `
config:
  phases: [{duration: 60, arrivalRate: 20}]
scenarios:
  - flow:
      - get: {url: "/?index={{ $index }}"}
      - loop: [{think: 1}]
        count: 1000
_split: {maxChunkDurationInSeconds: 15, maxChunkRequestsPerSecond: 10}
`

// command runs salvo in dir to its end.
func command(t *testing.T, dir string, args ...string) (output string, code int) {
	t.Helper()
	cmd, out := salvo(t, dir, args...)
	cmd.Wait()
	return out.String(), cmd.ProcessState.ExitCode()
}

// TestKill stops a run from another process.
func TestKill(t *testing.T) {
	for _, workers := range []string{"goroutine", "process"} {
		t.Run(workers, func(t *testing.T) {
			if testing.Short() {
				t.Skip("takes 8 s")
			}
			t.Parallel()
			dir := t.TempDir()
			server, url := serve(t)
			writeScript(t, dir, endless)
			cmd, output := salvo(t, dir, "run", "--workers", workers, "--target", url)
			waitFor(t, "load", func() bool { return server.Stats().Total > 20 })

			if out, code := command(t, dir, "status"); code != exitPassed || !strings.Contains(out, ": running for ") || !strings.Contains(out, "  arrivals  ") {
				t.Errorf("status: exit code %d:\n%s", code, out)
			}
			out, code := command(t, dir, "kill")
			if code != exitPassed || !strings.Contains(out, "report: .salvo/runs/") {
				t.Fatalf("kill: exit code %d:\n%s", code, out)
			}
			silent := server.Stats().Total
			cmd.Wait()
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Fatalf("exit code %d:\n%s", code, output)
			}
			run := readReport(t, dir).Run
			if run.Outcome != job.RunStopped || run.Created != silent || server.Stats().Total != silent {
				t.Errorf("outcome %s, created %d; the target had %d requests, and at last %d", run.Outcome, run.Created, silent, server.Stats().Total)
			}
			if out, code := command(t, dir, "kill", run.ID); code != exitPassed || !strings.Contains(out, "had ended before: RunStopped") {
				t.Errorf("kill again: exit code %d:\n%s", code, out)
			}
			if out, code := command(t, dir, "report", run.ID); code != exitInterrupted || !strings.Contains(out, "RUN STOPPED") {
				t.Errorf("report: exit code %d:\n%s", code, out)
			}
		})
	}
}

// TestKillAmongTwo has to be told which run is meant.
func TestKillAmongTwo(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 5 s")
	}
	t.Parallel()
	dir := t.TempDir()
	server, url := serve(t)
	writeScript(t, dir, endless)
	var runs []*exec.Cmd
	var outputs []*bytes.Buffer
	for range 2 {
		cmd, output := salvo(t, dir, "run", "--target", url)
		runs, outputs = append(runs, cmd), append(outputs, output)
	}
	waitFor(t, "load", func() bool { return server.Stats().Total > 40 })
	out, code := command(t, dir, "kill")
	if code != exitFailed || !strings.Contains(out, "2 runs are going on on this machine; name one: ") {
		t.Fatalf("kill: exit code %d:\n%s", code, out)
	}
	names := strings.Split(strings.TrimSpace(out[strings.LastIndex(out, ": ")+2:]), ", ")
	for _, name := range names {
		if out, code := command(t, dir, "kill", name); code != exitPassed {
			t.Errorf("kill %s: exit code %d:\n%s", name, code, out)
		}
	}
	for i, cmd := range runs {
		if cmd.Wait(); cmd.ProcessState.ExitCode() != exitInterrupted {
			t.Errorf("exit code %d:\n%s", cmd.ProcessState.ExitCode(), outputs[i])
		}
	}
}

// TestLostProcess reports a run whose process is gone.
func TestLostProcess(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 20 s")
	}
	t.Parallel()
	dir := t.TempDir()
	server, url := serve(t)
	writeScript(t, dir, endless)
	cmd, _ := salvo(t, dir, "run", "--target", url)
	waitFor(t, "load", func() bool { return server.Stats().Total > 60 })
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	names, err := os.ReadDir(filepath.Join(dir, ".salvo/runs"))
	if err != nil || len(names) != 1 {
		t.Fatalf("runs %v, %v", names, err)
	}
	var out string
	waitFor(t, "end of the run", func() bool {
		out, _ = command(t, dir, "status", names[0].Name())
		return strings.Contains(out, ": "+endedAlone+" at ")
	})
	out, code := command(t, dir, "report", names[0].Name())
	if code != exitInterrupted || !strings.Contains(out, "RUN STOPPED") {
		t.Errorf("report: exit code %d:\n%s", code, out)
	}
	if run := readReport(t, dir).Run; run.Created == 0 || run.Created > server.Stats().Total {
		t.Errorf("created %d of %d requests", run.Created, server.Stats().Total)
	}
}
