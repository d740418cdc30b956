# make help lists the targets. Everything lands below target/ (and plugins/target), nothing elsewhere.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
CONFIG ?= osa-proxy.local.yml
PROFILE := debug
FUZZ_SECONDS ?= 60
PLUGINS := target/$(PROFILE)/plugins

.PHONY: help setup setup-build plugins fixtures build run test test-plugins bench lint fmt fuzz clean

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 22

setup: ## Install what building and testing need (idempotent, says what it does)
	@scripts/setup.sh test

setup-build:
	@scripts/setup.sh build

plugins: ## Build the ecosystem plugins to target/debug/plugins
	@scripts/build-plugins.sh plugins $(PLUGINS)

fixtures: ## Build the plugins that only tests use to target/debug/hostile
	@scripts/build-plugins.sh tests/fixtures/plugins target/$(PROFILE)/hostile

build: plugins ## Build the host
	@# The whole workspace, as `make test` does: a part of it would need dependencies with other features.
	@cargo build --locked --workspace --exclude osa-proxy-bench

run: setup-build build ## Serve osa-proxy.local.yml on :8080; writes it first from this machine's package managers
	@test -e $(CONFIG) || target/$(PROFILE)/osa-proxy init $(CONFIG)
	@exec target/$(PROFILE)/osa-proxy serve $(CONFIG)

test: setup ## Run every test, with real package managers, and count them
	@scripts/test.sh

bench: setup ## Measure the sandbox and the proxy; prints the table of docs/benchmarks.md
	@scripts/bench.sh

lint: ## Formatting and clippy, warnings are errors
	@cargo fmt --all --check
	@cargo clippy --locked --workspace --all-targets -- -D warnings
	@for workspace in plugins plugins/fuzz tests/fixtures/plugins; do \
	  (cd $$workspace && cargo fmt --all --check && cargo clippy --locked --all-targets -- -D warnings); \
	done

fmt: ## Format all Rust code
	@for workspace in . plugins plugins/fuzz tests/fixtures/plugins; do (cd $$workspace && cargo fmt --all); done

fuzz: ## Fuzz the plugins' parsers, FUZZ_SECONDS each
	@scripts/fuzz.sh $(FUZZ_SECONDS)

clean: ## Remove everything that was built
	@for workspace in . plugins tests/fixtures/plugins; do (cd $$workspace && cargo clean); done
