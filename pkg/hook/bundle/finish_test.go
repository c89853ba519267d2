package bundle

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-sourcemap/sourcemap"
)

// TestLanguage holds that what Node.js runs is run, be it lowered or not.
func TestLanguage(t *testing.T) {
	const asyncIterator = `Symbol.asyncIterator ?? Object.defineProperty(Symbol, "asyncIterator", {value: Symbol.for("Symbol.asyncIterator")}); `
	tests := []struct {
		name string
		text string // of an ES module
		expr string
		want any
	}{
		{"async functions are told by their constructor", `export async function f() {}; export const g = async () => {}; export default { h: async function () {} }`, `[p.f, p.g, p.h].map(f => f.constructor.name).join(" ")`, "AsyncFunction AsyncFunction AsyncFunction"},
		{"async methods of objects too", `export default { async f() { return 1 }, async "g h"(a, b = (1)) { return b }, async /* x */ then /* y */ () {} }`, `[p.f, p["g h"], p.then].map(f => f.constructor.name + f.name).join(" ")`, "AsyncFunctionf AsyncFunctiong h AsyncFunctionthen"},
		{"async methods run", `export default { async f(a) { return await a + this.x }, x: 2 }`, `p.f(1)`, int64(3)},
		{"async methods with super", `export default { __proto__: { f() { return 1 } }, async f() { return super.f() } }`, `p.f()`, int64(1)},
		{"async methods called async", `export default { async async() { return 1 }, get() { return 2 } }`, `p.async()`, int64(1)},
		{"async generators", asyncIterator + `async function* g() { yield 1; yield* [2, 3] }; export const f = async () => { let n = 0; for await (const x of g()) n += x; return n }`, `p.f()`, int64(6)},
		{"for await at top level", `export let n = 0; for await (const x of [1, Promise.resolve(2)]) n += x`, `p.n`, int64(3)},
		{"using", `export const a = []; { using x = { [Symbol.dispose ?? Symbol.for("Symbol.dispose")]() { a.push(1) } }; a.push(0) }`, `p.a.join()`, "0,1"},
		{"decorators", `const d = (c, x) => { c.x = x.kind }; @d class A {}; export const k = A.x`, `p.k`, "class"},
		{"optional chains", `export const f = o => [o?.a?.b, o?.["a"], o?.f?.(1), delete o?.q].length`, `p.f(null)`, int64(4)},
		{"logical assignment", `export const f = o => { o.a ??= 1; o.b ||= 2; o.a &&= 3; return o.a + o.b }`, `p.f({})`, int64(5)},
		{"private members", `export class A { #a = 1; static #b = 2; get #c() { return 3 } async #d() { return 4 } static has(o) { return #a in o } async sum() { return this.#a + A.#b + this.#c + await this.#d() } }`, `p.A.has(new p.A()) && new p.A().sum()`, int64(10)},
		{"static fields with super", `class A { static a = 1 }; export class B extends A { static b = super.a + 1; static { this.c = super.a + 2 } }`, `p.B.b + p.B.c`, int64(5)},
		{"numbers", `export const n = 1_000 + Number(2n ** 3n)`, `p.n`, int64(1008)},
		{"arguments in an arrow function", `export function f() { return (() => arguments[0])() }; export function g() { return [1].map(() => { return arguments.length })[0] }`, `p.f(1) + p.g(1, 2)`, int64(3)},
		{"arguments in arrow functions below", `export const f = function (a) { "use strict"; const g = async () => { await 0; return (() => arguments[1])() }; return g() }`, `p.f(1, 2)`, int64(2)},
		{"arguments of a method, a getter and a constructor", `export class A { constructor() { this.n = (() => arguments.length)() } f() { return (() => arguments.length)() } get g() { return (() => arguments.length)() } }`, `new p.A(1).n + new p.A().f(1, 2) + new p.A().g`, int64(3)},
		{"arguments of the right function", `export function f() { return (() => function () { return arguments.length })()(1, 2) + (() => arguments.length)() }`, `p.f(1)`, int64(3)},
		{"names of functions", `import { twice as other } from "./q.mjs"; export const twice = () => other(); export class Failed extends Error {}`, `p.twice.name + p.twice() + p.Failed.name`, "twicetwiceFailed"},
		{"names of all forms of functions", `import { twice as other } from "./q.mjs"; const o = { a: () => other, b: function () {}, "c d": () => 0, async e() {}, f: async function named() {}, g: class {} };
const h = () => ({}), i = function () {}, j = function inner() {}; function k() { function l() {}; const m = () => ({}); return [l, m] }; const twice = () => 0; function helper() {}
export const names = () => [...Object.values(o), h, i, j, k, ...k(), twice, helper].map(f => f.name).join()`, `p.names()`, "a,b,c d,e,named,g,h,i,inner,k,l,m,twice,helper"},
		{"properties of characters", `export const f = s => [/^\p{Lu}\p{Ll}+$/u.test(s), /^[\p{L}\p{Nd}_]+$/u.test(s), /\P{L}/u.test(s), /[\P{L}]/u.test(s), /\p{Script=Greek}/u.test(s)].join()`, `p.f("Éa") + " " + p.f("a1") + " " + p.f("αβ")`, "true,true,false,false,false false,true,true,true,false false,true,false,false,true"},
		{"properties of characters beyond 16 bits", `export const f = s => s.match(/\p{Emoji_Presentation}|\p{Extended_Pictographic}/gu).length`, `p.f("a😀b❤c")`, int64(2)},
		{"a p without its meaning", `export const f = s => /^\p{2}$/.test(s) && /\\p{2}/u.test("\\pp")`, `p.f("pp")`, true},
		{"look-behind, names, sticky", `export const f = s => /(?<=a)(?<b>b)/s.exec(s).groups.b + /(?<!a)b/y.test(s)`, `p.f("ab")`, "bfalse"},
		{"a flag that is not known fails where it is used", `export const f = () => 1; export const g = () => /a/v`, `p.f()`, int64(1)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := bundleOf(t, files{"p.mjs": test.text, "q.mjs": `export const twice = () => twice.name; function helper() {}; twice.helper = helper`}, "p.mjs")
			if err != nil {
				t.Fatal(err)
			}
			if got := run(t, r).eval(t, test.expr); got != test.want {
				t.Errorf("got %v, want %v from\n%s", got, test.want, r.Code)
			}
		})
	}
}

