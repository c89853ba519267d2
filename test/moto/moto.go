// Package moto starts moto, a program that stands in for AWS, for the tests that
// speak to a service of it. `make tools` installs the program.
package moto

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// program is where `make tools` puts it, below the folder of go.mod.
const program = ".tools/venv/bin/moto_server"

// patience is how long moto may take to serve.
const patience = time.Minute

// Config starts moto until the test ends and returns a configuration that leads
// there. With -short the test is skipped.
func Config(t testing.TB) aws.Config {
	t.Helper()
	if testing.Short() {
		t.Skip("needs the programs in .tools")
	}
	host, stop, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return aws.Config{
		Region:       "eu-central-1",
		BaseEndpoint: aws.String("http://" + host),
		Credentials:  credentials.NewStaticCredentialsProvider("AKIAIOSFODNN7EXAMPLE", "secret", ""),
	}
}

// Start starts moto on a free port until stop is called; host has the port too.
func Start() (host string, stop func(), err error) {
	path, err := Path()
	if err != nil {
		return "", nil, err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	host = ln.Addr().String()
	name, port, err := net.SplitHostPort(host)
	if err != nil {
		return "", nil, err
	}
	ln.Close() // moto takes a number, not a listener
	cmd := exec.Command(path, "-H", name, "-p", port)
	if err := cmd.Start(); err != nil {
		return "", nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait(); close(ended) }()
	stop = func() { cmd.Process.Kill(); <-ended }
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if c, err := net.Dial("tcp", host); err == nil {
			c.Close()
			return host, stop, nil
		}
		select {
		case err := <-ended:
			return "", nil, fmt.Errorf("moto ended: %v", err)
		case <-time.After(50 * time.Millisecond):
		}
	}
	stop()
	return "", nil, fmt.Errorf("moto did not serve within %v", patience)
}

// Path is where the program is: it looks from the working folder, which is that of the
// package under test, upwards. Without the program it is an error.
func Path() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			break
		}
		if dir == filepath.Dir(dir) {
			return "", errors.New("there is no go.mod above the working folder")
		}
		dir = filepath.Dir(dir)
	}
	path := filepath.Join(dir, filepath.FromSlash(program))
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("%w; run `make tools`", err)
	}
	return path, nil
}
