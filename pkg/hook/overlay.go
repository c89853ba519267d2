package hook

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// overlay are the files that a processor sees: those that travel with its script, and over them those
// that it has written, which lie at the same places in the run's own directory. The former stay as
// they are: one that is changed is copied first, and one that is deleted is hidden. Nothing else can
// be reached, not by links either.
type overlay struct {
	lower fs.FS // nil for none
	dir   string
	cwd   string // absolute, as processors see it

	mu     sync.Mutex
	upper  *os.Root            // of dir, opened when it is first written to
	hidden map[string]struct{} // of lower: the files and folders that were deleted
}

// fileError is an error of the operating system in Node.js's form.
type fileError struct {
	code, syscall, path, dest, more string
}

// errno are the numbers of errors by their codes.
var errno = map[string]int{
	"EPERM": -1, "ENOENT": -2, "EIO": -5, "EBADF": -9, "EACCES": -13, "EEXIST": -17, "EXDEV": -18, "ENOTDIR": -20, "EISDIR": -21,
	"EINVAL": -22, "EMFILE": -24, "EFBIG": -27, "ENOSPC": -28, "EROFS": -30, "ENOTEMPTY": -39, "ELOOP": -40,
}

var errnoTexts = map[string]string{
	"EPERM": "operation not permitted", "ENOENT": "no such file or directory", "EIO": "i/o error", "EBADF": "bad file descriptor",
	"EACCES": "permission denied", "EEXIST": "file already exists", "EXDEV": "cross-device link not permitted",
	"ENOTDIR": "not a directory", "EISDIR": "illegal operation on a directory", "EINVAL": "invalid argument",
	"EMFILE": "too many open files", "EFBIG": "file too large", "ENOSPC": "no space left on device",
	"EROFS": "read-only file system", "ENOTEMPTY": "directory not empty", "ELOOP": "too many symbolic links encountered",
}

func (e *fileError) Error() string {
	text := fmt.Sprintf("%s: %s, %s", e.code, errnoTexts[e.code], e.syscall)
	if e.path != "" {
		text += fmt.Sprintf(" '%s'", e.path)
	}
	if e.dest != "" {
		text += fmt.Sprintf(" -> '%s'", e.dest)
	}
	return text + e.more
}

// JavaScript implements coded.
func (e *fileError) JavaScript() (constructor, code, message string) {
	return "Error", e.code, e.Error()
}

func (e *fileError) properties() []property {
	all := []property{{"errno", errno[e.code]}, {"syscall", e.syscall}}
	if e.path != "" {
		all = append(all, property{"path", e.path})
	}
	if e.dest != "" {
		all = append(all, property{"dest", e.dest})
	}
	return all
}

// systemCode is the code of an error in Go.
func systemCode(err error) string {
	for _, known := range []struct {
		err  error
		code string
	}{
		{syscall.ENOTDIR, "ENOTDIR"}, {syscall.EISDIR, "EISDIR"}, {syscall.ENOTEMPTY, "ENOTEMPTY"}, {syscall.ENOSPC, "ENOSPC"},
		{syscall.ELOOP, "ELOOP"}, {syscall.EMFILE, "EMFILE"}, {syscall.EFBIG, "EFBIG"}, {syscall.EXDEV, "EXDEV"}, {syscall.EINVAL, "EINVAL"},
		{syscall.EROFS, "EROFS"}, {syscall.EBADF, "EBADF"}, {fs.ErrNotExist, "ENOENT"}, {fs.ErrExist, "EEXIST"}, {fs.ErrPermission, "EACCES"},
		{fs.ErrInvalid, "EINVAL"}, {fs.ErrClosed, "EBADF"},
	} {
		if errors.Is(err, known.err) {
			return known.code
		}
	}
	if strings.Contains(err.Error(), "escapes from parent") { // os.Root has no value for it
		return "EACCES"
	}
	return "EIO"
}

// Errors that have no value in package fs.
var (
	errIsDir    error = syscall.EISDIR
	errNotDir   error = syscall.ENOTDIR
	errNotEmpty error = syscall.ENOTEMPTY
	errCrosses  error = syscall.EXDEV
	errReadOnly error = syscall.EROFS
	errTooMany  error = syscall.EMFILE
)

