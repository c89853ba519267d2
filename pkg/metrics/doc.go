// Package metrics records what virtual users do and merges what many workers have
// recorded. It owns the recorder, the snapshot that a worker writes to the store,
// that snapshot's encoding, and the names of what the engines count. What the
// numbers mean for a run, and how a person gets to see them, is left to package
// report.
//
// A Recorder has counters, rates and histograms, known by name. Whoever records
// keeps the handle of a name, and for each event opens a Batch on a Shard:
//
//	requests := recorder.Counter(metrics.HTTPRequests) // once
//	...
//	b := shard.Begin(phase, time.Now()) // for each event
//	b.Add(requests, 1)
//	b.End()
//
// Every observation belongs to one cell: to a phase of the load, which is the one
// that its user arrived in, and to the second in which it happened. Snapshot adds
// the cells up by phase and by second. Snapshots merge: whatever was recorded,
// in however many recorders and in whatever order their snapshots come together,
// the merged snapshot has the same encoding.
//
// Histograms of times are in microseconds, a script's own in thousandths of its
// unit.
//
// A batch of eight observations, three of them in histograms, takes about 50 ns and
// no memory. A chunk of 120 s at 500 requests a second with 22 metrics, 8 of them
// histograms, encodes in 113 KiB and occupies 1 MiB; one of 885 s encodes in 760 KiB
// and occupies 5 MiB. (Two cores of an AMD EPYC, Go 1.26; see the benchmarks.)
package metrics
