package enginehttp

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"salvo/pkg/engine"
)

// The error keys of this protocol: the codes that Node.js, and with it Artillery, has for the same
// events.
const (
	codeRefused      = "ECONNREFUSED"
	codeReset        = "ECONNRESET"
	codeTimeout      = "ETIMEDOUT"
	codeNotFound     = "ENOTFOUND"
	codeAgain        = "EAI_AGAIN"
	codeInvalidURL   = "ERR_INVALID_URL"
	codeBadScheme    = "ERR_UNSUPPORTED_PROTOCOL"
	codeBadToken     = "ERR_INVALID_HTTP_TOKEN"
	codeBadChar      = "ERR_INVALID_CHAR"
	codeRequest      = "ERR_GOT_REQUEST_ERROR"
	codeRedirects    = "ERR_TOO_MANY_REDIRECTS"
	codeTooLarge     = "ERR_BUFFER_TOO_LARGE"
	codeBadData      = "Z_DATA_ERROR"
	codeShortData    = "Z_BUF_ERROR"
	codeHTTP2        = "ERR_HTTP2_STREAM_ERROR"
	codeProtocol     = "EPROTO"
	codeWrongVersion = "ERR_SSL_WRONG_VERSION_NUMBER"
	codeSelfSigned   = "DEPTH_ZERO_SELF_SIGNED_CERT"
	codeSelfInChain  = "SELF_SIGNED_CERT_IN_CHAIN"
	codeNoIssuer     = "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"
	codeUnverified   = "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
	codeExpired      = "CERT_HAS_EXPIRED"
	codeNotYetValid  = "CERT_NOT_YET_VALID"
	codeBadName      = "ERR_TLS_CERT_ALTNAME_INVALID"
	codeBadPurpose   = "INVALID_PURPOSE"
)

// errnoCodes are the socket errors by the names that every system knows them under. Errors that are
// not here count under Go's text.
var errnoCodes = []struct {
	errno syscall.Errno
	code  string
}{
	{syscall.ECONNREFUSED, codeRefused},
	{syscall.ECONNRESET, codeReset},
	{syscall.ETIMEDOUT, codeTimeout},
	{syscall.EPIPE, "EPIPE"},
	{syscall.EHOSTUNREACH, "EHOSTUNREACH"},
	{syscall.ENETUNREACH, "ENETUNREACH"},
	{syscall.EADDRNOTAVAIL, "EADDRNOTAVAIL"},
	{syscall.EADDRINUSE, "EADDRINUSE"},
	{syscall.EMFILE, "EMFILE"},
	{syscall.ENFILE, "ENFILE"},
	{syscall.ECONNABORTED, "ECONNABORTED"},
	{syscall.ENETDOWN, "ENETDOWN"},
	{syscall.EHOSTDOWN, "EHOSTDOWN"},
	{syscall.ENOBUFS, "ENOBUFS"},
	{syscall.EACCES, "EACCES"},
	{syscall.EPERM, "EPERM"},
	{syscall.EINVAL, "EINVAL"},
	{syscall.EAFNOSUPPORT, "EAFNOSUPPORT"},
	{syscall.EPROTO, codeProtocol},
}

// coded is an error that knows its key already.
type coded struct {
	code string
	text string
	err  error // the cause; may be nil
}

func (e *coded) Error() string {
	switch {
	case e.err != nil && e.text != "":
		return e.code + ": " + e.text + ": " + e.err.Error()
	case e.err != nil:
		return e.code + ": " + e.err.Error()
	case e.text != "":
		return e.code + ": " + e.text
	}
	return e.code
}

func (e *coded) Unwrap() error { return e.err }

// fail makes an error with a key of Node's.
func fail(code, text string) error { return &coded{code: code, text: text} }

// failed makes an error with a key of Node's and its cause.
func failed(code string, err error) error { return &coded{code: code, err: err} }

// codeOf is the key under which err counts.
func codeOf(err error) string {
	if code := knownCode(err); code != "" {
		return code
	}
	// The innermost error, which names no ports: keys are to be few.
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// knownCode is Node's code for err, "" when there is none.
func knownCode(err error) string {
	var c *coded
	if errors.As(err, &c) {
		return c.code
	}
	if errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded) {
		return codeTimeout
	}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		if dns.IsNotFound {
			return codeNotFound
		}
		return codeAgain
	}
	for i := range errnoCodes {
		if errors.Is(err, errnoCodes[i].errno) {
			return errnoCodes[i].code
		}
	}
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, net.ErrClosed, os.ErrClosed} {
		if errors.Is(err, end) {
			return codeReset
		}
	}
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return codeWrongVersion
	}
	// A TLS alert, of the server or of ours.
	var op *net.OpError
	if errors.As(err, &op) && (op.Op == "remote error" || op.Op == "local error") {
		return codeProtocol
	}
	return ""
}

// stepError turns an error of an exchange into what ends the user.
func stepError(err error) *engine.StepError {
	return &engine.StepError{Keys: []string{codeOf(err)}, Err: err}
}
