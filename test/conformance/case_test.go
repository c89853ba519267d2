package conformance

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

// testCase is a row of a table in cases/: a script, a server, and where Salvo
// is meant to do otherwise than Artillery.
type testCase struct {
	Name string
	// The script: the parts of one, or its whole text. A flow is that of the
	// only scenario. config.target is added where there is none.
	Flow, Config, Scenarios, Before, After yaml.Node
	Script                                 string
	Files                                  map[string]string // beside the script
	Args                                   []string          // flags, spelt as both know them
	Env                                    map[string]string
	Server                                 map[string]replies
	TLS                                    string // the server's certificate: server, other, or client

	// What is looked at.
	Headers   bool     // all headers, as they were written
	Gaps      bool     // the time between requests
	Unordered bool     // requests and users come in any order
	Mask      []string // what is drawn: matches are replaced by their length
	Slow      bool     // takes more than a second and a half; left out of -short
	Packages  bool     // its processor uses those of test/testdata/processors; left out of -short

	// What the keys of the report hold that come from Artillery 1, as the one
	// inside serverless-artillery fills them.
	Legacy map[string]any

	// Where Salvo does otherwise.
	Differs     []difference
	Unsupported string // the key or word that Salvo refuses the script by
	Bug         string // what Salvo does wrong

	table string
}

// difference is what one row of docs/compatibility.md explains: Salvo refuses
// the script in these words, or does otherwise.
type difference struct {
	Row     string    // its topic
	Refuses []string  // the faults; "..." at the end leaves the rest open
	Salvo   yaml.Node // parts of an observation, laid over what Artillery did
}

// expect makes what Salvo is to do of what Artillery did.
func (d *difference) expect(artillery *observation) (*observation, error) {
	if d.Refuses != nil {
		return overlay(&observation{Exit: 1, Said: d.Refuses}, &d.Salvo)
	}
	return overlay(artillery, &d.Salvo)
}

func (c *testCase) id() string { return c.table + "/" + c.Name }

// loadCases reads the tables of a folder, a file each.
func loadCases(folder string) ([]*testCase, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.yml"))
	if err != nil {
		return nil, err
	}
	var all []*testCase
	known := map[string]bool{}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		dec := yaml.NewDecoder(bytes.NewReader(data))
		dec.KnownFields(true)
		var table []*testCase
		if err := dec.Decode(&table); err != nil && !errors.Is(err, io.EOF) {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, c := range table {
			c.table = strings.TrimSuffix(filepath.Base(file), ".yml")
			if c.Name == "" || known[c.id()] {
				return nil, fmt.Errorf("%s: the name %q is missing, or there twice", file, c.Name)
			}
			known[c.id()] = true
			if _, err := c.text(); err != nil {
				return nil, fmt.Errorf("%s: %w", c.id(), err)
			}
		}
		all = append(all, table...)
	}
	return all, nil
}

// text is the script with ${...} where the server's address belongs.
func (c *testCase) text() (string, error) {
	if c.Script != "" {
		return c.Script, nil
	}
	config := *plain(&c.Config)
	if config.Kind == 0 {
		config = yaml.Node{Kind: yaml.MappingNode}
	}
	if !hasKey(&config, "target") {
		config.Content = append([]*yaml.Node{word("target"), word("${TARGET}")}, config.Content...)
	}
	scenarios := c.Scenarios
	if c.Flow.Kind != 0 {
		scenarios = yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{
			{Kind: yaml.MappingNode, Content: []*yaml.Node{word("flow"), &c.Flow}},
		}}
	}
	doc := &yaml.Node{Kind: yaml.MappingNode, Content: []*yaml.Node{word("config"), &config}}
	for _, part := range []struct {
		key  string
		node *yaml.Node
	}{{"before", &c.Before}, {"scenarios", &scenarios}, {"after", &c.After}} {
		if part.node.Kind != 0 {
			doc.Content = append(doc.Content, word(part.key), part.node)
		}
	}
	doc = plain(doc)
	var buf bytes.Buffer
	enc := yaml.NewEncoder(&buf)
	enc.SetIndent(2)
	if err := enc.Encode(doc); err != nil {
		return "", err
	}
	return buf.String(), nil
}

