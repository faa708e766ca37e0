# Sets everything up in .venv, and runs it there. `make demo` and `make test` need nothing but Python 3.11, git, make and a
# network; what is set up once is not touched again while what it follows from stays.
PYTHON ?= python3
QUESTION ?= Which Python packages help with HTTP requests, data validation, JSON parsing and testing?
export QUESTION
# What a GPU is worth; without one, or where the hub is out of reach, the embedded model does.
LARGE ?= Qwen/Qwen3-8B

BIN := .venv/bin
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:
.PHONY: help env engine model demo test lint unit wheel e2e soak clean

help: ## show this
	@sed -n 's/^\([a-z0-9]*\):.*## \(.*\)/make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

env: .venv/.environment ## install redraft and its tools into .venv
	@:

engine: .venv/.engine ## install the build of vLLM for this machine
	@:

model: engine ## get the embedded model
	@$(BIN)/redraft model pull > /dev/null

demo: model ## write a report about the installed packages, to stdout (QUESTION='…' asks something else)
	@if nvidia-smi > /dev/null 2>&1; then $(BIN)/redraft model pull $(LARGE) > /dev/null || true; fi
	@$(BIN)/redraft library add --library demo .venv/lib/python3.*/site-packages/*.dist-info/METADATA || [ $$? = 4 ] # 4: some are empty
	@$(BIN)/redraft research "$$QUESTION" --library demo --search none --preset quick

test: lint unit wheel e2e ## everything that has to pass

lint: engine ## format, lint, types, layers
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy .ci/setup.py
	@$(BIN)/lint-imports

unit: env ## the tests that need no model, with coverage
	@$(BIN)/pytest --numprocesses auto --dist loadfile --cov --cov-report=term:skip-covered

wheel: env ## build the wheel and run redraft from it
	@$(BIN)/python .ci/setup.py wheel

e2e: model ## the tests with the real engine and the embedded model
	@$(BIN)/pytest -m live tests/live

soak: env ## the properties of whole runs, hundreds of times each; takes hours
	@$(BIN)/pytest --hypothesis-profile=soak tests/agent/test_whole_*.py

clean: ## remove everything that make has made
	@if [ -x $(BIN)/redraft ]; then $(BIN)/redraft serve stop; fi
	rm -rf .venv build dist *.egg-info .coverage .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis

.venv/.environment: pyproject.toml constraints.txt
	@$(PYTHON) .ci/setup.py environment >&2
	@touch $@

.venv/.engine: engine-cpu.txt constraints.txt | .venv/.environment
	@$(BIN)/python .ci/setup.py engine >&2
	@touch $@
