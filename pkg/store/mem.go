package store

import (
	"bytes"
	"context"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
)

// Mem is a Store in memory, for tests. Its zero value is empty and ready.
type Mem struct {
	mu   sync.Mutex
	data map[string][]byte
}

// Put implements Store.
func (m *Mem) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey("put", key); err != nil {
		return err
	}
	data, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	return m.set(ctx, key, data, true)
}

// Create implements Store.
func (m *Mem) Create(ctx context.Context, key string, data []byte) error {
	if err := checkKey("create", key); err != nil {
		return err
	}
	return m.set(ctx, key, bytes.Clone(data), false)
}

func (m *Mem) set(ctx context.Context, key string, data []byte, replace bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.data[key]; there && !replace {
		return &fs.PathError{Op: "create", Path: key, Err: fs.ErrExist}
	}
	if m.data == nil {
		m.data = map[string][]byte{}
	}
	m.data[key] = data
	return nil
}

// Update implements Store: it writes when the key still holds what change got.
func (m *Mem) Update(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error {
	if err := checkKey("update", key); err != nil {
		return err
	}
	for ctx.Err() == nil {
		m.mu.Lock()
		old, there := m.data[key]
		m.mu.Unlock()
		if there && old == nil {
			old = []byte{}
		}
		fresh, err := change(bytes.Clone(old))
		if err != nil {
			return err
		}
		if fresh == nil || there && bytes.Equal(fresh, old) {
			return nil
		}
		fresh = bytes.Clone(fresh)
		m.mu.Lock()
		now, still := m.data[key]
		won := still == there && bytes.Equal(now, old)
		if won {
			if m.data == nil {
				m.data = map[string][]byte{}
			}
			m.data[key] = fresh
		}
		m.mu.Unlock()
		if won {
			return nil
		}
	}
	return ctx.Err()
}

// Get implements Store.
func (m *Mem) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey("get", key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	data, there := m.data[key]
	if !there {
		return nil, &fs.PathError{Op: "get", Path: key, Err: fs.ErrNotExist}
	}
	return io.NopCloser(bytes.NewReader(data)), nil
}

// List implements Store.
func (m *Mem) List(ctx context.Context, prefix string) ([]string, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	var keys []string
	for key := range m.data {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys, nil
}
