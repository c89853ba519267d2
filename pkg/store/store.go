// Package store keeps what a run leaves behind: bytes under keys.
//
// It owns the Store interface, a store in a folder (Dir), a store in memory
// (Mem), and in storetest the one suite of tests that every store passes. It
// knows nothing of what is stored: the keys are made by package job.
package store

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Store keeps bytes under keys. A key is a slash path without a leading slash,
// as fs.ValidPath has it ("runs/r1/plan.json"). All methods may be called by
// many goroutines and processes at once.
type Store interface {
	// Put writes everything r holds under key, replacing what was there. A
	// reader of the key sees the old bytes or all the new ones, never a part;
	// when Put fails the old bytes stay.
	Put(ctx context.Context, key string, r io.Reader) error

	// Create writes data under key if the key is absent. If it is there
	// already, nothing changes and the error wraps fs.ErrExist: of many that
	// create one key at once, exactly one succeeds.
	Create(ctx context.Context, key string, data []byte) error

	// Update replaces what is stored under key by what change makes of it. No
	// change gets lost among many that update one key at once: each is made to
	// the result of the one before. A key that is updated should not be Put.
	//
	// The old bytes are nil when the key is absent. When change returns nil or
	// the old bytes, nothing is written; when it returns an error, nothing is
	// written and the error is returned as it is. It may be called again, and
	// when a network fails at the wrong moment also with bytes that hold its own
	// change already, so it should recognise that where it matters. It must not
	// use the key itself.
	Update(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error

	// Get opens what is stored under key; the caller closes it. The error for
	// an absent key wraps fs.ErrNotExist.
	Get(ctx context.Context, key string) (io.ReadCloser, error)

	// List returns the keys that begin with prefix, sorted. The prefix need
	// not end at a slash. No keys is no error.
	List(ctx context.Context, prefix string) ([]string, error)
}

// ReadAll returns the bytes under key. The error for an absent key wraps
// fs.ErrNotExist.
func ReadAll(ctx context.Context, s Store, key string) ([]byte, error) {
	r, err := s.Get(ctx, key)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", key, err)
	}
	return data, nil
}

// WriteAll puts data under key.
func WriteAll(ctx context.Context, s Store, key string, data []byte) error {
	return s.Put(ctx, key, bytes.NewReader(data))
}

// Exists tells whether something is stored under key.
func Exists(ctx context.Context, s Store, key string) (bool, error) {
	r, err := s.Get(ctx, key)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.Close()
}

func checkKey(op, key string) error {
	if !fs.ValidPath(key) || key == "." {
		return &fs.PathError{Op: op, Path: key, Err: fs.ErrInvalid}
	}
	return nil
}
