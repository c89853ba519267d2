package crypt

import (
	"bytes"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"salvo/pkg/pemkey"
)

// Key is half a key pair, or both: a private key knows its public one.
type Key struct {
	private any // nil for a public key
	public  any
}

func newPrivate(key any) (*Key, error) {
	switch k := key.(type) {
	case *rsa.PrivateKey:
		return &Key{k, &k.PublicKey}, nil
	case *ecdsa.PrivateKey:
		return &Key{k, &k.PublicKey}, nil
	case ed25519.PrivateKey:
		return &Key{k, k.Public().(ed25519.PublicKey)}, nil
	case *ecdh.PrivateKey:
		return &Key{k, k.PublicKey()}, nil
	}
	return nil, errNoKey
}

func newPublic(key any) (*Key, error) {
	switch k := key.(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey, ed25519.PublicKey, *ecdh.PublicKey:
		return &Key{nil, k}, nil
	}
	return nil, errNoKey
}

// Private tells whether the private half is there.
func (k *Key) Private() bool { return k.private != nil }

// Public is the public half alone.
func (k *Key) Public() *Key { return &Key{nil, k.public} }

// Kind is the asymmetricKeyType: "rsa", "ec", "ed25519" or "x25519".
func (k *Key) Kind() string {
	switch k.public.(type) {
	case *rsa.PublicKey:
		return "rsa"
	case *ecdsa.PublicKey:
		return "ec"
	case ed25519.PublicKey:
		return "ed25519"
	}
	return "x25519"
}

// Curve is the name of an EC key's curve as OpenSSL has it; "" for other keys.
func (k *Key) Curve() string {
	if p, ok := k.public.(*ecdsa.PublicKey); ok {
		return curveNames[p.Curve]
	}
	return ""
}

// RSA is the length of an RSA key's modulus, in bits, and its public exponent; 0 for other keys.
func (k *Key) RSA() (bits, exponent int) {
	if p, ok := k.public.(*rsa.PublicKey); ok {
		return p.N.BitLen(), p.E
	}
	return 0, 0
}