// TestSourceMap throws errors and looks where they come from.
func TestSourceMap(t *testing.T) {
	tests := []struct {
		name string
		file string
		text string
		want string // the place of "new Error" in a source
	}{
		{"CommonJS", "p.js", "\n\nfunction f() {\n  throw new Error('x')\n}\nf()", "p.js:4:9"},
		{"TypeScript", "p.ts", "interface A {\n a: number\n}\n\nconst f = (a: A) => { throw new Error('x') }\nf({a: 1})", "p.ts:5:29"},
		{"the line that has a head put before it", "p.js", "const f = () => { throw new Error(__dirname) }\nf()", "p.js:1:25"},
		{"the same after use strict", "p.js", "'use strict'; const f = () => { throw new Error(__dirname) }\nf()", "p.js:1:39"},
		{"the same after a hashbang", "p.js", "#!/usr/bin/node\nconst f = () => { throw new Error(__dirname) }\nf()", "p.js:2:25"},
		{"behind a regular expression that grew", "p.js", "const f = s => { if (/\\p{L}/u.test(s)) throw new Error(s) }\nf('a')", "p.js:1:46"},
		{"in a function whose name is kept", "p.js", "function outer() {\n  const inner = () => { throw new Error() }; inner()\n}\nouter()", "p.js:2:31"},
		{"behind an async method", "p.mjs", "const o = { async f() { throw new Error() } }\nawait o.f()", "p.mjs:1:31"},
		{"in another folder", "p.js", "require('./lib/q')", "lib/q.js:1:7"},
		{"in a package", "p.js", "require('x')", "node_modules/x/index.js:1:7"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, err := bundleOf(t, files{test.file: test.text, "lib/q.js": "throw new Error('q')", "node_modules/x/index.js": "throw new Error('x')"}, test.file)
			if err != nil {
				t.Fatal(err)
			}
			m, err := sourcemap.Parse("", r.Map)
			if err != nil {
				t.Fatal(err)
			}
			// goja says where it constructs the error: at its arguments' end, so the search is by text.
			p := run(t, r)
			if p.err == nil {
				t.Fatal("it did not fail")
			}
			code := string(r.Code)
			at := strings.LastIndex(code[:strings.Index(code, "// salvo-entry")], "throw new Error") + len("throw ")
			line := strings.Count(code[:at], "\n") + 1
			source, _, sourceLine, column, ok := m.Source(line, at-strings.LastIndex(code[:at], "\n")-1)
			got := Fault{File: source, Line: sourceLine, Column: column + 1}
			if want := test.want + ": "; !ok || got.Error() != want {
				t.Errorf("got %v, want %v of\n%s", got, want, code)
			}
			if content := m.SourceContent(source); strings.HasPrefix(source, "node_modules/") != (content == "") {
				t.Errorf("content of %s: %q", source, content)
			} else if source == test.file && content != test.text {
				t.Errorf("content of %s: %q", source, content)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		files files
		want  string // with the folder cut off
	}{
		{"syntax", files{"p.js": "const a = 1\nconst é = ;\n"}, `p.js:2:11: unexpected ";"`},
		{"syntax beside __dirname", files{"p.js": "__dirname; const b = ;\n"}, `p.js:1:22: unexpected ";"`},
		{"two files", files{"p.js": "require('./q'); require('./r')", "q.js": "\n}", "r.ts": "const a: = 1"}, "q.js:2:1: unexpected \"}\"\nr.ts:1:10: unexpected \"=\""},
		{"an unknown package", files{"p.js": "\nrequire('nope')"}, `p.js:2:9: the module "nope" is not found: install it with npm, or name it in config.bundling.external when the processor can do without it`},
		{"an unknown file", files{"p.mjs": "import './nope.js'"}, `p.mjs:1:8: the module "./nope.js" is not found`},
		{"not exported by a package", files{"p.js": "require('x/y')", "node_modules/x/package.json": `{"exports":{".":"./x.js"}}`}, `p.js:1:9: the module "x/y" is not found: the path "./y" is not exported by package "x"`},
		{"what strict code cannot have", files{"p.js": "exports.f = o => { with (o) return a }"}, `p.js:1:20: with statements cannot be bundled`},
		{"a name that is not exported", files{"p.mjs": "import { a } from './q.mjs'; a()", "q.mjs": "export const b = 1"}, `p.mjs:1:10: no matching export in "q.mjs" for import "a"`},
		{"machine code of a package", files{"p.js": "require('x')", "node_modules/x/index.js": "module.exports = require('./build/x.node')", "node_modules/x/build/x.node": "\x7fELF"}, `node_modules/x/index.js:1:26: "x" is made of machine code (x.node), which Salvo cannot run; when the processor can do without it, name it in config.bundling.external`},
		{"from the network", files{"p.mjs": "import 'https://x.test/m.js'"}, `p.mjs:1:8: the module "https://x.test/m.js" is on the network; only files and installed packages can be imported`},
		{"no module", files{"p.js": "require('./a.png')", "a.png": "x"}, `p.js:1:9: a.png is no JavaScript, TypeScript or JSON, and cannot be imported`},
		{"beyond the engine", files{"p.js": "exports.a = 1\nexports.f = s => /(?i:a)b/.test(s)"}, `p.js:2:18: Salvo's JavaScript engine cannot read this: invalid group`},
		{"no processor", files{}, `p: there is no such processor`},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			processor := "p"
			for name := range test.files {
				if strings.HasPrefix(name, "p.") {
					processor = name
				}
			}
			dir := test.files.write(t)
			_, err := Processor("/", dir+"/"+processor, Options{Script: dir + "/load.yml"})
			var faults Faults
			if !errors.As(err, &faults) {
				t.Fatalf("got %v", err)
			}
			if got := strings.ReplaceAll(err.Error(), dir+"/", ""); got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestWarnings(t *testing.T) {
	r, err := bundleOf(t, files{"p.js": "exports.f = a => a === NaN\nrequire('x')", "node_modules/x/index.js": "exports.f = a => a === NaN"}, "p.js")
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Warnings) != 1 || r.Warnings[0].Line != 1 || r.Warnings[0].Column != 20 {
		t.Errorf("warnings: %v", r.Warnings)
	}
}

func TestModulesThatAreNotThere(t *testing.T) {
	dir := files{
		"p.js":                    "const { join } = require('path');\nif (join) require('node:child_process'); require('x'); require('left')",
		"node_modules/x/index.js": "require('vm')",
	}.write(t)
	r, err := Processor("/", dir+"/p.js", Options{Script: dir + "/load.yml", External: []string{"left"}, Modules: []string{"path"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := `p.js:2:19: the module "child_process" of Node.js is not there for processors`; len(r.Warnings) != 1 || strings.ReplaceAll(r.Warnings[0].Error(), dir+"/", "") != want {
		t.Errorf("warnings: %v, want %s", r.Warnings, want)
	}
}

// TestNamesAreFree holds that making a closure costs no call where its name is right anyhow.
func TestNamesAreFree(t *testing.T) {
	r, err := bundleOf(t, files{"p.mjs": `export function f(n) { const a = () => n; function b() { return a() }; return { c: () => b(), async d() {} } }`}, "p.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(r.Code), "__name(") {
		t.Errorf("names are set in\n%s", r.Code)
	}
}
