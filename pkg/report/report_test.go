package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

var update = flag.Bool("update", false, "write the golden files anew")

// fixtures are the runs that every shape is checked with.
var fixtures = []struct {
	name  string
	input func() Input
}{
	{"shop", shop},
	{"lost", lost},
	{"sections", sections},
	{"stopped", stopped},
	{"checked", checked},
	{"empty", empty},
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Equal(got, want) {
		return
	}
	gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(gotLines), len(wantLines)) {
		g, w := "(end)", "(end)"
		if i < len(gotLines) {
			g = gotLines[i]
		}
		if i < len(wantLines) {
			w = wantLines[i]
		}
		if g != w {
			t.Fatalf("%s, line %d:\n got %s\nwant %s\n(go test -update writes it anew)", file, i+1, g, w)
		}
	}
}

func writeJSON(t *testing.T, r *Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteJSON(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func writeText(t *testing.T, r *Report, o TextOptions) string {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteText(&out, o); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func writeHTML(t *testing.T, r *Report) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.WriteHTML(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestGolden(t *testing.T) {
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			r := New(f.input())
			golden(t, f.name+".json", writeJSON(t, r))
			golden(t, f.name+".txt", []byte(writeText(t, r, TextOptions{})))
			if f.name == "shop" || f.name == "lost" || f.name == "checked" {
				golden(t, f.name+".50.txt", []byte(writeText(t, r, TextOptions{Width: 50})))
				golden(t, f.name+".120.txt", []byte(writeText(t, r, TextOptions{Width: 120, Colour: true})))
				golden(t, f.name+".html", writeHTML(t, r))
			}
		})
	}
}

// Text and page must come from report.json alone: what Decode returns writes the
// same bytes in each shape.
func TestDecodeKeepsEverything(t *testing.T) {
	for _, f := range fixtures {
		t.Run(f.name, func(t *testing.T) {
			r := New(f.input())
			document := writeJSON(t, r)
			compact, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			for _, data := range [][]byte{document, compact} {
				again, err := Decode(data)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(writeJSON(t, again), document) {
					t.Error("the JSON differs")
				}
				if writeText(t, again, TextOptions{}) != writeText(t, r, TextOptions{}) {
					t.Error("the text differs")
				}
				if !bytes.Equal(writeHTML(t, again), writeHTML(t, r)) {
					t.Error("the page differs")
				}
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := func(change func(r *Report)) string {
		r := New(shop())
		change(r)
		return string(writeJSON(t, r))
	}
	for _, tt := range []struct{ name, data, want string }{
		{"nothing", "", "reading the report: unexpected end of JSON input"},
		{"no object", "[]", "reading the report: json: cannot unmarshal array"},
		{"something else", `{"a":1}`, "reading the report: it has no keys `run` and `aggregate`: this is no report"},
		{"Artillery's own", `{"aggregate":{},"intermediate":[]}`, "reading the report: it has no key `run`"},
		{"a newer format", `{"run":{"format":2},"aggregate":{}}`, "reading the report: its format is 2, and this version of Salvo reads up to 1"},
		{"no format", `{"run":{},"aggregate":{}}`, "reading the report: it has no `run.format`"},
		{"a wrong type", `{"run":{"format":1,"seed":5},"aggregate":{}}`, "reading the report: json:"},
		{"a short column", good(func(r *Report) { r.Series.P95 = r.Series.P95[1:] }), "reading the report: the columns of `series` differ"},
		{"another short column", good(func(r *Report) { r.Series.Errors = nil }), "reading the report: the columns of `series` differ"},
		{"another step", good(func(r *Report) { r.Series.Step = 2 }), "reading the report: `series` is too long"},
		{"another time", good(func(r *Report) { r.Series.Start = 1 << 60 }), "reading the report: `series.start`"},
		{"a short distribution", good(func(r *Report) { r.Distribution.Count = nil }), "reading the report: the columns of `distribution`"},
		{"a falling distribution", good(func(r *Report) { r.Distribution.UpTo[1] = 0.0001 }), "reading the report: `distribution.upTo`"},
		{"a phase that ends first", good(func(r *Report) { r.Phases[1].End = 1 }), "reading the report: phase 1"},
		{"an endless run", good(func(r *Report) { r.Run.PlannedDuration = 1e300 }), "reading the report: `run.plannedDuration`"},
		{"a broken period", strings.Replace(good(func(*Report) {}), `"period": 18`, `"period": true, "x": 18`, 1), "reading the report: period: want milliseconds, found true"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Decode([]byte(tt.data))
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("%v, want %s", err, tt.want)
			}
		})
	}
}

// A whole tree is parsed, so that a tag left open or a name that was not escaped
// is found; and nothing outside the page is referred to.
func TestPageStandsAlone(t *testing.T) {
	in := shop()
	const evil = `</script><script>alert(1)</script>"'&\x1b[31m`
	in.Run.Script, in.Run.OutcomeCause, in.Run.Outcome = evil, evil, "RunStopped"
	in.Phases[0].Name = evil
	add(in, loadStart, func(c *metrics.Cell) {
		c.Counters[metrics.ErrorKey(evil)] = 3
		c.Counters[(metrics.Endpoints{}).Code(evil, 200)] = 3
		observe(c, evil, time.Second)
	})
	in.Run.MissedRanges = []Missed{{Chunk: evil, Reason: evil, Count: 1, FromTime: loadStart, ToTime: loadStart}}
	in.Ensure = []script.Check{{Text: evil + " < 1", Metric: evil + ".p95"}}
	page := writeHTML(t, New(in))
	z := html.NewTokenizer(bytes.NewReader(page))
	scripts := 0
	var open []string
	void := map[string]bool{"meta": true}
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		token := z.Token()
		switch kind {
		case html.StartTagToken:
			if token.Data == "script" {
				scripts++
			}
			if !void[token.Data] {
				open = append(open, token.Data)
			}
			for _, a := range token.Attr {
				switch a.Key {
				case "src", "href", "xlink:href", "onload", "onclick":
					t.Errorf("<%s %s=%q>", token.Data, a.Key, a.Val)
				}
			}
		case html.EndTagToken:
			if len(open) == 0 || open[len(open)-1] != token.Data {
				t.Fatalf("</%s> closes %v", token.Data, open)
			}
			open = open[:len(open)-1]
		}
	}
	if scripts != 2 || len(open) > 0 {
		t.Errorf("%d scripts, want 2; left open %v", scripts, open)
	}
	for _, word := range []string{"http://", "https://", "@import", "url("} {
		if bytes.Contains(page, []byte(word)) {
			t.Errorf("the page contains %s", word)
		}
	}
}

// What comes from a script or a server must not steer a terminal, and no line
// but one of a single long word is wider than asked for.
func TestTextStaysInItsLines(t *testing.T) {
	in := lost()
	in.Run.OutcomeCause = "a\x1b[31mred\x00 and\n more"
	add(in, loadStart, func(c *metrics.Cell) {
		c.Counters[metrics.ErrorKey("\x1b]0;title\x07 "+strings.Repeat("long ", 30))] = 1
		c.Counters[strings.Repeat("very.long.name.", 20)] = 123456
		c.Counters[(metrics.Endpoints{}).Code("/"+strings.Repeat("päth/", 40), 200)] = 1
		observe(c, strings.Repeat("very.long.histogram.", 20), time.Second)
	})
	for _, width := range []int{-1, 0, 10, 50, 51, 66, 80, 132, 300} {
		got := writeText(t, New(in), TextOptions{Width: width})
		if strings.ContainsFunc(got, func(r rune) bool { return r < ' ' && r != '\n' }) {
			t.Errorf("width %d: a control character", width)
		}
		limit := max(50, width)
		if width == 0 {
			limit = 80
		}
		for l := range strings.Lines(got) {
			if n := len([]rune(strings.TrimRight(l, "\n"))); n >= limit {
				t.Errorf("width %d: a line of %d: %s", width, n, l)
			}
		}
	}
}

// TestEndpointNamespace: the table of endpoints and what is left out of the text do not depend on
// what the script calls the metrics of endpoints.
func TestEndpointNamespace(t *testing.T) {
	m := newMeasured()
	names := metrics.Endpoints{Namespace: "mine"}
	m.record(0, time.Unix(0, 0), func(c *metrics.Cell) {
		c.Counters[metrics.VusersCreated] = 1
		c.Counters[names.Code("/a.codes.1", 200)] = 2
		c.Counters[names.Error("/b", "ECONNRESET")] = 1
		observe(c, names.ResponseTime("/a.codes.1"), time.Millisecond)
		observe(c, names.ServerTiming("/a.codes.1"), time.Millisecond)
	})
	r := New(Input{Run: Run{EndpointNamespace: "mine"}, Load: &m.snapshot})
	if len(r.Endpoints) != 2 || r.Endpoints[0].Name != "/a.codes.1" || r.Endpoints[0].Codes["200"] != 2 || r.Endpoints[0].ResponseTime == nil ||
		r.Endpoints[1].Name != "/b" || r.Endpoints[1].Errors["ECONNRESET"] != 1 {
		t.Errorf("endpoints %+v", r.Endpoints)
	}
	if n := r.Aggregate.Counters["mine./b.errors.ECONNRESET"]; n != 1 || len(r.Aggregate.CustomStats) > 0 {
		t.Errorf("counters %v, custom stats %v", r.Aggregate.Counters, r.Aggregate.CustomStats)
	}
	text := writeText(t, r, TextOptions{})
	if strings.Contains(text, "mine.") || !strings.Contains(text, "/a.codes.1") {
		t.Errorf("the text has metrics of endpoints, or no table:\n%s", text)
	}
	r.Run.Suppressed = []string{"metrics-by-endpoint"}
	if text := writeText(t, r, TextOptions{}); strings.Contains(text, "/a") {
		t.Errorf("the text has endpoints:\n%s", text)
	}
}

func TestSaturation(t *testing.T) {
	lag := func(d time.Duration, of int) Input {
		m := newMeasured()
		for i := range 100 {
			l := time.Duration(0)
			if i < of {
				l = d
			}
			m.user(0, loadStart, l, "0")
		}
		return Input{Run: Run{Planned: 100, Created: 100, Start: loadStart, Outcome: "Passed"}, Load: &m.snapshot}
	}
	late := func(isLate bool) Input {
		in := lag(0, 0)
		in.Run.Planned, in.Run.Missed = 101, 1
		in.Run.MissedRanges = []Missed{{Chunk: "c", Count: 1, Late: isLate}}
		return in
	}
	lostLate := lag(0, 0)
	lostLate.Run.Lost = []LostChunk{{Missed: []Missed{{Late: true}}}}
	said := lag(0, 0)
	said.Run.Saturated = true
	for _, tt := range []struct {
		name string
		in   Input
		want bool
	}{
		{"on time", lag(0, 0), false},
		{"at the limit", lag(SaturationLag, 100), false},
		{"over the limit", lag(SaturationLag+10*time.Millisecond, 100), true},
		{"one in a hundred over the limit", lag(time.Second, 1), false},
		{"two in a hundred over the limit", lag(time.Second, 2), true},
		{"missed, not by lateness", late(false), false},
		{"missed by lateness", late(true), true},
		{"a lost chunk that was late", lostLate, true},
		{"told so", said, true},
		{"empty", empty(), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := New(tt.in)
			if r.Run.Saturated != tt.want {
				t.Errorf("saturated %t, want %t", r.Run.Saturated, tt.want)
			}
			if got := strings.HasPrefix(writeText(t, r, TextOptions{}), "WARNING: The generator was saturated"); got != tt.want {
				t.Errorf("the text begins with it: %t, want %t", got, tt.want)
			}
			if got := bytes.Contains(writeHTML(t, r), []byte("The generator was saturated")); got != tt.want {
				t.Errorf("the page says it: %t, want %t", got, tt.want)
			}
		})
	}
}

// A run whose users all failed has passed, as in Artillery, but says so first.
func TestAllFailed(t *testing.T) {
	refused := request{"/", 0, time.Millisecond, "ECONNREFUSED"}
	m := newMeasured()
	m.user(0, loadStart, 0, "0", refused)
	in := Input{Run: Run{Planned: 2, Created: 1, Start: loadStart, Outcome: "Passed"}, Load: &m.snapshot}
	const want = "WARNING: No virtual user completed its scenario: all of them failed\n         (ECONNREFUSED: 1).\n"
	if got := writeText(t, New(in), TextOptions{}); !strings.Contains(got, want) {
		t.Errorf("the text does not warn:\n%s", got)
	}
	m.user(0, loadStart, 0, "0")
	in.Run.Created = 2
	if got := writeText(t, New(in), TextOptions{}); strings.Contains(got, "No virtual user") {
		t.Errorf("the text warns though one user completed:\n%s", got)
	}
}

func TestWarnings(t *testing.T) {
	in := shop()
	in.Run.Created++
	add(in, time.Unix(7, 0), func(c *metrics.Cell) { c.Counters[metrics.NamesDropped] = 2 })
	got := New(in).Run.Warnings
	want := []string{
		"the workers count 307 created users, but 306 were measured: some measurements are missing or double",
		"2 observations are in no metric of their own: a worker keeps 10,000 different names at most",
		"measurements of 1 seconds far outside the load are in the totals, but in no chart: a worker's clock was wrong",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// The planned curve of the series must add up to the plan, wherever the seconds
// fall.
func TestPlannedCurve(t *testing.T) {
	r := New(shop())
	var n int64
	for _, v := range r.Series.Planned {
		n += v
	}
	if n != 306 {
		t.Errorf("%d planned in the series, want 306", n)
	}
	even := curve{[]Phase{{End: 10 * time.Second, Planned: 20}, {Start: 10 * time.Second, End: 10 * time.Second, Planned: 3}}}
	for _, tt := range []struct {
		at   float64
		want int64
	}{{-1, 0}, {0, 0}, {0.1, 1}, {0.5, 1}, {0.6, 2}, {5, 10}, {10, 20}, {10.1, 23}, {99, 23}} {
		if got := even.arrivals(tt.at); got != tt.want {
			t.Errorf("%d arrivals before %v s, want %d", got, tt.at, tt.want)
		}
	}
}

func TestRates(t *testing.T) {
	m := newMeasured()
	mark := func(at time.Time, n int64) {
		m.record(0, at, func(c *metrics.Cell) { c.Rates["r"] += n })
	}
	day := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	mark(day, 10) // over 4 s: 30 in all, 7.5/s
	mark(day.Add(4*time.Second), 20)
	mark(day.Add(10*time.Second), 5) // at once: over 1 s
	r := New(Input{Run: Run{Start: day}, Load: &m.snapshot})
	if len(r.Intermediate) != 2 || r.Intermediate[0].Rates["r"] != 8 || r.Intermediate[1].Rates["r"] != 5 {
		t.Errorf("windows %+v, want 8/s and 5/s", r.Intermediate)
	}
	if got := r.Aggregate.Rates["r"]; got != 7 { // 6.5
		t.Errorf("%d/s in all, want 7", got)
	}
}

func TestWindowsAlignToTheClock(t *testing.T) {
	r := New(shop())
	if len(r.Intermediate) == 0 {
		t.Fatal("no windows")
	}
	for _, w := range r.Intermediate {
		if !w.Period.Quoted || w.Period.Milliseconds%10_000 != 0 || !w.Timestamp.Equal(time.UnixMilli(w.Period.Milliseconds+10_000)) {
			t.Errorf("period %+v, timestamp %v", w.Period, w.Timestamp)
		}
	}
	if a := r.Aggregate.Period; a.Quoted || a.Milliseconds != r.Intermediate[len(r.Intermediate)-1].Period.Milliseconds {
		t.Errorf("the aggregate's period is %+v", a)
	}
}

func TestWords(t *testing.T) {
	for _, tt := range []struct{ what, got, want string }{
		{"count", grouped(1234567), "1,234,567"},
		{"small count", grouped(999), "999"},
		{"count below zero", grouped(-1000), "-1,000"},
		{"decimal", decimal(1.25), "1.3"},
		{"whole decimal", decimal(7), "7"},
		{"one decimal", oneDecimal(1234.56), "1,234.6"},
		{"one decimal below zero", oneDecimal(-0.06), "-0.1"},
		{"no negative zero", oneDecimal(-0.01), "0.0"},
		{"huge", oneDecimal(1e300), "1e+300"},
		{"offset", offset(65), "1:05"},
		{"offset with tenths", offset(0.25), "0:00.3"},
		{"offset of hours", offset(3725), "1:02:05"},
		{"offset before the start", offset(-2.5), "-0:02.5"},
		{"offset of nothing", offset(math.NaN()), "?"},
		{"duration", duration(0.5), "0.5 s"},
		{"long duration", duration(93784), "1 d 2 h 3 min 4 s"},
		{"round duration", duration(7200), "2 h"},
		{"outcome", spaced("RunIncomplete"), "Run Incomplete"},
		{"no outcome", spaced(""), "No outcome"},
		{"share", share(1, 4), "25 %"},
		{"small share", share(1, 100_000), "< 0.1 %"},
		{"nearly all", share(99_999, 100_000), "> 99.9 %"},
		{"all", share(5, 5), "100 %"},
		{"of nothing", share(0, 0), "0 %"},
		{"short time", short(0.0525), "52.5 µs"},
		{"time", short(12.34), "12.3 ms"},
		{"long time", short(12345), "12.3 s"},
		{"tick", tickLabel(12_000), "12k"},
		{"small tick", tickLabel(2_500), "2500"},
		{"large tick", tickLabel(2_500_000), "2.5M"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, tt.got, tt.want)
		}
	}
}

func TestTicks(t *testing.T) {
	for _, tt := range []struct {
		most float64
		want string
	}{
		{0, "[0 1]"}, {1, "[0 0.5 1]"}, {3, "[0 1 2 3]"}, {10, "[0 5 10]"}, {487, "[0 200 400 600]"}, {0.02, "[0 0.01 0.02]"},
	} {
		if got := fmt.Sprint(niceTicks(tt.most, 3)); got != tt.want {
			t.Errorf("up to %v: %s, want %s", tt.most, got, tt.want)
		}
	}
}

func BenchmarkNew(b *testing.B) {
	in := shop()
	b.ReportAllocs()
	for b.Loop() {
		New(in)
	}
}
