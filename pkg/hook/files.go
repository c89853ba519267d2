package hook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"

	"github.com/dop251/goja"
)

// maxOpen is how many files a processor may have open at a time.
const maxOpen = 1024

// filesNatives give the module of files its operations. Each takes its place in the turn in which it is
// called, so that what is appended stays in its order; only its callback comes later.
func filesNatives(r *Runtime, internal *goja.Object) error {
	define := func(name string, f func(a givenArgs) (any, error)) error {
		return r.defineSlow(internal, name, func(a givenArgs) func() (any, error) {
			v, err := f(a)
			return func() (any, error) { return v, err }
		})
	}
	v := r.files
	// one makes an operation of one path of it.
	one := func(operation string, f func(name string, a givenArgs) (any, error)) func(a givenArgs) (any, error) {
		return func(a givenArgs) (any, error) {
			name, err := v.local(a.text(0))
			if err != nil {
				return nil, fail(err, operation, a.text(0), "")
			}
			made, err := f(name, a)
			if err != nil {
				return nil, fail(err, operation, a.text(0), "")
			}
			return made, nil
		}
	}
	two := func(operation string, f func(from, to string, a givenArgs) error) func(a givenArgs) (any, error) {
		return func(a givenArgs) (any, error) {
			from, err := v.local(a.text(0))
			var to string
			if err == nil {
				to, err = v.local(a.text(1))
			}
			if err == nil {
				err = f(from, to, a)
			}
			if err != nil {
				return nil, fail(err, operation, a.text(0), a.text(1))
			}
			return nil, nil
		}
	}
	return errors.Join(
		define("read", one("open", func(name string, _ givenArgs) (any, error) { return v.read(name) })),
		define("write", one("open", func(name string, a givenArgs) (any, error) {
			flags, err := openFlags(a.text(2))
			if err != nil {
				return nil, err
			}
			return nil, v.write(name, a.bytes(1), flags, fs.FileMode(a.int(3)))
		})),
		define("stat", one("stat", func(name string, _ givenArgs) (any, error) { return v.statValues(name) })),
		define("lstat", one("lstat", func(name string, _ givenArgs) (any, error) { return v.statValues(name) })),
		define("list", one("scandir", func(name string, _ givenArgs) (any, error) {
			entries, err := v.list(name)
			list := make([]any, len(entries))
			for i, e := range entries {
				list[i] = []any{e.Name(), e.IsDir()}
			}
			return list, err
		})),
		define("mkdir", one("mkdir", func(name string, a givenArgs) (any, error) {
			first, err := v.mkdir(name, a.truth(1), fs.FileMode(a.int(2)))
			if err != nil || first == "" || !a.truth(1) {
				return nil, err
			}
			return path.Join(ScriptRoot, first), nil
		})),
		define("unlink", one("unlink", func(name string, _ givenArgs) (any, error) { return nil, v.remove(name, false, false) })),
		define("rmdir", one("rmdir", func(name string, a givenArgs) (any, error) { return nil, v.remove(name, true, a.truth(1)) })),
		define("remove", one("rm", func(name string, _ givenArgs) (any, error) { return nil, v.remove(name, false, true) })),
		define("realpath", one("realpath", func(name string, _ givenArgs) (any, error) {
			_, _, err := v.stat(name)
			return path.Join(ScriptRoot, name), err
		})),
		define("access", one("access", func(name string, a givenArgs) (any, error) {
			info, _, err := v.stat(name)
			const write, execute = 2, 1
			switch {
			case err != nil:
			case a.int(1)&write != 0 && v.dir == "":
				err = errReadOnly
			case a.int(1)&execute != 0 && info.Mode()&0o111 == 0:
				err = fs.ErrPermission
			}
			return nil, err
		})),
		define("truncate", one("open", func(name string, a givenArgs) (any, error) {
			f, err := v.create(name, os.O_RDWR, 0o666)
			if err != nil {
				return nil, err
			}
			return nil, errors.Join(f.Truncate(int64(a.int(1))), f.Close())
		})),
		define("rename", two("rename", func(from, to string, _ givenArgs) error { return v.rename(from, to) })),
		define("copy", two("copyfile", func(from, to string, a givenArgs) error {
			b, err := v.read(from)
			if err != nil {
				return err
			}
			flags := os.O_WRONLY | os.O_CREATE | os.O_TRUNC
			if a.truth(2) {
				flags |= os.O_EXCL
			}
			return v.write(to, b, flags, 0o666)
		})),
		define("mkdtemp", func(a givenArgs) (any, error) {
			const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
			for {
				suffix := make([]byte, 6)
				for i := range suffix {
					suffix[i] = letters[r.random().IntN(len(letters))]
				}
				full := a.text(0) + string(suffix)
				name, err := v.local(full)
				if err == nil {
					_, err = v.mkdir(name, false, 0o700)
				}
				if err == nil {
					return full, nil
				}
				if !errors.Is(err, fs.ErrExist) {
					return nil, fail(err, "mkdtemp", a.text(0)+"XXXXXX", "")
				}
			}
		}),
		r.descriptorNatives(define),
		internal.Set("now", r.milliseconds),
	)
}

