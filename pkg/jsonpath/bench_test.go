package jsonpath

import (
	"fmt"
	"strings"
	"testing"

	"salvo/pkg/template"
)

// page is what a target may answer with: a list of objects of some 30 kB.
func page() []byte {
	var items []string
	for i := range 200 {
		items = append(items, fmt.Sprintf(`{"id":%d,"name":"item %d","tags":["red","green"],"owner":{"id":"u-%d","email":"a@example.com"},"price":%d}`, i, i, i, i%50))
	}
	return []byte(`{"items":[` + strings.Join(items, ",") + `],"total":200}`)
}

func BenchmarkExtract(b *testing.B) {
	body := page()
	for _, path := range []string{`$.items[3].owner.id`, `$.total`, `$.items[*].id`, `$.items[?(@.price > 40)].id`} {
		b.Run(path, func(b *testing.B) {
			p, err := Compile(path)
			if err != nil {
				b.Fatal(err)
			}
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, count, err := p.Extract(body); count == 0 || err != nil {
					b.Fatal(count, err)
				}
			}
		})
	}
}

func BenchmarkFind(b *testing.B) {
	doc, err := template.ParseJSON(page())
	if err != nil {
		b.Fatal(err)
	}
	for _, path := range []string{`$.items[*].id`, `$..id`, `$.items[?(@.price > 40 && @.owner.email)].id`, `$..price^`} {
		b.Run(path, func(b *testing.B) {
			p, err := Compile(path)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			for b.Loop() {
				if len(p.Find(doc)) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}
