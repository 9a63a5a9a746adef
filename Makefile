# make with no target lists what there is; a target's words after ## are its line in that list.

SHELL       := /bin/bash
VERSION     := $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
FUZZTIME    ?= 20s
DURATION    ?= 10m
WORLD       ?= large startup latency
SCALE       ?= 1.0
ROUNDS      ?= 1
JSON        ?= bin/bench.json
# A fresh Go is often unpacked there before anybody has put it on PATH.
export PATH := $(PATH):/usr/local/go/bin

.DEFAULT_GOAL := help
.PHONY: help deps build demo test soak lint fuzz bench clean

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-7s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

deps: ## Install what is missing on this machine: Postgres, a C compiler, the tests' S3 server and browser
	@.ci/deps go postgres cc s3 browser

build: ## Build bin/linkhouse
	@.ci/deps go
	go build -buildvcs=false -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o bin/linkhouse ./cmd/linkhouse

demo: ## See it work: a sandbox API, a private Postgres, one nightly run
	@.ci/deps go postgres
	@$(MAKE) --no-print-directory build
	bin/linkhouse demo

test: ## Run every test, with the race detector
	@.ci/deps go postgres cc s3 browser
	@.ci/test

soak: ## Repeat the proofs that nothing is lost, each for DURATION (10m)
	@.ci/deps go postgres s3
	@.ci/soak $(DURATION)

lint: ## Check format, go vet and golangci-lint
	@.ci/deps go
	@.ci/lint

fuzz: ## Fuzz every fuzz target for FUZZTIME (20s) each
	@.ci/deps go postgres
	@.ci/fuzz $(FUZZTIME)

bench: ## Measure whole runs beside plain programs (WORLD, SCALE, ROUNDS, JSON), then the parts
	@.ci/deps go postgres s3
	@$(MAKE) --no-print-directory build
	@.ci/bench -world '$(WORLD)' -scale '$(SCALE)' -rounds '$(ROUNDS)' -json '$(JSON)'
	go test -run '^$$' -bench . -benchmem ./...

clean: ## Remove what was built and the tools that were installed for it
	rm -rf bin .cache
