# Lead Refinery: `make run` does the night's work on a sample, `make test` proves it. Everything else is convenience.
# Belongs here: what a person types. Does not belong here: logic (that is the `leads` command).

ROOT := $(abspath $(dir $(lastword $(MAKEFILE_LIST))))
VENV := $(ROOT)/.venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export LEADS_HOME ?= $(ROOT)/var
export DAGSTER_DISABLE_TELEMETRY := 1

# The first interpreter that starts and is new enough; name another with `make setup PYTHON=...`.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$python && break; done)

.DEFAULT_GOAL := help
.PHONY: help setup run test test-slow test-odoo test-tryton fuzz check ui bench bench-peers docs lock clean

help:  ## Explain all targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

setup: $(READY)  ## Create .venv from pinned, hashed packages

$(READY): $(ROOT)/constraints.txt $(ROOT)/pyproject.toml
	@test -n "$(PYTHON)" || { echo "Lead Refinery needs Python 3.11 or newer; none was found. Install one or name it: make setup PYTHON=/path/to/python3"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make virtual environments; install its venv module (Debian: python3-venv)."; exit 1; }
	@echo "Installing pinned packages into .venv (a few minutes the first time) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $(ROOT)/constraints.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable $(ROOT)
	@touch $@

run: $(READY)  ## Make a sample inbox, run the nightly job, publish, write the report
	@test -d "$(LEADS_HOME)/inbox" || $(BIN)/leads sample "$(LEADS_HOME)" --leads 5000 --seed 1
	@$(BIN)/leads run --home "$(LEADS_HOME)"

ui: $(READY)  ## Open the Dagster UI on the same home
	@$(BIN)/leads ui --home "$(LEADS_HOME)"

test: check  ## Set up, then lint, types and all tests but the slow ones
	@cd $(ROOT) && $(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow and not odoo and not tryton"

test-slow: $(READY)  ## The tests of more than ten seconds: whole nights, runs that are killed, browsers
	@cd $(ROOT) && $(BIN)/python -m pytest -n 2 --dist worksteal -m "slow and not odoo and not tryton"

test-odoo: $(READY) $(VENV)-odoo/.ready  ## The connector against a real Odoo 19 (130 MB by apt, fetched once; no root needed)
	@cd $(ROOT) && $(BIN)/python -m pytest -m odoo -rs tests/odoo

test-tryton: $(READY) $(VENV)-tryton/.ready  ## The connector against a real Tryton, in an environment of its own (GPL)
	@cd $(ROOT) && $(BIN)/python -m pytest -m tryton

fuzz: $(READY)  ## Every reader and rule over damaged files and records (MINUTES=30)
	@cd $(ROOT) && $(BIN)/python -m tests.fuzz --minutes $(or $(MINUTES),30)

check: $(READY)  ## Lint and types
	@cd $(ROOT) && $(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy

bench: $(READY)  ## Measure speed, memory and matching quality (LEADS=100000)
	@cd $(ROOT) && $(BIN)/python -m benchmarks.night --leads $(or $(LEADS),100000)

bench-peers: $(READY) $(VENV)-bench/.ready  ## Measure each room beside its named peers (an hour)
	@cd $(ROOT) && for room in reading validation matching accounts; do $(BIN)/python -m benchmarks.$$room; done

$(VENV)-%/.ready: $(ROOT)/constraints-%.txt  # environments of the others, each apart from ours
	@test -x $(@D)/bin/python || $(PYTHON) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r $<
	@touch $@

docs: $(READY)  ## Write the pages of assets, published fields and licences anew, run the tutorial
	@cd $(ROOT) && $(BIN)/python -m pipelines.graph
	@cd $(ROOT) && $(BIN)/python -m pipelines.fields
	@cd $(ROOT) && $(BIN)/python -m pipelines.licences
	@cd $(ROOT) && $(BIN)/python -m pipelines.tutorial

lock:  ## Renew the constraints from pyproject.toml (needs uv)
	@cd $(ROOT) && uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		pyproject.toml --group dev --group build-reference -o constraints.txt
	@cd $(ROOT) && uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group odoo -o constraints-odoo.txt
	@cd $(ROOT) && uv pip compile --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--group tryton -o constraints-tryton.txt

clean:  ## Remove the environment and the sample home
	@rm -rf $(VENV) $(ROOT)/var
