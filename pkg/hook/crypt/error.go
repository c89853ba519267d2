// Package crypt is what the module crypto of processors has in Go: digests, ciphers, keys, signatures and
// derivations, under the names that Node.js has for them and with its errors.
//
// It knows bytes and keys, and no JavaScript. What is secret is compared in constant time.
package crypt

// Error is an error as Node.js has it.
type Error struct {
	Kind    string // constructor: "Error", "TypeError", "RangeError"
	Code    string // property code; "" for none
	Message string
}

func (e *Error) Error() string { return e.Message }

// JavaScript says which Error object this is.
func (e *Error) JavaScript() (constructor, code, message string) { return e.Kind, e.Code, e.Message }

// What several functions say.
var (
	errState    = &Error{"Error", "ERR_CRYPTO_INVALID_STATE", "Invalid state"}
	errKeyLen   = &Error{"RangeError", "ERR_CRYPTO_INVALID_KEYLEN", "Invalid key length"}
	errIV       = &Error{"TypeError", "ERR_CRYPTO_INVALID_IV", "Invalid initialization vector"}
	errDecrypt  = openSSL("1C800064", "Provider routines", "bad decrypt", "BAD_DECRYPT")
	errLength   = openSSL("1C80006B", "Provider routines", "wrong final block length", "WRONG_FINAL_BLOCK_LENGTH")
	errAuth     = &Error{Kind: "Error", Message: "Unsupported state or unable to authenticate data"}
	errFinal    = &Error{Kind: "Error", Message: "Trying to add data in unsupported state"}
	errNoKey    = openSSL("1E08010C", "DECODER routines", "unsupported", "UNSUPPORTED")
	errTooLarge = openSSL("0200006E", "rsa routines", "data too large for key size", "RSA_DATA_TOO_LARGE_FOR_KEY_SIZE")
	errOAEP     = openSSL("02000079", "rsa routines", "oaep decoding error", "RSA_OAEP_DECODING_ERROR")
	errDigest   = openSSL("1C80007A", "Provider routines", "invalid digest", "INVALID_DIGEST")
)

// openSSL is an error in the words of OpenSSL, which Node.js passes on.
func openSSL(number, library, reason, code string) *Error {
	return &Error{"Error", "ERR_OSSL_" + code, "error:" + number + ":" + library + "::" + reason}
}

// unsupported is for what Node.js has and processors do not.
func unsupported(what string) *Error {
	return &Error{"Error", "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", what + " is not supported in processors"}
}
