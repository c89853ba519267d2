package engine

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"unicode"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

// shownLength is how many characters of a body, or of a variable, are printed.
const shownLength = 512

// text is what is printed of results.
func (x *Expectations) text(u *User, r *Response, asked Asked, results []expectResult, failed bool) string {
	if x.options.Format == script.ExpectJSON {
		return jsonResults(u, asked, results)
	}
	var b strings.Builder
	b.WriteString("* " + asked.Method() + " " + asked.Path() + " ")
	if name := asked.Name(); name != "" {
		b.WriteString("- " + name)
	}
	b.WriteString("\n\n")
	for i := range results {
		result := &results[i]
		verdict := "  ok "
		if !result.ok {
			verdict = "  not ok "
		}
		b.WriteString(verdict + result.name + " " + printed(result.got) + " \n")
		if !result.ok {
			b.WriteString("  expected: " + printed(result.expected) + "\n       got: " + printed(result.got) + "\n")
		}
	}
	if failed {
		exchangeText(&b, u, r, asked)
	}
	return printable(strings.TrimSuffix(b.String(), "\n"))
}

func jsonResults(u *User, asked Asked, results []expectResult) string {
	list := make([]any, len(results))
	for i := range results {
		o := template.NewObject()
		o.Set("ok", results[i].ok)
		o.Set("expected", masked(u, results[i].expected))
		o.Set("type", u.Mask(results[i].name))
		o.Set("got", masked(u, results[i].got))
		list[i] = o
	}
	o := template.NewObject()
	if name := asked.Name(); name != "" {
		o.Set("name", u.Mask(name))
	}
	o.Set("url", u.Mask(asked.Path()))
	o.Set("results", list)
	return string(template.AppendJSON(nil, o))
}

// masked is a value with its texts masked: once they are in JSON, their quotes are escaped.
func masked(u *User, v any) any {
	switch v := v.(type) {
	case string:
		return u.Mask(v)
	case []any:
		list := make([]any, len(v))
		for i := range v {
			list[i] = masked(u, v[i])
		}
		return list
	}
	return v
}

// exchangeText tells all that may explain why something failed.
func exchangeText(b *strings.Builder, u *User, r *Response, asked Asked) {
	b.WriteString("  Request params:\n    " + asked.URL() + "\n    ")
	var sent bytes.Buffer
	if body := asked.JSON(); body == nil || json.Indent(&sent, body, "    ", "  ") != nil {
		sent.WriteString(`""`)
	}
	b.Write(sent.Bytes())
	b.WriteString("\n  Headers:\n")
	r.Headers(func(name, value string) {
		b.WriteString("  " + name + ": " + value + "\n")
	})
	b.WriteString("  Body:\n" + start(u, r.Body) + "\n  User variables:\n")
	names, values := u.variables()
	for i, name := range names {
		b.WriteString("    " + name + ": " + start(u, []byte(printed(values[i]))) + "\n")
	}
}

// start is the beginning of a text, without secrets.
func start(u *User, whole []byte) string {
	text := u.Mask(string(whole[:min(len(whole), 8*shownLength)])) // first, so that no part of a secret is left at the cut
	n := 0
	for i := range text {
		if n++; n > shownLength {
			return text[:i]
		}
	}
	return text
}

// variables are the variables of a user by name, without the environment.
func (u *User) variables() (names []string, values []any) {
	owner := u.enter()
	defer u.leave()
	for name := range u.run.engine.names {
		names = append(names, name)
	}
	for i := range owner.own {
		names = append(names, owner.own[i].name)
	}
	slices.Sort(names)
	names = slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		return name == "$env" || name == "$processEnvironment"
	})
	for _, name := range names {
		v, _ := owner.lookup(name)
		values = append(values, v)
	}
	return names, values
}

// printable takes out of a text what a terminal could take for a command.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\ufffd'
	}, text)
}
