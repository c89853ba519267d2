package enginehttp

import (
	"strings"

	"salvo/pkg/template"
)

// A boundary is dashes and hexadecimal digits, as Artillery's.
const (
	boundaryDashes = 26
	boundaryLen    = boundaryDashes + 24
)

// partName makes a text safe to stand in quotes in the head of a part, as browsers do.
var partName = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22")

// renderMultipart makes the body of a formData step. Its boundary is drawn from the user's numbers,
// so a run with the same seed sends the same bytes.
func (x *exchange) renderMultipart() error {
	for i := range boundaryDashes {
		x.boundary[i] = '-'
	}
	appendHex(x.boundary[:boundaryDashes], x.user.Rand(), boundaryLen-boundaryDashes)
	out := x.body
	for i := range x.action.request.FormData {
		p := &x.action.request.FormData[i]
		out = append(out, "--"...)
		out = append(out, x.boundary[:]...)
		out = append(out, "\r\nContent-Disposition: form-data; name=\""...)
		out = append(out, partName.Replace(p.Name)...)
		out = append(out, '"')
		if p.Value == nil {
			out = append(out, "; filename=\""...)
			out = append(out, partName.Replace(p.FileName)...)
			out = append(out, '"')
		}
		out = append(out, "\r\n"...)
		if p.ContentType != nil {
			x.scratch = p.ContentType.AppendText(x.scratch[:0], x.user)
			var err error
			if out, err = appendHeaderValue(append(out, "Content-Type: "...), x.scratch); err != nil {
				return err
			}
			out = append(out, "\r\n"...)
		}
		out = append(out, "\r\n"...)
		if p.Value == nil {
			out = append(out, p.File...)
		} else if v := p.Value.Value(x.user); v != template.Undefined {
			out = appendJoined(out, v)
		}
		out = append(out, "\r\n"...)
	}
	out = append(out, "--"...)
	out = append(out, x.boundary[:]...)
	out = append(out, "--\r\n"...)
	x.body, x.payload = out, out
	return nil
}