// errOutside tells that a path is not among the files.
var errOutside = errors.New("outside")

// local is a path as package fs has it, below ScriptRoot.
func (v *overlay) local(name string) (string, error) {
	if !path.IsAbs(name) {
		name = path.Join(v.cwd, name)
	}
	name = path.Clean(name)
	if name == ScriptRoot {
		return ".", nil
	}
	rest, below := strings.CutPrefix(name, ScriptRoot+"/")
	if !below {
		return "", errOutside
	}
	return rest, nil
}

// fail makes an error in Node.js's form of one of an operation.
func fail(err error, operation, name, dest string) error {
	if errors.Is(err, errOutside) {
		return &fileError{"EACCES", operation, name, dest,
			fmt.Sprintf(". Processors read the files that travel with their script, and write to the run's own folder: both are below %s", ScriptRoot)}
	}
	return &fileError{systemCode(err), operation, name, dest, ""}
}

// written is the folder of what was written, nil as long as there is none.
func (v *overlay) written() *os.Root {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.upper == nil && v.dir != "" {
		if root, err := os.OpenRoot(v.dir); err == nil {
			v.upper = root
		}
	}
	return v.upper
}

// writable is written, made if need be.
func (v *overlay) writable() (*os.Root, error) {
	if v.dir == "" {
		return nil, errReadOnly
	}
	if root := v.written(); root != nil {
		return root, nil
	}
	if err := os.MkdirAll(v.dir, 0o777); err != nil {
		return nil, err
	}
	if root := v.written(); root != nil {
		return root, nil
	}
	return nil, fs.ErrPermission
}

func (v *overlay) close() {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.upper != nil {
		_ = v.upper.Close() // it is only a handle
		v.upper, v.dir = nil, ""
	}
}

// shows tells whether a path of lower, or what it lies in, was not deleted.
func (v *overlay) shows(name string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	for ; name != "."; name = path.Dir(name) {
		if _, gone := v.hidden[name]; gone {
			return false
		}
	}
	return true
}

func (v *overlay) hide(name string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.hidden == nil {
		v.hidden = map[string]struct{}{}
	}
	v.hidden[name] = struct{}{}
}

func (v *overlay) statLower(name string) (fs.FileInfo, error) {
	if v.lower == nil || !v.shows(name) {
		if name == "." {
			return rootInfo{}, nil
		}
		return nil, fs.ErrNotExist
	}
	return fs.Stat(v.lower, name)
}

// stat tells of a file, and whether it is one that was written.
func (v *overlay) stat(name string) (info fs.FileInfo, isWritten bool, err error) {
	if root := v.written(); root != nil {
		info, err := root.Stat(name)
		if err == nil || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errNotDir) {
			return info, true, err
		}
		if lower, lowerErr := v.statLower(name); lowerErr == nil {
			return lower, false, nil
		}
		return nil, false, err
	}
	info, err = v.statLower(name)
	return info, false, err
}

func (v *overlay) open(name string) (fs.File, error) {
	info, isWritten, err := v.stat(name)
	switch {
	case err != nil:
		return nil, err
	case info.IsDir():
		return nil, errIsDir
	case isWritten:
		return v.written().Open(name)
	}
	return v.lower.Open(name)
}

func (v *overlay) read(name string) ([]byte, error) {
	f, err := v.open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(f)
}

// list gives what is in a folder, by name.
func (v *overlay) list(name string) ([]fs.DirEntry, error) {
	info, _, err := v.stat(name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errNotDir
	}
	byName := map[string]fs.DirEntry{}
	if v.lower != nil && v.shows(name) {
		entries, err := fs.ReadDir(v.lower, name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			if v.shows(path.Join(name, e.Name())) {
				byName[e.Name()] = e
			}
		}
	}
	if root := v.written(); root != nil {
		entries, err := fs.ReadDir(root.FS(), name)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		for _, e := range entries {
			byName[e.Name()] = e
		}
	}
	all := make([]fs.DirEntry, 0, len(byName))
	for _, e := range byName {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return all, nil
}

// ready makes the folder that a file is to be written to, when it is among the files.
func (v *overlay) ready(name string) (*os.Root, error) {
	dir := path.Dir(name)
	info, isWritten, err := v.stat(dir)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, errNotDir
	}
	root, err := v.writable()
	if err == nil && !isWritten && dir != "." {
		err = root.MkdirAll(dir, 0o777)
	}
	return root, err
}

