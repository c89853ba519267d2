package target

import (
	"sync"
	"sync/atomic"
)

// bitmap is a set of numbers below size. It takes its memory when the first one
// comes, and any number of goroutines may use it.
type bitmap struct {
	size  uint64
	once  sync.Once
	words atomic.Pointer[[]atomic.Uint64]
}

// set adds n and tells whether it was there already. Numbers that are too large
// are not added.
func (b *bitmap) set(n uint64) (was bool) {
	if n >= b.size {
		return false
	}
	b.once.Do(func() {
		words := make([]atomic.Uint64, (b.size+63)/64)
		b.words.Store(&words)
	})
	bit := uint64(1) << (n % 64)
	return (*b.words.Load())[n/64].Or(bit)&bit != 0
}

func (b *bitmap) has(n uint64) bool {
	words := b.words.Load()
	return words != nil && n < b.size && (*words)[n/64].Load()&(1<<(n%64)) != 0
}
