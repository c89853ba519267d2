// Package worker is the step that generates load: it fires the arrivals of one
// chunk, or runs a `before` or `after` section once, and writes what it
// measured to the store.
//
// It owns the lease that keeps two workers from firing one chunk, the flushing
// of partial results, and the watch for the end of its time and for the run's
// being stopped. It leaves to plan which arrivals are its own, to engine and
// its protocols what an arrival does, and to metrics how things are counted.
package worker

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path"
	"runtime"
	"time"

	"salvo/pkg/engine"
	"salvo/pkg/engine/enginehttp"
	"salvo/pkg/fake"
	"salvo/pkg/hook"
	"salvo/pkg/job"
	"salvo/pkg/metrics"
	"salvo/pkg/plan"
	"salvo/pkg/script"
	"salvo/pkg/store"
	"salvo/pkg/template"
)

const (
	// defaultFlush is how often a worker writes what it has measured so far,
	// and so at most what is lost with it.
	defaultFlush = 5 * time.Second

	// stopPoll is how often a worker looks whether its run was stopped, and
	// stopGrace how long its users may then still run: together less than the
	// five seconds in which a stopped run is silent.
	stopPoll  = 2 * time.Second
	stopGrace = 2 * time.Second

	// lastWords is kept of a worker's time for writing its result.
	lastWords = 5 * time.Second
)

// Step is a worker with what it works on.
type Step struct {
	Store      store.Store
	Env        map[string]string // what scripts see as $env
	Version    string            // in the User-Agent
	Dir        string            // holds a folder for each run, whose processor may write to it; "" for none
	FlushEvery time.Duration     // between partial results; zero means 5 s
	Say        func(text string) // takes the results of expectations, some lines at once; nil drops them
	Log        *slog.Logger      // takes what `log` steps say, and troubles with the store; nil drops them
}

// Handle works on a chunk, or a section. Its errors are those of package job.
// When ctx has a deadline, that is the end of the worker's time: users that
// still run then are interrupted, early enough to write the result.
func (s Step) Handle(ctx context.Context, in job.WorkInput) (job.WorkOutput, error) {
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.FlushEvery <= 0 {
		s.FlushEvery = defaultFlush
	}
	switch {
	case in.Section == job.SectionBefore || in.Section == job.SectionAfter:
		return s.section(ctx, in.Run, in.Section)
	case in.Chunk != nil:
		return s.chunk(ctx, in.Run, *in.Chunk)
	default:
		return job.WorkOutput{}, &job.BadRequest{Message: "a worker's input names a chunk, or the section before or after"}
	}
}

// loaded is a run as its worker needs it.
type loaded struct {
	script   *script.Script
	plan     *plan.Plan
	recorder *metrics.Recorder
	engine   *engine.Engine
	http     engine.Protocol
	hooks    *hook.Runtime      // of the script's processor; nil when it has none
	client   *enginehttp.Client // that it sends its own requests with
	failures failures
}

func (l *loaded) close() {
	l.closeProcessor()
	l.http.Close()
}

func (l *loaded) closeProcessor() {
	if l.hooks != nil {
		l.hooks.Close()
	}
	if l.client != nil {
		l.client.Close()
	}
}

// source is what the splitter left of a run for its workers.
type source struct {
	run    string
	script *script.Script
	plan   *plan.Plan
	files  fs.FS // of the bundle; nil when there is none
}

// read reads the run's script and plan, for what begins at a time.
func (s Step) read(ctx context.Context, run string, at time.Time) (*source, error) {
	var req job.Request
	var p plan.Plan
	if err := s.readJSON(ctx, job.RequestKey(run), &req); err != nil {
		return nil, err
	}
	if err := s.readJSON(ctx, job.PlanKey(run), &p); err != nil {
		return nil, err
	}
	resolved, err := store.ReadAll(ctx, s.Store, job.ScriptKey(run))
	if err != nil {
		return nil, &job.StoreFailed{Message: err.Error()}
	}
	var files fs.FS
	if req.Bundle != "" {
		data, err := store.ReadAll(ctx, s.Store, req.Bundle)
		if err != nil {
			return nil, &job.StoreFailed{Message: err.Error()}
		}
		if files, err = zip.NewReader(bytes.NewReader(data), int64(len(data))); err != nil {
			return nil, &job.BadRequest{Message: fmt.Sprintf("the bundle %s: %v", req.Bundle, err)}
		}
	}
	sc, err := script.DecodeResolved(resolved, files, s.Env, fake.Data{Now: at}.Function)
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	return &source{run: run, script: sc, plan: &p, files: files}, nil
}

