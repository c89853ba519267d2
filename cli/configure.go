package main

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	_ "embed"

	"github.com/spf13/cobra"

	"salvo/pkg/settings"
)

// What `salvo configure --cdk` writes. The app is kept as a text: it is the user's.
var (
	//go:embed app/main.go.txt
	appMain string
	//go:embed app/cdk.json
	appCDK string
)

type configureFlags struct {
	dir, service, source string
	cdk                  bool
}

func configureCommand(stdio stdio) *cobra.Command {
	var f configureFlags
	cmd := &cobra.Command{
		Use:   "configure",
		Short: "Write the settings of a stack on AWS",
		Long: `configure writes salvo.yml, in which every setting of the stack is explained, with
a name of its own for the service. With --cdk it also writes an app for the AWS CDK
around the construct that Salvo is, for what settings cannot say. It overwrites no
file: when one is there, nothing is written.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return f.configure(stdio) },
	}
	fl := cmd.Flags()
	fl.StringVar(&f.dir, "dir", ".", "the `folder` to write to")
	fl.StringVar(&f.service, "service", "", "the `name` of the service (default the folder's, with some letters behind it)")
	fl.BoolVar(&f.cdk, "cdk", false, "also write a CDK app in Go, to add to")
	fl.StringVar(&f.source, "source", "", "with --cdk: the `folder` with the source of Salvo (default that of this installation)")
	return cmd
}

func (f *configureFlags) configure(stdio stdio) error {
	dir, err := filepath.Abs(f.dir)
	if err != nil {
		return err
	}
	service := f.service
	if service == "" {
		service = uniqueService(filepath.Base(dir))
	}
	text, err := settings.Template(service)
	if err != nil {
		return err
	}
	type file struct{ name, text string }
	files := []file{{settings.File, text}}
	if f.cdk {
		source, err := f.findSource()
		if err != nil {
			return err
		}
		main := strings.Replace(appMain, `"DIST"`, strconv.Quote(filepath.ToSlash(filepath.Join(source, "dist"))), 1)
		files = append(files, file{"main.go", main}, file{"go.mod", goMod(source, service)}, file{cdkApp, appCDK})
	}
	var conflicts []string
	for _, x := range files {
		if _, err := os.Lstat(filepath.Join(dir, x.name)); !errors.Is(err, fs.ErrNotExist) {
			conflicts = append(conflicts, filepath.Join(f.dir, x.name))
		}
	}
	if len(conflicts) > 0 {
		return fmt.Errorf("nothing is written, because there is already %s", strings.Join(conflicts, ", "))
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, x := range files {
		if err := os.WriteFile(filepath.Join(dir, x.name), []byte(x.text), 0o644); err != nil {
			return err
		}
		fmt.Fprintf(stdio.out, "wrote %s\n", filepath.Join(f.dir, x.name))
	}
	next := "salvo deploy"
	if f.cdk {
		next = "go mod tidy, then salvo deploy"
	}
	_, err = fmt.Fprintf(stdio.err, "the service is called %s; look through %s, then: %s\n", service, filepath.Join(f.dir, settings.File), next)
	return err
}

var notInNames = regexp.MustCompile(`[^a-z0-9]+`)

// uniqueService makes a name of a folder's that no other stack of the account is
// likely to have.
func uniqueService(folder string) string {
	name := strings.Trim(notInNames.ReplaceAllString(strings.ToLower(folder), "-"), "-0123456789")
	if name == "" {
		name = "salvo"
	}
	const longest = 27 // and five letters come behind it
	name = strings.Trim(name[:min(len(name), longest)], "-")
	return name + "-" + strings.ToLower(rand.Text()[:4])
}

// goMod is the module file of the user's app. Salvo's module is found by a path,
// because it has no address that Go could fetch it from.
func goMod(source, service string) string {
	return fmt.Sprintf("module %s\n\ngo 1.26\n\nrequire salvo v0.0.0\n\nreplace salvo => %s\n", service, quotedPath(source))
}

// quotedPath is a path as go.mod has one.
func quotedPath(path string) string {
	if strings.ContainsAny(path, " \t\"'`,;()[]{}") {
		return fmt.Sprintf("%q", path)
	}
	return path
}

// findSource is the folder with the source of Salvo.
func (f *configureFlags) findSource() (string, error) {
	candidates := beside()
	if f.source != "" {
		candidates = []string{f.source}
	}
	for _, dir := range candidates {
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil && strings.HasPrefix(string(text), "module salvo\n") {
			return filepath.Abs(dir)
		}
	}
	return "", fmt.Errorf("--cdk: the source of Salvo, which the app stands on, is not in %s; name its folder with --source", strings.Join(candidates, ", "))
}
