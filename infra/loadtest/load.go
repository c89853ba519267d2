package loadtest

import (
	"archive/zip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"salvo/pkg/settings"
)

// The environment variables by which `salvo deploy` tells an app what to make.
// All may be missing: then `cdk` alone does, from the folder of salvo.yml.
const (
	// EnvConfig is the path of salvo.yml; by default the one in the working
	// folder, and the default settings when there is none.
	EnvConfig = "SALVO_CONFIG"
	// EnvStage and EnvRegion replace what salvo.yml says.
	EnvStage  = "SALVO_STAGE"
	EnvRegion = "SALVO_REGION"
	// EnvDist is the folder with the functions: arm64/worker.zip and the like.
	EnvDist = "SALVO_DIST"
	// EnvScripts is a JSON object: under the name of each script that is to be
	// deployed, the path of its bundle, as `salvo bundle` writes it.
	EnvScripts = "SALVO_SCRIPTS"
)

// Load makes the Props of an app: from the environment, which getenv reads, and
// the files that it names. Without EnvDist the functions are those of the first
// folder of dist that there is.
func Load(getenv func(string) string, dist ...string) (*Props, error) {
	s, err := loadSettings(getenv)
	if err != nil {
		return nil, err
	}
	p := &Props{Settings: s}
	if folder := getenv(EnvDist); folder != "" {
		dist = []string{folder}
	}
	if p.Functions, err = functionsIn(dist, s); err != nil {
		return nil, err
	}
	if p.Scripts, err = loadScripts(getenv, s); err != nil {
		return nil, err
	}
	return p, nil
}

func loadSettings(getenv func(string) string) (*settings.Settings, error) {
	name := getenv(EnvConfig)
	if name == "" {
		name = settings.File
	}
	text, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) && getenv(EnvConfig) == "" {
		text, err = nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the settings: %w", err)
	}
	s, err := settings.Read(text, name)
	if err != nil {
		return nil, err
	}
	return s, s.Override(getenv(EnvStage), getenv(EnvRegion))
}

// functionsIn is the first folder that holds the functions.
func functionsIn(folders []string, s *settings.Settings) (string, error) {
	for _, folder := range folders {
		missing := false
		for _, name := range []string{"splitter", "worker", "aggregator"} {
			_, err := os.Stat(filepath.Join(folder, zipFolder(s), name+".zip"))
			missing = missing || err != nil
		}
		if !missing {
			return folder, nil
		}
	}
	return "", fmt.Errorf("the functions for %s are not in %s: run `make build` in Salvo's source, or set %s to the folder that has %s",
		s.Architecture, strings.Join(folders, " or "), EnvDist, path.Join(zipFolder(s), "worker.zip"))
}

// zipFolder is where `make build` puts the functions for an architecture.
func zipFolder(s *settings.Settings) string {
	if s.Architecture == settings.X86 {
		return "amd64"
	}
	return "arm64"
}

func loadScripts(getenv func(string) string, s *settings.Settings) (map[string]Script, error) {
	bundles := map[string]string{}
	if text := getenv(EnvScripts); text != "" {
		if err := json.Unmarshal([]byte(text), &bundles); err != nil {
			return nil, fmt.Errorf("%s: want a JSON object of names and paths of bundles: %w", EnvScripts, err)
		}
	}
	for _, name := range s.Deployed() {
		if bundles[name] == "" {
			return nil, fmt.Errorf("the settings deploy the script %s, and its bundle is not there: deploy with `salvo deploy`, or make it with `salvo bundle %s -o script.zip` and set %s to {%q: \"script.zip\"}",
				name, name, EnvScripts, name)
		}
	}
	scripts := map[string]Script{}
	for _, name := range slices.Sorted(maps.Keys(bundles)) {
		script, err := openBundle(name, bundles[name])
		if err != nil {
			return nil, err
		}
		scripts[name] = script
	}
	return scripts, nil
}

func openBundle(name, file string) (Script, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Script{}, fmt.Errorf("reading the bundle of %s: %w", name, err)
	}
	bundle, err := zip.OpenReader(file)
	if err != nil {
		return Script{}, fmt.Errorf("reading the bundle of %s: %s: %w", name, file, err)
	}
	defer bundle.Close()
	inside := bundle.Comment
	if _, err := bundle.Open(inside); err != nil {
		return Script{}, fmt.Errorf("%s is no bundle that `salvo bundle` wrote: its comment does not name the script in it", file)
	}
	sum := sha256.Sum256(data)
	return Script{Bundle: file, File: inside, SHA256: hex.EncodeToString(sum[:])}, nil
}
