package bundle

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// maxNamed is how many bytes of files travel because the code names them.
const maxNamed = 10 << 20

// named is a text in the code that could name a file.
type named struct {
	path         string // relative
	module       bool   // require or import has it
	line, column int    // from 1
}

// namedFiles lists what could name a file in a text of JavaScript or TypeScript: strings and
// templates, each alone and those of one call of join or resolve together.
func namedFiles(text string) []named {
	var out []named
	toks := tokens(text)
	for i, t := range toks {
		if t.kind == identToken && (t.text == "join" || t.text == "resolve") && i+1 < len(toks) && toks[i+1].text == "(" {
			if parts := arguments(toks[i+2:]); len(parts) > 1 {
				out = append(out, named{path: path.Join(parts...), line: t.line, column: t.column})
			}
			continue
		}
		if t.kind != stringToken {
			continue
		}
		n := named{path: t.text, line: t.line, column: t.column}
		if i > 1 && toks[i-1].text == "+" && isHere(toks[i-2].text) {
			n.path = strings.TrimLeft(n.path, "/")
		}
		n.module = i > 0 && (toks[i-1].text == "from" || toks[i-1].text == "import" ||
			i > 1 && toks[i-1].text == "(" && (toks[i-2].text == "require" || toks[i-2].text == "import"))
		out = append(out, n)
	}
	return slices.DeleteFunc(out, func(n named) bool {
		return n.path == "" || len(n.path) > 1024 || path.IsAbs(n.path) || strings.ContainsAny(n.path, "\x00\n\\")
	})
}

// arguments are the strings among the arguments of a call.
func arguments(toks []token) []string {
	var out []string
	depth := 0
	for _, t := range toks {
		switch {
		case t.kind == stringToken:
			out = append(out, t.text)
		case t.text == "(":
			depth++
		case t.text == ")":
			if depth--; depth < 0 {
				return out
			}
		}
	}
	return out
}

// isHere tells whether an expression's last word is the folder of the module.
func isHere(word string) bool { return word == "__dirname" || word == "dirname" }

// nameFiles finds the files that the code names.
func (b *bundler) nameFiles(built *Result, metafile string) error {
	var meta struct {
		Inputs map[string]struct{} `json:"inputs"`
	}
	if err := json.Unmarshal([]byte(metafile), &meta); err != nil {
		return fmt.Errorf("reading what esbuild bundled: %w", err)
	}
	bundled := map[string]bool{}
	for input := range meta.Inputs {
		bundled[b.slash(b.source(input))] = true
	}
	travels := map[string]bool{b.options.Script: true}
	for _, file := range b.options.Files {
		travels[file] = true
	}
	type found struct {
		size int64
		at   Fault
	}
	files := map[string]found{}
	for _, module := range sortedKeys(b.literal) {
		from := b.slash(module)
		for _, n := range b.literal[module] {
			for _, folder := range []string{path.Dir(from), b.scriptFolder, b.folder} {
				file := path.Join(folder, n.path)
				if travels[file] || ofPackage(file) || n.module && bundled[file] || strings.HasPrefix(file, "../") {
					continue
				}
				if _, known := files[file]; known {
					continue
				}
				if info, err := os.Stat(b.disk(file)); err == nil && info.Mode().IsRegular() {
					files[file] = found{info.Size(), Fault{File: from, Line: n.line, Column: n.column}}
				}
			}
		}
	}
	var total int64
	for _, file := range sortedKeys(files) {
		f := files[file]
		if total+f.size > maxNamed {
			f.at.Message = fmt.Sprintf("the file %s does not travel with the script: the files that the code names have more than %d MiB in all; name it in config.includeFiles", b.besideScript(file), maxNamed>>20)
			built.Warnings = append(built.Warnings, f.at)
			continue
		}
		total += f.size
		built.Files = append(built.Files, file)
	}
	return nil
}

// besideScript is a file as the script would name it.
func (b *bundler) besideScript(file string) string {
	if rel, err := filepath.Rel(filepath.FromSlash(b.scriptFolder), filepath.FromSlash(file)); err == nil {
		return filepath.ToSlash(rel)
	}
	return file
}
