// Package storetest is the one suite of tests that every store.Store passes.
package storetest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"salvo/pkg/store"
)

// Run tests the stores that open makes: each call gives an empty one.
func Run(t *testing.T, open func(t *testing.T) store.Store) {
	ctx := context.Background()
	put := func(t *testing.T, s store.Store, key, text string) {
		t.Helper()
		if err := s.Put(ctx, key, strings.NewReader(text)); err != nil {
			t.Fatalf("Put %s: %v", key, err)
		}
	}
	want := func(t *testing.T, s store.Store, key, text string) {
		t.Helper()
		data, err := store.ReadAll(ctx, s, key)
		if err != nil || string(data) != text {
			t.Fatalf("ReadAll %s = %.40q, %v; want %.40q", key, data, err, text)
		}
	}

	t.Run("put then get", func(t *testing.T) {
		s := open(t)
		put(t, s, "runs/r1/plan.json", "one")
		want(t, s, "runs/r1/plan.json", "one")
	})
	t.Run("put replaces", func(t *testing.T) {
		s := open(t)
		put(t, s, "k", "a longer text")
		put(t, s, "k", "short")
		want(t, s, "k", "short")
	})
	t.Run("an empty value is a value", func(t *testing.T) {
		s := open(t)
		put(t, s, "k", "")
		want(t, s, "k", "")
		if there, err := store.Exists(ctx, s, "k"); !there || err != nil {
			t.Fatalf("Exists = %v, %v", there, err)
		}
	})
	t.Run("a large value", func(t *testing.T) {
		s := open(t)
		text := strings.Repeat("0123456789abcdef", 1<<17) // 2 MiB
		put(t, s, "k", text)
		want(t, s, "k", text)
	})
	t.Run("a failed put keeps the old value", func(t *testing.T) {
		s := open(t)
		put(t, s, "k", "old")
		broken := io.MultiReader(strings.NewReader("new"), iotest.ErrReader(errors.New("broken pipe")))
		if err := s.Put(ctx, "k", broken); err == nil {
			t.Fatal("Put of a reader that fails succeeded")
		}
		want(t, s, "k", "old")
		if keys, err := s.List(ctx, ""); err != nil || !slices.Equal(keys, []string{"k"}) {
			t.Fatalf("List = %v, %v", keys, err)
		}
	})
	t.Run("absent keys", func(t *testing.T) {
		s := open(t)
		put(t, s, "a/b", "x")
		for _, key := range []string{"none", "a/none", "a", "a/b/c"} {
			if _, err := s.Get(ctx, key); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("Get %s: error %v does not wrap fs.ErrNotExist", key, err)
			}
		}
		if there, err := store.Exists(ctx, s, "none"); there || err != nil {
			t.Errorf("Exists = %v, %v", there, err)
		}
	})
	t.Run("bad keys are refused", func(t *testing.T) {
		s := open(t)
		for _, key := range []string{"", ".", "/abs", "a/../b", "a//b", "a/"} {
			if err := s.Put(ctx, key, strings.NewReader("x")); err == nil {
				t.Errorf("Put %q succeeded", key)
			}
			if err := s.Create(ctx, key, nil); err == nil {
				t.Errorf("Create %q succeeded", key)
			}
			if _, err := s.Get(ctx, key); err == nil {
				t.Errorf("Get %q succeeded", key)
			}
			if err := s.Update(ctx, key, Increment); err == nil {
				t.Errorf("Update %q succeeded", key)
			}
		}
	})
	t.Run("list", func(t *testing.T) {
		s := open(t)
		for _, key := range []string{"runs/b/x", "runs/a/y", "runs/a/x", "runs/ab", "bundles/z"} {
			put(t, s, key, "x")
		}
		for prefix, keys := range map[string][]string{
			"":         {"bundles/z", "runs/a/x", "runs/a/y", "runs/ab", "runs/b/x"},
			"runs/a":   {"runs/a/x", "runs/a/y", "runs/ab"},
			"runs/a/":  {"runs/a/x", "runs/a/y"},
			"runs/a/x": {"runs/a/x"},
			"none/":    nil,
			"nothing":  nil,
		} {
			if got, err := s.List(ctx, prefix); err != nil || !slices.Equal(got, keys) {
				t.Errorf("List %q = %v, %v; want %v", prefix, got, err, keys)
			}
		}
	})
	t.Run("create", func(t *testing.T) {
		s := open(t)
		if err := s.Create(ctx, "lease/1", []byte("first")); err != nil {
			t.Fatal(err)
		}
		if err := s.Create(ctx, "lease/1", []byte("second")); !errors.Is(err, fs.ErrExist) {
			t.Fatalf("second Create: %v", err)
		}
		want(t, s, "lease/1", "first")
		put(t, s, "lease/1", "third")
		want(t, s, "lease/1", "third")
	})
	t.Run("one of many creators wins", func(t *testing.T) {
		s := open(t)
		var wg sync.WaitGroup
		var mu sync.Mutex
		var winners []string
		for i := range 8 {
			wg.Go(func() {
				name := fmt.Sprint("creator ", i)
				err := s.Create(ctx, "lease/1", []byte(name))
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					winners = append(winners, name)
				case !errors.Is(err, fs.ErrExist):
					t.Errorf("Create: %v", err)
				}
			})
		}
		wg.Wait()
		if len(winners) != 1 {
			t.Fatalf("winners: %v", winners)
		}
		want(t, s, "lease/1", winners[0])
	})
	t.Run("update", func(t *testing.T) {
		s := open(t)
		refused := errors.New("refused")
		steps := []struct {
			name   string
			key    string
			old    []byte
			change []byte
			err    error
			want   string
		}{
			{"an absent key left absent", "monitors/a", nil, nil, nil, ""},
			{"an absent key", "monitors/a", nil, []byte("one"), nil, "one"},
			{"a key that is there", "monitors/a", []byte("one"), []byte("two"), nil, "two"},
			{"left as it is", "monitors/a", []byte("two"), nil, nil, "two"},
			{"the same", "monitors/a", []byte("two"), []byte("two"), nil, "two"},
			{"refused", "monitors/a", []byte("two"), []byte("three"), refused, "two"},
			{"made empty", "monitors/a", []byte("two"), []byte{}, nil, ""},
			{"an empty value", "monitors/a", []byte{}, []byte("four"), nil, "four"},
			{"empty from the beginning", "monitors/b", nil, []byte{}, nil, ""},
		}
		for _, step := range steps {
			err := s.Update(ctx, step.key, func(old []byte) ([]byte, error) {
				if !bytes.Equal(old, step.old) || (old == nil) != (step.old == nil) {
					t.Errorf("%s: change got %#v, want %#v", step.name, old, step.old)
				}
				return step.change, step.err
			})
			if err != step.err { // as it is, not wrapped
				t.Errorf("%s: Update: %v", step.name, err)
			}
			there, err := store.Exists(ctx, s, step.key)
			if err != nil || there != (step.old != nil || step.change != nil) {
				t.Errorf("%s: Exists = %v, %v", step.name, there, err)
			}
			if there {
				want(t, s, step.key, step.want)
			}
		}
		if keys, err := s.List(ctx, ""); err != nil || !slices.Equal(keys, []string{"monitors/a", "monitors/b"}) {
			t.Errorf("List = %v, %v", keys, err)
		}
	})
	t.Run("no update gets lost", func(t *testing.T) {
		s := open(t)
		const writers, each = 8, 5
		var wg sync.WaitGroup
		for range writers {
			wg.Go(func() {
				for range each {
					if err := s.Update(ctx, "count", Increment); err != nil {
						t.Error(err)
					}
				}
			})
		}
		wg.Wait()
		want(t, s, "count", strconv.Itoa(writers*each))
	})
	t.Run("readers see whole values", func(t *testing.T) {
		s := open(t)
		values := []string{strings.Repeat("a", 50_000), strings.Repeat("b", 70_000)}
		put(t, s, "k", values[0])
		var wg sync.WaitGroup
		wg.Go(func() {
			for i := range 20 {
				if err := store.WriteAll(ctx, s, "k", []byte(values[i%2])); err != nil {
					t.Error(err)
				}
			}
		})
		for range 40 {
			data, err := store.ReadAll(ctx, s, "k")
			if err != nil || !bytes.Equal(data, []byte(values[0])) && !bytes.Equal(data, []byte(values[1])) {
				t.Fatalf("read a part: %d bytes, %v", len(data), err)
			}
		}
		wg.Wait()
	})
	t.Run("a cancelled context", func(t *testing.T) {
		s := open(t)
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if err := s.Put(gone, "k", strings.NewReader("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("Put: %v", err)
		}
		if _, err := s.Get(gone, "k"); !errors.Is(err, context.Canceled) {
			t.Errorf("Get: %v", err)
		}
		if err := s.Update(gone, "k", Increment); !errors.Is(err, context.Canceled) {
			t.Errorf("Update: %v", err)
		}
	})
}

// Increment is a change for Update: it adds one to a number in decimal digits.
func Increment(old []byte) ([]byte, error) {
	n := 0
	if old != nil {
		var err error
		if n, err = strconv.Atoi(string(old)); err != nil {
			return nil, err
		}
	}
	return strconv.AppendInt(nil, int64(n)+1, 10), nil
}
