package splitter

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"sync"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/plan"
)

// perChunk is time added to the lead for each chunk: a plan of hundreds of
// thousands takes seconds to write and to be read by the state machine, and
// the first worker must not be late for that.
const perChunk = 20 * time.Microsecond

// schedule gives the chunks of a plan their absolute times, counted from now.
// The sequence may be walked more than once and is the same each time.
func (s Step) schedule(p *planned) iter.Seq[job.Chunk] {
	lead := s.lead(p)
	if p.script.Simulation {
		// There is nothing to wait for: each chunk is gone through at once.
		start := s.now().UTC().Truncate(time.Millisecond)
		return func(yield func(job.Chunk) bool) {
			for c := range p.plan.Chunks() {
				simulated := absolute(c, start, lead)
				simulated.WakeAt = start
				if !yield(simulated) {
					return
				}
			}
		}
	}
	// Whole milliseconds, because people will read the times.
	start := s.now().UTC().Add(lead + time.Duration(p.plan.ChunkCount)*perChunk).Truncate(time.Millisecond)
	return func(yield func(job.Chunk) bool) {
		for c := range p.plan.Chunks() {
			if !yield(absolute(c, start, lead)) {
				return
			}
		}
	}
}

// samplingLead is the lead of a sampling run: its workers need not begin on the
// millisecond, and it is run often.
const samplingLead = 5 * time.Second

func (s Step) lead(p *planned) time.Duration {
	switch {
	case p.script.LeadSet:
	case s.Lead > 0:
		return s.Lead
	case p.script.Mode.Sampling():
		return samplingLead
	}
	return time.Duration(p.script.Limits.TimeBuffer) * time.Millisecond
}

func absolute(c plan.Chunk, start time.Time, lead time.Duration) job.Chunk {
	return job.Chunk{
		ID:        c.ID,
		WakeAt:    start.Add(c.Start - lead),
		LoadStart: start,
		Window:    c.Window,
		Worker:    c.Worker,
		Workers:   c.Workers,
		Start:     c.Start,
		End:       c.End,
		First:     c.First,
		Until:     c.Until,
		Arrivals:  c.Arrivals,
	}
}

// writeChunks writes chunks.json as a stream: it may be larger than what a
// function wants to hold in memory.
func (s Step) writeChunks(ctx context.Context, key string, chunks iter.Seq[job.Chunk]) error {
	r, w := io.Pipe()
	var encoder sync.WaitGroup
	encoder.Go(func() { w.CloseWithError(encodeChunks(w, chunks)) })
	err := s.Store.Put(ctx, key, r)
	r.CloseWithError(err) // ends the encoder when the store gave up
	encoder.Wait()
	if err != nil {
		return fmt.Errorf("writing %s: %w", key, err)
	}
	return nil
}

// encodeChunks writes a JSON list, an item a line.
func encodeChunks(w io.Writer, chunks iter.Seq[job.Chunk]) error {
	buf := bufio.NewWriterSize(w, 64<<10)
	sep := "[\n"
	for c := range chunks {
		data, err := json.Marshal(c)
		if err != nil {
			return err
		}
		buf.WriteString(sep)
		buf.Write(data)
		sep = ",\n"
	}
	if sep == "[\n" {
		buf.WriteString("[")
	}
	buf.WriteString("\n]\n")
	return buf.Flush()
}
