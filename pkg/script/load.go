package script

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Options are what the command line, or a request, adds to a script.
type Options struct {
	Name        string            // how faults call the script; default its file name
	Config      string            // a file that is merged over the script: a path in the script's file system
	ConfigName  string            // how faults call that file; default its path
	Environment string            // the one of config.environments to merge over config
	Overrides   []byte            // a JSON object that is merged over the script; its lists replace the script's
	Variables   []byte            // a JSON object whose keys replace those of config.variables
	Target      string            // replaces config.target
	Insecure    bool              // config.tls.rejectUnauthorized becomes false
	Solo        bool              // config.phases becomes a single user
	Mode        Mode              // the mode, whatever the script says; "" leaves it to the script
	Scenario    string            // the one scenario to run: its name, or a regular expression that its name matches
	Env         map[string]string // the process environment: $env and $processEnvironment
	TestID      string            // $testId
	Seed        uint64            // draws the random functions in config
	Strict      bool              // warnings are faults
	CheckCode   CodeChecker       // reads the script's JavaScript; nil leaves that to those who run it
	FakeData    FakeData          // makes the functions of the plugin fake-data; nil: they give undefined
}

// Load reads the script name in fsys, with its merge file, its payload files and
// the files of forms and of TLS, which it finds relative to the script's folder. It returns the script, what is
// doubtful about it, and Faults when it cannot be run. Any other error says that
// the script itself could not be read.
func Load(fsys fs.FS, name string, o Options) (*Script, Faults, error) {
	l := &loader{fsys: fsys, name: path.Clean(name), opts: o}
	text, err := fs.ReadFile(fsys, l.name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the script: %w", err)
	}
	return l.load(text)
}

// Parse reads a script that is in no folder, so that it can have no other files. It returns what Load returns.
func Parse(text []byte, o Options) (*Script, Faults, error) {
	l := &loader{opts: o}
	return l.load(text)
}

// LoadOver is Load with a script as a text that is merged over the one in fsys,
// as if the text named that one as its merge file and lay beside it. Faults call
// the text "the request".
func LoadOver(fsys fs.FS, name string, over []byte, o Options) (*Script, Faults, error) {
	l := &loader{fsys: fsys, name: path.Clean(name), opts: o, over: over}
	text, err := fs.ReadFile(fsys, l.name)
	if err != nil {
		return nil, nil, fmt.Errorf("reading the script: %w", err)
	}
	return l.load(text)
}

// MergeFile is the path that the `>>` of a JSON script names, "" when there is none.
func MergeFile(text []byte) string {
	var s sink
	root := readJSON(text, "", &s)
	if root == nil || root.kind != kindObject {
		return ""
	}
	if field := root.get(">>"); field != nil && field.kind == kindText {
		return field.text
	}
	return ""
}

// Files lists the script and every file that it needs: what WriteBundle has to
// take along. The paths are those of fsys, sorted. Its errors are Load's.
func Files(fsys fs.FS, name string, o Options) ([]string, error) {
	l := &loader{fsys: fsys, name: path.Clean(name), opts: o}
	text, err := fs.ReadFile(fsys, l.name)
	if err != nil {
		return nil, fmt.Errorf("reading the script: %w", err)
	}
	if _, _, err := l.load(text); err != nil {
		return nil, err
	}
	files := append([]string{l.name}, l.files...)
	slices.Sort(files)
	return slices.Compact(files), nil
}

// loader makes a Script of a text, step by step as Artillery does: merge file,
// environment, target, overrides, variables; then templates of config, checks,
// payload files.
type loader struct {
	fsys  fs.FS  // nil for a script in no folder
	name  string // of the script in fsys, "" in no folder
	opts  Options
	sink  sink
	files []string // that were read beside the script

	rowless bool   // files beside the script are left unread
	over    []byte // a script merged over this one and its merge file
}

func (l *loader) load(text []byte) (*Script, Faults, error) {
	l.sink.strict = l.opts.Strict
	if isProgram(l.name) {
		l.sink.fault(place{file: l.display()}, "", "this file %s", whyNot(errProgram))
		_, faults := l.sink.split()
		return nil, nil, faults
	}
	root := l.resolve(text)
	if root == nil {
		warnings, faults := l.sink.split()
		return nil, warnings, faults
	}
	s := l.finish(&resolved{root: root, name: l.name, opts: l.opts, variables: l.variables()})
	warnings, faults := l.sink.split()
	if len(faults) > 0 {
		return nil, warnings, faults
	}
	return s, warnings, nil
}

// display is how faults call the script, and inFolder how they call a file
// beside it.
func (l *loader) display() string {
	switch {
	case l.opts.Name != "":
		return l.opts.Name
	case l.name != "":
		return l.name
	default:
		return "script"
	}
}

func (l *loader) inFolder(file string) string { return path.Join(folder(l.display()), file) }

// folder is the directory of a slash path, "." for a bare name.
func folder(name string) string { return path.Dir(name) }

var (
	errAbsolute = errors.New("an absolute path")
	errOutside  = errors.New("outside of the file system")
	errInline   = errors.New("the script has no folder")
	errProgram  = errors.New("a program")
)

// lookup is the path in fsys of a file that the script names.
func (l *loader) lookup(file string) (string, error) {
	if l.fsys == nil {
		return "", errInline
	}
	full := path.Join(folder(l.name), file)
	switch {
	case path.IsAbs(file):
		return "", errAbsolute
	case !fs.ValidPath(full):
		return "", errOutside
	}
	return full, nil
}

