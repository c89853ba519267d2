package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"salvo/pkg/aggregator"
	"salvo/pkg/asl"
	"salvo/pkg/job"
	"salvo/pkg/monitor"
	"salvo/pkg/plan"
	"salvo/pkg/report"
	"salvo/pkg/splitter"
	"salvo/pkg/store"
	"salvo/pkg/worker"
	"salvo/statemachine"
)

// A local run is the deployed state machine with two other values: the store is
// a folder, and the tasks are calls in this process, or processes.

// workHere is the folder, below the working one, that keeps local runs.
const workHere = ".salvo"

// The lead of workers that share this machine: time to be called and to
// compile the script; a process also has to start.
const (
	leadGoroutine = 300 * time.Millisecond
	leadProcess   = 1500 * time.Millisecond
)

// What a worker takes to load a processor, and more for each MiB of its code, with something to spare
// for a busy machine. Large packages have several MiB.
const (
	loadingAtLeast = 100 * time.Millisecond
	loadingPerMiB  = 300 * time.Millisecond
)

// loadingTime is what so many workers take to load a processor at once on this machine.
func loadingTime(code, workers int) time.Duration {
	each := loadingAtLeast + time.Duration(float64(code)/(1<<20)*float64(loadingPerMiB))
	procs := runtime.GOMAXPROCS(0)
	return each * time.Duration((workers+procs-1)/procs)
}

// localFlush is how often workers of this machine write what they have
// measured, which is also how fresh the figures on the terminal are.
const localFlush = time.Second

// A run of this machine beats its alive key every aliveBeat; when it has not for
// aliveStale, the command that ran it is gone.
const (
	aliveBeat  = 2 * time.Second
	aliveStale = 8 * time.Second
)

// endedAlone is the outcome of a run whose process came to no end.
const endedAlone = "ProcessEnded"

// local is the place of runs on this machine: in this process when it has started
// one, else of another salvo run.
type local struct {
	dir       string // the folder that is the store
	processes bool
	scripted  bool              // the script has JavaScript
	loading   time.Duration     // that workers take to load the script's JavaScript
	env       map[string]string // what scripts see as $env
	stderr    io.Writer
	log       *slog.Logger
	say       func(text string) // prints what expectations found; nil does not

	alertCommand string       // gets the alerts of monitoring runs; "": they are printed
	alerts       bytes.Buffer // that are to be printed; only the aggregator writes to it

	id        string         // of the run that this process has started
	execution *asl.Execution // nil when it has started none
	alive     context.CancelFunc

	mu      sync.Mutex
	history bytes.Buffer // of the execution, as JSON lines
}

func (l *local) String() string { return "on this machine" }

func (l *local) store() store.Store { return store.Dir(l.dir) }

// start implements place.
func (l *local) start(ctx context.Context, run string, req job.Request, tell func(asl.Event)) error {
	machine, err := asl.Load(statemachine.Definition, map[string]string{
		statemachine.SplitterArn:   "splitter",
		statemachine.WorkerArn:     "worker",
		statemachine.AggregatorArn: "aggregator",
	})
	if err != nil {
		return err
	}
	input, err := json.Marshal(req)
	if err != nil {
		return err
	}
	beating, end := context.WithCancel(ctx)
	if err := l.beat(beating, run); err != nil {
		end()
		return err
	}
	l.id, l.alive = run, end
	split := splitter.Step{Store: l.store(), Bucket: "local", Lead: leadGoroutine, Env: l.env, Log: l.log}
	work := asl.Task(l.worker().Handle)
	if l.processes {
		split.Lead = leadProcess
		work = l.processWorker
	}
	split.Lead += l.loading
	l.execution, err = machine.Start(ctx, run, input, asl.Environment{
		Tasks: map[string]asl.TaskFunc{
			"splitter":   asl.Task(split.Handle),
			"worker":     work,
			"aggregator": asl.Task(l.aggregator().Handle),
		},
		ReadItems:   l.readItems,
		WriteResult: l.writeResult,
		OnEvent: func(e asl.Event) {
			l.record(e)
			if tell != nil {
				tell(e)
			}
		},
	})
	return err
}

