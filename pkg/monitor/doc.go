// Package monitor is what outlives one run of a series: what is known of the runs
// before, what was said about them, and whether an objective is being met.
//
// # When it speaks
//
// A monitor has four alarms. Two go by runs: `failed`, where a run had more errors
// than its budget, and `broken`, where it could not run at all, so that nothing is
// known of what it monitors. Two go by the objective: `burn-page` and `burn-ticket`,
// where the error budget is being spent too fast. All four speak by the same rules:
//
//   - An alarm by runs begins when `after` of the last `of` runs were bad, the newest
//     among them; by default that is the first bad run. It ends when the last `of`
//     runs were all good. Broken runs are no runs to `failed`: they tell nothing.
//   - What begins is said at once, and said again with the first bad run that is
//     `repeatEvery` later. Of 0, each failing run alerts. Burn alerts are said again
//     at most once an hour (page) or a day (ticket), also when `repeatEvery` is less.
//   - The end is said once, with how long it lasted, and only if the beginning was.
//   - What begins again within `repeatEvery` of its last alert is said too, for the
//     last word was that all is well; but then it counts as ended only when nothing was bad
//     for `repeatEvery`. So a service that flaps causes at most two alerts and one
//     recovery in that time, and nobody is left with a wrong last word.
//
// Times are those of the runs: when each was asked for. A run that comes late takes
// its place among the others, and its samples count, but it does not speak: a newer
// one has. A run that comes twice counts once. What was not said, since publishing
// failed, is said by the next bad run.
//
// # Who speaks
//
// Runs overlap, and the state machine repeats a step that crashed. So whoever has
// something to say first writes a claim into the state, which only one can (the
// store's Update); then publishes; then writes down what was said and gives the
// claim back. Who finds a claim waits for its end and looks again. A claim whose
// holder crashed runs out after a minute. Between publishing and writing down a
// crash can still cause a second message: an alert too many rather than none.
// Where the state cannot be read or written, bad runs alert each time.
//
// # Objectives
//
// Each run adds its good and bad samples to the state: one sample is one user
// that went through a scenario, bad if anything was wrong. The samples are kept by the minute for
// 6 hours and by the hour for 90 days, so a window of up to 6 hours is exact to
// the minute, a longer one to the hour: it reaches back by whole buckets, and the
// newest of them is not over. All windows end at the newest run.
//
// The burn rate of a window is the share of bad samples over the share that the
// objective allows: at 1, the budget lasts exactly as long as its window. A page is
// due above 14.4 over 1 hour and 5 minutes, or above 6 over 6 hours and 30 minutes; a
// ticket above 1 over 3 days and 6 hours: the table of Google's SRE workbook, with
// both windows above. The long window decides, so it must hold enough samples that
// one bad sample alone would not be too many; with fewer it tells nothing. The
// short one only tells whether it still goes on, and needs one sample. Nothing
// ends for lack of samples.
//
// A stretch without samples is a gap: neither good nor bad.
//
// # Whom it leaves what
//
// The package leaves to report what an error is, to the aggregator what became of a
// run, and to the caller where settings come from. It reads no clock but Monitor.Now.
package monitor