// statValues are size, mode and time of a file.
func (v *overlay) statValues(name string) (any, error) {
	info, _, err := v.stat(name)
	if err != nil {
		return nil, err
	}
	return statOf(info), nil
}

func statOf(info fs.FileInfo) []any {
	const regular, directory = 0o100000, 0o040000
	mode := int(info.Mode().Perm()) | regular
	if info.IsDir() {
		mode = int(info.Mode().Perm()) | directory
	}
	return []any{mode, info.Size(), float64(info.ModTime().UnixMicro()) / 1000}
}

// openFlags are the flags of Go for those of Node.js.
func openFlags(text string) (int, error) {
	flags, ok := map[string]int{
		"r": os.O_RDONLY, "rs": os.O_RDONLY, "r+": os.O_RDWR, "rs+": os.O_RDWR,
		"w": os.O_WRONLY | os.O_CREATE | os.O_TRUNC, "w+": os.O_RDWR | os.O_CREATE | os.O_TRUNC,
		"wx": os.O_WRONLY | os.O_CREATE | os.O_TRUNC | os.O_EXCL, "wx+": os.O_RDWR | os.O_CREATE | os.O_TRUNC | os.O_EXCL,
		"a": os.O_WRONLY | os.O_CREATE | os.O_APPEND, "a+": os.O_RDWR | os.O_CREATE | os.O_APPEND, "as": os.O_WRONLY | os.O_CREATE | os.O_APPEND,
		"ax": os.O_WRONLY | os.O_CREATE | os.O_APPEND | os.O_EXCL, "ax+": os.O_RDWR | os.O_CREATE | os.O_APPEND | os.O_EXCL,
	}[text]
	if !ok {
		return 0, fmt.Errorf("flags %q: %w", text, fs.ErrInvalid)
	}
	return flags, nil
}

// descriptor is an open file.
type descriptor struct {
	fs.File
	appends bool
	at      int64 // of what cannot be read at any place
}

