package enginehttp

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"os"
	"strconv"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// dialSocket connects c to addr. Beside what package net does it spares six system calls and a
// goroutine per connection: no socket options but one, no asking for names, and the deadline and the
// end of the context reach it through c.
func dialSocket(_ context.Context, c *conn, addr netip.AddrPort, until time.Time) error {
	family, to := sockaddr(addr)
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, syscall.IPPROTO_TCP)
	if err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := syscall.SetsockoptInt(fd, syscall.IPPROTO_TCP, syscall.TCP_NODELAY, 1); err != nil {
		syscall.Close(fd)
		return os.NewSyscallError("setsockopt", err)
	}
	if err := connect(fd, to); err != nil && err != syscall.EINPROGRESS {
		syscall.Close(fd)
		return os.NewSyscallError("connect", err)
	}
	// On the way to a near server the connection is often up by now: a second call tells.
	err = connect(fd, to)
	if err != nil && err != syscall.EALREADY && err != syscall.EISCONN {
		syscall.Close(fd)
		return os.NewSyscallError("connect", err)
	}
	f := os.NewFile(uintptr(fd), "tcp")
	raw, rawErr := f.SyscallConn()
	if rawErr != nil {
		f.Close()
		return rawErr
	}
	c.setSocket(f, raw)
	if err == syscall.EALREADY {
		err = c.awaitConnect(to, until)
		if err != nil {
			c.dropSocket()
			return err
		}
	}
	return nil
}

// awaitConnect waits until a connect that was begun is done.
func (c *conn) awaitConnect(to syscall.Sockaddr, until time.Time) error {
	var result error
	for {
		if err := c.arm(until); err != nil {
			return err
		}
		err := c.raw.Write(func(fd uintptr) bool {
			result = connect(int(fd), to)
			return result != syscall.EALREADY && result != syscall.EINPROGRESS
		})
		switch {
		case err == nil && (result == nil || result == syscall.EISCONN):
			return nil
		case err == nil:
			return os.NewSyscallError("connect", result)
		case errors.Is(err, os.ErrDeadlineExceeded) && time.Now().Before(until):
			c.armed = time.Time{}
			if err := c.watched(); err != nil {
				return err
			}
		default:
			return err
		}
	}
}

func connect(fd int, to syscall.Sockaddr) error {
	for {
		err := syscall.Connect(fd, to)
		if err != syscall.EINTR {
			return err
		}
	}
}

func sockaddr(addr netip.AddrPort) (family int, sa syscall.Sockaddr) {
	ip := addr.Addr().Unmap()
	if ip.Is4() {
		return syscall.AF_INET, &syscall.SockaddrInet4{Port: int(addr.Port()), Addr: ip.As4()}
	}
	return syscall.AF_INET6, &syscall.SockaddrInet6{Port: int(addr.Port()), Addr: ip.As16(), ZoneId: zoneID(ip.Zone())}
}

// zoneID is the number of an IPv6 zone.
func zoneID(zone string) uint32 {
	if zone == "" {
		return 0
	}
	if i, err := net.InterfaceByName(zone); err == nil {
		return uint32(i.Index)
	}
	n, _ := strconv.ParseUint(zone, 10, 32)
	return uint32(n)
}

// peerEnded tells whether the other side has ended the connection behind fd, also when bytes that
// came before the end have not been read yet.
func peerEnded(fd uintptr) bool {
	p := [1]unix.PollFd{{Fd: int32(fd), Events: unix.POLLRDHUP}}
	n, err := unix.Poll(p[:], 0)
	return err == nil && n > 0 && p[0].Revents&(unix.POLLRDHUP|unix.POLLHUP|unix.POLLERR) != 0
}
