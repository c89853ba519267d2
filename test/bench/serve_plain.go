//go:build linux

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/netip"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// plain is the server for HTTP without TLS. It is one loop on epoll that allocates
// nothing, so that it takes less of a processor than any generator that it serves.
type plain struct {
	delay, freeze time.Duration
	record        bool

	epoll, listener, timer int

	conns    []conn // by descriptor
	buf      [64 << 10]byte
	out      []byte
	pending  []pending // by when they are due
	head     int       // index of the first in pending
	freezeAt time.Time
	times    []time.Time
}

// conn is a connection. Its serial number tells it from a later one with the same
// descriptor.
type conn struct {
	serial int
	rest   []byte // of a request that has not come whole
}

// pending is an answer that is due later.
type pending struct {
	fd, serial int
	due        time.Time
	answer     []byte
	close      bool
}

var answers = [2][3][]byte{
	{answer("", rootBody), answer("", loginBody), answer("", accountBody)},
	{answer("Connection: close\r\n", rootBody), answer("Connection: close\r\n", loginBody), answer("Connection: close\r\n", accountBody)},
}

func servePlain(s *plain) error {
	debug.SetGCPercent(-1)
	if err := s.listen(); err != nil {
		return err
	}
	if s.record {
		s.times = make([]time.Time, 0, 1<<20)
	}
	events := make([]unix.EpollEvent, 512)
	for {
		// A raw call: handing the processor back to Go's scheduler costs more than the wait.
		n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT, uintptr(s.epoll), uintptr(unsafe.Pointer(&events[0])),
			uintptr(len(events)), ^uintptr(0), 0, 0)
		if errno == syscall.EINTR {
			continue
		}
		if errno != 0 {
			return os.NewSyscallError("epoll_pwait", errno)
		}
		for _, e := range events[:n] {
			switch fd := int(e.Fd); fd {
			case s.listener:
				s.accept()
			case s.timer:
				var b [8]byte
				syscall.Read(fd, b[:])
				s.answerDue()
			case 0:
				return json.NewEncoder(os.Stdout).Encode(s.stats())
			default:
				s.read(fd)
			}
		}
	}
}

// listen also makes the epoll descriptor and the timer.
func (s *plain) listen() (err error) {
	if s.listener, err = unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0); err != nil {
		return os.NewSyscallError("socket", err)
	}
	if err := unix.Bind(s.listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return os.NewSyscallError("bind", err)
	}
	if err := unix.Listen(s.listener, 4096); err != nil {
		return os.NewSyscallError("listen", err)
	}
	name, err := unix.Getsockname(s.listener)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	if s.timer, err = unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC); err != nil {
		return os.NewSyscallError("timerfd_create", err)
	}
	if s.epoll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	for _, fd := range []int{0, s.listener, s.timer} {
		if err := s.watch(fd); err != nil {
			return err
		}
	}
	at := name.(*unix.SockaddrInet4)
	fmt.Printf("http://%s\n", netip.AddrPortFrom(netip.AddrFrom4(at.Addr), uint16(at.Port)))
	return nil
}

func (s *plain) watch(fd int) error {
	return os.NewSyscallError("epoll_ctl", unix.EpollCtl(s.epoll, unix.EPOLL_CTL_ADD, fd, &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}))
}

func (s *plain) accept() {
	for range 64 {
		fd, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4, uintptr(s.listener), 0, 0, syscall.SOCK_NONBLOCK|syscall.SOCK_CLOEXEC, 0, 0)
		if errno != 0 {
			return
		}
		for int(fd) >= len(s.conns) {
			s.conns = append(s.conns, conn{})
		}
		s.conns[fd].serial++
		unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
		s.watch(int(fd))
	}
}

func (s *plain) close(fd int) {
	c := &s.conns[fd]
	c.serial++
	c.rest = c.rest[:0]
	syscall.RawSyscall(syscall.SYS_CLOSE, uintptr(fd), 0, 0)
}

