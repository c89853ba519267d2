// Package conformance holds Salvo against Artillery: one corpus of small
// scripts (cases/), run through both, against the same scripted server.
//
// What Artillery did is recorded in golden/. The ordinary test runs Salvo alone
// and wants the same counters, error keys and requests, byte for byte, except
// where a case names the row of docs/compatibility.md that explains a
// difference, and says what Salvo does instead.
//
//	make conformance                                  # installs Artillery, checks some of the recordings
//	go test ./test/conformance -record stale          # records what is new or was changed
//	go test ./test/conformance -record all            # records everything
//	go test ./test/conformance -record 'cookies/.*'   # records these
package conformance

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v4"
)

var (
	record  = flag.String("record", "", "run Artillery and write the golden files: all, stale, or cases whose name matches")
	suggest = flag.Bool("suggest", false, "print differences as a case would state them")
	again   = flag.Int("again", 3, "how many cases to record again, to see whether the golden files still hold")
	seed    = flag.Uint64("seed", 0, "which cases these are; 0 draws")
)

const (
	casesFolder  = "cases"
	goldenFolder = "golden"
	rowsFile     = "../../docs/compatibility.md"
)

// salvo is the command, built once.
var salvo string

// Cases spend their time waiting, so more of them run at once than there are
// processors.
const atOnce = 8

func TestMain(m *testing.M) {
	flag.Parse()
	if p := flag.Lookup("test.parallel"); p.Value.String() == fmt.Sprint(runtime.GOMAXPROCS(0)) {
		p.Value.Set(fmt.Sprint(atOnce))
	}
	dir, err := os.MkdirTemp("", "conformance-")
	if err != nil {
		panic(err)
	}
	salvo = filepath.Join(dir, "salvo")
	code := 1
	if out, err := exec.Command("go", "build", "-o", salvo, "../../cli").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building salvo: %v\n%s", err, out)
	} else {
		code = m.Run()
	}
	os.RemoveAll(dir)
	os.Exit(code)
}

func load(t *testing.T) []*testCase {
	t.Helper()
	cases, err := loadCases(casesFolder)
	if err != nil {
		t.Fatal(err)
	}
	return cases
}

// goldens reads each table's golden file once.
type goldens map[string]*golden

func (g goldens) of(table string) (*golden, error) {
	if g[table] == nil {
		read, err := readGolden(g.file(table))
		if err != nil {
			return nil, err
		}
		g[table] = read
	}
	return g[table], nil
}

func (goldens) file(table string) string { return filepath.Join(goldenFolder, table+".yml") }

// find is the recording of a case, if it is of the case as it is now.
func (g goldens) find(c *testCase) (*observation, error) {
	table, err := g.of(c.table)
	if err != nil {
		return nil, err
	}
	sum, err := c.checksum()
	if err != nil {
		return nil, err
	}
	o := table.Cases[c.Name]
	if o == nil || o.Case != sum {
		return nil, fmt.Errorf("not recorded as it is now: go test ./test/conformance -record stale")
	}
	return o, nil
}

