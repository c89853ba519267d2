package script

import (
	"errors"
	"strings"
	"testing"

	"salvo/pkg/template"
)

// loadFake loads a script whose plugin has options, as JSON, and which calls something. What the
// functions give is their name and their options.
func loadFake(plugins, call string) (*Script, Faults, error) {
	text := "config:\n  target: http://a\n  plugins: " + plugins + "\nscenarios:\n  - flow:\n      - get: {url: \"/{{ " + call + " }}\"}\n"
	return Parse([]byte(text), Options{FakeData: func(name string, options any) (template.Func, error) {
		if name == "numberInt" && template.Text(options) == `{"min":9}` {
			return nil, errors.New("expected another min")
		}
		if name == "dateBetween" && options == template.Undefined {
			return nil, errors.New("it needs the options `from` and `to`")
		}
		return func(template.Scope, []any) (any, error) { return name + template.Text(options), nil }, nil
	}})
}

func TestFakeData(t *testing.T) {
	tests := []struct{ name, plugins, call, want, warning string }{
		{"without options", `{fake-data: {}}`, `$internetEmail()`, `/internetEmailundefined`, ""},
		{"a key without a value", `{fake-data: }`, `$internetEmail()`, `/internetEmailundefined`, ""},
		{"a function without a value", `{fake-data: {numberInt: }}`, `$numberInt()`, `/numberIntundefined`, ""},
		{"no options for one that has none", `{fake-data: {animalDog: {}}}`, `$animalDog()`, `/animalDog{}`, ""},
		{"with options", `{fake-data: {numberInt: {min: 7, max: 7}}}`, `$numberInt()`, `/numberInt{"min":7,"max":7}`, ""},
		{"with a value for all of them", `{fake-data: {loremWords: 5, stringAlpha: {length: {min: 1, max: 2}}}}`, `$loremWords()`, `/loremWords5`, ""},
		{"by an older name", `{fake-data: {numberInt: {max: 7}}}`, `$randNumber() }}{{ $randNumber()`, `/numberInt{"max":7}numberInt{"max":7}`, "$randNumber is deprecated; use $numberInt"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, warnings, err := loadFake(test.plugins, test.call)
			if err != nil {
				t.Fatal(err)
			}
			if got := template.Text(s.Scenarios[0].Flow[0].Request.URL.Value(nil)); got != test.want {
				t.Errorf("rendered %s, want %s", got, test.want)
			}
			if told := warnings.Error(); !strings.Contains(told, test.warning) || len(warnings) > 1 || test.warning == "" && told != "" {
				t.Errorf("warnings %q, want %q", told, test.warning)
			}
		})
	}
}

func TestWrongFakeData(t *testing.T) {
	tests := []struct{ name, plugins, call, want string }{
		{"without the plugin", `{}`, `$internetEmail()`, "script:6:22: scenarios[0].flow[0].get.url: there is no function $internetEmail without the plugin that has it; add `fake-data: {}` to config.plugins"},
		{"unknown function", `{fake-data: {}}`, `$internetEmial()`, "script:6:22: scenarios[0].flow[0].get.url: there is no function $internetEmial; did you mean $internetEmail?"},
		{"nothing like it", `{fake-data: {}}`, `$x()`, "script:6:22: scenarios[0].flow[0].get.url: there is no function $x; those of fake-data are called by faker's module and function, such as $internetEmail"},
		{"options of no function", `{fake-data: {numberInd: {min: 1}}}`, `$numberInt()`, "script:3:25: config.plugins.fake-data.numberInd: unknown key `numberInd`; did you mean `numberInt`?"},
		{"unknown option", `{fake-data: {numberInt: {mim: 1}}}`, `$numberInt()`, "script:3:37: config.plugins.fake-data.numberInt.mim: unknown key `mim`; did you mean `min`?"},
		{"option of another type", `{fake-data: {numberInt: {min: a}}}`, `$numberInt()`, "script:3:42: config.plugins.fake-data.numberInt.min: expected a number, found the text \"a\""},
		{"options that make no sense", `{fake-data: {numberInt: {min: 9}}}`, `$numberInt()`, "script:3:36: config.plugins.fake-data.numberInt: expected another min"},
		{"function that needs options", `{fake-data: {}}`, `$dateBetween()`, "script:6:22: scenarios[0].flow[0].get.url: the function $dateBetween cannot be called without options in config.plugins.fake-data: it needs the options `from` and `to`"},
		{"the same, with a processor", "{fake-data: {}}\n  processor: p.js", `$dateBetween()`, "script:4:14: config.processor: the file \"p.js\" cannot be found: this script was given as a text, so there is no folder that it could be relative to\nscript:7:22: scenarios[0].flow[0].get.url: the function $dateBetween cannot be called without options in config.plugins.fake-data: it needs the options `from` and `to`"},
		{"options of one that has none", `{fake-data: {animalDog: {a: 1}}}`, `$animalDog()`, "script:3:37: config.plugins.fake-data.animalDog.a: unknown key `a`; there is none here"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, _, err := loadFake(test.plugins, test.call)
			if err == nil || err.Error() != test.want {
				t.Errorf("faults:\n%v\nwant:\n%s", err, test.want)
			}
		})
	}
}
