package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// logger writes what workers say, for people: the time, the level when it is a warning or worse, the
// text with all of its lines, and what it is about.
func logger(w io.Writer, quiet bool) *slog.Logger {
	level := slog.LevelInfo
	if quiet {
		level = slog.LevelWarn
	}
	return slog.New(&logHandler{out: &logWriter{w: w}, level: level})
}

// logWriter is what the handlers of one logger share.
type logWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// logHandler writes records as text.
type logHandler struct {
	out   *logWriter
	level slog.Level
	attrs string // written before those of a record, each with a blank before it
	group string // a prefix of their names
}

// Enabled implements slog.Handler.
func (h *logHandler) Enabled(_ context.Context, l slog.Level) bool { return l >= h.level }

// Handle implements slog.Handler.
func (h *logHandler) Handle(_ context.Context, r slog.Record) error {
	head := r.Time.Format("15:04:05.000") + " "
	if r.Level != slog.LevelInfo {
		head += r.Level.String() + " "
	}
	// Further lines begin below the first: what is drawn with characters keeps its shape.
	text := strings.ReplaceAll(harmless(strings.TrimRight(r.Message, "\n")), "\n", "\n"+strings.Repeat(" ", len(head)))
	text = head + text + h.attrs
	r.Attrs(func(a slog.Attr) bool {
		text += h.attr(a)
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	_, err := io.WriteString(h.out.w, text+"\n")
	return err
}

// WithAttrs implements slog.Handler.
func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *h
	for _, a := range attrs {
		with.attrs += h.attr(a)
	}
	return &with
}

// WithGroup implements slog.Handler.
func (h *logHandler) WithGroup(name string) slog.Handler {
	with := *h
	with.group += name + "."
	return &with
}

func (h *logHandler) attr(a slog.Attr) string {
	return fmt.Sprintf(" %s%s=%s", h.group, a.Key, harmless(a.Value.String()))
}

// harmless replaces what a terminal could take for a command: a text may come from a server.
func harmless(s string) string {
	return strings.Map(func(r rune) rune {
		if r != '\n' && r != '\t' && unicode.IsControl(r) {
			return utf8.RuneError
		}
		return r
	}, s)
}