// resolve does all that changes the script as a document. It returns nil when
// there is nothing left to check.
func (l *loader) resolve(text []byte) *node {
	root := read(text, l.display(), &l.sink)
	if root == nil {
		return nil
	}
	if root = l.mergeFile(root); root == nil {
		return nil
	}
	if root = l.request(root); root == nil {
		return nil
	}
	if root = l.configFile(root); root == nil {
		return nil
	}
	l.environment(root)
	if l.opts.Target != "" {
		at := place{file: "--target"}
		if config := child(root, "config", at); config != nil {
			config.remove("target")
			config.set("target", at, &node{kind: kindText, text: l.opts.Target, place: at})
		}
	}
	if over := l.jsonOption(l.opts.Overrides, "--overrides"); over != nil {
		root = mergeOverrides(root, over)
	}
	if variables := l.variables(); variables != nil {
		at := variables.place
		if config := child(root, "config", at); config != nil {
			if target := child(config, "variables", at); target != nil {
				for _, m := range variables.members {
					target.set(m.key, m.place, m.value)
				}
			}
		}
	}
	l.insecure(root)
	l.solo(root)
	return root
}

// variables reads the option of this name; the sink does not keep a fault twice.
func (l *loader) variables() *node { return l.jsonOption(l.opts.Variables, "--variables") }

// jsonOption reads a JSON object from the command line. It returns nil when
// there is none, or the sink has a fault.
func (l *loader) jsonOption(text []byte, option string) *node {
	if len(text) == 0 {
		return nil
	}
	n := readJSON(text, option, &l.sink)
	if n != nil && n.kind != kindObject {
		l.sink.fault(n.place, "", "expected a JSON object, such as {\"name\": \"value\"}, found %s", n.found())
		return nil
	}
	return n
}

// mergeFile puts the script over the file that its `>>` names.
func (l *loader) mergeFile(root *node) *node {
	field := root.get(">>")
	if field == nil {
		return root
	}
	root = shallow(root)
	root.remove(">>")
	if field.kind != kindText || field.text == "" {
		l.sink.fault(field.place, ">>", "expected the path of a script, relative to this file, found %s", field.found())
		return nil
	}
	name, err := l.lookup(field.text)
	if err == nil && isProgram(name) {
		err = errProgram
	}
	if err != nil {
		l.sink.fault(field.place, ">>", "the file %s %s", quote(field.text), whyNot(err))
		return nil
	}
	text, err := fs.ReadFile(l.fsys, name)
	if err != nil {
		l.sink.fault(field.place, ">>", "the file %s %s: it was looked for at %s, as paths are relative to the script's folder", quote(field.text), whyNot(err), l.inFolder(field.text))
		return nil
	}
	l.files = append(l.files, name)
	base := read(text, l.inFolder(field.text), &l.sink)
	if base == nil {
		return nil
	}
	if again := base.get(">>"); again != nil {
		l.sink.warn(again.place, ">>", "a merged file is not merged over another one; this has no effect")
		base.remove(">>")
	}
	return mergeDeep(base, root)
}

// request puts the script that came with the request over the one that it asks for.
func (l *loader) request(root *node) *node {
	if l.over == nil {
		return root
	}
	over := readJSON(l.over, "the request", &l.sink)
	if over == nil {
		return nil
	}
	over.remove(">>")
	if config := over.get("config"); config != nil && config.kind == kindObject {
		if p := config.get("processor"); p != nil {
			l.sink.fault(p.place, "config.processor", "JavaScript is bundled when a script is deployed, so a request cannot name another file of it; deploy a script that does, or use salvo invoke")
			return nil
		}
	}
	return mergeDeep(root, over)
}

// whyNot continues "the file x".
func whyNot(err error) string {
	var perr *fs.PathError
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "does not exist"
	case errors.Is(err, errAbsolute):
		return "has an absolute path; the files of a script travel with it, so give a path relative to the script's folder"
	case errors.Is(err, errOutside):
		return "lies outside the folder that the script was loaded from; the files of a script travel with it, so put this one beside the script"
	case errors.Is(err, errInline):
		return "cannot be found: this script was given as a text, so there is no folder that it could be relative to"
	case errors.Is(err, errProgram):
		return "is a program: a script is a YAML or JSON file, so write what the program exports into one"
	case errors.As(err, &perr):
		return "cannot be read: " + perr.Err.Error()
	default:
		return "cannot be read: " + err.Error()
	}
}

// environment merges the chosen environment over config.
func (l *loader) environment(root *node) {
	name := l.opts.Environment
	if name == "" {
		return
	}
	config := root.get("config")
	var all *node
	if config != nil {
		all = config.get("environments")
	}
	if all == nil || all.kind != kindObject || all.get(name) == nil {
		known := "config.environments has none"
		if all != nil && len(all.members) > 0 {
			known = "known are " + strings.Join(all.keys(), ", ")
			if near := nearest(name, all.keys()); near != "" {
				known = "did you mean " + near + "? Known are " + strings.Join(all.keys(), ", ")
			}
		}
		l.sink.warn(place{file: "--environment"}, "", "the environment %s is not defined in the script; %s", quote(name), known)
		return
	}
	chosen := all.get(name)
	if chosen.kind != kindObject {
		if chosen.kind != kindNull {
			l.sink.fault(chosen.place, join("config.environments", name), "expected an object, found %s", chosen.found())
		}
		return
	}
	root.set("config", config.place, mergeDeep(config, chosen))
}

// finish checks and reads the resolved script. What it returns is of use only
// when the sink has no faults.
func (l *loader) finish(r *resolved) *Script {
	b := newBinder(r.opts, l.display(), r.variables, &l.sink)
	root := b.script(r.root)
	c := checker{sink: &l.sink, chosen: r.opts.Environment}
	c.value(root, anObject(schema), "")
	build := &builder{sink: &l.sink, loader: l, funcs: b.funcs}
	s := build.script(root)
	s.resolved = r
	return s
}
