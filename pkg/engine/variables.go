package engine

import (
	"sort"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

// binding is where a variable's value comes from, for all users alike.
type binding struct {
	kind    bindingKind
	fixed   any   // of bindFixed
	list    []any // of bindPick
	slot    uint64
	payload *payload // of bindColumn
	column  int
}

type bindingKind uint8

const (
	bindFixed  bindingKind = iota // one value for all users
	bindPick                      // one element of a list
	bindColumn                    // a cell of the user's payload row
	bindUUID
	bindIndex
)

// payload is a payload file as users read it.
type payload struct {
	rows     [][]any
	sequence bool
	slot     uint64
}

// bindNames resolves every variable that is not a user's own to the one layer it comes from.
// Later layers win, so the order is that of rising precedence.
func bindNames(c *Config) map[string]binding {
	names := map[string]binding{}
	bindGlobals(names, c)
	for i := range c.Before.Len() {
		name, v := c.Before.At(i)
		names[name] = binding{fixed: v}
	}
	for i := range c.Script.Config.Payload {
		bindPayload(names, &c.Script.Config.Payload[i], slotPayload+uint64(i))
	}
	vars := c.Script.Config.Variables
	for i := range vars.Len() {
		name, v := vars.At(i)
		list, isList := v.([]any)
		switch {
		case !isList:
			names[name] = binding{fixed: v}
		case len(list) == 0:
			names[name] = binding{fixed: template.Undefined}
		default:
			names[name] = binding{kind: bindPick, list: list, slot: slotVariable + uint64(i)}
		}
	}
	return names
}

func bindGlobals(names map[string]binding, c *Config) {
	g := &c.Globals
	text := func(name, v string) {
		if v != "" {
			names[name] = binding{fixed: v}
		}
	}
	text("target", c.Script.Config.Target)
	text("$environment", g.Environment)
	text("$testId", g.TestID)
	text("$dirname", g.Dirname)
	text("$scenarioFile", g.ScenarioFile)

	keys := make([]string, 0, len(g.Env))
	for k := range g.Env {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	env := template.NewObject()
	for _, k := range keys {
		env.Set(k, g.Env[k])
	}
	names["$env"] = binding{fixed: env}
	names["$processEnvironment"] = binding{fixed: env}
	names["$uuid"] = binding{kind: bindUUID}
	names["$index"] = binding{kind: bindIndex}
}

func bindPayload(names map[string]binding, p *script.Payload, slot uint64) {
	if p.LoadAll {
		names[p.Name] = binding{fixed: wholeFile(p)}
		return
	}
	shared := &payload{rows: p.Rows, sequence: p.Sequence, slot: slot}
	for column, field := range p.Fields {
		names[field] = binding{kind: bindColumn, payload: shared, column: column}
	}
}

// wholeFile is what loadAll gives: a list of objects keyed by the fields, or of lists without them.
func wholeFile(p *script.Payload) []any {
	all := make([]any, len(p.Rows))
	for i, row := range p.Rows {
		if len(p.Fields) == 0 {
			all[i] = row
			continue
		}
		o := template.NewObject()
		for j, field := range p.Fields {
			if j < len(row) {
				o.Set(field, row[j])
			} else {
				o.Set(field, template.Undefined)
			}
		}
		all[i] = o
	}
	return all
}

// value is what the binding means to one user. Nothing is kept: every pick can be drawn again.
func (b *binding) value(u *User) any {
	switch b.kind {
	case bindPick:
		return b.list[u.pick(b.slot, len(b.list))]
	case bindColumn:
		return b.payload.cell(u, b.column)
	case bindUUID:
		return u.uuid()
	case bindIndex:
		return float64(u.index)
	default:
		return b.fixed
	}
}

// cell is a column of the user's row. One cursor runs through the file for the whole run, so the
// row in sequence is a matter of the arrival's index alone.
func (p *payload) cell(u *User, column int) any {
	n := len(p.rows)
	if n == 0 {
		return template.Undefined
	}
	var row []any
	if p.sequence {
		row = p.rows[u.index%int64(n)]
	} else {
		row = p.rows[u.pick(p.slot, n)]
	}
	if column >= len(row) {
		return template.Undefined
	}
	return row[column]
}
