package bundle

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/evanw/esbuild/pkg/api"
)

// What stands for __dirname, __filename and import.meta in the code. Each module that mentions one
// of them declares it.
const (
	dirnameName  = "__salvo_dirname"
	filenameName = "__salvo_filename"
	metaName     = "__salvo_meta"
)

// outside is the namespace of modules that are asked of require when the code runs.
const outside = "require"

// modules is what is learned while the modules are read, which happens in many goroutines.
type modules struct {
	mu      sync.Mutex
	changed map[string]change  // modules whose text was changed, by their path on this machine
	literal map[string][]named // what the user's own modules name, likewise
	anchors []string           // slash paths of the user's own modules that ask where they are
}

// change is what was done to the text of a module.
type change struct {
	original   string
	line, cols int // cols columns were put before the line, which counts from 0
}

func (b *bundler) plugin() api.Plugin {
	return api.Plugin{Name: "salvo", Setup: func(build api.PluginBuild) {
		build.OnResolve(api.OnResolveOptions{Filter: `.*`}, b.resolve)
		build.OnLoad(api.OnLoadOptions{Filter: `.*`, Namespace: outside}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			text, err := json.Marshal(args.Path)
			code := fmt.Sprintf("module.exports = require(%s);\n", text)
			return api.OnLoadResult{Contents: &code, Loader: api.LoaderJS}, err
		})
		build.OnLoad(api.OnLoadOptions{Filter: `\.node$`}, func(args api.OnLoadArgs) (api.OnLoadResult, error) {
			name := packageName(args.Path)
			if name == "" {
				name = path.Base(filepath.ToSlash(args.Path))
			}
			return api.OnLoadResult{}, fmt.Errorf("%q is made of machine code (%s), which Salvo cannot run; when the processor can do without it, name it in config.bundling.external",
				name, path.Base(filepath.ToSlash(args.Path)))
		})
		build.OnLoad(api.OnLoadOptions{Filter: `\.[cm]?[jt]s$`}, b.load)
	}}
}

func (b *bundler) resolve(args api.OnResolveArgs) (api.OnResolveResult, error) {
	name, prefixed := strings.CutPrefix(args.Path, "node:")
	switch {
	case args.Namespace == outside, args.Kind == api.ResolveJSRequireResolve:
		return api.OnResolveResult{Path: args.Path, External: true}, nil
	case args.Kind == api.ResolveEntryPoint:
		return api.OnResolveResult{}, nil
	case prefixed, builtins[name], b.external(name), name == "ws" && knownWS(args.ResolveDir):
		return api.OnResolveResult{Path: name, Namespace: outside, Warnings: b.absent(args, name)}, nil
	case strings.HasPrefix(name, "http://"), strings.HasPrefix(name, "https://"):
		return api.OnResolveResult{}, fmt.Errorf("the module %q is on the network; only files and installed packages can be imported", name)
	}
	return api.OnResolveResult{}, nil
}

// absent warns of a module of Node.js that the user's own code will not find.
func (b *bundler) absent(args api.OnResolveArgs, name string) []api.Message {
	if b.options.Modules == nil || b.external(name) || ofPackage(args.Importer) || slices.Contains(b.options.Modules, name) {
		return nil
	}
	return []api.Message{{Text: fmt.Sprintf("the module %q of Node.js is not there for processors", name)}}
}

// knownWS tells whether a module that asks for the package ws gets the one that the runtime has: it is as
// versions from 7 on are.
func knownWS(dir string) bool {
	for {
		data, err := os.ReadFile(filepath.Join(dir, "node_modules", "ws", "package.json"))
		if err == nil {
			var about struct{ Version string }
			if json.Unmarshal(data, &about) != nil {
				return true
			}
			major, _, _ := strings.Cut(about.Version, ".")
			n, err := strconv.Atoi(major)
			return err != nil || n >= 7
		}
		up := filepath.Dir(dir)
		if up == dir {
			return true
		}
		dir = up
	}
}

