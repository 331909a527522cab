# Everything that people and CI do here. Recipes are short scripts in scripts/.
#   make PYTHON=python3.12    another Python
#   make test ARGS="-k crc"   arguments for the script behind a target

PYTHON ?= python3.11
VENV ?= .venv
ARGS ?=
export PYTHON VENV

MAKEFLAGS += --no-builtin-rules --no-print-directory
.DEFAULT_GOAL := help
.PHONY: help env build test lint types docs check-docs check coverage sanitize fuzz wheel \
        notebooks bench bench-smoke demo clean

SOURCES := setup.py $(wildcard satlog_native/_core/*.pyx satlog_native/_core/*.pxd \
                                satlog_native/_core/*.h)

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1:\2/p' $(MAKEFILE_LIST) | awk -F: '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.env: constraints.txt pyproject.toml scripts/env.sh
	@scripts/env.sh
	@touch $@

$(VENV)/.build: $(VENV)/.env $(SOURCES)
	@scripts/build.sh
	@touch $@

env: $(VENV)/.env  ## make the environment
build: $(VENV)/.build  ## compile the core and install satlog in the environment

test: build  ## run the tests
	@scripts/test.sh $(ARGS)

lint: env  ## ruff, cython-lint
	@scripts/lint.sh

types: build  ## mypy --strict, stubtest
	@scripts/types.sh

docs: build  ## write docs/cli.md from the commands' help
	@$(VENV)/bin/python scripts/cli_reference.py

check-docs: build  ## are the changelog's version and docs/cli.md up to date
	@$(VENV)/bin/python scripts/check_changelog.py
	@$(VENV)/bin/python scripts/cli_reference.py --check

check: lint types check-docs test  ## lint, types, check-docs and test, as before every commit

coverage: env  ## tests with coverage of Python and Cython lines
	@scripts/coverage.sh $(ARGS)

sanitize: env  ## tests on a build with address and undefined-behaviour sanitizers
	@scripts/sanitize.sh $(ARGS)

fuzz: env  ## fuzz the decoder for a minute
	@scripts/fuzz.sh $(ARGS)

wheel: env  ## build wheel and sdist, test both apart from the source tree
	@scripts/package.sh $(ARGS)

notebooks: build  ## run the notebooks
	@scripts/notebooks.sh $(ARGS)

bench: build  ## measure against the rivals, write benchmarks/RESULTS.md
	@scripts/bench.sh $(ARGS)

bench-smoke: build  ## run every benchmark once, measure nothing
	@$(VENV)/bin/python -m pytest benchmarks --benchmark-disable -m "not slow" $(ARGS)

demo: build  ## fly a synthetic flight, convert it, show what came out
	@scripts/demo.sh

clean:  ## remove all that was made, the environment too
	@rm -rf $(VENV) build dist demo htmlcov *.egg-info .coverage*
	@rm -f satlog_native/_core/*.so satlog_native/_core/*.c
