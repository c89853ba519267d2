package bundle

import (
	"os"
	"path"
	"strings"
	"testing"
)

func TestNamedFiles(t *testing.T) {
	there := files{
		"load.yml": "", "d.json": "{}", "data/a.csv": "", "data/b.txt": "", "data/deep/c.txt": "",
		"lib/d.json": "{}", "lib/tpl.html": "", "node_modules/x/index.js": `module.exports = "./data/b.txt"`, "node_modules/x/x.txt": "",
	}
	tests := []struct {
		name, text string
		want       string
	}{
		{"relative to the script", `require("fs").readFileSync("./data/a.csv", "utf8")`, "data/a.csv"},
		{"without a dot, single quotes", `require("fs").readFileSync('data/a.csv')`, "data/a.csv"},
		{"template", "require('fs').readFileSync(`data/a.csv`)", "data/a.csv"},
		{"joined with the folder", `require("path").join(__dirname, "data", "deep", "c.txt")`, "data/deep/c.txt"},
		{"resolved", `const { resolve } = require("path"); resolve(process.cwd(), "data/deep/../b.txt")`, "data/b.txt"},
		{"one of a join alone", `const base = "./data"; require("path").join(base, "a.csv", x); "lib/tpl.html"`, "lib/tpl.html"},
		{"behind the folder and a plus", `const f = __dirname + "/data/b.txt"`, "data/b.txt"},
		{"in a template behind the folder", "const f = `${__dirname}/data/b.txt`", "data/b.txt"},
		{"within an expression of a template", "const f = `x${g('data/b.txt', `y${'data/a.csv'}`)}z`", "data/a.csv data/b.txt"},
		{"a URL", `export const f = new URL("./data/a.csv", import.meta.url)`, "data/a.csv"},
		{"relative to the module", `require("./lib/q")`, "lib/tpl.html"},
		{"a module is no such file", `require("./d.json"); require("./lib/d.json")`, ""},
		{"unless it is read as well", `require("./d.json"); readFile("d.json")`, "d.json"},
		{"one that is required in vain", `const r = module.createRequire(x); r("./d.json")`, "d.json"},
		{"an import is none", `import d from "./d.json"; export { d }`, ""},
		{"of packages", `require("x")`, ""},
		{"in a package's folder", `read("node_modules/x/x.txt")`, ""},
		{"a folder", `read("data"); read("."); read("lib/")`, ""},
		{"an absolute path", `read("/data/a.csv"); get("/d.json")`, ""},
		{"in a comment", "// 'data/a.csv'\n/* \"data/b.txt\" */ exports.a = 1 // `data/b.txt`", ""},
		{"behind regular expressions", `exports.a = x => x.replace(/"/g, "").split(/['/]/) / 2; read("data/b.txt")`, "data/b.txt"},
		{"behind a division", `exports.a = (x) / 2 / y; read("data/b.txt")`, "data/b.txt"},
		{"with an escaped quote before it", `say('it\'s', "data/b.txt")`, "data/b.txt"},
		{"what travels anyway", `read("./load.yml")`, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			there["p.js"] = test.text
			there["lib/q.js"] = `exports.f = () => read("tpl.html")`
			dir := there.write(t)
			r, err := Processor("/", dir+"/p.js", Options{Script: dir + "/load.yml"})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range r.Files {
				got = append(got, strings.TrimPrefix(f, dir+"/"))
			}
			if got := strings.Join(got, " "); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

// TestNamedFileAbove has a file above all that was known: the folder that travels grows, and the
// module's place in it goes with that.
func TestNamedFileAbove(t *testing.T) {
	dir := files{"schemas/x.json": "{}", "tests/api/load.yml": "", "tests/api/p.js": `exports.here = [__dirname, require("path") && "../../schemas/x.json"][0]`}.write(t)
	r, err := Processor("/", dir+"/tests/api/p.js", Options{Script: dir + "/tests/api/load.yml", Files: []string{dir + "/tests/users.csv"}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Root != dir || len(r.Files) != 1 || r.Files[0] != dir+"/schemas/x.json" {
		t.Errorf("root %s, files %v", r.Root, r.Files)
	}
	if got := run(t, r).eval(t, "p.here"); got != "/salvo/script/tests/api" {
		t.Errorf("the module is in %v", got)
	}
}

func TestRootOfKnownFiles(t *testing.T) {
	dir := files{"tests/load.yml": "", "tests/p.js": `exports.here = __dirname`}.write(t)
	for _, test := range []struct{ name, file, root, here string }{
		{"beside the script", "tests/users.csv", "tests", "/salvo/script"},
		{"above it", "users.csv", ".", "/salvo/script/tests"},
		{"in a folder whose name begins alike", "tests2/users.csv", ".", "/salvo/script/tests"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, err := Processor("/", dir+"/tests/p.js", Options{Script: dir + "/tests/load.yml", Files: []string{dir + "/" + test.file}})
			if err != nil {
				t.Fatal(err)
			}
			if want := path.Join(dir, test.root); r.Root != want {
				t.Errorf("root %s, want %s", r.Root, want)
			}
			if got := run(t, r).eval(t, "p.here"); got != test.here {
				t.Errorf("the module is in %v, want %s", got, test.here)
			}
		})
	}
}

func TestNamedFilesAreBounded(t *testing.T) {
	dir := files{"load.yml": "", "a.txt": "a", "b.bin": "", "c.txt": "c", "p.js": "read('a.txt')\nread('b.bin')\nread('c.txt')"}.write(t)
	if err := os.Truncate("/"+dir+"/b.bin", maxNamed); err != nil {
		t.Fatal(err)
	}
	r, err := Processor("/", dir+"/p.js", Options{Script: dir + "/load.yml"})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Files) != 2 {
		t.Errorf("files %v", r.Files)
	}
	if want := "p.js:2:6: the file b.bin does not travel with the script: the files that the code names have more than 10 MiB in all; name it in config.includeFiles"; len(r.Warnings) != 1 || strings.ReplaceAll(r.Warnings[0].Error(), dir+"/", "") != want {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

// FuzzTokens holds that any text ends, and that every token is where it says.
func FuzzTokens(f *testing.F) {
	for _, seed := range []string{"`${`${'a'}`}`", "a = b / c /'x'/ 2", "/[/'\"]/.test(\"é\")", "'\\", "`${{}}`", "\"a\nb\"", "/*", "}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		lines := strings.Split(text, "\n")
		for _, tok := range tokens(text) {
			if tok.line < 1 || tok.line > len(lines) || tok.column < 1 || tok.column > len([]rune(lines[tok.line-1]))+1 {
				t.Fatalf("%+v is outside %q", tok, text)
			}
		}
	})
}

// FuzzSourceMap holds that what was read and written again is the same.
func FuzzSourceMap(f *testing.F) {
	f.Add(";;AAAA;AACA,SAAS,IAAI;EADhCAC", uint16(3), uint16(1), uint16(7))
	f.Add("gggggggggggggggggggC", uint16(0), uint16(0), uint16(0))
	f.Fuzz(func(t *testing.T, mappings string, line, column, by uint16) {
		m, err := readSourceMap([]byte(`{"version":3,"sources":["a","b"],"names":[],"mappings":` + quote(mappings) + `}`))
		if err != nil {
			return
		}
		first, err := m.write()
		if err != nil {
			t.Fatal(err)
		}
		again, err := readSourceMap(first)
		if err != nil {
			t.Fatalf("%v from %q", err, mappings)
		}
		again.move(int(line), int(column), int(by))
		again.find(int(line), int(column))
		if again, err = readSourceMap(first); err != nil {
			t.Fatal(err)
		}
		if second, err := again.write(); err != nil || string(second) != string(first) {
			t.Fatalf("%s, then %s: %v", first, second, err)
		}
	})
}
