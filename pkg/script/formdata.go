package script

import (
	"path"
	"strings"

	"salvo/pkg/template"
)

// FormPart is one part of a multipart/form-data body: a value or a file.
type FormPart struct {
	Name        string
	Value       *template.Template // nil for a file
	ContentType *template.Template // nil when there is none
	FileName    string             // of a file, without its folder
	File        []byte             // what is in the file; not to be changed
}

// fileTypes are the content types of files that do not say, by the name's ending.
var fileTypes = map[string]string{
	".bmp": "image/bmp", ".css": "text/css", ".csv": "text/csv", ".gif": "image/gif", ".gz": "application/gzip",
	".htm": "text/html", ".html": "text/html", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".js": "text/javascript",
	".json": "application/json", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".pdf": "application/pdf", ".png": "image/png",
	".svg": "image/svg+xml", ".tar": "application/x-tar", ".txt": "text/plain", ".wav": "audio/wav", ".webp": "image/webp",
	".xml": "application/xml", ".yaml": "text/yaml", ".yml": "text/yaml", ".zip": "application/zip",
}

const otherFileType = "application/octet-stream"

func formDataShape() shape {
	part := &object{name: "a part", needs: [][]string{{"value", "fromFile"}}, fields: []field{
		key("value", shape{kinds: kindScalar | kindNull}, "what the part has in it"),
		key("fromFile", filledText, "the file that the part has in it: its path, relative to the script"),
		key("contentType", oneLine, "the part's Content-Type"),
	}}
	return mapOf("`formData`", shape{kinds: kindScalar | kindNull | kindObject, object: part})
}

// formData reads the parts of a multipart body.
func (b *builder) formData(n *node, path string) []FormPart {
	parts := []FormPart{}
	for _, m := range n.members {
		at := join(path, m.key)
		switch v := m.value; {
		case v.bad || v.kind == kindUndefined:
		case v.kind == kindNull:
			parts = append(parts, FormPart{Name: m.key, Value: b.static("")})
		case v.kind != kindObject:
			parts = append(parts, FormPart{Name: m.key, Value: b.template(v, at)})
		default:
			parts = append(parts, b.formPart(m.key, v, at))
		}
	}
	return parts
}

func (b *builder) formPart(name string, n *node, at string) FormPart {
	p := FormPart{Name: name}
	if v := n.present("contentType"); v != nil {
		p.ContentType = b.template(v, at+".contentType")
		if strings.ContainsAny(v.scalarText(), "\r\n") {
			b.fault(v, at+".contentType", "a content type is a single line; this text has a line break in it")
		}
	}
	value, file := n.get("value"), n.present("fromFile")
	switch {
	case file != nil:
		if value != nil {
			b.warn(value, at+".value", "has no effect beside `fromFile`")
		}
		p.FileName = path.Base(file.text)
		if p.ContentType == nil {
			kind := fileTypes[strings.ToLower(path.Ext(file.text))]
			if kind == "" {
				kind = otherFileType
			}
			p.ContentType = b.static(kind)
		}
		if strings.Contains(file.text, "{{") {
			b.fault(file, at+".fromFile", "a file is read before there are users, so it cannot depend on their variables; found %s", file.found())
			break
		}
		p.File, _ = b.file(file, at+".fromFile")
	case value == nil:
		if !n.get("fromFile").isBad() {
			b.fault(n, at, "a part needs `value` or `fromFile`")
		}
	case value.kind == kindNull || value.bad:
		p.Value = b.static("")
	default:
		p.Value = b.template(value, at+".value")
	}
	return p
}
