# Commands of the repository (docs: README.md). Every target makes the virtual environment first when it is needed.

# Any Python from 3.11 on; name one with `make PYTHON=...`. Each candidate is started, not just looked up:
# version switchers leave commands on the PATH that only print an error.
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$python" && break; \
	done)

VENV := .venv
BIN := $(VENV)/bin
DEPENDENCIES := $(VENV)/.dependencies
READY := $(VENV)/.ready
PACKAGES := ledger projections api migrations
DEMO_DATABASE_URL ?= sqlite:///data/demo.db
# Two processes, each with servers of its own; -n 0 for one.
# Tests mostly wait, for commits and for processes that start: four workers keep two cores busy. Trials measure the
# memory and time of what they start, and get a core each.
PYTEST_ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup run demo test compiled trials check format bench wheel docs lock clean

help:
	@echo "make setup   make .venv with the pinned dependencies"
	@echo "make run     serve the ledger from ./data on http://127.0.0.1:8000"
	@echo "make demo    the same with made-up books and a user to sign in with"
	@echo "make test    all tests, on SQLite and PostgreSQL (PYTEST_ARGS=... for pytest)"
	@echo "make compiled  build the wheel, and run tests on the compiled core in it"
	@echo "make trials  the long suites: killed processes, hostile input, faults"
	@echo "make check   format, lint, types, import directions, migrations in step"
	@echo "make format  format the code and fix what ruff can fix"
	@echo "make bench   the benchmarks (a part: BENCH_SECONDS=1 BENCH_ONLY=posts); see docs/performance.md"
	@echo "make wheel   build dist/*.whl with a compiled core; needs a C compiler"
	@echo "make docs    write the pages that come from the code (docs/errors.md)"
	@echo "make lock    pin the newest versions in requirements*.lock"
	@echo "make clean   remove .venv and caches; ./data stays"

setup: $(READY)

# A new lock file gives a new environment, so that no package outlives its line in the lock.
$(DEPENDENCIES): requirements-dev.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found: install it, or name one with make PYTHON=/path/to/python3" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python 3.11 or newer; name another with make PYTHON=/path/to/python3" >&2; exit 1; }
	"$(PYTHON)" -m venv --clear $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements-dev.lock
	@touch $@

$(READY): $(DEPENDENCIES) pyproject.toml
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

run: $(READY)
	@$(BIN)/llmedger migrate
	@exec $(BIN)/llmedger serve

demo: $(READY)
	@LEDGER_DATABASE_URL="$(DEMO_DATABASE_URL)" exec $(BIN)/llmedger demo

test: $(READY)
	$(BIN)/python -m pytest -n 4 $(PYTEST_ARGS) --ignore tests/trials

# The wheel, unpacked with the tests beside it: all rules, what writes, reads and audits records
# on both engines, and the OpenAPI document, which is made of names and texts in the code.
COMPILED := build/compiled
COMPILED_TESTS := tests/domain tests/contract/test_any_change.py tests/contract/test_guards.py \
	tests/contract/test_idempotency.py tests/contract/test_journal.py tests/contract/test_sequencer.py \
	tests/http/test_openapi.py

compiled: wheel
	rm -rf $(COMPILED) build/shared
	mkdir -p $(COMPILED)
	$(BIN)/python -m zipfile -e dist/double_llmedger-*.whl $(COMPILED)
	cp -R tests docs pyproject.toml $(COMPILED)
	ln -s ../../shared build/shared
	cd $(COMPILED) && PYTHONPATH=. ../../$(BIN)/python -c 'from api.documents.status import is_compiled; assert is_compiled()'
	cd $(COMPILED) && PYTHONPATH=$(CURDIR)/$(COMPILED) ../../$(BIN)/python -m pytest -n 4 $(PYTEST_ARGS) $(COMPILED_TESTS)

trials: $(READY)
	$(BIN)/python -m pytest -n 2 $(PYTEST_ARGS) tests/trials

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES) tests
	$(BIN)/python -m pytest -q tests/test_tidy.py tests/schema

format: $(READY)
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY)
	$(BIN)/python -m tests.benchmarks

wheel: $(READY)
	rm -rf dist
	HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 $(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --wheel-dir dist .

# --universal: one file for every platform and Python from 3.11 on. --no-config and the --no-emit options: nothing of
# this machine (index, find-links) gets into the files. --only-binary: a fresh machine has no compiler.
LOCK := $(BIN)/uv pip compile --no-config --quiet --universal --python-version 3.11 --only-binary :all: \
	--generate-hashes --no-emit-index-url --no-emit-find-links --no-emit-build-options --no-header --upgrade

docs: $(READY)
	$(BIN)/python -m api.pages.problems docs/errors.md

lock: $(READY)
	$(LOCK) pyproject.toml --output-file requirements.lock
	$(LOCK) pyproject.toml --extra dev --constraint requirements.lock --output-file requirements-dev.lock
	$(LOCK) --group build --constraint requirements-dev.lock --output-file requirements-build.lock
	$(LOCK) --group clients --output-file requirements-clients.lock

clean:
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +
