package script

import (
	"crypto"
	"errors"

	"salvo/pkg/pemkey"
)

// pemKey reads the first private key of a PEM text.
func pemKey(text []byte, passphrase *string) (crypto.Signer, error) {
	key, err := pemkey.Parse(text, passphrase)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errors.New("has a private key that cannot sign")
	}
	return signer, nil
}
