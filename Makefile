# Two commands for a newcomer: `make demo` and `make test`. Both set up all they need; neither needs root.
# Needs: Python 3.10 or later with pip, and, where no free-threaded interpreter is found and none can be downloaded,
# a C compiler (it is then built from Debian's source package).

PYTHON ?= python3
UV := .tools/bin/uv
UNGIL := .venv/bin/ungil
STDLIB = $(shell $(PYTHON) -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')

.PHONY: help demo test lint setup interpreters clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 16

demo: setup interpreters ## index the standard library's sources on every runtime: table, verdict, demo/trial.html
	@mkdir -p demo
	$(UNGIL) trial --no-project --budget 60 --json demo/trial.json --html demo/trial.html examples/index_sources.py $(STDLIB)

test: lint interpreters ## everything CI checks
	.venv/bin/pytest -n auto

lint: setup ## style, types and structure
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports

setup: .venv/.ready ## the development environment, in .venv

interpreters: setup ## a free-threaded interpreter and its twin with the GIL, if there is none
	@$(UNGIL) pythons --json - | grep -q '"free_threaded": true' || $(UNGIL) pythons install --pair

# uv makes the environment: Debian's Python comes without ensurepip, and --target works where pip may not install.
.venv/.ready: pyproject.toml requirements.txt
	test -x $(UV) || $(PYTHON) -m pip install --quiet --disable-pip-version-check --target .tools uv
	$(UV) venv --quiet --clear --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip install --quiet --python .venv/bin/python --requirement requirements.txt --editable '.[html]'
	touch $@

clean: ## remove what setup, demo and the checks made here
	rm -rf .venv .tools demo build .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
