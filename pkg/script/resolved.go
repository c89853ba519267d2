package script

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"salvo/pkg/template"
)

// resolved is a script as a document: merge file, environment, target, overrides
// and variables are in it, and the templates of its config are not yet filled.
type resolved struct {
	root      *node
	name      string // of the script in its file system, "" when it was inline
	opts      Options
	variables *node // the option of this name, nil when there is none
}

const resolvedVersion = 1

// EncodeResolved writes the script as DecodeResolved reads it: JSON with the
// whole document, and in `positions` the place of each value by its JSON
// pointer. What config takes from the process environment is not in it, only
// the templates that ask for it. It fails for a Script that was not loaded.
func (s *Script) EncodeResolved() ([]byte, error) {
	r := s.resolved
	if r == nil {
		return nil, errors.New("encoding the script: it was not loaded from a text")
	}
	var b bytes.Buffer
	b.WriteString("{\n")
	text := func(name, value string) {
		fmt.Fprintf(&b, "  %q: %s,\n", name, template.AppendJSON(nil, value))
	}
	document := func(name string, n *node) error {
		fmt.Fprintf(&b, "  %q: ", name)
		if err := json.Indent(&b, template.AppendJSON(nil, n.value()), "  ", "  "); err != nil {
			return fmt.Errorf("encoding the script: %w", err)
		}
		b.WriteString(",\n")
		return nil
	}
	fmt.Fprintf(&b, "  \"version\": %d,\n", resolvedVersion)
	text("file", s.File)
	text("path", r.name)
	text("environment", r.opts.Environment)
	text("testId", r.opts.TestID)
	if r.opts.Mode != "" {
		text("mode", string(r.opts.Mode))
	}
	if r.opts.Scenario != "" {
		text("scenario", r.opts.Scenario)
	}
	text("seed", strconv.FormatUint(r.opts.Seed, 10))
	if r.variables != nil {
		if err := document("variables", r.variables); err != nil {
			return nil, err
		}
	}
	if err := document("document", r.root); err != nil {
		return nil, err
	}
	b.WriteString("  \"positions\": {")
	separator := "\n"
	r.root.walk("", func(pointer string, n *node) {
		fmt.Fprintf(&b, "%s    %s: [%d, %d", separator, template.AppendJSON(nil, pointer), n.pos.Line, n.pos.Column)
		if n.file != s.File {
			fmt.Fprintf(&b, ", %s", template.AppendJSON(nil, n.file))
		}
		b.WriteByte(']')
		separator = ",\n"
	})
	b.WriteString("\n  }\n}\n")
	return b.Bytes(), nil
}

var pointerEscapes = strings.NewReplacer("~", "~0", "/", "~1")

// walk visits n and all below it with their JSON pointers.
func (n *node) walk(pointer string, visit func(pointer string, n *node)) {
	visit(pointer, n)
	for i, item := range n.items {
		item.walk(pointer+"/"+strconv.Itoa(i), visit)
	}
	for _, m := range n.members {
		m.value.walk(pointer+"/"+pointerEscapes.Replace(m.key), visit)
	}
}

// DecodeResolved reads what EncodeResolved wrote, fills the templates of config
// from env, and reads the script's files from fsys; with a nil fsys payloads have
// no rows and nothing else is read, for those who send nothing; they do without
// fake, too. Its error is Faults when they no longer make a script: with
// other values in the environment, or without a payload file.
func DecodeResolved(data []byte, fsys fs.FS, env map[string]string, fake FakeData) (*Script, error) {
	const file = "the resolved script"
	var s sink
	top := readJSON(data, file, &s)
	if err := s.err(); err != nil {
		return nil, err
	}
	if version := top.get("version"); version == nil || version.kind != kindNumber || version.num != resolvedVersion {
		return nil, fmt.Errorf("decoding %s: not of version %d", file, resolvedVersion)
	}
	text := func(name string) string {
		if n := top.get(name); n != nil && n.kind == kindText {
			return n.text
		}
		return ""
	}
	seed, err := strconv.ParseUint(text("seed"), 10, 64)
	if err != nil {
		return nil, fmt.Errorf("decoding %s: seed: %w", file, err)
	}
	root, positions, variables := top.get("document"), top.get("positions"), top.get("variables")
	if root == nil || root.kind != kindObject || positions == nil || positions.kind != kindObject {
		return nil, fmt.Errorf("decoding %s: no document with positions in it", file)
	}
	if variables != nil && variables.kind != kindObject {
		return nil, fmt.Errorf("decoding %s: variables is not an object", file)
	}
	name := text("file")
	root.walk("", func(pointer string, n *node) { n.place = positionOf(positions.get(pointer), name) })
	opts := Options{
		Name: name, Environment: text("environment"), Mode: Mode(text("mode")), Scenario: text("scenario"), TestID: text("testId"), Seed: seed, Env: env, FakeData: fake,
	}
	l := &loader{fsys: fsys, name: text("path"), opts: opts, rowless: fsys == nil}
	script := l.finish(&resolved{root: root, name: l.name, opts: opts, variables: variables})
	if err := l.sink.err(); err != nil {
		return nil, err
	}
	return script, nil
}

// positionOf reads [line, column] or [line, column, file].
func positionOf(n *node, file string) place {
	at := place{file: file}
	if n == nil || len(n.items) < 2 {
		return at
	}
	at.pos = Pos{int(n.items[0].num), int(n.items[1].num)}
	if len(n.items) > 2 {
		at.file = n.items[2].text
	}
	return at
}
