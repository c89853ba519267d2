// Package splitter is the first step of a run: it resolves and checks the
// script, plans the load, writes both under the run's keys and answers how to
// fan out.
//
// It leaves to script what a script may say, to plan how the load is divided,
// and to the state machine what happens then. Nothing has been sent when it
// refuses a script.
package splitter

import (
	"archive/zip"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"salvo/pkg/job"
	"salvo/pkg/plan"
	"salvo/pkg/script"
	"salvo/pkg/store"
)

// inlineChunks is up to how many chunks an inline Map takes: it runs 40
// iterations at once, so with more a window could have to wait for another.
const inlineChunks = 40

// Step is the splitter with what it works on.
type Step struct {
	Store  store.Store
	Bucket string // the name under which the state machine finds the store

	// Lead is how long before their window workers are called, when the script
	// does not set `_split.timeBufferInMilliseconds`. Zero means the limit's
	// default, which is meant for the cold starts of Lambda.
	Lead time.Duration

	// Scripts are those that a deployment brought along, by the names that
	// requests use in `>>`, and Deployed opens the bundle of one.
	Scripts  map[string]job.DeployedScript
	Deployed func(context.Context, job.DeployedScript) (io.ReadCloser, error)

	// MaxConcurrency is how many workers may run at once; 0 means 1,000.
	MaxConcurrency int

	// WorkerTime is for how long a worker may run; 0 means as long as it takes.
	WorkerTime time.Duration

	Env map[string]string // what scripts see as $env
	Now func() time.Time  // nil means time.Now
	Log *slog.Logger      // takes what scripts with _trace want told; nil drops it
}

// Handle plans a run. Its errors are *job.BadRequest for what the user can
// change and *job.StoreFailed.
func (s Step) Handle(ctx context.Context, in job.SplitInput) (job.Split, error) {
	if !fs.ValidPath(in.Execution) || in.Execution == "." || strings.Contains(in.Execution, "/") {
		return job.Split{}, &job.BadRequest{Message: fmt.Sprintf("the execution cannot be named %q: its name is a folder of the store; leave the name out, and one is made", in.Execution)}
	}
	var p *planned
	var err error
	if in.Schedule {
		p, err = s.load(ctx, in.Execution)
	} else {
		p, err = s.plan(ctx, in)
	}
	if err != nil {
		return job.Split{}, err
	}
	out := job.Split{
		Run:           in.Execution,
		Bucket:        s.Bucket,
		ChunksKey:     job.ChunksKey(in.Execution),
		ResultsPrefix: job.MapPrefix(in.Execution),
		ChunkCount:    p.plan.ChunkCount,
		FanOut:        fanOut(p.plan.ChunkCount),
		Chunks:        []job.Chunk{},
		Before:        p.script.Before != nil && !in.Schedule,
		After:         p.script.After != nil,
	}
	if out.Before {
		return out, nil // the absolute times come when `before` has ended
	}
	chunks := s.schedule(p)
	if err := s.writeChunks(ctx, out.ChunksKey, chunks); err != nil {
		return job.Split{}, &job.StoreFailed{Message: err.Error()}
	}
	if out.FanOut == job.FanOutInline {
		for c := range chunks {
			out.Chunks = append(out.Chunks, c)
		}
	}
	s.trace(p, "the load is scheduled", "chunks", out.ChunkCount, "fanOut", string(out.FanOut), "lead", s.lead(p).String())
	return out, nil
}

// trace logs what a script with _trace wants to be told.
func (s Step) trace(p *planned, text string, args ...any) {
	if p.script.Trace && s.Log != nil {
		s.Log.Info(text, args...)
	}
}

func fanOut(chunks int) job.FanOut {
	switch {
	case chunks == 0:
		return job.FanOutNone
	case chunks <= inlineChunks:
		return job.FanOutInline
	default:
		return job.FanOutDistributed
	}
}

type planned struct {
	script *script.Script
	plan   *plan.Plan
}

// plan resolves the request's script and writes script.json and plan.json.
func (s Step) plan(ctx context.Context, in job.SplitInput) (*planned, error) {
	run := in.Execution
	req, err := ParseRequest(in.Request)
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	if req.Seed == "" {
		req.Seed = strconv.FormatUint(rand.Uint64(), 10)
	}
	seed, err := strconv.ParseUint(req.Seed, 10, 64)
	if err != nil {
		return nil, &job.BadRequest{Message: fmt.Sprintf("seed %q: want a whole number from 0 to 18446744073709551615", req.Seed)}
	}
	req.Asked = s.now().UTC()
	if err := s.deployed(ctx, &req); err != nil {
		return nil, err
	}
	sc, err := s.loadScript(ctx, run, req, seed)
	if err != nil {
		return nil, err
	}
	sc.Limits = plan.Within(sc.Limits, s.WorkerTime)
	p, err := plan.For(sc, seed)
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	if err := p.CheckConcurrency(s.maxConcurrency()); err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	resolved, err := sc.EncodeResolved()
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	planJSON, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encoding the plan: %w", err)
	}
	request, err := json.Marshal(req)
	if err != nil {
		return nil, fmt.Errorf("encoding the request: %w", err)
	}
	for _, f := range []struct {
		key  string
		data []byte
	}{{job.RequestKey(run), request}, {job.ScriptKey(run), resolved}, {job.PlanKey(run), planJSON}} {
		if err := store.WriteAll(ctx, s.Store, f.key, f.data); err != nil {
			return nil, &job.StoreFailed{Message: err.Error()}
		}
	}
	planned := &planned{sc, p}
	s.trace(planned, "the load is planned", "run", run, "arrivals", p.Arrivals, "seconds", p.Duration.Seconds(), "windows", p.WindowCount,
		"workersAtOnce", p.MaxWorkers(), "seed", req.Seed, "simulation", sc.Simulation)
	return planned, nil
}

