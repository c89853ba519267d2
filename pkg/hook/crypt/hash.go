package crypt

import (
	"crypto"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha3"
	"crypto/sha512"
	"errors"
	"hash"
	"maps"
	"slices"
	"strings"

	"golang.org/x/crypto/blake2b"
	"golang.org/x/crypto/blake2s"
	"golang.org/x/crypto/ripemd160" //lint:ignore SA1019 processors ask for it by name
)

// algorithm is a digest.
type algorithm struct {
	new func() hash.Hash
	id  crypto.Hash // for signatures; 0 for those that sign nothing here
}

var algorithms = map[string]algorithm{
	"md5":        {md5.New, crypto.MD5},
	"sha1":       {sha1.New, crypto.SHA1},
	"sha224":     {sha256.New224, crypto.SHA224},
	"sha256":     {sha256.New, crypto.SHA256},
	"sha384":     {sha512.New384, crypto.SHA384},
	"sha512":     {sha512.New, crypto.SHA512},
	"sha512-224": {sha512.New512_224, crypto.SHA512_224},
	"sha512-256": {sha512.New512_256, crypto.SHA512_256},
	"sha3-224":   {func() hash.Hash { return sha3.New224() }, crypto.SHA3_224},
	"sha3-256":   {func() hash.Hash { return sha3.New256() }, crypto.SHA3_256},
	"sha3-384":   {func() hash.Hash { return sha3.New384() }, crypto.SHA3_384},
	"sha3-512":   {func() hash.Hash { return sha3.New512() }, crypto.SHA3_512},
	"ripemd160":  {ripemd160.New, crypto.RIPEMD160},
	"blake2b512": {newBlake2b, 0},
	"blake2s256": {newBlake2s, 0},
}

func newBlake2b() hash.Hash { h, _ := blake2b.New512(nil); return h } // only a long key is an error
func newBlake2s() hash.Hash { h, _ := blake2s.New256(nil); return h }

// Hashes are the names of the digests.
func Hashes() []string {
	names := slices.Collect(maps.Keys(algorithms))
	names = append(names, "shake128", "shake256")
	for _, name := range []string{"MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "RIPEMD160"} {
		names = append(names, "RSA-"+name)
	}
	slices.Sort(names)
	return names
}

// find looks a digest up by any of the names that OpenSSL takes for it.
func find(name string) (algorithm, bool) {
	if a, ok := algorithms[name]; ok {
		return a, true
	}
	name = strings.TrimPrefix(strings.ToLower(name), "rsa-")
	name = strings.TrimSuffix(name, "withrsaencryption")
	switch name {
	case "sha-1", "ssl3-sha1", "sha1-2":
		name = "sha1"
	case "ssl3-md5":
		name = "md5"
	case "rmd160", "ripemd":
		name = "ripemd160"
	case "sha-224", "sha-256", "sha-384", "sha-512":
		name = "sha" + name[4:]
	case "sha512/224", "sha512/256", "sha-512/224", "sha-512/256":
		name = "sha512-" + name[len(name)-3:]
	}
	a, ok := algorithms[name]
	return a, ok
}

// Known tells whether there is a digest of a name.
func Known(name string) bool {
	_, ok := find(name)
	return ok
}

// Hash is a digest or a MAC under way.
type Hash struct {
	hash.Hash             // nil for a shake
	shake     *sha3.SHAKE // nil but for a shake
	newShake  func() *sha3.SHAKE
	length    int // of a shake's output, in bytes
}

// NewHash begins a digest. The length, in bytes, is for functions of any length; -1 is the usual one.
func NewHash(name string, length int) (*Hash, error) {
	if a, ok := find(name); ok {
		h := a.new()
		if length >= 0 && length != h.Size() {
			return nil, openSSL("030000B2", "digital envelope routines", "not XOF or invalid length", "EVP_NOT_XOF_OR_INVALID_LENGTH")
		}
		return &Hash{Hash: h}, nil
	}
	h := &Hash{}
	switch strings.ToLower(name) {
	case "shake128":
		h.newShake, h.length = sha3.NewSHAKE128, 16
	case "shake256":
		h.newShake, h.length = sha3.NewSHAKE256, 32
	default:
		return nil, &Error{Kind: "Error", Message: "Digest method not supported"}
	}
	h.shake = h.newShake()
	if length >= 0 {
		h.length = length
	}
	return h, nil
}

// NewHMAC begins a MAC.
func NewHMAC(name string, key []byte) (*Hash, error) {
	a, ok := find(name)
	if !ok {
		return nil, InvalidDigest(name)
	}
	return &Hash{Hash: hmac.New(a.new, key)}, nil
}

// InvalidDigest is the error for a digest that nobody knows.
func InvalidDigest(name string) error {
	return &Error{"TypeError", "ERR_CRYPTO_INVALID_DIGEST", "Invalid digest: " + name}
}

// Update adds data.
func (h *Hash) Update(data []byte) {
	if h.shake != nil {
		_, _ = h.shake.Write(data) // fails only after Sum
		return
	}
	_, _ = h.Hash.Write(data) // never fails
}

// Sum is the digest. Nothing may come after it.
func (h *Hash) Sum() []byte {
	if h.shake != nil {
		out := make([]byte, h.length)
		_, _ = h.shake.Read(out) // never fails
		return out
	}
	return h.Hash.Sum(nil)
}

// Clone is a digest that goes on by itself from here.
func (h *Hash) Clone() (*Hash, error) {
	if h.shake != nil {
		state, err := h.shake.MarshalBinary()
		if err != nil {
			return nil, err
		}
		other := *h
		other.shake = h.newShake()
		return &other, other.shake.UnmarshalBinary(state)
	}
	if c, ok := h.Hash.(hash.Cloner); ok {
		other, err := c.Clone()
		if err == nil {
			return &Hash{Hash: other}, nil
		}
		if !errors.Is(err, errors.ErrUnsupported) {
			return nil, err
		}
	}
	return nil, unsupported("copying this digest")
}
