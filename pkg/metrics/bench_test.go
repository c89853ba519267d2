package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"
)

// load records what virtual users do that each send requests: 20 metrics and more,
// 8 of them histograms.
type load struct {
	r                                                                   *Recorder
	created, byName, completed, requests, responses, bytes              Counter
	matches, code200, code503, endpointCodeA, endpointCodeB             Counter
	errors                                                              Counter
	rate                                                                Rate
	session, lag, all, class2xx, class5xx, endpointA, endpointB, custom Histogram
}

func newLoad(shards int) *load {
	r := NewRecorder(shards)
	return &load{
		r:             r,
		created:       r.Counter(VusersCreated),
		byName:        r.Counter(VusersCreatedByName("browse")),
		completed:     r.Counter(VusersCompleted),
		requests:      r.Counter(HTTPRequests),
		responses:     r.Counter(HTTPResponses),
		bytes:         r.Counter(HTTPDownloadedBytes),
		matches:       r.Counter(Matches),
		code200:       r.Counter(HTTPCode(200)),
		code503:       r.Counter(HTTPCode(503)),
		endpointCodeA: r.Counter(Endpoints{}.Code("/catalogue", 200)),
		endpointCodeB: r.Counter(Endpoints{}.Code("/product/{{ id }}", 200)),
		errors:        r.Counter(ErrorKey("ETIMEDOUT")),
		rate:          r.Rate(HTTPRequestRate),
		session:       r.Histogram(VusersSessionLength),
		lag:           r.Histogram(ScheduleLag),
		all:           r.Histogram(HTTPResponseTime),
		class2xx:      r.Histogram(HTTPResponseTime2xx),
		class5xx:      r.Histogram(HTTPResponseTime5xx),
		endpointA:     r.Histogram(Endpoints{}.ResponseTime("/catalogue")),
		endpointB:     r.Histogram(Endpoints{}.ResponseTime("/product/{{ id }}")),
		custom:        r.Histogram("basket.size"),
	}
}

// user records one virtual user with one request.
func (l *load) user(random *rand.Rand, s *Shard, phase int, at time.Time) {
	b := s.Begin(phase, at)
	b.Add(l.created, 1)
	b.Add(l.byName, 1)
	b.Observe(l.lag, int64(80*math.Exp(0.9*random.NormFloat64())))
	b.Add(l.requests, 1)
	b.Mark(l.rate)
	b.End()

	micros := int64(50_000 * math.Exp(0.6*random.NormFloat64()))
	class, code, endpoint, endpointCode := l.class2xx, l.code200, l.endpointA, l.endpointCodeA
	switch random.IntN(50) {
	case 0:
		class, code = l.class5xx, l.code503
	default:
		if random.IntN(3) > 0 {
			endpoint, endpointCode = l.endpointB, l.endpointCodeB
		}
	}
	at = at.Add(time.Duration(micros) * time.Microsecond)
	b = s.Begin(phase, at)
	b.Add(l.responses, 1)
	b.Add(code, 1)
	b.Add(endpointCode, 1)
	b.Observe(l.all, micros)
	b.Observe(class, micros)
	b.Observe(endpoint, micros)
	b.Add(l.bytes, int64(random.IntN(40_000)))
	b.Add(l.matches, 1)
	b.End()

	b = s.Begin(phase, at)
	if random.IntN(200) == 0 {
		b.Add(l.errors, 1)
	} else {
		b.Add(l.completed, 1)
	}
	b.Observe(l.session, micros+int64(random.IntN(20_000)))
	b.Observe(l.custom, 1000*int64(random.IntN(12)))
	b.End()
}

// chunk records a chunk of users that arrive evenly.
func chunk(l *load, seconds, perSecond int) {
	random := rand.New(rand.NewPCG(1, 2))
	start := time.Unix(1_800_000_000, 0)
	for i := range seconds * perSecond {
		l.user(random, l.r.Shard(int64(i)), i*3/(seconds*perSecond), start.Add(time.Duration(i)*time.Second/time.Duration(perSecond)))
	}
}

// A response: eight observations, three of them of histograms, at a time that
// passes as it does at 5,000 responses a second.
func BenchmarkBatch(b *testing.B) {
	l := newLoad(1)
	random := rand.New(rand.NewPCG(1, 2))
	micros := make([]int64, 1<<12)
	for i := range micros {
		micros[i] = int64(50_000 * math.Exp(0.6*random.NormFloat64()))
	}
	s, at := l.r.Shard(0), time.Unix(1_800_000_000, 0)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		v := micros[i&(len(micros)-1)]
		response(l, s, at, v)
		at = at.Add(200 * time.Microsecond)
	}
}

func response(l *load, s *Shard, at time.Time, micros int64) {
	b := s.Begin(0, at)
	b.Add(l.responses, 1)
	b.Add(l.code200, 1)
	b.Add(l.endpointCodeA, 1)
	b.Observe(l.all, micros)
	b.Observe(l.class2xx, micros)
	b.Observe(l.endpointA, micros)
	b.Add(l.bytes, 1234)
	b.Add(l.matches, 1)
	b.End()
}

// The same from as many goroutines as there are processors, each with a shard of
// its own, and all on one shard.
func BenchmarkBatchParallel(b *testing.B) {
	for _, shards := range []int{1, 64} {
		b.Run(fmt.Sprintf("shards=%d", shards), func(b *testing.B) {
			l := newLoad(shards)
			var next atomic.Int64
			at := time.Unix(1_800_000_000, 0)
			b.ReportAllocs()
			b.RunParallel(func(p *testing.PB) {
				s := l.r.Shard(next.Add(1))
				for micros := int64(20_000); p.Next(); micros = micros%100_000 + 777 {
					response(l, s, at, micros)
				}
			})
		})
	}
}

func BenchmarkHandle(b *testing.B) {
	r := NewRecorder(1)
	r.Counter(ErrorKey("ETIMEDOUT"))
	b.ReportAllocs()
	for b.Loop() {
		r.Counter("errors.ETIMEDOUT")
	}
}

func BenchmarkSnapshot(b *testing.B) {
	for _, seconds := range []int{120, 885} {
		b.Run(fmt.Sprintf("seconds=%d", seconds), func(b *testing.B) {
			l := newLoad(2)
			chunk(l, seconds, 500)
			b.ReportAllocs()
			for b.Loop() {
				l.r.Snapshot()
			}
		})
	}
}

func BenchmarkMarshal(b *testing.B) {
	l := newLoad(2)
	chunk(l, 120, 500)
	s := l.r.Snapshot()
	var data []byte
	b.ReportAllocs()
	for b.Loop() {
		data, _ = s.MarshalBinary()
	}
	b.ReportMetric(float64(len(data)), "bytes")
}

func BenchmarkDecode(b *testing.B) {
	l := newLoad(2)
	chunk(l, 120, 500)
	data, err := l.r.Snapshot().MarshalBinary()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMerge(b *testing.B) {
	l := newLoad(2)
	chunk(l, 120, 500)
	s := l.r.Snapshot()
	into := s.Clone()
	b.ReportAllocs()
	for b.Loop() {
		into.Merge(s)
	}
}
