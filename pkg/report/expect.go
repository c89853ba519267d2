package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"salvo/pkg/metrics"
)

// Expectation is what became of the script's expectations of one name, in the
// whole load.
type Expectation struct {
	Name   string `json:"name"` // as Artillery calls it: "statusCode"
	OK     int64  `json:"ok"`
	Failed int64  `json:"failed"`
}

// newExpectations finds them in the counters of a load, those that failed most
// first.
func newExpectations(counters map[string]int64) []Expectation {
	ok, failed := stripped(counters, metrics.ExpectOK+"."), stripped(counters, metrics.ExpectFailed+".")
	names := maps.Clone(ok)
	maps.Copy(names, failed)
	var all []Expectation
	for name := range names {
		all = append(all, Expectation{Name: name, OK: ok[name], Failed: failed[name]})
	}
	slices.SortFunc(all, func(a, b Expectation) int {
		return cmp.Or(cmp.Compare(b.Failed, a.Failed), cmp.Compare(a.Name, b.Name))
	})
	return all
}

// FailedExpectations says how many expectations failed, and of what; it is ""
// when none did.
func (r *Report) FailedExpectations() string {
	const most = 5
	ok, failed := r.Aggregate.Counters[metrics.ExpectOK], r.Aggregate.Counters[metrics.ExpectFailed]
	if failed == 0 {
		return ""
	}
	var parts []string
	others := failed
	for _, e := range r.Expectations {
		if e.Failed > 0 && len(parts) < most {
			parts = append(parts, clean(e.Name)+" "+grouped(e.Failed))
			others -= e.Failed
		}
	}
	if others > 0 {
		parts = append(parts, "others "+grouped(others))
	}
	return fmt.Sprintf("%s of %s failed: %s", grouped(failed), plural(ok+failed, "expectation"), strings.Join(parts, ", "))
}

func (t *text) expectations(r *Report) {
	if len(r.Expectations) == 0 || r.Run.suppresses(metrics.ExpectOK) {
		return
	}
	table := table{{head: "expectation", flexible: true}, {head: "ok"}, {head: "failed"}}
	for _, e := range r.Expectations {
		table.add(e.Name, grouped(e.OK), grouped(e.Failed))
	}
	t.heading("Expectations")
	t.table(table)
}
