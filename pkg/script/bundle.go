package script

import (
	"archive/zip"
	"compress/flate"
	"fmt"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// bundleTime is when every file of a bundle was changed: the earliest time a zip
// can tell. The same files then make the same bytes.
var bundleTime = time.Date(1980, time.January, 1, 0, 0, 0, 0, time.UTC)

// WriteBundle writes the named files of fsys as a zip, each under its path
// relative to root. The same files make the same bytes on every machine and in
// whatever order they are named. A name outside root is an error.
func WriteBundle(w io.Writer, fsys fs.FS, root string, names []string) error {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	z := zip.NewWriter(w)
	z.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, name := range names {
		if err := addFile(z, fsys, root, name); err != nil {
			return fmt.Errorf("bundling %s: %w", name, err)
		}
	}
	if err := z.Close(); err != nil {
		return fmt.Errorf("ending the bundle: %w", err)
	}
	return nil
}

func addFile(z *zip.Writer, fsys fs.FS, root, name string) error {
	inside := name
	if root = path.Clean(root); root != "." {
		var ok bool
		if inside, ok = strings.CutPrefix(name, root+"/"); !ok {
			return fmt.Errorf("it is not in the folder %s", root)
		}
	}
	data, err := fs.ReadFile(fsys, name)
	if err != nil {
		return err
	}
	header := &zip.FileHeader{Name: inside, Method: zip.Deflate, Modified: bundleTime}
	header.SetMode(0o644)
	out, err := z.CreateHeader(header)
	if err != nil {
		return err
	}
	_, err = out.Write(data)
	return err
}