// create opens a file for writing. With os.O_APPEND, and without os.O_TRUNC, it begins as it is now.
func (v *overlay) create(name string, flags int, mode fs.FileMode) (*os.File, error) {
	info, isWritten, err := v.stat(name)
	switch {
	case err == nil && info.IsDir():
		return nil, errIsDir
	case err == nil && flags&os.O_EXCL != 0:
		return nil, fs.ErrExist
	case err != nil && (flags&os.O_CREATE == 0 || !errors.Is(err, fs.ErrNotExist)):
		return nil, err
	}
	there := err == nil
	root, err := v.ready(name)
	if err != nil {
		return nil, err
	}
	if there && !isWritten && flags&os.O_TRUNC == 0 {
		if err := v.copyUp(root, name); err != nil {
			return nil, err
		}
	}
	return root.OpenFile(name, flags|os.O_CREATE, mode)
}

// copyUp copies a file of the script to where it can be written.
func (v *overlay) copyUp(root *os.Root, name string) error {
	b, err := fs.ReadFile(v.lower, name)
	if err != nil {
		return err
	}
	return root.WriteFile(name, b, 0o666)
}

func (v *overlay) write(name string, b []byte, flags int, mode fs.FileMode) error {
	f, err := v.create(name, flags, mode)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// mkdir makes a folder, with all, the first of them that was missing is returned.
func (v *overlay) mkdir(name string, all bool, mode fs.FileMode) (first string, err error) {
	info, _, err := v.stat(name)
	if err == nil {
		if all && info.IsDir() {
			return "", nil
		}
		return "", fs.ErrExist
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	if all {
		if first, err = v.mkdir(path.Dir(name), true, mode); err != nil {
			return "", err
		}
	}
	root, err := v.ready(name)
	if err != nil {
		return "", err
	}
	if first == "" {
		first = name
	}
	return first, root.Mkdir(name, mode)
}

// remove deletes a file, or a folder, which must be empty unless all that is in it is to go, too.
func (v *overlay) remove(name string, isDir, all bool) error {
	info, isWritten, err := v.stat(name)
	switch {
	case err != nil:
		return err
	case name == ".":
		return fs.ErrPermission
	case isDir && !info.IsDir():
		return errNotDir
	case !isDir && !all && info.IsDir():
		return errIsDir
	}
	if info.IsDir() && !all {
		entries, err := v.list(name)
		if err != nil {
			return err
		}
		if len(entries) > 0 {
			return errNotEmpty
		}
	}
	if _, err := v.writable(); err != nil {
		return err
	}
	if isWritten {
		if err := v.written().RemoveAll(name); err != nil {
			return err
		}
	}
	if _, err := v.statLower(name); err == nil {
		v.hide(name)
	}
	return nil
}

// rename gives a file another name. A folder of the script's own cannot be renamed.
func (v *overlay) rename(from, to string) error {
	info, isWritten, err := v.stat(from)
	if err != nil {
		return err
	}
	_, lowerErr := v.statLower(from)
	if info.IsDir() && lowerErr == nil {
		return errCrosses
	}
	if target, _, err := v.stat(to); err == nil && target.IsDir() != info.IsDir() {
		if target.IsDir() {
			return errIsDir
		}
		return errNotDir
	}
	root, err := v.ready(to)
	if err != nil {
		return err
	}
	if !isWritten {
		if root, err = v.ready(from); err != nil {
			return err
		}
		if err := v.copyUp(root, from); err != nil {
			return err
		}
	}
	if err := root.Rename(from, to); err != nil {
		return err
	}
	if lowerErr == nil {
		v.hide(from)
	}
	return nil
}

// rootInfo is the folder of the script when there are no files.
type rootInfo struct{ fs.FileInfo }

func (rootInfo) Name() string       { return "." }
func (rootInfo) Size() int64        { return 0 }
func (rootInfo) Mode() fs.FileMode  { return fs.ModeDir | 0o755 }
func (rootInfo) IsDir() bool        { return true }
func (rootInfo) ModTime() time.Time { return time.Time{} }
