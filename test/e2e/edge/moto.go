//go:build linux

package edge

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

// moto is the emulator's process.
type moto struct {
	url   string
	cmd   *exec.Cmd
	log   *os.File
	ended chan struct{}
}

// startMoto starts moto. Its interpreter finds Lambda and S3 at the edge, whose
// port MOTO_PORT names. Its log is moto.log in dir.
func startMoto(ctx context.Context, program, dir string, edgePort int) (*moto, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		return nil, err
	}
	ln.Close() // moto takes a number, not a listener
	m := &moto{url: "http://" + net.JoinHostPort(host, port), ended: make(chan struct{})}
	if m.log, err = os.Create(filepath.Join(dir, "moto.log")); err != nil {
		return nil, err
	}
	m.cmd = exec.Command(program, "-H", host, "-p", port)
	// Its Wait compares a timestamp in UTC with the local time.
	m.cmd.Env = append(os.Environ(), "MOTO_PORT="+strconv.Itoa(edgePort), "TZ=UTC", "PYTHONWARNINGS=ignore")
	m.cmd.Stdout, m.cmd.Stderr = m.log, m.log
	m.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := m.cmd.Start(); err != nil {
		m.log.Close()
		return nil, fmt.Errorf("moto: %w (make tools installs it)", err)
	}
	go func() {
		m.cmd.Wait()
		close(m.ended)
	}()
	for {
		c, err := net.Dial("tcp", net.JoinHostPort(host, port))
		if err == nil {
			c.Close()
			return m, nil
		}
		select {
		case <-m.ended:
			m.log.Close()
			return nil, fmt.Errorf("moto ended: see %s", m.log.Name())
		case <-ctx.Done():
			m.close()
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (m *moto) close() {
	m.cmd.Process.Kill()
	<-m.ended
	m.log.Close()
}
