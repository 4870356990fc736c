# Two commands matter: `make demo` and `make test`. `make help` lists the rest.
# Everything lives in .venv (Python's own venv); uv only makes the installation quicker where it is present.

SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
INSTALLED_DEV := $(VENV)/.installed-dev
COMPILED := $(VENV)/.translations
CATALOGUES := $(wildcard lms/translations/*.pot lms/translations/*/LC_MESSAGES/*.po)
# The first Python on PATH that starts, is 3.11 or newer and can make virtual environments; PYTHON=... overrides.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3.14 python3 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && { echo "$$p"; break; }; done)

.PHONY: help demo test install install-dev lint format types contracts test-sqlite test-postgres bench messages clean

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:[^#]*## /\t/' | expand -t 16

demo: install ## install, build the demo hospital the first time, and serve it on http://127.0.0.1:8000
	@exec $(BIN)/lms demo

test: install-dev ## install, then lint, types, contracts and every test on SQLite and on PostgreSQL
	@exec $(BIN)/python -m tests.support.run

install: $(INSTALLED) $(COMPILED)
install-dev: install $(INSTALLED_DEV)

# Install a lock, with uv where it is on PATH and works, else with pip. Every package is checked against its hash.
define install_lock
	@echo "Installing what $(1) lists (the first time takes up to a minute) ..."
	@if command -v uv >/dev/null 2>&1 && uv pip install -q --python $(BIN)/python --require-hashes -r $(1); then :; \
		else $(BIN)/python -m pip install -qq --no-compile --disable-pip-version-check --require-hashes -r $(1); fi
endef

$(INSTALLED): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo >&2 "Attune needs Python 3.11 or newer with the venv module on PATH."; \
		echo >&2 "On Debian or Ubuntu: apt-get install python3 python3-venv. Or name one: make PYTHON=/path/to/python3.11"; exit 1; }
	@$(BIN)/python -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Making $(VENV) with $$($(PYTHON) --version)"; $(PYTHON) -m venv --clear $(VENV); }
	$(call install_lock,requirements.lock)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(INSTALLED_DEV): $(INSTALLED) requirements-dev.lock
	$(call install_lock,requirements-dev.lock)
	@touch $@

$(COMPILED): $(CATALOGUES) $(INSTALLED)
	@$(BIN)/python -m tests.support.texts
	@touch $@

lint: install-dev ## ruff and djlint
	@$(BIN)/python -m tests.support.run lint

format: install-dev ## put Python files in the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

types: install-dev ## mypy, strict
	@$(BIN)/python -m tests.support.run types

contracts: install-dev ## who may import whom
	@$(BIN)/python -m tests.support.run contracts

test-sqlite: install-dev ## the suite on SQLite
	@$(BIN)/python -m tests.support.run sqlite

test-postgres: install-dev ## the suite on PostgreSQL, without the browser tests
	@$(BIN)/python -m tests.support.run postgres

bench: install-dev ## measure; see docs/benchmarks.md
	$(BIN)/python -m benchmarks

messages: install-dev ## collect the texts to translate and bring the catalogues up to date
	$(BIN)/pybabel -q extract -F babel.cfg -k _l -k lazy_gettext --no-location --sort-output --width=120 --project=Attune --copyright-holder="The Attune authors" -o lms/translations/messages.pot .
	$(BIN)/pybabel -q update --no-fuzzy-matching --ignore-obsolete --ignore-pot-creation-date --width=120 -i lms/translations/messages.pot -d lms/translations

clean: ## remove the environment and caches; data in var/ stays
	rm -rf $(VENV) .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis test-artifacts
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
