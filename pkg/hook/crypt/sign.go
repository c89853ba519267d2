package crypt

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"math/big"
)

// Paddings of RSA, by the numbers of crypto.constants; and lengths of salt.
const (
	PaddingPKCS1 = 1
	PaddingOAEP  = 4
	PaddingPSS   = 6

	SaltDigest = -1
	SaltAuto   = -2
)

// Signature says how a signature is made.
type Signature struct {
	Digest  string // of the data; "" for keys that take the data itself
	Padding int    // of RSA; 0 for PaddingPKCS1
	Salt    int    // of PSS, in bytes, or one of the constants
	P1363   bool   // ECDSA as two numbers of the same length, not in DER
}

// digest makes what is signed: a digest of data, or, if data is one already, data itself.
func (s *Signature) digest(data []byte, done bool) (crypto.Hash, []byte, error) {
	name := s.Digest
	if name == "" {
		name = "sha256"
	}
	a, ok := find(name)
	if !ok {
		return 0, nil, InvalidDigest(name)
	}
	if a.id == 0 {
		return 0, nil, errDigest
	}
	if done {
		return a.id, data, nil
	}
	h := a.new()
	h.Write(data)
	return a.id, h.Sum(nil), nil
}

func (s *Signature) pss(id crypto.Hash) (*rsa.PSSOptions, error) {
	o := &rsa.PSSOptions{Hash: id, SaltLength: s.Salt}
	switch {
	case s.Salt == SaltDigest:
		o.SaltLength = rsa.PSSSaltLengthEqualsHash
	case s.Salt == SaltAuto:
		o.SaltLength = rsa.PSSSaltLengthAuto
	case s.Salt <= 0:
		return nil, unsupported("RSA-PSS with this length of salt")
	}
	return o, nil
}

