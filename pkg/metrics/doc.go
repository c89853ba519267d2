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
// A batch of eight observations costs about NN ns and no allocation. The snapshot
// of a chunk of 120 s at 500 requests/s, with 20 metrics of which 8 are
// histograms, is encoded in NN KiB.
package metrics
