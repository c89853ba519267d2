//go:build unix

package enginehttp

import (
	"io"
	"os"
	"syscall"
)

// rawIO tells that onReady moves the bytes of plain connections.
const rawIO = true

// onReady is what the runtime's poller calls in c.raw.Read: at once, and again whenever the socket
// has become readable, until it returns true. The poller has forgotten what it knew of the socket
// before the first call, so an answer to what is written here cannot pass unseen.
func (c *conn) onReady(fd uintptr) bool {
	for {
		switch c.step {
		case stepLook:
			_, err := ignoringEINTR(syscall.Read, fd, c.peek[:])
			if err != syscall.EAGAIN {
				c.ioErr = errStale
				return true
			}
			c.step = stepWrite
		case stepWrite:
			n, err := ignoringEINTR(syscall.Write, fd, c.out)
			if err != nil && err != syscall.EAGAIN {
				c.ioErr = os.NewSyscallError("write", err)
				return true
			}
			c.written = true
			c.out = c.out[max(n, 0):]
			if len(c.out) > 0 {
				c.step = stepBlocked
				return true
			}
			c.step = stepRead
			if c.used {
				// Nothing was there to read a moment ago.
				return false
			}
		case stepRead:
			n, err := ignoringEINTR(syscall.Read, fd, c.room())
			switch {
			case err == syscall.EAGAIN:
				c.unborrow()
				return false
			case err != nil:
				c.ioErr = os.NewSyscallError("read", err)
			case n == 0:
				c.ended, c.ioErr = true, io.EOF
			default:
				c.w += n
			}
			return true
		default:
			return true
		}
	}
}

func ignoringEINTR(do func(int, []byte) (int, error), fd uintptr, b []byte) (int, error) {
	for {
		n, err := do(int(fd), b)
		if err != syscall.EINTR {
			return n, err
		}
	}
}

// abort makes the following close of the socket an abort, after an orderly end of what was sent.
func abort(fd uintptr) {
	syscall.SetsockoptLinger(int(fd), syscall.SOL_SOCKET, syscall.SO_LINGER, &syscall.Linger{Onoff: 1})
	// Last: once the server has answered this, it is too late for the abort.
	syscall.Shutdown(int(fd), syscall.SHUT_WR)
}
