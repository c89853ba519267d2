package main

import (
	"github.com/spf13/cobra"

	"salvo/pkg/script"
)

func schemaCommand(io stdio) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of scripts, for editors",
		Long: `schema prints the JSON Schema (draft 7) of a script. Editors complete and check
scripts by it while they are written:

  salvo schema >salvo.schema.json

and then, as the first line of a script:

  # yaml-language-server: $schema=./salvo.schema.json

What a look at one place of a script does not show, salvo check tells.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			schema, err := script.JSONSchema()
			if err != nil {
				return err
			}
			_, err = io.out.Write(schema)
			return err
		},
	}
}
