package script

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestFormData(t *testing.T) {
	folder := func(request string) fstest.MapFS {
		return fstest.MapFS{
			"a/load.yml":  {Data: []byte("config: {target: 'http://a'}\nscenarios: [{flow: [{post: {url: /, " + request + "}}]}]\n")},
			"a/x.tar.GZ":  {Data: []byte("zipped")},
			"data/unread": {Data: []byte("x")},
		}
	}
	fsys := folder("formData: {a: 1, f: {fromFile: x.tar.GZ}, g: {fromFile: ../data/unread, contentType: '{{ t }}'}}")
	s, warnings, err := Load(fsys, "a/load.yml", Options{})
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	files, err := Files(fsys, "a/load.yml", Options{})
	if want := []string{"a/load.yml", "a/x.tar.GZ", "data/unread"}; err != nil || !slices.Equal(files, want) {
		t.Errorf("files %q, %v", files, err)
	}
	p := s.Scenarios[0].Flow[0].Request.FormData
	if kind, _ := p[1].ContentType.Static(); len(p) != 3 || p[1].FileName != "x.tar.GZ" || string(p[1].File) != "zipped" || kind != "application/gzip" ||
		p[2].ContentType.Source() != "{{ t }}" || p[1].Value != nil || p[0].Value == nil {
		t.Errorf("parts %+v", p)
	}
	roundTrip(t, s, fsys, nil)

	const at = "a/load.yml:2:"
	for _, test := range []struct{ request, want string }{
		{"formData: {f: {fromFile: y}}", at + `62: scenarios[0].flow[0].post.formData.f.fromFile: the file "y" does not exist: it was looked for at a/y, as paths are relative to the script's folder`},
		{"formData: {f: {fromFile: '{{ y }}'}}", at + `62: scenarios[0].flow[0].post.formData.f.fromFile: a file is read before there are users, so it cannot depend on their variables; found the text "{{ y }}"`},
		{"formData: {f: {}}", at + "51: scenarios[0].flow[0].post.formData.f: a part needs `value` or `fromFile`"},
		{"formData: {f: [1]}", at + "51: scenarios[0].flow[0].post.formData.f: expected an object, a text, a number or nothing, found a list; leave out the `- ` in front of the keys"},
		{"formData: {f: {value: 1, fromFile: x.tar.GZ}}", at + "59: warning: scenarios[0].flow[0].post.formData.f.value: has no effect beside `fromFile`"},
		{"form: {a: 1}, formData: {a: 1}", at + "61: scenarios[0].flow[0].post.formData: a request sends one body, but this one has `formData` and `form`; keep one of them"},
		{"json: 1, formData: {a: 1}", at + "56: scenarios[0].flow[0].post.formData: a request sends one body, but this one has `formData` and `json`; keep one of them"},
		{"headers: {content-Type: multipart/form-data}, formData: {a: 1}", at + "93: warning: scenarios[0].flow[0].post.formData: the header content-Type hides where the parts begin; leave it out, and the right one is sent"},
		{"followAllRedirects: false", at + "57: warning: scenarios[0].flow[0].post.followAllRedirects: has no effect: redirects are followed for all methods, unless `followRedirect` is false"},
		{"followAllRedirects: 1", at + "57: scenarios[0].flow[0].post.followAllRedirects: expected true or false, found 1"},
	} {
		if got := faultsIn(folder(test.request), Options{}); len(got) != 1 || got[0] != test.want {
			t.Errorf("%s\ngot  %q\nwant %q", test.request, got, test.want)
		}
	}
	for _, request := range []string{
		"followAllRedirects: true", "followAllRedirects: true, followRedirect: false", "followAllRedirects: false, followRedirect: false",
		"formData: {a: 1}, setContentLengthHeader: true",
	} {
		if got := faultsIn(folder(request), Options{}); got != nil {
			t.Errorf("%s: %q", request, got)
		}
	}
}
