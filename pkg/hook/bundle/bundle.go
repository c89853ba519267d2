package bundle

import (
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/evanw/esbuild/pkg/api"
)

// VirtualRoot is the folder that a processor believes to be in: __dirname and its like are paths
// below it. It stands for Result.Root.
const VirtualRoot = "/salvo/script/"

// Options say where a processor belongs. Paths are slash paths from the file system's root.
type Options struct {
	// Script is the script's file. Sources are named relative to its folder.
	Script string
	// Files travel with the script in any case.
	Files []string
	// External names the packages that are left out: config.bundling.external of the script. A
	// star stands for any text. A package that is left out is asked of require when the code runs.
	External []string
	// Modules are those of Node.js that the code will find, without "node:": when the user's own code
	// asks for another, there is a warning. Nil are all.
	Modules []string
}

// Result is a processor in one piece.
type Result struct {
	// Code is plain JavaScript, the body of an async function that is not strict and has the
	// parameters require and publish. It calls require for modules of Node.js, without "node:", for
	// packages that were left out and for names that are computed. It calls publish once, with an
	// object that has all that the processor exports.
	Code []byte
	// Map is the source map of Code, version 3. The sources are relative to the script's folder, and
	// those of the user's own have their content in it.
	Map []byte
	// Root is the folder that everything lies in which travels: the processor, the script,
	// Options.Files and Files. A slash path from the file system's root.
	Root string
	// Files are files that the code reads by name and that travel for that: slash paths from the
	// file system's root, sorted, none of them in Options.Files.
	Files []string
	// Warnings tell what is doubtful about the user's own code.
	Warnings Faults
}

// Processor bundles the processor at file with all that it imports. The file is a slash path from
// the file system's root, which is the folder root of this machine; its extension may be missing,
// and it may be a folder, as for require. When there are faults in the code the error is Faults.
// The same input gives the same bytes on every machine.
func Processor(root, file string, o Options) (*Result, error) {
	b := &bundler{processor: file, options: o}
	var err error
	if b.rootDir, err = filepath.EvalSymlinks(root); err != nil {
		return nil, fmt.Errorf("bundling %s: %w", file, err)
	}
	b.scriptFolder = path.Dir(o.Script)
	if b.scriptDir, err = filepath.EvalSymlinks(filepath.Join(root, filepath.FromSlash(b.scriptFolder))); err != nil {
		return nil, fmt.Errorf("bundling %s: %w", file, err)
	}
	b.folder = commonFolder(slices.Concat([]string{o.Script, file}, o.Files))
	for {
		built, err := b.build()
		if err != nil {
			return nil, err
		}
		// What the code names may lie above all that was known. Paths in the code are relative to
		// the folder of it all.
		folder := commonFolder(slices.Concat([]string{b.folder + "/."}, b.anchors, built.Files))
		if folder == b.folder {
			return built, nil
		}
		b.folder = folder
	}
}

// bundler holds what is known about one processor.
type bundler struct {
	processor    string
	options      Options
	rootDir      string // the file system's root, on this machine
	scriptDir    string // the script's folder, on this machine, without symbolic links
	scriptFolder string // the same as a slash path from the file system's root
	folder       string // what VirtualRoot stands for

	modules
}

// esbuild bundles by these settings for the dialect that goja runs, which has all that ES2022 has
// but for what is false here. What is true would be lowered or refused otherwise.
var supported = map[string]bool{
	"async-generator":      false,
	"decorators":           false,
	"dynamic-import":       false, // becomes require
	"for-await":            false,
	"import-attributes":    true,
	"regexp-match-indices": false, // becomes new RegExp, so that only the code that uses it fails
	"regexp-set-notation":  false, // likewise
	"top-level-await":      true,
	"using":                false,
	// A field with super in it is beyond goja when it is static.
	"class-static-field": false,
}