// Equal tells whether two keys are the same.
func (k *Key) Equal(other *Key) bool {
	if k.Private() != other.Private() {
		return false
	}
	a, errA := x509.MarshalPKIXPublicKey(k.public)
	b, errB := x509.MarshalPKIXPublicKey(other.public)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

var curves = map[string]elliptic.Curve{
	"prime256v1": elliptic.P256(), "P-256": elliptic.P256(),
	"secp384r1": elliptic.P384(), "P-384": elliptic.P384(),
	"secp521r1": elliptic.P521(), "P-521": elliptic.P521(),
	"secp224r1": elliptic.P224(), "P-224": elliptic.P224(),
}

var curveNames = map[elliptic.Curve]string{
	elliptic.P224(): "secp224r1", elliptic.P256(): "prime256v1", elliptic.P384(): "secp384r1", elliptic.P521(): "secp521r1",
}

// Curves are the names of the curves, as OpenSSL has them.
func Curves() []string { return []string{"prime256v1", "secp224r1", "secp384r1", "secp521r1"} }

func findCurve(name string) (elliptic.Curve, error) {
	if c, ok := curves[name]; ok {
		return c, nil
	}
	return nil, &Error{"TypeError", "ERR_CRYPTO_INVALID_CURVE", "Invalid EC curve name"}
}

// Generate makes a new key pair of a kind, with the bits of an RSA modulus or the name of a curve. It is
// of the system's randomness, whatever the run's seed.
func Generate(kind string, bits int, curve string) (*Key, error) {
	var key any
	var err error
	switch kind {
	case "rsa":
		key, err = rsa.GenerateKey(rand.Reader, bits)
	case "ec":
		c, unknown := findCurve(curve)
		if unknown != nil {
			return nil, unknown
		}
		key, err = ecdsa.GenerateKey(c, rand.Reader)
	case "ed25519":
		_, key, err = ed25519.GenerateKey(rand.Reader)
	case "x25519":
		key, err = ecdh.X25519().GenerateKey(rand.Reader)
	default:
		return nil, unsupported("the key type " + kind)
	}
	if err != nil {
		return nil, &Error{Kind: "Error", Message: err.Error()}
	}
	return newPrivate(key)
}

// Encoding says how a key is or is to be written.
type Encoding struct {
	Format     string // "pem" or "der"
	Type       string // "pkcs1", "pkcs8", "sec1", "spki"; "" when a PEM text says it
	Passphrase *string
	Cipher     string // that a private key is to be encrypted with; "" for none
}

// ParsePrivate reads a private key.
func ParsePrivate(data []byte, e Encoding) (*Key, error) {
	if e.Format == "pem" {
		key, err := pemkey.Parse(data, e.Passphrase)
		if err != nil {
			return nil, keyError(err)
		}
		return newPrivate(key)
	}
	var key any
	var err error
	switch e.Type {
	case "pkcs1":
		key, err = x509.ParsePKCS1PrivateKey(data)
	case "sec1":
		key, err = x509.ParseECPrivateKey(data)
	default:
		if key, err = x509.ParsePKCS8PrivateKey(data); err != nil && e.Passphrase != nil {
			if data, err = pemkey.DecryptPKCS8(data, *e.Passphrase); err == nil {
				key, err = x509.ParsePKCS8PrivateKey(data)
			}
		}
	}
	if err != nil {
		return nil, keyError(err)
	}
	return newPrivate(key)
}

func keyError(err error) error {
	switch {
	case errors.Is(err, pemkey.ErrNoPassphrase):
		return &Error{"TypeError", "ERR_MISSING_PASSPHRASE", "Passphrase required for encrypted key"}
	case errors.Is(err, pemkey.ErrWrongPassphrase):
		return errDecrypt
	}
	return errNoKey
}

// ParsePublic reads a public key, or takes it out of a certificate or of a private key.
func ParsePublic(data []byte, e Encoding) (*Key, error) {
	if e.Format == "pem" {
		for rest := data; ; {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			switch block.Type {
			case "PUBLIC KEY":
				return parseDERPublic(block.Bytes, "spki")
			case "RSA PUBLIC KEY":
				return parseDERPublic(block.Bytes, "pkcs1")
			case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
				c, err := x509.ParseCertificate(block.Bytes)
				if err != nil {
					return nil, errNoKey
				}
				return newPublic(c.PublicKey)
			}
		}
	} else if k, err := parseDERPublic(data, e.Type); err == nil {
		return k, nil
	}
	k, err := ParsePrivate(data, e)
	if err != nil {
		return nil, err
	}
	return k.Public(), nil
}

func parseDERPublic(der []byte, kind string) (*Key, error) {
	var key any
	var err error
	if kind == "pkcs1" {
		key, err = x509.ParsePKCS1PublicKey(der)
	} else {
		key, err = x509.ParsePKIXPublicKey(der)
	}
	if err != nil {
		return nil, errNoKey
	}
	return newPublic(key)
}

// Write writes a key.
func (k *Key) Write(e Encoding) ([]byte, error) {
	only := func(kind string) error {
		return &Error{"Error", "ERR_CRYPTO_INCOMPATIBLE_KEY_OPTIONS", "The selected key encoding " + e.Type + " can only be used for " + kind + " keys."}
	}
	var der []byte
	var err error
	title := "PRIVATE KEY"
	rsaKey, isRSA := k.private.(*rsa.PrivateKey)
	ecKey, isEC := k.private.(*ecdsa.PrivateKey)
	rsaPublic, isRSAPublic := k.public.(*rsa.PublicKey)
	switch {
	case e.Type == "pkcs1" && !isRSAPublic:
		return nil, only("RSA")
	case k.private == nil && e.Type == "pkcs1":
		der, title = x509.MarshalPKCS1PublicKey(rsaPublic), "RSA PUBLIC KEY"
	case k.private == nil:
		title = "PUBLIC KEY"
		der, err = x509.MarshalPKIXPublicKey(k.public)
	case e.Type == "pkcs1" && isRSA:
		der, title = x509.MarshalPKCS1PrivateKey(rsaKey), "RSA PRIVATE KEY"
	case e.Type == "sec1" && !isEC:
		return nil, only("EC")
	case e.Type == "sec1":
		title = "EC PRIVATE KEY"
		der, err = x509.MarshalECPrivateKey(ecKey)
	default:
		der, err = x509.MarshalPKCS8PrivateKey(k.private)
	}
	if err != nil {
		return nil, &Error{Kind: "Error", Message: err.Error()}
	}
	if e.Cipher != "" && k.private != nil {
		if e.Type != "pkcs8" {
			return nil, unsupported("encrypting a key as " + e.Type)
		}
		if der, err = encryptPKCS8(der, e); err != nil {
			return nil, err
		}
		title = "ENCRYPTED PRIVATE KEY"
	}
	if e.Format == "der" {
		return der, nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: title, Bytes: der}), nil
}

// encryptPKCS8 encrypts a key as OpenSSL does: 2,048 iterations with SHA-256.
func encryptPKCS8(der []byte, e Encoding) ([]byte, error) {
	info, ok := FindCipher(e.Cipher)
	if !ok || info.Mode != "cbc" {
		return nil, &Error{"Error", "ERR_CRYPTO_UNKNOWN_CIPHER", "Unknown cipher"}
	}
	if e.Passphrase == nil {
		return nil, &Error{"TypeError", "ERR_INVALID_ARG_VALUE", "The property 'options.passphrase' is invalid. Received undefined"}
	}
	return pemkey.EncryptPKCS8(der, *e.Passphrase, info.Key)
}
