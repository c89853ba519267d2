package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"salvo/pkg/script"
)

// Failure is something that went wrong for a virtual user, with what explains it. Secrets of the
// script are masked in it.
type Failure struct {
	User UserInfo
	At   time.Time

	// Step is the path of the step, "scenarios[0].flow[2]", and File and Pos its place in the
	// script; all are zero when it was none of a step's.
	Step string
	File string
	Pos  script.Pos

	Errors []string // the keys that it is counted under; none when only expectations failed
	Unmet  []Unmet  // the expectations that failed

	Exchange *Exchange // the request that it was about; nil when there was none
}

func (f *Failure) place(s *script.Step) {
	if s != nil {
		f.Step, f.File, f.Pos = s.Path, s.File, s.Pos
	}
}

// Exchange is a request and its answer as texts for people.
type Exchange struct {
	Method, URL string // before redirects

	// Request and Response are as they were sent and received: the line, the headers, an empty line
	// and the beginning of the body. Response is empty when there was none.
	Request, Response string
}

// Unmet is an expectation that failed.
type Unmet struct {
	Type          string // as Artillery calls it: "statusCode"
	Expected, Got string
}

// failing is an error of a step, with where it was.
type failing struct {
	error
	step     *script.Step
	exchange *Exchange
}

func (f *failing) Unwrap() error { return f.error }

// located is a step of a run whose failures are told.
type located struct {
	step
	at *script.Step
}

func (l *located) do(ctx context.Context, u *User) error {
	u.at = l.at
	err := l.step.do(ctx, u)
	if err == nil {
		return nil
	}
	if f := (*failing)(nil); errors.As(err, &f) {
		if f.step == nil {
			f.step = l.at
		}
		return err
	}
	return &failing{error: err, step: l.at}
}

// Explains tells whether failures are told, so that a protocol has to keep what explains them.
func (u *User) Explains() bool { return u.run.engine.failure != nil }

// Explained adds to an error of a request what it was about.
func (u *User) Explained(err error, x Exchange) error {
	x = u.masked(x)
	return &failing{error: err, exchange: &x}
}

// Unmet tells of expectations that failed without ending the user.
func (u *User) Unmet(unmet []Unmet, x Exchange) {
	x = u.masked(x)
	f := Failure{User: u.info(), At: time.Now(), Unmet: u.maskedUnmet(unmet), Exchange: &x}
	f.place(u.at)
	u.run.engine.failure(f)
}

// tell tells of the error that ended the user.
func (u *User) tell(err error) {
	f := Failure{User: u.info(), At: time.Now()}
	for _, key := range errorKeys(err) {
		f.Errors = append(f.Errors, shorten(u.Mask(key)))
	}
	if at := (*failing)(nil); errors.As(err, &at) {
		f.Exchange = at.exchange
		f.place(at.step)
	}
	if unmet := (*unmetError)(nil); errors.As(err, &unmet) {
		f.Unmet = u.maskedUnmet(unmet.unmet)
	}
	u.run.engine.failure(f)
}

// note tells of an error that a hook counted without ending the user. Where the user is by then is
// not known: hooks may count later than they were called.
func (u *User) note(key string) {
	if failure := u.run.engine.failure; failure != nil {
		failure(Failure{User: u.info(), At: time.Now(), Errors: []string{shorten(u.Mask(key))}})
	}
}

// unmetError is the cause of an error for failed expectations.
type unmetError struct {
	error
	unmet []Unmet
}

func (u *User) maskedUnmet(unmet []Unmet) []Unmet {
	unmet = slices.Clone(unmet)
	for i := range unmet {
		unmet[i].Expected, unmet[i].Got = u.Mask(unmet[i].Expected), u.Mask(unmet[i].Got)
	}
	return unmet
}

func (u *User) masked(x Exchange) Exchange {
	return Exchange{
		Method: x.Method, URL: printable(u.Mask(x.URL)),
		Request: u.shown(x.Request), Response: u.shown(x.Response),
	}
}

// credentials are headers whose values are nobody's business, whatever they were made from.
var credentials = []string{"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-amz-security-token"}

// shown is a request or response for people.
func (u *User) shown(text string) string {
	head, body, found := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	lines := strings.Split(head, "\n")
	for i, line := range lines {
		if name, _, isHeader := strings.Cut(line, ":"); i > 0 && isHeader && slices.Contains(credentials, strings.ToLower(name)) {
			lines[i] = name + ": " + mask
		}
	}
	head = strings.Join(lines, "\n")
	if found {
		head += "\n\n" + start(u, []byte(body))
	}
	return printable(u.Mask(head))
}
