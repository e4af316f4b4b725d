# boutwise: make demo | test | lint | bench | docs | clean
# Everything runs in .venv, which is made on first use. PYTHON chooses the interpreter for it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
DOCS := $(VENV)/.installed-docs

# Each worker process takes one thread; more of them only get into each other's way.
export OMP_NUM_THREADS = 1

.DEFAULT_GOAL := help
.PHONY: help demo test lint bench docs clean

help:
	@echo "make demo    simulated mice: import, train, predict, report"
	@echo "make test    lint, types, layers and all tests"
	@echo "make lint    ruff, mypy and import-linter only"
	@echo "make bench   measurements and the long tests"
	@echo "make docs    build the documentation into site/"
	@echo "make clean   remove what was made here"

$(INSTALLED): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	@touch $@

$(DOCS): $(INSTALLED)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[docs]'
	@touch $@

demo: $(INSTALLED)
	$(BIN)/boutwise demo

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test: lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m 'not slow'

bench: $(INSTALLED)
	@set -e; for script in benchmarks/[a-z]*.py; do \
	  echo "== $$script"; $(BIN)/python "$$script"; done
	$(BIN)/python -m pytest -m slow

docs: $(DOCS)
	$(BIN)/mkdocs build --strict

clean:
	rm -rf site dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests benchmarks examples -name __pycache__ -type d -prune -exec rm -rf {} +
	@echo "kept: $(VENV) and boutwise-demo (yours to remove)"
