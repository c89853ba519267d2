package metrics

import (
	"sync"
	"unicode/utf8"
)

const (
	// MaxNames is how many names a recorder keeps, counters, rates and histograms
	// together. What is recorded under further names only counts as
	// [NamesDropped], so a script that makes names of random text fills neither
	// memory nor report.
	MaxNames = 10_000

	// maxNameLength is where a longer name is cut, in bytes.
	maxNameLength = 2048
)

// Counter is the handle of a counter: a sum of what was added. The zero value
// stands for a name that was dropped. A handle is good only for the recorder that
// gave it.
type Counter int

// Rate is the handle of a rate: a counter of events that is reported per second.
// The zero value stands for a name that was dropped.
type Rate int

// Histogram is the handle of a histogram. The zero value stands for a name that
// was dropped.
type Histogram int

// dropped is the index that stands for all names beyond MaxNames, in each table.
// That of the counters has the name NamesDropped.
const dropped = 0

// registry knows the names of a recorder.
type registry struct {
	mu                          sync.RWMutex
	known                       int // names in all tables
	counters, rates, histograms table
}

// table gives the names of one kind their indices. Names are only ever added.
type table struct {
	index map[string]int
	names []string // by index
}

func newRegistry() *registry {
	return &registry{
		counters:   table{map[string]int{NamesDropped: dropped}, []string{NamesDropped}},
		rates:      table{map[string]int{}, []string{""}},
		histograms: table{map[string]int{}, []string{""}},
	}
}

// handle is the index of a name in one of the tables.
func (r *registry) handle(t *table, name string) int {
	if len(name) > maxNameLength {
		name = cut(name)
	}
	r.mu.RLock()
	i, ok := t.index[name]
	full := r.known >= MaxNames
	r.mu.RUnlock()
	if ok {
		return i
	}
	if full {
		return dropped
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if i, ok := t.index[name]; ok {
		return i
	}
	if r.known >= MaxNames {
		return dropped
	}
	i = len(t.names)
	t.index[name] = i
	t.names = append(t.names, name)
	r.known++
	return i
}

// size is how many indices a table has.
func (r *registry) size(t *table) int {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return len(t.names)
}

// names are the names by index, of each kind.
type names struct{ counters, rates, histograms []string }

// all are the names of all indices given out until now.
func (r *registry) all() names {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return names{r.counters.names, r.rates.names, r.histograms.names}
}

// cut shortens a name to maxNameLength, between characters where it is text.
func cut(name string) string {
	for end := maxNameLength; end > maxNameLength-utf8.UTFMax; end-- {
		if utf8.RuneStart(name[end]) {
			return name[:end]
		}
	}
	return name[:maxNameLength]
}
