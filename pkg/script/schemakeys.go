package script

import "math"

// newSchema is the table of keys: one line a key.
func newSchema() *object {
	scenario := scenarioObject()
	section := func(name string) shape { return anObject(&object{name: "`" + name + "`", fields: scenario.fields}) }
	return &object{name: "the script", fields: []field{
		key("config", anObject(configObject()), "target, load and defaults of the whole script"),
		key("scenarios", filledList(listOf(anObject(scenario))), "a list of what virtual users do, each with a `flow`").must(),
		key("before", section("before"), "a flow that runs once before the load"),
		key("after", section("after"), "a flow that runs once after the load"),
		key("mode", oneOf(true, "performance", "perf", "acceptance", "acc", "monitoring", "mon"), "which question the run answers: performance (the default), acceptance or monitoring"),
		key("_split", anObject(splitObject()), "limits of the script and of the chunks that its load is divided into"),
		key(">>", filledText, "a script that this one is merged over: its path, relative to this file"),
		key("_trace", anything, "true: every step of the run logs what it does"),
		key("_simulation", anything, "true: the load is planned and the run gone through, but nothing is sent"),
		key("sampling", anObject(samplingObject()), "how acceptance and monitoring runs sample the scenarios"),
		key("alerts", anObject(&object{name: "`alerts`", fields: []field{
			key("repeatEvery", anything.with(form{kinds: kindNumber, bounded: true, most: MostRepeatMinutes}), "minutes between two alerts of one outage: 60; 0 alerts with each failing run"),
			key("after", anything.with(form{kinds: kindNumber, whole: true, bounded: true, least: 1, most: MostAlertRuns}), "how many runs have to fail before the first alert: 1"),
			key("of", anything.with(form{kinds: kindNumber, whole: true, bounded: true, least: 1, most: MostAlertRuns}), "out of how many; as many as `after`, unless set"),
		}}), "when monitoring speaks"),
		key("slo", anObject(&object{name: "`slo`", fields: []field{
			key("objective", anything.with(form{kinds: kindNumber, bounded: true, above: true, most: 100}), "the percentage of samples that are to be good: 99.9").must(),
			key("window", periodTime, "the time that this is true of: 30d"),
		}}), "an objective for monitoring, whose error budget is watched"),
		pass("_start", "serverless-artillery sets it by itself, when it divides a load"),
		pass("_genesis", "serverless-artillery sets it by itself, when it divides a load"),
		pass("_invokeType", "serverless-artillery sets it by itself, when it divides a load"),
		pass("_funcAws", "serverless-artillery sets it by itself, when it divides a load"),
	}}
}

