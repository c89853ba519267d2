package target

import (
	"encoding/json"
	"hash/maphash"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Stats is what /_stats answers. Requests to /_stats itself are not in it.
type Stats struct {
	Total         int64            `json:"total"`
	Active        int64            `json:"active"` // now
	MaxConcurrent int64            `json:"maxConcurrent"`
	Connections   int64            `json:"connections"` // opened; 0 unless Serve runs the server
	First         *time.Time       `json:"first"`       // when the first request came; null when none did
	Last          *time.Time       `json:"last"`
	ByRoute       map[string]int64 `json:"byRoute"`     // "GET /path"
	OtherRoutes   int64            `json:"otherRoutes"` // requests beyond the bound of routes
	ByStatus      map[string]int64 `json:"byStatus"`    // 499: the client left before the answer
	Index         IndexStats       `json:"index"`
}

// IndexStats tells of the query parameter "index".
type IndexStats struct {
	Requests   int64  `json:"requests"`   // that carried one
	Distinct   int64  `json:"distinct"`   // different values
	Duplicates int64  `json:"duplicates"` // values that came more than once
	Least      *int64 `json:"least"`      // null when none came
	Greatest   *int64 `json:"greatest"`
	Refused    int64  `json:"refused"` // not a whole number below the bound
}

// counts is one generation of counters: a reset begins a new one. A request that
// runs meanwhile may begin in one and end in the next, which costs a reset its
// exactness, but the hot path no lock.
type counts struct {
	total, maxActive  atomic.Int64
	first, last       atomic.Int64 // Unix nanoseconds; 0 for none
	status            [600]atomic.Int64
	connections       atomic.Int64
	other             atomic.Int64
	routes            [routeShards]routeShard
	routeCount        atomic.Int64
	indexed, distinct atomic.Int64
	duplicates        atomic.Int64
	refused           atomic.Int64
	least, greatest   atomic.Int64 // value + 1; 0 for none
	seen, twice       bitmap
}

const routeShards = 64

type route struct{ method, path string }

type routeShard struct {
	sync.RWMutex
	n map[route]*atomic.Int64
}

type stats struct {
	seed      maphash.Seed
	maxIndex  uint64
	maxRoutes int64
	active    atomic.Int64
	current   atomic.Pointer[counts]
}

func (s *stats) init(indices int64, paths int) {
	s.seed = maphash.MakeSeed()
	s.maxIndex = uint64(indices)
	s.maxRoutes = int64(paths)
	s.reset()
}

func (s *stats) reset() {
	c := &counts{}
	c.seen.size, c.twice.size = s.maxIndex, s.maxIndex
	c.maxActive.Store(s.active.Load())
	s.current.Store(c)
}

func (s *stats) begin(r *http.Request, now time.Time) {
	c := s.current.Load()
	c.total.Add(1)
	raise(&c.maxActive, s.active.Add(1))
	at := now.UnixNano()
	if c.first.Load() == 0 {
		c.first.CompareAndSwap(0, at)
	}
	raise(&c.last, at)
	s.countRoute(c, r.Method, r.URL.Path)
	if r.URL.RawQuery != "" {
		if text, ok := indexParameter(r.URL.RawQuery); ok {
			c.countIndex(text, s.maxIndex)
		}
	}
}

func (s *stats) end(status int) {
	s.active.Add(-1)
	s.current.Load().status[status].Add(1)
}

// raise makes v at least n.
func raise(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if old >= n || v.CompareAndSwap(old, n) {
			return
		}
	}
}

// lower makes v at most n, where 0 stands for no value.
func lower(v *atomic.Int64, n int64) {
	for {
		old := v.Load()
		if old != 0 && old <= n || v.CompareAndSwap(old, n) {
			return
		}
	}
}

func (s *stats) countRoute(c *counts, method, path string) {
	shard := &c.routes[maphash.String(s.seed, path)%routeShards]
	key := route{method, path}
	shard.RLock()
	n := shard.n[key]
	shard.RUnlock()
	if n == nil {
		if n = s.newRoute(c, shard, key); n == nil {
			c.other.Add(1)
			return
		}
	}
	n.Add(1)
}

