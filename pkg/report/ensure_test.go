package report

import (
	"strings"
	"testing"
	"time"

	"salvo/pkg/metrics"
)

// measuredForChecks are 10 users, of whom 9 completed, with 5 responses at 100 ms.
func measuredForChecks() Input {
	m := newMeasured()
	at := loadStart.Truncate(10 * time.Second)
	m.record(0, at, func(c *metrics.Cell) {
		c.Counters[metrics.VusersCreated], c.Counters[metrics.VusersCompleted] = 10, 9
		c.Counters[metrics.VusersCreatedByName("browse")] = 4
		c.Counters[metrics.HTTPCode(200)] = 5
		c.Counters[metrics.HTTPRequests] = 8
		c.Counters["my"], c.Counters["my-total"], c.Counters["my total"] = 7, 3, 2
		c.Counters[metrics.ErrorKey("Failed capture: expression=id")] = 2
		c.Counters[metrics.ErrorKey("Failed match: expected=1 got=2 expression=$.a")] = 1
		c.Counters[(metrics.Endpoints{}).Code("/a", 200)] = 2
		c.Counters[(metrics.Endpoints{}).Code("/a/b (x)", 200)] = 3
		c.Rates[metrics.HTTPRequestRate] = 4
		observe(c, "size", 2*time.Millisecond)
		for range 5 {
			observe(c, metrics.HTTPResponseTime, 100*time.Millisecond)
			observe(c, (metrics.Endpoints{}).ResponseTime("/a"), 100*time.Millisecond)
		}
	})
	return Input{Run: Run{Planned: 10, Created: 10, Start: loadStart, Outcome: "Passed"}, Load: &m.snapshot}
}

