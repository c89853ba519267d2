package script

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/dlclark/regexp2"
)

// isProgram tells JavaScript and TypeScript by the name of the file.
func isProgram(name string) bool {
	switch strings.ToLower(path.Ext(name)) {
	case ".js", ".cjs", ".mjs", ".ts", ".cts", ".mts":
		return true
	}
	return false
}

// configFile puts the file of the option --config over the script.
func (l *loader) configFile(root *node) *node {
	if l.opts.Config == "" {
		return root
	}
	name := path.Clean(l.opts.Config)
	shown := l.opts.ConfigName
	if shown == "" {
		shown = name
	}
	at := place{file: "--config"}
	text, err := []byte(nil), errInline
	switch {
	case l.fsys == nil:
	case isProgram(name):
		err = errProgram
	default:
		text, err = fs.ReadFile(l.fsys, name)
	}
	if err != nil {
		l.sink.fault(at, "", "the file %s %s", quote(shown), whyNot(err))
		return nil
	}
	l.files = append(l.files, name)
	over := readFile(text, shown, "the file is empty; it needs at least `config`", &l.sink)
	if over == nil {
		return nil
	}
	if merge := over.get(">>"); merge != nil {
		l.sink.warn(merge.place, ">>", "only a script is merged over another file; this has no effect")
		over.remove(">>")
	}
	return mergeDeep(root, over)
}

// insecure does what --insecure asks for, whatever the script says.
func (l *loader) insecure(root *node) {
	if !l.opts.Insecure {
		return
	}
	at := place{file: "--insecure"}
	config := child(root, "config", at)
	if config == nil {
		return
	}
	if tls := config.get("tls"); tls != nil && tls.kind == kindText && strings.Contains(tls.text, "{{") {
		config.remove("tls") // whatever it stands for
	}
	tls := child(config, "tls", at)
	if tls == nil {
		return
	}
	const key = "rejectUnauthorized"
	if v := tls.get(key); v != nil && v.kind == kindBool && v.yes {
		l.sink.warn(v.place, "config.tls."+key, "the script wants certificates verified, but --insecure turns that off")
	}
	tls.remove(key)
	tls.set(key, at, &node{kind: kindBool, place: at})
}

// solo does what --solo asks for: one user, at once.
func (l *loader) solo(root *node) {
	if !l.opts.Solo {
		return
	}
	at := place{file: "--solo"}
	config := child(root, "config", at)
	if config == nil {
		return
	}
	phase := &node{kind: kindObject, place: at}
	for _, key := range []string{"duration", "arrivalCount"} {
		phase.set(key, at, &node{kind: kindNumber, num: 1, place: at})
	}
	config.remove("phases")
	config.set("phases", at, &node{kind: kindList, items: []*node{phase}, place: at})
}

// choose leaves the one scenario that --scenario-name asks for. A name that is
// equal to it goes before names that match it as a regular expression, so that
// every scenario with a name of its own can be chosen.
func (b *builder) choose(all []Scenario) []Scenario {
	wanted := b.loader.opts.Scenario
	if wanted == "" || len(all) == 0 {
		return all
	}
	at := place{file: "--scenario-name"}
	chosen := slices.DeleteFunc(slices.Clone(all), func(s Scenario) bool { return s.Name != wanted })
	if len(chosen) == 0 {
		re, err := regexp2.Compile(fromJavaScript(wanted), regexp2.ECMAScript)
		if err != nil {
			b.sink.fault(at, "", "no scenario has the name %s, and it is not a regular expression either; %s", quote(wanted), scenarioNames(all))
			return all
		}
		for _, s := range all {
			if ok, err := re.MatchString(s.Name); ok && err == nil && s.Name != "" {
				chosen = append(chosen, s)
			}
		}
	}
	switch len(chosen) {
	case 0:
		b.sink.fault(at, "", "no scenario has the name %s, or a name that matches it; %s", quote(wanted), scenarioNames(all))
		return all
	case 1:
		chosen[0].Weight = b.static(1.0)
		return chosen
	default:
		advice := "give the whole name of one"
		if chosen[0].Name == wanted {
			advice = "give each scenario a name of its own"
		}
		var which []string
		for _, s := range chosen {
			which = append(which, fmt.Sprintf("%s (line %d)", quote(s.Name), s.Pos.Line))
		}
		b.sink.fault(at, "", "%s stands for %d scenarios, where one is wanted: %s; %s", quote(wanted), len(chosen), strings.Join(which, ", "), advice)
		return all
	}
}

// scenarioNames continues the sentence that a scenario is not there.
func scenarioNames(all []Scenario) string {
	var names []string
	unnamed := 0
	for _, s := range all {
		if s.Name == "" {
			unnamed++
		} else {
			names = append(names, quote(s.Name))
		}
	}
	switch {
	case len(names) == 0:
		return "none of the script's scenarios has a name"
	case unnamed == 1:
		names = append(names, "one without a name")
	case unnamed > 1:
		names = append(names, fmt.Sprintf("%d without a name", unnamed))
	case len(names) == 1:
		return "there is only " + names[0]
	}
	last := len(names) - 1
	return "there are " + strings.Join(names[:last], ", ") + " and " + names[last]
}