// beat writes that the run is going on, now and until ctx ends.
func (l *local) beat(ctx context.Context, run string) error {
	write := func() error {
		return store.WriteAll(ctx, l.store(), job.AliveKey(run), []byte(time.Now().UTC().Format(time.RFC3339Nano)+"\n"))
	}
	if err := write(); err != nil {
		return err
	}
	go func() {
		tick := time.NewTicker(aliveBeat)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				write() // when it cannot be written, the next beat may
			}
		}
	}()
	return nil
}

// wait implements place.
func (l *local) wait(ctx context.Context, run string) (runState, error) {
	if l.execution == nil || run != l.id {
		for {
			st, err := l.state(ctx, run)
			if err != nil || !st.running {
				return st, err
			}
			select {
			case <-ctx.Done():
				return st, context.Cause(ctx)
			case <-time.After(stopLook / 4):
			}
		}
	}
	result := l.execution.Wait()
	l.alive()
	st := runState{run: run, outcome: result.Error, cause: result.Cause, aborted: result.Status == asl.Aborted}
	if result.Status == asl.Succeeded {
		st.outcome = job.Passed
	}
	return st, l.keepHistory(ctx)
}

// halt implements place. The process that another run is in looks for its stop
// key, and ends the state machine then.
func (l *local) halt(_ context.Context, run string) error {
	if l.execution != nil && run == l.id {
		l.execution.Stop(job.RunStopped, "the run was stopped")
	}
	return nil
}

// state implements place.
func (l *local) state(ctx context.Context, run string) (runState, error) {
	st := runState{run: run}
	data, err := store.ReadAll(ctx, l.store(), job.AliveKey(run))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrInvalid) {
		return st, fmt.Errorf("%w as %s %s; `salvo runs --local` lists those that are", errNoRun, run, l)
	}
	if err != nil {
		return st, err
	}
	beat, err := time.Parse(time.RFC3339Nano, strings.TrimSpace(string(data)))
	if err != nil {
		return st, fmt.Errorf("%s: %w", keptHere(job.AliveKey(run)), err)
	}
	if st.start, err = time.Parse(runIDTime, run[:min(len(run), len(runIDTime))]); err != nil {
		st.start = beat
	}
	data, err = store.ReadAll(ctx, l.store(), job.ReportKey(run))
	if err == nil {
		rep, err := report.Decode(data)
		if err != nil {
			return st, fmt.Errorf("%s: %w", keptHere(job.ReportKey(run)), err)
		}
		st.outcome, st.cause, st.end = rep.Run.Outcome, rep.Run.OutcomeCause, rep.Run.Ended
		return st, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return st, err
	}
	// The history is the last that the process of a run writes.
	data, err = store.ReadAll(ctx, l.store(), job.HistoryKey(run))
	if err != nil {
		st.running = time.Since(beat) < aliveStale
		if !st.running {
			st.outcome, st.cause, st.aborted, st.end = endedAlone, "its process ended before it did", true, beat
		}
		return st, nil
	}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	var last asl.Event
	if err := json.Unmarshal(lines[len(lines)-1], &last); err != nil {
		return st, fmt.Errorf("%s: %w", keptHere(job.HistoryKey(run)), err)
	}
	st.outcome, st.cause, st.aborted, st.end = last.Error, last.Cause, last.Type == "ExecutionAborted", last.Time
	return st, nil
}