// Sign signs data, or a digest that was made of it.
func (k *Key) Sign(data []byte, done bool, s Signature) ([]byte, error) {
	if key, ok := k.private.(ed25519.PrivateKey); ok {
		if s.Digest != "" {
			return nil, errDigest
		}
		return ed25519.Sign(key, data), nil
	}
	id, sum, err := s.digest(data, done)
	if err != nil {
		return nil, err
	}
	var out []byte
	switch key := k.private.(type) {
	case *rsa.PrivateKey:
		switch s.Padding {
		case 0, PaddingPKCS1:
			out, err = rsa.SignPKCS1v15(nil, key, id, sum)
		case PaddingPSS:
			o, bad := s.pss(id)
			if bad != nil {
				return nil, bad
			}
			out, err = rsa.SignPSS(rand.Reader, key, id, sum, o)
		default:
			return nil, unsupported("this padding of RSA signatures")
		}
	case *ecdsa.PrivateKey:
		if out, err = ecdsa.SignASN1(rand.Reader, key, sum); err == nil && s.P1363 {
			return toP1363(key.Curve, out)
		}
	default:
		return nil, &Error{"Error", "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "operation not supported for this keytype"}
	}
	if err != nil {
		return nil, &Error{Kind: "Error", Message: err.Error()}
	}
	return out, nil
}

// Verify tells whether a signature of data, or of a digest that was made of it, is this key's.
func (k *Key) Verify(data []byte, done bool, signature []byte, s Signature) (bool, error) {
	if key, ok := k.public.(ed25519.PublicKey); ok {
		if s.Digest != "" {
			return false, errDigest
		}
		return ed25519.Verify(key, data, signature), nil
	}
	id, sum, err := s.digest(data, done)
	if err != nil {
		return false, err
	}
	switch key := k.public.(type) {
	case *rsa.PublicKey:
		switch s.Padding {
		case 0, PaddingPKCS1:
			return rsa.VerifyPKCS1v15(key, id, sum, signature) == nil, nil
		case PaddingPSS:
			o, bad := s.pss(id)
			if bad != nil {
				return false, bad
			}
			return rsa.VerifyPSS(key, id, sum, signature, o) == nil, nil
		}
		return false, unsupported("this padding of RSA signatures")
	case *ecdsa.PublicKey:
		if s.P1363 {
			if signature, err = fromP1363(key.Curve, signature); err != nil {
				return false, nil
			}
		}
		return ecdsa.VerifyASN1(key, sum, signature), nil
	}
	return false, &Error{"Error", "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "operation not supported for this keytype"}
}

type ecdsaSignature struct{ R, S *big.Int }

func fieldSize(c elliptic.Curve) int { return (c.Params().BitSize + 7) / 8 }

func toP1363(c elliptic.Curve, der []byte) ([]byte, error) {
	var s ecdsaSignature
	if _, err := asn1.Unmarshal(der, &s); err != nil {
		return nil, err
	}
	size := fieldSize(c)
	out := make([]byte, 2*size)
	s.R.FillBytes(out[:size])
	s.S.FillBytes(out[size:])
	return out, nil
}

func fromP1363(c elliptic.Curve, raw []byte) ([]byte, error) {
	size := fieldSize(c)
	if len(raw) != 2*size {
		return nil, errors.New("wrong length")
	}
	return asn1.Marshal(ecdsaSignature{new(big.Int).SetBytes(raw[:size]), new(big.Int).SetBytes(raw[size:])})
}

// Encryption says how RSA encrypts.
type Encryption struct {
	Padding int    // 0 for PaddingOAEP
	Digest  string // of OAEP; "" for sha1
	Label   []byte // of OAEP
}

func (k *Key) oaep(e Encryption) (algorithm, error) {
	name := e.Digest
	if name == "" {
		name = "sha1"
	}
	a, ok := find(name)
	if !ok {
		return a, InvalidDigest(name)
	}
	return a, nil
}

var errNotRSA = &Error{"Error", "ERR_OSSL_EVP_OPERATION_NOT_SUPPORTED_FOR_THIS_KEYTYPE", "operation not supported for this keytype"}

// Encrypt encrypts with a public RSA key.
func (k *Key) Encrypt(data []byte, e Encryption) ([]byte, error) {
	key, ok := k.public.(*rsa.PublicKey)
	if !ok {
		return nil, errNotRSA
	}
	var out []byte
	var err error
	switch e.Padding {
	case 0, PaddingOAEP:
		a, bad := k.oaep(e)
		if bad != nil {
			return nil, bad
		}
		out, err = rsa.EncryptOAEP(a.new(), rand.Reader, key, data, e.Label)
	case PaddingPKCS1:
		//lint:ignore SA1019 servers ask for it
		out, err = rsa.EncryptPKCS1v15(rand.Reader, key, data)
	default:
		return nil, unsupported("this padding of RSA")
	}
	if errors.Is(err, rsa.ErrMessageTooLong) {
		return nil, errTooLarge
	}
	if err != nil {
		return nil, &Error{Kind: "Error", Message: err.Error()}
	}
	return out, nil
}

// Decrypt decrypts with a private RSA key.
func (k *Key) Decrypt(data []byte, e Encryption) ([]byte, error) {
	key, ok := k.private.(*rsa.PrivateKey)
	if !ok {
		return nil, errNotRSA
	}
	switch e.Padding {
	case 0, PaddingOAEP:
		a, bad := k.oaep(e)
		if bad != nil {
			return nil, bad
		}
		out, err := rsa.DecryptOAEP(a.new(), nil, key, data, e.Label)
		if err != nil {
			return nil, errOAEP
		}
		return out, nil
	case PaddingPKCS1:
		return nil, &Error{"TypeError", "ERR_INVALID_ARG_VALUE", "RSA_PKCS1_PADDING is no longer supported for private decryption"}
	}
	return nil, unsupported("this padding of RSA")
}

// Agree is the secret that two keys of one curve share (ECDH).
func Agree(private, public *Key) ([]byte, error) {
	bad := &Error{"Error", "ERR_CRYPTO_INCOMPATIBLE_KEY", "Incompatible key types for Diffie-Hellman: " + private.Kind() + " and " + public.Kind()}
	var own *ecdh.PrivateKey
	var other *ecdh.PublicKey
	switch k := private.private.(type) {
	case *ecdh.PrivateKey:
		own = k
	case *ecdsa.PrivateKey:
		own, _ = k.ECDH()
	}
	switch k := public.public.(type) {
	case *ecdh.PublicKey:
		other = k
	case *ecdsa.PublicKey:
		other, _ = k.ECDH()
	}
	if own == nil || other == nil || own.Curve() != other.Curve() {
		return nil, bad
	}
	secret, err := own.ECDH(other)
	if err != nil {
		return nil, &Error{Kind: "Error", Message: err.Error()}
	}
	return secret, nil
}
