package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"salvo/pkg/settings"
	"salvo/pkg/stack"
)

// The environment variables that the CDK app reads; it documents them.
const (
	cdkConfig  = "SALVO_CONFIG"
	cdkStage   = "SALVO_STAGE"
	cdkRegion  = "SALVO_REGION"
	cdkDist    = "SALVO_DIST"
	cdkScripts = "SALVO_SCRIPTS"
)

// cdkApp is the file by which the CDK knows an app; with one in the working folder,
// that app is the user's own.
const cdkApp = "cdk.json"

type deployFlags struct {
	stackFlags
	approval string
}

func deployCommand(stdio stdio) *cobra.Command {
	var f deployFlags
	cmd := &cobra.Command{
		Use:   "deploy",
		Short: "Make the stack on AWS, or bring it up to date",
		Long: `deploy checks salvo.yml and the scripts that it names and deploys the stack
<service>-<stage> with the AWS CDK: a bucket, three functions, a state machine, and
what monitoring needs. It takes Node.js and the command cdk (npm install -g
aws-cdk). When there is a cdk.json in the working folder, its app is deployed.

Scripts that salvo invoke runs need no deployment: they travel with each run.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return f.deploy(cmd.Context(), stdio) },
	}
	f.flags(cmd, false)
	cmd.Flags().StringVar(&f.approval, "require-approval", "", "`when` to ask before changes of who may do what: never, any-change or broadening (the CDK's default)")
	refuse(cmd, "function", "f", "the functions of a stack are deployed together; a script that has changed needs no deployment at all")
	return cmd
}

func (f *deployFlags) deploy(ctx context.Context, stdio stdio) error {
	switch f.approval {
	case "", "never", "any-change", "broadening":
	default:
		return fmt.Errorf("--require-approval %q: want never, any-change or broadening", f.approval)
	}
	s, err := f.read(stdio.err)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "salvo-deploy-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	scripts, err := bundleDeployed(s, filepath.Dir(f.file()), dir, stdio)
	if err != nil {
		return err
	}
	cdk, err := f.command(s, scripts)
	if err != nil {
		return err
	}
	fmt.Fprintf(stdio.err, "deploying the stack %s with %s\n", s.StackName(), strings.Join(cdk.Args[:1], " "))
	cdk.Stdin, cdk.Stdout, cdk.Stderr = stdio.in, stdio.err, stdio.err
	if err := cdk.Run(); err != nil {
		return f.failed(ctx, s, err)
	}
	_, err = fmt.Fprintf(stdio.out, "deployed the stack %s; run a script on it with: salvo invoke script.yml%s\n", s.StackName(), f.again())
	return err
}

// again are the flags that the next command needs to find the same stack.
func (f *stackFlags) again() string {
	flags := ""
	for _, flag := range []struct{ name, value string }{
		{"--stage", f.stage}, {"--region", f.region}, {"--profile", f.profile}, {"--settings", f.settings},
	} {
		if flag.value != "" {
			flags += " " + flag.name + " " + flag.value
		}
	}
	return flags
}

// bundleDeployed checks the scripts that are deployed along, which are named from
// the folder of the settings, and writes their bundles. It returns the value of
// cdkScripts.
func bundleDeployed(s *settings.Settings, from, to string, stdio stdio) (string, error) {
	paths := map[string]string{}
	for i, name := range s.Deployed() {
		var src source
		in, err := src.open([]string{filepath.Join(from, filepath.FromSlash(name))}, stdio)
		if err != nil {
			return "", fmt.Errorf("%w; it is named in the settings, and is looked for beside them", err)
		}
		in.options.Env = s.Environment
		p, err := in.checkAndPack(stdio)
		if err != nil {
			return "", err
		}
		file := filepath.Join(to, fmt.Sprint(i, ".zip"))
		if err := os.WriteFile(file, p.zip, 0o600); err != nil {
			return "", err
		}
		paths[name] = file
	}
	text, err := json.Marshal(paths)
	return string(text), err
}

// command is the call of the CDK's command, or what is missing for it.
func (f *deployFlags) command(s *settings.Settings, scripts string) (*exec.Cmd, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return nil, errors.New("deploying takes Node.js, and there is no command node; install it (https://nodejs.org), then the AWS CDK with: npm install -g aws-cdk")
	}
	cdk, err := findCDK()
	if err != nil {
		return nil, err
	}
	config, err := filepath.Abs(f.file())
	if err != nil {
		return nil, err
	}
	dist, err := findDist(s.Architecture)
	if err != nil {
		return nil, err
	}
	args := append(cdk[1:], "deploy", s.StackName())
	if _, err := os.Stat(cdkApp); err != nil {
		app, err := findApp()
		if err != nil {
			return nil, err
		}
		args = append(args, "--app", quoted(app))
	}
	if f.approval != "" {
		args = append(args, "--require-approval", f.approval)
	}
	if f.profile != "" {
		args = append(args, "--profile", f.profile)
	}
	cmd := exec.Command(cdk[0], args...)
	cmd.Env = append(os.Environ(), cdkDist+"="+dist, cdkScripts+"="+scripts)
	for name, value := range map[string]string{cdkStage: f.stage, cdkRegion: f.region} {
		if value != "" {
			cmd.Env = append(cmd.Env, name+"="+value)
		}
	}
	if _, err := os.Stat(config); err == nil {
		cmd.Env = append(cmd.Env, cdkConfig+"="+config)
	}
	if s.Region != "" {
		cmd.Env = append(cmd.Env, "AWS_REGION="+s.Region)
	}
	return cmd, nil
}

// findCDK is how the CDK's command is called: the one of the working folder, the
// one in the path, or one that npx knows.
func findCDK() ([]string, error) {
	local, err := filepath.Abs(filepath.Join("node_modules", ".bin", "cdk"))
	if err != nil {
		return nil, err
	}
	for _, name := range []string{local, "cdk"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	if npx, err := exec.LookPath("npx"); err == nil && exec.Command(npx, "--no-install", "cdk", "--version").Run() == nil {
		return []string{npx, "--no-install", "cdk"}, nil
	}
	return nil, errors.New("deploying takes the AWS CDK, and there is no command cdk; install it with: npm install -g aws-cdk")
}

// beside are where the other parts of an installed Salvo are looked for: in folders
// beside the command's.
func beside(parts ...string) (paths []string) {
	exe, err := os.Executable()
	if err != nil {
		return nil
	}
	if real, err := filepath.EvalSymlinks(exe); err == nil {
		exe = real
	}
	return []string{filepath.Join(append([]string{filepath.Dir(exe), ".."}, parts...)...)}
}

// findDist is the folder with the functions: one that the environment names, dist of
// the working folder, or that of the installation.
func findDist(architecture string) (string, error) {
	arch := "arm64"
	if architecture == settings.X86 {
		arch = "amd64"
	}
	candidates := append([]string{"dist"}, beside("dist")...)
	if named := os.Getenv(cdkDist); named != "" {
		candidates = []string{named}
	}
	for _, dir := range candidates {
		missing := false
		for _, name := range []string{"splitter", "worker", "aggregator"} {
			if _, err := os.Stat(filepath.Join(dir, arch, name+".zip")); err != nil {
				missing = true
			}
		}
		if !missing {
			return filepath.Abs(dir)
		}
	}
	return "", fmt.Errorf("the functions for %s are in none of %s; make them with `make build` in the sources of Salvo, or install Salvo as a whole",
		arch, strings.Join(candidates, ", "))
}

// findApp is the CDK app of the installation.
func findApp() (string, error) {
	candidates := beside("bin", "salvo-cdk")
	for _, app := range candidates {
		if path, err := exec.LookPath(app); err == nil {
			return filepath.Abs(path)
		}
	}
	return "", fmt.Errorf("the program salvo-cdk is not at %s; make it with `make build` in the sources of Salvo, or install Salvo as a whole", strings.Join(candidates, ", "))
}

// quoted is a path for the CDK, which gives its --app to a shell.
func quoted(path string) string {
	if !strings.ContainsAny(path, ` "'$&()`) {
		return path
	}
	return `"` + strings.ReplaceAll(path, `"`, `\"`) + `"`
}

// failed says what the CDK, which has told what went wrong, may not have.
func (f *deployFlags) failed(ctx context.Context, s *settings.Settings, err error) error {
	ready, place, lookErr := stack.Bootstrapped(ctx, f.options(s))
	switch {
	case stack.KindOf(lookErr) != stack.Other:
		return fmt.Errorf("cdk deploy failed (%w), as it says above: %w", err, lookErr)
	case lookErr == nil && !ready:
		return fmt.Errorf("cdk deploy failed (%w), as it says above; the CDK has never been used in this account and region, which takes once: cdk bootstrap %s", err, place)
	case f.approval == "":
		return fmt.Errorf("cdk deploy failed (%w), as it says above; if it could not ask for approval, give --require-approval never", err)
	default:
		return fmt.Errorf("cdk deploy failed (%w), as it says above", err)
	}
}
