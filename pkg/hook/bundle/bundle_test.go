package bundle

import (
	"slices"
	"strings"
	"testing"
)

func TestModuleForms(t *testing.T) {
	tests := []struct {
		name      string
		files     files
		processor string
		expr      string
		want      any
	}{
		{"CommonJS", files{"p.js": `module.exports = { hi: () => "hi" }; `}, "p.js", `p.hi()`, "hi"},
		{"CommonJS is module.exports itself", files{"p.js": `class P { hi() { return this.x } }; module.exports = new P(); module.exports.x = "hi"`}, "p.js", `p.hi()`, "hi"},
		{"exports added later are seen", files{"p.js": `exports.late = () => { exports.more = 1 }`}, "p.js", `p.late(), p.more`, int64(1)},
		{".cjs", files{"p.cjs": `exports.hi = () => this === module.exports`}, "p.cjs", `p.hi()`, true},
		{".cjs in a package of ES modules", files{"package.json": `{"type":"module"}`, "p.cjs": `exports.hi = 1`}, "p.cjs", `p.hi`, int64(1)},
		{".mjs", files{"p.mjs": `export const hi = () => "hi"`}, "p.mjs", `p.hi()`, "hi"},
		{".js in a package of ES modules", files{"package.json": `{"type":"module"}`, "p.js": `export function hi() { return "hi" }`}, "p.js", `p.hi()`, "hi"},
		{".js that uses export", files{"p.js": `export const hi = "hi"`}, "p.js", `p.hi`, "hi"},
		{"default export", files{"p.mjs": `export default { a: 1, b: 1 }; export const b = 2`}, "p.mjs", `p.a + p.b`, int64(3)},
		{"default function", files{"p.mjs": `export default function hi() { return "hi" }`}, "p.mjs", `p.default()`, "hi"},
		{"compiled from an ES module", files{"p.js": `Object.defineProperty(exports, "__esModule", {value: true}); exports.default = { a: 1 }; exports.b = 2`}, "p.js", `p.a + p.b`, int64(3)},
		{"the same beside a module package", files{"package.json": `{"type":"module"}`, "p.cjs": `exports.__esModule = true; exports.default = { a: 1 }; exports.b = 2`}, "p.cjs", `p.a + p.b`, int64(3)},
		{"top-level await", files{"p.mjs": `export const hi = await Promise.resolve("hi")`}, "p.mjs", `p.hi`, "hi"},
		{"top-level await further in", files{"p.mjs": `export { hi } from "./q.mjs"`, "q.mjs": `await 1; export const hi = await Promise.resolve("hi")`}, "p.mjs", `p.hi`, "hi"},
		{"TypeScript", files{"p.ts": "interface A { a: number }\nexport const hi = async (a: A): Promise<number> => a!.a as number; enum E { X = 3 }; export const e = E.X"}, "p.ts", `p.hi({a: 4})`, int64(4)},
		{".mts", files{"p.mts": `export const hi: string = "hi"`}, "p.mts", `p.hi`, "hi"},
		{".cts", files{"p.cts": `const hi: string = "hi"; export = { hi }`}, "p.cts", `p.hi`, "hi"},
		{"TypeScript's paths", files{"tsconfig.json": `{"compilerOptions":{"baseUrl":".","paths":{"@lib/*":["lib/*"]}}}`, "p.ts": `export { hi } from "@lib/hi"`, "lib/hi.ts": `export const hi = "hi"`}, "p.ts", `p.hi`, "hi"},
		{"TypeScript imports .js that is .ts", files{"p.ts": `export { hi } from "./hi.js"`, "hi.ts": `export const hi = "hi"`}, "p.ts", `p.hi`, "hi"},
		{"type errors do not matter", files{"p.ts": `export const hi: number = "hi"`}, "p.ts", `p.hi`, "hi"},
		{"JSON", files{"p.js": `exports.hi = require("./d.json").hi`, "d.json": `{"hi": "hi"}`}, "p.js", `p.hi`, "hi"},
		{"JSON with attributes", files{"p.mjs": `import d from "./d.json" with { type: "json" }; export const hi = d.hi`, "d.json": `{"hi": "hi"}`}, "p.mjs", `p.hi`, "hi"},
		{"require and import in one", files{"p.js": `import { a } from "./a.mjs"; const b = require("./b"); export const sum = a + b.b`, "a.mjs": `export const a = 1`, "b.js": `exports.b = 2`}, "p.js", `p.sum`, int64(3)},
		{"createRequire", files{"p.mjs": "import { createRequire } from 'node:module';\nconst require = createRequire(import.meta.url);\nexport const hi = require('./d.json').hi", "d.json": `{"hi": "hi"}`}, "p.mjs", `p.hi`, "hi"},
		{"no extension", files{"p.js": `exports.hi = "hi"`}, "p", `p.hi`, "hi"},
		{"a folder with an index", files{"p/index.js": `exports.hi = "hi"`}, "p", `p.hi`, "hi"},
		{"a folder with a main file", files{"p/package.json": `{"main":"lib/main"}`, "p/lib/main.js": `exports.hi = "hi"`}, "p", `p.hi`, "hi"},
		{"JavaScript before TypeScript of the same name", files{"p.js": `exports.hi = require("./q").hi`, "q.js": `exports.hi = "js"`, "q.ts": `export const hi = "ts"`}, "p.js", `p.hi`, "js"},
		{"TypeScript first for TypeScript", files{"p.ts": `export { hi } from "./q"`, "q.js": `exports.hi = "js"`, "q.ts": `export const hi = "ts"`}, "p.ts", `p.hi`, "ts"},
		{"a module is there once", files{"p.js": `require("./q").n++; exports.n = require("./q.js").n`, "q.js": `exports.n = 1`}, "p.js", `p.n`, int64(2)},
		{"import() of a file", files{"p.js": `exports.hi = async () => (await import("./q.mjs")).hi`, "q.mjs": `export const hi = "hi"`}, "p.js", `p.hi()`, "hi"},
		{"names that would clash", files{"p.mjs": `import { x } from "./q.mjs"; const publish = 1, processor = 2, require = 3, exported = 4; export const n = publish + processor + require + exported + x`, "q.mjs": `const publish = 10; export const x = publish`}, "p.mjs", `p.n`, int64(20)},
		{"sloppy CommonJS", files{"p.js": `undeclared = 010; exports.n = undeclared; exports.f = function () { { function g() { return 1 } } return g() }`}, "p.js", `p.n + p.f()`, int64(9)},
		{"a byte order mark", files{"p.js": "\ufeffexports.hi = __dirname"}, "p.js", `p.hi`, "/salvo/script"},
		{"a hashbang", files{"p.js": "#!/usr/bin/env node\nexports.hi = __dirname"}, "p.js", `p.hi`, "/salvo/script"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := bundleOf(t, test.files, test.processor)
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, r).eval(t, test.expr); got != test.want {
				t.Errorf("got %v, want %v from\n%s", got, test.want, r.Code)
			}
			if len(r.Warnings) > 0 {
				t.Errorf("warnings: %v", r.Warnings)
			}
		})
	}
}

