//go:build !linux

package enginehttp

import (
	"context"
	"net"
	"net/netip"
	"time"
)

// dialSocket connects c to addr.
func dialSocket(ctx context.Context, c *conn, addr netip.AddrPort, until time.Time) error {
	d := net.Dialer{Deadline: until, KeepAlive: -1}
	nc, err := d.DialContext(ctx, "tcp", addr.String())
	if err != nil {
		return err
	}
	tcp := nc.(*net.TCPConn)
	raw, err := tcp.SyscallConn()
	if err != nil {
		tcp.Close()
		return err
	}
	c.setSocket(tcp, raw)
	return nil
}

// peerEnded would tell whether the other side has ended the connection behind fd: here an exchange
// finds out by trying.
func peerEnded(uintptr) bool { return false }
