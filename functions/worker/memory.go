package main

import (
	"os"
	"runtime/debug"

	"github.com/aws/aws-lambda-go/lambdacontext"
)

// gcPercent is how much the heap may grow, in percent, before it is collected:
// a worker's memory is paid for whether it is used or not, and the one processor
// it has is for the load. memoryShare is the part of the memory, in percent, from
// which on it is collected as often as it takes; the rest is for what is not heap.
const (
	gcPercent   = 400
	memoryShare = 80
)

// collectLess sets both for this process, unless the environment says otherwise.
func collectLess() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	if mb := lambdacontext.MemoryLimitInMB; mb > 0 && os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(int64(mb) << 20 * memoryShare / 100)
	}
}
