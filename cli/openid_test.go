package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// openID is a provider of identities as load tests meet it: a redirect to an interaction, whose id is in
// the path of its cookies, a login with JSON, a redirect with a code, and a token for the code. What does
// not come as it should is refused.
type openID struct {
	mu     sync.Mutex
	begun  int
	logins []string          // the names that logged in
	codes  map[string]string // by interaction
	tokens int
	seen   []string // requests, without what is drawn
}

func (o *openID) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	body, _ := io.ReadAll(r.Body)
	id, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/interaction/"), "/")
	o.note(r, string(body))
	refuse := func(format string, args ...any) {
		http.Error(w, fmt.Sprintf(format, args...), http.StatusBadRequest)
	}
	switch {
	case r.URL.Path == "/seen":
		slices.Sort(o.seen)
		fmt.Fprintln(w, strings.Join(slices.Compact(o.seen), "\n"))
	case r.URL.Path == "/auth":
		o.begun++
		id := digest("id", o.begun)
		path := "/interaction/" + id
		for _, name := range []string{"_interaction", "_interaction.sig"} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: digest(name+id, 0), Path: path, HttpOnly: true})
		}
		http.SetCookie(w, &http.Cookie{Name: "everywhere", Value: "1", Path: "/", HttpOnly: true})
		w.Header().Set("Location", path)
		w.WriteHeader(http.StatusFound)
	case strings.HasPrefix(r.URL.Path, "/interaction/"):
		for _, name := range []string{"_interaction", "_interaction.sig"} {
			if c, err := r.Cookie(name); err != nil || c.Value != digest(name+id, 0) {
				refuse("the cookie %s is not that of %s", name, id)
				return
			}
		}
		switch rest {
		case "":
			io.WriteString(w, "<form>")
		case "login":
			var login struct{ Login, Password string }
			if err := json.Unmarshal(body, &login); err != nil || login.Password != "secret" {
				refuse("the login %s", body)
				return
			}
			o.logins = append(o.logins, login.Login)
			code := digest("code"+id, 0)
			o.codes[code] = id
			w.Header().Set("Content-Type", "application/json")
			fmt.Fprintf(w, `{"code":%q,"next":{"after":%q}}`, code, id)
		case "resume":
			http.Redirect(w, r, "/callback?code="+digest("code"+id, 0)+"&state="+url.QueryEscape("a b"), http.StatusSeeOther)
		}
	case r.URL.Path == "/callback":
		io.WriteString(w, "welcome")
	case r.URL.Path == "/token":
		form, err := url.ParseQuery(string(body))
		code := form.Get("code")
		if err != nil || form.Get("grant_type") != "authorization_code" || o.codes[code] == "" || r.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
			refuse("no token for %s", body)
			return
		}
		delete(o.codes, code) // it serves once
		o.tokens++
		fmt.Fprint(w, "{}")
	default:
		refuse("nothing is here")
	}
}

// note keeps what a request is made of.
func (o *openID) note(r *http.Request, body string) {
	line := r.Method + " " + r.RequestURI
	for _, name := range []string{"Content-Type", "Cookie"} {
		if v := r.Header.Get(name); v != "" {
			line += " | " + name + ": " + v
		}
	}
	if body != "" {
		line += " | " + body
	}
	if r.URL.Path != "/seen" {
		o.seen = append(o.seen, drawn.ReplaceAllString(line, "<drawn>"))
	}
}

// drawn matches what digest makes.
var drawn = regexp.MustCompile(`\bx[0-9a-f]{16}\b`)

// openIDs are the providers that serve, by their hosts.
var openIDs sync.Map

func digest(what string, n int) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", what, n))
	return "x" + hex.EncodeToString(sum[:8])
}

// startOpenID serves until the script ends: $OPENID is its host, and `openid <logins> <tokens>` tells
// whether so many different users logged in and got a token.
func startOpenID(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) == 0 {
		o := &openID{codes: map[string]string{}}
		s := httptest.NewServer(o)
		ts.Defer(s.Close)
		ts.Setenv("OPENID", s.Listener.Addr().String())
		openIDs.Store(s.Listener.Addr().String(), o)
		return
	}
	found, ok := openIDs.Load(ts.Getenv("OPENID"))
	if !ok || len(args) != 2 || neg {
		ts.Fatalf("usage: openid [<logins> <tokens>]")
	}
	o := found.(*openID)
	o.mu.Lock()
	defer o.mu.Unlock()
	slices.Sort(o.logins)
	if logins := len(slices.Compact(o.logins)); fmt.Sprint(logins) != args[0] || fmt.Sprint(o.tokens) != args[1] {
		ts.Fatalf("%d different users logged in (%v), %d tokens were given", logins, o.logins, o.tokens)
	}
}