// TestChecks: what each check finds. The rows of Artillery are those of its own
// console, with "ok" or "fail" in front.
func TestChecks(t *testing.T) {
	for _, test := range []struct{ name, ensure, want string }{
		{"a threshold is exclusive", `{"thresholds": [{"http.response_time.p95": 101}, {"http.response_time.p95": 100}]}`,
			"ok: http.response_time.p95 < 101 [got 100]|fail: http.response_time.p95 < 100 [got 100]"},
		{"each number of a histogram", `{"thresholds": [{"size.min": 3}, {"size.max": 3}, {"size.count": 2}, {"size.mean": 3}, {"size.p50": 3},
			{"size.median": 3}, {"size.p75": 3}, {"size.p90": 3}, {"size.p95": 3}, {"size.p99": 3}, {"size.p999": 3}]}`,
			"ok: size.min < 3 [got 2]|ok: size.max < 3 [got 2]|ok: size.count < 2 [got 1]|ok: size.mean < 3 [got 2]|ok: size.p50 < 3 [got 2]|" +
				"ok: size.median < 3 [got 2]|ok: size.p75 < 3 [got 2]|ok: size.p90 < 3 [got 2]|ok: size.p95 < 3 [got 2]|ok: size.p99 < 3 [got 2]|ok: size.p999 < 3 [got 2]"},
		{"counters and rates", `{"conditions": [{"expression": "http.codes.200 == 5 and http.request_rate > 3"}]}`,
			"ok: http.codes.200 == 5 and http.request_rate > 3 [http.codes.200 5, http.request_rate 4]"},
		{"a counter never seen is 0", `{"conditions": [{"expression": "http.codes.500 == 0"}], "thresholds": [{"http.codes.500": 1}]}`,
			"ok: http.codes.500 < 1 [got 0, never recorded]|ok: http.codes.500 == 0 [http.codes.500 0, never recorded]"},
		{"so is one of an endpoint", `{"conditions": [{"expression": "plugins.metrics-by-endpoint./a b.codes.500 == 0"}]}`,
			"ok: plugins.metrics-by-endpoint./a b.codes.500 == 0 [plugins.metrics-by-endpoint./a b.codes.500 0, never recorded]"},
		{"the times of nothing", `{"max": 1e9, "thresholds": [{"http.response_time.5xx.p95": 100}], "conditions": [
			{"expression": "vusers.session_length.min >= 0 or vusers.session_length.min < 0"}, {"expression": "http.response_time.5xx.count == 0"}]}`,
			"ok: http.response_time.5xx.count == 0 [http.response_time.5xx.count 0, never recorded]|ok: max < 1000000000 [got 100]|" +
				"fail: http.response_time.5xx.p95 < 100 [never recorded]|fail: vusers.session_length.min >= 0 or vusers.session_length.min < 0 [never recorded]"},
		{"a histogram as a whole", `{"thresholds": [{"size": 100}]}`, "fail: size < 100 [size is a histogram: name one of its numbers, such as size.p95]"},
		{"1.x", `{"p95": 101, "p99": 100, "min": 100.5, "max": 101, "median": 99, "p50": "150"}`,
			"ok: p95 < 101 [got 100]|ok: min < 100.5 [got 100]|ok: max < 101 [got 100]|ok: p50 < 150 [got 100]|fail: p99 < 100 [got 100]|fail: median < 99 [got 100]"},
		{"the error rate is inclusive", `{"maxErrorRate": 10}`, "ok: maxErrorRate < 10 [got 10]"},
		{"over the error rate", `{"maxErrorRate": 9}`, "fail: maxErrorRate < 9 [got 10]"},
		{"an optional one", `{"conditions": [{"expression": "1 > 2", "strict": false}, {"expression": "2 > 1", "strict": false}]}`,
			"ok: 2 > 1 []|fail: 1 > 2 (optional) []"},
		{"names within names", `{"conditions": [{"expression": "my == 7 and my-total == 3 and my total == 2"}, {"expression": "my-total - my == -4 and 'my-never' == 0"}]}`,
			"ok: my == 7 and my-total == 3 and my total == 2 [my 7, my total 2, my-total 3]|ok: my-total - my == -4 and 'my-never' == 0 [my 7, my-never 0, my-total 3, never recorded: my-never]"},
		{"endpoints within endpoints", `{"conditions": [{"expression": "plugins.metrics-by-endpoint./a.codes.200 + plugins.metrics-by-endpoint./a/b (x).codes.200 == 5 and plugins.metrics-by-endpoint.response_time./a.p99<101"}]}`,
			"ok: plugins.metrics-by-endpoint./a.codes.200 + plugins.metrics-by-endpoint./a/b (x).codes.200 == 5 and plugins.metrics-by-endpoint.response_time./a.p99<101 " +
				"[plugins.metrics-by-endpoint./a.codes.200 2, plugins.metrics-by-endpoint./a/b (x).codes.200 3, plugins.metrics-by-endpoint.response_time./a.p99 100]"},
		{"Artillery's one error for captures and matches", `{"conditions": [{"expression": "errors.Failed capture or match <= 3"}], "thresholds": [{"errors.Failed capture or match": 3}]}`,
			"ok: errors.Failed capture or match <= 3 [errors.Failed capture or match 3]|fail: errors.Failed capture or match < 3 [got 3]"},
		{"functions", `{"conditions": [{"expression": "max(my, http.codes.200) == 7 and random() < 1"}]}`,
			"ok: max(my, http.codes.200) == 7 and random() < 1 [http.codes.200 5, my 7]"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in := measuredForChecks()
			in.Ensure = checksOf(test.ensure)
			var got []string
			for _, c := range New(in).Checks {
				got = append(got, c.result()+" ["+c.found()+"]")
			}
			if want := strings.Split(test.want, "|"); strings.Join(got, "\n") != strings.Join(want, "\n") {
				t.Errorf("got:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		})
	}
}

// TestChecksOfNothing: with no user and no response nothing is as it should be;
// before the load nothing is checked.
func TestChecksOfNothing(t *testing.T) {
	in := Input{Run: Run{Start: loadStart}, Ensure: checksOf(`{"p95": 100, "maxErrorRate": 100, "conditions": [{"expression": "http.codes.500 == 0"}]}`)}
	r := New(in)
	const want = "2 of 3 checks failed: p95 < 100 (never recorded); maxErrorRate < 100 (no user was created)"
	if got := r.FailedChecks(); got != want {
		t.Errorf("got %s", got)
	}
	in.Run.Start = time.Time{}
	if r := New(in); len(r.Checks) != 0 || r.FailedChecks() != "" {
		t.Errorf("before the load: %+v", r.Checks)
	}
}

func TestFailedChecks(t *testing.T) {
	in := measuredForChecks()
	in.Ensure = checksOf(`{"conditions": [{"expression": "1 > 2", "strict": false}, {"expression": "1 == 1"}]}`)
	if got := New(in).FailedChecks(); got != "" {
		t.Errorf("an optional check fails the run: %s", got)
	}
	in.Ensure = checksOf(`{"min": 1, "max": 2, "median": 3, "p50": 4, "p95": 5, "p99": 6, "maxErrorRate": 10}`)
	const want = "6 of 7 checks failed: min < 1 (got 100); max < 2 (got 100); median < 3 (got 100); p50 < 4 (got 100); p95 < 5 (got 100); 1 more"
	if got := New(in).FailedChecks(); got != want {
		t.Errorf("got %s", got)
	}
	in.Ensure = checksOf(`{"conditions": [{"expression": "1 > 2"}]}`)
	if got := New(in).FailedChecks(); got != "1 of 1 check failed: 1 > 2" {
		t.Errorf("got %s", got)
	}
}

// TestCheckBetweenNames: a recorded name may be such that it takes a part of an
// expression; then the check cannot be made, and says so.
func TestCheckBetweenNames(t *testing.T) {
	in := measuredForChecks()
	add(in, loadStart, func(c *metrics.Cell) { c.Counters["my =="] = 1 })
	in.Ensure = checksOf(`{"conditions": [{"expression": "my == 7"}]}`)
	c := New(in).Checks[0]
	if c.OK || !strings.Contains(c.Reason, `compiling "my == 7": `) {
		t.Errorf("%+v", c)
	}
}

func TestApdex(t *testing.T) {
	for _, test := range []struct {
		satisfied, tolerated, frustrated int64
		want                             string
	}{
		{0, 0, 0, ""}, {1, 0, 0, "1 (excellent)"}, {1, 1, 1, "0.5 (poor)"}, {94, 0, 6, "0.94 (excellent)"}, {9399, 0, 601, "0.939 (good)"},
		{85, 0, 15, "0.85 (good)"}, {70, 0, 30, "0.7 (fair)"}, {49, 0, 51, "0.49 (poor)"}, {0, 97, 3, "0.485 (unacceptable)"}, {0, 0, 3, "0 (unacceptable)"},
		{1, 0, 2, "0.333 (unacceptable)"},
	} {
		r := Report{Aggregate: Period{Counters: map[string]int64{
			metrics.ApdexSatisfied: test.satisfied, metrics.ApdexTolerated: test.tolerated, metrics.ApdexFrustrated: test.frustrated,
		}}}
		if got := r.apdex(); got != test.want {
			t.Errorf("%d, %d, %d: got %s, want %s", test.satisfied, test.tolerated, test.frustrated, got, test.want)
		}
	}
}
