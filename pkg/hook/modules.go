package hook

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"
	"sync"

	"github.com/dop251/goja"

	"salvo/pkg/hook/charclass"
)

// node holds the modules of Node.js, a file each, written for this runtime. A module is a CommonJS
// module with one variable more, internal: the object of the functions in Go that natives has for it.
//
//go:embed node
var node embed.FS

// bootModule is the module that sets up the global objects: console, timers, Buffer and so on.
const bootModule = "internal/boot"

// native gives a module what it has in Go: it sets properties of internal.
type native func(r *Runtime, internal *goja.Object) error

// natives are the modules with parts in Go.
var natives = map[string]native{
	bootModule:           bootNatives,
	"internal/console":   consoleNatives,
	"internal/encoding":  encodingNatives,
	"internal/equal":     equalNatives,
	"internal/inspect":   inspectNatives,
	"internal/types":     kindsNatives,
	"internal/weburl":    urlNatives,
	"async_hooks":        storesNatives,
	"internal/files":     filesNatives,
	"module":             moduleNatives,
	"os":                 osNatives,
	"process":            processNatives,
	"zlib":               zlibNatives,
	"internal/crypto":    cryptoNatives,
	"internal/http":      httpNatives,
	"internal/websocket": webSocketNatives,
}

// sources keeps the modules that were compiled: all runtimes share them.
var sources sync.Map // of name to *goja.Program

// Modules are the modules of Node.js that processors can require, without "node:", sorted.
func Modules() []string {
	var names []string
	// The files are in the binary: reading them cannot fail.
	_ = fs.WalkDir(node, "node", func(path string, d fs.DirEntry, _ error) error {
		name, isModule := strings.CutSuffix(strings.TrimPrefix(path, "node/"), ".js")
		if isModule && !strings.HasPrefix(name, "internal/") {
			names = append(names, name)
		}
		return nil
	})
	slices.Sort(names)
	return names
}

// require is what modules call to get another one. What was bundled with the processor is not asked
// for here.
func (r *Runtime) require(name string) *goja.Object {
	name = strings.TrimPrefix(name, "node:")
	if strings.HasPrefix(name, "internal/") {
		name = ""
	}
	return r.module(name)
}

// module returns the exports of a module, which is run when it is first asked for.
func (r *Runtime) module(name string) *goja.Object {
	if m := r.modules[name]; m != nil {
		return m.Get("exports").(*goja.Object)
	}
	program, err := moduleProgram(name)
	if err != nil {
		e, _ := r.vm.New(r.vm.Get("Error"), r.vm.ToValue(fmt.Sprintf(
			"Cannot find module '%s'. Of Node.js, processors have %s.", name, strings.Join(Modules(), ", "))))
		_ = e.Set("code", "MODULE_NOT_FOUND")
		panic(e)
	}
	v, err := r.vm.RunProgram(program)
	if err != nil {
		panic(err)
	}
	run, _ := goja.AssertFunction(v)
	m, exports, internal := r.vm.NewObject(), r.vm.NewObject(), r.vm.NewObject()
	_ = m.Set("exports", exports)
	r.modules[name] = m
	if give := natives[name]; give != nil {
		if err := give(r, internal); err != nil {
			panic(r.vm.NewGoError(err))
		}
	}
	// A module of ours may use those that are not for others.
	require := func(name string) *goja.Object { return r.module(strings.TrimPrefix(name, "node:")) }
	if _, err := run(goja.Undefined(), exports, r.vm.ToValue(require), m, internal); err != nil {
		delete(r.modules, name)
		panic(err)
	}
	return m.Get("exports").(*goja.Object)
}

// library compiles a module of a protocol, once for all runtimes.
func library(name, source string) (*goja.Program, error) {
	if p, ok := sources.Load(name); ok {
		return p.(*goja.Program), nil
	}
	p, err := goja.Compile(name, "(function (exports) {"+source+"\n})", true)
	if err == nil {
		sources.Store(name, p)
	}
	return p, err
}

func moduleProgram(name string) (*goja.Program, error) {
	if p, ok := sources.Load(name); ok {
		return p.(*goja.Program), nil
	}
	text, err := node.ReadFile("node/" + name + ".js")
	if err != nil {
		return nil, err
	}
	p, err := goja.Compile("node:"+name, "(function (exports, require, module, internal) {"+string(text)+"\n})", true)
	if err != nil {
		return nil, err
	}
	sources.Store(name, p)
	return p, nil
}

// setUp makes the global objects.
func (r *Runtime) setUp() error {
	if err := r.setUpEvents(); err != nil {
		return err
	}
	if err := r.vm.Set("global", r.vm.GlobalObject()); err != nil {
		return err
	}
	return r.try(func() { r.module(bootModule) })
}

// moduleNatives gives the module about modules what there is.
func moduleNatives(r *Runtime, internal *goja.Object) error {
	return setAll(internal, map[string]any{"names": Modules(), "require": r.requires})
}

// storesNatives gives AsyncLocalStorage the way to what is kept for all that a call starts: it is a
// part of where things come from.
func storesNatives(r *Runtime, internal *goja.Object) error {
	return setAll(internal, map[string]any{
		"stores": func() goja.Value {
			if r.now == nil || r.now.stores == nil {
				return goja.Undefined()
			}
			return r.now.stores
		},
		"setStores": func(stores goja.Value) {
			if r.now == nil {
				return
			}
			o := *r.now
			o.stores = stores
			r.now = &o
		},
	})
}

// bootNatives gives the module of the global objects what only Go has.
func bootNatives(r *Runtime, internal *goja.Object) error {
	return setAll(internal, map[string]any{
		"startTimer": func(repeat bool, args []goja.Value) int64 { return r.startTimer(repeat, args) },
		"stopTimer":  r.stopTimer,
		"expandPattern": func(pattern, flags string) string {
			expanded, _ := charclass.Expand(pattern, flags)
			return expanded
		},
		"now":     r.milliseconds,
		"started": float64(r.began.UnixMicro()) / 1000,
	})
}