func word(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// plain copies a node without comments, and with what its aliases stand for: the
// anchors may be in other cases.
func plain(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return plain(n.Alias)
	}
	p := &yaml.Node{Kind: n.Kind, Style: n.Style, Tag: n.Tag, Value: n.Value}
	for _, child := range n.Content {
		p.Content = append(p.Content, plain(child))
	}
	return p
}

// checksum is of everything that Artillery's behaviour depends on, so that a
// case that was changed after it was recorded is noticed.
func (c *testCase) checksum() (string, error) {
	text, err := c.text()
	if err != nil {
		return "", err
	}
	sum := sha256.New()
	fmt.Fprintf(sum, "%s\n%q\n%s\n%v %v %v %q\n", text, c.Args, c.TLS, c.Headers, c.Gaps, c.Unordered, c.Mask)
	for _, m := range []map[string]string{c.Files, c.Env} {
		for _, k := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(sum, "%q: %q\n", k, m[k])
		}
	}
	for _, route := range slices.Sorted(maps.Keys(c.Server)) {
		for _, a := range c.Server[route] {
			data, err := yaml.Marshal(a)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(sum, "%q: %s\n", route, data)
		}
	}
	if c.Packages {
		lock, err := os.ReadFile(packagesLock)
		if err != nil {
			return "", err
		}
		sum.Write(lock)
	}
	return hex.EncodeToString(sum.Sum(nil))[:12], nil
}

// packagesHere is where `make tools` installs the packages that packagesLock names.
const (
	packagesHere = "../../.tools/processors/node_modules"
	packagesLock = "../testdata/processors/package-lock.json"
)

// needPackages skips a case whose packages are not there.
func (c *testCase) needPackages(t *testing.T) {
	if !c.Packages {
		return
	}
	if testing.Short() {
		t.Skip("bundles packages")
	}
	if _, err := os.Stat(packagesHere); err != nil {
		t.Skip("the packages of processors are not installed: make tools")
	}
}

// lay writes the script and its files into a folder, for a server at an
// address.
func (c *testCase) lay(dir, addr string) error {
	text, err := c.text()
	if err != nil {
		return err
	}
	files := map[string]string{"script.yml": text}
	maps.Copy(files, c.Files)
	for name, text := range files {
		file := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(file, []byte(c.fill(text, addr)), 0o644); err != nil {
			return err
		}
	}
	if !c.Packages {
		return nil
	}
	packages, err := filepath.Abs(packagesHere)
	if err != nil {
		return err
	}
	return os.Symlink(packages, filepath.Join(dir, "node_modules"))
}

// closedPort is one where nobody listens.
const closedPort = "127.0.0.1:9"

// fill puts what is known only now into a text: ${TARGET}, ${HOST}, ${PORT},
// ${CLOSED}, and the PEM texts ${CERT}, ${CLIENT_CERT} and ${CLIENT_KEY}, for
// double quotes.
func (c *testCase) fill(text, addr string) string {
	scheme := "http"
	if c.TLS != "" {
		scheme = "https"
		quoted := strings.NewReplacer("\n", `\n`)
		ids := identities()
		cert := ids["server"].cert
		if c.TLS == "other" {
			cert = ids["other"].cert
		}
		text = strings.NewReplacer(
			"${CERT}", quoted.Replace(cert),
			"${CLIENT_CERT}", quoted.Replace(ids["client"].cert),
			"${CLIENT_KEY}", quoted.Replace(ids["client"].key),
		).Replace(text)
	}
	return strings.NewReplacer(
		"${TARGET}", scheme+"://"+addr, "${HOST}", addr, "${PORT}", addr[strings.LastIndexByte(addr, ':')+1:], "${CLOSED}", closedPort,
	).Replace(text)
}

// compatibilityRows are the topics of the table in docs/compatibility.md.
func compatibilityRows(file string) (map[string]bool, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	rows := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^\| (.+?) \|`).FindAllSubmatch(data, -1) {
		rows[string(m[1])] = true
	}
	return rows, nil
}