// newRoute returns the counter of a route that was not there a moment ago, or
// nil when there are too many.
func (s *stats) newRoute(c *counts, shard *routeShard, key route) *atomic.Int64 {
	if c.routeCount.Load() >= s.maxRoutes {
		return nil
	}
	shard.Lock()
	defer shard.Unlock()
	if n := shard.n[key]; n != nil {
		return n
	}
	if c.routeCount.Add(1) > s.maxRoutes {
		c.routeCount.Add(-1)
		return nil
	}
	if shard.n == nil {
		shard.n = map[route]*atomic.Int64{}
	}
	n := &atomic.Int64{}
	// The strings are parts of the request's own buffer, which a route must not
	// keep alive.
	shard.n[route{strings.Clone(key.method), strings.Clone(key.path)}] = n
	return n
}

// indexParameter finds the first "index" of a raw query.
func indexParameter(query string) (string, bool) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		if value, ok := strings.CutPrefix(pair, "index="); ok {
			return value, true
		}
	}
	return "", false
}

func (c *counts) countIndex(text string, size uint64) {
	c.indexed.Add(1)
	n, err := strconv.ParseUint(text, 10, 63)
	if err != nil || n >= size {
		c.refused.Add(1)
		return
	}
	lower(&c.least, int64(n)+1)
	raise(&c.greatest, int64(n)+1)
	switch {
	case !c.seen.set(n):
		c.distinct.Add(1)
	case !c.twice.set(n):
		c.duplicates.Add(1)
	}
}

// Stats returns what was received so far.
func (s *Server) Stats() Stats {
	c := s.stats.current.Load()
	out := Stats{
		Total:         c.total.Load(),
		Active:        s.stats.active.Load(),
		MaxConcurrent: c.maxActive.Load(),
		Connections:   c.connections.Load(),
		First:         instant(c.first.Load()),
		Last:          instant(c.last.Load()),
		ByRoute:       map[string]int64{},
		OtherRoutes:   c.other.Load(),
		ByStatus:      map[string]int64{},
		Index: IndexStats{
			Requests:   c.indexed.Load(),
			Distinct:   c.distinct.Load(),
			Duplicates: c.duplicates.Load(),
			Least:      value(c.least.Load()),
			Greatest:   value(c.greatest.Load()),
			Refused:    c.refused.Load(),
		},
	}
	for i := range c.routes {
		shard := &c.routes[i]
		shard.RLock()
		for key, n := range shard.n {
			out.ByRoute[key.method+" "+key.path] = n.Load()
		}
		shard.RUnlock()
	}
	for code := range c.status {
		if n := c.status[code].Load(); n > 0 {
			out.ByStatus[strconv.Itoa(code)] = n
		}
	}
	return out
}

// Reset forgets all that was received. Requests that are being answered just
// now count by their status only.
func (s *Server) Reset() { s.stats.reset() }

func instant(ns int64) *time.Time {
	if ns == 0 {
		return nil
	}
	t := time.Unix(0, ns).UTC()
	return &t
}

func value(plusOne int64) *int64 {
	if plusOne == 0 {
		return nil
	}
	n := plusOne - 1
	return &n
}

func (s *Server) serveStats(w http.ResponseWriter, r *http.Request, rest string) {
	switch {
	case rest == "" && (r.Method == http.MethodGet || r.Method == http.MethodHead):
		body, err := json.MarshalIndent(s.Stats(), "", "  ")
		if err != nil {
			refuse(w, http.StatusInternalServerError, err.Error())
			return
		}
		answerJSON(w, http.StatusOK, append(body, '\n'))
	case rest == "" && r.Method == http.MethodDelete, rest == "/reset" && r.Method == http.MethodPost:
		s.Reset()
		w.WriteHeader(http.StatusNoContent)
	case rest == "":
		refuseMethod(w, "GET, DELETE")
	case rest == "/reset":
		refuseMethod(w, "POST")
	default:
		notFound(w)
	}
}
