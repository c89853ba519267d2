package hook

import (
	"bytes"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/node/*.txt anew, from what Node.js prints")

// nodeFiles are programs that print what they find out about modules of Node.js; beside each lies what
// Node.js 20 printed.
func nodeFiles(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/node/*.js")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	return files
}

// TestLikeNode runs the programs here.
func TestLikeNode(t *testing.T) {
	for _, file := range nodeFiles(t) {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".js"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(strings.TrimSuffix(file, ".js") + ".txt")
			if err != nil && !*update {
				t.Fatal(err)
			}
			compareLines(t, printed(t, string(text), Options{Dir: t.TempDir()}), string(want))
		})
	}
}

// printed is what code prints to standard output in a runtime. It is the body of an async function.
func printed(t *testing.T, code string, o Options) string {
	t.Helper()
	var mu sync.Mutex
	var out strings.Builder
	o.Code = []byte("await (async () => {" + code + "\n})(); publish({})")
	o.Log = func(level slog.Level, text string) {
		mu.Lock()
		defer mu.Unlock()
		if level < slog.LevelWarn {
			fmt.Fprintln(&out, text)
		} else {
			t.Logf("%s %s", level, text)
		}
	}
	r, err := New(t.Context(), o)
	if err != nil {
		if e, ok := err.(*Error); ok {
			t.Fatal(e.Trace())
		}
		t.Fatal(err)
	}
	r.Close()
	mu.Lock()
	defer mu.Unlock()
	return out.String()
}

func compareLines(t *testing.T, got, want string) {
	t.Helper()
	gotLines, wantLines := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(no line)"
		}
		if line(gotLines) != line(wantLines) {
			t.Errorf("line %d:\n%s\nwant:\n%s", i+1, line(gotLines), line(wantLines))
		}
		if t.Failed() && len(gotLines) != len(wantLines) {
			return // all that follows is off by some lines
		}
	}
}

// TestNodeIsLikeNode holds what is recorded to Node.js itself.
func TestNodeIsLikeNode(t *testing.T) {
	if testing.Short() {
		t.Skip("runs Node.js")
	}
	if version, err := exec.Command("node", "--version").Output(); err != nil || !strings.HasPrefix(string(version), "v20.") {
		t.Skip("needs Node.js 20")
	}
	for _, file := range nodeFiles(t) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("node", "-")
		cmd.Dir = t.TempDir()
		cmd.Stdin = strings.NewReader("(async () => {" + string(text) + "\n})()")
		var errors bytes.Buffer
		cmd.Stderr = &errors
		out, err := cmd.Output()
		if err != nil {
			t.Errorf("%s: %v: %s", file, err, errors.String())
			continue
		}
		golden := strings.TrimSuffix(file, ".js") + ".txt"
		if *update {
			if err := os.WriteFile(golden, out, 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		compareLines(t, string(out), string(want))
	}
}
