package crypt

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/subtle"
	"fmt"
	"slices"
	"strings"
)

// CipherInfo says what a cipher takes; lengths are in bytes.
type CipherInfo struct {
	Name, Mode             string
	Key, IV, Block, number int
}

// Number is the cipher's in OpenSSL.
func (c CipherInfo) Number() int { return c.number }

var ciphers = []CipherInfo{
	{"aes-128-cbc", "cbc", 16, 16, 16, 419},
	{"aes-128-ctr", "ctr", 16, 16, 1, 904},
	{"aes-128-ecb", "ecb", 16, 0, 16, 418},
	{"id-aes128-gcm", "gcm", 16, 12, 1, 895},
	{"aes-192-cbc", "cbc", 24, 16, 16, 423},
	{"aes-192-ctr", "ctr", 24, 16, 1, 905},
	{"aes-192-ecb", "ecb", 24, 0, 16, 422},
	{"id-aes192-gcm", "gcm", 24, 12, 1, 898},
	{"aes-256-cbc", "cbc", 32, 16, 16, 427},
	{"aes-256-ctr", "ctr", 32, 16, 1, 906},
	{"aes-256-ecb", "ecb", 32, 0, 16, 426},
	{"id-aes256-gcm", "gcm", 32, 12, 1, 901},
}

// Ciphers are the names of all ciphers.
func Ciphers() []string {
	var names []string
	for _, c := range ciphers {
		names = append(names, c.Name)
		if c.Mode == "gcm" {
			names = append(names, "aes-"+c.Name[6:])
		}
	}
	slices.Sort(names)
	return names
}

// FindCipher finds a cipher by its name.
func FindCipher(name string) (CipherInfo, bool) {
	name = strings.ToLower(name)
	switch name {
	case "aes128", "aes192", "aes256":
		name = "aes-" + name[3:] + "-cbc"
	case "aes-128-gcm", "aes-192-gcm", "aes-256-gcm":
		name = "id-aes" + name[4:]
	}
	for _, c := range ciphers {
		if c.Name == name {
			return c, true
		}
	}
	return CipherInfo{}, false
}

// Cipher encrypts or decrypts a message that comes in pieces.
type Cipher struct {
	encrypt bool
	padding bool
	final   bool
	size    int                  // of a block, in bytes; 0 for modes without blocks
	blocks  func([]byte)         // encrypts or decrypts whole blocks in place
	stream  func(out, in []byte) // of modes without blocks
	held    []byte               // what does not fill a block, or the last one before the padding is looked at
	taken   bool                 // any data
	gcm     *gcm
}

// gcm is what authenticated messages have more. Go's cipher takes a message as a whole; so what was
// encrypted is kept until the end.
type gcm struct {
	aead  cipher.AEAD
	iv    []byte
	aad   []byte
	plain []byte // the message so far
	tag   []byte // expected or made; nil before it is known
	size  int    // of the tag that is asked for; 0 for 16
	keys  []byte // key stream for an unusual iv, as far as it was made
}

// NewCipher begins a message. The tag's size is for authenticated ciphers; 0 is the usual one.
func NewCipher(name string, key, iv []byte, encrypt bool, tagSize int) (*Cipher, error) {
	info, ok := FindCipher(name)
	if !ok {
		return nil, &Error{"Error", "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher"}
	}
	if len(key) != info.Key {
		return nil, errKeyLen
	}
	if len(iv) != info.IV && (info.Mode != "gcm" || len(iv) == 0) {
		return nil, errIV
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errKeyLen
	}
	c := &Cipher{encrypt: encrypt, padding: true, size: info.Block}
	switch info.Mode {
	case "cbc":
		mode := cipher.NewCBCDecrypter(block, iv)
		if encrypt {
			mode = cipher.NewCBCEncrypter(block, iv)
		}
		c.blocks = func(b []byte) { mode.CryptBlocks(b, b) }
	case "ecb":
		one := block.Decrypt
		if encrypt {
			one = block.Encrypt
		}
		c.blocks = func(b []byte) {
			for ; len(b) > 0; b = b[aes.BlockSize:] {
				one(b, b)
			}
		}
	case "ctr":
		c.stream = cipher.NewCTR(block, iv).XORKeyStream
	case "gcm":
		return c, c.newGCM(block, iv, tagSize)
	}
	return c, nil
}

func (c *Cipher) newGCM(block cipher.Block, iv []byte, tagSize int) error {
	if tagSize != 0 && !validTag(tagSize) {
		return &Error{"TypeError", "ERR_CRYPTO_INVALID_AUTH_TAG", fmt.Sprintf("Invalid authentication tag length: %d", tagSize)}
	}
	aead, err := cipher.NewGCMWithNonceSize(block, len(iv))
	if err != nil {
		return errIV
	}
	c.gcm = &gcm{aead: aead, iv: append([]byte(nil), iv...), size: tagSize}
	if len(iv) == 12 {
		// The first block of the key stream is the tag's (NIST SP 800-38D, 7.1).
		counter := append(append([]byte(nil), iv...), 0, 0, 0, 2)
		c.stream = cipher.NewCTR(block, counter).XORKeyStream
	} else {
		c.stream = c.gcm.xor
	}
	return nil
}

