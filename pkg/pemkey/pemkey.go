// Package pemkey reads certificates and private keys, encrypted or not, from PEM texts.
//
// Its errors are what can be said of a file: "has no private key in it".
package pemkey

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"hash"
)

// maxIterations bounds what a key may ask for before its passphrase is known to be right.
const maxIterations = 10_000_000

// What is wrong with a passphrase.
var (
	ErrNoPassphrase    = errors.New("is encrypted, and there is no `passphrase`")
	ErrWrongPassphrase = errors.New("cannot be decrypted: the `passphrase` does not fit")
)

// Certificates reads all certificates of a PEM text.
func Certificates(text []byte) ([]*x509.Certificate, error) {
	var certs []*x509.Certificate
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			break
		}
		switch block.Type {
		case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		default:
			continue
		}
		c, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("has a certificate that cannot be read: %w", err)
		}
		certs = append(certs, c)
	}
	if len(certs) == 0 {
		return nil, errors.New("has no certificate in it: one begins with -----BEGIN CERTIFICATE-----")
	}
	return certs, nil
}

// Parse reads the first private key of a PEM text: PKCS #1, PKCS #8 or SEC 1. It is one of the types that
// x509.ParsePKCS8PrivateKey returns. The passphrase is nil when there is none.
func Parse(text []byte, passphrase *string) (any, error) {
	for {
		var block *pem.Block
		if block, text = pem.Decode(text); block == nil {
			return nil, errors.New("has no private key in it: one begins with -----BEGIN PRIVATE KEY-----")
		}
		var key any
		var err error
		der := block.Bytes
		switch block.Type {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			if der, err = plainPEM(block, passphrase); err != nil {
				return nil, err
			}
		case "ENCRYPTED PRIVATE KEY":
			if passphrase == nil {
				return nil, ErrNoPassphrase
			}
			if der, err = DecryptPKCS8(der, *passphrase); err != nil {
				return nil, err
			}
		default:
			continue
		}
		switch block.Type {
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(der)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(der)
		default:
			key, err = x509.ParsePKCS8PrivateKey(der)
		}
		if err != nil {
			if !bytes.Equal(der, block.Bytes) {
				// Padding that looks right by chance.
				return nil, ErrWrongPassphrase
			}
			return nil, errors.New("has a private key that cannot be read")
		}
		return key, nil
	}
}

// plainPEM decrypts a block that says in its headers how it is encrypted, as old OpenSSL wrote them.
func plainPEM(block *pem.Block, passphrase *string) ([]byte, error) {
	//lint:ignore SA1019 the encryption is weak, but the files are there
	if !x509.IsEncryptedPEMBlock(block) {
		return block.Bytes, nil
	}
	if passphrase == nil {
		return nil, ErrNoPassphrase
	}
	//lint:ignore SA1019 the encryption is weak, but the files are there
	der, err := x509.DecryptPEMBlock(block, []byte(*passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("cannot be decrypted: %w", err)
	}
	return der, nil
}

// The parts of an encrypted PKCS #8 key (RFC 8018, PBES2 with PBKDF2).
type (
	encryptedKey struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	pbes2 struct {
		Derivation pkix.AlgorithmIdentifier
		Encryption pkix.AlgorithmIdentifier
	}
	derivation struct {
		Salt       []byte
		Iterations int
		KeyLength  int                      `asn1:"optional"`
		PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
	}
)

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidDES3   = asn1.ObjectIdentifier{1, 2, 840, 113549, 3, 7}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}

	prfs = []struct {
		oid  asn1.ObjectIdentifier
		hash func() hash.Hash
	}{
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}, sha1.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 8}, sha256.New224},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}, sha256.New},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 10}, sha512.New384},
		{asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 11}, sha512.New},
	}
	keyCiphers = []struct {
		oid    asn1.ObjectIdentifier
		length int
		block  func(key []byte) (cipher.Block, error)
	}{
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 2}, 16, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 22}, 24, aes.NewCipher},
		{asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}, 32, aes.NewCipher},
		{oidDES3, 24, des.NewTripleDESCipher},
	}
)

