package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"

	"salvo/pkg/target"
)

func targetCommand(io stdio) *cobra.Command {
	var listen string
	var secure bool
	cmd := &cobra.Command{
		Use:   "target",
		Short: "Serve a local HTTP target to try scripts on",
		Long: `target serves until it is interrupted, and then tells what it received.

  /                 echoes method, path, query, headers and body as JSON
  /headers          echoes the headers
  /status/<code>    answers with that status
  /delay/<ms>       answers after that many milliseconds
  /bytes/<n>        answers with that many bytes
  /redirect/<n>     redirects n times
  /login            POST {user, password}: sets a cookie and answers a token
  /account          needs the cookie, or the token as a bearer; else 401
  /logout           POST: ends the session
  /_stats           what it received; DELETE forgets it

A query parameter "index" is remembered: the statistics tell how many values
came, and how many came more than once.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			ctx, stop := signal.NotifyContext(cmd.Context(), os.Interrupt, syscall.SIGTERM)
			defer stop()
			return serveTarget(ctx, listen, secure, io)
		},
	}
	cmd.Flags().StringVarP(&listen, "listen", "l", "127.0.0.1:8089", "`address` to serve on; port 0 takes a free one")
	cmd.Flags().BoolVar(&secure, "tls", false, "serve HTTPS, and HTTP/2, with a certificate of its own making")
	return cmd
}

func serveTarget(ctx context.Context, listen string, secure bool, io stdio) error {
	ln, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("%w; name another address with --listen", err)
	}
	scheme := "http"
	if secure {
		scheme = "https"
	}
	// The address is the result: scripts read it from the first line.
	fmt.Fprintf(io.out, "%s://%s\n", scheme, ln.Addr())
	fmt.Fprintln(io.err, "serving; Ctrl-C ends it")
	s := target.New(target.Options{})
	if err := target.Serve(ctx, ln, s, target.ServeOptions{TLS: secure, ErrorLog: io.err}); err != nil {
		return err
	}
	stats := s.Stats()
	fmt.Fprintf(io.out, "received %s\n", count(stats.Total, "request"))
	return nil
}
