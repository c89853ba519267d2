package script

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

func TestBundleIsDeterministic(t *testing.T) {
	at := func(when time.Time) fstest.MapFS {
		return fstest.MapFS{
			"a/load.yml":   {Data: []byte("config: {target: \"http://127.0.0.1\", payload: {path: ../d/u.csv, fields: [u]}}\nscenarios: [{flow: [{get: {url: /}}]}]\n"), ModTime: when, Mode: 0o600},
			"d/u.csv":      {Data: []byte(strings.Repeat("1\n", 1000)), ModTime: when},
			"not/asked.md": {Data: []byte("x")},
		}
	}
	bundle := func(fsys fstest.MapFS, names ...string) []byte {
		var b bytes.Buffer
		if err := WriteBundle(&b, fsys, ".", names); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	first := bundle(at(time.Unix(1e9, 0)), "a/load.yml", "d/u.csv")
	second := bundle(at(time.Unix(2e9, 0)), "d/u.csv", "a/load.yml", "d/u.csv")
	if !bytes.Equal(first, second) {
		t.Error("the same files make two bundles")
	}
	z, err := zip.NewReader(bytes.NewReader(first), int64(len(first)))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range z.File {
		names = append(names, f.Name)
	}
	if !slices.Equal(names, []string{"a/load.yml", "d/u.csv"}) {
		t.Errorf("the bundle has %v", names)
	}
	s, _, err := Load(z, "a/load.yml", Options{})
	if err != nil || len(s.Config.Payload[0].Rows) != 1000 {
		t.Errorf("loading the script from the bundle: %v", err)
	}
}

func TestBundleRoot(t *testing.T) {
	fsys := fstest.MapFS{"x/a/load.yml": {Data: []byte("1")}, "y/b": {Data: []byte("2")}}
	var b bytes.Buffer
	if err := WriteBundle(&b, fsys, "x/", []string{"x/a/load.yml"}); err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil || len(z.File) != 1 || z.File[0].Name != "a/load.yml" {
		t.Errorf("got %v, %v", z.File, err)
	}
	if err := WriteBundle(io.Discard, fsys, "x", []string{"y/b"}); err == nil {
		t.Error("a file outside of the root was bundled")
	}
	if err := WriteBundle(io.Discard, fsys, ".", []string{"y/c"}); err == nil {
		t.Error("a file that does not exist was bundled")
	}
}

func TestFilesTellsFaults(t *testing.T) {
	fsys := fstest.MapFS{"load.yml": {Data: []byte("scenarios: []\n")}}
	if _, err := Files(fsys, "load.yml", Options{}); err == nil {
		t.Error("a broken script has files")
	}
	if _, err := Files(fsys, "other.yml", Options{}); err == nil {
		t.Error("a script that does not exist has files")
	}
}
