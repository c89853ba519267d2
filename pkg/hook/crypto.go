package hook

import (
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"

	"github.com/dop251/goja"

	"salvo/pkg/hook/crypt"
)

// cryptoNatives gives the module crypto what package crypt has, and random numbers. Those are the user's,
// as Math.random's are: a run with the same seed draws the same. Only new key pairs, the salts of signatures
// and the like are of the system's randomness.
func cryptoNatives(r *Runtime, internal *goja.Object) error {
	quick := map[string]func(a givenArgs) (any, error){
		"hashes":  func(givenArgs) (any, error) { return names(r, crypt.Hashes()), nil },
		"ciphers": func(givenArgs) (any, error) { return names(r, crypt.Ciphers()), nil },
		"curves":  func(givenArgs) (any, error) { return names(r, crypt.Curves()), nil },
		"known":   func(a givenArgs) (any, error) { return crypt.Known(a.text(0)), nil },

		"newHash": func(a givenArgs) (any, error) { return crypt.NewHash(a.text(0), a.int(1)) },
		"newHmac": func(a givenArgs) (any, error) { return crypt.NewHMAC(a.text(0), a.bytes(1)) },
		"update": func(a givenArgs) (any, error) {
			held[*crypt.Hash](a, 0).Update(a.bytes(1))
			return nil, nil
		},
		"digest": func(a givenArgs) (any, error) { return encoded(held[*crypt.Hash](a, 0).Sum(), a.text(1)), nil },
		"clone":  func(a givenArgs) (any, error) { return held[*crypt.Hash](a, 0).Clone() },
		"hash": func(a givenArgs) (any, error) {
			h, err := crypt.NewHash(a.text(0), -1)
			if err != nil {
				return nil, err
			}
			h.Update(a.bytes(1))
			return encoded(h.Sum(), a.text(2)), nil
		},
		"equal": func(a givenArgs) (any, error) { return subtle.ConstantTimeCompare(a.bytes(0), a.bytes(1)) == 1, nil },

		"fill": func(a givenArgs) (any, error) {
			fillRandom(r.random(), a.bytes(0))
			return nil, nil
		},
		"below": func(a givenArgs) (any, error) { return r.random().Int64N(argument(a.list, 0).ToInteger()), nil },
		"uuid":  func(givenArgs) (any, error) { return newUUID(r.random()), nil },

		"cipherInfo": func(a givenArgs) (any, error) { return cipherInfo(r, a.text(0)), nil },
		"newCipher": func(a givenArgs) (any, error) {
			return crypt.NewCipher(a.text(0), a.bytes(1), a.bytes(2), a.truth(3), a.int(4))
		},
		"cipherUpdate":   func(a givenArgs) (any, error) { return held[*crypt.Cipher](a, 0).Update(a.bytes(1)) },
		"cipherFinal":    func(a givenArgs) (any, error) { return full(held[*crypt.Cipher](a, 0).Final()) },
		"setAutoPadding": func(a givenArgs) (any, error) { return nil, held[*crypt.Cipher](a, 0).SetAutoPadding(a.truth(1)) },
		"setAAD":         func(a givenArgs) (any, error) { return nil, held[*crypt.Cipher](a, 0).SetAAD(a.bytes(1)) },
		"setAuthTag":     func(a givenArgs) (any, error) { return nil, held[*crypt.Cipher](a, 0).SetAuthTag(a.bytes(1)) },
		"getAuthTag": func(a givenArgs) (any, error) {
			tag, err := held[*crypt.Cipher](a, 0).AuthTag()
			return append([]byte(nil), tag...), err
		},

		"parsePrivate": func(a givenArgs) (any, error) { return crypt.ParsePrivate(a.bytes(0), encodingOf(a)) },
		"parsePublic":  func(a givenArgs) (any, error) { return crypt.ParsePublic(a.bytes(0), encodingOf(a)) },
		"parseJWK": func(a givenArgs) (any, error) {
			jwk := map[string]string{}
			o := argument(a.list, 0).ToObject(r.vm)
			for _, name := range []string{"kty", "crv", "n", "e", "d", "p", "q", "x", "y"} {
				if v := o.Get(name); v != nil && goja.IsString(v) {
					jwk[name] = v.String()
				}
			}
			return crypt.ParseJWK(jwk)
		},
		"rawKey":    func(a givenArgs) (any, error) { return crypt.RawKey(a.text(0), a.kept(1), nil) },
		"rawPublic": func(a givenArgs) (any, error) { b, err := key(a, 0).RawPublic(); return append([]byte(nil), b...), err },
		"writeKey":  func(a givenArgs) (any, error) { return key(a, 0).Write(encodingOf(a)) },
		"writeJWK": func(a givenArgs) (any, error) {
			fields, err := key(a, 0).JWK()
			o := r.vm.NewObject()
			for _, f := range fields {
				_ = o.Set(f.Name, f.Value)
			}
			return o, err
		},
		"publicOf": func(a givenArgs) (any, error) { return key(a, 0).Public(), nil },
		"sameKey":  func(a givenArgs) (any, error) { return key(a, 0).Equal(key(a, 1)), nil },
		"describe": func(a givenArgs) (any, error) { return describe(r, key(a, 0)), nil },
	}
	for name, f := range quick {
		if err := r.define(internal, name, f); err != nil {
			return err
		}
	}
	for name, f := range slowCrypto {
		if err := r.defineSlow(internal, name, f); err != nil {
			return err
		}
	}
	return nil
}