// DecryptPKCS8 returns the key, as PKCS #8 in DER, that is inside an encrypted one.
func DecryptPKCS8(der []byte, passphrase string) ([]byte, error) {
	damaged := func(err error) error { return fmt.Errorf("has an encrypted key that cannot be read: %w", err) }
	var outer encryptedKey
	if _, err := asn1.Unmarshal(der, &outer); err != nil {
		return nil, damaged(err)
	}
	unknown := func(oid asn1.ObjectIdentifier) error {
		return fmt.Errorf("is encrypted in a way that is not known here (%v); write it anew with `openssl pkcs8 -topk8`", oid)
	}
	if !outer.Algorithm.Algorithm.Equal(oidPBES2) {
		return nil, unknown(outer.Algorithm.Algorithm)
	}
	var scheme pbes2
	if _, err := asn1.Unmarshal(outer.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil, damaged(err)
	}
	if !scheme.Derivation.Algorithm.Equal(oidPBKDF2) {
		return nil, unknown(scheme.Derivation.Algorithm)
	}
	var d derivation
	if _, err := asn1.Unmarshal(scheme.Derivation.Parameters.FullBytes, &d); err != nil {
		return nil, damaged(err)
	}
	if d.Iterations < 1 || d.Iterations > maxIterations {
		return nil, fmt.Errorf("asks for %d iterations to be decrypted; at most %d are done", d.Iterations, maxIterations)
	}
	prf := sha1.New
	if d.PRF.Algorithm != nil {
		prf = nil
		for _, p := range prfs {
			if p.oid.Equal(d.PRF.Algorithm) {
				prf = p.hash
			}
		}
		if prf == nil {
			return nil, unknown(d.PRF.Algorithm)
		}
	}
	for _, c := range keyCiphers {
		if !c.oid.Equal(scheme.Encryption.Algorithm) {
			continue
		}
		var iv []byte
		if _, err := asn1.Unmarshal(scheme.Encryption.Parameters.FullBytes, &iv); err != nil {
			return nil, damaged(err)
		}
		key, err := pbkdf2.Key(prf, passphrase, d.Salt, d.Iterations, c.length)
		if err != nil {
			return nil, damaged(err)
		}
		block, err := c.block(key)
		if err != nil {
			return nil, damaged(err)
		}
		return decryptCBC(block, iv, outer.Data)
	}
	return nil, unknown(scheme.Encryption.Algorithm)
}

// decryptCBC decrypts data and takes its padding away.
func decryptCBC(block cipher.Block, iv, data []byte) ([]byte, error) {
	size := block.BlockSize()
	if len(iv) != size || len(data) == 0 || len(data)%size != 0 {
		return nil, errors.New("has an encrypted key of a wrong length")
	}
	out := make([]byte, len(data))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(out, data)
	padding := int(out[len(out)-1])
	if padding < 1 || padding > size || !bytes.Equal(out[len(out)-padding:], bytes.Repeat([]byte{byte(padding)}, padding)) {
		return nil, ErrWrongPassphrase
	}
	return out[:len(out)-padding], nil
}

// EncryptPKCS8 encrypts a key, which is PKCS #8 in DER, with AES-CBC and a key of a length in bytes (16, 24
// or 32), as OpenSSL does: PBES2 with 2,048 iterations of PBKDF2 and SHA-256.
func EncryptPKCS8(der []byte, passphrase string, length int) ([]byte, error) {
	const iterations = 2048
	salt, iv := make([]byte, 16), make([]byte, aes.BlockSize)
	rand.Read(salt)
	rand.Read(iv)
	key, err := pbkdf2.Key(sha256.New, passphrase, salt, iterations, length)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	n := aes.BlockSize - len(der)%aes.BlockSize
	data := append(bytes.Clone(der), bytes.Repeat([]byte{byte(n)}, n)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(data, data)

	var fault error
	with := func(oid asn1.ObjectIdentifier, parameters any) pkix.AlgorithmIdentifier {
		text, err := asn1.Marshal(parameters)
		if err != nil {
			fault = err
		}
		return pkix.AlgorithmIdentifier{Algorithm: oid, Parameters: asn1.RawValue{FullBytes: text}}
	}
	var scheme pbes2
	for _, c := range keyCiphers {
		if c.length == length && !c.oid.Equal(oidDES3) {
			scheme.Encryption = with(c.oid, iv)
		}
	}
	scheme.Derivation = with(oidPBKDF2, derivation{Salt: salt, Iterations: iterations, PRF: pkix.AlgorithmIdentifier{
		Algorithm: prfs[2].oid, Parameters: asn1.NullRawValue,
	}})
	outer := encryptedKey{Algorithm: with(oidPBES2, scheme), Data: data}
	if fault != nil {
		return nil, fault
	}
	return asn1.Marshal(outer)
}
