package main

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"salvo/pkg/fake"
	"salvo/pkg/hook"
	"salvo/pkg/hook/bundle"
	"salvo/pkg/job"
	"salvo/pkg/script"
	"salvo/pkg/store"
)

// source says which script a command works on and how it is read: the flags
// that run, check and plan share.
type source struct {
	path, data  string
	stdin       bool
	config      string
	environment string
	dotenv      string
	overrides   string
	variables   string
	target      string
	scenario    string
	insecure    bool
	solo        bool
	acceptance  bool
	monitoring  bool
	strict      bool
	seed        string
}

func (s *source) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVarP(&s.path, "path", "p", "", "the script `file`, instead of naming it as an argument")
	f.StringVarP(&s.data, "data", "d", "", "the script itself, as YAML or JSON `text`")
	f.BoolVar(&s.stdin, "stdIn", false, "read the script from standard input")
	f.BoolVar(&s.stdin, "si", false, "short for --stdIn")
	f.StringVarP(&s.config, "config", "c", "", "a `file` merged over the script; its values win")
	f.StringVarP(&s.environment, "environment", "e", "", "the `name` in config.environments to use")
	f.StringVar(&s.overrides, "overrides", "", "`JSON` merged over the script; lists are replaced")
	f.StringVarP(&s.variables, "variables", "v", "", "`JSON` object whose keys replace those of config.variables")
	f.StringVarP(&s.target, "target", "t", "", "the `URL` to use as config.target")
	f.StringVar(&s.dotenv, "dotenv", "", "a `file` of KEY=VALUE lines that scripts see as $env; what the real environment has goes before it")
	f.StringVar(&s.dotenv, "env-file", "", "another word for --dotenv: its `file`")
	f.BoolVarP(&s.insecure, "insecure", "k", false, "accept TLS certificates that cannot be verified")
	f.BoolVarP(&s.solo, "solo", "s", false, "run a single user instead of the script's phases")
	f.BoolVarP(&s.acceptance, "acceptance", "a", false, "run each scenario once and fail on errors: acceptance mode, whatever the script says")
	f.BoolVarP(&s.monitoring, "monitoring", "m", false, "run each scenario a few times and fail on more errors than the budget: monitoring mode, whatever the script says")
	f.StringVar(&s.scenario, "scenario-name", "", "run only the scenario of this `name`, or the one whose name matches this regular expression")
	f.BoolVar(&s.strict, "strict", false, "treat warnings about the script as faults")
}

func (s *source) seedFlag(cmd *cobra.Command) {
	cmd.Flags().StringVar(&s.seed, "seed", "", "whole `number` that decides all that is drawn: the same seed gives the same run")
}

// input is a script that was read: where it lies and what its faults call it.
type input struct {
	fsys    fs.FS  // slash paths from the file system's root
	file    string // of the script in fsys
	name    string // as the user would call it
	options script.Options

	processor *bundle.Result // set by load; nil when the script has none
}

// open finds the script that the flags and arguments name; the default is a
// script in the working folder, and without one the built-in script.
func (s *source) open(args []string, io_ stdio) (*input, error) {
	in := &input{fsys: os.DirFS("/")}
	named := 0
	for _, given := range []bool{len(args) > 0, s.path != "", s.data != "", s.stdin} {
		if given {
			named++
		}
	}
	if named > 1 {
		return nil, errors.New("name the script once: as an argument, with --path, with --data or with --stdIn")
	}
	var text []byte
	switch {
	case len(args) > 0:
		in.name = args[0]
	case s.path != "":
		in.name = s.path
	case s.data != "":
		in.name, text = "--data", []byte(s.data)
	case s.stdin:
		var err error
		if text, err = io.ReadAll(io_.in); err != nil {
			return nil, fmt.Errorf("reading the script from standard input: %w", err)
		}
		in.name = "standard input"
	default:
		for _, name := range []string{"script.yml", "script.yaml", "script.json"} {
			if _, err := os.Stat(name); err == nil {
				in.name = name
				break
			}
		}
		if in.name == "" {
			in.name, text = "built-in script", []byte(script.DefaultScript)
			fmt.Fprintln(io_.err, "no script named and no script.yml, script.yaml or script.json here: running the built-in one")
		}
	}

	file := in.name
	if text != nil {
		file = "script.yml" // as if it lay in the working folder: so its payload files are found
	}
	abs, err := filepath.Abs(file)
	if err != nil {
		return nil, err
	}
	in.file = strings.TrimPrefix(filepath.ToSlash(abs), "/")
	if text != nil {
		if in.fsys, err = withFile(in.fsys, in.file, text); err != nil {
			return nil, err
		}
	} else if info, err := os.Stat(abs); err != nil {
		return nil, fmt.Errorf("the script %s cannot be read: %w", in.name, errors.Unwrap(err))
	} else if info.IsDir() {
		return nil, fmt.Errorf("the script %s is a folder; name a file in it", in.name)
	}
	in.options = script.Options{
		Name:        in.name,
		ConfigName:  s.config,
		Environment: s.environment,
		Overrides:   []byte(s.overrides),
		Variables:   []byte(s.variables),
		Target:      s.target,
		Insecure:    s.insecure,
		Solo:        s.solo,
		Scenario:    s.scenario,
		Mode:        s.mode(),
		Env:         s.env(io_.err),
		Strict:      s.strict,
	}
	if s.config != "" {
		if abs, err = filepath.Abs(s.config); err != nil {
			return nil, err
		}
		in.options.Config = strings.TrimPrefix(filepath.ToSlash(abs), "/")
	}
	return in, nil
}

