# make count                      draws a synthetic smear whose cells are known, and counts it
# make count IMAGES="my photos/"  counts photographs: a file, a folder, or a pattern in quotes
# make test                       runs every check
#
# Results are never replaced: a second count goes into a numbered folder beside the first.
#
# Needs Python 3.11 to 3.14, make and a package index. OUT=... chooses the folder for the results, and
# PYTHON=python3.12 another Python. The environment is made once, in .venv.

PYTHON ?= python3
OUT ?= hemolens-out

# Through the environment the values reach the shell as they were written, with blanks and all.
export HEMOLENS_IMAGES := $(value IMAGES)
export HEMOLENS_OUT := $(value OUT)

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: count test

count: .venv/core.stamp
	@if [ -n "$$HEMOLENS_IMAGES" ]; then \
	    $(BIN)/hemolens count --out "$$HEMOLENS_OUT" -- "$$HEMOLENS_IMAGES"; \
	else \
	    $(BIN)/hemolens demo --out "$$HEMOLENS_OUT"; \
	fi

test: .venv/test.stamp
	$(BIN)/python -m ruff check .
	$(BIN)/python -m ruff format --check .
	$(BIN)/python -m mypy
	$(BIN)/python -m pytest

.venv/core.stamp: pyproject.toml constraints.txt
	@echo "Installing hemolens into .venv (only this once)"
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	@$(INSTALL) -e .
	@touch $@

.venv/test.stamp: pyproject.toml constraints.txt
	@echo "Installing hemolens and what its tests need into .venv (only this once)"
	@test -x $(BIN)/pip || "$(PYTHON)" -m venv .venv
	@$(INSTALL) -e ".[evaluate,export,slides,train,dev]"
	@touch .venv/core.stamp $@
