package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"salvo/pkg/target"
	"salvo/test/moto"
)

func TestMain(m *testing.M) {
	// More at a time than there are processors: a script mostly waits for its runs.
	if err := flag.Set("test.parallel", fmt.Sprint(2*runtime.GOMAXPROCS(0))); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){"salvo": main})
}

// TestScripts runs test/script/*.txtar: the command line as users type it. The
// commands of their own are below; `target` starts a server, as salvo target is.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "../test/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			examples, err := filepath.Abs("../examples")
			env.Setenv("EXAMPLES", examples)
			if err == nil {
				packages, err := filepath.Abs(packages)
				env.Setenv("PACKAGES", packages)
				return err
			}
			return err
		},
		Condition: func(cond string) (bool, error) {
			switch cond {
			case "long":
				return !testing.Short(), nil
			case "packages": // what `make tools` installs for processors
				_, err := os.Stat(packages)
				_, missing := moto.Path()
				return err == nil && missing == nil && !testing.Short(), nil
			}
			return false, fmt.Errorf("unknown condition %q", cond)
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"target": startTarget,
			"stat":   checkStat,
			"report": checkReport,
			"code":   checkCode,
			"openid": startOpenID,
			"moto":   startMoto,
		},
	})
}

// startTarget serves until the script ends; $TARGET is its URL. `target tls`
// serves the same over TLS besides, at $TLSTARGET.
func startTarget(ts *testscript.TestScript, neg bool, args []string) {
	secure := len(args) == 1 && args[0] == "tls"
	if neg || len(args) != 0 && !secure {
		ts.Fatalf("usage: target [tls]")
	}
	handler := target.New(target.Options{})
	if secure {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		ts.Check(err)
		ctx, stop := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			target.Serve(ctx, ln, handler, target.ServeOptions{TLS: true})
		}()
		ts.Defer(func() { stop(); <-ended })
		ts.Setenv("TLSTARGET", "https://"+ln.Addr().String())
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	srv := &http.Server{Handler: handler}
	go srv.Serve(ln)
	ts.Defer(func() { srv.Close() })
	ts.Setenv("TARGET", "http://"+ln.Addr().String())
}

// checkStat looks into the target's statistics: stat <path> <value>.
func checkStat(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: stat <path> <value>")
	}
	resp, err := http.Get(ts.Getenv("TARGET") + "/_stats")
	ts.Check(err)
	defer resp.Body.Close()
	var doc any
	ts.Check(json.NewDecoder(resp.Body).Decode(&doc))
	compare(ts, neg, doc, args[0], args[1])
}

// checkReport looks into a JSON file: report <file> <path> <value>.
func checkReport(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: report <file> <path> <value>")
	}
	var doc any
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &doc))
	compare(ts, neg, doc, args[1], args[2])
}

// compare walks a path like run|planned or aggregate|counters|http.requests.
func compare(ts *testscript.TestScript, neg bool, doc any, path, want string) {
	for key := range strings.SplitSeq(path, "|") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(v) {
				ts.Fatalf("%s: no item %s of %d", path, key, len(v))
			}
			doc = v[i]
		default:
			doc = nil
		}
	}
	got := fmt.Sprint(doc)
	if f, ok := doc.(float64); ok {
		got = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if (got == want) == neg {
		ts.Fatalf("%s is %s, want %s (not: %v)", path, got, want, neg)
	}
}

// checkCode runs salvo and checks its exit code: code <code> salvo args...
func checkCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code <code> <command> <args>")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if err != nil {
		exit, ok := err.(interface{ ExitCode() int })
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// TestBadScripts runs every broken script through the command: the faults that
// its golden file holds, nothing on standard output, exit code 1.
func TestBadScripts(t *testing.T) {
	const dir = "../test/testdata/bad"
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(dir)
	n := 0
	for _, e := range entries {
		name, isScript := strings.CutSuffix(e.Name(), ".yml")
		if !isScript {
			continue
		}
		n++
		t.Run(name, func(t *testing.T) {
			want, err := os.ReadFile(name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			var out, stderr strings.Builder
			code := run(t.Context(), []string{"check", e.Name()}, stdio{strings.NewReader(""), &out, &stderr})
			if code != exitFailed || out.Len() > 0 || !strings.HasPrefix(stderr.String(), string(want)) {
				t.Errorf("exit code %d, stdout %q, stderr:\n%s\nwant:\n%s", code, out.String(), stderr.String(), want)
			}
		})
	}
	if n < 30 {
		t.Errorf("only %d broken scripts", n)
	}
}