func (b *bundler) build() (*Result, error) {
	b.modules = modules{}
	// Relative, so that the machine's folders are not in the source map.
	entry, err := filepath.Rel(filepath.FromSlash(b.scriptFolder), filepath.FromSlash(b.processor))
	if err != nil {
		return nil, fmt.Errorf("bundling %s: %w", b.processor, err)
	}
	result := api.Build(api.BuildOptions{
		Stdin: &api.StdinOptions{
			Contents:   fmt.Sprintf(entryCode, quote("./"+filepath.ToSlash(entry))),
			ResolveDir: b.scriptDir,
			Sourcefile: entryName,
		},
		AbsWorkingDir: b.scriptDir,
		Outfile:       filepath.Join(b.scriptDir, "processor.js"),
		Bundle:        true,
		Metafile:      true,
		Platform:      api.PlatformNode,
		// Only ES modules may await at their top level. Nothing that is imported or exported
		// remains of them: the entry exports nothing, and all is resolved or asked of require.
		Format:            api.FormatESModule,
		Target:            api.ESNext,
		Supported:         supported,
		Conditions:        []string{}, // not "module", which Node.js does not know
		ResolveExtensions: b.extensions(),
		KeepNames:         true,
		LegalComments:     api.LegalCommentsNone,
		Sourcemap:         api.SourceMapExternal,
		SourcesContent:    api.SourcesContentInclude,
		Define: map[string]string{
			"__dirname":   dirnameName,
			"__filename":  filenameName,
			"import.meta": metaName,
		},
		LogLevel: api.LogLevelSilent,
		Plugins:  []api.Plugin{b.plugin()},
	})
	if len(result.Errors) > 0 {
		return nil, b.faults(result.Errors)
	}
	built := &Result{Root: b.folder}
	for _, f := range result.OutputFiles {
		if strings.HasSuffix(f.Path, ".map") {
			built.Map = f.Contents
		} else {
			built.Code = f.Contents
		}
	}
	built.Warnings = b.faults(slices.DeleteFunc(result.Warnings, func(m api.Message) bool {
		return m.Location == nil || ofPackage(m.Location.File)
	}))
	if err := b.finish(built); err != nil {
		return nil, err
	}
	if err := b.nameFiles(built, result.Metafile); err != nil {
		return nil, err
	}
	return built, nil
}

const entryName = "salvo-entry"

// entryCode publishes the processor. What a CommonJS module exports is the value of the property
// default, where an ES module has a getter.
const entryCode = `import * as processor from %s;
const standard = Object.getOwnPropertyDescriptor(processor, "default");
const exported = standard && "value" in standard ? standard.value : processor;
publish(exported === processor || exported?.__esModule ? Object.assign({}, exported.default, exported) : exported);
`

// extensions are what may be missing from the path of a module, in the order of their preference:
// that of Node.js, unless the processor is TypeScript.
func (b *bundler) extensions() []string {
	js, ts := []string{".js", ".json", ".node", ".cjs", ".mjs"}, []string{".ts", ".tsx", ".mts", ".cts"}
	if slices.Contains(ts, path.Ext(b.processor)) {
		return slices.Concat(ts, js)
	}
	return slices.Concat(js, ts)
}

// slash is the slash path from the file system's root of a file on this machine.
func (b *bundler) slash(file string) string {
	if rel, err := filepath.Rel(b.scriptDir, file); err == nil && filepath.IsLocal(rel) {
		return path.Join(b.scriptFolder, filepath.ToSlash(rel))
	}
	rel, err := filepath.Rel(b.rootDir, file)
	if err != nil {
		return filepath.ToSlash(file)
	}
	return filepath.ToSlash(rel)
}

// disk is the opposite of slash.
func (b *bundler) disk(file string) string {
	if rel, ok := strings.CutPrefix(file, b.scriptFolder+"/"); ok {
		return filepath.Join(b.scriptDir, filepath.FromSlash(rel))
	}
	return filepath.Join(b.rootDir, filepath.FromSlash(file))
}

// virtual is where a module believes to be.
func (b *bundler) virtual(file string) string {
	file = b.slash(file)
	if b.folder == "." {
		return VirtualRoot + file
	}
	if rel, ok := strings.CutPrefix(file, b.folder+"/"); ok {
		return VirtualRoot + rel
	}
	// A package in a folder above everything of the user's. A module of the user's own moves the
	// folder, so that it has its place the next time.
	return VirtualRoot + file[max(0, strings.Index("/"+file, "/node_modules/")):]
}

// commonFolder is the lowest folder that has all files in it.
func commonFolder(files []string) string {
	folder := path.Dir(files[0])
	for _, file := range files {
		for folder != "." && !strings.HasPrefix(file, folder+"/") {
			folder = path.Dir(folder)
		}
	}
	return folder
}

// ofPackage tells whether a file belongs to an installed package.
func ofPackage(file string) bool {
	return strings.Contains("/"+filepath.ToSlash(file), "/node_modules/")
}

// packageName is the package that a file in a node_modules folder belongs to, or "".
func packageName(file string) string {
	file = "/" + filepath.ToSlash(file)
	at := strings.LastIndex(file, "/node_modules/")
	if at < 0 {
		return ""
	}
	parts := strings.Split(file[at+len("/node_modules/"):], "/")
	if strings.HasPrefix(parts[0], "@") && len(parts) > 1 {
		return parts[0] + "/" + parts[1]
	}
	return parts[0]
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
