package hook

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/dop251/goja"
)

// The character encodings of Node.js. Those with more than one name have the first of Node.js's own.
const (
	encodeUTF8      = "utf8"
	encodeUTF16     = "utf16le"
	encodeLatin1    = "latin1"
	encodeASCII     = "ascii"
	encodeHex       = "hex"
	encodeBase64    = "base64"
	encodeBase64URL = "base64url"
)

// textBytes are the bytes of a text in an encoding. What the encoding has no form for becomes, as in
// Node.js, the replacement character in utf8 and the lower byte in latin1; what is no hex or base64
// ends it or is passed over.
func textBytes(text goja.String, encoding string) []byte {
	switch encoding {
	case encodeUTF16:
		b := make([]byte, 2*text.Length())
		for i := range text.Length() {
			binary.LittleEndian.PutUint16(b[2*i:], text.CharAt(i))
		}
		return b
	case encodeLatin1, encodeASCII:
		b := make([]byte, text.Length())
		for i := range b {
			b[i] = byte(text.CharAt(i))
		}
		return b
	case encodeHex:
		return hexText(text)
	case encodeBase64, encodeBase64URL:
		return base64Bytes(text)
	}
	return []byte(text.String())
}

func hexText(text goja.String) []byte {
	b := make([]byte, 0, text.Length()/2)
	for i := 0; i+1 < text.Length(); i += 2 {
		high, low := hexDigit(text.CharAt(i)), hexDigit(text.CharAt(i+1))
		if high > 15 || low > 15 {
			break
		}
		b = append(b, high<<4|low)
	}
	return b
}

func hexDigit(c uint16) byte {
	switch {
	case c >= '0' && c <= '9':
		return byte(c - '0')
	case c >= 'a' && c <= 'f':
		return byte(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return byte(c-'A') + 10
	}
	return 16
}

// base64Bytes reads both alphabets. It ends at the padding and passes over what belongs to neither.
func base64Bytes(text goja.String) []byte {
	b := make([]byte, 0, text.Length()/4*3+3)
	var bits uint32
	n := 0
	for i := range text.Length() {
		c := text.CharAt(i)
		if c == '=' {
			break
		}
		digit := base64Digit(c)
		if digit > 63 {
			continue
		}
		bits = bits<<6 | uint32(digit)
		if n++; n == 4 {
			b = append(b, byte(bits>>16), byte(bits>>8), byte(bits))
			bits, n = 0, 0
		}
	}
	switch n {
	case 2:
		b = append(b, byte(bits>>4))
	case 3:
		b = append(b, byte(bits>>10), byte(bits>>2))
	}
	return b
}

func base64Digit(c uint16) byte {
	switch {
	case c >= 'A' && c <= 'Z':
		return byte(c - 'A')
	case c >= 'a' && c <= 'z':
		return byte(c-'a') + 26
	case c >= '0' && c <= '9':
		return byte(c-'0') + 52
	case c == '+' || c == '-':
		return 62
	case c == '/' || c == '_':
		return 63
	}
	return 64
}

// bytesText is the text that bytes are in an encoding.
func bytesText(vm *goja.Runtime, b []byte, encoding string) goja.Value {
	switch encoding {
	case encodeUTF16:
		units := make([]uint16, len(b)/2)
		for i := range units {
			units[i] = binary.LittleEndian.Uint16(b[2*i:])
		}
		return goja.StringFromUTF16(units)
	case encodeLatin1:
		return vm.ToValue(latin1Text(b))
	case encodeASCII:
		low := make([]byte, len(b))
		for i, c := range b {
			low[i] = c & 0x7f
		}
		return vm.ToValue(string(low))
	case encodeHex:
		return vm.ToValue(hex.EncodeToString(b))
	case encodeBase64:
		return vm.ToValue(base64.StdEncoding.EncodeToString(b))
	case encodeBase64URL:
		return vm.ToValue(base64.RawURLEncoding.EncodeToString(b))
	}
	return vm.ToValue(validUTF8(b))
}

func latin1Text(b []byte) string {
	var text strings.Builder
	text.Grow(len(b))
	for _, c := range b {
		text.WriteRune(rune(c))
	}
	return text.String()
}

// validUTF8 is the text of bytes where each part that is no UTF-8 is one replacement character, in the
// manner of the Encoding Standard: the longest start of a character that does not go on.
func validUTF8(b []byte) string {
	if utf8.Valid(b) {
		return string(b)
	}
	var text strings.Builder
	text.Grow(len(b) + 8)
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			size = brokenSize(b)
		}
		text.WriteRune(r)
		b = b[size:]
	}
	return text.String()
}

// brokenSize is how many bytes belong to the broken character that b begins with.
func brokenSize(b []byte) int {
	want, low, high := sequence(b[0])
	n := 1
	for n < want && n < len(b) && b[n] >= low && b[n] <= high {
		low, high = 0x80, 0xbf
		n++
	}
	return n
}

// sequence tells how long a character is by its first byte, and between what its second must be. A
// byte that begins none has length 1.
func sequence(c byte) (size int, low, high byte) {
	low, high = 0x80, 0xbf
	switch {
	case c >= 0xc2 && c <= 0xdf:
		return 2, low, high
	case c >= 0xe0 && c <= 0xef:
		if c == 0xe0 {
			low = 0xa0
		}
		if c == 0xed {
			high = 0x9f
		}
		return 3, low, high
	case c >= 0xf0 && c <= 0xf4:
		if c == 0xf0 {
			low = 0x90
		}
		if c == 0xf4 {
			high = 0x8f
		}
		return 4, low, high
	}
	return 1, low, high
}

// unfinished is how many bytes at the end of b begin a character of UTF-8 that is not whole.
func unfinished(b []byte) int {
	for n := 1; n <= 3 && n <= len(b); n++ {
		tail := b[len(b)-n:]
		if want, _, _ := sequence(tail[0]); want > n && brokenSize(tail) == n {
			return n
		}
	}
	return 0
}
