package engine

import (
	"errors"
	"strings"
	"sync"
	"unicode/utf8"

	"salvo/pkg/metrics"
	"salvo/pkg/script"
)

// StepError is what a failed step reports. Each of Keys becomes one count of errors.<key>. An error
// that is not, and does not wrap, a StepError counts once, under its text.
type StepError struct {
	Keys []string // at least one, in the words of Artillery: a code such as ETIMEDOUT, or a text
	Err  error    // the cause; may be nil
}

// Error joins the keys.
func (e *StepError) Error() string {
	return strings.Join(e.Keys, "; ")
}

// Unwrap returns the cause.
func (e *StepError) Unwrap() error {
	return e.Err
}

// errorKeys are the keys that an error counts under.
func errorKeys(err error) []string {
	var s *StepError
	if errors.As(err, &s) && len(s.Keys) > 0 {
		return s.Keys
	}
	return []string{err.Error()}
}

const (
	// maxErrorKey is the longest error key in bytes. Keys can hold what a target answered.
	maxErrorKey = 1024

	// maxErrorKeys is how many different keys a worker counts one by one. A failed match with an
	// id in its text makes a key a user; without a limit they would fill memory and report.
	maxErrorKeys = 1000

	// otherErrors counts all beyond.
	otherErrors = "other errors"
)

// errorCounters are the counters of error keys seen so far.
type errorCounters struct {
	recorder *metrics.Recorder
	secrets  *strings.Replacer
	mu       *sync.RWMutex
	known    map[string]metrics.Counter
}

func newErrorCounters(r *metrics.Recorder, secrets *strings.Replacer) errorCounters {
	return errorCounters{recorder: r, secrets: secrets, mu: new(sync.RWMutex), known: map[string]metrics.Counter{}}
}

func (e *errorCounters) counter(key string) metrics.Counter {
	if len(key) > maxErrorKey {
		key = shorten(e.secrets.Replace(key)) // first, so that no part of a secret is left at the cut
	}
	e.mu.RLock()
	c, ok := e.known[key]
	e.mu.RUnlock()
	if ok {
		return c
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.known[key]; ok {
		return c
	}
	name := otherErrors
	if len(e.known) < maxErrorKeys {
		name = e.secrets.Replace(key)
	} else {
		key = otherErrors
	}
	c = e.recorder.Counter(metrics.ErrorKey(name))
	e.known[key] = c
	return c
}

// mask is what reports and logs show for a value that the script took from the
// environment.
const mask = "***"

// Masker replaces the secrets of a script.
func Masker(s *script.Script) *strings.Replacer { return newMasker(s.Secrets()) }

// newMasker replaces secrets; of those that begin alike the first wins.
func newMasker(secrets []string) *strings.Replacer {
	var pairs []string
	for _, secret := range secrets {
		pairs = append(pairs, secret, mask)
	}
	return strings.NewReplacer(pairs...)
}

// shorten cuts a key that is too long, between characters.
func shorten(key string) string {
	if len(key) <= maxErrorKey {
		return key
	}
	cut := maxErrorKey
	for cut > 0 && !utf8.RuneStart(key[cut]) {
		cut--
	}
	return key[:cut] + "…"
}
