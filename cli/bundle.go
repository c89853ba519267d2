package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"salvo/pkg/plan"
)

func bundleCommand(io stdio) *cobra.Command {
	var src source
	var out string
	cmd := &cobra.Command{
		Use:   "bundle <script> -o <file>",
		Short: "Write a script with all that it needs into a zip",
		Long: `bundle checks a script and writes it with its processor, payload and included
files into a zip, as salvo invoke uploads it and salvo deploy deploys it: for a CDK
app of your own that deploys scripts along. The comment of the zip is the script's
path inside. The same files give the same zip on every machine.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			in, err := src.open(args, io)
			if err != nil {
				return err
			}
			p, err := in.checkAndPack(io)
			if err != nil {
				return err
			}
			if err := os.WriteFile(out, p.zip, 0o644); err != nil {
				return err
			}
			_, err = fmt.Fprintf(io.out, "wrote %s: %s, sha256 %s\n", out, p.file, p.sha256)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVarP(&src.path, "path", "p", "", "the script `file`, instead of naming it as an argument")
	f.BoolVar(&src.strict, "strict", false, "treat warnings about the script as faults")
	f.StringVarP(&out, "output", "o", "", "the `file` to write")
	cmd.MarkFlagRequired("output")
	return cmd
}

// checkAndPack is pack of a script that can run.
func (in *input) checkAndPack(io stdio) (packed, error) {
	sc, err := in.load(io)
	if err != nil {
		return packed{}, err
	}
	if _, err := plan.For(sc, 0); err != nil {
		return packed{}, fmt.Errorf("%s: %w", in.name, err)
	}
	return in.pack()
}
