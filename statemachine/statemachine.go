// Package statemachine holds the definition of the state machine that runs a
// load test, and the names by which others know its parts.
//
// Step Functions runs the definition in the cloud, and package asl runs it on
// one machine; both are given what the placeholders stand for. What passes
// between the states is in package job.
package statemachine

import _ "embed"

// Definition is the state machine in the Amazon States Language. Its
// placeholders are the substitutions below, as ${SplitterArn}.
//
//go:embed loadtest.asl.json
var Definition []byte

// The substitutions: what a Task of each step calls.
const (
	SplitterArn   = "SplitterArn"
	WorkerArn     = "WorkerArn"
	AggregatorArn = "AggregatorArn"
)

// The states that others look for, in histories and in the console's graph. The
// states of the two Maps do the same under different names, because a name may
// be given once in a state machine.
const (
	StateSplit              = "Split"
	StateBefore             = "Before"
	StateSchedule           = "Schedule"
	StateFanOut             = "Fan out"
	StateFanOutInline       = "Fan out inline"
	StateWait               = "Wait until wakeAt"
	StateWaitInline         = "Wait until wakeAt (inline)"
	StateGenerateLoad       = "Generate load"
	StateGenerateLoadInline = "Generate load (inline)"
	StateChunkLost          = "Chunk lost"
	StateAfter              = "After"
	StateAggregate          = "Aggregate"
	StateVerdict            = "Verdict"
	StatePassed             = "Passed"
	StateTellOfFailedPlan   = "Tell of the failed plan"
)

// The errors that an execution ends with when it comes to no verdict. With one,
// and unless the run passed, its error is the outcome that the aggregator gave.
const (
	ErrorSplitFailed     = "SplitFailed"
	ErrorAggregateFailed = "AggregateFailed"
	ErrorUnknownOutcome  = "UnknownOutcome"
)