func TestPackages(t *testing.T) {
	tests := []struct {
		name  string
		files files
		expr  string // of a processor that is CommonJS
		want  any
	}{
		{"main", files{"node_modules/x/package.json": `{"main":"./m.js"}`, "node_modules/x/m.js": `exports.v = 1`}, `require("x").v`, int64(1)},
		{"main before module", files{"node_modules/x/package.json": `{"main":"./m.js","module":"./e.js"}`, "node_modules/x/m.js": `exports.v = "main"`, "node_modules/x/e.js": `export const v = "module"`}, `require("x").v`, "main"},
		{"main before browser", files{"node_modules/x/package.json": `{"main":"./m.js","browser":"./b.js"}`, "node_modules/x/m.js": `exports.v = "main"`, "node_modules/x/b.js": `exports.v = "browser"`}, `require("x").v`, "main"},
		{"index", files{"node_modules/x/index.js": `exports.v = 1`}, `require("x").v`, int64(1)},
		{"sub-path", files{"node_modules/x/lib/y.js": `exports.v = 1`}, `require("x/lib/y").v`, int64(1)},
		{"scope", files{"node_modules/@s/x/index.js": `exports.v = 1`}, `require("@s/x").v`, int64(1)},
		{"node before default", files{"node_modules/x/package.json": `{"exports":{"browser":"./b.js","module":"./b.js","node":"./n.js","default":"./b.js"}}`, "node_modules/x/n.js": `exports.v = "node"`, "node_modules/x/b.js": `exports.v = "b"`}, `require("x").v`, "node"},
		{"require and import", files{"node_modules/x/package.json": `{"exports":{".":{"import":"./e.mjs","require":"./c.cjs"}}}`, "node_modules/x/e.mjs": `export const v = "import"`, "node_modules/x/c.cjs": `exports.v = "require"`,
			"e.mjs": `export { v } from "x"`}, `require("x").v + " " + require("./e.mjs").v`, "require import"},
		{"exported sub-path", files{"node_modules/x/package.json": `{"exports":{"./*":"./lib/*.js"}}`, "node_modules/x/lib/y.js": `exports.v = 1`}, `require("x/y").v`, int64(1)},
		{"imports", files{"package.json": `{"imports":{"#q":"./q.js"}}`, "q.js": `exports.v = 1`}, `require("#q").v`, int64(1)},
		{"the nearest of two", files{"node_modules/x/index.js": `exports.v = "far"`, "lib/node_modules/x/index.js": `exports.v = "near"`, "lib/q.js": `exports.v = require("x").v`}, `require("x").v + require("./lib/q").v`, "farnear"},
		{"a package of a package", files{"node_modules/x/index.js": `exports.v = require("y").v`, "node_modules/x/node_modules/y/index.js": `exports.v = "inner"`, "node_modules/y/index.js": `exports.v = "outer"`}, `require("x").v`, "inner"},
		{"one that is not there and not needed", files{"node_modules/x/index.js": `try { require("no-such-addon") } catch (e) { exports.v = e.message }`}, `require("x").v`, "cannot find no-such-addon"},
		{"an old version of ws", files{"node_modules/ws/package.json": `{"version":"6.2.3"}`, "node_modules/ws/index.js": `exports.v = 6`, "node_modules/x/index.js": `exports.v = require("ws").v`}, `require("x").v`, int64(6)},
		{"the name of a module of Node.js with a slash", files{"node_modules/punycode/index.js": `exports.v = 1`}, `require("punycode/").v`, int64(1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.files["p.js"] = "exports.v = " + test.expr
			r, err := bundleOf(t, test.files, "p.js")
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, r).eval(t, "p.v"); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestRequireAtRunTime(t *testing.T) {
	tests := []struct {
		name, file, text string
		external         []string
		asked            string
	}{
		{"of Node.js", "p.js", `require("fs"); require("node:fs/promises"); require("util/types")`, nil, "fs fs/promises util/types"},
		{"imported", "p.mjs", `import fs, { readFileSync } from "fs"; import * as path from "node:path/posix"; import "node:test"; fs(readFileSync, path)`, nil, "fs path/posix test"},
		{"exported on", "p.mjs", `export * from "os"; export { x } from "url"; export const a = 1`, nil, "os url"},
		{"import()", "p.mjs", `await import("node:stream/web")`, nil, "stream/web"},
		{"of TypeScript", "p.ts", `import { type B, c } from "dns/promises"; import assert = require("assert/strict"); import type { D } from "dgram"; assert(c)`, nil, "dns/promises assert/strict"},
		{"computed", "p.js", `const n = "x"; require(n + "y"); (async () => import(n))()`, nil, "xy x"},
		{"left out", "p.js", `require("left"); require("left/out"); require("@s/one/two")`, []string{"left", "@s/*"}, "left left/out @s/one/two"},
		{"left out of an ES module", "p.mjs", `import left from "left"; left()`, []string{"left"}, "left"},
		{"WebSockets", "p.mjs", `import WebSocket from "ws"; WebSocket()`, nil, "ws"},
		{"a process", "p.mjs", `import process from "process"; import { Buffer } from "buffer"; process(Buffer)`, nil, "process buffer"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := bundleOf(t, files{test.file: test.text}, test.file, test.external...)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(run(t, r).asked, " "); got != test.asked {
				t.Errorf("asked for %s, want %s of\n%s", got, test.asked, r.Code)
			}
		})
	}
}

func TestPlaces(t *testing.T) {
	dir := files{
		"tests/load.yml": "",
		"tests/p.js":     "'use strict'\nexports.here = [__dirname, __filename, require('../lib/q').here, require('../lib/e.mjs').here, require('z')].join(' '); exports.strict = function () { return this === undefined }",
		"lib/q.js":       `exports.here = __dirname`,
		"lib/e.mjs":      `const __dirname = "own"; export const here = [import.meta.url, import.meta.dirname, import.meta.filename, __dirname].join(" ")`,
		// Above all that travels.
		"node_modules/z/index.js": `module.exports = __filename`,
	}.write(t)
	r, err := Processor("/", dir+"/tests/p.js", Options{Script: dir + "/tests/load.yml"})
	if err != nil {
		t.Fatal(err)
	}
	want := "/salvo/script/tests /salvo/script/tests/p.js /salvo/script/lib file:///salvo/script/lib/e.mjs /salvo/script/lib /salvo/script/lib/e.mjs own /salvo/script/node_modules/z/index.js"
	p := run(t, r)
	if got := p.eval(t, `p.here`); got != want {
		t.Errorf("got  %v\nwant %v", got, want)
	}
	if r.Root != dir {
		t.Errorf("root %s, want %s", r.Root, dir)
	}
	if p.eval(t, `(0, p.strict)()`) != true {
		t.Error("the module is not strict")
	}
}

func TestSameEverywhere(t *testing.T) {
	fs := files{
		"tests/load.yml": "", "tests/p.ts": `import x from "x"; import "../q"; import "node:fs"; export const a = [x, __dirname]`,
		"q.js": `exports.q = __filename; require("./d.json")`, "d.json": `{}`, "node_modules/x/index.js": `module.exports = __dirname`,
	}
	var first *Result
	for range 3 {
		dir := fs.write(t)
		r, err := Processor("/", dir+"/tests/p.ts", Options{Script: dir + "/tests/load.yml"})
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = r
		}
		if string(r.Code) != string(first.Code) || string(r.Map) != string(first.Map) {
			t.Errorf("differs:\n%s\n%s\n%s\n%s", r.Code, first.Code, r.Map, first.Map)
		}
		if text := string(r.Code) + string(r.Map); strings.Contains(text, dir) {
			t.Errorf("names the folder %s: %s", dir, text)
		}
	}
	m, err := readSourceMap(first.Map)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{"p.ts", "../q.js", "../node_modules/x/index.js"} {
		if !slices.Contains(m.Sources, source) {
			t.Errorf("no source %s in %q", source, m.Sources)
		}
	}
}
