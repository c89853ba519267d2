//go:build linux

package main

// These tables compare what JavaScript costs around a GET with k6, whose users are JavaScript.

func hookBefore(b *bench) (*table, error) {
	return b.withHooks(flowBefore, "a header set before the request")
}

func hookAfter(b *bench) (*table, error) {
	return b.withHooks(flowAfter, "the answer's JSON read after it")
}

func hookAsync(b *bench) (*table, error) {
	return b.withHooks(flowAsync, "a promise awaited before the request")
}

func (b *bench) withHooks(f flow, what string) (*table, error) {
	l := load{flow: f}
	rows := append(bothShapes(l), others(l, "k6")...)
	return b.saturated(string(f), "One GET with JavaScript, "+what+", CPU seconds per million requests", rows, nil, "k6")
}