func configObject() *object {
	config := &object{name: "`config`"}
	ensure := anObject(ensureObject())
	fakeData := anObject(fakeDataKeys())
	headers := tokens("`headers`", oneLine)
	cookies := tokens("`cookie`", scalar)
	defaults := &object{name: "`defaults`", fields: []field{
		key("headers", headers, "headers of every request"),
		key("cookie", cookies, "cookies of every virtual user"),
		key("strictCapture", boolean, "whether a capture that finds nothing ends the user"),
		key("think", anObject(&object{name: "`think`", fields: []field{
			key("jitter", jitterForm, "how much longer or shorter every think may be that does not say: milliseconds, or a part of it in percent"),
		}}), "what all thinks have in common"),
	}}
	config.fields = []field{
		key("target", text.with(form{pattern: `^(?:$|[hH][tT][tT][pP][sS]?://)`, says: "expected http:// or https:// at the beginning"}), "put in front of every url that begins with /"),
		key("phases", filledList(listOf(anObject(phaseObject()))), "the load: how many users arrive when"),
		key("variables", mapOf("`variables`", anything), "variables of every user; of a list, each user gets one element"),
		key("payload", oneOrList(anObject(payloadObject())), "CSV files whose rows become variables"),
		key("http", anObject(&object{name: "`http`", fields: []field{
			key("timeout", periodTime, "seconds until a request that gets no response fails"),
			key("pool", wholeNumber(1), "connections that all users of a worker share"),
			key("http2", boolean, "offer HTTP/2 to TLS servers"),
			key("defaults", anObject(defaults), "headers and cookies of every request"),
			key("extendedMetrics", boolean, "measure name lookup, connecting, TLS and the whole request apart"),
			key("distributedTracing", shape{kinds: kindBool | kindObject, object: tracingObject()}, "send a `traceparent` header with every request"),
			key("cookieJarOptions", anObject(cookieJarObject()), "which cookies of servers users keep"),
			key("maxSockets", wholeNumber(1), "connections that a user's parallel steps use to one server; unless set, as many as they need"),
		}}), "how requests are sent"),
		key("defaults", anObject(defaults), "the older place of http.defaults"),
		key("timeout", periodTime, "seconds until a request that gets no response fails; wins over http.timeout"),
		key("tls", anObject(tlsObject()), "how TLS servers are checked"),
		key("environments", mapOf("`environments`", anObject(config)), "named partial configs; -e chooses one to be merged over `config`"),
		key("statsInterval", wholeNumber(1), "seconds between intermediate reports"),
		key("mode", oneOf(true, "uniform", "poisson"), "uniform or poisson: how the arrivals of phases with a constant rate are spaced"),
		key("engine", oneOf(false, "http"), "http, the only engine of this version"),
		key("plugins", anObject(&object{name: "`plugins`", only: []string{}, each: &anything, fields: []field{
			key("expect", anObject(expectOptions()), "what becomes of the expectations of requests"),
			key(byEndpoint, anObject(endpointsObject()), "how the metrics of endpoints, which are always there, are named"),
			key("ensure", ensure, "checks of the report; another place of config.ensure"),
			key("apdex", anObject(apdexObject()), "the Apdex score; another place of config.apdex"),
			key("fake-data", fakeData, "functions that draw names, addresses and the like; here are their options"),
		}}), "options of expect, metrics-by-endpoint, ensure, apdex and fake-data"),
		key("apdex", anObject(apdexObject()), "the Apdex score of the run: how many responses came soon enough"),
		key("fake-data", fakeData, "options of the plugin's functions; another place of config.plugins.fake-data"),
		key("ensure", ensure, "checks of the report, on which the run's success depends"),
		ignore("caseSensitive", "keeps the letter case of header names, which is always kept"),
		key("processor", filledText, "the JavaScript or TypeScript module whose functions the hooks name"),
		ignore("engines", "says where the engines of scenarios come from"),
		ignore("pluginsScope", "says where plugins are looked for; those of this version are built in"),
		refuse("ws", "WebSocket is not known to this version; leave it out together with scenarios of that engine"),
		refuse("socketio", "Socket.IO is not known to this version; leave it out together with scenarios of that engine"),
		key("includeFiles", oneOrList(filledText), "files and folders that the processor reads, beside those that it names itself"),
		key("bundling", anObject(&object{name: "`bundling`", fields: []field{
			key("external", listOf(filledText), "packages that are left out"),
		}}), "how the processor and what it imports become one text"),
	}
	return config
}

func splitObject() *object {
	o := &object{name: "`_split`"}
	for _, l := range limits {
		o.fields = append(o.fields, key(l.key, anything.with(form{
			kinds: kindNumber, whole: true, bounded: true, least: float64(l.least), most: float64(l.most),
		}), l.doc))
	}
	return o
}

func samplingObject() *object {
	return &object{name: "`sampling`", fields: []field{
		key("size", anything.with(form{kinds: kindNumber, bounded: true, above: true, most: math.MaxInt32}), "how often each scenario runs: 1, in monitoring 5"),
		key("averagePause", anything.with(form{kinds: kindNumber, bounded: true, above: true}), "seconds before each sample: 0.2"),
		key("pauseVariance", anything.with(form{kinds: kindNumber, bounded: true}), "how many seconds a pause may be longer or shorter: 0.1"),
		key("errorBudget", anything.with(form{kinds: kindNumber, bounded: true}), "how many errors a run may have: 0, in monitoring 4"),
		key("warningThreshold", anything.with(form{kinds: kindNumber, bounded: true, above: true, most: 1}), "the share of the longest duration from which on there is a warning: 0.9"),
	}}
}

