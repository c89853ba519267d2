package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Dir is a Store in a folder of this machine: key "a/b" is file a/b below it.
// The folder is made when the first key is written.
type Dir string

// Files that are still being written carry this prefix, and List skips them.
const unfinished = ".unfinished-"

func (d Dir) path(key string) string {
	return filepath.Join(string(d), filepath.FromSlash(key))
}

// Put implements Store: a temporary file, synced, then renamed over the key.
func (d Dir) Put(ctx context.Context, key string, r io.Reader) error {
	if err := checkKey("put", key); err != nil {
		return err
	}
	name, err := d.write(ctx, key, r)
	if err != nil {
		return err
	}
	if err := os.Rename(name, d.path(key)); err != nil {
		os.Remove(name)
		return err
	}
	return nil
}

// Create implements Store: a hard link fails when its name is taken, and
// shows the whole content at once when it is not.
func (d Dir) Create(ctx context.Context, key string, data []byte) error {
	if err := checkKey("create", key); err != nil {
		return err
	}
	name, err := d.write(ctx, key, bytes.NewReader(data))
	if err != nil {
		return err
	}
	defer os.Remove(name)
	return os.Link(name, d.path(key))
}

// write brings r into a new file beside the key's and returns its name.
func (d Dir) write(ctx context.Context, key string, r io.Reader) (name string, err error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	folder := filepath.Dir(d.path(key))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", err
	}
	f, err := os.CreateTemp(folder, unfinished+"*")
	if err != nil {
		return "", err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if _, err := io.Copy(f, r); err != nil {
		return "", err
	}
	if err := f.Sync(); err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// Update implements Store: under a lock that the system takes back when its
// holder ends, however it ends. Only the empty file that carries it stays.
func (d Dir) Update(ctx context.Context, key string, change func(old []byte) ([]byte, error)) error {
	if err := checkKey("update", key); err != nil {
		return err
	}
	folder, name := filepath.Split(d.path(key))
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(folder, unfinished+name+".lock"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	defer lock.Close() // which unlocks
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		locked, err := tryLock(lock)
		if err != nil {
			return &fs.PathError{Op: "lock", Path: lock.Name(), Err: err}
		}
		if locked {
			break
		}
		time.Sleep(time.Millisecond + rand.N(lockPause))
	}
	old, err := ReadAll(ctx, d, key)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	fresh, err := change(old)
	if err != nil || fresh == nil || old != nil && bytes.Equal(fresh, old) {
		return err
	}
	return d.Put(ctx, key, bytes.NewReader(fresh))
}

// lockPause is the longest time between two attempts at a lock.
const lockPause = 10 * time.Millisecond

// Get implements Store.
func (d Dir) Get(ctx context.Context, key string) (io.ReadCloser, error) {
	if err := checkKey("get", key); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f, err := os.Open(d.path(key))
	if errors.Is(err, syscall.ENOTDIR) { // part of the key's path is itself a key
		return nil, &fs.PathError{Op: "get", Path: key, Err: fs.ErrNotExist}
	}
	if err != nil {
		return nil, err
	}
	if info, err := f.Stat(); err != nil || info.IsDir() {
		f.Close()
		return nil, &fs.PathError{Op: "get", Path: key, Err: fs.ErrNotExist}
	}
	return f, nil
}

// List implements Store.
func (d Dir) List(ctx context.Context, prefix string) ([]string, error) {
	// The walk starts at the deepest folder that holds every match.
	start := "."
	if i := strings.LastIndexByte(prefix, '/'); i >= 0 {
		start = prefix[:i]
	}
	if !fs.ValidPath(start) {
		return nil, &fs.PathError{Op: "list", Path: prefix, Err: fs.ErrInvalid}
	}
	var keys []string
	err := fs.WalkDir(os.DirFS(string(d)), start, func(key string, e fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case !e.IsDir() && strings.HasPrefix(key, prefix) && !strings.HasPrefix(e.Name(), unfinished):
			keys = append(keys, key)
		}
		return nil
	})
	slices.Sort(keys)
	return keys, err
}
