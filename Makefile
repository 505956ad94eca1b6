# One word a chore. `make run` and `make test` need CPython 3.11 or newer and make; everything else they bring along.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
export UV_PYTHON_PREFERENCE := only-system
export PYTHONUNBUFFERED := 1
PARTS := consoles listeners opus_decoder peers programs report supercollider
BENCHMARKS ?= $(filter-out $(PARTS:%=benchmarks/%.py),$(wildcard benchmarks/*.py))

# An environment is up to date when its mark carries the hash of the lock that it was installed from.
hash = $(shell cat $(1) 2>/dev/null | sha256sum | cut -c1-16)
BOOT := $(VENV)/.bootstrapped-$(call hash,requirements/bootstrap.txt)
RUN := $(VENV)/.installed-run-$(call hash,requirements/run.txt)
DEV := $(VENV)/.installed-dev-$(call hash,requirements/run.txt requirements/dev.txt)
KERNEL_DIR := $(or $(STEMWIRE_KERNEL_CACHE),$(or $(XDG_CACHE_HOME),$(HOME)/.cache)/stemwire/kernels)
WARM := $(VENV)/.warm-$(call hash,requirements/run.txt $(sort $(wildcard dsp/*.py dsp/*/*.py)))-$(shell echo $(KERNEL_DIR) | sha256sum | cut -c1-8)

.PHONY: help run test test-python soak simulate bench lint format docs web kernels lock clean

help: ## say what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 14

run: $(RUN) ## start the server: environment, console and kernels are made first where they are missing
	@$(PY) tools/web.py build
	@$(MAKE) kernels
	@exec $(PY) -m server serve --supervise

test: $(DEV) ## install what the tests need and run them all
	@tools/chromium.sh
	@$(PY) tools/web.py build
	@$(MAKE) lint
	@$(PY) tools/web.py test
	@$(MAKE) kernels
	@$(PY) -m pytest

test-python: $(DEV) ## only pytest; ARGS="tests/dsp -k pan"
	@$(PY) -m pytest $(ARGS)

soak: $(DEV) ## what is left out of `make test`: tests marked soak, and properties with new random examples
	@$(MAKE) kernels
	@$(PY) -m pytest -m "soak or hypothesis" --hypothesis-profile=searching

simulate: $(DEV) ## the server in simulated time until HOURS of streams were played (default 10), or one world again: SEED=123.4
	@PYTHONPATH=.:tests $(PY) -m simulation --hours $(or $(HOURS),10) --seconds $(or $(STAY),90) $(if $(SEED),--seed $(SEED))

bench: $(DEV) ## measure; one JSON file for each benchmark in bench-results/
	@tools/bench-peers.sh
	@$(PY) tools/web.py build
	@$(MAKE) kernels
	@failed=; for each in $(BENCHMARKS); do \
		echo "== $$each"; $(PY) $$each || failed="$$failed $$each"; \
	done; [ -z "$$failed" ] || { echo "Failed:$$failed"; exit 1; }

lint: $(DEV) ## style, types, import contracts, and the console's
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(PY) tools/web.py check

format: $(DEV) ## put the code into shape
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .

docs: $(DEV) ## write the tables of the documentation from the code
	@$(PY) tools/docs.py

web: $(RUN) ## build the console
	@$(PY) tools/web.py build

kernels: $(RUN) ## compile the kernels, unless they are compiled
	@if [ ! -e $(WARM) ] || [ ! -d "$(KERNEL_DIR)" ]; then \
		$(PY) -m dsp.warm && rm -f $(VENV)/.warm-* && touch $(WARM); \
	fi

COMPILE := $(UV) pip compile --quiet --generate-hashes --no-emit-index-url --universal --python-version 3.11
lock: $(BOOT) ## resolve the locks again; ARGS="--upgrade" takes newer versions
	$(COMPILE) $(ARGS) pyproject.toml -o requirements/run.txt
	$(COMPILE) $(ARGS) pyproject.toml --group test --group lint --group bench -c requirements/run.txt -o requirements/dev.txt
	$(COMPILE) $(ARGS) requirements/bootstrap.in -o requirements/bootstrap.txt
	$(COMPILE) $(ARGS) requirements/node.in -o requirements/node.txt

clean: ## remove what was built (not your songs in .stemwire)
	rm -rf $(VENV) web/node_modules web/dist bench-results .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BOOT):
	@echo "Making the virtual environment with $(PYTHON)"
	@$(PYTHON) -m venv $(VENV)
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@rm -f $(VENV)/.bootstrapped-* && touch $@

$(RUN): | $(BOOT)
	@echo "Installing what the server needs"
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements/run.txt
	@rm -f $(VENV)/.installed-run-* && touch $@

$(DEV): | $(RUN)
	@echo "Installing what the tests need"
	@$(UV) pip install --quiet --python $(PY) --require-hashes -r requirements/dev.txt
	@rm -f $(VENV)/.installed-dev-* && touch $@
