package enginehttp

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"salvo/pkg/script"
)

// parts reads a body as a server would: "name|file|type|content".
func parts(t *testing.T, r seen) []string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(r.header.Get("Content-Type"))
	if err != nil || kind != "multipart/form-data" {
		t.Fatalf("content type %q: %v", r.header.Get("Content-Type"), err)
	}
	if want := fmt.Sprint(len(r.body)); r.header.Get("Content-Length") != "" && r.header.Get("Content-Length") != want {
		t.Errorf("length %q, want %s", r.header.Get("Content-Length"), want)
	}
	var out []string
	reader := multipart.NewReader(strings.NewReader(r.body), params["boundary"])
	for {
		p, err := reader.NextRawPart()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(p)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, strings.Join([]string{p.FormName(), p.FileName(), p.Header.Get("Content-Type"), string(content)}, "|"))
	}
}

func TestMultipart(t *testing.T) {
	picture := bytes.Repeat([]byte{0xff, 0, '\r', '\n', '-', '-'}, 20_000)
	files := fstest.MapFS{"data/Picture.PNG": {Data: picture}, "data/notes": {Data: []byte("note")}, "data/empty.csv": {}}
	load := func(steps ...string) *script.Script {
		t.Helper()
		files["s.yml"] = &fstest.MapFile{Data: []byte(flowWith("http://127.0.0.1", "variables: {word: tree, n: 5, list: [[a, b]], kind: text/x}", steps...))}
		sc, _, err := script.Load(files, "s.yml", script.Options{Strict: true})
		if err != nil {
			t.Fatal(err)
		}
		return sc
	}
	const step = `post: {url: /, setContentLengthHeader: true, formData: {plain: '{{ word }}s', number: 7, whole: '{{ n }}', 'a"b': true, none: null,
        typed: {value: '<{{ word }}>', contentType: '{{ kind }}'}, unset: '{{ missing }}', list: '{{ list }}',
        picture: {fromFile: data/Picture.PNG}, notes: {fromFile: ./data/notes}, csv: {fromFile: data/empty.csv, contentType: 'x/{{ n }}'}}}`
	want := []string{
		"plain|||trees", "number|||7", "whole|||5", "a%22b|||true", "none|||", "typed||text/x|<tree>", "unset|||", "list|||a,b",
		"picture|Picture.PNG|image/png|" + string(picture), "notes|notes|application/octet-stream|note", "csv|empty.csv|x/5|",
	}
	s := newJournal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/again" {
			http.Redirect(w, r, "/", http.StatusTemporaryRedirect)
		}
		if r.URL.Path == "/see" {
			http.Redirect(w, r, "/", http.StatusSeeOther)
		}
	})
	run := func(steps ...string) []seen {
		t.Helper()
		sc := load(steps...)
		sc.Config.Target = s.URL
		s.requests = nil
		p := playScript(t, context.Background(), sc, 1)
		if p.outcome.Completed != 1 {
			t.Fatalf("%+v %v", p.outcome, p.Counters)
		}
		return s.requests
	}
	t.Run("parts", func(t *testing.T) {
		got := run(step, step)
		for _, r := range got {
			if parts := parts(t, r); !slices.Equal(parts, want) {
				t.Errorf("got %.200q\nwant %.200q", parts, want)
			}
			if r.header.Get("Transfer-Encoding") != "" || r.header.Get("Content-Length") == "" {
				t.Errorf("no length: %v", r.header)
			}
		}
		if len(got) != 2 || got[0].header.Get("Content-Type") == got[1].header.Get("Content-Type") {
			t.Error("two requests have the same boundary")
		}
		if again := run(step); again[0].body != got[0].body {
			t.Error("the same seed made another body")
		}
	})
	t.Run("redirects", func(t *testing.T) {
		got := run(strings.Replace(step, "url: /", "url: /again", 1), strings.Replace(step, "url: /", "url: /see", 1))
		if len(got) != 4 || got[0].body != got[1].body || !slices.Equal(parts(t, got[1]), want) {
			t.Error("307 did not send the body again")
		}
		if got[3].body != "" || got[3].header.Get("Content-Type") != "" || got[3].method != "GET" {
			t.Errorf("303 sent %+v", got[3])
		}
	})
	t.Run("no parts", func(t *testing.T) {
		if got := run(`post: {url: /, formData: {}}`); !strings.HasSuffix(got[0].body, "--\r\n") {
			t.Errorf("%q", got[0].body)
		}
	})
	t.Run("a content type of the script's", func(t *testing.T) {
		got := run(`post: {url: /, headers: {content-type: text/x}, formData: {a: 1}}`)
		if types := got[0].header["Content-Type"]; !slices.Equal(types, []string{"text/x"}) {
			t.Errorf("%q", types)
		}
	})
	t.Run("a content type with a line break", func(t *testing.T) {
		sc := load(`post: {url: /, formData: {a: {value: 1, contentType: "{{ lines }}"}}}`)
		sc.Config.Target = s.URL
		sc.Config.Variables.Set("lines", "a\r\nb: c")
		playScript(t, context.Background(), sc, 1).expect(t, "errors.ERR_INVALID_CHAR 1", "vusers.failed 1")
	})
}
