package enginehttp

import (
	"encoding/json"
	"os"
	"strconv"
	"strings"
	"testing"
)

// urlCase is a text and what Node 20.20.2's URL made of it, alone or relative to a base.
type urlCase struct {
	In, Base                    string
	Host, Port, URI, User, Pass string
	Refused                     bool
}

func TestURLsAsNode(t *testing.T) {
	data, err := os.ReadFile("testdata/urls-node20.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []urlCase
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, test := range cases {
		t.Run(test.In, func(t *testing.T) {
			var a address
			var err error
			if test.Base == "" {
				a, err = parseURL(test.In)
			} else {
				// All have the same base.
				a, err = resolve(&origin{host: "h.example", port: 80}, []byte("/a/b/c?d=e"), test.In)
			}
			if (err != nil) != test.Refused {
				t.Fatalf("error %v, Node refuses: %t", err, test.Refused)
			}
			if err != nil {
				if code := codeOf(err); code != codeInvalidURL && code != codeBadScheme {
					t.Errorf("code %q", code)
				}
				return
			}
			port := ""
			if a.key.port != defaultPort(a.key.secure) {
				port = strconv.Itoa(int(a.key.port))
			}
			got := urlCase{In: test.In, Base: test.Base, Host: a.key.host, Port: port,
				URI: string(appendURI(nil, []byte(a.tail))), User: a.user, Pass: a.pass}
			if got != test {
				t.Errorf("got %+v\nNode has %+v", got, test)
			}
		})
	}
}

func FuzzURL(f *testing.F) {
	for _, seed := range []string{"http://a.b/c?d#e", "https://u:p@[::1]:8/../%2e/x y", `http:\\h\a\..\b`, "http://ü/?'<"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		a, err := parseURL(text)
		if err != nil {
			return
		}
		if a.key.host == "" || strings.ContainsAny(a.key.host, " \r\n/") {
			t.Fatalf("host %q", a.key.host)
		}
		uri := appendURI(nil, []byte(a.tail))
		if len(uri) == 0 || uri[0] != '/' {
			t.Fatalf("uri %q", uri)
		}
		for _, c := range uri {
			if c <= ' ' || c >= 0x7f {
				t.Fatalf("uri %q", uri)
			}
		}
		if again := appendURI(nil, uri); string(again) != string(uri) {
			t.Fatalf("%q becomes %q", uri, again)
		}
	})
}

func BenchmarkAppendURI(b *testing.B) {
	b.ReportAllocs()
	tail := []byte("/api/v2/items/12345/details?page=3&sort=name")
	var dst []byte
	for b.Loop() {
		dst = appendURI(dst[:0], tail)
	}
}