// deployed turns a request for a script that was deployed into one for a bundle
// of the store, and puts the bundle there: also when it is there already, for then it
// might expire before the workers have read it.
func (s Step) deployed(ctx context.Context, req *job.Request) error {
	if req.Bundle != "" {
		return nil
	}
	file := script.MergeFile(req.Script)
	if file == "" {
		return nil // a script of its own, or one whose fault will be told
	}
	name := path.Clean(file)
	d, there := s.Scripts[name]
	if !there {
		known := "this deployment has none"
		if len(s.Scripts) > 0 {
			known = "this deployment has " + strings.Join(slices.Sorted(maps.Keys(s.Scripts)), ", ")
		}
		return &job.BadRequest{Message: fmt.Sprintf(`">>": there is no script %q; %s. Name it in salvo.yml, as the script of monitoring or in scripts, and deploy again`, file, known)}
	}
	req.Bundle, req.File = job.BundleKey(d.SHA256), d.File
	if req.Name == "" {
		req.Name = name
	}
	if err := s.copyBundle(ctx, d, req.Bundle); err != nil {
		return &job.StoreFailed{Message: fmt.Sprintf("the deployed script %s: %v", name, err)}
	}
	return nil
}

func (s Step) copyBundle(ctx context.Context, d job.DeployedScript, key string) error {
	from, err := s.Deployed(ctx, d)
	if err != nil {
		return err
	}
	defer from.Close()
	return s.Store.Put(ctx, key, from)
}

// load reads back what plan wrote.
func (s Step) load(ctx context.Context, run string) (*planned, error) {
	var p plan.Plan
	var req job.Request
	for key, v := range map[string]any{job.RequestKey(run): &req, job.PlanKey(run): &p} {
		data, err := store.ReadAll(ctx, s.Store, key)
		if err == nil {
			err = json.Unmarshal(data, v)
		}
		if err != nil {
			return nil, &job.StoreFailed{Message: err.Error()}
		}
	}
	sc, err := s.loadScript(ctx, run, req, p.Seed)
	if err != nil {
		return nil, err
	}
	return &planned{sc, &p}, nil
}

// loadScript reads and checks the script that a request names or holds.
func (s Step) loadScript(ctx context.Context, run string, req job.Request, seed uint64) (*script.Script, error) {
	mode, err := script.ParseMode(req.Mode)
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	o := script.Options{
		Mode:        mode,
		Name:        req.Name,
		Config:      req.Config,
		ConfigName:  req.ConfigName,
		Environment: req.Environment,
		Overrides:   req.Overrides,
		Variables:   req.Variables,
		Target:      req.Target,
		Insecure:    req.Insecure,
		Solo:        req.Solo,
		Scenario:    req.Scenario,
		Env:         s.Env,
		TestID:      run,
		Seed:        seed,
		Strict:      req.Strict,
	}
	var sc *script.Script
	if req.Bundle != "" {
		data, rerr := store.ReadAll(ctx, s.Store, req.Bundle)
		if errors.Is(rerr, fs.ErrNotExist) {
			return nil, &job.BadRequest{Message: fmt.Sprintf("the bundle %s is not in the store; upload it again", req.Bundle)}
		}
		if rerr != nil {
			return nil, &job.StoreFailed{Message: rerr.Error()}
		}
		bundle, zerr := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if zerr != nil {
			return nil, &job.BadRequest{Message: fmt.Sprintf("the bundle %s: %v", req.Bundle, zerr)}
		}
		if req.Script != nil {
			sc, _, err = script.LoadOver(bundle, req.File, req.Script, o)
		} else {
			sc, _, err = script.Load(bundle, req.File, o)
		}
	} else {
		sc, _, err = script.Parse(req.Script, o)
	}
	if err != nil {
		return nil, &job.BadRequest{Message: err.Error()}
	}
	return sc, nil
}

// ParseRequest reads the input of an execution: a Request, or a bare script.
func ParseRequest(data json.RawMessage) (job.Request, error) {
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(data, &keys); err != nil {
		return job.Request{}, errors.New("the input of a run is a JSON object: a script, or a request with `bundle` and `file`, or with `script`")
	}
	_, bundle := keys["bundle"]
	_, inline := keys["script"]
	if !bundle && !inline {
		return job.Request{Script: data}, nil
	}
	var req job.Request
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&req); err != nil {
		return job.Request{}, fmt.Errorf("the request of this run: %w", err)
	}
	if bundle && (inline || req.File == "") {
		return job.Request{}, errors.New("a request has either `bundle` with `file`, or `script`")
	}
	if req.Config != "" && !bundle {
		return job.Request{}, errors.New("the `config` of a request is a file of its `bundle`")
	}
	return req, nil
}

func (s Step) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}

func (s Step) maxConcurrency() int {
	if s.MaxConcurrency > 0 {
		return s.MaxConcurrency
	}
	return 1000
}
