# The one door. Each target is explained by the comment before it; `make` alone shows them.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
WIDGET := jupyter_flows/widget/static/widget.js
EXTENSION := jupyter_flows/labextension
FRONT_END := $(addprefix labextension/,package.json package-lock.json build.mjs) \
  $(shell find labextension/src labextension/schema -name '*.ts' -o -name '*.json' 2>/dev/null)
SOURCES := jupyter_flows tests docs $(wildcard benchmarks notebooks)
# pytest with the plugins that the tests use, and no other that is installed: loading nbval alone takes seconds, and
# pytest rewrites the whole package that a plugin comes from.
PLUGINS := xdist.plugin pytest_timeout _hypothesis_pytestplugin jupyter_flows.pytest_plugin
PYTEST := $(BIN)/python -m pytest --disable-plugin-autoload $(addprefix -p ,$(PLUGINS))
# Tests that share the processors well, and those that start kernels, servers and browsers or kill processes.
# A worker that dies ends the first kind: pytest-xdist may wait for ever for the one in its place.
TOGETHER := --dist loadfile --max-worker-restart 0
SIDE_BY_SIDE := $(TOGETHER) -n auto tests/unit tests/contract tests/migration tests/typing tests/test_architecture.py tests/test_binder.py
ONE_BY_ONE := tests/integration tests/faults tests/comparison tests/browser tests/test_docs.py
# $(call run_twice,tests): a test that fails is run again by itself when all others have ended. One that passes then counts
# on the machine's speed, which is a fault too and is said so; one that fails again, or a run that did not end, fails.
run_twice = kept=$$(mktemp -d); trap 'rm -rf "$$kept"' EXIT; \
	$(PYTEST) -o cache_dir="$$kept" $(1) || { \
	  (( $$? == 1 )); echo "*** What failed is run again by itself. ***" >&2; \
	  $(PYTEST) -o cache_dir="$$kept" --last-failed --last-failed-no-failures none -x -v $(1) -n 0; \
	  echo "*** These passed only by themselves: each counts on speed or order, and is to be mended. ***" >&2; }
# What Python compiles is kept for the next run, and for the processes that tests start.
export PYTHONDONTWRITEBYTECODE :=
# Programs that some tests drive, by the name of their Debian package.
TOOLS := chromium strace faketime

.PHONY: help demo test test-all check lint types widget bench docs fmt tools clean

help:
	@awk '/^# / { text = substr($$0, 3) } \
	      /^[a-z-]+:/ && text { split($$0, part, ":"); printf "  make %-9s %s\n", part[1], text } \
	      !/^# / { text = "" }' Makefile

# run the demonstration notebook headless for one day and say where its files are
demo: $(INSTALLED)
	$(BIN)/jupyter flows run notebooks/flights_daily.ipynb -p day=2013-01-15

# everything that must hold: lint, types, notebooks, all tests (a sample of the long sweeps)
test: lint types tools widget
	data=$$(mktemp -d); trap 'rm -rf "$$data"' EXIT; \
	JUPYTER_DATA_DIR="$$data" $(BIN)/python -m pytest --nbval-lax -p no:cacheprovider notebooks
	$(call run_twice,$(SIDE_BY_SIDE))
	$(call run_twice,$(ONE_BY_ONE))

# the same with every long sweep in full
test-all: export JUPYTER_FLOWS_TEST_SWEEPS = full
test-all: export PYTEST_ADDOPTS = -o faulthandler_timeout=3600
test-all: test

# The folders of these tests are in memory where there is room: to wait for the disk would take as long as the rest.
# Of the rest a third is waiting too, so three workers share two processors.
# the inner loop: lint, architecture, unit tests
check: lint
	folders=/dev/shm; \
	(( $$(df -k --output=avail "$$folders" 2>/dev/null | tail -1 || echo 0) > 2000000 )) || folders="$${TMPDIR:-/tmp}"; \
	folder=$$(mktemp -d "$$folders/flows-XXXXXX"); trap 'rm -rf "$$folder"' EXIT; \
	TMPDIR="$$folder" $(PYTEST) -q $(TOGETHER) -n $$(( $$(getconf _NPROCESSORS_ONLN) * 3 / 2 )) tests/test_architecture.py tests/unit

# style and formatting, without changing anything
lint: $(INSTALLED)
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)

# static types: strict in the pure layers
types: $(INSTALLED)
	$(BIN)/pyright

# one table of ratios, each against a floor measured in the same round
bench: $(INSTALLED)
	$(BIN)/python -m benchmarks

# redraw the generated pages, then run every code block and follow every link of the documentation
docs: $(INSTALLED)
	$(BIN)/python docs/draw_states.py
	$(PYTEST) -q tests/test_docs.py

# build the live graph and the extension of JupyterLab; their types and unit tests
widget: $(WIDGET)
	@if command -v npm >/dev/null; then \
	  cd labextension && { test -d node_modules/@jupyterlab/application -a -d node_modules/axe-core || npm ci --silent --ignore-scripts; } \
	    && npm run --silent check && npm test --silent; \
	elif [[ "$${CI:-}" == true ]]; then echo "*** There is no npm; with CI=true that is an error. ***" >&2; exit 1; \
	else echo "*** There is no npm: the front end is not tested. ***" >&2; fi

# The front end, and a copy of the extension where JupyterLab looks; where there is no npm, installing has built it.
$(WIDGET): $(FRONT_END) | $(INSTALLED)
	if command -v npm >/dev/null; then \
	  (cd labextension && { test -d node_modules || npm ci --silent --ignore-scripts; } && node build.mjs); \
	  rm -rf "$(VENV)/share/jupyter/labextensions/jupyter-flows"; \
	  mkdir -p "$(VENV)/share/jupyter/labextensions"; \
	  cp -R "$(EXTENSION)" "$(VENV)/share/jupyter/labextensions/jupyter-flows"; \
	fi

# format and repair what can be repaired
fmt: $(INSTALLED)
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

# remove what was built and cached; the environment in .venv and your flows' history stay
clean:
	rm -rf build dist .pytest_cache .ruff_cache .hypothesis .cache .coverage
	find . -path ./$(VENV) -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

# the programs that some tests drive: installed where one is root, said loudly where they are missing
tools:
	@missing() { for tool in $(TOOLS); do command -v "$$tool" >/dev/null || echo "$$tool"; done; }; \
	wanted=$$(missing | xargs); \
	if [[ -n "$$wanted" && "$$(id -u)" == 0 ]] && command -v apt-get >/dev/null; then \
	  echo "installing: $$wanted"; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $$wanted; } </dev/null \
	    || echo "apt-get could not install: $$wanted" >&2; \
	fi; \
	wanted=$$(missing | xargs); \
	if [[ -n "$$wanted" ]]; then \
	  echo "*** MISSING: $$wanted. Tests that need them will be SKIPPED; install them to run everything. ***" >&2; \
	  if [[ "$${CI:-}" == true ]]; then echo "*** With CI=true that is an error. ***" >&2; exit 1; fi; \
	fi

# The environment follows pyproject.toml: a newer one is installed again.
$(INSTALLED): pyproject.toml
	@wanted="name a Python 3.11 or newer: make PYTHON=python3.12"; \
	command -v $(PYTHON) >/dev/null || { echo "there is no $(PYTHON); $$wanted" >&2; exit 1; }; \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "$(PYTHON) is $$($(PYTHON) --version 2>&1), too old; $$wanted" >&2; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[lab,demo,test]'
	touch $@