// mode is the one that a flag asks for, "" when none does. With both flags
// acceptance wins, as in serverless-artillery.
func (s *source) mode() script.Mode {
	switch {
	case s.acceptance:
		return script.Acceptance
	case s.monitoring:
		return script.Monitoring
	default:
		return ""
	}
}

// env is what scripts see as $env: the environment of this process, and what
// the dotenv file has besides. A file that cannot be read is told and passed
// over, for it is commonly there on some machines only.
func (s *source) env(warn io.Writer) map[string]string {
	env := environ()
	if s.dotenv == "" {
		return env
	}
	text, err := os.ReadFile(s.dotenv)
	if err != nil {
		fmt.Fprintf(warn, "--dotenv: warning: could not read dotenv file: %s\n", s.dotenv)
		return env
	}
	more, warnings := script.ParseDotenv(text, s.dotenv)
	for _, w := range warnings {
		fmt.Fprintf(warn, "%v\n", w)
	}
	maps.Copy(more, env)
	return more
}

// load reads and checks the script with its JavaScript, and tells its warnings.
func (in *input) load(io stdio) (*script.Script, error) {
	options := in.options
	options.CheckCode = hook.Check
	options.FakeData = fake.Data{Now: time.Now()}.Function
	sc, warnings, err := script.Load(in.fsys, in.file, options)
	var faults script.Faults
	isFaulty := errors.As(err, &faults)
	for _, f := range slices.Concat(faults, warnings) {
		fmt.Fprintf(io.err, "%v\n", f)
	}
	if isFaulty {
		return nil, in.refused(len(faults))
	}
	if err == nil && sc.Config.Processor.File != "" {
		err = in.bundleProcessor(sc, io)
	}
	return sc, err
}

// refused is the end of a command whose script has faults, which were told.
func (in *input) refused(faults int) error {
	return &exitError{code: exitFailed, err: fmt.Errorf("%s: %s; nothing was sent", in.name, count(int64(faults), "fault"))}
}

// bundleProcessor makes one text of the script's JavaScript, and tells what is
// wrong with it.
func (in *input) bundleProcessor(sc *script.Script, io stdio) error {
	files, err := script.Files(in.fsys, in.file, in.options)
	if err != nil {
		return err
	}
	built, err := bundle.Processor("/", sc.Config.Processor.File, bundle.Options{
		Script: in.file, Files: files, External: sc.Config.Processor.External, Modules: hook.Modules(),
	})
	var faults bundle.Faults
	if errors.As(err, &faults) {
		for _, f := range faults {
			fmt.Fprintf(io.err, "%v\n", shown(f))
		}
		return in.refused(len(faults))
	}
	if err != nil {
		return err
	}
	for _, w := range built.Warnings {
		if !in.options.Strict {
			w.Message = "warning: " + w.Message
		}
		fmt.Fprintf(io.err, "%v\n", shown(w))
	}
	if in.options.Strict && len(built.Warnings) > 0 {
		return in.refused(len(built.Warnings))
	}
	in.processor = built
	return nil
}

// shown names a fault's file as the user would: from the working folder when it
// lies below it.
func shown(f bundle.Fault) bundle.Fault {
	abs := "/" + f.File
	f.File = abs
	if here, err := os.Getwd(); err == nil {
		if rel, err := filepath.Rel(here, filepath.FromSlash(abs)); err == nil && filepath.IsLocal(rel) {
			f.File = filepath.ToSlash(rel)
		}
	}
	return f
}

