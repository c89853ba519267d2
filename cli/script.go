package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"salvo/pkg/script"
)

func scriptCommand(io stdio) *cobra.Command {
	var endpoint, out string
	var duration, rate, rampTo float64
	cmd := &cobra.Command{
		Use:   "script",
		Short: "Write a small script to begin with",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			text, err := script.Sample(endpoint, duration, rate, rampTo)
			if err != nil {
				return err
			}
			f, err := os.OpenFile(out, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
			if errors.Is(err, fs.ErrExist) {
				return fmt.Errorf("%s exists and is left as it is; name another file with --out", out)
			}
			if err != nil {
				return err
			}
			if _, err := f.WriteString(text); err != nil {
				f.Close()
				return err
			}
			if err := f.Close(); err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "wrote %s; run it with: salvo run %s\n", out, out)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVarP(&endpoint, "endpoint", "e", "http://127.0.0.1:8089/", "the `URL` to get; the default is that of salvo target")
	f.Float64VarP(&duration, "duration", "d", 5, "`seconds` that the phase lasts")
	f.Float64VarP(&rate, "rate", "r", 2, "arrival rate, in virtual `users` per second")
	f.Float64VarP(&rampTo, "rampTo", "t", 0, "arrival rate at the end of the phase, in virtual `users` per second")
	f.StringVarP(&out, "out", "o", "script.yml", "the `file` to write; never overwritten")
	return cmd
}