// load compiles the script, its processor too.
func (s Step) load(ctx context.Context, from *source) (*loaded, error) {
	sc := from.script
	before, err := s.beforeVariables(ctx, from.run, sc)
	if err != nil {
		return nil, err
	}

	l := &loaded{script: sc, plan: from.plan, recorder: metrics.NewRecorder(runtime.GOMAXPROCS(0))}
	processor, err := s.processor(ctx, from.run, l, from.files)
	if err != nil {
		return nil, err
	}
	l.http, err = enginehttp.New(enginehttp.Options{
		Processor: processor,
		Target:    sc.Config.Target,
		Funcs:     sc.Funcs,
		HTTP:      sc.Config.HTTP,
		TLS:       sc.Config.TLS,
		Apdex:     sc.Config.Apdex,
		Endpoints: sc.Config.Endpoints,
		Expect:    sc.Config.Expect,
		Recorder:  l.recorder,
		Env:       s.Env,
		Version:   s.Version,
	})
	if err != nil {
		l.closeProcessor()
		return nil, &job.BadRequest{Message: err.Error()}
	}
	var failure func(engine.Failure)
	if sc.Mode.Sampling() {
		failure = l.failures.add
	}
	l.engine, err = engine.New(engine.Config{
		Failure:   failure,
		Processor: processor,
		Script:    sc,
		Seed:      from.plan.Seed,
		Recorder:  l.recorder,
		Protocols: map[string]engine.Protocol{"http": l.http},
		Before:    before,
		Log: func(u engine.UserInfo, text string) {
			s.Log.Info(text, "user", u.Index, "scenario", u.Scenario)
		},
		Say: s.Say,
		Globals: engine.Globals{
			Environment:  sc.Config.Environment,
			TestID:       from.run,
			Dirname:      path.Dir(sc.File),
			ScenarioFile: sc.File,
			Env:          s.Env,
		},
	})
	if err != nil {
		l.close()
		return nil, &job.BadRequest{Message: err.Error()}
	}
	return l, nil
}

// beforeVariables reads what the `before` section left; nil when there is none.
func (s Step) beforeVariables(ctx context.Context, run string, sc *script.Script) (*template.Object, error) {
	if sc.Before == nil {
		return nil, nil
	}
	data, err := store.ReadAll(ctx, s.Store, job.BeforeKey(run))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // it is `before` that is to be run now
	}
	if err != nil {
		return nil, &job.StoreFailed{Message: err.Error()}
	}
	v, err := template.ParseJSON(data)
	if err != nil {
		return nil, &job.StoreFailed{Message: fmt.Sprintf("reading %s: %v", job.BeforeKey(run), err)}
	}
	vars, _ := v.(*template.Object)
	return vars, nil
}

func (s Step) readJSON(ctx context.Context, key string, v any) error {
	data, err := store.ReadAll(ctx, s.Store, key)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		return &job.StoreFailed{Message: fmt.Sprintf("reading %s: %v", key, err)}
	}
	return nil
}

func (s Step) writeJSON(ctx context.Context, key string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return &job.StoreFailed{Message: fmt.Sprintf("writing %s: %v", key, err)}
	}
	return s.write(ctx, key, data)
}

func (s Step) write(ctx context.Context, key string, data []byte) error {
	if err := store.WriteAll(ctx, s.Store, key, data); err != nil {
		return &job.StoreFailed{Message: fmt.Sprintf("writing %s: %v", key, err)}
	}
	return nil
}

// trace logs what a script with _trace wants to be told.
func (s Step) trace(sc *script.Script, text string, args ...any) {
	if sc.Trace {
		s.Log.Info(text, args...)
	}
}

// simulated is the result of a worker that had nothing to send.
func simulated() (job.Result, error) {
	data, err := (&metrics.Snapshot{}).MarshalBinary()
	if err != nil {
		return job.Result{}, err
	}
	return job.Result{Attempt: 1, Final: true, At: time.Now().UTC(), Snapshot: data}, nil
}

// result is what the recorder holds now. The counts come from the snapshot
// itself, so the two cannot disagree.
func (l *loaded) result() (job.Result, error) {
	snapshot := l.recorder.Snapshot()
	data, err := snapshot.MarshalBinary()
	if err != nil {
		return job.Result{}, err
	}
	c := snapshot.Total().Counters
	failed, left := l.failures.list()
	return job.Result{
		At:       time.Now().UTC(),
		Failures: failed, FailuresLeft: left,
		Counts: job.Counts{
			Created:     c[metrics.VusersCreated],
			Completed:   c[metrics.VusersCompleted],
			Failed:      c[metrics.VusersFailed],
			Interrupted: c[metrics.VusersInterrupted],
			Skipped:     c[metrics.VusersSkipped],
			Missed:      c[metrics.VusersMissed],
		},
		Snapshot: data,
	}, nil
}
