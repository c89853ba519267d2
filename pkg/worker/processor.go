package worker

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"path/filepath"

	"salvo/pkg/engine"
	"salvo/pkg/engine/enginehttp"
	"salvo/pkg/hook"
	"salvo/pkg/job"
	"salvo/pkg/script"
)

// processor loads the script's JavaScript out of the bundle; nil when the script has none.
func (s Step) processor(ctx context.Context, run string, l *loaded, files fs.FS) (*engine.Processor, error) {
	config := l.script.Config
	if config.Processor.File == "" {
		return nil, nil
	}
	code, err := readFile(files, script.ProcessorCode)
	if err != nil {
		return nil, &job.BadRequest{Message: fmt.Sprintf("the processor is not in the bundle: %v", err)}
	}
	sourceMap, err := readFile(files, script.ProcessorMap)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, &job.BadRequest{Message: fmt.Sprintf("the processor's map: %v", err)}
	}
	secrets := engine.Masker(l.script)
	l.client, err = enginehttp.NewClient(enginehttp.ClientOptions{TLS: config.TLS, Env: s.Env})
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	l.hooks, err = hook.New(ctx, hook.Options{
		Code:   code,
		Map:    sourceMap,
		Files:  files,
		Cwd:    path.Dir(config.Processor.Root),
		Dir:    s.writable(run),
		Env:    s.Env,
		Client: l.client,
		Seed:   l.plan.Seed,
		Log: func(level slog.Level, text string) {
			s.Log.Log(context.WithoutCancel(ctx), level, secrets.Replace(text))
		},
	})
	if err != nil {
		l.closeProcessor()
		text := secrets.Replace(fmt.Sprintf("loading the processor: %v", trace(err)))
		s.Log.Error(text) // a run whose chunks are lost does not say why
		return nil, &job.BadRequest{Message: text}
	}
	warn := func(text string) { s.Log.Warn(text) }
	return engine.NewProcessor(l.hooks, config.HTTP.Timeout, warn), nil
}

// writable is the folder that the run's processor may write to.
func (s Step) writable(run string) string {
	if s.Dir == "" {
		return ""
	}
	return filepath.Join(s.Dir, run, "files")
}

func readFile(files fs.FS, name string) ([]byte, error) {
	if files == nil {
		return nil, fs.ErrNotExist
	}
	return fs.ReadFile(files, name)
}

// trace is an error with where it came from, as far as that is known.
func trace(err error) string {
	var e *hook.Error
	if errors.As(err, &e) {
		return e.Trace()
	}
	return err.Error()
}
