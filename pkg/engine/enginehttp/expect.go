package enginehttp

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"salvo/pkg/engine"
)

// shownContent is how much of a body, as received, is kept of an answer that nobody looks at but
// those who read why it was not what was expected.
const shownContent = 4 << 10

// asked is what was asked for, before redirects.
type asked struct {
	origin *origin
	uri    []byte
	name   string // of the request
}

// compileExpectations prepares what the answer is held against, and what that needs of it.
func (a *action) compileExpectations() {
	a.nameText, a.nameFixed = templateText(a.request.Name)
	o := a.protocol.options
	a.expect = engine.NewExpectations(a.request.Expectations, o.Expect, o.Recorder)
	if a.expect != nil {
		a.wantBody = a.wantBody || a.expect.WantBody
		a.wantHead = a.wantHead || a.expect.WantHead
		a.keepAsked = true
	}
}

// keepAsked remembers what x asks for, for those who want to know after redirects. The name is
// rendered at once, since it may be drawn.
func (x *exchange) keepAsked() {
	a := x.action
	if !a.keepAsked && !x.user.Explains() {
		return
	}
	x.asked.origin, x.asked.uri = x.at.origin, append(x.asked.uri[:0], x.at.uri...)
	if x.asked.name = a.nameText; !a.nameFixed {
		x.asked.name = string(a.request.Name.AppendText(nil, x.user))
	}
}

var _ engine.Asked = (*exchange)(nil)

// Method, URL, Path, Name and JSON make an exchange what expectations tell of.
func (x *exchange) Method() string { return x.action.method }

// URL has no user's name and password.
func (x *exchange) URL() string {
	scheme := "http://"
	if x.asked.origin.secure {
		scheme = "https://"
	}
	return scheme + x.asked.origin.authority + x.Path()
}

func (x *exchange) Path() string { return string(x.asked.uri) }

func (x *exchange) Name() string { return x.asked.name }

func (x *exchange) JSON() []byte {
	if x.action.request.JSON == nil {
		return nil
	}
	return x.payload
}

// expect holds the last answer against the expectations, after captures and matches. Where one of
// those failed, the user ends with that, unless the expectations end it.
func (x *exchange) expect(failed error) error {
	if !x.action.wantBody && x.shows {
		x.showBody()
	}
	unmet, err := x.action.expect.Apply(x.user, &x.response, x)
	if len(unmet) > 0 {
		x.user.Unmet(unmet, x.explanation())
	}
	if err != nil {
		return err
	}
	return failed
}

// explanation shows the exchange to people.
func (x *exchange) explanation() engine.Exchange {
	e := engine.Exchange{Method: x.action.method, Request: string(x.out)}
	if x.asked.origin != nil {
		e.URL = x.URL()
	}
	if !x.headed {
		return e
	}
	var b strings.Builder
	if x.h2 != nil {
		fmt.Fprintf(&b, "HTTP/2 %d\n", x.response.Status)
		for _, name := range slices.Sorted(maps.Keys(x.h2)) {
			for _, value := range x.h2[name] {
				fmt.Fprintf(&b, "%s: %s\n", name, value)
			}
		}
		b.WriteByte('\n')
	} else {
		b.Write(x.headers)
	}
	if x.response.Body == nil && x.shows {
		x.showBody()
	}
	b.Write(x.response.Body[:min(len(x.response.Body), shownContent)])
	e.Response = b.String()
	return e
}

// showBody makes the beginning of the body readable, as far as that is possible.
func (x *exchange) showBody() {
	x.response.Body = x.content
	if x.coding == codingNone || len(x.content) == 0 || !x.action.request.Gzip {
		return
	}
	decoded, err := decode(x.decoded[:0], x.coding, x.content)
	if err != nil {
		decoded = append(x.decoded[:0], "(packed)"...)
	}
	x.decoded, x.response.Body = decoded, decoded
}

// eachHeader calls yield for every header of the last answer, once for each name.
func (x *exchange) eachHeader(yield func(name, value string)) {
	told := map[string]bool{}
	tell := func(name string) {
		if name = strings.ToLower(name); !told[name] {
			told[name] = true
			value, _ := x.header(name)
			yield(name, value)
		}
	}
	if x.h2 != nil {
		for _, name := range slices.Sorted(maps.Keys(x.h2)) {
			tell(name)
		}
		return
	}
	for i := range x.head.fields {
		f := &x.head.fields[i]
		tell(string(x.headers[f.name:f.nameEnd]))
	}
}
