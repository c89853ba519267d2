package script

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files")

const badFolder = "../../test/testdata/bad"

// TestBadScripts holds what is said of each broken script, word for word: it is
// what a user gets to read.
func TestBadScripts(t *testing.T) {
	fsys := os.DirFS(badFolder)
	names, err := filepath.Glob(filepath.Join(badFolder, "[0-9]*"))
	if err != nil {
		t.Fatal(err)
	}
	scripts := 0
	for _, name := range names {
		base := filepath.Base(name)
		if strings.HasSuffix(base, ".txt") {
			continue
		}
		scripts++
		t.Run(base, func(t *testing.T) {
			s, warnings, err := Load(fsys, base, Options{})
			if err == nil || s != nil {
				t.Fatal("a broken script was loaded")
			}
			got := []byte(err.Error() + "\n")
			if len(warnings) > 0 {
				got = append(got, warnings.Error()+"\n"...)
			}
			golden := filepath.Join(badFolder, strings.TrimSuffix(base, filepath.Ext(base))+".txt")
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
	if scripts < 32 {
		t.Errorf("only %d broken scripts were found in %s", scripts, badFolder)
	}
}
