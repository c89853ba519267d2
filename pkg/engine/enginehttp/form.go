package enginehttp

import (
	"bytes"
	"strings"

	"salvo/pkg/script"
	"salvo/pkg/template"
)

// formByte holds the bytes that stand for themselves in application/x-www-form-urlencoded.
var formByte = func() (t [256]bool) {
	for c := byte('0'); c <= '9'; c++ {
		t[c] = true
	}
	for c := byte('a'); c <= 'z'; c++ {
		t[c], t[c-0x20] = true, true
	}
	for _, c := range []byte("*-._") {
		t[c] = true
	}
	return t
}()

// appendForm appends text in the form encoding.
func appendForm(dst []byte, text []byte) []byte {
	const hex = "0123456789ABCDEF"
	for _, c := range text {
		switch {
		case formByte[c]:
			dst = append(dst, c)
		case c == ' ':
			dst = append(dst, '+')
		default:
			dst = append(dst, '%', hex[c>>4], hex[c&15])
		}
	}
	return dst
}

// appendFormBody appends a form step's body.
func (x *exchange) appendFormBody(dst []byte, form []script.Pair) []byte {
	for i := range form {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = appendForm(dst, []byte(form[i].Name))
		dst = append(dst, '=')
		v := form[i].Value.Value(x.user)
		x.scratch = appendJoined(x.scratch[:0], v)
		dst = appendForm(dst, x.scratch)
	}
	return dst
}

// appendJoined appends a value as JavaScript makes text of it: lists are joined by commas.
func appendJoined(dst []byte, v any) []byte {
	list, ok := v.([]any)
	if !ok {
		return template.AppendText(dst, v)
	}
	for i, member := range list {
		if i > 0 {
			dst = append(dst, ',')
		}
		if member != nil && member != template.Undefined {
			dst = appendJoined(dst, member)
		}
	}
	return dst
}

// appendQuery appends uri with the parameters of qs added: those of uri that have the same name as
// one of them go, undefined ones are left out, lists are repeated.
func (x *exchange) appendQuery(dst, uri []byte, qs []script.Pair) []byte {
	path, query, _ := bytes.Cut(uri, []byte("?"))
	dst = append(dst, path...)
	separator := byte('?')
	for len(query) > 0 {
		var param []byte
		param, query, _ = bytes.Cut(query, []byte("&"))
		if len(param) == 0 || replaced(param, qs) {
			continue
		}
		dst = append(dst, separator)
		dst = append(dst, param...)
		separator = '&'
	}
	for i := range qs {
		v := qs[i].Value.Value(x.user)
		list, ok := v.([]any)
		if !ok {
			list = []any{v}
		}
		for _, v := range list {
			if v == template.Undefined {
				continue
			}
			dst = append(dst, separator)
			separator = '&'
			dst = appendForm(dst, []byte(qs[i].Name))
			dst = append(dst, '=')
			if v != nil {
				x.scratch = appendJoined(x.scratch[:0], v)
				dst = appendForm(dst, x.scratch)
			}
		}
	}
	return dst
}

// replaced tells whether a parameter of a query has the name of one of qs.
func replaced(param []byte, qs []script.Pair) bool {
	name, _, _ := bytes.Cut(param, []byte("="))
	text := unescape(strings.ReplaceAll(string(name), "+", " "))
	for i := range qs {
		if qs[i].Name == text {
			return true
		}
	}
	return false
}
