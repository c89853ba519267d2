package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path"

	"github.com/spf13/cobra"

	"salvo/pkg/stack"
)

func monitorCommand(stdio stdio) *cobra.Command {
	var f stackFlags
	cmd := &cobra.Command{
		Use:       "monitor on|off|status",
		Short:     "Start, pause or look at the schedule of monitoring",
		ValidArgs: []string{"on", "off", "status"},
		Long: `monitor switches the schedule of a stack on or off, without a deployment, or shows
how it is. The next salvo deploy sets it to what salvo.yml says.`,
		Args: cobra.MatchAll(cobra.ExactArgs(1), cobra.OnlyValidArgs),
		RunE: func(cmd *cobra.Command, args []string) error {
			return switchMonitor(cmd.Context(), &f, args[0], stdio)
		},
	}
	f.flags(cmd, false)
	return cmd
}

func switchMonitor(ctx context.Context, f *stackFlags, what string, stdio stdio) error {
	at, err := f.open(ctx, stdio)
	if err != nil {
		return err
	}
	s, err := at.stack.Schedule(ctx)
	if err != nil {
		return err
	}
	if what != "status" {
		script := scriptOf(s)
		deployed, err := at.stack.Scripts(ctx)
		if err != nil {
			return err
		}
		if _, there := deployed[path.Clean(script)]; what == "on" && !there {
			return fmt.Errorf("the script %s, which monitoring runs, was not deployed; set monitoring.enabled in salvo.yml, and deploy", script)
		}
		if err := at.stack.Switch(ctx, what == "on"); err != nil {
			return err
		}
		if s, err = at.stack.Schedule(ctx); err != nil {
			return err
		}
	}
	_, err = fmt.Fprintf(stdio.out, "monitoring of the stack %s is %s: %s, %s\n", at.stack.Name, map[bool]string{true: "on", false: "off"}[s.On], scriptOf(s), s.Expression)
	return err
}

// scriptOf is the script that the schedule runs.
func scriptOf(s stack.Schedule) string {
	var input map[string]any
	if err := json.Unmarshal([]byte(s.Input), &input); err != nil {
		return ""
	}
	name, _ := input[">>"].(string)
	return name
}
