package enginehttp

import (
	"context"
	"errors"
	"io"
	"net"
	"runtime"
	"strconv"
	"strings"
	"syscall"

	"salvo/pkg/hook"
)

// What Node.js says of certificates.
var certificateTexts = map[string]string{
	codeSelfSigned:  "self-signed certificate",
	codeSelfInChain: "self-signed certificate in certificate chain",
	codeNoIssuer:    "unable to get local issuer certificate",
	codeUnverified:  "unable to verify the first certificate",
	codeExpired:     "certificate has expired",
	codeNotYetValid: "certificate is not yet valid",
	codeBadPurpose:  "unsupported certificate purpose",
}

// The numbers of errors of names, which no system has.
const (
	errnoNotFound = -3008
	errnoAgain    = -3001
)

// networkError makes what processors see of an error of the network, in the words of Node.js. One that
// came of ctx's end is ctx's.
func networkError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	var known *hook.NetworkError
	if errors.As(err, &known) {
		return known
	}
	e := &hook.NetworkError{Code: knownCode(err)}
	var number syscall.Errno
	if errors.As(err, &number) && runtime.GOOS != "windows" {
		e.Errno = -int(number)
	}
	var dns *net.DNSError
	var op *net.OpError
	var cert *coded
	switch {
	case errors.As(err, &dns):
		e.Syscall, e.Host, e.Errno = "getaddrinfo", dns.Name, errnoAgain
		if dns.IsNotFound {
			e.Errno = errnoNotFound
		}
		e.Message = "getaddrinfo " + e.Code + " " + dns.Name
	case errors.As(err, &op) && op.Op == "dial":
		e.Syscall, e.Message = "connect", "connect "+e.Code
		if to, ok := op.Addr.(*net.TCPAddr); ok {
			e.Address, e.Port = to.IP.String(), to.Port
			e.Message += " " + net.JoinHostPort(e.Address, strconv.Itoa(e.Port))
			if to.IP.To4() == nil {
				e.Message = "connect " + e.Code + " " + e.Address + ":" + strconv.Itoa(e.Port)
			}
		}
	case errors.As(err, &cert):
		e.Message = certificateTexts[e.Code]
		if e.Message == "" {
			e.Message = strings.TrimPrefix(cert.Error(), cert.code+": ")
		}
	case e.Errno != 0 && op != nil:
		e.Syscall = op.Op
		e.Message = op.Op + " " + e.Code
	case e.Code == codeReset, strings.Contains(err.Error(), "server closed idle connection"):
		e.Code, e.Message = codeReset, "socket hang up"
	case strings.Contains(err.Error(), "malformed"), errors.Is(err, io.ErrUnexpectedEOF):
		e.Code, e.Message = "HPE_INVALID_CONSTANT", "Parse Error: "+err.Error()
	default:
		e.Message = err.Error()
		if e.Code == "" {
			e.Code = codeProtocol
		}
	}
	return e
}
