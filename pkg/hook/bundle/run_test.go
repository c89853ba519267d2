package bundle

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/dop251/goja"
)

// files is a folder, with the files' texts by their slash paths.
type files map[string]string

// write puts the files into a folder of their own. It returns the folder as a slash path from the
// file system's root.
func (fs files) write(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range fs {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return strings.TrimPrefix(filepath.ToSlash(dir), "/")
}

// bundleOf bundles a processor beside the script load.yml of the same folder.
func bundleOf(t *testing.T, fs files, processor string, external ...string) (*Result, error) {
	t.Helper()
	dir := fs.write(t)
	return Processor("/", dir+"/"+processor, Options{Script: dir + "/load.yml", External: external})
}

// process is a processor that has been run.
type process struct {
	vm        *goja.Runtime
	published int
	exports   goja.Value
	asked     []string // of require
	err       error    // that the code failed with
}

// run does what those do who run the code. Its require knows a few modules.
func run(t *testing.T, r *Result) *process {
	t.Helper()
	p := &process{vm: goja.New()}
	program, err := goja.Compile("processor", "(async (require, publish) => {"+string(r.Code)+"\n})", false)
	if err != nil {
		t.Fatalf("%v in\n%s", err, r.Code)
	}
	value, err := p.vm.RunProgram(program)
	if err != nil {
		t.Fatal(err)
	}
	main, _ := goja.AssertFunction(value)
	require := p.vm.ToValue(func(name string) (map[string]any, error) {
		p.asked = append(p.asked, name)
		if strings.HasPrefix(name, "no-such") {
			return nil, errors.New("cannot find " + name)
		}
		return map[string]any{"name": name}, nil
	})
	publish := p.vm.ToValue(func(v goja.Value) { p.published, p.exports = p.published+1, v })
	result, err := main(nil, require, publish)
	if err != nil {
		t.Fatal(err)
	}
	if promise := result.Export().(*goja.Promise); promise.State() != goja.PromiseStateFulfilled {
		p.err = errors.New(promise.Result().String())
		if o, ok := promise.Result().(*goja.Object); ok && o.Get("stack") != nil {
			p.err = errors.New(o.Get("stack").String())
		}
	} else if p.published != 1 {
		t.Fatalf("published %d times", p.published)
	}
	return p
}

// eval evaluates an expression with the processor's exports as p.
func (p *process) eval(t *testing.T, expression string) any {
	t.Helper()
	if p.err != nil {
		t.Fatal(p.err)
	}
	p.vm.Set("p", p.exports)
	v, err := p.vm.RunString(expression)
	if err != nil {
		t.Fatal(err)
	}
	if promise, ok := v.Export().(*goja.Promise); ok {
		v = promise.Result()
	}
	if v == nil {
		return nil
	}
	return v.Export()
}
