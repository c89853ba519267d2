package script

import (
	"strings"
	"testing"
)

func TestMetricsNamespace(t *testing.T) {
	for namespace, fine := range map[string]bool{
		"mine": true, "mine.endpoints": true, "https": true, "plugins.mine": true, "plugins.metrics-by-endpoint": true,
		"http": false, "http.mine": false, "processor": false, "plugins": false, "plugins.expect": false, "plugins.expect.ok": false,
	} {
		text := "config:\n  target: http://a\n  plugins: {metrics-by-endpoint: {metricsNamespace: " + namespace + "}}\nscenarios:\n  - flow: [get: {url: /}]\n"
		faults := faultsOf(text, Options{})
		if told := len(faults) == 1 && strings.Contains(faults[0], "expected a name of your own"); told == fine || fine && len(faults) > 0 {
			t.Errorf("%s: %q", namespace, faults)
		}
	}
}
