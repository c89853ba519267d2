package settings

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed template.yml
var template string

// Template is the text of a salvo.yml to begin with, in which every key is
// explained, for a service of that name.
func Template(service string) (string, error) {
	if complaint := checkService(service); complaint != "" {
		return "", fmt.Errorf("the service: %s", complaint)
	}
	return strings.Replace(template, "SERVICE", service, 1), nil
}