// read takes what has come and answers the requests in it.
func (s *plain) read(fd int) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(&s.buf[0])), uintptr(len(s.buf)))
	if errno == syscall.EAGAIN || errno == syscall.EINTR {
		return
	}
	if errno != 0 || n == 0 {
		s.close(fd)
		return
	}
	c := &s.conns[fd]
	in := s.buf[:n]
	if len(c.rest) > 0 {
		c.rest = append(c.rest, in...)
		in = c.rest
	}
	s.out = s.out[:0]
	ending := false
	for len(in) > 0 && !ending {
		size, which, last := request(in)
		if size == 0 {
			break
		}
		in = in[size:]
		ending = last
		s.arrived()
		a := answers[0][which]
		if last {
			a = answers[1][which]
		}
		if s.delay > 0 {
			s.later(pending{fd, c.serial, time.Now().Add(s.delay), a, last})
			ending = false
			continue
		}
		s.out = append(s.out, a...)
	}
	c.rest = append(c.rest[:0], in...)
	if len(s.out) > 0 {
		s.write(fd, s.out, ending)
	}
}

func (s *plain) write(fd int, b []byte, ending bool) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)))
	if errno != 0 || int(n) < len(b) || ending {
		s.close(fd)
	}
}

// arrived counts a request, and freezes when it is time to.
func (s *plain) arrived() {
	if s.record {
		s.times = append(s.times, time.Now())
	}
	if s.freeze == 0 {
		return
	}
	switch {
	case s.freezeAt.IsZero():
		s.freezeAt = time.Now().Add(freezeAfter)
	case time.Now().After(s.freezeAt):
		time.Sleep(s.freeze)
		s.freeze = 0
	}
}

func (s *plain) later(p pending) {
	if s.head == len(s.pending) {
		s.pending, s.head = s.pending[:0], 0
	}
	s.pending = append(s.pending, p)
	if len(s.pending)-s.head == 1 {
		s.arm(time.Until(p.due))
	}
}

func (s *plain) arm(d time.Duration) {
	unix.TimerfdSettime(s.timer, 0, &unix.ItimerSpec{Value: unix.NsecToTimespec(max(int64(d), 1))}, nil)
}

func (s *plain) answerDue() {
	for s.head < len(s.pending) {
		p := s.pending[s.head]
		if d := time.Until(p.due); d > 0 {
			s.arm(d)
			return
		}
		s.head++
		if s.conns[p.fd].serial == p.serial {
			s.write(p.fd, p.answer, p.close)
		}
	}
}

func (s *plain) stats() serverStats {
	var st serverStats
	if len(s.times) < 2 {
		return st
	}
	gaps := make([]float64, len(s.times)-1)
	for i := range gaps {
		gaps[i] = s.times[i+1].Sub(s.times[i]).Seconds() * 1000
	}
	slices.Sort(gaps)
	st.GapP50, st.GapP99, st.GapMax = gaps[len(gaps)/2], gaps[len(gaps)*99/100], gaps[len(gaps)-1]
	return st
}

var (
	headEnd    = []byte("\r\n\r\n")
	closeField = []byte("onnection: close")
	lengthName = []byte("ontent-")
)

// request tells how long the request is that b begins with, 0 when it is not
// whole; which of the answers it gets; and whether it is the last on its connection.
func request(b []byte) (size, which int, last bool) {
	end := bytes.Index(b, headEnd)
	if end < 0 {
		return 0, 0, false
	}
	head := b[:end+2]
	size = end + len(headEnd)
	switch {
	case head[0] == 'P':
		which = 1
		size += contentLength(head)
	case bytes.HasPrefix(head, []byte("GET /account")):
		which = 2
	}
	if size > len(b) {
		return 0, 0, false
	}
	return size, which, bytes.Contains(head, closeField)
}

func contentLength(head []byte) int {
	for rest := head; ; {
		at := bytes.Index(rest, lengthName)
		if at < 0 {
			return 0
		}
		rest = rest[at+len(lengthName):]
		if len(rest) < 7 || !bytes.EqualFold(rest[:7], []byte("length:")) {
			continue
		}
		end := bytes.IndexByte(rest, '\r')
		n, _ := strconv.Atoi(string(bytes.TrimSpace(rest[7:end])))
		return n
	}
}
