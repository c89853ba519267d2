//go:build unix

package monitor

import (
	"os/exec"
	"syscall"
)

// whole makes the end of a command that took too long that of all it has started.
func whole(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
}
