package crypt

import (
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
)

// Field is a member of a JSON Web Key (RFC 7517).
type Field struct{ Name, Value string }

var jwkCurves = map[string]string{"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}

func encode64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// JWK is the key as a JSON Web Key, in the order that Node.js has.
func (k *Key) JWK() ([]Field, error) {
	var fields []Field
	add := func(name, value string) { fields = append(fields, Field{name, value}) }
	number := func(name string, n *big.Int) { add(name, encode64(n.Bytes())) }
	switch p := k.public.(type) {
	case *rsa.PublicKey:
		add("kty", "RSA")
		number("n", p.N)
		number("e", big.NewInt(int64(p.E)))
		if d, ok := k.private.(*rsa.PrivateKey); ok {
			number("d", d.D)
			number("p", d.Primes[0])
			number("q", d.Primes[1])
			number("dp", d.Precomputed.Dp)
			number("dq", d.Precomputed.Dq)
			number("qi", d.Precomputed.Qinv)
		}
	case *ecdsa.PublicKey:
		name := p.Curve.Params().Name
		if jwkCurves[name] == "" {
			return nil, &Error{"Error", "ERR_CRYPTO_JWK_UNSUPPORTED_CURVE", "Unsupported JWK EC curve: " + curveNames[p.Curve] + "."}
		}
		point, err := p.Bytes()
		if err != nil {
			return nil, &Error{Kind: "Error", Message: err.Error()}
		}
		half := len(point) / 2
		add("kty", "EC")
		add("x", encode64(point[1:1+half]))
		add("y", encode64(point[1+half:]))
		add("crv", name)
		if d, ok := k.private.(*ecdsa.PrivateKey); ok {
			raw, err := d.Bytes()
			if err != nil {
				return nil, &Error{Kind: "Error", Message: err.Error()}
			}
			add("d", encode64(raw))
		}
	case ed25519.PublicKey:
		add("crv", "Ed25519")
		if d, ok := k.private.(ed25519.PrivateKey); ok {
			add("d", encode64(d.Seed()))
		}
		add("x", encode64(p))
		add("kty", "OKP")
	case *ecdh.PublicKey:
		add("crv", "X25519")
		if d, ok := k.private.(*ecdh.PrivateKey); ok {
			add("d", encode64(d.Bytes()))
		}
		add("x", encode64(p.Bytes()))
		add("kty", "OKP")
	}
	return fields, nil
}

var errJWK = &Error{"Error", "ERR_CRYPTO_INVALID_JWK", "Invalid JWK data"}

// ParseJWK reads a JSON Web Key: a private one when it has the member d.
func ParseJWK(jwk map[string]string) (*Key, error) {
	part := func(name string) []byte {
		b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(jwk[name], "="))
		if err != nil || len(b) == 0 {
			return nil
		}
		return b
	}
	number := func(name string) *big.Int { return new(big.Int).SetBytes(part(name)) }
	_, private := jwk["d"]
	switch jwk["kty"] {
	case "RSA":
		e := number("e")
		public := rsa.PublicKey{N: number("n"), E: int(e.Int64())}
		if public.N.Sign() == 0 || !e.IsInt64() || e.BitLen() > 31 || public.E < 2 {
			return nil, errJWK
		}
		if !private {
			return newPublic(&public)
		}
		key := &rsa.PrivateKey{PublicKey: public, D: number("d"), Primes: []*big.Int{number("p"), number("q")}}
		key.Precompute()
		if err := key.Validate(); err != nil {
			return nil, errJWK
		}
		return newPrivate(key)
	case "EC":
		name, ok := jwkCurves[jwk["crv"]]
		if !ok {
			return nil, &Error{"TypeError", "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name"}
		}
		c := curves[name]
		size := (c.Params().BitSize + 7) / 8
		x, y := part("x"), part("y")
		if len(x) > size || len(y) > size {
			return nil, errJWK
		}
		point := make([]byte, 1+2*size)
		point[0] = 4
		copy(point[1+size-len(x):], x)
		copy(point[1+2*size-len(y):], y)
		public, err := ecdsa.ParseUncompressedPublicKey(c, point)
		if err != nil {
			return nil, errJWK
		}
		if !private {
			return newPublic(public)
		}
		d := part("d")
		if len(d) > size {
			return nil, errJWK
		}
		key, err := ecdsa.ParseRawPrivateKey(c, append(make([]byte, size-len(d)), d...))
		if err != nil || !key.PublicKey.Equal(public) {
			return nil, errJWK
		}
		return newPrivate(key)
	case "OKP":
		return RawKey(jwk["crv"], part("x"), part("d"))
	}
	return nil, errJWK
}

// RawKey makes a key of its bytes: private when there are any.
func RawKey(curve string, public, private []byte) (*Key, error) {
	switch {
	case curve == "Ed25519" && len(private) == ed25519.SeedSize:
		return newPrivate(ed25519.NewKeyFromSeed(private))
	case curve == "Ed25519" && private == nil && len(public) == ed25519.PublicKeySize:
		return newPublic(ed25519.PublicKey(append([]byte(nil), public...)))
	case curve == "X25519" && private != nil:
		if k, err := ecdh.X25519().NewPrivateKey(private); err == nil {
			return newPrivate(k)
		}
	case curve == "X25519":
		if k, err := ecdh.X25519().NewPublicKey(public); err == nil {
			return newPublic(k)
		}
	case curves[curve] != nil && private == nil:
		if k, err := ecdsa.ParseUncompressedPublicKey(curves[curve], public); err == nil {
			return newPublic(k)
		}
	}
	return nil, errJWK
}

// RawPublic is the public key as bytes: a point that is not compressed, or what the curve has instead.
func (k *Key) RawPublic() ([]byte, error) {
	switch p := k.public.(type) {
	case *ecdsa.PublicKey:
		return p.Bytes()
	case ed25519.PublicKey:
		return p, nil
	case *ecdh.PublicKey:
		return p.Bytes(), nil
	}
	return nil, unsupported("an RSA key as bytes")
}
