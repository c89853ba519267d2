package script

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"salvo/pkg/template"
)

// shortestSecret is how many characters a value needs to be a secret: masking
// a 1, or a name of three letters, would make reports unreadable and hide
// nothing.
const shortestSecret = 4

// mask stands for a secret.
const mask = "***"

// Secrets returns the values of all environment variables that the script names
// anywhere, rows of payload files included, as $env.X or $processEnvironment.X:
// what must not be seen in results, logs and reports. A script that takes the
// environment as a whole names all of them. A value of less than four
// characters is none. One with blanks around it, or with characters that JSON
// escapes, is there a second time as it then looks. The longest come first, so
// that replacing them in this order leaves no rest of one that begins like
// another.
func (s *Script) Secrets() []string {
	if s.resolved == nil {
		return nil
	}
	named := namedVariables{env: s.resolved.opts.Env, names: map[string]bool{}}
	s.resolved.root.walk("", func(_ string, n *node) {
		named.in(n.text)
		for _, m := range n.members {
			named.in(m.key)
		}
	})
	for _, p := range s.Config.Payload {
		for _, row := range p.Rows {
			named.inValue(row)
		}
	}
	return named.values()
}

// values are the secrets among what the variables hold.
func (v *namedVariables) values() []string {
	var secrets []string
	for name := range v.names {
		value := v.env[name]
		quoted := template.AppendJSON(nil, value)
		for _, form := range []string{value, strings.TrimSpace(value), string(quoted[1 : len(quoted)-1])} {
			if utf8.RuneCountInString(form) >= shortestSecret {
				secrets = append(secrets, form)
			}
		}
	}
	slices.SortFunc(secrets, func(a, b string) int {
		return cmp.Or(cmp.Compare(len(b), len(a)), cmp.Compare(a, b))
	})
	return slices.Compact(secrets)
}

// namedVariables collects the names of environment variables.
type namedVariables struct {
	env   map[string]string
	names map[string]bool
}

// environmentPath is the environment with what follows it: .NAME, ['NAME'] or
// nothing of the kind. A dash in a name is part of it in a template, and a minus
// in an expression; both readings count.
var environmentPath = regexp.MustCompile(`\$(?:env|processEnvironment)\b(?:\s*\.\s*([\w-]+)|\s*\[\s*["']?([^\]"']*)["']?\s*\])?`)

func (v *namedVariables) in(text string) {
	if !strings.Contains(text, "$") {
		return
	}
	for _, m := range environmentPath.FindAllStringSubmatch(text, -1) {
		switch {
		case m[1] != "":
			v.add(m[1])
			name, _, _ := strings.Cut(m[1], "-")
			v.add(name)
		case m[2] != "":
			v.add(strings.TrimSpace(m[2]))
		default:
			for name := range v.env {
				v.add(name)
			}
		}
	}
}

func (v *namedVariables) add(name string) {
	if _, set := v.env[name]; set {
		v.names[name] = true
	}
}

// masked is what may be shown of a value that config-level templating has filled.
func (b *builder) masked(n *node) string {
	named := namedVariables{env: b.loader.opts.Env, names: map[string]bool{}}
	named.in(n.template)
	text := n.scalarText()
	for _, secret := range named.values() {
		text = strings.ReplaceAll(text, secret, mask)
	}
	return text
}

// written is the value with the templates that name the environment as they
// are written.
func (n *node) written() any {
	if environmentPath.MatchString(n.template) {
		return n.template
	}
	switch n.kind {
	case kindList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.written()
		}
		return list
	case kindObject:
		o := template.NewObject()
		for _, m := range n.members {
			if m.value.kind != kindUndefined {
				o.Set(m.key, m.value.written())
			}
		}
		return o
	default:
		return n.value()
	}
}

// inValue looks into a cell of a payload file: a text in it may be a template.
func (v *namedVariables) inValue(value any) {
	switch value := value.(type) {
	case string:
		v.in(value)
	case []any:
		for _, item := range value {
			v.inValue(item)
		}
	}
}
