# `make` alone tells what there is. `make demo` needs Go; `make test` needs Go,
# Node.js 20 or newer and Python 3, and installs the rest into .tools/.

GO      ?= go
TOOLS   := .tools
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)

.DEFAULT_GOAL := help
.PHONY: help demo salvo build synth e2e test test-short conformance lint golden bench fuzz tools clean

help: ## what each target does
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

BUILD   := CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)'

salvo: ## bin/salvo alone, which is all that runs on this machine need
	$(BUILD) -o bin/salvo ./cli

# What is built here is an installed Salvo as well: the command finds the others beside it.
FUNCTIONS := $(foreach arch,arm64 amd64,$(foreach name,splitter worker aggregator,dist/$(arch)/$(name)))
.PHONY: $(FUNCTIONS)

build: salvo $(FUNCTIONS) ## bin/salvo, bin/salvo-cdk, and the zips of the functions in dist/<architecture>/
	$(BUILD) -o bin/salvo-cdk ./infra

$(FUNCTIONS):
	@mkdir -p $(@D)
	GOOS=linux GOARCH=$(notdir $(@D)) $(BUILD) -tags lambda.norpc -o $@ ./functions/$(@F)
	@$(GO) run ./functions/internal/pack $@ $@.zip && rm $@

demo: salvo ## runs examples/quickstart.yml against a local target, over 2 windows and 2 workers
	@sh examples/demo.sh

# The CDK app has no goroutines of its own, and the libraries that it stands on take minutes to build with the race
# detector. The end-to-end tests start processes by the dozen, and have the machine for themselves.
APART  := salvo/infra salvo/infra/loadtest salvo/test/e2e
TOGETHER = $(filter-out $(APART),$(shell $(GO) list ./...))

test: tools ## everything: vet, lint, all tests with the race detector, the end-to-end tests
	$(GO) vet ./...
	$(MAKE) lint
	$(GO) test -race -timeout 12m $(TOGETHER)
	$(GO) test ./infra/...
	$(MAKE) e2e

e2e: tools ## deploys to an emulator of AWS with the CDK, and runs load tests there
	$(GO) test -count=1 -timeout 12m ./test/e2e/...

synth: build $(TOOLS)/node/.installed ## the template of the stack, in cdk.out/
	@JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20 $(TOOLS)/node/node_modules/.bin/cdk synth --quiet
	@ls cdk.out/*.template.json

test-short: ## the tests that need neither Node.js nor Python nor a minute
	$(GO) test -short ./...

conformance: $(TOOLS)/artillery/.installed $(TOOLS)/processors/.installed ## scripts through Salvo, and some anew through Artillery, against what is recorded of it
	$(GO) test -count=1 ./test/conformance -again 10

SOURCES := cli functions infra pkg statemachine test

lint: ## gofmt and staticcheck (staticcheck.conf)
	@test -z "$$(gofmt -l $(SOURCES))" || { echo "gofmt would change:"; gofmt -l $(SOURCES); exit 1; }
	$(GO) tool staticcheck ./...

golden: ## writes the golden files anew; read the difference before you commit it
	$(GO) test ./... -update

BENCHFLAGS ?=
bench: salvo $(TOOLS)/artillery/.installed ## speed beside its peers, as ratios, about 15 minutes; BENCHFLAGS='-only get -peers wrk' for less
	@GO=$(GO) sh test/bench/install.sh $(TOOLS)/bench
	$(GO) run ./test/bench $(BENCHFLAGS)

FUZZTIME ?= 20s
fuzz: ## every fuzz test for FUZZTIME (20s)
	@for p in $$($(GO) list ./...); do \
	  for f in $$($(GO) test -list '^Fuzz' $$p | grep '^Fuzz'); do \
	    echo "$$p $$f"; $(GO) test -run '^$$' -fuzz "^$$f\$$" -fuzztime $(FUZZTIME) $$p || exit 1; \
	  done; \
	done

tools: $(TOOLS)/node/.installed $(TOOLS)/venv/.installed $(TOOLS)/artillery/.installed $(TOOLS)/processors/.installed ## what the tests run and hold Salvo against, into .tools/

$(TOOLS)/node/.installed: test/tools/package.json test/tools/package-lock.json
	@mkdir -p $(TOOLS)/node
	cp test/tools/package.json test/tools/package-lock.json $(TOOLS)/node/
	npm ci --prefix $(TOOLS)/node --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(TOOLS)/processors/.installed: test/testdata/processors/package.json test/testdata/processors/package-lock.json
	@mkdir -p $(TOOLS)/processors
	cp test/testdata/processors/package.json test/testdata/processors/package-lock.json $(TOOLS)/processors/
	npm ci --prefix $(TOOLS)/processors --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(TOOLS)/artillery/.installed: test/conformance/package.json test/conformance/package-lock.json
	@mkdir -p $(TOOLS)/artillery
	cp test/conformance/package.json test/conformance/package-lock.json $(TOOLS)/artillery/
	npm ci --prefix $(TOOLS)/artillery --no-audit --no-fund --ignore-scripts --loglevel=error
	@touch $@

$(TOOLS)/venv/.installed: test/tools/requirements.txt
	python3 -m venv $(TOOLS)/venv
	$(TOOLS)/venv/bin/pip install --quiet --disable-pip-version-check -r test/tools/requirements.txt
	@touch $@

clean: ## removes what was built and installed here
	rm -rf bin dist cdk.out $(TOOLS)
