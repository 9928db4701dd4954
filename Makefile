# make count                      draws a synthetic smear whose cells are known, and counts it
# make count IMAGES="my photos/"  counts photographs: a file, a folder, or a pattern in quotes
# make serve                      opens the page in which photographs are counted, looked at and corrected
# make test                       runs every check
#
# Results are never replaced: a second count goes into a numbered folder beside the first.
#
# Needs Python 3.11 to 3.14, make and a package index; the page and the tests need Node 20 or later, too. OUT=... chooses
# the folder for the results, ARGS="--demo" gives options to hemolens serve, and PYTHON=python3.12 chooses another Python.
# The environment is made once, in .venv.

PYTHON ?= python3
OUT ?= hemolens-out
ARGS ?=

# Through the environment the values reach the shell as they were written, with blanks and all.
export HEMOLENS_IMAGES := $(value IMAGES)
export HEMOLENS_OUT := $(value OUT)

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
PAGE := $(shell find page/src page/public page/*.json page/*.ts page/index.html -type f ! -name schema.d.ts 2>/dev/null)
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: count serve test web

count: .venv/core.stamp
	@if [ -n "$$HEMOLENS_IMAGES" ]; then \
	    $(BIN)/hemolens count --out "$$HEMOLENS_OUT" -- "$$HEMOLENS_IMAGES"; \
	else \
	    $(BIN)/hemolens demo --out "$$HEMOLENS_OUT"; \
	fi

serve: .venv/web.stamp web
	$(BIN)/hemolens serve $(ARGS)

web: src/hemolens/web/page_built/index.html

src/hemolens/web/page_built/index.html: page/node_modules/.package-lock.json $(PAGE)
	cd page && npm run build

page/node_modules/.package-lock.json: page/package.json page/package-lock.json
	@echo "Installing what the page is built with into page/node_modules (only this once)"
	@cd page && npm ci --no-audit --no-fund
	@touch $@

test: .venv/test.stamp web
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	cd page && npm test
	$(BIN)/python -m pytest -n auto --dist loadfile

.venv/core.stamp: pyproject.toml constraints.txt
	@echo "Installing hemolens into .venv (only this once)"
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	@$(INSTALL) -e .
	@touch $@

.venv/web.stamp: pyproject.toml constraints.txt
	@echo "Installing hemolens and what its service needs into .venv (only this once)"
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	@$(INSTALL) -e ".[export,heic,slides,web]"
	@touch .venv/core.stamp $@

.venv/test.stamp: pyproject.toml constraints.txt
	@echo "Installing hemolens and what its tests need into .venv (only this once)"
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	@$(INSTALL) -e ".[cluster,evaluate,export,heic,slides,train,web,dev]"
	@touch .venv/core.stamp .venv/web.stamp $@
