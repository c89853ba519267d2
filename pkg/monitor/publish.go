package monitor

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"
)

// Publisher brings messages to those who want to know. When it returns nil, the
// message is out. It should be done, with all its retries, when ctx ends.
type Publisher interface {
	Publish(ctx context.Context, m Message) error
}

// Writer publishes to a writer, such as standard error.
type Writer struct{ W io.Writer }

// Publish implements Publisher.
func (w Writer) Publish(_ context.Context, m Message) error {
	_, err := fmt.Fprintf(w.W, "%s\n\n%s", m.Subject, m.Body)
	return err
}

// Command publishes by a command: the shell runs it with the body on its standard input,
// and with the subject and the attributes in its environment: SALVO_ALERT_SUBJECT,
// SALVO_ALERT_VERDICT, _AFTER, _SERVICE, _STAGE and _MONITOR. It fails if the
// command ends with another status than 0, or not within its time.
type Command struct {
	Line   string        // for the shell
	Output io.Writer     // gets what the command writes; nil: nobody
	Limit  time.Duration // how long it may take; 0: 30 s
}

// commandLimit is how long a command may take when nobody says otherwise.
const commandLimit = 30 * time.Second

// Publish implements Publisher.
func (c Command) Publish(ctx context.Context, m Message) error {
	limit := c.Limit
	if limit == 0 {
		limit = commandLimit
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	shell := []string{"sh", "-c"}
	if runtime.GOOS == "windows" {
		shell = []string{"cmd", "/C"}
	}
	cmd := exec.CommandContext(ctx, shell[0], shell[1], c.Line)
	cmd.Env = append(os.Environ(), "SALVO_ALERT_SUBJECT="+m.Subject)
	for _, name := range []string{"service", "stage", "monitor", "verdict", "after"} {
		value := ""
		for _, a := range m.Attributes() {
			if a.Name == name {
				value = a.Value
			}
		}
		cmd.Env = append(cmd.Env, "SALVO_ALERT_"+strings.ToUpper(name)+"="+value)
	}
	cmd.Stdin = strings.NewReader(m.Body)
	cmd.Stdout, cmd.Stderr = c.Output, c.Output
	whole(cmd)
	cmd.WaitDelay = time.Second // for what goes on behind the shell's back
	err := cmd.Run()
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("the alert command %q was ended: it took longer than it may (%v at most)", c.Line, limit)
	case err != nil:
		return fmt.Errorf("the alert command %q failed: %w", c.Line, err)
	}
	return nil
}
