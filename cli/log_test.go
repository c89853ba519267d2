package main

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

func TestLogger(t *testing.T) {
	for name, test := range map[string]struct {
		log   func(l *slog.Logger)
		quiet bool
		want  string
	}{
		"a text":              {func(l *slog.Logger) { l.Info("hello") }, false, "T hello\n"},
		"attributes":          {func(l *slog.Logger) { l.With("a", 1).WithGroup("g").Info("hello", "user", 3) }, false, "T hello a=1 g.user=3\n"},
		"a level":             {func(l *slog.Logger) { l.Warn("hello") }, false, "T WARN hello\n"},
		"lines":               {func(l *slog.Logger) { l.Info("one\ntwo\n") }, false, "T one\n             two\n"},
		"a terminal's words":  {func(l *slog.Logger) { l.Info("\x1b[2Jgone\r", "b", "\x07") }, false, "T \ufffd[2Jgone\ufffd b=\ufffd\n"},
		"quiet":               {func(l *slog.Logger) { l.Info("hello") }, true, ""},
		"a warning for quiet": {func(l *slog.Logger) { l.Warn("hello") }, true, "T WARN hello\n"},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			test.log(logger(&out, test.quiet))
			if got := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3}`).ReplaceAllString(out.String(), "T"); got != test.want {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