func phaseObject() *object {
	o := &object{name: "a phase", needs: [][]string{{"pause", "duration"}, {"pause", "arrivalCount", "arrivalRate", "rampTo"}}, fields: []field{
		key("duration", periodTime, "how long the phase lasts"),
		key("arrivalRate", arrivals, "users that arrive each second; at the start, when there is rampTo"),
		key("rampTo", arrivals, "users that arrive each second at the phase's end"),
		key("arrivalCount", wholeNumber(0), "users that arrive in the whole phase, evenly spread"),
		key("pause", pauseTime, "how long nobody arrives"),
		key("maxVusers", wholeNumber(0), "users at once; further arrivals are skipped"),
		key("name", scalar, "what reports call the phase"),
		key("mode", oneOf(true, "uniform", "poisson"), "uniform or poisson, for a constant rate"),
	}}
	for _, name := range []string{"index", "id", "startTime", "endTime", "worker", "totalWorkers"} {
		o.fields = append(o.fields, pass(name, "Artillery sets it by itself"))
	}
	return o
}

func payloadObject() *object {
	return &object{name: "a payload", fields: []field{
		key("path", filledText, "the CSV file, relative to the script").must(),
		key("fields", listOf(scalar), "the variables that the columns go to"),
		key("order", text.with(form{words: []string{"sequence", "random"}, others: true}), "sequence, or random"),
		key("skipHeader", boolean, "leave out the first line"),
		key("delimiter", characterText, "the character between cells"),
		key("cast", boolean, "cells that look like numbers become numbers"),
		key("skipEmptyLines", boolean, "leave out lines without any character"),
		key("loadAll", boolean, "give every user all rows, in the variable `name`"),
		key("name", scalar, "the variable that loadAll fills"),
		key("options", anObject(csvOptionsObject()), "options of the csv-parse library; they win over the others"),
	}}
}

func scenarioObject() *object {
	steps := &object{name: "a step"}
	flow := shape{kinds: kindList}
	element := shape{kinds: kindObject | kindList, object: steps}
	element.item = &element // lists inside a flow are flattened
	flow.item = &element
	steps.fields = stepFields(flow)
	return &object{name: "a scenario", fields: fields(
		key("name", scalar, "what reports call the scenario"),
		key("weight", proportion, "how often it is chosen, in proportion to the others"),
		key("flow", flow, "the list of its steps").must(),
		key("engine", oneOf(false, "http"), "http, the only engine of this version"),
		key("beforeRequest", functions, "functions of the processor that are called before each request"),
		key("afterResponse", functions, "functions of the processor that are called after each response"),
		key("beforeScenario", functions, "functions of the processor that are called before the flow"),
		key("afterScenario", functions, "functions of the processor that are called after the flow, unless it failed"),
		key("onError", functions, "functions of the processor that are called when a request gets no response"),
		refuse("socketio", "Socket.IO is not known to this version; leave it out"),
		refuse("testFunction", "browsers cannot be driven by this version; leave the scenario out"),
		refuse("flowFunction", "browsers cannot be driven by this version; leave the scenario out"),
	)}
}

// functions is the shape of hooks: names of functions.
var functions = oneOrList(filledText).with(form{pattern: `^[\s\S]`, says: "expected the name of a function"})

var methods = []string{"get", "post", "put", "patch", "delete", "head", "options"}

func stepFields(flow shape) []field {
	var all []field
	request := anObject(requestObject())
	for _, method := range methods {
		all = append(all, key(method, request, "an HTTP request").act())
	}
	return append(all, fields(
		key("think", pauseStep, "a pause").act(),
		key("log", scalar, "a line to print").act(),
		key("loop", filledList(flow), "steps to repeat").act(),
		key("count", numeric, "how often a loop runs, or a range \"a-b\" of a to b-1"),
		key("over", shape{kinds: kindText | kindList}.with(form{pattern: `^(?:[^{]|\{[^{])+\{?$`, says: "expected the name of a variable, without {{ }}"}), "a list, or the variable that holds it: the loop runs once for each element"),
		key("loopValue", text, "the variable for the number of a loop's round"),
		key("loopElement", text, "the variable for the element of a loop's round"),
		key("whileTrue", filledText, "a function of the processor that says after each round whether there is another one"),
		key("function", filledText, "a function of the processor").act(),
		key("parallel", filledList(flow), "steps that run side by side").act(),
		key("limit", wholeNumber(1), "how many steps of a parallel run at once; 100 unless set").of("parallel"),
		key("jitter", jitterForm, "how much longer or shorter a think may be: milliseconds, or a part of it in percent").of("think"),
		refuse("send", "WebSocket is not known to this version; leave the scenario out").act(),
		refuse("wait", "WebSocket is not known to this version; leave the scenario out").act(),
		refuse("connect", "WebSocket is not known to this version; leave the scenario out").act(),
		refuse("emit", "Socket.IO is not known to this version; leave the scenario out").act(),
		partOfRefused("namespace", "response", "acknowledge"),
	)...)
}

