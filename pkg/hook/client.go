package hook

import (
	"context"
	"io"
)

// Client is how processors reach the network: this package knows no HTTP. Its methods are called by many
// goroutines at once. Their errors are shown to JavaScript as Node.js has them when they are a
// *NetworkError.
type Client interface {
	// Do sends a request and returns as soon as the response's head is there. When ctx ends, the
	// exchange does, also while the body is read. A redirect is a response like others.
	Do(ctx context.Context, r *Request) (*Response, error)
	// Dial opens a WebSocket. A response that refuses it comes back with its head and the beginning of
	// its body, beside the error.
	Dial(ctx context.Context, r *SocketRequest) (Socket, *Response, error)
}

// Header is a line of a head.
type Header struct{ Name, Value string }

// Request is what is sent.
type Request struct {
	Method  string
	URL     string   // whole, http or https
	Headers []Header // in their order; without content-length and transfer-encoding
	Body    []byte   // nil for none
	Chunked bool     // the length of the body is not told
	Close   bool     // the connection is for this request alone
	TLS     TLS
}

// TLS is what a request has of its own about TLS, beside what the script says.
type TLS struct {
	Reject     *bool  // refuse servers whose certificate cannot be verified; nil for what the script says
	ServerName string // "" for the host of the URL
	CA         string // certificates as PEM that are trusted, instead of the system's; "" for none
	Cert, Key  string // shown to servers that ask, as PEM
	Passphrase string // of Key
}

// Response is what comes back.
type Response struct {
	Status  int
	Reason  string // behind the status
	Version string // "1.1"
	Headers []Header
	Body    io.ReadCloser
}

// beginning is as much of a body as is told of a response that refuses a WebSocket.
func (r *Response) beginning() []byte {
	data, _ := io.ReadAll(io.LimitReader(r.Body, 1024)) // what there is
	_ = r.Body.Close()
	return data
}

// SocketRequest opens a WebSocket.
type SocketRequest struct {
	URL        string // whole, ws or wss
	Protocols  []string
	Headers    []Header
	Compress   bool
	Redirects  int   // to follow at most
	MaxMessage int64 // bytes; 0 for no limit
	TLS        TLS
	Ping, Pong func(data []byte) // called for what the server sends; may be called after Close
}

// Socket is a WebSocket. Read is called by one goroutine, the other methods by any.
type Socket interface {
	Protocol() string                                               // that was agreed on
	Read(ctx context.Context) (binary bool, data []byte, err error) // a *SocketClosed when the server has closed it
	Write(ctx context.Context, binary bool, data []byte) error
	Ping(ctx context.Context) error // returns when the answer is there
	// Close waits for the server's answer, unless Read gets it; nil when there is none.
	Close(code int, reason string) *SocketClosed
	Terminate() // closes the connection
}

// SocketClosed is how a WebSocket was closed by its server.
type SocketClosed struct {
	Code   int
	Reason string
}

func (e *SocketClosed) Error() string { return "the WebSocket was closed" }

// NetworkError is an error of the network, as Node.js has them.
type NetworkError struct {
	Code    string // "ECONNREFUSED"
	Message string
	Syscall string // "connect", "getaddrinfo", "read"; "" for none
	Errno   int    // less than 0; 0 for none
	Host    string // that was looked up; "" for none
	Address string // that was connected to; "" for none
	Port    int
}

func (e *NetworkError) Error() string { return e.Message }

// JavaScript says which Error object this is.
func (e *NetworkError) JavaScript() (constructor, code, message string) {
	return "Error", e.Code, e.Message
}

func (e *NetworkError) properties() []property {
	list := []property{}
	add := func(ok bool, name string, v any) {
		if ok {
			list = append(list, property{name, v})
		}
	}
	add(e.Errno != 0, "errno", e.Errno)
	add(e.Syscall != "", "syscall", e.Syscall)
	add(e.Host != "", "hostname", e.Host)
	add(e.Address != "", "address", e.Address)
	add(e.Port != 0, "port", e.Port)
	return list
}