// packed is a script as it travels: a zip with every file it needs.
type packed struct {
	zip    []byte
	sha256 string // in hex
	file   string // of the script, inside
	config string // of the file that is merged over it, inside; "" without one
}

// pack brings the script and its files together. The comment of the zip is the
// script's path inside, so that a bundle that lies around says what it is of.
func (in *input) pack() (packed, error) {
	files, err := script.Files(in.fsys, in.file, in.options)
	if err != nil {
		return packed{}, err
	}
	fsys, root := in.fsys, path.Dir(in.file)
	for _, file := range files {
		for root != "." && !strings.HasPrefix(file, root+"/") {
			root = path.Dir(root)
		}
	}
	if p := in.processor; p != nil {
		root = p.Root
		files = append(files, p.Files...)
		for name, text := range map[string][]byte{script.ProcessorCode: p.Code, script.ProcessorMap: p.Map} {
			name = path.Join(root, name)
			if fsys, err = withFile(fsys, name, text); err != nil {
				return packed{}, err
			}
			files = append(files, name)
		}
	}
	inside := func(file string) string {
		if root == "." {
			return file
		}
		return strings.TrimPrefix(file, root+"/")
	}
	out := packed{file: inside(in.file)}
	if in.options.Config != "" {
		out.config = inside(in.options.Config)
	}
	var buf bytes.Buffer
	if err := script.WriteBundle(&buf, fsys, root, files); err != nil {
		return packed{}, err
	}
	if out.zip, err = withComment(buf.Bytes(), out.file); err != nil {
		return packed{}, err
	}
	sum := sha256.Sum256(out.zip)
	out.sha256 = hex.EncodeToString(sum[:])
	return out, nil
}

// withComment gives a zip without a comment one: it is what a zip ends with, after
// its length.
func withComment(zip []byte, comment string) ([]byte, error) {
	if len(comment) > math.MaxUint16 {
		return nil, fmt.Errorf("the path %s is too long for a bundle", comment)
	}
	zip = binary.LittleEndian.AppendUint16(zip[:len(zip)-2], uint16(len(comment)))
	return append(zip, comment...), nil
}

// smallBundle is how many bytes are sent again rather than asked for. What is written
// anew does not expire while the run uses it, as a bundle that was written two months
// ago may.
const smallBundle = 4 << 20

// bundle puts the script and its files into the store, under the hash of their
// content, and returns the request for them.
func (in *input) bundle(ctx context.Context, s store.Store, src *source) (job.Request, error) {
	req := job.Request{
		Name:        in.name,
		Environment: src.environment,
		Overrides:   []byte(src.overrides),
		Variables:   []byte(src.variables),
		Target:      src.target,
		Insecure:    src.insecure,
		Solo:        src.solo,
		Scenario:    src.scenario,
		Mode:        string(src.mode()),
		Strict:      src.strict,
		Seed:        src.seed,
	}
	p, err := in.pack()
	if err != nil {
		return req, err
	}
	req.Bundle, req.File = job.BundleKey(p.sha256), p.file
	if p.config != "" {
		req.Config, req.ConfigName = p.config, in.options.ConfigName
	}
	if len(p.zip) > smallBundle {
		if there, err := store.Exists(ctx, s, req.Bundle); err != nil || there {
			return req, err
		}
	}
	return req, store.WriteAll(ctx, s, req.Bundle, p.zip)
}

// overlay is a file system with one file of its own before those of another.
type overlay struct {
	fs.FS
	over fs.FS
	file string
}

// Open implements fs.FS.
func (o overlay) Open(name string) (fs.File, error) {
	if name == o.file {
		return o.over.Open(name)
	}
	return o.FS.Open(name)
}

// withFile shows one more file in fsys. A zip in memory is the standard
// library's file system that needs no disk.
func withFile(fsys fs.FS, name string, text []byte) (fs.FS, error) {
	var buf bytes.Buffer
	w := zip.NewWriter(&buf)
	f, err := w.Create(name)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(text); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	over, err := zip.NewReader(bytes.NewReader(buf.Bytes()), int64(buf.Len()))
	if err != nil {
		return nil, err
	}
	return overlay{fsys, over, name}, nil
}

func environ() map[string]string {
	env := map[string]string{}
	for _, kv := range os.Environ() {
		k, v, _ := strings.Cut(kv, "=")
		env[k] = v
	}
	return env
}

// count says "1 fault", "2 faults".
func count(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return thousands(n) + " " + noun + "s"
}

// thousands writes 1234567 as 1,234,567.
func thousands(n int64) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
