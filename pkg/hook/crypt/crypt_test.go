package crypt

import (
	"bytes"
	"encoding/hex"
	"testing"
)

// TestCipherInPieces: however a message is cut, what comes out is the same, and goes back.
func TestCipherInPieces(t *testing.T) {
	message := bytes.Repeat([]byte("0123456789"), 20)
	for _, name := range Ciphers() {
		info, _ := FindCipher(name)
		ivs := []int{info.IV}
		if info.Mode == "gcm" {
			ivs = append(ivs, 1, 16)
		}
		for _, ivLength := range ivs {
			key, iv := bytes.Repeat([]byte{7}, info.Key), bytes.Repeat([]byte{9}, ivLength)
			var whole string
			for _, size := range []int{len(message), 1, 15, 16, 17} {
				c, err := NewCipher(name, key, iv, true, 0)
				if err != nil {
					t.Fatal(name, err)
				}
				sealed := pieces(t, c, message, size)
				var tag []byte
				if info.Mode == "gcm" {
					if tag, err = c.AuthTag(); err != nil {
						t.Fatal(err)
					}
				}
				if got := hex.EncodeToString(append(bytes.Clone(sealed), tag...)); whole == "" {
					whole = got
				} else if got != whole {
					t.Errorf("%s, iv of %d, in pieces of %d: %s, want %s", name, ivLength, size, got, whole)
				}
				d, err := NewCipher(name, key, iv, false, 0)
				if err != nil {
					t.Fatal(err)
				}
				if tag != nil {
					if err := d.SetAuthTag(tag); err != nil {
						t.Fatal(err)
					}
				}
				if got := pieces(t, d, sealed, size); !bytes.Equal(got, message) {
					t.Errorf("%s, iv of %d, in pieces of %d, comes back as %q", name, ivLength, size, got)
				}
			}
		}
	}
}

func pieces(t *testing.T, c *Cipher, data []byte, size int) []byte {
	t.Helper()
	var out []byte
	for len(data) > 0 {
		n := min(size, len(data))
		part, err := c.Update(data[:n])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, part...)
		data = data[n:]
	}
	part, err := c.Final()
	if err != nil {
		t.Fatal(err)
	}
	return append(out, part...)
}

// FuzzKeys: whatever is read as a key ends in a key or an error, and a key can be written and read again.
func FuzzKeys(f *testing.F) {
	for _, kind := range []string{"ec", "ed25519", "x25519"} {
		k, err := Generate(kind, 0, "prime256v1")
		if err != nil {
			f.Fatal(err)
		}
		for _, e := range []Encoding{{Format: "pem", Type: "pkcs8"}, {Format: "der", Type: "pkcs8"}} {
			private, err := k.Write(e)
			if err != nil {
				f.Fatal(err)
			}
			public, err := k.Public().Write(Encoding{Format: e.Format, Type: "spki"})
			if err != nil {
				f.Fatal(err)
			}
			f.Add(private, e.Format, e.Type)
			f.Add(public, e.Format, "spki")
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, format, kind string) {
		word := "secret"
		e := Encoding{Format: format, Type: kind, Passphrase: &word}
		for _, read := range []func([]byte, Encoding) (*Key, error){ParsePrivate, ParsePublic} {
			k, err := read(data, e)
			if (k == nil) == (err == nil) {
				t.Fatalf("%v, %v", k, err)
			}
			if err != nil {
				continue
			}
			again := Encoding{Format: "der", Type: "pkcs8"}
			if !k.Private() {
				again.Type = "spki"
			}
			text, err := k.Write(again)
			if err != nil {
				t.Fatal(err)
			}
			if back, err := read(text, again); err != nil || !back.Equal(k) {
				t.Errorf("written and read again: %v", err)
			}
		}
	})
}

// FuzzJWK: a JSON Web Key is a key or an error.
func FuzzJWK(f *testing.F) {
	f.Add("EC", "P-256", "", "", "", "AAAA", "BBBB")
	f.Add("RSA", "", "u5M", "AQAB", "AAAA", "AQ", "Aw")
	f.Add("OKP", "Ed25519", "", "", "AAAA", "BBBB", "")
	f.Fuzz(func(t *testing.T, kty, crv, n, e, d, x, y string) {
		jwk := map[string]string{"kty": kty, "crv": crv, "n": n, "e": e, "x": x, "y": y, "p": x, "q": y}
		if d != "" {
			jwk["d"] = d
		}
		k, err := ParseJWK(jwk)
		if (k == nil) == (err == nil) {
			t.Fatalf("%v, %v", k, err)
		}
	})
}
