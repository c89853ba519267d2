package hook

import (
	"log/slog"
	"math/big"
	"os"
	"path"
	"runtime"
	"runtime/metrics"
	"strings"
	"time"

	"github.com/dop251/goja"
)

// nodeVersion is the version of Node.js whose modules these are.
const nodeVersion = "20.20.2"

// maxPartial is how long a line may be, in bytes, that is written piece by piece.
const maxPartial = 64 << 10

// workingDir is where relative paths begin.
func (r *Runtime) workingDir() string { return path.Join(ScriptRoot, r.options.Cwd) }

// milliseconds is the time since the runtime began.
func (r *Runtime) milliseconds() float64 {
	return float64(time.Since(r.began).Nanoseconds()) / 1e6
}

func consoleNatives(r *Runtime, internal *goja.Object) error {
	return setAll(internal, map[string]any{
		"print": func(level int, text string) { r.log(slog.Level(level), text) },
		"now":   r.milliseconds,
	})
}

func processNatives(r *Runtime, internal *goja.Object) error {
	env := r.vm.NewObject()
	for name, value := range r.options.Env {
		if err := env.Set(name, value); err != nil {
			return err
		}
	}
	return setAll(internal, map[string]any{
		"env":     env,
		"cwd":     r.workingDir(),
		"version": nodeVersion,
		"arch":    nodeArch(),
		"system":  nodePlatform(),
		"pid":     os.Getpid(),
		"now":     r.milliseconds,
		"print":   func(level int, text string) { r.log(slog.Level(level), text) },
		"write":   r.write,
		"nanoseconds": func() *big.Int {
			return big.NewInt(time.Since(processBegan).Nanoseconds())
		},
		"memory": memory,
	})
}

// processBegan is what process.hrtime counts from.
var processBegan = time.Now()

// nodePlatform and nodeArch are the system under Node.js's names.
func nodePlatform() string {
	if runtime.GOOS == "windows" {
		return "win32"
	}
	return runtime.GOOS
}

func nodeArch() string {
	switch runtime.GOARCH {
	case "amd64":
		return "x64"
	case "386":
		return "ia32"
	}
	return runtime.GOARCH
}

// memory is what process.memoryUsage tells, in bytes, of the worker's whole process.
func memory() map[string]uint64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/unused:bytes"},
	}
	metrics.Read(samples)
	total, released := samples[0].Value.Uint64(), samples[1].Value.Uint64()
	objects, unused := samples[2].Value.Uint64(), samples[3].Value.Uint64()
	return map[string]uint64{
		"rss": total - released, "heapTotal": objects + unused, "heapUsed": objects, "external": 0, "arrayBuffers": 0,
	}
}

// write takes what is written to standard output, 1, and error, 2: the log gets it line by line.
func (r *Runtime) write(stream int, text string) {
	partial := &r.partial[stream-1]
	for {
		line, rest, whole := strings.Cut(text, "\n")
		partial.WriteString(line)
		if !whole && partial.Len() < maxPartial {
			return
		}
		r.logStream(stream, partial.String())
		partial.Reset()
		text = rest
		if !whole {
			return
		}
	}
}

func (r *Runtime) logStream(stream int, line string) {
	level := slog.LevelInfo
	if stream == 2 {
		level = slog.LevelError
	}
	r.log(level, line)
}

// flush logs the lines that were written and not ended.
func (r *Runtime) flush() {
	for i := range r.partial {
		if r.partial[i].Len() > 0 {
			r.logStream(i+1, r.partial[i].String())
			r.partial[i].Reset()
		}
	}
}
