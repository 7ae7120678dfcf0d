# Thin: each target is one or two commands that can be run by hand. `make help` lists them.
.DEFAULT_GOAL := help
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
export PATH := $(CURDIR)/.deps/bin:$(PATH)
JOBS ?= $(shell nproc)
RELEASE := build/release

# The steps of a target build on each other; each is parallel inside.
.NOTPARALLEL:

.PHONY: help setup configure build lint unit check headers conformance faults fuzz test test-full browser asan tsan demo bench format clean

help: ## list the targets
	@grep -hE '^[a-z -]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## install what is missing: system packages (as root), the rest under .deps/
	@tools/setup

configure:
	@test -f $(RELEASE)/build.ninja || cmake --preset release >/dev/null

build: ## leave the server in build/orrery
	@tools/setup build
	@$(MAKE) -s configure
	ninja -C $(RELEASE) -j$(JOBS) orrery
	@ln -sfn release/bin/orrery build/orrery

lint: ## formatting, layers, sizes, types of everything that is not compiled
	tools/lint

unit: configure ## unit tests of the C++ modules, the tools and the pages
	ninja -C $(RELEASE) -j$(JOBS)
	@ln -sfn release/bin/orrery build/orrery
	tools/run_tests unit release

check: setup lint unit ## lint and unit tests: about two minutes when warm

headers: configure ## every header compiles alone
	ninja -C $(RELEASE) -j$(JOBS) all_verify_interface_header_sets

conformance: ## real clients against the real binary
	tools/run_tests conformance release

faults: ## crashes, full disks and restarts, short form
	tools/run_tests faults release

fuzz: ## every fuzzer, a bounded number of inputs
	tools/fuzz --runs 20000

test: check headers conformance faults fuzz ## everything that a change has to pass
	@tools/tally_tests.py build/reports

browser: build ## the pages in Chromium, on a server of their own (installs it: some 300 MB)
	@tools/setup full
	tools/run_tests browser release

test-full: test browser asan tsan ## and the browser, the sanitizers and the long forms
	@tools/setup full
	tools/run_tests packaging release
	tools/run_tests faults release --long
	tools/fuzz --runs 1000000
	@tools/tally_tests.py build/reports

asan tsan: setup ## unit and conformance tests under address and undefined, or thread sanitizer
	@test -f build/$@/build.ninja || cmake --preset $@ >/dev/null
	ninja -C build/$@ -j$(JOBS)
	tools/run_tests unit $@
	tools/run_tests conformance $@

demo: ## set up, build, start the server, train on real data, show the result
	@tools/demo

bench: setup build ## measure the promises of docs/performance.md
	bench/run

format: setup ## rewrite the sources in the house format
	tools/lint --fix

clean: ## remove what was built; .deps/ stays
	rm -rf build dist
