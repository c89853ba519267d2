package hook

import (
	"bytes"
	"testing"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// FuzzEncodings takes bytes to texts and back.
func FuzzEncodings(f *testing.F) {
	for _, seed := range []string{"", "plain", "é€😀", "\xf0\x9f\x98", "\xff\xfe\x00", "a\x80"} {
		f.Add([]byte(seed), len(seed)/2)
	}
	vm := goja.New()
	f.Fuzz(func(t *testing.T, b []byte, cut int) {
		for _, encoding := range []string{encodeLatin1, encodeHex, encodeBase64, encodeBase64URL} {
			text := bytesText(vm, b, encoding).(goja.String)
			if back := textBytes(text, encoding); !bytes.Equal(back, b) {
				t.Errorf("%s: %q came back as %q", encoding, b, back)
			}
		}
		text := validUTF8(b)
		if !utf8.ValidString(text) || utf8.Valid(b) && text != string(b) {
			t.Errorf("%q became %q", b, text)
		}
		// A text in two pieces is the same as in one, when what is not whole waits.
		if cut >= 0 && cut <= len(b) {
			cut -= unfinished(b[:cut])
			if two := validUTF8(b[:cut]) + validUTF8(b[cut:]); two != text {
				t.Errorf("%q in two pieces, at %d, became %q, want %q", b, cut, two, text)
			}
		}
		// Any text is read without a panic.
		for _, encoding := range []string{encodeUTF8, encodeUTF16, encodeHex, encodeBase64} {
			textBytes(bytesText(vm, b, encodeUTF8).(goja.String), encoding)
		}
	})
}