// external tells whether a module belongs to the packages that are left out.
func (b *bundler) external(name string) bool {
	for _, pattern := range b.options.External {
		before, after, star := strings.Cut(pattern, "*")
		switch {
		case !star && (name == pattern || strings.HasPrefix(name, pattern+"/")),
			star && len(name) >= len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after):
			return true
		}
	}
	return false
}

var (
	hashbang  = regexp.MustCompile(`^#!.*\n`)
	directive = regexp.MustCompile(`^(?:\s|//[^\n]*\n|/\*(?s:.*?)\*/)*(?:"use strict"|'use strict')`)
	// A require that an ES module made for itself does what the one of CommonJS does, which is bundled.
	ownRequire = regexp.MustCompile(`\b(?:const|let|var)\s+require\s*=\s*(?:\w+\.)?createRequire\(\s*(?:import\.meta\.(?:url|filename)|__filename)\s*\)`)
)

// load reads a module, and tells it where it is when it asks.
func (b *bundler) load(args api.OnLoadArgs) (api.OnLoadResult, error) {
	data, err := os.ReadFile(args.Path)
	if err != nil {
		return api.OnLoadResult{}, err
	}
	original := string(bytes.TrimPrefix(data, []byte("\ufeff")))
	text := ownRequire.ReplaceAllStringFunc(original, blank)
	var head strings.Builder
	if virtual := b.virtual(args.Path); strings.Contains(text, "__dirname") || strings.Contains(text, "__filename") || strings.Contains(text, "import.meta") {
		folder := path.Dir(virtual)
		if directive.MatchString(hashbang.ReplaceAllString(text, "")) {
			head.WriteString(`"use strict";`)
		}
		fmt.Fprintf(&head, "var %s=%s,%s=%s,%s={url:%s,dirname:%[2]s,filename:%[4]s};", dirnameName, quote(folder), filenameName, quote(virtual),
			metaName, quote((&url.URL{Scheme: "file", Path: virtual}).String()))
	}
	line := strings.Count(hashbang.FindString(text), "\n")
	at := len(hashbang.FindString(text))
	text = text[:at] + head.String() + text[at:]

	b.mu.Lock()
	defer b.mu.Unlock()
	if text != original {
		if b.changed == nil {
			b.changed = map[string]change{}
		}
		b.changed[args.Path] = change{original: original, line: line, cols: head.Len()}
	}
	if !ofPackage(args.Path) {
		if b.literal == nil {
			b.literal = map[string][]named{}
		}
		b.literal[args.Path] = namedFiles(original)
		if head.Len() > 0 {
			b.anchors = append(b.anchors, b.slash(args.Path))
		}
	}
	loader := api.LoaderJS
	if strings.HasSuffix(args.Path, "ts") {
		loader = api.LoaderTS
	}
	return api.OnLoadResult{Contents: &text, Loader: loader}, nil
}

// blank is a text of spaces in the place of another.
func blank(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\r' {
			return r
		}
		return ' '
	}, text)
}

// quote is a text as JavaScript writes it.
func quote(text string) string {
	out, _ := json.Marshal(text) // a string cannot fail
	return string(out)
}

// builtins are the modules of Node.js that may be named without "node:".
var builtins = set(`_http_agent _http_client _http_common _http_incoming _http_outgoing _http_server _stream_duplex
	_stream_passthrough _stream_readable _stream_transform _stream_wrap _stream_writable _tls_common _tls_wrap assert
	assert/strict async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns
	dns/promises domain events fs fs/promises http http2 https inspector inspector/promises module net os path
	path/posix path/win32 perf_hooks process punycode querystring readline readline/promises repl stream
	stream/consumers stream/promises stream/web string_decoder sys timers timers/promises tls trace_events tty url util
	util/types v8 vm wasi worker_threads zlib`)

func set(words string) map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(words) {
		out[word] = true
	}
	return out
}
