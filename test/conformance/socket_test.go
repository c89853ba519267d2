package conformance

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"time"
)

// socketScript is how the server talks over a WebSocket. What it receives is
// the body of the request, a line a message.
type socketScript struct {
	Echo    bool     // each message comes back
	Answers []string // the n-th message is answered by the n-th of these; then by nothing
	Greet   []string // sent when the connection stands
	Later   int      // and so many ms have passed
	Close   bool     // the server ends the connection after the last answer
}

func (s *socketScript) converse(c net.Conn, in *bufio.Reader, r *request, received func(string)) {
	sum := sha1.Sum([]byte(r.header("sec-websocket-key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
		base64.StdEncoding.EncodeToString(sum[:]))
	if p := r.header("sec-websocket-protocol"); p != "" {
		fmt.Fprintf(c, "Sec-WebSocket-Protocol: %s\r\n", p)
	}
	io.WriteString(c, "\r\n")
	time.Sleep(time.Duration(s.Later) * time.Millisecond)
	for _, text := range s.Greet {
		writeFrame(c, 1, []byte(text))
	}
	for n := 0; ; {
		op, payload, err := readFrame(in)
		if err != nil {
			return
		}
		switch op {
		case 1, 2:
			received(string(payload))
			switch {
			case s.Echo:
				writeFrame(c, op, payload)
			case n < len(s.Answers):
				writeFrame(c, 1, []byte(s.Answers[n]))
			}
			if n++; s.Close && n >= len(s.Answers) {
				writeFrame(c, 8, []byte{0x03, 0xe8})
			}
		case 8:
			writeFrame(c, 8, payload)
			return
		case 9:
			writeFrame(c, 10, payload)
		}
	}
}

// readFrame reads a frame of RFC 6455, section 5.2; clients here do not
// fragment.
func readFrame(in *bufio.Reader) (op byte, payload []byte, err error) {
	var head [14]byte
	if _, err = io.ReadFull(in, head[:2]); err != nil {
		return 0, nil, err
	}
	n := uint64(head[1] & 0x7f)
	switch n {
	case 126:
		if _, err = io.ReadFull(in, head[2:4]); err != nil {
			return 0, nil, err
		}
		n = uint64(binary.BigEndian.Uint16(head[2:4]))
	case 127:
		if _, err = io.ReadFull(in, head[2:10]); err != nil {
			return 0, nil, err
		}
		n = binary.BigEndian.Uint64(head[2:10])
	}
	if n > 1<<20 {
		return 0, nil, fmt.Errorf("a message of %d bytes", n)
	}
	var mask [4]byte
	if head[1]&0x80 != 0 {
		if _, err = io.ReadFull(in, mask[:]); err != nil {
			return 0, nil, err
		}
	}
	payload = make([]byte, n)
	if _, err = io.ReadFull(in, payload); err != nil {
		return 0, nil, err
	}
	for i := range payload {
		payload[i] ^= mask[i%4]
	}
	return head[0] & 0x0f, payload, nil
}

func writeFrame(c net.Conn, op byte, payload []byte) {
	frame := []byte{0x80 | op, byte(len(payload))}
	if len(payload) > 125 {
		frame = binary.BigEndian.AppendUint16([]byte{0x80 | op, 126}, uint16(len(payload)))
	}
	c.Write(append(frame, payload...))
}
