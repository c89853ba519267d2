//go:build linux

package main

import (
	"debug/buildinfo"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// tool is the path of what install.sh has installed.
func (b *bench) tool(name string) string { return filepath.Join(b.tools, "bench", name) }

// moduleVersion is that of the module which an installed Go program was built from.
func moduleVersion(name string) func(b *bench) (string, error) {
	return func(b *bench) (string, error) {
		info, err := buildinfo.ReadFile(b.tool(name))
		if err != nil {
			return "", err
		}
		return strings.TrimPrefix(info.Main.Version, "v") + ", " + info.GoVersion, nil
	}
}

// loop is a client of the program in loops.
func loop(name, client string) *generator {
	return &generator{
		name:   name,
		always: client != "fasthttp",
		version: func(b *bench) (string, error) {
			info, err := buildinfo.ReadFile(b.tool("loops"))
			if err != nil {
				return "", err
			}
			if client != "fasthttp" {
				return info.GoVersion, nil
			}
			for _, m := range info.Deps {
				if m.Path == "github.com/valyala/fasthttp" {
					return strings.TrimPrefix(m.Version, "v") + ", " + info.GoVersion, nil
				}
			}
			return "", errors.New("built without it")
		},
		run: func(b *bench, l load) (outcome, error) { return b.runLoop(client, l, false) },
	}
}

// runLoop with shared puts all users of HTTP/2 on one connection.
func (b *bench) runLoop(client string, l load, shared bool) (outcome, error) {
	if client == "bare" && (l.flow == flowLogin || !l.fresh && l.flow != flowThink) || client == "fasthttp" && strings.HasPrefix(l.url, "https") {
		return outcome{}, errCannot
	}
	if l.flow == flowThink {
		l.rate, l.seconds = l.users/l.think, l.think
	}
	args := []string{b.tool("loops"), "-client", client, "-url", l.url, "-flow", string(l.flow), "-users", fmt.Sprint(l.users),
		"-rate", fmt.Sprint(l.rate), "-seconds", fmt.Sprint(l.seconds), "-think", (time.Duration(l.think) * time.Second).String(),
		fmt.Sprintf("-fresh=%t", l.fresh), fmt.Sprintf("-http2=%t", l.http2), fmt.Sprintf("-shared=%t", shared)}
	u, out, err := b.measure(command{args: args})
	if err != nil {
		return outcome{}, err
	}
	var r struct {
		Passes, Failed, Fired int64
		P50, P95, P99         float64
	}
	if err := json.Unmarshal(out, &r); err != nil {
		return outcome{}, err
	}
	return outcome{usage: u, requests: r.Passes * l.flow.requests(), failed: r.Failed, fired: r.Fired, p50: r.P50, p95: r.P95, p99: r.P99}, nil
}

// writeJSON writes a value as a file for a generator to read.
func (b *bench) writeJSON(name string, v any) (string, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return "", err
	}
	path := filepath.Join(b.dir, name)
	return path, os.WriteFile(path, text, 0o600)
}