// slowCrypto are the functions that have a form with a callback.
var slowCrypto = map[string]func(a givenArgs) func() (any, error){
	"pbkdf2": func(a givenArgs) func() (any, error) {
		password, salt, rounds, length, digest := a.kept(0), a.kept(1), a.int(2), a.int(3), a.text(4)
		return func() (any, error) { return full(crypt.PBKDF2(password, salt, rounds, length, digest)) }
	},
	"hkdf": func(a givenArgs) func() (any, error) {
		digest, secret, salt, info, length := a.text(0), a.kept(1), a.kept(2), a.kept(3), a.int(4)
		return func() (any, error) { return full(crypt.HKDF(digest, secret, salt, info, length)) }
	},
	"scrypt": func(a givenArgs) func() (any, error) {
		password, salt, length := a.kept(0), a.kept(1), a.int(2)
		n, blocks, parallel, memory := a.int(3), a.int(4), a.int(5), int64(a.int(6))
		return func() (any, error) { return full(crypt.Scrypt(password, salt, n, blocks, parallel, length, memory)) }
	},
	"generate": func(a givenArgs) func() (any, error) {
		kind, bits, curve := a.text(0), a.int(1), a.text(2)
		return func() (any, error) { return crypt.Generate(kind, bits, curve) }
	},
	"sign": func(a givenArgs) func() (any, error) {
		k, data, done, s := key(a, 0), a.kept(1), a.truth(2), signatureOf(a)
		return func() (any, error) { return k.Sign(data, done, s) }
	},
	"verify": func(a givenArgs) func() (any, error) {
		k, data, done, s, signature := key(a, 0), a.kept(1), a.truth(2), signatureOf(a), a.kept(7)
		return func() (any, error) { return k.Verify(data, done, signature, s) }
	},
	"encrypt": func(a givenArgs) func() (any, error) {
		k, data, e := key(a, 0), a.kept(1), encryptionOf(a)
		return func() (any, error) { return k.Encrypt(data, e) }
	},
	"decrypt": func(a givenArgs) func() (any, error) {
		k, data, e := key(a, 0), a.kept(1), encryptionOf(a)
		return func() (any, error) { return full(k.Decrypt(data, e)) }
	},
	"agree": func(a givenArgs) func() (any, error) {
		private, public := key(a, 0), key(a, 1)
		return func() (any, error) { return crypt.Agree(private, public) }
	},
}

func key(a givenArgs, i int) *crypt.Key { return held[*crypt.Key](a, i) }

// encodingOf reads format, type, passphrase and cipher from the second argument on.
func encodingOf(a givenArgs) crypt.Encoding {
	e := crypt.Encoding{Format: a.text(1)}
	if a.has(2) {
		e.Type = a.text(2)
	}
	if a.has(3) {
		word := string(a.bytes(3))
		e.Passphrase = &word
	}
	if a.has(4) {
		e.Cipher = a.text(4)
	}
	return e
}

// signatureOf reads digest, padding, salt and form from the fourth argument on.
func signatureOf(a givenArgs) crypt.Signature {
	s := crypt.Signature{Padding: a.int(4), Salt: crypt.SaltAuto, P1363: a.truth(6)}
	if a.has(3) {
		s.Digest = a.text(3)
	}
	if a.has(5) {
		s.Salt = a.int(5)
	}
	return s
}

// encryptionOf reads padding, digest and label from the third argument on.
func encryptionOf(a givenArgs) crypt.Encryption {
	e := crypt.Encryption{Padding: a.int(2), Label: a.kept(4)}
	if a.has(3) {
		e.Digest = a.text(3)
	}
	return e
}

// full makes bytes of none: they are a buffer of length 0.
func full(b []byte, err error) (any, error) {
	if b == nil && err == nil {
		b = []byte{}
	}
	return b, err
}

func names(r *Runtime, list []string) goja.Value {
	items := make([]any, len(list))
	for i, name := range list {
		items[i] = name
	}
	return r.vm.NewArray(items...)
}

// encoded is a digest as text, or as bytes where the encoding is one that Buffer must do.
func encoded(sum []byte, encoding string) any {
	switch encoding {
	case "hex":
		return hex.EncodeToString(sum)
	case "base64":
		return base64.StdEncoding.EncodeToString(sum)
	case "base64url":
		return base64.RawURLEncoding.EncodeToString(sum)
	}
	return sum
}

func fillRandom(random *rand.Rand, b []byte) {
	for len(b) >= 8 {
		binary.LittleEndian.PutUint64(b, random.Uint64())
		b = b[8:]
	}
	if len(b) > 0 {
		last := random.Uint64()
		for i := range b {
			b[i] = byte(last >> (8 * i))
		}
	}
}

// newUUID is a random one (RFC 9562, version 4).
func newUUID(random *rand.Rand) string {
	var b [16]byte
	fillRandom(random, b[:])
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

func cipherInfo(r *Runtime, name string) goja.Value {
	info, ok := crypt.FindCipher(name)
	if !ok {
		return goja.Undefined()
	}
	o := r.vm.NewObject()
	set := func(name string, v any) { _ = o.Set(name, v) }
	set("mode", info.Mode)
	set("name", info.Name)
	set("nid", info.Number())
	set("blockSize", info.Block)
	if info.IV > 0 {
		set("ivLength", info.IV)
	}
	set("keyLength", info.Key)
	return o
}

func describe(r *Runtime, k *crypt.Key) goja.Value {
	o := r.vm.NewObject()
	set := func(name string, v any) { _ = o.Set(name, v) }
	set("kind", k.Kind())
	set("private", k.Private())
	set("curve", k.Curve())
	bits, exponent := k.RSA()
	set("bits", bits)
	set("exponent", exponent)
	return o
}