// states implements place.
func (l *local) states(ctx context.Context, most int) ([]runState, error) {
	entries, err := os.ReadDir(filepath.Join(l.dir, "runs"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	slices.Reverse(entries) // names begin with the time
	var all []runState
	for _, e := range entries {
		st, err := l.state(ctx, e.Name())
		if errors.Is(err, errNoRun) {
			continue // the report of a run on AWS
		}
		if err != nil {
			return nil, err
		}
		if all = append(all, st); len(all) == most {
			break
		}
	}
	return all, nil
}

func (l *local) lost() int64 { return 0 }

func (l *local) bill() *plan.CostOptions { return nil }

func (l *local) keep(context.Context, string) error { return nil }

func (l *local) worker() worker.Step {
	return worker.Step{Store: l.store(), Env: l.env, Version: version, FlushEvery: localFlush, Log: l.log, Say: l.say, Dir: filepath.Join(l.dir, "runs")}
}

func (l *local) aggregator() aggregator.Step {
	return aggregator.Step{Store: l.store(), Version: version, Env: l.env, Log: l.log, Monitoring: &aggregator.Monitoring{Publisher: l.publisher()}}
}

// publisher takes the alerts of monitoring runs.
func (l *local) publisher() monitor.Publisher {
	if l.alertCommand != "" {
		return monitor.Command{Line: l.alertCommand, Output: l.stderr}
	}
	// Not at once: progress may be drawn there.
	return monitor.Writer{W: &l.alerts}
}

func (l *local) record(e asl.Event) {
	data, err := json.Marshal(e)
	if err != nil {
		return // an event is made of strings and JSON; there is nobody to tell
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.history.Write(data)
	l.history.WriteByte('\n')
}

// keepHistory writes the event log beside the run's other files.
func (l *local) keepHistory(ctx context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return store.WriteAll(ctx, l.store(), job.HistoryKey(l.id), l.history.Bytes())
}

// s3Place is what the definition gives an ItemReader or ResultWriter.
type s3Place struct{ Bucket, Key, Prefix string }

func (l *local) readItems(ctx context.Context, _ string, parameters json.RawMessage) (io.ReadCloser, error) {
	var at s3Place
	if err := json.Unmarshal(parameters, &at); err != nil {
		return nil, err
	}
	return l.store().Get(ctx, at.Key)
}

func (l *local) writeResult(ctx context.Context, _ string, parameters json.RawMessage, name string, data []byte) error {
	var at s3Place
	if err := json.Unmarshal(parameters, &at); err != nil {
		return err
	}
	return store.WriteAll(ctx, l.store(), strings.TrimSuffix(at.Prefix, "/")+"/"+name, data)
}

// workerEnv is the environment of a worker process. What a dotenv file has goes
// this way, because it must not be in the store.
func (l *local) workerEnv() []string {
	env := os.Environ()
	here := environ()
	if l.scripted && here[gcVariable] == "" {
		env = append(env, fmt.Sprint(gcVariable, "=", gcPercent))
	}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		if _, there := here[name]; !there {
			env = append(env, name+"="+l.env[name])
		}
	}
	return env
}

// processAnswer is what `salvo worker` prints: an output, or an error by name.
type processAnswer struct {
	Output       json.RawMessage `json:"output,omitempty"`
	ErrorType    string          `json:"errorType,omitempty"`
	ErrorMessage string          `json:"errorMessage,omitempty"`
}

// processWorker runs a worker in a process of its own. A process that ends
// without an answer is named as Lambda names it.
func (l *local) processWorker(ctx context.Context, in json.RawMessage) (json.RawMessage, error) {
	exe, err := os.Executable()
	if err != nil {
		return nil, err
	}
	args := []string{"worker", "--store", l.dir}
	if deadline, ok := ctx.Deadline(); ok {
		args = append(args, "--deadline", deadline.UTC().Format(time.RFC3339Nano))
	}
	if l.say == nil {
		args = append(args, "--quiet")
	}
	cmd := exec.CommandContext(ctx, exe, args...)
	cmd.Args[0] = os.Args[0]
	ownGroup(cmd) // Ctrl-C is for this process; it tells the workers itself
	cmd.Env = l.workerEnv()
	cmd.Stderr = l.stderr
	var out bytes.Buffer
	cmd.Stdout = &out
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	defer stdin.Close() // the worker ends when its standard input does: it cannot outlive this process
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	if _, err := stdin.Write(append(in, '\n')); err != nil {
		l.log.Debug("a worker process did not take its input", "error", err)
	}
	exit := cmd.Wait()
	var answer processAnswer
	if err := json.Unmarshal(out.Bytes(), &answer); err != nil {
		return nil, &asl.NamedError{Name: "Runtime.ExitError", Cause: fmt.Sprintf("the worker process ended without an answer: %v", exit)}
	}
	if answer.ErrorType != "" {
		return nil, &asl.NamedError{Name: answer.ErrorType, Cause: answer.ErrorMessage}
	}
	return answer.Output, nil
}

// gcVariable is how Go's garbage collector is told how much a heap may grow
// before it is collected, in percent, and gcPercent what a process is given that
// runs JavaScript, which leaves much behind. Others do better with less memory.
const (
	gcVariable = "GOGC"
	gcPercent  = 400
)

// collectLess sets it for this process, unless the environment says otherwise.
func collectLess() {
	if os.Getenv(gcVariable) == "" {
		debug.SetGCPercent(gcPercent)
	}
}
