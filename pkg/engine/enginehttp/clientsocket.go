package enginehttp

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/coder/websocket"

	"salvo/pkg/hook"
)

// Dial opens a WebSocket.
func (c *Client) Dial(ctx context.Context, r *hook.SocketRequest) (hook.Socket, *hook.Response, error) {
	transport, err := c.transport(r.TLS)
	if err != nil {
		return nil, nil, err
	}
	options := &websocket.DialOptions{
		Subprotocols: r.Protocols,
		HTTPHeader:   http.Header{"User-Agent": nil},
		HTTPClient: &http.Client{Transport: transport, CheckRedirect: func(_ *http.Request, via []*http.Request) error {
			if len(via) > r.Redirects {
				return http.ErrUseLastResponse
			}
			return nil
		}},
		OnPingReceived: func(_ context.Context, data []byte) bool {
			if r.Ping != nil {
				r.Ping(append([]byte(nil), data...))
			}
			return true
		},
	}
	if r.Compress {
		options.CompressionMode = websocket.CompressionNoContextTakeover
	}
	for _, h := range r.Headers {
		if name := http.CanonicalHeaderKey(h.Name); name == "Host" {
			options.Host = h.Value
		} else {
			options.HTTPHeader[name] = append(options.HTTPHeader[name], h.Value)
		}
	}
	conn, answer, err := websocket.Dial(ctx, r.URL, options)
	var response *hook.Response
	if answer != nil {
		response = &hook.Response{
			Status:  answer.StatusCode,
			Reason:  strings.TrimPrefix(answer.Status, strconv.Itoa(answer.StatusCode)+" "),
			Version: "1.1",
			Headers: headersOf(answer),
			Body:    answer.Body,
		}
	}
	if err != nil {
		if answer != nil && answer.StatusCode == http.StatusSwitchingProtocols {
			// It agreed to something that it was not asked for.
			return nil, nil, &hook.NetworkError{Message: strings.TrimPrefix(err.Error(), "failed to WebSocket dial: ")}
		}
		return nil, response, networkError(ctx, err)
	}
	limit := r.MaxMessage
	if limit <= 0 {
		limit = -1
	}
	conn.SetReadLimit(limit)
	return &socket{conn}, response, nil
}

// socket is a WebSocket of a processor.
type socket struct{ conn *websocket.Conn }

func (s *socket) Protocol() string { return s.conn.Subprotocol() }

func (s *socket) Read(ctx context.Context) (bool, []byte, error) {
	kind, data, err := s.conn.Read(ctx)
	if closed := closedBy(err); closed != nil {
		return false, nil, closed
	}
	return kind == websocket.MessageBinary, data, err
}

func (s *socket) Write(ctx context.Context, binary bool, data []byte) error {
	kind := websocket.MessageText
	if binary {
		kind = websocket.MessageBinary
	}
	return s.conn.Write(ctx, kind, data)
}

func (s *socket) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

func (s *socket) Close(code int, reason string) *hook.SocketClosed {
	err := s.conn.Close(websocket.StatusCode(code), reason)
	if err == nil {
		return &hook.SocketClosed{Code: code, Reason: reason}
	}
	return closedBy(err)
}

// closedBy is what the server said when it closed a WebSocket; nil for other errors.
func closedBy(err error) *hook.SocketClosed {
	var closed websocket.CloseError
	if !errors.As(err, &closed) {
		return nil
	}
	return &hook.SocketClosed{Code: int(closed.Code), Reason: closed.Reason}
}

func (s *socket) Terminate() { _ = s.conn.CloseNow() }
