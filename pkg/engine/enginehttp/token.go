package enginehttp

import "encoding/binary"

// equalFold compares b with a word of small letters, digits and "-=", without case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

func trimBlanks(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// tokenByte holds the bytes of a token (RFC 9110, 5.6.2).
var tokenByte = func() (t [256]bool) {
	for c := '0'; c <= '9'; c++ {
		t[c] = true
	}
	for c := 'a'; c <= 'z'; c++ {
		t[c], t[c-0x20] = true, true
	}
	for _, c := range "!#$%&'*+-.^_`|~" {
		t[c] = true
	}
	return t
}()

// scanValue returns the index of the first byte from i on that cannot stand in a header value,
// len(b) when there is none.
func scanValue(b []byte, i int) int {
	const ones = 0x0101010101010101
	for i+8 <= len(b) {
		x := binary.LittleEndian.Uint64(b[i:])
		del := x ^ 0x7f*ones
		// The top bit of a byte is set where x is below 0x20 or is 0x7f.
		if ((x-0x20*ones)&^x|(del-ones)&^del)&(0x80*ones) != 0 {
			break
		}
		i += 8
	}
	for i < len(b) {
		if c := b[i]; c < 0x20 && c != '\t' || c == 0x7f {
			break
		}
		i++
	}
	return i
}
