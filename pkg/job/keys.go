package job

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
)

// The keys of the store:
//
//	bundles/<sha256>.zip                     script, payload and included files
//	runs/<run>/request.json                  what was asked for
//	runs/<run>/script.json plan.json         the resolved script and its plan
//	runs/<run>/chunks.json                   the plan's chunks with absolute times
//	runs/<run>/before.json                   the variables that `before` left
//	runs/<run>/lease/<chunk>/<n>             who works on a chunk: its n-th worker
//	runs/<run>/partial/<chunk>/<n>           what that worker has measured so far
//	runs/<run>/results/<chunk>               what it measured in all
//	runs/<run>/sections/before, after        what the sections measured
//	runs/<run>/map/...                       the distributed Map's own records
//	runs/<run>/alive                         when a local run was last known to go on
//	runs/<run>/history.jsonl                 the event log of a local execution
//	runs/<run>/report.json report.html
//	runs/<run>/stop                          written to stop the run
//	monitors/<id>/state                      what is known of a monitor over its runs

// BundleKey is where the bundle with this SHA-256, in hex, lies.
func BundleKey(sha256 string) string { return "bundles/" + sha256 + ".zip" }

// RunPrefix is what all keys of a run begin with.
func RunPrefix(run string) string { return "runs/" + run + "/" }

// RequestKey is where the Request of a run lies.
func RequestKey(run string) string { return RunPrefix(run) + "request.json" }

// ScriptKey is where the resolved script of a run lies.
func ScriptKey(run string) string { return RunPrefix(run) + "script.json" }

// PlanKey is where the plan of a run lies.
func PlanKey(run string) string { return RunPrefix(run) + "plan.json" }

// ChunksKey is where the chunks of a run lie: a JSON list of Chunk.
func ChunksKey(run string) string { return RunPrefix(run) + "chunks.json" }

// BeforeKey is where the variables lie that a run's `before` section left.
func BeforeKey(run string) string { return RunPrefix(run) + "before.json" }

// LeasesPrefix is what the keys of all leases of a run begin with.
func LeasesPrefix(run string) string { return RunPrefix(run) + "lease/" }

// LeasePrefix is what the keys of a chunk's leases begin with.
func LeasePrefix(run, chunk string) string { return LeasesPrefix(run) + chunk + "/" }

// LeaseKey is where the n-th worker of a chunk keeps its lease.
func LeaseKey(run, chunk string, n int) string { return LeasePrefix(run, chunk) + strconv.Itoa(n) }

// PartialPrefix is what the keys of all partial results of a run begin with.
func PartialPrefix(run string) string { return RunPrefix(run) + "partial/" }

// PartialKey is where the n-th worker of a chunk keeps its Result so far.
func PartialKey(run, chunk string, n int) string {
	return PartialPrefix(run) + chunk + "/" + strconv.Itoa(n)
}

// ResultsPrefix is what the keys of all final results of a run begin with.
func ResultsPrefix(run string) string { return RunPrefix(run) + "results/" }

// ResultKey is where the final Result of a chunk lies. It replaces the partial
// result of the same attempt, not those of the attempts before.
func ResultKey(run, chunk string) string { return ResultsPrefix(run) + chunk }

// SectionKey is where the Result of a section lies.
func SectionKey(run, section string) string { return RunPrefix(run) + "sections/" + section }

// MapPrefix is where a distributed Map writes its own records.
func MapPrefix(run string) string { return RunPrefix(run) + "map" }

// AliveKey is where the command that runs a local execution writes the time, every
// two seconds.
func AliveKey(run string) string { return RunPrefix(run) + "alive" }

// HistoryKey is where the event log of a local execution lies, a line an event.
func HistoryKey(run string) string { return RunPrefix(run) + "history.jsonl" }

// ReportKey is where the report lies as JSON.
func ReportKey(run string) string { return RunPrefix(run) + "report.json" }

// ReportHTMLKey is where the report lies as a page.
func ReportHTMLKey(run string) string { return RunPrefix(run) + "report.html" }

// StopKey is written to stop a run; workers look for it every two seconds.
func StopKey(run string) string { return RunPrefix(run) + "stop" }

// MonitorsPrefix is what the keys of all monitors begin with.
const MonitorsPrefix = "monitors/"

// MonitorStateKey is where the state of a monitor lies.
func MonitorStateKey(id string) string { return MonitorsPrefix + id + "/state" }

// MonitorID names the monitor that runs a script: by the script's name, as the user
// calls it, if that can be part of a key, and else by something like it.
func MonitorID(script string) string {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-", r) {
			return r
		}
		return '-'
	}, script)
	if plain = strings.TrimLeft(plain, "."); plain == script && plain != "" && len(plain) <= 100 {
		return plain
	}
	sum := sha256.Sum256([]byte(script))
	return plain[:min(len(plain), 80)] + "-" + hex.EncodeToString(sum[:4])
}
