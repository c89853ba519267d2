package script

import (
	"slices"
	"strings"
)

// Endpoints says how the metrics of endpoints are named, and which there are: the
// options of `plugins.metrics-by-endpoint`. The zero value is what holds when the
// plugin is not listed.
type Endpoints struct {
	Namespace string // begins their names; "" for Artillery's own
	Query     bool   // the query of a URL is part of its name
	OnlyNames bool   // a request with a name is called by that alone
	NamedOnly bool   // requests without a name are not counted
	Rendered  bool   // by URLs and names as they are sent, not as they are written
	Hidden    bool   // the text for the console leaves them out
}

const byEndpoint = "metrics-by-endpoint"

func endpointsObject() *object {
	return &object{name: "`metrics-by-endpoint`", fields: []field{
		key("useOnlyRequestNames", boolean, "call a request that has a name by that alone"),
		key("stripQueryString", boolean, "leave the query out of the names; false unless set, true when the plugin is not listed"),
		key("ignoreUnnamedRequests", boolean, "count only requests that have a name"),
		key("metricsNamespace", filledText, "what the names of these metrics begin with; plugins.metrics-by-endpoint unless set"),
		key("groupDynamicURLs", boolean, "name requests by their URLs as they are written, with templates; true unless set"),
		key("suppressOutput", boolean, "leave these metrics out of the text that a run ends with"),
	}}
}

// ownNamespaces are those of metrics that the report is made from.
var ownNamespaces = []string{"http", "vusers", "errors", "apdex", "websocket", "socketio", "processor", "salvo", "plugins.expect"}

var namespaceForm = "a name of your own, such as endpoints: those of other metrics begin with " + strings.Join(ownNamespaces, ", ")

// endpoints reads `config.plugins.metrics-by-endpoint`.
func (b *builder) endpoints(config *node) Endpoints {
	var e Endpoints
	plugins := config.present("plugins")
	if plugins == nil {
		return e
	}
	if listed := plugins.get(byEndpoint); listed == nil || listed.kind == kindUndefined {
		return e
	}
	e.Query = true
	n := plugins.presentIn(byEndpoint)
	if n == nil {
		return e
	}
	if v := n.presentIn("metricsNamespace"); v != nil {
		e.Namespace = b.namespace(v, "config.plugins."+byEndpoint+".metricsNamespace")
	}
	option := func(name string, standard bool) bool {
		if v := n.presentIn(name); v != nil {
			return v.yes
		}
		return standard
	}
	e.OnlyNames = option("useOnlyRequestNames", false)
	e.Query = !option("stripQueryString", false)
	e.NamedOnly = option("ignoreUnnamedRequests", false)
	e.Rendered = !option("groupDynamicURLs", true)
	e.Hidden = option("suppressOutput", false)
	return e
}

func (b *builder) namespace(n *node, path string) string {
	name := n.text + "."
	taken := func(own string) bool { return strings.HasPrefix(name, own+".") || strings.HasPrefix(own+".", name) }
	if n.text == "" || slices.ContainsFunc(ownNamespaces, taken) {
		b.fault(n, path, "expected %s; found %s", namespaceForm, n.found())
	}
	return b.masked(n)
}