// descriptorNatives are the operations on open files.
func (r *Runtime) descriptorNatives(define func(string, func(givenArgs) (any, error)) error) error {
	// with makes an operation of what it does to an open file.
	with := func(operation string, f func(d *descriptor, a givenArgs) (any, error)) func(a givenArgs) (any, error) {
		return func(a givenArgs) (any, error) {
			d := r.open[a.int(0)]
			if d == nil {
				return nil, &fileError{code: "EBADF", syscall: operation}
			}
			v, err := f(d, a)
			if err != nil {
				return nil, fail(err, operation, "", "")
			}
			return v, nil
		}
	}
	return errors.Join(
		define("open", func(a givenArgs) (any, error) {
			fd, err := r.openFile(a)
			if err != nil {
				return nil, fail(err, "open", a.text(0), "")
			}
			return fd, nil
		}),
		define("close", with("close", func(d *descriptor, a givenArgs) (any, error) {
			delete(r.open, a.int(0))
			return nil, d.Close()
		})),
		define("fstat", with("fstat", func(d *descriptor, _ givenArgs) (any, error) {
			info, err := d.Stat()
			if err != nil {
				return nil, err
			}
			return statOf(info), nil
		})),
		define("fread", with("read", func(d *descriptor, a givenArgs) (any, error) {
			if a.has(2) {
				return d.readAt(a.bytes(1), int64(a.int(2)))
			}
			return d.readOn(a.bytes(1))
		})),
		define("fwrite", with("write", func(d *descriptor, a givenArgs) (any, error) {
			f, ok := d.File.(*os.File)
			if !ok {
				return nil, fs.ErrClosed
			}
			if a.has(2) && !d.appends {
				return f.WriteAt(a.bytes(1), int64(a.int(2)))
			}
			return f.Write(a.bytes(1))
		})),
		define("ftruncate", with("ftruncate", func(d *descriptor, a givenArgs) (any, error) {
			f, ok := d.File.(*os.File)
			if !ok {
				return nil, fs.ErrInvalid
			}
			return nil, f.Truncate(int64(a.int(1)))
		})),
		define("fsync", with("fsync", func(d *descriptor, _ givenArgs) (any, error) {
			if f, ok := d.File.(*os.File); ok {
				return nil, f.Sync()
			}
			return nil, nil
		})),
	)
}

// firstDescriptor is the number of the first file that is opened; those below it are the standard streams.
const firstDescriptor = 3

// openFile opens a file, for reading or writing, and gives its number.
func (r *Runtime) openFile(a givenArgs) (int, error) {
	name, err := r.files.local(a.text(0))
	if err != nil {
		return 0, err
	}
	flags, err := openFlags(a.text(1))
	if err != nil {
		return 0, err
	}
	if len(r.open) >= maxOpen {
		return 0, &os.PathError{Op: "open", Path: name, Err: errTooMany}
	}
	d := &descriptor{appends: flags&os.O_APPEND != 0}
	if flags == os.O_RDONLY {
		d.File, err = r.files.open(name)
	} else {
		var f *os.File
		if f, err = r.files.create(name, flags, fs.FileMode(a.int(2))); err == nil {
			d.File = f
		}
	}
	if err != nil {
		return 0, err
	}
	fd := firstDescriptor
	for r.open[fd] != nil {
		fd++
	}
	r.open[fd] = d
	return fd, nil
}

// readOn reads on from where it has read to.
func (d *descriptor) readOn(b []byte) (int, error) {
	n, err := io.ReadFull(d.File, b)
	d.at += int64(n)
	return n, notEnd(err)
}

func (d *descriptor) readAt(b []byte, at int64) (int, error) {
	if f, ok := d.File.(io.ReaderAt); ok {
		n, err := f.ReadAt(b, at)
		return n, notEnd(err)
	}
	f, ok := d.File.(io.Seeker)
	if !ok {
		return 0, fs.ErrInvalid
	}
	if _, err := f.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(d.File, b)
	_, seek := f.Seek(d.at, io.SeekStart)
	return n, errors.Join(notEnd(err), seek)
}

// notEnd is an error unless it is that of the end: that is no error when reading.
func notEnd(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// closeFiles closes what the processor has left open.
func (r *Runtime) closeFiles() {
	for fd, d := range r.open {
		_ = d.Close() // what was written was written
		delete(r.open, fd)
	}
	r.files.close()
}

// osNatives tell module os of the machine.
func osNatives(r *Runtime, internal *goja.Object) error {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	return setAll(internal, map[string]any{
		"hostname": hostname,
		"cpus":     runtime.GOMAXPROCS(0),
		"tmpdir": func() string {
			// Without a folder to write to, writing there tells so.
			_, _ = r.files.mkdir("tmp", true, 0o777)
			return path.Join(ScriptRoot, "tmp")
		},
	})
}
