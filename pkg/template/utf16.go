package template

import (
	"unicode/utf16"
	"unicode/utf8"
)

// UTF16 returns a text as JavaScript keeps it, in units of 16 bits. Bytes that are no UTF-8 become U+FFFD.
func UTF16(s string) []uint16 {
	out := make([]uint16, 0, len(s))
	for i := 0; i < len(s); {
		r, size, units := decodeUnit(s[i:])
		i += size
		if units == 1 {
			out = append(out, uint16(r))
		} else {
			out = utf16.AppendRune(out, r)
		}
	}
	return out
}

// FromUTF16 returns the text that UTF16 makes these units of. Half a surrogate pair is kept.
func FromUTF16(units []uint16) string {
	out := make([]byte, 0, len(units))
	for i := 0; i < len(units); i++ {
		r := rune(units[i])
		if utf16.IsSurrogate(r) {
			if i+1 < len(units) {
				if pair := utf16.DecodeRune(r, rune(units[i+1])); pair != utf8.RuneError {
					out = utf8.AppendRune(out, pair)
					i++
					continue
				}
			}
			out = appendSurrogate(out, r)
			continue
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}
