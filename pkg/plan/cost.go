package plan

import "time"

// The prices in dollars, and what they are per: us-east-1, on demand, without
// the free tier. pricesAsOf is the month they were noted.
const (
	pricesAsOf = "2026-11"

	priceTransition = 25.0 / 1e6   // state transition of a Standard workflow
	priceGBSecond   = 0.0000133334 // second of Lambda on arm64 with 1 GB
	priceInvocation = 0.20 / 1e6   // request to Lambda
	pricePut        = 5.0 / 1e6    // PUT or LIST request to S3
	priceGet        = 0.40 / 1e6   // GET request to S3
	priceLogGB      = 0.50         // GB of logs taken in
)

// What a run does, as far as it costs something. A chunk is a child execution
// of a distributed Map: its start, Wait and Generate load.
const (
	transitionsPerRun   = 12 // the states around the fan-out
	transitionsPerChunk = 3
	invocationsPerRun   = 4  // split, aggregate, and the sections before and after
	secondsPerRun       = 60 // that these take together
	putsPerRun          = 8  // request, script, plan, chunks, reports, sections
	putsPerChunk        = 1  // the result
	getsPerChunk        = 5  // request, script, plan and bundle by the worker, the result by the aggregator
	logBytesPerChunk    = 2048

	flushEvery = 5 * time.Second // a partial result is put
	leaseEvery = 2 * time.Second // the lease is renewed
	pollEvery  = 2 * time.Second // the stop key is looked for

	longestWorker = 900 * time.Second // Lambda ends a function then
)

// The defaults of CostOptions.
const (
	defaultMemory = 1769 // MB; one whole vCPU
	defaultDrain  = 10 * time.Second
)

// CostOptions are what an estimate depends on besides the plan.
type CostOptions struct {
	Lead   time.Duration // a worker is awake before its window; 0 means the limits' time buffer
	Drain  time.Duration // users go on after the window; 0 means 10 s, negative none
	Memory int           // of a worker, in MB; 0 means 1,769
}

// Cost is what a run of a plan would cost on AWS, about, in dollars.
//
// It counts each worker from its lead to the end of its drain, at most 900 s,
// with its partial results every 5 s and its lease renewals and looks for a stop
// every 2 s; 2 KB of logs for each worker; three transitions for each chunk; and
// a small fixed part for splitting and aggregating. It leaves out the free tier,
// retries, alerts, the storage of results for the days until they expire, log
// steps of the script, and what the load itself costs: data transfer, NAT
// gateways, and everything at the target.
type Cost struct {
	PricesAsOf string `json:"pricesAsOf"` // the month of the price table: "2026-11"

	Transitions CostPart `json:"transitions"` // of Step Functions
	Compute     CostPart `json:"compute"`     // GB-seconds of Lambda
	Invocations CostPart `json:"invocations"` // requests to Lambda
	Puts        CostPart `json:"puts"`        // to S3
	Gets        CostPart `json:"gets"`        // from S3
	Logs        CostPart `json:"logs"`        // GB

	Total float64 `json:"total"` // dollars
}

// CostPart is one line of the bill.
type CostPart struct {
	Quantity float64 `json:"quantity"` // of what is paid for
	Dollars  float64 `json:"dollars"`
}

// Cost estimates what a run costs on AWS. It walks the windows.
func (p *Plan) Cost(o CostOptions) Cost {
	if o.Lead == 0 {
		o.Lead = time.Duration(p.Limits.TimeBuffer) * time.Millisecond
	}
	if o.Drain == 0 {
		o.Drain = defaultDrain
	}
	around := max(o.Lead, 0) + max(o.Drain, 0)

	var chunks, alive float64 // workers, and the seconds they live
	for w := range p.Windows() {
		n := float64(w.Workers)
		chunks += n
		alive += n * min(w.End-w.Start+around, longestWorker).Seconds()
	}
	return cost(chunks, alive, o)
}

// Spent is about what a run has cost that has called so many workers, which have
// lived for that long, all together.
func Spent(workers int, alive time.Duration, o CostOptions) Cost {
	return cost(float64(workers), alive.Seconds(), o)
}

// cost is what so many workers cost that are alive for so many seconds in all.
func cost(chunks, alive float64, o CostOptions) Cost {
	if o.Memory == 0 {
		o.Memory = defaultMemory
	}
	gb := float64(o.Memory) / 1024
	c := Cost{
		PricesAsOf:  pricesAsOf,
		Transitions: part(transitionsPerRun+chunks*transitionsPerChunk, priceTransition),
		Compute:     part((secondsPerRun+alive)*gb, priceGBSecond),
		Invocations: part(invocationsPerRun+chunks, priceInvocation),
		Puts:        part(putsPerRun+chunks*putsPerChunk+alive/flushEvery.Seconds()+alive/leaseEvery.Seconds(), pricePut),
		Gets:        part(chunks*getsPerChunk+alive/pollEvery.Seconds(), priceGet),
		Logs:        part((invocationsPerRun+chunks)*logBytesPerChunk/1e9, priceLogGB),
	}
	for _, part := range []CostPart{c.Transitions, c.Compute, c.Invocations, c.Puts, c.Gets, c.Logs} {
		c.Total += part.Dollars
	}
	return c
}

func part(quantity, price float64) CostPart {
	return CostPart{Quantity: quantity, Dollars: quantity * price}
}