func validTag(n int) bool { return n == 4 || n == 8 || n >= 12 && n <= 16 }

// xor encrypts what comes next of a message whose counter does not begin with its iv: encrypted zeros
// are the key stream.
func (g *gcm) xor(out, in []byte) {
	at := len(g.plain)
	if need := at + len(in); need > len(g.keys) {
		zeros := make([]byte, max(need, 2*len(g.keys)))
		g.keys = g.aead.Seal(zeros[:0], g.iv, zeros, nil)[:len(zeros)]
	}
	subtle.XORBytes(out, in, g.keys[at:at+len(in)])
}

// SetAutoPadding says whether the last block is padded (PKCS #7).
func (c *Cipher) SetAutoPadding(on bool) error {
	if c.final {
		return stateFor("setAutoPadding")
	}
	c.padding = on
	return nil
}

func stateFor(operation string) error {
	return &Error{"Error", "ERR_CRYPTO_INVALID_STATE", "Invalid state for operation " + operation}
}

// SetAAD gives data that is authenticated with the message, before the message.
func (c *Cipher) SetAAD(data []byte) error {
	if c.gcm == nil || c.final || c.taken {
		return stateFor("setAAD")
	}
	c.gcm.aad = append(c.gcm.aad, data...)
	return nil
}

// SetAuthTag says what tag a message must have to be decrypted.
func (c *Cipher) SetAuthTag(tag []byte) error {
	if c.gcm == nil || c.encrypt || c.final || c.gcm.tag != nil {
		return stateFor("setAuthTag")
	}
	if !validTag(len(tag)) || c.gcm.size != 0 && len(tag) != c.gcm.size {
		return &Error{"TypeError", "ERR_CRYPTO_INVALID_AUTH_TAG", fmt.Sprintf("Invalid authentication tag length: %d", len(tag))}
	}
	c.gcm.tag = append([]byte(nil), tag...)
	return nil
}

// AuthTag is the tag of a message that was encrypted to its end.
func (c *Cipher) AuthTag() ([]byte, error) {
	if c.gcm == nil || !c.encrypt || !c.final {
		return nil, stateFor("getAuthTag")
	}
	return c.gcm.tag, nil
}

// Update takes more of the message and returns what of the result is known.
func (c *Cipher) Update(in []byte) ([]byte, error) {
	if c.final {
		return nil, errFinal
	}
	c.taken = true
	if c.stream != nil {
		out := make([]byte, len(in))
		c.stream(out, in)
		if c.gcm != nil {
			if c.encrypt {
				c.gcm.plain = append(c.gcm.plain, in...)
			} else {
				c.gcm.plain = append(c.gcm.plain, out...)
			}
		}
		return out, nil
	}
	c.held = append(c.held, in...)
	n := len(c.held) / c.size * c.size
	if !c.encrypt && c.padding && n == len(c.held) && n > 0 {
		n -= c.size // it may be the last one, which has the padding
	}
	out := append([]byte(nil), c.held[:n]...)
	c.held = append(c.held[:0], c.held[n:]...)
	c.blocks(out)
	return out, nil
}

// Final ends the message and returns the rest of the result.
func (c *Cipher) Final() ([]byte, error) {
	if c.final {
		return nil, errState
	}
	c.final = true
	switch {
	case c.gcm != nil:
		return nil, c.gcm.finish(c.encrypt)
	case c.stream != nil:
		return nil, nil
	case c.encrypt && c.padding:
		n := c.size - len(c.held)%c.size
		for range n {
			c.held = append(c.held, byte(n))
		}
		c.blocks(c.held)
		return c.held, nil
	case !c.padding:
		if len(c.held) > 0 {
			return nil, errLength
		}
		return nil, nil
	case len(c.held) != c.size:
		return nil, errLength
	}
	c.blocks(c.held)
	n := int(c.held[c.size-1])
	if n < 1 || n > c.size {
		return nil, errDecrypt
	}
	for _, b := range c.held[c.size-n:] {
		if int(b) != n {
			return nil, errDecrypt
		}
	}
	return c.held[:c.size-n], nil
}

// finish makes the tag, and compares it with the one that is expected.
func (g *gcm) finish(encrypt bool) error {
	sealed := g.aead.Seal(nil, g.iv, g.plain, g.aad)
	tag := sealed[len(sealed)-g.aead.Overhead():]
	g.plain, g.keys = nil, nil
	if encrypt {
		if g.size != 0 {
			tag = tag[:g.size]
		}
		g.tag = tag
		return nil
	}
	if g.tag == nil || subtle.ConstantTimeCompare(g.tag, tag[:len(g.tag)]) != 1 {
		return errAuth
	}
	return nil
}
