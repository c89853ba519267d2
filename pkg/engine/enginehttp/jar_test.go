package enginehttp

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"salvo/pkg/script"
)

// at makes an origin of "http://host" or "https://host".
func at(url string) *origin {
	scheme, host, _ := strings.Cut(url, "://")
	o := &origin{host: host, secure: scheme == "https"}
	o.addr, _ = netip.ParseAddr(host)
	return o
}

func nothingTaken(string) bool { return false }

func TestJar(t *testing.T) {
	for _, test := range []struct {
		name string
		sets []jarSet
		gets []jarGet
	}{
		{"the host alone", []jarSet{{"http://a.example.com", "/", "k=v", false}}, []jarGet{
			{"http://a.example.com", "/x", "k=v"}, {"https://a.example.com", "/", "k=v"},
			{"http://example.com", "/", ""}, {"http://b.a.example.com", "/", ""}}},
		{"a domain", []jarSet{{"http://a.example.com", "/", "k=v; Domain=.Example.COM", false}}, []jarGet{
			{"http://example.com", "/", "k=v"}, {"http://x.y.example.com", "/", "k=v"}, {"http://notexample.com", "/", ""}}},
		{"the host as domain", []jarSet{{"http://a.example.com", "/", "k=v; Domain=a.example.com", false}}, []jarGet{
			{"http://b.a.example.com", "/", "k=v"}, {"http://example.com", "/", ""}}},
		{"foreign domains", []jarSet{
			{"http://a.example.com", "/", "k=v; Domain=other.com", true},
			{"http://a.example.com", "/", "k=v; Domain=b.example.com", true},
			{"http://a.example.com", "/", "k=v; Domain=com", true},
			{"http://x.github.io", "/", "k=v; Domain=github.io", true},
			{"http://x.co.uk", "/", "k=v; Domain=co.uk", true},
			{"http://10.0.0.1", "/", "k=v; Domain=0.0.1", true},
		}, []jarGet{{"http://a.example.com", "/", ""}}},
		{"an address", []jarSet{{"http://127.0.0.1", "/", "k=v; Domain=127.0.0.1", false}}, []jarGet{
			{"http://127.0.0.1", "/", "k=v"}, {"http://127.0.0.2", "/", ""}}},
		{"localhost", []jarSet{{"http://localhost", "/", "k=v; Domain=localhost", false}}, []jarGet{{"http://localhost", "/", "k=v"}}},
		{"default paths", []jarSet{{"http://a", "/x/y?z=/q/", "k=v", false}, {"http://a", "/x", "l=w", false}}, []jarGet{
			{"http://a", "/x", "k=v; l=w"}, {"http://a", "/x/z", "k=v; l=w"}, {"http://a", "/xy", "l=w"}, {"http://a", "/", "l=w"}}},
		{"paths", []jarSet{{"http://a", "/", "k=v; Path=/x/", false}, {"http://a", "/", "l=w; path=x", false}}, []jarGet{
			{"http://a", "/x", "l=w"}, {"http://a", "/x/", "k=v; l=w"}, {"http://a", "/x/y?z", "k=v; l=w"}}},
		{"secure", []jarSet{{"https://a", "/", "k=v; Secure", false}}, []jarGet{{"http://a", "/", ""}, {"https://a", "/", "k=v"}}},
		{"prefixes", []jarSet{
			{"https://a", "/", "__Secure-a=1", false}, {"https://a", "/", "__Secure-b=1; Secure", false},
			{"https://a", "/x/y", "__Host-c=1; Secure", false}, {"https://a", "/", "__Host-d=1; Secure", false},
		}, []jarGet{{"https://a", "/", "__Secure-b=1; __Host-d=1"}}},
		{"longer paths first, then older ones", []jarSet{
			{"http://a", "/", "a=1", false}, {"http://a", "/", "b=2; Path=/x/y", false}, {"http://a", "/", "c=3", false},
			{"http://a", "/", "d=4; Path=/x", false}, {"http://a", "/", "a=5", false},
		}, []jarGet{{"http://a", "/x/y", "b=2; d=4; a=5; c=3"}}},
		{"ages", []jarSet{
			{"http://a", "/", "a=1; Max-Age=100", false}, {"http://a", "/", "b=1; Max-Age=0", false}, {"http://a", "/", "c=1; Max-Age=-1", false},
			{"http://a", "/", "d=1; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false}, {"http://a", "/", "e=1; Expires=Wed, 21-Oct-65 07:28:00 GMT", false},
			{"http://a", "/", "f=1; Max-Age=5; Expires=Wed, 21 Oct 2015 07:28:00 GMT", false}, {"http://a", "/", "g=1; Expires=tomorrow", false},
			{"http://a", "/", "h=1; Expires=Thu Jan  1 00:00:00 1970", false}, {"http://a", "/", "i=1; Max-Age=99999999999999999999", false},
		}, []jarGet{{"http://a", "/", "a=1; e=1; f=1; g=1; i=1"}}},
		{"taken back", []jarSet{{"http://a", "/", "a=1", false}, {"http://a", "/", "a=; Expires=Thu, 01 Jan 1970 00:00:00 GMT", false}},
			[]jarGet{{"http://a", "/", ""}}},
		{"odd ones", []jarSet{
			{"http://a", "/", "novalue", true}, {"http://a", "/", "=v", true}, {"http://a", "/", "", true}, {"http://a", "/", "a=\x01", true},
			{"http://a", "/", ` b = " x=y " ;;; ;=;Foo`, false}, {"http://a", "/", "c=", false},
		}, []jarGet{{"http://a", "/", `b=" x=y "; c=`}}},
	} {
		t.Run(test.name, func(t *testing.T) {
			tryJar(t, &jar{}, test.sets, test.gets)
		})
	}
}

type jarSet struct {
	url, path, header string
	refused           bool
}

type jarGet struct{ url, path, want string }

// tryJar sets cookies one after the other, and looks at which of them go where.
func tryJar(t *testing.T, j *jar, sets []jarSet, gets []jarGet) {
	now := time.Now()
	for _, s := range sets {
		if ok := j.set(s.header, at(s.url), []byte(s.path), now); ok == s.refused {
			t.Errorf("%q at %s%s: taken %t", s.header, s.url, s.path, ok)
		}
	}
	for _, g := range gets {
		if got := string(j.appendTo(nil, 0, at(g.url), []byte(g.path), now, nothingTaken)); got != g.want {
			t.Errorf("for %s%s: %q, want %q", g.url, g.path, got, g.want)
		}
	}
}

func TestJarRules(t *testing.T) {
	for _, test := range []struct {
		name  string
		sets  []jarSet
		gets  []jarGet
		rules script.CookieJar
	}{
		{"loose", []jarSet{
			{"http://a", "/", "novalue; Path=/", false}, {"http://a", "/p", "=v; Path=/p", false}, {"http://a", "/", "=a=b", false}, {"http://a", "/", "==c", false}, {"http://a", "/", "\x01", true},
		}, []jarGet{{"http://a", "/p", "v; =c; a=b"}}, script.CookieJar{Loose: true}},
		{"public suffixes", []jarSet{
			{"http://a.example.com", "/", "k=v; Domain=com", false}, {"http://x.github.io", "/", "l=w; Domain=github.io", false}, {"http://a.example.com", "/", "k=v; Domain=other.com", true},
		}, []jarGet{{"http://b.com", "/", "k=v"}, {"http://y.github.io", "/", "l=w"}}, script.CookieJar{PublicSuffixes: true}},
		{"no special domains", []jarSet{
			{"http://a.b.test", "/", "k=v; Domain=b.test", true}, {"http://localhost", "/", "k=v; Domain=localhost", true}, {"http://localhost", "/", "l=w", false}, {"http://a.example.com", "/", "m=x; Domain=example.com", false},
		}, []jarGet{{"http://localhost", "/", "l=w"}, {"http://example.com", "/", "m=x"}}, script.CookieJar{NoSpecialDomains: true}},
		{"strict prefixes", []jarSet{{"https://a", "/", "__Secure-a=1", true}, {"https://a", "/", "__Host-b=1; Secure", false}}, []jarGet{{"https://a", "/", "__Host-b=1"}}, script.CookieJar{Prefixes: script.PrefixStrict}},
		{"prefixes without a meaning", []jarSet{{"https://a", "/", "__Secure-a=1", false}}, []jarGet{{"https://a", "/", "__Secure-a=1"}}, script.CookieJar{Prefixes: script.PrefixDisabled}},
	} {
		t.Run(test.name, func(t *testing.T) { tryJar(t, &jar{rules: test.rules}, test.sets, test.gets) })
	}
}

func TestJarForgets(t *testing.T) {
	j := &jar{}
	now := time.Now()
	for i := range maxCookies + 10 {
		j.set(fmt.Sprintf("c%d=v; Max-Age=60; Path=/%s", i, strings.Repeat("p", i%7)), at("http://a"), []byte("/"), now)
	}
	if len(j.cookies) != maxCookies {
		t.Errorf("%d cookies, want %d", len(j.cookies), maxCookies)
	}
	for i := range j.cookies {
		if j.cookies[i].name == "c9" {
			t.Error("an old cookie stayed")
		}
	}
	if got := j.appendTo(nil, 0, at("http://a"), []byte("/"), now.Add(time.Minute), nothingTaken); len(got) > 0 {
		t.Errorf("cookies past their time: %.40q", got)
	}
}

func FuzzSetCookie(f *testing.F) {
	for _, seed := range []string{"k=v", "a=b; Path=/x; Domain=.example.com; Max-Age=5; Secure; HttpOnly", "a=b; Expires=Wed, 21 Oct 2015 07:28:00 GMT"} {
		f.Add(seed, false)
	}
	now := time.Now()
	f.Add("=novalue", true)
	f.Fuzz(func(t *testing.T, header string, loose bool) {
		j := &jar{rules: script.CookieJar{Loose: loose}}
		o := at("https://a.example.com")
		if !j.set(header, o, []byte("/x/y"), now) {
			return
		}
		got := string(j.appendTo(nil, 0, o, []byte("/x/y"), now, nothingTaken))
		if hasControl(got) || strings.Contains(got, ";") {
			t.Fatalf("%q comes back as %q", header, got)
		}
	})
}