// TestSalvo runs every case through Salvo and holds it against the recording.
func TestSalvo(t *testing.T) {
	if *record != "" {
		t.Skip("recording")
	}
	rows, err := compatibilityRows(rowsFile)
	if err != nil {
		t.Fatal(err)
	}
	recorded := goldens{}
	for _, c := range load(t) {
		artillery, err := recorded.find(c)
		t.Run(c.id(), func(t *testing.T) {
			t.Parallel()
			if err != nil {
				t.Fatal(err)
			}
			if c.Slow && testing.Short() {
				t.Skip("takes long")
			}
			c.needPackages(t)
			got, report, err := c.runSalvo(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			c.judge(t, rows, artillery, got)
			for key, want := range c.Legacy {
				if got := report.Aggregate.all[key]; c.Bug == "" && c.Unsupported == "" && fmt.Sprint(got) != fmt.Sprint(want) {
					t.Errorf("aggregate.%s of the report is %v, wanted %v", key, got, want)
				}
			}
		})
	}
}

// judge decides on what Salvo did with a case.
func (c *testCase) judge(t *testing.T, rows map[string]bool, artillery, got *observation) {
	if c.Unsupported != "" {
		key := regexp.QuoteMeta(c.Unsupported)
		words := regexp.MustCompile("[`\" ]" + key + "[`\"]? (is|are) not supported by this version of Salvo|unknown flag: --" + key)
		refused := slices.ContainsFunc(got.Said, words.MatchString)
		if !refused || got.Exit != 1 || len(got.Requests) > 0 {
			t.Errorf("Salvo does not refuse `%s` any more: take `unsupported` from the case. It did:\n%s", c.Unsupported, got.text())
		}
		return
	}
	want := artillery
	for _, d := range c.Differs {
		if !rows[d.Row] {
			t.Errorf("docs/compatibility.md has no row %q", d.Row)
		}
		over, err := d.expect(want)
		if err != nil {
			t.Fatal(err)
		}
		if over.text() == want.text() {
			t.Errorf("Salvo and Artillery agree: take the difference by row %q from the case", d.Row)
		}
		want = over
	}
	diff := compare(got, want)
	switch {
	case c.Bug != "" && diff == "":
		t.Errorf("mended: take `bug: %s` from the case", c.Bug)
	case c.Bug != "":
		t.Skipf("known fault of Salvo: %s\n%s", c.Bug, diff)
	case diff != "" && *suggest:
		text, err := overlayFor(got, want)
		if err != nil {
			t.Fatal(err)
		}
		t.Errorf("Salvo does otherwise:\n%s", text)
	case diff != "":
		t.Errorf("Salvo does otherwise:\n%s", diff)
	}
}

// TestRecord writes the golden files, when asked to.
func TestRecord(t *testing.T) {
	if *record == "" {
		t.Skip("only with -record")
	}
	needArtillery(t)
	recorded := goldens{}
	var todo []*testCase
	keep := map[string]map[string]bool{}
	for _, c := range load(t) {
		if keep[c.table] == nil {
			keep[c.table] = map[string]bool{}
		}
		keep[c.table][c.Name] = true
		_, stale := recorded.find(c)
		switch *record {
		case "all":
		case "stale":
			if stale == nil {
				continue
			}
		default:
			if !regexp.MustCompile(*record).MatchString(c.id()) {
				continue
			}
		}
		todo = append(todo, c)
	}
	var mu sync.Mutex
	t.Run("artillery", func(t *testing.T) {
		for _, c := range todo {
			t.Run(c.id(), func(t *testing.T) {
				t.Parallel()
				c.needPackages(t)
				o, err := c.runArtillery(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if o.Case, err = c.checksum(); err != nil {
					t.Fatal(err)
				}
				mu.Lock()
				defer mu.Unlock()
				recorded[c.table].Cases[c.Name] = o
			})
		}
	})
	version, err := artilleryVersion()
	if err != nil {
		t.Fatal(err)
	}
	for table, names := range keep {
		g, err := recorded.of(table)
		if err != nil {
			t.Fatal(err)
		}
		g.Artillery = version
		for name := range g.Cases {
			if !names[name] {
				delete(g.Cases, name)
			}
		}
		if err := g.write(recorded.file(table)); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRecordings records a few cases anew, other ones each time, and wants what
// is recorded.
func TestRecordings(t *testing.T) {
	if testing.Short() || *record != "" {
		t.Skip("takes a few seconds a case")
	}
	needArtillery(t)
	if *seed == 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	t.Logf("-seed %d", *seed)
	cases := load(t)
	draw := rand.New(rand.NewPCG(*seed, 0))
	draw.Shuffle(len(cases), func(i, j int) { cases[i], cases[j] = cases[j], cases[i] })
	recorded := goldens{}
	for _, c := range cases {
		want, err := recorded.find(c)
		if err == nil && want.Hangs {
			continue // takes as long as one cares to wait
		}
		if *again--; *again < 0 {
			break
		}
		t.Run(c.id(), func(t *testing.T) {
			t.Parallel()
			if err != nil {
				t.Fatal(err)
			}
			c.needPackages(t)
			got, err := c.runArtillery(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := compare(got, want); diff != "" {
				t.Errorf("Artillery does otherwise than recorded:\n%s", diff)
			}
		})
	}
}

func needArtillery(t *testing.T) {
	t.Helper()
	if _, err := exec.LookPath("node"); err != nil {
		t.Skip("node is not installed")
	}
	if _, err := os.Stat(artilleryProgram()); err != nil {
		t.Skip("Artillery is not installed: make conformance")
	}
}

func artilleryVersion() (string, error) {
	data, err := os.ReadFile(filepath.Join(artilleryHere, "node_modules", "artillery", "package.json"))
	if err != nil {
		return "", err
	}
	var p struct{ Version string }
	err = yaml.Unmarshal(data, &p)
	return p.Version, err
}

// TestNoGoldenWithoutCase finds recordings that nothing reads any more.
func TestNoGoldenWithoutCase(t *testing.T) {
	names := map[string]bool{}
	for _, c := range load(t) {
		names[c.id()] = true
	}
	files, err := filepath.Glob(filepath.Join(goldenFolder, "*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		g, err := readGolden(file)
		if err != nil {
			t.Fatal(err)
		}
		table := strings.TrimSuffix(filepath.Base(file), ".yml")
		for name := range g.Cases {
			if !names[table+"/"+name] {
				t.Errorf("%s: there is no case %s", file, name)
			}
		}
	}
}
