package crypt

import (
	"crypto/hkdf"
	"crypto/pbkdf2"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// PBKDF2 derives a key of a length in bytes (RFC 8018).
func PBKDF2(password, salt []byte, iterations, length int, digest string) ([]byte, error) {
	a, ok := find(digest)
	if !ok {
		return nil, InvalidDigest(digest)
	}
	if length == 0 {
		return nil, nil
	}
	return pbkdf2.Key(a.new, string(password), salt, iterations, length)
}

// HKDF derives a key of a length in bytes (RFC 5869).
func HKDF(digest string, key, salt, info []byte, length int) ([]byte, error) {
	a, ok := find(digest)
	if !ok {
		return nil, InvalidDigest(digest)
	}
	if length > 255*a.new().Size() {
		return nil, errKeyLen
	}
	return hkdf.Key[hash.Hash](a.new, key, salt, string(info), length)
}

// Scrypt derives a key of a length in bytes (RFC 7914), with at most so many bytes of memory.
func Scrypt(password, salt []byte, n, r, p, length int, memory int64) ([]byte, error) {
	bad := func(why string) error {
		return &Error{"RangeError", "ERR_CRYPTO_INVALID_SCRYPT_PARAMS", "Invalid scrypt params" + why}
	}
	if n <= 1 || n&(n-1) != 0 || r < 1 || p < 1 {
		return nil, bad("")
	}
	if need := 128 * int64(r) * (int64(n) + int64(p) + 2); need > memory {
		return nil, bad(": error:030000AC:digital envelope routines::memory limit exceeded")
	}
	if length == 0 {
		return nil, nil
	}
	out, err := scrypt.Key(password, salt, n, r, p, length)
	if err != nil {
		return nil, bad("")
	}
	return out, nil
}