func requestObject() *object {
	value := shape{kinds: kindScalar | kindNull}
	address := text.with(form{pattern: `^(?:/|http|\{\{)`, says: "expected / or http:// or https:// at the beginning"})
	return &object{name: "a request", needs: [][]string{{"url", "uri"}}, fields: []field{
		key("url", address, "where the request goes; config.target is put in front of a url that begins with /"),
		key("uri", address, "another word for url"),
		key("name", scalar, "what reports call the request"),
		key("headers", tokens("`headers`", oneLine), "headers of this request"),
		key("json", anything, "a body that is sent as JSON"),
		key("body", scalar, "a body that is sent as it is"),
		key("form", mapOf("`form`", value), "a body that is sent as an HTML form"),
		key("formData", formDataShape(), "a body that is sent as multipart/form-data: values and files"),
		ignore("setContentLengthHeader", "sends the length of a `formData` body, which is always sent"),
		key("qs", mapOf("`qs`", shape{kinds: kindScalar | kindNull | kindList, item: &scalar}), "parameters that are added to the url"),
		key("auth", anObject(&object{name: "`auth`", fields: []field{
			key("user", scalar, "the user's name").must(),
			key("pass", scalar, "the password"),
		}}), "HTTP basic authentication"),
		key("cookie", tokens("`cookie`", scalar), "cookies of this request"),
		key("gzip", boolean, "ask for a compressed response"),
		key("followRedirect", boolean, "follow redirects"),
		key("followAllRedirects", boolean, "follow redirects for all methods, which is always done unless followRedirect is false"),
		key("timeout", periodTime, "seconds until the request fails; config.timeout for this request"),
		key("probability", decimalText, "percent of the users that send the request"),
		key("ifTrue", scalar, "an expression, or a function of the processor; the request is left out when it is not true"),
		key("capture", oneOrList(anObject(specObject("a capture", "as", "value"))), "what of the response to keep in variables"),
		key("match", oneOrList(anObject(specObject("a match", "value"))), "what of the response must have which value"),
		ignore("allowGetBody", "permits a body on GET, which is always permitted"),
		key("expect", oneOrList(anObject(expectObject())), "what the response is expected to be, which is counted: an object, or a list of objects with one key"),
		key("beforeRequest", functions, "functions of the processor that are called before this request"),
		key("afterResponse", functions, "functions of the processor that are called after this response"),
		pass("method", "the key of the step is the method: `get`, `post`, ..."),
		pass("https", "`config.tls` says how TLS servers are checked"),
		pass("retry", "no request that failed is sent again"),
		pass("agent", "connections are made by the rules of the whole script"),
	}}
}

func specObject(name string, needs ...string) *object {
	return &object{name: name, needs: [][]string{{"json", "xpath", "regexp", "header", "selector"}, needs}, fields: fields(
		key("json", filledText, "a JSON path into the body"),
		key("xpath", filledText, "an XPath expression for an XML body"),
		key("selector", filledText, "a CSS selector for an HTML body"),
		key("attr", filledText, "the attribute of the selected element that is wanted, rather than its text"),
		key("index", numeric.with(form{whole: true, bounded: true, pattern: `^(?:random|last|\s*\+?` + unsignedDecimal + `\s*)$`, says: "expected the number of an element, or random or last"}), "which of the selected elements is wanted: a number from 0, random or last"),
		key("header", filledText, "the name of a response header"),
		key("regexp", filledText, "a JavaScript regular expression for the body"),
		key("flags", text.with(form{pattern: `^[dgimsuy]*$`, says: "expected flags of JavaScript regular expressions"}), "flags of the regular expression"),
		key("group", numeric.with(form{whole: true, bounded: true}), "number or name of the group of the regular expression that is wanted"),
		key("as", filledText, "the variable that keeps what was found"),
		key("value", anything, "the value that is expected"),
		key("strict", boolean, "whether finding nothing, or something else, ends the user"),
		key("multiple", boolean, "false: keep all values that were found, rather than one of them"),
		key("transform", filledText, "a JavaScript expression that makes the value to keep of what was found"),
	)}
}
