package hook

import (
	"strings"
	"testing"
)

func TestWhatIsPrinted(t *testing.T) {
	tests := []struct{ name, code, want string }{
		{"levels", `console.debug("d"); console.log("l"); console.info("i"); console.warn("w"); console.error("e"); console.assert(0, "a")`,
			"DEBUG d\nINFO l\nINFO i\nWARN w\nERROR e\nWARN Assertion failed: a"},
		{"a timer that is not there", `console.timeEnd("x")`, "WARN Warning: No such label 'x' for console.timeEnd()"},
		{"piece by piece", `process.stdout.write("a"); process.stderr.write("b\nc"); process.stdout.write("d\ne")`, "ERROR b\nINFO ad\nINFO e\nERROR c"},
		{"a warning", `process.emitWarning("old", "DeprecationWarning", "DEP1")`, "WARN [DEP1] DeprecationWarning: old"},
		{"what is never told", `process.on("unhandledRejection", () => {}); process.on("unhandledRejection", () => {}); process.on("SIGINT", () => {})`,
			"WARN process.on('unhandledRejection') has no effect in processors: what nobody catches fails the virtual user"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r, log := module(t, test.code)
			r.Close()
			if got := log.String(); got != test.want {
				t.Errorf("logged\n%s\nwant\n%s", got, test.want)
			}
		})
	}
}

func TestProcessOfItsOwn(t *testing.T) {
	env := map[string]string{"NAME": "value"}
	out := printed(t, `
		console.log(process.cwd(), JSON.stringify(process.env));
		process.env.NAME = "other";
		for (const name of ["exit", "kill", "abort", "chdir"]) {
			try { process[name](1) } catch (e) { console.log(e.message) }
		}`, Options{Env: env, Cwd: "sub"})
	want := ScriptRoot + `/sub {"NAME":"value"}
process.exit() is not available: a processor cannot end the worker
process.kill() is not available: a processor cannot end the worker
process.abort() is not available: a processor cannot end the worker
process.chdir() is not available to processors
`
	if out != want {
		t.Errorf("printed\n%s\nwant\n%s", out, want)
	}
	if env["NAME"] != "value" {
		t.Error("the processor changed the worker's environment")
	}
}

func TestTextOfBrokenBytes(t *testing.T) {
	for bytes, want := range map[string]string{
		"plain é":                  "plain é",
		"\xf0\x9f\x98":             "\ufffd",
		"\xf0\x9f\x98x":            "\ufffdx",
		"\xed\xa0\x80":             "\ufffd\ufffd\ufffd",
		"\xe2\x82\xe2\x82\xac":     "\ufffd€",
		"\xc0\x80":                 "\ufffd\ufffd",
		strings.Repeat("\xff", 3):  strings.Repeat("\ufffd", 3),
		"\xf4\x8f\xbf\xbf\xf4\x90": "\U0010ffff\ufffd\ufffd",
	} {
		if got := validUTF8([]byte(bytes)); got != want {
			t.Errorf("%q: %q, want %q", bytes, got, want)
		}
	}
}
