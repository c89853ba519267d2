package template

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

const urlTemplate = "/items/{{ id }}?n={{ $randomNumber(1,900000) }}&s={{ $randomString(8) }}"

const bodyTemplate = `{"id":"{{ id }}","name":"user-{{ id }}","n":"{{ $randomNumber(1,900000) }}","token":"{{ $randomString(12) }}",
	"address":{"city":"{{ city }}","zip":"12345","tags":["a","b","{{ tag }}"]},"note":"plain text \"quoted\"","on":true}`

const benchVars = `{"id":123456,"city":"Zürich","tag":"new"}`

func compileJSON(t testing.TB, text string) *Template {
	tpl, err := Compile(parse(t, text), Builtin())
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

// TestRenderingAllocatesNothing holds the promise that what is sent costs no memory but its own.
func TestRenderingAllocatesNothing(t *testing.T) {
	s := scopeOf(t, benchVars)
	var scope Scope = s
	dst := make([]byte, 0, 1024)
	text, err := json.Marshal(urlTemplate)
	if err != nil {
		t.Fatal(err)
	}
	url, body := compileJSON(t, string(text)), compileJSON(t, bodyTemplate)
	condition, err := CompileExpr(`id > 5 and city != "x" && !tag.missing`)
	if err != nil {
		t.Fatal(err)
	}
	for name, render := range map[string]func(){
		"text":       func() { dst = url.AppendText(dst[:0], scope) },
		"json":       func() { dst = body.AppendJSON(dst[:0], scope) },
		"expression": func() { condition.True(scope) },
	} {
		if n := testing.AllocsPerRun(100, render); n != 0 {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func BenchmarkAppendText(b *testing.B) {
	var scope Scope = scopeOf(b, benchVars)
	tpl, err := Compile(urlTemplate, Builtin())
	if err != nil {
		b.Fatal(err)
	}
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = tpl.AppendText(dst[:0], scope)
	}
}

func BenchmarkAppendJSONTemplate(b *testing.B) {
	var scope Scope = scopeOf(b, benchVars)
	tpl := compileJSON(b, bodyTemplate)
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = tpl.AppendJSON(dst[:0], scope)
	}
}

func BenchmarkTemplateValue(b *testing.B) {
	var scope Scope = scopeOf(b, benchVars)
	tpl := compileJSON(b, bodyTemplate)
	b.ReportAllocs()
	for b.Loop() {
		tpl.Value(scope)
	}
}

func BenchmarkExpr(b *testing.B) {
	var scope Scope = scopeOf(b, benchVars)
	e, err := CompileExpr(`id > 5 and city != "x" && !tag.missing`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		e.True(scope)
	}
}

// documents are what targets answer with: one small object, and a page of them.
func documents() map[string][]byte {
	item := `{"id":%d,"name":"item %d","price":19.%02d,"tags":["red","green"],"owner":{"id":"u-%d","email":"a@example.com","active":true},"note":null}`
	small := fmt.Sprintf(item, 1, 1, 99, 1)
	var items []string
	for i := range 200 {
		items = append(items, fmt.Sprintf(item, i, i, i%100, i))
	}
	return map[string][]byte{"small": []byte(small), "page": []byte(`{"total":200,"items":[` + strings.Join(items, ",\n ") + `]}`)}
}

func BenchmarkParseJSON(b *testing.B) {
	for name, doc := range documents() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ParseJSON(doc); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(name+"-encoding-json", func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				var v any
				if err := json.Unmarshal(doc, &v); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkSkipJSON(b *testing.B) {
	doc := documents()["page"]
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		if err := NewDecoder(doc).Skip(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendJSON(b *testing.B) {
	v := parse(b, string(documents()["page"]))
	var dst []byte
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendJSON(dst[:0], v)
	}
}
